"""Kano categories: counts, better and worse of a real survey, wordings, certainty."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import share
from cjm_lab.surveys import kano
from cjm_lab.surveys.kano_features import kano_codes

#: One pair of answers, functional and dysfunctional, of each category.
PAIRS = {"A": (1, 3), "O": (1, 5), "M": (3, 5), "I": (3, 3), "R": (5, 3), "Q": (5, 5)}
FEATURES = ["F1", "F2", "F3", "F4", "F5"]
Answers = tuple[pd.Series, pd.Series]


def counted(**counts: int) -> Answers:
    """`counted(A=12, M=15)`: answers that fall into the categories so often."""
    pairs = [PAIRS[letter] for letter, times in counts.items() for _ in range(times)]
    return pd.Series([a for a, _ in pairs]), pd.Series([b for _, b in pairs])


@pytest.fixture(scope="module")
def storage(shared_data: Path) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """363 people about 5 features, in four wordings, and what R makes of it."""
    folder = shared_data / "surveys"
    cohorts = [pd.read_csv(folder / f"kano_storage_cohort{k}.csv") for k in (1, 2, 3, 4)]
    everyone = pd.concat(cohorts, ignore_index=True)
    there, missing = (
        everyone[[f"{feature}_{side}" for feature in FEATURES]].set_axis(FEATURES, axis=1)
        for side in ("functional", "dysfunctional")
    )
    golden = json.loads((folder / "kano_storage_golden.json").read_text("utf-8"))
    return there, missing, golden


def test_the_real_survey_gives_rs_counts_and_coefficients(
    storage: tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]],
) -> None:
    there, missing, golden = storage
    table = kano(there, missing, repeats=200).set_index("feature")
    words = {"I": "indifferent", "O": "one-dimensional"}
    for feature, known in golden["features"].items():
        row = table.loc[feature]
        assert {letter: row[letter] for letter in known["counts"]} == known["counts"]
        assert row["n"] == known["n"] == 363
        assert row["category"] == words[known["modal"]]
        assert row["better"] == pytest.approx(known["timko_SI"], abs=1e-12)
        assert row["worse"] == pytest.approx(known["timko_DI"], abs=1e-12)
        assert row["category_strength"] == pytest.approx(known["category_strength"])
        assert row["total_strength"] == pytest.approx(known["total_strength"])
    assert round(table.loc["F4", "better"], 4) == 0.6246
    assert round(table.loc["F4", "worse"], 4) == -0.8168


def test_the_codes_of_all_four_wordings_are_rs(
    storage: tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]],
) -> None:
    golden = storage[2]["answer_codes"]
    assert kano_codes(list(golden)).tolist() == list(golden.values())


def test_bergers_worked_example() -> None:
    row = kano(*counted(A=12, O=8, M=15, I=5)).iloc[0]
    assert (row["better"], row["worse"]) == (0.5, -0.575)
    assert row["category"] == "must-be"


def test_the_evaluation_table_is_kanos() -> None:
    rows = ["QAAAO", "RIIIM", "RIIIM", "RIIIM", "RRRRQ"]
    for functional, letters in enumerate(rows, start=1):
        for dysfunctional, letter in enumerate(letters, start=1):
            row = kano(pd.Series([functional]), pd.Series([dysfunctional]), repeats=2).iloc[0]
            assert row[letter] == row["n"] == 1


def test_better_and_worse_have_wilsons_interval_of_those_who_judged() -> None:
    row = kano(*counted(A=12, O=8, M=15, I=5, R=7, Q=3)).iloc[0]
    better, worse = share(20, 40), share(23, 40)
    assert (row["better_low"], row["better_high"]) == (better.low, better.high)
    assert (row["worse_low"], row["worse_high"]) == (-worse.high, -worse.low)
    assert row["n"] == 50


@pytest.mark.parametrize(
    ("letters", "first"),
    [("MOAI", "must-be"), ("OAI", "one-dimensional"), ("AI", "attractive"), ("IRQ", "indifferent")],
)
def test_ties_go_to_what_hurts_most_when_missing(letters: str, first: str) -> None:
    row = kano(*counted(**dict.fromkeys(letters, 4))).iloc[0]
    assert row["category"] == first
    assert row["certainty"] < 0.9


def test_certainty_is_the_chance_that_another_sample_says_the_same() -> None:
    row = kano(*counted(A=60, I=40), repeats=4000).iloc[0]
    rng = np.random.default_rng(5)
    again = (rng.binomial(100, 0.6, 100_000) >= 50).mean()  # a tie goes to A
    assert row["certainty"] == pytest.approx(again, abs=0.01)
    assert kano(*counted(A=100)).iloc[0]["certainty"] == 1


def test_wordings_are_known_whatever_quotes_case_and_spaces() -> None:
    words = ["I LIKE  it that way.", "It must be that way", "I’m neutral", "I can live with it", ""]
    assert kano_codes([*words, "5", 5.0])[:4].tolist() == [1, 2, 3, 4]
    assert np.isnan(kano_codes([*words, None])[4:]).all()


def test_an_unknown_wording_is_named_with_its_remedy() -> None:
    there = pd.Series(["I like it", "Splendid", "Splendid"], name="Lid")
    with pytest.raises(ParameterError, match=r"got 'Splendid' \(2 answers, feature 'Lid'\).*alias"):
        kano(there, pd.Series([3, 3, 3]))
    row = kano(there, pd.Series([3, 3, 3]), aliases={"splendid": 1}).iloc[0]
    assert row["A"] == 3
    with pytest.raises(ParameterError, match="must be 1 to 5, got 6"):
        kano(there, pd.Series([3, 3, 3]), aliases={"splendid": 6})
    with pytest.raises(ParameterError, match=r"got '2\.5'"):
        kano_codes([2.5])


def test_a_pair_with_an_answer_missing_is_left_out() -> None:
    row = kano(pd.Series([1, np.nan, 1, 1]), pd.Series([5, 5, np.nan, 3])).iloc[0]
    assert (row["n"], row["O"], row["A"]) == (2, 1, 1)


def test_nobody_answered() -> None:
    row = kano(pd.Series([np.nan]), pd.Series([np.nan])).iloc[0]
    assert (row["n"], row["category"]) == (0, "")
    assert np.isnan(row[["better", "worse", "certainty"]].astype(float)).all()


def test_features_must_be_the_same() -> None:
    with pytest.raises(ParameterError, match="the same features and respondents"):
        kano(pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]}))


def test_weights_count_a_respondent_more_than_once() -> None:
    once = kano(pd.Series([1, 3, 3]), pd.Series([5, 5, 3]), [2, 1, 1]).iloc[0]
    twice = kano(pd.Series([1, 1, 3, 3]), pd.Series([5, 5, 5, 3])).iloc[0]
    assert (once["better"], once["worse"]) == (twice["better"], twice["worse"]) == (0.5, -0.75)


@given(seed=st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_order_of_respondents_names_and_the_unit_of_weights_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    there, missing = (pd.DataFrame(rng.integers(1, 6, (40, 2)), columns=list("ab")) for _ in "12")
    weights, rows = rng.uniform(0.5, 2, 40), rng.permutation(40)
    table = kano(there, missing, weights, repeats=40)
    mixed = kano(there.iloc[rows], missing.iloc[rows], 2 * weights[rows], repeats=40)
    pd.testing.assert_frame_equal(table, mixed)
    turned = kano(there[["b", "a"]], missing, weights, repeats=40)
    pd.testing.assert_frame_equal(table, turned.iloc[::-1].reset_index(drop=True))
