"""Reader of events: from files, frames in memory and tables of an engine to tidy events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd

from cjm_lab.errors import ParameterError, SourceError, one_of
from cjm_lab.sources.files import read_file, source_files
from cjm_lab.sources.formats import unique_names
from cjm_lab.sources.json_files import JSON_FORMATS, read_json
from cjm_lab.sources.schemas import TABLES
from cjm_lab.sources.tidy import tidy_table

EVENT_LAYOUTS = {"plain": "plain table", "ga4": "Google Analytics 4"}
_READING = ["file", "layout", "rows", "left_out", "note"]
_KINDS = "the path of a file or a pandas, Polars, Arrow, DuckDB or Spark table"


def read_events(
    source: Any,
    *,
    columns: Mapping[str, str] | None = None,
    dates: str = "",
    time_zone: str = "UTC",
    folder: str | Path = ".",
    layout: str | None = None,
) -> Any:
    r"""Read events: one row an event of one customer.

    Parameters
    ----------
    source
        CSV, XLSX, JSON, JSON-lines or parquet file, or a glob of monthly files, relative to
        `folder`; a pandas, Polars (eager or lazy) or Arrow table; a DuckDB relation or a Spark
        frame.
    columns
        Tidy name to the source's own name, which goes before what a layout says. A field of a GA4
        export is named by its path: ``geo.country``, ``event_params.page_title``.
    dates
        Format of dates that are not ISO.
    time_zone
        Zone of times without an offset.
    folder
        Where relative file names start.
    layout
        Overrules how an export of Google Analytics 4 is recognized: ``ga4`` or ``plain``.

    Returns
    -------
    DataFrame
        Columns of the tidy table, then any others of a plain source; personal data is masked, times
        are in UTC. A DuckDB relation or Spark frame comes back lazily in its own engine with its
        columns renamed and nothing else changed: personal data in it is *not* masked; no text or id
        leaves the engine but names of events and places, and the ids of lists of customers.

    Raises
    ------
    ParameterError
        If there is no such layout, or an engine's table is to be read as something else.
    SourceError
        If a source, column or value cannot be used.

    Notes
    -----
    A GA4 export (BigQuery's ``events_*`` as JSON lines, parquet or a nested frame) becomes:
    ``customer_id`` the user_id, where unknown the only user_id ever seen on that device, else the
    device's user_pseudo_id; ``occurred_at`` from microseconds; ``channel`` the session's default
    channel group, in an export that has none the source / medium of the session's last click, of
    the event, or of the user's first visit, and ``campaign`` from the same; ``page`` the path of
    page_location without query, fragment and tokens; ``device`` its category; ``value`` the
    purchase revenue, else the parameter value, in whatever currency; ``session_id`` from
    user_pseudo_id and ga_session_id. Events of one instant are in the order of their batches. What
    was found and left out is said by `events_reading`.

    References
    ----------
    Google, "[GA4] BigQuery Export schema", Analytics Help, answer 7029846.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "e.csv"
    >>> _ = file.write_text("customer_id,event,occurred_at\n7,visit,2026-10-01T08:00\n")
    >>> read_events(file, time_zone="Europe/Berlin")["occurred_at"].iloc[0].isoformat()
    '2026-10-01T06:00:00+00:00'
    >>> raw = pd.DataFrame({"who": [7], "event": ["visit"], "occurred_at": ["2026-10-01T08:00"]})
    >>> read_events(raw, columns={"customer_id": "who"})["customer_id"].tolist()
    ['7']
    """
    if layout is not None and layout not in EVENT_LAYOUTS:
        raise ParameterError(one_of("layout", EVENT_LAYOUTS, layout))
    own = columns or {}
    if isinstance(source, str | Path):
        return _of_files(source_files(str(source), Path(folder)), own, dates, time_zone, layout)
    if not isinstance(source, pd.DataFrame):
        source = _opened(source)
        if isinstance(source, nw.LazyFrame):
            if dates or time_zone != "UTC" or layout == "ga4":
                raise ParameterError(
                    "dates, time_zone and layout must be left out for a table of an engine, which "
                    "is not read but only renamed; convert its columns there first"
                )
            return _renamed(source, own).to_native()
    names = [str(name) for name in source.columns]
    if (layout or ("ga4" if _is_ga4(names) else "plain")) == "ga4":
        return _of_ga4([("events", source)], own, dates, time_zone, "events")
    names = unique_names(names)
    _require(names, _needed(own))
    frame = source if isinstance(source, pd.DataFrame) else _to_pandas(source, own)
    frame = frame.set_axis(names, axis=1).reset_index(drop=True)
    return _joined([("events", tidy_table("events", frame, "events", own, dates, time_zone))])


def events_reading(events: pd.DataFrame) -> pd.DataFrame:
    r"""Return how each source of events was read, one row a file, or one all files of an export.

    Parameters
    ----------
    events
        Events as `read_events` or `read_tables` return them.

    Returns
    -------
    DataFrame
        file, layout, rows (kept), left_out (events of nobody), note (whose events without a
        user_id are, where the channel comes from, and what else is to be said).

    Raises
    ------
    ParameterError
        If the table does not come from `read_events`.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "e.csv"
    >>> _ = file.write_text("customer_id,event,occurred_at\n7,visit,2026-10-01T08:00\n")
    >>> events_reading(read_events(file))[["file", "layout", "rows"]].values.tolist()
    [['e.csv', 'plain table', 1]]
    """
    if len(events) and "reading" not in events.attrs:
        raise ParameterError(
            "events must be a table as read_events or read_tables returns it, got one without what "
            "was read; pass it as it is"
        )
    return pd.DataFrame(events.attrs.get("reading", []), columns=_READING)


def _of_files(
    paths: list[Path], own: Mapping[str, str], dates: str, time_zone: str, layout: str | None
) -> pd.DataFrame:
    """Return the events of all files of a source."""
    if layout == "ga4" or (layout is None and is_ga4_file(paths[0])):
        read = ((path.name, _nested(path, own)) for path in paths)
        several = f" to {paths[-1].name}" if len(paths) > 1 else ""
        return _of_ga4(read, own, dates, time_zone, f"{paths[0].name}{several}")
    return _joined(
        [
            (path.name, tidy_table("events", read_file(path), path.name, own, dates, time_zone))
            for path in paths
        ]
    )


def _joined(tables: list[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """Return plain tables below one another, with what was read in attrs."""
    table = pd.concat([table for _, table in tables], ignore_index=True)
    table.attrs["reading"] = [said(file, "plain", len(part)) for file, part in tables]
    return table


def said(file: str, layout: str, rows: int, left_out: int = 0, note: str = "") -> dict[str, Any]:
    """Return how a source was read, as `events_reading` shows it."""
    values = (file, EVENT_LAYOUTS[layout], rows, left_out, note)
    return dict(zip(_READING, values, strict=True))


def _of_ga4(
    parts: Iterable[tuple[str, Any]], own: Mapping[str, str], dates: str, time_zone: str, place: str
) -> pd.DataFrame:
    """Return the events of a GA4 export in several nested parts."""
    import polars as pl

    from cjm_lab.sources.ga4 import paths_of, tidy_ga4
    from cjm_lab.sources.ga4_rows import flatten_ga4

    paths = paths_of(own)
    flat = pl.concat([flatten_ga4(_to_polars(part, paths), at, paths) for at, part in parts])
    tidy, left_out, notes = tidy_ga4(flat, own, place)
    table = tidy_table("events", tidy.to_pandas(), place, None, dates, time_zone)
    table.attrs["reading"] = [said(place, "ga4", len(table), left_out, "; ".join(notes))]
    return table


def _is_ga4(names: Iterable[str]) -> bool:
    from cjm_lab.sources.ga4_rows import is_ga4

    return is_ga4(names)


def is_ga4_file(path: Path) -> bool:
    """Return whether a file is an export of Google Analytics 4."""
    return _is_ga4(_head(path))


def _head(path: Path) -> list[str]:
    """Return the names of the columns of a file that may be nested, none of any other."""
    kind = path.suffix.lower()
    if kind == ".parquet":
        from pyarrow import parquet

        try:
            return list(parquet.read_schema(path).names)
        except (OSError, ValueError):
            return []  # which is said where the file is read
    if kind not in JSON_FORMATS or not path.stat().st_size:
        return []
    rows = islice(read_json(path).elements(), 100)  # a field without a value is left out of a row
    return [*dict.fromkeys(name for _, row in rows if isinstance(row, dict) for name in row)]


def _nested(path: Path, own: Mapping[str, str]) -> Any:
    """Return the rows of a GA4 export, only those columns that are used."""
    import polars as pl

    from cjm_lab.sources.ga4 import paths_of
    from cjm_lab.sources.ga4_rows import parse_ga4, top_columns

    wanted, kind = paths_of(own), path.suffix.lower()
    if kind in JSON_FORMATS and path.stat().st_size:
        return parse_ga4(path, wanted)
    if kind != ".parquet":
        return read_file(path)
    try:
        held = pl.read_parquet_schema(path)
        return pl.read_parquet(path, columns=[n for n in top_columns(wanted) if n in held])
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).strip().splitlines()[0]
        raise SourceError(f"{path.name} cannot be read as parquet: {reason}") from None


def _to_polars(source: Any, paths: list[str]) -> Any:
    """Return the columns of a nested table that are used, in Polars."""
    import polars as pl
    import pyarrow as pa

    from cjm_lab.sources.ga4_rows import top_columns

    if isinstance(source, pl.DataFrame):
        return source
    held = [name for name in top_columns(paths) if name in source.columns]
    if isinstance(source, nw.DataFrame):
        return pl.from_arrow(source.select(held).to_arrow())
    try:
        return pl.from_arrow(pa.Table.from_pandas(source[held], preserve_index=False))
    except (pa.ArrowException, TypeError) as error:
        reason = str(error).strip().splitlines()[0][:100]
        raise SourceError(
            f"events must have columns of one type each: {reason}; read the export's file instead"
        ) from None


def _opened(source: Any) -> nw.DataFrame[Any] | nw.LazyFrame[Any]:
    """Return a table that is no pandas frame; one in Polars is collected."""
    try:
        frame = nw.from_native(source)
    except TypeError:
        raise SourceError(
            f"events must be {_KINDS}, got {type(source).__name__}; pass one of these"
        ) from None
    kind = frame.implementation
    if isinstance(frame, nw.DataFrame):
        return frame
    if kind.is_polars():
        return frame.collect()
    if kind.is_duckdb() or kind.is_pyspark() or kind.is_pyspark_connect():
        return frame
    raise SourceError(f"events must be {_KINDS}, got one of {kind}; collect it into one of these")


def _renamed(frame: nw.LazyFrame[Any], own: Mapping[str, str]) -> nw.LazyFrame[Any]:
    """Return an engine's table under tidy names; nothing is computed."""
    names = frame.collect_schema().names()
    needed = _needed(own)
    if _is_ga4(names) and not {*needed} <= {*names}:
        raise SourceError(
            "events of a GA4 export must be a file or in memory, got a table of an engine; give "
            "the path of its parquet or JSON files, or flatten it there"
        )
    _require(names, needed)
    taken = [tidy for tidy, name in own.items() if tidy != name and tidy in names]
    return frame.drop(taken).rename({name: tidy for tidy, name in own.items() if tidy != name})


def _needed(own: Mapping[str, str]) -> list[str]:
    """Return the source's own names that must be there."""
    return [*dict.fromkeys([*(own.get(n, n) for n in TABLES["events"].required), *own.values()])]


def _require(names: list[str], needed: list[str]) -> None:
    for name in needed:
        if name not in names:
            raise SourceError(
                f"events must have the column {name!r}, it has {names[:40]}; name the one that "
                "holds it in columns"
            )


def _to_pandas(frame: nw.DataFrame[Any], own: Mapping[str, str]) -> pd.DataFrame:
    """Return a table in pandas; ids that are whole numbers go as text, blanks would round them."""
    types = TABLES["events"].columns
    ids = [own.get(name, name) for name, type_ in types.items() if type_ == "id"]
    whole = [name for name in ids if name in frame.columns and frame.schema[name].is_integer()]
    table = frame.with_columns(nw.col(*whole).cast(nw.String)) if whole else frame
    return table.to_arrow().to_pandas(date_as_object=False)
