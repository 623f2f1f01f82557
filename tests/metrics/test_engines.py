"""The same log gives the same stream and the same figures in Polars, DuckDB and Spark."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from cjm_lab.errors import ParameterError, SourceError
from cjm_lab.metrics import (
    acquisition,
    attribution,
    churn_risk,
    dead_ends,
    drop_off,
    drop_off_reasons,
    exit_share,
    funnel,
    journey_stream,
    planned_against_actual,
    reach,
    removal_effects,
    retention,
    rework,
    sessions,
    stage_share,
    step_matrix,
    stickiness,
    time_to_convert,
    transitions,
    typical_journey,
    usage,
)
from cjm_lab.metrics.evidence import journey_evidence
from cjm_lab.metrics.sql_door import COLUMNS
from cjm_lab.metrics.stream import JourneyStream
from cjm_lab.period import period_up_to
from cjm_lab.runs import recipes
from cjm_lab.sources import read_kind, read_tables
from cjm_lab.study import Study

needs_java = pytest.mark.skipif(
    shutil.which("java") is None and "JAVA_HOME" not in os.environ,
    reason="Spark runs on Java, which this machine lacks",
)
ENGINES = ["duckdb", pytest.param("spark", marks=needs_java)]


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    session_of = pytest.importorskip("pyspark.sql", reason="the extra spark is not installed")
    session = (
        session_of.SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.default.parallelism", "1")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.sql.codegen.wholeStage", "false")  # compiling takes longer than 600 rows
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.sql.session.timeZone", "America/New_York")  # days must not follow it
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture
def opened(request: pytest.FixtureRequest) -> Any:
    """`opened(engine, events, **how)`: the stream of a log whose rows have no order."""

    def make(engine: str, events: pd.DataFrame, **how: Any) -> JourneyStream:
        table = pa.Table.from_pandas(events, preserve_index=False)
        if engine == "polars":
            return journey_stream(pl.from_arrow(table), **how)
        if engine == "duckdb":
            return journey_stream(duckdb.connect().from_arrow(table), **how)
        frame = request.getfixturevalue("spark").createDataFrame(table)
        return journey_stream(frame, **how)

    return make


def made_up(rows: int = 600, people: int = 40, seed: int = 5) -> pd.DataFrame:
    """A log with ties, blanks, unknown values and a clock change, ordered as SQL orders ties."""
    random = np.random.default_rng(seed)
    start = pd.Timestamp("2026-10-20", tz="UTC")
    minutes = random.integers(0, 60 * 24 * 12, rows) // 7 * 7
    log = pd.DataFrame(
        {
            "customer_id": [f"k{i:03}" for i in random.integers(0, people, rows)],
            "occurred_at": (start + pd.to_timedelta(minutes, unit="min")).as_unit("us"),
            "event": random.choice(["visit", "put", "take", "order", "lost"], rows),
            "channel": random.choice(["ad", "mail", ""], rows),
            "device": random.choice(["phone", "desk"], rows),
            "value": np.where(random.random(rows) < 0.3, random.integers(1, 90, rows), np.nan),
        }
    )
    return log.sort_values(["customer_id", "occurred_at", "event", "value", "channel", "device"])


def rows_of(stream: JourneyStream) -> pd.DataFrame:
    frame = stream.table().collect().to_pandas()[list(COLUMNS)].astype("float64")
    return frame.sort_values(["customer", "position"], ignore_index=True)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_stream_is_the_same_in_every_engine(engine: str, opened: Any, shop: Study) -> None:
    events, how = made_up(), {"journey_days": 2.0, "ends": "order", "starts": "visit"}
    berlin = shop.model_copy(update={"time_zone": "Europe/Berlin"})
    events.loc[events.index[:3], "customer_id"] = ""
    # Blank channels come last in SQL and first in pandas: here they decide nothing.
    events = events.drop_duplicates(["customer_id", "occurred_at", "event"])
    here = opened("polars", events, study=berlin, **how)
    there = opened(engine, events.sample(frac=1, random_state=1), study=berlin, **how)
    pd.testing.assert_frame_equal(rows_of(here), rows_of(there))
    assert (here.customer_count, len(here), here.last_day) == (
        there.customer_count, len(there), there.last_day)  # fmt: skip
    assert (here.events, here.channels, here.devices) == (
        there.events, there.channels, there.devices)  # fmt: skip
    assert here.faults.unplaced == there.faults.unplaced == 3
    assert here.faults.ties == there.faults.ties > 0
    assert here.faults.unmapped == there.faults.unmapped > 0
    assert there.faults.backward is None  # rows that have no order cannot run backward


GOAL = "order"
#: What a cluster is asked most.
CORE: dict[str, Callable[[JourneyStream], pd.DataFrame]] = {
    "attribution": lambda s: attribution(s, goal=GOAL, repeats=0, models=["markov", "linear"]),
    "funnel": lambda s: funnel(s, ["visit", ["put", "take"], GOAL], window_days=3),
    "retention": lambda s: retention(s, every=2, cohorts="week"),
    "sessions": sessions,
    "step_matrix": lambda s: step_matrix(s, steps=4),
    "transitions": transitions,
}
MORE: dict[str, Callable[[JourneyStream], pd.DataFrame]] = {
    "acquisition": lambda s: acquisition(s, by="device", converted=GOAL),
    "churn_risk": lambda s: churn_risk(s).sort_values("customer_id", ignore_index=True),
    "dead_ends": lambda s: dead_ends(s, goal=GOAL, window_days=2),
    "drop_off": lambda s: drop_off(s, window_days=2),
    "drop_off_reasons": lambda s: drop_off_reasons(s, touchpoint="basket", window_days=3),
    "exit_share": exit_share,
    "stage_share": stage_share,
    "planned_against_actual": lambda s: planned_against_actual(s, window_days=2),
    "reach": reach,
    "removal_effects": lambda s: removal_effects(s, goal=GOAL, repeats=20),
    "rework": rework,
    "stickiness": stickiness,
    "time_to_convert": lambda s: time_to_convert(s, ["visit", GOAL], days=[1, 3]),
    "typical_journey": lambda s: typical_journey(s, goal=GOAL),
    "usage": usage,
}


@pytest.mark.parametrize("engine", ENGINES)
def test_every_figure_is_the_same_in_every_engine(engine: str, opened: Any, shop: Study) -> None:
    events = made_up().drop_duplicates(["customer_id", "occurred_at", "event"])
    here, there = (opened(one, events, study=shop) for one in ("polars", engine))
    for metric in (CORE if engine == "spark" else CORE | MORE).values():
        found = metric(here)
        assert len(found)
        pd.testing.assert_frame_equal(found, metric(there), check_dtype=True)
    some = ["k001", "k017", "nobody"]
    pd.testing.assert_frame_equal(reach(here.of_customers(some)), reach(there.of_customers(some)))
    codes = [7, 2, 7]
    assert here.customer_ids(codes).tolist() == there.customer_ids(codes).tolist()
    assert there.customer_ids(codes)[0] == sorted(events["customer_id"].unique())[7]


@pytest.mark.parametrize("engine", ["polars", *ENGINES])
def test_order_ties_and_repeated_rows_decide_as_worked_out_by_hand(
    engine: str, opened: Any, log: Any
) -> None:
    events = log("ann b 2, ann a 2, ann a 2, ann c 0, bob c 1.5, bob c 1")
    stream = opened(engine, events.sort_values(["customer_id", "occurred_at", "event"]))
    rows = rows_of(stream)
    assert [stream.events[int(e)] for e in rows["event"]] == ["c", "a", "b", "c", "c"]
    assert rows["position"].tolist() == [1, 2, 3, 1, 2]
    assert rows["session"].tolist() == [1, 2, 2, 1, 1]  # 30 minutes sharp are no new session
    assert (stream.faults.duplicates, stream.faults.ties) == (1, 1)
    found = transitions(stream).set_index(["touchpoint", "next_touchpoint"])
    assert found["count"].to_dict() == {("a", "b"): 1, ("c", "a"): 1, ("c", "c"): 1}
    assert found.loc[("c", "a"), "value"] == pytest.approx(1 / 3)
    assert found.loc[("c", "a"), "median_gap_hours"] == 2


@pytest.mark.parametrize("engine", ["polars", *ENGINES])
def test_a_machine_among_the_customers_is_counted(engine: str, opened: Any) -> None:
    start = pd.Timestamp("2026-10-01", tz="UTC").as_unit("us")
    # 60 events at intervals of one second take 59 seconds; 59 events more than a second apart
    # never make 60 in a minute.
    fast = [start + pd.Timedelta(seconds=i) for i in range(60)]
    slow = [start + pd.Timedelta(seconds=1.1 * i) for i in range(60)]
    events = pd.DataFrame(
        {"customer_id": ["bot"] * 60 + ["ann"] * 60, "occurred_at": fast + slow, "event": "click"}
    )
    assert opened(engine, events).faults.bots == 1


@pytest.mark.parametrize("engine", ["polars", *ENGINES])
def test_an_empty_log_is_an_empty_stream(engine: str, opened: Any, log: Any, shop: Study) -> None:
    stream = opened(engine, log(""), study=shop)
    assert (len(stream), stream.customer_count) == (0, 0)
    assert len(transitions(stream)) == 0
    assert reach(stream)["n"].tolist() == [0, 0, 0]


def test_every_kind_of_table_opens_the_same_stream(tmp_path: Path, log: Any) -> None:
    events = log("bob visit 1, ann order 5, ann visit 2")
    frame = pl.from_pandas(events)
    frame.write_parquet(tmp_path / "e.parquet")
    frame.with_columns(pl.col("occurred_at").dt.to_string("iso:strict")).write_csv(
        tmp_path / "e.csv"
    )
    database = duckdb.connect()
    kinds = [
        frame, frame.lazy(), frame.to_arrow(), database.from_arrow(frame.to_arrow()),
        tmp_path / "e.parquet", str(tmp_path / "e.csv"), events.astype({"event": "object"}),
    ]  # fmt: skip
    expected = rows_of(journey_stream(events))
    for kind in kinds:
        pd.testing.assert_frame_equal(rows_of(journey_stream(kind)), expected)
    for path in ("e.parquet", "e.csv"):
        stream = journey_stream(tmp_path / path, engine="duckdb")
        pd.testing.assert_frame_equal(rows_of(stream), expected)


def test_rows_in_memory_keep_their_order_in_duckdb_too(log: Any) -> None:
    events = log("ann c 1, ann a 1, ann c 1, ann b 1")  # the second c repeats the first
    stream = journey_stream(events, engine="duckdb")
    rows = rows_of(stream)
    assert [stream.events[int(e)] for e in rows["event"]] == ["c", "a", "b"]
    assert stream.faults.backward == 0
    back = journey_stream(log("ann a 5, ann b 1, bob a 0"), engine="duckdb")
    assert back.faults.backward == journey_stream(log("ann a 5, ann b 1, bob a 0")).faults.backward
    assert back.faults.backward == 1


def test_hostile_names_are_texts_in_every_engine(log: Any) -> None:
    names = ["'; drop table x; --", "{events}", 'quote"d', "back\\slash", "\u202eevil", "=1+1"]
    events = pd.concat([log(f"ann v {i}").assign(event=name) for i, name in enumerate(names)])
    events['co"l{0}umn'] = 1
    for engine in ("polars", "duckdb"):
        assert journey_stream(events, engine=engine).events == tuple(sorted(names))


def test_what_cannot_be_a_stream_is_refused_with_a_remedy(log: Any) -> None:
    with pytest.raises(ParameterError, match="got 'duck'; did you mean 'duckdb'"):
        journey_stream(log("ann a 0"), engine="duck")  # type: ignore[arg-type]
    with pytest.raises(SourceError, match="got none named event; rename"):
        journey_stream(log("ann a 0").drop(columns="event"))
    with pytest.raises(SourceError, match="must hold times, got"):
        journey_stream(log("ann a 0").assign(occurred_at=17), engine="duckdb")
    with pytest.raises(SourceError, match="must hold times, got"):
        journey_stream(log("ann a 0").assign(occurred_at=17))
    with pytest.raises(ParameterError, match="event that cuts journeys"):
        journey_stream(log("ann order 0"), ends="ordr")
    with pytest.raises(ParameterError, match="journey_days must be more than 0"):
        journey_stream(log("ann order 0"), journey_days=0)


def test_journeys_are_cut_by_pauses_and_by_events(log: Any) -> None:
    events = log("ann visit 0, ann order 1, ann visit 2, ann help 100, ann visit 101, bob visit 0")
    cut = {
        "pause": journey_stream(events, journey_days=3),
        "starts": journey_stream(events, starts=["visit"]),
        "ends": journey_stream(events, ends="order"),
        "none": journey_stream(events),
    }
    assert {name: rows_of(stream)["journey"].tolist() for name, stream in cut.items()} == {
        "pause": [1, 1, 1, 2, 2, 1],
        "starts": [1, 1, 2, 2, 3, 1],
        "ends": [1, 1, 2, 2, 2, 1],
        "none": [1, 1, 1, 1, 1, 1],
    }


def test_days_follow_the_clocks_of_the_study(log: Any, shop: Study) -> None:
    # In Berlin clocks go back on 25 October 2026 at 03:00: from then on UTC+1.
    events = log("ann visit 0, ann visit 1, ann visit 2")
    times = ["2026-10-24T21:59", "2026-10-24T22:00", "2026-10-25T22:59"]
    events["occurred_at"] = pd.to_datetime(times, utc=True).as_unit("us")
    berlin = shop.model_copy(update={"time_zone": "Europe/Berlin"})
    for engine in ("polars", "duckdb"):
        days = rows_of(journey_stream(events, study=berlin, engine=engine))["day"]
        assert pd.to_datetime(days, unit="D").dt.day.tolist() == [24, 25, 25]


def test_a_study_names_its_engine_and_its_ledger_stays_the_same(shop: Study) -> None:
    events = made_up().drop_duplicates(["customer_id", "occurred_at", "event"])
    period, nobody = period_up_to(date(2026, 10, 31)), pd.DataFrame({"customer_id": []})
    rows = {}
    for engine in ("polars", "duckdb"):
        study = Study.model_validate(shop.model_dump() | {"engine": engine})
        stream = recipes.stream(events, study)
        assert stream.engine == engine
        rows[engine] = journey_evidence(stream, nobody, study, period, date(2026, 10, 31))
    assert len(rows["polars"]) > 10
    pd.testing.assert_frame_equal(rows["polars"], rows["duckdb"])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_log_that_stays_on_disk_keeps_the_order_of_its_rows(
    engine: str, shop: Study, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if engine == "spark":
        request.getfixturevalue("spark")
    log = made_up(people=5)
    log = pd.concat([log, log[:9]]).sample(frac=1, random_state=1)
    log.to_parquet(tmp_path / "log.parquet")
    told = {"engine": engine, "sources": [{"kind": "events", "file": "log.parquet"}]}
    study = Study.model_validate(shop.model_dump() | told | {"path": tmp_path / "study.yaml"})
    there = recipes.stream(read_tables(study, on_disk=True)["events"], study)
    here = recipes.stream(read_kind(study, "events"), shop)
    assert (there.engine, here.engine) == (engine, "polars")
    assert here.faults == there.faults
    assert min(here.faults.ties, here.faults.duplicates, here.faults.backward or 0) > 0
    pd.testing.assert_frame_equal(rows_of(here), rows_of(there))


def test_a_text_that_is_no_time_is_named_with_its_row(log: Any) -> None:
    events = log("ann a 0, ann b 1").assign(occurred_at=["2026-10-01T08:00", "yesterday"])
    with pytest.raises(SourceError, match=r"got 'yesterday' \(data row 2\); write it as"):
        journey_stream(events)
    good = events.assign(occurred_at=["2026-10-01T08:00", "2026-10-01T09:00:00"])
    assert journey_stream(good).frame["gap_us"].to_list() == [3_600_000_000, None]


def test_what_a_stream_keeps_on_disk_goes_with_it(log: Any) -> None:
    stream = journey_stream(log("ann a 0, ann b 1"), engine="duckdb")
    folder = Path(stream.put.__self__._folder)
    assert sorted(file.name for file in folder.glob("*.parquet")) == [
        "event_codes.parquet", "people.parquet", "stream.parquet"]  # fmt: skip
    del stream
    gc.collect()
    assert not folder.exists()
