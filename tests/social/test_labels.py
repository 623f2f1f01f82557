from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Design, p_value, share
from cjm_lab.social.labels import labeled_share
from cjm_lab.social.sample import frame_of


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
    # residuals of an author add up to +-1, so that se^2 = 20 / 18 x 20 / 40^2 = 1 / 72, times the
    # jackknife's (399 / 398)^2 for two mentions of 400.
    score = pd.Series(np.tile([1.0, -1.0], 200))
    author = pd.Series([f"a{i // 2}" for i in range(40)] + [""] * 360)
    estimate = labeled_share(labels_of(20, 20), score, cluster=author)
    assert estimate.se == pytest.approx(sqrt(1 / 72) * 399 / 398)
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


def test_several_scores_are_a_multiple_regression():
    # Cochran 7.3 and Sarndal et al. 6.4 written out: b by least squares, residuals on n - 3.
    rng = np.random.default_rng(4)
    score = pd.DataFrame(rng.normal(size=(500, 2)), columns=["textblob", "vader"])
    score["constant"] = 7.0  # says nothing and takes no degree of freedom
    y = pd.Series((score["textblob"] + 2 * score["vader"] + rng.normal(size=500) > 0) * 1.0)
    drawn = rng.choice(500, 120, replace=False)
    labels = y[drawn].map({1.0: "negative", 0.0: "neutral"})
    x = np.column_stack([np.ones(500), score[["textblob", "vader"]]])
    b = np.linalg.lstsq(x[drawn], y[drawn], rcond=None)[0]
    error = y[drawn] - x[drawn] @ b
    se = sqrt((1 - 120 / 500) * (error**2).sum() / 117 / 120)
    found = labeled_share(labels, score)
    assert found.value == pytest.approx((x @ b).mean())
    assert found.high - found.value == pytest.approx(stats.t.ppf(0.975, 117) * se)
    one = labeled_share(labels, score["vader"])
    assert found.high - found.low < one.high - one.low
    scaled = labeled_share(labels, score * [1e-3, 1e4, 1])
    assert (scaled.value, scaled.high) == pytest.approx((found.value, found.high))


def test_a_score_twice_is_a_score_once():
    score = pd.Series(np.linspace(-1, 1, 400))
    labels = labels_of(20, 20)
    labels.index = range(0, 400, 10)
    once, twice = labeled_share(labels, score), labeled_share(labels, pd.DataFrame([score] * 2).T)
    assert (twice.value, twice.low) == pytest.approx((once.value, once.low))


def strata() -> tuple[pd.Series, pd.Series, pd.Series, pd.Series]:
    """Return 40 of 80 and 40 of 920 labeled; at each label half of the scores are 1, half -1."""
    words = ["negative"] * 32 + ["positive"] * 8 + ["negative"] * 12 + ["positive"] * 28
    ids = [*range(40), *range(80, 120)]
    labels = pd.Series(words, index=ids)
    score = pd.Series(np.tile([1.0, -1.0], 500))
    drawn = pd.Series([0.5] * 40 + [40 / 920] * 40, index=ids)
    return labels, score, drawn, pd.Series(["wifi"] * 40 + [""] * 40, index=ids)


def test_in_strata_the_variance_is_that_within_them():
    # .08 x .8 + .92 x .3 = .34; the score's slope is 0. The design's variance, as R's svymean.
    labels, score, drawn, stratum = strata()
    found = labeled_share(labels, score, inclusion_prob=drawn, stratum=stratum)
    assert found.value == pytest.approx(0.08 * 0.8 + 0.92 * 0.3)
    design = Design(1 / drawn, strata=stratum, fpc=[80] * 40 + [920] * 40)
    y = (labels == "negative").to_numpy(dtype="float64")
    variance = design.covariance(design.influence(y)[:, None])[0, 0]
    by_hand = 0.08**2 * 0.5 * 0.16 / 39 + 0.92**2 * (1 - 40 / 920) * 0.21 / 39
    assert variance == pytest.approx(by_hand)
    half = stats.t.ppf(0.975, 77) * sqrt(78 / 77 * by_hand)
    assert found.high - found.value == pytest.approx(half)
    assert "strata" in found.method


def test_the_standard_error_in_strata_adds_the_chance_of_the_frame():
    # Two phases: .34 x .66 / 1000 of the frame itself, and that of drawing from it.
    labels, score, drawn, stratum = strata()
    found = labeled_share(labels, score, inclusion_prob=drawn, stratum=stratum, finite=False)
    drawing = 0.08**2 * 0.5 * 0.16 / 39 + 0.92**2 * (1 - 40 / 920) * 0.21 / 39
    assert found.se**2 == pytest.approx(0.34 * 0.66 / 1000 + drawing, rel=0.02)
    unstratified = labeled_share(labels, score, inclusion_prob=drawn, finite=False)
    assert found.se < unstratified.se


def test_what_a_stratum_says_outside_of_a_part_still_counts_as_drawn():
    # A touchpoint's part of one stratum: 20 of 40 drawn from 400 speak about it, 15 negative. Then
    # the variance of a domain (Cochran 2.12): zeros outside of it.
    labels = pd.concat([labels_of(24, 16), labels_of(30, 10, first=400)])
    stratum = pd.Series(["a"] * 40 + ["b"] * 40, index=labels.index)
    drawn = pd.Series(0.1, index=labels.index)
    score = pd.Series(np.tile([1.0, -1.0], 200), index=[*range(20), *range(400, 780)])
    part = labeled_share(labels, score, inclusion_prob=drawn, stratum=stratum)
    assert part.n == 60
    without = labeled_share(
        labels[labels.index.isin(score.index)], score, inclusion_prob=drawn, stratum=stratum
    )
    assert part.value == pytest.approx(without.value)
    # how many of a stratum's labels fell into the part is chance too
    assert part.high - part.low > without.high - without.low


def test_a_stratum_with_one_label_says_how_far_it_is_from_all():
    # Of 40 labels of weight 23 the first, a negative one, stands alone: (.023 x .66)^2; 11 of the
    # other 39 are negative.
    labels, score, drawn, stratum = strata()
    stratum = stratum.mask(stratum.index == 80, "lonely")
    found = labeled_share(labels, score, inclusion_prob=drawn, stratum=stratum)
    others = 39 / 38 * 39 * 0.023**2 * 11 / 39 * 28 / 39
    wifi = 0.08**2 * 0.5 * 0.16 / 39
    variance = 77 / 76 * (wifi + (1 - 40 / 920) * (others + (0.023 * 0.66) ** 2))
    half = stats.t.ppf(0.975, 76) * sqrt(variance)
    assert found.high - found.value == pytest.approx(half, rel=0.005)


def test_blank_labels_are_not_labels():
    labels = labels_of(20, 20)
    drawn = pd.concat([labels, pd.Series(["", None], index=[90, 91], dtype="str")])
    score = pd.Series(np.linspace(-1, 1, 100))
    assert labeled_share(drawn, score) == labeled_share(labels, score)


def test_all_labeled_a_comparison_still_has_an_interval():
    # se of 20 of 40 is sqrt(.25 / 39), as of any other sample of the process
    labels, score = labels_of(20, 20), pd.Series(np.tile([1.0, -1.0], 20))
    found = labeled_share(labels, score, finite=False)
    assert found.high - found.value == pytest.approx(stats.t.ppf(0.975, 39) * sqrt(0.25 / 39))


def test_without_a_useful_score_a_comparison_is_of_authors():
    # 10 authors of 4 mentions each and of one opinion are 10 observations.
    labels = labels_of(20, 20)
    author = pd.Series([f"a{i // 4}" for i in range(1000)])
    score = pd.Series(0.0, index=range(1000))
    wide = labeled_share(labels, score, cluster=author, finite=False)
    t, n = stats.t.ppf(0.975, 9), 0.25 / (10 / 9 * 10 * 2**2 / 40**2)
    half = t / (1 + t * t / n) * sqrt(0.25 / n + t * t / (4 * n * n))
    assert (wide.low, wide.high) == pytest.approx((0.5 - half, 0.5 + half))
    assert labeled_share(labels, score, cluster=author).high == share(20, 40).high


def of_airline(shared_data, scored_tweets, name: str) -> pd.DataFrame:
    table = pd.read_csv(shared_data / "mentions" / "airline_tweets.csv")
    everything = scored_tweets.assign(airline=table["airline"], author=table["author_hash"])
    return frame_of(everything[everything["airline"] == name]).reset_index(drop=True)


@pytest.mark.parametrize("name", ["American", "Virgin America"])
def test_200_labels_of_an_airline_cover_its_share(shared_data, scored_tweets, name):
    # The others are hidden. 1 of 1,000 correct procedures would fall out of the bounds.
    frame, repeats = of_airline(shared_data, scored_tweets, name), 300
    rng = np.random.default_rng(7)
    truth = (frame["label"] == "negative").mean()
    found = [
        labeled_share(frame["label"].iloc[rng.choice(len(frame), 200, False)], frame["polarity"])
        for _ in range(repeats)
    ]
    covered = sum(e.low <= truth <= e.high for e in found)
    assert stats.binom.ppf(0.0005, repeats, 0.95) <= covered
    assert covered <= stats.binom.ppf(0.9995, repeats, 0.95)
    t = stats.t.ppf(0.975, 199)
    alone = [2 * t * sqrt((1 - 200 / len(frame)) * e.value * (1 - e.value) / 199) for e in found]
    assert np.mean([e.high - e.low for e in found]) < np.mean(alone)


def test_two_months_of_the_same_process_seldom_alarm(shared_data, scored_tweets):
    # The authors of one airline in two halves by lot, 200 labels of each half's tweets.
    frame, pairs = of_airline(shared_data, scored_tweets, "American"), 120
    rng = np.random.default_rng(11)
    author = pd.Series(pd.factorize(frame["author"])[0])
    alarms = 0
    for _ in range(pairs):
        first = (rng.permutation(author.max() + 1) % 2 == 0)[author]
        a, b = (
            labeled_share(
                frame["label"][half].iloc[rng.choice(half.sum(), 200, False)],
                frame["polarity"][half],
                cluster=author,
                finite=False,
            )
            for half in (first, ~first)
        )
        alarms += p_value(a, b) < 0.05
    assert alarms <= stats.binom.ppf(0.999, pairs, 0.05)


@pytest.mark.parametrize("chance", [0.0, -0.1, 20.0])
def test_what_was_drawn_had_a_chance(chance):
    labels = labels_of(20, 20)
    score = pd.Series(np.linspace(-1, 1, 100))
    with pytest.raises(ParameterError, match="inclusion_prob must be above 0 and at most 1"):
        labeled_share(labels, score, inclusion_prob=pd.Series(chance, index=labels.index))


def test_two_authors_are_too_few_to_compare():
    author = pd.Series(["a", "b"] * 200)
    found = labeled_share(
        labels_of(20, 20), pd.Series(np.linspace(-1, 1, 400)), cluster=author, finite=False
    )
    assert np.isnan([found.low, found.high, found.se]).all()
    assert "too few authors" in found.method
