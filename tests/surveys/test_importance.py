"""The opportunity score and its bands; importance against performance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from cjm_lab.errors import ParameterError
from cjm_lab.surveys import importance_performance, opportunity_band, opportunity_score


def shares(ten_times: float) -> list[int]:
    """1,000 answers on 1-5 with this share of 4 and 5, times ten."""
    top = round(100 * ten_times)
    return [5] * (top // 2) + [4] * (top - top // 2) + [3] * (1000 - top)


@pytest.mark.parametrize(
    ("importance", "satisfaction", "score"),
    [(9, 3, 15), (9, 9, 9), (4.7, 2.1, 7.3), (2.4, 3.2, 2.4)],
)
def test_published_pairs(importance: float, satisfaction: float, score: float) -> None:
    estimate = opportunity_score(shares(importance), shares(satisfaction), repeats=10)
    assert estimate.value == pytest.approx(score)
    assert estimate.n == 1000


def test_the_interval_is_that_of_two_independent_shares() -> None:
    rng = np.random.default_rng(0)
    matters, satisfied = rng.permutation(shares(9)), rng.permutation(shares(3))
    estimate = opportunity_score(matters, satisfied, repeats=4000)
    se = 10 * np.sqrt(4 * 0.9 * 0.1 / 1000 + 0.3 * 0.7 / 1000)  # of 2 I - S
    assert estimate.se == pytest.approx(se, rel=0.06)
    assert estimate.low == pytest.approx(15 - 1.96 * se, abs=0.12)


def test_a_need_met_better_than_it_matters_scores_its_importance() -> None:
    assert opportunity_score([5, 1], [5, 5]).value == 5


def test_means_are_carried_to_ten_points_and_have_no_band() -> None:
    estimate = opportunity_score([5, 4], [3, 2], of="mean")  # 8.75 and 3.75
    assert estimate.value == pytest.approx(13.75)
    with pytest.raises(ParameterError, match="bands must be read from a score of top-2 shares"):
        opportunity_band(estimate)


@pytest.mark.parametrize(
    ("importance", "satisfaction", "band"),
    [
        (9.1, 3, "extreme"),  # 15.2
        (9, 3, "high"),  # 15
        (8, 4, "high"),  # 12
        (7, 4, "worth considering"),  # 10
        (6.9, 4, "appropriately served or overserved"),  # 9.8
    ],
)
def test_bands_begin_where_ulwick_says(importance: float, satisfaction: float, band: str) -> None:
    score = opportunity_score(shares(importance), shares(satisfaction), repeats=2)
    assert opportunity_band(score) == band


def test_scales_may_differ_but_each_needs_a_top_two() -> None:
    assert opportunity_score([9, 8], [4, 3], scale=(0, 10), satisfaction_scale=(1, 5)).value == 5
    with pytest.raises(ParameterError, match="at least four points"):
        opportunity_score([1, 3], [1, 3], scale=(1, 3))
    with pytest.raises(ParameterError, match="importance must lie from 1 to 5, got 9"):
        opportunity_score([9, 8], [4, 3])


def test_weights_count_a_respondent_more_than_once() -> None:
    once = opportunity_score([5, 1, 4], [2, 5, 1], [2, 1, 1])
    assert once.value == opportunity_score([5, 5, 1, 4], [2, 2, 5, 1]).value
    assert once == opportunity_score([5, 1, 4], [2, 5, 1], [4, 2, 2])


FOUR = {"Price": (5, 1), "Taste": (5, 5), "Wrapping": (1, 5), "Jingle": (1, 1)}
QUADRANTS = ["concentrate here", "keep up the good work", "possible overkill", "low priority"]


def answered(means: dict[str, tuple[float, float]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Importance and performance of 40 respondents who all say the same."""
    return tuple(  # type: ignore[return-value]
        pd.DataFrame({item: [float(pair[k])] * 40 for item, pair in means.items()}) for k in (0, 1)
    )


@pytest.mark.parametrize("cross_hair", ["mean", "median", "midpoint"])
def test_the_four_corners_are_martillas_and_jamess_quadrants(cross_hair: str) -> None:
    table = importance_performance(*answered(FOUR), cross_hair=cross_hair)
    assert table["quadrant"].tolist() == QUADRANTS
    assert set(table["certainty"]) == {1.0}


def test_on_the_diagonal_nothing_is_lacking() -> None:
    table = importance_performance(*answered(FOUR), cross_hair="diagonal")
    assert table["quadrant"].tolist() == QUADRANTS
    assert table["same_of_four"].tolist() == [4, 4, 4, 4]
    scales = {"importance_scale": (0, 10), "performance_scale": (1, 5)}
    lacking = answered({"Price": (7.6, 4.0), "Taste": (7.4, 4.0)})  # 4 of 1-5 is 7.5 of 0-10
    table = importance_performance(*lacking, cross_hair="diagonal", **scales)
    assert table["quadrant"].tolist() == ["concentrate here", "keep up the good work"]


def test_what_depends_on_the_cross_hair_is_counted() -> None:
    # all matter and all work: above both midpoints, yet half lies below either mean
    means = {"a": (4.6, 4.2), "b": (4.4, 4.8), "c": (4.0, 4.4), "d": (4.2, 4.0)}
    table = importance_performance(*answered(means), cross_hair="mean")
    assert table["quadrant"].tolist() == [
        "concentrate here", "keep up the good work", "possible overkill", "low priority",
    ]  # fmt: skip
    # mean and median agree on all, the midpoint on b alone; the diagonal lacks a (4.6 > 4.2) and d
    assert table["same_of_four"].tolist() == [3, 4, 2, 2]
    line = table[["importance_line", "performance_line"]].iloc[0].tolist()
    assert line == pytest.approx([4.3, 4.35])


def test_an_item_on_the_line_is_uncertain_and_one_far_from_it_is_not() -> None:
    rng = np.random.default_rng(1)
    low, high, edge = (rng.integers(a, b, 200) for a, b in ((1, 3), (4, 6), (1, 6)))
    matters = pd.DataFrame({"far": high, "near": edge, "other": low})
    works = pd.DataFrame({"far": low, "near": low, "other": high})
    table = importance_performance(matters, works, cross_hair="midpoint").set_index("item")
    assert table.loc["far", "certainty"] == 1
    z = abs(edge.mean() - 3) / (edge.std(ddof=1) / np.sqrt(200))
    assert table.loc["near", "certainty"] == pytest.approx(norm.cdf(z), abs=0.04)


def test_n_is_the_smaller_number_of_answers() -> None:
    matters, works = answered(FOUR)
    works.loc[:9, "Price"] = np.nan
    table = importance_performance(matters, works).set_index("item")
    assert table.loc[["Price", "Taste"], "n"].tolist() == [30, 40]


def test_items_and_respondents_must_be_the_same() -> None:
    matters, works = answered(FOUR)
    with pytest.raises(ParameterError, match="the same items and respondents"):
        importance_performance(matters, works.drop(columns="Price"))
    with pytest.raises(ParameterError, match="the same items and respondents"):
        importance_performance(matters, works.head(3))
    with pytest.raises(ParameterError, match="did you mean 'median'"):
        importance_performance(matters, works, cross_hair="medain")  # type: ignore[arg-type]


@given(seed=st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_order_of_respondents_names_and_the_unit_of_weights_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matters, works = (pd.DataFrame(rng.integers(1, 6, (25, 3)), columns=list("abc")) for _ in "12")
    weights, rows = rng.uniform(0.5, 2, 25), rng.permutation(25)
    table = importance_performance(matters, works, weights, repeats=40)
    mixed = importance_performance(
        matters.iloc[rows], works.iloc[rows], 2 * weights[rows], repeats=40
    )
    pd.testing.assert_frame_equal(table, mixed)
    named = {"a": "z", "b": "y", "c": "x"}
    renamed = importance_performance(
        matters.rename(columns=named), works.rename(columns=named), weights, repeats=40
    )
    pd.testing.assert_frame_equal(table.drop(columns="item"), renamed.drop(columns="item"))


def test_two_of_four_answers_are_the_top_two_but_not_two_of_three() -> None:
    half = opportunity_score([1, 2, 3, 4], [1, 1, 2, 2], scale=(1, 4))
    assert half.value == 5 + 5  # half of them weigh it highly, nobody is satisfied
    with pytest.raises(ParameterError, match="at least four points"):
        opportunity_score([1, 2, 3], [1, 1, 2], scale=(1, 3))
