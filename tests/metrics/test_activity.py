from __future__ import annotations

from datetime import date

import pytest

from cjm_lab.metrics import acquisition, journey_stream, sessions, usage
from cjm_lab.period import Period

SEPTEMBER = Period("month", date(2026, 9, 1), date(2026, 9, 30))


def test_a_new_customer_came_through_the_channel_of_the_first_event(log):
    events = log("ann a 0, ann b 1, bob a 0, eve a 0, joe a -5, joe a 5")
    events["channel"] = ["ad", "search", "ad", "", "search", "ad"]
    rows = acquisition(journey_stream(events), period=SEPTEMBER).set_index("channel")
    assert rows["value"].to_dict() == {"ad": 1.0}  # eve's is unknown, joe is not new
    assert rows["n"].tolist() == [2]


def test_a_log_without_channels_says_nothing_about_acquisition(log):
    assert acquisition(journey_stream(log("ann a 0"))).empty


def test_use_of_customers_days_and_events(log):
    rows = usage(journey_stream(log("ann a 0, ann a 1, ann b 30, bob b 0"))).set_index(
        ["measure", "item"]
    )
    assert rows.loc[("events_per_customer", ""), "value"] == 2
    assert rows.loc[("active_days", ""), "value"] == 1.5
    share = rows.loc[("event_share", "a")]
    assert (share["value"], share["customers"], share["n"]) == (0.5, 1, 2)


def test_the_most_frequent_event_comes_first_and_ties_follow_the_alphabet(log):
    rows = usage(journey_stream(log("ann c 0, ann b 1, ann a 2, ann c 3")))
    assert rows["item"].tolist()[2:] == ["c", "a", "b"]


def test_sessions_have_length_and_may_be_single(log):
    rows = sessions(journey_stream(log("ann a 0, ann b 0.4, ann a 2, bob a 0"))).set_index(
        "measure"
    )
    assert rows.loc["sessions", "value"] == 3
    assert rows.loc["sessions_per_customer", "value"] == 1.5
    assert rows.loc["events_per_session", "value"] == pytest.approx(4 / 3)
    assert rows.loc["minutes_per_session", "value"] == pytest.approx(8)
    assert rows.loc["single_event_share", "value"] == pytest.approx(2 / 3)
