"""How often the share from 200 labels holds the truth, and how often nothing alarms.

    .venv/bin/python benchmarks/labels.py AIRLINE_TWEETS.csv [--repeats 2000]

All tweets are labeled by people: those of an airline are a frame whose share of negative ones is
known. 200 labels are drawn from it again and again, the others are hidden. An A/A pair is two
"months" of the same process, the tweets of two random halves of an airline's authors, 200 labels
each; an alarm is a difference with p below .05.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from cjm_lab.estimate import Estimate, difference, p_value, share
from cjm_lab.social import classifier
from cjm_lab.social.labels import labeled_share
from cjm_lab.social.sample import draw_sample, frame_of
from cjm_lab.social.scoring import text_scores

LABELS = 200
#: A classifier learns anew from each sample.
LEARNED = 20
TOPICS = {"baggage": "bag|luggage", "delay": "delay|late|cancel", "thanks": "thank|love|great"}
Scores = Callable[[pd.Index, int], list[pd.Series | pd.DataFrame]]


def frames(file: Path) -> dict[str, pd.DataFrame]:
    """Return the frame of each airline with its scores, on the index of mention ids."""
    table = pd.read_csv(file, dtype={"tweet_id": "str"}).rename(columns={"tweet_id": "mention_id"})
    folded = table["text"].str.casefold().str.split().str.join(" ")
    table = table.assign(duplicate=folded.duplicated(), scorable=True)
    table = frame_of(table).set_index("mention_id")
    names = [*table["airline"].unique(), *table["airline"].str.replace(" ", "").unique()]
    scores = text_scores(table["text"], names=names)
    table = table.join(scores[["polarity", "vader"]])
    return {str(name): part for name, part in table.groupby("airline")}


def learner(frame: pd.DataFrame) -> Scores:
    """Return the cross-fitted classifier, alone and with the lexica; texts are read only once."""
    terms = classifier._terms(frame["text"]).transform(frame["text"])

    def scores(drawn: pd.Index, seed: int) -> list[pd.Series | pd.DataFrame]:
        place = frame.index.get_indexer(drawn)
        fold = classifier._folds(frame.index, drawn, frame["author_hash"], 5, seed)
        y = (frame["label"].iloc[place] == "negative").to_numpy(dtype="float64")
        models = classifier._models(terms[place], y, fold[place])
        found = classifier._cross(classifier._probability(terms, models), fold)
        learned = pd.Series(found, index=frame.index)
        return [learned, frame[["polarity", "vader"]].assign(learned=learned)]

    return scores


def estimates(frame: pd.DataFrame, scores: Scores, repeats: int) -> list[list[Estimate]]:
    """Return, for each score, the estimates from labels drawn again and again."""
    rng = np.random.default_rng(2026)
    found = []
    for repeat in range(repeats):
        drawn = frame.index[rng.choice(len(frame), LABELS, replace=False)]
        labels = frame["label"].loc[drawn]
        found.append([labeled_share(labels, score) for score in scores(drawn, repeat)])
    return [list(of_score) for of_score in zip(*found, strict=True)]


def alone(frame: pd.DataFrame, repeats: int) -> list[Estimate]:
    """Return t intervals of the same labels without any score (Cochran 1977, 3.4)."""
    rng = np.random.default_rng(2026)
    y = (frame["label"] == "negative").to_numpy()
    t = stats.t.ppf(0.975, LABELS - 1)
    found = []
    for _ in range(repeats):
        p = y[rng.choice(len(y), LABELS, replace=False)].mean()
        half = t * sqrt((1 - LABELS / len(y)) * p * (1 - p) / (LABELS - 1))
        found.append(Estimate(p, p - half, p + half, n=LABELS, method="t"))
    return found


def lexicon(frame: pd.DataFrame, repeats: int) -> list[Estimate]:
    """Return what the lexicon says of as many tweets, with the binomial interval."""
    rng = np.random.default_rng(2026)
    negative = (frame["polarity"] < 0).to_numpy()
    drawn = (negative[rng.choice(len(frame), LABELS, replace=False)] for _ in range(repeats))
    return [share(int(part.sum()), LABELS) for part in drawn]


def stratified(frame: pd.DataFrame, repeats: int) -> list[Estimate]:
    """Return estimates from samples that `draw_sample` stratifies by what the words are about."""
    mentions = frame[["text", "duplicate", "scorable"]].reset_index()
    topics = [frame["text"].str.contains(words, case=False) for words in TOPICS.values()]
    mentions["topic"] = np.select([topic.to_numpy() for topic in topics], list(TOPICS), "")
    found = []
    for seed in range(repeats):
        sample = draw_sample(mentions, LABELS, by="topic", frame_id="all", seed=seed)
        sample = sample.set_index("mention_id")
        found.append(
            labeled_share(
                frame["label"].loc[sample.index],
                frame["polarity"],
                inclusion_prob=sample["inclusion_prob"],
                stratum=sample["stratum"],
            )
        )
    return found


def of_process(frame: pd.DataFrame, repeats: int) -> list[Estimate]:
    """Return estimates of a process from months of it: authors drawn with replacement."""
    rng = np.random.default_rng(2027)
    rows = frame[["label", "polarity", "author_hash"]].reset_index(drop=True)
    of_author = list(rows.groupby("author_hash").indices.values())
    found = []
    for _ in range(repeats):
        drawn = rng.integers(0, len(of_author), len(of_author))
        place = np.concatenate([of_author[a] for a in drawn])
        author = np.repeat(np.arange(len(drawn)), [len(of_author[a]) for a in drawn])
        found.append(month(rows.iloc[place], author, rng))
    return found


def month(rows: pd.DataFrame, author: np.ndarray, rng: np.random.Generator) -> Estimate:
    """Return the share of a month for comparisons."""
    rows = rows.reset_index(drop=True)
    return labeled_share(
        rows["label"].iloc[rng.choice(len(rows), LABELS, replace=False)],
        rows["polarity"],
        cluster=pd.Series(author),
        finite=False,
    )


def pairs(frame: pd.DataFrame, repeats: int) -> tuple[int, int]:
    """Return how many A/A pairs alarm by p value, and by the interval of their difference."""
    rng = np.random.default_rng(2028)
    author = pd.factorize(frame["author_hash"])[0]
    frame = frame[["label", "polarity"]]
    alarms = intervals = 0
    for _ in range(repeats):
        first = rng.permutation(author.max() + 1)[author] % 2 == 0
        a, b = (month(frame[half], author[half], rng) for half in (first, ~first))
        alarms += p_value(a, b) < 0.05
        apart = difference(a, b)
        intervals += apart.low > 0 or apart.high < 0
    return alarms, intervals


def measure(name: str, frame: pd.DataFrame, repeats: int) -> pd.DataFrame:
    """Return coverage and width of each way in one airline."""
    truth = float((frame["label"] == "negative").mean())
    lexica = frame[["polarity", "vader"]]
    one, two = estimates(frame, lambda *_: [lexica["polarity"], lexica], repeats)
    learned, three = estimates(frame, learner(frame), repeats // LEARNED)
    ways = {
        "labels alone": alone(frame, repeats),
        "TextBlob": one,
        "TextBlob, VADER": two,
        "classifier": learned,
        "all three": three,
        "TextBlob, in strata": stratified(frame, repeats // LEARNED),
        "for comparisons": of_process(frame, repeats),
        "lexicon itself": lexicon(frame, repeats),
    }
    rows = [
        {
            "airline": name,
            "tweets": len(frame),
            "truth": truth,
            "way": way,
            "repeats": len(found),
            "mean": np.mean([e.value for e in found]),
            "coverage": 100 * np.mean([e.low <= truth <= e.high for e in found]),
            "width": np.mean([e.high - e.low for e in found]),
        }
        for way, found in ways.items()
    ]
    alarms, intervals = pairs(frame, repeats)
    found = pd.DataFrame(rows).assign(aa_alarms=alarms, aa_by_interval=intervals)
    print(found.round(4).to_string(index=False), flush=True)
    return found


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--repeats", type=int, default=2000)
    asked = parser.parse_args()
    parts = frames(asked.file)
    with ProcessPoolExecutor(2) as pool:
        found = pool.map(partial(measure, repeats=asked.repeats), parts.keys(), parts.values())
        table = pd.concat(found, ignore_index=True)
    wide = table.pivot(index="way", columns="airline", values="coverage").reindex(
        table["way"].unique()
    )
    print(wide.round(1).to_string())


if __name__ == "__main__":
    main()
