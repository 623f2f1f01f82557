"""What distinguishes the customers who drop off from those who go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate, benjamini_hochberg, z_value
from cjm_lab.metrics._frames import framed
from cjm_lab.metrics.places import WINDOW_DAYS
from cjm_lab.metrics.stream import DAY_US, EPOCH, HOUR_US, JourneyStream, window_us, within
from cjm_lab.period import Period

_METHOD = "log odds ratio, Gart; association, not cause"
_TYPES = {
    "kind": "str",
    "feature": "str",
    "customers": "int64",
    "drop_off": "float64",
    "drop_off_without": "float64",
    "p_value": "float64",
}

#: How long after the event before; the first has none before it.
_WAITS = ("no event before", "up to a minute", "up to an hour", "up to a day", "more than a day")
_WAIT_ENDS = (HOUR_US // 60, HOUR_US, DAY_US)

_COORDINATES = ("channel", "device", "campaign")

Flags = npt.NDArray[np.bool_]


def drop_off_reasons(
    stream: JourneyStream,
    *,
    touchpoint: str,
    then: str | None = None,
    window_days: float | None = WINDOW_DAYS,
    period: Period | None = None,
    as_of: date | None = None,
    fewest: int = 5,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return what those who drop off at a touchpoint have in common, and those who go on have not.

    Each feature is a two-by-two table of all customers: with it or without, dropped off or went
    on. That is association, not cause: customers with and without a feature may differ in much
    else, and features overlap.

    Parameters
    ----------
    stream
        Events of customers in order.
    touchpoint
        Event or id of a touchpoint; what counts is the customer's first event there ever. Those
        who had already been where they should go in the same journey are left out.
    then
        Event or id of the touchpoint that must be reached, strictly later, as in `funnel`. None:
        any later touchpoint in the study's order, where an event at the same instant counts as
        having gone on, as in `drop_off`.
    window_days
        Days after that event within which the customer must go on. Only customers whose window has
        closed by `as_of` count. None means until `as_of`.
    period
        Only customers whose first event there lies in it.
    as_of
        Last day that was observed; by default the day of the last event.
    fewest
        A feature is shown where at least so many customers have it and as many don't.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        The clearest first: ``kind``, ``feature``, ``customers`` (who have it), ``drop_off`` (their
        share of drop-offs), ``drop_off_without``, ``p_value`` (Benjamini-Hochberg over all rows),
        ``value`` (log odds ratio, above 0 where it goes with dropping off), ``low``, ``high``,
        ``n`` (customers compared). Where all or none drop off there are no rows. Kinds are

        - ``event before``: had it earlier in the same journey
        - ``event next``: had it right after, of those who then did something else than go on
        - ``channel``, ``device``, ``campaign``: of the event at the touchpoint, where known
        - ``wait``: how long after the event before it
        - ``week``: Monday of the week of the event

    Raises
    ------
    ParameterError
        If a place is unknown, or `then` is left out where the stream has no study.

    References
    ----------
    Gart (1966), Biometrika 53, 541-557: log odds ratio with 1/2 added to each count, variance the
    sum of the reciprocals; Benjamini & Hochberg (1995).

    Examples
    --------
    10 of 12 mobile customers drop off and 2 of 12 others: log((10.5 * 10.5) / (2.5 * 2.5)) = 2.87.

    >>> from cjm_lab.metrics import journey_stream
    >>> def customers(device, count, events):
    ...     return [(f"{device}{events}{i}", device, pd.Timestamp(h, unit="h", tz="UTC"), event)
    ...             for i in range(count) for h, event in enumerate(events.split())]
    >>> rows = [*customers("mobile", 10, "pay"), *customers("mobile", 2, "pay order"),
    ...         *customers("desktop", 2, "pay"), *customers("desktop", 10, "pay order")]
    >>> log = pd.DataFrame(rows, columns=["customer_id", "device", "occurred_at", "event"])
    >>> found = drop_off_reasons(journey_stream(log), touchpoint="pay", then="order",
    ...                          window_days=None)
    >>> found[["feature", "customers", "value"]].round(2).values.tolist()
    [['desktop', 12, -2.87], ['mobile', 12, 2.87]]
    """
    window = window_us(window_days)
    onward = _onward(stream, touchpoint, then)
    came = _came(stream, touchpoint, onward, window, period, as_of)
    people = _with_outcome(stream, came, onward, window, strictly=then is not None)
    counts = [
        (kind, *one)
        for kind, names, codes, base in _features(stream, came, people, window)
        for one in _counted(names, codes, people["dropped"].to_numpy(), base, fewest)
    ]
    rows = []
    for kind, name, a, b, c, d in counts:
        about = {
            "kind": kind,
            "feature": name,
            "customers": a + b,
            "drop_off": a / (a + b),
            "drop_off_without": c / (c + d),
            "p_value": np.nan,
        }
        rows.append((about, _log_odds(a, b, c, d, level)))
    found = framed(rows, _TYPES)
    z = (found["value"] / found["se"]).abs()
    found["p_value"] = benjamini_hochberg(2 * special.ndtr(-z.to_numpy()))
    found["z"] = -z.round(9)  # equals are equal whatever the order of additions
    return found.sort_values(["z", "kind", "feature"], ignore_index=True).drop(columns="z")


def _onward(stream: JourneyStream, touchpoint: str, then: str | None) -> nw.Expr:
    """Return which events mean that the customer went on."""
    if then is not None:
        return stream.is_at(then)
    if not stream.stages:
        raise ParameterError(
            "then must be given for a stream made without a study, got None; name the event that "
            "must follow, or use journey_stream(events, study=study)"
        )
    if touchpoint not in stream.touchpoints:
        raise ParameterError(one_of("touchpoint", stream.touchpoints, touchpoint))
    return nw.col("touchpoint") > stream.touchpoints.index(touchpoint)


def _came(
    stream: JourneyStream,
    touchpoint: str,
    onward: nw.Expr,
    window: int | None,
    period: Period | None,
    as_of: date | None,
) -> nw.LazyFrame[Any]:
    """Return the first event of each customer at the touchpoint, as ``arrived`` and ``at``."""
    table, position = stream.table(), nw.col("position")
    first = table.filter(stream.is_at(touchpoint)).group_by("customer").agg(position.min())
    came = table.join(first, on=["customer", "position"])
    if period is not None:
        came = came.filter(within("occurred_us", period))
    if window is not None:
        came = came.filter(nw.col("occurred_us") + window < stream.ends_before_us(as_of))
    came = came.select(
        "customer", "journey", position.alias("arrived"), nw.col("occurred_us").alias("at"),
        "day", *_COORDINATES, "next_event", "gap_us",
    )  # fmt: skip
    return came.join(_earlier(stream, came).filter(onward), on="customer", how="anti")


def _earlier(stream: JourneyStream, came: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Return what customers did in the same journey before they came."""
    whose = came.select("customer", "journey", "arrived")
    events = stream.table().join(whose, on=["customer", "journey"])
    return events.filter(nw.col("position") < nw.col("arrived"))


def _with_outcome(
    stream: JourneyStream,
    came: nw.LazyFrame[Any],
    onward: nw.Expr,
    window: int | None,
    *,
    strictly: bool,
) -> pd.DataFrame:
    """Return those who came, when they went on, whether they dropped off, when they came from."""
    at, arrived = nw.col("occurred_us"), nw.col("at")
    events = stream.table().join(came.select("customer", "at", "arrived"), on="customer")
    went = events.filter(onward & ((at > arrived) if strictly else (at >= arrived)))
    if window is not None:
        went = went.filter(at <= arrived + window)
    went = went.group_by("customer").agg(at.min().alias("onward_us"))
    before = events.filter(nw.col("position") == nw.col("arrived") - 1)
    before = before.select("customer", at.alias("before_us"))
    found = came.join(went, on="customer", how="left").join(before, on="customer", how="left")
    people = found.collect().to_pandas().astype("float64").sort_values("customer")
    return people.assign(dropped=people["onward_us"].isna()).reset_index(drop=True)


def _features(
    stream: JourneyStream, came: nw.LazyFrame[Any], people: pd.DataFrame, window: int | None
) -> Iterator[tuple[str, Sequence[str], pd.Series, Flags]]:
    """Yield kinds of features: their names, the code each customer has, who could have one.

    A customer may have several codes; the index of the codes is the row of `people`.
    """
    every = np.ones(len(people), dtype=bool)
    had = stream.counts(_earlier(stream, came), nw.col("event"))
    row = np.searchsorted(people["customer"], had["customer"])
    yield "event before", stream.events, pd.Series(had["code"].to_numpy(), index=row), every
    # Whoever goes on at once does nothing else: they are no contrast to those who do.
    next_us = people["at"] + people["gap_us"]
    elsewhere = next_us.notna() & ~(people["onward_us"] <= next_us)
    if window is not None:
        elsewhere &= people["gap_us"] <= window
    yield "event next", stream.events, people["next_event"], elsewhere.to_numpy()
    for name in _COORDINATES:
        yield name, stream.texts(name), people[name], people[name].notna().to_numpy()
    waited = people["at"] - people["before_us"]
    bins = np.where(waited.isna(), 0, 1 + np.searchsorted(_WAIT_ENDS, waited))
    yield "wait", _WAITS, pd.Series(bins), every
    week = (people["day"] + 3) // 7  # 1970-01-01 was a Thursday
    first = int(week.min()) if len(week) else 0
    last = int(week.max()) if len(week) else -1
    mondays = [EPOCH + timedelta(days=7 * w - 3) for w in range(first, last + 1)]
    yield "week", [str(monday) for monday in mondays], week - first, every


def _counted(
    names: Sequence[str], codes: pd.Series, dropped: Flags, base: Flags, fewest: int
) -> Iterator[tuple[str, int, int, int, int]]:
    """Yield of each feature who dropped off and went on with it, then without it."""
    codes = codes[base[codes.index]].dropna().astype("int64")
    n, lost = int(base.sum()), int((base & dropped).sum())
    if not 0 < lost < n:
        return
    have = np.bincount(codes, minlength=len(names))
    a = np.bincount(codes, dropped[codes.index], minlength=len(names)).astype("int64")
    for k in np.flatnonzero((have >= fewest) & (n - have >= fewest)).tolist():
        with_it, off = int(have[k]), int(a[k])
        yield names[k], off, with_it - off, lost - off, n - with_it - lost + off


def _log_odds(a: int, b: int, c: int, d: int, level: float) -> Estimate:
    """Return the log odds ratio of a two-by-two table."""
    (log_a, log_b, log_c, log_d) = np.log(np.array([a, b, c, d]) + 0.5)
    value = float(log_a - log_b - log_c + log_d)
    se = float(np.sqrt((1 / (np.array([a, b, c, d]) + 0.5)).sum()))
    half, n = z_value(level) * se, a + b + c + d
    return Estimate(value, value - half, value + half, n, _METHOD, se=se, level=level)
