"""How many problems so many evaluators find, and how many are likely left."""

from __future__ import annotations

from math import ceil, isnan, log1p, nan

import pandas as pd

from cjm_lab.errors import ParameterError


def problem_discovery(chance: float, evaluators: int) -> float:
    """Return the share of problems that several evaluators find together.

    Parameters
    ----------
    chance
        Chance that one evaluator finds a problem.
    evaluators
        Number of evaluators.

    References
    ----------
    1 - (1 - L)^n; Nielsen & Landauer (1993), Proceedings of INTERCHI, 206-213.

    Examples
    --------
    >>> round(problem_discovery(0.31, 5), 4)
    0.8436
    """
    if not 0 <= chance <= 1:
        raise ParameterError(f"chance must lie between 0 and 1, got {chance!r}")
    return float(1 - (1 - chance) ** evaluators)


def evaluators_needed(chance: float, share: float = 0.9) -> int:
    """Return how many people it takes to find a problem with that probability.

    Parameters
    ----------
    chance
        Chance that one person finds it: of a problem that hits 10 % of the people, 0.1.
    share
        Probability that at least one of them does; of many such problems, the share found.

    Raises
    ------
    ParameterError
        If one of the two isn't between 0 and 1.

    References
    ----------
    Smallest n with 1 - (1 - L)^n >= share; Lewis (2001), see `adjusted_chance`.

    Examples
    --------
    >>> evaluators_needed(0.1)
    22
    """
    for name, value in {"chance": chance, "share": share}.items():
        if not 0 < value < 1:
            raise ParameterError(f"{name} must lie between 0 and 1, got {value!r}")
    return ceil(round(log1p(-share) / log1p(-chance), 9))


def adjusted_chance(found: pd.DataFrame) -> float:
    """Return the chance that one evaluator finds a problem, adjusted for those nobody found.

    Seen from the problems found, the chance is too high: those that nobody found are missing from
    it. The adjustment deflates it.

    Parameters
    ----------
    found
        One row a problem, one column an evaluator: 1 found, 0 not, missing where not looked for.

    Returns
    -------
    float
        Missing for fewer than two evaluators or no problem.

    References
    ----------
    Lewis (2001), International Journal of Human-Computer Interaction 13, 445-479: the mean of the
    normalized chance (p - 1/n)(1 - 1/n) and the Good-Turing one p / (1 + share found once).

    Examples
    --------
    >>> adjusted_chance(pd.DataFrame({"Ann": [1, 0], "Bob": [0, 1]}))
    0.125
    """
    problems, n = found.shape
    if n < 2 or not problems:
        return nan
    raw = float(found.mean(axis=1).mean())
    once = float((found.sum(axis=1) == 1).mean())
    return ((raw - 1 / n) * (1 - 1 / n) + raw / (1 + once)) / 2


def discovery_curve(
    chance: float, problems: int, evaluators: int, *, most: int = 10
) -> pd.DataFrame:
    """Return the share of all problems that 1, 2, ... evaluators may be expected to find.

    Parameters
    ----------
    chance
        Adjusted chance that one evaluator finds a problem.
    problems
        Problems found.
    evaluators
        Evaluators who found them.
    most
        Last number of evaluators in the table.

    Returns
    -------
    DataFrame
        ``evaluators``, ``value`` (share), ``problems`` (expected number of those estimated to be
        there), ``walked`` (True in the row of as many evaluators as there were). Without rows where
        the chance is not known. The share is reasoned from one chance for all problems and has no
        interval: in truth severe problems are found sooner than slight ones.

    References
    ----------
    Nielsen & Landauer (1993), see `problem_discovery`.

    Examples
    --------
    >>> discovery_curve(0.31, 17, 5)["value"].round(4).tolist()[:5]
    [0.31, 0.5239, 0.6715, 0.7733, 0.8436]
    """
    columns = ["evaluators", "value", "problems", "walked"]
    if isnan(chance) or not 0 < chance <= 1:
        return pd.DataFrame(columns=columns)
    there = problems / problem_discovery(chance, evaluators)
    rows = [
        [n, problem_discovery(chance, n), there * problem_discovery(chance, n), n == evaluators]
        for n in range(1, most + 1)
    ]
    return pd.DataFrame(rows, columns=columns)
