"""A large delimited file is read quickly, and to the same cells as a small one."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cjm_lab.errors import SourceError
from cjm_lab.sources import delimited, read_survey, survey_reading
from cjm_lab.sources.formats import Grid, read_grid
from cjm_lab.study import Question

RATING = Question(measure="rating", scale=(1, 5))
TEXT = Question(measure="text")
HEAD = 300


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Small files count as large ones, in blocks of few rows; says which ways gave the cells."""
    taken: list[str] = []
    for name, value in (("_SMALL", 0), ("_HEAD", HEAD), ("_BLOCK", 64)):
        monkeypatch.setattr(delimited, name, value)
    for name in ("_frame", "_careful"):

        def noted(
            *args: object, name: str = name, does: object = getattr(delimited, name)
        ) -> object:
            taken.append(name.strip("_"))
            return does(*args)  # type: ignore[operator]

        monkeypatch.setattr(delimited, name, noted)
    return taken


def numbers(*columns: int, skip: int = 0) -> delimited.Plan:
    def plan(head: Grid) -> tuple[int, Collection[int]]:
        assert len(head.cells) == 2
        return skip, columns

    return plan


def cells(file: Path, *columns: int) -> list[list[str]]:
    frame = read_grid(file, numbers(*columns)).cells
    return [["" if pd.isna(c) else str(c) for c in row] for row in frame.to_numpy(dtype=object)]


def rows(count: int, last: str = "fine", end: str = "\n") -> str:
    answers = [f"{i:03d},{i % 5 + 1},{'' if i % 3 else 99},so so" for i in range(count)]
    return end.join(["id,a,b,open", *answers, f"x,5,4,{last}"]) + end


def write(folder: Path, text: str | bytes) -> Path:
    file = folder / "s.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_numbers_are_numbers_and_all_else_stays_as_written(
    tmp_path: Path, quick: list[str], end: str
) -> None:
    file = write(tmp_path, rows(50, end=end))
    grid = read_grid(file, numbers(1, 2))
    assert quick == ["frame"]
    assert [str(dtype) for dtype in grid.cells.dtypes[1:3]] == ["int8[pyarrow]"] * 2
    assert cells(file, 1, 2)[7] == ["007", "3", "", "so so"]
    assert len(grid.cells) == 51


@pytest.mark.parametrize(
    ("last", "way"),
    [
        ('"two\nlines"', "frame"),  # as many rows as lines no longer: read again
        ('"two\r\nlines\n\n"', "frame"),
        ('5" wide', "frame"),
        ('"he said ""so""\n"', "frame"),
        ("Größe", "frame"),
    ],
)
def test_lines_within_quotes_past_the_head(
    tmp_path: Path, quick: list[str], last: str, way: str
) -> None:
    said = last.strip('"').replace('""', '"') if last.startswith('"') else last
    for before in range(45, 60):  # the quote lies at every place of a block
        text = rows(before, last) + 'y,1,1,"5"" wide"\n'
        assert cells(write(tmp_path, text), 1)[-2:] == [
            ["x", "5", "4", said],
            ["y", "1", "1", '5" wide'],
        ]
    assert set(quick) == {way}


def test_a_number_longer_than_the_first_ones_leaves_all_of_them_numbers(
    tmp_path: Path, quick: list[str]
) -> None:
    file = write(tmp_path, rows(50).replace("x,5,", "x,-999,"))
    grid = read_grid(file, numbers(1, 2))
    assert quick == ["frame"]
    assert [str(dtype) for dtype in grid.cells.dtypes[1:3]] == ["int16[pyarrow]"] * 2
    assert cells(file, 1, 2)[-1] == ["x", "-999", "4", "fine"]


@pytest.mark.parametrize("value", ["Very good", "5.5", "0x5", "40000", " 5", "05"])
def test_what_is_no_short_number_past_the_head_is_read_as_text(
    tmp_path: Path, quick: list[str], value: str
) -> None:
    text = rows(50).replace("x,5,", f"x,{value},")
    read = cells(write(tmp_path, text), 1)[-1][1]
    assert read.strip() == value.strip() or int(read) == int(value)


def test_old_line_ends_and_blank_lines(tmp_path: Path, quick: list[str]) -> None:
    text = rows(50, '"a\nb"')
    for old in (
        text.replace(",so so\n", ",so so\r", 20),
        text.replace("5,99", "5,99\n"[:4]),
        "\n" + text,
    ):
        assert len(cells(write(tmp_path, old), 1)) == 51
        assert cells(write(tmp_path, old), 1)[-1][3] == "a\nb"


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("1,2\n", r"as many cells as the header, 4, got 2 \(s.csv, row 53, '1,2'\)"),
        ("1,2,3,4,5\n", r"got 5 \(s.csv, row 53"),
        ("1,2,3,x\0y\n", "got a NUL character"),
        ('1,2,3,"open\n4,5,6,7\n', r"stays open \(s.csv, line 53"),
        ('1,2,3,"open\n', r"stays open \(s.csv, line 53"),
    ],
)
def test_a_large_broken_file_is_refused_with_its_place(
    tmp_path: Path, quick: list[str], end: str, said: str
) -> None:
    with pytest.raises(SourceError, match=said):
        read_grid(write(tmp_path, rows(50) + end), numbers(1, 2))


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_large_file_in_any_encoding(tmp_path: Path, quick: list[str], codec: str) -> None:
    text = rows(50, "Größe und Länge über alles, schön".replace(",", ""))
    assert cells(write(tmp_path, text.encode(codec)), 1)[-1][3].startswith("Größe und Länge")


def test_header_rows_below_the_first_do_not_hide_numbers(
    tmp_path: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "_HEAD", 600)
    lines = rows(50).splitlines()
    ids = ",".join(f'"{{""ImportId"":""QID{i}""}}"' for i in range(4))
    lines[1:1] = ['Response ID,How was it?,And then?,"Say\nmore"', ids]
    file = write(tmp_path, "\n".join(lines).replace("id,a,b,open", "ResponseId,Q1,Q2,Q3", 1))
    table = read_survey(file, questions={"Q1": RATING, "Q3": TEXT})
    assert quick == ["frame"]
    assert survey_reading(table)["layout"].tolist() == ["Qualtrics"]
    assert table["respondent_id"].tolist()[:2] == ["000", "001"] and len(table) == 51
    assert table["Q1"].tolist()[:6] == [1, 2, 3, 4, 5, 1]


def test_both_ways_give_the_same_survey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    count = 400
    text = pd.DataFrame(
        {
            "respondent_id": [f"R{i}" for i in range(count - 1)] + ["jo@example.org"],
            "submitted_at": ["2026-09-01 08:00:00", ""] * (count // 2),
            "a": random.choice(["1", "5", "", "99"], count),
            "b": random.choice(["1", "2 Fair", "n/a", ""], count),
            "price": random.integers(0, 9000, count),
            "tea": random.choice(["Green, Black", "Black", ""], count),
            "open": [
                f"say {i} or 030 1234567" if i % 7 == 0 else f" so {i} so " for i in range(count)
            ],
            "zip": random.choice(["01067", "10115"], count),
        }
    ).to_csv(index=False)
    file = write(tmp_path, text)
    asked = {
        "a": RATING, "b": RATING, "price": Question(measure="price"),
        "tea": Question(measure="multi", split=", "), "open": TEXT,
    }  # fmt: skip

    def read() -> pd.DataFrame:
        skips = ["99", "n/a"]
        return read_survey(file, questions=asked, attributes=["zip"], not_applicable=skips)

    careful = read()
    for name, value in (("_SMALL", 0), ("_HEAD", 2000), ("_BLOCK", 500)):
        monkeypatch.setattr(delimited, name, value)
    pd.testing.assert_frame_equal(read(), careful)
    assert careful["zip"].str.len().eq(5).all() and careful["open"].str.startswith("s").all()
    assert (
        "1234567" not in careful["open"].str.cat() and careful["submitted_at"].isna().sum() == 200
    )
    assert (careful["not_applicable"] == "a\x1fb").sum() == (
        (text_column(text, "a") == "99") & (text_column(text, "b") == "n/a")
    ).sum()


def text_column(text: str, name: str) -> pd.Series:
    import io

    return pd.read_csv(io.StringIO(text), dtype="str", keep_default_na=False)[name]


@pytest.mark.parametrize("answer", ["6", "0", "99"])
def test_an_answer_off_the_scale_is_refused_quickly_too(
    tmp_path: Path, quick: list[str], answer: str
) -> None:
    file = write(tmp_path, rows(50).replace("x,5,", f"x,{answer},"))
    with pytest.raises(SourceError, match=rf"a must lie .* got {answer} \(s.csv, data row 51\)"):
        read_survey(file, questions={"a": RATING}, respondent_id="id")


def test_a_number_question_that_is_also_an_attribute_stays_as_written(
    tmp_path: Path, quick: list[str]
) -> None:
    file = write(tmp_path, rows(50).replace("x,5,", "x,05,"))
    table = read_survey(file, questions={"a": RATING}, respondent_id="id", attributes=["b"])
    assert table["a"].iloc[-1] == 5 and table["b"].tolist()[:2] == ["99", ""]
    asked = {"q": Question(measure="rating", columns=["a"])}
    table = read_survey(file, questions=asked, respondent_id="id", attributes=["a"])
    assert table["q"].iloc[-1] == 5 and table["a"].iloc[-1] == "05"
