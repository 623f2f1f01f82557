from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.ledger import Ledger
from cjm_lab.metrics import analyze_pilot
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
