"""Pairs of groups, corrected for their number."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import benjamini_hochberg
from cjm_lab.surveys import compare_groups, csat

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
