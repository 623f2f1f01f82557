"""The event log of a study whose engine works on disk: tidied part by part, never held whole."""

from __future__ import annotations

import csv
import json
import shutil
import weakref
from codecs import getincrementaldecoder
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import pandas as pd
from pandas.api.types import is_string_dtype as is_text

from cjm_lab.errors import SourceError
from cjm_lab.sources.delimited import find_delimiter
from cjm_lab.sources.events import is_ga4_file, read_events, said
from cjm_lab.sources.files import as_text, read_file, source_files
from cjm_lab.sources.formats import unique_names
from cjm_lab.sources.masking import mask_column
from cjm_lab.sources.tidy import tidy_table
from cjm_lab.study import EventsSource, Study

#: The column with the place of a row in its sources, one file after the other.
ROW = "row_of_source"

_PART_ROWS = 500_000
_PART_BYTES = 1 << 25
_HEAD = 1 << 18
#: Where pandas keeps what is said about a table that it writes.
_ATTRS = "PANDAS_ATTRS"


class _Folder:
    """A temporary folder that goes with this object."""

    def __init__(self) -> None:
        self.path = Path(mkdtemp(prefix="cjm_log_"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@dataclass(frozen=True, eq=False)
class EventLog:
    """Tidy events that lie on disk; what is asked of them is a query.

    Parameters
    ----------
    path
        A parquet file: columns of the tidy table, any others of the sources, and `ROW`.
    attrs
        What was read, as `events_reading` takes it.
    folder
        Where the file lies, if it is to go with the last log in it.
    """

    path: Path
    attrs: dict[str, Any] = field(repr=False)
    folder: _Folder | None = field(default=None, repr=False)

    @classmethod
    def open(cls, path: Path) -> EventLog | None:
        """Return the log that `copy_to` wrote, None where another table lies there."""
        from pyarrow import parquet

        schema = parquet.read_schema(path)
        if ROW not in schema.names:
            return None
        return cls(path, json.loads((schema.metadata or {}).get(_ATTRS.encode(), b"{}")))

    def __len__(self) -> int:
        """Return the number of events."""
        from pyarrow import parquet

        return int(parquet.read_metadata(self.path).num_rows)

    @property
    def empty(self) -> bool:
        """Whether there is no event."""
        return len(self) == 0

    def query(self, query: str, **tables: Any) -> list[tuple[Any, ...]]:
        """Return the few rows of a query in SQL; ``events`` is the log, tables are of Arrow."""
        import duckdb

        with TemporaryDirectory() as spill, duckdb.connect() as database:
            database.execute("set memory_limit = '1GB'; set preserve_insertion_order = false")
            database.execute("set temp_directory = ?", [spill])
            for name, table in tables.items():
                database.register(name, table)
            database.execute(f"create view events as from read_parquet({_quoted(self.path)})")
            return database.execute(query).fetchall()

    def edge(self, which: str) -> pd.Timestamp:
        """Return the time of the first (``min``) or last (``max``) event, NaT where there is none.

        Raises
        ------
        ValueError
            If `which` is neither.
        """
        if which not in ("min", "max"):
            raise ValueError(f"which must be 'min' or 'max', got {which!r}")
        found = self.query(f"select epoch_us({which}(occurred_at)) from events")[0][0]
        return pd.Timestamp(found, unit="us", tz="UTC")

    def names(self) -> list[str]:
        """Return the different events in alphabetical order."""
        return [row[0] for row in self.query("select distinct event from events order by event")]

    def blank_share(self) -> float:
        """Return the share of blank cells in columns of the sources that hold anything."""
        columns = [row[0] for row in self.query("describe events") if row[0] != ROW]
        quoted = [name.replace('"', '""') for name in columns]
        full = ", ".join(f"""count(nullif(cast("{name}" as varchar), ''))""" for name in quoted)
        rows, *counts = self.query(f"select count(*), {full} from events")[0]
        used = [count for count in counts if count]
        return 1 - sum(used) / (rows * len(used)) if used else 0.0

    def customers(self, known: set[str]) -> tuple[int, int]:
        """Return the number of different customers, and how many of them are among those known."""
        import pyarrow as pa

        table = pa.table({"customer_id": pa.array(sorted(known), pa.string())})
        people, matched = self.query(
            "select count(*), count(known.customer_id) from (select distinct customer_id "
            "from events where customer_id <> '') left join known using (customer_id)",
            known=table,
        )[0]
        return int(people), int(matched)

    def up_to(self, end: pd.Timestamp) -> EventLog:
        """Return the log without the events from an instant on."""
        if not self.edge("max") >= end:
            return self
        path = self.path.with_name(f"until_{end:%Y%m%d%H%M%S}.parquet")
        where = f"where epoch_us(occurred_at) < {int(end.timestamp()) * 1_000_000}"
        self._write(path, self.attrs, where)
        return EventLog(path, self.attrs, self.folder)

    def copy_to(self, path: Path, attrs: dict[str, Any]) -> EventLog:
        """Write the log with more said about it, and return the copy."""
        self._write(path, self.attrs | attrs)
        return EventLog(path, self.attrs | attrs)

    def _write(self, path: Path, attrs: dict[str, Any], where: str = "") -> None:
        told = json.dumps(attrs).replace("'", "''")
        self.query(
            f"copy (select * from events {where}) to {_quoted(path)} "
            f"(format parquet, kv_metadata {{{_ATTRS}: '{told}'}})"
        )


def read_log(study: Study) -> EventLog:
    """Return the events of a study, checked and tidied as `read_events` does it, on disk.

    Parquet and delimited texts in UTF-8 are read in parts; files of other formats, of another
    encoding and exports of Google Analytics 4 must each fit into memory while they are read.

    Raises
    ------
    SourceError
        If a file, column or value cannot be used.
    """
    folder = _Folder()
    home = folder.path
    parts: list[Path] = []
    reading: list[dict[str, Any]] = []
    rows = 0
    for source in study.sources:
        if not isinstance(source, EventsSource):
            continue
        for read, tidied in _readings(source, study):
            parts.append(home / f"{len(parts)}.parquet")
            written = _write_part(parts[-1], tidied, rows)
            rows += written
            reading.append(read | {"rows": written})
    log = EventLog(parts[0], {"reading": reading}, folder)
    if len(parts) == 1:
        return log
    every = ", ".join(map(_quoted, parts))
    path = home / "events.parquet"
    log.query(
        f"copy (from read_parquet([{every}], union_by_name = true)) to {_quoted(path)} "
        "(format parquet)"
    )
    for part in parts:
        part.unlink()
    return EventLog(path, log.attrs, folder)


#: How a file was read, and a function that yields its rows as tidy tables.
_Reading = tuple[dict[str, Any], Callable[[], Iterator[pd.DataFrame]]]


def _readings(source: EventsSource, study: Study) -> Iterator[_Reading]:
    """Yield each file of a source, or all files of an export at once."""
    paths = source_files(source.file, study.folder)
    if source.layout == "ga4" or (source.layout is None and is_ga4_file(paths[0])):
        table = read_events(
            source.file, columns=source.columns, dates=source.dates, time_zone=study.time_zone,
            folder=study.folder, layout=source.layout,
        )  # fmt: skip
        yield table.attrs["reading"][0], lambda: iter([table])
        return
    for path in paths:
        yield said(path.name, "plain", 0), partial(_tidied, path, source, study)


def _tidied(path: Path, source: EventsSource, study: Study) -> Iterator[pd.DataFrame]:
    """Yield the rows of a file as tidy tables, in the order of the file and numbered from 0."""
    first, start = None, 0
    for part in _parts(path):
        part.index = pd.RangeIndex(start, start + len(part))
        # With the first row in each part, rows that are not alike in form are found in any.
        frame = part if first is None else pd.concat([first, part])
        first = part.iloc[:1] if first is None else first
        tidy = tidy_table("events", frame, path.name, source.columns, source.dates, study.time_zone)
        yield tidy.iloc[1:] if start else tidy
        start += len(part)


def _parts(path: Path) -> Iterator[pd.DataFrame]:
    """Yield the rows of a file as it is, those of a large one part by part."""
    kind = path.suffix.lower()
    if kind == ".parquet" and path.stat().st_size:
        batches = _parquet_batches(path)
    elif kind in (".csv", ".tsv", ".txt") and (delimiter := _plain_delimiter(path)):
        batches = _text_batches(path, delimiter)
    else:
        yield read_file(path)
        return
    rows = 0
    for frame in batches:
        rows += len(frame)
        if len(frame):
            yield frame.reset_index(drop=True).set_axis(unique_names([*frame.columns]), axis=1)
    if not rows:
        read_file(path)  # says what is wrong with it


def _parquet_batches(path: Path) -> Iterator[pd.DataFrame]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path, pre_buffer=False) as file:
            for batch in file.iter_batches(_PART_ROWS):
                frame = pa.Table.from_batches([batch]).to_pandas()
                yield frame.set_axis([str(name) for name in frame.columns], axis=1)
    except (OSError, pa.ArrowException) as error:
        reason = str(error).strip().splitlines()[0]
        raise SourceError(f"{path.name} cannot be read as parquet: {reason}") from None


def _plain_delimiter(path: Path) -> str:
    """Return what parts the cells of a text, '' where it takes the careful way to read it."""
    decoder, quotes = getincrementaldecoder("utf-8-sig")(), 0
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(0)
        try:
            while block := file.read(_HEAD):
                quotes += block.count(b'"')
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return ""
    if quotes % 2 or b"\0" in head or not head.strip():
        return ""
    return find_delimiter(head.decode("utf-8-sig", errors="ignore"), path.name)


def _text_batches(path: Path, delimiter: str) -> Iterator[pd.DataFrame]:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        header = next(row for row in csv.reader(file, delimiter=delimiter) if row)
    names = [f"f{i}" for i in range(len(header))]
    try:
        with arrow_csv.open_csv(
            path,
            arrow_csv.ReadOptions(
                column_names=names, skip_rows_after_names=1, block_size=_PART_BYTES
            ),
            arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()), null_values=[""]
            ),
        ) as batches:
            for batch in batches:
                yield batch.to_pandas().set_axis(header, axis=1)
    except pa.ArrowException as error:
        reason = str(error).strip().splitlines()[0]
        raise SourceError(
            f"{path.name} cannot be read as CSV: {reason}; put quotes around texts that hold the "
            "delimiter, or export it again"
        ) from None


def _write_part(path: Path, tidied: Callable[[], Iterator[pd.DataFrame]], start: int) -> int:
    """Write tidy tables below one another, their rows numbered from `start`; return how many."""
    texts: set[Hashable] = set()
    while True:
        try:
            return _write_alike(path, tidied(), start, texts)
        except _TextAfterAllError as error:
            texts |= {*error.args}


class _TextAfterAllError(Exception):
    """The column of this name began with numbers and turns out to hold texts."""


def _write_alike(
    path: Path, tables: Iterator[pd.DataFrame], start: int, texts: set[Hashable]
) -> int:
    """Write tables with the types of the first, but columns of `texts` as texts."""
    import pyarrow as pa
    from pyarrow import parquet

    writer, rows = None, 0
    try:
        for table in tables:
            if writer is None:
                kinds = {name: name in texts or is_text(table[name]) for name in table.columns}
            alike = {name: _alike(table[name], text=kinds[name]) for name in table.columns}
            number = pd.RangeIndex(start + rows, start + rows + len(table))
            frame = pd.DataFrame(alike, index=table.index).assign(**{ROW: number})
            if writer is None:
                schema = pa.Schema.from_pandas(frame, preserve_index=False).remove_metadata()
                writer = parquet.ParquetWriter(path, schema)
            writer.write_table(pa.Table.from_pandas(frame, schema, preserve_index=False))
            rows += len(table)
    finally:
        if writer:
            writer.close()
    return rows


def _alike(column: pd.Series, *, text: bool) -> pd.Series:
    """Return a tidy column as text or as something else, as the column began in its file."""
    if is_text(column) == text:
        return column
    if text:
        return mask_column(as_text(column))
    if (column != "").any():
        raise _TextAfterAllError(column.name)
    return pd.Series(None, index=column.index, dtype="object")


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
