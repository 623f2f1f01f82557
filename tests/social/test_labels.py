from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cjm_lab.estimate import share
from cjm_lab.social import labeled_share


def labels_of(negative: int, positive: int, first: int = 0) -> pd.Series:
    words = ["negative"] * negative + ["positive"] * positive
    return pd.Series(words, index=range(first, first + len(words)))


def test_the_interval_of_200_labels_covers_the_truth_where_the_lexicon_never_does(scored_tweets):
    frame = scored_tweets.drop_duplicates("mention_id").reset_index()
    score, label = frame["polarity"], frame["label"]
    truth = (label == "negative").mean()
    rng = np.random.default_rng(20261031)
    samples = [
        labeled_share(label.iloc[rng.choice(len(frame), 200, replace=False)], score)
        for _ in range(200)
    ]
    covered = sum(e.low <= truth <= e.high for e in samples)
    # 0.5 % of correct procedures would fall below.
    assert covered >= stats.binom.ppf(0.005, 200, 0.95)
    width = np.mean([e.high - e.low for e in samples])
    plain = np.mean([np.diff([share(k, 200).low, share(k, 200).high]) for k in [125]])
    assert 0.120 < width < plain
    assert abs(np.mean([e.value for e in samples]) - truth) < 0.01
    lexicon = (score < 0).mean()
    assert not any(e.low <= lexicon <= e.high for e in samples)


def test_without_a_correlation_it_is_the_share_of_a_sample_from_a_finite_frame():
    # 20 of 40 negative, half of each at score 1 and -1: slope 0, residuals of 0.5.
    labels = labels_of(20, 20)
    score = pd.Series(np.tile([1.0, -1.0], 200))
    within = labeled_share(labels, score)
    process = labeled_share(labels, score, finite=False)
    assert within.value == process.value == pytest.approx(0.5)
    assert within.se == process.se == pytest.approx(sqrt(10 / (40 * 38)))
    finite = stats.t.ppf(0.975, 38) * sqrt((1 - 40 / 400) * 10 / (40 * 38))
    assert within.high - 0.5 == pytest.approx(finite)
    assert within.method == (
        "regression estimator; interval with, se without finite-population correction"
    )
    assert process.high - 0.5 == pytest.approx(stats.t.ppf(0.975, 38) * process.se)


def test_a_score_that_knows_the_label_leaves_nothing_to_doubt():
    truth = pd.Series([1.0] * 130 + [0.0] * 270)
    labels = truth.iloc[::8].map({1.0: "negative", 0.0: "positive"})
    estimate = labeled_share(labels, truth)
    assert (estimate.low, estimate.value, estimate.high) == pytest.approx((0.325, 0.325, 0.325))


def test_posts_of_one_author_are_one_observation_of_the_standard_error():
    # As above, but 20 authors wrote two labeled mentions each, of one tone and mixed scores: the
    # residuals of an author add up to +-1, so that se^2 = 20 / 18 x 20 / 40^2 = 1 / 72.
    score = pd.Series(np.tile([1.0, -1.0], 200))
    author = pd.Series([f"a{i // 2}" for i in range(40)] + [""] * 360)
    estimate = labeled_share(labels_of(20, 20), score, cluster=author)
    assert estimate.se == pytest.approx(sqrt(1 / 72))
    alone = labeled_share(labels_of(20, 20), score)
    assert (estimate.low, estimate.high) == (alone.low, alone.high)  # the map's own interval


def test_all_labeled_is_certain_of_the_frame_and_not_of_another_month():
    estimate = labeled_share(labels_of(20, 20), pd.Series(np.tile([1.0, -1.0], 20)))
    assert estimate.low == estimate.high == 0.5
    assert estimate.se == pytest.approx(sqrt(0.25 / 39))


def test_the_standard_error_holds_the_chance_of_the_frame_itself():
    # A score that is the label: the share of the frame is known, that of the next month is not.
    truth = pd.Series([1.0] * 130 + [0.0] * 270)
    labels = truth.iloc[::8].map({1.0: "negative", 0.0: "positive"})
    estimate = labeled_share(labels, truth)
    assert estimate.se == pytest.approx(sqrt(50 / 48 * 0.325 * 0.675 / 400))


def test_mentions_drawn_more_often_count_less():
    # 100 mentions of which every second was labeled, 900 of which every twentieth was:
    # (80 % of 100 + 20 % of 900) / 1000 = .26, while 49 of 95 labels are negative.
    labels = pd.concat([labels_of(40, 10), labels_of(9, 36, first=100)])
    drawn = pd.Series(np.where(labels.index < 100, 0.5, 0.05), index=labels.index)
    score = pd.Series(0.0, index=range(1000))
    estimate = labeled_share(labels, score, inclusion_prob=drawn)
    assert estimate.value == pytest.approx(0.26)
    assert estimate.n_eff == pytest.approx((50 * 2 + 45 * 20) ** 2 / (50 * 4 + 45 * 400))
    assert labeled_share(labels, score).value == pytest.approx(49 / 95)


def test_a_constant_score_falls_back_to_wilson():
    estimate = labeled_share(labels_of(20, 20), pd.Series(0.0, index=range(1000)))
    assert (estimate.low, estimate.high) == (share(20, 40).low, share(20, 40).high)


def test_a_rare_label_falls_back_to_wilson():
    score = pd.Series(np.linspace(-1, 1, 1000))
    estimate = labeled_share(labels_of(2, 98), score)
    assert (estimate.low, estimate.high) == (share(2, 100).low, share(2, 100).high)
    assert "Wilson" in estimate.method


def test_below_30_labels_only_their_lack_is_told():
    estimate = labeled_share(labels_of(10, 2), pd.Series(0.0, index=range(100)))
    assert np.isnan(estimate.value)
    assert (estimate.n, estimate.method) == (12, "18 more labels needed")


def test_undecided_labels_are_left_out_and_counted():
    labels = labels_of(16, 16)
    labels.iloc[0] = "undecided"
    estimate = labeled_share(labels, pd.Series(0.0, index=range(100)))
    assert estimate.value == pytest.approx(15 / 31)
    assert "1 undecided left out" in estimate.method


def test_labels_of_another_frame_do_not_count():
    score = pd.Series(np.linspace(-1, 1, 100), index=range(100))
    others = labels_of(50, 0, first=500)
    assert labeled_share(pd.concat([labels_of(20, 20), others]), score).n == 40


def test_all_labeled_is_no_sample():
    estimate = labeled_share(labels_of(30, 10), pd.Series(np.linspace(-1, 1, 40)))
    assert (estimate.low, estimate.value, estimate.high) == (0.75, 0.75, 0.75)


@given(st.integers(0, 2**32 - 1), st.integers(30, 120), st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_the_interval_lies_around_the_share_and_inside_the_scale(seed, n, rate):
    rng = np.random.default_rng(seed)
    score = pd.Series(rng.normal(size=300))
    words = np.where(rng.random(n) < rate, "negative", "neutral")
    labels = pd.Series(words, index=rng.choice(300, n, replace=False))
    estimate = labeled_share(labels, score)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
    shuffled = labeled_share(labels.sample(frac=1, random_state=seed % 1000), score)
    assert shuffled.value == pytest.approx(estimate.value, abs=1e-9)
