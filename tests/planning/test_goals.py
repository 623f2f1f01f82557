from __future__ import annotations

from datetime import date

import pytest

from cjm_lab.estimate import Estimate, share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import period_up_to
from cjm_lab.planning import scope_checks, stakeholder_grid, unheard_functions
from cjm_lab.planning.goals import goal_evidence
from cjm_lab.study import Study

TODAY = date(2026, 9, 30)
SEPTEMBER = period_up_to(TODAY)


def study_of(objective: dict[str, object] | None = None, **more: object) -> Study:
    stages = [{"id": "buy", "name": "Buy", "touchpoints": [{"id": "pay", "name": "Payment"}]}]
    return Study.model_validate(
        {"title": "Shop", "stages": stages, "goal": {"objective": objective}} | more
    )


def conversion(k: int, n: int, **place: str):
    return evidence(share(k, n), lane="base", measure="conversion", period=SEPTEMBER, **place)


def test_no_objective_has_no_evidence():
    assert goal_evidence(evidence_frame(), study_of(), TODAY).empty


def test_the_baseline_comes_with_its_interval_and_the_pace_with_the_months():
    study = study_of({"measure": "conversion", "target": 0.4, "by": "2027-09-30"})
    rows = goal_evidence(evidence_frame([conversion(600, 2000)]), study, TODAY)
    rows = rows.set_index("measure")
    baseline, pace = rows.loc["baseline"], rows.loc["pace_per_month"]
    assert (baseline["low"], baseline["high"]) == (share(600, 2000).low, share(600, 2000).high)
    assert baseline["status"] == "observed"
    assert baseline["period_start"] == "2026-09-01"
    # 365 days are 11.99 months.
    assert pace["value"] == pytest.approx(0.1 / (365 * 12 / 365.25))
    assert pace["low"] < pace["value"] < pace["high"]
    # 1.96 + .8416 standard errors of a difference of two periods.
    expected = (1.959964 + 0.841621) * (2 * 0.3 * 0.7 / 2000) ** 0.5
    assert rows.loc["detectable_by_then", "value"] == pytest.approx(expected, rel=1e-6)
    assert rows.loc["detectable_by_then", "note"].startswith("yes: the target is 10.0 points away")


def test_a_target_nearer_than_the_noise_cannot_be_told_apart():
    study = study_of({"measure": "conversion", "target": 0.31, "by": "2027-09-30"})
    rows = goal_evidence(evidence_frame([conversion(60, 200)]), study, TODAY)
    assert rows["note"].iloc[2].startswith("no: the target is 1.0 points away")


def test_the_row_of_the_objectives_place_persona_and_segment_is_taken():
    study = study_of(
        {
            "measure": "conversion", "target": 0.4, "by": "2027-09-30", "touchpoint": "pay",
            "persona": "office", "segment": {"plan": "pro"},
        },
        personas=[{"id": "office", "name": "Office buyer"}],
    )  # fmt: skip
    here = {"touchpoint": "pay", "persona": "office", "segment": "plan=pro"}
    measured = evidence_frame([conversion(600, 2000), conversion(9, 90, **here)])
    baseline = goal_evidence(measured, study, TODAY).iloc[0]
    assert baseline["value"] == 0.1
    assert (
        baseline["label"]
        == "conversion at Payment of Office buyer with plan=pro to 0.4 by 2027-09-30"
    )


def test_an_objective_that_nothing_measures_says_so():
    study = study_of({"measure": "referrals", "target": 0.4, "by": "2027-09-30"})
    rows = goal_evidence(evidence_frame([conversion(600, 2000)]), study, TODAY)
    assert rows["measure"].tolist() == ["baseline"]
    assert rows["value"].isna().all()
    assert rows["status"].tolist() == ["assumed"]
    assert rows["note"].iloc[0] == "the objective cannot be measured from the sources at hand"


def test_a_date_gone_by_needs_no_pace():
    study = study_of({"measure": "conversion", "target": 0.4, "by": "2026-09-30"})
    rows = goal_evidence(evidence_frame([conversion(600, 2000)]), study, TODAY)
    assert rows["measure"].tolist() == ["baseline"]
    assert rows["note"].iloc[0] == "the date 2026-09-30 has passed"


def test_a_baseline_without_an_interval_has_no_detectable_change():
    nothing = float("nan")
    count = Estimate(2000, nothing, nothing, n=2000, method="count")
    row = evidence(count, lane="base", measure="customers", period=SEPTEMBER)
    study = study_of({"measure": "customers", "target": 3000, "by": "2027-09-30"})
    rows = goal_evidence(evidence_frame([row]), study, TODAY)
    assert rows["measure"].tolist() == ["baseline", "pace_per_month"]


def test_the_grid_places_people_by_influence_and_interest():
    people = [
        {"name": "A", "interest": "high", "influence": "high"},
        {"name": "B", "interest": "high"},
        {"name": "C", "interest": "low", "influence": "high"},
        {"name": "D"},
    ]
    grid = stakeholder_grid(study_of(stakeholders=people)).set_index("name")["place"]
    assert grid.to_dict() == {
        "A": "manage closely",
        "C": "keep satisfied",
        "B": "keep informed",
        "D": "monitor",
    }
    assert stakeholder_grid(study_of()).empty


def test_a_team_without_a_stakeholder_is_unheard(study):
    assert unheard_functions(study).values.tolist() == [
        ["Shop", "Basket, Order"],
        ["Partner", "Payment"],
    ]
    heard = study.model_copy(
        update={"stakeholders": study_of(stakeholders=[{"name": "shop"}]).stakeholders}
    )
    assert unheard_functions(heard)["function"].tolist() == ["Partner"]


def test_the_scope_has_a_beginning_an_end_and_all_periods():
    stages = [
        {"id": "a", "name": "A", "period": "before"},
        {"id": "b", "name": "B"},
        {"id": "c", "name": "C", "period": "after"},
    ]
    scope = {"trigger": "It breaks", "ends": "It works", "stages_out": ["b", "d"]}
    checks = scope_checks(study_of(stages=stages, scope=scope))
    assert checks["passed"].tolist() == [True] * 5 + [False]
    assert checks["found"].iloc[-1] == "b"
