"""Transitions: what customers do next."""

from __future__ import annotations

from datetime import date

import narwhals as nw
import numpy as np
import pandas as pd

from cjm_lab.metrics._frames import clustered_share, framed, slices
from cjm_lab.metrics.stream import HOUR_US, JourneyStream, window_us
from cjm_lab.period import Period


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
    window, gap = window_us(window_days), nw.col("touchpoint_gap_us")
    starts = stream.table(period).filter(~nw.col("touchpoint").is_null())
    followed = starts.filter(~gap.is_null())
    if window is not None:
        closed = nw.col("occurred_us") + window < stream.ends_before_us(as_of)
        starts, followed = starts.filter(closed), followed.filter(closed & (gap <= window))
    here, there = nw.col("touchpoint"), nw.col("next_touchpoint")
    pair = here.cast(nw.Int64) * len(stream.touchpoints) + there
    visits, pairs = stream.counts(starts, here), stream.counts(followed, pair)
    gaps = (
        followed.select(pair.alias("pair"), gap.alias("median_us"))
        .group_by("pair")
        .agg(nw.col("median_us").median())
    )
    visitors_of, onward_of = slices(visits["code"]), slices(pairs["code"])
    rows = []
    for code, median_us in gaps.sort("pair").collect().iter_rows():
        first, then = divmod(code, len(stream.touchpoints))
        visited, onward = visits[visitors_of[first]], pairs[onward_of[code]]
        count = np.zeros(len(visited))
        # Both are sorted by customer, and who went on from a touchpoint was there.
        count[np.searchsorted(visited["customer"], onward["customer"])] = onward["count"]
        about = {
            "touchpoint": stream.touchpoints[first],
            "next_touchpoint": stream.touchpoints[then],
            "customers": len(onward),
            "count": int(onward["count"].sum()),
            "median_gap_hours": median_us / HOUR_US,
        }
        rows.append((about, clustered_share(count, visited["count"], level=level)))
    types = {"touchpoint": "str", "next_touchpoint": "str"}
    types |= {"customers": "int64", "count": "int64", "median_gap_hours": "float64"}
    return framed(rows, types)
