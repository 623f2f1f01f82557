"""The journey stream: one table of events, sorted and integer-coded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.period import Period, day_start
from cjm_lab.study import Study

#: Microseconds in a day, an hour and the pause that ends a session.
DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
SESSION_GAP_US = HOUR_US // 2

#: What an event says about where it happened, beside its touchpoint: texts, coded each.
COORDINATES = ("channel", "page", "campaign", "device")

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, eq=False)
class JourneyStream:
    """Events of customers in order; make one with `journey_stream`.

    Parameters
    ----------
    frame
        One row an event, sorted by customer, time and row of the file. All columns are integers:
        ``customer position occurred_us day session journey event next_event gap_us touchpoint
        next_touchpoint touchpoint_gap_us stage channel page campaign device value``. Positions start at 1; ``day`` counts
        local days from 1970-01-01; ``next_touchpoint`` skips events at no touchpoint; ``value``
        alone is a float; unknown is null.
    customers, events, touchpoints, stages, channels, pages, campaigns, devices
        The text of each code. Touchpoints and stages are in the order of the study; without a
        study each event is a touchpoint of its own and there are no stages.
    time_zone
        Where the days of the study begin.
    unmapped
        Number of events at no touchpoint of the study.
    duplicates
        Number of rows removed because an earlier one is the same in every column.
    unplaced
        Number of rows left out because they lack a customer, a time or an event.
    """

    frame: pl.DataFrame = field(repr=False)
    customers: pl.Series = field(repr=False)
    events: tuple[str, ...]
    touchpoints: tuple[str, ...]
    stages: tuple[str, ...]
    channels: tuple[str, ...]
    pages: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    time_zone: str = "UTC"
    unmapped: int = 0
    duplicates: int = 0
    unplaced: int = 0

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self.frame)

    def table(self, period: Period | None = None) -> nw.LazyFrame[Any]:
        """Return the events, or those of a period, as a lazy Narwhals frame."""
        table = nw.from_native(self.frame.lazy())
        return table if period is None else table.filter(within("occurred_us", period))

    @property
    def customer_count(self) -> int:
        """Number of customers; their codes count from 0."""
        return len(self.customers)

    def customer_ids(self, codes: npt.ArrayLike) -> pd.Series:
        """Return the ids of customers in the order of the codes asked."""
        asked = pl.Series(np.asarray(codes, dtype=np.int64))
        return pd.Series(self.customers.gather(asked).to_list(), name="customer_id", dtype="str")

    def of_customers(self, customer_ids: Iterable[str]) -> JourneyStream:
        """Return the stream of some customers; codes and counts of faults stay as they are."""
        chosen = self.customers.is_in(list(customer_ids)).arg_true()
        return replace(self, frame=self.frame.filter(pl.col("customer").is_in(chosen.implode())))

    def counts(self, table: nw.LazyFrame[Any], code: nw.Expr) -> pd.DataFrame:
        """Return how many events each customer has of each code: code, customer, count, sorted."""
        # One packed key: engines group and sort a single integer much faster than two columns.
        size = max(1, len(self.customers))
        key = (code.cast(nw.Int64) * size + nw.col("customer")).alias("key")
        each = table.select(key).group_by("key").agg(nw.len().cast(nw.Int64).alias("count"))
        found = each.collect().to_pandas().sort_values("key", ignore_index=True)
        found["code"], found["customer"] = np.divmod(found.pop("key"), size)
        return found

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

    def ends_before_us(self, as_of: date | None = None) -> int:
        """Return the first instant after `as_of`, by default after the day of the last event."""
        last = as_of or _EPOCH + timedelta(days=int(self.frame["day"].max() or 0))  # type: ignore[arg-type]
        return _instant(day_start(last + timedelta(days=1), self.time_zone))


def journey_stream(events: pd.DataFrame, *, study: Study | None = None) -> JourneyStream:
    """Turn events into a stream: sorted, integer-coded, cut into sessions by 30 minutes of pause.

    Parameters
    ----------
    events
        Columns ``customer_id``, ``occurred_at`` (UTC) and ``event``; ``channel`` where known. Rows
        with one time and one customer keep the order of the file.
    study
        Says which touchpoint an event belongs to, and the time zone in which days begin.

    Returns
    -------
    JourneyStream
        What every event metric takes first.

    Examples
    --------
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob", "ann"],
    ...     "occurred_at": pd.to_datetime(["2026-09-01 10:00", "2026-09-01 10:20",
    ...                                    "2026-09-01 10:00", "2026-09-01 10:51"], utc=True),
    ...     "event": ["visit", "basket", "visit", "order"],
    ... })
    >>> journey_stream(log).frame["session"].to_list()
    [1, 1, 2, 3]
    """
    times = pd.to_datetime(events["occurred_at"], utc=True).dt.as_unit("us")
    customer_ids, names = _text(events["customer_id"]), _text(events["event"])
    placed = (times.notna() & (customer_ids != "") & (names != "")).to_numpy()
    rows = np.flatnonzero(placed)
    # Codes follow the alphabet, not the file, so that the order of customers changes nothing.
    customer, customers = pd.factorize(customer_ids[placed], sort=True)
    event, events_found = pd.factorize(names[placed], sort=True)
    codes = {name: _coded(events[name][placed]) for name in COORDINATES if name in events.columns}
    value = events["value"][placed] if "value" in events.columns else np.full(len(rows), np.nan)
    frame = pl.DataFrame(
        {
            "customer": pl.Series(customer, dtype=pl.Int32),
            "occurred_us": pl.Series(times[placed].astype("int64").to_numpy(), dtype=pl.Int64),
            "event": pl.Series(event, dtype=pl.Int32),
            **{
                name: codes[name][0]
                if name in codes
                else pl.Series([None] * len(rows), dtype=pl.Int32)
                for name in COORDINATES
            },
            "value": pl.Series(np.asarray(value, dtype=float), nan_to_null=True),
            "row": pl.Series(rows, dtype=pl.Int64),
        }
    ).sort("customer", "occurred_us", maintain_order=True)
    frame, duplicates = _without_duplicates(frame, events)

    event_names = [str(name) for name in events_found]
    touchpoints, stages, stage_of, time_zone = list(event_names), [], [], "UTC"
    touchpoint_of = {name: name for name in event_names}
    if study is not None:
        declared = [name for touchpoint in study.touchpoints for name in touchpoint.events]
        event_names = list(dict.fromkeys([*event_names, *declared]))
        touchpoints, stages = list(study.stage_of), [stage.id for stage in study.stages]
        stage_of = [stages.index(stage) for stage in study.stage_of.values()]
        touchpoint_of, time_zone = study.touchpoint_of_event, study.time_zone
    number = {touchpoint: code for code, touchpoint in enumerate(touchpoints)}
    to_touchpoint = [number.get(touchpoint_of.get(name, "")) for name in event_names]
    frame = _with_order(_with_places(frame, to_touchpoint, stage_of), time_zone)
    return JourneyStream(
        frame,
        customers=pl.Series("customer_id", customers.tolist(), dtype=pl.String),
        events=tuple(event_names),
        touchpoints=tuple(touchpoints),
        stages=tuple(stages),
        **{f"{name}s": codes[name][1] if name in codes else () for name in COORDINATES},
        time_zone=time_zone,
        unmapped=frame["touchpoint"].null_count(),
        duplicates=duplicates,
        unplaced=len(events) - len(rows),
    )


def within(column: str, period: Period) -> nw.Expr:
    """Return whether an instant in microseconds lies in a period."""
    starts, ends = _instant(period.starts_at), _instant(period.ends_before)
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


def _instant(time: pd.Timestamp) -> int:
    """Return a whole second as microseconds since 1970."""
    return int(time.timestamp()) * 1_000_000


def _text(column: pd.Series) -> pd.Series:
    """Return a column as text with '' for unknown."""
    return column.astype("str").where(column.notna(), "")


def _coded(column: pd.Series) -> tuple[pl.Series, tuple[str, ...]]:
    """Return the codes of a column of texts in alphabetical order, and the texts."""
    text = _text(column)
    codes, texts = pd.factorize(text.mask(text == ""), sort=True)
    series = pl.Series(codes, dtype=pl.Int32)
    return series.replace(-1, None), tuple(str(one) for one in texts)


def _without_duplicates(frame: pl.DataFrame, events: pd.DataFrame) -> tuple[pl.DataFrame, int]:
    """Remove rows that repeat an earlier one in every column of the file, and count them."""
    # Only rows of one customer and instant can be equal, and those are few.
    same = (pl.col("customer") == pl.col("customer").shift()) & (
        pl.col("occurred_us") == pl.col("occurred_us").shift()
    )
    tied = frame.filter(same.fill_null(False) | same.shift(-1).fill_null(False))["row"].to_numpy()
    repeated = tied[events.iloc[tied].duplicated().to_numpy()]
    kept = frame.filter(~pl.col("row").is_in(pl.Series(repeated, dtype=pl.Int64).implode()))
    return kept.drop("row"), len(repeated)


def _with_places(
    frame: pl.DataFrame, to_touchpoint: list[int | None], stage_of: list[int]
) -> pl.DataFrame:
    """Add the touchpoint of each event and the stage of each touchpoint."""
    touchpoint = pl.Series(to_touchpoint, dtype=pl.Int32).gather(frame["event"])
    stage = pl.lit(None, pl.Int32)
    if stage_of:
        stage = pl.lit(pl.Series(stage_of, dtype=pl.Int32)).gather(pl.col("touchpoint"))
    return frame.with_columns(touchpoint=touchpoint).with_columns(stage=stage)


def _with_order(frame: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """Add position, day, session, what follows and after how long."""
    row = pl.int_range(pl.len(), dtype=pl.Int32)
    new = (pl.col("customer") != pl.col("customer").shift()).fill_null(True)
    pause = pl.col("occurred_us").diff().fill_null(0) > SESSION_GAP_US
    last = (pl.col("customer") != pl.col("customer").shift(-1)).fill_null(True)
    at = pl.col("touchpoint").is_not_null()

    def following(column: str) -> pl.Expr:
        """Return a column of the next event that lies at a touchpoint, whoever's it is."""
        return pl.when(at).then(pl.col(column)).shift(-1).backward_fill()

    onward = at & (following("customer") == pl.col("customer")).fill_null(False)
    local = pl.from_epoch("occurred_us", "us").dt.replace_time_zone("UTC")
    return (
        frame.lazy()
        .select(
            "customer",
            (row - pl.when(new).then(row).forward_fill() + 1).alias("position"),
            "occurred_us",
            local.dt.convert_time_zone(time_zone).dt.date().to_physical().alias("day"),
            (new | pause).cast(pl.Int32).cum_sum().alias("session"),
            new.cast(pl.Int32).cum_sum().alias("journey"),
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
