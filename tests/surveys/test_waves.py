"""Scores wave by wave."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from cjm_lab.study import Study
from cjm_lab.surveys import nps, scores_by_wave
from cjm_lab.surveys.waves import waves_of

Maker = Callable[..., pd.DataFrame]


def test_waves_come_in_the_order_they_were_asked(
    answers: Maker, codebook: Maker, study: Study
) -> None:
    responses = answers(
        q=[9.0, 3.0, 10.0, 7.0],
        wave=["spring", "spring", "autumn", ""],
        submitted_at=pd.to_datetime(
            ["2026-03-01", "2026-03-02", "2026-09-01", "2026-09-02"], utc=True
        ),
    )
    table = scores_by_wave(responses, codebook(q={"measure": "nps"}), study)
    assert table[["wave", "value", "n"]].values.tolist() == [["spring", 0, 2], ["autumn", 100, 1]]
    assert table["low"][0] == nps([9, 3]).low


def test_a_survey_without_waves_has_none(answers: Maker, codebook: Maker, study: Study) -> None:
    table = scores_by_wave(answers(q=[1.0]), codebook(q={}), study)
    assert table.empty
    assert list(table) == list(scores_by_wave(pd.DataFrame(), pd.DataFrame(), study))


@pytest.mark.parametrize(
    ("days", "waves"),
    [
        (["2026-03-01", "2026-03-02"], ["week of 23 February 2026", "week of 2 March 2026"]),
        (["2026-01-31", "2026-02-01", *["2026-05-09"] * 2], ["January 2026", "February 2026"]),
    ],
)
def test_answers_without_waves_are_gathered_by_week_and_many_weeks_by_month(
    answers: Maker, days: list[str], waves: list[str]
) -> None:
    # ten weeks at the most: the second case has few weeks too, so months need many
    many = pd.date_range("2026-01-05", periods=11, freq="7D", tz="UTC")
    times = pd.to_datetime(days, utc=True)
    if waves[0] == "January 2026":
        times = times.append(many)
    frame = answers(q=[1.0] * len(times), submitted_at=times)
    assert waves_of(frame).tolist()[: len(waves)] == waves


def test_the_weeks_of_the_mobile_operators_are_those_of_r(shared_data: Path) -> None:
    folder = shared_data / "surveys"
    golden = json.loads((folder / "mobiles_feedback_golden.json").read_text("utf-8"))
    answers = pd.read_csv(folder / "mobiles_feedback_4_weeks.csv", usecols=["StartDate", "Q8"])
    times = pd.to_datetime(answers["StartDate"], utc=True)
    weeks = waves_of(pd.DataFrame({"wave": "", "submitted_at": times}))
    scores = answers["Q8"].str.split().str[0].astype(float)
    found = [nps(scores[weeks == week]) for week in weeks[times.sort_values().index].unique()]
    expected = golden["nps_by_week"]["weeks"].values()
    assert [e.n for e in found] == [week["n"] for week in expected]
    assert [e.value for e in found] == pytest.approx([week["nps"] for week in expected], abs=1e-9)
