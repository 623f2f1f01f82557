"""What the notebooks show of surveys: side by side, in words, and nothing that is not there."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from cjm_lab import plots
from cjm_lab.estimate import Estimate
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import Period, period_up_to
from cjm_lab.runs import survey_views as views
from cjm_lab.sources import codebook
from cjm_lab.sources.schemas import empty_table
from cjm_lab.study import Study


@pytest.fixture
def study() -> Study:
    return Study.model_validate(
        {
            "title": "Phones",
            "subject": {"brand": "Ours", "competitors": ["Rival"]},
            "personas": [{"id": "young", "name": "Young people", "match": {"age": "young"}}],
            "stages": [
                {"id": "use", "name": "Use", "touchpoints": [{"id": "bill", "name": "The bill"}]}
            ],
        }
    )


@pytest.fixture
def month() -> Period:
    return period_up_to(date(2026, 9, 30))


def row(measure: str, value: float, **about: Any) -> dict[str, Any]:
    estimate = Estimate(value, value - 1, value + 1, n=100, method="bootstrap")
    return evidence(estimate, lane="value_gap", measure=measure, touchpoint="bill", **about)


def test_gaps_stand_side_by_side_for_everyone_and_each_persona(study: Study) -> None:
    measured = evidence_frame(
        [
            row("value_gap", 3.0, subject="Rival"),
            row("value_gap", 5.0, subject="Rival", persona="young"),
            row("value_gap_to_best", 9.0),
        ]
    )
    table = views.gap_groups(measured, study)
    assert table.columns.tolist() == ["touchpoint", "against", "everyone", "Young people"]
    assert table["touchpoint"].unique().tolist() == ["The bill"]
    assert table["against"].tolist() == ["Rival", "the best possible"]
    assert table["Young people"].str.startswith("+5").tolist() == [True, False]


def test_a_segment_has_a_column_of_its_own_name(study: Study) -> None:
    measured = evidence_frame(
        [
            row("value_gap", 3.0, subject="Rival", segment="city=Rome"),
            row("value_gap", 4.0, subject="Rival", segment="city=Rome", persona="young"),
        ]
    )
    columns = views.gap_groups(measured, study).columns.tolist()
    assert columns[2:] == ["city=Rome", "Young people: city=Rome"]


def test_without_gaps_there_is_no_table(study: Study) -> None:
    assert views.gap_groups(evidence_frame(), study).empty
    assert views.importances(evidence_frame(), study).empty
    assert views.representation(evidence_frame()).empty
    assert views.stated(evidence_frame()).empty
    assert views.gap_map(evidence_frame(), study).empty
    assert views.kano_map(evidence_frame()).empty
    assert views.placed(pd.DataFrame(columns=["touchpoint", "item"])).empty


def test_a_study_without_a_survey_shows_empty_tables_and_draws_them(
    study: Study, month: Period
) -> None:
    asked, nobody = codebook(study), empty_table("responses").assign(persona="")
    assert views.pairs(nobody, asked, study, month).empty
    assert views.same_people(nobody, asked, study).empty
    assert views.weighting(nobody, study, month).empty
    assert views.items(nobody, asked, study, month).empty
    for draw, table in (
        (plots.nps, views.nps_groups(nobody, asked, study, month)),
        (plots.likert, views.answer_spread(nobody, asked, month)),
        (plots.waves, views.wave_trend(nobody, asked, study)),
    ):
        assert [text.get_text() for text in draw(table).texts] == ["No evidence yet"]


def test_only_groups_that_differ_beyond_chance_are_named() -> None:
    gap = Estimate(0.1, 0.05, 0.15, n=400, method="Wilson, base known")
    about = {"lane": "answered", "measure": "respondent_gap"}
    measured = evidence_frame(
        [
            evidence(gap, label="age: old", item="a", note="more often beyond chance", **about),
            evidence(
                gap, label="age: young", item="b", note="not different beyond chance", **about
            ),
        ]
    )
    assert views.representation(measured)["group"].tolist() == ["age: old"]


def test_companies_are_shown_beside_everyone_and_the_personas(study: Study, month: Period) -> None:
    question = {
        "question": "q", "text": "", "measure": "nps", "scale_min": 0.0, "scale_max": 10.0,
        "reversed": False, "touchpoint": "", "stage": "", "success": [], "as_name": "",
    }  # fmt: skip
    codebook = pd.DataFrame([question | {"subject": who} for who in ("us", "Rival")])
    responses = pd.DataFrame(
        {
            "q": [10.0] * 6 + [0.0] * 5 + [10.0] * 5,
            "subject": ["us"] * 11 + ["Rival"] * 5,
            "persona": ["young"] * 6 + [""] * 10,
            "submitted_at": pd.Series([pd.NaT] * 16, dtype="datetime64[us, UTC]"),
            "wave": "",
        }
    )
    table = views.nps_groups(responses, codebook, study, month).set_index("label")
    assert table.index.tolist() == ["all about us", "Young people", "Rival"]
    assert table["n"].tolist() == [11, 6, 5]
    assert table["value"].tolist() == pytest.approx([100 / 11, 100, 100])


def test_open_answers_are_counted_and_never_shown(study: Study, month: Period) -> None:
    answers = pd.DataFrame(
        {
            "subject": ["us", "us", "Rival"],
            "question": "why",
            "touchpoint": ["bill"] * 3,
            "text": ["too dear", "fine", "dear too"],
            "score": [3.0, 9.0, 1.0],
            "submitted_at": pd.to_datetime(["2026-09-02", "2026-08-02", "2026-09-03"], utc=True),
        }
    )
    codebook = pd.DataFrame({"question": ["why"], "text": ["What annoys you?"]})
    table = views.open_list(answers, codebook, study, month)
    expected = ["What annoys you?", "The bill", 1, 1, "2 September 2026"]
    assert table.to_numpy().tolist() == [expected]


def test_the_weighting_is_shown_with_what_it_costs(month: Period) -> None:
    study = Study.model_validate(
        {
            "title": "Tea",
            "stages": [{"id": "brew", "name": "Brew"}],
            "sources": [
                {
                    "kind": "survey",
                    "file": "s.csv",
                    "questions": {"q": {"measure": "nps"}},
                    "attributes": ["age"],
                    "margins": {"age": {"young": 0.5, "old": 0.5}},
                }
            ],
        }
    )
    responses = pd.DataFrame(
        {
            "age": ["young"] * 10 + ["old"] * 30,
            "submitted_at": pd.Series([pd.NaT] * 40, dtype="datetime64[us, UTC]"),
        }
    )
    table = views.weighting(responses, study, month)
    shares = table.set_index("category")[["population", "answers", "weighted"]]
    assert shares.loc["young"].tolist() == ["50\u00a0%", "25\u00a0%", "50\u00a0%"]
    # weights 2 and 2/3: 40^2 / (10 x 4 + 30 x 4/9) = 30
    assert shares.iloc[-1].tolist() == ["", "40", "worth 30"]


def test_each_question_of_a_scale_is_held_against_the_rest(study: Study, month: Period) -> None:
    question = {
        "measure": "likert", "scale_min": 1.0, "scale_max": 5.0, "reversed": False,
        "touchpoint": "", "stage": "", "subject": "us", "success": [], "as_name": "trust",
    }  # fmt: skip
    codebook = pd.DataFrame([question | {"question": q, "text": q.upper()} for q in "abc"])
    codebook.loc[2, "reversed"] = True
    same = [1.0, 2.0, 3.0, 4.0, 5.0] * 4
    responses = pd.DataFrame({"a": same, "b": same, "c": [6 - x for x in same]})
    responses["submitted_at"] = pd.Series([pd.NaT] * 20, dtype="datetime64[us, UTC]")
    table = views.items(responses, codebook, study, month)
    assert table["question"].tolist() == ["A", "B", "C"]
    assert table["agrees with the rest"].tolist() == ["1"] * 3  # c was turned


def test_both_sides_of_a_kano_feature_stand_in_one_row() -> None:
    def side(measure: str, value: float) -> dict[str, Any]:
        estimate = Estimate(value, value - 0.1, value + 0.1, n=90, method="Wilson")
        note = "must-be, certainty 97%; weighted to age"
        return evidence(estimate, lane="feature", measure=measure, label="Lid", note=note)

    table = views.kano_map(evidence_frame([side("kano_better", 0.3), side("kano_worse", -0.8)]))
    row = table.iloc[0]
    assert (row["feature"], row["category"], row["certainty"]) == ("Lid", "must-be", 0.97)
    assert (row["better"], row["worse"], row["n"]) == (0.3, -0.8, 90)
    assert row["worse_low"] == pytest.approx(-0.9)
