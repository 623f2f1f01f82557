"""Measure key drivers: LMG of 14 ratings of 103,904 passengers, and its 1,000 resamples.

    .venv/bin/python benchmarks/drivers.py AIRLINE_SATISFACTION.parquet [--repeats 1000]

The slow way, a regression for each of the 16,384 subsets, is timed on some of them in the same run
and extrapolated, so that the ratio holds on any machine.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from cjm_lab.surveys import key_drivers
from cjm_lab.surveys.driver_columns import weighted_covariance
from cjm_lab.surveys.relative_importance import drawn_sums, lmg

TIMED = 40
OUTCOME = "satisfaction"


def seconds(work: Callable[[], object]) -> float:
    """Return the wall clock of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def regressions(x: np.ndarray, y: np.ndarray) -> None:
    """Regress on `TIMED` subsets of the columns, drawn evenly from all of them."""
    for subset in np.linspace(1, 2 ** x.shape[1] - 1, TIMED).astype(int):
        chosen = x[:, [j for j in range(x.shape[1]) if subset >> j & 1]]
        np.linalg.lstsq(np.column_stack([np.ones(len(x)), chosen]), y, rcond=None)


def measure(file: Path, repeats: int) -> dict[str, object]:
    """Return the times of the fast and of the slow way, and their ratios."""
    table = pd.read_parquet(file)
    names = list(table.loc[:, "Inflight wifi service":"Cleanliness"])
    ratings = table[names].astype(float)
    x, y = ratings.to_numpy(), table[OUTCOME].eq("satisfied").to_numpy(dtype=float)
    both = np.column_stack([np.ones(len(y)), x, y])
    first, second = np.triu_indices(both.shape[1])

    def products(rows: slice) -> np.ndarray:
        return both[rows][:, first] * both[rows][:, second]

    def resampled() -> np.ndarray:
        sums = drawn_sums(products, len(y), repeats=repeats, seed=0) / len(y)
        moments = np.empty((repeats, both.shape[1], both.shape[1]))
        moments[:, first, second] = moments[:, second, first] = sums
        means = moments[:, 0, 1:]
        return lmg(moments[:, 1:, 1:] - means[:, :, None] * means[:, None, :])

    ones = np.ones(len(y))
    once = seconds(lambda: lmg(weighted_covariance(both[:, 1:], ones)))
    bootstrap = seconds(resampled)
    slow = seconds(lambda: regressions(x, y)) / TIMED * 2 ** len(names)
    whole = seconds(
        lambda: key_drivers(ratings, y, not_applicable=ratings == 0, repeats=repeats, seed=0)
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "people": len(y),
        "drivers": len(names),
        "repeats": repeats,
        "lmg_seconds": round(once, 3),
        "lmg_by_regressions_seconds_extrapolated": round(slow),
        "lmg_ratio": round(slow / once),
        "bootstrap_seconds": round(bootstrap, 2),
        "bootstrap_ratio_to_one_lmg": round(bootstrap / once),
        "key_drivers_with_indicators_and_logit_seconds": round(whole, 2),
        "peak_mb": round(peak / (1024**2 if sys.platform == "darwin" else 1024)),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--repeats", type=int, default=1000)
    asked = parser.parse_args()
    print(json.dumps(measure(asked.file, asked.repeats), indent=2))
