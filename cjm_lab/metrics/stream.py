"""The journey stream: one table of events, sorted and integer-coded, on any of three engines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Literal

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError, SourceError, one_of
from cjm_lab.metrics.coding import (
    COORDINATES,
    DAY_US,
    HOUR_US,
    MINUTE_US,
    REQUIRED,
    Cuts,
    Faults,
    Opened,
    cuts_of,
)
from cjm_lab.period import Period, day_start
from cjm_lab.study import Study

__all__ = [
    "COORDINATES",
    "DAY_US",
    "EPOCH",
    "HOUR_US",
    "MINUTE_US",
    "JourneyStream",
    "instant_us",
    "journey_stream",
    "window_us",
    "within",
]  # fmt: skip

EngineName = Literal["polars", "duckdb", "spark"]

#: The day from which days are counted.
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, eq=False)
class JourneyStream:
    """Events of customers in order; make one with `journey_stream`.

    Parameters
    ----------
    frame
        One row an event, in the engine's own kind of table: in Polars sorted by customer, time and
        row of the file. All columns are integers: ``customer position occurred_us day session
        journey event next_event gap_us touchpoint next_touchpoint touchpoint_gap_us stage channel
        page campaign device value``. Positions, sessions and journeys count from 1 with each
        customer; ``day`` counts local days from 1970-01-01; ``next_touchpoint`` skips events at no
        touchpoint; ``value`` alone is a float; unknown is null.
    people
        ``customer`` and ``customer_id``, in the same engine.
    events, touchpoints, stages, channels, pages, campaigns, devices
        The text of each code. Touchpoints and stages are in the order of the study; without a
        study each event is a touchpoint of its own and there are no stages.
    customer_count
        Number of customers; their codes count from 0.
    event_count
        Number of events.
    last_day
        Local day of the last event, counted from 1970-01-01.
    faults
        What was found wrong with the log.
    cut
        Whether journeys are cut, so that a customer may have several.
    time_zone
        Where the days of the study begin.
    """

    frame: Any = field(repr=False)
    people: Any = field(repr=False)
    events: tuple[str, ...]
    touchpoints: tuple[str, ...]
    stages: tuple[str, ...]
    channels: tuple[str, ...]
    pages: tuple[str, ...]
    campaigns: tuple[str, ...]
    devices: tuple[str, ...]
    customer_count: int
    event_count: int
    last_day: int
    faults: Faults
    cut: bool = False
    time_zone: str = "UTC"
    #: Brings an Arrow table into the engine, and keeps the engine while the stream lives.
    put: Callable[[Any], Any] = field(repr=False, kw_only=True)

    def __len__(self) -> int:
        """Return the number of events."""
        return self.event_count

    def table(self, period: Period | None = None) -> nw.LazyFrame[Any]:
        """Return the events, or those of a period, as a lazy Narwhals frame."""
        table = nw.from_native(self.frame).lazy()
        return table if period is None else table.filter(within("occurred_us", period))

    def customer_ids(self, codes: npt.ArrayLike) -> pd.Series:
        """Return the ids of customers in the order of the codes asked."""
        wanted = np.asarray(codes, dtype=np.int64)
        known = self._people_with("customer", np.unique(wanted)).set_index("customer")
        return known["customer_id"].reindex(wanted).reset_index(drop=True)

    def of_customers(self, customer_ids: Iterable[str]) -> JourneyStream:
        """Return the stream of some customers; codes and counts of faults stay as they are."""
        chosen = self._lazy({"customer_id": pd.Series(list(customer_ids), dtype="str")})
        codes = nw.from_native(self.people).lazy().join(chosen, on="customer_id", how="semi")
        kept = self.table().join(codes.select("customer"), on="customer", how="semi")
        count = int(kept.select(nw.len()).collect().item())
        native = kept.collect().to_native() if self.engine == "polars" else kept.to_native()
        return replace(self, frame=native, event_count=count)

    @property
    def engine(self) -> EngineName:
        """Where the events lie."""
        kind = nw.from_native(self.frame).implementation
        return "duckdb" if kind.is_duckdb() else "spark" if kind.is_pyspark() else "polars"

    def counts(self, table: nw.LazyFrame[Any], code: nw.Expr) -> pd.DataFrame:
        """Return how many events each customer has of each code: code, customer, count, sorted."""
        # One packed key: engines group and sort a single integer much faster than two columns.
        size = max(1, self.customer_count)
        key, count = self.key_counts(table, code.cast(nw.Int64) * size + nw.col("customer"))
        codes, customers = np.divmod(key, size)
        return pd.DataFrame({"count": count, "code": codes, "customer": customers})

    def key_counts(
        self, table: nw.LazyFrame[Any], key: nw.Expr
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the different integers of an expression in ascending order, and how often each."""
        keys = table.select(key.cast(nw.Int64).alias("key"))
        if self.engine == "polars":  # in memory a sort of integers is quicker than groups
            return _run_lengths(_sorted(keys.collect()["key"].to_numpy()))
        each = keys.group_by("key").agg(nw.len().cast(nw.Int64).alias("count")).collect()
        values, counts = each["key"].to_numpy(), each["count"].to_numpy()
        order = np.argsort(values)
        return values[order], counts[order]

    def is_at(self, name: str) -> nw.Expr:
        """Return which events have this name or, if none does, lie at the touchpoint of that id.

        Raises
        ------
        ParameterError
            If neither the log nor the study knows the name.
        """
        if name in self.touchpoints and name not in self.events:
            return nw.col("touchpoint") == self.touchpoints.index(name)
        if name not in self.events and len(self):
            options = dict.fromkeys((*self.events, *self.touchpoints))
            raise ParameterError(one_of("event", options, name))
        return nw.col("event") == (self.events.index(name) if name in self.events else -1)

    def texts(self, coordinate: str, *, name: str = "coordinate") -> tuple[str, ...]:
        """Return the text of each code of a coordinate: channel, page, campaign or device.

        `name` is what an error calls it.

        Raises
        ------
        ParameterError
            If there is no such coordinate.
        """
        if coordinate not in COORDINATES:
            raise ParameterError(one_of(name, COORDINATES, coordinate))
        texts: tuple[str, ...] = getattr(self, f"{coordinate}s")
        return texts

    def ends_before(self, as_of: date | None = None) -> pd.Timestamp:
        """Return the first instant after `as_of`, by default after the day of the last event."""
        last = as_of or EPOCH + timedelta(days=self.last_day)
        return day_start(last + timedelta(days=1), self.time_zone)

    def ends_before_us(self, as_of: date | None = None) -> int:
        """Return `ends_before` in microseconds since 1970."""
        return instant_us(self.ends_before(as_of))

    def _people_with(self, column: str, values: npt.ArrayLike) -> pd.DataFrame:
        """Return customers with their ids, those whose column has one of the values."""
        chosen = self._lazy({column: pd.Series(values).astype("int32")})
        people = nw.from_native(self.people).lazy().join(chosen, on=column, how="semi")
        found = people.collect().to_pandas()
        return found.astype({"customer": "int64", "customer_id": "str"})

    def _lazy(self, columns: dict[str, pd.Series]) -> nw.LazyFrame[Any]:
        """Return columns as a lazy table of the engine."""
        import pyarrow as pa

        native = self.put(pa.Table.from_pandas(pd.DataFrame(columns), preserve_index=False))
        return nw.from_native(native).lazy()


def journey_stream(
    events: Any,
    *,
    study: Study | None = None,
    engine: EngineName | None = None,
    session_minutes: float = 30.0,
    journey_days: float | None = None,
    starts: str | Sequence[str] = (),
    ends: str | Sequence[str] = (),
) -> JourneyStream:
    """Turn events into a stream: sorted, integer-coded, cut into sessions and journeys.

    Parameters
    ----------
    events
        A pandas or Polars frame (eager or lazy), an Arrow table, a DuckDB relation, a Spark frame,
        or the path of a CSV or parquet file. Columns ``customer_id``, ``occurred_at`` (UTC) and
        ``event``; ``channel page campaign device value`` where known.
    study
        Says which touchpoint an event belongs to, and the time zone in which days begin.
    engine
        Where to work: ``polars`` in memory, ``duckdb`` for logs larger than memory, ``spark`` on a
        cluster. By default where the events are, files in Polars.
    session_minutes
        A session ends with a longer pause.
    journey_days
        A journey ends with a longer pause; without it and `starts` and `ends` all that a customer
        does is one journey.
    starts, ends
        Events that begin a journey, and after which the next one begins.

    Returns
    -------
    JourneyStream
        What every event metric takes first. Frames and files of Polars, pandas and Arrow keep the
        order of rows with one customer and time; in a DuckDB relation, a parquet or CSV file that
        DuckDB reads, and in Spark rows have no order: there event, value and coordinates decide.

    Raises
    ------
    SourceError
        If a column is missing or holds no times.
    ParameterError
        If the engine is unknown or cannot take such events, or a cut makes no sense.

    Examples
    --------
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob", "ann"],
    ...     "occurred_at": pd.to_datetime(["2026-09-01 10:00", "2026-09-01 10:20",
    ...                                    "2026-09-01 10:00", "2026-09-01 10:51"], utc=True),
    ...     "event": ["visit", "basket", "visit", "order"],
    ... })
    >>> journey_stream(log).frame["session"].to_list()
    [1, 1, 2, 1]
    """
    cuts = cuts_of(session_minutes, journey_days, starts, ends)
    where = _engine_of(events, engine)
    if where == "polars":
        from cjm_lab.metrics.polars_door import open_polars, put, to_polars

        frame = to_polars(events)
        _require(frame.columns)
        return _stream(open_polars(frame, study, cuts), cuts, put)
    from cjm_lab.metrics.sql_door import open_sql

    if where == "duckdb":
        from cjm_lab.metrics.duckdb_door import DuckDB

        database: Any = DuckDB(events)
    else:
        from cjm_lab.metrics.spark_door import Spark

        database = Spark(events)
    _require(database.types())
    return _stream(open_sql(database, study, cuts), cuts, database.put)


def _engine_of(events: Any, engine: str | None) -> str:
    """Return where to work on events of a kind."""
    if engine not in (None, "polars", "duckdb", "spark"):
        raise ParameterError(one_of("engine", ("polars", "duckdb", "spark"), engine))
    module = type(events).__module__
    native = "duckdb" if "duckdb" in module else "spark" if module.startswith("pyspark") else None
    wanted = engine or native or "polars"
    if native == "spark" and wanted != "spark":
        raise ParameterError(
            f"events of the engine {wanted} must be a table that it can read, got a Spark frame; "
            "leave out the engine, or write the frame to parquet and pass the path"
        )
    return wanted


def _require(columns: Iterable[str]) -> None:
    if missing := [name for name in REQUIRED if name not in {*columns}]:
        raise SourceError(
            f"events must have the columns {', '.join(REQUIRED)}, got none named {missing[0]}; "
            "rename the column that holds it"
        )


def _stream(opened: Opened, cuts: Cuts, put: Callable[[Any], Any]) -> JourneyStream:
    where = opened.places
    return JourneyStream(
        opened.frame,
        people=opened.customers,
        events=where.events,
        touchpoints=where.touchpoints,
        stages=where.stages,
        **{f"{name}s": opened.texts[name] for name in COORDINATES},
        customer_count=opened.people,
        event_count=opened.events,
        last_day=opened.last_day,
        faults=opened.faults,
        cut=cuts.any,
        time_zone=where.time_zone,
        put=put,
    )


def within(column: str, period: Period) -> nw.Expr:
    """Return whether an instant in microseconds lies in a period."""
    starts, ends = instant_us(period.starts_at), instant_us(period.ends_before)
    return (nw.col(column) >= starts) & (nw.col(column) < ends)


def window_us(window_days: float | None) -> int | None:
    """Return a window in microseconds; None means no end.

    Raises
    ------
    ParameterError
        If the window is not positive.
    """
    if window_days is None:
        return None
    if not window_days > 0:
        raise ParameterError(f"window_days must be more than 0, got {window_days!r}; None is open")
    return round(window_days * DAY_US)


def instant_us(time: pd.Timestamp) -> int:
    """Return a whole second as microseconds since 1970."""
    return int(time.timestamp()) * 1_000_000


def _sorted(values: npt.NDArray[np.int64]) -> npt.NDArray[np.signedinteger[Any]]:
    """Return integers in ascending order, as narrow ones if they fit: these sort twice as fast."""
    narrow = np.iinfo(np.int32)
    if narrow.min <= values.min(initial=0) and values.max(initial=0) <= narrow.max:
        return np.sort(values.astype(np.int32))
    return np.sort(values)


def _run_lengths(
    ascending: npt.NDArray[np.signedinteger[Any]],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the different values of a sorted array, and how often each occurs."""
    first = np.empty(len(ascending), dtype=bool)
    first[:1] = True
    np.not_equal(ascending[1:], ascending[:-1], out=first[1:])
    begins = np.flatnonzero(first)
    different = ascending[begins].astype(np.int64)
    return different, np.diff(begins, append=len(ascending))
