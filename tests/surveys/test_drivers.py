from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Design
from cjm_lab.surveys import key_drivers
from cjm_lab.surveys.driver_columns import driver_columns

TIME, WIFI = "Departure/Arrival time convenient", "Inflight wifi service"
ESTIMATES = ["value", "johnson", "correlation"]


@pytest.fixture(scope="module")
def airline(shared_data):
    table = pd.read_parquet(shared_data / "events" / "airline" / "airline_satisfaction.parquet")
    ratings = table.loc[:, "Inflight wifi service":"Cleanliness"].astype(float)
    satisfied = table["satisfaction"].eq("satisfied").to_numpy(dtype=float)
    return key_drivers(ratings, satisfied, not_applicable=ratings == 0, repeats=20)


def people(n: int, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Ratings of three touchpoints; the outcome rises with the first two."""
    rng = np.random.default_rng(seed)
    ratings = pd.DataFrame(rng.integers(1, 6, (n, 3)).astype(float), columns=["a", "b", "c"])
    return ratings, (2 * ratings["a"] + ratings["b"]).to_numpy() + rng.normal(0, 2, n)


def row(found, name: str) -> pd.Series:
    return found.table.set_index("driver").loc[name]


def test_r_figures_come_back_sorted_with_their_r2(shared_data) -> None:
    table = pd.read_csv(shared_data / "surveys" / "attitude.csv")
    found = key_drivers(table.drop(columns="rating"), table["rating"], repeats=50)
    assert found.table["driver"].tolist()[:2] == ["complaints", "learning"]
    first = found.table.iloc[0]
    assert (round(first["value"], 4), round(first["johnson"], 4)) == (0.3708, 0.3628)
    assert first["share"] == pytest.approx(0.5061632347438)
    assert found.r2.value == pytest.approx(0.7326019925311)
    assert found.n == 30 and found.model == "linear"


def test_a_panel_of_nine_ratings_comes_out_as_in_r(shared_data) -> None:
    surveys = shared_data / "surveys"
    in_r = json.loads((surveys / "mobiles_feedback_golden.json").read_text("utf-8"))
    in_r = in_r["drivers_of_LTR"]
    table = pd.read_csv(surveys / "mobiles_feedback_4_weeks.csv")
    satisfied = ["Very dissatisfied", "Somewhat dissatisfied", "Neither satisfied nor dissatisfied",
                 "Somewhat satisfied", "Very satisfied"]  # fmt: skip
    easy = ["Very difficult", "Difficult", "Neither easy nor difficult", "Easy", "Very easy"]
    codes = {label: k for words in (satisfied, easy) for k, label in enumerate(words, start=1)}
    ratings = table[list(in_r["lmg"])].apply(lambda answers: answers.map(codes))
    likely = pd.to_numeric(table["Q8"].str.extract(r"(\d+)")[0])
    found = key_drivers(ratings, likely, missing="listwise", repeats=20)
    assert found.n == in_r["n"] == 705
    assert found.r2.value == pytest.approx(in_r["r2"], abs=1e-12)
    rows = found.table.set_index("driver")
    for name, column in [("lmg", "value"), ("lmg_share", "share"), ("johnson", "johnson")]:
        assert rows[column].to_dict() == pytest.approx(in_r[name], abs=1e-12)
    first = {name: r**2 for name, r in rows["correlation"].items()}  # R2 of each one alone
    assert first == pytest.approx(in_r["first"], abs=1e-12)
    spread = ratings.loc[ratings.notna().all(axis=1) & likely.notna()].std()
    own = likely[ratings.notna().all(axis=1)].std()
    weights = {row["_row"]: row["Estimate"] for row in in_r["ols"][1:]}
    assert (rows["coefficient"] * own / spread).to_dict() == pytest.approx(weights, abs=1e-9)


def test_nobody_is_told_to_make_flight_times_less_convenient(airline) -> None:
    time = row(airline, TIME)
    assert round(time["correlation"], 2) == -0.05
    assert round(time["coefficient_listwise"], 2) == -0.89
    assert time["coefficient_high"] < 0
    assert time["direction"] == "unclear"
    assert time["note"].startswith(
        "the direct correlation is about zero (−0.05) but the weight turns negative beside the "
        "others; this is no reason to make it worse"
    )


def test_those_without_wifi_are_kept_and_said_to_be_others(airline) -> None:
    wifi = row(airline, WIFI)
    assert airline.n == 103_904
    assert wifi["n"] == 103_904 - 3_103
    assert wifi["not_applicable"] == pytest.approx(3_103 / 103_904)
    assert "3,103 people, whose outcome averages 0.997 against 0.416" in wifi["note"]
    # three quarters more when those without wifi, nearly all satisfied, count: both are shown
    assert wifi["value"] > 1.7 * wifi["value_listwise"]
    assert "95,704 of 103,904 people rated everything" in airline.warnings[0]


def test_the_block_of_rating_and_indicator_is_the_regression_on_both() -> None:
    ratings, outcome = people(200)
    ratings.loc[:59, "a"] = np.nan
    found = key_drivers(ratings, outcome, repeats=5)
    seen = ratings["a"].notna()
    x = np.column_stack([np.ones(200), ratings["a"].fillna(9), seen, ratings[["b", "c"]]])
    left = outcome - x @ np.linalg.lstsq(x, outcome, rcond=None)[0]
    assert found.r2.value == pytest.approx(1 - left.var() / outcome.var())
    assert row(found, "a")["n"] == 140 and row(found, "a")["answered"] == pytest.approx(0.7)


def test_the_correlation_is_that_of_people_who_rated_it() -> None:
    ratings, outcome = people(200)
    ratings.loc[:59, "a"] = np.nan
    found = key_drivers(ratings, outcome, repeats=5)
    for name in ratings:
        seen = ratings[name].notna()
        theirs = np.corrcoef(ratings[name][seen], outcome[seen])[0, 1]
        assert row(found, name)["correlation"] == pytest.approx(theirs)


def test_intervals_hold_their_values_and_narrow_with_the_root_of_n() -> None:
    few, many = (key_drivers(*people(n), repeats=200) for n in (200, 3200))
    for found in (few, many):
        for name in ESTIMATES:
            low, high = ("low", "high") if name == "value" else (f"{name}_low", f"{name}_high")
            assert (found.table[low] <= found.table[name]).all()
            assert (found.table[name] <= found.table[high]).all()
        assert found.r2.low < found.r2.value < found.r2.high
    ratio = (few.r2.high - few.r2.low) / (many.r2.high - many.r2.low)
    assert 3 < ratio < 5.5  # the root of 16 is 4


def test_the_interval_of_a_correlation_is_as_wide_as_fisher_says() -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(size=(400, 2))
    found = key_drivers(
        pd.DataFrame(x, columns=["a", "b"]), x[:, 0] + rng.normal(size=400), repeats=1000
    )
    a = row(found, "a")
    fisher = np.tanh(np.arctanh(a["correlation"]) + np.array([-1.96, 1.96]) / np.sqrt(397))
    np.testing.assert_allclose([a["correlation_low"], a["correlation_high"]], fisher, atol=0.03)


def test_neither_the_order_of_rows_nor_of_columns_changes_anything() -> None:
    ratings, outcome = people(120)
    ratings.loc[5:40, "b"] = np.nan
    shuffled = np.random.default_rng(1).permutation(120)
    one = key_drivers(ratings, outcome, repeats=20)
    rows = key_drivers(ratings.iloc[shuffled], outcome[shuffled], repeats=20)
    pd.testing.assert_frame_equal(one.table, rows.table)
    columns = key_drivers(ratings[["c", "a", "b"]], outcome, repeats=20)
    exact = ["driver", "value", "johnson", "correlation", "coefficient", "direction", "note"]
    pd.testing.assert_frame_equal(one.table[exact], columns.table[exact])


def test_a_weight_of_two_is_two_people_and_equal_weights_are_none() -> None:
    ratings, outcome = people(100)
    weights = 1 + np.arange(100) % 2
    twice = np.repeat(np.arange(100), weights)
    weighted = key_drivers(ratings, outcome, weights=weights, repeats=5)
    repeated = key_drivers(ratings.iloc[twice], outcome[twice], repeats=5)
    for name in [*ESTIMATES, "coefficient"]:
        np.testing.assert_allclose(weighted.table[name], repeated.table[name])
    alike = key_drivers(ratings, outcome, weights=np.full(100, 3.0), repeats=5)
    plain = key_drivers(ratings, outcome, repeats=5)
    np.testing.assert_allclose(alike.table[["value", "low"]], plain.table[["value", "low"]])
    assert weighted.r2.n_eff == pytest.approx(150**2 / (50 + 4 * 50))


def test_ten_people_of_one_mind_a_cluster_are_no_ten_people() -> None:
    ratings, outcome = people(40)
    tenfold = np.repeat(np.arange(40), 10)
    design = Design(np.ones(400), clusters=tenfold)
    alone = key_drivers(ratings, outcome, repeats=300).r2
    clustered = key_drivers(ratings.iloc[tenfold], outcome[tenfold], weights=design, repeats=300).r2
    ignored = key_drivers(ratings.iloc[tenfold], outcome[tenfold], repeats=300).r2
    assert clustered.value == pytest.approx(alone.value)
    assert clustered.high - clustered.low == pytest.approx(alone.high - alone.low, rel=0.2)
    assert ignored.high - ignored.low < 0.5 * (alone.high - alone.low)


def test_a_sign_that_depends_on_the_treatment_of_gaps_is_said() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 400))
    outcome = np.where(np.arange(400) < 300, a, -a) + 0.3 * rng.normal(size=400)
    ratings = pd.DataFrame({"a": a, "b": b})
    ratings.loc[:299, "b"] = np.nan  # those who rated b feel the other way about a
    found = key_drivers(ratings, outcome, repeats=20)
    assert row(found, "a")["direction"] == "unclear"
    assert "changes sign when people with gaps are left out" in row(found, "a")["note"]


def test_ratings_that_say_the_same_are_said_to() -> None:
    ratings, outcome = people(200)
    ratings["again"] = ratings["a"] + np.random.default_rng(1).normal(0, 0.1, 200)
    found = key_drivers(ratings, outcome, repeats=20)
    assert "nearest again" in row(found, "a")["note"]
    assert "hardly be told apart" not in row(found, "b")["note"]


def test_few_answers_are_said_for_the_driver_and_for_the_model() -> None:
    ratings, outcome = people(60)
    ratings.loc[20:, "c"] = np.nan
    found = key_drivers(ratings, outcome, repeats=20)
    assert "small base: fewer than 30 answers" in row(found, "c")["note"]
    few = key_drivers(*people(25), repeats=20)
    assert any("fewer than 10 each" in said for said in few.warnings)


def test_a_rating_that_all_share_is_left_out_by_name() -> None:
    ratings, outcome = people(60)
    found = key_drivers(ratings.assign(d=3.0, e=np.nan), outcome, repeats=5)
    assert sorted(found.table["driver"]) == ["a", "b", "c"]
    assert [said.partition(" ")[0] for said in found.warnings] == ["d", "e"]


def test_an_outcome_that_nearly_all_share_is_said() -> None:
    ratings, _ = people(200)
    outcome = np.r_[np.zeros(3), np.ones(197)]
    found = key_drivers(ratings, outcome, repeats=20)
    assert any("same outcome (197 of 200)" in said for said in found.warnings)
    assert found.model == "logit"


def test_nothing_goes_with_chance() -> None:
    ratings, _ = people(500)
    outcome = np.random.default_rng(9).normal(size=500)
    found = key_drivers(ratings, outcome, repeats=200)
    assert found.r2.value < 0.03
    assert (found.table["direction"] == "unclear").sum() >= 2


@pytest.mark.parametrize(
    ("rows", "how", "message"),
    [
        (60, {"repeats": 1}, "repeats must be at least 2"),
        (4, {}, "more people than columns of the model"),
        (60, {"weights": [1.0]}, "one value a respondent"),
        (60, {"not_applicable": pd.DataFrame({"z": [True] * 60})}, "no other columns"),
    ],
)
def test_what_cannot_be_modeled_is_refused(rows, how, message) -> None:
    with pytest.raises(ParameterError, match=message):
        key_drivers(*people(rows), **how)


def test_listwise_with_a_gap_in_every_row_says_what_keeps_people() -> None:
    ratings, outcome = people(60)
    ratings = ratings.mask(np.arange(3) == np.arange(60)[:, None] % 3)
    with pytest.raises(ParameterError, match="missing='indicator' keeps people with gaps"):
        key_drivers(ratings, outcome, missing="listwise")


def test_an_interval_holds_its_value_where_chance_explains_much() -> None:
    # 12 ratings of 60 people: a resample's R2 is larger than the sample's, nearly always
    rng = np.random.default_rng(0)
    ratings = pd.DataFrame(rng.normal(size=(60, 12))).add_prefix("q")
    found = key_drivers(ratings, rng.normal(size=60), repeats=100)
    assert found.r2.low < found.r2.value < found.r2.high
    assert (found.table["low"] <= found.table["value"]).all()


def test_people_without_weight_are_not_there() -> None:
    ratings, outcome = people(100)
    weights = np.r_[np.ones(80), np.zeros(20)]
    found = key_drivers(ratings, outcome, weights=weights, repeats=5)
    assert found.n == 80
    assert found.table["n"].tolist() == [80, 80, 80]


@pytest.mark.parametrize(("gaps", "columns"), [(29, 1), (30, 2)])
def test_thirty_people_with_a_gap_make_a_column(gaps, columns) -> None:
    ratings, outcome = people(100)
    ratings.loc[: gaps - 1, "a"] = np.nan
    assert driver_columns(ratings, outcome).sizes == (columns, 1, 1)


def test_a_vif_of_twenty_is_said() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 400))
    # R2 of the copy on the other is 1 - 1/20: a noise of variance 1/19 beside 1
    ratings = pd.DataFrame({"a": a, "copy": a + b / np.sqrt(19)})
    found = key_drivers(ratings, a + rng.normal(size=400), repeats=5)
    assert "hardly be told apart" in row(found, "a")["note"]
