from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.metrics import order_kinds, purchase_summary
from cjm_lab.metrics.buyers import left_out, purchase_days
from cjm_lab.period import Period

SEPTEMBER = Period("month", date(2026, 9, 1), date(2026, 9, 30))


def orders_of(*rows):
    """Rows of customer, time, amount and, where known, kind."""
    ids, times, amounts, kinds = zip(*[(*row, "")[:4] for row in rows], strict=True)
    when = pd.Series(times, dtype="str").replace("", None)
    return pd.DataFrame(
        {
            "customer_id": pd.Series(ids, dtype="str"),
            "ordered_at": pd.to_datetime(when, utc=True, format="ISO8601"),
            "amount": pd.Series(amounts, dtype="float64"),
            "kind": pd.Series(kinds, dtype="str"),
        }
    )


NOTHING = orders_of(("ann", "2026-09-01", 1)).iloc[:0]


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "events" / "cdnow"


@pytest.fixture(scope="module")
def cdnow(folder):
    columns = ["master", "id", "day", "cds", "amount"]
    raw = pd.read_csv(folder / "CDNOW_sample.txt", sep=r"\s+", header=None, names=columns)
    days = pd.to_datetime(raw["day"].astype("str"), utc=True).dt.as_unit("us")
    return pd.DataFrame(
        {"customer_id": raw["id"].astype("str"), "ordered_at": days, "amount": raw["amount"]}
    )


def test_the_summary_of_cdnow_is_the_published_one(cdnow, folder):
    published = pd.read_csv(folder / "cdnow_customers_summary_with_transactions.csv")
    found = purchase_summary(cdnow, as_of=date(1997, 9, 30))
    found = found.set_index(found["customer_id"].astype("int64")).sort_index()
    assert found.index.tolist() == published["ID"].tolist()
    assert found["frequency"].tolist() == published["x"].tolist()
    # Printed with two decimals.
    for ours, theirs in (("recency", "t_x"), ("age", "T")):
        assert np.abs(found[ours].to_numpy() - published[theirs].to_numpy()).max() < 0.00501
    gaps = found["monetary"].fillna(0).to_numpy() - published["zbar"].to_numpy()
    assert np.abs(gaps).max() < 0.00501
    assert (found["monetary"].isna() == (found["frequency"] == 0)).all()


def test_all_customers_of_cdnow_and_what_they_paid(folder):
    raw = pd.read_csv(folder / "CDNOW_master.txt", sep=r"\s+", dtype={"customer_id": "str"})
    times = pd.to_datetime(raw["date"].astype("str"), utc=True)
    orders = raw.assign(ordered_at=times, amount=raw["dollar_value"])
    days = purchase_days(orders)
    assert days["customer_id"].nunique() == 23570
    assert days["amount"].sum() == pytest.approx(2500315.63)
    # Same-day purchases: awk '!seen[$1 $2]++' counts 67,591 of the 69,659 rows.
    assert len(raw) == 69659
    assert len(days) == len(raw[["customer_id", "date"]].drop_duplicates())


def test_orders_of_one_day_are_one_purchase():
    orders = orders_of(
        ("ann", "2026-09-01 08:00", 10),
        ("ann", "2026-09-01 20:00", 5),
        ("ann", "2026-09-08 09:00", 20),
        ("ann", "2026-09-08 09:00", 4),
        ("ann", "2026-09-22 09:00", 30),
    )
    row = purchase_summary(orders, as_of=date(2026, 9, 29)).iloc[0]
    assert row[["frequency", "recency", "age"]].tolist() == [2, 3, 4]
    assert row[["monetary", "first_amount"]].tolist() == [27, 15]
    in_days = purchase_summary(orders, as_of=date(2026, 9, 29), unit="day").iloc[0]
    assert in_days[["frequency", "recency", "age"]].tolist() == [2, 21, 28]


def test_a_day_begins_at_midnight_of_the_time_zone():
    orders = orders_of(("ann", "2026-09-01 21:00", 10), ("ann", "2026-09-01 23:00", 10))
    assert purchase_summary(orders)["frequency"].tolist() == [0]
    assert purchase_summary(orders, time_zone="Europe/Berlin")["frequency"].tolist() == [1]


def test_the_last_day_counts_and_later_ones_do_not():
    orders = orders_of(
        ("ann", "2026-09-01", 9), ("ann", "2026-09-08 23:59", 9), ("ann", "2026-09-09", 9)
    )
    found = purchase_summary(orders, as_of=date(2026, 9, 8), unit="day")
    assert found[["frequency", "recency", "age"]].values.tolist() == [[1, 7, 7]]


def test_returns_and_orders_of_nobody_are_left_out_and_counted():
    orders = orders_of(
        ("ann", "2026-09-01", 20),
        ("ann", "2026-09-08", -20),  # a return
        ("ann", "2026-09-15", 0),  # for nothing, but an order
        ("", "2026-09-02", 5),
        ("bob", "", 5),
        ("ann", "2026-10-01", -5),
    )
    assert left_out(orders) == 4
    assert left_out(orders, as_of=date(2026, 9, 30)) == 3
    found = purchase_summary(orders, as_of=date(2026, 9, 29))
    assert found[["customer_id", "frequency", "recency", "monetary"]].values.tolist() == [
        ["ann", 1, 2.0, 0.0]
    ]


def test_no_orders_give_a_summary_with_the_same_columns():
    some = purchase_summary(orders_of(("ann", "2026-09-01", 1)))
    for orders in (NOTHING, orders_of(("ann", "", 5))):
        none = purchase_summary(orders)
        assert none.empty
        assert none.dtypes.to_dict() == some.dtypes.to_dict()


def test_an_unknown_unit_is_refused():
    with pytest.raises(ParameterError, match=r"unit must be one of .* did you mean 'week'"):
        purchase_summary(NOTHING, unit="weeks")


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(range(8)))
def test_the_order_of_the_file_changes_nothing(order):
    orders = orders_of(*[(f"c{i % 3}", f"2026-0{1 + i}-11", i) for i in range(8)])
    shuffled = orders.iloc[list(order)]
    pd.testing.assert_frame_equal(purchase_summary(orders), purchase_summary(shuffled))
    pd.testing.assert_frame_equal(order_kinds(orders), order_kinds(shuffled))


def kinds(orders, customers=None, **options):
    return order_kinds(orders, customers, **options).set_index(["measure", "kind"])


#: Ann repeats, bob returns after 200 days, eve is new.
DATED = orders_of(
    ("ann", "2026-08-20", 9),
    ("ann", "2026-09-05", 9),
    ("ann", "2026-09-25", 9),
    ("bob", "2026-02-20", 9),
    ("bob", "2026-09-08", 9),
    ("eve", "2026-09-09", 9),
)


def test_dates_tell_new_repeated_and_reactivated_orders():
    found = kinds(DATED, period=SEPTEMBER)
    shares = found.loc["order_share"]
    assert shares["value"].drop(["upgrade", "renewal"]).to_dict() == {
        "new": 0.25,
        "repeat": 0.5,
        "reactivation": 0.25,
    }
    assert shares["n"].tolist() == [3] * 5
    assert found.loc[("customer_share", "repeat"), "value"] == pytest.approx(1 / 3)
    # Wilson, 1 of 3: R's binom.confint(1, 3, methods = "wilson").
    bounds = found.loc[("customer_share", "new"), ["low", "high"]].tolist()
    assert bounds == pytest.approx([0.06149, 0.79234], abs=1e-4)


def test_a_pause_is_longer_than_the_days_given():
    found = kinds(DATED, pause_days=200)["orders"]["order_share"]
    assert found[["repeat", "reactivation"]].tolist() == [3, 0]
    found = kinds(DATED, pause_days=199)["orders"]["order_share"]
    assert found[["repeat", "reactivation"]].tolist() == [2, 1]


def test_a_given_kind_is_believed():
    orders = orders_of(
        ("ann", "2026-09-05", 9, "renewal"),
        ("ann", "2026-09-05", 1, ""),  # another line of the same order
        ("bob", "2026-09-06", 9, "upgrade"),
        ("bob", "2026-09-07", 9, ""),
    )
    found = kinds(orders)
    counts = found["orders"]["order_share"].to_dict()
    assert counts == {"new": 0, "repeat": 1, "upgrade": 1, "renewal": 1, "reactivation": 0}
    assert found.loc[("order_share", "renewal"), "value"] == pytest.approx(1 / 3)


def test_dates_do_not_tell_upgrades_and_renewals():
    row = kinds(DATED).loc[("order_share", "renewal")]
    assert np.isnan(row["value"])
    assert "column kind" in row["method"]


def test_a_record_too_young_to_show_earlier_orders_tells_no_kind():
    young = DATED[DATED["ordered_at"] >= pd.Timestamp("2026-08-01", tz="UTC")]
    found = kinds(young, period=SEPTEMBER)
    assert found["value"].isna().all()
    assert "less than 180 days before" in found.loc[("order_share", "new"), "method"]
    given = kinds(young.assign(kind="repeat"), period=SEPTEMBER)
    assert given.loc[("order_share", "repeat"), "value"] == 1


def test_rates_of_customers_refer_to_the_base_where_it_is_known():
    names = ["ann", "bob", "eve", "joe", "left before"]
    customers = pd.DataFrame(
        {
            "customer_id": names,
            "joined_at": pd.to_datetime(pd.Series([None] * 5), utc=True),
            "left_at": pd.to_datetime(pd.Series([None] * 4 + ["2026-08-30"]), utc=True),
        }
    )
    row = kinds(DATED, customers, period=SEPTEMBER).loc[("customer_share", "reactivation")]
    assert (row["value"], row["n"]) == (0.25, 4)
    without_eve = customers[customers["customer_id"] != "eve"]
    row = kinds(DATED, without_eve, period=SEPTEMBER).loc[("customer_share", "new")]
    assert (row["value"], row["n"]) == (0, 3)


def test_no_orders_have_no_kinds():
    found = order_kinds(NOTHING)
    assert found.empty
    assert found.dtypes.to_dict() == order_kinds(DATED).dtypes.to_dict()
    assert order_kinds(DATED, period=Period("month", date(2026, 12, 1), date(2026, 12, 31))).empty


def test_a_pause_of_no_days_is_refused():
    with pytest.raises(ParameterError, match="pause_days must be above 0, got 0"):
        order_kinds(DATED, pause_days=0)
