"""What the notebooks show of arriving, staying and buying again."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from cjm_lab import plots
from cjm_lab.estimate import share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.metrics import JourneyStream, journey_stream
from cjm_lab.period import Period, period_up_to
from cjm_lab.runs import loyalty_views as views
from cjm_lab.sources.schemas import empty_table
from cjm_lab.study import Study

DAY = date(2026, 9, 30)
NBSP = "\u00a0"


@pytest.fixture(scope="module")
def study() -> Study:
    return Study.model_validate(
        {
            "title": "Shop",
            "personas": [{"id": "fast", "name": "Fast people", "match": {"pace": "fast"}}],
            "stages": [
                {"id": "buy", "name": "Buy", "touchpoints": [{"id": "order", "name": "Till"}]}
            ],
            "funnel": {"steps": ["visit", "order"], "window_days": 3},
            "key_measures": [{"measure": "conversion", "matters": 0.1}],
        }
    )


@pytest.fixture(scope="module")
def month() -> Period:
    return period_up_to(DAY)


def log() -> pd.DataFrame:
    """60 come by an ad, of whom 30 order; 20 by mail, of whom all order; 3 by a friend."""
    start = pd.Timestamp("2026-09-03", tz="UTC")
    rows = []
    for channel, people, orders in (("ad", 60, 30), ("mail", 20, 20), ("friend", 3, 3)):
        for i in range(people):
            rows.append((f"{channel}{i}", start, "visit", channel, f"/{channel}", "phone"))
            if i < orders:
                at = start + pd.Timedelta(minutes=10)
                rows.append((f"{channel}{i}", at, "order", channel, "/till", "phone"))
    names = ["customer_id", "occurred_at", "event", "channel", "page", "device"]
    return pd.DataFrame(rows, columns=names)


@pytest.fixture(scope="module")
def stream(study: Study) -> JourneyStream:
    return journey_stream(log(), study=study)


def test_arrivals_say_how_many_of_each_way_go_on(
    stream: JourneyStream, study: Study, month: Period
) -> None:
    table = views.arrivals(stream, study, month, DAY)
    channels = table[table["by"] == "channel"].set_index("what")
    assert channels.index.tolist() == ["ad", "mail"]  # three friends are too few to be shown
    assert channels.loc["ad", "new customers"] == f"72{NBSP}%"  # 60 of 83
    assert channels["convert"].tolist() == [f"50{NBSP}%", f"100{NBSP}%"]
    assert table[table["by"] == "device"]["what"].tolist() == ["phone"]


def test_credit_is_shown_by_model_and_too_small_channels_are_left_out(
    stream: JourneyStream, study: Study, month: Period
) -> None:
    long = views.credit(stream, study, month, DAY, 0)
    assert set(long["channel"]) == {"ad", "mail"}
    wide = views.credit_side_by_side(long).set_index("channel")
    assert wide.loc["ad", "first"] == "57 %"  # 30 of 53 conversions
    assert "time decay" in wide.columns


def test_a_page_has_one_line(stream: JourneyStream, study: Study, month: Period) -> None:
    table = views.seen_pages(stream, study, month).set_index("page")
    assert table.columns.tolist() == ["seen by", "sessions begin", "sessions end"]
    assert table.loc["/ad", "seen by"].startswith(f"72{NBSP}%")
    assert table.loc["/till", "sessions begin"] == ""


def test_customers_who_left_before_they_joined_do_not_stop_the_curve(study: Study) -> None:
    joined = pd.to_datetime(["2026-09-01"] * 4, utc=True)
    people = pd.DataFrame(
        {
            "customer_id": list("abcd"), "persona": ["fast"] * 4, "joined_at": joined,
            "left_at": pd.to_datetime(["2026-09-05", None, None, "2026-08-01"], utc=True),
            "observed_from": pd.to_datetime([None] * 4, utc=True),
        }
    )  # fmt: skip
    curve = views.staying(people, study, DAY)
    assert curve["group"].unique().tolist() == ["Fast people"]
    assert curve["value"].iloc[0] == pytest.approx(2 / 3)  # one of three left on day 4
    assert len(plots.survival(curve).lines)


def test_a_record_that_determines_no_model_says_why(study: Study) -> None:
    orders = pd.DataFrame(
        {
            "customer_id": list("abc"), "product": "", "kind": "",
            "ordered_at": pd.to_datetime(["2026-09-01", "2026-09-02", "2026-09-03"], utc=True),
            "amount": [10.0, 20.0, 30.0],
        }
    )  # fmt: skip
    table = views.future_value(orders, study, DAY, 0)
    assert table.columns.tolist() == ["why nobody knows"]
    assert len(table) >= 1
    assert (
        views.ordering(orders, empty_table("customers"), study, period_up_to(DAY, "all"))[
            "of the orders"
        ].iloc[0]
        == f"100{NBSP}%"
    )


def test_the_next_pilot_is_planned_from_the_conversion_and_what_matters(study: Study) -> None:
    def conversion(of, n, period):
        row = evidence(share(of, n), lane="base", measure="conversion", period=period)
        return evidence_frame([row])

    month, quarter = (period_up_to(date(2026, 9, 30), kind) for kind in ("month", "quarter"))
    measured = conversion(400, 1000, month)
    table = views.next_pilot(measured, study)
    assert table["looks"].tolist() == ["once, at the end", "every day"]
    # R: power.prop.test(p1 = .4, p2 = .5, power = .8) gives n = 387.3 an arm
    assert table["customers"].iloc[0] == "776"
    assert int(table["customers"].iloc[1].replace(",", "")) > 776
    # 1,000 in 30 days are 233 a week, which 776 take 3.3 of; in the 92 days of a quarter 76, 10.2.
    assert table["weeks"].iloc[0] == "4"
    assert views.next_pilot(conversion(400, 1000, quarter), study)["weeks"].iloc[0] == "11"
    assert views.next_pilot(conversion(400, 1000, None), study).empty  # undated
    # 233 a week: of a hundredth of two days' customers, .67, nobody is treated.
    assert views.next_stages(measured, study)["treated"].tolist() == ["5 %", "20 %", "50 %"]
    assert views.next_stages(conversion(2, 5, month), study)["treated"].tolist() == ["50 %"]
    assert views.next_pilot(evidence_frame(), study).empty


def test_the_first_share_of_the_pilot_is_looked_at_day_by_day(study: Study) -> None:
    days = pd.date_range("2026-09-01", periods=40, freq="12h", tz="UTC")
    pilot = pd.DataFrame(
        {
            "customer_id": [f"k{i}" for i in range(40)], "assigned_at": days,
            "arm": ["control", "treatment"] * 20, "revenue": range(40), "bought": [0, 1] * 20,
        }
    )  # fmt: skip
    table = views.pilot_days(pilot, study)
    assert set(table["outcome"]) == {"bought"}
    assert len(table) == 20
    assert views.pilot_days(empty_table("pilot"), study).empty


def test_a_study_without_sources_shows_nothing_and_breaks_nowhere(
    study: Study, month: Period
) -> None:
    empty = journey_stream(log().iloc[:0], study=study)
    orders, people = empty_table("orders"), empty_table("customers").assign(persona="")
    assert views.arrivals(empty, study, month, DAY).empty
    assert views.credit_side_by_side(views.credit(empty, study, month, DAY, 0)).empty
    assert views.seen_pages(empty, study, month).empty
    assert views.to_and_fro(empty, study, month).empty
    assert views.habits(empty, study, month, DAY).empty
    assert views.conversion_change(empty, study, month, DAY).empty
    assert views.cohorts(empty, study, DAY).empty
    assert views.staying(people, study, DAY).empty
    assert views.at_risk(empty, DAY).empty
    assert views.buyers(orders, study, DAY).empty
    assert views.future_value(orders, study, DAY, 0).empty
    assert views.future_check(orders, study, DAY).empty
    assert views.ordering(orders, people, study, month).empty
    assert views.answered_contacts(empty_table("interactions"), study, month, DAY).empty
    assert views.steps_in_time(pd.DataFrame(columns=["week", "value"])).empty


def test_habits_tell_days_and_features_in_words(
    stream: JourneyStream, study: Study, month: Period
) -> None:
    table = views.habits(stream, study, month, DAY).set_index("what")
    assert table.loc["active on one day", "value"] == f"100{NBSP}%"
    # 53 of 83 did two different things, the others one
    assert table.loc["different events of a customer", "value"] == "1.6"


def test_a_conversion_splits_into_other_channels_and_other_rates(study: Study) -> None:
    """In August 50 of 50 came by ads, of whom 10 bought; in September half came by mail."""
    rows = []
    for day, channel, people, orders in (
        ("2026-08-03", "ad", 50, 10), ("2026-09-03", "ad", 50, 10), ("2026-09-03", "mail", 50, 30),
    ):  # fmt: skip
        at = pd.Timestamp(day, tz="UTC")
        for i in range(people):
            rows.append((f"{day}{channel}{i}", at, "visit", channel))
            if i < orders:
                rows.append((f"{day}{channel}{i}", at + pd.Timedelta(hours=1), "order", channel))
    events = pd.DataFrame(rows, columns=["customer_id", "occurred_at", "event", "channel"])
    table = views.conversion_change(
        journey_stream(events, study=study), study, period_up_to(DAY), DAY
    )
    assert table["part"].iloc[0] == "the change of the conversion"
    assert table["points"].iloc[0] == f"+20{NBSP}points"  # from 20 % to 40 %
    assert table["points"].tolist()[1:] == [f"+20{NBSP}points", f"0{NBSP}points"]  # all of it mix
