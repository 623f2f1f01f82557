"""Whether what a model of orders expected came true."""

from __future__ import annotations

from datetime import date
from math import nan
from typing import Literal

import numpy as np
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate, mean
from cjm_lab.metrics._frames import framed, not_negative
from cjm_lab.metrics.buyers import last_day, purchase_days
from cjm_lab.metrics.lifetime import Models, fit_models, history
from cjm_lab.metrics.purchases import Floats, expected_orders

#: Repeat orders from which on customers are one class.
_MANY = 7

_Row = tuple[dict[str, object], Estimate]


def lifetime_holdout(
    orders: pd.DataFrame,
    *,
    until: date | None = None,
    as_of: date | None = None,
    by: Literal["frequency", "week"] = "frequency",
    time_zone: str = "UTC",
    level: float = 0.95,
) -> pd.DataFrame:
    """Return what BG/NBD, fitted to the first part of the record, expected of the rest.

    Where ``expected`` lies outside the interval of what customers did, the model is wrong there.

    Parameters
    ----------
    orders
        Columns ``customer_id ordered_at amount``.
    until
        Last day that the model sees, by default the middle of the record.
    as_of
        Last day of the record, by default that of the last order.
    by
        ``frequency``: classes of customers by their repeat orders until then, 0 to 7+; ``week``:
        all customers, all orders up to the end of each week after `until`.
    time_zone
        Where days begin.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        ``frequency`` (text) or ``week`` (1 and on), ``expected`` (orders a customer by the model,
        unknown where it can't be estimated) and ``value low high n se method``: orders a customer
        after `until`, with the t interval of the mean. Only customers known by then count.

    Raises
    ------
    ParameterError
        If `by` is unknown, or `until` is not before `as_of`.

    References
    ----------
    Fader, Hardie & Lee (2005), figures 2 and 3.

    Examples
    --------
    >>> orders = pd.DataFrame({"customer_id": ["ann", "ann", "bob"], "amount": 9.0,
    ...     "ordered_at": pd.to_datetime(["2026-09-01", "2026-09-22", "2026-09-02"], utc=True)})
    >>> found = lifetime_holdout(orders, until=date(2026, 9, 8))
    >>> found[["frequency", "value", "n"]].values.tolist()
    [['0', 0.5, 2]]
    """
    if by not in ("frequency", "week"):
        raise ParameterError(one_of("by", ["frequency", "week"], by))
    about = {by: "str" if by == "frequency" else "int64", "expected": "float64"}
    days = purchase_days(orders, as_of=as_of, time_zone=time_zone)
    end = pd.Timestamp(as_of) if as_of is not None else last_day(orders, time_zone)
    begin = days["day"].min()
    if days.empty or (until is None and not begin < end):
        return framed([], about)
    split = pd.Timestamp(until) if until is not None else (begin + (end - begin) / 2).normalize()
    if not split < end:
        raise ParameterError(
            f"until must be a day before as_of ({end:%Y-%m-%d}), got {split:%Y-%m-%d};"
            " the days between are what the model is tested on"
        )
    models = fit_models(orders, as_of=split.date(), unit="day", time_zone=time_zone)
    later = days[(days["day"] > split) & days["customer_id"].isin(models.summary["customer_id"])]
    if models.summary.empty:
        return framed([], about)
    rows = _by_frequency if by == "frequency" else _by_week
    return framed(rows(models, later, split, end, level), about)


def _by_frequency(
    models: Models, later: pd.DataFrame, split: pd.Timestamp, end: pd.Timestamp, level: float
) -> list[_Row]:
    """Return expected and actual orders of customers by their repeat orders until the split."""
    summary = models.summary
    expected = _expected(models, (end - split).days)
    actual = later["customer_id"].value_counts().reindex(summary["customer_id"], fill_value=0)
    rows: list[_Row] = []
    classes = summary["frequency"].clip(upper=_MANY)
    for number in sorted(classes.unique()):
        inside = (classes == number).to_numpy()
        label = f"{number}+" if number == _MANY else f"{number}"
        did = not_negative(mean(actual.to_numpy()[inside], level=level))
        rows.append(({"frequency": label, "expected": float(expected[inside].mean())}, did))
    return rows


def _by_week(
    models: Models, later: pd.DataFrame, split: pd.Timestamp, end: pd.Timestamp, level: float
) -> list[_Row]:
    """Return expected and actual orders of all customers up to the end of each whole week."""
    customer = pd.Index(models.summary["customer_id"]).get_indexer(later["customer_id"])
    after = (later["day"] - split).dt.days.to_numpy()
    rows: list[_Row] = []
    for week in range(1, (end - split).days // 7 + 1):
        counts = np.bincount(customer[after <= 7 * week], minlength=len(models.summary))
        expected = float(_expected(models, 7 * week).mean())
        did = not_negative(mean(counts, level=level))
        rows.append(({"week": week, "expected": expected}, did))
    return rows


def _expected(models: Models, ahead: float) -> Floats:
    """Return the expected orders of each customer, unknown without a model."""
    if models.orders is None:
        return np.full(len(models.summary), nan)
    return expected_orders(models.orders.parameters, *history(models.summary), ahead)
