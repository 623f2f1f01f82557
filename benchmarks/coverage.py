"""How often the 95 % intervals hold the truth: writes cjm_lab/estimate/COVERAGE.md.

    .venv/bin/python benchmarks/coverage.py [--repeats N] [--importances]

Where all possible samples can be counted the coverage is exact; elsewhere it is simulated, 10,000
times a case, 2,000 times where a sample takes long, importances 500 to 2,000 times. A sample
without an interval counts as a miss.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import combinations_with_replacement
from math import nan, sqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from cjm_lab.estimate import (
    Design,
    Estimate,
    bootstrap,
    clustered_ratio,
    difference,
    mean,
    share,
    weighted_share,
)
from cjm_lab.surveys.best_worst import maxdiff
from cjm_lab.surveys.driver_columns import driver_columns
from cjm_lab.surveys.drivers import _importance as importance
from cjm_lab.surveys.gaps import derived_importance, value_gap
from cjm_lab.surveys.groups import paired_difference
from cjm_lab.surveys.importance import importance_performance, opportunity_score
from cjm_lab.surveys.kano_features import kano
from cjm_lab.surveys.relative_importance import johnson_weights, lmg
from cjm_lab.surveys.reliability import cronbach_alpha, omega
from cjm_lab.surveys.scores import nps, nps_bounds
from cjm_lab.surveys.weighting import rake

SIMULATED_HEAD = "## Simulated"
REPORT = Path(__file__).resolve().parents[1] / "cjm_lab" / "estimate" / "COVERAGE.md"
Floats = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator], Estimate]
#: The bounds of several numbers from one sample, in the order of their truths.
Draws = Callable[[np.random.Generator], npt.ArrayLike]
#: Method, which of its numbers, its true value, the rule.
Truth = tuple[str, str, float, str]

#: Answers from 1 to 5, and the change of an NPS answer's class, with their probabilities.
LIKED = (0.05, 0.10, 0.15, 0.30, 0.40)
CHANGED = (0.05, 0.15, 0.50, 0.20, 0.10)
#: Where a normal opinion becomes the next of five answers; skewed, as satisfaction is.
STEPS = (-2.0, -1.2, -0.4, 0.6)


class Cell(NamedTuple):
    """The coverage of one method in one case; `smooth`: it has to lie within 93 to 97 %."""

    method: str
    case: str
    coverage: float
    error: float
    smooth: bool
    samples: int = 0
    exempt: bool = False


def holds(estimate: Estimate, truth: float) -> bool:
    """Return whether the truth lies within the interval; no interval holds nothing."""
    return bool(estimate.low - 1e-12 <= truth <= estimate.high + 1e-12)


def exact_cells() -> list[Cell]:
    """Return the coverage of every case whose samples can be counted."""
    cells = []
    for n, p in [(10, 0.01), (10, 0.1), (10, 0.5), (30, 0.05), (30, 0.3), (200, 0.01),
                 (200, 0.2), (200, 0.5), (1000, 0.1)]:  # fmt: skip
        cells.append(exact("Wilson share", f"n {n}, p {p:g}", one_share(n, p), n * p >= 10))
    for n, p, q in [(10, 0.1, 0.3), (30, 0.2, 0.5), (200, 0.01, 0.05), (200, 0.2, 0.3)]:
        case = f"n {n} and {n}, p {p:g} and {q:g}"
        cells.append(exact("difference of shares", case, two_shares(n, p, q), n >= 200 and p > 0.1))
    for n, p in [(20, 0.1), (20, 0.5), (200, 0.05), (200, 0.2), (200, 0.5)]:
        case = f"n {n}, half of weight 3, p {p:g}"
        smooth = n >= 200 and p > 0.1
        cells.append(exact("weighted share", case, share_with_weights(n, p), smooth))
    for n, p, d in [(5, 0.5, 0.2), (10, 0.9, 0.02), (30, 0.5, 0.2), (30, 0.8, 0.05),
                    (200, 0.5, 0.2), (200, 0.33, 0.33), (200, 0.9, 0.02)]:  # fmt: skip
        case = f"n {n}, promoters {p:g}, detractors {d:g}"
        cells.append(exact("adjusted Wald NPS", case, nps_adjusted(n, p, d), n >= 200 and p < 0.9))
    for n in (5, 10):
        truth = float(np.dot(range(1, 6), LIKED))
        found = of_categories(n, LIKED, np.arange(1.0, 6), truth)
        cells.append(exact("t mean", f"n {n}, answers 1 to 5, skewed", found, False))
    changes = np.arange(-200.0, 201, 100)
    found = of_categories(10, CHANGED, changes, float(np.dot(changes, CHANGED)))
    cells.append(exact("paired difference of NPS", "n 10", found, False))
    return cells


def exact(method: str, case: str, coverage: float, smooth: bool) -> Cell:
    """Return a cell without an error."""
    return Cell(method, case, coverage, 0.0, smooth)


def one_share(n: int, p: float) -> float:
    """Return the exact coverage of Wilson's interval."""
    x = np.arange(n + 1)
    return float(stats.binom.pmf(x, n, p)[[holds(share(int(k), n), p) for k in x]].sum())


def two_shares(n: int, p: float, q: float) -> float:
    """Return the exact coverage of the difference of two shares; what is rarer than 1e-9 is out."""
    all_of = [share(k, n) for k in range(n + 1)]
    chance = np.outer(*(stats.binom.pmf(np.arange(n + 1), n, r) for r in (p, q)))
    return sum(
        chance[i, j]
        for i, j in np.argwhere(chance > 1e-9)
        if holds(difference(all_of[i], all_of[j]), p - q)
    )


def share_with_weights(n: int, p: float) -> float:
    """Return the exact coverage of a weighted share; half of the people have weight 3."""
    half = n // 2
    weights = np.repeat([1.0, 3.0], half)
    chance = np.outer(*[stats.binom.pmf(np.arange(half + 1), half, p)] * 2)
    rank = np.arange(half)
    return sum(
        chance[i, j]
        for i, j in np.argwhere(chance > 1e-9)
        if holds(weighted_share(np.r_[rank < i, rank < j], weights), p)
    )


def nps_adjusted(n: int, promoter: float, detractor: float) -> float:
    """Return the exact coverage of the adjusted Wald interval of the NPS."""
    p, d = (counts.ravel() for counts in np.meshgrid(np.arange(n + 1), np.arange(n + 1)))
    p, d = p[p + d <= n], d[p + d <= n]
    chance = stats.multinomial.pmf(
        np.c_[p, d, n - p - d], n, [promoter, detractor, 1 - promoter - detractor]
    )
    low, high = nps_bounds(p, d, n)
    truth = 100 * (promoter - detractor)
    return float(chance[(low <= truth) & (truth <= high)].sum())


def of_categories(n: int, chances: tuple[float, ...], values: Floats, truth: float) -> float:
    """Return the exact coverage of the t interval of a mean of answers on a scale."""
    samples = np.array(list(combinations_with_replacement(range(len(chances)), n)))
    counts = np.stack([(samples == k).sum(axis=1) for k in range(len(chances))], axis=1)
    chance = stats.multinomial.pmf(counts, n, chances)
    return float(chance[[holds(mean(values[sample]), truth) for sample in samples]].sum())


def scale_mean(n: int) -> tuple[Draw, float]:
    """Return a mean of answers from 1 to 5."""
    values = np.arange(1, 6)
    return (
        lambda rng: mean(rng.choice(values, n, p=LIKED), bounds=(1, 5)),
        float(np.dot(values, LIKED)),
    )


def difference_of_means(n: int) -> tuple[Draw, float]:
    """Return the difference of two means of unlike spread."""
    draw = lambda rng: difference(mean(rng.normal(1, 1, n)), mean(rng.normal(0, 3, n)))  # noqa: E731
    return draw, 1.0


def weighted(n: int, score: str) -> tuple[Draw, float]:
    """Return a weighted score where those of greater weight answer otherwise."""
    kinds, weight = np.array([0.5, 0.3, 0.2]), np.array([1.0, 2.0, 4.0])
    promoter, detractor = np.array([0.5, 0.4, 0.6]), np.array([0.2, 0.3, 0.1])
    part = kinds * weight / (kinds * weight).sum()

    def draw(rng: np.random.Generator) -> Estimate:
        kind = rng.choice(3, n, p=kinds)
        luck = rng.random(n)
        top, low = luck < promoter[kind], luck > 1 - detractor[kind]
        if score == "share":
            return weighted_share(top, weight[kind])
        return nps(np.where(top, 10, np.where(low, 0, 8)), weight[kind])

    return draw, float(part @ promoter if score == "share" else 100 * part @ (promoter - detractor))


def ratio(n: int) -> tuple[Draw, float]:
    """Return a share of events; customers differ in number of events and in their own share."""

    def draw(rng: np.random.Generator) -> Estimate:
        events = 1 + rng.poisson(3, n)
        return clustered_ratio(rng.binomial(events, rng.beta(2, 4, n)), events)

    return draw, 1 / 3


def clusters(k: int, score: str) -> tuple[Draw, float]:
    """Return a mean or a share of k clusters of ten people, intraclass correlation .1."""
    ids = np.repeat(np.arange(k), 10)
    design = Design(np.ones(10 * k), strata=ids % 2, clusters=ids)

    def draw(rng: np.random.Generator) -> Estimate:
        if score == "mean":
            return mean(rng.normal(0, sqrt(0.1), k)[ids] + rng.normal(0, sqrt(0.9), 10 * k), design)
        a = 9 * float(score)  # a beta of sum 9 has intraclass correlation 1 / 10
        return weighted_share(rng.random(10 * k) < rng.beta(a, 9 - a, k)[ids], design)

    return draw, 0.0 if score == "mean" else float(score)


def domains(k: int) -> tuple[Draw, float]:
    """Return the difference of two groups who live in the same k clusters."""
    ids, first = np.repeat(np.arange(k), 10), np.arange(10 * k) % 2 == 0
    design = Design(np.ones(10 * k), clusters=ids)

    def draw(rng: np.random.Generator) -> Estimate:
        y = rng.normal(0, 1, k)[ids] + rng.normal(0, 1, 10 * k)
        a, b = np.where(first, y, nan), np.where(first, nan, y)
        r = design.correlation(a, b)
        return difference(mean(a, design), mean(b, design), correlation=r)

    return draw, 0.0


def raked(n: int) -> tuple[Draw, float]:
    """Return a mean after raking to two margins that the sample misses, and the answer goes with.

    The weights' own error is in the standard error only since it follows the raking.
    """
    margins = {"a": {"0": 0.5, "1": 0.5}, "b": {"0": 0.6, "1": 0.4}}

    def draw(rng: np.random.Generator) -> Estimate:
        a, b = rng.random(n) < 0.3, rng.random(n) < 0.6
        y = 2.0 * a + b + rng.normal(0, 1, n)
        sample = pd.DataFrame({"a": np.where(a, "1", "0"), "b": np.where(b, "1", "0")})
        return mean(y, rake(sample, margins).design())

    return draw, 2 * 0.5 + 0.4


def battery(n: int, measure: str, answers: str) -> tuple[Draw, float]:
    """Return a reliability of five items that correlate .4, as they are or as five answers."""
    r, k = 0.4, 5
    if answers == "1 to 5":
        r = answers_correlation(r)
    method = {"alpha": partial(cronbach_alpha, missing="listwise")}.get(measure) or partial(
        omega, model=measure
    )

    def draw(rng: np.random.Generator) -> Estimate:
        x = sqrt(0.4) * rng.normal(size=(n, 1)) + sqrt(0.6) * rng.normal(size=(n, k))
        return method(np.searchsorted(STEPS, x) + 1.0 if answers == "1 to 5" else x)

    return draw, k * r / (1 + (k - 1) * r)


def answers_correlation(r: float) -> float:
    """Return the correlation of two answers whose normal opinions correlate r."""
    both = stats.multivariate_normal([0, 0], [[1, r], [r, 1]])
    p = stats.norm.sf(STEPS)
    joint = sum(both.cdf([-a, -b]) for a in STEPS for b in STEPS)
    least = np.minimum.outer(p, p).sum()
    return float((joint - p.sum() ** 2) / (least - p.sum() ** 2))


def paired(n: int) -> tuple[Draw, float]:
    """Return the change of an NPS in the same people."""
    classes, changes = np.array([0, 8, 10]), np.arange(-2, 3)
    pairs = [(i, i + c) for c in changes for i in range(3) if 0 <= i + c < 3]
    chance = np.array([CHANGED[j - i + 2] / (3 - abs(j - i)) for i, j in pairs])

    def draw(rng: np.random.Generator) -> Estimate:
        drawn = np.array(pairs)[rng.choice(len(pairs), n, p=chance)]
        return paired_difference(classes[drawn[:, 0]], classes[drawn[:, 1]])

    return draw, 100 * float(np.dot(changes, CHANGED))


def resampled(n: int) -> tuple[Draw, float]:
    """Return a bootstrapped mean of a skewed amount."""

    def draw(rng: np.random.Generator) -> Estimate:
        x = rng.exponential(1, n)
        return bootstrap(lambda rows: x[rows].mean(), n, seed=int(rng.integers(2**31)))[0]

    return draw, 1.0


#: One sample of these takes a resampling or a fit.
SLOW = ("bootstrap mean", "omega, cfa", "omega, minres", "raked mean")

#: Method, case, how to draw, its arguments, whether it is smooth.
SIMULATED: list[tuple[str, str, Callable[..., tuple[Draw, float]], tuple[object, ...], bool]] = [
    ("alpha, Feldt", "n 20, 5 normal items", battery, (20, "alpha", "normal"), False),
    ("alpha, Feldt", "n 200, 5 normal items", battery, (200, "alpha", "normal"), True),
    ("alpha, Feldt", "n 200, 5 items, 1 to 5, skewed", battery, (200, "alpha", "1 to 5"), True),
    ("t mean", "n 30, answers 1 to 5, skewed", scale_mean, (30,), False),
    ("t mean", "n 200, answers 1 to 5, skewed", scale_mean, (200,), True),
    ("difference of means", "n 10 and 10, sd 1 and 3", difference_of_means, (10,), False),
    ("difference of means", "n 200 and 200, sd 1 and 3", difference_of_means, (200,), True),
    ("weighted share", "n 30, weight goes with answer", weighted, (30, "share"), False),
    ("weighted share", "n 200, weight goes with answer", weighted, (200, "share"), True),
    ("weighted NPS", "n 30, weight goes with answer", weighted, (30, "nps"), False),
    ("weighted NPS", "n 200, weight goes with answer", weighted, (200, "nps"), True),
    ("ratio of events", "10 customers", ratio, (10,), False),
    ("ratio of events", "200 customers", ratio, (200,), True),
    ("design, mean", "10 clusters of 10 in 2 strata", clusters, (10, "mean"), False),
    ("design, mean", "100 clusters of 10 in 2 strata", clusters, (100, "mean"), True),
    ("design, share", "10 clusters of 10 in 2 strata, p .5", clusters, (10, "0.5"), False),
    ("design, share", "10 clusters of 10 in 2 strata, p .05", clusters, (10, "0.05"), False),
    ("design, share", "100 clusters of 10 in 2 strata, p .5", clusters, (100, "0.5"), True),
    ("design, share", "100 clusters of 10 in 2 strata, p .05", clusters, (100, "0.05"), False),
    ("design, difference", "30 clusters of 5 and 5", domains, (30,), False),
    ("design, difference", "100 clusters of 5 and 5", domains, (100,), True),
    ("paired difference of NPS", "n 30", paired, (30,), False),
    ("paired difference of NPS", "n 200", paired, (200,), True),
    ("raked mean", "n 50, two margins", raked, (50,), False),
    ("raked mean", "n 200, two margins", raked, (200,), True),
    ("bootstrap mean", "n 30, exponential", resampled, (30,), False),
    ("bootstrap mean", "n 200, exponential", resampled, (200,), True),
    ("omega, cfa", "n 50, 5 normal items", battery, (50, "cfa", "normal"), False),
    ("omega, cfa", "n 200, 5 items, 1 to 5, skewed", battery, (200, "cfa", "1 to 5"), True),
    ("omega, minres", "n 200, 5 items, 1 to 5, skewed", battery, (200, "minres", "1 to 5"), True),
]  # fmt: skip


def normal_drivers(rho: float, slopes: tuple[float, ...]) -> Floats:
    """Return the covariance of drivers that correlate rho with each other, and of an outcome."""
    p = len(slopes)
    covariance = np.eye(p + 1)
    covariance[:p, :p] += rho * (1 - np.eye(p))
    covariance[:p, p] = covariance[p, :p] = covariance[:p, :p] @ slopes
    return covariance


def drivers(n: int, slopes: tuple[float, ...], shown: tuple[int, ...]) -> tuple[Draws, list[Truth]]:
    """Return what key drivers say of normal ratings, of which some are shown."""
    covariance, p = normal_drivers(0.4, slopes), len(slopes)
    root = np.linalg.cholesky(covariance)
    names = [f"d{j}" for j in range(p)]
    kinds = {
        "LMG": ("low", "high", lmg(covariance)),
        "Johnson": ("johnson_low", "johnson_high", johnson_weights(covariance)),
        "correlation": ("correlation_low", "correlation_high", covariance[:p, p]),
    }
    truths = [
        (
            f"key drivers, {kind}",
            f"{p} drivers, {truth[j]:.3f}",
            float(truth[j]),
            ruling(n, truth[j]),
        )
        for kind, (_, _, truth) in kinds.items()
        for j in shown
    ]
    explained = float(covariance[p, :p] @ slopes)
    truths.append(
        ("key drivers, R2", f"{p} drivers, {explained:.3f}", explained, ruling(n, explained))
    )

    def draw(rng: np.random.Generator) -> npt.ArrayLike:
        x = rng.normal(size=(n, p + 1)) @ root.T
        seed = int(rng.integers(2**31))
        # what key_drivers does, without the model of coefficients, which has no say in these
        columns = driver_columns(pd.DataFrame(x[:, :p], columns=names), x[:, p])
        table, r2 = importance(columns, None, 1000, seed, 0.95)
        rows = table.set_index("driver")
        bounds = [
            (rows[low][names[j]], rows[high][names[j]])
            for low, high, _ in kinds.values()
            for j in shown
        ]
        return [*bounds, (r2.low, r2.high)]

    return draw, truths


def ruling(n: int, importance: float) -> str:
    """Return the rule for an importance: exempt near zero, smooth among enough people."""
    return "exempt" if importance < NEAR_ZERO else "smooth" if n >= 200 else ""


def gaps(n: int) -> tuple[Draws, list[Truth]]:
    """Return value gaps, a derived importance and opportunity scores of n people's answers."""
    rho, best, mean_us = 0.5, 10.0, 6.0
    scale = np.arange(1.0, 6)
    matters, works = np.array(LIKED), np.array(LIKED)[::-1]
    top = 10 * matters[-2:].sum()
    rule = "smooth" if n >= 200 else ""
    stated = float(scale @ matters)
    truths = [
        ("derived importance", "correlation .5", rho, rule),
        ("value gap", "stated importance", stated * (best - mean_us), rule),
        ("value gap", "derived importance", rho * (best - mean_us), rule),
        ("value gap", "stated importance, a rival", stated * 1.0, rule),
        (
            "opportunity score",
            "importance 7, satisfaction 2",
            2 * top - 10 * works[-2:].sum(),
            rule,
        ),
        ("opportunity score", "importance and satisfaction 7", top, ""),
        ("importance-performance", "importance", stated, rule),
        ("importance-performance", "performance", float(scale @ works), rule),
    ]

    def draw(rng: np.random.Generator) -> npt.ArrayLike:
        seed = int(rng.integers(2**31))
        z = rng.normal(size=(3, n))
        us, rival = mean_us + 1.5 * z[0], mean_us + 1 + 1.5 * z[2]
        overall = rho * z[0] + sqrt(1 - rho**2) * z[1]
        said, done = rng.choice(scale, n, p=matters), rng.choice(scale, n, p=works)
        alike = rng.choice(scale, n, p=matters)
        answers = [
            derived_importance(us, overall, seed=seed),
            value_gap(said, us, scale_max=best, seed=seed),
            value_gap([], us, scale_max=best, overall=overall, seed=seed),
            value_gap(said, us, rival, seed=seed),
            opportunity_score(said, done, seed=seed),
            opportunity_score(said, alike, seed=seed),
        ]
        table = importance_performance(
            pd.DataFrame({"one": said}), pd.DataFrame({"one": done}), seed=seed
        ).iloc[0]
        names = ("importance", "performance")
        return [
            *((found.low, found.high) for found in answers),
            *((table[f"{name}_low"], table[f"{name}_high"]) for name in names),
        ]

    return draw, truths


def features(n: int) -> tuple[Draws, list[Truth]]:
    """Return Kano's better and worse of n people; the letters' chances are known."""
    # functional and dysfunctional answer of each letter, and its chance
    letters = {"A": (1, 3, 0.25), "O": (1, 5, 0.2), "M": (3, 5, 0.15), "I": (3, 3, 0.3),
               "R": (5, 1, 0.07), "Q": (1, 1, 0.03)}  # fmt: skip
    there, missing, chance = np.array(list(letters.values())).T
    kept, rule = 0.9, "smooth" if n >= 200 else ""
    truths = [
        ("Kano better", "A .25, O .2 of .9", 0.45 / kept, rule),
        ("Kano worse", "O .2, M .15 of .9", -0.35 / kept, rule),
    ]

    def draw(rng: np.random.Generator) -> npt.ArrayLike:
        drawn = rng.choice(len(chance), n, p=chance)
        row = kano(pd.Series(there[drawn]), pd.Series(missing[drawn]), repeats=1).iloc[0]
        return [(row["better_low"], row["better_high"]), (row["worse_low"], row["worse_high"])]

    return draw, truths


def choices(n: int) -> tuple[Draws, list[Truth]]:
    """Return shares of preference from seven sets of three; best and worst follow the model."""
    sets = np.array([(0, 1, 3), (1, 2, 4), (2, 3, 5), (3, 4, 6), (4, 5, 0), (5, 6, 1), (6, 0, 2)])
    utility = np.array([1.5, 1.0, 0.6, 0.3, 0.0, -0.5, -1.0])
    preference = np.exp(utility) / np.exp(utility).sum()
    best, worst = np.argwhere(~np.eye(3, dtype=bool)).T
    names, rule = [f"q{q}" for q in range(len(sets))], "smooth" if n >= 200 else ""
    shown = (0, 3, 6)
    truths = [
        ("MaxDiff share of preference", f"7 items, {preference[i]:.3f}", float(preference[i]), rule)
        for i in shown
    ]

    def draw(rng: np.random.Generator) -> npt.ArrayLike:
        chance = np.exp(utility[sets[:, best]] - utility[sets[:, worst]])
        chance /= chance.sum(axis=1, keepdims=True)
        pairs = np.array([rng.choice(len(best), n, p=p) for p in chance]).T
        table = maxdiff(
            pd.DataFrame(best[pairs] + 1, columns=names),
            pd.DataFrame(worst[pairs] + 1, columns=names),
            [[f"i{i}" for i in one] for one in sets],
            items=[f"i{i}" for i in range(len(utility))],
            seed=int(rng.integers(2**31)),
        )
        return table[["low", "high"]].to_numpy()[list(shown)]

    return draw, truths


#: An importance below this part of the variance is near zero.
NEAR_ZERO = 0.05
SIX, TWELVE = (0.35, 0.25, 0.15, 0.1, 0.05, 0.0), (0.3, 0.2, 0.15, *[0.1] * 2, *[0.03] * 7)
#: Case, how to draw, its arguments, number of samples.
JOINT: list[tuple[str, Callable[..., tuple[Draws, list[Truth]]], tuple[object, ...], int]] = [
    ("n 50", drivers, (50, SIX, (0, 2, 5)), 500),
    ("n 200", drivers, (200, SIX, (0, 2, 5)), 1_000),
    ("n 500", drivers, (500, SIX, (0, 2, 5)), 500),
    ("n 200", drivers, (200, TWELVE, (0, 2, 11)), 500),
    ("n 30", gaps, (30,), 1_000),
    ("n 200", gaps, (200,), 2_000),
    ("n 30", features, (30,), 2_000),
    ("n 200", features, (200,), 2_000),
    ("n 30", choices, (30,), 500),
    ("n 200", choices, (200,), 500),
]


def simulated_together(index: int, repeats: int = 0) -> list[Cell]:
    """Return the simulated coverage of each number of a case of `JOINT`."""
    case, make, arguments, usual = JOINT[index]
    repeats = repeats or usual
    draw, truths = make(*arguments)
    rng = np.random.default_rng([2027, index])
    bounds = np.array([draw(rng) for _ in range(repeats)], dtype=float)
    truth = np.array([value for _, _, value, _ in truths])
    held = (bounds[..., 0] - 1e-12 <= truth) & (truth <= bounds[..., 1] + 1e-12)
    return [
        Cell(
            method, f"{case}, {what}", float(coverage),
            sqrt(coverage * (1 - coverage) / repeats), rule == "smooth", repeats, rule == "exempt",
        )
        for (method, what, _, rule), coverage in zip(truths, held.mean(axis=0), strict=True)
    ]  # fmt: skip


def simulated(index: int, repeats: int = 0) -> Cell:
    """Return the simulated coverage of a case of `SIMULATED`; its seed is its place there."""
    method, case, make, arguments, smooth = SIMULATED[index]
    repeats = repeats or (2_000 if method in SLOW else 10_000)
    draw, truth = make(*arguments)
    rng = np.random.default_rng([2026, index])
    coverage = sum(holds(draw(rng), truth) for _ in range(repeats)) / repeats
    return Cell(method, case, coverage, sqrt(coverage * (1 - coverage) / repeats), smooth, repeats)


def exact_table(cells: list[Cell]) -> str:
    """Return the exact cells as a table in Markdown."""
    return "\n".join(
        ["| method | case | coverage | rule |", "|---|---|---|---|"]
        + [f"| {c.method} | {c.case} | {100 * c.coverage:.1f} | {ruled(c)} |" for c in cells]
    )


def simulated_table(cells: list[Cell]) -> str:
    """Return the simulated cells as a table in Markdown."""
    rows = [
        f"| {c.method} | {c.case} | {100 * c.coverage:.1f} | {100 * c.error:.1f} | {c.samples:,} |"
        f" {ruled(c)} |"
        for c in cells
    ]
    head = [
        "| method | case | coverage | its error | samples | rule |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows])


def ruled(cell: Cell) -> str:
    """Return whether a smooth cell keeps to 93 to 97 %; others are printed as they are."""
    if not cell.smooth:
        return "exempt" if cell.exempt else ""
    return "kept" if 0.93 <= cell.coverage <= 0.97 else "**broken**"


def report(counted: list[Cell], drawn: str, together: list[Cell]) -> str:
    """Return COVERAGE.md."""
    return f"""# How often the 95 % intervals hold the truth

Made by `benchmarks/coverage.py`. Coverage in percent. The rule: smooth cases within the scale with
200 answers or more (marked) lie within 93 to 97 %. Few answers, few clusters and shares near 0 or 1
are printed as they are. A sample without an interval (all answers alike, one cluster) counts as a
miss. `its error` is the standard error of a simulated coverage, in points.

An importance near zero (below .05 of the outcome's variance) is exempt from the rule: it can't be
negative, so its estimate is larger than the truth more often than not, and its interval is no test
of zero. A score at a kink (importance and satisfaction alike) is printed as it is. The truths of
importances follow from the covariance matrix or the chances that the samples are drawn from.

## Exact: all possible samples counted

{exact_table(counted)}

{SIMULATED_HEAD}

{drawn}

## Importances, simulated

{simulated_table(together)}
"""


def said(cells: list[Cell]) -> list[Cell]:
    """Print what was measured."""
    for cell in cells:
        print(f"{cell.method}, {cell.case}: {cell.coverage:.4f} {ruled(cell)}", flush=True)
    return cells


def main() -> None:
    """Measure all cases, or the importances alone, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=0, help="samples a case")
    parser.add_argument("--importances", action="store_true", help="keep the other tables")
    asked = parser.parse_args()
    drawn: list[Cell] = []
    together: list[Cell] = []
    with ProcessPoolExecutor(2) as pool:
        several = pool.map(partial(simulated_together, repeats=asked.repeats), range(len(JOINT)))
        alone: Iterator[Cell] = iter(())
        if not asked.importances:
            alone = pool.map(partial(simulated, repeats=asked.repeats), range(len(SIMULATED)))
        for cells in several:
            together += said(cells)
        for cell in alone:
            drawn += said([cell])
    table = simulated_table(drawn)
    if asked.importances:
        table = REPORT.read_text("utf-8").split(SIMULATED_HEAD)[1].split("\n\n#")[0].strip()
    REPORT.write_text(report(exact_cells(), table, together), "utf-8")


if __name__ == "__main__":
    main()
