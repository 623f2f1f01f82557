"""A step: what it opens, what it remembers, what it refuses."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from cjm_lab.errors import ParameterError, StudyError
from cjm_lab.estimate import share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.runs.context import step_parts
from cjm_lab.runs.step import Step, open_step
from cjm_lab.sources.event_log import EventLog

STUDY = """\
title: Tea
stages: [{id: buy, name: Buy, touchpoints: [{id: basket, name: Basket}, {id: order, name: Order}]}]
sources: [{kind: events, file: events.csv}]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "raw" / "tea"
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text(STUDY)
    days = [("ann", "07-20"), ("bob", "08-03"), ("bob", "08-31"), ("eve", "09-10")]
    lines = [f"{who},2026-{day}T12:00,basket" for who, day in days]
    (folder / "events.csv").write_text("customer_id,occurred_at,event\n" + "\n".join(lines) + "\n")
    return folder


def opened(home: Path, **options: object) -> Step:
    return open_step("4_touchpoints", study="tea", workspace=home.parents[2], **options)  # type: ignore[arg-type]


def test_the_day_is_that_of_the_last_record_and_the_period_the_last_full_month(home: Path) -> None:
    step = opened(home)
    assert step.as_of == date(2026, 9, 10)
    assert step.period.label == "August 2026"


def test_records_after_the_day_are_unknown(home: Path) -> None:
    assert len(opened(home, as_of="2026-08-30").table("events")) == 2
    assert len(opened(home, as_of="2026-08-31").table("events")) == 3


def test_an_engine_that_works_on_disk_makes_the_same_ledger(home: Path) -> None:
    in_memory = opened(home, as_of="2026-08-31").table("evidence")
    with (home / "study.yaml").open("a") as file:
        file.write("engine: duckdb\n")
    step = opened(home, as_of="2026-08-31")
    assert isinstance(step.table("events"), EventLog)
    assert len(step.table("events")) == 3
    pd.testing.assert_frame_equal(step.table("evidence"), in_memory)
    assert step.absences() and not any("event log" in sentence for sentence in step.absences())
    again = opened(home, as_of="2026-08-31")  # reads what the first one stored
    assert again.context.tables["events"].path == step.context.processed / "tidy_events.parquet"


def test_records_that_fill_no_month_are_taken_whole(home: Path) -> None:
    step = opened(home, as_of="2026-07-31")
    assert (step.period.kind, step.period.start) == ("all", date(2026, 7, 20))
    assert opened(home, as_of="2026-07-31", period="month").period.label == "July 2026"


def test_a_table_is_made_again_when_a_file_changes_and_only_then(home: Path) -> None:
    first = opened(home).table("journey_rows")
    stored = home.parents[1] / "processed" / "tea" / "2026-09-10" / "journey_rows.parquet"
    before = stored.stat().st_mtime_ns
    pd.testing.assert_frame_equal(opened(home).table("journey_rows"), first)
    assert stored.stat().st_mtime_ns == before
    with (home / "events.csv").open("a") as file:
        file.write("joe,2026-08-05T12:00,order\n")
    again = opened(home).table("journey_rows")
    active = again.loc[again["measure"] == "active_customers", "value"].item()
    assert active == first.loc[first["measure"] == "active_customers", "value"].item() + 1


def test_recording_replaces_only_what_the_step_itself_recorded(home: Path) -> None:
    row = evidence(share(1, 2), lane="reach", measure="reach", touchpoint="basket")
    other = evidence(share(1, 2), lane="reach", measure="reach", touchpoint="order")
    assert opened(home).record(evidence_frame([row, other])) == 2
    step = opened(home)  # the notebook is run again
    assert step.record(evidence_frame([row])) == 1
    assert step.record(evidence_frame([other])) == 2
    with pytest.raises(ParameterError, match="evidence_id must occur once"):
        step.record(evidence_frame([row]))


def test_a_ledger_with_a_missing_part_is_not_published(home: Path) -> None:
    step = opened(home)
    step.record(step.rows())
    with pytest.raises(StudyError, match="step 1_goals recorded nothing"):
        step_parts(step.context.processed, step.context.key)


def test_what_a_missing_source_means_is_said(home: Path) -> None:
    said = opened(home).absences()
    assert "This study has no survey: no satisfaction and no emotion curve." in said
    assert not any("event log" in sentence for sentence in said)


def test_rows_follow_the_journey(home: Path) -> None:
    reach = opened(home).rows("reach")
    assert reach["touchpoint"].tolist() == ["basket", "order"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"period": "week"}, "period must be one of"),
        ({"as_of": "soon"}, "as_of must be a day like 2026-09-30, got 'soon'"),
    ],
)
def test_bad_parameters_are_refused(home: Path, options: dict[str, str], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        opened(home, **options)


def test_unknown_steps_and_tables_are_named_with_the_nearest(home: Path) -> None:
    with pytest.raises(ParameterError, match="did you mean '4_touchpoints'"):
        open_step("4_touchpoint", study="tea", workspace=home.parents[2])
    with pytest.raises(ParameterError, match="did you mean 'journey_rows'"):
        opened(home).table("journey_row")


def test_a_study_without_dates_needs_a_day(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "raw" / "tea"
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text(
        STUDY.replace("sources: [{kind: events, file: events.csv}]", "")
    )
    with pytest.raises(ParameterError, match="no source of it has dates"):
        _ = open_step("1_goals", study="tea", workspace=tmp_path).as_of
