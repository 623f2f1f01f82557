from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.metrics import customer_values, lifetime_value, purchase_summary
from cjm_lab.metrics.purchases import expected_amount, expected_orders, p_alive

CALIBRATED = date(1997, 9, 30)
#: The 39 weeks that followed.
MONTHS = 39 * 7 * 12 / 365.25
RATES, AMOUNTS = (0.243, 4.414, 0.793, 2.426), (6.25, 3.74, 15.44)


@pytest.fixture(scope="module")
def golden(shared_data):
    return json.loads((shared_data / "events" / "cdnow" / "golden.json").read_text("utf-8"))


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
def of_cdnow(cdnow):
    found = lifetime_value(cdnow, as_of=CALIBRATED, horizon_months=MONTHS)
    return found.set_index("measure")


def test_parameters_from_orders_are_the_published_ones(of_cdnow, golden):
    # The summary has days as parts of weeks, the published one two decimals.
    for name, value in (golden["bgnbd"] | golden["gamma_gamma"]).items():
        assert of_cdnow.loc[name, "value"] == pytest.approx(value, rel=5e-4)
        low, high = of_cdnow.loc[name, ["low", "high"]]
        assert low < value < high
    assert of_cdnow["n"][["r", "p", "customers", "repeat_customers"]].tolist() == [
        2357,
        946,
        2357,
        946,
    ]
    assert of_cdnow.loc["b", "method"].endswith("-9582.43")


def test_bounds_of_a_parameter_lie_1_96_standard_errors_of_its_logarithm_away(of_cdnow):
    value, low, high, se = of_cdnow.loc["b", ["value", "low", "high", "se"]]
    assert np.log(high / value) == pytest.approx(1.959964 * se / value)
    assert np.log(value / low) == pytest.approx(1.959964 * se / value)


def test_expected_orders_of_cdnow_are_those_of_another_program(of_cdnow, golden):
    row = of_cdnow.loc["expected_orders"]
    total = golden["bgnbd_expected_purchases_39wk_total"]
    assert row["value"] * 2357 == pytest.approx(total, rel=1e-4)
    assert row["low"] < total / 2357 < row["high"]
    # p v / (q - 1) of the printed parameters.
    spent = golden["gamma_gamma"]
    by_hand = spent["p"] * spent["v"] / (spent["q"] - 1)
    assert of_cdnow.loc["order_value", "value"] == pytest.approx(by_hand, rel=1e-4)
    assert "construction" in of_cdnow.loc["p_alive", "method"]
    assert of_cdnow.loc["p_alive", "n"] == 946


def test_a_new_customer_brings_the_first_order_and_those_expected_after_it(of_cdnow, cdnow):
    first = purchase_summary(cdnow, as_of=CALIBRATED)["first_amount"].mean()
    parameters = of_cdnow["value"][["r", "alpha", "a", "b"]].to_numpy()
    after = expected_orders(parameters, 0, 0, 0, 39)[0]
    by_hand = first + after * of_cdnow.loc["order_value", "value"]
    assert of_cdnow.loc["new_customer_value", "value"] == pytest.approx(by_hand)


def test_frequency_and_amount_of_cdnow_hardly_correlate(of_cdnow):
    # Fader & Hardie (2013) report .11 and leave out the one customer behind half of it.
    assert round(of_cdnow.loc["correlation", "value"], 2) == 0.11


def test_the_unit_of_time_changes_alpha_only(cdnow, of_cdnow):
    days = lifetime_value(cdnow, as_of=CALIBRATED, horizon_months=MONTHS, unit="day")
    days = days.set_index("measure")["value"]
    assert days["alpha"] == pytest.approx(7 * of_cdnow.loc["alpha", "value"], rel=1e-5)
    others = days.index.drop("alpha")
    assert days[others].tolist() == pytest.approx(of_cdnow.loc[others, "value"].tolist(), rel=1e-5)


def test_values_of_single_customers_add_up_to_the_mean(cdnow, of_cdnow):
    each = customer_values(cdnow, as_of=CALIBRATED, horizon_months=MONTHS)
    for column, measure in (
        ("expected_orders", "expected_orders"),
        ("expected_value", "lifetime_value"),
    ):
        assert each[column].mean() == pytest.approx(of_cdnow.loc[measure, "value"])
    once = each["frequency"] == 0
    assert (each.loc[once, "p_alive"] == 1).all()
    alive = each.loc[~once, "p_alive"]
    assert alive.between(0, 1).all()
    assert alive.mean() == pytest.approx(of_cdnow.loc["p_alive", "value"])
    assert list(each.columns[:4]) == ["customer_id", "frequency", "recency", "age"]


def test_the_same_seed_gives_the_same_interval(cdnow, of_cdnow):
    again = lifetime_value(cdnow, as_of=CALIBRATED, horizon_months=MONTHS)
    pd.testing.assert_frame_equal(again.set_index("measure"), of_cdnow)
    other = lifetime_value(cdnow, as_of=CALIBRATED, horizon_months=MONTHS, seed=1)
    other = other.set_index("measure").loc["lifetime_value"]
    row = of_cdnow.loc["lifetime_value"]
    assert other["low"] != row["low"]
    assert other[["low", "high"]].tolist() == pytest.approx(row[["low", "high"]].tolist(), rel=0.03)


def simulated(n, seed):
    """Orders drawn from the two models, on whole days of 39 weeks."""
    rng = np.random.default_rng(seed)
    (r, alpha, a, b), (p, q, v) = RATES, AMOUNTS
    rate, made = rng.gamma(r, 1 / alpha, n), rng.geometric(rng.beta(a, b, n))
    scale, t, orders = 1 / rng.gamma(q, 1 / v, n), rng.uniform(0, 12, n), []
    alive = np.ones(n, dtype=bool)
    for number in range(1000):
        rows = np.flatnonzero(alive)
        amount = rng.gamma(p, scale[rows])
        orders.append(pd.DataFrame({"customer_id": rows, "week": t[rows], "amount": amount}))
        t = t + rng.exponential(1, n) / rate
        alive &= (t < 39) & (number < made)
        if not alive.any():
            break
    found = pd.concat(orders)
    start = pd.Timestamp("2026-01-01", tz="UTC")
    found["ordered_at"] = start + pd.to_timedelta(np.floor(found.pop("week") * 7), unit="D")
    return found.assign(customer_id=found["customer_id"].astype("str"))


def test_intervals_hold_what_the_true_parameters_expect(monkeypatch):
    # Fewer random parameters than in use, for speed: percentiles of 100 are a little narrower.
    monkeypatch.setattr("cjm_lab.metrics.lifetime._DRAWS", 100)
    monkeypatch.setattr("cjm_lab.metrics.lifetime._TRIED", 200)
    weeks = 365.25 / 7
    hits = []
    for seed in range(25):
        orders = simulated(600, seed)
        found = lifetime_value(orders, as_of=date(2026, 9, 30), seed=seed).set_index("measure")
        summary = purchase_summary(orders, as_of=date(2026, 9, 30))
        history = summary["frequency"], summary["recency"], summary["age"]
        expected = expected_orders(RATES, *history, weeks)
        amount = expected_amount(AMOUNTS, summary["frequency"], summary["monetary"])
        mean_amount = 6.25 * 15.44 / 2.74
        after = expected_orders(RATES, 0, 0, 0, weeks)[0]
        true = {
            "p_alive": p_alive(RATES, *history)[summary["frequency"] > 0].mean(),
            "expected_orders": expected.mean(),
            "order_value": mean_amount,
            "lifetime_value": (expected * amount).mean(),
            "new_customer_value": (1 + after) * mean_amount,
        }
        rows = found.loc[list(true)]
        hits.append(rows["low"].le(list(true.values())) & rows["high"].ge(list(true.values())))
    # At a coverage of 95 %, 19 of 25 and fewer happen once in a thousand.
    assert pd.DataFrame(hits).sum().min() >= 20


def orders_of(*rows):
    ids, times, amounts = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "customer_id": pd.Series(ids, dtype="str"),
            "ordered_at": pd.to_datetime(pd.Series(times, dtype="str"), utc=True),
            "amount": pd.Series(amounts, dtype="float64"),
        }
    )


def test_without_repeat_buyers_there_is_a_reason_and_no_value():
    once = orders_of(("ann", "2026-09-01", 9), ("bob", "2026-09-05", 5))
    found = lifetime_value(once).set_index("measure")
    assert found.loc["customers", "value"] == 2
    row = found.loc["lifetime_value"]
    assert np.isnan(row[["value", "low", "high"]].astype(float)).all()
    assert "repeat orders, got 0" in row["method"]
    each = customer_values(once)
    assert each["expected_value"].isna().all()
    assert each["frequency"].tolist() == [0, 0]


def test_one_customer_no_customer_and_no_dates():
    one = orders_of(*[("ann", f"2026-09-0{day}", 9 + day) for day in range(1, 9)])
    nobody, undated = one.iloc[:0], one.assign(ordered_at=pd.NaT)
    for orders, reason in ((one, "one maximum"), (nobody, "got 0"), (undated, "got 0")):
        found = lifetime_value(orders).set_index("measure")
        assert np.isnan(found.loc["expected_orders", "value"])
        assert reason in found.loc["expected_orders", "method"]
        assert customer_values(orders)["expected_value"].isna().all()
    assert lifetime_value(undated).set_index("measure").loc["orders_left_out", "value"] == 8
    assert customer_values(nobody).dtypes.to_dict() == customer_values(one).dtypes.to_dict()


def test_equal_amounts_leave_the_orders_and_say_why_there_is_no_value(cdnow):
    same = cdnow.drop_duplicates(["customer_id", "ordered_at"]).assign(amount=30.0)
    found = lifetime_value(same, as_of=CALIBRATED).set_index("measure")
    assert found.loc["expected_orders", "value"] > 0
    assert np.isnan(found.loc["lifetime_value", "value"])
    assert "got 30 for all" in found.loc["lifetime_value", "method"]


def test_repeat_orders_for_nothing_stay_out_of_the_model_of_amounts(cdnow):
    days = cdnow.drop_duplicates(["customer_id", "ordered_at"])
    days = days[days["ordered_at"] <= pd.Timestamp(CALIBRATED, tz="UTC")]
    # Only customer 1 gets the repeat orders for nothing.
    free = days.assign(amount=days["amount"].where(days["customer_id"] != "1", 0.0))
    n = lifetime_value(free).set_index("measure")["n"]
    assert (n["r"], n["p"]) == (2357, 945)


def test_amounts_without_a_mean_have_no_value():
    # Means of repeat orders over six powers of ten: q lies below 1.
    rng = np.random.default_rng(3)
    orders = simulated(600, 3)
    wealth = pd.Series(10 ** rng.uniform(0, 6, 600)).rename(str)
    orders["amount"] *= wealth.reindex(orders["customer_id"]).to_numpy()
    found = lifetime_value(orders, as_of=date(2026, 9, 30)).set_index("measure")
    assert found.loc["q", "value"] < 1
    assert np.isnan(found.loc["lifetime_value", "value"])
    assert "infinite mean" in found.loc["lifetime_value", "method"]


def test_a_horizon_that_is_none_is_refused(cdnow):
    for wrong in (0, -1, np.inf, np.nan):
        with pytest.raises(ParameterError, match="horizon_months must be above 0"):
            lifetime_value(cdnow, horizon_months=wrong)
    with pytest.raises(ParameterError, match="did you mean 'day'"):
        customer_values(cdnow, unit="days")
