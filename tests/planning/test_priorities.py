from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.planning import prioritize


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
