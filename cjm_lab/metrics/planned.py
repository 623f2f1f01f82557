"""The planned journey against the actual ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate
from cjm_lab.metrics._frames import framed, slices
from cjm_lab.metrics.loops import share_of_journeys
from cjm_lab.metrics.matrix import by_journey
from cjm_lab.metrics.places import WINDOW_DAYS
from cjm_lab.metrics.stream import JourneyStream, window_us, within
from cjm_lab.period import Period

Flags = npt.NDArray[np.bool_]

_TYPES = {"touchpoint": "str", "deviation": "str", "journeys": "int64"}


def planned_against_actual(
    stream: JourneyStream,
    plan: Sequence[str] | None = None,
    *,
    failures: Sequence[str] = (),
    window_days: float | None = WINDOW_DAYS,
    period: Period | None = None,
    as_of: date | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how often journeys leave the plan, by touchpoint and kind of deviation.

    A journey counts from its first event at a planned touchpoint on, for the days of the window.

    ================  ==========================================================  ==================
    deviation         a journey shows it at a touchpoint if                       share of
    ================  ==========================================================  ==================
    ``missing``       it never met the planned touchpoint                         all journeys
    ``skipped``       so, and it met a later planned one                          all journeys
    ``failed``        an event there is one of `failures` or is directly          those that met it
                      followed by one, or the journey stops there before
                      the last planned touchpoint was met
    ``out of order``  it was first met before an earlier planned one was          those that met it
    ``ad hoc``        it was met and is not in the plan                           all journeys
    ================  ==========================================================  ==================

    Parameters
    ----------
    stream
        Events of customers in order.
    plan
        Ids of touchpoints in their planned order; by default all of the study's.
    failures
        Names of events that say that something went wrong, such as ``payment_error``.
    window_days
        Days from the start of the journey within which its events count. Only journeys whose
        window has closed by `as_of` count. None counts all up to their last event.
    period
        Only journeys that start in it.
    as_of
        Last day that was observed; by default the day of the last event.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        Touchpoints of the plan in its order, then those met ad hoc, last the names of events at no
        touchpoint of the study: ``touchpoint``, ``deviation``, ``journeys`` (that show it),
        ``value``, ``low``, ``high`` (Wilson; where customers have several journeys, on the
        effective number), ``n`` (customers). At the same instant there is no order.

    Raises
    ------
    ParameterError
        If the plan is empty, names a touchpoint twice or one that is unknown, or is left out
        without a study; or if a failure is unknown.

    References
    ----------
    Halvorsrud, Kvale & Folstad (2016), Improving service quality through customer journey analysis,
    Journal of Service Theory and Practice 26, 840-867.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "ann", "bob", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 2, 3, 1, 2], unit="h", utc=True),
    ...     "event": ["basket", "visit", "order", "visit", "call"],
    ... })
    >>> found = planned_against_actual(
    ...     journey_stream(log), ["visit", "basket", "order"], window_days=None)
    >>> found = found[found["journeys"] > 0].set_index(["touchpoint", "deviation"])
    >>> found.loc["basket", "value"].to_dict()
    {'missing': 0.5, 'out of order': 1.0}
    >>> found.loc["call", "value"].to_dict()
    {'ad hoc': 0.5}
    """
    codes, faults = _codes(stream, plan), _faults(stream, failures)
    if not codes:  # a log without events knows no touchpoints
        return framed([], _TYPES)
    inside = _inside(stream, codes, window_us(window_days), period, as_of)
    met = _met(inside, faults)
    planned = met[met["touchpoint"].isin(codes)]
    # The journeys are those with a planned touchpoint: the rows of all that follows.
    journeys, first_row = np.unique(planned["journey"], return_index=True)
    people, owner = np.unique(planned["customer"].to_numpy()[first_row], return_inverse=True)
    customers = len(people)

    rows: list[tuple[dict[str, Any], Estimate]] = []

    def add(name: str, deviation: str, hits: Flags, base: Flags) -> None:
        """Add the share of the base that shows a deviation."""
        shown = np.bincount(owner[hits & base], minlength=customers)
        estimate = share_of_journeys(
            shown, np.bincount(owner[base], minlength=customers), level=level
        )
        about = {"touchpoint": name, "deviation": deviation, "journeys": int(shown.sum())}
        rows.append((about, estimate))

    for code, kind, hits, base in _deviations(planned, codes, journeys) if customers else ():
        add(stream.touchpoints[code], kind, hits, base)
    for name, here in _unplanned(stream, met, codes, inside):
        add(name, "ad hoc", np.isin(journeys, here), np.ones(len(journeys), dtype=bool))
    return framed(rows, _TYPES)


def _codes(stream: JourneyStream, plan: Sequence[str] | None) -> list[int]:
    """Return the codes of the planned touchpoints."""
    if plan is None:
        if not stream.stages:
            raise ParameterError(
                "plan must be given for a stream made without a study, got None; name the "
                "touchpoints in their order, or use journey_stream(events, study=study)"
            )
        plan = stream.touchpoints
    if isinstance(plan, str) or not plan or len(set(plan)) < len(plan):
        raise ParameterError(f"plan must name each touchpoint once, in order, got {plan!r}")
    if len(stream):
        for name in plan:
            if name not in stream.touchpoints:
                raise ParameterError(one_of("touchpoint of the plan", stream.touchpoints, name))
    return [stream.touchpoints.index(name) for name in plan if name in stream.touchpoints]


def _faults(stream: JourneyStream, failures: Sequence[str]) -> list[int]:
    """Return the codes of the events that say that something went wrong."""
    for name in failures if len(stream) else ():
        if name not in stream.events:
            raise ParameterError(one_of("failure", stream.events, name))
    return [stream.events.index(name) for name in failures if name in stream.events]


def _inside(
    stream: JourneyStream,
    codes: list[int],
    window: int | None,
    period: Period | None,
    as_of: date | None,
) -> nw.LazyFrame[Any]:
    """Return the events of the journeys that count, from the first planned touchpoint on."""
    at, table = nw.col("occurred_us"), by_journey(stream)
    planned = table.filter(nw.col("touchpoint").is_in(codes))
    starts = planned.group_by("journey").agg(at.min().alias("start"))
    if period is not None:
        starts = starts.filter(within("start", period))
    if window is not None:
        starts = starts.filter(nw.col("start") + window < stream.ends_before_us(as_of))
    inside = table.join(starts, on="journey").filter(at >= nw.col("start"))
    return inside if window is None else inside.filter(at <= nw.col("start") + window)


def _met(inside: nw.LazyFrame[Any], faults: list[int]) -> pd.DataFrame:
    """Return each journey's touchpoints: when first met, whether it failed or stopped there."""
    fault = nw.lit(0)
    if faults:
        fault = nw.when(nw.col("event").is_in(faults)).then(nw.lit(1)).otherwise(nw.lit(0))
    events = inside.with_columns(fault=fault)
    events = events.with_columns(
        after=nw.col("fault").shift(-1).over("journey", order_by="position")
    )
    events = events.filter(~nw.col("touchpoint").is_null())
    each = events.group_by("customer", "journey", "touchpoint").agg(
        nw.col("occurred_us").min().alias("first"),
        nw.col("position").max().alias("last"),
        nw.col("fault").max(),
        nw.col("after").max(),
    )
    met = each.collect().to_pandas().fillna({"after": 0}).astype("int64")
    met = met.sort_values(["journey", "touchpoint"], ignore_index=True)
    met["failed"] = met[["fault", "after"]].max(axis=1) > 0
    met["stopped"] = met["last"] == met.groupby("journey")["last"].transform("max")
    return met


def _deviations(
    planned: pd.DataFrame, codes: list[int], journeys: npt.NDArray[np.int64]
) -> Iterator[tuple[int, str, Flags, Flags]]:
    """Yield code, deviation, which journeys show it, and which could, of planned touchpoints."""
    row = np.searchsorted(journeys, planned["journey"])
    column = planned["touchpoint"].map({code: k for k, code in enumerate(codes)})
    shape = (len(journeys), len(codes))
    first, failed, stopped = np.full(shape, np.inf), np.zeros(shape, bool), np.zeros(shape, bool)
    first[row, column] = planned["first"]
    failed[row, column] = planned["failed"]
    stopped[row, column] = planned["stopped"]
    met, everyone = np.isfinite(first), np.ones(len(journeys), bool)
    failed |= stopped & ~met[:, [-1]]
    # The latest first visit to any of the touchpoints planned up to here.
    latest = np.maximum.accumulate(np.where(met, first, -np.inf), axis=1)
    for k, code in enumerate(codes):
        yield code, "missing", ~met[:, k], everyone
        if k < len(codes) - 1:
            yield code, "skipped", ~met[:, k] & met[:, k + 1 :].any(axis=1), everyone
        yield code, "failed", failed[:, k], met[:, k]
        if k > 0:
            yield code, "out of order", first[:, k] < latest[:, k - 1], met[:, k]


def _unplanned(
    stream: JourneyStream, met: pd.DataFrame, codes: list[int], inside: nw.LazyFrame[Any]
) -> Iterator[tuple[str, pd.Series]]:
    """Yield what is not in the plan, and the journeys that met it."""
    other = met[~met["touchpoint"].isin(codes)].sort_values("touchpoint")
    for code, of in slices(other["touchpoint"]).items():
        yield stream.touchpoints[code], other["journey"].iloc[of]
    nowhere = inside.filter(nw.col("touchpoint").is_null()).group_by("journey", "event")
    events = nowhere.agg(nw.len().alias("n")).collect().to_pandas().astype("int64")
    events = events.sort_values(["event", "journey"])
    for code, of in slices(events["event"]).items():
        yield stream.events[code], events["journey"].iloc[of]
