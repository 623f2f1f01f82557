"""The value gap against the best possible and against a rival."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.period import period_up_to
from cjm_lab.study import Study
from cjm_lab.surveys import value_gap, value_gap_evidence

SEPTEMBER = period_up_to(date(2026, 9, 30))
Maker = Callable[..., pd.DataFrame]


def test_eight_times_the_way_from_six_to_ten_is_32() -> None:
    assert value_gap([8], [6]).value == 32
    assert value_gap([8], [6], [7]).value == 8


def test_one_answer_has_no_interval() -> None:
    assert not value_gap([8], [6], [7]).has_interval


def test_answers_missing_on_one_side_are_not_lost_on_the_other() -> None:
    estimate = value_gap(2, [4, 4, np.nan], [np.nan, 5, 5])
    assert (estimate.value, estimate.n) == (2, 2)


def test_importance_can_be_derived_from_the_overall_score() -> None:
    us = np.array([1.0, 2.0, 3.0, 4.0, 5.0] * 10)
    estimate = value_gap([], us, us + 1, overall=2 * us + 1)
    assert estimate.value == pytest.approx(1)  # correlation 1, gap 1
    assert value_gap([], us, us + 1, overall=-us).value == 0
    with pytest.raises(ParameterError, match="importance must be given"):
        value_gap([], us, us)


def test_the_bootstrap_agrees_with_the_delta_method() -> None:
    rng = np.random.default_rng(1)
    n, weight = 800, 3.0
    us, rival = rng.normal(3, 1, n), rng.normal(3.5, 1, n)
    estimate = value_gap(weight, us, rival, seed=5)
    se = weight * (rival - us).std(ddof=1) / np.sqrt(n)
    assert estimate.se == pytest.approx(se, rel=0.1)
    assert estimate.high - estimate.low == pytest.approx(2 * 1.96 * se, rel=0.12)


def test_nobody_rated_the_rival() -> None:
    assert np.isnan(value_gap(5, [3, 4], [np.nan, np.nan]).value)


def test_a_gap_row_a_touchpoint_and_rival(study: Study, answers: Maker, codebook: Maker) -> None:
    book = codebook(
        us={"touchpoint": "queue"},
        them={"touchpoint": "queue", "subject": "BrewBest"},
        cup={"touchpoint": "cup"},
        matter={"touchpoint": "queue", "measure": "importance", "scale_max": 10.0},
    )
    responses = answers(us=[3.0] * 40, them=[4.0] * 40, cup=[2.0] * 40, matter=[8.0] * 40)
    rows = value_gap_evidence(responses, book, study, SEPTEMBER, seed=0)
    assert rows[["touchpoint", "subject", "value", "n"]].values.tolist() == [
        ["queue", "BrewBest", 8, 40]
    ]
    assert rows["note"].tolist() == ["stated importance"]


def test_without_stated_importance_the_note_says_what_it_is_derived_from(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    book = codebook(
        us={"touchpoint": "queue"},
        them={"touchpoint": "queue", "subject": "BrewBest"},
        nps={"measure": "nps", "scale_min": 0.0, "scale_max": 10.0},
    )
    us = [1.0, 2.0, 3.0, 4.0] * 10
    responses = answers(us=us, them=[5.0] * 40, nps=[2 * x for x in us])
    row = value_gap_evidence(responses, book, study, SEPTEMBER, seed=0).iloc[0]
    assert row["value"] == pytest.approx(2.5)
    assert row["note"] == "importance derived from Net Promoter Score"


def test_unlike_scales_are_not_subtracted(study: Study, answers: Maker, codebook: Maker) -> None:
    book = codebook(
        us={"touchpoint": "queue"},
        them={"touchpoint": "queue", "subject": "BrewBest", "scale_max": 10.0},
        nps={"measure": "nps", "scale_min": 0.0, "scale_max": 10.0},
    )
    responses = answers(us=[3.0] * 9, them=[4.0] * 9, nps=[9.0] * 9)
    assert value_gap_evidence(responses, book, study, SEPTEMBER, seed=0).empty


def test_no_survey_no_gap(study: Study) -> None:
    assert value_gap_evidence(pd.DataFrame(), pd.DataFrame(), study, SEPTEMBER, seed=0).empty
