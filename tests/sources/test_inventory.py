"""The inventory and the gaps: what a study holds, and what it does not know."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from cjm_lab.estimate import Estimate
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import Period
from cjm_lab.sources import inventory, knowledge_gaps, read_tables, up_to
from cjm_lab.study import Study, load_study

STUDY = """\
title: Tea
personas: [{id: new, name: New, match: {since: "2026"}}]
stages:
  - id: buy
    name: Buy

    touchpoints: [{id: shop, name: Shop}, {id: till, name: Till, keywords: [till]}]
  - {id: use, name: Use}
sources:
  - kind: survey
    file: survey.csv
    questions:
      q1: {measure: rating, scale: [1, 5], touchpoint: shop}
      q2: {measure: rating, scale: [1, 5], touchpoint: till}
  - {kind: mentions, file: mentions.csv}
"""  # fmt: skip


@pytest.fixture
def study(tmp_path: Path) -> Study:
    files = {
        "study.yaml": STUDY,
        "survey.csv": "respondent_id,submitted_at,q1,q2\n1,2026-08-01,5,\n2,2026-08-02,,\n",
        "mentions.csv": "mention_id,text,published_at\nm1,hi,2026-08-01\nm2,ho,2026-09-02\n",
        "labels.csv": "mention_id,label\nm1,neutral\nm2,negative\nm9,negative\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return load_study(tmp_path)


def held(study: Study, day: date) -> pd.DataFrame:
    return inventory(up_to(read_tables(study), study, day), study, day).set_index("source")


def test_only_columns_that_hold_anything_count_as_blank_or_not(study: Study) -> None:
    # respondent_id, submitted_at and q1 of two respondents: one of six cells is blank.
    assert held(study, date(2026, 9, 30)).loc["survey", "missing"] == pytest.approx(1 / 6)
    assert held(study, date(2026, 9, 30)).loc["mentions", "missing"] == 0


def test_a_survey_speaks_about_the_touchpoints_that_somebody_answered_for(study: Study) -> None:
    found = held(study, date(2026, 9, 30))["touchpoints"]
    assert found["survey"] == 1
    assert pd.isna(found["mentions"])  # which touchpoints they are about is found later


@pytest.mark.parametrize(("day", "known"), [("2026-08-31", ["m1"]), ("2026-09-30", ["m1", "m2"])])
def test_a_label_counts_once_its_mention_is_there(study: Study, day: str, known: list[str]) -> None:
    labels = up_to(read_tables(study), study, date.fromisoformat(day))["labels"]
    assert labels["mention_id"].tolist() == known


def test_labels_without_any_mentions_stay(study: Study) -> None:
    tables = read_tables(study)
    tables["mentions"] = tables["mentions"].iloc[:0]
    assert len(up_to(tables, study, date(2026, 8, 31))["labels"]) == 3


def asked(touchpoint: str, end: str) -> pd.DataFrame:
    """A rating of 40 people and a visit of everybody, in the month that ends there."""
    last = date.fromisoformat(end)
    value = Estimate(0.5, 0.3, 0.7, n=400, method="test")
    rows = [
        evidence(
            value, lane=lane, measure=lane, touchpoint=touchpoint, source="survey",
            period=Period("month", last.replace(day=1), last),
        )
        for lane in ("emotion", "reach", "sentiment")
    ]  # fmt: skip
    return evidence_frame(rows)


def test_a_stage_without_touchpoints_is_a_gap(study: Study) -> None:
    measured = pd.concat([asked(t, "2026-09-30") for t in ("shop", "till")])
    gaps = knowledge_gaps(measured, study, date(2026, 10, 31))
    assert gaps["stage"].tolist() == ["use"]
    assert "no touchpoint" in gaps["gap"].tolist()[0]


@pytest.mark.parametrize(("day", "old"), [("2026-10-31", False), ("2026-11-01", True)])
def test_evidence_older_than_a_month_is_a_gap(study: Study, day: str, old: bool) -> None:
    gaps = knowledge_gaps(asked("shop", "2026-09-30"), study, date.fromisoformat(day))
    said = gaps.set_index("touchpoint")["gap"].to_dict()
    assert ("Shop" in said) is old
    assert not old or said["Shop"] == "32 days old"


def test_a_touchpoint_asked_about_in_any_score_is_heard_and_one_asked_of_a_rival_is_not(
    study: Study,
) -> None:
    value = Estimate(4.2, 4.0, 4.4, n=400, method="t")
    rows = [
        evidence(value, lane="satisfaction", measure="ces", touchpoint="shop"),
        evidence(
            value, lane="satisfaction", measure="ces", touchpoint="till", subject="Rival", item="q"
        ),
    ]
    gaps = knowledge_gaps(evidence_frame(rows), study, date(2026, 9, 30)).set_index("touchpoint")
    assert "nobody was asked" not in gaps.loc["Shop", "gap"]
    assert gaps.loc["Shop", "needed"] == 0
    assert "nobody was asked" in gaps.loc["Till", "gap"]
    assert gaps.loc["Till", "needed"] == 385
