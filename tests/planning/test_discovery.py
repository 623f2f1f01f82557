from __future__ import annotations

from math import isnan

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.planning.discovery import (
    adjusted_chance,
    discovery_curve,
    evaluators_needed,
    problem_discovery,
)


def test_five_evaluators_find_most_problems():
    assert round(problem_discovery(0.31, 5), 4) == 0.8436
    assert problem_discovery(0.1, 22) >= 0.9 > problem_discovery(0.1, 21)


def test_a_problem_that_hits_a_tenth_of_the_people_takes_22_of_them():
    assert evaluators_needed(0.1) == 22
    # 1 - .5^n: three find 7 of 8, exactly.
    assert evaluators_needed(0.5, 0.875) == 3
    with pytest.raises(ParameterError, match="chance must lie between 0 and 1, got 1"):
        evaluators_needed(1)


@given(st.floats(0.02, 0.98), st.floats(0.02, 0.98))
def test_one_evaluator_fewer_is_too_few(chance, share):
    n = evaluators_needed(chance, share)
    assert problem_discovery(chance, n) >= share - 1e-9
    assert n == 1 or problem_discovery(chance, n - 1) < share + 1e-9


def test_the_curve_rises_to_what_is_estimated_to_be_there():
    curve = discovery_curve(0.31, 17, 5)
    assert curve["value"].round(4).tolist()[:5] == [0.31, 0.5239, 0.6715, 0.7733, 0.8436]
    assert len(curve) == 10
    # The five who walked found 17 of an estimated 17 / .8436 = 20.15.
    there = curve[curve["walked"]].iloc[0]
    assert (there["evaluators"], there["problems"]) == (5, pytest.approx(17))
    assert curve["problems"].iloc[-1] == pytest.approx(20.15 * 0.97554, abs=0.01)


def test_where_the_chance_is_not_known_there_is_no_curve():
    for chance in (float("nan"), 0.0, -0.1):
        assert discovery_curve(chance, 3, 2).empty
    assert isnan(adjusted_chance(pd.DataFrame({"Ann": [1, 1]})))
    assert isnan(adjusted_chance(pd.DataFrame({"Ann": [], "Bob": []})))


def test_the_adjustment_by_hand():
    # Four evaluators, four problems: found 10 times of 16, one problem by one of them only.
    found = pd.DataFrame([[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]])
    normalized, turing = (0.625 - 0.25) * (1 - 0.25), 0.625 / 1.25
    assert adjusted_chance(found) == pytest.approx((normalized + turing) / 2)
    assert adjusted_chance(found) == pytest.approx(0.390625)
