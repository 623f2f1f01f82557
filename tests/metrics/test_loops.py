from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import share
from cjm_lab.metrics import dead_ends, journey_stream, rework
from cjm_lab.period import Period

COUNTS = ["customers", "n", "extra_events", "self_repeats", "loops"]


def counts_of(stream, **options):
    return rework(stream, **options).set_index("touchpoint")[COUNTS].T.to_dict("list")


def test_repeats_loops_and_longer_ways_back(log):
    # Ann: a a b a c b a. The second a repeats itself, the third comes back over b (A-B-A), the
    # fourth over c and b; her second b comes back over a and c. Bob never comes back.
    events = log("ann a 0, ann a 1, ann b 2, ann a 3, ann c 4, ann b 5, ann a 6, bob a 0, bob b 1")
    assert counts_of(journey_stream(events)) == {
        "a": [1, 2, 3, 1, 1],
        "b": [1, 2, 1, 0, 0],
        "c": [0, 1, 0, 0, 0],
    }
    row = rework(journey_stream(events)).iloc[0]
    half = share(1, 2)
    assert (row["value"], row["low"], row["high"]) == (half.value, half.low, half.high)


def test_another_journey_is_no_rework(log):
    events = log("ann a 0, ann b 1, ann a 100, ann a 101, ann b 200")
    stream = journey_stream(events, journey_days=1)
    assert counts_of(stream) == {"a": [1, 1, 1, 1, 0], "b": [0, 1, 0, 0, 0]}


def test_events_at_no_touchpoint_do_not_part_a_repeat(log, shop):
    stream = journey_stream(log("ann put 0, ann lost 1, ann take 2"), study=shop)
    assert counts_of(stream) == {"basket": [1, 1, 1, 1, 0]}


def test_rework_with_a_window_counts_soon_returns_of_closed_windows(log):
    events = log("ann a 0, ann a 1, ann a 30, bob a 0, bob a 30, eve a 40, eve a 41")
    found = counts_of(journey_stream(events), window_days=1, as_of=date(2026, 9, 2))
    assert found == {"a": [1, 2, 1, 1, 0]}
    september = Period("month", date(2026, 9, 1), date(2026, 9, 30))
    assert counts_of(journey_stream(log("ann a -1, ann a 1")), period=september) == {}


def test_rework_of_sepsis_patients_agrees_with_counting_in_pandas(shared_data):
    events = sepsis(shared_data)
    each = events.groupby(["event", "customer_id"]).size() - 1
    expected = pd.DataFrame({
        "customers": (each > 0).groupby("event").sum(),
        "n": each.groupby("event").size(),
        "extra_events": each.groupby("event").sum(),
    })  # fmt: skip
    before = events.groupby("customer_id")["event"].shift()
    again = events["event"] == before
    expected["self_repeats"] = again.groupby(events["event"]).sum()
    looped = events.groupby("customer_id")["event"].shift(2) == events["event"]
    expected["loops"] = (looped & ~again).groupby(events["event"]).sum()
    found = rework(journey_stream(events)).set_index("touchpoint")[COUNTS]
    pd.testing.assert_frame_equal(
        found, expected[COUNTS], check_names=False, check_index_type=False
    )
    assert found.loc["Leucocytes", "customers"] > 500  # blood is drawn again and again


def sepsis(shared_data):
    raw = pd.read_csv(shared_data / "events/process_logs/sepsis.csv.gz").sort_values(".order")
    events = pd.DataFrame({
        "customer_id": raw["case_id"].astype("str"),
        "occurred_at": pd.to_datetime(raw["timestamp"], utc=True),
        "event": raw["activity"].astype("str"),
        "number": raw[".order"],  # equal blood counts at one instant are two events
    })  # fmt: skip
    return events.sort_values(["customer_id", "occurred_at"], kind="stable", ignore_index=True)


def ends_of(stream, **options):
    rows = dead_ends(stream, goal="order", **options).set_index("touchpoint")
    return rows[["journeys", "expected", "value", "n"]].T.to_dict("list")


def test_an_end_is_compared_with_the_other_events_of_the_journey(log):
    # Ann ends at b after a b b: by chance a third at a. Bob orders: he ends nowhere, and what he
    # does afterwards counts for nothing. Eve has nowhere else to end than a.
    events = log("ann a 0, ann b 1, ann b 2, bob a 0, bob order 1, bob b 2, eve a 0")
    assert ends_of(journey_stream(events), window_days=None) == {
        "a": [1, pytest.approx((1 / 3 + 0 + 1) / 3), pytest.approx(1 / 3), 3],
        "b": [1, pytest.approx(2 / 3), 1, 1],
    }


def test_the_test_is_that_of_independent_trials(log):
    # 20 journeys of two events end at b: 10 expected, variance 20 / 4. Chance leaves c no choice.
    events = ", ".join(f"p{i} a 0, p{i} b 1" for i in range(20)) + ", q c 0"
    p = dead_ends(journey_stream(log(events)), goal="a", window_days=None)["p_value"]
    assert p.isna().all()  # the goal came first: nothing before it
    rows = dead_ends(journey_stream(log(events + ", q order 1, r c 0")), goal="order",
                     window_days=None).set_index("touchpoint")  # fmt: skip
    z = 10 / np.sqrt(5)
    # Two touchpoints are tested, so the smaller p value doubles.
    assert rows.loc["b", "p_value"] == pytest.approx(2 * stats.norm.sf(z))
    assert rows.loc["a", "p_value"] == pytest.approx(stats.norm.sf(-z))
    assert np.isnan(rows.loc["c", "p_value"])


def test_open_journeys_are_left_out_whether_or_not_they_reached_the_goal(log):
    events = log("ann a 0, ann b 1, bob a 30, eve a 31, eve order 32")
    found = ends_of(journey_stream(events), window_days=1, as_of=date(2026, 9, 2))
    assert found == {"a": [0, 0.5, 0, 1], "b": [1, 0.5, 1, 1]}


def test_dead_ends_by_period_and_by_journey(log):
    september = Period("month", date(2026, 9, 1), date(2026, 9, 30))
    stream = journey_stream(log("ann a -1, ann b 1, bob b 0, eve order 0"))
    assert ends_of(stream, window_days=None, period=september) == {"b": [1, 1, 1, 1]}
    cut = journey_stream(log("ann a 0, ann order 1, ann a 100, bob a 1"), journey_days=1)
    rows = dead_ends(cut, goal="order", window_days=None)
    assert rows[["journeys", "value", "n"]].values.tolist() == [[2, pytest.approx(2 / 3), 2]]
    assert rows["method"].tolist() == ["Wilson, clustered by customer"]


def test_no_events_and_an_unknown_goal(log):
    stream = journey_stream(log("ann a 0"))
    for metric in (rework, lambda s: dead_ends(s, goal="a", window_days=None)):
        none, some = metric(journey_stream(log(""))), metric(stream)
        assert len(none) == 0
        assert none.dtypes.to_dict() == some.dtypes.to_dict()
    with pytest.raises(ParameterError, match="event must be one of"):
        dead_ends(stream, goal="oder")


def test_a_dead_end_is_found_among_many_places_where_journeys_end_by_chance():
    # 60 sites of four pages each: 3 to 6 random pages, of which the last is like the others. On
    # one more site page a is a wall: whoever comes there leaves.
    rng = np.random.default_rng(5)
    length = rng.integers(3, 7, 61 * 50)
    owner = np.repeat(np.arange(len(length)), length)
    site = owner // 50
    page = rng.choice(list("abcd"), len(owner))
    last = np.append(owner[1:] != owner[:-1], True)
    wall = site == 60
    page[wall & (page == "a")] = "b"
    page[wall & last & (rng.random(len(owner)) < 0.5)] = "a"
    events = pd.DataFrame({
        "customer_id": owner.astype("str"),
        "occurred_at": pd.to_datetime(np.arange(len(owner)), unit="m", utc=True),
        "event": [f"{p}{s}" for p, s in zip(page, site, strict=True)],
    })  # fmt: skip
    goal = pd.DataFrame({"customer_id": ["x"], "occurred_at": events["occurred_at"].max(),
                         "event": "order"})  # fmt: skip
    stream = journey_stream(pd.concat([events, goal], ignore_index=True))
    rows = dead_ends(stream, goal="order", window_days=None).set_index("touchpoint")
    assert rows.index[rows["p_value"] < 0.05].tolist() == ["a60"]
    assert rows.loc["a60", "value"] == 1
    assert rows["journeys"].sum() == len(length)  # each ends once


ROWS = st.lists(
    st.tuples(st.sampled_from("pqrs"), st.integers(0, 60), st.sampled_from(["a", "b", "order"])),
    unique_by=lambda row: row[:2],
    max_size=25,
)


@settings(max_examples=15, deadline=None)
@given(rows=ROWS, data=st.data())
def test_the_order_of_untied_rows_changes_nothing(rows, data, log):
    def found(of):
        events = log(", ".join(f"{c} {event} {hour}" for c, hour, event in of))
        stream = journey_stream(events, journey_days=1)
        goal = "order" if "order" in stream.events else (*stream.events, "x")[0]
        return rework(stream), dead_ends(stream, goal=goal, window_days=1)

    for one, other in zip(found(rows), found(data.draw(st.permutations(rows))), strict=True):
        pd.testing.assert_frame_equal(one, other)
