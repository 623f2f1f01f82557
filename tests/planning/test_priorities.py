from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.planning import prioritize
from cjm_lab.planning.formulas import parse_formula
from cjm_lab.planning.priorities import made_of, study_formula
from cjm_lab.study import Study
from cjm_lab.surveys import opportunity_score


def ideas(*rows: tuple[float, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["reach", "impact", "confidence", "effort"], dtype=float)


def test_published_rice_scores_in_order():
    scored = prioritize(ideas((450, 3, 1, 2), (2000, 1, 0.8, 4), (800, 2, 0.5, 1)))
    assert scored["score"].tolist() == [800, 675, 400]
    assert scored["rank"].tolist() == [1, 2, 3]


def test_a_missing_input_has_no_score_and_comes_last():
    scored = prioritize(ideas((float("nan"), 3, 1, 2), (10, 1, 1, 1)))
    assert scored["score"].isna().tolist() == [False, True]


def test_no_opportunities_have_no_order():
    assert prioritize(ideas()).empty


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (ideas((1, 1, 1, 0)), {}, "effort must be above 0 person-weeks, got 0"),
        (ideas((1, 1, 1, 1)).drop(columns="reach"), {}, r"RICE needs the columns \['reach'\]"),
        (ideas((1, 1, 1, 1)), {"method": "rize"}, "did you mean 'rice'"),
    ],
)
def test_what_cannot_be_scored_is_refused(table, options, message):
    with pytest.raises(ParameterError, match=message):
        prioritize(table, **options)


@given(st.floats(1, 1e6), st.floats(0.25, 3), st.floats(0, 1), st.floats(0.5, 50))
def test_twice_the_effort_is_half_the_score(reach, impact, confidence, effort):
    score = prioritize(ideas((reach, impact, confidence, effort)))["score"].iloc[0]
    halved = prioritize(ideas((reach, impact, confidence, 2 * effort)))["score"].iloc[0]
    assert halved == pytest.approx(score / 2)


def test_published_opportunity_scores():
    needs = pd.DataFrame(
        {"importance": [9, 9, 4.7, 2.4], "satisfaction": [3, 9, 2.1, 3.2]}, dtype=float
    )
    scored = prioritize(needs, method="opportunity").set_index(["importance", "satisfaction"])
    scores = {(9.0, 3.0): 15, (9.0, 9.0): 9, (4.7, 2.1): 7.3, (2.4, 3.2): 2.4}
    assert scored["score"].to_dict() == pytest.approx(scores)


def test_the_score_of_means_is_that_of_the_answers():
    # nine of ten find it important, three of ten are satisfied: both ways 15
    answers = opportunity_score([5] * 9 + [1], [4] * 3 + [2] * 7).value
    needs = pd.DataFrame({"importance": [9.0], "satisfaction": [3.0]})
    assert prioritize(needs, method="opportunity")["score"].tolist() == [answers] == [15]


def test_ice_is_impact_times_confidence_times_ease():
    table = pd.DataFrame({"impact": [8, 3], "confidence": [0.5, 1], "ease": [4, 6]})
    assert prioritize(table, method="ice")["score"].tolist() == [18, 16]


def test_impact_and_effort_part_the_plane_at_the_medians():
    table = ideas((1, 3, 1, 1), (1, 2, 1, 8), (1, 0.5, 1, 2), (1, 0.25, 1, 4))
    scored = prioritize(table, method="impact_effort")  # medians 1.25 and 3
    assert scored["score"].tolist() == [3, 0.25, 0.25, 0.0625]
    assert scored["quadrant"].tolist() == ["quick win", "big bet", "fill-in", "thankless"]


def test_a_formula_of_ones_own():
    table = ideas((450, 3, 1, 2), (800, 2, 0.5, 1)).assign(cost_once=[100, 900])
    scored = prioritize(table, method="formula", formula="reach * impact / max(cost_once, 500)")
    assert scored["score"].tolist() == pytest.approx([2.7, 1600 / 900])
    assert scored["cost_once"].tolist() == [100, 900]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "formula"}, "formula must have 1 to 200 characters, got ''"),
        ({"formula": "reach"}, "formula must be empty where the method is 'rice', got 'reach'"),
        ({"method": "formula", "formula": "reach / (impact - 1)"}, "finite score, got inf from"),
        ({"method": "formula", "formula": "name * reach"}, "a column in the formula must be"),
        ({"method": "ice"}, r"ICE needs the columns \['ease'\]"),
        ({"method": "opportunity"}, r"needs the columns \['importance', 'satisfaction'\]"),
    ],
)
def test_an_order_that_cannot_be_is_refused(options, message):
    with pytest.raises(ParameterError, match=message):
        prioritize(ideas((1, 1, 1, 1)).assign(name="Form"), **options)


def test_a_study_hears_which_of_its_fields_is_wrong():
    study = Study.model_validate(
        {"title": "Tea", "stages": [{"id": "a", "name": "A"}],
         "priorities": {"method": "formula", "formula": "reach.sum()"}}
    )  # fmt: skip
    with pytest.raises(ParameterError, match=r"'reach.sum\(\)' \(priorities.formula of study.yaml"):
        study_formula(ideas((1, 1, 1, 1)), study)


def test_a_score_says_what_it_is_made_of():
    score = parse_formula("(reach + impact ** 2) / effort", ["reach", "impact", "effort"])
    words = made_of(score, {"reach": 1234.4, "impact": 0.5, "effort": 2})
    assert words == "(reach 1,234 a month + impact 0.5 ^ 2) / effort 2"
