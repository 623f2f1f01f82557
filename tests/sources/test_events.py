"""Events from every kind of source: the same rows become the same table, or stay where they are."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from cjm_lab.errors import ParameterError, SourceError
from cjm_lab.sources import events_reading, read_events
from cjm_lab.sources.schemas import empty_table

COLUMNS = {"customer_id": "who", "occurred_at": "when"}

needs_java = pytest.mark.skipif(
    shutil.which("java") is None and "JAVA_HOME" not in os.environ,
    reason="Spark runs on Java, which this machine lacks",
)


@pytest.fixture
def raw() -> pd.DataFrame:
    """Two people; one is known by an e-mail address, and one page holds one."""
    return pd.DataFrame(
        {
            "who": ["jo@example.org", "17", "jo@example.org"],
            "when": pd.to_datetime(
                ["2026-07-01 10:00", "2026-07-01 12:00", "2026-12-01 10:00"], utc=True
            ).as_unit("us"),
            "event": ["visit", "order", "visit"],
            "page": ["/a", "/mail/jo%40example.org", "/a"],
            "value": [None, 12.5, None],
            "city": ["Bonn", "Köln", ""],
        }
    )


def source_of(kind: str, raw: pd.DataFrame, folder: Path) -> Any:
    table = pl.from_pandas(raw)
    path = folder / f"e.{kind}"
    if kind == "csv":
        table.with_columns(pl.col("when").dt.to_string("iso")).write_csv(path)
    elif kind == "jsonl":
        table.with_columns(pl.col("when").dt.to_string("iso")).write_ndjson(path)
    elif kind == "parquet":
        table.write_parquet(path)
    else:
        kinds = {"pandas": raw, "polars": table, "lazy": table.lazy(), "arrow": table.to_arrow()}
        return kinds[kind]
    return path


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "pandas", "polars", "lazy", "arrow"])
def test_the_same_rows_are_the_same_table_wherever_they_come_from(
    kind: str, raw: pd.DataFrame, tmp_path: Path
) -> None:
    table = read_events(source_of(kind, raw, tmp_path), columns=COLUMNS)
    assert list(table.columns) == [*empty_table("events").columns, "city"]
    assert table["occurred_at"].dt.hour.tolist() == [10, 12, 10]
    assert str(table["occurred_at"].dtype) == "datetime64[us, UTC]"
    assert table["customer_id"][0] == table["customer_id"][2]
    assert table["customer_id"][0].startswith("id-")
    assert table["customer_id"][1] == "17"
    assert table["page"][1] == "/mail/[e-mail]"
    assert table["value"].isna().tolist() == [True, False, True]
    assert table["city"].tolist() == ["Bonn", "Köln", ""]
    dtypes = empty_table("events").dtypes
    assert table.dtypes[dtypes.index].tolist() == dtypes.tolist()


def test_what_is_handed_in_stays_as_it_is_and_its_index_says_nothing(raw: pd.DataFrame) -> None:
    odd = raw.set_index(pd.Index([7, 7, 7]))
    before = odd.copy()
    pd.testing.assert_frame_equal(
        read_events(odd, columns=COLUMNS), read_events(raw, columns=COLUMNS)
    )
    pd.testing.assert_frame_equal(odd, before)
    with pytest.raises(SourceError, match=r"\(events, data row 3\)"):
        read_events(odd.assign(when=["2026-07-01", "2026-07-01", "soon"]), columns=COLUMNS)


def test_times_of_a_frame_without_a_zone_are_the_studys_own(raw: pd.DataFrame) -> None:
    naive = raw.assign(when=raw["when"].dt.tz_localize(None))
    for frame in (naive, pl.from_pandas(naive)):
        times = read_events(frame, columns=COLUMNS, time_zone="Europe/Berlin")["occurred_at"]
        assert times.dt.hour.tolist() == [8, 10, 9]  # summer and winter time
    zoned = raw.assign(when=raw["when"].dt.tz_convert("Asia/Tokyo"))
    table = read_events(pl.from_pandas(zoned), columns=COLUMNS, time_zone="Europe/Berlin")
    assert table["occurred_at"].dt.hour.tolist() == [10, 12, 10]


def test_long_numbers_beside_blanks_keep_their_digits(raw: pd.DataFrame) -> None:
    number = 9_007_199_254_740_993  # 2^53 + 1: no float holds it
    frame = pl.from_pandas(raw).with_columns(session_id=pl.Series([number, None, number + 1]))
    sessions = read_events(frame, columns=COLUMNS)["session_id"].tolist()
    assert sessions == ["9007199254740993", "", "9007199254740994"]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_no_rows_are_an_empty_table(make: Any) -> None:
    nothing = {"customer_id": [], "occurred_at": [], "event": []}
    frame = pa.table(nothing) if make is pa.table else make(nothing)
    table = read_events(frame)
    assert table.empty
    assert table.dtypes.tolist() == empty_table("events").dtypes.tolist()


@pytest.mark.parametrize("kind", ["pandas", "polars", "lazy", "arrow"])
def test_errors_of_a_frame_say_the_row(kind: str, raw: pd.DataFrame, tmp_path: Path) -> None:
    wrong = raw.assign(when=["2026-07-01", "1.7.2026", "2026-07-01"])
    said = r"occurred_at must be a date, got '1.7.2026' \(events, data row 2\)"
    with pytest.raises(SourceError, match=said):
        read_events(source_of(kind, wrong, tmp_path), columns=COLUMNS)
    blank = raw.assign(event=["visit", None, "visit"])
    with pytest.raises(SourceError, match=r"event must not be blank.*\(events, data row 2\)"):
        read_events(source_of(kind, blank, tmp_path), columns=COLUMNS)
    with pytest.raises(SourceError, match="events must have the column 'customer_id', it has"):
        read_events(source_of(kind, raw, tmp_path))
    with pytest.raises(SourceError, match="events must have the column 'whom'"):
        read_events(source_of(kind, raw, tmp_path), columns=COLUMNS | {"channel": "whom"})


@pytest.mark.parametrize(
    "source",
    [None, 7, {"customer_id": ["1"]}, [1], np.zeros(3), pd.Series([1]), pl.Series([1])],
)
def test_what_is_no_table_is_refused(source: Any) -> None:
    with pytest.raises(SourceError, match="events must be the path of a file or a pandas, Polars"):
        read_events(source)


def test_columns_of_one_name_are_told_apart() -> None:
    frame = pd.DataFrame([["1", "2026-07-01", "a", "b"]])
    frame.columns = ["customer_id", "occurred_at", "event", "event"]
    with pytest.raises(SourceError, match=r"it has .*'event \(1\)', 'event \(2\)'"):
        read_events(frame)
    assert read_events(frame, columns={"event": "event (2)"})["event"].tolist() == ["b"]


def test_a_layout_that_is_none_is_refused(raw: pd.DataFrame) -> None:
    with pytest.raises(ParameterError, match=r"layout must be one of .* got 'ga3'.*'ga4'"):
        read_events(raw, layout="ga3")


def test_a_relation_stays_in_duckdb_under_tidy_names(raw: pd.DataFrame) -> None:
    relation = duckdb.connect().from_arrow(pa.Table.from_pandas(raw.assign(customer_id="other")))
    events = read_events(relation, columns=COLUMNS)
    assert isinstance(events, duckdb.DuckDBPyRelation)
    assert sorted(events.columns) == [
        "city", "customer_id", "event", "occurred_at", "page", "value",
    ]  # fmt: skip
    # Personal data stays where it is; the column that went by the tidy name before is gone.
    found = [row[0] for row in events.project("customer_id").fetchall()]
    assert found == raw["who"].tolist()


def test_a_relation_is_only_renamed(raw: pd.DataFrame) -> None:
    relation = duckdb.connect().from_arrow(pa.Table.from_pandas(raw))
    with pytest.raises(SourceError, match="events must have the column 'customer_id'"):
        read_events(relation)
    for how in ({"dates": "%d.%m.%Y"}, {"time_zone": "Europe/Berlin"}, {"layout": "ga4"}):
        with pytest.raises(ParameterError, match="convert its columns there first"):
            read_events(relation, columns=COLUMNS, **how)


def test_a_relation_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "e.parquet"
    pl.DataFrame({"customer_id": ["1"], "occurred_at": [None], "event": ["a"]}).write_parquet(file)
    events = read_events(duckdb.connect().read_parquet(str(file)))
    file.unlink()
    with pytest.raises(duckdb.Error):
        events.fetchall()


@needs_java
def test_a_spark_frame_stays_in_spark_under_tidy_names(raw: pd.DataFrame) -> None:
    session_of = pytest.importorskip("pyspark.sql", reason="the extra spark is not installed")
    build = session_of.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    quick = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.codegen.wholeStage": "false",  # compiling takes longer than three rows
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    }
    for name, value in quick.items():
        build = build.config(name, value)
    session = build.getOrCreate()
    try:
        frame = session.createDataFrame(pa.Table.from_pandas(raw))
        events = read_events(frame, columns=COLUMNS)
        assert isinstance(events, type(frame))
        assert events.columns == ["customer_id", "occurred_at", "event", "page", "value", "city"]
        with pytest.raises(SourceError, match="events must have the column 'customer_id'"):
            read_events(frame)
    finally:
        session.stop()


def test_how_each_file_was_read_is_kept_with_the_table(tmp_path: Path) -> None:
    head = "customer_id,event,occurred_at\n"
    (tmp_path / "m-1.csv").write_text(f"{head}1,a,2026-07-01\n2,a,2026-07-01\n")
    (tmp_path / "m-2.csv").write_text(f"{head}1,b,2026-08-01\n")
    table = read_events("m-*.csv", folder=tmp_path)
    reading = events_reading(table)
    assert reading[["file", "layout", "rows", "left_out"]].to_numpy().tolist() == [
        ["m-1.csv", "plain table", 2, 0],
        ["m-2.csv", "plain table", 1, 0],
    ]
    table.to_parquet(tmp_path / "t.parquet")
    stored = pd.read_parquet(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(events_reading(stored), reading)
    with pytest.raises(ParameterError, match="without what was read"):
        events_reading(pd.DataFrame(stored.to_dict("list")))
