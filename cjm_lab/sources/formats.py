"""From a file of any format to a grid of cells, with how it was read said in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cjm_lab.errors import SourceError
from cjm_lab.sources.json_files import JSON_FORMATS, json_table, read_json

if TYPE_CHECKING:
    from cjm_lab.sources.delimited import Begin, Plan

#: What a source may be.
FORMATS = (".csv", ".tsv", ".txt", ".xlsx", *JSON_FORMATS, ".parquet", ".sav", ".zsav")
_ZIP_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Grid:
    """A file as it is: its first row, and the cells below it in columns 0, 1, ...

    Text files have cells of text; parquet and SPSS files keep their own types. `encoding`,
    `delimiter` and `note` say in words how the file was read. `top` are the first rows of cells
    where they belong to the header and were left out of `cells`.
    """

    header: list[str]
    cells: pd.DataFrame
    encoding: str = ""
    delimiter: str = ""
    note: str = ""
    top: Sequence[Sequence[str]] = ()


def read_grid(path: Path, plan: Plan | None = None, begin: Begin | None = None) -> Grid:
    """Return the cells of a delimited text, XLSX, JSON or parquet file.

    Parameters
    ----------
    path
        The file.
    plan
        How a large delimited text may be read quickly; columns in which few answers recur are
        categories then.
    begin
        Where the header of a delimited text begins.

    Raises
    ------
    SourceError
        If the file is empty, in an encoding that cannot be told, or not a table.
    """
    if path.stat().st_size == 0:
        raise SourceError(f"{path.name} is empty; export it again or take it out of study.yaml")
    kind = path.suffix.lower()
    if kind == ".parquet":
        return _parquet(path)
    if kind == ".xlsx":
        return _workbook(path)
    if kind in JSON_FORMATS:
        return _json(path)
    from cjm_lab.sources.delimited import read_delimited

    return read_delimited(path, plan, begin)


def unique_names(header: Sequence[str]) -> list[str]:
    r"""Return column names that occur once, blanks cut; twins are numbered so that none is meant.

    Examples
    --------
    >>> unique_names(["id", "Other", "", "Other", "How did\nyou pay?"])
    ['id', 'Other (1)', 'column 3', 'Other (2)', 'How did you pay?']
    """
    names = [clean_name(name) or f"column {i}" for i, name in enumerate(header, 1)]
    often, seen, unique = Counter(names), Counter[str](), []
    for name in names:
        seen[name] += 1
        unique.append(f"{name} ({seen[name]})" if often[name] > 1 else name)
    return unique if len({*unique}) == len(unique) else unique_names(unique)


def clean_name(name: str) -> str:
    """Return a column name in one line, with single blanks and without a byte order mark."""
    return " ".join(str(name).replace("\ufeff", "").split())


def _workbook(path: Path) -> Grid:
    """Return the cells of the first sheet of an XLSX workbook."""
    import zipfile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > _ZIP_BYTES:
                raise SourceError(f"{path.name} must unpack to less than 1 GB; export it as CSV")
        book = load_workbook(path, read_only=True)
        rows = [
            [cell_text(cell, path.name) for cell in row]
            for row in book.worksheets[0].iter_rows()
        ]  # fmt: skip
        sheets = book.sheetnames
        book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError) as error:
        if isinstance(error, SourceError):
            raise
        reason = str(error).strip().splitlines()[0] if str(error).strip() else "no sheet"
        raise SourceError(
            f"{path.name} cannot be read as xlsx: {reason}; save it again or as CSV"
        ) from None
    rows = [row for row in rows if any(row)]
    if not rows:
        raise SourceError(f"{path.name} has no header row; export it again")
    width = max(max(i for i, cell in enumerate(row, 1) if cell) for row in rows)
    square = [[*row, *[""] * width][:width] for row in rows]
    note = f"sheet {sheets[0]!r}" + (f", the first of {len(sheets)}" if len(sheets) > 1 else "")
    cells = pd.DataFrame(square[1:], columns=range(width), dtype="str")
    return Grid(square[0], cells, "Unicode", "", note)


def cell_text(cell: object, file: str) -> str:
    """Return a cell of a workbook as text.

    Raises
    ------
    SourceError
        If it holds a formula.
    """
    from datetime import datetime, time

    value = getattr(cell, "value", None)
    if getattr(cell, "data_type", "") == "f":
        raise SourceError(
            f"a cell must hold a value, got the formula {str(value)[:40]!r} ({file}, cell "
            f"{getattr(cell, 'coordinate', '')}); paste the sheet's values and save it again"
        )
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _json(path: Path) -> Grid:
    """Return the flat objects of a JSON file, one a row."""
    source = read_json(path)
    frame = json_table(source)
    header = [str(name) for name in frame.columns]
    frame.columns = pd.RangeIndex(len(header))
    delimiter = "one JSON object a line" if source.lines else "one list of JSON objects"
    return Grid(header, frame, source.encoding, delimiter, source.note)


def _parquet(path: Path) -> Grid:
    """Return a parquet file with its own types."""
    try:
        frame = pd.read_parquet(path).reset_index(drop=True)
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise SourceError(f"{path.name} cannot be read as parquet: {reason}") from None
    header = [str(name) for name in frame.columns]
    frame.columns = pd.RangeIndex(len(header))
    return Grid(header, frame, "parquet")
