from __future__ import annotations

import csv
import os
import shutil
import subprocess
from dataclasses import replace

import openpyxl
import pytest

from cjm_lab.errors import ParameterError, SourceError
from cjm_lab.export.long_table import edits, long_table, read_long_table, to_xlsx
from cjm_lab.journey.model import Cell, Item, Lane

RISKY = (
    "=1+1", '=HYPERLINK("http://x","y")', "+49 30", "-5 %", "@sum", "\tx", "\rx", "'tis", "#N/A",
    "007", "50 %", "2026-10-31", "TRUE", "two\nlines", " ends ", "_x000D_", "<b>&amp;</b>", "日本",
)  # fmt: skip


@pytest.fixture
def risky(tea):
    """A map that says all of that at one touchpoint."""
    said = tuple(Item(text) for text in RISKY)
    return replace(tea, lanes=(Lane("does", "Does", (Cell(said, "assumed"), Cell(), Cell())),))


@pytest.fixture
def file(risky, tmp_path):
    to_xlsx(risky, tmp_path / "map.xlsx")
    return tmp_path / "map.xlsx"


def test_every_text_is_typed_as_text(file):
    sheet = openpyxl.load_workbook(file)["Map"]
    cells = [sheet.cell(row, 8) for row in range(2, 2 + len(RISKY))]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}
    assert [cell.quotePrefix for cell in cells[:8]] == [True] * 8


def test_texts_come_back_unchanged(file):
    assert read_long_table(file)["text"].tolist()[: len(RISKY)] == list(RISKY)


def test_the_header_is_frozen_and_has_filters_and_texts_are_wrapped(file):
    sheet = openpyxl.load_workbook(file)["Map"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:P{1 + len(RISKY) + 2}"
    assert sheet["H2"].alignment.wrap_text and sheet.column_dimensions["H"].width == 60


def test_the_second_sheet_says_how_to_edit(file):
    sheet = openpyxl.load_workbook(file)["Read me"]
    words = " ".join(str(row[0].value) for row in sheet.iter_rows())
    assert "comes back as assumed" in words and "hesitations: Hesitates" in words


def test_numbers_are_numbers(tea, tmp_path):
    to_xlsx(tea, tmp_path / "map.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "map.xlsx")["Map"]
    rows = {(row[3].value, row[5].value): row for row in sheet.iter_rows()}
    assert [cell.value for cell in rows["payment", "reach"][11:15]] == [0.4, 0.37, 0.43, 1000]


def test_what_a_colleague_typed_is_found(tea, tmp_path):
    to_xlsx(tea, tmp_path / "map.xlsx")
    book = openpyxl.load_workbook(tmp_path / "map.xlsx")
    sheet = book["Map"]
    at = next(r for r in range(2, 99) if sheet.cell(r, 4).value == "delivery" and
              sheet.cell(r, 6).value == "does")  # fmt: skip
    sheet.cell(at, 8, "Waits")
    book.move_sheet("Read me", -1)
    book.save(tmp_path / "map.xlsx")
    found = edits(long_table(tea), read_long_table(tmp_path / "map.xlsx"))
    assert found.assumed.values.tolist() == [["buy", "delivery", "", "does", "as-is", "Waits"]]
    assert found.missing.empty


def test_a_formula_is_refused_with_its_cell(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["stage", "touchpoint", "lane", "text"])
    book.active.append(["Buy", "Till", "does", "=A1"])
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(SourceError, match=r"got the formula '=A1' \(t.xlsx, cell D2\)"):
        read_long_table(tmp_path / "t.xlsx")


def test_what_is_no_workbook_is_refused(tmp_path):
    (tmp_path / "t.xlsx").write_bytes(b"PK nothing")
    with pytest.raises(SourceError, match="cannot be read as XLSX"):
        read_long_table(tmp_path / "t.xlsx")
    openpyxl.Workbook().save(tmp_path / "e.xlsx")
    with pytest.raises(SourceError, match="has no header row"):
        read_long_table(tmp_path / "e.xlsx")


def test_a_text_too_long_for_a_cell_is_not_cut(tea, tmp_path):
    lane = Lane("does", "Does", (Cell((Item("x" * 40_000),), "assumed"), Cell(), Cell()))
    with pytest.raises(ParameterError, match=r"at most 32,767 characters .* got 40,000"):
        to_xlsx(replace(tea, lanes=(lane,)), tmp_path / "map.xlsx")


def test_another_program_shows_the_texts_and_keeps_them(file, tmp_path):
    # LibreOffice opens the workbook, prints it as CSV and saves it as a workbook of its own.
    office = shutil.which("soffice")
    if office is None:
        reason = "there is no LibreOffice: install Debian's package libreoffice-calc-nogui"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    out = tmp_path / "out"
    for kind in ("csv:Text - txt - csv (StarCalc):44,34,76,1", "xlsx"):
        subprocess.run(
            [office, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
             "--convert-to", kind, "--outdir", str(out), str(file)],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    with (out / "map.csv").open(newline="", encoding="utf-8") as shown:
        texts = [row[7] for row in csv.reader(shown)][1 : len(RISKY) + 1]
    alike = {text: text.replace("\r", "\n") for text in RISKY}
    assert [text.replace("\r", "\n") for text in texts] == list(alike.values())
    saved = read_long_table(out / "map.xlsx")
    before = read_long_table(file)
    literal = before["text"] == "_x000D_"  # stands for a return once another program saved it
    found = edits(before[~literal], saved[~literal])
    assert found.assumed.empty and found.missing.empty
