"""Reliability of a battery of questions: alpha, omega total and each item's part in it."""

from __future__ import annotations

from collections.abc import Collection
from math import exp, isnan, nan, sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate, no_estimate, z_value
from cjm_lab.surveys.one_factor import MODELS, omega_total

Floats = npt.NDArray[np.float64]
Items = Collection[int | str]
Scale = tuple[float, float]
Missing = Literal["pairwise", "listwise"]
Model = Literal["cfa", "minres"]


def cronbach_alpha(
    answers: npt.ArrayLike,
    *,
    missing: Missing = "pairwise",
    reversed: Items = (),
    scale: Scale | None = None,
    level: float = 0.95,
) -> Estimate:
    """Return Cronbach's alpha with Feldt's interval.

    Parameters
    ----------
    answers
        One row a respondent, one column an item, all on one scale; NaN where there's no answer.
    missing
        ``pairwise``: each covariance from all who answered both items, n is the number of answers
        to the pair with the fewest; ``listwise``: complete respondents only.
    reversed
        Items worded the other way round, by column name (DataFrame) or position from 0.
    scale
        Ends of the scale that all items share; needed to turn reversed items.
    level
        Confidence level.

    Returns
    -------
    Estimate
        The method names the missing rule. At most 1; below 0 where items contradict one another.

    Raises
    ------
    ParameterError
        If there are fewer than two items or an answer lies outside the scale.

    References
    ----------
    Cronbach (1951), Psychometrika 16, 297-334; Feldt, Woodruff & Salih (1987), Applied
    Psychological Measurement 11, 93-103 (interval).

    Examples
    --------
    >>> cronbach_alpha([[1, 2], [2, 1], [3, 4], [4, 3]]).value
    0.75
    """
    if missing not in ("pairwise", "listwise"):
        raise ParameterError(one_of("missing", ["pairwise", "listwise"], missing))
    items = _turned(answers, reversed, scale)
    k, method = items.shape[1], f"Feldt, {missing}"
    if missing == "listwise":
        items = items.dropna()
    given = items.notna().to_numpy(dtype=float)
    n = int((given.T @ given).min()) if len(items) else 0
    if n < 2:
        return no_estimate("fewer than two complete answers", n=n, level=level)
    covariance = items.cov().to_numpy()
    if not covariance.sum() > 0:
        return no_estimate("no variance", n=n, level=level)
    alpha = _alpha(covariance)
    tail = (1 - level) / 2
    df = n - 1, (n - 1) * (k - 1)
    low, high = (1 - (1 - alpha) * float(special.fdtri(*df, q)) for q in (1 - tail, tail))
    return Estimate(alpha, low, high, n=n, method=method, level=level)


def omega(
    answers: npt.ArrayLike,
    *,
    model: Model = "cfa",
    reversed: Items = (),
    scale: Scale | None = None,
    level: float = 0.95,
) -> Estimate:
    """Return omega total: the share of the sum's variance that one common factor explains.

    Complete respondents only. The interval follows from each respondent's influence on the fitted
    model (infinitesimal jackknife), so it assumes neither normal answers nor a model that is true,
    and is symmetric in ln(1 - omega), so it stays below 1.

    Parameters
    ----------
    answers
        One row a respondent, three items or more, one a column, all on one scale.
    model
        ``cfa``: one factor by maximum likelihood on the covariances, the reliability of the plain
        sum; ``minres``: one factor by least squares on the correlations, that of the sum of
        standardized items.
    reversed
        Items worded the other way round, by column name (DataFrame) or position from 0.
    scale
        Ends of the scale that all items share; needed to turn reversed items.
    level
        Confidence level.

    Returns
    -------
    Estimate
        Between 0 and 1; without an interval where the model leaves an item no variance of its own.

    Raises
    ------
    ParameterError
        If there are fewer than three items or an answer lies outside the scale.

    References
    ----------
    McDonald (1999), Test Theory, 6: (sum of loadings)^2 over itself plus the unique variances;
    Harman & Jones (1966), Psychometrika 31, 351-368 (minres); Jennrich (2008), Psychometrika 73,
    579-594 (infinitesimal jackknife).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> answers = rng.normal(size=(2000, 1)) + rng.normal(size=(2000, 4))
    >>> print(format(omega(answers), ".2f"))  # 16 of 16 + 4: .80
    0.80 [0.79, 0.82] n=2000
    """
    if model not in MODELS:
        raise ParameterError(one_of("model", MODELS, model))
    items = _turned(answers, reversed, scale)
    if items.shape[1] < 3:
        raise ParameterError(
            f"omega must have three items or more, got {items.shape[1]}: with two, one factor"
            " isn't determined; use cronbach_alpha"
        )
    x = items.dropna().to_numpy()
    n, k = x.shape
    if n <= k:
        return no_estimate("no more complete answers than items", n=n, level=level)
    if not (x.std(axis=0) > 0).all():
        return no_estimate("an item without variance", n=n, level=level)
    found = omega_total(x, model)
    if found is None:
        return no_estimate(f"{model} did not converge", n=n, level=level)
    value, se = found
    if isnan(se):  # a Heywood case: on the edge of the model the interval is unknown
        return Estimate(value, nan, nan, n=n, method=f"{model}, an item without error", level=level)
    half = z_value(level) * se / (1 - value)
    low, high = 1 - (1 - value) * exp(half), 1 - (1 - value) * exp(-half)
    method = f"{model}, delta, listwise"
    return Estimate(value, low, high, n=n, method=method, se=se, level=level)


def item_analysis(
    answers: npt.ArrayLike,
    *,
    reversed: Items = (),
    scale: Scale | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how well each item goes with the rest of its battery, complete respondents only.

    Parameters
    ----------
    answers
        One row a respondent, one column an item, all on one scale.
    reversed
        Items worded the other way round, by column name (DataFrame) or position from 0.
    scale
        Ends of the scale that all items share; needed to turn reversed items.
    level
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        One row an item: item, mean (reversed items turned), value, low, high (correlation of the
        item with the sum of the others, Fisher's interval), alpha_if_dropped (NaN with two items),
        n.

    Raises
    ------
    ParameterError
        If there are fewer than two items or an answer lies outside the scale.

    References
    ----------
    Nunnally & Bernstein (1994), Psychometric Theory, 8; Fisher (1921), Metron 1, 3-32.

    Examples
    --------
    >>> table = item_analysis([[1, 2, 1], [2, 1, 2], [3, 4, 4], [4, 3, 3]])
    >>> table[["item", "value", "alpha_if_dropped"]].round(2).values.tolist()
    [[0.0, 0.74, 0.89], [1.0, 0.74, 0.89], [2.0, 0.89, 0.75]]
    """
    items = _turned(answers, reversed, scale).dropna()
    n, k = items.shape
    covariance = items.cov().to_numpy() if n > 1 else np.full((k, k), nan)
    variance, rest = covariance.diagonal(), covariance.sum() - 2 * covariance.sum(axis=0)
    spread = np.sqrt(variance * (rest + variance))
    with_rest = covariance.sum(axis=0) - variance
    r = np.divide(with_rest, spread, out=np.full(k, nan), where=spread > 0).clip(-1, 1)
    half = z_value(level) / sqrt(n - 3) if n > 3 else nan
    middle = np.arctanh(np.where(np.abs(r) < 1, r, nan))
    others = [np.delete(np.delete(covariance, i, 0), i, 1) for i in range(k)]
    return pd.DataFrame(
        {
            "item": items.columns,
            "mean": items.mean().to_numpy(),
            "value": r,
            "low": np.tanh(middle - half),
            "high": np.tanh(middle + half),
            "alpha_if_dropped": [_alpha(other) if k > 2 else nan for other in others],
            "n": n,
        }
    )


def _turned(answers: npt.ArrayLike, reversed: Items, scale: Scale | None) -> pd.DataFrame:
    """Return the items as numbers, reversed ones turned, checked against the scale."""
    try:
        table = answers if isinstance(answers, pd.DataFrame) else pd.DataFrame(np.asarray(answers))
        items = table.astype(float)
    except (TypeError, ValueError):
        raise ParameterError(
            "answers must be numbers, got text; map the labels to numbers first"
        ) from None
    if items.shape[1] < 2:
        raise ParameterError(
            f"a battery must have two items or more, one a column, got {items.shape[1]}; the"
            " reliability of a single question can't be told from one survey"
        )
    if len(reversed) and scale is None:
        raise ParameterError("scale must be given to turn reversed items, such as scale=(1, 5)")
    strange = [item for item in reversed if item not in items]
    if strange:
        raise ParameterError(one_of("reversed item", map(str, items), strange[0]))
    if scale is not None:
        wrong = (items < scale[0]) | (items > scale[1])
        if wrong.to_numpy().any():
            name = wrong.any().idxmax()
            raise ParameterError(
                f"all items must be on the scale {scale[0]:g} to {scale[1]:g}, got"
                f" {items[name][wrong[name]].iloc[0]:g} in {str(name)!r}; items on unlike scales"
                " make no battery: leave it out or correct the scale"
            )
        turned = list(reversed)
        items[turned] = scale[0] + scale[1] - items[turned]
    return items


def _alpha(covariance: Floats) -> float:
    k, total = len(covariance), covariance.sum()
    if not total > 0:
        return nan
    return float(k / (k - 1) * (1 - covariance.trace() / total))
