"""The dashboard is made from the archive alone and says no more than its reports do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from math import nan
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from cjm_lab.estimate import Estimate, share
from cjm_lab.ledger import Ledger, evidence, evidence_frame
from cjm_lab.period import period_up_to
from cjm_lab.planning import Review
from cjm_lab.runs.archive import dashboard
from cjm_lab.runs.pages import dashboard_page
from cjm_lab.runs.pages.board import Chart, Mark, Point
from cjm_lab.runs.pages.parts import Link
from cjm_lab.runs.pages.trend_svg import Span, chart_svg
from cjm_lab.runs.publish import write_indexes
from cjm_lab.runs.review import read_review, review_record, write_review
from cjm_lab.sources.schemas import empty_table
from cjm_lab.study import Study
from cjm_lab.workspace import Workspace

STUDY = Study.model_validate({
    "title": "Tea", "time_zone": "Europe/Berlin",
    "goal": {"objective": {"measure": "conversion", "target": 0.5, "by": "2027-03-31"}},
    "key_measures": [{"measure": "conversion", "matters": 0.02},
                     {"measure": "drop_off", "touchpoint": "pay", "matters": 0.05}],
    "stages": [{"id": "buy", "name": "Buy", "touchpoints": [{"id": "pay", "name": "Payment"}]}],
})  # fmt: skip
HOSTILE = '<img src=x onerror="alert(1)"><script>alert(1)</script>'
NBSP = "\u00a0"


def converted(day: str, count: int, rule: str = "") -> dict[str, Any]:
    return evidence(share(count, 1000), lane="base", measure="conversion", source="events",
                    period=period_up_to(date.fromisoformat(day)), basis=(rule,))  # fmt: skip


def actions(*rows: tuple[str, str, str, int]) -> pd.DataFrame:
    names = ["opportunity", "owner", "progress", "days_overdue"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(moves="NPS", figure="", due=date(2026, 10, 15))


class Archive:
    """Reports written by hand into a workspace that has no data/raw at all."""

    def __init__(self, root: Path) -> None:
        self.workspace = Workspace(root)

    def add(
        self,
        name: str,
        *rows: dict[str, Any],
        todo: pd.DataFrame | None = None,
        calendar: list[tuple[str, str]] | None = None,
        kept: bool = True,
        study: Study = STUDY,
    ) -> Path:
        folder = self.workspace.reports("tea") / name
        folder.mkdir(parents=True)
        Ledger(evidence_frame(rows)).to_csv(folder / "evidence.csv")
        record = {"title": study.title, "as_of": name[:10], "lead": f"Lead of {name}."}
        (folder / "run.json").write_text(json.dumps(record), "utf-8")
        (folder / "index.html").write_text("front", "utf-8")
        if kept:
            marks = pd.DataFrame(calendar or [], columns=["date", "what"])
            marks["date"] = pd.to_datetime(marks["date"], utc=True, format="ISO8601")
            review = Review(date(2026, 11, 30), "the study asks for one every month")
            todo = actions() if todo is None else todo
            write_review(review_record(study, todo, marks, review), folder)
        return folder

    def page(self) -> BeautifulSoup:
        write_indexes(self.workspace, "tea")
        html = (self.workspace.reports("tea") / "index.html").read_text("utf-8")
        return BeautifulSoup(html, "html.parser")


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path)


def test_a_key_measure_has_a_point_of_each_day_and_a_line_between_alike_ones(
    archive: Archive,
) -> None:
    archive.add("2026-08-31", converted("2026-08-31", 300))
    archive.add("2026-09-30", converted("2026-09-30", 320))
    archive.add("2026-10-31", converted("2026-10-31", 410, rule="other"))
    board = dashboard(archive.workspace, "tea")
    conversion, payment = board.charts
    assert [point.value for point in conversion.points] == pytest.approx([30, 32, 41])
    assert [point.joined for point in conversion.points] == [False, True, False]
    assert payment.points == ()
    page = archive.page()
    assert len(page.select(".chart svg")) == 1
    assert len(page.select("svg circle")) == 3
    assert len(page.select("svg polyline")) == 1
    assert len(page.select("svg circle.hollow")) == 1  # defined otherwise than the one before
    assert "No evidence yet: no report has measured it." in page.get_text()


def test_a_report_without_the_figure_breaks_the_line_and_not_the_definition(
    archive: Archive,
) -> None:
    archive.add("2026-08-31", converted("2026-08-31", 300))
    archive.add("2026-09-30")
    archive.add("2026-10-31", converted("2026-10-31", 310))
    points = dashboard(archive.workspace, "tea").charts[0].points
    assert [(point.comparable, point.joined) for point in points][1] == (True, False)


def test_of_each_day_the_last_revision_counts(archive: Archive) -> None:
    archive.add("2026-10-31", converted("2026-10-31", 300))
    archive.add("2026-10-31_r2", converted("2026-10-31", 350))
    board = dashboard(archive.workspace, "tea")
    (point,) = board.charts[0].points
    assert point.value == pytest.approx(35)
    assert point.report.href == "2026-10-31_r2/index.html"
    assert [report.text for report in board.reports] == [
        "31 October 2026, revision 2", "31 October 2026"]  # fmt: skip


def test_one_report_is_a_point_without_a_line(archive: Archive) -> None:
    archive.add("2026-10-31", converted("2026-10-31", 300))
    page = archive.page()
    assert (len(page.select("svg circle")), page.select("svg polyline")) == (1, [])
    assert "one report only, no trend" in str(page.select_one("svg")["aria-label"])


def test_target_and_good_direction_are_said_where_they_belong(archive: Archive) -> None:
    lost = evidence(share(40, 100), lane="drop_off", measure="drop_off", touchpoint="pay",
                    stage="buy", period=period_up_to(date(2026, 10, 31)))  # fmt: skip
    archive.add("2026-10-31", converted("2026-10-31", 300), lost)
    conversion, payment = dashboard(archive.workspace, "tea").charts
    assert (conversion.target, conversion.good) == (50, "higher is better")
    assert conversion.target_words == f"target 50{NBSP}% by 31 March 2027"
    assert (payment.target, payment.good) == (None, "lower is better")
    assert len(archive.page().select("svg line.target")) == 1


def test_the_calendar_is_marked_within_the_days_that_the_charts_show(archive: Archive) -> None:
    days = [("2026-07-05", "Long ago"), ("2026-09-30T22:30", "Release"), ("2026-10-09", "Outage")]
    archive.add("2026-10-31", converted("2026-10-31", 300), calendar=days)
    board = dashboard(archive.workspace, "tea")
    # half past ten in the evening of 30 September in UTC is 1 October in Berlin
    assert [(m.number, m.day.isoformat(), m.what) for m in board.marks] == [
        (1, "2026-10-01", "Release"), (2, "2026-10-09", "Outage")]  # fmt: skip
    assert board.earlier == 1
    page = archive.page()
    assert len(page.select("svg line.mark")) == 2
    assert "Release" in page.select_one(".key").get_text()


def test_actions_stand_as_the_last_report_has_them(archive: Archive) -> None:
    archive.add("2026-09-30", todo=actions(("Old", "Shop", "open", 0)))
    archive.add("2026-10-31", todo=actions(
        ("Chat", "Service", "doing", 16), ("Form", "Shop", "open", 0), ("Text", "", "done", 0),
        ("Gone", "Shop", "dropped", 0)))  # fmt: skip
    board = dashboard(archive.workspace, "tea")
    assert board.counts == (("overdue", 1), ("open", 1), ("doing", 0), ("done", 1))
    assert [(row.what, row.state, row.late) for row in board.actions] == [
        ("Chat", "doing, 16 days overdue", True), ("Form", "open", False)]  # fmt: skip
    assert board.closed == ("Text",)
    text = archive.page().get_text(" ", strip=True)
    assert "16 days overdue" in text
    assert "Old" not in text


def test_health_is_that_of_all_reports_and_mistakes_those_of_the_last(archive: Archive) -> None:
    def health(known: int, mistake: str) -> list[dict[str, Any]]:
        cells = Estimate(known / 10, nan, nan, n=10, method="count of cells")
        one = Estimate(1, nan, nan, n=1, method="count")
        return [evidence(cells, lane="health", measure="cells_with_evidence"),
                evidence(one, lane="health", measure="mistake", item="m", label=mistake,
                         note="Repair it.")]  # fmt: skip

    archive.add("2026-09-30", *health(6, "Too old."))
    archive.add("2026-10-31", *health(8, "One source."))
    board = dashboard(archive.workspace, "tea")
    assert board.health is not None
    assert [point.value for point in board.health.points] == pytest.approx([60, 80])
    assert [(check.what, check.remedy) for check in board.checks] == [("One source.", "Repair it.")]


def test_reports_from_before_there_was_a_review_still_have_their_place(archive: Archive) -> None:
    archive.add("2026-09-30", converted("2026-09-30", 300), kept=False)
    board = dashboard(archive.workspace, "tea")
    assert [chart.name for chart in board.charts] == ["Conversion"]  # what is about the whole
    assert (board.counts, board.marks, board.review) == ((), (), "")
    assert "before reports kept their actions" in archive.page().get_text()
    archive.add("2026-10-31", converted("2026-10-31", 320))
    values = [point.value for point in dashboard(archive.workspace, "tea").charts[0].points]
    assert values == pytest.approx([30, 32])


def test_evidence_of_another_form_is_left_out_and_said(archive: Archive) -> None:
    folder = archive.add("2026-09-30", converted("2026-09-30", 300))
    (folder / "evidence.csv").write_text("figure,number\nnps,3\n", "utf-8")
    archive.add("2026-10-31", converted("2026-10-31", 320))
    board = dashboard(archive.workspace, "tea")
    assert len(board.charts[0].points) == 1
    assert "30 September 2026" in board.notes[0]
    assert len(board.reports) == 2


def test_without_data_raw_and_on_any_day_the_same_archive_gives_the_same_bytes(
    archive: Archive,
) -> None:
    for month, count in (("2026-09-30", 300), ("2026-10-31", 320)):
        archive.add(month, converted(month, count), calendar=[("2026-09-09", "Release")])
    assert not (archive.workspace.root / "data").exists()
    index = archive.workspace.reports("tea") / "index.html"
    archive.page()
    first = index.read_bytes()
    archive.page()
    assert index.read_bytes() == first


def test_words_from_outside_are_shown_never_run(archive: Archive) -> None:
    study = STUDY.model_copy(update={"title": HOSTILE})
    stage = study.stages[0]
    places = [stage.touchpoints[0].model_copy(update={"name": HOSTILE})]
    study = study.model_copy(update={"stages": [stage.model_copy(update={"touchpoints": places})]})
    lost = evidence(share(40, 100), lane="drop_off", measure="drop_off", touchpoint="pay",
                    stage="buy", period=period_up_to(date(2026, 10, 31)))  # fmt: skip
    todo = actions((HOSTILE, HOSTILE, "open", 3), (HOSTILE, "", "done", 0))
    archive.add("2026-10-31", lost, todo=todo.assign(figure=HOSTILE, moves=HOSTILE),
                calendar=[("2026-10-09", HOSTILE)], study=study)  # fmt: skip
    page = archive.page()
    assert page("img") == [] and page("script") == []
    assert page.get_text().count(HOSTILE) >= 8
    assert HOSTILE in str(page.select_one("svg")["aria-label"])
    assert not [tag for tag in page.select("*") if any(a.startswith("on") for a in tag.attrs)]


def test_the_page_asks_nobody_and_has_a_table_for_every_picture(archive: Archive) -> None:
    archive.add("2026-09-30", converted("2026-09-30", 300))
    archive.add("2026-10-31", converted("2026-10-31", 320))
    page = archive.page()
    html = str(page)
    assert "default-src 'none'" in html and "url(" not in html
    assert not re.search(r"(src|href)=\"(https?:|//)", html)
    rows = [[cell.get_text(" ", strip=True).replace(NBSP, " ") for cell in row("td")]
            for row in page.select("details tbody tr")]  # fmt: skip
    # Wilson's intervals of 300 and of 320 of 1,000 are [.2724, .3291] and [.2918, .3496]
    assert [row[:4] for row in rows] == [
        ["30 September 2026", "September 2026", "30 % [27, 33]", "n 1,000"],
        ["31 October 2026", "October 2026", "32 % [29, 35]", "n 1,000"],
    ]
    assert all(svg.get("role") == "img" and svg["aria-label"] for svg in page("svg"))


def test_the_review_of_a_study_without_key_measures_keeps_its_objective() -> None:
    bare = STUDY.model_copy(update={"key_measures": []})
    calendar = empty_table("calendar")
    record = review_record(bare, actions(), calendar, Review(date(2026, 11, 30), "why"))
    (key,) = record["key_measures"]
    assert (key["measure"], key["target"], key["good"]) == ("conversion", 0.5, 1)
    assert record["calendar"] == record["actions"] == []


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    assert read_review(tmp_path) is None
    todo = actions(("Grüße =1+1", "Shop", "open", 0)).assign(due=[None])
    record = review_record(STUDY, todo, empty_table("calendar"), Review(date(2026, 11, 30), "why"))
    write_review(record, tmp_path)
    found = read_review(tmp_path)
    assert found == record
    assert found["actions"][0]["due"] == ""


Y = re.compile(r'<circle class="dot" cx="([\d.]+)" cy="([\d.]+)"')


@pytest.fixture
def picture() -> Callable[..., str]:
    def draw(*values: float, target: float | None = None, marks: tuple[Mark, ...] = ()) -> str:
        days = [date(2026, month, 1) for month in range(1, len(values) + 1)]
        link = Link("a report", "index.html")
        points = tuple(
            Point(
                day, day.replace(day=28), value, value - 1, value + 1, f"{value}", "n 9", "", link
            )
            for day, value in zip(days, values, strict=True)
        )
        chart = Chart("Score", points, target=target)
        return chart_svg(chart, Span(days[0], days[-1].replace(day=28)), marks)

    return draw


def test_higher_values_stand_higher_and_later_days_further_right(
    picture: Callable[..., str],
) -> None:
    places = [(float(x), float(y)) for x, y in Y.findall(picture(1, 2, 4))]
    (x1, y1), (x2, y2), (x3, y3) = places
    assert x1 < x2 < x3
    assert y1 > y2 > y3
    assert (y2 - y3) / (y1 - y2) == pytest.approx(2, abs=0.02)  # a scale that is linear


def test_target_and_interval_lie_within_the_picture(picture: Callable[..., str]) -> None:
    svg = picture(1, 2, target=40)
    heights = [float(y) for y in re.findall(r'y[12]?="([\d.]+)"', svg)]
    assert min(heights) >= 0 and max(heights) <= 190


def test_marks_too_close_to_tell_apart_keep_their_line_and_lose_their_number(
    picture: Callable[..., str],
) -> None:
    marks = tuple(Mark(i, date(2026, 1, 10), "", "x") for i in range(1, 6))
    svg = picture(1, 2, marks=marks)
    assert svg.count('class="mark"') == 5
    assert svg.count('class="number"') == 2


def test_an_empty_board_is_a_page(archive: Archive) -> None:
    archive.add("2026-10-31", kept=False)
    html = dashboard_page(dashboard(archive.workspace, "tea"))
    assert "no report has a figure about the whole journey" in html
