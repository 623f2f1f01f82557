"""Lifetime value: what customers are expected to order in the months ahead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from math import nan
from typing import get_args

import numpy as np
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate, no_estimate
from cjm_lab.estimate.intervals import z_value
from cjm_lab.metrics._frames import count_of, framed
from cjm_lab.metrics.buyers import DAYS_OF, TimeUnit, left_out, purchase_summary
from cjm_lab.metrics.purchases import (
    Fit,
    Floats,
    bg_nbd,
    expected_amount,
    expected_orders,
    gamma_gamma,
    p_alive,
)

#: Days of a month, on average.
_MONTH = 365.25 / 12
#: Random parameters that an interval is made from.
_DRAWS = 500
#: Customers that those parameters are tried on: enough for how the mean moves with them.
_TRIED = 600
_ALIVE = "BG/NBD, repeat buyers: who bought once counts as alive by construction of the model"
_VALUES = ("order_value", "lifetime_value", "new_customer_value")


@dataclass(frozen=True, slots=True)
class Models:
    """Both models of the same customers, or why one can't be estimated."""

    summary: pd.DataFrame
    orders: Fit | None
    amounts: Fit | None
    why_no_orders: str
    why_no_amounts: str


def lifetime_value(
    orders: pd.DataFrame,
    *,
    as_of: date | None = None,
    horizon_months: float = 12,
    unit: TimeUnit = "week",
    time_zone: str = "UTC",
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Return what customers are worth in the months ahead, by BG/NBD and Gamma-Gamma.

    Values are undiscounted amounts, not margins. The intervals say how far the parameters are
    uncertain, for the customers as they are; what these will really spend varies more.

    Parameters
    ----------
    orders
        Columns ``customer_id ordered_at amount``; `purchase_days` says which count. The record
        should show customers from their first order on.
    as_of
        Last day that was observed, by default that of the last order.
    horizon_months
        Months ahead.
    unit
        Unit of time of ``alpha``: ``week`` or ``day``.
    time_zone
        Where days begin.
    level
        Confidence level.
    seed
        Seed of the random parameters.

    Returns
    -------
    DataFrame
        One row a ``measure`` with ``value low high n se method``:

        - ``customers``, ``repeat_customers``, ``orders_left_out`` (counts)
        - ``r alpha a b`` and ``p q v``: the parameters; intervals on the log scale
        - ``p_alive``: mean chance of a repeat buyer to be still a customer
        - ``expected_orders``: mean over all customers, in the months ahead
        - ``order_value``: mean amount of an order over customers, after the first
        - ``lifetime_value``: mean amount a known customer will order in the months ahead
        - ``new_customer_value``: mean amount of a new customer, first order included
        - ``correlation``: of frequency and mean amount of repeat buyers, which Gamma-Gamma takes to
          be 0

        Where a model can't be estimated, values are unknown and ``method`` says why.

    Raises
    ------
    ParameterError
        If `horizon_months` is not above zero, or `unit` is unknown.

    References
    ----------
    Fader, Hardie & Lee (2005), Marketing Science 24, 275-284; Fader & Hardie (2013), The
    Gamma-Gamma Model. Intervals: percentiles over parameters drawn from their asymptotic normal
    distribution on the log scale (Krinsky & Robb 1986).

    Examples
    --------
    >>> once = pd.DataFrame({"customer_id": ["ann", "bob"], "amount": [20.0, 30.0],
    ...     "ordered_at": pd.to_datetime(["2026-09-01", "2026-09-08"], utc=True)})
    >>> found = lifetime_value(once).set_index("measure")
    >>> found.loc["lifetime_value", "method"]
    'frequency must hold repeat orders, got 0; use a longer record'
    """
    ahead = _ahead(horizon_months, unit)
    models = fit_models(orders, as_of=as_of, unit=unit, time_zone=time_zone)
    summary = models.summary
    again = summary["frequency"] > 0
    rows = {
        "customers": count_of(len(summary), level=level),
        "repeat_customers": count_of(int(again.sum()), level=level),
        "orders_left_out": count_of(
            left_out(orders, as_of=as_of, time_zone=time_zone), level=level
        ),
    }
    rows |= _parameters(models, level)
    rows |= _outlook(models, ahead, f"{horizon_months:g} months", level, seed)
    rows["correlation"] = _correlation(summary[again], level)
    return framed([({"measure": m}, e) for m, e in rows.items()], {"measure": "str"})


def customer_values(
    orders: pd.DataFrame,
    *,
    as_of: date | None = None,
    horizon_months: float = 12,
    unit: TimeUnit = "week",
    time_zone: str = "UTC",
) -> pd.DataFrame:
    """Return what each customer is expected to order in the months ahead.

    For data/processed and further computing only: single customers, without intervals.

    Parameters
    ----------
    orders, as_of, horizon_months, unit, time_zone
        As in `lifetime_value`.

    Returns
    -------
    DataFrame
        The columns of `purchase_summary`, ``p_alive`` (1 for one-time buyers by construction of the
        model), ``expected_orders`` and ``expected_value``; unknown where a model can't be
        estimated.

    Examples
    --------
    >>> once = pd.DataFrame({"customer_id": ["ann"], "amount": [20.0],
    ...     "ordered_at": pd.to_datetime(["2026-09-01"], utc=True)})
    >>> customer_values(once)[["customer_id", "frequency", "expected_value"]].values.tolist()
    [['ann', 0, nan]]
    """
    ahead = _ahead(horizon_months, unit)
    models = fit_models(orders, as_of=as_of, unit=unit, time_zone=time_zone)
    unknown = np.full(len(models.summary), nan)
    alive, expected, amount = unknown, unknown, unknown
    known = history(models.summary)
    if models.orders is not None:
        alive = p_alive(models.orders.parameters, *known)
        expected = expected_orders(models.orders.parameters, *known, ahead)
    if models.amounts is not None:
        amount = expected_amount(models.amounts.parameters, *_spent(models.summary))
    new = {"p_alive": alive, "expected_orders": expected, "expected_value": expected * amount}
    return models.summary.assign(**new)


def _ahead(horizon_months: float, unit: str) -> float:
    """Return the horizon in the unit of time."""
    if unit not in get_args(TimeUnit):
        raise ParameterError(one_of("unit", get_args(TimeUnit), unit))
    if not 0 < horizon_months < np.inf:
        raise ParameterError(f"horizon_months must be above 0, got {horizon_months!r}; 12 is usual")
    return horizon_months * _MONTH / DAYS_OF[unit]


def fit_models(
    orders: pd.DataFrame, *, as_of: date | None, unit: TimeUnit, time_zone: str
) -> Models:
    """Return both models of the customers; Gamma-Gamma from repeat buyers who paid something."""
    summary = purchase_summary(orders, as_of=as_of, unit=unit, time_zone=time_zone)
    buying, why_no_orders = _fitted(bg_nbd, *history(summary))
    paying = summary[_paying(summary)]
    spending, why_no_amounts = _fitted(gamma_gamma, *_spent(paying))
    return Models(summary, buying, spending, why_no_orders, why_no_amounts)


def _fitted(fit: Callable[..., Fit], *columns: pd.Series) -> tuple[Fit | None, str]:
    """Return the fit, or why there is none: a metric reports what it can't estimate."""
    try:
        return fit(*columns), ""
    except ParameterError as error:
        return None, str(error)


def history(summary: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return what BG/NBD knows of customers."""
    return summary["frequency"], summary["recency"], summary["age"]


def _spent(summary: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return what Gamma-Gamma knows of customers."""
    return summary["frequency"].where(summary["monetary"].notna(), 0), summary["monetary"]


def _paying(summary: pd.DataFrame) -> pd.Series:
    """Return who ordered again for more than nothing."""
    return (summary["frequency"] > 0) & (summary["monetary"] > 0)


def _parameters(models: Models, level: float) -> dict[str, Estimate]:
    """Return the parameters of both models with intervals on the log scale."""
    rows: dict[str, Estimate] = {}
    for names, fit, why in (
        (("r", "alpha", "a", "b"), models.orders, models.why_no_orders),
        (("p", "q", "v"), models.amounts, models.why_no_amounts),
    ):
        if fit is None:
            rows |= {name: no_estimate(why, level=level) for name in names}
            continue
        method = f"maximum likelihood, log-likelihood {fit.log_likelihood:.2f}"
        far = np.exp(z_value(level) * fit.se / fit.parameters)
        for name, value, se, times in zip(names, fit.parameters, fit.se, far, strict=True):
            low, high = float(value / times), float(value * times)
            rows[name] = Estimate(float(value), low, high, fit.n, method, float(se), level=level)
    return rows


def _outlook(
    models: Models, ahead: float, span: str, level: float, seed: int
) -> dict[str, Estimate]:
    """Return chance to be alive, orders and values with intervals from random parameters."""
    measures = ("p_alive", "expected_orders", *_VALUES)
    summary = models.summary
    if models.orders is None:
        return {m: no_estimate(models.why_no_orders, len(summary), level) for m in measures}
    rng = np.random.default_rng(seed)
    center, covariance = _uncertain(models)
    everyone = summary.assign(weight=1.0)
    tried = _tried(summary, rng)
    value = _measures(center, everyone, ahead)
    draws = rng.multivariate_normal(center, covariance, _DRAWS, check_valid="ignore", method="eigh")
    moved = np.array([_measures(draw, tried, ahead) for draw in draws])
    # Infinite means of amounts give nan here and are reported as such by _interval.
    with np.errstate(invalid="ignore"):
        moved *= value / _measures(center, tried, ahead)
    moved[:, 0] = moved[:, 0].clip(max=1)
    again = int((summary["frequency"] > 0).sum())
    names = ("BG/NBD", "BG/NBD", "Gamma-Gamma", "BG/NBD and Gamma-Gamma", "BG/NBD and Gamma-Gamma")
    found = {}
    for i, measure in enumerate(measures):
        what = _ALIVE if i == 0 else names[i] if i == 2 else f"{names[i]}, {span} ahead"
        if measure in _VALUES and models.amounts is None:
            found[measure] = no_estimate(models.why_no_amounts, len(summary), level)
            continue
        n = again if i == 0 else models.amounts.n if i == 2 and models.amounts else len(summary)
        found[measure] = _interval(float(value[i]), moved[:, i], n, what, level)
    return found


def _interval(value: float, moved: Floats, n: int, what: str, level: float) -> Estimate:
    """Return a value with the percentiles of how it moves with the parameters."""
    if not np.isfinite(value):
        why = "infinite mean of amounts (q below 1)" if value > 0 else "too far ahead to compute"
        return no_estimate(f"{what}: {why}", n, level)
    if np.isnan(moved).mean() > 0.01:
        return Estimate(value, nan, nan, n, f"{what}: too far ahead for an interval", level=level)
    kept = moved[~np.isnan(moved)]
    low, high = np.quantile(kept, [0.5 - level / 2, 0.5 + level / 2], method="inverted_cdf")
    se = float(kept.std(ddof=1)) if np.isfinite(kept).all() else nan
    return Estimate(
        value, float(low), float(high), n, f"{what}; random parameters", se, level=level
    )


def _uncertain(models: Models) -> tuple[Floats, Floats]:
    """Return logarithms of r alpha a b p q v and the mean first amount, with their covariance.

    Customers who spend more at first spend more later: the scores of the fits carry over how the
    mean of the first amounts and the parameters vary together.
    """
    first = models.summary["first_amount"].to_numpy()
    known = max(int(np.isfinite(first).sum()), 1)
    mean_first = float(np.nansum(first) / known)
    off = np.nan_to_num(first - mean_first)
    center, covariance = np.zeros(8), np.zeros((8, 8))
    center[7], covariance[7, 7] = mean_first, (off**2).sum() / (known * max(known - 1, 1))
    everyone = np.ones(len(off), dtype=bool)
    for where, fit, rows in (
        (slice(0, 4), models.orders, everyone),
        (slice(4, 7), models.amounts, _paying(models.summary).to_numpy()),
    ):
        if fit is not None:
            center[where] = np.log(fit.parameters)
            covariance[where, where] = fit.covariance
            covariance[where, 7] = fit.covariance @ (fit.scores.T @ off[rows]) / known
            covariance[7, where] = covariance[where, 7]
    return center, covariance


def _measures(center: Floats, summary: pd.DataFrame, ahead: float) -> Floats:
    """Return p_alive, expected_orders and the three values for parameters and customers."""
    buying, spending = np.exp(center[:4]), np.exp(center[4:7])
    weight, again = summary["weight"].to_numpy(), (summary["frequency"] > 0).to_numpy()
    # Random parameters may lie where 2F1 overflows; such a draw is nan and counted.
    with np.errstate(over="ignore", invalid="ignore"):
        expected = expected_orders(buying, *history(summary), ahead)
        of_new = expected_orders(buying, 0, 0, 0, ahead)[0]
    alive = p_alive(buying, *history(summary))
    amount, of_all = expected_amount(spending, *_spent(summary)), expected_amount(spending, 0, 0)[0]
    return np.array(
        [
            np.average(alive[again], weights=weight[again]),
            np.average(expected, weights=weight),
            of_all,
            np.average(expected * amount, weights=weight),
            center[7] + of_new * of_all,
        ]
    )


def _tried(summary: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return some repeat and some one-time buyers, weighted as many as they stand for."""
    parts = []
    for _, group in summary.groupby(summary["frequency"] > 0):
        size = min(len(group), _TRIED // 2)
        rows = rng.permutation(len(group))[:size]
        parts.append(group.iloc[rows].assign(weight=len(group) / size))
    return pd.concat(parts)


def _correlation(again: pd.DataFrame, level: float) -> Estimate:
    """Return the correlation of frequency and mean amount of repeat buyers, Fisher's interval."""
    from scipy.stats import pearsonr

    pairs = again[["frequency", "monetary"]].dropna()
    if len(pairs) < 4 or (pairs.nunique() < 2).any():
        return no_estimate("Pearson: too few repeat buyers or all alike", len(pairs), level)
    found = pearsonr(pairs["frequency"], pairs["monetary"])
    low, high = found.confidence_interval(level)
    return Estimate(float(found.statistic), low, high, len(pairs), "Pearson, Fisher", level=level)
