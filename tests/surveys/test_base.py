"""What the answers of a span weigh."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest

from cjm_lab.period import period_up_to
from cjm_lab.study import Study
from cjm_lab.surveys import survey_evidence
from cjm_lab.surveys.base import Base, Weighting

Make = Callable[..., pd.DataFrame]

STUDY = {
    "title": "Tea",
    "stages": [{"id": "brew", "name": "Brew"}],
    "sources": [
        {
            "kind": "survey",
            "file": "s.csv",
            "questions": {"q": {"measure": "nps"}},
            "attributes": ["age"],
            "margins": {"age": {"young": 30, "old": 10}},
        }
    ],
}


@pytest.fixture
def weighted() -> Study:
    return Study.model_validate(STUDY)


def test_answers_are_weighted_to_the_margins(weighted: Study, answers: Make) -> None:
    # 2 young, 6 old; the population has three young to one old
    frame = answers(q=[9.0] * 2 + [0.0] * 6, age=["young"] * 2 + ["old"] * 6)
    weighting = Weighting(frame, weighted)
    everyone = pd.Series(True, index=frame.index)
    design = weighting.design(everyone)
    assert design is not None
    weights = np.asarray(design.weights)
    assert weights[:2].sum() / weights.sum() == pytest.approx(0.75)
    assert weighting.note(everyone) == "weighted to age"


def test_the_score_on_the_map_is_the_weighted_one(
    weighted: Study, answers: Make, codebook: Make
) -> None:
    frame = answers(q=[9.0] * 20 + [0.0] * 60, age=["young"] * 20 + ["old"] * 60)
    rows = survey_evidence(
        frame, codebook(q={"measure": "nps"}), weighted, period_up_to(date(2026, 9, 30))
    )
    row = rows[rows["measure"] == "nps"].iloc[0]
    assert row["value"] == pytest.approx(100 * 0.75 - 100 * 0.25)
    assert row["n"] == 80
    assert "weighted to age" in row["note"]


def test_a_blank_attribute_keeps_its_part_of_the_sample(weighted: Study, answers: Make) -> None:
    frame = answers(q=[9.0] * 8, age=["young"] * 2 + ["old"] * 4 + [""] * 2)
    design = Weighting(frame, weighted).design(pd.Series(True, index=frame.index))
    assert design is not None
    weights = np.asarray(design.weights) / np.sum(design.weights)
    assert weights[6:].sum() == pytest.approx(0.25)
    assert weights[:2].sum() == pytest.approx(0.75 * 0.75)


def test_a_margin_that_cannot_be_met_is_said_and_left_out(weighted: Study, answers: Make) -> None:
    frame = answers(q=[9.0] * 4, age=["old"] * 4)
    weighting, everyone = Weighting(frame, weighted), pd.Series(True, index=frame.index)
    assert weighting.design(everyone) is None
    assert weighting.note(everyone) == "not weighted to age: nobody of young"


def test_a_month_is_weighted_by_itself(weighted: Study, answers: Make) -> None:
    days = ["2026-08-10"] * 4 + ["2026-09-10"] * 40
    age = ["young"] * 4 + ["young", "old"] * 20
    frame = answers(q=[9.0] * 44, age=age, submitted_at=pd.to_datetime(days, utc=True))
    base = Base(frame["submitted_at"], period_up_to(date(2026, 9, 30)), Weighting(frame, weighted))
    rows, span, _ = base.choose(frame["q"].notna())
    values, design, note = base.sample(frame["q"], rows, span)
    assert len(values) == 40 and design is not None and note == "weighted to age"
    weights = np.asarray(design.weights)
    assert weights[0] / weights[1] == pytest.approx(3.0)


def test_strata_and_clusters_of_the_file_enter_the_interval(answers: Make, codebook: Make) -> None:
    # Ten shops with ten like-minded guests each: ten observations, not a hundred.
    study = Study.model_validate(STUDY | {"sources": []})
    shops = np.repeat(np.arange(10), 10)
    frame = answers(q=np.repeat([10.0, 0.0] * 5, 10), cluster=[f"shop {i}" for i in shops])
    month = period_up_to(date(2026, 9, 30))
    clustered = survey_evidence(frame, codebook(q={"measure": "nps"}), study, month).iloc[0]
    alone = survey_evidence(
        frame.drop(columns="cluster"), codebook(q={"measure": "nps"}), study, month
    ).iloc[0]
    assert clustered["value"] == alone["value"] == 0
    assert clustered["high"] - clustered["low"] > 3 * (alone["high"] - alone["low"])


def test_a_stratum_with_one_answer_is_said_and_stops_no_run(answers: Make) -> None:
    study = Study.model_validate(STUDY | {"sources": []})
    frame = answers(q=[9.0] * 5, stratum=["north", "north", "south", "south", "west"])
    frame["weight"] = [1.0, 2.0, 1.0, 2.0, 1.0]
    weighting, everyone = Weighting(frame, study), pd.Series(True, index=frame.index)
    design = weighting.design(everyone)
    assert design is not None and design.strata is None
    assert weighting.note(everyone) == "strata left out: one answer or cluster of west"


@pytest.mark.parametrize(
    ("in_september", "said", "rows"),
    [(30, "", 30), (29, "rolling quarter: fewer than 30 answers", 34)],
)
def test_thirty_answers_are_enough_for_a_month(
    answers: Make, in_september: int, said: str, rows: int
) -> None:
    days = ["2026-08-10"] * (34 - in_september) + ["2026-09-10"] * in_september
    frame = answers(q=[9.0] * 34, submitted_at=pd.to_datetime(days, utc=True))
    base = Base(frame["submitted_at"], period_up_to(date(2026, 9, 30)))
    chosen, _, note = base.choose(frame["q"].notna())
    assert chosen.sum() == rows
    assert note.startswith(said) and bool(note) == bool(said)
