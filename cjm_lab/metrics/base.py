"""The customer base and its contacts, from the tables of the CRM."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from cjm_lab.estimate import Estimate, clustered_ratio, share
from cjm_lab.metrics._frames import clustered_share, count_of, framed, in_period, not_negative
from cjm_lab.period import Period, day_start

#: Days within which a contact should be resolved.
RESOLVED_WITHIN_DAYS = 7
#: Days within which an order after another one makes a repeat buyer of a month or a quarter.
REPEAT_WITHIN_DAYS = 30


def customer_base(
    customers: pd.DataFrame,
    orders: pd.DataFrame,
    *,
    period: Period | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return size, churn and repeat purchase of the customer base.

    Parameters
    ----------
    customers
        Columns ``customer_id joined_at left_at observed_from``; an unknown ``left_at`` means that
        the customer stays, an unknown ``joined_at`` that the customer was there from the start.
    orders
        Columns ``customer_id ordered_at``.
    period
        Span of the churn and of the orders. None and the kind ``all`` count everyone.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a ``measure``: ``customers`` (count at the end of the period), ``churn_share`` (of
        those there at its start, the share who left in it), ``repeat_share`` (of those who ordered
        in it, the share with another order in the 30 days before one of these; with ``all``, with
        more than one order); ``value``, ``low``, ``high`` (Wilson), ``n``.
        A table without rows has no rows here, and orders whose record does not begin 30 days
        before the period have no ``repeat_share``: earlier orders would be missed, and a young
        record would look like growing loyalty.

    Examples
    --------
    >>> unknown, gone = pd.to_datetime([None] * 4), pd.to_datetime(["2026-09-09", None, None, None])
    >>> people = pd.DataFrame({"customer_id": ["ann", "bob", "eve", "joe"], "joined_at": unknown,
    ...                        "left_at": gone, "observed_from": unknown})
    >>> nothing = pd.DataFrame({"customer_id": [], "ordered_at": []})
    >>> customer_base(people, nothing).set_index("measure")["value"].to_dict()
    {'customers': 3.0, 'churn_share': 0.25}
    """
    estimates: dict[str, Estimate] = {}
    if len(customers):
        estimates["customers"] = count_of(int(_at_the_end(customers, period).sum()), level=level)
        there, left = _at_risk(customers, period)
        estimates["churn_share"] = share(int(left.sum()), int(there.sum()), level=level)
    if len(orders) and _record_reaches_back(orders["ordered_at"], period):
        again = _bought_again(orders, period)
        estimates["repeat_share"] = share(int(again.sum()), len(again), level=level)
    return framed([({"measure": m}, e) for m, e in estimates.items()], {"measure": "str"})


def _record_reaches_back(times: pd.Series, period: Period | None) -> bool:
    """Return whether orders are known for the days before the period that repeat buyers need."""
    if period is None or period.kind == "all" or times.isna().all():
        return True
    return bool(times.min() <= period.starts_at - pd.Timedelta(days=REPEAT_WITHIN_DAYS - 1))


def _bought_again(orders: pd.DataFrame, period: Period | None) -> pd.Series:
    """Return for each customer with an order in the period whether it was not the first lately."""
    # Lines of one order share its time: they are not a second purchase.
    own = orders[["customer_id", "ordered_at"]]
    if own["ordered_at"].isna().all():
        return own.groupby("customer_id").size() > 1
    own = own.drop_duplicates().sort_values(["customer_id", "ordered_at"])
    gap = own.groupby("customer_id")["ordered_at"].diff()
    again = gap.notna()
    if period is not None and period.kind != "all":
        again &= gap <= pd.Timedelta(days=REPEAT_WITHIN_DAYS)
    now = in_period(own["ordered_at"], period)
    return again[now].groupby(own.loc[now, "customer_id"]).any()


def _at_the_end(customers: pd.DataFrame, period: Period | None) -> pd.Series:
    """Return who is a customer when the period is over."""
    if period is None:
        return customers["left_at"].isna()
    end = period.ends_before
    return ~(customers["joined_at"] >= end) & ~(customers["left_at"] < end)


def _at_risk(customers: pd.DataFrame, period: Period | None) -> tuple[pd.Series, pd.Series]:
    """Return who could have left in the period, and who of them did."""
    joined, left = customers["joined_at"], customers["left_at"]
    if period is None:
        return pd.Series(True, index=customers.index), left.notna()
    if period.kind == "all":
        there = ~(joined >= period.ends_before)
        return there, there & (left < period.ends_before)
    # Somebody seen only from later on could not have been seen leaving before.
    entered = pd.concat([joined, customers["observed_from"]], axis=1).max(axis=1)
    there = ~(entered >= period.starts_at) & ~(left < period.starts_at)
    return there, there & (left < period.ends_before)


def contacts(
    interactions: pd.DataFrame,
    customers: pd.DataFrame,
    *,
    period: Period | None = None,
    as_of: date | None = None,
    resolved_within_days: int = RESOLVED_WITHIN_DAYS,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return who contacts the company, how fast it replies and whether it helps.

    Parameters
    ----------
    interactions
        Columns ``customer_id topic opened_at first_reply_at resolved_at``.
    customers
        The base that the share of contacting customers refers to; without rows, or where no
        contact names its customer, there is no share.
    period
        Only contacts opened in it.
    as_of
        Last day that was observed; by default all windows have closed.
    resolved_within_days
        Days within which a contact counts as resolved; younger contacts are left out, not failed.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        ``measure``, ``topic`` ("" = all) and ``customers`` (who made contact): ``contact_share``
        (Wilson over customers), ``first_reply_hours`` (mean over the contacts with a reply) and
        ``resolved_share``, both clustered by customer; ``value``, ``low``, ``high``, ``n``.

    Examples
    --------
    >>> calls = pd.DataFrame({"customer_id": ["ann", "bob"], "topic": ["delivery", "delivery"],
    ...     "opened_at": pd.to_datetime(["2026-09-01 08:00"] * 2, utc=True),
    ...     "first_reply_at": pd.to_datetime(["2026-09-01 09:00", "2026-09-01 12:00"], utc=True),
    ...     "resolved_at": pd.to_datetime(["2026-09-02", None], utc=True)})
    >>> contacts(calls, pd.DataFrame({"customer_id": []}))["value"].tolist()
    [2.5, 0.5, 2.5, 0.5]
    """
    base = customers
    if len(customers) and period is not None:
        joined, left = customers["joined_at"], customers["left_at"]
        base = customers[~(joined >= period.ends_before) & ~(left < period.starts_at)]
    opened = interactions[in_period(interactions["opened_at"], period)]
    about = {"measure": "str", "topic": "str", "customers": "int64"}
    if not len(opened):
        return framed([], about)
    due = opened["opened_at"] + timedelta(days=resolved_within_days)
    closed = pd.Series(True, index=opened.index)
    if as_of is not None:
        time_zone = period.time_zone if period is not None else "UTC"
        closed = ~(due >= day_start(as_of + timedelta(days=1), time_zone))
    waited = (opened["first_reply_at"] - opened["opened_at"]).dt.total_seconds() / 3600
    resolved = opened["resolved_at"]
    each = pd.DataFrame(
        {
            "customer": _customer(opened),
            "named": opened["customer_id"].astype("str") != "",
            "topic": opened["topic"],
            "hours": waited,
            "solved": ((resolved <= due) | (due.isna() & resolved.notna())).where(closed),
        }
    )
    rows = []
    topics = sorted(topic for topic in each["topic"].unique() if topic)
    for topic in ["", *topics]:
        about_it = each if topic == "" else each[each["topic"] == topic]
        what = {"topic": topic, "customers": about_it["customer"].nunique()}
        for measure, estimate in _of_contacts(about_it, base, level).items():
            rows.append(({"measure": measure} | what, estimate))
    return framed(rows, about)


def _of_contacts(each: pd.DataFrame, base: pd.DataFrame, level: float) -> dict[str, Estimate]:
    """Return the estimates of some contacts."""
    estimates = {}
    if len(base) and each["named"].any():
        contacting = int(base["customer_id"].isin(each["customer"]).sum())
        estimates["contact_share"] = share(contacting, len(base), level=level)
    sums = each.groupby("customer")[["hours", "solved"]].agg(["sum", "count"])
    hours, solved = sums["hours"], sums["solved"].astype("float64")
    reply = clustered_ratio(hours["sum"], hours["count"], level=level)
    estimates["first_reply_hours"] = not_negative(reply)
    estimates["resolved_share"] = clustered_share(solved["sum"], solved["count"], level=level)
    return estimates


def order_value(
    orders: pd.DataFrame, *, period: Period | None = None, level: float = 0.95
) -> Estimate:
    """Return what an order of a new customer is worth: their mean amount, clustered by customer.

    Where no order is known to be of the kind ``new`` all count, and where fewer than two customers
    ordered in the period all of the record count.

    Parameters
    ----------
    orders
        Columns ``customer_id ordered_at amount`` and, where known, ``kind``.
    period
        Only orders in it.
    level
        Confidence level.

    Examples
    --------
    >>> orders = pd.DataFrame({"customer_id": ["ann", "bob", "ann"], "ordered_at": pd.NaT,
    ...                        "amount": [40.0, 60.0, 5.0], "kind": ["new", "new", "repeat"]})
    >>> order_value(orders).value
    50.0
    """
    paid = orders[orders["amount"].notna()]
    if "kind" in paid and (paid["kind"] == "new").any():
        paid = paid[paid["kind"] == "new"]
    now = paid[in_period(paid["ordered_at"], period)]
    used = now if _customer(now).nunique() > 1 else paid
    each = used["amount"].groupby(_customer(used)).agg(["sum", "count"])
    return clustered_ratio(each["sum"], each["count"], level=level)


def _customer(table: pd.DataFrame) -> pd.Series:
    """Return whose contact or order it is; one without a customer stands for itself."""
    ids = table["customer_id"].astype("str")
    own = pd.Series([f"row {i}" for i in range(len(ids))], index=ids.index)
    return ids.where(ids != "", own)
