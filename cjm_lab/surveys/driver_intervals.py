"""Bootstrap intervals of importances and of R2, which chance makes larger in each resample.

Measured (estimate/COVERAGE.md), percentiles moved by their bias hold importances better than plain
percentiles, the basic, the bias-corrected and the accelerated interval.
"""

from __future__ import annotations

from math import nan

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]

#: All that is explained has no finite z.
_NEARLY_ALL = 1 - 1e-12


def tail_percentile(n: int, wide: int, level: float) -> float:
    """Return the percentile where an interval begins, for n people and a model's columns.

    Resamples vary less than samples do, by the degrees of freedom that the columns take.

    References
    ----------
    Hesterberg (2015), What teachers should know about the bootstrap. The American Statistician 69,
    371-386: expanded percentile interval.

    Examples
    --------
    >>> round(tail_percentile(10**6, 5, 0.95), 3), round(tail_percentile(40, 5, 0.95), 3)
    (2.5, 1.375)
    """
    free = n - wide - 1
    return float(100 * special.ndtr(np.sqrt(n / free) * special.stdtrit(free, (1 - level) / 2)))


def moved_interval(value: float, draws: Floats, tail: float) -> tuple[float, float]:
    """Return the percentile interval of what could be computed, moved by the resamples' bias.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, 10.2 (bias), 13.3 (percentiles).

    Examples
    --------
    >>> moved_interval(1.0, np.array([1.0, 2.0, 3.0, 4.0, np.nan]), 0)
    (-0.5, 2.5)
    """
    known = draws[np.isfinite(draws)]
    if not len(known):
        return nan, nan
    low, middle, high = np.percentile(known, [tail, 50, 100 - tail])
    return float(low - middle + value), float(high - middle + value)


def explained_interval(value: float, draws: Floats, tail: float) -> tuple[float, float]:
    """Return the interval of R2: percentiles on the scale of Fisher's z, moved by twice their bias.

    Resamples explain more than their sample does, and by as much the sample explains more than the
    people it was drawn from. Spread on this scale hardly depends on how much is explained.

    References
    ----------
    Fisher (1928), The general sampling distribution of the multiple correlation coefficient;
    Efron & Tibshirani (1993), 10.2.

    Examples
    --------
    No bias, and nothing moves:

    >>> low, high = explained_interval(0.5, np.array([0.4, 0.5, 0.7]), 0)
    >>> round(low, 6), round(high, 6)
    (0.4, 0.7)
    """
    known = draws[np.isfinite(draws)]
    if not len(known):
        return nan, nan
    parts = np.append(np.percentile(known, [tail, 50, 100 - tail]), value)
    low, middle, high, ours = np.arctanh(np.sqrt(np.clip(parts, 0, _NEARLY_ALL)))
    ends = np.tanh(np.maximum(np.array([low, high]) - 2 * (middle - ours), 0)) ** 2
    # of many columns and few people the value itself may be out of reach
    return float(min(ends[0], value)), float(max(ends[1], value))
