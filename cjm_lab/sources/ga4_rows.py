"""Rows of Google Analytics 4, as BigQuery exports its `events_*` tables: from nested to flat."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import polars as pl

from cjm_lab.errors import SourceError
from cjm_lab.sources.files import require
from cjm_lab.sources.json_files import read_json

#: Columns by which an export is recognized.
GA4_COLUMNS = ("event_name", "event_timestamp", "user_pseudo_id", "event_params")

PARAMS = "event_params."
_VALUES = ("string_value", "int_value", "float_value", "double_value")
#: Events are uploaded in batches that share one time; these say which came first.
ORDER = ("event_timestamp", "batch_page_id", "batch_ordering_id", "batch_event_index")

_YEAR_2000, _YEAR_2100 = 946_684_800_000_000, 4_102_444_800_000_000


def is_ga4(names: Iterable[str]) -> bool:
    """Whether columns of these names are an export's.

    Examples
    --------
    >>> is_ga4(["event_name", "event_timestamp", "event_params", "user_id", "user_pseudo_id"])
    True
    """
    return {*GA4_COLUMNS} <= {*names}


def top_columns(paths: Iterable[str]) -> list[str]:
    """Return the columns of an export that paths lead into.

    Examples
    --------
    >>> top_columns(["geo.city", "event_params.value", "geo.country"])
    ['geo', 'event_params']
    """
    return [*dict.fromkeys(path.split(".")[0] for path in paths)]


def parse_ga4(path: Path, paths: Iterable[str]) -> pl.DataFrame:
    """Return the rows of a JSON export with the columns that paths lead into; numbers are texts.

    Raises
    ------
    SourceError
        If a row is no object, or a field is of another kind than the export's.
    """
    import duckdb

    source = read_json(path)
    with tempfile.TemporaryDirectory() as folder:
        if (source.encoding, source.note) != ("UTF-8", ""):
            path = Path(folder, "export.json")
            path.write_bytes(source.data)
        form: Literal["newline_delimited", "auto"] = "newline_delimited" if source.lines else "auto"
        try:  # DuckDB parses nested lines several times as fast as Polars
            with duckdb.connect() as database:
                return database.read_json(str(path), columns=_types(paths), format=form).pl()
        except duckdb.Error as error:
            reason = str(error).splitlines()[0][:100].replace(str(path), source.file)
    for place, row in source.elements():
        _refuse_other_row(row, f"{source.file}, {place}")
    raise SourceError(f"{source.file} must be a GA4 export: {reason}; export it again")


def flatten_ga4(frame: pl.DataFrame, place: str, paths: Iterable[str]) -> pl.DataFrame:
    """Return nested rows flat: one column a path such as ``device.category``.

    Parameters
    ----------
    frame
        Rows of an export.
    place
        Where they come from, for messages.
    paths
        What is wanted; ``event_params.<key>`` is the value of a parameter.

    Raises
    ------
    SourceError
        If a column that every export has is missing, or no times or names stand in it.
    """
    require(frame, GA4_COLUMNS[:3], place)  # type: ignore[arg-type]
    flat = frame.select(_at(frame.schema, path, place).alias(path) for path in paths)
    at = pl.col("event_timestamp")
    for name, wrong, rule in (
        ("event_timestamp", ~at.is_between(_YEAR_2000, _YEAR_2100).fill_null(False),
         "count microseconds since 1970"),
        ("event_name", pl.col("event_name").fill_null("").str.strip_chars() == "", "not be blank"),
    ):  # fmt: skip
        row = flat.select(wrong.arg_true().first()).item()
        if row is not None:
            raise SourceError(
                f"{name} must {rule}, got {str(frame[name][row])[:40]!r} "
                f"({place}, data row {row + 1}); export it again"
            )
    return flat


def _at(schema: pl.Schema, path: str, place: str) -> pl.Expr:
    """Return what stands at a path, as text or, what orders the events, as whole numbers."""
    if path.startswith(PARAMS):
        return _param(schema.get("event_params"), path.removeprefix(PARAMS), place)
    name, *fields = path.split(".")
    found: pl.Expr = pl.col(name)
    type_: Any = schema.get(name)
    for field in fields:
        inner = dict(type_) if isinstance(type_, pl.Struct) else {}
        found, type_ = found.struct.field(field) if field in inner else found, inner.get(field)
    want = pl.Int64() if path in ORDER else pl.String()
    if type_ is None or type_.is_nested():
        return pl.lit(None, want)
    return found.cast(want, strict=False)


def _param(type_: Any, key: str, place: str) -> pl.Expr:
    """Return the value of a parameter, whichever of its four fields holds it."""
    inner = type_.inner if isinstance(type_, pl.List) else None
    if type_ is None or type_ == pl.Null or inner == pl.Null:
        return pl.lit(None, pl.String)
    fields: dict[str, Any] = dict(inner) if isinstance(inner, pl.Struct) else {}
    value_type = fields.get("value")
    values = dict(value_type) if isinstance(value_type, pl.Struct) else {}
    held = [name for name in _VALUES if name in values]
    if "key" not in fields or not held:
        raise SourceError(
            f"event_params must be a list of key and value, got {str(type_)[:80]} ({place}); "
            "export it as nested JSON lines or parquet"
        )
    one = pl.element().struct.field("key") == key
    value = pl.col("event_params").list.filter(one).list.first().struct.field("value")
    return pl.coalesce(
        # A frame that went through pandas may have whole numbers as floats.
        (value.struct.field(name).cast(pl.Int64, strict=False) if name == "int_value"
         else value.struct.field(name)).cast(pl.String)
        for name in held
    )  # fmt: skip


def _types(paths: Iterable[str]) -> dict[str, str]:
    """Return DuckDB's types of the columns that hold these paths: all leaves are texts."""
    tree: dict[str, Any] = {}
    for path in paths:
        *above, leaf = path.split(".")
        node = tree
        for name in above:
            node = node.setdefault(name, {})
        node.setdefault(leaf, {})
    tree["event_params"] = {"key": {}, "value": {name: {} for name in _VALUES}}
    types = {name: _type(node) for name, node in tree.items()}
    return types | {"event_params": types["event_params"] + "[]"}


def _type(node: dict[str, Any]) -> str:
    quoted = {name.replace('"', '""'): _type(inner) for name, inner in node.items()}
    parts = ", ".join(f'"{name}" {type_}' for name, type_ in quoted.items())
    return f"struct({parts})" if node else "varchar"


def _refuse_other_row(row: object, place: str) -> None:
    """Raise if a parsed row is none of an export."""
    wrong = "every row must be a JSON object"
    if isinstance(row, dict):
        params = row.get("event_params") or []
        if isinstance(params, list) and all(
            isinstance(one, dict) and isinstance(one.get("value"), dict | None) for one in params
        ):
            return
        wrong = "event_params must be a list of key and value"
    raise SourceError(f"{wrong}, got something else ({place}); export it again")
