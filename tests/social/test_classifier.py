from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.social.classifier import classifier_scores
from cjm_lab.social.labels import labeled_share

SAID = {"negative": "the queue was long and slow", "positive": "what a friendly crew"}


def frame(n: int) -> tuple[pd.Series, pd.Series]:
    """Return texts and labels that go with them, every third the other way round."""
    label = pd.Series(["negative", "positive", "positive"] * (n // 3))
    return label.map(SAID) + " no. " + pd.Series(range(n)).astype("str"), label


def test_a_classifier_tells_what_words_tell():
    texts, label = frame(300)
    score = classifier_scores(texts, label.iloc[:60])
    assert score.index.equals(texts.index)
    assert score[label == "negative"].min() > score[label != "negative"].max()
    swapped = classifier_scores(texts, label.iloc[:60], target="positive")
    assert swapped[label == "positive"].min() > swapped[label != "positive"].max()


def test_no_model_scores_what_it_has_seen():
    # Labels by lot, each text a word of its own that a model could learn by heart. One that has
    # seen the label would give all of the negative ones a higher score.
    rng = np.random.default_rng(3)
    texts = pd.Series([f"word{i} " * 3 for i in rng.permutation(10_000)[:400]])
    label = pd.Series(rng.permutation(["negative", "positive"] * 100))
    score = classifier_scores(texts, label)[:200]
    apart = score[label == "negative"].mean() - score[label == "positive"].mean()
    assert abs(apart) < 0.25 * classifier_scores(texts, label).std() + 0.02


def test_mentions_of_one_author_are_scored_by_a_model_that_saw_none_of_them():
    # 40 authors say the same word five times and have one opinion: only who has read the author
    # knows it. With authors apart the score says nothing; with mentions apart, everything.
    rng = np.random.default_rng(5)
    author = pd.Series(np.repeat([f"a{i}" for i in range(40)], 5))
    opinion = pd.Series(np.repeat(rng.permutation(["negative", "positive"] * 20), 5))
    texts = "x" + author.str.replace("a", "") + "q word" + author.str.slice(1)
    apart = classifier_scores(texts, opinion, cluster=author)
    mixed = classifier_scores(texts, opinion)
    negative = opinion == "negative"
    assert mixed[negative].mean() - mixed[~negative].mean() > 0.3
    assert apart[negative].mean() - apart[~negative].mean() < 0.1


def test_a_score_of_chance_neither_moves_nor_narrows_the_share():
    rng = np.random.default_rng(8)
    texts = pd.Series(rng.integers(0, 9, (600, 6)).tolist()).map(lambda d: " ".join(map(str, d)))
    label = pd.Series(rng.permutation(["negative", "positive"] * 100))
    learned = labeled_share(label, classifier_scores(texts, label))
    alone = labeled_share(label, pd.Series(rng.normal(size=600)))
    assert abs(learned.value - 0.5) < 0.02
    assert learned.high - learned.low > 0.97 * (alone.high - alone.low)


def test_order_of_rows_changes_nothing():
    texts, label = frame(90)
    first = classifier_scores(texts, label.iloc[:45])
    mixed = classifier_scores(
        texts.sample(frac=1, random_state=2), label.iloc[:45].sample(frac=1, random_state=3)
    )
    assert np.allclose(first, mixed.reindex(first.index), atol=0.01)


def test_labels_of_other_frames_teach_and_are_not_scored():
    texts, label = frame(90)
    few = label.iloc[:9]
    assert classifier_scores(texts, few).isna().all()
    before = pd.DataFrame({"text": texts, "label": label}).set_axis(range(900, 990))
    score = classifier_scores(texts, few, earlier=before)
    assert score.index.equals(texts.index)
    assert score[label == "negative"].min() > score[label != "negative"].max()


@pytest.mark.parametrize(
    ("texts", "labels", "reason"),
    [
        (["good"] * 40, ["negative"] * 9 + ["positive"] * 31, "got 9 and 31"),
        (["good"] * 40, ["undecided", ""] * 20, "got 0 and 0"),
        (["...", "", None, "\u202e"] * 10, ["negative", "positive"] * 20, "hold no words"),
    ],
)
def test_where_nothing_can_be_learned_the_reason_is_told(texts, labels, reason):
    scores = classifier_scores(pd.Series(texts, dtype="str"), pd.Series(labels))
    assert scores.isna().all()
    assert reason in scores.attrs["reason"]
    if "words" in reason:  # and the labels stand alone
        assert "Wilson" in labeled_share(pd.Series(labels[:32]), scores).method


def test_one_author_of_all_labels_teaches_nobody():
    texts, label = frame(60)
    scores = classifier_scores(texts, label, cluster=pd.Series("same", index=texts.index))
    assert "two authors" in scores.attrs["reason"]


def test_an_author_of_all_of_a_kind_is_no_obstacle():
    texts, label = frame(60)
    author = label.where(label == "negative", "p" + pd.Series(range(60)).astype("str"))
    assert classifier_scores(texts, label, cluster=author).notna().all()


def test_wrong_arguments_are_named():
    texts, label = frame(30)
    with pytest.raises(ParameterError, match="folds must be 2 or more, got 1"):
        classifier_scores(texts, label, folds=1)
    with pytest.raises(ParameterError, match="got none named \\['label'\\]"):
        classifier_scores(texts, label, earlier=pd.DataFrame({"text": ["a"]}))


def test_hostile_texts_are_only_read():
    texts, label = frame(60)
    texts = texts.astype(object)
    hostile = ["=cmd()", "<script>", "a\x00b", "\u202eabc", "👩‍👩‍👧" * 50]
    hostile += ["x" * 1_000_000, "\ud800 lone"]
    texts.iloc[: len(hostile)] = hostile
    assert classifier_scores(texts, label.iloc[:40]).notna().all()
