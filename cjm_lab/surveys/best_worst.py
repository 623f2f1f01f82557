"""MaxDiff (best-worst scaling): what matters most when one best and one worst must be named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate
from cjm_lab.study.personas import attribute_text
from cjm_lab.surveys.resampling import Floats, Weights, from_draws, resampled_sums

Ints = npt.NDArray[np.intp]

#: A utility that leaves this range runs to infinity: an item was always or never chosen.
_FARTHEST = 15.0
_METHOD = "paired conditional logit, bootstrap"
_NO_FIT = "no finite coefficients: always or never chosen, or not compared with the rest"


@dataclass(frozen=True)
class Sets:
    """The sets shown: the item of each place, and each ordered pair of places as best and worst."""

    items: list[str]
    members: list[Ints]

    @property
    def pairs(self) -> list[tuple[Ints, Ints]]:
        """Best and worst item of each answer that a set allows."""
        return [
            (m[i[different]], m[j[different]])
            for m in self.members
            for i, j in [np.indices((len(m), len(m))).reshape(2, -1)]
            for different in [i != j]
        ]


def maxdiff(
    best: pd.DataFrame,
    worst: pd.DataFrame,
    sets: Sequence[Sequence[str]],
    weights: Weights = None,
    *,
    items: Sequence[str] | None = None,
    reference: str | None = None,
    repeats: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return counts, share of preference and conditional logit coefficient of each item.

    Parameters
    ----------
    best, worst
        Answers: one row a respondent, the same in both, and one column a question, in the order
        of `sets`: an item's name, or its place in the set from 1. A question with just one of the
        two answered is left out.
    sets
        The items of each question, in the order shown.
    weights
        One weight a respondent, or a Design.
    items
        All items in the order wanted; by default as they first occur in the sets.
    reference
        Item with coefficient 0; by default the one with the lowest best minus worst.
    repeats, seed, level
        Of the bootstrap over respondents. A person's answers are alike, so the intervals resample
        people; `se` is the model's own, which takes all questions for independent.

    Returns
    -------
    DataFrame
        One row an item: ``item``; ``value``, its share of preference with ``low`` and ``high``
        (the shares add up to 1); ``best``, ``worst``, ``shown``, ``best_minus_worst`` and
        ``standardized``, best minus worst by times shown; ``coefficient`` with ``se``,
        ``coefficient_low`` and ``coefficient_high``; ``n`` respondents; ``method``.
        ``.attrs["log_likelihood"]`` is that of the model.

    Raises
    ------
    ParameterError
        If an answer is not in its set, one item is best and worst at once, or sets, items and
        questions don't fit together.

    References
    ----------
    Finn & Louviere (1992), Journal of Public Policy & Marketing 11, 12-25; Marley & Louviere
    (2005), Journal of Mathematical Psychology 49, 464-480 (paired model); Aizaki, Nakatani & Sato
    (2014), Stated Preference Methods Using R, CRC Press.

    Examples
    --------
    >>> sets = [["Price", "Taste", "Color"]] * 2
    >>> best = pd.DataFrame({"b1": ["Taste", "Price"], "b2": ["Taste", "Price"]})
    >>> worst = pd.DataFrame({"w1": ["Color", "Color"], "w2": ["Price", "Taste"]})
    >>> maxdiff(best, worst, sets)[["item", "best_minus_worst"]].values.tolist()
    [['Price', 1.0], ['Taste', 1.0], ['Color', -2.0]]
    """
    shown = _shown(sets, items)
    if not best.shape == worst.shape == (len(best), len(sets)):
        raise ParameterError(
            "best and worst must have one row a respondent and one column a set "
            f"({len(sets)}), got {best.shape} and {worst.shape}"
        )
    k = len(shown.items)
    chosen, refused, asked = _tallies(best, worst, shown)
    counts = np.hstack([chosen, refused, asked])
    sums = resampled_sums(counts, weights, repeats=repeats, seed=seed)
    net, tasks = sums[:, :k] - sums[:, k : 2 * k], sums[:, 2 * k :]
    times = tasks[0] @ np.array([np.isin(np.arange(k), m) for m in shown.members], dtype=float)
    utilities = _fit(net, tasks, shown)
    ref = _reference(reference, net[0], shown.items)
    powers = np.exp(utilities)
    preference = powers / powers.sum(axis=1, keepdims=True)
    coefficients = utilities - utilities[:, [ref]]
    se = _standard_errors(utilities[0], tasks[0], shown, ref)
    n = int(asked.any(axis=1).sum())
    table = pd.DataFrame({"item": shown.items})
    method = _METHOD if not np.isnan(utilities[0]).any() else _NO_FIT
    part = [_interval(preference[:, i], n, level) for i in range(k)]
    slope = [_interval(coefficients[:, i], n, level) for i in range(k)]
    table = table.assign(
        value=[e.value for e in part],
        low=[e.low for e in part],
        high=[e.high for e in part],
        best=sums[0, :k],
        worst=sums[0, k : 2 * k],
        shown=times,
        best_minus_worst=net[0],
        standardized=np.divide(net[0], times, out=np.full(k, nan), where=times > 0),
        coefficient=[e.value for e in slope],
        se=se,
        coefficient_low=[nan if i == ref else e.low for i, e in enumerate(slope)],
        coefficient_high=[nan if i == ref else e.high for i, e in enumerate(slope)],
        n=n,
        method=method,
    )
    table.attrs["log_likelihood"] = _log_likelihood(utilities[0], net[0], tasks[0], shown)
    return table


def _shown(sets: Sequence[Sequence[str]], items: Sequence[str] | None) -> Sets:
    """Return the sets with items numbered; items that no set shows, or too few, are errors."""
    used = list(dict.fromkeys(str(item) for one in sets for item in one))
    names = used if items is None else [str(item) for item in items]
    if len(set(names)) != len(names) or set(names) != set(used):
        raise ParameterError(f"items must be those of the sets, each once: {used}, got {names}")
    for one in sets:
        if len(one) < 2 or len({str(item) for item in one}) != len(one):
            raise ParameterError(f"a set must show two items or more, each once, got {list(one)}")
    place = {name: i for i, name in enumerate(names)}
    return Sets(names, [np.array([place[str(item)] for item in one]) for one in sets])


def _tallies(best: pd.DataFrame, worst: pd.DataFrame, shown: Sets) -> tuple[Floats, Floats, Floats]:
    """Return, a respondent, how often each item was best, was worst, and which sets count."""
    n, k = len(best), len(shown.items)
    chosen, refused = np.zeros((n, k)), np.zeros((n, k))
    asked = np.zeros((n, len(shown.members)))
    everyone = np.arange(n)
    for q, members in enumerate(shown.members):
        up = _numbered(best.iloc[:, q], members, shown.items)
        down = _numbered(worst.iloc[:, q], members, shown.items)
        both = (up >= 0) & (down >= 0)
        same = both & (up == down)
        if same.any():
            raise ParameterError(
                "the best and the worst of a set must be two items, got "
                f"{shown.items[up[same][0]]!r} as both ({same.sum()} answers to "
                f"{best.columns[q]} and {worst.columns[q]})"
            )
        np.add.at(chosen, (everyone[both], up[both]), 1)
        np.add.at(refused, (everyone[both], down[both]), 1)
        asked[both, q] = 1
    return chosen, refused, asked


def _numbered(answers: pd.Series, members: Ints, items: list[str]) -> Ints:
    """Return the number of the item that each answer names, -1 where there's none."""
    places = {str(place): int(item) for place, item in enumerate(members, start=1)}
    known = {"": -1} | places | {items[item].strip(): int(item) for item in members}
    text = attribute_text(answers)
    unknown = text[~text.isin(list(known))]
    if len(unknown):
        names = [items[item] for item in members]
        raise ParameterError(
            f"an answer must be one of the items {names} or a place from 1 to {len(names)}, got "
            f"{unknown.iloc[0]!r} ({len(unknown)} answers to {answers.name})"
        )
    return text.map(known).to_numpy(dtype=np.intp)


def _fit(net: Floats, tasks: Floats, shown: Sets) -> Floats:
    """Return the utilities that make each row of counts most likely, mean 0; NaN if infinite.

    Best minus worst and the number of answers a set are sufficient: Newton's method runs on them
    for all resamples at once, which the 1,000 fits of a library would not.
    """
    rows, k = net.shape
    u = np.zeros((rows, k))
    if not len(tasks) or not tasks[0].sum():
        return np.full((rows, k), nan)
    scale = tasks.sum(axis=1)[:, None, None].clip(min=1)
    # only differences count: the mean is held at zero, and a hair keeps what runs off solvable
    held = (np.full((k, k), 1 / k) + 1e-10 * np.eye(k)) * scale
    lost = np.linalg.eigvalsh(_moments(u, tasks, shown)[1] / scale)[:, 1] < 1e-8
    for _ in range(50):
        expected, information = _moments(u, tasks, shown)
        step = np.linalg.solve(information + held, (net - expected)[..., None])[..., 0]
        u = np.clip(u + np.clip(step, -2, 2), -2 * _FARTHEST, 2 * _FARTHEST)
        if np.abs(step).max() < 1e-10:
            break
    infinite = lost | (np.abs(u).max(axis=1) > _FARTHEST) | (np.abs(step).max(axis=1) > 1e-6)
    return np.where(infinite[:, None], nan, u)


def _moments(u: Floats, tasks: Floats, shown: Sets) -> tuple[Floats, Floats]:
    """Return the expected best minus worst and the information matrix of each row."""
    rows, k = u.shape
    expected, information = np.zeros((rows, k)), np.zeros((rows, k, k))
    for q, (b, w) in enumerate(shown.pairs):
        signs = np.zeros((len(b), k))
        signs[np.arange(len(b)), b], signs[np.arange(len(b)), w] = 1, -1
        p = np.exp(u[:, b] - u[:, w])
        p /= p.sum(axis=1, keepdims=True)
        mean = p @ signs
        square = np.einsum("rp,pi,pj->rij", p, signs, signs, optimize=True)
        expected += tasks[:, [q]] * mean
        information += tasks[:, q, None, None] * (square - mean[:, :, None] * mean[:, None, :])
    return expected, information


def _standard_errors(u: Floats, tasks: Floats, shown: Sets, ref: int) -> Floats:
    """Return the standard error of each coefficient against the reference, NaN for itself."""
    se = np.full(len(u), nan)
    if not np.isnan(u).any():
        others = np.delete(np.arange(len(u)), ref)
        information = _moments(u[None], tasks[None], shown)[1][0]
        se[others] = np.sqrt(np.diag(np.linalg.inv(information[np.ix_(others, others)])))
    return se


def _log_likelihood(u: Floats, net: Floats, tasks: Floats, shown: Sets) -> float:
    sets = [np.log(np.exp(u[b] - u[w]).sum()) for b, w in shown.pairs]
    return float(net @ u - tasks @ np.array(sets))


def _reference(reference: str | None, net: Floats, items: list[str]) -> int:
    if reference is None:
        return int(len(net) - 1 - net[::-1].argmin())  # the last of the lowest
    if reference not in items:
        raise ParameterError(f"reference must be one of the items {items}, got {reference!r}")
    return items.index(reference)


def _interval(draws: Floats, n: int, level: float) -> Estimate:
    return from_draws(draws, n, level=level, method=_METHOD)
