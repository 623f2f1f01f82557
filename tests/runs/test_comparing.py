"""Two published reports side by side, on the screen, as a page and as a table."""

from __future__ import annotations

import csv
import json
import re
from datetime import date
from pathlib import Path

import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, share
from cjm_lab.export.document import to_json
from cjm_lab.journey.build import build_map
from cjm_lab.ledger import Ledger, evidence, evidence_frame
from cjm_lab.period import period_up_to
from cjm_lab.runs.comparing import compare_reports, comparison_page, write_comparison
from cjm_lab.study import load_study
from cjm_lab.workspace import Workspace, sha256

NBSP = "\u00a0"
STUDY = """
title: Tea & <b>cups</b>
stages:
  - {id: buy, name: Buy, touchpoints: [{id: pay, name: "=Pay"}, {id: cup, name: Cup}]}
key_measures:
  - {measure: conversion, matters: 0.02}
  - {measure: nps, matters: 8}
"""


def ledger(day: date, conversion: int, lost: int, asked: str) -> Ledger:
    """Conversion of 1,000, half by advert at a third of it; lost at the payment; a rating."""
    period = period_up_to(day)
    rating = Estimate(3.0, 2.9, 3.1, n=400, method="t", se=0.05)
    adverts = conversion // 3
    rows = [
        evidence(share(conversion, 1000), lane="base", measure="conversion", period=period),
        evidence(share(adverts, 500), lane="acquisition", measure="channel_conversion",
                 segment="channel=advert", period=period),
        evidence(share(conversion - adverts, 500), lane="acquisition", measure="channel_conversion",
                 segment="channel=search", period=period),
        evidence(share(lost, 400), lane="drop_off", measure="drop_off", touchpoint="pay",
                 period=period),
        evidence(rating, lane="emotion", measure="valence", touchpoint="cup", period=period,
                 basis=[asked]),
    ]  # fmt: skip
    return Ledger(evidence_frame(rows))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Reports of September, of October and a correction of October."""
    place = Workspace(tmp_path)
    home = tmp_path / "data" / "raw" / "tea"
    home.mkdir(parents=True)
    (home / "study.yaml").write_text(STUDY)
    study = load_study(home)
    made = {
        "2026-09-30": ledger(date(2026, 9, 30), 400, 160, "1 to 5"),
        "2026-10-31": ledger(date(2026, 10, 31), 400, 160, "1 to 5"),
        "2026-10-31_r2": ledger(date(2026, 10, 31), 480, 80, "1 to 7"),
    }
    for name, evidence_of in made.items():
        report = place.reports("tea") / name
        report.mkdir(parents=True)
        evidence_of.to_csv(report / "evidence.csv")
        drawn = build_map(study, evidence_of, as_of=name[:10])
        (report / "map.json").write_text(to_json(drawn))
        month = name[:7]
        run = {
            "period": {"start": f"{month}-01", "end": name[:10]},
            "inputs": {"study.yaml": sha256(study.path)},
        }
        (report / "run.json").write_text(json.dumps(run))
    return place


def part(found, name: str) -> list[list[str]]:
    lines = found.lines[found.lines["part"] == name]
    return lines[["what", "then_now", "verdict"]].values.tolist()


def test_key_measures_stand_first_then_what_moved_then_the_rest(workspace: Workspace) -> None:
    found = compare_reports(workspace, "tea", "2026-09-30", "2026-10-31_r2")
    # 480 against 400 of 1,000: Newcombe, .08 [.0366, .1230]
    first, second = part(found, "Key measures")
    assert first == [
        "Conversion",
        f"40{NBSP}% → 48{NBSP}%, +8{NBSP}points [+4,{NBSP}+12]",
        f"better (what matters: ±2{NBSP}points)",
    ]
    assert second == ["Net Promoter Score", "", "not measured"]
    moved = {line[0]: line[2] for line in part(found, "What else moved")}
    assert moved["=Pay: customers who go no further"] == "better"
    (other,) = part(found, "Not comparable")
    assert other[0] == "Cup: satisfaction"
    assert other[2] == "not comparable: it is defined otherwise now"
    # half came by each channel both times, so all of the change is rates
    split = part(found, "Conversion: mix and rates")
    assert [line[1].split(" ")[0] for line in split] == [
        f"+8{NBSP}points", f"0.0{NBSP}points", f"+8{NBSP}points",
    ]  # fmt: skip


def test_the_correction_is_told_from_the_first_report_of_that_day(workspace: Workspace) -> None:
    found = compare_reports(workspace, "tea", "2026-09-30", "2026-10-31")
    assert not part(found, "What else moved")
    assert part(found, "The rest")
    # the same month twice: no two samples
    again = compare_reports(workspace, "tea", "2026-10-31", "2026-10-31_r2")
    assert "31 October 2026, revision 2" in again.notes[0]
    assert part(again, "Key measures")[0][2].startswith("not tested: the periods overlap")


def test_a_study_that_has_changed_since_is_said(workspace: Workspace) -> None:
    days = ("2026-09-30", "2026-10-31")
    assert len(compare_reports(workspace, "tea", *days).notes) == 1
    with (workspace.root / "data" / "raw" / "tea" / "study.yaml").open("a") as file:
        file.write("# a remark\n")
    assert "has changed since" in compare_reports(workspace, "tea", *days).notes[1]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (
            ("2026-10-31", "2026-09-30"),
            "must be the earlier one.*compare tea 2026-09-30 2026-10-31",
        ),
        (("2026-09-30", "2026-09-30"), "must differ"),
        (("2026-09-30", "2026-10-31_r3"), "got '2026-10-31_r3'.*did you mean '2026-10-31_r2'"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    workspace: Workspace, names: tuple[str, str], said: str
) -> None:
    with pytest.raises(ParameterError, match=re.compile(said, re.DOTALL)):
        compare_reports(workspace, "tea", *names)


def test_the_page_stands_alone_and_outside_text_stays_text(
    workspace: Workspace, tmp_path: Path
) -> None:
    found = compare_reports(workspace, "tea", "2026-09-30", "2026-10-31_r2")
    page = comparison_page(found)
    assert "<b>cups</b>" not in page
    assert "Tea &amp; &lt;b&gt;cups&lt;/b&gt;" in page
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)
    assert f"▲ better since September 2026: 40{NBSP}% → 20{NBSP}%" in page
    assert write_comparison(found, tmp_path / "two.HTML").read_text("utf-8") == page


def test_the_table_holds_every_figure_and_no_formula(workspace: Workspace, tmp_path: Path) -> None:
    found = compare_reports(workspace, "tea", "2026-09-30", "2026-10-31_r2")
    with write_comparison(found, tmp_path / "two.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(found.table) == 6
    assert "'=Pay: customers who go no further" in [row["what"] for row in rows]
    assert float(rows[0]["value"]) == pytest.approx(0.08)
    with pytest.raises(ParameterError, match=r"must end in \.html or \.csv, got 'two.txt'"):
        write_comparison(found, tmp_path / "two.txt")
