from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from cjm_lab.metrics import journey_stream, transitions
from cjm_lab.metrics._frames import clustered_share
from cjm_lab.period import Period


def found(events, **options):
    rows = transitions(journey_stream(events), **options)
    return rows.set_index(["touchpoint", "next_touchpoint"])


def test_counts_of_the_real_shop(simple_shop, shared_data):
    golden = json.loads((shared_data / "events/simple_shop/golden_simple_shop.json").read_text())
    rows = found(simple_shop)
    counts = {f"{a} -> {b}": n for (a, b), n in rows["count"].items()}
    top = {pair: counts[pair] for pair in golden["dfg_top15"]}
    assert top == golden["dfg_top15"]
    assert len(counts) == golden["dfg_edges"]
    assert sum(counts.values()) == golden["dfg_total"]
    first = rows.loc[("cart", "delivery_choice")]
    assert first["value"] == pytest.approx(1686 / golden["events"]["cart"])


def test_the_probability_is_of_all_events_there_and_clustered_by_customer(log):
    rows = found(log("ann a 0, ann b 1, ann a 2, ann b 5, bob a 0, eve a 0, eve b 2, eve c 3"))
    row = rows.loc[("a", "b")]
    assert (row["count"], row["customers"], row["n"], row["value"]) == (3, 2, 3, 0.75)
    assert row["median_gap_hours"] == 2  # of 1, 3 and 2 hours
    # Ratio estimator by hand: residuals of ann, bob, eve are 2 - 1.5, 0 - .75, 1 - .75.
    se = np.sqrt(3 / 2 * (0.5**2 + 0.75**2 + 0.25**2)) / 4
    assert row["se"] == pytest.approx(se)


def test_ties_follow_the_file(log):
    assert list(found(log("ann a 0, ann b 0, ann c 0")).index) == [("a", "b"), ("b", "c")]


def test_with_a_window_late_followers_do_not_count_and_open_ones_are_left_out(log):
    events = log("ann a 0, ann b 1, bob a 0, bob b 30, eve a 40")
    row = found(events, window_days=1, as_of=date(2026, 9, 2)).loc[("a", "b")]
    assert (row["count"], row["n"], row["value"]) == (1, 2, 0.5)


def test_a_period_takes_the_transitions_that_begin_in_it(log):
    august = Period("month", date(2026, 8, 1), date(2026, 8, 31))
    rows = found(log("ann a -2, ann b 1, ann a 2, ann b 3"), period=august)
    assert rows.loc[("a", "b"), "count"] == 1
    assert len(rows) == 1


def test_all_or_none_keeps_a_width():
    sure = clustered_share([1, 2, 1], [1, 2, 1])
    assert (sure.value, sure.high) == (1.0, 1.0)
    assert sure.low == pytest.approx(3 / (3 + 1.959964**2), abs=1e-6)  # Wilson at 3 of 3


def test_one_customer_has_no_interval():
    assert not clustered_share([1], [2]).has_interval


def test_events_of_one_each_give_the_width_of_wilson():
    x = np.repeat([1.0, 0.0], [140, 260])
    one = clustered_share(x, np.ones(400))
    # Ratio of ones: n_eff is n but for n / (n - 1) and t instead of z.
    assert (one.low, one.high) == pytest.approx((0.3048, 0.3980), abs=5e-4)


def test_intervals_cover_the_truth_when_customers_differ():
    # Each customer has a probability of their own (beta, mean .3) and 1 to about 8 events.
    rng = np.random.default_rng(7)
    worlds, n, hits, plain = 4000, 200, 0, 0
    visits = 1 + rng.poisson(2, (worlds, n))
    onward = rng.binomial(visits, rng.beta(0.9, 2.1, (worlds, n)))
    for x, d in zip(onward, visits, strict=True):
        estimate = clustered_share(x, d)
        hits += estimate.low <= 0.3 <= estimate.high
        p, half = x.sum() / d.sum(), 1.96 * np.sqrt(0.21 / d.sum())
        plain += abs(p - 0.3) <= half
    error = 3 * np.sqrt(0.95 * 0.05 / worlds)
    assert 0.93 - error <= hits / worlds <= 0.97 + error
    assert plain / worlds < 0.9  # events are not independent: ignoring that is overconfident


def test_transitions_of_many_simulated_worlds_cover_the_truth():
    # Every world has event names of its own, so one stream holds them all. After each basket an
    # order follows with the customer's own probability, .5 on average, or else nothing does.
    rng = np.random.default_rng(11)
    worlds, n = 400, 200
    visits = 1 + rng.poisson(1, worlds * n)
    owner = np.repeat(np.arange(worlds * n), visits)
    p = rng.beta(2, 2, worlds * n)[owner]
    went = rng.random(len(owner)) < p
    hour = np.arange(len(owner)) * 2.0
    world = owner // n
    basket = pd.DataFrame({"customer_id": owner, "hour": hour, "event": world * 2})
    order = pd.DataFrame({"customer_id": owner, "hour": hour + 1, "event": world * 2 + 1})[went]
    events = pd.concat([basket, order], ignore_index=True)
    events["customer_id"] = events["customer_id"].astype("str")
    events["event"] = events["event"].map(lambda e: f"{'order' if e % 2 else 'basket'}{e // 2}")
    events["occurred_at"] = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(
        events.pop("hour"), unit="h"
    )
    rows = transitions(journey_stream(events))
    rows = rows[rows["touchpoint"].str.startswith("basket")]
    rows = rows[rows["next_touchpoint"].str.startswith("order")]
    assert len(rows) == worlds
    hits = ((rows["low"] <= 0.5) & (rows["high"] >= 0.5)).mean()
    error = 3 * np.sqrt(0.95 * 0.05 / worlds)
    assert 0.93 - error <= hits <= min(1.0, 0.97 + error)
