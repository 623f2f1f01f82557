"""The overall score of every two groups: who differs, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest
from scipy import stats

from cjm_lab.period import Period, period_up_to
from cjm_lab.study import Study
from cjm_lab.surveys.pairs import overall_score, score_pairs

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
