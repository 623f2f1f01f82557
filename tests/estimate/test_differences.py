"""Differences and many comparisons against Newcombe, R and Benjamini & Hochberg."""

from __future__ import annotations

import json
from math import isnan
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, benjamini_hochberg, bootstrap, difference, p_value, share


def test_difference_of_shares_is_newcombes(shared_data: Path) -> None:
    golden = json.loads((shared_data / "surveys" / "intervals_multiplicity.json").read_text())
    found = difference(share(56, 70), share(48, 80))
    expected = golden["newcombe_hybrid_56_70_vs_48_80"]
    assert (found.value, found.low, found.high) == pytest.approx(expected, abs=1e-10)


@given(st.integers(0, 40), st.integers(0, 60))
def test_difference_turns_round_with_its_sides(a: int, b: int) -> None:
    one, other = share(a, 40), share(b, 60)
    there, back = difference(one, other), difference(other, one)
    assert (back.value, back.low, back.high) == pytest.approx(
        (-there.value, -there.high, -there.low)
    )


def test_difference_of_unlike_levels_is_refused() -> None:
    with pytest.raises(ParameterError, match="one level"):
        difference(share(1, 2), share(1, 2, level=0.9))


def test_no_interval_makes_no_interval() -> None:
    nan = float("nan")
    unknown = Estimate(0.2, nan, nan, n=10, method="automatic, bias unknown")
    assert isnan(difference(unknown, share(1, 2)).low)


def test_p_value_of_the_normal_table() -> None:
    # z = 1.96 exactly: two-sided .05
    a = Estimate(1.959964, 0, 0, n=9, method="z", se=1.0)
    b = Estimate(0.0, 0, 0, n=9, method="z", se=0.0)
    assert p_value(a, b) == pytest.approx(0.05, abs=1e-6)


def test_benjamini_hochberg_equals_r(shared_data: Path) -> None:
    path = shared_data / "surveys" / "intervals_multiplicity.json"
    golden = json.loads(path.read_text())["BH1995"]
    adjusted = benjamini_hochberg(golden["p"])
    assert adjusted == pytest.approx(golden["BH"], abs=1e-12)
    assert (adjusted <= 0.05).sum() == golden["n_reject"][2]


def test_a_missing_p_value_does_not_count_as_a_comparison() -> None:
    adjusted = benjamini_hochberg([0.01, float("nan"), 0.04])
    assert adjusted[[0, 2]] == pytest.approx([0.02, 0.04])
    assert isnan(adjusted[1])


def test_bootstrap_of_a_mean_comes_near_its_formula() -> None:
    x = np.random.default_rng(1).normal(10, 2, 400)
    estimate = bootstrap(lambda rows: np.array([x[rows].mean()]), len(x), repeats=2000, seed=3)[0]
    assert estimate.value == pytest.approx(x.mean())
    assert estimate.se == pytest.approx(x.std(ddof=1) / 20, rel=0.1)


def test_two_certain_values_differ_or_they_do_not() -> None:
    four, five = (Estimate(x, x, x, n=9, method="t", se=0.0) for x in (4.0, 5.0))
    assert (p_value(four, four), p_value(four, five)) == (1.0, 0.0)
