from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from cjm_lab.errors import ParameterError, SourceError
from cjm_lab.metrics import acquisition, acquisition_costs, journey_stream
from cjm_lab.metrics.arrivals import _cost_of_one
from cjm_lab.period import Period
from cjm_lab.study import Study

SEPTEMBER = Period("month", date(2026, 9, 1), date(2026, 9, 30))


def test_a_new_customer_came_through_the_channel_of_the_first_event(log):
    events = log("ann a 0, ann b 1, bob a 0, eve a 0, joe a -5, joe a 5")
    events["channel"] = ["ad", "search", "ad", "", "search", "ad"]
    rows = acquisition(journey_stream(events), period=SEPTEMBER).set_index("channel")
    assert rows["value"].to_dict() == {"ad": 1.0}  # eve's is unknown, joe is not new
    assert rows["n"].tolist() == [2]


def test_a_log_without_channels_says_nothing_about_acquisition(log):
    assert acquisition(journey_stream(log("ann a 0"))).empty
    empty = acquisition(journey_stream(log("")), converted="order")
    assert list(empty.columns[:4]) == ["channel", "customers", "converted", "conversion"]


def test_landing_pages_of_the_shop(simple_shop):
    events = simple_shop.assign(page=simple_shop["event"])
    rows = acquisition(journey_stream(events), by="page").set_index("page")
    assert rows["customers"].to_dict() == {"catalog": 2686, "main": 1065}  # golden: first_events


def test_conversion_by_kind_of_visitor(shared_data):
    folder = shared_data / "events" / "online_shoppers"
    raw = pd.read_csv(folder / "online_shoppers_intention.csv", sep=";")
    # One row a session: each is a visitor of its own who leaves at once or orders at once.
    events = pd.DataFrame(
        {
            "customer_id": raw.index.astype("str"),
            "occurred_at": pd.Timestamp("2026-09-01", tz="UTC"),
            "event": raw["Revenue"].map({True: "order", False: "visit"}),
            "channel": raw["VisitorType"],
        }
    )
    rows = acquisition(journey_stream(events), converted="order", window_days=None).set_index(
        "channel"
    )
    assert rows["customers"].to_dict() == {
        "New_Visitor": 1694, "Other": 85, "Returning_Visitor": 10551
    }  # fmt: skip
    assert rows["conversion"].round(6).to_dict() == {
        "New_Visitor": 0.249115, "Other": 0.188235, "Returning_Visitor": 0.139323
    }  # fmt: skip
    assert rows["converted"].sum() == 1908


def test_conversion_counts_customers_whose_window_has_closed(log):
    events = log(
        "ann visit 0, ann order 48,"  # just in time
        "bob visit 0, bob order 48.1,"  # too late
        "eve order 0,"  # the first event is the goal
        "joe visit 700, joe order 701"  # 20 hours before the end of September: still open
    ).assign(device="phone")
    stream = journey_stream(events)
    september = dict(by="device", converted="order", as_of=date(2026, 9, 30))
    row = acquisition(stream, window_days=2, **september).iloc[0]
    assert row[["customers", "converted", "conversion_n"]].tolist() == [4, 2, 3]
    assert row["conversion"] == pytest.approx(2 / 3)
    assert (row["conversion_low"], row["conversion_high"]) == pytest.approx(
        (1 - 0.792340, 1 - 0.061492), abs=1e-6
    )  # Wilson of 2 in 3
    open_ended = acquisition(stream, window_days=None, **september).iloc[0]
    assert open_ended[["converted", "conversion_n"]].tolist() == [4, 4]
    before = acquisition(
        stream, by="device", converted="order", window_days=None, as_of=date(2026, 9, 2)
    ).iloc[0]
    assert before[["customers", "converted"]].tolist() == [3, 1]  # orders on the 3rd are unknown


def test_conversion_by_device_of_the_demo_shop(shared_data):
    raw = pd.read_csv(shared_data / "events" / "ecom_retentioneering" / "ecom.csv.gz")
    events = pd.DataFrame(
        {
            "customer_id": raw["user_id"],
            "occurred_at": pd.to_datetime(raw["timestamp"], utc=True).dt.as_unit("us"),
            "event": raw["event"],
            "device": raw["platform"],
        }
    )
    rows = acquisition(
        journey_stream(events), by="device", converted="purchase", window_days=None
    ).set_index("device")
    ordered = raw.assign(at=raw["timestamp"]).sort_values("at", kind="stable")
    first = ordered.groupby("user_id")["platform"].first()
    bought = raw[raw["event"] == "purchase"].groupby("user_id").size()
    expected = first.index.isin(bought.index)
    assert rows["customers"].to_dict() == first.value_counts().to_dict()
    assert rows["converted"].to_dict() == first[expected].value_counts().to_dict()


def test_an_origin_that_events_do_not_have_is_refused(log):
    with pytest.raises(ParameterError, match="did you mean 'channel'"):
        acquisition(journey_stream(log("ann a 0")), by="chanel")


def costs(*rows):
    channel, month, amount = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "channel": list(channel),
            "month": pd.to_datetime(pd.Series(month), utc=True).dt.as_unit("us"),
            "amount": np.array(amount, dtype=float),
        }
    )


def arrivals(*rows):
    """Return a log with `number` customers of a channel who came on a day."""
    parts = [
        pd.DataFrame(
            {
                "customer_id": [f"{channel} {day} {i}" for i in range(number)],
                "occurred_at": pd.Timestamp(day, tz="UTC").as_unit("us"),
                "event": "visit",
                "channel": channel,
            }
        )
        for channel, day, number in rows
    ]
    return pd.concat(parts, ignore_index=True)


MONTHS = arrivals(
    ("ad", "2026-08-01", 4),
    ("ad", "2026-09-30", 6),
    ("ad", "2026-10-02", 100),
    ("search", "2026-09-15", 3),
    ("", "2026-09-15", 2),
)


def test_costs_and_customers_of_the_same_channel_and_months_are_set_against_each_other():
    spent = costs(
        ("ad", "2026-08-01", 100), ("ad", "2026-09-01", 50), ("ad", "2026-09-01", 50),
        ("ad", "2026-10-01", 9999), ("poster", "2026-09-01", 70),
    )  # fmt: skip
    rows = acquisition_costs(journey_stream(MONTHS), spent, as_of=date(2026, 10, 30))
    assert rows["channel"].tolist() == ["ad", "poster", "search", ""]
    rows = rows.set_index("channel")  # October is not over on the 30th
    ad = rows.loc["ad"]
    assert ad[["months", "customers", "uncosted", "amount", "value"]].tolist() == [
        2,
        10,
        0,
        200,
        20,
    ]
    # Garwood's exact bounds of a count of 10 are 4.795 and 18.390.
    assert (ad["low"], ad["high"]) == pytest.approx((200 / 18.390, 200 / 4.795), rel=2e-4)
    poster, search, unknown = rows.loc["poster"], rows.loc["search"], rows.loc[""]
    assert poster[["customers", "amount"]].tolist() == [0, 70]
    assert search[["customers", "uncosted", "months"]].tolist() == [0, 3, 0]
    assert unknown["uncosted"] == 2
    assert rows["value"].isna().tolist() == [False, True, True, True]
    assert (poster["method"], search["method"]) == (
        "nobody came for it", "no cost of this channel is given"
    )  # fmt: skip


def test_a_month_without_a_cost_of_the_channel_keeps_its_customers_out():
    rows = acquisition_costs(
        journey_stream(MONTHS), costs(("ad", "2026-09-01", 60)), as_of=date(2026, 10, 31)
    ).set_index("channel")
    assert rows.loc["ad", ["customers", "uncosted", "value"]].tolist() == [6, 104, 10]


def test_costs_of_a_period_and_of_a_log_that_began_within_a_month():
    spent = costs(("ad", "2026-08-01", 100), ("ad", "2026-09-01", 60))
    rows = acquisition_costs(journey_stream(MONTHS), spent, period=SEPTEMBER).set_index("channel")
    assert rows.loc["ad", ["months", "customers", "amount"]].tolist() == [1, 6, 60]
    late = MONTHS[MONTHS["occurred_at"] > "2026-08-01"]
    later = pd.concat([late, arrivals(("ad", "2026-08-02", 1))])
    rows = acquisition_costs(journey_stream(later), spent, as_of=date(2026, 9, 30))
    assert rows.set_index("channel").loc["ad", "months"] == 1  # August began before the log


def test_months_are_those_of_the_study():
    sydney = Study.model_validate(
        {"title": "Tea", "time_zone": "Australia/Sydney", "stages": [{"id": "buy", "name": "Buy"}]}
    )
    spent = costs(("ad", "2026-08-31 14:00", 30))  # midnight of September 1 there
    stream = journey_stream(arrivals(("ad", "2026-08-31 15:00", 3)), study=sydney)
    rows = acquisition_costs(stream, spent, as_of=date(2026, 9, 30))
    assert rows.loc[0, ["customers", "value"]].tolist() == [3, 10]
    with pytest.raises(SourceError, match=r"got 2026-08-31 \(costs, data row 1\)"):
        acquisition_costs(journey_stream(MONTHS), spent)


def test_costs_without_a_log_and_a_log_without_costs(log):
    spent = costs(("ad", "2026-09-01", 60))
    assert acquisition_costs(journey_stream(log("")), spent).empty
    nobody = acquisition_costs(journey_stream(log("")), spent, period=SEPTEMBER)
    assert nobody[["customers", "amount"]].values.tolist() == [[0, 60]]
    free = acquisition_costs(journey_stream(MONTHS), spent.iloc[:0], as_of=date(2026, 9, 30))
    assert free["uncosted"].sum() == 15
    assert list(free.columns) == list(nobody.columns)


def test_the_cost_of_a_customer_lies_in_its_interval_as_often_as_said():
    rng = np.random.default_rng(5)
    true = 1000 / 200
    found = [_cost_of_one(1000.0, int(k), 0.95) for k in rng.poisson(200, 4000)]
    held = np.mean([one.low <= true <= one.high for one in found])
    assert 0.95 <= held <= 0.97  # exact bounds of a count: never below the level


def test_duckdb_finds_the_same_arrivals():
    spent = costs(("ad", "2026-08-01", 100), ("poster", "2026-09-01", 70))
    one, other = (journey_stream(MONTHS, engine=e) for e in ("polars", "duckdb"))
    pd.testing.assert_frame_equal(
        acquisition(one, converted="visit"), acquisition(other, converted="visit")
    )
    pd.testing.assert_frame_equal(acquisition_costs(one, spent), acquisition_costs(other, spent))
