"""The outcome as a function of all drivers at once: linear, logit or ordered logit."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import nan
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Design, z_value
from cjm_lab.surveys.driver_columns import (
    Bools,
    DriverColumns,
    Floats,
    Missing,
    driver_columns,
    weighted_covariance,
)

Places = npt.NDArray[np.intp]
#: Weights, their standard errors, and what is wrong with them.
Fit = tuple[Floats | float, Floats | float, str]
Model = Literal["auto", "linear", "logit", "ordered"]

_MODELS = ("auto", "linear", "logit", "ordered")
_MOST_LEVELS = 11
#: A standard error of this many log odds or standard deviations means that nothing holds a weight.
_LARGEST_SE = 100
_SEPARATED = "the ratings tell the outcomes apart perfectly: no finite weights"
#: Part of a column's variance that must be left beside those before it.
_ALONE = 1e-8


def outcome_model(
    answers: pd.DataFrame,
    outcome: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | Design | None = None,
    not_applicable: pd.DataFrame | None = None,
    missing: Missing = "indicator",
    model: Model = "auto",
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the standardized weight of each driver beside all the others.

    Parameters
    ----------
    answers, outcome, weights, not_applicable, missing
        As in `key_drivers`.
    model
        ``linear``; ``logit`` for an outcome of two values; ``ordered`` (proportional odds) for one
        of at most 11 levels, without weights; ``auto`` takes logit for two values, else linear.
    level
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        One row a driver: driver, value, low, high, n, method. The value is the change of the
        outcome, in its standard deviations (linear) or log odds (logit), for one standard deviation
        of the rating. NaN where it has no finite value, and `method` says why.

    Raises
    ------
    ParameterError
        If the outcome doesn't suit the model.

    References
    ----------
    Intervals: Wald; HC3 for linear (MacKinnon & White 1985), for a weighted logit the sandwich of
    respondents; clusters and strata of a Design don't enter. Ordered: McCullagh (1980).

    Examples
    --------
    One driver: the linear weight is the correlation.

    >>> rows = outcome_model(pd.DataFrame({"seat": [1, 2, 3, 4]}), [1, 2, 4, 3])
    >>> round(float(rows["value"][0]), 3), rows["method"][0]
    (0.8, 'linear')
    """
    columns = driver_columns(
        answers, outcome, weights=weights, not_applicable=not_applicable, missing=missing
    )
    return fitted(columns, model=model, level=level, weighted=weights is not None)


def model_for(outcome: Floats) -> Model:
    """Return logit for an outcome of two values, else linear."""
    return "logit" if len(np.unique(outcome)) == 2 else "linear"


def fitted(
    columns: DriverColumns, *, model: Model = "auto", level: float, weighted: bool
) -> pd.DataFrame:
    """Return the weights of drivers whose columns are known, as `outcome_model` does."""
    if model not in _MODELS:
        raise ParameterError(one_of("model", _MODELS, model))
    levels = np.unique(columns.outcome)
    if model == "auto":
        model = model_for(columns.outcome)
    _check(model, levels, weighted)
    everything = (np.ones(len(columns.outcome), bool), np.ones(columns.values.shape[1], bool))
    rows, candidates = _undetermined(columns) if model == "logit" else everything
    y, w = columns.outcome[rows], columns.weights[rows]
    kept = np.zeros(len(candidates), dtype=bool)
    value: Floats | float = nan
    se: Floats | float = nan
    trouble = _SEPARATED
    if len(np.unique(y)) > 1:
        kept = _independent(columns.values[rows], w, candidates, columns.ratings)
        x = columns.values[rows][:, kept]
        if len(y) <= x.shape[1] + 1:
            raise ParameterError(
                f"there must be more people than columns of the model ({x.shape[1]} and a "
                f"constant), got {len(y)}"
            )
        value, se, trouble = _FITS[model](x, y, w, weighted)
    margin = z_value(level) * se
    estimates = np.full((len(kept), 3), nan)
    estimates[kept] = np.column_stack([value, value - margin, value + margin])
    table = pd.DataFrame(estimates[columns.ratings], columns=["value", "low", "high"])
    table.insert(0, "driver", list(columns.names))
    table["n"] = len(y)
    method = f"{model}, {trouble}" if trouble else model
    follows = f"{model}, follows from the other ratings"
    lone = kept[columns.ratings] | (trouble == _SEPARATED)
    table["method"] = np.where(lone, method, follows)
    return table


def _check(model: str, levels: Floats, weighted: bool) -> None:
    if len(levels) < 2:
        raise ParameterError("the outcome must differ between people, all gave the same answer")
    if model == "logit" and len(levels) != 2:
        raise ParameterError(
            f"a logit's outcome must have two values, got {len(levels)}; "
            "take model='ordered' or 'linear'"
        )
    if model == "ordered" and len(levels) > _MOST_LEVELS:
        raise ParameterError(
            f"an ordered logit's outcome must have at most {_MOST_LEVELS} levels, "
            f"got {len(levels)}; take model='linear'"
        )
    if model == "ordered" and weighted:
        raise ParameterError("an ordered logit takes no weights; take model='linear'")


def _linear(x: Floats, y: Floats, w: Floats, weighted: bool) -> Fit:
    from statsmodels.regression.linear_model import WLS
    from statsmodels.tools import add_constant

    center = np.average(y, weights=w)
    spread = np.sqrt(np.average((y - center) ** 2, weights=w))
    exog = add_constant(x, has_constant="add")
    return _tried(
        lambda: WLS((y - center) / spread, exog, weights=w).fit(cov_type="HC3"), slice(1, None)
    )


def _logit(x: Floats, y: Floats, w: Floats, weighted: bool) -> Fit:
    from statsmodels.discrete.discrete_model import Logit
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.tools import add_constant

    chosen, exog = (y == y.max()).astype(float), add_constant(x, has_constant="add")
    if weighted:  # Logit knows no weights
        model = GLM(chosen, exog, family=Binomial(), var_weights=w)
        return _tried(lambda: model.fit(cov_type="HC0"), slice(1, None))
    return _tried(lambda: Logit(chosen, exog).fit(disp=False), slice(1, None))


def _ordered(x: Floats, y: Floats, w: Floats, weighted: bool) -> Fit:
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    _, codes = np.unique(y, return_inverse=True)
    model = OrderedModel(codes, x, distr="logit")
    how = {"method": "bfgs", "maxiter": 500, "gtol": 1e-6, "disp": False}
    return _tried(lambda: model.fit(**how), slice(0, x.shape[1]))


_FITS = {"linear": _linear, "logit": _logit, "ordered": _ordered}


def _tried(fit: Callable[[], Any], part: slice) -> Fit:
    """Return weights, standard errors, and why there are none where the fit is no good."""
    from statsmodels.tools.sm_exceptions import PerfectSeparationError, PerfectSeparationWarning

    separated = False
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = fit()
            value, se = np.asarray(result.params)[part], np.asarray(result.bse)[part]
        except (PerfectSeparationError, np.linalg.LinAlgError):
            separated = True
    separated |= any(issubclass(one.category, PerfectSeparationWarning) for one in caught)
    if separated:
        return nan, nan, _SEPARATED
    how = getattr(result, "mle_retvals", None) or {}
    converged = how.get("converged", getattr(result, "converged", True))
    if not converged or not (np.isfinite(se) & (se < _LARGEST_SE)).all():
        return nan, nan, "not converged: some answers hardly leave a doubt about the outcome"
    return value, se, ""


def _undetermined(columns: DriverColumns) -> tuple[Bools, Bools]:
    """Return the people and columns of a logit, without gaps that leave no doubt.

    Where all people with a gap share one outcome, its indicator has no finite weight and these
    people say nothing about the ratings': both are left out.
    """
    rows = np.ones(len(columns.outcome), dtype=bool)
    candidates = np.ones(columns.values.shape[1], dtype=bool)
    indicators = np.setdiff1d(np.arange(len(candidates)), columns.ratings)
    low = columns.outcome.min()
    before = -1
    while before != rows.sum():
        before = rows.sum()
        for j in indicators[candidates[indicators]]:
            members = rows & (columns.values[:, j] == 1)
            chosen = columns.outcome[members] > low
            if chosen.all() or not chosen.any():
                rows, candidates[j] = rows & ~members, False
    return rows, candidates


def _independent(values: Floats, weights: Floats, candidates: Bools, ratings: Places) -> Bools:
    """Return which columns aren't combinations of those before them, ratings looked at first."""
    others = np.setdiff1d(np.arange(len(candidates)), ratings)
    order = np.concatenate([ratings, others])
    left = weighted_covariance(values[:, order], weights)
    own = np.diagonal(left).copy()
    kept = np.zeros(len(order), dtype=bool)
    for j in range(len(order)):
        if candidates[order[j]] and left[j, j] > _ALONE * own[j]:
            kept[order[j]] = True
            left = left - np.outer(left[:, j], left[j]) / left[j, j]
    return kept
