"""PERT distributions: somebody's low, likely and high value as a distribution."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cjm_lab.estimate import Estimate

Array = npt.NDArray[np.float64]


def pert_mean(ends: tuple[float, float, float]) -> float:
    """Return the mean of a PERT distribution of a low, likely and high value.

    Examples
    --------
    >>> pert_mean((0.0, 0.5, 1.0))
    0.5
    """
    low, likely, high = ends
    return (low + 4 * likely + high) / 6


def pert_draws(
    low: npt.ArrayLike,
    likely: npt.ArrayLike,
    high: npt.ArrayLike,
    rng: np.random.Generator,
    shape: tuple[int, ...],
) -> Array:
    """Return draws of PERT distributions.

    Parameters
    ----------
    low, likely, high
        Of each distribution, shaped to broadcast to `shape`. Where low and high are the same or one
        of them is missing, every draw is `likely`.
    rng
        Random generator.
    shape
        Of the draws.

    References
    ----------
    Malcolm et al. (1959), Operations Research 7, 646-669; Vose (2008), Risk Analysis, B.8: a beta
    distribution with a = 1 + 4 (likely - low) / (high - low) and b = 6 - a.

    Examples
    --------
    >>> pert_draws(0.1, 0.2, 0.1, np.random.default_rng(0), (3,)).tolist()
    [0.2, 0.2, 0.2]
    """
    low, likely, high = (np.asarray(value, dtype="float64") for value in (low, likely, high))
    width = np.nan_to_num(high - low)
    open_ = width > 0
    a = _shape(low, likely, np.where(open_, width, 1.0), open_)
    return np.where(open_, low + width * rng.beta(a, 6 - a, shape), likely)


def pert_estimate(ends: tuple[float, float, float], level: float = 0.95) -> Estimate:
    """Return mean and predictive interval of a PERT distribution.

    Examples
    --------
    Half of the beta(3, 3) around its middle lies between .359 and .641:

    >>> format(pert_estimate((0.0, 0.5, 1.0), level=0.5), ".3f")
    '0.500 [0.359, 0.641] n=0'
    """
    from scipy import stats

    low, likely, high = ends
    if high == low:
        return Estimate(likely, likely, likely, n=0, method="judged", level=level)
    a = float(_shape(np.array(low), np.array(likely), np.array(high - low), np.array(True)))
    tail = (1 - level) / 2
    bounds = stats.beta.ppf([tail, 1 - tail], a, 6 - a, loc=low, scale=high - low)
    return Estimate(
        pert_mean(ends), float(bounds[0]), float(bounds[1]), n=0, method="judged", level=level
    )


def _shape(low: Array, likely: Array, width: Array, open_: npt.NDArray[np.bool_]) -> Array:
    """Return the first parameter of the beta distribution."""
    return np.asarray(1 + 4 * np.where(open_, likely - low, 0.0) / width)
