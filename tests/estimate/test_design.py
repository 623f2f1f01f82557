"""Standard errors of designs against R's survey and arithmetic by hand."""

from __future__ import annotations

import json
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Design, difference, mean, p_value, weighted_share

Golden = dict[str, Any]


@pytest.fixture
def golden(shared_data: Path) -> Golden:
    return json.loads((shared_data / "surveys" / "api_raking.json").read_text())


@pytest.fixture
def schools(shared_data: Path) -> pd.DataFrame:
    """183 schools of 15 districts drawn from 757 (R's apiclus1)."""
    return pd.read_csv(shared_data / "surveys" / "apiclus1.csv")


@pytest.fixture
def strata(shared_data: Path) -> pd.DataFrame:
    """200 schools drawn within three types of school (R's apistrat)."""
    return pd.read_csv(shared_data / "surveys" / "apistrat.csv")


def clustered(schools: pd.DataFrame) -> Design:
    return Design(schools["pw"], clusters=schools["dnum"], fpc=schools["fpc"])


def stratified(strata: pd.DataFrame) -> Design:
    return Design(strata["pw"], strata=strata["stype"], fpc=strata["fpc"])


@pytest.mark.parametrize("variable", ["api00", "api99", "enroll"])
def test_a_cluster_sample_has_the_standard_error_of_r(schools, golden, variable: str) -> None:
    estimate = mean(schools[variable], clustered(schools))
    assert estimate.value == pytest.approx(golden["clus1_design"]["mean"][variable], rel=1e-12)
    assert estimate.se == pytest.approx(golden["clus1_design"]["se"][variable], rel=1e-12)
    assert estimate.method == "t, linearized: clusters, fpc"
    half = stats.t.ppf(0.975, 14) * estimate.se  # 15 districts, one stratum
    assert estimate.high - estimate.value == pytest.approx(half)


@pytest.mark.parametrize("variable", ["api00", "api99", "enroll"])
def test_a_stratified_sample_has_the_standard_error_of_r(strata, golden, variable: str) -> None:
    estimate = mean(strata[variable], stratified(strata))
    assert estimate.value == pytest.approx(golden["strat_design"]["mean"][variable], rel=1e-12)
    assert estimate.se == pytest.approx(golden["strat_design"]["se"][variable], rel=1e-12)
    assert stratified(strata).degrees == 200 - 3


def test_domains_keep_the_whole_design_as_r_does(strata, golden) -> None:
    for case in golden["strat_by_stype"]:
        inside = strata["stype"] == case["stype"]
        estimate = mean(strata["api00"].where(inside), stratified(strata))
        assert estimate.value == pytest.approx(case["api00"], rel=1e-12)
        assert estimate.se == pytest.approx(case["se"], rel=1e-12)
        assert estimate.n == inside.sum()


def test_the_effective_n_of_a_share_is_that_of_r(strata, golden) -> None:
    """R's beta interval is Clopper and Pearson's on the effective n times (t_n-1 / t_df)^2."""
    estimate = weighted_share(strata["sch.wide"] == "Yes", stratified(strata))
    (value,) = golden["strat_prop_schwide"].values()
    assert estimate.value == pytest.approx(value, rel=1e-9)
    n = estimate.n_eff * (stats.t.ppf(0.025, 199) / stats.t.ppf(0.025, 197)) ** 2
    p = estimate.value
    low = stats.beta.ppf(0.025, n * p, n * (1 - p) + 1)
    high = stats.beta.ppf(0.975, n * p + 1, n * (1 - p))
    assert [low, high] == pytest.approx(golden["strat_prop_ci"]["beta"], rel=1e-9)
    assert [estimate.low, estimate.high] == pytest.approx(
        golden["strat_prop_ci"]["logit"], abs=2e-3
    )


def test_a_raked_design_has_the_standard_error_of_r(schools, golden) -> None:
    """R stops raking within one school of its margins: equal to 1e-6 of what the limit gives."""
    cells = {(c["stype"], c["sch.wide"]): c["x"] for c in golden["raked_cell_weights"]}
    weights = [cells[key] for key in zip(schools["stype"], schools["sch.wide"], strict=True)]
    margins = (schools["stype"], schools["sch.wide"])
    design = Design(weights, clusters=schools["dnum"], fpc=schools["fpc"], margins=margins)
    for variable, se in golden["clus1_raked"]["se"].items():
        estimate = mean(schools[variable], design)
        assert estimate.value == pytest.approx(golden["clus1_raked"]["mean"][variable], rel=1e-12)
        assert estimate.se == pytest.approx(se, rel=2e-5)
        assert estimate.n_eff == pytest.approx(golden["n_eff_kish"], rel=1e-11)


def test_clusters_of_one_are_independent_answers() -> None:
    values, weights = [1, 4, 2, 5], [1, 2, 1, 3]
    plain, designed = mean(values, weights), mean(values, Design(weights))
    assert designed.se == pytest.approx(plain.se)
    assert (designed.low, designed.method) == (pytest.approx(plain.low), "t, linearized")


def test_two_whole_clusters_by_hand() -> None:
    # Totals of influences: (1-4 + 3-4)/4 = -1 and +1; variance 2/1 * (1 + 1) = 4
    design = Design(np.ones(4), clusters=["a", "a", "b", "b"])
    assert mean([1, 3, 5, 7], design).se == pytest.approx(2)
    with_fpc = Design(np.ones(4), clusters=["a", "a", "b", "b"], fpc=[8] * 4)
    assert mean([1, 3, 5, 7], with_fpc).se == pytest.approx(2 * sqrt(1 - 2 / 8))


def test_a_stratum_taken_whole_adds_no_error() -> None:
    strata, fpc = ["all", "all", "some", "some"], [2, 2, 100, 100]
    design = Design([1, 1, 1, 1], strata=strata, fpc=fpc)
    # only 'some' varies: influences +-1/4, variance 2 * (1 - .02) * (1/16 + 1/16)
    assert mean([10, 20, 4, 6], design).se == pytest.approx(sqrt(2 * 0.98 * 2 / 16))


def test_the_same_cluster_name_in_two_strata_is_two_clusters() -> None:
    design = Design(np.ones(4), strata=["x", "x", "y", "y"], clusters=[1, 2, 1, 2])
    assert design.degrees == 2


def test_what_all_of_one_margin_share_has_no_error_after_raking() -> None:
    """A population share that the weights were raked to is known, not estimated."""
    sex = np.array(["f", "m"] * 10)
    raked = Design(np.ones(20), margins=(sex,))
    assert mean((sex == "f").astype(float), raked).se == pytest.approx(0, abs=1e-12)
    assert mean((sex == "f").astype(float), Design(np.ones(20))).se > 0.1


def test_a_domain_within_one_cluster_has_no_interval() -> None:
    design = Design(np.ones(4), clusters=["a", "a", "b", "b"])
    values = [1, 0, np.nan, np.nan]
    for estimate in (mean(values, design), weighted_share(values, design)):
        assert not estimate.has_interval
        assert estimate.method == "too few clusters"


def test_groups_in_the_same_clusters_move_together() -> None:
    """Two answers of each household, equal but for a constant: their difference is certain."""
    homes = np.repeat(np.arange(20), 2)
    level = np.repeat(np.random.default_rng(1).normal(0, 5, size=20), 2)
    first = np.arange(40) % 2 == 0
    values = level + np.where(first, 1.0, 0.0)
    design = Design(np.ones(40), clusters=homes)
    a, b = np.where(first, values, np.nan), np.where(first, np.nan, values)
    r = design.correlation(a, b)
    assert r == pytest.approx(1)
    d = difference(mean(a, design), mean(b, design), correlation=r)
    assert (d.value, d.low, d.high) == pytest.approx((1, 1, 1), abs=1e-6)
    assert p_value(mean(a, design), mean(b, design), correlation=r) == pytest.approx(0, abs=1e-6)
    assert p_value(mean(a, design), mean(b, design)) > 0.1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"weights": [1, -1]}, "zero or positive"),
        ({"weights": [1, 1, 1], "strata": ["a", "a", "b"]}, r"two clusters .* got one in \['b'\]"),
        ({"weights": [1, 1], "clusters": ["a"]}, "one value a respondent"),
        ({"weights": [1, 1], "clusters": ["a", None]}, "known for every respondent, missing for 1"),
        ({"weights": [1, 1], "fpc": [0.1, 0.1]}, "give counts, not fractions"),
        ({"weights": [1, 1], "fpc": [5, 6]}, "the same throughout it; got 5 to 6"),
    ],
)  # fmt: skip
def test_a_design_that_cannot_be_is_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        Design(**arguments)


def test_a_design_is_never_sliced() -> None:
    with pytest.raises(ParameterError, match="set the answers of the others to missing"):
        mean([1, 2], Design([1, 1, 1]))


people = st.lists(
    st.tuples(st.integers(1, 5), st.integers(1, 4), st.sampled_from("abcd")),
    min_size=6,
    max_size=30,
).filter(lambda rows: len({row[2] for row in rows}) > 1 and len({row[0] for row in rows}) > 1)


@settings(max_examples=30, deadline=None)
@given(people, st.floats(0.1, 10), st.randoms(use_true_random=False))
def test_order_unit_and_names_change_nothing(rows, factor: float, random) -> None:
    shuffled = random.sample(rows, len(rows))

    def estimate(rows, factor: float, names: str):
        values, weights, clusters = zip(*rows, strict=True)
        design = Design(
            factor * np.array(weights), clusters=[names["abcd".index(c)] for c in clusters]
        )
        return mean(values, design)  # fmt: skip

    one, other = estimate(rows, 1.0, "abcd"), estimate(shuffled, factor, "wxyz")
    assert (one.value, one.se, one.n_eff) == pytest.approx((other.value, other.se, other.n_eff))
    assert one.low == pytest.approx(other.low, nan_ok=True)


@settings(max_examples=30, deadline=None)
@given(people)
def test_splitting_a_respondent_within_a_cluster_changes_nothing_but_n(rows) -> None:
    values, weights, clusters = (np.array(part) for part in zip(*rows, strict=True))
    one = mean(values, Design(weights, clusters=clusters))
    halves = Design(np.repeat(weights / 2, 2), clusters=np.repeat(clusters, 2))
    two = mean(np.repeat(values, 2), halves)
    assert (one.value, one.se, one.low) == pytest.approx((two.value, two.se, two.low), nan_ok=True)


def test_a_stratum_of_one_taken_whole_adds_no_error() -> None:
    design = Design(np.ones(3), strata=["a", "b", "b"], fpc=[1, 5, 5])
    # 1 and 3 lie 1/3 beside their mean of thirds; two of five drawn
    variance = (1 - 2 / 5) * 2 * 2 * (1 / 3) ** 2
    assert mean([9.0, 1.0, 3.0], design).se == pytest.approx(sqrt(variance))
    with pytest.raises(ParameterError, match="two clusters or more"):
        Design(np.ones(3), strata=["a", "b", "b"], fpc=[2, 5, 5])
