from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import share
from cjm_lab.metrics import drop_off, exit_share, journey_stream, reach, stage_share
from cjm_lab.period import Period
from cjm_lab.study import Study

SEPTEMBER = Period("month", date(2026, 9, 1), date(2026, 9, 30))


def by_touchpoint(rows, column="value"):
    return rows.set_index("touchpoint")[column].to_dict()


def test_reach_is_of_customers_with_any_event(log, shop):
    stream = journey_stream(
        log("ann visit 0, ann visit 1, bob put 0, bob take 1, eve lost 0"), study=shop
    )
    rows = reach(stream)
    assert by_touchpoint(rows, "customers") == {"visit": 1, "basket": 1, "order": 0}
    assert rows["n"].tolist() == [3, 3, 3]


def test_reach_counts_the_events_of_the_period(log, shop):
    stream = journey_stream(log("ann visit -1, ann put 1, bob visit 2"), study=shop)
    assert by_touchpoint(reach(stream, period=SEPTEMBER)) == {
        "visit": 0.5,
        "basket": 0.5,
        "order": 0,
    }


def test_to_drop_off_is_to_reach_no_later_touchpoint_in_time(log, shop):
    events = log(
        "ann visit 0, ann order 24,"  # skips the basket: moved on
        "bob visit 0, bob put 337,"  # more than 14 days later
        "eve put 0, eve visit 1,"  # went back, and no further
        "joe visit 0, joe put 0"  # at the same instant
    )
    rows = drop_off(journey_stream(events, study=shop), as_of=date(2026, 10, 31))
    assert by_touchpoint(rows) == {"visit": 0.5, "basket": 1.0}
    assert by_touchpoint(rows, "n") == {"visit": 4, "basket": 3}


def test_the_last_touchpoint_has_no_drop_off(log, shop):
    rows = drop_off(journey_stream(log("ann order 0"), study=shop))
    assert "order" not in set(rows["touchpoint"])


def test_open_windows_are_left_out_of_drop_off(log, shop):
    stream = journey_stream(log("ann visit 0, bob visit 1, bob put 2"), study=shop)
    rows = drop_off(stream, as_of=date(2026, 9, 14))
    assert rows["n"].tolist() == [0, 0]  # the 14 days of September 1, 0:00 end on the 15th, 0:00
    rows = drop_off(stream, as_of=date(2026, 9, 15))
    assert by_touchpoint(rows) == {"visit": 0.5, "basket": 1.0}


def test_drop_off_counts_a_customer_once_in_the_period_of_the_first_visit(log, shop):
    stream = journey_stream(log("ann visit -1, ann visit 1, bob visit 1"), study=shop)
    rows = drop_off(stream, period=SEPTEMBER, as_of=date(2026, 9, 30))
    assert by_touchpoint(rows, "n")["visit"] == 1


def test_drop_off_needs_the_order_of_touchpoints(log):
    with pytest.raises(ParameterError, match="without a study"):
        drop_off(journey_stream(log("ann visit 0")))


ROWS = st.lists(
    st.tuples(
        st.sampled_from("abcd"), st.integers(0, 40), st.sampled_from(["visit", "put", "order"])
    ),
    max_size=30,
)


@settings(max_examples=50, deadline=None)
@given(rows=ROWS)
def test_drop_off_agrees_with_going_through_the_customers(rows, log, shop):
    order = {"visit": 0, "put": 1, "order": 2}
    stream = journey_stream(
        log(", ".join(f"{c} {event} {hour}" for c, hour, event in rows)), study=shop
    )
    found = drop_off(stream, window_days=1, as_of=date(2026, 9, 30))
    for place, touchpoint in enumerate(["visit", "basket"]):
        there = {c for c, _, e in rows if order[e] == place}
        lost = 0
        for person in there:
            first = min(h for c, h, e in rows if c == person and order[e] == place)
            lost += not any(
                c == person and order[e] > place and first <= h <= first + 24 for c, h, e in rows
            )
        row = found.set_index("touchpoint").loc[touchpoint]
        assert (row["customers"], row["n"]) == (lost, len(there))


def test_the_exit_is_the_last_event_at_a_touchpoint(log, shop):
    stream = journey_stream(
        log("ann visit 0, ann put 1, ann lost 2, bob put 0, bob visit 1, eve lost 0"), study=shop
    )
    rows = exit_share(stream).set_index("stage")
    assert rows["customers"].to_dict() == {"look": 1, "buy": 1}
    assert rows["n"].tolist() == [2, 2]


def test_the_exit_of_a_period_is_the_last_event_in_it(log, shop):
    stream = journey_stream(log("ann visit 1, ann put 1000"), study=shop)
    rows = exit_share(stream, period=SEPTEMBER).set_index("stage")
    assert rows["value"].to_dict() == {"look": 1.0, "buy": 0.0}


def test_drop_off_carries_wilson_which_covers_at_200_customers(log, shop):
    text = ", ".join(f"c{i} visit 0" + (f", c{i} put 1" if i >= 81 else "") for i in range(263))
    row = drop_off(journey_stream(log(text), study=shop), as_of=date(2026, 9, 30)).iloc[0]
    assert (round(row["low"], 4), round(row["high"], 4)) == (0.2553, 0.3662)
    # Exact coverage at n = 200: sum over all outcomes of their probability.
    from scipy.stats import binom

    k = np.arange(201)
    intervals = [share(int(i), 200) for i in k]
    low, high = (np.array([getattr(e, side) for e in intervals]) for side in ("low", "high"))
    for p in (0.1, 0.25, 0.5, 0.75, 0.9):
        covered = binom.pmf(k, 200, p)[(low <= p) & (p <= high)].sum()
        assert 0.93 <= covered <= 0.97


def test_a_stage_weighs_by_its_share_of_the_events(log):
    study = Study(title="Shop", stages=[
        {"id": "choose", "name": "Choose", "touchpoints": [{"id": "visit", "name": "Visit"}]},
        {"id": "buy", "name": "Buy", "touchpoints": [{"id": "order", "name": "Order"}]},
        {"id": "use", "name": "Use"}])  # fmt: skip
    events = log("ann visit 0, ann visit 1, ann order 2, bob visit 0, bob other 1, eve other 0")
    rows = stage_share(journey_stream(events, study=study)).set_index("stage")
    assert rows["value"].to_dict() == {"choose": 0.75, "buy": 0.25, "use": 0.0}
    assert rows["events"].to_dict() == {"choose": 3, "buy": 1, "use": 0}
    assert set(rows["n"]) == {2}  # eve was at no touchpoint
    assert ((rows["low"] <= rows["value"]) & (rows["value"] <= rows["high"])).all()
