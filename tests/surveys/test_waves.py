"""Scores wave by wave."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from cjm_lab.surveys import nps, scores_by_wave

Maker = Callable[..., pd.DataFrame]


def test_waves_come_in_the_order_they_were_asked(answers: Maker, codebook: Maker) -> None:
    responses = answers(
        q=[9.0, 3.0, 10.0, 7.0],
        wave=["spring", "spring", "autumn", ""],
        submitted_at=pd.to_datetime(
            ["2026-03-01", "2026-03-02", "2026-09-01", "2026-09-02"], utc=True
        ),
    )
    table = scores_by_wave(responses, codebook(q={"measure": "nps"}))
    assert table[["wave", "value", "n"]].values.tolist() == [["spring", 0, 2], ["autumn", 100, 1]]
    assert table["low"][0] == nps([9, 3]).low


def test_a_survey_without_waves_has_none(answers: Maker, codebook: Maker) -> None:
    table = scores_by_wave(answers(q=[1.0]), codebook(q={}))
    assert table.empty
    assert list(table) == list(scores_by_wave(pd.DataFrame(), pd.DataFrame()))
