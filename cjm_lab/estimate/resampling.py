"""Bootstrap intervals over customers or respondents."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from cjm_lab.estimate._estimate import Estimate


def bootstrap(
    statistic: Callable[[npt.NDArray[np.intp]], npt.NDArray[np.float64]],
    n: int,
    *,
    repeats: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> list[Estimate]:
    """Return percentile intervals of one or more statistics of the same resampled people.

    Parameters
    ----------
    statistic
        Takes the row numbers of the people drawn, shape (n,), and returns the statistics, shape
        (k,).
    n
        Number of people.
    repeats
        Number of resamples.
    level
        Confidence level.
    seed
        Seed of the random generator.

    Returns
    -------
    list of Estimate
        k estimates, the value computed from everyone once.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, 13.3 (percentile interval).

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 3.0, 4.0])
    >>> bootstrap(lambda rows: np.array([x[rows].mean()]), 4)[0].value
    2.5
    """
    rng = np.random.default_rng(seed)
    value = np.atleast_1d(statistic(np.arange(n)))
    draws = np.array([np.atleast_1d(statistic(rng.integers(0, n, n))) for _ in range(repeats)])
    tail = 50 * (1 - level)
    low, high = np.nanpercentile(draws, [tail, 100 - tail], axis=0)
    se = np.nanstd(draws, axis=0, ddof=1)
    return [
        Estimate(float(v), float(a), float(b), n=n, method="bootstrap", se=float(s), level=level)
        for v, a, b, s in zip(value, low, high, se, strict=True)
    ]
