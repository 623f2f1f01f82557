from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from cjm_lab.ledger import Ledger
from cjm_lab.metrics import journey_stream
from cjm_lab.metrics.evidence import crm_evidence, journey_evidence, response_evidence
from cjm_lab.period import Period, period_up_to
from cjm_lab.study import Study, load_study

NOBODY = pd.DataFrame({"customer_id": pd.Series(dtype="str"), "persona": pd.Series(dtype="str")})
DAY = date(2026, 10, 31)
OCTOBER = period_up_to(DAY)


@pytest.fixture(scope="module")
def study(shop):
    more = {
        "personas": [{"id": "new", "name": "New"}, {"id": "old", "name": "Old"}],
        "funnel": {"steps": ["visit", "order"], "window_days": 7},
        "responses": [
            {"id": "remind", "when": "put without order within 24h", "reason": "Forgot the basket"},
            {"id": "call", "when": "mentions at visit and negative"},
        ],
    }
    return Study.model_validate(shop.model_dump() | more)


@pytest.fixture(scope="module")
def events():
    """In October 60 customers visit, every other one puts, every third of all orders."""
    start = pd.Timestamp("2026-10-05", tz="UTC")
    i = np.arange(60)
    parts = [("visit", i, 0), ("put", i[::2], 5), ("order", i[::3], 9)]
    frames = [
        pd.DataFrame({"number": who, "event": event, "hour": hour}) for event, who, hour in parts
    ]
    rows = pd.concat(frames, ignore_index=True)
    return pd.DataFrame(
        {
            "customer_id": ("c" + rows["number"].astype("str")).astype("str"),
            "occurred_at": start + pd.to_timedelta(rows["hour"], unit="h"),
            "event": rows["event"].astype("str"),
            "channel": "web",
        }
    )


@pytest.fixture(scope="module")
def customers():
    i = np.arange(60)
    return pd.DataFrame(
        {
            "customer_id": [f"c{n}" for n in i],
            "persona": np.where(i % 3 == 0, "new", "old"),
            "joined_at": pd.Timestamp("2026-01-01", tz="UTC"),
            "left_at": pd.to_datetime(["2026-10-10"] * 6 + [None] * 54, utc=True),
            "observed_from": pd.Series(pd.NaT, index=i).dt.tz_localize("UTC"),
        }
    )


def test_the_real_shop_converts_653_of_3611(simple_shop, real_study, tmp_path):
    study = load_study(real_study("simple_shop", tmp_path).raw("simple_shop"))
    stream, day = journey_stream(simple_shop, study=study), date(2020, 4, 29)
    period = period_up_to(day, "all", first=date(2019, 11, 1))
    ledger = Ledger(journey_evidence(stream, NOBODY, study, period, day))
    conversion = ledger.estimate(measure="conversion")
    assert (conversion.value, conversion.n) == (pytest.approx(653 / 3611), 3611)
    active = ledger.select(measure="active_customers")
    assert active["value"].item() == 3751
    assert active["note"].item() == "3,098 events at no touchpoint"
    assert ledger.estimate(measure="reach", touchpoint="catalog").value == pytest.approx(
        3611 / 3751
    )
    assert ledger.select(measure="first_channel_share").empty
    entered = ledger.select(measure="entry_share").set_index("stage")["value"]
    assert entered["browse"] == 1  # golden: all 3,751 begin at catalog or main
    assert set(ledger.frame["persona"]) == {""}
    shares = ledger.select(measure="exit_share")
    assert shares["value"].sum() == pytest.approx(1)


def test_rows_of_everyone_and_of_each_persona(events, customers, study):
    ledger = Ledger(
        journey_evidence(journey_stream(events, study=study), customers, study, OCTOBER, DAY)
    )
    assert ledger.estimate(measure="conversion", persona="").value == pytest.approx(1 / 3)
    assert ledger.estimate(measure="conversion", persona="new").value == 1
    assert ledger.estimate(measure="conversion", persona="old").value == 0
    assert ledger.estimate(measure="reach", touchpoint="basket", persona="").value == 0.5
    assert ledger.estimate(measure="drop_off", touchpoint="visit", persona="old").value == 0.5
    row = ledger.select(measure="transition", touchpoint="visit", label="Visit → Basket")
    assert row["value"].item() == 0.5
    assert row["note"].item() == "next within 7 days, median 5 hours"
    assert ledger.estimate(measure="first_channel_share").value == 1
    assert ledger.estimate(measure="events_per_customer").value == pytest.approx(110 / 60)
    assert set(ledger.frame["period_start"]) == {"2026-10-01"}
    assert set(ledger.frame["status"]) == {"observed"}
    without = ledger.frame[ledger.frame["low"].isna()].set_index("measure")["method"].to_dict()
    assert without == {"active_customers": "count", "active_days": "all alike"}


def test_touchpoints_carry_their_stage_and_name(events, study):
    rows = journey_evidence(journey_stream(events, study=study), NOBODY, study, OCTOBER, DAY)
    row = rows[(rows["measure"] == "reach") & (rows["touchpoint"] == "basket")].iloc[0]
    assert (row["stage"], row["label"]) == ("buy", "Basket")


def test_a_pair_that_few_customers_took_is_not_reported(events, study):
    few = events[
        (events["event"] != "order") | events["customer_id"].isin(["c0", "c6", "c12", "c18"])
    ]
    rows = journey_evidence(journey_stream(few, study=study), NOBODY, study, OCTOBER, DAY)
    labels = rows.loc[rows["measure"] == "transition", "label"].tolist()
    assert labels == ["Visit → Basket"]


def test_a_thin_month_becomes_the_quarter_and_says_so(events, study):
    few = events[events["customer_id"].isin([f"c{i}" for i in range(10)])]
    rows = journey_evidence(journey_stream(few, study=study), NOBODY, study, OCTOBER, DAY)
    assert set(rows["period_start"]) == {"2026-08-01"}
    assert rows["note"].str.contains("rolling quarter").all()


def test_another_window_is_the_same_measure_on_another_basis(events, study):
    stream = journey_stream(events, study=study)
    longer = study.model_copy(update={"funnel": study.funnel.model_copy(update={"window_days": 9})})
    one, other = (journey_evidence(stream, NOBODY, s, OCTOBER, DAY) for s in (study, longer))
    for measure in ("conversion", "drop_off", "transition"):
        a, b = (rows[rows["measure"] == measure].iloc[0] for rows in (one, other))
        assert a["evidence_id"] == b["evidence_id"]
        assert a["basis"] != b["basis"]


def test_nothing_in_the_period_leaves_the_count_of_nobody(events, study):
    may = Period("all", date(2026, 5, 1), date(2026, 5, 31))
    rows = journey_evidence(journey_stream(events, study=study), NOBODY, study, may, DAY)
    assert rows["measure"].tolist() == ["active_customers"]


def test_an_empty_log_has_no_rows(events, study):
    stream = journey_stream(events.iloc[:0], study=study)
    assert journey_evidence(stream, NOBODY, study, OCTOBER, DAY).empty
    assert response_evidence(
        stream, ORDERS.iloc[:0], SCORED.iloc[:0], ANSWERS.iloc[:0], study, OCTOBER, DAY
    ).empty


ANSWERS = pd.DataFrame(
    {
        "customer_id": ["c0", "c1", "c2", "c3"],
        "submitted_at": pd.to_datetime(["2026-10-20"] * 3 + ["2026-09-20"], utc=True),
        "recommend": [3.0, 9.0, 5.0, 0.0],
    }
)
ORDERS = pd.DataFrame(
    {
        "customer_id": ["c9", "c0", "c0", "c3"],
        "ordered_at": pd.to_datetime(
            ["2026-09-01", "2026-09-10", "2026-10-05", "2026-10-05"], utc=True
        ),
        "amount": [10.0, 10.0, 20.0, 40.0],
    }
)
CALLS = pd.DataFrame(
    {
        "customer_id": ["c0", "c1"],
        "topic": ["Set-up", ""],
        "opened_at": pd.to_datetime(["2026-10-05 08:00", "2026-10-06 08:00"], utc=True),
        "first_reply_at": pd.to_datetime(["2026-10-05 09:00", "2026-10-06 11:00"], utc=True),
        "resolved_at": pd.to_datetime(["2026-10-06", None], utc=True),
    }
)
SCORED = pd.DataFrame(
    {
        "published_at": pd.to_datetime(["2026-10-30"], utc=True),
        "automatic": ["negative"],
        "duplicate": [False],
        "touchpoints": [["visit"]],
    }
)


def test_the_crm(customers, study):
    ledger = Ledger(crm_evidence(customers, ORDERS, CALLS, study, OCTOBER, DAY))
    assert ledger.estimate(measure="customers").value == 54
    assert ledger.estimate(measure="churn_share").value == 0.1
    assert ledger.estimate(measure="repeat_share").value == 0.5
    assert ledger.estimate(
        measure="contact_share", label="Customers in contact"
    ).value == pytest.approx(2 / 60)
    assert ledger.estimate(measure="first_reply_hours").value == 2
    assert not ledger.frame["label"].str.contains("Set-up").any()  # one customer only
    assert set(ledger.frame["source"]) == {"customers", "orders", "interactions"}


def test_a_crm_without_dates_counts_whole_and_has_no_period(customers, study):
    undated = customers.assign(
        joined_at=customers["observed_from"], left_at=customers["observed_from"]
    )
    rows = crm_evidence(undated, ORDERS.iloc[:0], CALLS.iloc[:0], study, OCTOBER, DAY)
    assert rows["value"].tolist() == [60, 0]
    assert set(rows["period_start"]) == {""}


def test_an_absent_crm_has_no_rows(customers, study):
    empty = (table.iloc[:0] for table in (customers, ORDERS, CALLS))
    assert crm_evidence(*empty, study, OCTOBER, DAY).empty


def test_response_rules(events, study):
    stream = journey_stream(events, study=study)
    ledger = Ledger(response_evidence(stream, ORDERS, SCORED, ANSWERS, study, OCTOBER, DAY))
    remind = ledger.select(label="Forgot the basket").set_index("measure")
    assert remind.loc["triggered", "value"] == 20  # 30 put, of whom 10 order
    assert remind.loc["revenue_at_stake", "value"] == 20 * 30
    assert remind.loc["revenue_at_stake", "status"] == "reasoned"
    assert set(remind["touchpoint"]) == {"basket"}
    call = ledger.select(label="mentions at visit and negative").set_index("measure")
    assert call.loc["triggered", "value"] == 1
    assert set(call["status"]) == {"reasoned"}
    assert call["note"].str.contains("bias unknown").all()


def test_a_rule_about_answers_counts_who_gave_them_in_the_period(events, study):
    """Of four answers two of October are at most 6."""
    rule = {"id": "call", "when": "answers of recommend at most 6"}
    asked = study.model_copy(update={"responses": [type(study.responses[0])(**rule)]})
    rows = response_evidence(
        journey_stream(events, study=study), ORDERS, SCORED, ANSWERS, asked, OCTOBER, DAY
    )
    found = Ledger(rows).frame.set_index("measure")
    assert found.loc["triggered", "value"] == 2
    assert set(found["source"]) == {"survey"}


def test_conversion_by_channel_sums_to_the_whole_and_small_channels_are_left_out(study):
    start = pd.Timestamp("2026-10-02", tz="UTC")
    rows = []
    for channel, people, orders in (("ad", 60, 30), ("mail", 20, 20), ("friend", 3, 3)):
        for i in range(people):
            rows.append((f"{channel}{i}", start, "visit", channel))
            for step, event in enumerate(study.funnel.steps[1:] if i < orders else [], 1):
                rows.append((f"{channel}{i}", start + pd.Timedelta(hours=step), event, channel))
    log = pd.DataFrame(rows, columns=["customer_id", "occurred_at", "event", "channel"])
    customers = pd.DataFrame({"customer_id": [], "persona": []})
    found = journey_evidence(journey_stream(log, study=study), customers, study, OCTOBER, DAY)
    own = found[found["measure"] == "channel_conversion"]
    assert own[["segment", "value", "n"]].values.tolist() == [
        ["channel=ad", 0.5, 60], ["channel=mail", 1.0, 20],
    ]  # fmt: skip
    whole = found[found["measure"] == "conversion"].iloc[0]
    assert whole["value"] * whole["n"] == pytest.approx(53)
