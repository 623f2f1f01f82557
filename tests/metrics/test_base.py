from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from cjm_lab.metrics import customer_base
from cjm_lab.metrics.base import order_value
from cjm_lab.period import Period

SEPTEMBER = Period("month", date(2026, 9, 1), date(2026, 9, 30))
NO_ORDERS = pd.DataFrame({"customer_id": [], "ordered_at": pd.to_datetime([], utc=True)})


def days(*values):
    return pd.to_datetime(pd.Series(values, dtype="str").replace("", None), utc=True)


def people(*rows):
    ids, joined, left, seen = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "customer_id": list(ids),
            "joined_at": days(*joined),
            "left_at": days(*left),
            "observed_from": days(*seen),
        }
    )


def base(customers, orders=NO_ORDERS, **options):
    return customer_base(customers, orders, **options).set_index("measure")


def test_churn_of_the_telephone_company(shared_data):
    raw = pd.read_csv(shared_data / "events" / "telco_churn" / "telco_churn.csv")
    gone = days(*raw["Churn"].map({"Yes": "2026-09-30", "No": ""}))
    unknown = pd.Series(pd.NaT, index=raw.index).dt.tz_localize("UTC")
    customers = pd.DataFrame(
        {
            "customer_id": raw["customerID"],
            "joined_at": unknown,
            "left_at": gone,
            "observed_from": unknown,
        }
    )
    row = base(customers).loc["churn_share"]
    assert round(row["value"], 4) == 0.2654  # published: 26.54 %
    assert row["n"] == 7043
    assert base(customers).loc["customers", "value"] == 7043 - 1869


def test_churn_is_of_those_there_when_the_month_began():
    customers = people(
        ("stays", "2026-01-01", "", ""),
        ("leaves", "2026-01-01", "2026-09-30", ""),
        ("left before", "2026-01-01", "2026-08-31", ""),
        ("leaves later", "2026-01-01", "2026-10-01", ""),
        ("joins and leaves", "2026-09-02", "2026-09-20", ""),
        ("seen from September", "2025-01-01", "2026-09-20", "2026-09-10"),
        ("always there", "", "", ""),
    )
    found = base(customers, period=SEPTEMBER)
    assert found.loc["churn_share", ["value", "n"]].tolist() == [0.25, 4]
    assert found.loc["customers", "value"] == 3


def test_repeat_buyers_bought_at_another_time_before():
    orders = pd.DataFrame(
        {
            "customer_id": ["ann", "ann", "bob", "bob", "eve", "joe", "joe"],
            "ordered_at": days(
                "2026-08-10",
                "2026-09-01",
                "2026-09-02",
                "2026-09-02",
                "2026-09-03",
                "2026-08-01",
                "2026-08-09",
            ),
        }
    )
    row = base(people(("ann", "", "", "")), orders, period=SEPTEMBER).loc["repeat_share"]
    # Ann; bob's two lines are one order; joe did not buy in September.
    assert (row["value"], row["n"]) == (pytest.approx(1 / 3), 3)


def test_an_order_long_before_or_later_does_not_make_a_repeat_buyer_now():
    when = days("2026-07-01", "2026-09-01", "2026-09-20", "2026-10-02")
    orders = pd.DataFrame({"customer_id": ["ann", "ann", "bob", "bob"], "ordered_at": when})
    row = base(people(("ann", "", "", "")), orders, period=SEPTEMBER).loc["repeat_share"]
    assert (row["value"], row["n"]) == (0, 2)


def test_a_record_too_young_to_show_earlier_orders_says_nothing_of_repeat_buyers():
    orders = pd.DataFrame(
        {"customer_id": ["ann", "ann"], "ordered_at": days("2026-09-01", "2026-09-05")}
    )
    assert "repeat_share" not in base(people(("ann", "", "", "")), orders, period=SEPTEMBER).index


def test_orders_without_dates_are_counted_by_the_row():
    orders = pd.DataFrame({"customer_id": ["ann", "ann", "bob"], "ordered_at": days("", "", "")})
    row = base(people(("ann", "", "", "")), orders, period=SEPTEMBER).loc["repeat_share"]
    assert (row["value"], row["n"]) == (0.5, 2)


def test_tables_without_rows_say_nothing():
    nobody = people(("ann", "", "", "")).iloc[:0]
    assert customer_base(nobody, NO_ORDERS, period=SEPTEMBER).empty


def test_an_order_is_worth_what_a_new_customer_pays():
    orders = pd.DataFrame(
        {
            "customer_id": ["ann", "bob", "bob", "eve"],
            "ordered_at": days("2026-09-02", "2026-09-03", "2026-09-04", "2026-08-04"),
            "amount": [40.0, 60.0, 500.0, 800.0],
            "kind": ["new", "new", "repeat", "new"],
        }
    )
    assert order_value(orders, period=SEPTEMBER).value == 50
    assert order_value(orders.assign(kind=""), period=SEPTEMBER).value == 200
    october = Period("month", date(2026, 10, 1), date(2026, 10, 31))
    assert order_value(orders, period=october).value == 300  # none in October: the whole record
