"""Beginning a study from a template or a drawing, and taking back what colleagues edited."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cjm_lab.errors import ParameterError, StudyError
from cjm_lab.export.long_table import long_table
from cjm_lab.journey import build_map
from cjm_lab.ledger import evidence_frame
from cjm_lab.runs.exporting import assumed_of
from cjm_lab.runs.starting import (
    begin_from,
    bring_in,
    new_study,
    take_edits,
    take_persona,
    templates,
)
from cjm_lab.study import Persona, load_study
from cjm_lab.workspace import Workspace

DRAWN = """\
journey
    title Our tea
    section Choose
      Shelf: 4: Ann
      Label #colon; small print: 2: Ann
    section Drink
      First cup: 5: Ann
"""


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def read(place: Workspace, name: str = "tea"):
    return load_study(place.raw(name))


@pytest.mark.parametrize("template", templates())
def test_a_template_is_a_whole_journey_that_is_wholly_assumed(
    place: Workspace, template: str
) -> None:
    new_study(place, "tea", template=template, title="Tea: hot")
    study = read(place)
    assert study.title == "Tea: hot"
    assert {stage.period for stage in study.stages} == {"before", "during", "after"}
    assert study.scope.trigger and study.scope.ends
    assert all(t.action and t.channel for t in study.touchpoints)
    drawn = build_map(study, evidence_frame(), as_of="2026-10-31")
    filled = [cell.status for lane in drawn.lanes for cell in lane.cells if cell.items]
    assert filled and set(filled) == {"assumed"}
    assert drawn.cells_with_evidence[0] == 0


def test_a_study_that_is_there_is_never_written_over(place: Workspace) -> None:
    new_study(place, "tea", template="purchase")
    before = (place.raw("tea") / "study.yaml").read_text()
    with pytest.raises(StudyError, match="must be a new one, got 'tea'"):
        new_study(place, "tea", template="renewal")
    assert (place.raw("tea") / "study.yaml").read_text() == before
    with pytest.raises(ParameterError, match="did you mean 'renewal'"):
        new_study(place, "other", template="renewals")


def test_a_drawn_journey_becomes_a_study_and_its_assumptions(place: Workspace) -> None:
    file = place.root / "wall.mmd"
    file.write_text(DRAWN)
    taken = begin_from(place, "tea", file)
    study = read(place)
    assert study.title == "Our tea"
    names = [t.name for t in study.touchpoints]
    assert names == ["Shelf", "Label : small print", "First cup"]
    drawn = build_map(study, evidence_frame(), as_of="2026-10-31", assumed=assumed_of(study),
                      persona=study.personas[0].id if study.personas else "")  # fmt: skip
    # Mermaid's 4, 2 and 5 are +1, -1 and +2 on the scale of emotions, somebody's word each.
    assert [e.value for _, e in drawn.points] == [1, -1, 2]
    assert {cell.status for cell in drawn.lane("feels").cells} == {"assumed"}
    assert taken.rows >= 3


def test_edits_come_back_as_assumed_and_evidence_stays(place: Workspace) -> None:
    new_study(place, "tea", template="purchase")
    study = read(place)
    before = long_table(build_map(study, evidence_frame(), as_of="2026-10-31"))
    after = before.copy()
    at = after.index[(after["touchpoint_id"] == "payment") & (after["lane"] == "says")][0]
    after.loc[at, "text"] = "=cmd|'/c calc'!A1 is what they say"
    gone = after.index[(after["touchpoint_id"] == "basket") & (after["lane"] == "does")][0]
    file = place.root / "edited.csv"
    after.drop(index=gone).to_csv(file, index=False)
    taken = take_edits(place, study, before, file)
    assert (taken.rows, taken.kept) == (1, 1)
    own = assumed_of(study)
    assert own[["touchpoint", "lane"]].values.tolist() == [["payment", "says"]]
    assert own["text"].tolist() == ["=cmd|'/c calc'!A1 is what they say"]
    raw = pd.read_csv(taken.file, dtype="str", keep_default_na=False)
    assert raw["text"].str.startswith("'=").all()  # no spreadsheet runs it
    assert take_edits(place, study, before, file).rows == 0  # the same edit is taken once
    said = bring_in(place, "tea", file, as_of="2026-10-31")
    assert said.startswith("0 edits taken")
    assert "1 row that the file lacks stay" in said


def test_a_persona_of_another_study_joins_those_that_are_there(place: Workspace) -> None:
    new_study(place, "tea", template="purchase")
    ann = Persona(id="ann", name="Ann: first", goals=["Peace"], match={"plan": "free"})
    bob = Persona(id="bob", name="Bob")
    take_persona(place, read(place), ann)
    take_persona(place, read(place), bob)
    text = (place.raw("tea") / "study.yaml").read_text()
    assert read(place).personas == [ann, bob]
    assert text.startswith("# A purchase, from the wish")  # comments stay
    with pytest.raises(StudyError, match="got 'ann' again"):
        take_persona(place, read(place), ann)
    (place.raw("tea") / "study.yaml").write_text(
        "title: Tea\npersonas: [{id: eve, name: Eve}]\nstages: [{id: a, name: A}]\n"
    )
    with pytest.raises(StudyError, match=r"in brackets \(line 2 of study.yaml\)"):
        take_persona(place, read(place), ann)
    assert [p.id for p in read(place).personas] == ["eve"]
    assert sorted(path.name for path in place.raw("tea").iterdir()) == ["study.yaml"]
