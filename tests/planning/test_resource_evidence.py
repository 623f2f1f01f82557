from __future__ import annotations

from math import nan

import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.planning import find_opportunities
from cjm_lab.planning.resource_evidence import priority_rows
from cjm_lab.study.models import Priorities

PAIN = evidence(lane="pain", measure="pain", label="Form forgets", touchpoint="payment")


@pytest.fixture
def measured():
    """1,000 active customers in a month, half of them at the payment."""
    active = evidence(
        Estimate(1000, nan, nan, n=1000, method="count"), lane="base", measure="active_customers"
    )
    active |= {"period_start": "2026-09-01", "period_end": "2026-09-30"}
    reach = evidence(share(500, 1000), lane="reach", measure="reach", touchpoint="payment")
    return evidence_frame([active, reach])


def rows_by(table, measured, study, **priorities):
    study = study.model_copy(update={"priorities": Priorities(**priorities)})
    place = {name: {"touchpoint": "payment", "item": name} for name in table["resource"]}
    found = find_opportunities(evidence_frame([PAIN]), study)
    return list(priority_rows(table, found, measured, study, place, 1))


@pytest.mark.parametrize(
    ("priorities", "measure", "method", "value", "made_of"),
    [
        ({}, "rice", "RICE", 250.0,
         "reach 500 a month x impact 2 x confidence 0.5 / effort 2"),
        ({"method": "ice"}, "ice", "ICE", 6.0, "impact 2 x confidence 0.5 x ease 6"),
        ({"method": "impact_effort"}, "impact_effort", "impact / effort", 1.0,
         "impact 2 / effort 2"),
        ({"method": "formula", "formula": "reach * (impact + 1)\n / cost_once"}, "priority_score",
         "own formula", 1.5, "reach 500 a month x (impact 2 + 1) / cost_once 1000"),
    ],
)  # fmt: skip
def test_the_studys_method_scores_and_says_so(
    priorities, measure, method, value, made_of, resources, measured, study
):
    table = resources({"resource": "Form", "cost_once": 1000.0})
    (row,) = rows_by(table, measured, study, **priorities)
    assert (row["measure"], row["method"], row["value"]) == (measure, method, value)
    assert row["lane"] == "opportunity"
    assert row["note"].split("; ")[0] == made_of
    assert row["note"].endswith("answers: Form forgets")


def test_scores_by_two_formulas_are_not_comparable(resources, measured, study):
    table = resources({"resource": "Form"})
    rows = [rows_by(table, measured, study, method="formula", formula=formula)[0]
            for formula in ("reach", "reach * 2")]  # fmt: skip
    assert rows[0]["evidence_id"] == rows[1]["evidence_id"]
    assert rows[0]["basis"] != rows[1]["basis"]


def test_the_note_says_how_sure_the_place_is(resources, measured, study):
    names = ["a", "b", "c", "d"]
    efforts = [1.0, 1.0, 1.0, 50.0]  # beyond what a factor of 1.5 each way can make good
    table = resources(*({"resource": n, "effort": e} for n, e in zip(names, efforts, strict=True)))
    notes = {row["label"]: row["note"] for row in rows_by(table, measured, study)}
    assert "; among the first three in 100 % of draws; " in notes["a"]
    assert "; among the first three in 0 % of draws; " in notes["d"]


def test_what_a_method_does_not_need_may_be_unknown(resources, measured, study):
    table = resources({"resource": "Mail", "touchpoints": "order"})  # nobody counted who gets there
    assert rows_by(table, measured, study) == []
    (row,) = rows_by(table, measured, study, method="ice")
    assert (row["n"], row["source"]) == (0, "resources")
    assert row["note"].endswith("answers nothing that was found")


def test_a_wrong_formula_stops_with_its_field(resources, measured, study):
    table = resources({"resource": "Form"})
    with pytest.raises(ParameterError, match=r"got 'reech' \(priorities.formula of study.yaml\)"):
        rows_by(table, measured, study, method="formula", formula="reech / effort")
