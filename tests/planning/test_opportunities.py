from __future__ import annotations

import pytest

from cjm_lab.estimate import Estimate, share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.planning import find_opportunities, link_opportunities, link_resources
from cjm_lab.study import Study

PLACES = ["advert", "search", "basket", "payment", "support"]


@pytest.fixture
def study() -> Study:
    """A journey of five touchpoints, the last of them after the aim."""
    named = [{"id": place, "name": place.capitalize()} for place in PLACES]
    return Study.model_validate(
        {
            "title": "Shop",
            "stages": [
                {"id": "buy", "name": "Buy", "touchpoints": named[:4]},
                {"id": "use", "name": "Use", "period": "after", "touchpoints": named[4:]},
            ],
        }
    )


def pain(place: str, label: str, rank: float) -> list[dict[str, object]]:
    number = Estimate(rank, rank, rank, n=2, method="order")
    return [
        evidence(lane="pain", measure="pain", label=label, touchpoint=place),
        evidence(number, lane="pain", measure="rank", touchpoint=place),
    ]


def drop(place: str, lost: int, of: int = 1000, **where: str) -> dict[str, object]:
    return evidence(share(lost, of), lane="drop_off", measure="drop_off", touchpoint=place, **where)


def gap(place: str, value: float, low: float, measure: str = "value_gap") -> dict[str, object]:
    number = Estimate(value, low, 2 * value - low, n=100, method="bootstrap")
    rival = "Rival" if measure == "value_gap" else "us"
    return evidence(number, lane="value_gap", measure=measure, touchpoint=place, subject=rival)


def severity(place: str, grade: float, label: str) -> dict[str, object]:
    number = Estimate(grade, grade, grade, n=3, method="t")
    return evidence(
        number, lane="walkthrough", measure="severity", touchpoint=place, label=label, scale=(0, 4)
    )


def found(study: Study, *rows: dict[str, object]) -> dict[str, list[str]]:
    table = find_opportunities(evidence_frame(rows), study)
    return dict(zip(table["touchpoint"], table["lanes"], strict=True))


def test_the_causes_of_a_touchpoint_stand_together_with_their_evidence(study):
    rows = [*pain("payment", "Form forgets", 1), drop("payment", 400), drop("basket", 200),
            drop("search", 200), drop("advert", 200), gap("payment", 8, 5),
            severity("payment", 3.7, "Form forgets")]  # fmt: skip
    table = find_opportunities(evidence_frame(rows), study)
    one = table.iloc[0]
    assert len(table) == 1
    assert one["lanes"] == ["pain", "drop_off", "value_gap", "walkthrough"]
    assert one["causes"][0] == one["label"] == "Form forgets"
    assert one["causes"][3] == "severity 3.7 of 4 on the walk"  # its words stand there already
    ids = [rows[i]["evidence_id"] for i in (0, 2, 6, 7)]
    assert one["evidence_ids"] == ids


def test_losing_more_than_usual_counts_only_with_the_whole_interval_and_before_the_aim(study):
    usual = [drop("advert", 200), drop("search", 200), drop("basket", 200)]
    assert found(study, *usual, drop("payment", 210)) == {}
    assert found(study, *usual, drop("payment", 300)) == {"payment": ["drop_off"]}
    # the last touchpoint has nothing after it
    assert found(study, *usual, drop("support", 900)) == {}


def test_fewer_than_three_touchpoints_have_no_usual_one(study):
    assert found(study, drop("search", 100), drop("payment", 900)) == {}


def test_what_is_lost_of_a_part_of_the_customers_is_no_cause(study):
    usual = [drop("advert", 200), drop("search", 200), drop("basket", 200)]
    assert found(study, *usual, drop("payment", 900, persona="office")) == {}


def test_a_rival_leads_only_beyond_chance(study):
    assert found(study, gap("search", 3, -1)) == {}
    assert found(study, gap("search", 3, 1)) == {"search": ["value_gap"]}


def test_the_gap_to_the_best_answer_counts_where_it_is_wider_than_usual(study):
    rows = [gap(place, 10, 9, "value_gap_to_best") for place in ("advert", "search", "basket")]
    wide = gap("payment", 20, 18, "value_gap_to_best")
    assert found(study, *rows) == {}
    assert found(study, *rows, wide) == {"payment": ["value_gap"]}


def test_a_finding_counts_from_a_minor_problem_on(study):
    rows = [severity("search", 1.9, "Pale arrow"), severity("basket", 2.0, "Below the fold")]
    assert found(study, *rows) == {"basket": ["walkthrough"]}


def test_the_worst_pain_comes_first_then_what_has_more_causes(study):
    rows = [severity("advert", 2, "Loud"), gap("search", 3, 1), severity("search", 2, "Slow"),
            *pain("basket", "Empty", 2), *pain("payment", "Forgets", 1)]  # fmt: skip
    assert list(found(study, *rows)) == ["payment", "basket", "search", "advert"]


def test_the_opportunity_score_stands_where_importance_was_asked(study):
    number = Estimate(10.3, 9.2, 11.4, n=276, method="top-2 shares, bootstrap")
    asked = evidence(number, lane="value_gap", measure="opportunity_score", touchpoint="payment")
    rows = [asked, *pain("payment", "Forgets", 1), *pain("basket", "Empty", 2)]
    table = find_opportunities(evidence_frame(rows), study).set_index("touchpoint")
    assert table.loc["payment", ["score", "low", "high", "n"]].tolist() == [10.3, 9.2, 11.4, 276]
    assert table.loc["basket", ["score", "n"]].isna().all()


def test_opportunities_and_resources_know_each_other(study, resources):
    rows = [*pain("payment", "Forgets", 1), severity("support", 2, "Told twice"),
            severity("basket", 3, "Empty")]  # fmt: skip
    table = resources(
        {"resource": "Form", "touchpoints": "payment"},
        {"resource": "Chat", "touchpoints": "support; payment"},
        {"resource": "Contract", "touchpoints": "support", "have": 1},
        {"resource": "Poster", "touchpoints": "advert"},
        {"resource": "Nowhere", "touchpoints": ""},
    )
    opportunities = find_opportunities(evidence_frame(rows), study)
    linked = link_opportunities(opportunities, table, study).set_index("touchpoint")
    assert linked["answered_by"].to_dict() == {
        "payment": ["Form", "Chat"],
        "basket": [],
        "support": ["Chat"],
    }
    assert linked["in_place"].to_dict() == {"payment": [], "basket": [], "support": ["Contract"]}
    back = link_resources(table, opportunities, study).set_index("resource")
    assert back["answers_at"].to_dict() == {
        "Form": ["payment"],
        "Chat": ["support", "payment"],
        "Contract": ["support"],
        "Poster": [],
        "Nowhere": [],
    }
    assert back.loc["Form", "answers"] == ["Forgets"]


def test_nothing_that_hurts_is_no_opportunity(study, resources):
    none = find_opportunities(evidence_frame(), study)
    assert none.empty
    assert link_opportunities(none, resources({"resource": "Form"}), study).empty
    assert link_resources(resources({"resource": "Form"}), none, study)["answers"].tolist() == [[]]
