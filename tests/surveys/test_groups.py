"""Pairs of groups, corrected for their number."""

from __future__ import annotations

import json
from functools import partial
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Design, benjamini_hochberg, difference
from cjm_lab.surveys import compare_groups, csat, nps, paired_difference, rating, sus

NO_OPERATOR = ["Other (Please type into the box)", "Don't know "]


def test_the_mobile_operators_differ_in_nine_pairs(shared_data: Path) -> None:
    """36 pairs of the 9 named operators with n >= 35: 14 raw, 9 after Benjamini-Hochberg (R)."""
    table = pd.read_csv(shared_data / "surveys" / "mobiles_feedback_4_weeks.csv")
    table = table[~table["Q7"].isin(NO_OPERATOR)]
    recommend = table["Q8"].str.extract(r"^(\d+)")[0].astype(float)
    pairs = compare_groups(recommend, table["Q7"], min_n=35)
    assert len(pairs) == 36
    assert (pairs["p"] < 0.05).sum() == 14
    assert (pairs["p_adjusted"] < 0.05).sum() == 9
    # Holm (R): 5; the smallest p times 36, the next times 35, and so on
    steps = pairs["p"].sort_values().to_numpy() * np.arange(36, 0, -1)
    assert (np.maximum.accumulate(steps) < 0.05).sum() == 5
    path = shared_data / "surveys" / "mobiles_feedback_golden.json"
    golden = pd.DataFrame(json.loads(path.read_text())["nps_pairwise"]).set_index(["a", "b"])
    found = pairs.set_index(["a", "b"]).loc[golden.index]
    assert found["value"].to_numpy() == pytest.approx(golden["diff"], abs=1e-9)
    assert found["p"].to_numpy() == pytest.approx(golden["p"], rel=1e-6)
    assert found["p_adjusted"].to_numpy() == pytest.approx(golden["BH"], rel=1e-6)


def test_adjusted_p_values_agree_with_r(shared_data: Path) -> None:
    golden = json.loads((shared_data / "surveys" / "intervals_multiplicity.json").read_text())
    case = golden["BH1995"]
    assert benjamini_hochberg(case["p"]) == pytest.approx(case["BH"])


def test_two_shares_differ_by_newcombes_interval(shared_data: Path) -> None:
    answers = [5] * 56 + [1] * 14 + [5] * 48 + [1] * 32
    pair = compare_groups(answers, ["a"] * 70 + ["b"] * 80, csat).iloc[0]
    golden = json.loads((shared_data / "surveys" / "intervals_multiplicity.json").read_text())
    expected = golden["newcombe_hybrid_56_70_vs_48_80"]
    assert [pair["value"], pair["low"], pair["high"]] == pytest.approx(expected)


def test_small_groups_and_people_without_a_group_stay_out() -> None:
    answers = [10.0] * 40 + [0.0] * 40 + [5.0] * 40 + [3.0] * 5
    groups = pd.Series(["a"] * 40 + ["b"] * 40 + [None] * 20 + [""] * 20 + ["c"] * 5)
    assert compare_groups(answers, groups)[["a", "b", "n"]].values.tolist() == [["a", "b", 80]]


def test_one_group_has_nobody_to_be_compared_with() -> None:
    pairs = compare_groups([1, 2, np.nan], ["a"] * 3, partial(csat, scale_max=7), min_n=1)
    assert pairs.empty
    assert list(pairs) == ["a", "b", "value", "low", "high", "n", "p", "p_adjusted"]


def test_groups_must_be_as_long_as_answers() -> None:
    with pytest.raises(ParameterError, match="one value an answer"):
        compare_groups([1, 2], ["a"])


def test_groups_of_a_design_are_its_domains(shared_data: Path) -> None:
    """R's svyby of the schools by type: strata of their own are independent."""
    schools = pd.read_csv(shared_data / "surveys" / "apistrat.csv")
    golden = json.loads((shared_data / "surveys" / "api_raking.json").read_text())
    by = {case["stype"]: case for case in golden["strat_by_stype"]}
    design = Design(schools["pw"], strata=schools["stype"], fpc=schools["fpc"])
    pairs = compare_groups(schools["api00"], schools["stype"], rating, design)
    assert pairs[["a", "b"]].agg("".join, axis=1).tolist() == ["EH", "EM", "HM"]
    first = pairs.iloc[0]
    assert first["value"] == pytest.approx(by["E"]["api00"] - by["H"]["api00"])
    t = first["value"] / np.hypot(by["E"]["se"], by["H"]["se"])
    assert first["p"] == pytest.approx(2 * stats.t.sf(t, 150 - 2), rel=1e-9)


def test_groups_within_the_same_households_are_compared_more_sharply() -> None:
    rng = np.random.default_rng(2)
    homes, level = np.repeat(np.arange(60), 2), np.repeat(rng.normal(3, 1, 60), 2)
    who = np.array(["child", "parent"] * 60)
    answers = level + 0.2 * (who == "parent") + rng.normal(0, 0.2, 120)
    pair = compare_groups(answers, who, rating, Design(np.ones(120), clusters=homes)).iloc[0]
    apart = compare_groups(answers, who, rating).iloc[0]
    assert pair["value"] == pytest.approx(apart["value"])
    # the same households twice: the paired t interval of 60 differences
    paired = paired_difference(answers[1::2], answers[::2], rating)
    assert [pair["low"], pair["high"]] == pytest.approx([paired.low, paired.high], rel=1e-3)
    assert pair["p"] < 0.01 < apart["p"]


def test_rows_of_a_questionnaire_are_compared_too() -> None:
    rows = np.array([[5, 1] * 5, [4, 2] * 5, [3] * 10, [3, 2] * 5] * 10, dtype=float)
    pairs = compare_groups(rows, ["a", "a", "b", "b"] * 10, sus, min_n=20)
    assert pairs["value"].tolist() == [87.5 - 56.25]


def test_the_same_people_twice_is_the_paired_t_interval() -> None:
    # changes 1, 0, 2, 1: mean 1, sd .8165, t(.975, 3) 3.18245
    estimate = paired_difference([3, 4, 1, 2], [4, 4, 3, 3], rating)
    assert estimate.value == 1
    assert estimate.high - 1 == pytest.approx(3.18245 * sqrt(2 / 3) / 2, abs=1e-4)
    assert estimate.n == 4


def test_it_is_the_change_of_the_score_among_those_who_answered_twice() -> None:
    before, after = [10, 3, 8, np.nan, 9, 6], [9, 9, 9, 10, np.nan, 2]
    both = [0, 1, 2, 5]
    change = paired_difference(before, after)
    assert change.value == nps(np.array(after)[both]).value - nps(np.array(before)[both]).value
    assert change.n == 4


def test_who_keeps_his_mind_makes_the_change_surer_than_two_samples_would() -> None:
    rng = np.random.default_rng(5)
    before = rng.integers(0, 8, 200)
    after = before + rng.integers(0, 4, 200)
    paired = paired_difference(before, after)
    apart = difference(nps(after), nps(before))
    assert paired.value == pytest.approx(apart.value)
    assert paired.se < apart.se


def test_a_questionnaire_before_and_after() -> None:
    before = pd.DataFrame([[3] * 10, [4, 2] * 5, [3] * 10])
    after = pd.DataFrame([[4, 2] * 5, [5, 1] * 5, [3] * 10])
    assert paired_difference(before, after, sus).value == pytest.approx((25 + 25 + 0) / 3)


def test_weights_count_people_twice_in_a_change_too() -> None:
    weighted = paired_difference([1, 3, 2], [2, 5, 2], rating, [2, 1, 1])
    assert weighted.value == pytest.approx((1 + 1 + 2 + 0) / 4)


def test_different_people_are_no_pairs() -> None:
    with pytest.raises(ParameterError, match="same people in the same order, got 2 and 3 rows"):
        paired_difference([1, 2], [1, 2, 3])
    one, other = pd.Series([1, 2], index=["r1", "r2"]), pd.Series([1, 2], index=["r2", "r1"])
    with pytest.raises(ParameterError, match="join them by respondent"):
        paired_difference(one, other)
