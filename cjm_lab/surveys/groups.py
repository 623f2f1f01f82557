"""One score in several groups of respondents, or twice in the same people."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import inf

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Design, Estimate, benjamini_hochberg, difference, mean, p_value
from cjm_lab.surveys.scores import nps, person_values

Score = Callable[..., Estimate]
Floats = npt.NDArray[np.float64]
Pair = tuple[float, float]


def compare_groups(
    answers: npt.ArrayLike,
    groups: npt.ArrayLike,
    score: Score = nps,
    weights: npt.ArrayLike | Design | None = None,
    *,
    min_n: int = 30,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the difference of a score between each two groups, corrected for their number.

    Parameters
    ----------
    answers
        One answer a respondent, or one row of answers (SUS); NaN where there's no answer.
    groups
        The group of each respondent: an operator, a segment, a wave. Missing or empty: none.
    score
        The score, such as `nps`; ``functools.partial(csat, scale_max=7)`` for one with arguments.
    weights
        One weight a respondent, or a Design: groups are then its domains, and groups that share
        clusters or were raked together are not taken as independent.
    min_n
        Groups with fewer answers are left out.
    level
        Confidence level of each interval.

    Returns
    -------
    pandas.DataFrame
        One row a pair: a, b, value (a minus b), low, high, n, p (two-sided z test, t with a Design)
        and p_adjusted (Benjamini-Hochberg over all pairs). Groups in alphabetical order.

    Raises
    ------
    ParameterError
        If answers and groups differ in length.

    References
    ----------
    Benjamini & Hochberg (1995); interval by `difference`.

    Examples
    --------
    >>> answers = [10] * 60 + [5] * 40 + [10] * 30 + [5] * 70
    >>> pairs = compare_groups(answers, ["app"] * 100 + ["shop"] * 100)
    >>> f"{pairs.a[0]} minus {pairs.b[0]}: {pairs.value[0]:g}"
    'app minus shop: 60'
    """
    x = np.asarray(answers, dtype=float)
    names = pd.Series(np.asarray(groups, dtype=object))
    if len(names) != len(x):
        raise ParameterError(f"groups must have one value an answer ({len(x)}), got {len(names)}")
    answered = ~np.isnan(x) if x.ndim == 1 else ~np.isnan(x).all(axis=1)
    given = answered & names.notna().to_numpy() & (names != "").to_numpy()
    sizes = names[given].value_counts()
    members, estimates = {}, {}
    for name in sorted(sizes[sizes >= min_n].index, key=str):
        rows = members[name] = given & (names == name).to_numpy()
        if isinstance(weights, Design):  # a domain of the whole sample
            domain = np.where(rows if x.ndim == 1 else rows[:, None], x, np.nan)
            estimates[name] = score(domain, weights, level=level)
        else:
            w = None if weights is None else np.asarray(weights, dtype=float)[rows]
            estimates[name] = score(x[rows], w, level=level)
    together = {pair: (0.0, inf) for pair in combinations(estimates, 2)}
    if isinstance(weights, Design):
        together = _dependence(person_values(x, score), members, weights)
    pairs = []
    for (a, b), (r, df) in together.items():
        d = difference(estimates[a], estimates[b], correlation=r)
        p = p_value(estimates[a], estimates[b], correlation=r, df=df)
        pairs.append((a, b, d.value, d.low, d.high, d.n, p))
    table = pd.DataFrame(pairs, columns=["a", "b", "value", "low", "high", "n", "p"])
    table["p_adjusted"] = benjamini_hochberg(table["p"].to_numpy(dtype=float))
    return table


def paired_difference(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    score: Score = nps,
    weights: npt.ArrayLike | Design | None = None,
    *,
    level: float = 0.95,
) -> Estimate:
    """Return how a score changed in the same people asked twice: after minus before.

    Every score is a mean of one number a respondent, so the change is the mean of each one's own
    change. Two samples of different people are compared with `difference`.

    Parameters
    ----------
    before, after
        The answers of the same people in the same order; one answer or one row (SUS) each. Who
        didn't answer both is left out.
    score
        The score, such as `nps`; ``functools.partial(csat, scale_max=7)`` for one with arguments.
    weights
        One weight a respondent, or a Design.
    level
        Confidence level.

    Returns
    -------
    Estimate
        In the unit of the score; n is the number of people with both answers.

    Raises
    ------
    ParameterError
        If the two aren't the same people.

    References
    ----------
    Student (1908), the paired t interval.

    Examples
    --------
    >>> print(paired_difference([6, 7, 9, 3], [9, 9, 10, 3]))
    75.0 [-77.3, 227.3] n=4
    """
    one, two = person_values(before, score), person_values(after, score)
    same = len(one) == len(two)
    if isinstance(before, pd.Series | pd.DataFrame) and isinstance(after, pd.Series | pd.DataFrame):
        same = same and before.index.equals(after.index)
    if not same:
        raise ParameterError(
            "before and after must be the same people in the same order, got"
            f" {len(one)} and {len(two)} rows; join them by respondent first"
        )
    return mean(two - one, weights, level=level)


def _dependence(
    values: Floats, members: dict[str, npt.NDArray[np.bool_]], design: Design
) -> dict[tuple[str, str], Pair]:
    """Return correlation and degrees of freedom of each pair of domains."""
    if len(members) < 2:
        return {}
    inside = {name: rows & ~np.isnan(values) for name, rows in members.items()}
    columns = [design.influence(np.where(rows, values, np.nan)) for rows in inside.values()]
    v = design.covariance(np.column_stack(columns))
    spread = np.sqrt(np.outer(np.diag(v), np.diag(v)))
    r = np.divide(v, spread, out=np.zeros_like(v), where=spread > 0)
    return {
        (a, b): (float(r[i, j]), design.degrees_of(inside[a] | inside[b]))
        for (i, a), (j, b) in combinations(enumerate(members), 2)
    }
