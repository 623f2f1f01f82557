from __future__ import annotations

import json
from datetime import date

import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.metrics import lifetime_holdout

CALIBRATED = date(1997, 9, 30)


@pytest.fixture(scope="module")
def cdnow(shared_data):
    file = shared_data / "events" / "cdnow" / "CDNOW_sample.txt"
    columns = ["master", "id", "day", "cds", "amount"]
    raw = pd.read_csv(file, sep=r"\s+", header=None, names=columns)
    days = pd.to_datetime(raw["day"].astype("str"), utc=True).dt.as_unit("us")
    return pd.DataFrame(
        {"customer_id": raw["id"].astype("str"), "ordered_at": days, "amount": raw["amount"]}
    )


@pytest.fixture(scope="module")
def total(shared_data):
    golden = json.loads((shared_data / "events" / "cdnow" / "golden.json").read_text("utf-8"))
    return golden["bgnbd_expected_purchases_39wk_total"]


def test_what_was_expected_of_cdnow_by_frequency(cdnow, total):
    found = lifetime_holdout(cdnow, until=CALIBRATED)
    assert found["frequency"].tolist() == ["0", "1", "2", "3", "4", "5", "6", "7+"]
    # 1,411 customers without a repeat order, 946 with one: golden.json.
    assert found["n"].iloc[0] == 1411
    assert found["n"].sum() == 2357
    assert (found["expected"] * found["n"]).sum() == pytest.approx(total, rel=1e-4)
    # awk '$3 > 19970930 && !seen[$2 $3]++' CDNOW_sample.txt | wc -l
    assert (found["value"] * found["n"]).sum() == pytest.approx(1882)


def test_what_was_expected_of_cdnow_by_week(cdnow, total):
    found = lifetime_holdout(cdnow, until=CALIBRATED, by="week")
    assert found["week"].tolist() == list(range(1, 40))
    assert (found["value"].diff().dropna() >= 0).all()
    last = found.iloc[-1]
    assert last["expected"] * 2357 == pytest.approx(total, rel=1e-4)
    assert last["value"] * 2357 == pytest.approx(1882)
    # The published figure: BG/NBD falls short of the sales before Christmas.
    assert last["expected"] < last["low"]
    # awk '$3 > 19970930 && $3 <= 19971007 && !seen[$2 $3]++' CDNOW_sample.txt | wc -l
    assert found["value"].iloc[0] * 2357 == pytest.approx(50)


def test_the_record_is_split_in_its_middle(cdnow):
    # 1997-01-01 to 1998-06-30 are 545 days: the middle is the 30th of September.
    found = lifetime_holdout(cdnow)
    pd.testing.assert_frame_equal(found, lifetime_holdout(cdnow, until=CALIBRATED))


def orders_of(*rows):
    ids, times = zip(*rows, strict=True)
    times = pd.to_datetime(pd.Series(times, dtype="str"), utc=True)
    return pd.DataFrame({"customer_id": pd.Series(ids, dtype="str"), "ordered_at": times}).assign(
        amount=9.0
    )


def test_customers_who_come_later_and_second_orders_of_a_day_do_not_count():
    orders = orders_of(
        ("ann", "2026-09-01"),
        ("bob", "2026-09-03"),
        ("bob", "2026-09-09"),
        ("bob", "2026-09-09"),
        ("ann", "2026-09-22"),
        ("eve", "2026-09-10"),
        ("eve", "2026-09-20"),
    )
    found = lifetime_holdout(orders, until=date(2026, 9, 8), by="week")
    assert found[["week", "value", "n"]].values.tolist() == [[1, 0.5, 2], [2, 1.0, 2]]
    assert found["expected"].isna().all()  # nobody bought again until then: no model


def test_the_interval_of_what_customers_did_is_that_of_a_mean():
    orders = orders_of(
        *[(name, "2026-09-01") for name in "abcd"],
        ("a", "2026-09-05"),
        ("b", "2026-09-05"),
        ("b", "2026-09-06"),
        ("c", "2026-09-06"),
        ("c", "2026-09-07"),
        ("c", "2026-09-08"),
    )
    row = lifetime_holdout(orders, until=date(2026, 9, 4)).iloc[0]
    # 1, 2, 3, 0: mean 1.5, t.test(c(1, 2, 3, 0)) in R: [-0.5542, 3.5542]; no mean is below 0.
    assert row[["value", "low"]].tolist() == [1.5, 0]
    assert row["high"] == pytest.approx(3.5542, abs=1e-4)


def test_records_without_two_parts_have_no_rows():
    one = orders_of(("ann", "2026-09-01"))
    for by in ("frequency", "week"):
        assert lifetime_holdout(one, by=by).empty
        assert lifetime_holdout(one.iloc[:0], by=by).empty
        assert lifetime_holdout(one.assign(ordered_at=pd.NaT), by=by).empty
        orders = orders_of(("ann", "2026-09-01"), ("ann", "2026-09-09"))
        assert lifetime_holdout(orders, until=date(2026, 8, 1), by=by).empty


def test_a_split_outside_the_record_and_an_unknown_view_are_refused(cdnow):
    with pytest.raises(ParameterError, match="until must be a day before as_of"):
        lifetime_holdout(cdnow, until=date(1998, 6, 30))
    with pytest.raises(ParameterError, match="did you mean 'week'"):
        lifetime_holdout(cdnow, by="weeks")
