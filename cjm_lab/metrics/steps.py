"""The funnel: customers who take the steps in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, TypeAlias

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, benjamini_hochberg, share
from cjm_lab.metrics._arms import Arm, compare, p_of
from cjm_lab.metrics._frames import framed
from cjm_lab.metrics._walk import Exclusions, Steps, StepWindows, Table, Taken, walk
from cjm_lab.metrics.stream import JourneyStream
from cjm_lab.period import Period

Segments: TypeAlias = str | pd.Series | Mapping[str, str]
Codes: TypeAlias = npt.NDArray[np.int64]

_TYPES = {"step": "str", "optional": "bool", "customers": "int64", "excluded": "int64"}
_TYPES |= dict.fromkeys(["of_previous", "of_previous_low", "of_previous_high"], "float64")
_COMPARED = ["difference", "difference_low", "difference_high", "p", "p_adjusted"]


def funnel(
    stream: JourneyStream,
    steps: Steps,
    *,
    window_days: float | None = None,
    step_window_days: StepWindows = None,
    without: Exclusions = (),
    by: Segments | None = None,
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
        Names of events, or ids of touchpoints; a list among them holds alternatives, any of which
        takes the step. A step that ends in a question mark is optional: it is taken between the
        required steps around it, and the next one can do without it.
    window_days
        Days from the first step to the last. With a window only customers whose window has closed
        by `as_of` count: the others may still go on.
    step_window_days
        Days from the required step before: a number, or one for each step after the first. The
        windows of all steps together close after their sum, or after `window_days` if that is less.
    without
        Events that nobody who goes on may have between entering and the last step. A customer who
        has one leaves the funnel there: the steps up to then count, later ones don't. A mapping
        excludes each event between two required steps only: ``{"refund": ("basket", "order")}``.
        At the very instant of a step the event comes neither before nor after it: that step counts.
    by
        Compares segments: ``channel``, ``device``, ``campaign`` or ``page`` of the event that the
        customer enters with, or the segment of each ``customer_id`` as a Series or mapping.
        Customers of no known segment are left out.
    period
        Only customers who enter in it.
    as_of
        Last day that was observed; by default the day of the last event. Later events are ignored.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a step: ``step``, ``optional``, ``customers`` (who took it), ``excluded`` (who left
        before it by an event in `without`), the share of those who took the required step before
        (``of_previous of_previous_low of_previous_high``), ``value`` (the share of those who
        entered, with Wilson's ``low`` and ``high``) and ``n`` (who entered). With `by` one block of
        rows a ``segment``, and the difference of ``value`` to all other segments together
        (``difference``, Newcombe's ``difference_low`` and ``difference_high``, ``p`` of the pooled
        z test and ``p_adjusted``, corrected for all segments and steps after the first).

    Raises
    ------
    ParameterError
        If there are no steps, one is neither an event nor a touchpoint, the first or the last one
        is optional, or a window is not positive.

    References
    ----------
    Wilson (1927); Newcombe (1998), Statistics in Medicine 17, 873-890, method 10; Benjamini &
    Hochberg (1995), Journal of the Royal Statistical Society B 57, 289-300.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "ann", "bob", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 2, 3, 2, 1], unit="h", utc=True),
    ...     "event": ["visit", "coupon", "order", "visit", "order"],
    ... })
    >>> funnel(journey_stream(log), ["visit", "coupon?", "order"])["customers"].tolist()
    [2, 1, 1]
    """
    found = walk(
        stream,
        steps,
        window_days=window_days,
        step_window_days=step_window_days,
        without=without,
        period=period,
        as_of=as_of,
    )
    if by is None:
        counts = np.array([[len(one.customers)] for one in found])
        left = np.array([[0 if one.left is None else len(one.left)] for one in found])
        return framed(_rows(found, counts[:, 0], left[:, 0], level), _TYPES)
    names, code_of = segment_codes(stream, found[0], by)
    counts = np.array([in_segments(one.customers, code_of, len(names)) for one in found])
    left = np.array([in_segments(one.left, code_of, len(names)) for one in found])
    return _compared(found, names, counts, left, level)


def _rows(
    found: list[Taken], counts: Codes, left: Codes, level: float
) -> Iterator[tuple[dict[str, Any], Estimate]]:
    """Yield the rows of one funnel."""
    entered = previous = int(counts[0])
    for one, taken, gone in zip(found, counts.tolist(), left.tolist(), strict=True):
        onward = share(taken, previous, level=level)
        about = {
            "step": one.step.label,
            "optional": one.step.optional,
            "customers": taken,
            "excluded": gone,
            "of_previous": onward.value,
            "of_previous_low": onward.low,
            "of_previous_high": onward.high,
        }
        yield about, share(taken, entered, level=level)
        if not one.step.optional:
            previous = taken


def _compared(
    found: list[Taken], names: list[str], counts: Codes, left: Codes, level: float
) -> pd.DataFrame:
    """Return a funnel a segment, each compared with all others together."""
    rows = []
    for code, name in enumerate(names):
        if not counts[0, code]:
            continue
        others = counts.sum(axis=1) - counts[:, code]
        funnel_rows = _rows(found, counts[:, code], left[:, code], level)
        for (about, estimate), rest in zip(funnel_rows, others.tolist(), strict=True):
            one, other = (_arm(about["customers"], estimate.n), _arm(rest, int(others[0])))
            apart = compare(one, other, level)
            bounds = dict(zip(_COMPARED, [apart.value, apart.low, apart.high], strict=False))
            rows.append(({"segment": name} | about | bounds | {"p": p_of(one, other)}, estimate))
    types = {"segment": "str", **_TYPES, **dict.fromkeys(_COMPARED, "float64")}
    table = framed(rows, types)
    # Everyone takes the first step: nothing is compared there.
    first = table["step"].groupby(table["segment"], sort=False).cumcount() == 0
    table.loc[first, _COMPARED] = np.nan
    table["p_adjusted"] = benjamini_hochberg(table["p"].to_numpy())
    return table


def _arm(taken: int, entered: int) -> Arm:
    """Return those who entered as one side of a comparison of shares."""
    return Arm(entered, taken / entered if entered else np.nan, np.nan, shares=True)


def segment_codes(stream: JourneyStream, entered: Taken, by: Segments) -> tuple[list[str], Codes]:
    """Return the names of segments, and the number of each customer's segment by code, -1 if none.

    Parameters
    ----------
    stream
        Events of customers in order.
    entered
        The first step.
    by
        As in `funnel`.

    Raises
    ------
    ParameterError
        If `by` is not such a column, or gives a customer two segments.
    """
    codes = np.full(stream.customer_count, -1, dtype=np.int64)
    if isinstance(by, str):
        names = list(stream.texts(by, name="by"))
        first = _first_codes(stream, entered, by, len(names))
        codes[first["customer"]] = first["code"]
        return names, codes
    groups = pd.Series(by).dropna().astype("str")
    groups.index = groups.index.astype("str")
    if groups.index.has_duplicates:
        twice = groups.index[groups.index.duplicated()][0]
        raise ParameterError(
            f"by must give each customer one segment, got {twice!r} twice; keep one row a customer"
        )
    names = sorted(set(groups) - {""})
    customers = _codes_of(entered.customers)
    segment = stream.customer_ids(customers).map(groups)
    codes[customers] = pd.Categorical(segment, categories=names).codes
    return names, codes


def in_segments(customers: Table | None, code_of: Codes, segments: int) -> Codes:
    """Return how many customers of a table lie in each segment."""
    if customers is None:
        return np.zeros(segments, dtype=np.int64)
    return np.bincount(code_of[_codes_of(customers)] + 1, minlength=segments + 1)[1:]


def _codes_of(customers: Table) -> Codes:
    return customers["customer"].to_numpy().astype(np.int64)


def _first_codes(stream: JourneyStream, entered: Taken, column: str, size: int) -> pd.DataFrame:
    """Return the code that a column has at each customer's first event of the first step."""
    happens = stream.is_at(entered.step.names[0])
    for name in entered.step.names[1:]:
        happens = happens | stream.is_at(name)
    # Position and code in one integer: the least has the first position.
    code = nw.when(nw.col(column).is_null()).then(size).otherwise(nw.col(column)).cast(nw.Int64)
    packed = (nw.col("position").cast(nw.Int64) * (size + 1) + code).alias("packed")
    first = (
        stream.table()
        .filter(happens)
        .select("customer", packed)
        .group_by("customer")
        .agg(nw.col("packed").min())
        .collect()
        .to_pandas()
        .astype("int64")
    )
    code_of = first["packed"] % (size + 1)
    return first.assign(code=code_of.where(code_of < size, -1))
