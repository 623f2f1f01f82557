from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import mean, share
from cjm_lab.metrics import journey_stream, responses
from cjm_lab.metrics.rules import _at_stake
from cjm_lab.period import Period
from cjm_lab.study import ResponseRule

SEPTEMBER = Period("month", date(2026, 9, 1), date(2026, 9, 30))
BASKET = ResponseRule(id="remind", when="basket without order within 24h")


def evaluate(stream, rule=BASKET, **options):
    found = responses(stream, [rule], **options)
    assert set(found["rule"]) <= {rule.id}
    return found.set_index("measure")


EVENTS = (
    "ann basket 0, ann order 23,"  # in time
    "bob basket 0, bob order 24,"  # just in time
    "eve basket 0, eve order 24.1,"  # met it, came back
    "joe basket 0, joe basket 30, joe order 50,"  # met it once, with the first basket
    "kim basket 0, kim order -1,"  # an order before is no answer
    "lou basket 0, lou order 0,"  # at the same instant
    "max basket 700"  # 28 hours before the end of September 30
)


def test_who_met_the_rule_came_back_and_waits(log):
    stream = journey_stream(log(EVENTS))
    found = evaluate(stream, window_days=2, period=SEPTEMBER, as_of=date(2026, 9, 30))
    # 720 hours end on September 30: max fires at 724, in October.
    assert found.loc["triggered", "value"] == 3  # eve, joe, kim
    assert found.loc["returned_unaided", ["value", "n"]].tolist() == [pytest.approx(2 / 3), 3]
    assert found.loc["waiting_now", "value"] == 0  # kim's two days are over
    next_day = evaluate(stream, window_days=2, period=SEPTEMBER, as_of=date(2026, 10, 1))
    assert next_day.loc["triggered", "value"] == 3
    assert next_day.loc["waiting_now", "value"] == 1  # max


def test_open_windows_say_nothing_about_coming_back(log):
    stream = journey_stream(log("ann basket 0, bob basket 0, bob order 30"))
    found = evaluate(stream, window_days=14, period=SEPTEMBER, as_of=date(2026, 9, 10))
    assert found.loc["returned_unaided", "n"] == 0
    assert found.loc["waiting_now", "value"] == 1


def test_revenue_at_stake_is_worth_less_what_comes_back_unaided(log):
    orders = pd.DataFrame(
        {
            "customer_id": ["u", "v", "w", "x", "y"],
            "ordered_at": pd.to_datetime(["2026-09-01"] * 4 + ["2026-10-05"], utc=True),
            "amount": [40.0, 50.0, 60.0, 500.0, 1000.0],
            "kind": ["new", "new", "new", "repeat", "new"],
        }
    )
    stream = journey_stream(log("ann basket 0, bob basket 0, eve basket 0, eve order 30"))
    found = evaluate(stream, orders=orders, period=SEPTEMBER, as_of=date(2026, 9, 30))
    row = found.loc["revenue_at_stake"]
    # 3 met the rule, 1 of 3 comes back unaided, a new customer's order in September is worth 50.
    assert (row["value"], row["n"]) == (pytest.approx(3 * 2 / 3 * 50), 3)
    worth = 4.302653 * 10 / 3**0.5  # t with two degrees of freedom
    unaided = (0.792340 - 0.061492) / 2  # Wilson of 1 in 3
    half = 3 * ((2 / 3 * worth) ** 2 + (50 * unaided) ** 2) ** 0.5
    assert row["high"] == pytest.approx(100 + half, 1e-4)
    assert row["low"] == pytest.approx(100 - half, 1e-4)


def test_revenue_at_stake_lies_in_its_interval_as_often_as_said():
    rng = np.random.default_rng(3)
    met, stays, spread, orders = 400, 0.3, 0.5, 300
    true = met * (1 - stays) * np.exp(4 + spread**2 / 2)  # mean of a lognormal order
    held = 0
    for _ in range(3000):
        unaided = share(int(rng.binomial(met, stays)), met)
        stake = _at_stake(met, unaided, mean(rng.lognormal(4, spread, orders)))
        held += stake.low <= true <= stake.high
    assert 0.93 <= held / 3000 <= 0.97


def test_an_order_value_without_an_interval_gives_none_to_the_revenue():
    stake = _at_stake(10, share(2, 10), mean([50.0]))
    assert stake.value == 400
    assert not stake.has_interval
    assert stake.method == "no interval of the order value: one answer"


def test_without_orders_there_is_no_revenue(log):
    assert (
        "revenue_at_stake"
        not in evaluate(
            journey_stream(log("ann basket 0")),
            rule=ResponseRule(id="r", when="basket without basket within 1h"),
        ).index
    )


def test_an_unknown_event_is_named(log):
    with pytest.raises(ParameterError, match="got 'order'"):
        evaluate(journey_stream(log("ann basket 0, ann ordered 1")))


def test_an_empty_log_has_nobody(log):
    found = evaluate(journey_stream(log("")), as_of=date(2026, 9, 30))
    assert found.loc["triggered", "value"] == 0


SCORED = pd.DataFrame(
    {
        "published_at": pd.to_datetime(
            ["2026-09-02", "2026-09-29", "2026-09-29", "2026-09-29", "2026-08-01"], utc=True
        ),
        "automatic": ["negative", "negative", "positive", "negative", "negative"],
        "duplicate": [False, False, False, True, False],
        "touchpoints": [["visit", "order"], ["visit"], ["visit"], ["visit"], ["visit"]],
    }
)


def test_mentions_are_counted_once_in_the_period_and_now(log, shop):
    stream = journey_stream(log("ann visit 0"), study=shop)
    rule = ResponseRule(id="call", when="mentions at visit and negative")
    found = evaluate(stream, rule, scored=SCORED, period=SEPTEMBER, as_of=date(2026, 9, 30))
    assert found.loc["triggered", "value"] == 2
    assert found.loc["waiting_now", "value"] == 1
    assert evaluate(stream, rule, scored=SCORED.iloc[:0]).empty


def test_mentions_at_a_place_that_nobody_knows_are_refused(log, shop):
    stream = journey_stream(log("ann visit 0"), study=shop)
    with pytest.raises(ParameterError, match="did you mean 'visit'"):
        evaluate(stream, ResponseRule(id="call", when="mentions at vist and negative"))


def test_mentions_after_today_do_not_count(log, shop):
    stream = journey_stream(log("ann visit 0"), study=shop)
    rule = ResponseRule(id="call", when="mentions at visit and negative")
    found = evaluate(stream, rule, scored=SCORED, as_of=date(2026, 9, 10))
    assert found["value"].to_dict() == {"triggered": 2, "waiting_now": 1}


def test_what_comes_after_today_is_unknown_today(log):
    stream = journey_stream(log("ann basket 0, ann order 100"))
    found = evaluate(stream, as_of=date(2026, 9, 3))  # the order is on the 5th
    assert found.loc["waiting_now", "value"] == 1


def test_detractors_are_people_and_come_back_with_their_next_event(log):
    answers = pd.DataFrame(
        {
            "respondent_id": ["1", "2", "3", "4", "5"],
            "customer_id": ["ann", "ann", "bob", "zoe", ""],
            "submitted_at": pd.to_datetime(["2026-09-02"] * 5, utc=True)
            + pd.to_timedelta([0, 1, 0, 0, 0], unit="D"),
            "recommend": [3.0, 6.0, 0.0, 6.0, 6.0],
        }
    )
    stream = journey_stream(log("ann visit 0, bob visit 0, ann visit 40, bob visit 800"))
    rule = ResponseRule(id="call", when="answers of recommend at most 6")
    orders = pd.DataFrame({"customer_id": ["u", "v"], "ordered_at": pd.NaT, "amount": [40.0, 60.0]})
    found = evaluate(stream, rule, answers=answers, orders=orders, as_of=date(2026, 9, 30))
    assert found.loc["triggered", "value"] == 4  # ann once
    # Of the two whom the log knows ann was back within 14 days.
    assert found.loc["returned_unaided", ["value", "n"]].tolist() == [0.5, 2]
    assert "revenue_at_stake" not in found.index  # nobody says that a detractor's order is lost
    soon = evaluate(stream, rule, answers=answers, as_of=date(2026, 9, 9))
    assert soon.loc["waiting_now", "value"] == 4  # to be called back, even if seen again
    assert evaluate(stream, rule).empty
