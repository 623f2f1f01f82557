"""An event log on disk holds what it would hold in memory, and refuses what would be refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cjm_lab.errors import SourceError
from cjm_lab.sources import (
    event_log,
    events_reading,
    first_day,
    inventory,
    last_day,
    read_kind,
    read_tables,
    up_to,
)
from cjm_lab.sources.event_log import ROW, EventLog
from cjm_lab.study import Study, load_study

STUDY = """\
title: Shop
time_zone: Europe/Berlin
engine: duckdb
stages: [{id: buy, name: Buy, touchpoints: [{id: visit, name: Visit}, {id: order, name: Order}]}]
sources:
  - {kind: events, file: "*.csv", columns: {customer_id: who}}
  - {kind: events, file: late.parquet}
  - {kind: customers, file: people.txt}
"""
LINES = [
    "17,2026-10-24T10:00,visit,/a,,5,Bonn",
    "jo@example.org,2026-10-25T02:30,visit,/mail/jo%40example.org,,6,",  # an hour that comes twice
    "17,2026-10-24T10:00,order,/a,12.5,7,Köln",
    ' 17 ,2026-10-24T10:00,visit,/a,,,"Bonn,\nRhein"',
    "18,2026-10-26T10:00,lost,,1e3,,030 1234567",
]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows of a parquet file or two to four of a text make a part."""
    monkeypatch.setattr(event_log, "_PART_ROWS", 2)
    monkeypatch.setattr(event_log, "_PART_BYTES", 120)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    (tmp_path / "study.yaml").write_text(STUDY)
    write(tmp_path, LINES)
    (tmp_path / "b.csv").write_text("who,occurred_at,event\n19,2026-11-01T08:00Z,visit\n")
    (tmp_path / "people.txt").write_text("customer_id\n17\n18\n99\n")
    times = pd.to_datetime(["2026-11-02", None, "2026-11-03", "2026-11-04"], utc=True)
    late = pd.DataFrame(
        {
            "customer_id": [21, 22, 23, 24],
            "occurred_at": times.fillna(times[0]).as_unit("ns"),
            "event": ["visit", "order", "visit", "visit"],
            "basket": [None, 3, None, 4],
            "size": [1, 2, 3, 4],
        }
    )
    late.to_parquet(tmp_path / "late.parquet")
    return load_study(tmp_path)


def write(folder: Path, lines: list[str]) -> None:
    text = "who,occurred_at,event,page,value,size,city\n" + "\n".join(lines) + "\n"
    (folder / "a.csv").write_text(text, encoding="utf-8")


def on_disk(study: Study) -> dict[str, Any]:
    tables = read_tables(study, on_disk=True)
    assert isinstance(tables["events"], EventLog)
    return tables


def held(log: EventLog) -> pd.DataFrame:
    table = pd.read_parquet(log.path).sort_values(ROW, ignore_index=True)
    assert table.pop(ROW).tolist() == list(range(len(table)))
    return table


def test_the_log_holds_the_rows_of_the_table_in_their_order(study: Study) -> None:
    table, log = read_kind(study, "events"), on_disk(study)["events"]
    found = held(log)
    assert [*found.columns] == [*table.columns]
    texts = found["city"].fillna("")  # a column that a file lacks is unknown there
    pd.testing.assert_frame_equal(
        found.assign(city=texts), table.assign(city=table["city"].fillna("")), check_dtype=False
    )
    pd.testing.assert_frame_equal(events_reading(log), events_reading(table))


def test_no_personal_data_gets_into_the_file(study: Study) -> None:
    found = held(on_disk(study)["events"])
    assert not found.astype("str").stack().str.contains("example|1234567").any()
    assert found["page"][1] == "/mail/[e-mail]"


def test_what_a_study_says_about_its_sources_is_the_same(study: Study) -> None:
    day = date(2026, 11, 2)
    memory, disk = (up_to(read_tables(study, on_disk=b), study, day) for b in (False, True))
    pd.testing.assert_frame_equal(inventory(disk, study, day), inventory(memory, study, day))
    assert inventory(disk, study, day).set_index("source").loc["events", "matched"] == 2 / 6
    assert (first_day(disk, study), last_day(disk, study)) == (date(2026, 10, 24), day)
    assert last_day(on_disk(study), study) == date(2026, 11, 4)


def test_only_a_few_rows_are_ever_in_memory(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    tidy_table = event_log.tidy_table

    def watched(kind: str, frame: pd.DataFrame, *how: Any) -> pd.DataFrame:
        seen.append(len(frame))
        return tidy_table(kind, frame, *how)

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("the whole log was read")

    monkeypatch.setattr(event_log, "tidy_table", watched)
    for name in ("read_file", "read_events"):
        monkeypatch.setattr(event_log, name, refused)
    write(study.folder, LINES * 4)
    log = on_disk(study)["events"]
    assert len(log) == 25
    assert max(seen) <= 6  # a part, and the first row of its file
    assert seen[-2:] == [2, 3]  # the parquet file


@pytest.mark.parametrize(
    "line",
    [
        "17,26.10.2026,visit,,,,",
        "17,2026-10-24T10:00+02:00,visit,,,,",
        ",2026-10-24T10:00,visit,,,,",
        "17,2026-10-24T10:00,,,,,",
        "17,,visit,,,,",
        "17,2026-10-24T10:00,visit,,much,,",
    ],
)
def test_a_bad_value_is_refused_with_the_same_words(study: Study, line: str) -> None:
    write(study.folder, [*LINES, line])
    with pytest.raises(SourceError) as in_memory:
        read_kind(study, "events")
    with pytest.raises(SourceError) as disk:
        on_disk(study)
    assert str(disk.value) == str(in_memory.value)
    assert "a.csv, data row" in str(disk.value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n \n",
        b"who,occurred_at,event\n",
        b"name,occurred_at,event\n17,2026-10-24,visit\n",
        b'who,occurred_at,event\n17,2026-10-24,"visit\n17,2026-10-24,order\n',
        "who,occurred_at,event\n17,2026-10-24,Käse\n".encode("utf-16"),
        "who,occurred_at,event\n17,2026-10-24,Käse\0\n".encode(),
    ],
)
def test_files_in_another_form_are_read_or_refused_alike(study: Study, data: bytes) -> None:
    (study.folder / "a.csv").write_bytes(data)

    def said(*, disk: bool) -> list[str] | str:
        try:
            table = on_disk(study)["events"] if disk else read_kind(study, "events")
        except SourceError as error:
            return str(error)
        return (held(table) if disk else table)["event"].tolist()

    assert said(disk=True) == said(disk=False)


def test_a_row_of_another_width_is_refused(study: Study) -> None:
    write(study.folder, [*LINES, "17,2026-10-24"])
    with pytest.raises(SourceError, match=r"a\.csv cannot be read as CSV.*Expected 7 columns"):
        on_disk(study)


def test_a_column_of_numbers_that_ends_in_texts_is_masked_all_through(study: Study) -> None:
    phones = [f"{i},2026-10-24T10:00,visit,,,30123456{i},x" for i in range(10, 20)]
    write(study.folder, [*phones, "17,2026-10-24T10:00,visit,,,none,x"])
    found = held(on_disk(study)["events"])["size"].tolist()
    assert found[:11] == [*["[phone]"] * 10, "none"]
    assert found == read_kind(study, "events")["size"].astype("str").tolist()


def test_an_export_of_google_analytics_is_recognized(study: Study) -> None:
    row = {"event_name": "order", "event_timestamp": 1_767_268_800_000_000, "event_params": []}
    rows = [row | {"user_pseudo_id": who} for who in ("a", None)]
    pd.DataFrame(rows).to_json(study.folder / "ga4.jsonl", orient="records", lines=True)
    text = study.path.read_text().replace('"*.csv", columns: {customer_id: who}', "ga4.jsonl")
    study.path.write_text(text)
    log = on_disk(load_study(study.folder))["events"]
    assert held(log)["customer_id"].tolist() == ["a", "21", "22", "23", "24"]
    assert events_reading(log)[["layout", "rows", "left_out"]].to_numpy().tolist() == [
        ["Google Analytics 4", 1, 1],
        ["plain table", 4, 0],
    ]


def test_a_copy_is_the_log_with_more_said(study: Study, tmp_path: Path) -> None:
    log = on_disk(study)["events"]
    log.copy_to(tmp_path / "kept.parquet", {"key": "it's"})
    copy = EventLog.open(tmp_path / "kept.parquet")
    assert copy is not None
    assert copy.attrs == log.attrs | {"key": "it's"}
    pd.testing.assert_frame_equal(held(copy), held(log))
    assert EventLog.open(study.folder / "late.parquet") is None


def test_the_folder_goes_with_the_last_log_in_it(study: Study) -> None:
    log = on_disk(study)["events"]
    cut = log.up_to(pd.Timestamp("2026-10-26", tz="UTC"))
    folder = log.path.parent
    del log
    assert (len(cut), folder.is_dir()) == (4, True)
    del cut
    assert not folder.exists()


def test_a_study_without_events_or_with_the_default_engine_has_a_table(tmp_path: Path) -> None:
    text = STUDY.replace("engine: duckdb", "engine: polars")
    (tmp_path / "study.yaml").write_text(text.partition("sources:")[0])
    assert isinstance(read_tables(load_study(tmp_path), on_disk=True)["events"], pd.DataFrame)
