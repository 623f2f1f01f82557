"""Measure event metrics against hand-written Polars queries, and against another package.

    .venv/bin/python benchmarks/events.py [--events 1000000] [--other PYTHON]
    .venv/bin/python benchmarks/events.py --engine duckdb --events 100000000

The log is made up by a seeded generator: a tenth as many customers as events, twelve kinds of
events, eight channels. Each metric is timed in turn with the query beside it, fifteen times each,
and the best counts; the query gives the figures alone, the metric also their intervals. `--other`
names the Python of an environment of its own that has retentioneering 5.2.4; its usage statistics
are turned off. `--engine` instead builds the stream from a parquet file in one engine, takes every
metric once and reports seconds and the largest memory of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import psutil

from cjm_lab.metrics import (
    attribution,
    funnel,
    journey_stream,
    sessions,
    step_matrix,
    transitions,
)
from cjm_lab.metrics.cohorts import retention
from cjm_lab.metrics.stream import JourneyStream

STEPS = ["visit", "search", "product", "basket", "order"]
EVENTS = {
    "visit": 0.25, "search": 0.15, "product": 0.2, "basket": 0.1, "shipping": 0.06,
    "payment": 0.05, "order": 0.04, "support": 0.04, "review": 0.03, "share": 0.03, "help": 0.03,
    "account": 0.02,
}  # fmt: skip
CHANNELS = ["ad", "affiliate", "app", "direct", "mail", "search", "social", "store"]
#: What the other package calls them.
OTHERS = {
    "stream": "stream", "transitions": "transitions", "transitions, by customer": "transitions",
    "step matrix": "step matrix", "sessions": "sessions", "funnel": "funnel",
}  # fmt: skip


def make(file: Path, events: int) -> None:
    """Write the log, a part at a time."""
    import pyarrow.parquet as pq

    people, part, writer = max(1, events // 10), 5_000_000, None
    starts = np.random.default_rng(0).integers(0, 180 * 86_400, people)
    for begin in range(0, events, part):
        random = np.random.default_rng([1, begin])
        rows = min(part, events - begin)
        customer = random.integers(0, people, rows)
        seconds = 1_750_000_000 + starts[customer] + random.exponential(432_000, rows).astype("i8")
        event = random.choice(len(EVENTS), rows, p=list(EVENTS.values()))
        frame = pl.DataFrame(
            {
                "customer_id": "c" + pl.Series(customer).cast(pl.String).str.zfill(8),
                "occurred_at": pl.from_epoch(pl.Series(seconds), "s")
                .dt.cast_time_unit("us").dt.replace_time_zone("UTC"),
                "event": pl.Series(list(EVENTS)).gather(event),
                "channel": pl.Series(CHANNELS).gather(random.integers(0, 8, rows)),
            }
        )  # fmt: skip
        table = (frame.sort("occurred_at") if events <= part else frame).to_arrow()
        writer = writer or pq.ParquetWriter(file, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def stream_by_hand(events: pl.DataFrame) -> pl.DataFrame:
    """Sort into a stream: position, next event, gap, session."""
    same = pl.col("customer_id") == pl.col("customer_id").shift(-1)
    new = (pl.col("customer_id") != pl.col("customer_id").shift()).fill_null(True)
    pause = pl.col("occurred_at").diff() > pl.duration(minutes=30)
    return (
        events.lazy()
        .sort("customer_id", "occurred_at", maintain_order=True)
        .with_columns(
            position=pl.int_range(pl.len()).over("customer_id"),
            next_event=pl.when(same).then(pl.col("event").shift(-1)),
            gap=pl.when(same).then(-pl.col("occurred_at").diff(-1)),
            session=(new | pause).cum_sum(),
        )
        .collect()
    )


def transitions_by_hand(frame: pl.DataFrame) -> pl.DataFrame:
    """Count each pair and its customers, the median gap, and how often the first one occurs."""
    pair, there = ["event", "next_event"], pl.col("next_event").is_not_null()
    rows = frame.lazy()
    onward = rows.filter(there).group_by(pair).agg(
        pl.len().alias("count"), pl.col("customer").n_unique(), pl.col("gap_us").median()
    )  # fmt: skip
    times = rows.group_by("event").agg(pl.len().alias("times"), pl.col("customer").n_unique())
    return onward.join(times, on="event").collect()


def funnel_by_hand(frame: pl.DataFrame, codes: list[int]) -> list[int]:
    """Count the customers who take the steps in order, strictly later each."""
    rows, at = frame.lazy().select("customer", "event", "occurred_us"), pl.col("occurred_us")
    taken = rows.filter(pl.col("event") == codes[0]).group_by("customer").agg(at.min().alias("t"))
    done = taken.collect()
    counts = [len(done)]
    for code in codes[1:]:
        later = rows.filter(pl.col("event") == code).join(done.lazy(), on="customer")
        done = (
            later.filter(at > pl.col("t")).group_by("customer").agg(at.min().alias("t")).collect()
        )
        counts.append(len(done))
    return counts


def matrix_by_hand(frame: pl.DataFrame, steps: int) -> pl.DataFrame:
    """Count the customers at each event at each of the first steps."""
    rows = frame.lazy().filter(pl.col("position") <= steps)
    return rows.group_by("position", "event").agg(pl.len()).collect()


def sessions_by_hand(frame: pl.DataFrame) -> pl.DataFrame:
    """Count sessions, their events and minutes, and those of one event."""
    at = pl.col("occurred_us")
    each = frame.lazy().group_by("customer", "session").agg(
        pl.len().alias("events"), (at.max() - at.min()).alias("length")
    )  # fmt: skip
    return each.select(
        pl.len(), pl.col("customer").n_unique(), pl.col("events", "length").mean(),
        (pl.col("events") == 1).mean().alias("single"),
    ).collect()  # fmt: skip


def cohorts_by_hand(frame: pl.DataFrame) -> pl.DataFrame:
    """Count the customers of each weekly cohort who are there in each later week."""
    rows = frame.lazy().select("customer", "day")
    first = rows.group_by("customer").agg(pl.col("day").min().alias("first"))
    sized = first.group_by(((pl.col("first") + 3) // 7).alias("cohort")).agg(pl.len().alias("size"))
    back = rows.join(first, on="customer").select(
        "customer",
        cohort=(pl.col("first") + 3) // 7,
        age=(pl.col("day") - pl.col("first")) // 7,
    )  # fmt: skip
    cells = back.group_by("cohort", "age").agg(pl.col("customer").n_unique().alias("back"))
    return cells.join(sized, on="cohort").collect()


def markov_by_hand(frame: pl.DataFrame, goal: int, days: int) -> np.ndarray:
    """Return the removal effect of each channel from the counts of moves.

    Paths end with a conversion or are lost so many days after the last touch; open ones are left
    out, as `attribution` does.
    """
    size, window = len(CHANNELS), days * 86_400_000_000
    at, won = pl.col("occurred_us"), pl.col("event") == goal
    last_day = (frame["day"].max() + 1) * 86_400_000_000  # type: ignore[operator]
    begins = (pl.col("customer") != pl.col("customer").shift()) | won.shift()
    begins = (begins | (at.diff() > window)).fill_null(True)
    paths = (
        frame.lazy()
        .select("customer", "event", "channel", "occurred_us", begins=begins)
        .with_columns(ends=pl.col("begins").shift(-1).fill_null(True))
        .with_columns(path=pl.col("begins").cum_sum())
        .collect()
        .lazy()
    )
    still_open = paths.filter(pl.col("ends") & ~won & (at + window >= last_day)).select("path")
    paths = paths.join(still_open, on="path", how="anti", maintain_order="left")
    there = pl.when(pl.col("ends")).then(size + 1).when(won.shift(-1)).then(size)
    moves = (
        paths.with_columns(there=there.otherwise(pl.col("channel").shift(-1)))
        .filter(~won)
        .group_by("channel", "there")
        .agg(pl.len())
        .collect()
    )
    started = paths.filter(pl.col("begins") & ~won).group_by("channel").agg(pl.len()).collect()
    counts = np.zeros((size + 1, size + 2))
    counts[moves["channel"], moves["there"]] = moves["len"]
    counts[size, started["channel"]] = started["len"]
    chances = counts / counts.sum(axis=1, keepdims=True)

    def reached(kept: np.ndarray) -> float:
        system = np.eye(size) - chances[:size, :size] * kept
        return float(chances[size, :size] * kept @ np.linalg.solve(system, chances[:size, size]))

    every = np.ones(size)
    return np.array([1 - reached(every - (np.arange(size) == i)) / reached(every)
                     for i in range(size)])  # fmt: skip


def metrics() -> dict[str, tuple[Callable[[JourneyStream], Any], Callable[[Any], Any]]]:
    """Return each metric and the query beside it, the one on a stream, the other on its frame."""
    return {
        "transitions": (transitions, lambda s: transitions_by_hand(s.frame)),
        "funnel": (
            lambda s: funnel(s, STEPS),
            lambda s: funnel_by_hand(s.frame, [s.events.index(step) for step in STEPS]),
        ),
        "step matrix": (lambda s: step_matrix(s, steps=10), lambda s: matrix_by_hand(s.frame, 10)),
        "weekly cohorts": (retention, lambda s: cohorts_by_hand(s.frame)),
        "sessions": (sessions, lambda s: sessions_by_hand(s.frame)),
        "Markov attribution": (
            lambda s: attribution(s, goal="order", models=["markov"], within_days=30, repeats=0),
            lambda s: markov_by_hand(s.frame, s.events.index("order"), 30),
        ),
    }


def best(actions: dict[str, Callable[[], Any]], repeats: int = 15) -> dict[str, float]:
    """Return the best time of each action, all timed in turn."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(repeats):
        for name, action in actions.items():
            start = time.perf_counter()
            action()
            times[name].append(time.perf_counter() - start)
    return {name: min(each) for name, each in times.items()}


def peak_mb(action: Callable[[], Any]) -> tuple[Any, float]:
    """Return what an action gives and the largest memory of the process meanwhile."""
    process, done, seen = psutil.Process(), threading.Event(), [0]

    def watch() -> None:
        while not done.wait(0.02):
            seen[0] = max(seen[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        return action(), round(seen[0] / 1e6)
    finally:
        done.set()
        watcher.join()


def compare(file: Path, other: str | None) -> dict[str, Any]:
    """Return seconds of each metric, of the query beside it and of the other package."""
    events = pl.read_parquet(file)
    pairs: dict[str, dict[str, Callable[[], Any]]] = {
        "stream": {"own": lambda: journey_stream(events), "hand": lambda: stream_by_hand(events)}
    }
    stream = journey_stream(events)
    for name, (own, hand) in metrics().items():
        pairs[name] = {"own": lambda own=own: own(stream), "hand": lambda hand=hand: hand(stream)}
    found: dict[str, Any] = {}
    theirs = others(file, other) if other else {}
    for name, actions in pairs.items():
        times = best(actions)
        row = {key: round(value, 4) for key, value in times.items()}
        row["times by hand"] = round(times["own"] / times["hand"], 2)
        for key, seconds in theirs.get("seconds", {}).items():
            if OTHERS.get(key) == name:
                row[f"retentioneering, {key}"] = round(seconds, 4)
                row[f"quicker than {key}"] = round(seconds / times["own"], 1)
        found[name] = row
    return found | ({"retentioneering, peak MB": theirs["peak_mb"]} if theirs else {})


def others(file: Path, python: str) -> dict[str, Any]:
    """Return what the other package takes for the same log."""
    script = Path(__file__).with_name("events_other.py")
    done = subprocess.run(
        [python, script, file], capture_output=True, text=True, check=True,
        env=os.environ | {"RETENTIONEERING_NO_TRACK": "1"},
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def whole(file: Path, engine: str) -> dict[str, Any]:
    """Return seconds of each metric, once, and the largest memory."""
    seconds: dict[str, float] = {}

    def run() -> None:
        start = time.perf_counter()
        stream = journey_stream(str(file), engine=engine)  # type: ignore[arg-type]
        seconds["stream"] = time.perf_counter() - start
        for name, (own, _) in metrics().items():
            start = time.perf_counter()
            own(stream)
            seconds[name] = time.perf_counter() - start

    _, peak = peak_mb(run)
    return {
        "engine": engine,
        "seconds": {name: round(one, 2) for name, one in seconds.items()},
        "total": round(sum(seconds.values()), 1),
        "peak_mb": peak,
    }


def main() -> None:
    """Measure what the command line asks for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--events", type=int, default=1_000_000)
    asked.add_argument("--engine", choices=["polars", "duckdb"])
    asked.add_argument("--other", help="Python of an environment with retentioneering")
    asked.add_argument("--file", type=Path, help="keep the log here, or take it from here")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = given.file or Path(folder) / "events.parquet"
        if not file.exists():
            make(file, given.events)
        found = whole(file, given.engine) if given.engine else compare(file, given.other)
    print(json.dumps({"events": given.events, **found}, indent=2))


if __name__ == "__main__":
    sys.exit(main())
