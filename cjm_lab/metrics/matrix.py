"""The step matrix: where journeys are after one step, two, three and so on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, share
from cjm_lab.metrics._frames import clustered_share, framed, slices
from cjm_lab.metrics.clustered import Sums, clustered_shares
from cjm_lab.metrics.stream import JourneyStream, window_us, within
from cjm_lab.period import Period

#: What the matrix calls the state of a journey that is over.
END = "(end)"

#: More journeys than any one customer has.
_JOURNEYS = 1 << 24

#: So many counters take little memory.
_FEW_CELLS = 1 << 20


def step_matrix(
    stream: JourneyStream,
    *,
    steps: int = 10,
    window_days: float | None = None,
    period: Period | None = None,
    as_of: date | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return which share of the journeys is at each touchpoint at step 1, 2, 3 and so on.

    Step k is the k-th event of a journey that lies at a touchpoint. A journey with fewer steps is
    over: its state is `END`. The shares of each step sum to 1. A customer has one journey unless
    the stream was cut into several.

    Parameters
    ----------
    stream
        Events of customers in order; events at no touchpoint are skipped.
    steps
        Number of steps.
    window_days
        Days from the first step within which a step counts. With a window only journeys whose
        window has closed by `as_of` count: the others may still go on. None counts all, and takes
        a journey to be over at its last event.
    period
        Only journeys whose first step lies in it.
    as_of
        Last day that was observed; by default the day of the last event.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a step and touchpoint that occurs there, in the order of the touchpoints, and one a
        step for the end: ``step``, ``touchpoint``, ``journeys``, ``value`` (their share of all
        journeys), ``low``, ``high`` (Wilson; where customers have several journeys, on the
        effective number of journeys), ``n`` (customers).

    Raises
    ------
    ParameterError
        If `steps` is less than 1.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 2, 1], unit="h", utc=True),
    ...     "event": ["visit", "order", "visit"],
    ... })
    >>> step_matrix(journey_stream(log), steps=2)[["step", "touchpoint", "value"]].values.tolist()
    [[1, 'visit', 1.0], [1, '(end)', 0.0], [2, 'order', 0.5], [2, '(end)', 0.5]]
    """
    if steps < 1:
        raise ParameterError(f"steps must be at least 1, got {steps!r}")
    window, size = window_us(window_days), max(1, len(stream.touchpoints))
    # Where nothing is skipped or cut, the position is the step: one group-by of one integer.
    whole = not stream.cut
    if whole and window is None and period is None and stream.faults.unmapped == 0:
        rows, step = stream.table(), nw.col("position")
    else:
        rows, step = _numbered(stream, window, period, as_of), nw.col("step")
    rows = rows.filter(step <= steps)
    if (steps + 1) * size >= 1 << 31:  # the smaller the integers, the faster they are counted
        step = step.cast(nw.Int64)
    key = step * size + nw.col("touchpoint")
    if whole:
        cells = _plain(_counted(stream, rows, key, (steps + 1) * size), size, steps, level)
    else:
        cells = _clustered(stream, rows, key, size, steps, level)
    found = []
    for k, code, journeys, estimate in cells:
        touchpoint = END if code < 0 else stream.touchpoints[code]
        found.append(({"step": k, "touchpoint": touchpoint, "journeys": journeys}, estimate))
    return framed(found, {"step": "int64", "touchpoint": "str", "journeys": "int64"})


def step_flows(
    stream: JourneyStream,
    *,
    steps: int = 6,
    window_days: float | None = None,
    period: Period | None = None,
    as_of: date | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return which share of the journeys goes from where to where at each of the first steps.

    Steps, journeys and `END` are those of `step_matrix`, whose cells are the sums of these flows:
    what leaves a touchpoint at step k, and what comes to one at step k + 1.

    Parameters
    ----------
    stream, window_days, period, as_of
        As in `step_matrix`.
    steps
        Number of steps; the flows lie between them.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a flow, in the order of the touchpoints: ``step`` (that is left), ``touchpoint``,
        ``next_touchpoint`` (`END` where the journey is over), ``journeys``, ``value`` (their share
        of all journeys), ``low``, ``high`` (as in `step_matrix`), ``n`` (customers), ``se``,
        ``method``.

    Raises
    ------
    ParameterError
        If `steps` is less than 2.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 2, 1], unit="h", utc=True),
    ...     "event": ["visit", "order", "visit"],
    ... })
    >>> found = step_flows(journey_stream(log), steps=2)
    >>> found[["step", "touchpoint", "next_touchpoint", "value"]].values.tolist()
    [[1, 'visit', 'order', 0.5], [1, 'visit', '(end)', 0.5]]
    """
    if steps < 2:
        raise ParameterError(f"steps must be at least 2, got {steps!r}; flows lie between two")
    size = len(stream.touchpoints)
    rows = _numbered(stream, window_us(window_days), period, as_of)
    last = rows.group_by("journey").agg(nw.col("step").max().alias("last_step"))
    rows = rows.filter(nw.col("step") < steps).join(last, on="journey")
    onward = nw.col("step") < nw.col("last_step")
    then = nw.when(onward).then(nw.col("next_touchpoint")).otherwise(nw.lit(size))
    here = nw.col("step").cast(nw.Int64) * size + nw.col("touchpoint")
    counts = stream.counts(rows, here * (size + 1) + then)
    flows = counts.groupby("code")["count"].sum().astype("int64").reset_index()
    place, following = np.divmod(flows["code"].to_numpy(), size + 1)
    step, code = np.divmod(place, max(1, size))
    names = np.array([*stream.touchpoints, END], dtype=object)
    about = pd.DataFrame(
        {
            "step": step,
            "touchpoint": pd.Series(names[code], dtype="str"),
            "next_touchpoint": pd.Series(names[following], dtype="str"),
            "journeys": flows["count"],
        }
    )
    # Each journey leaves its first step once: that counts the journeys of a customer.
    first = counts["code"] < 2 * size * (size + 1)
    every = counts[first].groupby("customer")["count"].sum()
    return pd.concat([about, _flow_shares(counts, every, level)], axis=1)


def _flow_shares(counts: pd.DataFrame, every: pd.Series, level: float) -> pd.DataFrame:
    """Return the shares of counts (code, customer, count) of every journey of the customers."""
    if every.eq(1).all():  # Wilson's interval itself, as in the step matrix
        journeys = counts.groupby("code")["count"].sum()
        return framed([({}, share(int(one), len(every), level=level)) for one in journeys], {})
    x, d = counts["count"].astype("float64"), counts["customer"].map(every).astype("float64")
    sums = pd.DataFrame({"x": x, "xx": x * x, "xd": x * d}).groupby(counts["code"]).sum()
    of_flow = Sums(
        customers=np.full(len(sums), float(len(every))),
        x=sums["x"].to_numpy(),
        d=np.full(len(sums), float(every.sum())),
        xx=sums["xx"].to_numpy(),
        xd=sums["xd"].to_numpy(),
        dd=np.full(len(sums), float((every**2).sum())),
    )
    return clustered_shares(of_flow, level=level)


def by_journey(stream: JourneyStream) -> nw.LazyFrame[Any]:
    """Return the events with ``journey`` numbered so that no two customers share a number."""
    number = nw.col("customer").cast(nw.Int64) * _JOURNEYS + nw.col("journey")
    return stream.table().with_columns(journey=number)


def _numbered(
    stream: JourneyStream, window: int | None, period: Period | None, as_of: date | None
) -> nw.LazyFrame[Any]:
    """Return customer, step and touchpoint of each event at a touchpoint that counts."""
    at, position = nw.col("occurred_us"), nw.col("position")
    rows = by_journey(stream).filter(~nw.col("touchpoint").is_null())
    starts = rows.group_by("journey").agg(position.min().alias("first"), at.min().alias("start"))
    if period is not None:
        starts = starts.filter(within("start", period))
    if window is not None:
        starts = starts.filter(nw.col("start") + window < stream.ends_before_us(as_of))
    rows = rows.join(starts, on="journey")
    step = position - nw.col("first") + 1
    if stream.faults.unmapped:  # events are skipped: the others are counted, which takes longer
        one = (position > 0).cast(nw.Int64)
        step = one.cum_sum().over("journey", order_by="position").cast(nw.Int64)
    rows = rows.with_columns(step=step)
    return rows if window is None else rows.filter(at <= nw.col("start") + window)


#: Step, code of the touchpoint (-1 is the end), number of journeys there and their share.
Cell = tuple[int, int, int, Estimate]


def _counted(
    stream: JourneyStream, rows: nw.LazyFrame[Any], key: nw.Expr, cells: int
) -> list[tuple[int, int]]:
    """Return the different integers of an expression in ascending order, and how often each."""
    keys = rows.select(key.alias("key"))
    if stream.engine == "polars" and cells <= _FEW_CELLS:  # in memory quicker than groups
        count = np.bincount(keys.collect()["key"].to_numpy())
        found = np.flatnonzero(count)
        return list(zip(found.tolist(), count[found].tolist(), strict=True))
    counted = keys.group_by("key").agg(nw.len().alias("count")).collect()
    return sorted((int(key), int(count)) for key, count in counted.iter_rows())


def _plain(counts: list[tuple[int, int]], size: int, steps: int, level: float) -> Iterator[Cell]:
    """Yield the cells where a customer has one journey."""
    cells = [(*divmod(key, size), count) for key, count in counts]
    every = sum(count for step, _, count in cells if step == 1)
    for k in range(1, steps + 1) if every else ():
        over = every
        for step, code, count in cells:
            if step == k:
                yield k, code, count, share(count, every, level=level)
                over -= count
        yield k, -1, over, share(over, every, level=level)


def _clustered(
    stream: JourneyStream,
    rows: nw.LazyFrame[Any],
    key: nw.Expr,
    size: int,
    steps: int,
    level: float,
) -> Iterator[Cell]:
    """Yield the cells where a customer may have several journeys, counted by customer."""
    counts = stream.counts(rows, key)
    people, customer = np.unique(counts["customer"], return_inverse=True)
    count = counts["count"].to_numpy(float)
    cells = [
        (*divmod(key, size), np.bincount(customer[of], count[of], minlength=len(people)))
        for key, of in slices(counts["code"]).items()
    ]
    every = np.sum([here for step, _, here in cells if step == 1], axis=0)
    for k in range(1, steps + 1) if cells else ():
        over = every
        for step, code, here in cells:
            if step == k:
                yield k, code, int(here.sum()), clustered_share(here, every, level=level)
                over = over - here
        yield k, -1, int(over.sum()), clustered_share(over, every, level=level)
