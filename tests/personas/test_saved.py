"""A saved model scores later customers as it scored the first, and finds its segments again."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score  # type: ignore[import-untyped]

from cjm_lab.errors import ParameterError, SourceError
from cjm_lab.personas import (
    SegmentModel,
    load_segments,
    match_segments,
    save_segments,
    score_segments,
    segment,
    unseen_categories,
)
from cjm_lab.personas.saved import SegmentAttribute, model_from, model_json

Planted = Callable[..., tuple[pd.DataFrame, np.ndarray]]
COLUMNS = ["device", "plan", "age", "city"]


def hand_made() -> SegmentModel:
    """Return two segments told apart by a device and by how much was spent, in three ranges."""
    device = SegmentAttribute("device", ("desktop", "phone"), (), ((0.2, 0.8), (0.6, 0.4)))
    ranges, chances = ("0 to 10", "11 to 50", "60 to 90"), ((0.7, 0.2, 0.1), (0.1, 0.3, 0.6))
    spent = SegmentAttribute("spent", ranges, (10, 50, 90), chances)
    return SegmentModel(("young", "office"), (0.5, 0.5), (device, spent))


def scored(**columns: list[object]) -> list[str]:
    return score_segments(hand_made(), pd.DataFrame(columns)).tolist()


def test_the_posterior_is_bayes_rule() -> None:
    # .8 x .1 against .4 x .6; .8 x .2 against .4 x .3
    assert scored(device=["phone", "phone"], spent=[70, 20]) == ["office", "young"]


def test_what_is_missing_says_nothing() -> None:
    assert scored(device=["phone", ""], spent=[np.nan, 80]) == ["young", "office"]
    assert scored(device=["phone", "desktop"]) == ["young", "office"]  # no column at all
    assert scored(device=[""], spent=[np.nan]) == [""]  # nothing is known of this one


def test_numbers_fall_into_the_ranges_of_then_and_beyond_them_into_the_outer_ones() -> None:
    spent = hand_made().attributes[1]
    codes = spent.codes(pd.Series([-5, 10, 10.5, 55, 60, 1000, None]))
    assert codes.tolist() == [0, 0, 1, 2, 2, 2, -1]


def test_new_categories_are_counted_and_missing_columns_named() -> None:
    people = pd.DataFrame({"device": ["fridge", "phone", "fridge", ""]})
    table = unseen_categories(hand_made(), people)
    assert table[["attribute", "category", "value", "n"]].values.tolist() == [
        ["device", "fridge", 0.5, 4],
        ["spent", "", 1.0, 4],
    ]
    assert table.loc[0, "low"] == pytest.approx(0.1500, abs=5e-5)  # Wilson of 2 of 4


def test_the_customers_it_was_made_of_are_scored_as_the_fit_itself_scored_them(
    planted: Planted,
) -> None:
    customers, kind = planted(900, 6)
    rng = np.random.default_rng(1)
    customers["spent"] = rng.gamma(2, 30, 900) * (1 + 2 * kind)  # a number cut into quarters
    customers.loc[5, ["device", "plan", "age", "city", "spent"]] = np.nan
    found = segment(customers, [*COLUMNS, "spent"], seed=2)
    assert found.model is not None
    assert found.model.attributes[-1].upper_ends[-1] == customers["spent"].max()
    pd.testing.assert_series_equal(score_segments(found.model, customers), found.labels)
    assert found.labels[5] == ""


def test_later_customers_are_scored_as_well_as_the_first(planted: Planted, tmp_path: Path) -> None:
    customers, kind = planted(2400, 8)
    found = segment(customers.head(1200), COLUMNS, seed=3)
    model = load_segments(save_segments(found, tmp_path / "segments.json"))
    later = score_segments(model, customers.tail(1200))
    assert adjusted_rand_score(kind[1200:], later) >= 0.8


def test_the_file_is_plain_json_and_gives_back_the_same_model(
    planted: Planted, tmp_path: Path
) -> None:
    found = segment(planted(400, 2)[0], COLUMNS)
    path = save_segments(found, tmp_path / "segments.json")
    assert load_segments(path) == found.model
    assert json.loads(path.read_text("utf-8"))["names"] == found.names


chances = st.floats(0, 1)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(), min_size=1, max_size=3, unique=True), st.data())
def test_every_model_comes_back(names: list[str], data: st.DataObject) -> None:
    weights = tuple(data.draw(chances) for _ in names)
    attributes = []
    for column in data.draw(st.lists(st.text(), max_size=2, unique=True)):
        known = data.draw(st.lists(st.text(), min_size=1, max_size=3))
        ends = data.draw(st.sampled_from([(), tuple(float(i) for i in range(len(known)))]))
        rows = tuple(tuple(data.draw(chances) for _ in known) for _ in names)
        attributes.append(SegmentAttribute(column, tuple(known), ends, rows))
    model = SegmentModel(tuple(names), weights, tuple(attributes))
    assert model_from(model_json(model)) == model


def broken(change: Callable[[dict], object]) -> str:
    document = json.loads(model_json(hand_made()))
    change(document)
    return json.dumps(document)


BROKEN = {
    "no JSON": "{",
    "a list": "[]",
    "a part is missing": broken(lambda d: d.pop("weights")),
    "a segment without weight": broken(lambda d: d["weights"].pop()),
    "a probability above 1": broken(lambda d: d["attributes"][0]["probabilities"][0].append(2)),
    "not a number": broken(lambda d: d["weights"].__setitem__(0, float("nan"))),
    "ranges out of order": broken(lambda d: d["attributes"][1].update(upper_ends=[50, 10, 90])),
    "one name twice": broken(lambda d: d.update(names=["a", "a"])),
    "no segment": broken(lambda d: d.update(names=[], weights=[], attributes=[])),
}


@pytest.mark.parametrize("name", BROKEN)
def test_another_file_is_refused_in_words(name: str, tmp_path: Path) -> None:
    path = tmp_path / "segments.json"
    path.write_text(BROKEN[name], "utf-8")
    with pytest.raises(SourceError, match=r"segments\.json must be a segment model in JSON, got"):
        load_segments(path)


def test_no_file_and_no_segments_are_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="got no file"):
        load_segments(tmp_path / "segments.json")
    path = tmp_path / "bytes.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceError, match="must be a segment model"):
        load_segments(path)
    with pytest.raises(ParameterError, match="No clear segments"):
        save_segments(segment(pd.DataFrame({"a": ["x"], "b": ["y"]})), path)


def test_the_same_groups_under_other_names_move_nobody() -> None:
    old = pd.Series(["a"] * 50 + ["b"] * 30 + [""] * 20)
    found = match_segments(old, old.replace({"a": "b", "b": "a"}))
    assert found.names == {"a": "b", "b": "a"}
    assert (found.moved.value, found.moved.n) == (0, 80)
    assert found.vanished == ()


def test_a_new_segment_keeps_its_name_and_one_may_vanish() -> None:
    old = pd.Series(["a"] * 60 + ["b"] * 40)
    split = pd.Series(["b"] * 35 + ["c"] * 25 + ["d"] * 40)
    found = match_segments(old, split)
    assert found.names == {"b": "a", "c": "c", "d": "b"}
    assert found.moved.value == 0.25
    assert "c" in found.explanation
    merged = match_segments(split, old)
    assert merged.names == {"a": "b", "b": "d"}
    assert merged.vanished == ("c",)


def test_a_new_segment_never_takes_the_name_of_a_former_one() -> None:
    old = pd.Series(["a"] * 10 + ["b"] * 4)
    new = pd.Series(["x"] * 6 + ["b"] * 4 + ["y"] * 4)
    assert match_segments(old, new).names == {"b": "b (new)", "x": "a", "y": "b"}


def test_only_customers_of_both_count_and_each_once() -> None:
    old = pd.Series({"1": "a", "2": "a", "3": "b"})
    new = pd.Series({"4": "x", "3": "y", "2": "x"})
    assert match_segments(old, new).moved.n == 2
    assert match_segments(old, pd.Series({"9": "x"})).explanation.startswith("No customer")
    with pytest.raises(ParameterError, match="got 1 twice"):
        match_segments(pd.Series(["a", "b"], ["1", "1"]), new)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1))
def test_no_other_pairing_would_move_fewer(pairs: list[tuple[str, str]]) -> None:
    old, new = (pd.Series(list(side)) for side in zip(*pairs, strict=True))
    fewest = min(
        sum(dict(zip("xyz", order, strict=True))[n] != o for o, n in pairs)
        for order in permutations("abc")
    )
    assert match_segments(old, new).moved.value == pytest.approx(fewest / len(pairs))
