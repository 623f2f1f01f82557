"""The value gap against the best possible and against a rival."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Design
from cjm_lab.period import period_up_to
from cjm_lab.study import Study
from cjm_lab.surveys import derived_importance, value_gap, value_gap_evidence
from cjm_lab.surveys.value import touchpoint_importance_performance

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


def test_weights_of_a_respondent_are_the_respondent_repeated() -> None:
    once = value_gap([8, 2], [6, 4], [7, 9], [2, 1])
    twice = value_gap([8, 8, 2], [6, 6, 4], [7, 7, 9])
    assert once.value == pytest.approx(twice.value)
    assert once == value_gap([8, 2], [6, 4], [7, 9], [20, 10])


def test_what_respondents_of_one_company_each_say_gives_the_interval_of_two_samples() -> None:
    rng = np.random.default_rng(2)
    ours, theirs, weight = rng.normal(3, 1, 500), rng.normal(3.5, 1.5, 300), 3.0
    us = np.append(ours, np.full(300, np.nan))
    rival = np.append(np.full(500, np.nan), theirs)
    estimate = value_gap(weight, us, rival, repeats=4000)
    se = weight * np.sqrt(ours.var(ddof=1) / 500 + theirs.var(ddof=1) / 300)
    assert estimate.value == pytest.approx(weight * (theirs.mean() - ours.mean()))
    assert estimate.se == pytest.approx(se, rel=0.05)
    assert estimate.n == 300


def test_a_weighted_correlation_is_that_of_people_repeated() -> None:
    x, y, times = [1, 2, 3, 4, 5, 9], [2, 1, 4, 3, 6, 5], [1, 5, 2, 1, 3, 7]
    repeated = np.corrcoef(np.repeat(x, times), np.repeat(y, times))[0, 1]
    assert derived_importance(x, y, times, repeats=5).value == pytest.approx(repeated)


def test_whole_clusters_are_resampled() -> None:
    # ten shops whose customers all say the same: ten answers, not a hundred
    shop = np.repeat(np.arange(10), 10)
    us = np.repeat([1.0, 5.0], 50)
    alone = value_gap(1, us, scale_max=5)
    together = value_gap(1, us, None, Design(np.ones(100), clusters=shop), scale_max=5)
    shops = us.reshape(10, 10).mean(axis=1)
    assert alone.se == pytest.approx(us.std(ddof=1) / 10, rel=0.1)
    assert together.se == pytest.approx(shops.std(ddof=1) / np.sqrt(10), rel=0.1)


def test_the_correlation_is_pearsons_with_fishers_interval() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=600)
    y = 0.6 * x + 0.8 * rng.normal(size=600)
    estimate = derived_importance(x + 1e6, y)
    r = np.corrcoef(x, y)[0, 1]
    fisher = np.tanh(np.arctanh(r) + np.array([-1.96, 1.96]) / np.sqrt(597))
    assert estimate.value == pytest.approx(r)
    assert [estimate.low, estimate.high] == pytest.approx(fisher, abs=0.015)


@given(seed=st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_the_order_of_respondents_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(1, 6, (30, 4)).astype(float)
    mixed = table[rng.permutation(30)]
    a, b = (value_gap(*t[:, :3].T, repeats=50) for t in (table, mixed))
    assert [a.value, a.low, a.high] == pytest.approx([b.value, b.low, b.high])
    a, b = (value_gap([], *t[:, :2].T, overall=t[:, 3], repeats=50) for t in (table, mixed))
    assert [a.value, a.low, a.high] == pytest.approx([b.value, b.low, b.high])


def test_a_gap_row_a_touchpoint_and_rival(study: Study, answers: Maker, codebook: Maker) -> None:
    book = codebook(
        us={"touchpoint": "queue"},
        them={"touchpoint": "queue", "subject": "BrewBest"},
        cup={"touchpoint": "cup"},
        matter={"touchpoint": "queue", "measure": "importance", "scale_max": 10.0},
    )
    responses = answers(us=[3.0] * 40, them=[4.0] * 40, cup=[2.0] * 40, matter=[8.0] * 40)
    rows = value_gap_evidence(responses, book, study, SEPTEMBER, seed=0)
    assert rows[["touchpoint", "measure", "subject", "value", "n"]].values.tolist() == [
        ["queue", "value_gap_to_best", "us", 16, 40],
        ["queue", "value_gap", "BrewBest", 8, 40],
        ["queue", "importance_stated", "us", 8, 40],
        ["queue", "opportunity_score", "us", 0, 40],
    ]
    assert rows["note"].tolist() == [
        "stated importance",
        "stated importance",
        "",
        "top two of 10 points against top two of 5: no band",
    ]


def test_opportunity_bands_need_like_scales(study: Study, answers: Maker, codebook: Maker) -> None:
    book = codebook(
        us={"touchpoint": "queue"}, matter={"touchpoint": "queue", "measure": "importance"}
    )
    responses = answers(us=[4.0] * 30 + [2.0] * 70, matter=[5.0] * 90 + [1.0] * 10)
    rows = value_gap_evidence(responses, book, study, SEPTEMBER, seed=0)
    score = rows[rows["measure"] == "opportunity_score"].iloc[0]
    assert score["value"] == pytest.approx(15)
    assert score["note"] == "high (interval: high to extreme)"


def test_gaps_of_personas_and_of_the_segment_aimed_at(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    book = codebook(
        us={"touchpoint": "queue"},
        them={"touchpoint": "queue", "subject": "BrewBest"},
        matter={"touchpoint": "queue", "measure": "importance", "scale_max": 10.0},
    )
    responses = answers(
        us=[3.0] * 20 + [2.0] * 20,
        them=[4.0] * 40,
        matter=[8.0] * 40,
        persona=["regular"] * 36 + ["guest"] * 4,
        city=["Rome"] * 20 + ["Paris"] * 20,
    )
    rows = value_gap_evidence(responses, book, study, SEPTEMBER, seed=0)
    gaps = rows[rows["measure"] == "value_gap"]
    # four guests are too few to be shown
    assert gaps[["persona", "segment", "value"]].values.tolist() == [
        ["", "", 12],
        ["regular", "", pytest.approx(8 * (4 - 92 / 36))],
        ["", "city=Rome", 8],
    ]


def test_respondents_who_each_speak_of_one_company(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    one = codebook(sat={"touchpoint": "queue"}, matter={"touchpoint": "queue"})
    one.loc[1, "measure"] = "importance"
    book = pd.concat([one, one.assign(subject="BrewBest")])
    responses = answers(
        sat=[2.0, 3.0] * 10 + [4.0, 5.0] * 10,
        matter=[4.0] * 20 + [1.0] * 20,
        subject=["us"] * 20 + ["BrewBest"] * 20,
    )
    rows = value_gap_evidence(responses, book, study, SEPTEMBER, seed=0).set_index("measure")
    assert rows.loc["value_gap", ["value", "n"]].tolist() == [8, 20]  # 4 x (4.5 - 2.5)
    assert rows.loc["importance_stated", "value"] == 4


def test_what_is_paid_is_a_mean_of_each_company(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    book = codebook(
        paid={"measure": "price", "text": "Price of a cup", "scale_min": None, "scale_max": None},
        theirs={"measure": "price", "subject": "BrewBest", "scale_min": None, "scale_max": None},
    )
    responses = answers(paid=[2.0, 3.0, 4.0], theirs=[5.0, np.nan, 6.0])
    rows = value_gap_evidence(responses, book, study, SEPTEMBER, seed=0)
    assert rows[["measure", "label", "subject", "value", "n"]].values.tolist() == [
        ["price", "Price of a cup", "us", 3, 3],
        ["price", "theirs", "BrewBest", 5.5, 2],
    ]
    half = 4.302653 / np.sqrt(3)  # Student's t of 2 degrees of freedom; the variance is 1
    assert rows.loc[0, ["low", "high"]].tolist() == pytest.approx([3 - half, 3 + half])


def test_derived_gaps_do_not_stand_beside_stated_ones(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    book = codebook(
        queue={"touchpoint": "queue"},
        cup={"touchpoint": "cup"},
        matter={"touchpoint": "queue", "measure": "importance"},
        nps={"measure": "nps", "scale_min": 0.0, "scale_max": 10.0},
    )
    responses = answers(
        queue=[1.0, 2.0] * 20, cup=[1.0, 2.0] * 20, matter=[4.0] * 40, nps=[2.0, 4.0] * 20
    )
    rows = value_gap_evidence(responses, book, study, SEPTEMBER, seed=0)
    gaps = rows[rows["measure"] == "value_gap_to_best"]
    assert gaps["touchpoint"].tolist() == ["queue"]
    derived = rows[rows["measure"] == "importance_derived"]
    assert derived[["touchpoint", "value"]].values.tolist() == [["queue", 1], ["cup", 1]]
    assert set(derived["note"]) == {"correlation with Net Promoter Score"}


def test_the_map_holds_the_touchpoints_that_are_both_rated_and_weighed(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    book = codebook(
        queue={"touchpoint": "queue"},
        cup={"touchpoint": "cup"},
        queue_matters={"touchpoint": "queue", "measure": "importance"},
        cup_matters={"touchpoint": "cup", "measure": "importance"},
    )
    responses = answers(
        queue=[1.0, 2.0] * 20, cup=[4.0, 5.0] * 20, queue_matters=[5.0] * 40, cup_matters=[2.0] * 40
    )
    table = touchpoint_importance_performance(responses, book, study, SEPTEMBER, seed=0)
    assert table[
        ["touchpoint", "item", "importance", "performance", "quadrant"]
    ].values.tolist() == [
        ["queue", "Queue", 5, 1.5, "concentrate here"],
        ["cup", "Cup", 2, 4.5, "possible overkill"],
    ]


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
    rows = value_gap_evidence(responses, book, study, SEPTEMBER, seed=0).set_index("measure")
    assert rows.loc["value_gap", "value"] == pytest.approx(2.5)
    assert rows.loc["value_gap", "note"] == "importance derived from Net Promoter Score"
    assert rows.loc["value_gap_to_best", "value"] == pytest.approx(2.5)


def test_unlike_scales_are_not_subtracted(study: Study, answers: Maker, codebook: Maker) -> None:
    book = codebook(
        us={"touchpoint": "queue"},
        them={"touchpoint": "queue", "subject": "BrewBest", "scale_max": 10.0},
        nps={"measure": "nps", "scale_min": 0.0, "scale_max": 10.0},
    )
    responses = answers(us=[3.0] * 9, them=[4.0] * 9, nps=[9.0] * 9)
    rows = value_gap_evidence(responses, book, study, SEPTEMBER, seed=0)
    assert "value_gap" not in set(rows["measure"])


def test_no_survey_no_gap(study: Study) -> None:
    assert value_gap_evidence(pd.DataFrame(), pd.DataFrame(), study, SEPTEMBER, seed=0).empty
