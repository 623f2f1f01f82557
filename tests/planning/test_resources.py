from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import period_up_to
from cjm_lab.planning import resource_gaps, rice_inputs
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


def test_rice_inputs_come_from_the_log_and_the_lift(resources, study, measured):
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
    inputs = rice_inputs(table, pd.concat([measured, pilot]), study)
    # A month has 1,000 active customers; a tenth of the range is a high impact on either scale.
    assert inputs["reach"].tolist() == [500, 500, 200]
    assert inputs["impact"].tolist() == [2, 2, 0.25]
    assert inputs["confidence"].tolist() == [1, 0.8, 0.5]
    assert rice_inputs(table, measured, study)["confidence"].tolist() == [0.5, 0.8, 0.5]


@pytest.mark.parametrize(
    ("lift", "impact"), [(0.2, 3), (0.19, 2), (0.1, 2), (0.05, 1), (0.02, 0.5), (0.0, 0.25)]
)
def test_impact_follows_the_five_steps(lift, impact, resources, study, measured):
    table = resources({"resource": "Form", "lift_likely": lift})
    assert rice_inputs(table, measured, study)["impact"].tolist() == [impact]


def test_what_is_not_known_is_not_scored(resources, study, measured):
    table = resources(
        {"resource": "No lift", "lift_likely": float("nan")},
        {"resource": "No effort", "effort": float("nan")},
        {"resource": "Not in the log", "touchpoints": "order"},
        {"resource": "Nowhere", "touchpoints": ""},
    )
    assert rice_inputs(table, measured, study).empty
    assert rice_inputs(resources({"resource": "Form"}), evidence_frame(), study).empty


def test_months_of_a_span():
    assert months_between("2026-02-01", "2026-02-28") == 1
    assert months_between("2026-11-01", "2027-01-31") == 3
    assert months_between("2026-01-02", "2027-01-01") == pytest.approx(12, rel=0.01)
