"""Open answers keep their respondent; a report knows the code alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pandas as pd

from cjm_lab.period import period_up_to
from cjm_lab.study import Study
from cjm_lab.surveys import survey_evidence
from cjm_lab.surveys.open_answers import answer_code, callbacks, open_answers

SEPTEMBER = period_up_to(date(2026, 9, 30))
Maker = Callable[..., pd.DataFrame]


def told(answers: Maker, codebook: Maker) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Three guests: one hates the queue and says so, one loves it, one says nothing."""
    book = codebook(
        nps={"measure": "nps", "scale_min": 0.0, "scale_max": 10.0},
        queue={"touchpoint": "queue"},
        cup={"touchpoint": "cup"},
        why={"measure": "text", "touchpoint": "queue", "stage": "order"},
        else_={"measure": "text"},
    )
    responses = answers(
        nps=[3.0, 10.0, 6.0],
        queue=[1.0, 5.0, 4.0],
        cup=[4.0, 5.0, 2.0],
        why=["Twenty minutes of waiting", "Fast and friendly", ""],
        else_=["", "More cake, please", "  "],
    )
    return responses, book


def test_every_answer_keeps_who_gave_it_and_in_which_mood(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    responses, book = told(answers, codebook)
    said = open_answers(responses, book, study)
    assert said[["respondent_id", "question", "touchpoint", "stage", "score"]].values.tolist() == [
        ["r0000", "why", "queue", "order", 3.0],
        ["r0001", "why", "queue", "order", 10.0],
        ["r0001", "else_", "", "", 10.0],
    ]
    # at the queue the rating 1 is -2 and 5 is +2; elsewhere a promoter is +1
    assert said["mood"].tolist() == [-2.0, 2.0, 1.0]
    assert said["code"].is_unique


def test_a_verbatim_of_the_map_leads_back_to_its_row_by_the_code(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    responses, book = told(answers, codebook)
    said = open_answers(responses, book, study).set_index("code")
    quotes = survey_evidence(responses, book, study, SEPTEMBER).query("lane == 'quote'")
    found = {
        label: said.loc[note.partition("; answer ")[2], "respondent_id"]
        for label, note in zip(quotes["label"], quotes["note"], strict=True)
    }
    assert found == {"Twenty minutes of waiting": "r0000", "Fast and friendly": "r0001"}
    assert "r0000" not in quotes.to_csv()


def test_the_code_stays_while_the_survey_grows(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    responses, book = told(answers, codebook)
    few = open_answers(responses.iloc[:1], book, study)
    assert few["code"].tolist() == [answer_code("why", "r0000")]
    turned = open_answers(responses.iloc[::-1], book, study)
    pd.testing.assert_frame_equal(turned, open_answers(responses, book, study))


def test_a_rivals_customers_do_not_speak_about_us(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    responses, book = told(answers, codebook)
    responses = responses.assign(subject=["us", "BrewBest", "us"])
    book = pd.concat([book, book.assign(subject="BrewBest")], ignore_index=True)
    said = open_answers(responses, book, study)
    assert said.groupby("subject")["respondent_id"].unique().map(list).to_dict() == {
        "us": ["r0000"],
        "BrewBest": ["r0001"],
    }
    quotes = survey_evidence(responses, book, study, SEPTEMBER).query("lane == 'quote'")
    assert quotes["label"].tolist() == ["Twenty minutes of waiting"]


def test_detractors_are_called_back_about_what_they_rated_lowest(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    responses, book = told(answers, codebook)
    calls = callbacks(responses, book, study, SEPTEMBER)
    assert calls[["respondent_id", "score", "touchpoint", "text"]].values.tolist() == [
        ["r0000", 3.0, "queue", "Twenty minutes of waiting"],
        ["r0002", 6.0, "cup", ""],
    ]
    assert calls["code"].tolist() == [answer_code("why", "r0000"), ""]


def test_only_the_periods_detractors_are_called(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    responses, book = told(answers, codebook)
    days = pd.to_datetime(["2026-08-31", "2026-09-02", "2026-09-03"], utc=True)
    dated = responses.assign(submitted_at=days)
    assert callbacks(dated, book, study, SEPTEMBER)["respondent_id"].tolist() == ["r0002"]


def test_without_a_recommendation_question_nobody_is_a_detractor(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    responses = answers(why=["Too cold"])
    book = codebook(why={"measure": "text"})
    assert callbacks(responses, book, study, SEPTEMBER).empty
    assert open_answers(responses, book, study)["score"].isna().all()
    assert open_answers(pd.DataFrame(), pd.DataFrame(), study).empty
