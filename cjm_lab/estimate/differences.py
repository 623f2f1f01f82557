"""Differences of two estimates, and what many of them at once call for."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isnan, nan, sqrt

import numpy as np
import numpy.typing as npt
from scipy import special

from cjm_lab.errors import ParameterError
from cjm_lab.estimate._estimate import Estimate


def difference(a: Estimate, b: Estimate, *, correlation: float = 0.0) -> Estimate:
    """Return a minus b, of two samples without a member in common.

    The square-and-add method recovers the variances from the two intervals, so that an asymmetric
    interval stays asymmetric. For two Wilson shares it is Newcombe's hybrid score interval.

    Parameters
    ----------
    a, b
        Estimates on the same scale, at the same level, of disjoint samples.
    correlation
        Correlation of the two, where the samples share clusters (`Design.correlation`).

    Returns
    -------
    Estimate
        n is the sum of both; without both intervals the difference has none.

    Raises
    ------
    ParameterError
        If the levels differ.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10; Zou & Donner (2008), MOVER.

    Examples
    --------
    >>> from cjm_lab.estimate import share
    >>> print(format(difference(share(56, 70), share(48, 80)), ".4f"))
    0.2000 [0.0524, 0.3339] n=150
    """
    if a.level != b.level:
        raise ParameterError(f"both estimates must have one level, got {a.level} and {b.level}")
    value, n = a.value - b.value, a.n + b.n
    if not (a.has_interval and b.has_interval):
        return Estimate(value, nan, nan, n=n, method=f"{a.method}; {b.method}", level=a.level)
    low = value - _together(a.value - a.low, b.high - b.value, correlation)
    high = value + _together(a.high - a.value, b.value - b.low, correlation)
    se = _together(a.se, b.se, correlation)
    return Estimate(value, low, high, n=n, method="MOVER", se=se, level=a.level)


def p_value(a: Estimate, b: Estimate, *, correlation: float = 0.0, df: float = inf) -> float:
    """Return the two-sided p value of no difference, from the two standard errors.

    Parameters
    ----------
    a, b
        Estimates on the same scale.
    correlation
        Correlation of the two, 0 for disjoint samples of independent people.
    df
        Degrees of freedom of t; without it the test is z.

    Examples
    --------
    >>> from cjm_lab.estimate import share
    >>> round(p_value(share(56, 70), share(48, 80)), 4)
    0.0059
    """
    se = _together(a.se, b.se, correlation)
    if isnan(se):
        return nan
    if se == 0:
        return 1.0 if a.value == b.value else 0.0
    return float(2 * special.stdtr(df, -abs(a.value - b.value) / se))


def benjamini_hochberg(p: Sequence[float] | npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return p values adjusted for many comparisons; missing ones stay missing and don't count.

    References
    ----------
    Benjamini & Hochberg (1995), Journal of the Royal Statistical Society B 57, 289-300.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    from scipy.stats import false_discovery_control

    raw = np.asarray(p, dtype=float)
    adjusted = raw.copy()
    known = ~np.isnan(raw)
    if known.any():
        adjusted[known] = false_discovery_control(raw[known], method="bh")
    return adjusted


def _together(a: float, b: float, correlation: float) -> float:
    """Return the size of the difference of two errors; nan where one is unknown."""
    square = a * a + b * b - 2 * correlation * a * b
    return sqrt(max(square, 0.0))  # rounding; and nan stays nan in this order
