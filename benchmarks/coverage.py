"""How often the 95 % intervals hold the truth: writes cjm_lab/estimate/COVERAGE.md.

    .venv/bin/python benchmarks/coverage.py [--repeats N]

Where all possible samples can be counted the coverage is exact; elsewhere it is simulated, 10,000
times a case, 2,000 times where a sample takes long. A sample without an interval counts as a miss.
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
from cjm_lab.surveys.groups import paired_difference
from cjm_lab.surveys.reliability import cronbach_alpha, omega
from cjm_lab.surveys.scores import nps, nps_bounds
from cjm_lab.surveys.weighting import rake

REPORT = Path(__file__).resolve().parents[1] / "cjm_lab" / "estimate" / "COVERAGE.md"
Floats = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator], Estimate]

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
        return ""
    return "kept" if 0.93 <= cell.coverage <= 0.97 else "**broken**"


def report(counted: list[Cell], drawn: list[Cell]) -> str:
    """Return COVERAGE.md."""
    return f"""# How often the 95 % intervals hold the truth

Made by `benchmarks/coverage.py`. Coverage in percent. The rule: smooth cases within the scale with
200 answers or more (marked) lie within 93 to 97 %. Few answers, few clusters and shares near 0 or 1
are printed as they are. A sample without an interval (all answers alike, one cluster) counts as a
miss. `its error` is the standard error of a simulated coverage, in points.

## Exact: all possible samples counted

{exact_table(counted)}

## Simulated

{simulated_table(drawn)}
"""


def main() -> None:
    """Measure all cases and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=0, help="samples a case")
    repeats = parser.parse_args().repeats
    drawn: list[Cell] = []
    with ProcessPoolExecutor(2) as pool:
        cells: Iterator[Cell] = pool.map(partial(simulated, repeats=repeats), range(len(SIMULATED)))
        for cell in cells:
            print(f"{cell.method}, {cell.case}: {cell.coverage:.4f} {ruled(cell)}", flush=True)
            drawn.append(cell)
    REPORT.write_text(report(exact_cells(), drawn), "utf-8")


if __name__ == "__main__":
    main()
