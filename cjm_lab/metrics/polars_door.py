"""The door of the embedded engine: events in memory become a sorted stream by sort and shift."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from cjm_lab.errors import SourceError
from cjm_lab.metrics.coding import (
    BOT_EVENTS,
    BOT_US,
    COORDINATES,
    DAY_US,
    REQUIRED,
    Cuts,
    Faults,
    Opened,
    Places,
    offsets,
    places,
)
from cjm_lab.study import Study


def open_polars(events: pl.DataFrame, study: Study | None, cuts: Cuts) -> Opened:
    """Return events in Polars as a stream.

    Parameters
    ----------
    events
        ``customer_id``, ``occurred_at`` (naive times are UTC), ``event``, optional coordinates and
        ``value``; rows with one customer and one time keep their order.
    study
        Says which touchpoint an event belongs to.
    cuts
        Where sessions and journeys end.

    Raises
    ------
    SourceError
        If a time is none.
    """
    rows = _rows(events)
    coded = {name: _coded(rows[name]) for name in ("customer_id", "event", *_held(events))}
    texts = {name: known for name, (_, known) in coded.items()}
    frame = pl.DataFrame(
        [
            coded.pop("customer_id")[0].alias("customer"),
            rows["occurred_at"].alias("occurred_us"),
            *(codes.alias(name) for name, (codes, _) in coded.items()),
            rows["value"],
            rows["row_of_file"].alias("row"),
        ]
    )
    in_time = frame["occurred_us"].is_sorted()
    backward = 0 if in_time else _backward(frame)
    frame = _by_customer(frame if in_time else frame.sort("occurred_us", maintain_order=True))
    frame, duplicates = _without_duplicates(frame, events)
    where = places(texts["event"].to_list(), study, cuts)
    ordered = _with_order(frame, where, cuts)
    tied = (pl.col("position") > 1) & (pl.col("occurred_us").diff() == 0)
    faults = Faults(
        unmapped=ordered["touchpoint"].null_count(),
        duplicates=duplicates,
        unplaced=len(events) - len(rows),
        ties=ordered.select(tied.sum()).item() if len(ordered) else 0,
        backward=backward,
        bots=_bots(ordered),
    )
    return Opened(
        ordered,
        customers=texts["customer_id"]
        .to_frame("customer_id")
        .select(pl.int_range(pl.len(), dtype=pl.Int32).alias("customer"), "customer_id"),
        places=where,
        texts={name: tuple(texts.get(name, ())) for name in COORDINATES},
        faults=faults,
        events=len(ordered),
        people=len(texts["customer_id"]),
        last_day=int(ordered["day"].max() or 0),  # type: ignore[arg-type]
    )


def _rows(events: pl.DataFrame) -> pl.DataFrame:
    """Return what the stream takes of the events that have a customer, a time and a name."""
    texts = [_text(events[name]) for name in ("customer_id", "event", *_held(events))]
    at = events.select(_instants(events).alias("occurred_at")).to_series()
    value = (
        events["value"].cast(pl.Float64).fill_nan(None)
        if "value" in events.columns
        else pl.Series("value", [None], dtype=pl.Float64).new_from_index(0, len(events))
    )
    rows = pl.DataFrame([*texts, at, value]).with_row_index("row_of_file")
    if not rows.select(REQUIRED).null_count().sum_horizontal().sum():
        return rows
    return rows.filter(pl.all_horizontal(pl.col(REQUIRED).is_not_null()))


def _held(events: pl.DataFrame) -> list[str]:
    return [name for name in COORDINATES if name in events.columns]


def _text(column: pl.Series) -> pl.Series:
    """Return a column as text, null where unknown or blank."""
    text = column.cast(pl.String)
    blank = text == ""
    # Most have none, and to copy all texts takes longer than to look.
    return text.to_frame().select(pl.when(~blank).then(text)).to_series() if blank.any() else text


def _instants(events: pl.DataFrame) -> pl.Expr:
    """Return the times as microseconds since 1970 in UTC."""
    dtype, at = events.schema["occurred_at"], pl.col("occurred_at")
    if dtype == pl.Date:
        at = at.cast(pl.Datetime("us"))
    elif isinstance(dtype, pl.String):
        _refuse_no_times(events["occurred_at"])
        at = at.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
    elif dtype != pl.Datetime and len(events):
        raise SourceError(
            f"occurred_at must hold times, got {dtype}; convert the column first, such as with "
            "pandas.to_datetime(events['occurred_at'], unit='s', utc=True)"
        )
    else:
        at = at.cast(pl.Datetime("us", getattr(dtype, "time_zone", None)))
    return at.to_physical().cast(pl.Int64)


def _refuse_no_times(texts: pl.Series) -> None:
    """Raise for the first text that is no time."""
    read = texts.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
    wrong = (read.is_null() & texts.is_not_null() & (texts != "")).arg_true()
    if len(wrong):
        raise SourceError(
            f"occurred_at must hold times, got {texts[wrong[0]]!r} (data row {wrong[0] + 1}); "
            "write it as 2026-10-31T18:30:00, or read the file with read_events(..., dates=...)"
        )


def _coded(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return texts as codes in alphabetical order (that of rows changes nothing), and their key."""
    found = texts.to_arrow().dictionary_encode()  # looks at each text once
    known = pl.Series(found.dictionary, dtype=pl.String)
    order = known.arg_sort()
    codes = order.arg_sort().gather(pl.Series(found.indices))
    return codes.cast(pl.Int32), known.gather(order)


def _by_customer(frame: pl.DataFrame) -> pl.DataFrame:
    """Sort by customer, rows of one in the order they have."""
    # A sort of packed integers is several times as quick as one of rows.
    row = np.arange(len(frame), dtype=np.int64)
    packed = np.sort(frame["customer"].to_numpy().astype(np.int64) << 32 | row)
    return frame[packed & 0xFFFF_FFFF]


def _backward(frame: pl.DataFrame) -> int:
    """Return how many events are earlier than the customer's event before them in the file."""
    by_row = frame.select("customer", "occurred_us").sort("customer", maintain_order=True)
    back = (pl.col("customer").diff() == 0) & (pl.col("occurred_us").diff() < 0)
    return int(by_row.select(back.sum()).item())


def _without_duplicates(frame: pl.DataFrame, events: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Remove rows that repeat an earlier one in every column of the file, and count them."""
    # Only rows of one customer and instant can be equal, and those are few.
    same = (pl.col("customer").diff() == 0) & (pl.col("occurred_us").diff() == 0)
    tied = frame.filter(same.fill_null(False) | same.shift(-1).fill_null(False))["row"].sort()
    first = events[tied].select(pl.struct(pl.all()).is_first_distinct()).to_series()
    repeated = tied.filter(~first)
    if not len(repeated):
        return frame.drop("row"), 0
    return frame.filter(~pl.col("row").is_in(repeated.implode())).drop("row"), len(repeated)


def _with_order(frame: pl.DataFrame, where: Places, cuts: Cuts) -> pl.DataFrame:
    """Add places, position, day, session, journey, what follows and after how long."""
    touchpoint_of = pl.Series(where.touchpoint_of, dtype=pl.Int32)
    stage_of = pl.Series(where.stage_of, dtype=pl.Int32)
    frame = frame.with_columns(
        touchpoint=touchpoint_of.gather(frame["event"]), stage=stage_of.gather(frame["event"])
    )
    row = pl.int_range(pl.len(), dtype=pl.Int32)
    new = (pl.col("customer").diff() != 0).fill_null(True)
    last = (pl.col("customer").diff(-1) != 0).fill_null(True)
    gap = pl.col("occurred_us").diff().fill_null(0)
    cut = pl.lit(False)
    if cuts.journey_us is not None:
        cut = cut | (gap > cuts.journey_us)
    if where.starts:
        cut = cut | pl.col("event").is_in(where.starts)
    if where.ends:
        cut = cut | pl.col("event").shift().is_in(where.ends).fill_null(False)
    at = pl.col("touchpoint").is_not_null()

    def following(column: str) -> pl.Expr:
        """Return a column of the next event that lies at a touchpoint, whoever's it is."""
        if not frame["touchpoint"].null_count():  # as every event does: nothing is to be skipped
            return pl.col(column).shift(-1)
        return pl.when(at).then(pl.col(column)).shift(-1).backward_fill()

    def counted(begins: pl.Expr) -> pl.Expr:
        """Return which one of the customer's it is, given where one begins."""
        number = begins.cast(pl.Int32).cum_sum()
        return number - pl.when(new).then(number).forward_fill() + 1

    onward = at & (following("customer") == pl.col("customer")).fill_null(False)
    missing = [pl.lit(None, pl.Int32).alias(n) for n in COORDINATES if n not in frame.columns]
    return (
        frame.lazy()
        .with_columns(missing)
        .select(
            "customer",
            (row - pl.when(new).then(row).forward_fill() + 1).alias("position"),
            "occurred_us",
            _day(frame, where.time_zone),
            counted(new | (gap > cuts.session_us)).alias("session"),
            (counted(new | cut) if cuts.any else pl.lit(1, pl.Int32)).alias("journey"),
            "event",
            pl.when(~last).then(pl.col("event").shift(-1)).alias("next_event"),
            pl.when(~last).then(-pl.col("occurred_us").diff(-1)).alias("gap_us"),
            "touchpoint",
            pl.when(onward).then(following("touchpoint")).alias("next_touchpoint"),
            pl.when(onward)
            .then(following("occurred_us") - pl.col("occurred_us"))
            .alias("touchpoint_gap_us"),
            "stage",
            *COORDINATES,
            "value",
        )
        .collect()
    )


def _day(frame: pl.DataFrame, time_zone: str) -> pl.Expr:
    """Return the local day of each event."""
    at = pl.col("occurred_us")
    local = at
    if len(frame):
        first, last = frame.select(first=at.min(), last=at.max()).row(0)
        (_, offset), *changes = offsets(time_zone, first, last)
        shift = pl.lit(offset, pl.Int64)
        for start, later in changes:
            shift = pl.when(at >= start).then(pl.lit(later, pl.Int64)).otherwise(shift)
        local = at + shift
    return (local // DAY_US).cast(pl.Int32).alias("day")


def _bots(frame: pl.DataFrame) -> int:
    """Return how many customers had more events in a minute than a human has."""
    later = pl.col("occurred_us").shift(1 - BOT_EVENTS) - pl.col("occurred_us")
    same = pl.col("customer").shift(1 - BOT_EVENTS) == pl.col("customer")
    fast = frame.lazy().filter(same & (later <= BOT_US)).select(pl.col("customer").n_unique())
    return int(fast.collect().item())


def to_polars(events: Any) -> pl.DataFrame:
    """Return events of another kind as a Polars frame; a path is read.

    Raises
    ------
    SourceError
        If they are nothing that can be read.
    """
    if isinstance(events, pl.DataFrame):
        return events
    if isinstance(events, pl.LazyFrame):
        return events.collect()
    if isinstance(events, str | Path):
        from cjm_lab.sources import read_events

        path = Path(events)
        plain = path.suffix == ".parquet" and {*REQUIRED} <= {*pl.read_parquet_schema(path)}
        return pl.read_parquet(path) if plain else to_polars(read_events(path))
    if isinstance(events, pd.DataFrame):
        # Texts and blanks mixed with numbers: Arrow takes one type a column.
        mixed = events.columns[events.dtypes == "object"]
        texts = events[mixed].astype("str").where(events[mixed].notna())
        return pl.from_pandas(pd.concat([events.drop(columns=mixed), texts], axis=1))
    try:
        return nw.from_native(events).lazy().collect("polars").to_native()
    except TypeError:
        raise SourceError(
            "events must be a pandas, Polars, Arrow, DuckDB or Spark table or the path of a file, "
            f"got {type(events).__name__}; pass one of these"
        ) from None


def put(table: pa.Table) -> pl.DataFrame:
    """Return an Arrow table as a table of this engine."""
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame
