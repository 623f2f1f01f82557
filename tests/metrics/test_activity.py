from __future__ import annotations

import pandas as pd
import pytest

from cjm_lab.metrics import frequency, journey_stream, sessions, usage


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


def test_features_are_different_events_and_days_are_classed(log):
    busy = ", ".join(f"bob a {24 * day}" for day in range(5))
    rows = frequency(journey_stream(log(f"ann a 0, ann b 1, ann a 2, eve c 0, eve c 24, {busy}")))
    rows = rows.set_index(["measure", "item"])
    assert rows.loc[("features_used", ""), "value"] == pytest.approx(4 / 3)  # 2, 1 and 1
    days = rows.loc["active_days_share"]
    assert days["customers"].to_dict() == {
        "1": 1, "2": 1, "3": 0, "4-7": 1, "8-14": 0, "15+": 0
    }  # fmt: skip
    low, high = days.loc["4-7", ["low", "high"]]
    assert (low, high) == pytest.approx((0.061492, 0.792340), abs=1e-6)  # Wilson of 1 in 3


def test_days_begin_where_the_study_is_and_nobody_gives_no_shares(log, shop):
    assert frequency(journey_stream(log("")))["n"].unique().tolist() == [0]
    one = frequency(journey_stream(log("ann a 0")))
    assert one.loc[0, "value"] == 1
    assert pd.isna(one.loc[0, "low"])
