"""The value gap: what could be won at a touchpoint, against the best possible or a rival."""

from __future__ import annotations

from math import nan

import numpy as np
import numpy.typing as npt

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, no_estimate
from cjm_lab.surveys.resampling import Floats, Weights, from_draws, ratio, resampled_sums


def value_gap(
    importance: npt.ArrayLike,
    us: npt.ArrayLike,
    rival: npt.ArrayLike | None = None,
    weights: Weights = None,
    *,
    scale_max: float = 10,
    overall: npt.ArrayLike | None = None,
    repeats: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Return importance x (rival - us), or x (scale_max - us) without a rival.

    Positive means something to win.

    Parameters
    ----------
    importance
        Stated importance, one answer a respondent. One number holds for all. Empty: derived from
        `overall`.
    us, rival
        Performance, one answer a respondent, on one scale; NaN where there's no answer. Whether
        the same people speak of both or each one of a single company, both are right.
    weights
        One weight a respondent, or a Design.
    scale_max
        Best answer of the scale, used without a rival.
    overall
        Each respondent's overall score. The derived importance is its correlation with `us`, from
        those who gave both; below zero counts as zero.
    repeats, seed
        Of the bootstrap over respondents, in which a derived importance is derived anew.
    level
        Confidence level.

    Returns
    -------
    Estimate
        n is the smallest number of answers that went into a mean.

    Raises
    ------
    ParameterError
        If the arrays differ in length, or importance is neither given nor derivable.

    References
    ----------
    Method, "Scores": value gap; Efron & Tibshirani (1993), 13.3 (percentile interval).

    Examples
    --------
    >>> value_gap([8, 8], [6, 6]).value, value_gap([8, 8], [6, 6], [7, 7]).value
    (32.0, 8.0)
    """
    ours = np.asarray(us, dtype=float)
    n = len(ours)
    stated = _as_long(importance, n, "importance")
    best = np.full(n, float(scale_max)) if rival is None else _as_long(rival, n, "rival")
    if n and not len(stated) and overall is None:
        raise ParameterError("importance must be given, or 'overall' to derive it from")
    given = [ours, best, stated] if len(stated) else [ours, best]
    smallest = min(int((~np.isnan(x)).sum()) for x in given)
    if smallest == 0:
        return no_estimate("bootstrap", level=level)
    columns = [_sums_of_mean(x) for x in given]
    if not len(stated):
        assert overall is not None
        columns.append(_sums_of_correlation(ours, _as_long(overall, n, "overall")))
    sums = resampled_sums(np.hstack(columns), weights, repeats=repeats, seed=seed)
    weight = _mean(sums, 2) if len(stated) else np.maximum(_correlation(sums[:, 4:]), 0)
    return from_draws(weight * (_mean(sums, 1) - _mean(sums, 0)), smallest, level=level)


def derived_importance(
    performance: npt.ArrayLike,
    overall: npt.ArrayLike,
    weights: Weights = None,
    *,
    repeats: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Return the correlation of a touchpoint's performance with the overall score.

    Parameters
    ----------
    performance, overall
        One answer a respondent; only those who gave both count.
    weights
        One weight a respondent, or a Design.
    repeats, seed, level
        Of the bootstrap interval.

    References
    ----------
    Matzler, Bailom, Hinterhuber, Renzl & Pichler (2004), Industrial Marketing Management 33,
    271-277: why stated and derived importance differ.

    Examples
    --------
    >>> round(derived_importance([1, 2, 3, 4], [1, 3, 2, 4]).value, 3)
    0.8
    """
    x = np.asarray(performance, dtype=float)
    y = _as_long(overall, len(x), "overall")
    n = int((~np.isnan(x) & ~np.isnan(y)).sum())
    sums = resampled_sums(_sums_of_correlation(x, y), weights, repeats=repeats, seed=seed)
    return from_draws(_correlation(sums), n, level=level, method="correlation, bootstrap")


def _sums_of_mean(x: Floats) -> Floats:
    """Return, a respondent, what the sums of a mean are made of: the answer and whether given."""
    given = ~np.isnan(x)
    return np.column_stack([np.where(given, x, 0), given])


def _mean(sums: Floats, place: int) -> Floats:
    return ratio(sums[:, 2 * place], sums[:, 2 * place + 1])


def _sums_of_correlation(x: Floats, y: Floats) -> Floats:
    both = ~(np.isnan(x) | np.isnan(y))
    # centered first: sums of squares of large numbers lose their digits
    dx = np.where(both, x - (x[both].mean() if both.any() else 0), 0)
    dy = np.where(both, y - (y[both].mean() if both.any() else 0), 0)
    return np.column_stack([both, dx, dy, dx * dx, dy * dy, dx * dy])


def _correlation(sums: Floats) -> Floats:
    """Return the correlation of each row of six sums; NaN where one of the two is constant."""
    x, y, xx, yy, xy = (ratio(column, sums[:, 0]) for column in sums[:, 1:].T)
    vx, vy = xx - x * x, yy - y * y
    spread = np.sqrt(np.where((vx > 1e-12) & (vy > 1e-12), vx * vy, nan))
    return np.clip((xy - x * y) / spread, -1, 1)


def _as_long(values: npt.ArrayLike, n: int, name: str) -> Floats:
    x = np.asarray(values, dtype=float)
    if x.ndim == 0:
        return np.full(n, float(x))
    if len(x) != n and not (name == "importance" and len(x) == 0):
        raise ParameterError(f"{name} must have one value a respondent ({n}), got {len(x)}")
    return x
