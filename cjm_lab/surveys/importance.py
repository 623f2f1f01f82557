"""Importance against satisfaction: the opportunity score and the importance-performance map."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate, no_estimate
from cjm_lab.surveys.resampling import Floats, Weights, from_draws, resampled_means

Scale = tuple[float, float]
CrossHair = Literal["mean", "median", "midpoint", "diagonal"]

#: Where each band of the opportunity score begins, and its name (Ulwick 2005).
_BANDS = ((15, "extreme"), (12, "high"), (10, "worth considering"))
_SERVED = "appropriately served or overserved"
_TOP2 = "top-2 shares, bootstrap"

#: By whether importance and performance are high.
QUADRANTS = {
    (True, False): "concentrate here",
    (True, True): "keep up the good work",
    (False, False): "low priority",
    (False, True): "possible overkill",
}
_NAMES = np.array([[QUADRANTS[i, p] for p in (False, True)] for i in (False, True)])


def opportunity_score(
    importance: npt.ArrayLike,
    satisfaction: npt.ArrayLike,
    weights: Weights = None,
    *,
    scale: Scale = (1, 5),
    satisfaction_scale: Scale | None = None,
    of: Literal["top2", "mean"] = "top2",
    repeats: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Return I + max(I - S, 0), from 0 to 20.

    Parameters
    ----------
    importance, satisfaction
        One answer a respondent; NaN where there's no answer.
    weights
        One weight a respondent, or a Design.
    scale
        Scale that importance was asked on.
    satisfaction_scale
        Scale of satisfaction, where it is another one.
    of
        ``top2``: I and S are ten times the share of the two best answers. ``mean``: they are the
        mean answers, carried from their scale to 0-10; no bands exist for those.
    repeats, seed, level
        Of the bootstrap interval over respondents.

    Returns
    -------
    Estimate
        n is the smaller number of answers.

    Raises
    ------
    ParameterError
        If an answer lies off its scale, or a scale has no top two: it needs four points.

    References
    ----------
    Ulwick, A. W. (2005). What Customers Want. McGraw-Hill.

    Examples
    --------
    >>> opportunity_score([5] * 9 + [1], [4] * 3 + [2] * 7).value
    15.0
    """
    scales = (scale, satisfaction_scale or scale)
    if of not in ("top2", "mean"):
        raise ParameterError(one_of("of", ["top2", "mean"], of))
    names = ("importance", "satisfaction")
    answers = [
        _on_scale(x, s, name)
        for x, s, name in zip((importance, satisfaction), scales, names, strict=True)
    ]
    if len(answers[0]) != len(answers[1]):
        raise ParameterError(
            "importance and satisfaction must have one answer a respondent each, got "
            f"{len(answers[0])} and {len(answers[1])}"
        )
    rated = [_ten(x, s, of) for x, s in zip(answers, scales, strict=True)]
    method = _TOP2 if of == "top2" else "means, bootstrap"
    n = min(int((~np.isnan(x)).sum()) for x in rated)
    if n == 0:
        return no_estimate(method, level=level)
    means = resampled_means(np.column_stack(rated), weights, repeats=repeats, seed=seed)
    i, s = 10 * means[:, 0], 10 * means[:, 1]
    return from_draws(i + np.maximum(i - s, 0), n, level=level, method=method)


def opportunity_band(score: Estimate) -> str:
    """Return what an opportunity score says: extreme, high, worth considering, or served.

    Parameters
    ----------
    score
        As `opportunity_score` returns it.

    Raises
    ------
    ParameterError
        If the score was made of means: the bands hold for shares of the two best answers only.

    References
    ----------
    Ulwick, A. W. (2005). What Customers Want. McGraw-Hill: above 15 extreme, 12 to 15 high, 10 to
    12 worth considering; below 10 the need is appropriately served or overserved.

    Examples
    --------
    >>> opportunity_band(opportunity_score([5] * 9 + [1], [4] * 3 + [2] * 7))
    'high'
    """
    if score.method != _TOP2:
        raise ParameterError(
            "bands must be read from a score of top-2 shares, got one by the method "
            f"{score.method!r}; use opportunity_score(..., of='top2')"
        )
    return band_of(score.value)


def band_of(score: float) -> str:
    """Return the band of a number, whatever it was made of.

    Examples
    --------
    >>> [band_of(score) for score in (15.1, 15, 10, 9)][2:]
    ['worth considering', 'appropriately served or overserved']
    """
    (extreme, name), *rest = _BANDS
    if score > extreme:
        return name
    return next((name for start, name in rest if score >= start), _SERVED)


def importance_performance(
    importance: pd.DataFrame,
    performance: pd.DataFrame,
    weights: Weights = None,
    *,
    cross_hair: CrossHair = "mean",
    importance_scale: Scale = (1, 5),
    performance_scale: Scale = (1, 5),
    repeats: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return each item's mean importance and performance, its quadrant, and how sure that is.

    Parameters
    ----------
    importance, performance
        Answers: one row a respondent, the same in both, and one column an item, named alike.
    weights
        One weight a respondent, or a Design.
    cross_hair
        Where the quadrants meet: at the ``mean`` or ``median`` of the items' means, or at the
        ``midpoint`` of the scales. ``diagonal``: what matters more than it performs, each as a
        share of its scale, is to concentrate on; the rest is parted at the midpoint.
    importance_scale, performance_scale
        Ends of the scales asked on.
    repeats, seed, level
        Of the bootstrap over respondents, in which the cross-hair is set anew.

    Returns
    -------
    DataFrame
        One row an item: ``item``, ``importance`` and ``performance`` with ``_low`` and ``_high``;
        ``n``, the smaller number of answers; ``quadrant``; ``certainty``, the share of resamples
        in the same quadrant; ``same_of_four``, in how many of the four cross-hairs the quadrant is
        the same. Then where the cross-hair lies and the scales, for the plot.

    Raises
    ------
    ParameterError
        If the items or the respondents differ, or an answer lies off its scale.

    References
    ----------
    Martilla & James (1977), Journal of Marketing 41, 77-79; Abalo, Varela & Manzano (2007), Journal
    of Business Research 60, 115-121 (quadrants and diagonal together); Bacon (2003), International
    Journal of Market Research 45, 55-71 (how much hangs on the cross-hair).

    Examples
    --------
    >>> matter = pd.DataFrame({"Price": [5, 4], "Wrapping": [2, 1]})
    >>> works = pd.DataFrame({"Price": [2, 1], "Wrapping": [5, 4]})
    >>> importance_performance(matter, works)[["item", "quadrant", "same_of_four"]].values.tolist()
    [['Price', 'concentrate here', 4], ['Wrapping', 'possible overkill', 4]]
    """
    if cross_hair not in get_args(CrossHair):
        raise ParameterError(one_of("cross_hair", get_args(CrossHair), cross_hair))
    items = list(importance.columns)
    if set(items) != set(performance.columns) or len(importance) != len(performance):
        raise ParameterError(
            "importance and performance must have the same items and respondents, got "
            f"{items} of {len(importance)} and {list(performance.columns)} of {len(performance)}"
        )
    matters = _on_scale(importance, importance_scale, "importance")
    works = _on_scale(performance[items], performance_scale, "performance")
    draws = resampled_means(np.hstack([matters, works]), weights, repeats=repeats, seed=seed)
    high, good = draws[:, : len(items)], draws[:, len(items) :]
    scales = (importance_scale, performance_scale)
    lines = cross_hair_at(high, good, cross_hair, scales)
    quadrants = _quadrant(high, good, cross_hair, scales)
    n = [min((~np.isnan(matters[:, k])).sum(), (~np.isnan(works[:, k])).sum())
         for k in range(len(items))]  # fmt: skip
    alike = sum(
        (_quadrant(high[:1], good[:1], other, scales)[0] == quadrants[0]).astype(int)
        for other in get_args(CrossHair)
    )
    table = pd.DataFrame({"item": items})
    for name, values in (("importance", high), ("performance", good)):
        known = [from_draws(values[:, k], int(n[k]), level=level) for k in range(len(items))]
        table[name] = [e.value for e in known]
        table[f"{name}_low"] = [e.low for e in known]
        table[f"{name}_high"] = [e.high for e in known]
    certainty = (quadrants[1:] == quadrants[0]).mean(axis=0) if repeats else np.nan
    return table.assign(
        n=n,
        quadrant=quadrants[0],
        certainty=certainty,
        same_of_four=alike,
        cross_hair=cross_hair,
        importance_line=lines[0][0, 0],
        performance_line=lines[1][0, 0],
        importance_min=importance_scale[0],
        importance_max=importance_scale[1],
        performance_min=performance_scale[0],
        performance_max=performance_scale[1],
        method="bootstrap",
    )


def cross_hair_at(
    importance: Floats, performance: Floats, cross_hair: str, scales: tuple[Scale, Scale]
) -> tuple[Floats, Floats]:
    """Return where the quadrants meet in each row of items' means, shapes (rows, 1).

    Examples
    --------
    >>> means = np.array([[1.0, 2.0, 6.0]])
    >>> cross_hair_at(means, means, "median", ((0, 10), (0, 10)))[0].tolist()
    [[2.0]]
    """
    if cross_hair in ("mean", "median"):
        center = np.nanmean if cross_hair == "mean" else np.nanmedian
        return center(importance, axis=1, keepdims=True), center(performance, axis=1, keepdims=True)
    rows = (len(importance), 1)
    return np.full(rows, sum(scales[0]) / 2), np.full(rows, sum(scales[1]) / 2)


def _quadrant(
    importance: Floats, performance: Floats, cross_hair: str, scales: tuple[Scale, Scale]
) -> npt.NDArray[np.str_]:
    """Return the quadrant of each item in each row of means; on the line counts as high."""
    at = cross_hair_at(importance, performance, cross_hair, scales)
    # a mean of equal means may differ from them in the last digit
    matters = importance >= at[0] - 1e-9
    works = performance >= at[1] - 1e-9
    quadrants = _NAMES[matters.astype(int), works.astype(int)]
    if cross_hair == "diagonal":
        lacking = _of_scale(importance, scales[0]) > _of_scale(performance, scales[1]) + 1e-9
        rest = np.where(quadrants == QUADRANTS[True, False], QUADRANTS[True, True], quadrants)
        quadrants = np.where(lacking, QUADRANTS[True, False], rest)
    return quadrants


def _of_scale(x: Floats, scale: Scale) -> Floats:
    return (x - scale[0]) / (scale[1] - scale[0])


def _ten(x: Floats, scale: Scale, of: str) -> Floats:
    """Return what the tenth of I or S is the mean of: 1 for a top-2 answer, or its place."""
    if of == "mean":
        return _of_scale(x, scale)
    if not has_top2(scale):
        raise ParameterError(
            "a scale must have at least four points for the share of its two best answers, got "
            f"{scale}; use of='mean'"
        )
    return np.where(np.isnan(x), np.nan, x >= scale[1] - 1)


def has_top2(scale: Scale | None) -> bool:
    """Return whether the two best answers of a scale are a part of it: four points or more.

    Examples
    --------
    >>> has_top2((1, 5)), has_top2((0, 1)), has_top2(None)
    (True, False, False)
    """
    return scale is not None and scale[1] - scale[0] >= 3


def _on_scale(answers: npt.ArrayLike, scale: Scale, name: str) -> Floats:
    x = np.asarray(answers, dtype=float)
    off = x[(x < scale[0]) | (x > scale[1])]
    if off.size:
        raise ParameterError(
            f"{name} must lie from {scale[0]:g} to {scale[1]:g}, got {off[0]:g} "
            f"({off.size} answers off the scale); give the scale that was asked on"
        )
    return x
