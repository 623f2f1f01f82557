from __future__ import annotations

import json
import subprocess
import sys
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from cjm_lab.errors import ParameterError
from cjm_lab.metrics import (
    acquisition,
    drop_off,
    exit_share,
    funnel,
    journey_stream,
    markov_chain,
    reach,
    removal_effects,
    sessions,
    stage_share,
    transitions,
    usage,
)
from cjm_lab.period import day_start
from cjm_lab.study import Study


def column(stream, name):
    return stream.frame[name].to_list()


def test_events_are_sorted_by_customer_and_time(log):
    stream = journey_stream(log("bob visit 1, ann order 5, ann visit 2"))
    ids = stream.customer_ids(column(stream, "customer"))
    assert ids.tolist() == ["ann", "ann", "bob"]
    assert [stream.events[e] for e in column(stream, "event")] == ["visit", "order", "visit"]
    assert column(stream, "position") == [1, 2, 1]


def test_events_of_one_instant_keep_the_order_of_the_file(log):
    stream = journey_stream(log("ann c 1, ann a 1, ann b 1, ann z 0"))
    assert [stream.events[e] for e in column(stream, "event")] == ["z", "c", "a", "b"]


def test_the_last_event_of_a_customer_has_nothing_after_it(log):
    stream = journey_stream(log("ann a 0, ann b 2, bob a 0"))
    names = [None if e is None else stream.events[e] for e in column(stream, "next_event")]
    assert names == ["b", None, None]
    assert column(stream, "gap_us") == [2 * 3_600_000_000, None, None]


def test_a_session_ends_with_more_than_thirty_minutes_of_pause(log):
    stream = journey_stream(log("ann a 0, ann b 0.5, ann c 1.0001, bob a 0.6"))
    assert column(stream, "session") == [1, 1, 2, 1]  # counted anew with each customer


def test_an_event_at_no_touchpoint_is_counted_and_skipped(log, shop):
    stream = journey_stream(log("ann visit 0, ann lost 1, ann put 3"), study=shop)
    assert stream.faults.unmapped == 1
    nexts = [
        None if t is None else stream.touchpoints[t] for t in column(stream, "next_touchpoint")
    ]
    assert nexts == ["basket", None, None]
    assert column(stream, "touchpoint_gap_us")[0] == 3 * 3_600_000_000


def test_what_follows_is_never_taken_from_the_next_customer(log, shop):
    stream = journey_stream(log("ann visit 0, ann lost 1, bob put 3"), study=shop)
    assert column(stream, "next_touchpoint") == [None, None, None]


def test_a_row_that_is_the_same_in_every_column_is_removed_and_counted(log):
    events = log("ann a 0, ann a 0, ann a 0, bob a 0, ann b 0").assign(
        page=["x", "x", "y", "x", "x"]
    )
    stream = journey_stream(events)
    assert stream.faults.duplicates == 1
    assert len(stream) == 4


def test_rows_without_customer_time_or_event_are_left_out_and_counted(log):
    events = log("ann a 0, ann b 1, bob a 0, eve c 1")
    events.loc[0, "customer_id"] = ""
    events.loc[1, "occurred_at"] = pd.NaT
    events.loc[2, "event"] = None
    stream = journey_stream(events)
    assert (len(stream), stream.faults.unplaced) == (1, 3)


def test_days_begin_in_the_time_zone_of_the_study(log, shop):
    berlin = Study.model_validate(shop.model_dump() | {"time_zone": "Europe/Berlin"})
    late = log("ann visit 21.9, ann visit 22.1")  # summer time: two hours ahead of UTC
    days = journey_stream(late, study=berlin).frame["day"]
    assert days[1] - days[0] == 1
    last = journey_stream(late, study=berlin).ends_before_us()
    assert last == day_start(date(2026, 9, 3), "Europe/Berlin").timestamp() * 1e6


def test_times_in_nanoseconds_and_without_a_zone_are_utc(log):
    aware = log("ann a 0, ann b 1.5")
    naive = aware.assign(occurred_at=aware["occurred_at"].dt.tz_localize(None).dt.as_unit("ns"))
    assert journey_stream(naive).frame.equals(journey_stream(aware).frame)


def test_an_unknown_event_is_named_with_the_nearest_one(log, shop):
    with pytest.raises(ParameterError, match=r"got 'ordr'; did you mean 'order'\?"):
        journey_stream(log("ann order 0"), study=shop).is_at("ordr")


def test_an_event_of_the_study_that_never_occurred_is_no_error(log, shop):
    stream = journey_stream(log("ann visit 0"), study=shop)
    assert funnel(stream, ["visit", "take"])["customers"].tolist() == [1, 0]


def test_the_stream_of_some_customers_holds_their_events_only(log):
    stream = journey_stream(log("ann a 0, bob a 0, ann b 1")).of_customers(["ann", "nobody"])
    assert len(stream) == 2
    assert reach(stream)["n"].tolist() == [1, 1]


def test_the_real_shop_has_6454_sessions(simple_shop):
    stream = journey_stream(simple_shop)
    assert (len(stream), stream.faults.duplicates, stream.customer_count) == (35_381, 0, 3_751)
    found = sessions(stream).set_index("measure")
    assert found.loc["sessions", "value"] == 6_454
    assert found.loc["sessions_per_customer", "value"] == pytest.approx(6_454 / 3_751)
    assert found.loc["events_per_session", "value"] == pytest.approx(35_381 / 6_454)


METRICS = {
    "acquisition": acquisition,
    "drop_off": drop_off,
    "exit_share": exit_share,
    "stage_share": stage_share,
    "funnel": lambda stream: funnel(stream, ["visit", "put", "order"], window_days=1),
    "reach": reach,
    "removal_effects": lambda stream: removal_effects(stream, goal="order", repeats=20),
    "sessions": sessions,
    "transitions": transitions,
    "usage": usage,
}


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann visit 0",
        "ann visit 0, ann put 50",
        "ann visit 1, ann put 1, bob put 1, bob order 1",
    ],
    ids=["empty", "one event", "one customer", "all tied"],
)
def test_degenerate_logs_give_defined_answers(name, text, log, shop):
    found = METRICS[name](journey_stream(log(text), study=shop))
    assert {"value", "low", "high", "n"} <= set(found.columns)
    known = found[found["low"].notna()]
    assert (known["low"] <= known["value"]).all()
    assert (known["value"] <= known["high"]).all()


def test_an_empty_log_has_a_chain_without_conversion(log, shop):
    chain = markov_chain(journey_stream(log(""), study=shop), goal="order")
    assert (chain.customers, chain.conversion) == (0, 0.0)


def log_of(rows):
    customers, minutes, events = zip(*rows, strict=True)
    times = pd.Timestamp("2026-09-01", tz="UTC") + pd.to_timedelta(list(minutes), unit="m")
    return pd.DataFrame(
        {
            "customer_id": pd.Series(list(customers), dtype="str"),
            "occurred_at": pd.Series(times).dt.as_unit("us"),
            "event": pd.Series(list(events), dtype="str"),
        }
    )


UNTIED = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "eve"]),
        st.integers(0, 3000),
        st.sampled_from(["visit", "put", "order", "lost"]),
    ),
    min_size=1,
    max_size=25,
    unique_by=lambda row: row[:2],
)


@settings(max_examples=15, deadline=None)
@given(rows=UNTIED, seed=st.integers(0, 99))
def test_neither_file_order_of_untied_rows_nor_names_of_customers_matter(rows, seed, shop):
    events = log_of(rows)
    shuffled = events.sample(frac=1, random_state=seed, ignore_index=True)
    renamed = events.replace({"customer_id": {"ann": "zoe", "eve": "abe"}})
    first, *others = (journey_stream(e, study=shop) for e in (events, shuffled, renamed))
    for name in ("drop_off", "exit_share", "funnel", "sessions", "transitions"):
        for other in others:
            pd.testing.assert_frame_equal(METRICS[name](first), METRICS[name](other))


def test_the_pilot_needs_no_event_engine():
    code = "import sys, cjm_lab.metrics.pilot; print('polars' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("delay", ["0.05", "0.5", "2.0"])
def test_the_pause_tells_where_published_journeys_begin(delay, shared_data):
    """Bernard & Andritsos: how well the time since the last event finds where a journey begins."""
    folder = shared_data / "events" / "journey_segmentation"
    file = f"synthetic_1_delay{delay}.csv.gz"
    golden = json.loads((folder / "golden.json").read_text())["files"][file]
    raw = pd.read_csv(folder / file).sort_values(["journey_id", "timestamp"])
    seconds = (raw["timestamp"] * 1e6).round().astype("int64")
    log = raw.assign(
        customer_id=raw["journey_id"].astype("str"),
        occurred_at=pd.to_datetime(seconds, unit="us", utc=True),
    )
    frame = journey_stream(log[["customer_id", "occurred_at", "event"]]).frame.to_pandas()
    assert (len(frame), frame["customer"].nunique()) == (golden["rows"], golden["journeys"])
    later = frame["position"].to_numpy() > 1
    begins = raw["new_trace"].to_numpy()[later]
    assert begins.sum() == golden["true_boundaries_inside_journeys"]
    pause = frame["gap_us"].shift().to_numpy()[later]
    auc = roc_auc_score(begins, pause)
    assert auc == pytest.approx(golden["auc_gap_as_boundary_score"], abs=1e-4)
