"""Readers: from the files of a source to its tidy table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from cjm_lab.sources.files import (
    as_flags,
    as_numbers,
    as_text,
    as_times,
    read_file,
    rename,
    require,
    source_files,
)
from cjm_lab.sources.masking import hash_names, hash_personal_ids, mask_column
from cjm_lab.sources.schemas import JOINING, TABLES, check, empty_table
from cjm_lab.workspace import process_salt


def read_customers(
    file: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    dates: str = "",
    time_zone: str = "UTC",
    folder: str | Path = ".",
) -> pd.DataFrame:
    r"""Read customers: one row a customer, with attributes.

    Parameters are those of `read_mentions`.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "c.csv"
    >>> _ = file.write_text("customer_id,mail\n7,jo@example.org\n")
    >>> read_customers(file)["mail"].tolist()
    ['[e-mail]']
    """
    return _read("customers", file, folder, columns, dates, time_zone)


def read_orders(
    file: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    dates: str = "",
    time_zone: str = "UTC",
    folder: str | Path = ".",
) -> pd.DataFrame:
    r"""Read orders: one row an order with its amount. Parameters are those of `read_mentions`.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "o.csv"
    >>> _ = file.write_text("customer_id,ordered_at,amount\n7,2026-10-01,129.90\n")
    >>> read_orders(file)["amount"].sum()
    np.float64(129.9)
    """
    return _read("orders", file, folder, columns, dates, time_zone)


def read_interactions(
    file: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    dates: str = "",
    time_zone: str = "UTC",
    folder: str | Path = ".",
) -> pd.DataFrame:
    r"""Read interactions: one row a contact with support. Parameters are those of `read_mentions`.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "i.csv"
    >>> _ = file.write_text("customer_id,opened_at,topic\n7,2026-10-01,leak\n")
    >>> read_interactions(file)["topic"].tolist()
    ['leak']
    """
    return _read("interactions", file, folder, columns, dates, time_zone)


def read_table(
    kind: str, file: str | Path, *, time_zone: str = "UTC", folder: str | Path = ".",
    columns: Mapping[str, str] | None = None, dates: str = "", salt: str = "",
) -> pd.DataFrame:  # fmt: skip
    r"""Read a table of any other kind of `TABLES`. Parameters are those of `read_mentions`.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "calendar.csv"
    >>> _ = file.write_text("date,what\n2026-10-01,Delivery window\n")
    >>> read_table("calendar", file)["what"].tolist()
    ['Delivery window']
    """
    return _read(kind, file, folder, columns, dates, time_zone, salt)


def _read(
    kind: str,
    file: str | Path,
    folder: str | Path,
    columns: Mapping[str, str] | None,
    dates: str,
    time_zone: str,
    salt: str = "",
) -> pd.DataFrame:
    """Read every file of a source into one tidy table."""
    frames = [
        tidy_table(kind, read_file(path), path.name, columns, dates, time_zone, salt)
        for path in source_files(str(file), Path(folder))
    ]
    return _one_key(pd.concat(frames, ignore_index=True), kind, str(file))


def tidy_table(
    kind: str,
    frame: pd.DataFrame,
    place: str,
    columns: Mapping[str, str] | None = None,
    dates: str = "",
    time_zone: str = "UTC",
    salt: str = "",
) -> pd.DataFrame:
    """Return a frame with rows numbered from 0 as a tidy table, its other columns after it.

    Raises
    ------
    SourceError
        If a column is missing or a value cannot be used; `place` says where.
    """
    frame = rename(frame, columns or {}, place)
    require(frame, TABLES[kind].required, place)
    tidy = tidy_columns(kind, frame, place, dates, time_zone, salt=salt)
    extra = {
        name: attribute_column(frame[name])
        for name in frame.columns
        if name not in (*tidy.columns, *(["author"] if kind == "mentions" else []))
    }
    return check(tidy.assign(**extra), kind, place)


def tidy_columns(
    kind: str,
    frame: pd.DataFrame,
    file: str,
    dates: str,
    time_zone: str,
    names: tuple[str, ...] = (),
    salt: str = "",
) -> pd.DataFrame:
    """Return the tidy table's own columns, those that the file lacks empty."""
    tidy: dict[str, pd.Series] = {}
    empty = empty_table(kind)
    missing: dict[Any, pd.Series] = {}  # one a type: a column that nobody wrote to takes no room
    for name, type_ in TABLES[kind].columns.items():
        if name not in frame.columns:
            dtype = empty[name].dtype
            if dtype not in missing:
                fill = "" if type_ in ("id", "text", "person") else None
                missing[dtype] = pd.Series(fill, index=frame.index, dtype=dtype)
            tidy[name] = missing[dtype]
            continue
        own = frame[name]
        if type_ == "id":
            text = as_text(own)
            tidy[name] = (
                hash_personal_ids(text) if name.endswith(JOINING) else mask_column(text, names)
            )
        elif type_ == "text":
            tidy[name] = mask_column(as_text(own), names)
        elif type_ == "person":
            tidy[name] = hash_names(as_text(own), salt or process_salt())
        elif type_ == "time":
            tidy[name] = as_times(own, file, name, dates=dates, time_zone=time_zone)
        elif type_ == "number":
            tidy[name] = as_numbers(own, file, name)
        else:
            tidy[name] = as_flags(own, file, name)
    if kind == "mentions" and "author" in frame.columns:
        tidy["author_key"] = hash_names(as_text(frame["author"]), salt or process_salt())
    return pd.DataFrame(tidy, index=frame.index, copy=False)


def attribute_column(column: pd.Series) -> pd.Series:
    """Return a column that is not part of the tidy table: numbers as they are, texts masked."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return column
    text = as_text(column)
    numbers = pd.to_numeric(text.mask(text == ""), errors="coerce")
    is_number = (numbers.notna() | (text == "")).all() and not text.str.match(r"[+0]\d").any()
    return numbers if is_number and numbers.notna().any() else mask_column(text)


def _one_key(frame: pd.DataFrame, kind: str, file: str) -> pd.DataFrame:
    """Refuse a key that occurs in two files of one source."""
    return check(frame, kind, file) if TABLES[kind].key else frame
