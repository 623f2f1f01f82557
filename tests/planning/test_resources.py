from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import period_up_to
from cjm_lab.planning import priority_inputs, resource_gaps, resource_kinds
from cjm_lab.planning.resources import months_between, touchpoints_of

QUARTER = period_up_to(date(2026, 9, 30), "quarter")


@pytest.fixture
def measured():
    """3,000 active customers in a quarter, half of them at the payment, 20 % at the basket."""
    count = Estimate(3000, float("nan"), float("nan"), n=3000, method="count")
    return evidence_frame(
        [
            evidence(count, lane="base", measure="active_customers", period=QUARTER),
            evidence(share(1500, 3000), lane="reach", measure="reach", touchpoint="payment"),
            evidence(share(600, 3000), lane="reach", measure="reach", touchpoint="basket"),
            evidence(
                share(9, 10), lane="reach", measure="reach", touchpoint="payment", persona="office"
            ),
        ]
    )


def test_gaps_come_by_the_part_of_the_need_that_is_missing(resources):
    table = resources(
        {"resource": "Agents", "have": 3, "need": 5},
        {"resource": "Film", "have": 0, "need": 1},
        {"resource": "Contract", "have": 1, "need": 1},
        {"resource": "Unknown", "have": float("nan")},
    )
    gaps = resource_gaps(table)
    assert gaps["resource"].tolist() == ["Film", "Agents", "Contract", "Unknown"]
    assert gaps["gap"].tolist()[:3] == [1, 2, 0]


def test_a_touchpoint_that_the_study_lacks_is_named(resources, study):
    table = resources({"resource": "Card form", "touchpoints": "basket;paymnt"})
    with pytest.raises(ParameterError, match=r"'Card form'.*did you mean 'payment'"):
        touchpoints_of(table, study)


def test_priority_inputs_come_from_the_log_and_the_lift(resources, study, measured):
    table = resources(
        {"resource": "Form", "lift_likely": 0.1, "lift_source": "pilot"},
        {"resource": "Help", "touchpoints": "basket; payment", "lift_likely": 0.4,
         "measure": "valence", "lift_source": "benchmark"},
        {"resource": "Mail", "touchpoints": "basket", "lift_likely": 0.019},
    )  # fmt: skip
    gap = Estimate(0.07, 0.03, 0.11, n=400, method="MOVER")
    ratio = Estimate(0.6, float("nan"), float("nan"), n=400, method="chi-square")
    pilot = evidence_frame(
        [
            evidence(gap, lane="pilot", measure="pilot_difference", item="ordered"),
            evidence(ratio, lane="pilot", measure="sample_ratio_p"),
        ]
    )
    inputs = priority_inputs(table, pd.concat([measured, pilot]), study)
    # A month has 1,000 active customers; a tenth of the range is a high impact on either scale.
    assert inputs["reach"].tolist() == [500, 500, 200]
    assert inputs["touchpoint"].tolist() == ["payment", "basket", "basket"]
    assert inputs["impact"].tolist() == [2, 2, 0.25]
    assert inputs["confidence"].tolist() == [1, 0.8, 0.5]
    assert priority_inputs(table, measured, study)["confidence"].tolist() == [0.5, 0.8, 0.5]


@pytest.mark.parametrize(
    ("lift", "impact"),
    [(0.2, 3), (0.19, 2), (0.1, 2), (0.05, 1), (0.02, 0.5), (0.0, 0.25), (-0.1, 0)],
)
def test_impact_follows_the_five_steps(lift, impact, resources, study, measured):
    table = resources({"resource": "Form", "lift_likely": lift})
    assert priority_inputs(table, measured, study)["impact"].tolist() == [impact]


@pytest.mark.parametrize(
    ("measure", "tenth"), [("valence", 0.4), ("nps", 20), ("ces", 0.6), ("rating", 0.4)]
)
def test_a_lift_counts_by_the_length_of_its_scale(measure, tenth, resources, study, measured):
    # Valence goes from -2 to 2, the promoter score from -100 to 100, effort 1 to 7, stars 1 to 5.
    table = resources({"measure": measure, "lift_likely": tenth})
    assert priority_inputs(table, measured, study)["impact"].tolist() == [2]


def test_of_what_is_better_low_a_lift_below_zero_helps(resources, study, measured):
    table = resources(
        {"resource": "Fewer leave", "measure": "drop_off", "lift_likely": -0.1},
        {"resource": "More leave", "measure": "drop_off", "lift_likely": 0.1},
    )
    assert priority_inputs(table, measured, study)["impact"].tolist() == [2, 0]


def test_what_is_not_known_stays_unknown(resources, study, measured):
    table = resources(
        {"resource": "No lift", "lift_likely": float("nan")},
        {"resource": "No effort", "effort": float("nan")},
        {"resource": "Not in the log", "touchpoints": "order"},
        {"resource": "Nowhere", "touchpoints": ""},
        {"resource": "Form"},
    )
    inputs = priority_inputs(table, measured, study).set_index("resource")
    assert inputs.index[inputs["impact"].isna()].tolist() == ["No lift"]
    assert inputs.index[inputs["ease"].isna()].tolist() == ["No effort"]
    assert inputs.index[inputs["reach"].isna()].tolist() == ["Not in the log", "Nowhere"]
    assert priority_inputs(table, evidence_frame(), study)["reach"].isna().all()
    nobody = measured[measured["measure"] != "active_customers"]
    assert (
        priority_inputs(table, nobody, study)["reach"].isna().all()
    )  # a share of nobody knows whom
    assert priority_inputs(table.iloc[:0], measured, study).empty


def test_reach_has_the_interval_of_its_best_reached_touchpoint(resources, study, measured):
    # 1,500 of 3,000 by Wilson: .4821 to .5179, of 1,000 customers a month
    inputs = priority_inputs(resources({"touchpoints": "basket; payment"}), measured, study)
    assert inputs[["reach_low", "reach_high"]].round(1).values.tolist() == [[482.1, 517.9]]


@pytest.mark.parametrize(("weeks", "ease"), [(0.5, 10), (1, 8), (2, 6), (2.5, 4), (12, 2), (13, 1)])
def test_ease_falls_with_the_weeks_it_takes(weeks, ease, resources, study, measured):
    assert priority_inputs(resources({"effort": weeks}), measured, study)["ease"].tolist() == [ease]


def test_each_kind_says_what_is_missing_and_what_that_costs(resources):
    table = resources(
        {"resource": "Agents", "kind": "people", "have": 3, "need": 5, "cost_month": 6200},
        {"resource": "Form", "cost_once": 9000, "effort": 4},
        {"resource": "Contract", "have": 1, "need": 1, "cost_once": 5000},
        {"resource": "Search", "have": float("nan"), "cost_once": 70, "effort": float("nan")},
        {"resource": "Van", "kind": "vehicle", "have": 1},
    )
    kinds = resource_kinds(table).set_index("kind")
    assert kinds.index.tolist() == ["people", "tool", "content", "budget", "data", "vehicle"]
    counts = ["resources", "in_place", "missing", "unknown"]
    assert kinds.loc["tool", counts].tolist() == [3, 1, 1, 1]
    assert kinds.loc["tool", ["cost_once", "effort"]].tolist() == [9070, 4]  # the contract is there
    assert kinds.loc["people", "cost_month"] == 6200
    assert kinds.loc["people", counts].tolist() == [1, 0, 1, 0]
    assert kinds.loc["budget", counts].tolist() == [0, 0, 0, 0]


def test_months_of_a_span():
    assert months_between("2026-02-01", "2026-02-28") == 1
    assert months_between("2026-11-01", "2027-01-31") == 3
    assert months_between("2026-01-02", "2027-01-01") == pytest.approx(12, rel=0.01)
    assert months_between("2026-01-02", "2026-01-11") == pytest.approx(10 * 12 / 365.25)
