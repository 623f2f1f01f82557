"""Where new customers come from, how many of them convert, and what one costs."""

from __future__ import annotations

from datetime import date, timedelta
from math import nan, sqrt
from typing import Any, Literal, get_args

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import special

from cjm_lab.errors import ParameterError, SourceError, one_of
from cjm_lab.estimate import Estimate, no_estimate, share
from cjm_lab.metrics._frames import framed
from cjm_lab.metrics.places import WINDOW_DAYS
from cjm_lab.metrics.stream import EPOCH, JourneyStream, window_us
from cjm_lab.period import Period

Origin = Literal["channel", "campaign", "page", "device"]


def acquisition(
    stream: JourneyStream,
    *,
    by: Origin = "channel",
    converted: str | None = None,
    window_days: float | None = WINDOW_DAYS,
    period: Period | None = None,
    as_of: date | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return where new customers come from and, if asked, which share of each converts.

    Parameters
    ----------
    stream
        Events of customers in order.
    by
        What of a customer's first event ever is looked at: its ``channel``, ``campaign``, ``page``
        (the landing page) or ``device``. Customers for whom it is unknown are left out.
    converted
        Event, or id of a touchpoint, that a customer is to get to; the first event may be it.
    window_days
        Days from the first event within which it counts. Only customers whose window has closed by
        `as_of` are in the conversion: the others may still convert. None means until `as_of`.
    period
        Only customers whose first event ever lies in it.
    as_of
        Last day that was observed; by default the day of the last event.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row an origin, in alphabetical order: a column named as `by`, ``customers``, ``value``
        (share of new customers), ``low``, ``high`` (Wilson), ``n``. With `converted` also
        ``converted`` (customers), ``conversion``, ``conversion_low``, ``conversion_high`` (Wilson)
        and ``conversion_n`` (customers whose window has closed).

    Raises
    ------
    ParameterError
        If `by` is no such column, or nobody knows the event.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 2, 1], unit="h", utc=True),
    ...     "event": ["visit", "order", "visit"],
    ...     "channel": ["ad", "", "search"],
    ... })
    >>> stream = journey_stream(log)
    >>> acquisition(stream).set_index("channel")["value"].to_dict()
    {'ad': 0.5, 'search': 0.5}
    >>> acquisition(stream, converted="order", window_days=None)["conversion"].tolist()
    [1.0, 0.0]
    """
    if by not in get_args(Origin):
        raise ParameterError(one_of("by", get_args(Origin), by))
    names = stream.texts(by)
    at, ends = nw.col("occurred_us"), stream.ends_before_us(as_of)
    first = (
        stream.table(period)
        .filter((nw.col("position") == 1) & ~nw.col(by).is_null() & (at < ends))
        .select("customer", nw.col(by).alias("origin"), at.alias("began"))
    )
    came = _per_origin(first)
    about, conversions = {by: "str", "customers": "int64"}, {}
    if converted is not None:
        window = window_us(window_days)
        closed = first if window is None else first.filter(nw.col("began") + window < ends)
        goal = stream.table().filter(stream.is_at(converted) & (at < ends))
        hits = goal.select("customer", at.alias("came")).join(closed, on="customer")
        if window is not None:
            hits = hits.filter(nw.col("came") <= nw.col("began") + window)
        done, due = _per_origin(hits), _per_origin(closed)
        conversions = {
            code: _conversion(done.get(code, 0), due.get(code, 0), level) for code in came
        }
        about |= {"converted": "int64", "conversion": "float64", "conversion_low": "float64"}
        about |= {"conversion_high": "float64", "conversion_n": "int64"}
    total = sum(came.values())
    rows = [
        (
            {by: names[code], "customers": customers} | conversions.get(code, {}),
            share(customers, total, level=level),
        )
        for code, customers in sorted(came.items())
    ]
    return framed(rows, about)


def _per_origin(table: nw.LazyFrame[Any]) -> dict[int, int]:
    """Return the number of customers of each origin."""
    each = table.group_by("origin").agg(nw.col("customer").n_unique().alias("customers"))
    found = each.collect().to_pandas()
    return {int(a): int(b) for a, b in zip(found["origin"], found["customers"], strict=True)}


def _conversion(converted: int, due: int, level: float) -> dict[str, float]:
    """Return the columns that say which share converted."""
    found = share(converted, due, level=level)
    return {
        "converted": converted,
        "conversion": found.value,
        "conversion_low": found.low,
        "conversion_high": found.high,
        "conversion_n": due,
    }


def acquisition_costs(
    stream: JourneyStream,
    costs: pd.DataFrame,
    *,
    period: Period | None = None,
    as_of: date | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return what a new customer cost in each channel.

    Costs and customers of the same channel and month are set against each other; a customer came
    in the month and through the channel of the first event ever.

    Parameters
    ----------
    stream
        Events of customers in order.
    costs
        Columns ``channel month amount``; a month is given by its first day. Rows of one channel
        and month add up.
    period
        Only whole months in it. None is what the log covers, from the day of its first event.
    as_of
        Last day that was observed; by default the end of the period, else the day of the last
        event. A month that ends later is left out.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a channel, in alphabetical order, the unknown one ("") last: ``channel``, ``months``
        (with a cost), ``customers`` (who came in these), ``uncosted`` (who came in whole months
        for which no cost of the channel is given), ``amount``, ``value`` (amount a customer),
        ``low``, ``high``, ``n`` (customers), ``method``. A channel without customers or without
        costs has no value: a cost that nobody gave is not 0.

    Raises
    ------
    SourceError
        If a month is not given by its first day.

    Notes
    -----
    The amount is known and the number of customers is a Poisson count, so the amount is divided by
    the exact bounds of the count. Their coverage is never below the level.

    References
    ----------
    Garwood (1936), Biometrika 28, 437-442: exact interval of a Poisson count.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "bob"], "event": "visit", "channel": ["ad", "ad"],
    ...     "occurred_at": pd.to_datetime(["2026-09-01", "2026-09-30"], utc=True)})
    >>> costs = pd.DataFrame({"channel": ["ad"], "amount": [50.0],
    ...                       "month": pd.to_datetime(["2026-09-01"], utc=True)})
    >>> acquisition_costs(journey_stream(log), costs)[["customers", "value"]].values.tolist()
    [[2.0, 25.0]]
    """
    came = _arrivals(stream)
    first, last = _span(stream, came, period, as_of)
    spent = _by_month(costs, stream.time_zone)
    spent = spent[_whole(spent["month"], first, last)]
    inside = came[_whole(came["month"], first, last)]
    arrived = inside.groupby(["channel", "month"])["customers"].sum().reset_index()
    both = arrived.merge(spent, on=["channel", "month"], how="outer")
    costed = both["amount"].notna()
    both["customers"] = both["customers"].fillna(0)
    both["uncosted"] = both["customers"].where(~costed, 0)
    both["customers"] = both["customers"].where(costed, 0)
    both["months"] = costed
    columns = ["months", "customers", "uncosted", "amount"]
    each = both.groupby("channel")[columns].sum()
    rows = []
    for channel in sorted(each.index, key=lambda name: (name == "", name)):
        months, customers, uncosted = (int(each.loc[channel, name]) for name in columns[:3])
        amount = float(each.loc[channel, "amount"]) if months else nan
        about = {"channel": channel, "months": months, "customers": customers}
        about |= {"uncosted": uncosted, "amount": amount}
        rows.append((about, _cost_of_one(amount, customers, level)))
    types = {"channel": "str", "months": "int64", "customers": "int64", "uncosted": "int64"}
    return framed(rows, types | {"amount": "float64"})


def _arrivals(stream: JourneyStream) -> pd.DataFrame:
    """Return how many new customers came through each channel in each month."""
    found = (
        stream.table()
        .filter(nw.col("position") == 1)
        .group_by("channel", "day")
        .agg(nw.len().alias("customers"))
        .collect()
        .to_pandas()
    )
    texts = np.array([*stream.channels, ""], dtype=object)
    day = found["day"].astype("int64").to_numpy().astype("datetime64[D]")
    return pd.DataFrame(
        {
            "channel": texts[found["channel"].fillna(-1).astype("int64")],
            "month": day.astype("datetime64[M]").astype("int64"),
            "day": day.astype("datetime64[s]"),
            "customers": found["customers"].astype("int64"),
        }
    )


def _span(
    stream: JourneyStream, came: pd.DataFrame, period: Period | None, as_of: date | None
) -> tuple[np.datetime64, np.datetime64]:
    """Return the first and the last day whose months may count."""
    first: np.datetime64 = np.datetime64("NaT")
    if period is not None:
        first = np.datetime64(period.start, "D")
    elif len(came):
        first = came["day"].to_numpy().min()  # the log's first event is also somebody's first
    observed = as_of or EPOCH + timedelta(days=stream.last_day)
    if period is None:
        last = observed
    else:
        last = period.end if as_of is None else min(period.end, observed)
    return first, np.datetime64(last, "D")


def _whole(month: pd.Series, first: np.datetime64, last: np.datetime64) -> pd.Series:
    """Return which months begin and end in the span."""
    begins = month.to_numpy().astype("datetime64[M]")
    inside = (begins.astype("datetime64[D]") >= first) & (
        (begins + 1).astype("datetime64[D]") <= last + 1
    )
    return pd.Series(inside, index=month.index)


def _by_month(costs: pd.DataFrame, time_zone: str) -> pd.DataFrame:
    """Return the amount of each channel and month, months counted from January 1970."""
    local = costs["month"].dt.tz_convert(time_zone).dt.tz_localize(None)
    wrong = np.flatnonzero(local.dt.day != 1)
    if len(wrong):
        row = int(wrong[0])
        raise SourceError(
            f"month must be the first day of a month, got {local.iloc[row].date()} "
            f"(costs, data row {row + 1}); correct the file"
        )
    tidy = pd.DataFrame(
        {
            "channel": costs["channel"].astype("str"),
            "month": local.to_numpy().astype("datetime64[M]").astype("int64"),
            "amount": costs["amount"].astype("float64"),
        }
    )
    return tidy.groupby(["channel", "month"])["amount"].sum().reset_index()


def _cost_of_one(amount: float, customers: int, level: float) -> Estimate:
    """Return a known amount divided by a Poisson count."""
    if np.isnan(amount):
        return no_estimate("no cost of this channel is given", level=level)
    if not customers:
        return no_estimate("nobody came for it", level=level)
    tail = (1 - level) / 2
    fewest = float(special.gammaincinv(customers, tail))
    most = float(special.gammaincinv(customers + 1, 1 - tail))
    value = amount / customers
    return Estimate(
        value,
        amount / most,
        amount / fewest,
        n=customers,
        method="amount / customers, exact Poisson",
        se=value / sqrt(customers),
        level=level,
    )
