"""One score in several groups of respondents, compared pair by pair."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, benjamini_hochberg, difference, p_value
from cjm_lab.surveys.scores import nps

Score = Callable[..., Estimate]


def compare_groups(
    answers: npt.ArrayLike,
    groups: npt.ArrayLike,
    score: Score = nps,
    weights: npt.ArrayLike | None = None,
    *,
    min_n: int = 30,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the difference of a score between each two groups, corrected for their number.

    Parameters
    ----------
    answers
        One answer a respondent; NaN where there's no answer.
    groups
        The group of each respondent: an operator, a segment, a wave. Missing or empty: none.
    score
        The score, such as `nps`; ``functools.partial(csat, scale_max=7)`` for one with arguments.
    weights
        One weight a respondent.
    min_n
        Groups with fewer answers are left out.
    level
        Confidence level of each interval.

    Returns
    -------
    pandas.DataFrame
        One row a pair: a, b, value (a minus b), low, high, n, p (two-sided z test) and p_adjusted
        (Benjamini-Hochberg over all pairs). Groups in alphabetical order.

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
    w = None if weights is None else np.asarray(weights, dtype=float)
    given = ~np.isnan(x) & names.notna().to_numpy() & (names != "").to_numpy()
    sizes = names[given].value_counts()
    estimates = {}
    for name in sorted(sizes[sizes >= min_n].index, key=str):
        rows = given & (names == name).to_numpy()
        estimates[name] = score(x[rows], None if w is None else w[rows], level=level)
    pairs = []
    for a, b in combinations(estimates, 2):
        d = difference(estimates[a], estimates[b])
        p = p_value(estimates[a], estimates[b])
        pairs.append((a, b, d.value, d.low, d.high, d.n, p))
    table = pd.DataFrame(pairs, columns=["a", "b", "value", "low", "high", "n", "p"])
    table["p_adjusted"] = benjamini_hochberg(table["p"].to_numpy(dtype=float))
    return table
