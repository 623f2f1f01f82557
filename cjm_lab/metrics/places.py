"""What happens at each place of the journey: reach, drop-off, entry, exit, weight."""

from __future__ import annotations

from datetime import date
from typing import Any

import narwhals as nw
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import share
from cjm_lab.metrics._frames import clustered_share, framed
from cjm_lab.metrics.stream import JourneyStream, window_us, within
from cjm_lab.period import Period

#: Days within which a customer must move on where the study's funnel names no window.
WINDOW_DAYS = 14.0


def reach(
    stream: JourneyStream, *, period: Period | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Return which share of the active customers has an event at each touchpoint.

    Parameters
    ----------
    stream
        Events of customers in order.
    period
        Only events in it; a customer with any event in it is active.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a touchpoint, in the order of the journey: ``touchpoint``, ``customers``, ``value``,
        ``low``, ``high`` (Wilson), ``n`` (active customers).

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 2, 1], unit="h", utc=True),
    ...     "event": ["visit", "order", "visit"],
    ... })
    >>> reach(journey_stream(log)).set_index("touchpoint")["value"].to_dict()
    {'order': 0.5, 'visit': 1.0}
    """
    table = stream.table(period)
    active = active_customers(stream, period=period)
    there = (
        table.filter(~nw.col("touchpoint").is_null())
        .group_by("touchpoint")
        .agg(nw.col("customer").n_unique().alias("customers"))
        .collect()
        .to_pandas()
        .set_index("touchpoint")["customers"]
    )
    rows = []
    for code, touchpoint in enumerate(stream.touchpoints):
        customers = int(there.get(code, 0))
        about = {"touchpoint": touchpoint, "customers": customers}
        rows.append((about, share(customers, active, level=level)))
    return framed(rows, {"touchpoint": "str", "customers": "int64"})


def active_customers(stream: JourneyStream, *, period: Period | None = None) -> int:
    """Return the number of customers with an event, at a touchpoint or not."""
    return _customers_in(stream.table(period))


def _customers_in(table: nw.LazyFrame[Any]) -> int:
    """Return the number of customers with an event in a table."""
    return int(table.select(nw.col("customer").n_unique()).collect().item() or 0)


def drop_off(
    stream: JourneyStream,
    *,
    window_days: float | None = WINDOW_DAYS,
    period: Period | None = None,
    as_of: date | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return which share of the customers at each touchpoint never gets to a later one in time.

    Parameters
    ----------
    stream
        Events of customers in order, made with a study: its order of touchpoints says what is later
        in the journey. An event at the same instant counts as having moved on.
    window_days
        Days after the first event at a touchpoint within which a later touchpoint must be reached.
        Only customers whose window has closed by `as_of` count. None means until `as_of`.
    period
        Only customers whose first event at the touchpoint ever lies in it.
    as_of
        Last day that was observed; by default the day of the last event.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a touchpoint but the last, after which there is nowhere to go: ``touchpoint``,
        ``customers`` (who dropped off), ``value``, ``low``, ``high`` (Wilson), ``n``.

    Raises
    ------
    ParameterError
        If the stream was made without a study.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> from cjm_lab.study import Study
    >>> shop = Study(title="Shop", stages=[{"id": "buy", "name": "Buy", "touchpoints": [
    ...     {"id": "basket", "name": "Basket"}, {"id": "order", "name": "Order"}]}])
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob", "eve"],
    ...     "occurred_at": pd.to_datetime([1, 2, 1, 29], unit="D", utc=True),
    ...     "event": ["basket", "order", "basket", "basket"],
    ... })
    >>> drop_off(journey_stream(log, study=shop))[["touchpoint", "value", "n"]].values.tolist()
    [['basket', 0.5, 2]]
    """
    if not stream.stages:
        raise ParameterError(
            "drop_off must know the order of touchpoints, got a stream made without a study; "
            "use journey_stream(events, study=study)"
        )
    window, at, place = window_us(window_days), nw.col("occurred_us"), nw.col("touchpoint")
    ends = stream.ends_before_us(as_of)
    table = stream.table().select("customer", "occurred_us", "touchpoint")
    rows = []
    for code, touchpoint in enumerate(stream.touchpoints[:-1]):
        first = table.filter(place == code).group_by("customer").agg(at.min().alias("first"))
        if period is not None:
            first = first.filter(within("first", period))
        if window is not None:
            first = first.filter(nw.col("first") + window < ends)
        came = int(first.select(nw.len()).collect().item())
        later = table.filter(place > code).join(first, on="customer")
        later = later.filter(at >= nw.col("first"))
        if window is not None:
            later = later.filter(at <= nw.col("first") + window)
        lost = came - _customers_in(later)
        about = {"touchpoint": touchpoint, "customers": lost}
        rows.append((about, share(lost, came, level=level)))
    return framed(rows, {"touchpoint": "str", "customers": "int64"})


def exit_share(
    stream: JourneyStream, *, period: Period | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Return at which stage customers were seen last.

    Parameters
    ----------
    stream
        Events of customers in order, made with a study; events at no touchpoint are skipped.
    period
        Only events in it: the last event is the last one inside.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a stage: ``stage``, ``customers``, ``value``, ``low``, ``high`` (Wilson), ``n``
        (customers with an event at a touchpoint).

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> from cjm_lab.study import Study
    >>> shop = Study(title="Shop", stages=[
    ...     {"id": "choose", "name": "Choose", "touchpoints": [{"id": "visit", "name": "Visit"}]},
    ...     {"id": "buy", "name": "Buy", "touchpoints": [{"id": "order", "name": "Order"}]}])
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 2, 1], unit="h", utc=True),
    ...     "event": ["visit", "order", "visit"],
    ... })
    >>> exit_share(journey_stream(log, study=shop)).set_index("stage")["value"].to_dict()
    {'choose': 0.5, 'buy': 0.5}
    """
    return _edge_share(stream, nw.col("position").max(), period, level)


def entry_share(
    stream: JourneyStream, *, period: Period | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Return at which stage customers were seen first; parameters are those of `exit_share`.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> from cjm_lab.study import Study
    >>> shop = Study(title="Shop", stages=[
    ...     {"id": "choose", "name": "Choose", "touchpoints": [{"id": "visit", "name": "Visit"}]},
    ...     {"id": "buy", "name": "Buy", "touchpoints": [{"id": "order", "name": "Order"}]}])
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 2, 1], unit="h", utc=True),
    ...     "event": ["visit", "order", "order"],
    ... })
    >>> entry_share(journey_stream(log, study=shop)).set_index("stage")["value"].to_dict()
    {'choose': 0.5, 'buy': 0.5}
    """
    return _edge_share(stream, nw.col("position").min(), period, level)


def stage_share(
    stream: JourneyStream, *, period: Period | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Return how much of what customers do lies in each stage: its weight for them.

    Parameters
    ----------
    stream
        Events of customers in order, made with a study; events at no touchpoint don't count.
    period
        Only events in it.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a stage, in the order of the journey: ``stage``, ``events``, ``value`` (share of the
        events), ``low``, ``high`` (clustered by customer), ``n`` (customers).

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> from cjm_lab.study import Study
    >>> shop = Study(title="Shop", stages=[
    ...     {"id": "choose", "name": "Choose", "touchpoints": [{"id": "visit", "name": "Visit"}]},
    ...     {"id": "buy", "name": "Buy", "touchpoints": [{"id": "order", "name": "Order"}]}])
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "ann", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 2, 3, 1], unit="h", utc=True),
    ...     "event": ["visit", "visit", "order", "visit"],
    ... })
    >>> stage_share(journey_stream(log, study=shop)).set_index("stage")["value"].to_dict()
    {'choose': 0.75, 'buy': 0.25}
    """
    placed = stream.table(period).filter(~nw.col("stage").is_null())
    counted = stream.counts(placed, nw.col("stage"))
    each = counted.pivot(index="customer", columns="code", values="count").fillna(0.0)
    whole = each.sum(axis=1)
    rows = []
    for code, stage in enumerate(stream.stages):
        events = each[code] if code in each else 0.0 * whole
        about = {"stage": stage, "events": int(events.sum())}
        rows.append((about, clustered_share(events, whole, level=level)))
    return framed(rows, {"stage": "str", "events": "int64"})


def _edge_share(
    stream: JourneyStream, edge: nw.Expr, period: Period | None, level: float
) -> pd.DataFrame:
    """Return the stages of each customer's first or last event at a touchpoint."""
    table = stream.table(period).filter(~nw.col("touchpoint").is_null())
    there = (
        table.join(table.group_by("customer").agg(edge), on=["customer", "position"])
        .group_by("stage")
        .agg(nw.len().alias("customers"))
        .collect()
        .to_pandas()
        .set_index("stage")["customers"]
    )
    rows = []
    for code, stage in enumerate(stream.stages):
        customers = int(there.get(code, 0))
        about = {"stage": stage, "customers": customers}
        rows.append((about, share(customers, int(there.sum()), level=level)))
    return framed(rows, {"stage": "str", "customers": "int64"})
