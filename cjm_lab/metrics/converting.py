"""Time to convert: how many have taken all steps of a funnel, so long after the first one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, no_estimate
from cjm_lab.metrics._frames import framed
from cjm_lab.metrics._walk import Steps, Taken, walk
from cjm_lab.metrics.steps import Segments, segment_codes
from cjm_lab.metrics.stream import DAY_US, JourneyStream
from cjm_lab.metrics.tenure import kaplan_meier
from cjm_lab.period import Period

Floats = npt.NDArray[np.float64]

_TYPES = {"days": "float64", "customers": "int64", "at_risk": "int64"}


def time_to_convert(
    stream: JourneyStream,
    steps: Steps,
    *,
    days: Sequence[float] | None = None,
    by: Segments | None = None,
    period: Period | None = None,
    as_of: date | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return which share has taken all steps within so many days of the first, as a curve.

    Kaplan-Meier: who has not converted by `as_of` is watched up to then and censored, not lost. So
    customers who entered yesterday count for what one day can tell.

    Parameters
    ----------
    stream
        Events of customers in order.
    steps
        As in `funnel`: the first one starts the clock, the last one stops it.
    days
        Days after the first step; by default each whole day up to the longest time that anybody was
        watched.
    by
        One curve a segment, as in `funnel`.
    period
        Only customers who enter in it.
    as_of
        Last day that was observed; by default the day of the last event. Later events are ignored.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a number of days: ``days``, ``customers`` (who were seen to convert by then),
        ``at_risk`` (who were watched for longer and had not), ``value`` (share converted, 1 minus
        Kaplan-Meier), ``low``, ``high``, ``n`` (who entered), ``se``, ``method``. With `by` one
        block of rows a ``segment``. There is no interval before anybody converts, and no value
        after the longest time that anybody was watched.

    Raises
    ------
    ParameterError
        As `funnel`; or if `days` holds a negative number.

    References
    ----------
    Kaplan & Meier (1958), Journal of the American Statistical Association 53, 457-481.

    Examples
    --------
    Of three, ann orders after 1 day; bob, seen for 1.5 days, is censored; eve orders after 2.

    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob", "eve", "eve"],
    ...     "occurred_at": pd.to_datetime(["2026-09-01 00:00", "2026-09-02 00:00",
    ...         "2026-09-02 12:00", "2026-09-01 00:00", "2026-09-03 00:00"], utc=True),
    ...     "event": ["visit", "order", "visit", "visit", "order"],
    ... })
    >>> found = time_to_convert(journey_stream(log), ["visit", "order"], as_of=date(2026, 9, 3))
    >>> found[["days", "value", "at_risk"]].round(3).values.tolist()
    [[1.0, 0.333, 2.0], [2.0, 1.0, 0.0]]
    """
    asked = None if days is None else np.asarray(days, dtype=float)
    if asked is not None and not (asked >= 0).all():
        raise ParameterError(f"days must be 0 or more, got {float(asked[~(asked >= 0)][0])!r}")
    found = walk(stream, steps, period=period, as_of=as_of)
    times = _durations(found, stream.ends_before_us(as_of))
    if by is None:
        return framed(_curve(times, asked, level), _TYPES)
    names, code_of = segment_codes(stream, found[0], by)
    segment = code_of[times["customer"].to_numpy()]
    rows = [
        ({"segment": name} | about, estimate)
        for code, name in enumerate(names)
        for about, estimate in _curve(times[segment == code], asked, level)
    ]
    return framed(rows, {"segment": "str", **_TYPES})


def _durations(found: list[Taken], ends: int) -> pd.DataFrame:
    """Return customer, days from the first step to the last or to the end, and which it was."""
    first, last = (
        one.customers.select("customer", "taken").to_pandas().astype("int64")
        for one in (found[0], found[-1])
    )
    both = first.merge(last, on="customer", how="left", suffixes=("", "_last"))
    happened = both["taken_last"].notna()
    until = both["taken_last"].fillna(ends) - both["taken"]
    return pd.DataFrame(
        {"customer": both["customer"], "days": until / DAY_US, "happened": happened}
    )


def _curve(
    times: pd.DataFrame, asked: Floats | None, level: float
) -> Iterator[tuple[dict[str, Any], Estimate]]:
    """Yield the share converted after each number of days."""
    if not len(times):
        return
    watched = np.sort(times["days"])
    converted = np.sort(times.loc[times["happened"], "days"])
    days = np.arange(1, np.floor(watched[-1]) + 1) if asked is None else asked
    curve = kaplan_meier(times["days"], times["happened"], level=level)
    rows = np.searchsorted(curve["time"], days, side="right") - 1
    heights = curve.iloc[np.maximum(rows, 0)].to_dict("records")
    for day, row, height in zip(days.tolist(), rows.tolist(), heights, strict=True):
        about = {
            "days": day,
            "customers": int(np.searchsorted(converted, day, side="right")),
            "at_risk": len(watched) - int(np.searchsorted(watched, day, side="right")),
        }
        yield about, _converted(height, day, row, watched, level)


def _converted(
    height: dict[Any, Any], day: float, row: int, watched: Floats, level: float
) -> Estimate:
    """Return one minus the curve's height; row -1 comes before the curve begins."""
    n = len(watched)
    if day > watched[-1]:
        return no_estimate("nobody was watched for so long", n, level)
    if row < 0:
        return Estimate(0.0, nan, nan, n, "nobody has converted yet", level=level)
    value, low, high = (1 - height[column] for column in ("value", "high", "low"))
    return Estimate(value, low, high, n, height["method"], se=height["se"], level=level)
