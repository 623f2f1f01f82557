from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from cjm_lab.metrics import audience, journey_stream, response_returns, response_weeks, responses
from cjm_lab.metrics.tenure import kaplan_meier
from cjm_lab.metrics.waiting import _back_by
from cjm_lab.period import Period
from cjm_lab.study import ResponseRule, Study

SEPTEMBER = Period("month", date(2026, 9, 1), date(2026, 9, 30))
BASKET = ResponseRule(id="remind", when="basket without order within 24h")
DETRACTORS = ResponseRule(id="call", when="answers of recommend at most 6")
MENTIONS = ResponseRule(id="reply", when="mentions at visit and negative")


def test_each_whole_week_counts_who_met_the_rule_in_it(log):
    # September 1, 2026 is a Tuesday; hour 144 is Monday the 7th, hour 312 Monday the 14th.
    stream = journey_stream(
        log(
            "joe basket 0,"  # fires on the 2nd: the log began within that week
            "ann basket 121, ann basket 130,"  # fires twice in the week from the 7th
            "bob basket 143.9, bob basket 288,"  # fires in the weeks from the 7th and the 14th
            "eve basket 288, eve order 300,"  # in time
            "zoe visit 820"  # October 5: the weeks up to October 4 are over
        )
    )
    found = response_weeks(stream, [BASKET])
    assert found["week"].dt.strftime("%m-%d").tolist() == ["09-07", "09-14", "09-21", "09-28"]
    assert found["value"].tolist() == [2, 1, 0, 0]
    early = response_weeks(stream, [BASKET], as_of=date(2026, 9, 20))
    assert early["value"].tolist() == [2, 1]  # Sunday the 20th ends a week
    assert response_weeks(stream, [BASKET], as_of=date(2026, 9, 19))["value"].tolist() == [2]


def test_weeks_begin_where_the_study_is(log):
    tea = {"title": "Tea", "stages": [{"id": "buy", "name": "Buy", "touchpoints": [
        {"id": "basket", "name": "Basket"}, {"id": "order", "name": "Order"}]}]}  # fmt: skip
    events = log("ann basket -48, bob basket 118, zoe basket 500")  # fires on Sunday at 22:00 UTC
    weeks = {}
    for zone in ("UTC", "Europe/Berlin"):  # ... which is midnight in Berlin
        stream = journey_stream(events, study=Study.model_validate(tea | {"time_zone": zone}))
        found = response_weeks(stream, [BASKET], as_of=date(2026, 9, 13)).set_index("week")
        weeks[zone] = found["value"].tolist()
    assert weeks == {"UTC": [2, 0], "Europe/Berlin": [1, 1]}


def answers(*rows):
    people, when, mark = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "customer_id": pd.Series(people, dtype="str"),
            "submitted_at": pd.to_datetime(pd.Series(when), utc=True).dt.as_unit("us"),
            "recommend": pd.Series(mark, dtype="float64"),
        }
    )


def test_weeks_of_answers_begin_with_the_answers(log):
    stream = journey_stream(log("ann visit 0"))
    given = answers(("ann", "2026-09-06", 9), ("ann", "2026-09-07", 1), ("bob", "2026-09-08", 2))
    found = response_weeks(stream, [DETRACTORS], answers=given, as_of=date(2026, 9, 20))
    assert found["value"].tolist() == [2, 0]
    assert response_weeks(stream, [DETRACTORS, MENTIONS]).empty


def returns(stream, rule=BASKET, **options):
    return response_returns(stream, [rule], **options).set_index(["measure", "days"])


def test_open_windows_are_censored_in_the_time_to_come_back(log):
    # Fired 24 hours after the basket. Back after 1 and 3 days; eve is away for the 28 days that
    # were seen; joe met the rule 2 days before the end. Kaplan-Meier: 4 at risk at 1 day, 2 at 3.
    stream = journey_stream(
        log("ann basket 0, ann order 48, bob basket 0, bob order 96, eve basket 24, joe basket 648")
    )
    found = returns(stream, as_of=date(2026, 9, 30))
    value = found["value"].droplevel("measure").head(4).to_dict()
    assert value == pytest.approx({1.0: 0.25, 3.0: 0.625, 7.0: 0.625, 14.0: 0.625})
    assert found.iloc[-1]["value"] == 3  # half are back after 3 days
    assert found["n"].unique().tolist() == [4]
    late = returns(stream, as_of=date(2026, 9, 30), days=[40])
    assert np.isnan(late.iloc[0]["value"])  # nobody was seen so long
    assert late.iloc[0]["method"] == "nobody was seen so long"


def test_the_first_time_in_the_period_counts_for_coming_back(log):
    stream = journey_stream(log("ann basket 0, ann basket 100, ann order 200, bob visit 700"))
    assert returns(stream, period=SEPTEMBER).iloc[-1]["value"] == pytest.approx(176 / 24)
    assert returns(stream)["n"].tolist() == [1] * 5


def test_all_alike_have_intervals_of_their_own(log):
    none = returns(
        journey_stream(log("ann basket 0, bob basket 0, zoe order 0")), as_of=date(2026, 9, 30)
    )
    assert none.loc[("returned_by", 1.0), ["value", "low", "high"]].tolist() == pytest.approx(
        [0, 0, 0.657620], abs=1e-6
    )  # Wilson of 0 in 2
    every = returns(journey_stream(log("ann basket 0, ann order 30, bob basket 0, bob order 30")))
    assert every.loc[("returned_by", 14.0), ["value", "low", "high"]].tolist() == pytest.approx(
        [1, 1 - 0.657620, 1], abs=1e-6
    )
    nobody = returns(journey_stream(log("")))
    assert nobody["value"].isna().all()
    assert nobody["n"].sum() == 0


def test_the_share_that_is_back_lies_in_its_interval_as_often_as_said():
    rng = np.random.default_rng(11)
    true, held = 1 - np.exp(-3 / 5), 0
    for _ in range(250):
        back, seen = rng.exponential(5, 300), rng.uniform(0, 14, 300)
        length, happened = np.minimum(back, seen), back <= seen
        one = _back_by(3.0, kaplan_meier(length, happened), length, happened, 0.95)
        held += one.low <= true <= one.high
    assert 0.93 <= held / 250 <= 0.97


def test_the_audience_is_who_waits_now_and_since_when(log):
    stream = journey_stream(
        log(
            "ann basket 600, ann basket 650,"  # the last time counts
            "bob basket 600, bob order 640,"  # came back
            "eve basket 0,"  # the window of 14 days is over
            "joe basket 700"  # 24 hours are not over on September 30
        )
    )
    today = date(2026, 9, 30)  # ends at hour 720
    found = audience(stream, [BASKET], as_of=today)
    assert found["customer_id"].tolist() == ["ann"]
    assert found["days_waiting"].tolist() == pytest.approx([(720 - 674) / 24])
    assert found["fired_at"].iloc[0] == pd.Timestamp("2026-09-29 02:00", tz="UTC")
    count = responses(stream, [BASKET], as_of=today).set_index("measure").loc["waiting_now"]
    assert count["value"] == len(found)
    tomorrow = audience(stream, [BASKET], as_of=date(2026, 10, 1))
    assert tomorrow["customer_id"].tolist() == ["ann", "joe"]  # who waits longest first
    assert audience(stream, [BASKET], as_of=today, window_days=30)["customer_id"].tolist() == [
        "eve", "ann"
    ]  # fmt: skip


def test_detractors_to_call_back_are_those_whose_last_answer_was_bad(log, shop):
    stream = journey_stream(log("ann visit 0, bob visit 0"), study=shop)
    given = answers(
        ("ann", "2026-09-20", 3), ("ann", "2026-09-22", 9), ("bob", "2026-09-20", 9),
        ("bob", "2026-09-22", 3), ("", "2026-09-22", 0), ("zoe", "2026-09-21", 6),
    )  # fmt: skip
    scored = pd.DataFrame(
        {
            "published_at": pd.to_datetime(["2026-09-29", "2026-09-29"], utc=True),
            "customer_id": ["", "ann"],
            "automatic": "negative",
            "duplicate": False,
            "touchpoints": [["visit"], ["visit"]],
        }
    )
    found = audience(
        stream, [MENTIONS, DETRACTORS], scored=scored, answers=given, as_of=date(2026, 9, 30)
    )
    assert found[["rule", "customer_id"]].values.tolist() == [
        ["reply", "ann"], ["call", "zoe"], ["call", "bob"]
    ]  # fmt: skip
    assert found["days_waiting"].tolist() == [2, 10, 9]


def test_nobody_waits_in_an_empty_log(log):
    empty = audience(journey_stream(log("")), [BASKET, DETRACTORS])
    assert empty.empty
    assert list(empty.columns) == ["rule", "customer_id", "fired_at", "days_waiting"]
    assert response_weeks(journey_stream(log("")), [BASKET]).empty


def test_reminders_of_the_shop(simple_shop):
    rule = ResponseRule(id="remind", when="cart without payment_done within 24h")
    stream = journey_stream(simple_shop)
    found = responses(stream, [rule]).set_index("measure")
    # By plain pandas: the first payment no sooner than each basket, more than a day later or never.
    rows = simple_shop.rename(columns={"customer_id": "who", "occurred_at": "at"})
    carts = rows[rows["event"] == "cart"].sort_values("at")
    paid = rows[rows["event"] == "payment_done"].sort_values("at").assign(paid=lambda t: t["at"])
    both = pd.merge_asof(carts, paid[["who", "at", "paid"]], on="at", by="who", direction="forward")
    end = pd.Timestamp("2020-04-30", tz="UTC")
    day = pd.Timedelta(days=1)
    late = both[~(both["paid"] - both["at"] <= day) & (both["at"] + day < end)]
    assert found.loc["triggered", "value"] == late["who"].nunique()
    open_now = late[late["paid"].isna() & (late["at"] + 15 * day >= end)]
    assert set(audience(stream, [rule])["customer_id"]) == set(open_now["who"])


def test_duckdb_finds_the_same_people(simple_shop):
    rule = ResponseRule(id="remind", when="cart without payment_done within 24h")
    events = simple_shop.head(8000)
    for metric in (responses, response_weeks, response_returns, audience):
        one, other = (
            metric(journey_stream(events, engine=e), [rule]) for e in ("polars", "duckdb")
        )
        assert len(one)
        pd.testing.assert_frame_equal(one, other)


def test_a_share_that_too_few_were_seen_for_has_no_interval(log):
    # Three were watched for 20 days, one of whom came back on the third day after the rule was
    # met; 37 met it a day before the end. On day 14 two of three are left: three in effect.
    early = "ann basket 0, ann order 96, bob basket 0, eve basket 0,"
    late = ",".join(f"c{i} basket 456" for i in range(37))
    stream = journey_stream(log(early + late))
    found = response_returns(stream, [BASKET], days=[14], as_of=date(2026, 9, 21))
    row = found[found["measure"] == "returned_by"].iloc[0]
    assert row["value"] == pytest.approx(1 / 3)
    assert row[["low", "high"]].isna().all()
    assert "too few" in row["method"]
