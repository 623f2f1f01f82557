from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cjm_lab.errors import ParameterError
from cjm_lab.social.label_record import settled_labels
from cjm_lab.social.labels import labeled_share
from cjm_lab.social.sample import draw_sample, frame_of


def mentions(n: int, **columns: object) -> pd.DataFrame:
    table = pd.DataFrame({"mention_id": [f"m{i}" for i in range(n)], "text": "hm"})
    return table.assign(duplicate=False, scorable=True, **columns)


def test_the_frame_holds_each_mention_once_that_can_be_scored():
    said = mentions(5)
    said.loc[1, "duplicate"] = True
    said.loc[2, "scorable"] = False
    said.loc[4, "mention_id"] = "m3"
    assert frame_of(said)["mention_id"].tolist() == ["m0", "m3"]
    assert frame_of(said, scorable=False)["mention_id"].tolist() == ["m0", "m2", "m3"]


def test_a_sample_has_the_columns_of_the_record_and_the_text():
    sample = draw_sample(mentions(400), 100, frame_id="2026-08")
    assert sample.columns.tolist() == [
        "mention_id", "label", "touchpoint", "labeler", "labeled_at", "frame_id", "stratum",
        "inclusion_prob", "text",
    ]  # fmt: skip
    assert len(sample) == sample["mention_id"].nunique() == 100
    assert (sample["inclusion_prob"] == 0.25).all()
    assert (sample["frame_id"] == "2026-08").all()
    assert (sample[["label", "touchpoint", "labeler", "stratum"]] == "").all(axis=None)
    assert sample["labeled_at"].isna().all()


def test_neither_order_nor_another_run_changes_a_sample():
    said = mentions(300, channel=["x", "y", "z"] * 100)
    for by in ("", "channel"):
        first = draw_sample(said, 120, by=by, frame_id="all")
        again = draw_sample(said.sample(frac=1, random_state=1), 120, by=by, frame_id="all")
        pd.testing.assert_frame_equal(first, again)
    other = draw_sample(said, 120, frame_id="all", seed=1)
    assert set(other["mention_id"]) != set(draw_sample(said, 120, frame_id="all")["mention_id"])


def test_the_random_numbers_are_permanent():
    # As drawn when this was written: a record of labels outlives a version of pandas.
    drawn = draw_sample(mentions(1000), 5, frame_id="2026-08")["mention_id"].tolist()
    assert drawn == ["m551", "m708", "m175", "m6", "m204"]


def test_every_mention_is_as_likely_to_be_drawn():
    # 16 samples of 20 of 40: each mention 8 times, chi-square of 39 degrees.
    said = mentions(40)
    counts = pd.concat(
        draw_sample(said, 20, frame_id="all", seed=seed)["mention_id"] for seed in range(16)
    ).value_counts()
    assert len(counts) == 40
    chi = ((counts - 8) ** 2 / 8).sum() / (1 - 20 / 40)
    assert stats.chi2.cdf(chi, 39) < 0.999


def test_order_says_nothing_about_the_text():
    sample = draw_sample(mentions(1000), 1000, frame_id="all")
    number = sample["mention_id"].str.slice(1).astype("int64")
    assert abs(stats.spearmanr(number, range(1000)).statistic) < 4 / np.sqrt(1000)


def test_a_mention_belongs_to_its_rarest_touchpoint():
    links = [["seat"]] * 50 + [["seat", "wifi"]] * 20 + [[]] * 30
    sample = draw_sample(mentions(100, touchpoints=links), 100, by="touchpoint", frame_id="all")
    assert sample["stratum"].value_counts().to_dict() == {"seat": 50, "": 30, "wifi": 20}


def test_a_stratum_gives_30_and_the_rest_goes_by_size():
    # Webster's method by hand: 160 for 1,000 and 3,000 above 30 each is 40 and 120; "c" gives all.
    channel = ["a"] * 1000 + ["b"] * 3000 + ["c"] * 12
    sample = draw_sample(mentions(4012, channel=channel), 172, by="channel", frame_id="all")
    assert sample["stratum"].value_counts().to_dict() == {"a": 40, "b": 120, "c": 12}
    chance = sample.groupby("stratum")["inclusion_prob"].first()
    assert chance.to_dict() == {"a": 0.04, "b": 0.04, "c": 1.0}
    few = draw_sample(mentions(4012, channel=channel), 24, by="channel", frame_id="all")
    assert few["stratum"].value_counts().to_dict() == {"a": 8, "b": 8, "c": 8}


@given(
    sizes=st.lists(st.integers(1, 120), min_size=1, max_size=6),
    small=st.integers(1, 300),
    more=st.integers(0, 300),
    seed=st.integers(0, 5),
)
@settings(max_examples=12, deadline=None)
def test_a_larger_sample_keeps_a_smaller_one_in_every_stratum(sizes, small, more, seed):
    names = np.repeat([f"s{i}" for i in range(len(sizes))], sizes)
    said = mentions(sum(sizes), channel=names)
    few, many = (
        draw_sample(said, n, by="channel", frame_id="all", seed=seed) for n in (small, small + more)
    )
    head = many.head(len(few))
    assert head["mention_id"].tolist() == few["mention_id"].tolist()
    given_ = many["stratum"].value_counts()
    size = pd.Series(names).value_counts()
    assert given_.sum() == min(small + more, sum(sizes))
    if small + more >= 30 * len(sizes):
        assert (given_ >= np.minimum(30, size[given_.index])).all()
    chance = many.groupby("stratum")["inclusion_prob"].first()
    assert np.allclose(chance, (given_ / size)[chance.index])


def test_growing_keeps_labels_and_renews_their_chance():
    said = mentions(400)
    record = draw_sample(said, 40, frame_id="2026-08").assign(label="neutral", labeler="Ann")
    second = record.head(3).assign(label="positive", labeler="Bo")
    grown = draw_sample(
        said, 100, frame_id="2026-08", labels=pd.concat([record, second], ignore_index=True)
    )
    assert (grown["label"] != "").sum() == 43
    assert grown["mention_id"].nunique() == 100
    assert (grown["inclusion_prob"] == 0.25).all()
    assert grown.loc[grown["labeler"] == "Bo", "mention_id"].nunique() == 3
    # 40 of 400 are labeled, however the record came about
    assert settled_labels(grown)["inclusion_prob"].unique() == pytest.approx([0.1])


def test_labels_of_another_frame_are_not_in_the_sample():
    said = mentions(100)
    other = draw_sample(said, 30, frame_id="2026-07").assign(label="neutral")
    sample = draw_sample(said, 30, frame_id="2026-08", labels=other)
    assert (sample["label"] == "").all()


def test_a_label_whose_mention_is_gone_stays_in_the_record_and_is_counted():
    said = mentions(100)
    record = draw_sample(said, 20, frame_id="all").assign(label="neutral")
    gone = record["mention_id"].iloc[4]
    left = draw_sample(said[said["mention_id"] != gone], 25, frame_id="all", labels=record)
    assert left.attrs["outside"] == 1
    assert left["mention_id"].iloc[-1] == gone
    assert left["label"].iloc[-1] == "neutral"
    assert len(left) == 26


def test_a_label_of_a_stratum_that_is_gone_keeps_its_chance():
    said = mentions(100, channel=["x"] * 90 + ["forum"] * 10)
    record = draw_sample(said, 40, by="channel", frame_id="all").assign(label="neutral")
    left = draw_sample(said.head(90), 45, by="channel", frame_id="all", labels=record)
    chance = left.groupby("stratum")["inclusion_prob"].agg(["min", "max"])
    assert chance.loc["x"].tolist() == [0.5, 0.5]
    assert chance.loc["forum"].tolist() == [1.0, 1.0]
    assert left.attrs["outside"] == 10


def test_labels_never_fall_out_of_their_sample():
    said = mentions(400)
    record = draw_sample(said, 100, frame_id="all").assign(label="neutral")
    with pytest.raises(ParameterError, match=r"n must be at least 100 .* got 60, which leaves 40"):
        draw_sample(said, 60, frame_id="all", labels=record)
    with pytest.raises(ParameterError, match="another seed"):
        draw_sample(said, 100, frame_id="all", labels=record, seed=1)


def test_of_a_small_frame_all_are_drawn():
    sample = draw_sample(mentions(40), 200, frame_id="all")
    assert len(sample) == 40
    assert (sample["inclusion_prob"] == 1).all()
    assert sample.attrs["all_drawn"]
    assert draw_sample(mentions(0), 5, frame_id="all").empty


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": 0}, "n must be a positive whole number, got 0"),
        ({"n": 2.5}, "n must be a positive whole number, got 2.5"),
        ({"by": "chanel"}, "did you mean 'channel'"),
        ({"frame_id": ""}, "frame_id must name"),
        ({"mentions": pd.DataFrame({"mention_id": ["a"]})}, "pass what scored_mentions returns"),
        ({"labels": pd.DataFrame({"label": ["neutral"]})}, "labels must have a column mention_id"),
    ],
)
def test_a_wrong_argument_is_named(change, message):
    given_ = {"mentions": mentions(9, channel="x"), "n": 5, "frame_id": "all"} | change
    table, n = given_.pop("mentions"), given_.pop("n")
    with pytest.raises(ParameterError, match=message):
        draw_sample(table, n, **given_)


def test_hostile_ids_and_texts_are_only_carried():
    said = mentions(6)
    said["mention_id"] = ["=1+1", "<script>", "a\x00b", "\u202eabc", "👩‍👩‍👧", "x" * 100_000]
    said["text"] = "a " * 500_000
    sample = draw_sample(said, 6, frame_id="=cmd()")
    assert set(sample["mention_id"]) == set(said["mention_id"])


def test_a_drawn_and_labeled_sample_gives_the_share_of_its_frame(tweets):
    # Truth by counting: all tweets are labeled. Sample of 400 stratified by the reason.
    said = tweets.drop_duplicates("mention_id").assign(duplicate=False, scorable=True)
    said["kind"] = said["label"].where(said["label"] != "neutral", "other")
    sample = draw_sample(said, 400, by="kind", frame_id="all")
    sample["label"] = sample["mention_id"].map(said.set_index("mention_id")["label"])
    settled = settled_labels(sample)
    score = pd.Series(0.0, index=said["mention_id"])
    found = labeled_share(settled["label"], score, inclusion_prob=settled["inclusion_prob"])
    truth = (said["label"] == "negative").mean()
    assert found.value == pytest.approx(truth, abs=0.002)  # strata are the labels themselves
