"""How far several evaluators agree."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from cjm_lab.estimate._estimate import Estimate, no_estimate
from cjm_lab.estimate.resampling import bootstrap

Scale = Literal["nominal", "ordinal", "interval"]
Array = npt.NDArray[np.float64]


def krippendorff_alpha(ratings: npt.ArrayLike, *, scale: Scale = "ordinal") -> float:
    """Return Krippendorff's alpha: 1 is full agreement, 0 what chance alone would give.

    Parameters
    ----------
    ratings
        One row a unit and one column an evaluator; NaN where an evaluator didn't rate a unit.
    scale
        How far two ratings are apart: ``nominal`` (same or not), ``ordinal`` (by ranks),
        ``interval`` (by values).

    Returns
    -------
    float
        NaN if no unit was rated twice or all ratings are the same, so that nothing could differ.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's alpha-reliability.

    Examples
    --------
    >>> round(krippendorff_alpha([[0, 0], [1, 1], [0, 0], [1, 0]], scale="nominal"), 4)
    0.5333
    """
    values, pairs = _coincidences(np.asarray(ratings, dtype=float))
    return _alpha(pairs.sum(axis=0), values, scale)


def agreement(
    ratings: npt.ArrayLike, *, scale: Scale = "ordinal", level: float = 0.95, seed: int = 0
) -> Estimate:
    """Return Krippendorff's alpha with a bootstrap interval over the units rated at least twice.

    Examples
    --------
    >>> agreement([[0, 0], [1, 1], [0, 0], [1, 0]], scale="nominal").n
    4
    """
    values, pairs = _coincidences(np.asarray(ratings, dtype=float))
    method = f"Krippendorff's alpha ({scale}), bootstrap"
    if np.isnan(_alpha(pairs.sum(axis=0), values, scale)):
        return no_estimate(method, n=len(pairs), level=level)
    found = bootstrap(
        lambda rows: np.array([_alpha(pairs[rows].sum(axis=0), values, scale)]),
        len(pairs),
        level=level,
        seed=seed,
    )[0]
    return Estimate(
        found.value, found.low, found.high, n=found.n, method=method, se=found.se, level=level
    )


def _coincidences(ratings: Array) -> tuple[Array, Array]:
    """Return the values that occur and, of each unit rated twice, how often two of them meet."""
    values = np.unique(ratings[~np.isnan(ratings)])
    counts = (ratings[:, :, None] == values).sum(axis=1).astype(float)
    raters = counts.sum(axis=1)
    counts, raters = counts[raters > 1], raters[raters > 1]
    meet = counts[:, :, None] * counts[:, None, :]
    itself = counts[:, :, None] * np.eye(len(values))
    return values, (meet - itself) / (raters[:, None, None] - 1)


def _alpha(pairs: Array, values: Array, scale: Scale) -> float:
    """Return alpha of a matrix of coincidences."""
    margin = pairs.sum(axis=0)
    if scale == "nominal":
        apart = 1 - np.eye(len(values))
    else:
        # The sum of the ranks between two values is the difference of their mid-ranks.
        at = values if scale == "interval" else margin.cumsum() - margin / 2
        apart = (at[:, None] - at[None, :]) ** 2
    observed = (pairs * apart).sum()
    expected = (margin[:, None] * margin[None, :] * apart).sum()
    return float(1 - (margin.sum() - 1) * observed / expected) if expected > 0 else np.nan
