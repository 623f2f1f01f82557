from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import share
from cjm_lab.metrics import journey_stream, step_flows, step_matrix
from cjm_lab.metrics._frames import clustered_share
from cjm_lab.metrics.matrix import END
from cjm_lab.period import Period


def cells(stream, column="value", **options):
    rows = step_matrix(stream, **options)
    return rows.set_index(["step", "touchpoint"])[column].to_dict()


def test_a_journey_that_is_over_is_at_the_end(log):
    rows = step_matrix(journey_stream(log("ann a 0, ann b 1, ann a 2, bob b 0, eve a 0")), steps=4)
    counts = rows.set_index(["step", "touchpoint"])["journeys"].to_dict()
    assert counts == {
        (1, "a"): 2, (1, "b"): 1, (1, END): 0,
        (2, "b"): 1, (2, END): 2,
        (3, "a"): 1, (3, END): 2,
        (4, END): 3,
    }  # fmt: skip
    assert rows["n"].eq(3).all()
    wilson = share(2, 3)
    row = rows.set_index(["step", "touchpoint"]).loc[(2, END)]
    assert (row["value"], row["low"], row["high"]) == (wilson.value, wilson.low, wilson.high)


def test_events_at_no_touchpoint_are_no_step(log, shop):
    stream = journey_stream(log("ann lost 0, ann visit 1, ann lost 2, ann put 3"), study=shop)
    found = cells(stream, steps=2)
    assert found == {(1, "visit"): 1, (1, END): 0, (2, "basket"): 1, (2, END): 0}


def test_ties_follow_the_file(log):
    assert cells(journey_stream(log("ann b 0, ann a 0")), steps=1) == {(1, "b"): 1, (1, END): 0}


def test_with_a_window_all_journeys_are_watched_equally_long(log):
    # Bob's second step comes too late; eve began less than a day before the end of 2 September.
    events = log("ann a 0, ann b 1, bob a 0, bob b 30, eve a 40, eve b 41")
    found = cells(journey_stream(events), steps=2, window_days=1, as_of=date(2026, 9, 2))
    assert found == {(1, "a"): 1.0, (1, END): 0.0, (2, "b"): 0.5, (2, END): 0.5}


def test_a_period_takes_the_journeys_that_begin_in_it(log):
    august = Period("month", date(2026, 8, 1), date(2026, 8, 31))
    found = cells(journey_stream(log("ann a -2, ann b 1, bob b 3")), steps=2, period=august)
    assert found == {(1, "a"): 1, (1, END): 0, (2, "b"): 1, (2, END): 0}


def test_journeys_of_one_customer_are_not_independent(log):
    # Ann begins twice with a and once with b, bob once with b.
    events = log("ann a 0, ann b 1, ann a 100, ann b 200, bob b 0")
    stream = journey_stream(events, journey_days=1)
    rows = step_matrix(stream, steps=2).set_index(["step", "touchpoint"])
    assert rows["journeys"].to_dict() == {
        (1, "a"): 2, (1, "b"): 2, (1, END): 0, (2, "b"): 1, (2, END): 3,
    }  # fmt: skip
    expected = clustered_share([2, 0], [3, 1])
    row = rows.loc[(1, "a")]
    assert (row["value"], row["n"]) == (0.5, 2)
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))


def test_the_real_shop_agrees_with_counting_in_pandas(simple_shop):
    events = simple_shop.drop_duplicates()
    events = events.sort_values(["customer_id", "occurred_at"], kind="stable")
    step = events.groupby("customer_id").cumcount() + 1
    expected = pd.crosstab(step, events["event"]).loc[:10].stack()
    expected = expected[expected > 0]
    rows = step_matrix(journey_stream(simple_shop))
    found = rows[rows["touchpoint"] != END].set_index(["step", "touchpoint"])["journeys"]
    assert found.to_dict() == expected.to_dict()
    people = events["customer_id"].nunique()
    over = people - expected.groupby(level=0).sum()
    ends = rows[rows["touchpoint"] == END].set_index("step")["journeys"]
    assert ends.to_dict() == over.to_dict()


def test_no_events_one_event_and_no_steps(log):
    none = step_matrix(journey_stream(log("")))
    some = step_matrix(journey_stream(log("ann a 0")), steps=1)
    assert len(none) == 0
    assert none.dtypes.to_dict() == some.dtypes.to_dict()
    assert some["value"].tolist() == [1, 0]
    with pytest.raises(ParameterError, match="steps must be at least 1, got 0"):
        step_matrix(journey_stream(log("ann a 0")), steps=0)


def test_some_customers_have_the_matrix_of_their_own_log(log):
    events = log("ann a 0, ann b 1, bob b 0, eve b 0, eve a 1")
    some = journey_stream(events).of_customers(["ann", "eve"])
    own = journey_stream(events[events["customer_id"] != "bob"])
    assert cells(some, steps=3) == cells(own, steps=3)


ROWS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(0, 60), st.sampled_from(["x", "y", "z"])),
    unique_by=lambda row: row[:2],
    max_size=25,
)


@settings(max_examples=15, deadline=None)
@given(rows=ROWS, data=st.data())
def test_the_order_of_untied_rows_changes_nothing_and_each_step_sums_to_one(rows, data, log):
    def found(of):
        events = log(", ".join(f"{c} {event} {hour}" for c, hour, event in of))
        return step_matrix(journey_stream(events, journey_days=1), steps=4)

    one, other = found(rows), found(data.draw(st.permutations(rows)))
    pd.testing.assert_frame_equal(one, other)
    assert one.groupby("step")["value"].sum().tolist() == pytest.approx([1] * (4 * bool(rows)))


def test_intervals_cover_the_truth_when_customers_have_several_journeys():
    # Each of 300 steps is a world of its own: at each, every customer is at `a` in a share of
    # journeys drawn anew, .4 on average, and at `b` in the others.
    rng = np.random.default_rng(3)
    worlds, people = 300, 120
    journeys = rng.integers(1, 4, people)
    owner = np.repeat(np.arange(people), journeys)
    first = rng.random((len(owner), worlds)) < rng.beta(1.2, 1.8, (people, worlds))[owner]
    begins = np.arange(len(owner))[:, None] * 10_000
    minutes = begins + np.arange(worlds)
    events = pd.DataFrame({
        "customer_id": np.repeat(owner, worlds).astype("str"),
        "occurred_at": pd.to_datetime(minutes.ravel(), unit="m", utc=True),
        "event": np.where(first, "a", "b").ravel(),
    })  # fmt: skip
    rows = step_matrix(journey_stream(events, journey_days=1), steps=worlds)
    rows = rows[rows["touchpoint"] == "a"]
    assert (len(rows), rows["n"].unique().tolist()) == (worlds, [people])
    covered = ((rows["low"] <= 0.4) & (rows["high"] >= 0.4)).mean()
    error = 3 * np.sqrt(0.95 * 0.05 / worlds)
    assert 0.93 - error <= covered <= 0.97 + error
    narrow = [share(round(0.4 * len(owner)), len(owner))]
    wide = rows["high"] - rows["low"]
    assert wide.mean() > 1.1 * (narrow[0].high - narrow[0].low)  # journeys are not independent


def flows(stream, column="journeys", **options):
    rows = step_flows(stream, **options)
    return rows.set_index(["step", "touchpoint", "next_touchpoint"])[column].to_dict()


def test_a_flow_is_a_step_and_the_one_after_it_or_the_end(log):
    stream = journey_stream(log("ann a 0, ann b 1, ann a 2, bob b 0, eve a 0, eve a 1"))
    assert flows(stream, steps=3) == {
        (1, "a", "a"): 1, (1, "a", "b"): 1, (1, "b", END): 1,
        (2, "a", END): 1, (2, "b", "a"): 1,
    }  # fmt: skip
    wilson = share(1, 3)
    row = step_flows(stream, steps=3).iloc[0]
    assert (row["value"], row["low"], row["high"]) == (wilson.value, wilson.low, wilson.high)


def test_a_flow_never_leads_into_the_next_journey_of_a_customer(log):
    events = log("ann a 0, ann b 1, ann a 100, ann b 200, bob b 0")
    stream = journey_stream(events, journey_days=1)
    rows = step_flows(stream, steps=3).set_index(["step", "touchpoint", "next_touchpoint"])
    assert rows["journeys"].to_dict() == {
        (1, "a", "b"): 1, (1, "a", END): 1, (1, "b", END): 2, (2, "b", END): 1,
    }  # fmt: skip
    expected = clustered_share([1, 1], [3, 1])  # one of Ann's three journeys is a b alone, Bob's
    row = rows.loc[(1, "b", END)]
    assert (row["value"], row["n"]) == (0.5, 2)
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))


def test_a_step_after_the_window_is_no_flow(log):
    events = log("ann a 0, ann b 1, bob a 0, bob b 30, eve a 40, eve b 41")
    found = flows(journey_stream(events), steps=2, window_days=1, as_of=date(2026, 9, 2))
    assert found == {(1, "a", "b"): 1, (1, "a", END): 1}


def test_flows_skip_events_at_no_touchpoint(log, shop):
    stream = journey_stream(log("ann visit 1, ann lost 2, ann put 3, ann lost 4"), study=shop)
    assert flows(stream, steps=3) == {(1, "visit", "basket"): 1, (2, "basket", END): 1}


def test_the_flows_of_the_real_shop_add_up_to_its_step_matrix(simple_shop):
    stream = journey_stream(simple_shop)
    found, matrix = step_flows(stream, steps=5), cells(stream, "journeys", steps=5)
    left = found.groupby(["step", "touchpoint"])["journeys"].sum().to_dict()
    assert left == {c: count for c, count in matrix.items() if c[0] < 5 and c[1] != END}
    onward = found[found["next_touchpoint"] != END]
    come = onward.groupby([onward["step"] + 1, "next_touchpoint"])["journeys"].sum().to_dict()
    assert come == {c: count for c, count in matrix.items() if c[0] > 1 and c[1] != END}


def test_no_events_have_no_flows_and_one_step_none_between(log):
    none, some = (step_flows(journey_stream(log(text))) for text in ("", "ann a 0"))
    assert len(none) == 0
    assert none.dtypes.to_dict() == some.dtypes.to_dict()
    assert some[["touchpoint", "next_touchpoint", "value"]].values.tolist() == [["a", END, 1.0]]
    with pytest.raises(ParameterError, match="steps must be at least 2, got 1"):
        step_flows(journey_stream(log("ann a 0")), steps=1)
