from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cjm_lab.errors import ParameterError
from cjm_lab.ledger import Ledger
from cjm_lab.metrics import analyze_pilot, pilot_segments
from cjm_lab.metrics._arms import Arm, compare
from cjm_lab.metrics.pilot import pilot_evidence
from cjm_lab.study import Study

TEA = Study.model_validate({"title": "Tea", "stages": [{"id": "brew", "name": "Brew"}]})


@pytest.fixture(scope="module")
def cookie_cats(shared_data):
    raw = pd.read_csv(shared_data / "events" / "cookie_cats" / "cookie_cats.csv")
    arm = raw.pop("version").map({"gate_30": "treatment", "gate_40": "control"})
    return raw.rename(columns={"userid": "customer_id"}).assign(arm=arm)


@pytest.fixture(scope="module")
def golden(shared_data):
    return json.loads((shared_data / "events" / "cookie_cats" / "golden.json").read_text())


def test_cookie_cats_says_first_that_the_arms_do_not_fit(cookie_cats, golden):
    first = analyze_pilot(cookie_cats).iloc[0]
    assert first["outcome"] == "sample_ratio"
    assert first["value"] == pytest.approx(golden["srm_chi2_p"])
    assert round(first["value"], 4) == 0.0086
    assert "find out who is missing" in first["note"]


def test_cookie_cats_differences(cookie_cats, golden):
    rows = analyze_pilot(cookie_cats).set_index("outcome")
    for name in ("retention_1", "retention_7"):
        row, expected = rows.loc[name], golden[name]
        assert row["value"] == pytest.approx(expected["diff_30_minus_40"])
        assert row["p"] == pytest.approx(expected["p_two_sided"])
        assert (row["low"], row["high"]) == pytest.approx(tuple(expected["newcomb95"]))
        assert "sample ratio p .0086" in row["note"]
    assert round(rows.loc["retention_7", "p"], 5) == 0.00155


def test_cookie_cats_rounds_have_a_heavy_tail(cookie_cats, golden):
    row = analyze_pilot(cookie_cats).set_index("outcome").loc["sum_gamerounds"]
    assert row["p"] == pytest.approx(golden["sum_gamerounds"]["welch_p"])
    assert "heavy tail" in row["note"]
    assert "49,854" in row["note"]  # one player
    assert row["treatment"] == pytest.approx(golden["sum_gamerounds"]["mean_30"])


def pilot(control, treatment, name="paid"):
    arms = ["control"] * len(control) + ["treatment"] * len(treatment)
    values = [*control, *treatment]
    return pd.DataFrame({"customer_id": range(len(arms)), "arm": arms, name: values})


def test_a_sound_pilot_has_no_notes_and_a_difference_of_means():
    rng = np.random.default_rng(1)
    rows = analyze_pilot(pilot(rng.normal(5, 1, 400), rng.normal(5.5, 1, 400))).set_index("outcome")
    assert rows["note"].tolist() == ["", ""]
    paid = rows.loc["paid"]
    assert paid["low"] < 0.5 < paid["high"]
    assert paid["value"] == pytest.approx(paid["treatment"] - paid["control"])


def test_missing_outcomes_are_left_out():
    rows = analyze_pilot(pilot([1, 0, None, None], [1, 1, 0, None])).set_index("outcome")
    assert rows.loc["paid", ["control", "treatment", "n"]].tolist() == [
        0.5,
        pytest.approx(2 / 3),
        5,
    ]


def test_an_uneven_plan_is_no_mismatch():
    planned = pilot([0] * 900, [1] * 100)
    assert analyze_pilot(planned).iloc[0]["value"] < 1e-9
    assert analyze_pilot(planned, treated=0.1).iloc[0]["value"] == 1


def test_outcomes_that_nobody_or_everybody_has_are_no_error():
    rows = analyze_pilot(pilot([0, 0], [0, 0])).set_index("outcome")
    assert rows.loc["paid", "value"] == 0
    assert np.isnan(rows.loc["paid", "p"])
    one = analyze_pilot(pilot([3.5], [2.5])).set_index("outcome").loc["paid"]
    assert one["value"] == -1
    assert np.isnan(one["low"])


def test_faults_of_the_assignment_are_refused():
    with pytest.raises(ParameterError, match="must be one of"):
        analyze_pilot(pilot([1], [0]).replace({"arm": {"control": "contrl"}}))
    with pytest.raises(ParameterError, match="occur once"):
        analyze_pilot(pilot([1], [0]).assign(customer_id="ann"))
    with pytest.raises(ParameterError, match="treated must lie"):
        analyze_pilot(pilot([1], [0]), treated=1)


def test_the_ledger_gets_the_check_and_every_outcome():
    rows = pilot_evidence(pilot([1, 0] * 50, [1, 1] * 50), TEA)
    ledger = Ledger(rows)
    assert ledger.estimate(measure="sample_ratio_p").value == 1
    assert ledger.estimate(measure="pilot_difference").value == 0.5
    assert ledger.select(measure="pilot_difference")["note"].item().startswith("p ")


def test_no_pilot_no_rows():
    empty = pd.DataFrame({"customer_id": [], "arm": [], "assigned_at": []})
    assert analyze_pilot(empty).empty
    assert pilot_evidence(empty, TEA).empty


def test_cookie_cats_gets_no_verdict_before_the_arms_fit(cookie_cats):
    rows = analyze_pilot(cookie_cats).set_index("outcome")["verdict"]
    assert rows["sample_ratio"] == "not as planned"
    assert set(rows.drop("sample_ratio")) == {"withheld: sample ratio"}
    by_half = cookie_cats.assign(half=cookie_cats["customer_id"] % 2)
    assert set(pilot_segments(by_half, "half")["verdict"]) == {"withheld: sample ratio"}


def test_cookie_cats_day_7_is_clear_at_one_look_and_not_for_those_who_looked_daily(cookie_cats):
    row = analyze_pilot(cookie_cats).set_index("outcome").loc["retention_7"]
    assert row["always_low"] < 0 < row["low"]
    # By hand: c = 8.2132 x 90,189 / 10,000 and sqrt((1 + 1/c)(log(1 + c) + 5.9915)) = 3.2325.
    assert row["value"] - row["always_low"] == pytest.approx(3.2325 * row["se"], rel=1e-3)


def test_rounds_capped_are_another_question_with_its_own_row(cookie_cats):
    rows = analyze_pilot(cookie_cats).set_index("outcome")
    most = cookie_cats["sum_gamerounds"].quantile(0.99)
    lower = cookie_cats["sum_gamerounds"].clip(upper=most)
    arms = [lower[cookie_cats["arm"] == name] for name in ("treatment", "control")]
    welch = stats.ttest_ind(*arms, equal_var=False)
    row, interval = rows.loc["sum_gamerounds (capped)"], welch.confidence_interval(0.95)
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high))
    assert row["p"] == pytest.approx(welch.pvalue)
    assert f"below {most:g}, the 0.99 quantile" in row["note"]
    assert "heavy tail" not in row["note"]
    # One player with 49,854 rounds made two thirds of the difference between the means.
    assert rows.loc["sum_gamerounds", "value"] == pytest.approx(1.157, abs=0.001)
    assert abs(row["value"]) < 0.5


def test_the_difference_of_means_is_welchs():
    rng = np.random.default_rng(2)
    control, treatment = rng.normal(5, 1, 12), rng.normal(6, 3, 7)
    row = analyze_pilot(pilot(control, treatment)).set_index("outcome").loc["paid"]
    welch = stats.ttest_ind(treatment, control, equal_var=False)
    interval = welch.confidence_interval(0.95)
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high))
    assert row["p"] == pytest.approx(welch.pvalue)


@pytest.mark.parametrize(
    ("margin", "verdict"),
    [
        (-0.05, "within the margin"),
        (0.34, "within the margin"),  # a rise is worse, and it is at most .3339
        (0.2, "not shown"),
        (0.05, "beyond the margin"),  # it rose by .0524 at the least
    ],
)
def test_a_guardrail_is_judged_against_its_margin(margin, verdict):
    # Newcombe's example: 56 of 70 against 48 of 80 is .2 [.0524, .3339].
    rows = analyze_pilot(
        pilot([1] * 48 + [0] * 32, [1] * 56 + [0] * 14), guardrails={"paid": margin}
    )
    assert rows["verdict"].tolist() == ["as planned", verdict]
    assert rows["margin"][1] == margin


def test_a_guardrail_must_be_an_outcome_with_a_margin():
    one = pilot([1, 0], [0, 1])
    with pytest.raises(ParameterError, match="did you mean 'paid'"):
        analyze_pilot(one, guardrails={"payd": -0.1})
    with pytest.raises(ParameterError, match="must not be zero"):
        analyze_pilot(one, guardrails={"paid": 0})


def test_segments_are_corrected_for_their_number():
    rng = np.random.default_rng(4)
    n = 20_000
    many = pd.DataFrame(
        {
            "customer_id": range(n),
            "arm": np.where(np.arange(n) % 2, "treatment", "control"),
            "town": rng.integers(0, 40, n).astype(str),
            "paid": rng.random(n) < 0.3,
        }
    ).astype({"paid": "int64"})
    rows = pilot_segments(many, "town")
    assert len(rows) == 40
    corrected = stats.false_discovery_control(rows["p"])
    assert rows["p_adjusted"].tolist() == pytest.approx(corrected.tolist())
    assert ((rows["verdict"] == "differs") == (corrected < 0.05)).all()
    # No town differs: chance makes several look so, and the correction takes them back.
    assert (rows["p"] < 0.05).sum() > 2 > (corrected < 0.05).sum()


def test_small_segments_are_left_out_and_columns_of_segments_are_no_outcomes():
    one = pilot([1, 0] * 50, [1, 0] * 50).assign(age=[1] * 10 + [2] * 190)
    rows = pilot_segments(one, ["age"])
    assert rows[["by", "segment", "outcome"]].values.tolist() == [["age", "2", "paid"]]
    assert pilot_segments(one, "age", min_n=101).empty
    assert pilot_segments(one[:0], "age").columns.tolist() == rows.columns.tolist()
    with pytest.raises(ParameterError, match="the pilot's segments must be one of"):
        pilot_segments(one, "town")


def test_welchs_interval_covers_unequal_variances():
    rng = np.random.default_rng(5)
    a, b = rng.normal(1, 3, (2000, 40)), rng.normal(0, 1, (2000, 200))
    rows = zip(a.mean(1), a.var(1, ddof=1), b.mean(1), b.var(1, ddof=1), strict=True)
    found = [compare(Arm(40, m, v, False), Arm(200, k, w, False), 0.95) for m, v, k, w in rows]
    assert 0.93 < np.mean([e.low < 1 < e.high for e in found]) < 0.97


def test_the_capped_mean_covers_what_it_says_it_estimates():
    rng = np.random.default_rng(6)
    population = [rng.lognormal(3, 1.5, 1_000_000), rng.lognormal(3.1, 1.5, 1_000_000)]
    most = np.quantile(np.concatenate(population), 0.99)
    truth = np.minimum(population[1], most).mean() - np.minimum(population[0], most).mean()
    held = 0
    for _ in range(400):
        control, treatment = (rng.choice(p, 1000) for p in population)
        own = np.quantile(np.concatenate([control, treatment]), 0.99)
        arms = [Arm.of(pd.Series(a.clip(max=own)), shares=False) for a in (treatment, control)]
        e = compare(*arms, 0.95)
        held += e.low < truth < e.high
    assert 0.93 < held / 400 <= 0.98


def test_the_ledger_says_the_interval_for_daily_looks():
    rows = pilot_evidence(pilot([1, 0] * 500, [1, 1] * 500), TEA)
    note = Ledger(rows).select(measure="pilot_difference")["note"].item()
    assert note.startswith("p < .001; looked at daily [+")
