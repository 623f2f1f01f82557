"""Measure `read_survey` against `pandas.read_csv` on the same file of about 100 MB.

    .venv/bin/python benchmarks/read_survey.py [MB]

The file is made up, lies in a temporary folder and looks like an export: an id, a time, 38 scales
in numbers (8 % blank, 2 % not applicable) and two in words, a choice, a multi-select in a cell,
country and postal code as attributes, and two open answers that a part of the rows has, some with
quotes around a comma. Both readers are timed in turn, ten times each, `pandas.read_csv` with its
defaults; the ratio is that of their best times, which other work on the machine disturbs least.
"""

from __future__ import annotations

import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil

from cjm_lab import read_survey
from cjm_lab.study import Question

HOW: dict[str, Any] = {"not_applicable": ["99"], "attributes": ["country", "postal_code"]}
WORDS = ["Very dissatisfied", "Dissatisfied", "Neither", "Satisfied", "Very satisfied"]
TALK = (
    "the delivery was late and nobody told me why but support solved it within a day so fine "
    "quality good price high would buy again app slow checkout easy 24 hours"
)


def make(file: Path, megabytes: float) -> dict[str, Question]:
    """Write the file and return its codebook."""
    random = np.random.default_rng(7)
    questions: dict[str, Question] = {"recommend": Question(measure="nps")}
    questions |= {f"q{i}": Question(measure="rating", scale=(1, 5)) for i in range(1, 38)}
    questions |= {f"w{i}": Question(measure="rating", scale=(1, 5), labels=WORDS) for i in (1, 2)}
    questions["reason"] = Question(measure="choice")
    questions["brands"] = Question(measure="multi", split=", ")
    questions |= {f"open{i}": Question(measure="text") for i in (1, 2)}
    rows, written = 20_000, 0.0
    while written < megabytes * 1e6:
        first = written == 0
        seconds_since = random.integers(0, 30_000_000, rows)
        day = pd.Timestamp("2026-01-01") + pd.to_timedelta(pd.Series(seconds_since), unit="s")
        columns: dict[str, object] = {
            "respondent_id": [f"R_{random.integers(1 << 60):015x}" for _ in range(rows)],
            "submitted_at": day.dt.strftime("%Y-%m-%d %H:%M:%S"),
            "recommend": random.integers(0, 11, rows),
        }
        ratings = random.choice(
            ["1", "2", "3", "4", "5", "", "99"], (37, rows), p=[0.1, 0.1, 0.2, 0.3, 0.2, 0.08, 0.02]
        )
        columns |= {f"q{i}": ratings[i - 1] for i in range(1, 38)}
        columns |= {f"w{i}": random.choice(WORDS, rows) for i in (1, 2)}
        columns["reason"] = random.choice(["Price", "Quality", "Advice of a friend", ""], rows)
        columns["country"] = random.choice(["DE", "AT", "CH"], rows)
        columns["postal_code"] = [f"{code:05d}" for code in random.integers(1000, 99999, rows)]
        columns["brands"] = random.choice(["A", "B", "A, B", "A, C, D", ""], rows)
        for i in (1, 2):
            said = random.choice([*TALK.split(), "well,"], (rows, 18))
            answers = random.random(rows) < 0.6
            columns[f"open{i}"] = [
                " ".join(one) if answered else ""
                for one, answered in zip(said, answers, strict=True)
            ]
        pd.DataFrame(columns).to_csv(file, mode="a", header=first, index=False)
        written = file.stat().st_size
    return questions


def seconds(read: Callable[[], object]) -> float:
    """Return how long one reading takes."""
    start = time.perf_counter()
    read()
    return time.perf_counter() - start


def measure(megabytes: float) -> dict[str, object]:
    """Return the best of ten times of each reader, and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "survey.csv"
        questions = make(file, megabytes)
        times: dict[str, list[float]] = {"pandas.read_csv": [], "read_survey": []}
        for _ in range(10):
            times["pandas.read_csv"].append(seconds(lambda: pd.read_csv(file)))
            times["read_survey"].append(
                seconds(lambda: read_survey(file, questions=questions, **HOW))
            )
        best = {name: min(each) for name, each in times.items()}
        return {
            "python": platform.python_version(),
            "pandas": pd.__version__,
            "cores": psutil.cpu_count(),
            "mb": round(file.stat().st_size / 1e6),
            "seconds": {name: round(one, 2) for name, one in best.items()},
            "ratio": round(best["read_survey"] / best["pandas.read_csv"], 2),
        }


if __name__ == "__main__":
    print(json.dumps(measure(float(sys.argv[1]) if len(sys.argv) > 1 else 100), indent=2))
