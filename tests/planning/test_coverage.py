from __future__ import annotations

import pytest

from cjm_lab.planning import owner_load, unserved_touchpoints
from cjm_lab.study import Study


def shop(**capacity: float) -> Study:
    """A basket with a team, a payment without, an order whose team has a system."""
    places = [
        {"id": "basket", "name": "Basket", "team": "Shop"},
        {"id": "payment", "name": "Payment"},
        {"id": "order", "name": "Order", "team": "Shop", "systems": ["SAP"]},
    ]
    stage = {"id": "buy", "name": "Buy", "touchpoints": places}
    budget = {"amount": 0, "capacity": capacity}
    return Study.model_validate({"title": "Shop", "stages": [stage], "budget": budget})


def findings(table, study=None) -> dict[str, str]:
    found = unserved_touchpoints(table, study or shop())
    return dict(zip(found["touchpoint"], found["finding"], strict=True))


def test_a_touchpoint_without_team_and_resource_is_nobodys(resources):
    assert findings(resources({"resource": "Mail", "touchpoints": "basket", "have": 1})) == {
        "payment": "nobody"
    }


def test_what_is_only_planned_does_not_serve_yet(resources):
    table = resources({"resource": "Mail", "touchpoints": "basket;payment", "have": 0})
    assert findings(table) == {"basket": "only planned", "payment": "no team"}


def test_a_part_of_a_resource_serves(resources):
    table = resources({"resource": "Mail", "touchpoints": "basket", "have": 3, "need": 5})
    assert "basket" not in findings(table)


def test_a_team_alone_has_no_resource_unless_nobody_listed_any(resources):
    assert findings(resources({"resource": "Mail", "touchpoints": "payment", "have": 1})) == {
        "basket": "no resource",
        "payment": "no team",
    }
    plain = shop().model_dump()
    plain["stages"][0]["touchpoints"][2]["systems"] = []
    nothing = resources({}).iloc[:0]
    assert findings(nothing, Study.model_validate(plain)) == {"payment": "no team"}
    assert findings(nothing) == {"basket": "no resource", "payment": "nobody"}


def test_owners_are_asked_for_what_is_not_there_yet(resources):
    table = resources(
        {"resource": "Form", "owner": "Shop", "effort": 4},
        {"resource": "Mail", "owner": "Shop", "effort": 3},
        {"resource": "Film", "owner": "Product", "effort": 2},
        {"resource": "Panel", "owner": "Product", "effort": float("nan")},
        {"resource": "Contract", "owner": "Carrier", "effort": 9, "have": 1},
    )
    load = owner_load(table, shop(Shop=6, Product=2, Legal=1)).set_index("owner")
    assert load.index.tolist() == ["Shop", "Product", "Legal"]
    assert load["weeks"].tolist() == [7, 2, 0]
    assert load["over"].tolist() == [1, 0, -1]
    assert load["unknown"].tolist() == [0, 1, 0]


@pytest.mark.parametrize("study", [shop(), shop(Service=3)])
def test_without_a_stated_capacity_nobody_is_overloaded(resources, study):
    load = owner_load(resources({"owner": "Shop", "effort": 400}), study).set_index("owner")
    assert load.loc["Shop", "weeks"] == 400
    assert load.loc[["Shop"], ["capacity", "over"]].isna().all(axis=None)


def test_no_resources_ask_nobody(resources):
    assert owner_load(resources({}).iloc[:0], shop()).empty
