"""Encodings, delimiters and formats are found and said; what cannot be told is refused."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from cjm_lab.errors import SourceError
from cjm_lab.sources.files import read_file
from cjm_lab.sources.formats import read_grid, unique_names

SAID = "id;answer\n1;Größe und Länge über alles, schön\n2;Mühe für nichts, ärgerlich\n"


def write(folder: Path, data: str | bytes, name: str = "t.csv") -> Path:
    file = folder / name
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return file


@pytest.mark.parametrize(
    ("codec", "words"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 with a byte order mark"),
        ("utf-16", "UTF-16"),
        ("cp1252", "Windows-1252"),
        ("latin-1", "Windows-1252"),
    ],
)
def test_the_same_words_are_read_from_each_encoding(tmp_path: Path, codec: str, words: str) -> None:
    grid = read_grid(write(tmp_path, SAID.encode(codec)))
    assert (grid.encoding, grid.delimiter, grid.header) == (words, "semicolon", ["id", "answer"])
    assert grid.cells[1].tolist() == [
        "Größe und Länge über alles, schön", "Mühe für nichts, ärgerlich",
    ]  # fmt: skip


def test_cyrillic_in_its_own_code_page_is_no_mojibake(tmp_path: Path) -> None:
    said = "отлично всё хорошо и мне очень понравилось обслуживание в магазине"
    grid = read_grid(write(tmp_path, f"id,q\n1,{said}\n".encode("cp1251")))
    assert grid.cells.iloc[0, 1] == said


@pytest.mark.parametrize(
    ("delimiter", "words"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar")]
)
def test_delimiters(tmp_path: Path, delimiter: str, words: str) -> None:
    rows = [["id", "q; or, rather"], ["1", '"a, b; c"'], ["2", '"two\r\nlines"']]
    text = "\r\n".join(delimiter.join(row).replace("; or, rather", " 1") for row in rows)
    grid = read_grid(write(tmp_path, text, "t.txt"))
    assert grid.delimiter == words
    assert grid.cells[1].tolist() == ["a, b; c", "two\r\nlines"]


def test_line_ends_may_be_mixed(tmp_path: Path) -> None:
    assert read_file(write(tmp_path, "a,b\r\n1,2\n3,4\r5,6"))["b"].tolist() == ["2", "4", "6"]


def test_a_workbook_is_its_first_sheet(tmp_path: Path) -> None:
    from datetime import datetime

    book = openpyxl.Workbook()
    book.active.title = "Answers"
    for row in (["id", "when", "q"], [1, datetime(2026, 9, 1, 8), 4.0], [2, None, "n/a"]):
        book.active.append(row)
    book.create_sheet("Codes")
    book.save(tmp_path / "t.xlsx")
    grid = read_grid(tmp_path / "t.xlsx")
    assert grid.note == "sheet 'Answers', the first of 2"
    assert grid.cells.to_numpy().tolist() == [["1", "2026-09-01 08:00:00", "4"], ["2", "", "n/a"]]


def test_a_formula_is_no_value(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["id", "q"], [1, "=1+1"]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(SourceError, match=r"got the formula '=1\+1' \(t.xlsx, cell B2\)"):
        read_grid(tmp_path / "t.xlsx")


def test_json_lines_keep_numbers_as_written(tmp_path: Path) -> None:
    text = '{"id": 12345678901234567890, "q": 4.50}\n\n{"id": "7", "brands": ["A", "B"]}\n'
    table = read_file(write(tmp_path, text, "t.jsonl"))
    assert table.to_dict("list") == {
        "id": ["12345678901234567890", "7"], "q": ["4.50", ""], "brands": ["", "A\nB"],
    }  # fmt: skip


def test_twins_in_the_header_are_numbered() -> None:
    assert unique_names(["Other", "a", "Other"]) == ["Other (1)", "a", "Other (2)"]
    assert unique_names(["a", "a", "a (1)"]) == ["a (1) (1)", "a (2)", "a (1) (2)"]


def test_ten_thousand_columns_are_read_and_named_in_a_short_message(tmp_path: Path) -> None:
    names = [f"c{i}" for i in range(10_000)]
    file = write(tmp_path, ",".join(names) + "\n" + ",".join(["1"] * 10_000) + "\n")
    assert read_file(file).shape == (1, 10_000)
    from cjm_lab.sources.files import require

    with pytest.raises(SourceError, match="and 9960 more") as error:
        require(read_file(file), ["nothing like it"], "t.csv")
    assert len(str(error.value)) < 1000


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a,b\n1,2\n3\n", r"as many cells as the header, 2, got 1 \(t.csv, row 3, '3'\)"),
        (b"a,b\n1,2\n3,4,5\n", r"got 3 \(t.csv, row 3"),
        (b"a,b\n1,x\0y\n", "got a NUL character .*from its start"),
        (b"a,b\n1,2\n3,\"open\n4,5\n", r"stays open \(t.csv, line 3"),
        (b"a,b\n", "has a header and no rows"),
        (b"\n\n", "has no header row"),
        (b"", "is empty"),
        (b"a,b\n1," + b"x" * 25_000_000 + b"\n", "shorter than 8 MB"),
        (b"a,b;c\n1,2;3\n4,5;6\n", "comma and semicolon as equally good"),
        (b"\xff\xfea\x00,\x00b\x00\n", "must be saved as UTF-8"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_with_its_place(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read_file(write(tmp_path, data))


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("t.xlsx", b"no zip", "cannot be read as xlsx"),
        ("t.sav", b"no spss", "cannot be read as SPSS"),
        ("t.parquet", b"no parquet", "cannot be read as parquet"),
        ("t.jsonl", b'{"a": 1}\n{"a": \n', r"must be a JSON object.*\(line 2\)"),
        ("t.jsonl", b"[1]\n", r"must be a JSON object, got a list \(line 1\)"),
        ("t.jsonl", b'{"a": {"b": 1}}\n', r"\(t.jsonl, line 1\); export flat records"),
    ],
)
def test_what_is_not_its_format_is_refused(
    tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    with pytest.raises(SourceError, match=said):
        read_file(write(tmp_path, data, name))
