"""The funnel: customers who take the steps in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import narwhals as nw
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import share
from cjm_lab.metrics._frames import framed
from cjm_lab.metrics.stream import JourneyStream, window_us, within
from cjm_lab.period import Period


def funnel(
    stream: JourneyStream,
    steps: Sequence[str],
    *,
    window_days: float | None = None,
    period: Period | None = None,
    as_of: date | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how many customers take the steps in order, strictly later each.

    A customer enters with the first event of the first step ever and takes each further step at the
    earliest moment after the step before. So every customer counts in one period only.

    Parameters
    ----------
    stream
        Events of customers in order.
    steps
        Names of events, or ids of touchpoints.
    window_days
        Days from the first step to the last. With a window only customers whose window has closed
        by `as_of` count: the others may still go on.
    period
        Only customers who enter in it.
    as_of
        Last day that was observed; by default the day of the last event.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a step: ``step``, ``customers`` (who took it), ``value`` (their share of those who
        entered, with Wilson's ``low`` and ``high``), ``n`` (who entered), and the share of those
        who took the step before: ``of_previous of_previous_low of_previous_high``.

    Raises
    ------
    ParameterError
        If there are no steps, or a step is neither an event nor a touchpoint.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 2, 2, 1], unit="h", utc=True),
    ...     "event": ["visit", "order", "visit", "order"],
    ... })
    >>> funnel(journey_stream(log), ["visit", "order"])["customers"].tolist()
    [2, 1]
    """
    if isinstance(steps, str) or not steps:
        raise ParameterError(f"steps must be a list of at least one event, got {steps!r}")
    counts = _counts(stream, steps, window_us(window_days), period, as_of)
    entered, rows, previous = counts[0], [], counts[0]
    for step, taken in zip(steps, counts, strict=True):
        onward = share(taken, previous, level=level)
        about = {
            "step": step,
            "customers": taken,
            "of_previous": onward.value,
            "of_previous_low": onward.low,
            "of_previous_high": onward.high,
        }
        rows.append((about, share(taken, entered, level=level)))
        previous = taken
    types = {"step": "str", "customers": "int64"}
    types |= dict.fromkeys(["of_previous", "of_previous_low", "of_previous_high"], "float64")
    return framed(rows, types)


def _counts(
    stream: JourneyStream,
    steps: Sequence[str],
    window: int | None,
    period: Period | None,
    as_of: date | None,
) -> list[int]:
    """Return the number of customers who took each step."""
    table, at = stream.table(), nw.col("occurred_us")
    taken = (
        table.filter(stream.is_at(steps[0]))
        .group_by("customer")
        .agg(at.min().alias("entered"))
        .with_columns(taken=nw.col("entered"))
    )
    if period is not None:
        taken = taken.filter(within("entered", period))
    if window is not None:
        taken = taken.filter(nw.col("entered") + window < stream.ends_before_us(as_of))
    done = taken.collect()
    counts = [len(done)]
    for step in steps[1:]:
        later = table.filter(stream.is_at(step)).join(done.lazy(), on="customer")
        later = later.filter(at > nw.col("taken"))
        if window is not None:
            later = later.filter(at <= nw.col("entered") + window)
        done = later.group_by("customer", "entered").agg(at.min().alias("taken")).collect()
        counts.append(len(done))
    return counts
