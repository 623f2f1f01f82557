"""Retention: who comes back how long after the start, and how sticky a habit is."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal, get_args

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate, no_estimate, share
from cjm_lab.metrics._frames import clustered_share, framed
from cjm_lab.metrics.stream import EPOCH, JourneyStream, within
from cjm_lab.period import Period

Calendar = Literal["day", "week", "month"]

#: More days than any log has, so that a customer's code and a day make one integer.
_MOST_DAYS = 1_000_000
_DAYS = {"day": 1, "week": 7}


def retention(
    stream: JourneyStream,
    *,
    start: str | None = None,
    back: str | None = None,
    every: Calendar | int = "week",
    cohorts: Calendar | None = None,
    period: Period | None = None,
    as_of: date | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return which share of each cohort was back so many weeks after its start.

    Each customer has a clock of their own, in local days: at age 0 is the start itself, at age k of
    weeks the days 7k to 7k + 6 after it. A month of age ends on the day of the month of the start;
    where a month lacks that day, on the first of the next.

    Parameters
    ----------
    stream
        Events of customers in order.
    start
        Event or touchpoint whose first occurrence starts a customer's clock; by default the first
        event of all. Customers who are older than the log look new in its first days: begin the
        `period` later.
    back
        Event or touchpoint that counts as being back; by default any event.
    every
        Length of an age: ``day``, ``week``, ``month`` or a number of days.
    cohorts
        Customers who start in one calendar ``day``, ``week`` (from Monday) or ``month`` are a
        cohort; by default as `every`, and months for a number of days.
    period
        Only customers who start in it.
    as_of
        Last day that was observed; by default the day of the last event.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a cohort and age that has begun: ``cohort`` (its first day), ``age``, ``customers``,
        ``mature``, ``value`` (share active at that age), ``low``, ``high`` (Wilson), ``n``, ``se``,
        ``method``. A cell is mature once its age is over for whoever starts on the cohort's last
        day; before, it has no value. Rows without a cohort are the curve of all cohorts that are
        mature at the age, each customer counting once: `customers` says how many, and as young
        cohorts are missing at high ages, the curve may rise there.

    Raises
    ------
    ParameterError
        If an event is unknown, or `every` or `cohorts` is none of these.

    References
    ----------
    Wilson (1927), see `cjm_lab.estimate.share`.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob", "eve"],
    ...     "occurred_at": pd.to_datetime(["2026-09-07", "2026-09-15", "2026-09-08", "2026-09-28"],
    ...                                   utc=True),
    ...     "event": "visit",
    ... })
    >>> found = retention(journey_stream(log)).query("age == 1 and mature")
    >>> found[["customers", "value"]].values.tolist()  # the cohort of the 7th; all mature ones
    [[2.0, 0.5], [2.0, 0.5]]
    """
    if every not in get_args(Calendar) and not (type(every) is int and every > 0):
        raise ParameterError(
            f"every must be 'day', 'week', 'month' or a positive number of days, got {every!r}"
        )
    by = cohorts or (every if isinstance(every, str) else "month")
    if by not in get_args(Calendar):
        raise ParameterError(one_of("cohorts", get_args(Calendar), by))
    last = last_day(stream, as_of)
    sizes, returned = _counts(stream, start, back, every, by, period, last)
    cells = []
    for cohort, size in sizes.items():
        # Whoever starts on the first day is the oldest; on the last day, the youngest.
        oldest = int(_elapsed(last, cohort, every))
        over = int(_elapsed(last + 1, _next_cohort(cohort, by) - 1, every))
        cells += [
            {"cohort": cohort, "age": age, "customers": size, "mature": age < over}
            for age in range(oldest + 1)
        ]
    rows: list[tuple[dict[str, Any], Estimate]] = []
    for cell in cells:
        estimate = no_estimate("not over for the whole cohort", level=level)
        if cell["mature"]:
            back_then = returned.get((cell["cohort"], cell["age"]), 0)
            estimate = share(back_then, cell["customers"], level=level)
        day = pd.Timestamp(EPOCH + timedelta(days=cell["cohort"]))
        rows.append((cell | {"cohort": day}, estimate))
    rows += _averaged([cell for cell in cells if cell["mature"]], returned, level)
    types = {"cohort": "datetime64[us]", "age": "int64", "customers": "int64", "mature": "bool"}
    return framed(rows, types)


def stickiness(
    stream: JourneyStream,
    *,
    event: str | None = None,
    period: Period | None = None,
    as_of: date | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return which share of a week's and of a month's active customers is active on a day.

    Parameters
    ----------
    stream
        Events of customers in order.
    event
        Event or touchpoint that counts as being active; by default any event.
    period
        Only days in it; what came before still counts for the week or month up to a day.
    as_of
        Last day that was observed; by default the day of the last event.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        ``measure``: ``dau_wau`` and ``dau_mau``; ``value``, ``low``, ``high``, ``n`` (customers),
        ``se``, ``method``.

    Raises
    ------
    ParameterError
        If the event is unknown.

    Notes
    -----
    The ratio of averages: the sum over days of the customers active on the day, by the sum over the
    same days of those active in the 7 (30) days up to and with it. Only days with 7 (30) days on
    record count. Days follow each other and are no independent sample, customers are: each
    customer's two sums enter as one observation. So the interval speaks of other customers on the
    same days, not of other days.

    Examples
    --------
    Over ten days somebody comes daily and somebody on day 6 alone, who is one of the week's active
    customers on the days 7, 8, 9 and 10 that count (and 4 days of the other): 4 / 8.

    >>> from cjm_lab.metrics import journey_stream
    >>> days = [*range(1, 11), 6]
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann"] * 10 + ["bob"],
    ...     "occurred_at": [pd.Timestamp(2026, 9, day, tz="UTC") for day in days],
    ...     "event": "visit",
    ... })
    >>> stickiness(journey_stream(log))["value"].tolist()
    [0.5, nan]
    """
    last = last_day(stream, as_of)
    first = stream.table().select(nw.col("day").min()).collect()["day"].to_list()[0] or 0
    days = active_days(stream, event, last)
    rows = []
    for measure, window in {"dau_wau": 7, "dau_mau": 30}.items():
        begin, end = int(first) + window - 1, last
        if period is not None:
            begin = max(begin, (period.start - EPOCH).days)
            end = min(end, (period.end - EPOCH).days)
        estimate = no_estimate(f"fewer than {window} days on record", level=level)
        if begin <= end:
            estimate = _sticky(days, window, begin, end, level)
        rows.append(({"measure": measure}, estimate))
    return framed(rows, {"measure": "str"})


def active_days(stream: JourneyStream, event: str | None, last: int) -> pd.DataFrame:
    """Return the days on which each customer was active, and the pause after each.

    Columns ``customer day pause back``: days until the next active day or, where `back` is False,
    until the last day observed.
    """
    table = stream.table().filter(nw.col("day") <= last)
    active = table if event is None else table.filter(stream.is_at(event))
    # One packed key, sorted outside of the engine: much faster than a window over each customer.
    key = nw.col("customer").cast(nw.Int64) * _MOST_DAYS + nw.col("day")
    keys = np.sort(active.select(key=key).unique().collect()["key"].to_numpy().astype("int64"))
    customer, day = np.divmod(keys, _MOST_DAYS)
    back = np.diff(customer, append=-1) == 0
    pause = np.where(back, np.diff(day, append=0), last - day)
    return pd.DataFrame({"customer": customer, "day": day, "pause": pause, "back": back})


def _sticky(days: pd.DataFrame, window: int, begin: int, end: int, level: float) -> Estimate:
    """Return active days by the days on which one was active in the window up to them."""
    reach = days["pause"].where(days["back"], window).clip(upper=window)
    until = np.minimum(days["day"] + reach, end + 1)
    covered = (until - days["day"].clip(lower=begin)).clip(lower=0)
    people = pd.DataFrame({"on": days["day"].between(begin, end), "covered": covered})
    people = people.groupby(days["customer"]).sum()
    return clustered_share(people["on"], people["covered"], level=level)


def last_day(stream: JourneyStream, as_of: date | None) -> int:
    """Return the last local day that was observed, counted from 1970."""
    return stream.last_day if as_of is None else (as_of - EPOCH).days


def _counts(
    stream: JourneyStream,
    start: str | None,
    back: str | None,
    every: Calendar | int,
    by: Calendar,
    period: Period | None,
    last: int,
) -> tuple[dict[int, int], dict[tuple[int, int], int]]:
    """Return the customers of each cohort, and of each cohort and age those who were back."""
    at, day = nw.col("occurred_us"), nw.col("day")
    table = stream.table().filter(day <= last)
    begin = nw.col("position") == 1 if start is None else stream.is_at(start)
    starts = (
        table.filter(begin)
        .group_by("customer")
        .agg(at.min().alias("started"), day.min().alias("start_day"))
    )
    if period is not None:
        starts = starts.filter(within("started", period))
    # Back to the engine, so that no plan looks for them again.
    started = starts.collect()
    starts = nw.from_native(stream.put(started.to_arrow())).lazy()
    sizes = started.group_by("start_day").agg(nw.len().alias("customers"))
    came = table if back is None else table.filter(stream.is_at(back))
    came = came.select("customer", "occurred_us", "day").join(starts, on="customer")
    if start is not None:  # nothing comes before the first event of all
        came = came.filter(at >= nw.col("started"))
    each = ["start_day", "age"]
    if every == "month":
        # No engine-neutral expression knows the calendar; the days of customers are few enough.
        days = came.select("customer", "start_day", "day").unique().collect().to_pandas()
        days["age"] = _elapsed(days["day"], days["start_day"], every)
        back_then = days.groupby(each)["customer"].nunique().rename("back").reset_index()
    else:
        age = (day - nw.col("start_day")) // _length(every)
        ages = came.select("customer", "start_day", age.alias("age")).group_by(each)
        back_then = ages.agg(nw.col("customer").n_unique().alias("back")).collect().to_pandas()
    # Who starts on different days is not the same customer, so days add up to cohorts.
    size, found = sizes.to_pandas().astype("int64"), back_then.astype("int64")
    size["cohort"], found["cohort"] = (_cohort(one["start_day"], by) for one in (size, found))
    customers = size.groupby("cohort", as_index=False)["customers"].sum()
    back_at = found.groupby(["cohort", "age"], as_index=False)["back"].sum()
    cells = zip(back_at["cohort"].tolist(), back_at["age"].tolist(), strict=True)
    return (
        dict(zip(customers["cohort"].tolist(), customers["customers"].tolist(), strict=True)),
        dict(zip(cells, back_at["back"].tolist(), strict=True)),
    )


def _averaged(
    mature: list[dict[str, Any]], returned: dict[tuple[int, int], int], level: float
) -> list[tuple[dict[str, Any], Estimate]]:
    """Return the curve over all mature cells, each weighted by its customers."""
    rows = []
    for age in sorted({cell["age"] for cell in mature}):
        cells = [cell for cell in mature if cell["age"] == age]
        customers = sum(cell["customers"] for cell in cells)
        back = sum(returned.get((cell["cohort"], age), 0) for cell in cells)
        about = {"cohort": pd.NaT, "age": age, "customers": customers, "mature": True}
        rows.append((about, share(back, customers, level=level)))
    return rows


def _elapsed(
    day: npt.ArrayLike, start: npt.ArrayLike, every: Calendar | int
) -> npt.NDArray[np.int64]:
    """Return the whole ages between two days."""
    if every != "month":
        return (np.asarray(day) - np.asarray(start)) // _length(every)
    (month, of_month), (start_month, of_start) = _month(day), _month(start)
    return month - start_month - (of_month < of_start)


def _length(every: Calendar | int) -> int:
    """Return the days of an age that is not a month."""
    return _DAYS[every] if isinstance(every, str) else every


def _cohort(day: npt.ArrayLike, by: Calendar) -> npt.NDArray[np.int64]:
    """Return the first day of the cohort that a day belongs to."""
    if by == "month":
        return np.asarray(day) - _month(day)[1]
    # 1970 began on a Thursday.
    return np.asarray(day) - ((np.asarray(day) + 3) % 7 if by == "week" else 0)


def _next_cohort(cohort: int, by: Calendar) -> int:
    """Return the first day of the cohort after one."""
    return int(_cohort(cohort + 31, by)) if by == "month" else cohort + _DAYS[by]


def _month(day: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the number of a day's month, and which of its days it is, from 0."""
    dates = np.asarray(day, dtype="int64").astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    return months.astype("int64"), (dates - months).astype("int64")
