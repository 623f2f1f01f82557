"""What got better or worse says so on the map: a sign, words, both values, never color alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest

from cjm_lab.export.document import from_json, to_json
from cjm_lab.journey.build import build_map
from cjm_lab.journey.compare import change_evidence
from cjm_lab.journey.marks import mark_changes, where_it_changed
from cjm_lab.ledger import Ledger, evidence_frame
from cjm_lab.study import Study

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)
NBSP = "\u00a0"
Make = Callable[..., Any]


@pytest.fixture
def both(study: Study, october: pd.DataFrame, make: Make) -> pd.DataFrame:
    """October's evidence: payment felt better since September, and lost more."""
    before = Ledger(
        evidence_frame(
            [make("valence", "payment", -1.9, 0.2, n=340, day=SEPTEMBER),
             make("valence", "cup", 1.45, 0.15, n=250, day=SEPTEMBER),
             make("of_log", "drop_off", "payment", 80, 400, SEPTEMBER)]
        )
    )  # fmt: skip
    return pd.concat([october, change_evidence(october, before, study)], ignore_index=True)


def marks(map_: Any) -> dict[tuple[str, int], list[str]]:
    """The marks of a map by lane and column."""
    return {
        (lane.key, column): [item.text for item in cell.items if item.kind == "change"]
        for lane in map_.lanes
        for column, cell in enumerate(lane.cells)
        if any(item.kind == "change" for item in cell.items)
    }


def test_what_moved_beyond_chance_is_marked_once_and_where_it_is_shown(
    study: Study, both: pd.DataFrame
) -> None:
    # -1.9 -> -1.3 with .28 either side; 80 -> 180 of 400 lost; the cup's +.05 is chance
    assert marks(build_map(study, both, as_of=OCTOBER)) == {
        ("feels", 1): ["▲ better since September 2026: −1.9 → −1.3"],
        ("reach", 1): [f"▼ worse since September 2026: 20{NBSP}% → 45{NBSP}%"],
    }


def test_both_drawings_and_the_table_say_it_in_words(study: Study, both: pd.DataFrame) -> None:
    map_ = build_map(study, both, as_of=OCTOBER)
    for drawn in (map_.to_html(), map_.to_svg()):
        assert "▼ worse" in drawn.replace("▲ better, ▼ worse", "")
        assert "▲ better<" in drawn  # beside the dot of the curve
        assert "▲ better, ▼ worse" in drawn  # how to read it
    assert "▲ better since September 2026: −1.9 → −1.3" in map_.table()["Feels"][1]
    assert to_json(from_json(to_json(map_))) == to_json(map_)


def test_a_map_without_changes_has_neither_mark_nor_key(
    study: Study, october: pd.DataFrame
) -> None:
    map_ = build_map(study, october, as_of=OCTOBER)
    assert not marks(map_)
    assert "▲" not in map_.to_html() + map_.to_svg()


def test_marks_of_another_comparison_take_the_place_of_the_first(
    study: Study, october: pd.DataFrame, both: pd.DataFrame
) -> None:
    map_ = build_map(study, both, as_of=OCTOBER)
    assert to_json(mark_changes(map_, both)) == to_json(map_)
    assert not marks(mark_changes(map_, october))


def test_a_persona_of_its_own_stands_on_its_own_map_only(
    study: Study, october: pd.DataFrame, make: Make
) -> None:
    now = pd.concat(
        [october, evidence_frame([make("valence", "cup", -1.0, 0.2, persona="office")])]
    )
    then = Ledger(
        evidence_frame([make("valence", "cup", 1.0, 0.2, persona="office", day=SEPTEMBER)])
    )
    both = pd.concat([now, change_evidence(now, then, study)], ignore_index=True)
    everyone = build_map(study, both, as_of=OCTOBER)
    assert not marks(everyone)
    # not even where the persona's figure is among those behind a cell of everyone's map
    theirs = both.loc[both["persona"] == "office", "evidence_id"].tolist()
    lanes = tuple(
        replace(lane, cells=tuple(replace(cell, evidence_ids=tuple(theirs)) for cell in lane.cells))
        for lane in everyone.lanes
    )
    assert not marks(mark_changes(replace(everyone, lanes=lanes), both))
    own = marks(build_map(study, both, as_of=OCTOBER, persona="office"))
    assert own == {("feels", 3): ["▼ worse since September 2026: +1.0 → −1.0"]}


def test_only_the_lanes_that_changed_can_be_shown(
    study: Study, october: pd.DataFrame, both: pd.DataFrame
) -> None:
    short = where_it_changed(build_map(study, both, as_of=OCTOBER))
    assert [lane.key for lane in short.lanes] == ["touchpoint", "reach", "feels"]
    calm = where_it_changed(build_map(study, october, as_of=OCTOBER))
    assert [lane.key for lane in calm.lanes] == ["touchpoint", "feels"]
