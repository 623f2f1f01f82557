"""RFM: customers by how lately, how often and for how much they ordered."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cjm_lab.estimate import clustered_ratio, mean, share
from cjm_lab.metrics._frames import clustered_share, framed
from cjm_lab.metrics.buyers import dated_orders, purchase_days

#: Segments by recency score and frequency score.
_SEGMENTS = {
    "champions": ((4, 5), (4, 5)),
    "potential loyalists": ((4, 5), (2, 3)),
    "new customers": ((4, 5), (1, 1)),
    "loyal": ((3, 3), (3, 5)),
    "about to sleep": ((3, 3), (1, 2)),
    "at risk": ((1, 2), (3, 5)),
    "hibernating": ((1, 2), (1, 2)),
}


def rfm_scores(
    orders: pd.DataFrame, *, as_of: date | None = None, time_zone: str = "UTC"
) -> pd.DataFrame:
    """Return recency, frequency and monetary scores of each customer, and the segment.

    A score is 1 plus the number of whole fifths of the customers who are strictly below, so that
    equal customers have equal scores whatever the order of the file.

    Parameters
    ----------
    orders
        Columns ``customer_id ordered_at amount``.
    as_of
        Last day that counts, by default that of the last order.
    time_zone
        Where days begin.

    Returns
    -------
    DataFrame
        By ``customer_id``: ``last_day``, ``orders`` (days with one), ``amount`` (sum, returns
        taken off), ``recency_score``, ``frequency_score``, ``monetary_score`` (1 to 5), and
        ``segment`` by the first two: recency 4-5: champions (frequency 4-5), potential loyalists
        (2-3), new customers (1); recency 3: loyal (3-5), about to sleep (1-2); recency 1-2: at risk
        (3-5), hibernating (1-2).

    References
    ----------
    Hughes (1994), Strategic Database Marketing: quintiles of recency, frequency, monetary value.

    Examples
    --------
    >>> when = pd.date_range("2026-09-01", periods=5, tz="UTC")
    >>> orders = pd.DataFrame({"customer_id": list("abcde"), "ordered_at": when, "amount": 9.0})
    >>> rfm_scores(orders)[["recency_score", "frequency_score"]].values.tolist()
    [[1, 1], [2, 1], [3, 1], [4, 1], [5, 1]]
    """
    days = purchase_days(orders, as_of=as_of, time_zone=time_zone)
    net = dated_orders(orders, as_of, time_zone).groupby("customer_id")["amount"].sum()
    each = days.groupby("customer_id")["day"].agg(last_day="max", orders="size")
    each["amount"] = net.reindex(each.index).astype("float64")
    ranked = {"recency": "last_day", "frequency": "orders", "monetary": "amount"}
    for score, column in ranked.items():
        below = each[column].rank(method="min") - 1
        each[f"{score}_score"] = (5 * below // max(len(each), 1) + 1).astype("int64")
    recency, frequency = each["recency_score"], each["frequency_score"]
    inside = [recency.between(*r) & frequency.between(*f) for r, f in _SEGMENTS.values()]
    each["segment"] = np.select(inside, list(_SEGMENTS), "")
    types = {"customer_id": "str", "last_day": "datetime64[us]", "segment": "str"}
    return each.reset_index().astype(types)


def rfm_segments(
    orders: pd.DataFrame,
    *,
    as_of: date | None = None,
    time_zone: str = "UTC",
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how large each RFM segment is and how much of the value it brings.

    Parameters
    ----------
    orders
        Columns ``customer_id ordered_at amount``.
    as_of
        Last day that counts, by default that of the last order.
    time_zone
        Where days begin.
    level
        Confidence level. The fifths are taken as they are; only who falls into them is uncertain.

    Returns
    -------
    DataFrame
        For each ``segment`` of `rfm_scores` three rows: ``measure`` is ``customer_share`` (Wilson),
        ``value_share`` (of the amounts, clustered by customer) or ``customer_value`` (mean amount a
        customer, t); ``value low high n se method``.

    Examples
    --------
    >>> when = pd.date_range("2026-09-01", periods=5, tz="UTC")
    >>> orders = pd.DataFrame({"customer_id": list("abcde"), "ordered_at": when, "amount": 9.0})
    >>> found = rfm_segments(orders).set_index(["segment", "measure"])["value"]
    >>> found["hibernating"].to_dict()
    {'customer_share': 0.4, 'value_share': 0.4, 'customer_value': 9.0}
    """
    each = rfm_scores(orders, as_of=as_of, time_zone=time_zone)
    rows = []
    for segment in _SEGMENTS if len(each) else ():
        inside = each["segment"] == segment
        spent = each["amount"]
        of_value = clustered_ratio(spent.where(inside, 0.0), spent, level=level)
        if (spent >= 0).all():
            of_value = clustered_share(spent.where(inside, 0.0), spent, level=level)
        found = {
            "customer_share": share(int(inside.sum()), len(each), level=level),
            "value_share": of_value,
            "customer_value": mean(spent[inside], level=level),
        }
        rows += [({"segment": segment, "measure": what}, e) for what, e in found.items()]
    return framed(rows, {"segment": "str", "measure": "str"})
