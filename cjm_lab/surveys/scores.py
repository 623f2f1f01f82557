"""Survey scores: answers in, an Estimate out.

Every score takes one answer a respondent (NaN where a question was not answered or not applicable)
and optional weights: one a respondent, or a `Design`, which also knows strata, clusters and what
the weights were raked to. Every score is a mean of one number a respondent, `person_values`. An
answer outside the scale is an error, never dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Design, Estimate, mean, no_estimate, share, weighted_share, z_value
from cjm_lab.surveys.points import (
    Floats,
    Scale,
    ces_points,
    csat_points,
    likert_points,
    nps_points,
    outcome_points,
    rating_points,
    sus_points,
    umux_points,
)

Weights = npt.ArrayLike | Design | None


def nps(answers: npt.ArrayLike, weights: Weights = None, *, level: float = 0.95) -> Estimate:
    """Return the Net Promoter Score: percent of 9 and 10 minus percent of 0 to 6.

    The raw score is reported; the interval is the adjusted Wald one, centered at the adjusted
    score, so it is never empty and holds its level with few answers. With weights the variance is
    linearized.

    Parameters
    ----------
    answers
        Whole numbers 0 to 10, one a respondent; NaN where there's no answer.
    weights
        One weight a respondent, or a Design.
    level
        Confidence level.

    Returns
    -------
    Estimate
        Between -100 and 100; `se` is that of the raw score.

    Raises
    ------
    ParameterError
        If an answer is not a whole number from 0 to 10.

    References
    ----------
    Rocks (2016), Interval estimation for the "net promoter score", The American Statistician 70,
    365-372: add 3/4 to promoters and to detractors and 3 to n. Variance P + D - (P - D)^2.

    Examples
    --------
    >>> print(format(nps([10] * 462 + [8] * 176 + [0] * 362), ".3f"))
    10.000 [4.390, 15.551] n=1000
    """
    points = nps_points(answers)
    if weights is None:
        x = points[~np.isnan(points)]
        if not len(x):
            return no_estimate("adjusted Wald", level=level)
        return _adjusted_wald((x > 0).sum(), (x < 0).sum(), len(x), level)
    estimate = mean(points, weights, bounds=(-100, 100), level=level)
    if estimate.method not in ("one answer", "all alike"):
        return estimate
    # no variance to work from: the adjusted interval knows how little so few answers say
    n_eff, score = estimate.n_eff, estimate.value / 100
    wald = _adjusted_wald(max(score, 0) * n_eff, max(-score, 0) * n_eff, n_eff, level)
    return replace(wald, n=estimate.n, n_eff=n_eff, method="adjusted Wald on effective n")


def csat(
    answers: npt.ArrayLike,
    weights: Weights = None,
    *,
    scale_max: float = 5,
    scale_min: float = 1,
    level: float = 0.95,
) -> Estimate:
    """Return the share of satisfied respondents: the two best answers of the scale, with Wilson.

    Parameters
    ----------
    answers
        Answers from `scale_min` to `scale_max`, the best last; NaN where there's no answer.
    weights
        One weight a respondent, or a Design.
    scale_max, scale_min
        Ends of the scale.
    level
        Confidence level.

    Raises
    ------
    ParameterError
        If an answer lies outside the scale.

    References
    ----------
    Top-2-box share; interval of Wilson (1927), with weights on Kish's effective n.

    Examples
    --------
    >>> print(format(csat([5] * 50 + [4] * 31 + [3] * 182), ".4f"))
    0.3080 [0.2553, 0.3662] n=263
    """
    points = csat_points(answers, scale_max=scale_max, scale_min=scale_min)
    return success_share(points, weights, level=level)


def ces(
    answers: npt.ArrayLike,
    weights: Weights = None,
    *,
    top: bool = False,
    scale: Scale = (1, 7),
    reversed: bool = False,
    level: float = 0.95,
) -> Estimate:
    """Return the Customer Effort Score: the mean agreement that it was easy.

    Parameters
    ----------
    answers
        Agreement with "made it easy" from 1 to 7 (CES 2.0); NaN where there's no answer.
    weights
        One weight a respondent, or a Design.
    top
        Whether to return the share above the middle of the scale (5 to 7) instead.
    scale
        Ends of the scale; CES 1.0 asks from 1 to 5.
    reversed
        Whether a high answer means much effort, as in CES 1.0; answers are then turned, so that
        more is always better.
    level
        Confidence level.

    Raises
    ------
    ParameterError
        If an answer lies outside the scale.

    References
    ----------
    Dixon, Freeman & Toman (2010), Harvard Business Review 88 (CES 1.0); CEB (2013), CES 2.0.

    Examples
    --------
    >>> ces([7, 6, 5, 4, 2]).value, ces([7, 6, 5, 4, 2], top=True).value
    (4.8, 0.6)
    """
    points = ces_points(answers, top=top, scale=scale, reversed=reversed)
    if top:
        return success_share(points, weights, level=level)
    return mean(points, weights, bounds=scale, level=level)


def sus(answers: npt.ArrayLike, weights: Weights = None, *, level: float = 0.95) -> Estimate:
    """Return the mean System Usability Scale.

    Parameters
    ----------
    answers
        One row a respondent, ten columns in the order of the questionnaire, 1 to 5. Respondents
        who left an item out are left out.
    weights
        One weight a respondent, or a Design.
    level
        Confidence level.

    Returns
    -------
    Estimate
        Between 0 and 100.

    Raises
    ------
    ParameterError
        If there aren't ten items or an answer lies outside 1 to 5.

    References
    ----------
    Brooke (1996): odd items x - 1, even items 5 - x, sum times 2.5.

    Examples
    --------
    >>> sus([[5, 1, 5, 1, 5, 1, 4, 2, 5, 1], [3] * 10]).value
    72.5
    """
    return mean(sus_points(answers), weights, bounds=(0, 100), level=level)


def umux_lite(answers: npt.ArrayLike, weights: Weights = None, *, level: float = 0.95) -> Estimate:
    """Return the mean UMUX-Lite, not regressed to SUS.

    Parameters
    ----------
    answers
        One row a respondent, two columns (meets my requirements; easy to use), 1 to 7.
    weights
        One weight a respondent, or a Design.
    level
        Confidence level.

    Returns
    -------
    Estimate
        Between 0 and 100.

    Raises
    ------
    ParameterError
        If there aren't two items or an answer lies outside 1 to 7.

    References
    ----------
    Lewis, Utesch & Maher (2013): (u1 + u2 - 2) x 100 / 12.

    Examples
    --------
    >>> umux_lite([[6, 5]]).value
    75.0
    """
    return mean(umux_points(answers), weights, bounds=(0, 100), level=level)


def likert(
    answers: npt.ArrayLike,
    weights: Weights = None,
    *,
    scale: Scale = (1, 5),
    reversed: Collection[int | str] = (),
    level: float = 0.95,
) -> Estimate:
    """Return the mean of a Likert scale: each respondent's mean over the items answered.

    Parameters
    ----------
    answers
        One row a respondent, one column an item; a single item may be one-dimensional.
    weights
        One weight a respondent, or a Design.
    scale
        Ends of the scale that all items share.
    reversed
        Items worded the other way round, by column name (DataFrame) or position from 0; their
        answers are turned first.
    level
        Confidence level.

    Raises
    ------
    ParameterError
        If an answer lies outside the scale.

    References
    ----------
    Likert (1932), summated rating, divided by the number of items answered; t interval.

    Examples
    --------
    >>> likert([[5, 1], [4, 2]], reversed=[1]).value
    4.5
    """
    points = likert_points(answers, scale=scale, reversed=reversed)
    return mean(points, weights, bounds=scale, level=level)


def rating(
    answers: npt.ArrayLike,
    weights: Weights = None,
    *,
    scale: Scale | None = None,
    level: float = 0.95,
) -> Estimate:
    """Return the mean rating with Student's t interval.

    Parameters
    ----------
    answers
        One rating a respondent; NaN where there's no answer.
    weights
        One weight a respondent, or a Design.
    scale
        Ends of the scale; the interval doesn't leave it.
    level
        Confidence level.

    Raises
    ------
    ParameterError
        If an answer lies outside the scale.

    Examples
    --------
    >>> print(format(rating([4, 5, 3, 4, 2, 5], scale=(1, 5)), ".3f"))
    3.833 [2.606, 5.000] n=6
    """
    return mean(rating_points(answers, scale=scale), weights, bounds=scale, level=level)


def success_share(
    outcome: npt.ArrayLike, weights: Weights = None, *, level: float = 0.95
) -> Estimate:
    """Return the share of respondents of whom something is true, such as a choice that counts.

    Parameters
    ----------
    outcome
        1 or 0 a respondent; NaN where there's no answer.
    weights
        One weight a respondent, or a Design.
    level
        Confidence level.

    Examples
    --------
    >>> print(format(success_share([1] * 81 + [0] * 182), ".4f"))
    0.3080 [0.2553, 0.3662] n=263
    """
    points = outcome_points(outcome)
    if weights is None:
        given = points[~np.isnan(points)]
        return share(int(given.sum()), len(given), level=level)
    return weighted_share(points, weights, level=level)


def person_values(answers: npt.ArrayLike, score: Callable[..., Estimate] = nps) -> Floats:
    """Return each respondent's own value of a score, whose mean the score is.

    Parameters
    ----------
    answers
        As the score takes them.
    score
        One of the scores, or a ``functools.partial`` of one.

    Returns
    -------
    numpy.ndarray
        100, 0 or -100 for `nps`; 1 or 0 for `csat`; NaN where the respondent has none.

    Raises
    ------
    ParameterError
        If `score` is none of the scores.

    Examples
    --------
    >>> person_values([10, 7, 0, np.nan]).tolist()
    [100.0, 0.0, -100.0, nan]
    """
    keywords: dict[str, Any] = {}
    if isinstance(score, partial):
        keywords, score = dict(score.keywords), score.func
    if score not in _POINTS:
        names = [known.__name__ for known in _POINTS]
        raise ParameterError(f"score must be one of {names}, got {score!r}")
    keywords.pop("level", None)
    return _POINTS[score](answers, **keywords)


def nps_bounds(
    promoters: npt.ArrayLike, detractors: npt.ArrayLike, n: npt.ArrayLike, *, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Return the bounds of the adjusted Wald interval of the NPS, for counts or arrays of counts.

    References
    ----------
    Rocks (2016), The American Statistician 70, 365-372.

    Examples
    --------
    >>> low, high = nps_bounds(453, 147, 895)
    >>> round(float(low), 3), round(float(high), 3)
    (29.209, 38.943)
    """
    m = np.asarray(n) + 3.0
    p, d = (np.asarray(promoters) + 0.75) / m, (np.asarray(detractors) + 0.75) / m
    half = z_value(level) * np.sqrt((p + d - (p - d) ** 2) / m)
    return np.maximum(-100, 100 * (p - d - half)), np.minimum(100, 100 * (p - d + half))


def _adjusted_wald(promoters: float, detractors: float, n: float, level: float) -> Estimate:
    p, d = promoters / n, detractors / n
    value = float(100 * (p - d))
    low, high = nps_bounds(promoters, detractors, n, level=level)
    return Estimate(
        value,
        min(float(low), value),  # a single answer can lie outside by a hair
        max(float(high), value),
        n=int(n),
        method="adjusted Wald",
        se=float(100 * np.sqrt(max(0.0, p + d - (p - d) ** 2) / n)),
        level=level,
    )


_POINTS: dict[Callable[..., Estimate], Callable[..., Floats]] = {
    nps: nps_points,
    csat: csat_points,
    ces: ces_points,
    sus: sus_points,
    umux_lite: umux_points,
    likert: likert_points,
    rating: rating_points,
    success_share: outcome_points,
}
