"""Raking against R's survey and arithmetic by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.surveys import nps, rake, rating


def test_raking_schools_agrees_with_r(shared_data: Path) -> None:
    golden = json.loads((shared_data / "surveys" / "api_raking.json").read_text())
    schools = pd.read_csv(shared_data / "surveys" / "apiclus1.csv")
    margins = {
        name: {row[name]: row["Freq"] for row in rows} for name, rows in golden["margins"].items()
    }
    raking = rake(schools, margins, weights=schools["pw"])
    assert raking.converged
    assert raking.said == ""
    assert raking.weights.mean() == pytest.approx(1)
    # R stops within one school of the margins, of 6,194: its weights are good to five digits
    cells = {(c["stype"], c["sch.wide"]): c["x"] for c in golden["raked_cell_weights"]}
    expected = [cells[key] for key in zip(schools["stype"], schools["sch.wide"], strict=True)]
    assert raking.weights.to_numpy() == pytest.approx(expected / np.mean(expected), rel=5e-5)
    assert raking.design_effect == pytest.approx(golden["deff_kish_raked"], rel=5e-6)
    assert raking.n_eff == pytest.approx(174.01, abs=5e-3)
    design = raking.design(clusters=schools["dnum"], fpc=schools["fpc"])
    for variable, se in golden["clus1_raked"]["se"].items():
        estimate = rating(schools[variable], design)
        assert estimate.value == pytest.approx(golden["clus1_raked"]["mean"][variable], rel=1e-5)
        assert estimate.se == pytest.approx(se, rel=3e-6)
        assert estimate.method == "t, linearized: clusters, fpc, raked"
    api00 = rating(schools["api00"], design)
    assert (round(api00.value, 3), round(api00.se, 3)) == (641.230, 23.704)


def test_one_margin_is_plain_post_stratification() -> None:
    # 3 of 4 answers are f, half of the population is: 2/3 and 2
    raking = rake(pd.DataFrame({"sex": list("fffm")}), {"sex": {"f": 0.5, "m": 0.5}})
    assert raking.weights.tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
    assert raking.design_effect == pytest.approx((3 * 4 / 9 + 4) / 4)
    table = raking.margins.set_index("category")
    assert table.loc["f", ["target", "before", "after"]].tolist() == pytest.approx([0.5, 0.75, 0.5])


def test_shares_and_counts_of_the_same_population_are_one() -> None:
    sample = pd.DataFrame({"plan": list("aab"), "paid": [True, False, True]})
    shares = rake(sample, {"plan": {"a": 0.25, "b": 0.75}, "paid": {"true": 0.9, "false": 0.1}})
    counts = rake(sample, {"plan": {"a": 100, "b": 300}, "paid": {"true": 9, "false": 1}})
    assert shares.weights.tolist() == pytest.approx(counts.weights.tolist())


def test_a_cap_on_the_weights_holds_and_the_margins_too() -> None:
    rng = np.random.default_rng(4)
    rare = rng.choice(list("uv"), 400, p=[0.9, 0.1])
    sample = pd.DataFrame({"a": rng.choice(list("xyz"), 400), "b": rare})
    start = rng.lognormal(0, 0.8, 400)
    margins = {"a": {"x": 1, "y": 1, "z": 1}, "b": {"u": 0.8, "v": 0.2}}
    free, capped = (
        rake(sample, margins, weights=start),
        rake(sample, margins, weights=start, trim=3),
    )
    assert free.weights.max() > 4
    assert capped.weights.max() <= 3 * (1 + 1e-5)
    assert capped.converged
    assert capped.trimmed == (capped.weights > 2.999).sum() > 0
    assert capped.n_eff > free.n_eff
    assert f"{capped.trimmed} weights trimmed" in capped.said


def test_margins_that_cannot_be_met_are_said_not_hidden() -> None:
    """All young are women: no weights make half of all women and a fifth of all young."""
    sample = pd.DataFrame({"age": ["young"] * 5 + ["old"] * 5, "sex": ["f"] * 5 + ["m"] * 5})
    raking = rake(sample, {"age": {"young": 0.2, "old": 0.8}, "sex": {"f": 0.5, "m": 0.5}})
    assert not raking.converged
    assert raking.largest_gap == pytest.approx(0.3)
    assert "not converged after 200 iterations: shares are off by up to 30 points" in raking.said


def test_a_missing_value_is_a_category_with_a_target_of_its_own() -> None:
    sample = pd.DataFrame({"sex": ["f", "f", "m", None]})
    with pytest.raises(ParameterError, match=r"none for \['\(missing\)'\] \(1 of 4 respondents\)"):
        rake(sample, {"sex": {"f": 0.5, "m": 0.5}})
    weights = rake(sample, {"sex": {"f": 0.375, "m": 0.375, "": 0.25}}).weights
    assert weights.tolist() == pytest.approx([0.75, 0.75, 1.5, 1])


@pytest.mark.parametrize(
    ("margins", "said"),
    [
        ({"gender": {"f": 1, "m": 1}}, "attribute of the margins must be one of"),
        ({"sex": {"f": 1}}, r"must have a target, got none for \['m'\]"),
        ({"sex": {"f": 1, "m": 1, "x": 1}}, r"got none in \['x'\]; merge it"),
        ({"sex": {"f": 1, "m": 0}}, "must be positive"),
        ({"sex": {"f": 0.5, "m": 0.4}}, "must add up to 1, got 0.9"),
        ({}, "needs respondents and margins"),
    ],
)
def test_margins_that_do_not_fit_are_refused(margins, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        rake(pd.DataFrame({"sex": ["f", "f", "m"]}), margins)


def test_weights_and_caps_that_cannot_be_are_refused() -> None:
    sample, margins = pd.DataFrame({"sex": ["f", "m"]}), {"sex": {"f": 1, "m": 1}}
    with pytest.raises(ParameterError, match="one value a respondent"):
        rake(sample, margins, weights=[1])
    with pytest.raises(ParameterError, match=r"got none in \['m'\]"):
        rake(sample, margins, weights=[1, 0])
    with pytest.raises(ParameterError, match="above 1"):
        rake(sample, margins, trim=1)


ONE_OF_EACH = [(sex, area, answer) for sex, answer in (("f", 9), ("m", 3)) for area in "xyz"]
respondents = st.lists(
    st.tuples(st.sampled_from("fm"), st.sampled_from("xyz"), st.integers(0, 10)), max_size=30
).map(lambda rows: rows + ONE_OF_EACH)
MARGINS = {"sex": {"f": 0.3, "m": 0.7}, "area": {"x": 2, "y": 3, "z": 5}}


@settings(max_examples=20, deadline=None)
@given(respondents, st.randoms(use_true_random=False), st.floats(0.1, 10))
def test_order_names_and_unit_of_the_start_change_nothing(rows, random, unit: float) -> None:
    def raked(rows, unit: float) -> tuple[float, float]:
        sample = pd.DataFrame(rows, columns=["sex", "area", "answer"])
        raking = rake(sample, MARGINS, weights=np.full(len(sample), unit), tolerance=1e-10)
        estimate = nps(sample["answer"], raking.design())
        return estimate.value, estimate.se, estimate.n_eff

    shuffled = random.sample(rows, len(rows))
    assert raked(rows, 1.0) == pytest.approx(raked(shuffled, unit), abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(respondents)
def test_a_respondent_of_weight_two_is_two_of_weight_one(rows) -> None:
    sample = pd.DataFrame(rows, columns=["sex", "area", "answer"])
    once = rake(sample, MARGINS, weights=np.full(len(sample), 2.0))
    twice = pd.concat([sample, sample], ignore_index=True)
    both = rake(twice, MARGINS)
    score = nps(sample["answer"], once.weights)
    assert score.value == pytest.approx(nps(twice["answer"], both.weights).value)
