from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 12), st.sampled_from(STEPS)), max_size=30
)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, window=st.one_of(st.none(), st.integers(1, 10)))
def test_counts_agree_with_taking_the_steps_one_by_one(rows, window, log):
    events = log(", ".join(f"{c} {event} {hour}" for c, hour, event in rows))
    expected = [0, 0, 0]
    for person in "abc":
        at = start = -1
        for i, step in enumerate(STEPS):
            later = [h for c, h, e in rows if c == person and e == step and h > at]
            at = min(later, default=None)
            if at is None:
                break
            start = at if i == 0 else start
            if window is not None and at > start + window:
                break
            expected[i] += 1
    stream = journey_stream(events)
    if rows and {e for _, _, e in rows} != set(STEPS):
        return  # a step that nobody knows is an error, tested elsewhere
    days = None if window is None else window / 24
    found = funnel(stream, STEPS, window_days=days, as_of=date(2026, 9, 3))
    assert found["customers"].tolist() == expected


def test_the_interval_covers_the_truth_with_a_window_and_open_customers():
    # 300 worlds of 300 customers who start over 30 days; those who convert take exponential time.
    # The truth is the share that converts within 7 days; open windows would bias a naive count.
    # Every world has event names of its own, so one stream holds them all.
    rng = np.random.default_rng(20260901)
    truth, n, worlds = 0.4 * (1 - np.exp(-7 / 3)), 300, 300
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
            "event": rows["event"] + (rows["number"] // n).astype("str"),
        }
    )
    stream = journey_stream(events)
    covered = naive = 0
    for world in range(worlds):
        steps = [f"visit{world}", f"order{world}"]
        row = funnel(stream, steps, window_days=7, as_of=SEPTEMBER.end).iloc[1]
        covered += row["low"] <= truth <= row["high"]
        if world < 100:
            row = funnel(stream, steps).iloc[1]
            naive += row["low"] <= 0.4 <= row["high"]
    error = 3 * np.sqrt(0.95 * 0.05 / worlds)  # Monte Carlo
    assert 0.93 - error <= covered / worlds <= min(1.0, 0.97 + error)
    assert naive / 100 < 0.87
