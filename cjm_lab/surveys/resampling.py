"""The bootstrap over respondents for anything that is made of sums: means, shares, correlations."""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Design, Estimate, no_estimate

Floats = npt.NDArray[np.float64]
Weights = npt.ArrayLike | Design | None

#: Resampled row numbers that are held at one time.
_AT_ONCE = 2_000_000
#: An interval needs a value in at least this share of the resamples.
_ENOUGH = 0.95


def resampled_sums(
    columns: npt.ArrayLike, weights: Weights = None, *, repeats: int, seed: int
) -> Floats:
    """Return the weighted sums of columns, over everyone and over resamples of the respondents.

    Respondents are sorted first, so that their order changes nothing. Of a Design with clusters or
    strata the clusters are resampled within each stratum; `fpc` isn't used, which errs on the safe
    side.

    Parameters
    ----------
    columns
        One row a respondent, shape (n, k).
    weights
        One weight a respondent, or a Design.
    repeats
        Number of resamples.
    seed
        Seed of the random generator.

    Returns
    -------
    numpy.ndarray
        Shape (1 + repeats, k); the first row holds everyone. Weights have mean 1.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, 6.2; Rao & Wu (1988), JASA 83,
    231-241 (of m clusters draw m - 1 and rescale).

    Examples
    --------
    >>> resampled_sums([[1.0, 2.0], [3.0, 4.0]], repeats=10, seed=0)[0].tolist()
    [4.0, 6.0]
    """
    table = np.asarray(columns, dtype=float)
    n, rng = len(table), np.random.default_rng(seed)
    table = table * weights_for(weights, n)[:, None]
    if not isinstance(weights, Design) or (weights.clusters is None and weights.strata is None):
        draws = _drawn(table, n, repeats, rng)
        return np.concatenate([table.sum(axis=0, keepdims=True), draws])
    stratum = _codes(weights.strata, np.zeros(n))
    cluster = _codes(weights.clusters, np.arange(n))
    units = pd.DataFrame(table).groupby([stratum, cluster]).sum()
    draws = np.zeros((repeats, table.shape[1]))
    for _, part in units.groupby(level=0):
        m = len(part)  # two or more: a Design refuses a lonely cluster
        draws += _drawn(part.to_numpy(), m - 1, repeats, rng) * m / (m - 1)
    return np.concatenate([table.sum(axis=0, keepdims=True), draws])


def _drawn(table: Floats, size: int, repeats: int, rng: np.random.Generator) -> Floats:
    """Return the sums of `repeats` samples of `size` rows, drawn with replacement."""
    table = table[np.lexsort(table.T)]
    n = len(table)
    if not n:
        return np.zeros((repeats, table.shape[1]))
    # few answers differ: what is counted is how often each different row was drawn
    first = np.append(True, np.any(table[1:] != table[:-1], axis=1))
    different, which = table[first], np.cumsum(first) - 1
    k, sums = len(different), [np.zeros((0, table.shape[1]))]
    while repeats:
        some = min(repeats, max(1, _AT_ONCE // n))
        rows = which[rng.integers(0, n, (some, size))] + k * np.arange(some)[:, None]
        times = np.bincount(rows.ravel(), minlength=some * k).reshape(some, k)
        sums.append(times.astype(float) @ different)
        repeats -= some
    return np.concatenate(sums)


def _codes(names: npt.ArrayLike | None, default: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return numbers for names, in the order of the names."""
    return default if names is None else pd.factorize(np.asarray(names), sort=True)[0]


def resampled_means(
    values: npt.ArrayLike, weights: Weights = None, *, repeats: int, seed: int
) -> Floats:
    """Return the weighted means of the answers given, over everyone and over resamples.

    Parameters
    ----------
    values
        One row a respondent, shape (n, k); NaN where there's no answer.
    weights
        One weight a respondent, or a Design.
    repeats, seed
        As in `resampled_sums`.

    Returns
    -------
    numpy.ndarray
        Shape (1 + repeats, k); NaN where a resample holds no answer.

    Examples
    --------
    >>> resampled_means([[1.0, 2.0], [3.0, np.nan]], repeats=10, seed=0)[0].tolist()
    [2.0, 2.0]
    """
    x = np.asarray(values, dtype=float)
    given = ~np.isnan(x)
    columns = np.hstack([np.where(given, x, 0), given])
    sums = resampled_sums(columns, weights, repeats=repeats, seed=seed)
    return ratio(sums[:, : x.shape[1]], sums[:, x.shape[1] :])


def from_draws(draws: Floats, n: int, *, level: float, method: str = "bootstrap") -> Estimate:
    """Return the value of everyone with the percentile interval of the resamples.

    Parameters
    ----------
    draws
        The statistic of everyone, then that of each resample; NaN where it is undefined.
    n
        Number of answers behind the value.
    level
        Confidence level.
    method
        Name of the formula.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, 13.3 (percentile interval).

    Examples
    --------
    >>> from_draws(np.array([2.0, 1.0, 2.0, 3.0]), 9, level=0.5).low
    1.5
    """
    value, rest = float(draws[0]), draws[1:][~np.isnan(draws[1:])]
    if np.isnan(value):
        return no_estimate(method, n=n, level=level)
    if n == 1:
        return Estimate(value, nan, nan, n=1, method="one answer", level=level)
    if len(rest) < max(2, _ENOUGH * (len(draws) - 1)):
        return Estimate(value, nan, nan, n=n, method="too few answers to resample", level=level)
    low, high = np.quantile(rest, [(1 - level) / 2, (1 + level) / 2])
    se = float(rest.std(ddof=1))
    return Estimate(value, float(low), float(high), n=n, method=method, se=se, level=level)


def ratio(above: Floats, below: Floats) -> Floats:
    """Return a quotient, NaN where nothing stands below."""
    return np.divide(above, below, out=np.full_like(above, nan), where=below > 0)


def weights_for(weights: Weights, n: int) -> Floats:
    """Return one weight a respondent with mean 1; all alike where none are given.

    Raises
    ------
    ParameterError
        If they are too few or too many, negative, missing, or all zero.

    Examples
    --------
    >>> weights_for([1, 3], 2).tolist()
    [0.5, 1.5]
    """
    if weights is None:
        return np.ones(n)
    given = weights.weights if isinstance(weights, Design) else weights
    w = np.asarray(given, dtype=float)
    if w.shape != (n,):
        raise ParameterError(f"weights must have one value a respondent ({n}), got {w.size}")
    if n and not (np.all(w >= 0) and w.sum() > 0):
        raise ParameterError("weights must be zero or positive, complete and not all zero")
    return w / w.mean() if n else w
