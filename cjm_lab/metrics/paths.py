"""Transitions: what customers do next."""

from __future__ import annotations

from datetime import date
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.metrics.clustered import Sums, clustered_shares
from cjm_lab.metrics.stream import HOUR_US, JourneyStream, window_us
from cjm_lab.period import Period

Array = npt.NDArray[np.float64]

#: Customers whose paths are counted at a time, so that memory has a bound.
_AT_A_TIME = 2_000_000


def transitions(
    stream: JourneyStream,
    *,
    window_days: float | None = None,
    period: Period | None = None,
    as_of: date | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how often a touchpoint follows another.

    The probability is the share of all events at the first touchpoint; what is missing to one is
    the share that nothing followed. Events at no touchpoint are skipped.

    Parameters
    ----------
    stream
        Events of customers in order; without a study each event is a touchpoint.
    window_days
        Days within which the next touchpoint must follow. With a window only events whose window
        has closed by `as_of` count: after the others something may still follow.
    period
        Only transitions that begin in it.
    as_of
        Last day that was observed; by default the day of the last event.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a pair that occurs, in the order of the touchpoints: ``touchpoint``,
        ``next_touchpoint``, ``customers``, ``count``, ``median_gap_hours``, ``value`` (probability,
        interval clustered by customer), ``low``, ``high``, ``n`` (customers at the first one).

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "ann", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 3, 9, 1], unit="h", utc=True),
    ...     "event": ["basket", "order", "basket", "basket"],
    ... })
    >>> found = transitions(journey_stream(log))
    >>> found[["touchpoint", "next_touchpoint", "value", "median_gap_hours"]].values.tolist()
    [['basket', 'order', 0.3333333333333333, 2.0], ['order', 'basket', 1.0, 6.0]]
    """
    window, gap, size = window_us(window_days), nw.col("touchpoint_gap_us"), len(stream.touchpoints)
    starts = stream.table(period).filter(~nw.col("touchpoint").is_null())
    onward = ~gap.is_null()
    if window is not None:
        starts = starts.filter(nw.col("occurred_us") + window < stream.ends_before_us(as_of))
        onward = onward & (gap <= window)
    # The last place is where nothing follows: so all of a customer's times are in one count.
    there = nw.when(onward).then(nw.col("next_touchpoint")).otherwise(nw.lit(size))
    pair = nw.col("touchpoint").cast(nw.Int64) * (size + 1) + there
    customers, count, sums = _sums(stream, starts, pair, size)
    found = np.flatnonzero((customers > 0) & (np.arange(len(customers)) % (size + 1) < size))
    first, then = np.divmod(found, size + 1)
    gaps = starts.filter(onward).select(pair.alias("pair"), gap.alias("gap"))
    medians = _medians(stream, gaps, len(customers))
    names = np.array(stream.touchpoints, dtype=object)
    about = pd.DataFrame(
        {
            "touchpoint": pd.Series(names[first], dtype="str"),
            "next_touchpoint": pd.Series(names[then], dtype="str"),
            "customers": customers[found].astype(np.int64),
            "count": count[found].astype(np.int64),
            "median_gap_hours": medians[found] / HOUR_US,
        }
    )
    of_pair = Sums(
        customers=sums["people"][first],
        x=count[found],
        d=sums["times"][first],
        xx=sums["squares"][found],
        xd=sums["products"][found],
        dd=sums["times_squared"][first],
    )
    return pd.concat([about, clustered_shares(of_pair, level=level)], axis=1)


def _medians(stream: JourneyStream, gaps: nw.LazyFrame[Any], pairs: int) -> Array:
    """Return the median gap of each pair, missing where it does not occur."""
    medians = np.full(pairs, np.nan)
    if stream.engine == "polars":
        rows = gaps.collect()
        pair, gap = rows["pair"].to_numpy(), rows["gap"].to_numpy()
        span = int(gap.max(initial=0)) + 1
        if pairs * span < 1 << 63:  # one sort of packed integers is quicker than groups
            packed = np.sort(pair * span + gap)
            bounds = np.searchsorted(packed, np.arange(pairs + 1) * span)
            number = np.diff(bounds)
            found = np.flatnonzero(number)
            begins, number = bounds[found], number[found]
            low, high = (packed[begins + (number - odd) // 2] % span for odd in (1, 0))
            medians[found] = (low + high) / 2
            return medians
        gaps = rows.lazy()
    each = gaps.group_by("pair").agg(nw.col("gap").median()).collect()
    medians[each["pair"].to_numpy().astype(np.int64)] = each["gap"].to_numpy()
    return medians


def _sums(
    stream: JourneyStream, starts: nw.LazyFrame[Any], pair: nw.Expr, size: int
) -> tuple[Array, Array, dict[str, Array]]:
    """Return customers and count of each pair, and the sums that intervals take."""
    pairs = size * (size + 1)
    of_pair, people = np.zeros((4, pairs)), np.zeros(size)
    for begin in range(0, stream.customer_count, _AT_A_TIME):
        part = starts
        if stream.customer_count > _AT_A_TIME:
            customer = nw.col("customer")
            part = starts.filter((customer >= begin) & (customer < begin + _AT_A_TIME))
        key, number = stream.key_counts(part, nw.col("customer").cast(nw.Int64) * pairs + pair)
        if not len(key):
            continue
        place = key // (size + 1)  # a customer at a touchpoint
        code = key - key // pairs * pairs  # the remainder, several times as quick
        new = np.append(True, place[1:] != place[:-1])
        ends = np.cumsum(number)[np.append(np.flatnonzero(new)[1:], len(key)) - 1]
        visits = np.diff(ends, prepend=0)[np.cumsum(new) - 1]
        often = number.astype(float)  # else each sum would convert them again
        of_pair += [
            np.bincount(code, weight, pairs)
            for weight in (None, often, often * often, often * visits)
        ]
        people += np.bincount(code[new] // (size + 1), minlength=size)
    customers, count, squares, products = of_pair
    # A customer's counts of pairs from one place add up to the times there.
    times, times_squared = (of.reshape(size, size + 1).sum(axis=1) for of in (count, products))
    return customers, count, {
        "squares": squares, "products": products,
        "people": people, "times": times, "times_squared": times_squared,
    }  # fmt: skip
