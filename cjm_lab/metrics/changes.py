"""Change points: in which weeks did the level of a series change for good."""

from __future__ import annotations

from math import log, nan, sqrt

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate
from cjm_lab.metrics._frames import framed

#: A level must last this many weeks.
MIN_WEEKS = 3

#: Most changes looked for, and how often the series is shuffled.
_MOST, _SHUFFLES = 5, 199

#: Below this many weeks neighboring weeks can't be said to be alike.
_FEWEST = 8

_METHOD = "penalized least squares; the place was chosen by the data, so no interval"

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


def change_points(
    weeks: pd.DataFrame, *, min_weeks: int = MIN_WEEKS, alpha: float = 0.05, seed: int = 0
) -> pd.DataFrame:
    """Return the weeks in which the level of a series changed.

    Parameters
    ----------
    weeks
        What `trend` returns: ``week``, ``value``, ``n``, ``method``; with ``calendar`` each change
        is set beside what happened then. A share or mean counts with its n, a count as 1.
    min_weeks
        Fewest weeks of a level; a single bad week is no change of level.
    alpha
        Share of series without a change in which one is found.
    seed
        Seed of the shuffles.

    Returns
    -------
    DataFrame
        One row a change: ``week`` (the first of the new level), ``before``, ``after`` (levels),
        ``calendar`` (what happened in that week or the one before), ``value`` (after minus before),
        ``low`` and ``high`` (nan: no honest interval after a search), ``n`` (weeks on both sides),
        ``se``, ``method``.

    Raises
    ------
    ParameterError
        If `min_weeks` or `alpha` is outside its domain.

    Notes
    -----
    For each number of changes k the best places are found exactly by dynamic programming. Of
    n log(SSE_0 / SSE_k) - k x penalty the largest wins, or none. The penalty is the one that 199
    shuffles of the series exceed with probability `alpha`, so that false alarms keep to it,
    whatever the distribution, where weeks are independent. Weeks that hang together drift, and a
    drift looks like steps: where a first-order autoregression explains the series better than steps
    do (by BIC) no change is reported. That lowers false alarms there, not to `alpha`.

    References
    ----------
    Jackson et al. (2005), IEEE Signal Processing Letters 12, 105-108 (optimal partition); Antoch &
    Huskova (2001), Statistics & Probability Letters 53, 37-46 (permutation); Shi, Gallagher, Lund &
    Killick (2022), Computational Statistics & Data Analysis 170, 107433 (autocorrelation).

    Examples
    --------
    >>> mondays = pd.date_range("2026-01-05", periods=12, freq="7D")
    >>> values = [5.0, 6, 5, 6, 5, 6, 9, 10, 9, 10, 9, 10]
    >>> weeks = pd.DataFrame({"week": mondays, "value": values, "n": 1, "method": "count"})
    >>> change_points(weeks)[["week", "before", "after"]].astype("str").values.tolist()
    [['2026-02-16', '5.5', '9.5']]
    """
    known = weeks[weeks["value"].notna()].reset_index(drop=True)
    value, weight = known["value"].to_numpy(dtype=float), weights_of(known)
    starts = level_starts(value, weight, min_weeks=min_weeks, alpha=alpha, seed=seed)
    edges = [0, *starts, len(value)]
    rows = []
    for before, at, after in zip(edges[:-2], edges[1:-1], edges[2:], strict=True):
        old = float(np.average(value[before:at], weights=weight[before:at]))
        new = float(np.average(value[at:after], weights=weight[at:after]))
        then = ""
        if "calendar" in known:
            near = known["week"].between(
                known["week"][at] - pd.Timedelta(days=7), known["week"][at]
            )
            then = "; ".join(filter(None, known.loc[near, "calendar"]))
        row = {"week": known["week"][at], "before": old, "after": new, "calendar": then}
        found = Estimate(new - old, nan, nan, n=after - before, method=_METHOD)
        rows.append((row, found))
    about = {"week": "datetime64[us]", "before": "float64", "after": "float64", "calendar": "str"}
    return framed(rows, about)


def weights_of(weeks: pd.DataFrame) -> Floats:
    """Return how much each week tells: its n, but all alike for counts."""
    n = weeks["n"].to_numpy(dtype=float)
    return np.ones(len(n)) if weeks["method"].eq("count").all() else n


def level_starts(
    value: Floats,
    weight: Floats,
    *,
    min_weeks: int = MIN_WEEKS,
    alpha: float = 0.05,
    seed: int = 0,
) -> list[int]:
    """Return the positions at which a new level starts; see `change_points`.

    Examples
    --------
    >>> level_starts(np.array([1.0, 2, 1, 2, 1, 2, 7, 8, 7, 8, 7, 8]), np.ones(12))
    [6]
    """
    if min_weeks < 2:
        raise ParameterError(f"min_weeks must be 2 or more, got {min_weeks!r}")
    if not 0 < alpha < 1:
        raise ParameterError(f"alpha must lie between 0 and 1, got {alpha!r}; 0.05 is usual")
    most = min(_MOST, len(value) // min_weeks - 1)
    if most < 1 or (value == value[0]).all():
        return []
    rng = np.random.default_rng(seed)
    center = np.average(value, weights=weight)
    # A week of few answers lies farther off: what is shuffled are deviations of equal variance.
    off = (value - center) * np.sqrt(weight)
    shuffled = np.array([rng.permutation(off) for _ in range(_SHUFFLES)]) / np.sqrt(weight)
    sse, places = _best_steps(np.vstack([value - center, shuffled]), weight, most, min_weeks)
    k = np.arange(1, most + 1)
    gain = len(value) * np.log(sse[:, :1] / np.maximum(sse[:, 1:], 1e-12 * sse[:, :1]))
    highest = np.sort((gain[1:] / k).max(axis=1))[::-1]
    penalty = highest[max(0, int(alpha * (_SHUFFLES + 1)) - 1)]
    won = gain[0] - penalty * k
    best = int(won.argmax())
    if won[best] <= 0 or _gain_of_drift(value - center, weight) > won[best]:
        return []
    starts, end = [], len(value)
    for back in places[best::-1]:
        end = int(back[end])
        starts.append(end)
    return starts[::-1]


def neighbor_correlation(value: Floats, starts: list[int]) -> float:
    """Return the correlation of neighboring weeks around their levels; nan for a short series.

    Examples
    --------
    >>> round(neighbor_correlation(np.array([1.0, 2, 1, 2, 1, 2, 1, 2]), []), 3)
    -0.875
    """
    known = ~np.isnan(value)
    if known.sum() < _FEWEST:
        return nan
    level = np.zeros(len(value), dtype=int)
    level[starts] = 1
    off = pd.Series(value) - pd.Series(value).groupby(level.cumsum()).transform("mean")
    spread = float((off**2).sum())
    return float((off * off.shift()).sum()) / spread if spread > 0 else nan


def alike(correlation: float, weeks: int) -> bool:
    """Return whether neighboring weeks are more alike than chance makes them, one-sided at 5 %.

    References
    ----------
    Bartlett (1946), Supplement to the Journal of the Royal Statistical Society 8, 27-41.

    Examples
    --------
    >>> alike(0.3, 25), alike(0.4, 25)
    (False, True)
    """
    return correlation * sqrt(weeks) > 1.645


def _gain_of_drift(off: Floats, weight: Floats) -> float:
    """Return what a first-order autoregression gains over a constant, less its BIC penalty."""
    n, last, now = len(off), off[:-1], off[1:]
    rho = float(now @ last) / float(last @ last)
    left = float(weight[1:] @ (now - rho * last) ** 2) * n / (n - 1)
    whole = float(weight @ off**2)
    return n * log(whole / left) - log(n) if left > 0 else np.inf


def _best_steps(
    values: Floats, weight: Floats, most: int, shortest: int
) -> tuple[Floats, list[Places]]:
    """Return the least squared error of each series with 0, 1, ... changes.

    Also where the last level of the first series' first ``end`` weeks starts, for each number of
    changes and each ``end``.
    """
    series, n = values.shape
    start = np.zeros((series, 1))
    w = np.concatenate([[0.0], weight.cumsum()])
    sums = np.hstack([start, (weight * values).cumsum(axis=1)])
    squares = np.hstack([start, (weight * values**2).cumsum(axis=1)])

    def error(first: slice, end: int) -> Floats:
        total = sums[:, [end]] - sums[:, first]
        return squares[:, [end]] - squares[:, first] - total**2 / (w[end] - w[first])

    least = np.full((series, n + 1), np.inf)
    for end in range(shortest, n + 1):
        least[:, end] = error(slice(0, 1), end)[:, 0]
    errors, places = [least[:, n]], []
    for k in range(1, most + 1):
        before, least = least, np.full((series, n + 1), np.inf)
        back = np.zeros(n + 1, dtype=np.intp)
        for end in range((k + 1) * shortest, n + 1):
            first = slice(k * shortest, end - shortest + 1)
            together = before[:, first] + error(first, end)
            least[:, end] = together.min(axis=1)
            back[end] = k * shortest + together[0].argmin()
        errors.append(least[:, n])
        places.append(back)
    return np.maximum(np.stack(errors, axis=1), 0.0), places
