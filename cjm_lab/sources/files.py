"""From a file to a frame of text, with errors that say where and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from cjm_lab.errors import SourceError
from cjm_lab.sources.formats import FORMATS, read_grid, unique_names
from cjm_lab.sources.glance import is_trimmed


def source_files(file: str, folder: Path) -> list[Path]:
    """Return the files that a source names: a path, or a glob of monthly files, in name order.

    Raises
    ------
    SourceError
        If nothing is there or the format is not known.
    """
    path = Path(file)
    base, pattern = (
        (path.parent, path.name) if path.is_absolute() else (folder / path.parent, path.name)
    )
    if any(character in pattern for character in "*?["):
        found = sorted(base.glob(pattern))
    else:
        found = [base / pattern] if (base / pattern).is_file() else []
    if not found:
        there = (
            sorted(p.name for p in base.glob("*") if p.suffix.lower() in FORMATS)
            if base.is_dir()
            else []
        )
        near = get_close_matches(pattern, there, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there is {there or 'no data file'}"
        raise SourceError(f"no file {file!r} in {base}; {hint}")
    for one in found:
        if one.suffix.lower() not in FORMATS:
            raise SourceError(
                f"{one.name} must be one of {list(FORMATS)}; export it as CSV in UTF-8"
            )
    return found


def read_file(path: Path) -> pd.DataFrame:
    """Return a file as text, or a parquet or SPSS file with its own types.

    Raises
    ------
    SourceError
        If the file is empty, in an encoding that cannot be told, or not a table.
    """
    if path.suffix.lower() in (".sav", ".zsav"):
        from cjm_lab.sources.spss import read_spss

        return read_spss(path).frame
    grid = read_grid(path)
    refuse_no_rows(grid.cells, path.name)
    return grid.cells.set_axis(unique_names(grid.header), axis=1)


def refuse_no_rows(frame: pd.DataFrame, file: str) -> None:
    """Raise if a file has a header and nothing below it."""
    if frame.empty:
        raise SourceError(
            f"{file} has a header and no rows; export it again or take it out of study.yaml"
        )


def rename(frame: pd.DataFrame, columns: Mapping[str, str], file: str) -> pd.DataFrame:
    """Return the frame with its columns under their tidy names.

    Parameters
    ----------
    frame
        A file as it is.
    columns
        Tidy name to the file's own name.
    file
        Name of the file, for messages.

    Raises
    ------
    SourceError
        If the file lacks a column that is named.
    """
    require(frame, columns.values(), file)
    taken = [tidy for tidy, own in columns.items() if tidy != own and tidy in frame.columns]
    return frame.drop(columns=taken).rename(columns={own: tidy for tidy, own in columns.items()})


def require(frame: pd.DataFrame, names: Iterable[str], file: str) -> None:
    """Raise if the frame lacks one of the columns."""
    for name in names:
        if name not in frame.columns:
            near = get_close_matches(name, map(str, frame.columns), n=1)
            hint = f"did you mean {near[0]!r}?" if near else "correct the name in study.yaml"
            twins = [own for own in frame.columns if str(own).startswith(f"{name} (")]
            if twins:
                hint = f"it stands there {len(twins)} times, say which: {twins[0]!r}"
            raise SourceError(
                f"{file} must have the column {name!r}, it has {_some(frame.columns)}; {hint}"
            )


def _some(names: Iterable[object]) -> str:
    """Return names as a list that still fits a message."""
    every = [str(name)[:60] for name in names]
    more = f" and {len(every) - 40} more" if len(every) > 40 else ""
    return f"{every[:40]}{more}"


def as_text(column: pd.Series) -> pd.Series:
    """Return a column as text with surrounding blanks cut; missing is ''."""
    if is_trimmed(column):
        return column
    missing = column.isna()
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")  # an id read as 17.0 is the id 17
    return column.astype("str").str.strip().mask(missing, "").astype("str")


def as_times(column: pd.Series, file: str, name: str, *, dates: str, time_zone: str) -> pd.Series:
    """Return a column as UTC timestamps; blank is unknown.

    Times without an offset are in the study's time zone; the hour that occurs twice in autumn is
    read as its first, the one that does not exist in spring as the next that does.

    Raises
    ------
    SourceError
        If a value cannot be read.
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        parsed = column
    else:
        text = as_text(column)
        known = text[text != ""]
        zoned = known.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", regex=True) & known.str.contains(":")
        mixed = bool(zoned.any())
        parsed = pd.to_datetime(known, format=dates or "ISO8601", errors="coerce", utc=mixed)
        if bad := _first(known, parsed.isna()):
            remedy = (
                "correct it"
                if dates
                else "correct it, or give its format as dates: '%d.%m.%Y' in study.yaml"
            )
            raise SourceError(
                f"{name} must be a date, got {bad[0]!r} ({file}, data row {bad[1]}); {remedy}"
            )
        if mixed and not zoned.all():
            row = int(known.index[~zoned][0]) + 1
            raise SourceError(
                f"{name} must have an offset in every row or in none ({file}, data row {row}); "
                "export one kind of time"
            )
        parsed = parsed.reindex(column.index)
    if parsed.dt.tz is None:
        parsed = parsed.dt.tz_localize(
            time_zone, ambiguous=np.ones(len(parsed), dtype=bool), nonexistent="shift_forward"
        )
    return parsed.dt.tz_convert("UTC").dt.as_unit("us")


def as_numbers(column: pd.Series, file: str, name: str) -> pd.Series:
    """Return a column as floats; blank is missing.

    Raises
    ------
    SourceError
        If a value is not a number.
    """
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.astype("float64")
    text = as_text(column)
    numbers = pd.to_numeric(text.mask(text == ""), errors="coerce")
    if bad := _first(text, numbers.isna() & (text != "")):
        raise SourceError(
            f"{name} must be a number, got {bad[0]!r} "
            f"({file}, data row {bad[1]}); correct it, or list it under not_applicable"
        )
    return numbers.astype("float64")


def as_flags(column: pd.Series, file: str, name: str) -> pd.Series:
    """Return a column of yes and no as booleans.

    Raises
    ------
    SourceError
        If a value is neither.
    """
    if pd.api.types.is_bool_dtype(column):
        return column
    text = as_text(column).str.casefold()
    flags = text.map(
        {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    )
    if bad := _first(text, flags.isna()):
        raise SourceError(
            f"{name} must be true or false, got {bad[0]!r} ({file}, data row {bad[1]}); correct it"
        )
    return flags.astype("bool")


def refuse_outside(
    numbers: pd.Series, low: float, high: float, file: str, name: str, remedy: str = "correct it"
) -> None:
    """Raise if a number lies outside the scale.

    Raises
    ------
    SourceError
        With the first such value and its row.
    """
    if bad := _first(numbers, (numbers < low) | (numbers > high)):
        raise SourceError(
            f"{name} must lie between {low:g} and {high:g}, got {bad[0]:g} "
            f"({file}, data row {bad[1]}); {remedy}"
        )


def _first(values: pd.Series, wrong: pd.Series) -> tuple[object, int] | None:
    """Return the first wrong value and its data row, counted from 1 below the header."""
    rows = values.index[wrong.to_numpy(dtype=bool)]
    if rows.empty:
        return None
    row = cast(int, rows[0])  # files are read with rows numbered from 0
    return values[row], row + 1
