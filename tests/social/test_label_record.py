from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.social.label_record import label_agreement, settled_labels


def record(*rows: tuple[object, ...]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["mention_id", "label", "labeler", "labeled_at"])
    return table.assign(labeled_at=pd.to_datetime(table["labeled_at"], utc=True))


def settled(*rows: tuple[object, ...]) -> dict[str, str]:
    return settled_labels(record(*rows))["label"].to_dict()


def test_the_latest_label_of_each_labeler_counts():
    assert settled(
        ("a", "negative", "Ann", "2026-08-02"),
        ("a", "positive", "Ann", "2026-08-01"),
        ("a", "neutral", "Ann", None),
    ) == {"a": "negative"}


def test_most_labelers_settle_and_a_tie_is_undecided():
    day = "2026-08-01"
    assert settled(
        ("a", "negative", "Ann", day),
        ("a", "positive", "Bo", day),
        ("a", "negative", "Cy", day),
        ("b", "negative", "Ann", day),
        ("b", "positive", "Bo", day),
        ("c", "undecided", "Ann", day),
    ) == {"a": "negative", "b": "undecided", "c": "undecided"}


def test_a_blank_label_is_not_one():
    found = settled_labels(record(("a", "", "", None), ("b", "neutral", "Ann", None)))
    assert found["label"].to_dict() == {"b": "neutral"}
    assert found["n_labelers"].to_dict() == {"b": 1}


def test_what_was_said_of_touchpoints_is_kept_apart():
    table = pd.DataFrame(
        {
            "mention_id": ["a", "a", "a", "b", "b", "c"],
            "label": ["negative", "positive", "neutral", "negative", "positive", "positive"],
            "touchpoint": ["seat", "crew", "", "seat", "crew", "crew"],
        }
    )
    whole = settled_labels(table)["label"].to_dict()
    assert whole == {"a": "neutral", "b": "undecided", "c": "positive"}
    each = settled_labels(table, by_touchpoint=True)["label"]
    assert each["a", "crew"] == "positive"
    assert each["b", "seat"] == "negative"


def test_the_chance_is_that_of_the_grown_sample_times_the_part_labeled():
    # 100 drawn of 400 (.25), 60 of them labeled: 60 of 400 = .15; "pay": 10 of 10 drawn labeled.
    table = pd.DataFrame(
        {
            "mention_id": [f"m{i}" for i in range(110)],
            "label": ["neutral"] * 60 + [""] * 40 + ["negative"] * 10,
            "stratum": [""] * 100 + ["pay"] * 10,
            "frame_id": "2026-08",
            "inclusion_prob": [0.1] * 40 + [0.25] * 60 + [0.5] * 10,
        }
    )
    found = settled_labels(table).groupby("stratum")["inclusion_prob"].agg(["size", "min", "max"])
    assert found.loc["2026-08/"].tolist() == pytest.approx([60, 0.15, 0.15])
    assert found.loc["2026-08/pay"].tolist() == pytest.approx([10, 0.5, 0.5])
    blank = settled_labels(table.assign(label=table["label"].where(table["stratum"] == "", "")))
    assert blank.attrs["unlabeled"] == ["2026-08/pay"]


def test_only_labels_of_the_frame_asked_for_count():
    table = record(("a", "negative", "Ann", None), ("a", "positive", "Ann", None))
    table["frame_id"] = ["2026-07", "2026-08"]
    assert settled_labels(table, frame_id="2026-08")["label"].to_dict() == {"a": "positive"}
    assert settled_labels(table, frame_id="2026-09").empty
    both = settled_labels(table, frame_id=["2026-07", "2026-08"])
    assert both["label"].to_dict() == {"a": "negative"}  # once, in the first of its frames
    unnamed = table.assign(frame_id="")
    assert len(settled_labels(unnamed, frame_id="2026-08")) == 1


def test_a_record_without_rows_has_no_labels():
    empty = record().astype({"mention_id": "str", "label": "str"})
    assert settled_labels(empty).columns.tolist() == [
        "label", "n_labelers", "inclusion_prob", "stratum", "frame_id",
    ]  # fmt: skip
    assert settled_labels(empty, by_touchpoint=True).empty
    assert label_agreement(empty).n == 0


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_order_and_names_of_labelers_change_nothing(seed):
    rng = np.random.default_rng(seed)
    n = 40
    table = pd.DataFrame(
        {
            "mention_id": rng.choice(list("abcdefgh"), n),
            "label": rng.choice(["negative", "neutral", "positive", "undecided", ""], n),
            "labeler": rng.choice(["Ann", "Bo", "Cy"], n),
            "labeled_at": pd.Timestamp("2026-08-01", tz="UTC") + pd.to_timedelta(range(n), "h"),
        }
    )
    first = settled_labels(table)
    other = table.sample(frac=1, random_state=seed)
    other["labeler"] = other["labeler"].map({"Ann": "Zoe", "Bo": "Yan", "Cy": "Xi"})
    pd.testing.assert_frame_equal(first, settled_labels(other))


def test_agreement_is_that_of_the_published_example():
    # Krippendorff (2011): nominal data, four observers, twelve units, some missing: alpha .743.
    rows = [
        (unit, label, observer, None)
        for observer, labels in {
            "A": "123321412...",
            "B": "1233224125.3",
            "C": ".3332342251.",
            "D": "12332441251.",
        }.items()
        for unit, label in enumerate(labels)
        if label != "."
    ]
    found = label_agreement(record(*rows))
    assert found.value == pytest.approx(0.743, abs=0.0005)
    assert found.n == 11
    assert found.low < 0.743 < found.high <= 1


def test_without_two_labels_of_a_mention_there_is_no_agreement():
    alone = record(("a", "negative", "Ann", None), ("b", "negative", "Bo", None))
    assert label_agreement(alone).method == "no mention was labeled by two people"
    alike = record(*[(m, "negative", who, None) for m in "abc" for who in ("Ann", "Bo")])
    assert label_agreement(alike).method == "all labels are alike"
    assert label_agreement(alike).n == 3
    twice = record(("a", "negative", "Ann", None), ("a", "neutral", "Ann", None))
    assert label_agreement(twice).n == 0


def test_a_missing_column_is_named():
    with pytest.raises(ParameterError, match="got none named \\['label'\\]"):
        settled_labels(pd.DataFrame({"mention_id": ["a"]}))


def test_hostile_names_are_only_names():
    table = record(("=1+1", "negative", "<script>", None), ("a\x00", "neutral", "x" * 10**6, None))
    assert settled_labels(table)["n_labelers"].tolist() == [1, 1]
