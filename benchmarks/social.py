"""Measure what scoring mentions takes, and how good each scorer is on labeled texts.

    .venv/bin/python benchmarks/social.py FOLDER [--mentions 1000000] [--only quality]

FOLDER holds airline_tweets.csv, hutto_tweets.csv and semeval14_restaurants.csv, each with the
columns text and label; of the last, the polarity of the sentence is compared with the label of one
aspect. First scoring is timed in turn with a plain loop over `TextBlob(text).sentiment` on the same
distinct airline tweets, three times each; the best counts.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
from sklearn.metrics import accuracy_score, f1_score
from textblob import TextBlob

from cjm_lab.social.polarity import polarity
from cjm_lab.social.scoring import text_scores
from cjm_lab.social.vader import vader
from cjm_lab.sources import read_mentions

FILES = ["airline_tweets", "hutto_tweets", "semeval14_restaurants"]
AIRLINES = [
    "VirginAmerica",
    "United",
    "SouthwestAir",
    "JetBlue",
    "USAirways",
    "AmericanAir",
    "Delta",
]
# Each says from where on a score is no longer neutral: VADER's authors say .05.
SCORERS: dict[str, tuple[Callable[[pd.Series], pd.Series], float]] = {
    "TextBlob": (lambda texts: polarity(texts, prepared=False), 0.0),
    "TextBlob, prepared": (lambda texts: polarity(texts, names=AIRLINES), 0.0),
    "VADER": (lambda texts: vader(texts), 0.05),
    "VADER, names masked": (lambda texts: vader(texts, names=AIRLINES), 0.05),
}


def quality(folder: Path) -> dict[str, dict[str, list[float]]]:
    """Return accuracy and macro-F1 of each scorer on each file."""
    found: dict[str, dict[str, list[float]]] = {}
    for file in FILES:
        table = pd.read_csv(folder / f"{file}.csv")
        found[file] = {}
        for name, (score, neutral) in SCORERS.items():
            x = score(table["text"])
            words = np.select([x < -neutral, x > neutral], ["negative", "positive"], "neutral")
            figures = (
                accuracy_score(table["label"], words),
                f1_score(table["label"], words, average="macro"),
            )
            found[file][name] = [round(float(figure), 4) for figure in figures]
    return found


def seconds(work: Callable[[], object]) -> float:
    """Return the wall clock of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def speed(folder: Path) -> dict[str, Any]:
    """Return how first and second scoring compare with a plain loop, and with one another."""
    texts = pd.read_csv(folder / "airline_tweets.csv")["text"].drop_duplicates()
    for load_lexicon in (polarity, vader):  # before the clock starts
        load_lexicon(["good"])
    times: dict[str, list[float]] = {}

    def take(name: str, work: Callable[[], object]) -> None:
        times.setdefault(name, []).append(seconds(work))

    with tempfile.TemporaryDirectory() as folder_of_cache:
        for i in range(3):
            take("plain loop", lambda: [TextBlob(text).sentiment for text in texts])
            for name, both in (("polarity alone", False), ("with VADER", True)):
                cache = Path(folder_of_cache) / f"{name}{i}.parquet"

                def score(both: bool = both, cache: Path = cache) -> pd.DataFrame:
                    return text_scores(texts, cache=cache, second_opinion=both)

                take(name, score)
                take(f"{name}, from the cache", score)
    best = {name: min(each) for name, each in times.items()}
    return {
        "texts": len(texts),
        "seconds": {name: round(one, 3) for name, one in best.items()},
        "first_scoring_ratio": round(best["plain loop"] / best["polarity alone"], 2),
        "first_scoring_ratio_with_vader": round(best["plain loop"] / best["with VADER"], 2),
        "cache_ratio": round(best["polarity alone"] / best["polarity alone, from the cache"]),
        "cache_ratio_with_vader": round(best["with VADER"] / best["with VADER, from the cache"]),
    }


def make(file: Path, mentions: int) -> None:
    """Write mentions of distinct texts."""
    rng = np.random.default_rng(7)
    words = (
        "the a my our card app checkout delivery parcel coffee machine is was late awful great not "
        "very never good bad works arrived again today yesterday support helped nobody answers "
        "love hate it this price fair slow easy broken thanks"
    )
    for first in range(0, mentions, 50_000):
        size = min(50_000, mentions - first)
        said = rng.choice(words.split(), (size, 16))
        table = pd.DataFrame(
            {
                "mention_id": np.arange(first, first + size),
                "published_at": "2026-10-05T12:00:00Z",
                "channel": "x",
                "author": rng.integers(0, 200_000, size),
                "text": [f"{' '.join(one)} {first + i}" for i, one in enumerate(said)],
                "lang": "en",
            }
        )
        table.to_csv(file, mode="a", header=first == 0, index=False)


def memory(mentions: int) -> dict[str, Any]:
    """Return time and peak memory of reading and scoring made-up mentions, all processes together.

    On Linux, what processes share is counted once (proportional set size).
    """
    this = psutil.Process(os.getpid())
    peak, done = 0, threading.Event()

    def used() -> int:
        total = 0
        for process in [this, *this.children(recursive=True)]:
            try:
                counted = process.memory_full_info()
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue  # it ended meanwhile
            total += getattr(counted, "pss", counted.rss)
        return total

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.5):
            peak = max(peak, used())

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "mentions.csv"
        make(file, mentions)
        before = used()
        watcher = threading.Thread(target=watch)
        watcher.start()
        start = time.perf_counter()
        table = read_mentions(file)
        read = time.perf_counter() - start
        scores = text_scores(table["text"], cache=Path(folder) / "scores.parquet")
        scored = time.perf_counter() - start - read
        done.set()
        watcher.join()
    return {
        "mentions": len(scores),
        "seconds_reading": round(read, 1),
        "seconds_scoring": round(scored, 1),
        "mb_before": round(before / 2**20),
        "peak_mb_all_processes": round(peak / 2**20),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mentions", type=int, default=1_000_000)
    parser.add_argument("--only", choices=["memory", "speed", "quality"])
    asked = parser.parse_args()
    # Memory first: what the others leave behind would count.
    parts: dict[str, Callable[[], object]] = {
        "memory": lambda: memory(asked.mentions),
        "speed": lambda: speed(asked.folder),
        "quality": lambda: quality(asked.folder),
    }
    chosen = [asked.only] if asked.only else list(parts)
    found = {"cores": os.cpu_count()} | {name: parts[name]() for name in chosen}
    print(json.dumps(found, indent=2))
