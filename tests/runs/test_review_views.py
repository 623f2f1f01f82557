"""What notebook 7 shows of actions, reactions and the next review, and what it says about them."""

from __future__ import annotations

from datetime import date
from math import nan
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from cjm_lab.estimate import Estimate, share
from cjm_lab.journey.compare import change_evidence
from cjm_lab.ledger import Ledger, evidence, evidence_frame
from cjm_lab.period import Period, period_up_to
from cjm_lab.planning import Review
from cjm_lab.runs import review_views as views
from cjm_lab.runs.meaning import meaning
from cjm_lab.runs.step import Step
from cjm_lab.study import Study

DAY = date(2026, 10, 31)
NBSP = "\u00a0"
STUDY = Study.model_validate({
    "title": "Shop", "budget": {"amount": 1000, "currency": "EUR"},
    "key_measures": [{"measure": "drop_off", "touchpoint": "pay", "matters": 0.05}],
    "stages": [{"id": "buy", "name": "Buy", "touchpoints": [
        {"id": "basket", "name": "Basket"}, {"id": "pay", "name": "Payment"}]}],
    "responses": [
        {"id": "left", "when": "basket without pay within 24h", "reason": "Basket left",
         "owner": "Shop", "state": "manual", "hours_month": 10},
        {"id": "said", "when": "mentions at pay and negative"}],
})  # fmt: skip


def lost(went: int, of: int, period: Period, touchpoint: str = "pay") -> dict[str, Any]:
    return evidence(share(went, of), lane="drop_off", measure="drop_off", touchpoint=touchpoint,
                    stage="buy", source="events", period=period)  # fmt: skip


OCTOBER = period_up_to(DAY)
BEFORE = evidence_frame([lost(400, 1000, OCTOBER.previous())])
MEASURED = evidence_frame([lost(300, 1000, OCTOBER), lost(90, 1000, OCTOBER, "basket")])
EVIDENCE = pd.concat([MEASURED, change_evidence(MEASURED, Ledger(BEFORE), STUDY)])


def actions() -> pd.DataFrame:
    rows = [
        ("Card form", "Shop", "2026-10-15", "doing", "drop_off at pay"),
        ("Basket kept", "", None, "", "drop_off at basket"),
        ("Old plan", "Shop", "2026-09-01", "done", ""),
    ]
    table = pd.DataFrame(rows, columns=["opportunity", "owner", "due", "state", "measure"])
    return table.assign(due=pd.to_datetime(table["due"], utc=True))


@pytest.fixture
def status() -> pd.DataFrame:
    resources = pd.DataFrame({"resource": ["card form", "Basket kept"]})
    return views.action_status(actions(), EVIDENCE, resources, STUDY, DAY)


def test_an_action_shows_the_figure_that_it_should_move_then_and_now(status: pd.DataFrame) -> None:
    listed = views.action_list(status).set_index("opportunity")
    assert listed.index[0] == "Card form"
    assert listed.loc["Card form", "state"] == "doing, 16 days overdue"
    assert listed.loc["Card form", "should move"] == "Payment: customers who go no further"
    # 400 and 300 of 1,000: Newcombe's interval of the difference is [-0.141, -0.058]
    told = str(listed.loc["Card form", "then → now"]).replace(NBSP, " ")
    assert told == "40 % → 30 %, −10 points [−14, −6]: better"
    # Wilson's interval of 90 of 1,000 is [0.074, 0.109]
    kept = str(listed.loc["Basket kept", "then → now"]).replace(NBSP, " ")
    assert kept == "now 9 % [7, 11] n 1,000"


def test_overdue_actions_name_owner_and_days(status: pd.DataFrame) -> None:
    assert views.overdue(status) == [("Card form", "Shop", "16 days overdue (due 15 October 2026)")]
    assert views.overdue_words(1) == "1 day overdue"


def test_loose_ends_are_open_actions_that_nobody_can_follow_up(status: pd.DataFrame) -> None:
    assert views.loose_ends(status).values.tolist() == [
        ["Basket kept", "", "no owner, no due date"]
    ]


def reactions(study: Study) -> pd.DataFrame:
    def met(measure: str, value: float, low: float = nan, high: float = nan) -> dict[str, Any]:
        return evidence(Estimate(value, low, high, n=310, method="count"), lane="response",
                        measure=measure, label="Basket left", item="left", period=OCTOBER,
                        note="basket without pay within 24h; window 7 days")  # fmt: skip

    rows = evidence_frame([met("triggered", 310), met("revenue_at_stake", 9000, 6000, 12000)])
    return views.reaction_list(views.reaction_load(study, rows), study)


def test_reactions_are_said_in_words_and_the_first_to_automate_stands_on_top() -> None:
    first, second = reactions(STUDY).to_dict("records")
    assert (first["when"], first["a week"]) == ("Basket left", "70")  # 310 in 31 days
    assert first["who reacts"] == "Shop, manual"
    assert first["hours a month"] == "10, 1.9 minutes each"  # 600 minutes for 310
    stake = first["at stake a month"].replace(NBSP, " ")
    assert stake == "9,000 EUR [6,000, 12,000]; 900 EUR an hour"
    assert first["next"] == "automate first: frees at most 10 hours a month"
    assert second["when"] == "mentions at pay and negative"
    assert (second["who reacts"], second["hours a month"]) == (
        "nobody is named, how not said", "not said")  # fmt: skip
    assert second["next"] == "say state and hours_month in study.yaml"


def test_a_study_without_rules_has_an_empty_table() -> None:
    bare = STUDY.model_copy(update={"responses": []})
    assert reactions(bare).empty


def sentences(status: pd.DataFrame) -> list[str]:
    tables: dict[str, Any] = {
        "evidence": EVIDENCE,
        "action_status": status,
        "reaction_load": views.reaction_load(STUDY, EVIDENCE),
        "next_review": Review(date(2026, 11, 30), "the study asks for one every month"),
        "change_list": pd.DataFrame(),
    }
    context: Any = SimpleNamespace(study=STUDY, as_of=DAY, previous=Ledger(BEFORE),
                                   table=tables.__getitem__)  # fmt: skip
    return meaning(Step("7_optimize", context))


def test_the_step_says_what_is_late_what_is_loose_and_when_to_look_again(
    status: pd.DataFrame,
) -> None:
    said = sentences(status)
    assert "Overdue: Card form (Shop), 16 days overdue (due 15 October 2026)." in said
    assert "Basket kept has no owner and no due date." in said
    assert any(s.startswith("Automate next: Basket left (manual); people spend 10") for s in said)
    assert said[-1] == "Next review: 30 November 2026; the study asks for one every month."
