"""The overall score of every two groups: who differs, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest
from scipy import stats

from cjm_lab.period import Period, period_up_to
from cjm_lab.study import Study
from cjm_lab.surveys.pairs import overall_score, repeated_scores, score_pairs

Make = Callable[..., pd.DataFrame]


@pytest.fixture
def month() -> Period:
    return period_up_to(date(2026, 9, 30))


@pytest.fixture
def spoken(answers: Make) -> pd.DataFrame:
    """Forty people about us (NPS 100), forty about Rival (NPS -100)."""
    return answers(q1=[10.0] * 40 + [0.0] * 40, subject=["us"] * 40 + ["Rival"] * 40)


def test_each_respondent_speaks_about_one_company(
    answers: Make, codebook: Make, spoken: pd.DataFrame, month: Period
) -> None:
    study = Study.model_validate(
        {
            "title": "Phones",
            "subject": {"brand": "Ours", "competitors": ["Rival"]},
            "stages": [{"id": "use", "name": "Use"}],
        }
    )
    both = pd.concat(
        [codebook(q1={"measure": "nps", "subject": subject}) for subject in ("us", "Rival")]
    )
    pairs = score_pairs(spoken, both, study, month)
    assert pairs[["by", "a", "b", "value"]].to_numpy().tolist() == [
        ["company", "Ours", "Rival", 200]
    ]
    main = overall_score(spoken, both)
    assert main is not None
    assert main.answers(spoken)["q1"].count() == 40  # nobody's word about the rival is ours


def test_all_pairs_are_one_family(
    answers: Make, codebook: Make, study: Study, month: Period
) -> None:
    personas = [persona.id for persona in study.personas][:2]
    persona = [personas[0]] * 60 + [personas[1]] * 60
    wave = ["first"] * 40 + ["second"] * 40 + ["third"] * 40
    scores = ([10.0] * 4 + [5.0] * 2 + [8.0] * 2) * 15
    frame = answers(q1=scores, persona=persona, wave=wave)
    pairs = score_pairs(frame, codebook(q1={"measure": "nps"}), study, month)
    assert pairs["by"].value_counts().to_dict() == {"wave": 3, "persona": 1}
    expected = stats.false_discovery_control(pairs["p"])
    assert pairs["p_adjusted"].tolist() == pytest.approx(expected)


def test_without_an_overall_score_nothing_is_compared(
    answers: Make, codebook: Make, study: Study, month: Period
) -> None:
    frame = answers(q1=[5.0] * 80)
    assert score_pairs(frame, codebook(q1={"touchpoint": "t"}), study, month).empty


def test_the_same_people_are_compared_with_themselves(
    answers: Make, codebook: Make, study: Study
) -> None:
    # Forty people, each one point up from wave to wave; ten newcomers say 1 and change nothing.
    people = [f"c{i}" for i in range(40)]
    first = [float(2 + i % 7) for i in range(40)]
    frame = answers(
        q1=[*first, *(x + 1 for x in first), *[1.0] * 10],
        customer_id=[*people, *people, *[f"new{i}" for i in range(10)]],
        wave=["spring"] * 40 + ["fall"] * 50,
        submitted_at=pd.to_datetime(["2026-03-01"] * 40 + ["2026-09-01"] * 50, utc=True),
    )
    table = repeated_scores(frame, codebook(q1={"measure": "ces", "scale_max": 9.0}), study)
    assert table[["before", "after", "value", "n"]].values.tolist() == [["spring", "fall", 1.0, 40]]


def test_the_last_of_two_answers_in_a_wave_counts(
    answers: Make, codebook: Make, study: Study
) -> None:
    people = [f"c{i}" for i in range(30)]
    days = ["2026-03-01"] * 30 + ["2026-03-09"] * 30 + ["2026-09-01"] * 30
    frame = answers(
        q1=[10.0] * 30 + [0.0] * 30 + [10.0] * 29 + [0.0],
        customer_id=people * 3,
        wave=["spring"] * 60 + ["fall"] * 30,
        submitted_at=pd.to_datetime(days, utc=True),
    )
    table = repeated_scores(frame, codebook(q1={"measure": "nps"}), study)
    assert table["value"].tolist() == pytest.approx([200 * 29 / 30])
    few = frame[frame["customer_id"] != "c0"]
    assert repeated_scores(few, codebook(q1={"measure": "nps"}), study).empty


def test_a_choice_with_a_success_is_compared_as_a_share(
    answers: Make, codebook: Make, study: Study, month: Period
) -> None:
    frame = answers(q1=["yes"] * 30 + ["no"] * 10 + ["yes"] * 10 + ["no"] * 30)
    frame["persona"] = ["regular"] * 40 + ["guest"] * 40
    pairs = score_pairs(frame, codebook(q1={"measure": "choice", "success": ["yes"]}), study, month)
    row = pairs[pairs["by"] == "persona"].iloc[0]
    assert (row["a"], row["b"], row["value"]) == ("Guest", "Regular", -0.5)


def test_a_choice_can_be_weighted_and_asked_of_the_same_people_twice(
    answers: Make, codebook: Make, study: Study, month: Period
) -> None:
    book = codebook(q1={"measure": "choice", "success": ["yes"]})
    # Of forty people twenty say yes in spring; in fall thirty, the twenty among them.
    frame = answers(
        q1=["yes"] * 20 + ["no"] * 20 + ["yes"] * 30 + ["no"] * 10,
        customer_id=[f"c{i}" for i in range(40)] * 2,
        wave=["spring"] * 40 + ["fall"] * 40,
        submitted_at=pd.to_datetime(["2026-03-01"] * 40 + ["2026-09-01"] * 40, utc=True),
    )
    table = repeated_scores(frame, book, study)
    assert table[["value", "n"]].values.tolist() == [[0.25, 40]]
    weighted = frame.assign(weight=[3.0, 1.0] * 40, persona=["guest"] * 40 + ["regular"] * 40)
    weighted["submitted_at"] = pd.Timestamp("2026-09-10", tz="UTC")
    pairs = score_pairs(weighted, book, study, month).set_index("by")
    assert pairs.loc["persona", "value"] == pytest.approx(-0.25)  # guests .5, regulars .75
