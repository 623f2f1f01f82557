from __future__ import annotations

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest

from cjm_lab.errors import StudyError
from cjm_lab.ledger import Ledger
from cjm_lab.period import Period, period_up_to
from cjm_lab.study import Study
from cjm_lab.surveys import driver_evidence

SEPTEMBER = period_up_to(date(2026, 9, 30))
RATED = {"queue_q": "queue", "cup_q": "cup", "price_q": ""}


def asking(study: Study, of: str = "recommend", **questions: str) -> Study:
    """The coffee shop with a survey that looks for what goes with an outcome."""
    measures = {"recommend": "nps", **dict.fromkeys(RATED, "rating"), **questions}
    survey = {
        "kind": "survey",
        "file": "survey.csv",
        "drivers": {"of": of},
        "questions": {code: {"measure": measure} for code, measure in measures.items()},
    }
    return Study.model_validate({**study.model_dump(by_alias=True), "sources": [survey]})


def survey(answers, codebook, n: int = 200, **more):
    """Recommendation follows the queue twice as much as the cup, the price not at all."""
    rng = np.random.default_rng(1)
    rated = {code: rng.integers(1, 6, n).astype(float) for code in RATED}
    score = 2 * rated["queue_q"] + rated["cup_q"] - 4 + rng.normal(0, 1.5, n)
    rated["recommend"] = np.clip(np.round(score), 0, 10)
    questions = {code: {"touchpoint": place, "text": ""} for code, place in RATED.items()}
    questions["recommend"] = {"measure": "nps", "scale_min": 0.0, "scale_max": 10.0}
    return answers(**rated, **more), codebook(**questions)


def test_each_rating_has_a_row_at_its_touchpoint_and_all_have_one(study, answers, codebook) -> None:
    rows = driver_evidence(*survey(answers, codebook), asking(study), SEPTEMBER, seed=0)
    assert Ledger(rows).select(measure="driver").set_index("label")["touchpoint"].to_dict() == RATED
    by_size = rows[rows["measure"] == "driver"].sort_values("value", ascending=False)
    assert by_size["label"].tolist() == ["queue_q", "cup_q", "price_q"]
    assert by_size["stage"].tolist()[:2] == ["order", "drink"]
    whole = rows[rows["measure"] == "driver_r2"].iloc[0]
    assert by_size["value"].sum() == pytest.approx(whole["value"])
    assert set(rows["lane"]) == {"driver"} and set(rows["scale_max"]) == {1.0}
    assert set(by_size["method"]) == {"LMG, bootstrap"}


def test_the_note_begins_with_the_direction(study, answers, codebook) -> None:
    responses, questions = survey(answers, codebook)
    questions.loc[questions["question"] == "cup_q", "reversed"] = True
    rows = driver_evidence(responses, questions, asking(study), SEPTEMBER, seed=0)
    notes = rows.set_index("label")["note"]
    assert notes["queue_q"].startswith("goes with a higher outcome")
    # a high answer to the reversed question is a bad one
    assert notes["cup_q"].startswith("goes with a lower outcome")
    assert notes["price_q"].startswith("direction unclear")


def test_a_choice_counts_as_zero_and_one_under_its_as(study, answers, codebook) -> None:
    responses, questions = survey(answers, codebook)
    responses["again"] = np.where(responses["recommend"] > 5, "yes", "no")
    choice = codebook(again={"measure": "choice", "success": ["yes"], "as_name": "returns"})
    rows = driver_evidence(
        responses,
        pd.concat([questions, choice], ignore_index=True),
        asking(study, of="returns", again="choice"),
        SEPTEMBER,
        seed=0,
    )
    whole = rows[rows["measure"] == "driver_r2"].iloc[0]
    x = np.column_stack([np.ones(200), responses[list(RATED)]])
    y = (responses["recommend"] > 5).to_numpy(dtype=float)
    left = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    assert whole["value"] == pytest.approx(1 - left.var() / y.var())
    assert whole["label"] == "returns"


def test_other_scales_rivals_and_the_outcome_are_no_drivers(study, answers, codebook) -> None:
    responses, questions = survey(answers, codebook)
    responses = responses.assign(wide=responses["cup_q"], rival=responses["queue_q"])
    more = codebook(wide={"scale_max": 10.0}, rival={"subject": "BrewBest"})
    rows = driver_evidence(
        responses,
        pd.concat([questions, more], ignore_index=True),
        asking(study, wide="rating", rival="rating"),
        SEPTEMBER,
        seed=0,
    )
    assert set(rows[rows["measure"] == "driver"]["label"]) == set(RATED)


def test_effort_and_satisfaction_are_drivers_where_a_touchpoint_has_no_rating(
    study, answers, codebook
) -> None:
    responses, questions = survey(answers, codebook)
    added = ["effort", "happy", "far", "twice", "whole"]
    responses = responses.assign(**dict.fromkeys(added, responses["cup_q"]))
    responses.loc[::2, added] = 2.0
    effort = {"measure": "ces", "scale_max": 5.0, "touchpoint": "door"}
    happy = {"measure": "csat", "touchpoint": "street"}
    far = {"measure": "ces", "scale_max": 7.0, "touchpoint": "phone"}
    questions.loc[questions["question"] == "price_q", "touchpoint"] = "till"
    twice, whole = {"measure": "csat", "touchpoint": "till"}, {"measure": "csat"}
    more = codebook(effort=effort, happy=happy, far=far, twice=twice, whole=whole)
    rows = driver_evidence(
        responses,
        pd.concat([questions, more], ignore_index=True),
        asking(study, effort="ces", happy="csat", far="ces", twice="csat", whole="csat"),
        SEPTEMBER,
        seed=0,
    )
    assert set(rows[rows["measure"] == "driver"]["label"]) == {*RATED, "effort", "happy"}


def test_the_panel_of_operators_has_its_nine_drivers(real_study, tmp_path) -> None:
    from cjm_lab.sources.tables import codebook, read_tables
    from cjm_lab.study import load_study

    mobiles = load_study(real_study("mobiles", tmp_path).raw("mobiles"))
    responses = read_tables(mobiles)["responses"]
    span = Period("all", date(2019, 7, 1), date(2019, 8, 31), mobiles.time_zone)
    rows = driver_evidence(responses, codebook(mobiles), mobiles, span, seed=0)
    drivers = rows[rows["measure"] == "driver"]
    places = {"network", "internet", "price"} | {
        "bill", "plans", "support", "upgrade", "cancel", "usage"
    }  # fmt: skip
    assert len(drivers) == 9 and set(drivers["touchpoint"]) == places
    assert rows[rows["measure"] == "driver_r2"]["n"].tolist() == [211]  # those of AT&T


def test_not_applicable_is_told_from_not_answered(study, answers, codebook) -> None:
    responses, questions = survey(answers, codebook)
    responses.loc[:59, "cup_q"] = np.nan
    responses.loc[:59, "recommend"] = 10.0
    responses["not_applicable"] = ""
    responses.loc[:39, "not_applicable"] = "price_x\x1fcup_q"
    rows = driver_evidence(responses, questions, asking(study), SEPTEMBER, seed=0)
    cup = rows[rows["label"] == "cup_q"].iloc[0]
    assert cup["n"] == 140
    assert "it did not apply to 40 people, whose outcome averages 10 against" in cup["note"]
    responses.loc[:59, "not_applicable"] = ""
    rows = driver_evidence(responses, questions, asking(study), SEPTEMBER, seed=0)
    assert "no answer came from 60 people" in rows[rows["label"] == "cup_q"]["note"].iloc[0]


def test_answers_about_a_rival_stay_out(study, answers, codebook) -> None:
    responses, questions = survey(answers, codebook)
    alone = driver_evidence(responses, questions, asking(study), SEPTEMBER, seed=0)
    theirs = responses.assign(recommend=5.0, subject="BrewBest")
    both = pd.concat([responses.assign(subject="us"), theirs], ignore_index=True)
    rows = driver_evidence(both, questions, asking(study), SEPTEMBER, seed=0)
    pd.testing.assert_frame_equal(rows, alone)


def test_weights_reach_the_numbers(study, answers, codebook) -> None:
    responses, questions = survey(answers, codebook)
    twice = pd.concat([responses, responses.iloc[:50]], ignore_index=True)
    heavy = responses.assign(weight=np.r_[np.full(50, 2.0), np.ones(150)])
    rows, same = (
        driver_evidence(one, questions, asking(study), SEPTEMBER, seed=0) for one in (heavy, twice)
    )
    np.testing.assert_allclose(rows["value"], same["value"])
    assert rows["n_eff"].max() == pytest.approx(250**2 / (50 * 4 + 150))


@pytest.mark.parametrize("n", [0, 29])
def test_too_few_people_give_no_rows(study, answers, codebook, n) -> None:
    responses, questions = survey(answers, codebook)
    rows = driver_evidence(responses[:n], questions, asking(study), SEPTEMBER, seed=0)
    assert rows.empty


@pytest.mark.parametrize(("n", "rows"), [(37, 0), (38, 13)])
def test_each_of_twelve_ratings_needs_three_people_and_the_rest_two(
    study, answers, codebook, n, rows
) -> None:
    rng = np.random.default_rng(2)
    rated = {f"q{i}": rng.integers(1, 6, n).astype(float) for i in range(12)}
    questions = codebook(
        recommend={"measure": "nps", "scale_max": 10.0}, **{code: {} for code in rated}
    )
    responses = answers(recommend=rng.integers(0, 11, n).astype(float), **rated)
    asked = asking(study, **dict.fromkeys(rated, "rating"))
    assert len(driver_evidence(responses, questions, asked, SEPTEMBER, seed=0)) == rows


def test_one_rating_alone_gives_no_rows(study, answers, codebook) -> None:
    responses, questions = survey(answers, codebook)
    rows = driver_evidence(
        responses.assign(cup_q=3.0, price_q=np.nan), questions, asking(study), SEPTEMBER, seed=0
    )
    assert rows.empty


def test_an_outcome_that_nobody_asked_is_refused(study, answers, codebook) -> None:
    with pytest.raises(StudyError, match=r"drivers: of must be one of .*did you mean 'recommend'"):
        driver_evidence(*survey(answers, codebook), asking(study, of="recomend"), SEPTEMBER, seed=0)


def test_the_airline_study_warns_of_its_trap(real_study, tmp_path) -> None:
    from cjm_lab.sources.tables import codebook, read_tables
    from cjm_lab.study import load_study

    airline = load_study(real_study("airline", tmp_path).raw("airline"))
    responses = read_tables(airline)["responses"].iloc[::10]
    whole = Period("all", date(2026, 1, 1), date(2026, 1, 31), airline.time_zone)
    rows = driver_evidence(responses, codebook(airline), airline, whole, seed=0)
    notes = rows.set_index("label")["note"]
    assert len(rows) == 15 and "satisfied" in notes
    assert notes["Departure/Arrival time convenient"].startswith(
        "direction unclear; the direct correlation is about zero"
    )
    assert "this is no reason to make it worse" in notes["Departure/Arrival time convenient"]
    # nearly all of those who used no wifi were satisfied
    assert re.search(
        r"it did not apply to 3\d\d people, whose outcome averages 0\.99\d against 0\.4",
        notes["Inflight wifi service"],
    )
