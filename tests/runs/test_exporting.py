"""The map of a report in other forms: as published, of a persona, as it is meant to be."""

from __future__ import annotations

import os
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

from cjm_lab.errors import ParameterError, StudyError
from cjm_lab.estimate import share
from cjm_lab.export.document import from_json, to_json
from cjm_lab.journey import build_map
from cjm_lab.ledger import Ledger, evidence, evidence_frame
from cjm_lab.personas import load_persona
from cjm_lab.runs.exporting import FORMATS, export_study, map_of, report_of
from cjm_lab.study import load_study
from cjm_lab.workspace import Workspace

STUDY = """\
title: Tea
personas: [{id: new, name: Newcomer, match: {plan: free}}]
stages: [{id: buy, name: Buy, touchpoints: [{id: shop, name: Shop}, {id: till, name: Till}]}]
"""
MAP = """\
stage,touchpoint,persona,lane,state,text
,till,,does,,Pays in coins
,till,,does,to-be,Pays with a look
"""


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    folder = tmp_path / "data" / "raw" / "tea"
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text(STUDY)
    (folder / "map.csv").write_text(MAP)
    return Workspace(tmp_path)


def publish(place: Workspace, name: str, reached: int) -> None:
    report = place.reports("tea") / name
    report.mkdir(parents=True)
    rows = [
        evidence(share(reached, 10), lane="reach", measure="reach", stage="buy", touchpoint="till",
                 persona=persona)
        for persona in ("", "new")
    ]  # fmt: skip
    ledger = Ledger(evidence_frame(rows))
    ledger.to_csv(report / "evidence.csv")
    study = load_study(place.raw("tea"))
    drawn = build_map(study, ledger, as_of=name[:10], version="7")
    (report / "map.json").write_text(to_json(drawn))


def test_the_last_report_is_exported_as_it_was_published(place: Workspace) -> None:
    publish(place, "2026-09-30", 4)
    publish(place, "2026-10-31", 5)
    publish(place, "2026-09-30_r2", 6)
    assert report_of(place, "tea").name == "2026-10-31"
    drawn = map_of(place, "tea")
    assert (drawn.version, drawn.lane("reach").cells[1].items[0].estimate.value) == ("7", 0.5)
    revised = map_of(place, "tea", as_of="2026-09-30")
    assert revised.lane("reach").cells[1].items[0].estimate.value == 0.6
    with pytest.raises(ParameterError, match="--as-of must be one of"):
        map_of(place, "tea", as_of="2026-08-31")


def test_a_study_without_reports_shows_what_is_assumed(place: Workspace) -> None:
    with pytest.raises(StudyError, match="run it, or give the day"):
        map_of(place, "tea")
    drawn = map_of(place, "tea", as_of="2026-10-31")
    assert drawn.lane("does").cells[1].text == "Pays in coins"
    assert drawn.lane("reach").cells[1].status == "none"


def test_a_persona_or_the_journey_to_be_is_drawn_from_the_reports_evidence(
    place: Workspace,
) -> None:
    publish(place, "2026-10-31", 5)
    persona = map_of(place, "tea", persona="new")
    assert persona.persona_name == "Newcomer"
    assert persona.lane("reach").cells[1].items[0].estimate.value == 0.5
    planned = map_of(place, "tea", state="to-be")
    texts = [item.text for item in planned.lane("does").cells[1].items]
    assert "Pays with a look" in texts
    assert "Pays in coins" not in texts
    assert [stage.name for stage in map_of(place, "tea", view="canvas").stages]


@pytest.mark.parametrize("to", sorted(FORMATS.keys() - {"pdf"}))
def test_every_form_makes_a_file_and_overwrites_none(
    place: Workspace, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(place, "2026-10-31", 5)
    monkeypatch.chdir(place.root)
    path = export_study(place, "tea", to)
    assert path.name == f"tea_2026-10-31{FORMATS[to]}"
    content = path.read_bytes()
    assert content
    with pytest.raises(ParameterError, match=r"must name a new file, got 'tea_2026-10-31"):
        export_study(place, "tea", to)
    assert path.read_bytes() == content
    assert {p.name for p in place.root.iterdir()} == {"data", "reports", path.name}


def test_what_nobody_knows_is_refused(place: Workspace) -> None:
    publish(place, "2026-10-31", 5)
    for arguments, said in (
        ({"to": "jsn"}, "--to must be one of"),
        ({"to": "json", "view": "canvass"}, "--view must be one of"),
        ({"to": "persona", "persona": "nwe"}, "--persona must be one of"),
    ):
        with pytest.raises(ParameterError, match=said):
            export_study(place, "tea", output=place.root / "out", **arguments)
    assert not (place.root / "out").exists()


def test_a_persona_is_written_to_be_carried_over(place: Workspace) -> None:
    path = export_study(place, "tea", "persona", persona="new", output=place.root / "new.yaml")
    assert load_persona(path.read_text()) == load_study(place.raw("tea")).personas[0]


def test_the_protocol_is_made_of_the_study_and_the_last_report(
    place: Workspace, tmp_path: Path
) -> None:
    path = export_study(place, "tea", "protocol", as_of="2026-09-30", output=tmp_path / "p.html")
    assert "Customers' times up to 30 September 2026" in unescape(path.read_text("utf-8"))
    publish(place, "2026-10-31", 5)
    path = export_study(place, "tea", "protocol", output=tmp_path / "q.html")
    assert "up to 31 October 2026" in path.read_text("utf-8")
    with pytest.raises(ParameterError, match="must name a new file"):
        export_study(place, "tea", "protocol", output=path)


def test_the_published_json_reads_back(place: Workspace) -> None:
    publish(place, "2026-10-31", 5)
    path = export_study(place, "tea", "json", output=place.root / "map.json")
    assert to_json(from_json(path.read_text())) == path.read_text()


def test_the_pdf_is_the_map_on_a3_and_no_page_without_it(place: Workspace) -> None:
    reason = "needs Chromium and poppler's pdftotext"
    if not (shutil.which("chromium") and shutil.which("pdftotext")):
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    publish(place, "2026-10-31", 5)
    path = export_study(place, "tea", "pdf", output=place.root / "map.pdf")
    text = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True)
    pages = text.stdout.split("\f")[:-1]
    assert len(pages) == 1
    assert "Till" in pages[0]
    told = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True).stdout
    size = next(line for line in told.splitlines() if line.startswith("Page size"))
    wide, high = (float(part) for part in size.split()[2:5:2])
    assert (round(wide / 72 * 25.4), round(high / 72 * 25.4)) == (420, 297)
