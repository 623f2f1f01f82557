"""The draft of a codebook loads as questions, reads its own file, and says what it rests on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
import yaml

from cjm_lab.sources import propose_questions, read_survey
from cjm_lab.sources.ladders import SUS_ITEMS
from cjm_lab.study import Question

EXPORTS = [
    "exports/qualtrics_sample_3header.csv",
    "exports/surveymonkey_steak_head42.csv",
    "exports/typeform_2016_new_coders_part1_head40.csv",
    "exports/limesurvey_results-survey_dfuchss.csv",
    "surveys/mobiles_feedback_4_weeks.csv",
    "surveys/sus_vr_queue_labels.csv",
    "surveys/bfi.csv",
]


def proposed(file: Path, **more: Any) -> tuple[dict[str, Question], list[str]]:
    draft = yaml.safe_load(propose_questions(file, **more))
    questions = {code: Question.model_validate(q) for code, q in draft["questions"].items()}
    return questions, [str(one) for one in draft.get("not_applicable", [])]


@pytest.mark.parametrize("file", EXPORTS)
def test_the_draft_for_a_real_export_reads_that_export(shared_data: Path, file: str) -> None:
    questions, skipped = proposed(shared_data / file)
    table = read_survey(shared_data / file, questions=questions, not_applicable=skipped)
    assert questions and set(questions) <= set(table.columns)


def test_mobile_operators(shared_data: Path) -> None:
    file = shared_data / "surveys" / "mobiles_feedback_4_weeks.csv"
    questions, skipped = proposed(file)
    assert questions["Q8"].measure == "nps"
    assert {questions[f"Q11_{i}"].measure for i in (1, 2, 3)} == {"csat"}
    assert {questions[f"Q12_{i}"].measure for i in range(1, 7)} == {"ces"}
    assert questions["Q12_1"].labels == [
        "Very difficult", "Difficult", "Neither easy nor difficult", "Easy", "Very easy",
    ]  # fmt: skip
    assert (questions["Q6"].measure, len(questions["Q6"].columns)) == ("multi", 8)
    assert (questions["Q7"].measure, questions["Q9"].measure) == ("choice", "text")
    assert "Don't know" in skipped
    assert (
        "left out: StartDate: looks like a date: columns: {submitted_at: ...}"
        in propose_questions(file)
    )


def test_the_ten_sus_items_are_recognized(shared_data: Path) -> None:
    questions, _ = proposed(shared_data / "surveys" / "sus_vr_queue_labels.csv")
    assert [q.measure for q in questions.values()] == ["sus"] * 10
    assert [q.text for q in questions.values()] == list(SUS_ITEMS)
    assert not any(q.reversed for q in questions.values())  # the score turns even items


COLUMNS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "Would you recommend us to a friend?": (["10 Extremely likely", "0", "7"],
                                            {"measure": "nps", "scale": (0, 10)}),
    "How satisfied are you?": (["1", "5", "99"], {"measure": "csat", "scale": (1, 5)}),
    "It was easy to get help": (["1", "7", "4"], {"measure": "ces", "scale": (1, 7)}),
    "This website's capabilities meet my requirements.": (["7", "1", "3"], {"measure": "umux"}),
    "This website is easy to use.": (["7", "1", "3"], {"measure": "umux"}),
    "The tea is warm": (["Agree", "Strongly disagree", "Disagree"],
                        {"measure": "likert", "scale": (1, 5)}),
    "How good was the shop?": (["1", "2", "4"], {"measure": "rating", "scale": (1, 5)}),
    "Which teas do you buy?": (["Green, Black", "Black", "Green"],
                               {"measure": "multi", "split": ", ", "options": ["Green", "Black"]}),
    "Which codes?": (["1,2", "2", "1"], {"measure": "multi", "split": ","}),
    "Shop": (["Bonn", "Bonn", "Ulm"], {"measure": "choice"}),
    "Age group": (["18-29", "30-44", "18-29"], {"measure": "attribute"}),
    "Why?": ([f"It was late by {i} days, and cold" for i in range(15)], {"measure": "text"}),
}  # fmt: skip


@pytest.mark.parametrize("asked", COLUMNS)
def test_what_a_question_looks_like(tmp_path: Path, asked: str) -> None:
    answers, expected = COLUMNS[asked]
    file = tmp_path / "s.csv"
    pd.DataFrame(
        {"respondent_id": [f"R_{i}" for i in range(15)], asked: (answers * 5)[:15]}
    ).to_csv(file, index=False)
    questions, skipped = proposed(file)
    (question,) = questions.values()
    assert {name: getattr(question, name) for name in expected} == expected
    assert question.text == asked
    assert skipped == (["99"] if "99" in answers else [])
    read_survey(file, questions=questions, not_applicable=skipped)


def test_what_is_uncertain_is_marked_and_personal_data_left_out(tmp_path: Path) -> None:
    file = tmp_path / "s.csv"
    file.write_text(
        "id,Your e-mail,contact,Rate\n" + "".join(f"{i},a{i}@b.example,c{i}@d.example,{1 + i % 4}\n"
                                               for i in range(20))
    )  # fmt: skip
    draft = propose_questions(file)
    assert "# check the scale: answers from 1 to 4" in draft
    assert "left out: Your e-mail: personal data" in draft
    assert "left out: contact: personal data" in draft
    assert "left out: id: looks like the respondents' ids" in draft
    assert "@" not in draft


def test_labels_of_an_spss_file_give_measure_and_scale(tmp_path: Path) -> None:
    labels = {1.0: "Very difficult", 2.0: "Difficult", 3.0: "Neutral", 4.0: "Easy",
              5.0: "Very easy", 9.0: "Not applicable"}  # fmt: skip
    pyreadstat.write_sav(
        pd.DataFrame({"q": [2.0, 4.0, 9.0]}), tmp_path / "s.sav",
        variable_value_labels={"q": labels}, column_labels={"q": "To get help was"},
    )  # fmt: skip
    questions, skipped = proposed(tmp_path / "s.sav")
    assert (questions["q"].measure, questions["q"].scale, skipped) == ("ces", (1, 5), ["9"])


@pytest.mark.parametrize("header", ['a"b: {c}', "no", "# hm", "x\ny", "{{ }}", "Größe?", "'"])
def test_any_header_makes_a_draft_that_loads(tmp_path: Path, header: str) -> None:
    file = tmp_path / "s.csv"
    pd.DataFrame({"k": ["1", "2", "2"], header: ['say "no": #x', "- a", "- a"]}).to_csv(
        file, index=False
    )
    questions, skipped = proposed(file)
    read_survey(file, questions=questions, not_applicable=skipped)
    assert len(questions) == 2
