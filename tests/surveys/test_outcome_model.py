from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.surveys import outcome_model

TIME = "Departure/Arrival time convenient"


@pytest.fixture(scope="module")
def airline(shared_data) -> tuple[pd.DataFrame, np.ndarray]:
    table = pd.read_parquet(shared_data / "events" / "airline" / "airline_satisfaction.parquet")
    ratings = table.loc[:, "Inflight wifi service":"Cleanliness"].astype(float)
    return ratings, table["satisfaction"].eq("satisfied").to_numpy(dtype=float)


def test_time_convenient_weighs_minus_450_with_zeros_kept_and_minus_890_listwise(airline) -> None:
    ratings, satisfied = airline
    kept = outcome_model(ratings, satisfied).set_index("driver")
    listwise = outcome_model(
        ratings, satisfied, not_applicable=ratings == 0, missing="listwise"
    ).set_index("driver")
    assert round(kept.loc[TIME, "value"], 3) == -0.450
    assert round(listwise.loc[TIME, "value"], 3) == -0.890
    assert listwise.loc[TIME, "n"] == 95_704 and kept.loc[TIME, "method"] == "logit"


def test_the_ordered_logit_is_that_of_r(shared_data) -> None:
    surveys = shared_data / "surveys"
    in_r = json.loads((surveys / "customerSat_drivers.json").read_text("utf-8"))["polr"]["coef"]
    table = pd.read_csv(surveys / "customerSat.csv")
    ratings = table.drop(columns="q1")
    found = outcome_model(ratings, table["q1"], model="ordered")
    raw = found["value"].to_numpy() / ratings.std(ddof=0).to_numpy()
    np.testing.assert_allclose(raw, list(in_r.values()), atol=5e-5)


def test_linear_weights_are_those_of_r_times_the_spreads(shared_data) -> None:
    surveys = shared_data / "surveys"
    in_r = json.loads((surveys / "customerSat_drivers.json").read_text("utf-8"))["ols"]
    table = pd.read_csv(surveys / "customerSat.csv")
    ratings = table.drop(columns="q1")
    found = outcome_model(ratings, table["q1"])
    raw = found["value"] * table["q1"].std() / ratings.std().to_numpy()
    np.testing.assert_allclose(raw, list(in_r.values())[1:], atol=1e-10)


def test_one_yes_or_no_driver_has_the_odds_ratio_of_its_table() -> None:
    # 30 of 40 who had it bought, 10 of 40 who had not: odds ratio 3 / (1/3) = 9
    had = np.repeat([1.0, 0.0], 40)
    bought = np.concatenate([np.repeat([1, 0], [30, 10]), np.repeat([1, 0], [10, 30])])
    row = outcome_model(pd.DataFrame({"had": had}), bought).iloc[0]
    assert row["value"] == pytest.approx(np.log(9) * 0.5)  # half is its standard deviation
    se = 0.5 * np.sqrt(1 / 30 + 1 / 10 + 1 / 10 + 1 / 30)
    assert row["high"] - row["low"] == pytest.approx(2 * 1.959964 * se, rel=1e-5)


def test_a_weight_of_two_is_two_people() -> None:
    rng = np.random.default_rng(5)
    x = pd.DataFrame(rng.integers(1, 6, (60, 2)), columns=["a", "b"])
    y = (rng.random(60) < 0.5).astype(float)
    twice = np.repeat(np.arange(60), 1 + np.arange(60) % 2)
    weighted = outcome_model(x, y, weights=1 + np.arange(60) % 2)
    repeated = outcome_model(x.iloc[twice], y[twice])
    np.testing.assert_allclose(weighted["value"], repeated["value"], rtol=1e-6)


def test_ratings_that_leave_no_doubt_give_a_sentence_and_no_number() -> None:
    ratings = pd.DataFrame({"a": [1, 2, 3, 4, 5, 6.0], "b": [1, 3, 2, 5, 1, 2]})
    found = outcome_model(ratings, [0, 0, 0, 1, 1, 1])
    assert found["value"].isna().all() and found["low"].isna().all()
    assert found["method"].str.contains("tell the outcomes apart perfectly").all()


def test_people_whose_gap_leaves_no_doubt_do_not_spoil_the_others() -> None:
    rng = np.random.default_rng(2)
    seat, wifi = rng.integers(1, 6, (2, 200)).astype(float)
    satisfied = (rng.random(200) < 0.5).astype(float)
    satisfied[:40], wifi[:40] = 1, np.nan  # whoever had no wifi was satisfied
    ratings = pd.DataFrame({"seat": seat, "wifi": wifi})
    found = outcome_model(ratings, satisfied)
    rest = outcome_model(ratings[40:], satisfied[40:])
    assert found["n"].tolist() == [160, 160]
    spread = seat.std() / seat[40:].std()
    assert found["value"][0] == pytest.approx(rest["value"][0] * spread)


def test_a_rating_that_is_the_sum_of_others_has_no_weight_of_its_own() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 80))
    ratings = pd.DataFrame({"a": a, "b": b, "both": a + b})
    found = outcome_model(ratings, a + rng.normal(size=80))
    assert found["value"].notna().tolist() == [True, True, False]
    assert found["method"].iloc[2] == "linear, follows from the other ratings"


@pytest.mark.parametrize(
    ("outcome", "how", "message"),
    [
        ([1, 1, 1, 1], {}, "must differ between people"),
        ([1, 2, 3, 4], {"model": "logit"}, "must have two values, got 4"),
        ([1, 2, 3, 4], {"model": "probit"}, "model must be one of"),
        ([1, 2, 3, 4], {"model": "ordered", "weights": [1, 1, 2, 2]}, "takes no weights"),
        ([1, 2, 3], {}, "one value a respondent"),
        ([1, 2, 3, 4], {"missing": "drop"}, "missing must be one of"),
    ],
)
def test_what_does_not_suit_is_refused(outcome, how, message) -> None:
    with pytest.raises(ParameterError, match=message):
        outcome_model(pd.DataFrame({"a": [1, 2, 1, 2]}), outcome, **how)


def test_the_standard_errors_of_a_line_are_hc3() -> None:
    x, y = np.array([1.0, 2, 3, 4, 10]), np.array([1.0, 3, 2, 5, 4])
    found = outcome_model(pd.DataFrame({"a": x}), y).iloc[0]
    z, v = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    slope = (z * v).mean()
    left = (v - slope * z) / (1 - (1 / 5 + z**2 / 5))  # residuals by one minus their leverage
    se = np.sqrt((z**2 * left**2).sum()) / (z**2).sum()
    assert found["value"] == pytest.approx(slope)
    assert found["high"] - found["value"] == pytest.approx(1.959964 * se, rel=1e-6)


@pytest.mark.parametrize("shared", [0.0, 1.0])
def test_a_gap_whose_people_all_share_an_outcome_is_left_out_of_the_logit(shared) -> None:
    rng = np.random.default_rng(6)
    a, b = rng.normal(size=(2, 300))
    outcome = (a + b + rng.logistic(size=300) > 0).astype(float)
    ratings = pd.DataFrame({"a": a, "b": b})
    gap = np.arange(300) < 40
    ratings.loc[gap, "b"], outcome[gap] = np.nan, shared
    found, without = outcome_model(ratings, outcome), outcome_model(ratings[~gap], outcome[~gap])
    assert (found["n"] == 260).all()
    sizes = found["value"] / without["value"]  # another spread of a, the same slopes
    assert sizes.tolist() == pytest.approx([a.std() / a[~gap].std(), 1.0])
