"""Who buys how often, how lately and for how much, and which orders are new or repeated."""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

import numpy as np
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate, no_estimate, share
from cjm_lab.metrics._frames import clustered_share, framed, there_in
from cjm_lab.period import Period

TimeUnit = Literal["week", "day"]

#: Days of each unit of time.
DAYS_OF = {"week": 7, "day": 1}
#: Days without an order after which the next one counts as a reactivation.
PAUSE_DAYS = 180
#: What an order can be, as in the tidy table.
KINDS = ("new", "repeat", "upgrade", "renewal", "reactivation")
#: Kinds that the dates of the orders tell.
_DATED = ("new", "repeat", "reactivation")


def purchase_days(
    orders: pd.DataFrame, *, as_of: date | None = None, time_zone: str = "UTC"
) -> pd.DataFrame:
    """Return one row for each customer and day with orders: what counts as one purchase.

    Left out are orders without a customer or a date, orders after `as_of`, and amounts below zero:
    a return is no purchase. An amount of zero is one.

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
        ``customer_id``, ``day`` (without time zone), ``amount`` (sum), by customer and day.

    Examples
    --------
    >>> orders = pd.DataFrame({"customer_id": ["ann", "ann", "ann"], "amount": [5.0, 7.0, -7.0],
    ...     "ordered_at": pd.to_datetime(["2026-09-01"] * 2 + ["2026-09-03"], utc=True)})
    >>> purchase_days(orders)[["customer_id", "amount"]].values.tolist()
    [['ann', 12.0]]
    """
    dated = dated_orders(orders, as_of, time_zone)
    paid = dated[~(dated["amount"].astype("float64") < 0)]
    sums = paid.groupby(["customer_id", "day"])["amount"].sum(min_count=1).reset_index()
    return sums.astype({"customer_id": "str", "day": "datetime64[us]", "amount": "float64"})


def purchase_summary(
    orders: pd.DataFrame,
    *,
    as_of: date | None = None,
    unit: TimeUnit = "week",
    time_zone: str = "UTC",
) -> pd.DataFrame:
    """Return frequency, recency, age and mean amount of each customer.

    Several orders on one day are one purchase. What is left out says `purchase_days`. A customer
    counts as new at the first order of the record: somebody who ordered before it began looks
    younger and less frequent than true.

    Parameters
    ----------
    orders
        Columns ``customer_id ordered_at amount``.
    as_of
        Last day that was observed, by default that of the last order.
    unit
        Unit of `recency` and `age`: ``week`` or ``day``.
    time_zone
        Where days begin.

    Returns
    -------
    DataFrame
        By ``customer_id``: ``frequency`` (days with orders after the first), ``recency`` (time from
        the first to the last of them), ``age`` (from the first to `as_of`), ``monetary`` (mean
        amount of the repeat purchases; unknown without one), ``first_amount``.

    Raises
    ------
    ParameterError
        If `unit` is unknown.

    References
    ----------
    Fader & Hardie: x, t_x and T of "Counting Your Customers" the Easy Way (2005).

    Examples
    --------
    >>> orders = pd.DataFrame({"customer_id": "ann", "amount": [5.0, 7.0, 9.0],
    ...     "ordered_at": pd.to_datetime(["2026-09-01", "2026-09-01", "2026-09-15"], utc=True)})
    >>> purchase_summary(orders, as_of=date(2026, 9, 29)).values.tolist()
    [['ann', 1, 2.0, 4.0, 9.0, 12.0]]
    """
    if unit not in get_args(TimeUnit):
        raise ParameterError(one_of("unit", get_args(TimeUnit), unit))
    days = purchase_days(orders, as_of=as_of, time_zone=time_zone)
    first = days["day"].eq(days.groupby("customer_id")["day"].transform("min"))
    each = days.groupby("customer_id")["day"].agg(["min", "max", "size"])
    end = pd.Timestamp(as_of) if as_of is not None else last_day(orders, time_zone)
    amounts = days.set_index("customer_id")["amount"]
    repeats = amounts[~first.to_numpy()].groupby(level=0).mean()
    summary = pd.DataFrame(
        {
            "frequency": each["size"] - 1,
            "recency": (each["max"] - each["min"]).dt.days / DAYS_OF[unit],
            "age": (end - each["min"]).dt.days / DAYS_OF[unit],
            "monetary": repeats.reindex(each.index),
            "first_amount": amounts[first.to_numpy()].reindex(each.index),
        }
    ).reset_index()
    numbers = dict.fromkeys(["recency", "age", "monetary", "first_amount"], "float64")
    return summary.astype({"customer_id": "str", "frequency": "int64"} | numbers)


def dated_orders(orders: pd.DataFrame, as_of: date | None, time_zone: str) -> pd.DataFrame:
    """Return the orders of known customers and days up to `as_of`, with their ``day``."""
    when = pd.to_datetime(orders["ordered_at"], utc=True).dt.tz_convert(time_zone)
    days = when.dt.tz_localize(None).dt.normalize().dt.as_unit("us")
    known = orders["customer_id"].notna() & orders["customer_id"].astype("str").ne("")
    known &= days.notna()
    if as_of is not None:
        known &= days <= pd.Timestamp(as_of)
    return orders.assign(day=days)[known]


def left_out(orders: pd.DataFrame, *, as_of: date | None = None, time_zone: str = "UTC") -> int:
    """Return how many orders up to `as_of` don't count: see `purchase_days`."""
    counted = dated_orders(orders, as_of, time_zone)
    later = len(dated_orders(orders, None, time_zone)) - len(counted)
    return int(len(orders) - later - (~(counted["amount"] < 0)).sum())


def last_day(orders: pd.DataFrame, time_zone: str = "UTC") -> pd.Timestamp:
    """Return the day of the last order, of whatever amount; NaT without dates."""
    return dated_orders(orders, None, time_zone)["day"].max()


def order_kinds(
    orders: pd.DataFrame,
    customers: pd.DataFrame | None = None,
    *,
    period: Period | None = None,
    pause_days: int = PAUSE_DAYS,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the rates of new, repeat, upgrade, renewal and reactivation orders.

    Where the column ``kind`` is blank, dates decide: the first order known is ``new``, one after a
    pause of more than `pause_days` a ``reactivation``, any other ``repeat``. Orders of one customer
    on one day are one.

    Parameters
    ----------
    orders
        Columns ``customer_id ordered_at amount`` and, where known, ``kind``.
    customers
        Columns ``customer_id joined_at left_at``: the base of ``customer_share``. Without it, those
        who ordered in the period.
    period
        Only orders in it; its time zone says where days begin.
    pause_days
        Days without an order that make the next one a reactivation.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        For each ``kind`` two rows: ``measure`` is ``order_share`` (of the orders, clustered by
        customer) or ``customer_share`` (customers with such an order, Wilson); ``orders`` of that
        kind; ``value low high n se method``. Values are unknown, with the reason in ``method``,
        where dates would have to decide and the record begins less than `pause_days` before the
        period, and for upgrades and renewals where no kind is given: dates don't tell them.
        No orders in the period give no rows.

    Raises
    ------
    ParameterError
        If `pause_days` is not above zero.

    Examples
    --------
    >>> orders = pd.DataFrame({"customer_id": ["ann", "ann", "bob"], "amount": 9.0,
    ...     "ordered_at": pd.to_datetime(["2026-01-01", "2026-09-15", "2026-09-20"], utc=True)})
    >>> found = order_kinds(orders).set_index(["measure", "kind"])["value"]["order_share"]
    >>> found.round(2).to_dict()  # doctest: +NORMALIZE_WHITESPACE
    {'new': 0.67, 'repeat': 0.0, 'upgrade': nan, 'renewal': nan, 'reactivation': 0.33}
    """
    if not pause_days > 0:
        raise ParameterError(
            f"pause_days must be above 0, got {pause_days!r}; {PAUSE_DAYS} is usual"
        )
    days = _kinds(orders, period, pause_days)
    spanned = period is not None and period.kind != "all"
    now = days
    if spanned and period is not None:
        now = days[days["day"].between(pd.Timestamp(period.start), pd.Timestamp(period.end))]
    base = set(now["customer_id"])
    if customers is not None and len(customers):
        base = _base(customers, period)
    rows = []
    for kind in KINDS if len(now) else ():
        why = _unknown(days, now, kind, period if spanned else None, pause_days)
        rows += _rates(now, kind, base, why, level)
    return framed(rows, {"measure": "str", "kind": "str", "orders": "int64"})


def _rates(
    now: pd.DataFrame, kind: str, base: set[str], why: str, level: float
) -> list[tuple[dict[str, object], Estimate]]:
    """Return the two rows of a kind."""
    this = now["kind"] == kind
    each = this.groupby(now["customer_id"]).agg(["sum", "size"])
    members = each.index.isin(base)
    found = {
        "order_share": clustered_share(each["sum"], each["size"], level=level),
        "customer_share": share(int((each["sum"] > 0)[members].sum()), len(base), level=level),
    }
    if why:
        found = {measure: no_estimate(why, e.n, level) for measure, e in found.items()}
    about = {"kind": kind, "orders": int(this.sum())}
    return [({"measure": measure} | about, e) for measure, e in found.items()]


def _kinds(orders: pd.DataFrame, period: Period | None, pause_days: int) -> pd.DataFrame:
    """Return customer, day and kind of each order, and whether the kind was given."""
    time_zone = period.time_zone if period is not None else "UTC"
    as_of = period.end if period is not None else None
    dated = dated_orders(orders, as_of, time_zone)
    dated = dated[~(dated["amount"] < 0)]
    given = dated["kind"].fillna("").astype("str") if "kind" in dated else ""
    days = dated[["customer_id", "day"]].assign(kind=given)
    days = days.drop_duplicates().sort_values(["customer_id", "day", "kind"])
    # A line of a blank kind beside a known one is the same order.
    known = days["kind"].ne("").groupby([days["customer_id"], days["day"]]).transform("any")
    days = days[days["kind"].ne("") | ~known]
    each_day = days[["customer_id", "day"]].drop_duplicates()
    each_day["pause"] = each_day.groupby("customer_id")["day"].diff().dt.days
    days = days.merge(each_day, on=["customer_id", "day"])
    pause = days.pop("pause")
    derived = np.select([pause.isna(), pause > pause_days], ["new", "reactivation"], "repeat")
    days["given"] = days["kind"] != ""
    days["kind"] = days["kind"].where(days["given"], derived)
    return days


def _unknown(
    days: pd.DataFrame, now: pd.DataFrame, kind: str, period: Period | None, pause_days: int
) -> str:
    """Return why the rate of a kind can't be told, "" where it can."""
    if kind not in _DATED:
        return "" if days["given"].any() else "dates don't tell this kind; give the column kind"
    if now["given"].all() or period is None:
        return ""
    reach = (pd.Timestamp(period.start) - days["day"].min()).days
    return "" if reach >= pause_days else f"record begins less than {pause_days} days before"


def _base(customers: pd.DataFrame, period: Period | None) -> set[str]:
    """Return who was a customer at some time of the period."""
    return set(there_in(customers, period)["customer_id"])
