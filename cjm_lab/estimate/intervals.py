"""Intervals for shares, means and counts of independent customers."""

from __future__ import annotations

from math import nan, sqrt

import numpy as np
import numpy.typing as npt
from scipy import special

from cjm_lab.errors import ParameterError
from cjm_lab.estimate._estimate import Estimate, no_estimate
from cjm_lab.estimate.design import Design

Floats = npt.NDArray[np.float64]

_TOO_FEW = "too few clusters"


def z_value(level: float) -> float:
    """Return the two-sided normal quantile of a confidence level.

    Examples
    --------
    >>> round(z_value(0.95), 5)
    1.95996
    """
    if not 0 < level < 1:
        raise ParameterError(f"level must lie between 0 and 1, got {level!r}; 0.95 is usual")
    return float(special.ndtri(0.5 + level / 2))


def share(successes: float, n: int, *, level: float = 0.95) -> Estimate:
    """Return a share with Wilson's score interval.

    Parameters
    ----------
    successes
        Number of customers of whom the thing is true.
    n
        Number of customers asked or observed.
    level
        Confidence level.

    Returns
    -------
    Estimate
        Share between 0 and 1.

    Raises
    ------
    ParameterError
        If `successes` does not lie between 0 and `n`.

    References
    ----------
    Wilson (1927); Newcombe (1998), Statistics in Medicine 17, 857-872, method 3.

    Examples
    --------
    >>> print(format(share(81, 263), ".4f"))
    0.3080 [0.2553, 0.3662] n=263
    """
    if n == 0:
        return no_estimate("Wilson", level=level)
    if not 0 <= successes <= n:
        raise ParameterError(f"successes must lie between 0 and n={n}, got {successes!r}")
    z = z_value(level)
    p = successes / n
    center = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # At p = 0 and 1 one bound is the end of the scale by algebra; rounding must not move it.
    low = 0.0 if successes == 0 else max(0.0, center - half)
    high = 1.0 if successes == n else min(1.0, center + half)
    return Estimate(p, low, high, n=n, method="Wilson", se=sqrt(p * (1 - p) / n), level=level)


def weighted_share(
    outcome: npt.ArrayLike, weights: npt.ArrayLike | Design, *, level: float = 0.95
) -> Estimate:
    """Return a weighted share with Wilson's interval on the effective n.

    With plain weights that is Kish's. With a Design it is the n of a simple random sample with the
    same standard error, and t with the design's degrees of freedom takes the place of z.

    Parameters
    ----------
    outcome
        One 0/1 value an answer; missing answers are left out.
    weights
        One weight an answer, or a Design.
    level
        Confidence level.

    Raises
    ------
    ParameterError
        If weights and answers differ in length.

    References
    ----------
    Korn & Graubard (1998), Survey Methodology 24, 193-201 (effective sample size); Kish (1965),
    Survey Sampling, 11.7.

    Examples
    --------
    >>> weighted_share([1, 0, 1, 0], [2, 1, 1, 1]).value
    0.6
    """
    y, w = _pair(outcome, weights)
    method = _method("Wilson on effective n", weights)
    if not len(y):
        return no_estimate(method, level=level)
    p = float(np.average(y, weights=w))
    n_eff = _kish(w)
    if isinstance(weights, Design):
        se, df = _designed(outcome, weights)
        if df == 0:
            return Estimate(p, nan, nan, n=len(y), method=_TOO_FEW, n_eff=n_eff, level=level)
        if se > 0:
            n_eff = p * (1 - p) / se**2
        z = float(special.stdtrit(df, 0.5 + level / 2))
    else:
        se, z = linearized_se(y, w), z_value(level)
    center = (p + z * z / (2 * n_eff)) / (1 + z * z / n_eff)
    half = z / (1 + z * z / n_eff) * sqrt(p * (1 - p) / n_eff + z * z / (4 * n_eff**2))
    return Estimate(
        p,
        max(0.0, center - half),
        min(1.0, center + half),
        n=len(y),
        method=method,
        se=se,
        n_eff=n_eff,
        level=level,
    )


def mean(
    values: npt.ArrayLike,
    weights: npt.ArrayLike | Design | None = None,
    *,
    bounds: tuple[float, float] | None = None,
    level: float = 0.95,
) -> Estimate:
    """Return a mean with Student's t interval, linearized where weights are given.

    Parameters
    ----------
    values
        One number an answer; missing ones are left out.
    weights
        One weight an answer, or a Design; then t has as many degrees of freedom as clusters minus
        strata.
    bounds
        Ends of the scale; the interval is clipped to them.
    level
        Confidence level.

    Returns
    -------
    Estimate
        In the unit of `values`; one answer, one cluster, or answers all alike, have a value and no
        interval. `n_eff` is Kish's.

    Raises
    ------
    ParameterError
        If weights and answers differ in length.

    References
    ----------
    Student (1908); with weights the Taylor-linearized variance, Lumley (2010), Complex Surveys, 2.

    Examples
    --------
    >>> print(format(mean([4, 5, 3, 4, 2, 5]), ".3f"))
    3.833 [2.606, 5.060] n=6
    """
    y, w = _pair(values, weights)
    n = len(y)
    method = "t" if weights is None else _method("t, linearized", weights)
    if n == 0:
        return no_estimate(method, level=level)
    value = float(np.average(y, weights=w))
    n_eff = nan if weights is None else _kish(w)
    if n == 1:
        return Estimate(value, nan, nan, n=1, method="one answer", n_eff=n_eff, level=level)
    if (y == y[0]).all():
        # No spread tells nothing of how far another sample would lie.
        return Estimate(value, nan, nan, n=n, method="all alike", n_eff=n_eff, level=level)
    df = n - 1
    if isinstance(weights, Design):
        se, df = _designed(values, weights)
        if df == 0:
            return Estimate(value, nan, nan, n=n, method=_TOO_FEW, n_eff=n_eff, level=level)
    else:
        se = float(y.std(ddof=1) / sqrt(n)) if weights is None else linearized_se(y, w)
    half = float(special.stdtrit(df, 0.5 + level / 2)) * se
    low, high = value - half, value + half
    if bounds is not None:
        low, high = max(bounds[0], low), min(bounds[1], high)
    return Estimate(value, low, high, n=n, method=method, se=se, n_eff=n_eff, level=level)


def clustered_ratio(
    numerator: npt.ArrayLike, denominator: npt.ArrayLike, *, level: float = 0.95
) -> Estimate:
    """Return a ratio of two sums with an interval clustered by customer.

    Many events of one customer are not many independent observations: each customer's sums enter
    as one observation of the ratio estimator.

    Parameters
    ----------
    numerator, denominator
        One pair of sums a customer.
    level
        Confidence level.

    Returns
    -------
    Estimate
        ``sum(numerator) / sum(denominator)``; n is the number of customers with a denominator.

    References
    ----------
    Cochran (1977), Sampling Techniques, 6.3 (ratio estimator, linearized variance).

    Examples
    --------
    >>> clustered_ratio([1, 0, 2], [2, 1, 3]).value
    0.5
    """
    x = np.asarray(numerator, dtype=float)
    d = np.asarray(denominator, dtype=float)
    keep = d > 0
    x, d = x[keep], d[keep]
    n = len(d)
    if n == 0:
        return no_estimate("ratio, clustered by customer", level=level)
    ratio = float(x.sum() / d.sum())
    if n == 1:
        return Estimate(ratio, nan, nan, n=1, method="one customer", level=level)
    residual = x - ratio * d
    se = float(sqrt(n / (n - 1) * (residual**2).sum()) / d.sum())
    half = float(special.stdtrit(n - 1, 0.5 + level / 2)) * se
    return Estimate(
        ratio,
        ratio - half,
        ratio + half,
        n=n,
        method="ratio, clustered by customer",
        se=se,
        level=level,
    )


def linearized_se(values: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> float:
    """Return the Taylor-linearized standard error of a weighted mean of independent answers.

    Examples
    --------
    >>> round(linearized_se(np.array([1.0, 0.0, 1.0, 0.0]), np.ones(4)), 6)
    0.288675
    """
    n = len(values)
    if n < 2:
        return nan
    total = weights.sum()
    residual = weights * (values - np.average(values, weights=weights)) / total
    return float(sqrt(n / (n - 1) * (residual**2).sum()))


def needed_n(variance: float, margin: float, *, level: float = 0.95) -> int:
    """Return how many answers give an interval of plus or minus `margin`.

    Parameters
    ----------
    variance
        Variance of one answer, in the squared unit of `margin`.
    margin
        Half the width wanted.
    level
        Confidence level.

    References
    ----------
    n = z^2 variance / margin^2, rounded up; Cochran (1977), 4.4.

    Examples
    --------
    >>> needed_n(0.25, 0.05), needed_n(0.814, 0.05)
    (385, 1251)
    """
    return int(np.ceil(z_value(level) ** 2 * variance / margin**2))


def _pair(values: npt.ArrayLike, weights: npt.ArrayLike | Design | None) -> tuple[Floats, Floats]:
    """Return values and weights as floats with missing answers left out."""
    y = np.asarray(values, dtype=float)
    if isinstance(weights, Design):
        weights = weights.weights
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    if w.shape != y.shape:
        raise ParameterError(
            f"weights must have one value an answer ({len(y)}), got {len(np.atleast_1d(w))}; for a"
            " subgroup of a Design set the answers of the others to missing"
        )
    if np.any(w < 0) or np.any(np.isnan(w)):
        raise ParameterError("weights must be zero or positive and complete")
    keep = ~np.isnan(y) & (w > 0)
    return y[keep], w[keep]


def _designed(values: npt.ArrayLike, design: Design) -> tuple[float, int]:
    """Return the standard error of a domain's mean and its degrees of freedom."""
    y = np.asarray(values, dtype=float)
    variance = design.covariance(design.influence(y)[:, None])[0, 0]
    return sqrt(variance), design.degrees_of(~np.isnan(y))


def _kish(weights: Floats) -> float:
    """Return Kish's effective number of answers."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def _method(name: str, weights: npt.ArrayLike | Design) -> str:
    """Return a method's name with what a design's standard error takes into account."""
    return f"{name}: {weights.name}" if isinstance(weights, Design) and weights.name else name
