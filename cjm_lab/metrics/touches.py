"""Paths of touches: what a customer met before a conversion, or before none came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError, SourceError, one_of
from cjm_lab.metrics.stream import DAY_US, JourneyStream
from cjm_lab.period import Period

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: What a touch can be at.
PLACES = ("channel", "campaign", "touchpoint")
TABLE_COLUMNS = ("path", "total_conversions", "total_conversion_value", "total_null")

#: Customers whose touches are in memory at one time; no path goes from one customer to another.
_BLOCK = 1_000_000
_GOAL = -1


@dataclass(frozen=True, eq=False)
class Paths:
    """Touches in order, path after path, and how each path ended.

    Parameters
    ----------
    place, at_us
        One a touch: the code of its place, and when it was.
    sizes
        One a path: its number of touches. A conversion that none came before has 0.
    converted
        One a path: whether it ended with a conversion, else it is lost.
    revenue
        One a path: value of the conversion; missing where unknown.
    unit
        One a path, ascending: whose it is, the code of a customer or the row of a table.
    """

    place: Ints = field(repr=False)
    at_us: Ints = field(repr=False)
    sizes: Ints = field(repr=False)
    converted: Flags = field(repr=False)
    revenue: Array = field(repr=False)
    unit: Ints = field(repr=False)

    @cached_property
    def path(self) -> Ints:
        """Which path each touch belongs to."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @property
    def first(self) -> Ints:
        """Where the paths with touches begin."""
        return (np.cumsum(self.sizes) - self.sizes)[self.sizes > 0]

    @property
    def last(self) -> Ints:
        """Where the paths with touches end."""
        return (np.cumsum(self.sizes) - 1)[self.sizes > 0]


def paths_of_stream(
    stream: JourneyStream,
    *,
    goal: str,
    by: str = "channel",
    within_days: float | None = 30,
    period: Period | None = None,
    as_of: date | None = None,
) -> Iterator[Paths]:
    """Cut the touches of each customer into paths, a million customers at a time.

    Parameters
    ----------
    stream, goal, by, within_days, period, as_of
        As in `attribution`.

    Yields
    ------
    Paths
        Open paths are left out. Places are codes of the stream's channels, campaigns or
        touchpoints.

    Raises
    ------
    ParameterError
        If the goal is neither an event nor a touchpoint, `by` is no place, or the window is not
        positive.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "ann", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 2, 3, 1], unit="h", utc=True),
    ...     "event": ["ad", "search", "order", "ad"],
    ... })
    >>> stream = journey_stream(log)
    >>> [one] = paths_of_stream(stream, goal="order", by="touchpoint", within_days=None)
    >>> one.sizes.tolist(), one.place.tolist(), one.converted.tolist()
    ([2, 1], [0, 2, 0], [True, False])
    """
    if by not in PLACES:
        raise ParameterError(one_of("by", PLACES, by))
    if within_days is not None and not within_days > 0:
        raise ParameterError(f"within_days must be more than 0, got {within_days!r}; None is open")
    window = None if within_days is None else round(within_days * DAY_US)
    at_goal, place, ends = stream.is_at(goal), nw.col(by), stream.ends_before_us(as_of)
    rows = (
        stream.table()
        .filter((at_goal | ~place.is_null()) & (nw.col("occurred_us") < ends))
        .select(
            "customer",
            "position",
            "occurred_us",
            nw.when(at_goal).then(nw.lit(_GOAL)).otherwise(place).alias("place"),
            # Arrays are made of numbers at once, of unknown ones only by a copy.
            nw.col("value").fill_null(float("nan")),
        )
    )
    for first in range(0, stream.customer_count, _BLOCK):
        block = rows
        if stream.customer_count > _BLOCK:
            customer = nw.col("customer")
            block = rows.filter((customer >= first) & (customer < first + _BLOCK))
        yield _cut(block.collect(), window, ends, period)


def paths_of_table(
    table: pd.DataFrame, *, separator: str = " > "
) -> tuple[Paths, Array, list[str]]:
    """Return the paths of a table that counts them, how often each occurred, and the places.

    Parameters
    ----------
    table
        Columns ``path total_conversions total_conversion_value total_null``.
    separator
        What stands between two places of a path.

    Raises
    ------
    SourceError
        If a column is missing, a path is empty or a count is negative or unknown.

    Examples
    --------
    >>> table = pd.DataFrame({"path": ["ad > mail"], "total_conversions": [2],
    ...                       "total_conversion_value": [50.0], "total_null": [7]})
    >>> paths, times, places = paths_of_table(table)
    >>> paths.converted.tolist(), paths.revenue.tolist(), times.tolist(), places
    ([True, False], [25.0, nan], [2.0, 7.0], ['ad', 'mail'])
    """
    missing = [name for name in TABLE_COLUMNS if name not in table.columns]
    if missing:
        raise SourceError(
            f"paths must have the columns {list(TABLE_COLUMNS)}, got {list(table.columns)}; "
            f"{missing} missing"
        )
    counts = table[["total_conversions", "total_null"]].to_numpy(float)
    text = table["path"].astype("str").where(table["path"].notna(), "").reset_index(drop=True)
    touches = text.str.split(separator, regex=False).explode().str.strip()
    unnamed = (touches == "").groupby(level=0).any().to_numpy(bool)
    for rule, wrong in (
        ("counts must be 0 or more", ~(counts >= 0).all(axis=1)),
        ("path must name a place at each step", unnamed),
    ):
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise SourceError(f"{rule}, got {table.iloc[row].to_dict()!r} (row {row + 1})")
    place, places = pd.factorize(touches, sort=True)
    size = touches.groupby(level=0).size().to_numpy()
    # Each row is two kinds of journey, of which one converted; they are drawn apart.
    revenue = table["total_conversion_value"].to_numpy(float) / np.where(
        counts[:, 0] > 0, counts[:, 0], np.nan
    )
    paths = Paths(
        place=np.tile(place, 2).astype(np.int64),
        at_us=np.zeros(2 * len(place), dtype=np.int64),
        sizes=np.tile(size, 2),
        converted=np.repeat([True, False], len(table)),
        revenue=np.concatenate([revenue, np.full(len(table), np.nan)]),
        unit=np.arange(2 * len(table)),
    )
    return paths, counts.T.ravel(), [str(name) for name in places]


def _cut(rows: nw.DataFrame[Any], window: int | None, ends: int, period: Period | None) -> Paths:
    """Cut touches and goals of customers into the paths that count."""
    customer, at, place, value = _ordered(rows)
    goal = place == _GOAL
    # A row begins a path unless it follows a touch of the same customer, and soon enough.
    begins = np.ones(len(place) + 1, dtype=bool)
    begins[1:-1] = (customer[1:] != customer[:-1]) | goal[:-1]
    if window is not None:
        begins[1:-1] |= np.diff(at) > window
    bounds = np.flatnonzero(begins)
    last = bounds[1:] - 1
    converted, ended = goal[last], at[last]
    lost = ended + (window or 0)
    counts = converted | (lost < ends)
    if period is not None:
        over = pd.Series(pd.to_datetime(np.where(converted, ended, lost), unit="us", utc=True))
        counts &= period.contains(over).to_numpy(bool)
    rows_of = np.diff(bounds)
    touched = ~goal if counts.all() else ~goal & np.repeat(counts, rows_of)
    return Paths(
        place=place[touched],
        at_us=at[touched],
        sizes=(rows_of - converted)[counts],
        converted=converted[counts],
        revenue=np.where(converted, value[last], np.nan)[counts],
        unit=customer[bounds[:-1]][counts],
    )


def _ordered(rows: nw.DataFrame[Any]) -> tuple[Ints, Ints, Ints, Array]:
    """Return customer, time, place and value of each row, in the order of the stream."""
    columns = ("customer", "position", "occurred_us", "place", "value")
    customer, position, at, place, value = (rows[name].to_numpy() for name in columns)
    # Only some engines keep the order, and looking is cheaper than sorting again.
    later, other = position[1:] > position[:-1], customer[1:] - customer[:-1]
    if not ((other > 0) | ((other == 0) & later)).all():
        order = np.lexsort((position, customer))
        customer, at, place, value = customer[order], at[order], place[order], value[order]
    return customer, at, place.astype(np.int64), value
