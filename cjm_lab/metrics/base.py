"""The customer base: its size, churn, repeat purchase and what an order is worth."""

from __future__ import annotations

import pandas as pd

from cjm_lab.estimate import Estimate, clustered_ratio, share
from cjm_lab.metrics._frames import count_of, framed, in_period
from cjm_lab.metrics.service import own_customer
from cjm_lab.period import Period

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
    used = now if own_customer(now).nunique() > 1 else paid
    each = used["amount"].groupby(own_customer(used)).agg(["sum", "count"])
    return clustered_ratio(each["sum"], each["count"], level=level)
