"""What notebook 5 shows of resources, opportunities and priorities."""

from __future__ import annotations

from datetime import date
from math import nan
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.runs import resource_views as views
from cjm_lab.runs.meaning import meaning
from cjm_lab.runs.step import Step
from cjm_lab.sources.schemas import empty_table
from cjm_lab.study import Study

NBSP = "\u00a0"
COLUMNS = {
    "kind": "tool", "have": 0.0, "need": 1.0, "unit": "release", "cost_once": 10.0,
    "cost_month": 0.0, "owner": "Shop", "touchpoints": "pay", "measure": "conversion",
    "lift_low": 0.1, "lift_likely": 0.1, "lift_high": 0.1, "lift_source": "judgement",
    "effort": 2.0,
}  # fmt: skip


def resources(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame([COLUMNS | row for row in rows], columns=["resource", *COLUMNS])


NONE = empty_table("resources")


def shop(**more: object) -> Study:
    places = [
        {"id": "pay", "name": "Payment", "team": "Shop"},
        {"id": "use", "name": "First use", "team": "Product"},
        {"id": "ask", "name": "Help"},
    ]
    stage = {"id": "buy", "name": "Buy", "touchpoints": places}
    return Study.model_validate({"title": "Shop", "stages": [stage], **more})


def status(*rows: tuple[str, str]) -> pd.DataFrame:
    """Owner and progress of each action."""
    return pd.DataFrame(rows, columns=["owner", "progress"], dtype="str")


def reached() -> pd.DataFrame:
    """1,000 active customers in a month; half of them pay, 100 use it."""
    active = Estimate(1000, nan, nan, n=1000, method="count")
    base = evidence(active, lane="base", measure="active_customers")
    base |= {"period_start": "2026-09-01", "period_end": "2026-09-30"}
    return evidence_frame(
        [
            base,
            evidence(share(500, 1000), lane="reach", measure="reach", touchpoint="pay"),
            evidence(share(100, 1000), lane="reach", measure="reach", touchpoint="use"),
        ]
    )


def pains() -> pd.DataFrame:
    return evidence_frame(
        [
            evidence(lane="pain", measure="pain", label="Forgets", touchpoint="pay"),
            evidence(lane="pain", measure="pain", label="Nobody answers", touchpoint="ask"),
        ]
    )


def test_the_inventory_goes_by_kind_then_by_what_is_missing_most() -> None:
    table = resources(
        {"resource": "Film", "kind": "content"},
        {"resource": "Contract", "have": 1.0},
        {"resource": "Form", "touchpoints": "pay; use"},
        {"resource": "Agents", "kind": "people", "have": 3.0, "need": 5.0},
        {"resource": "Odd", "kind": "", "touchpoints": ""},
    )
    found = views.resource_list(table, shop())
    assert found["resource"].tolist() == ["Agents", "Form", "Contract", "Film", "Odd"]
    assert found["serves"].tolist()[1:5:3] == ["Payment, First use", "no touchpoint named"]
    assert found["kind"].iloc[-1] == "not said"
    assert found["gap"].tolist()[:3] == [2, 1, 0]


def test_a_kind_without_a_row_is_said() -> None:
    found = views.kind_gaps(resources({"resource": "Form"})).set_index("kind")
    assert found["listed"].to_dict() == {
        "people": "none", "tool": 1, "content": "none", "budget": "none", "data": "none"
    }  # fmt: skip
    assert views.kind_gaps(NONE).empty


def test_a_touchpoint_left_alone_is_said_in_words() -> None:
    found = views.unserved(resources({"resource": "Form"}), shop())
    assert found[["where", "has"]].values.tolist() == [
        ["Payment", "a team, but its resources are only planned"],
        ["First use", "a team, but no resource"],
        ["Help", "no team and no resource"],
    ]


def test_owners_have_weeks_capacity_and_open_actions_side_by_side() -> None:
    study = shop(budget={"amount": 0, "capacity": {"Shop": 3, "Product": 2}})
    table = resources(
        {"resource": "Form"}, {"resource": "Mail"}, {"resource": "Film", "owner": "Product"},
        {"resource": "Lost", "owner": "", "effort": nan},
    )  # fmt: skip
    actions = status(("Shop", "open"), ("Shop", "done"), ("Legal", "doing"), ("Product", "dropped"))
    found = views.owner_weeks(table, actions, study).set_index("owner")
    assert found["verdict"].to_dict() == {
        "Shop": "1 too many",
        "Product": "fits",  # 2 of 2 weeks
        "nobody named": "nobody knows",
        "Legal": "nobody knows",
    }
    assert found["person-weeks there are"].tolist() == ["3", "2", *["not stated"] * 2]
    asked = ["to bring about", "person-weeks asked", "effort not said"]
    assert found.loc["Legal", asked].tolist() == [0, 0, 0]  # it only has an action
    assert found["open actions"].tolist() == [1, 0, 0, 1]
    assert found.loc["nobody named", "effort not said"] == 1
    assert views.owner_weeks(NONE, status(), study)["verdict"].tolist() == ["fits"] * 2


def test_an_opportunity_that_nothing_answers_says_so() -> None:
    table = resources(
        {"resource": "Form"}, {"resource": "Hotline", "touchpoints": "ask", "have": 1}
    )
    found = views.opportunity_list(pains(), table, shop()).set_index("where")
    assert found["answered by"].to_dict() == {"Payment": "Form", "Help": "nothing"}
    assert found["in place already"].to_dict() == {"Payment": "", "Help": "Hotline"}
    assert found.loc["Payment", "evidence"] == pains()["evidence_id"].iloc[0]
    assert "opportunity score" not in found  # nobody was asked what matters
    none = views.opportunity_list(evidence_frame(), table, shop())
    assert none.empty
    assert {"where", "why", "answered by"} <= set(none)


def test_an_opportunity_score_stands_with_its_interval() -> None:
    score = Estimate(12.25, 11.0, 13.5, n=80, method="bootstrap")
    asked = evidence(score, lane="opportunity", measure="opportunity_score", touchpoint="pay")
    known = pd.concat([pains(), evidence_frame([asked])])
    found = views.opportunity_list(known, resources({"resource": "Form"}), shop())
    scores = found.set_index("where")["opportunity score"]
    assert scores.to_dict() == {"Payment": f"12.2 [11.0,{NBSP}13.5]", "Help": ""}


def test_a_resource_that_answers_nothing_says_so() -> None:
    table = resources(
        {"resource": "Form"}, {"resource": "Film", "touchpoints": "use"},
        {"resource": "Contract", "have": 1.0},
    )  # fmt: skip
    assert views.resource_answers(pains(), table, shop()).values.tolist() == [
        ["Form", "Payment: Forgets"],
        ["Film", "answers nothing that was found"],
    ]


def test_the_ranks_of_all_methods_stand_side_by_side() -> None:
    table = resources(
        {"resource": "Form", "effort": 4.0},  # 500 x 2 x .5 / 4 = 125; 2 x .5 x 4 = 4; 2 / 4
        {"resource": "Film", "touchpoints": "use", "effort": 1.0},  # 100; 8; 2
        {"resource": "Blank", "touchpoints": "ask"},  # nobody counted; 6; 1
    )
    found = views.priority_table(table, reached(), shop()).set_index("resource")
    ranks = found.filter(like="rank by")
    assert ranks.columns.tolist() == ["rank by RICE", "rank by ICE", "rank by impact / effort"]
    assert ranks.loc["Form"].tolist() == [1, 3, 3]
    assert ranks.loc["Film"].tolist() == [2, 1, 1]
    assert ranks.loc["Blank", "rank by ICE"] == 2
    assert pd.isna(ranks.loc["Blank", "rank by RICE"])
    assert found.index.tolist() == ["Form", "Film", "Blank"]


def test_a_studys_own_formula_comes_first() -> None:
    study = shop(priorities={"method": "formula", "formula": "impact / cost_once"})
    table = resources({"resource": "Form", "cost_once": 50}, {"resource": "Film"})
    found = views.priority_table(table, reached(), study)
    assert found["resource"].tolist() == ["Film", "Form"]
    assert found["rank by own formula"].tolist() == [1, 2]
    shares = views.rank_shares(table, reached(), study, 1)
    assert shares["label"].tolist() == ["Film", "Form"]


def test_a_wrong_formula_is_named_with_its_field() -> None:
    study = shop(priorities={"method": "formula", "formula": "impact / costs"})
    with pytest.raises(ParameterError, match=r"\(priorities.formula of study.yaml\)"):
        views.rank_shares(resources({"resource": "Form"}), evidence_frame(), study, 1)


def test_of_three_or_fewer_only_the_first_counts() -> None:
    names = ["a", "b", "c", "d"]
    rows = [{"resource": name, "touchpoints": "pay"} for name in names]
    few, many = (views.rank_shares(resources(*rows[:n]), reached(), shop(), 1) for n in (3, 4))
    assert few["top"].tolist() == [1, 1, 1]
    assert few["value"].sum() == pytest.approx(1)
    assert many["value"].sum() == pytest.approx(3)


def test_the_shares_of_draws_are_in_percent_with_their_error() -> None:
    shares = pd.DataFrame(
        {"label": ["Form"], "rank": [1.0], "value": [0.98], "low": [0.975], "high": [0.984],
         "n": [4000], "method": ["Monte Carlo, Wilson"], "first": [0.752], "top": [3]}
    )  # fmt: skip
    found = views.rank_list(shares)
    assert found.columns.tolist() == [
        "resource", "rank", "first", "among the first 3", "interval", "draws"
    ]  # fmt: skip
    assert found.iloc[0, 2:].tolist() == [f"75{NBSP}%", f"98.0{NBSP}%", f"[97.5,{NBSP}98.4]", 4000]
    assert "among the first 1" not in views.rank_list(shares.assign(top=1))
    assert views.rank_list(shares.iloc[:0]).empty


def test_a_study_without_resources_shows_nothing_and_breaks_nothing() -> None:
    assert views.resource_list(NONE, shop()).empty
    assert views.unserved(NONE, shop())["where"].tolist() == ["Help"]
    assert views.owner_weeks(NONE, status(), shop()).empty
    assert views.opportunity_list(pains(), NONE, shop())["answered by"].tolist() == ["nothing"] * 2
    assert views.resource_answers(pains(), NONE, shop()).empty
    assert views.priority_table(NONE, reached(), shop()).empty
    assert views.rank_shares(NONE, evidence_frame(), shop(), 1).empty


def test_the_notebook_says_what_nothing_answers_and_who_is_overloaded() -> None:
    study = shop(budget={"amount": 0, "capacity": {"Shop": 1.5}}, priorities={"method": "ice"})
    table = resources({"resource": "Form"})
    score = evidence(
        Estimate(6, nan, nan, n=0, method="ICE"), lane="opportunity", measure="ice", label="Form"
    )
    tables = {
        "evidence": evidence_frame([score]),
        "opportunity_list": views.opportunity_list(pains(), table, study),
        "owner_weeks": views.owner_weeks(table, status(), study),
    }
    context: Any = SimpleNamespace(
        study=study, as_of=date(2026, 9, 30), table=lambda name: tables.get(name, pd.DataFrame())
    )
    assert meaning(Step("5_resources", context))[:3] == [
        "Nothing that is planned answers what hurts at Help.",
        "Shop is asked for 2 person-weeks, 0.5 too many.",
        "First by ICE score: Form ().",
    ]


def test_the_notebook_of_a_study_without_resources_says_so() -> None:
    tables = {
        "evidence": evidence_frame(),
        "opportunity_list": views.opportunity_list(evidence_frame(), NONE, shop()),
        "owner_weeks": views.owner_weeks(NONE, status(), shop()),
    }
    context: Any = SimpleNamespace(study=shop(), as_of=date(2026, 9, 30), table=tables.get)
    assert meaning(Step("5_resources", context))[0].startswith("The sources of this study say")
