from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cjm_lab.errors import ParameterError
from cjm_lab.metrics import funnel, journey_stream
from cjm_lab.period import Period
from cjm_lab.study import load_study

STEPS = ["visit", "basket", "order"]
SEPTEMBER = Period("month", date(2026, 9, 1), date(2026, 9, 30))


def customers(events, steps=STEPS, **options):
    return funnel(journey_stream(events), steps, **options)["customers"].tolist()


def test_the_real_shop(simple_shop):
    assert customers(simple_shop, ["catalog", "cart", "payment_done"]) == [3611, 1924, 653]


def test_a_touchpoint_as_a_step_takes_any_of_its_events(simple_shop, real_study, tmp_path):
    study = load_study(real_study("simple_shop", tmp_path).raw("simple_shop"))
    stream = journey_stream(simple_shop, study=study)
    found = funnel(stream, ["catalog", "product"])
    assert found["customers"].tolist() == [3611, 2010]  # published by the log's vendor


def test_a_list_of_alternatives_takes_any_of_them(simple_shop):
    found = funnel(journey_stream(simple_shop), ["catalog", ["product1", "product2"]])
    assert found["customers"].tolist() == [3611, 2010]  # published by the log's vendor
    assert found["step"].tolist() == ["catalog", "product1 or product2"]


def test_the_first_alternative_that_comes_takes_the_step(log):
    events = log("ann visit 0, ann call 1, ann order 2, ann basket 3, bob basket 0, bob order 1")
    assert customers(events, [["visit", "basket"], ["basket", "call"], "order"]) == [2, 1, 1]


def test_an_optional_step_is_counted_on_the_way_and_not_required(log):
    events = log(
        "ann visit 0, ann coupon 1, ann order 2,"  # on the way
        "bob visit 0, bob order 2, bob coupon 3, bob order 4,"  # after the order that counts
        "cat visit 0, cat order 2, cat coupon 2,"  # at the same instant: not before it
        "dan coupon 0, dan visit 0, dan order 2,"  # not after the visit
        "eve visit 0, eve coupon 5"  # without an order, however late
    )
    found = funnel(journey_stream(events), ["visit", "coupon?", "order"])
    assert found["step"].tolist() == ["visit", "coupon", "order"]
    assert found["optional"].tolist() == [False, True, False]
    assert found["customers"].tolist() == [5, 2, 4]
    assert found["of_previous"].tolist() == [1.0, 0.4, 0.8]  # both of those who visited


def test_optional_steps_in_a_row_need_no_order_of_their_own(log):
    events = log("ann a 0, ann c 1, ann b 2, ann d 3")
    assert customers(events, ["a", "b?", "c?", "d"]) == [1, 1, 1, 1]


def test_a_question_mark_of_the_events_own_name_makes_nothing_optional(log):
    events = log("ann visit 0, ann ready? 1, bob visit 0, bob order 1, ann order 2")
    assert customers(events, ["visit", "ready?", "order"]) == [2, 1, 1]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (["visit?", "order"], r"first and the last step must be required, got 'visit\?'"),
        (["visit", "order?"], r"first and the last step must be required, got 'order\?'"),
        (["visit", ["visit?", "order"], "order"], "optional or none"),
        (["visit", []], "an event or a list of alternatives"),
        (["visit", "ordr?", "order"], "did you mean 'order'"),
    ],
)
def test_steps_that_make_no_sense_are_refused(steps, message, log):
    with pytest.raises(ParameterError, match=message):
        funnel(journey_stream(log("ann visit 0, ann order 1")), steps)


def test_steps_out_of_order_do_not_count(log):
    assert customers(log("ann order 0, ann basket 1, ann visit 2")) == [1, 0, 0]


def test_an_earlier_step_may_come_again(log):
    assert customers(log("ann basket 0, ann visit 1, ann order 2, ann basket 3, ann order 4")) == [
        1,
        1,
        1,
    ]


def test_a_step_at_the_same_instant_is_not_later(log):
    events = log("ann visit 0, ann basket 0, bob visit 0, bob basket 0.001")
    assert customers(events, STEPS[:2]) == [2, 1]


def test_one_event_cannot_be_two_steps(log):
    assert customers(log("ann visit 0, bob visit 0, bob visit 1"), ["visit", "visit"]) == [2, 1]


def test_the_window_runs_from_the_first_step_and_includes_its_end(log):
    events = log("ann visit 0, ann basket 24, bob visit 0, bob basket 24.001, eve visit 99")
    found = customers(events, STEPS[:2], window_days=1, as_of=date(2026, 9, 30))
    assert found == [3, 1]


def test_customers_whose_window_is_open_are_left_out_not_lost(log):
    events = log("ann visit 0, bob visit 24, bob basket 25")
    # Seen until the end of September 2: the two days of ann end on the 3rd at 0:00, just after.
    assert customers(events, STEPS[:2], window_days=2, as_of=date(2026, 9, 2)) == [0, 0]
    assert customers(events, STEPS[:2], window_days=2, as_of=date(2026, 9, 3)) == [1, 0]
    assert customers(events, STEPS[:2], window_days=2, as_of=date(2026, 9, 4)) == [2, 1]


def test_a_steps_window_runs_from_the_step_before(log):
    events = log(
        "ann visit 0, ann basket 24, ann order 48,"
        "bob visit 0, bob basket 24.001, bob order 30,"
        "eve visit 0, eve basket 1, eve order 25.001"
    )
    late = {"as_of": date(2026, 9, 30)}
    assert customers(events, step_window_days=1, **late) == [3, 2, 1]
    assert customers(events, step_window_days=[1, 2], **late) == [3, 2, 2]
    assert customers(events, step_window_days=1, window_days=1.5, **late) == [3, 2, 0]
    assert customers(events, step_window_days=[None, 1], window_days=2, **late) == [3, 3, 2]


def test_the_greedy_first_moment_decides_whether_a_step_is_in_time(log):
    # The basket of hour 1 is the step, so an order in hour 30 is too late for it.
    events = log("ann visit 0, ann basket 1, ann basket 20, ann order 30")
    assert customers(events, step_window_days=1, as_of=date(2026, 9, 30)) == [1, 1, 0]


def test_windows_of_steps_are_closed_after_their_sum(log):
    events = log("ann visit 0, bob visit 24")

    def entered(day, **options):
        return customers(
            events, ["visit"] * 3, step_window_days=1, as_of=date(2026, 9, day), **options
        )[0]

    assert [entered(day) for day in (2, 3, 4)] == [0, 1, 2]
    assert [entered(day, window_days=1) for day in (2, 3, 4)] == [1, 2, 2]  # if that is less


def test_windows_that_make_no_sense_are_refused(log):
    stream = journey_stream(log("ann visit 0, ann basket 1, ann order 2"))
    with pytest.raises(ParameterError, match="one for each of the 2 steps after the first, got 3"):
        funnel(stream, STEPS, step_window_days=[1, 2, 3])
    with pytest.raises(ParameterError, match="a number for each required step, got None"):
        funnel(stream, STEPS, step_window_days=[1, None])
    with pytest.raises(ParameterError, match="must be more than 0, got -1"):
        funnel(stream, STEPS, step_window_days=[1, -1])


def test_events_after_the_last_day_observed_are_ignored(log):
    events = log("ann visit 0, ann basket 30, bob visit 25")
    assert customers(events, STEPS[:2], as_of=date(2026, 9, 1)) == [1, 0]
    assert customers(events, STEPS[:2], as_of=date(2026, 9, 2)) == [2, 1]


def test_an_excluded_event_ends_the_walk_where_it_comes(log):
    events = log(
        "ann visit 0, ann basket 1, ann refund 2, ann order 3,"
        "bob visit 0, bob refund 1, bob basket 2, bob order 3,"
        "cat refund 0, cat visit 1, cat basket 2, cat order 3, cat refund 4,"  # around it
        "dan visit 0, dan refund 0, dan basket 1, dan refund 1, dan order 2,"  # at the steps
        "eve visit 0, eve basket 1, eve order 2, eve refund 2"  # at the goal
    )
    found = funnel(journey_stream(events), STEPS, without="refund")
    assert found["customers"].tolist() == [5, 4, 2]
    assert found["excluded"].tolist() == [0, 1, 2]  # bob; ann and dan
    assert found["n"].tolist() == [5, 5, 5]
    assert found["of_previous"].tolist() == [1.0, 0.8, 0.5]


def test_an_event_excluded_between_two_steps_may_come_elsewhere(log):
    events = log(
        "ann visit 0, ann refund 1, ann basket 2, ann order 3,"
        "bob visit 0, bob basket 1, bob refund 2, bob order 3,"
        "cat visit 0, cat call 1, cat basket 2, cat order 3"
    )
    stream = journey_stream(events)
    late = funnel(stream, STEPS, without={"refund": ("basket", "order")})
    assert late["customers"].tolist() == [3, 3, 2]
    early = funnel(stream, STEPS, without={"refund": ("visit", "basket")})
    assert early["customers"].tolist() == [3, 2, 2]
    both = {"refund": ("visit", "order"), "call": ("visit", "basket")}
    found = funnel(stream, STEPS, without=both)
    assert (found["customers"].tolist(), found["excluded"].tolist()) == ([3, 1, 0], [0, 2, 1])
    with pytest.raises(ParameterError, match=r"must be one of \['order'\], got 'visit'"):
        funnel(stream, STEPS, without={"refund": ("basket", "visit")})
    with pytest.raises(ParameterError, match="two steps for 'refund', got 'order'"):
        funnel(stream, STEPS, without={"refund": "order"})


def test_only_an_excluded_event_within_the_window_excludes(log):
    events = log("ann visit 0, ann refund 30, bob visit 0, bob refund 24")
    found = funnel(
        journey_stream(events),
        ["visit", "visit"],
        without=["refund"],
        window_days=1,
        as_of=SEPTEMBER.end,
    )
    assert found["excluded"].tolist() == [0, 1]


def test_an_optional_step_after_an_excluded_event_does_not_count(log):
    events = log("ann visit 0, ann refund 1, ann coupon 2, bob visit 0, bob coupon 1, bob order 2")
    assert customers(events, ["visit", "coupon?", "order"], without="refund") == [2, 1, 1]


def test_segments_are_those_of_the_event_that_a_customer_enters_with(log):
    events = log("ann visit 0, ann visit 1, ann order 2, bob visit 0, eve call 0, eve visit 1")
    events["channel"] = ["ad", "mail", "mail", "mail", "ad", None]
    found = funnel(journey_stream(events), ["visit", "order"], by="channel")
    rows = found[["segment", "step", "customers", "n"]].values.tolist()
    assert rows == [  # eve came from an unknown channel
        ["ad", "visit", 1, 1],
        ["ad", "order", 1, 1],
        ["mail", "visit", 1, 1],
        ["mail", "order", 0, 1],
    ]


def test_segments_may_be_given_by_customer(log):
    stream = journey_stream(log("ann visit 0, bob visit 0, bob order 1, eve visit 0, eve order 1"))
    persona = {"ann": "saver", "bob": "saver", "eve": None, "zoe": "hunter"}
    for by in (persona, pd.Series(persona)):
        found = funnel(stream, ["visit", "order"], by=by)
        assert found["segment"].tolist() == ["saver", "saver"]
        assert found["value"].tolist() == [1.0, 0.5]
    twice = pd.Series(["saver", "hunter"], index=["ann", "ann"])
    with pytest.raises(ParameterError, match="one segment, got 'ann' twice"):
        funnel(stream, ["visit", "order"], by=twice)
    with pytest.raises(ParameterError, match="did you mean 'channel'"):
        funnel(stream, ["visit", "order"], by="chanel")


def in_groups(**groups):
    """Return a log and segments: of each group, how many of how many order after a visit."""
    rows, segment = [], {}
    for name, (ordered, entered) in groups.items():
        for i in range(entered):
            segment[f"{name}{i}"] = name
            rows += [(f"{name}{i}", 0, "visit")] + [(f"{name}{i}", 1, "order")] * (i < ordered)
    who, hour, event = zip(*rows, strict=True)
    times = SEPTEMBER.starts_at + pd.to_timedelta(list(hour), unit="h")
    return pd.DataFrame({"customer_id": who, "occurred_at": times, "event": event}), segment


def test_two_segments_differ_by_newcombes_interval():
    # Newcombe (1998), table II: 56 of 70 against 48 of 80.
    events, segment = in_groups(app=(56, 70), shop=(48, 80))
    app, shop = funnel(journey_stream(events), ["visit", "order"], by=segment).iloc[[1, 3]].iloc
    bounds = ["difference", "difference_low", "difference_high"]
    assert app[bounds].astype(float).round(4).tolist() == [0.2, 0.0524, 0.3339]
    assert shop[bounds].astype(float).round(4).tolist() == [-0.2, -0.3339, -0.0524]
    # z = .2 / sqrt(104/150 x 46/150 x (1/70 + 1/80)) = 2.650
    assert round(app["p"], 3) == 0.008
    assert app["p_adjusted"] == app["p"]  # one comparison, seen from both sides


def test_each_segment_is_compared_with_all_others_and_corrected():
    events, segment = in_groups(a=(30, 100), b=(20, 100), c=(12, 100))
    found = funnel(journey_stream(events), ["visit", "order"], by=segment)
    assert found.loc[found["step"] == "visit", ["difference", "p"]].isna().all(axis=None)
    orders = found[found["step"] == "order"]
    assert orders["difference"].round(3).tolist() == [0.14, -0.01, -0.13]  # a: .30 - 32/200
    assert orders["p_adjusted"].tolist() == pytest.approx(
        stats.false_discovery_control(orders["p"]).tolist()
    )
    assert (orders["p_adjusted"] >= orders["p"]).all()


def test_all_engines_take_the_same_steps(log):
    pytest.importorskip("duckdb")
    events = log(
        "ann visit 0, ann coupon 1, ann basket 2, ann order 3, bob visit 0, bob basket 0,"
        "bob refund 5, bob basket 6, eve visit 0, eve basket 3, eve order 60, zoe order 1"
    ).assign(device=["phone", "desktop", None] * 4)
    asked = {
        "open": {},
        "windows": {"window_days": 3, "step_window_days": 2, "as_of": date(2026, 9, 5)},
        "without": {"without": {"refund": ("visit", "basket")}, "by": "device"},
        "by": {"by": {"ann": "x", "bob": "y", "eve": "x"}, "period": SEPTEMBER},
    }
    polars, duckdb = journey_stream(events), journey_stream(events, engine="duckdb")
    for options in asked.values():
        steps = ["visit", "coupon?", ["basket", "coupon"], "order"]
        pd.testing.assert_frame_equal(
            funnel(polars, steps, **options), funnel(duckdb, steps, **options)
        )


def test_without_a_date_the_day_of_the_last_event_is_the_last_one_seen(log):
    events = log("ann visit 0, bob visit 25")
    assert customers(events, STEPS[:1], window_days=1) == [1]


def test_a_period_takes_those_whose_first_first_step_lies_in_it(log):
    events = log("ann visit -24, ann visit 1, ann basket 2, bob visit 3, bob basket 800")
    assert customers(events, STEPS[:2], period=SEPTEMBER) == [1, 1]  # bob, whenever he goes on


def test_shares_carry_wilson_intervals_of_customers(log):
    went = ", ".join(f"c{i} visit 0, c{i} basket 1" for i in range(7))
    stayed = ", ".join(f"c{i} visit 0" for i in range(7, 10))
    row = funnel(journey_stream(log(f"{went}, {stayed}")), ["visit", "basket", "basket"]).iloc[1]
    assert (row["value"], row["n"]) == (0.7, 10)
    assert (round(row["low"], 4), round(row["high"], 4)) == (0.3968, 0.8922)
    assert (row["of_previous"], round(row["of_previous_low"], 4)) == (0.7, 0.3968)


def test_no_steps_and_no_window_are_refused(log):
    stream = journey_stream(log("ann visit 0"))
    with pytest.raises(ParameterError, match="at least one event"):
        funnel(stream, [])
    with pytest.raises(ParameterError, match="at least one event"):
        funnel(stream, "visit")
    with pytest.raises(ParameterError, match="window_days must be more than 0"):
        funnel(stream, ["visit"], window_days=0)
    with pytest.raises(ParameterError, match="did you mean 'visit'"):
        funnel(stream, ["vist"])


PEOPLE = "abcdef"
ROWS = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.integers(0, 12), st.sampled_from([*STEPS, "refund"])),
    max_size=60,
)


def by_hand(rows, window, step_window):
    """Return how many take the steps one by one, without a refund in between."""
    taken = [0, 0, 0]
    for person in PEOPLE:
        mine = [(hour, event) for who, hour, event in rows if who == person]
        at = start = None
        for i, step in enumerate(STEPS):
            later = [h for h, event in mine if event == step and (at is None or h > at)]
            if not later:
                break
            if at is None:
                start = at = min(later)
            elif min(later) > at + step_window or min(later) > start + window:
                break
            else:
                at = min(later)
            if any(start < h < at for h, event in mine if event == "refund"):
                break
            taken[i] += 1
    return taken


@settings(max_examples=25, deadline=None)
@given(rows=ROWS, window=st.integers(2, 12), step_window=st.integers(1, 12))
def test_counts_agree_with_taking_the_steps_one_by_one(rows, window, step_window, log):
    # A customer who does nothing else makes every event known.
    known = [("zoe", 900, event) for event in (*STEPS[::-1], "refund")]
    events = log(", ".join(f"{c} {event} {hour}" for c, hour, event in rows + known))
    found = customers(
        events,
        window_days=window / 24,
        step_window_days=step_window / 24,
        without="refund",
        period=Period("all", date(2026, 9, 1), date(2026, 9, 3)),
    )
    assert found == by_hand(rows, window, step_window)


@settings(max_examples=15, deadline=None)
@given(rows=ROWS, halves=st.lists(st.booleans(), min_size=6, max_size=6))
def test_segments_sum_to_the_whole(rows, halves, log):
    known = [("zoe", 900, event) for event in (*STEPS, "refund")]
    stream = journey_stream(
        log(", ".join(f"{c} {event} {hour}" for c, hour, event in rows + known))
    )
    segment = dict(zip(PEOPLE, np.where(halves, "x", "y"), strict=True)) | {"zoe": "x"}
    steps = ["visit", "basket?", "order"]
    counted = ["customers", "excluded", "n"]
    parts = funnel(stream, steps, by=segment, without="refund")
    whole = funnel(stream, steps, without="refund").set_index("step")[counted]
    sums = parts.groupby("step")[counted].sum().loc[whole.index]
    pd.testing.assert_frame_equal(sums, whole)


def test_an_empty_log_has_an_empty_funnel(log):
    stream = journey_stream(log(""))
    found = funnel(stream, STEPS, window_days=1)
    assert found["customers"].tolist() == [0, 0, 0]
    assert found["value"].isna().all()
    compared = funnel(stream, STEPS, by="channel")
    assert len(compared) == 0
    assert compared.dtypes["difference"] == "float64"


def test_the_interval_covers_the_truth_with_a_window_and_open_customers():
    # 500 worlds of 300 customers who start over 30 days; those who convert take exponential time.
    # The truth is the share that converts within 7 days; open windows would bias a naive count.
    # Every world is a segment.
    rng = np.random.default_rng(20260901)
    truth, n, worlds = 0.4 * (1 - np.exp(-7 / 3)), 300, 500
    number, begins = np.arange(worlds * n), rng.uniform(0, 30, worlds * n)
    takes = np.where(rng.random(worlds * n) < 0.4, rng.exponential(3, worlds * n), np.inf)
    done = begins + takes < 30
    starts = pd.DataFrame({"number": number, "day": begins, "event": "visit"})
    ends = pd.DataFrame({"number": number, "day": begins + takes, "event": "order"})[done]
    rows = pd.concat([starts, ends], ignore_index=True)
    events = pd.DataFrame(
        {
            "customer_id": rows["number"].astype("str"),
            "occurred_at": SEPTEMBER.starts_at + pd.to_timedelta(rows["day"], unit="D"),
            "event": rows["event"],
            "channel": (rows["number"] // n).astype("str"),
        }
    )
    stream = journey_stream(events)

    def covered(share, **options):
        found = funnel(stream, ["visit", "order"], by="channel", **options)
        rows = found[found["step"] == "order"]
        assert len(rows) == worlds
        return ((rows["low"] <= share) & (share <= rows["high"])).mean()

    error = 3 * np.sqrt(0.95 * 0.05 / worlds)  # Monte Carlo
    within_a_week = covered(truth, window_days=7, as_of=SEPTEMBER.end)
    assert 0.93 - error <= within_a_week <= min(1.0, 0.97 + error)
    assert covered(0.4) < 0.87
