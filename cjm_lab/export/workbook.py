"""The long table as an XLSX workbook: typed so that nothing in it runs, and read back."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cjm_lab.errors import ParameterError, SourceError
from cjm_lab.journey.model import LANES, JourneyMap
from cjm_lab.sources.formats import cell_text
from cjm_lab.words import day_words

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

#: Widths of the columns, in characters; the others are narrow.
_WIDTHS = {"stage": 16, "touchpoint": 22, "lane": 12, "text": 60, "detail": 40, "evidence_ids": 24}
_NARROW = 11
_WRAPPED = ("text", "detail")
#: What spreadsheets take for the start of a formula, or for a mark that says there is none.
_RISKY = ("=", "+", "-", "@", "\t", "\r", "'")
_LONGEST_TEXT = 32_767
_MOST_BYTES = 1 << 30
#: How Excel writes characters that XML would change, and what looks as if it were that.
_CODED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)|\r")
_CODE = re.compile("_x([0-9A-Fa-f]{4})_")

_HOW_TO = (
    "How to edit this table",
    "",
    "Each row of the sheet Map says one thing in one cell of the map. Change the column text, fill "
    "in an empty one, or add a row: copy stage, touchpoint and lane from the row above.",
    "Give the file back, and `cjm import` takes your changes into the study. Whatever you write "
    "comes back as assumed: somebody's word, marked so on the map until there is evidence.",
    "Rows that are observed or reasoned come from evidence. If you delete or change one, it stays "
    "on the map, and what you wrote stands beside it. A changed number comes back as a text.",
    "The columns detail, kind, status and evidence_ids are only there to read.",
    "In the column feels a number from -2 to +2 is how customers feel there.",
    "",
    "The lanes, as the column lane has them:",
)


def write_workbook(table: pd.DataFrame, map_: JourneyMap, path: Path) -> None:
    """Write the long table of a map with a sheet that says how to edit it.

    Every text is typed as one, so a text that begins like a formula stays a text.

    Parameters
    ----------
    table
        The long table.
    map_
        The map it comes from.
    path
        The file.

    Raises
    ------
    ParameterError
        If a text is longer than a cell of a workbook can be.
    """
    from openpyxl import Workbook

    lengths = table["text"].str.len().max()
    if len(table) and max(lengths, table["detail"].str.len().max()) > _LONGEST_TEXT:
        raise ParameterError(
            f"a text must have at most {_LONGEST_TEXT:,} characters in a workbook, got "
            f"{int(lengths):,}; export the map as CSV"
        )
    book = Workbook()
    book.properties.creator = "CJM Lab"
    book.properties.title = _fit(map_.title)
    sheet = book.worksheets[0]
    sheet.title = "Map"
    _fill(sheet, table)
    _say(book.create_sheet("Read me"), map_)
    book.save(path)


def is_workbook(path: Path) -> bool:
    """Return whether a file is a workbook, by its first bytes."""
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def read_workbook(path: Path, needed: Sequence[str]) -> pd.DataFrame:
    """Return the cells of the first sheet that has the needed columns, else of the first one.

    Parameters
    ----------
    path
        The file.
    needed
        Names of columns, in small letters.

    Returns
    -------
    DataFrame
        All cells as text exactly as they are. The index is the row's number less two.

    Raises
    ------
    SourceError
        If it cannot be read, holds nothing, or has a formula.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > _MOST_BYTES:
                raise SourceError(f"{path.name} must unpack to less than 1 GB; export it as CSV")
        with path.open("rb") as file:  # a path would be judged by its ending
            book = load_workbook(file, read_only=True)
            sheets = [_grid(sheet.iter_rows(), path.name) for sheet in book.worksheets]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError) as error:
        if isinstance(error, SourceError):
            raise
        reason = (str(error).strip().splitlines() or ["no sheet"])[0]
        raise SourceError(
            f"{path.name} cannot be read as XLSX: {reason}; save it again or as CSV"
        ) from None
    filled = [sheet for sheet in sheets if len(sheet.columns)]
    if not filled:
        raise SourceError(f"{path.name} has no header row; export it again")
    fitting = (
        sheet for sheet in filled if {*needed} <= {str(c).strip().casefold() for c in sheet.columns}
    )
    return next(fitting, filled[0])


def _fill(sheet: Worksheet, table: pd.DataFrame) -> None:
    """Write the table: header frozen and with filters, texts wrapped and typed as text."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    bold, wash = Font(bold=True), PatternFill("solid", fgColor="F6F7F9")
    top, wrapped = Alignment(vertical="top"), Alignment(vertical="top", wrap_text=True)
    for at, name in enumerate(table.columns, 1):
        head = sheet.cell(1, at, name)
        head.font, head.fill = bold, wash
        letter = get_column_letter(at)
        sheet.column_dimensions[letter].width = _WIDTHS.get(name, _NARROW)
        textual = pd.api.types.is_string_dtype(table[name])
        if textual:  # what is typed below the table stays text too
            sheet.column_dimensions[letter].number_format = "@"
        form = wrapped if name in _WRAPPED else top
        for row, value in enumerate(table[name].tolist(), 2):
            if textual:
                cell = sheet.cell(row, at)
                _put(cell, value)
                cell.alignment = form
            elif not pd.isna(value):
                cell = sheet.cell(row, at, value if isfinite(value) else None)
                cell.alignment = top
                if not isfinite(value):
                    _put(cell, str(value))
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.columns))}{len(table) + 1}"


def _put(cell: Any, text: str) -> None:
    """Write a text that no spreadsheet takes for a formula, a number, an error or a date."""
    cell.number_format = "@"
    if text:
        cell.value = _written(text)
        cell.data_type = "s"
        cell.quotePrefix = text.startswith(_RISKY)


def _say(sheet: Worksheet, map_: JourneyMap) -> None:
    """Write how the table is edited, and what the lanes are called on the map."""
    from openpyxl.styles import Alignment, Font

    sheet.column_dimensions["A"].width = 110
    about = [map_.title, map_.persona_name, day_words(map_.as_of), f"version {map_.version}"]
    lanes = [f"{key}: {name}" for key, name in LANES.items()]
    lines = [" · ".join(part for part in about if part), "", *_HOW_TO, *lanes]
    for row, line in enumerate(lines, 1):
        cell = sheet.cell(row, 1)
        _put(cell, _fit(line))
        cell.alignment = Alignment(vertical="top", wrap_text=True)
    sheet["A1"].font = sheet["A3"].font = Font(bold=True)


def _fit(text: str) -> str:
    """Return a line without characters that XML cannot hold."""
    return "".join(one for one in text if one.isprintable())


def _written(text: str) -> str:
    r"""Return a text as it is written into the file.

    Examples
    --------
    >>> _written("a\rb_x000D_")
    'a_x000D_b_x005F_x000D_'
    """
    return _CODED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def _read(text: str) -> str:
    r"""Return a text as it was before `_written`.

    Examples
    --------
    >>> _read("a_x000D_b_x005F_x000D_")
    'a\rb_x000D_'
    """
    return _CODE.sub(lambda found: chr(int(found[1], 16)), text)


def _grid(rows: Iterable[Sequence[Any]], file: str) -> pd.DataFrame:
    """Return the filled rows of a sheet below its first, which names the columns."""
    grid = {at: [_text(cell, file) for cell in row] for at, row in enumerate(rows, 1)}
    grid = {at: row for at, row in grid.items() if any(cell.strip() for cell in row)}
    if not grid:
        return pd.DataFrame()
    width = max(i for row in grid.values() for i, cell in enumerate(row, 1) if cell.strip())
    numbers = [at - 2 for at in grid]
    square = [[*row, *[""] * width][:width] for row in grid.values()]
    header = [name.strip() or f"column {at}" for at, name in enumerate(square[0], 1)]
    return pd.DataFrame(square[1:], index=numbers[1:], columns=header, dtype="str")


def _text(cell: Any, file: str) -> str:
    """Return a cell as text; a text keeps its blanks and what the spreadsheet escaped."""
    value = getattr(cell, "value", None)
    if isinstance(value, str) and getattr(cell, "data_type", "") != "f":
        return _read(value)
    return cell_text(cell, file)
