"""What retentioneering takes for the log of `events.py`; run by it in an environment of its own."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pandas as pd
import psutil
from retentioneering import Eventstream

STEPS = ["visit", "search", "product", "basket", "order"]


def main(file: str) -> None:
    """Print the best of three times of each metric, and the largest memory."""
    names = {"customer_id": "user_id", "occurred_at": "timestamp"}
    events = pd.read_parquet(file).rename(columns=names)[["user_id", "timestamp", "event"]]
    events["timestamp"] = events["timestamp"].dt.tz_localize(None)
    stream = Eventstream(events.copy())
    actions: dict[str, Callable[[], Any]] = {
        "stream": lambda: Eventstream(events.copy()),
        "transitions": lambda: stream.transition_graph_data(edge_weight="count"),
        "transitions, by customer": lambda: stream.transition_graph_data(
            edge_weight="unique_paths"
        ),
        "step matrix": lambda: stream.step_matrix_data(max_steps=10),
        "sessions": lambda: stream.split_sessions(timeout="30m"),
        "funnel": lambda: stream.funnel_data(steps=STEPS),
    }
    process, done, seen = psutil.Process(), threading.Event(), [0]

    def watch() -> None:
        while not done.wait(0.02):
            seen[0] = max(seen[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    seconds: dict[str, float] = {}
    for name, action in actions.items():
        times = []
        for _ in range(3):
            start = time.perf_counter()
            action()
            times.append(time.perf_counter() - start)
        seconds[name] = min(times)
    done.set()
    watcher.join()
    print(json.dumps({"seconds": seconds, "peak_mb": round(seen[0] / 1e6)}))


if __name__ == "__main__":
    main(sys.argv[1])
