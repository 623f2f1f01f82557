"""What notebook 5 shows of what improvements would bring and of what a budget buys."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cjm_lab.estimate import Estimate, no_estimate
from cjm_lab.ledger import evidence_frame
from cjm_lab.metrics.chain import MarkovChain
from cjm_lab.period import Period
from cjm_lab.planning import Outlook
from cjm_lab.planning.forecast_evidence import budget_rules, forecast_rows
from cjm_lab.runs import forecast_views as views
from cjm_lab.study import Study

SET = "The set that the budget buys"


def exactly(value: float) -> Estimate:
    return Estimate(value, value, value, n=1, method="given", se=0.0)


@pytest.fixture
def outlook() -> Outlook:
    """Half of 100 a month go on to the payment, 80 % of these order for 10: ten months, exactly."""
    moves = np.array([[0.0, 0.5, 0.0, 0.5], [0.0, 0.0, 0.8, 0.2]])
    start = np.array([1.0, 0.0, 0.0, 0.0])
    chain = MarkovChain(("basket", "payment"), start, moves, 10**12, 4 * 10**11)
    return Outlook(chain, exactly(100), exactly(10), 10)


@pytest.fixture
def resources() -> pd.DataFrame:
    """Each brings 5 points, 500 in all; the second at the payment only half of that."""
    rows = [
        ["Form", "payment", 0.1, 200.0, 4.0, "Shop", "pilot"],
        ["Invoice", "payment", 0.1, 100.0, 3.0, "Shop", "judgement"],
        ["Mail", "basket", 0.1, 300.0, 1.0, "Marketing", "benchmark"],
        ["Toy", "basket", 0.01, 300.0, 1.0, "Marketing", ""],
    ]
    names = ["resource", "touchpoints", "lift_likely", "cost_once", "effort", "owner",
             "lift_source"]  # fmt: skip
    table = pd.DataFrame(rows, columns=names)
    return table.assign(
        measure="conversion", lift_low=table["lift_likely"], lift_high=table["lift_likely"],
        cost_month=0.0, have=0.0, need=1.0,
    )  # fmt: skip


def shop(**budget: object) -> Study:
    return Study.model_validate(
        {
            "title": "Shop",
            "stages": [{"id": "buy", "name": "Buy", "touchpoints": [{"id": "pay", "name": "Pay"}]}],
            "budget": {"amount": 600, "currency": "EUR", "horizon_months": 10} | budget,
        }
    )


def ledger(resources: pd.DataFrame, outlook: Outlook, study: Study) -> pd.DataFrame:
    place = {name: {"item": name} for name in resources["resource"]}
    rules = budget_rules(study, resources)
    month = Period("all", pd.Timestamp("2026-09-01").date(), pd.Timestamp("2026-09-30").date(),
                   "UTC")  # fmt: skip
    return evidence_frame(forecast_rows(resources, outlook, study, month, 0, place, rules))


def answers(resources: pd.DataFrame, outlook: Outlook, study: Study) -> dict[str, str]:
    best = views.best_set(resources, resources, outlook, study)
    table = views.set_answers(
        ledger(resources, outlook, study), resources, resources, outlook, best, study
    )
    return dict(table.itertuples(index=False, name=None))


def test_what_each_would_bring_stands_beside_what_is_behind_it(resources, outlook):
    table = views.gain_list(ledger(resources, outlook, shop()), shop()).set_index("improvement")
    assert table.index[-1] == SET
    assert table.loc["Form", "what stands behind it"] == "effect shown by a pilot with a control"
    assert "effect" not in table.loc["Invoice", "what stands behind it"]
    assert table.loc["Form", "revenue a month, EUR"].startswith("+50.0")
    assert "customers a month" not in table  # nobody knows who is new


def test_what_is_not_known_is_said_and_not_forecast(outlook):
    missing = replace(outlook, order_value=no_estimate("no orders"))
    table = views.unforeseen(missing).set_index("not forecast")["why"]
    assert table.to_dict() == {
        "customers": "not known",
        "revenue, net value, payback": "no orders",
        "lifetime value": "not known",
    }
    assert views.unforeseen(None)["not forecast"].tolist() == ["anything"]


def test_months_beyond_the_horizon_are_called_later(resources, outlook):
    unsure = resources.head(2).assign(lift_low=0.0, lift_high=[0.11, 0.2], cost_once=[350.0, 900.0])
    study = shop(amount=0)
    table = views.payback_list(ledger(unsure, outlook, study), unsure, study, outlook)
    months = table.set_index("improvement")["months to pay back"]
    assert months["Form"].endswith(", later than 10]")
    assert months["Invoice"] == "rather later than 10"


def test_all_draws_are_no_certainty(resources, outlook):
    study = shop()
    table = views.payback_list(ledger(resources, outlook, study), resources, study, outlook)
    chance = table.set_index("improvement")["chance of paying back"]
    assert (chance["Form"], chance["Toy"]) == ("over 99 %", "under 1 %")
    assert table.set_index("improvement")["cost as stated, EUR"][SET] == "600"


def test_the_set_tells_why_each_is_in_it_or_not(resources, outlook):
    # Form, Invoice and Mail pay back together; the toy doesn't.
    study = shop()
    best = views.best_set(resources, resources, outlook, study)
    table = views.set_list(resources, resources, outlook, best, study).set_index("improvement")
    assert best.chosen == ("Form", "Invoice", "Mail")
    assert table.loc["Form", "why"] == "pays back in the set"
    assert table.loc["Toy", "why"] == "with it the set would cost 900"
    more = shop(amount=5000)
    best = views.best_set(resources, resources, outlook, more)
    table = views.set_list(resources, resources, outlook, best, more).set_index("improvement")
    assert table.loc["Toy", "why"] == "beside the set it brings less than it costs"


def test_people_without_time_and_rivals_keep_an_improvement_out(resources, outlook):
    busy = shop(capacity={"Shop": 5}, either_or=[["Mail", "Toy"]], must_have=["Mail"])
    best = views.best_set(resources, resources, outlook, busy)
    table = views.set_list(resources, resources, outlook, best, busy).set_index("improvement")
    assert table.loc["Mail", "why"] == "must be had"
    assert table.loc["Toy", "why"] == "either this or Mail"
    left = ({"Form", "Invoice"} - set(best.chosen)).pop()
    assert table.loc[left, "why"] == "Shop would need 7 person-weeks and has 5"
    said = answers(resources, outlook, busy)
    assert said["Person-weeks"] in ("Shop 4 of 5", "Shop 3 of 5")


def test_the_set_is_told_together_and_alone(resources, outlook):
    said = answers(resources.head(2), outlook, shop())
    assert said["The set"] == "Form, Invoice"
    assert said["It costs"] == "300 EUR, as stated"
    # 5 points each; the second wins back half of those still lost
    assert said["Together and alone"].startswith("together +7.5\u00a0points of conversion")
    assert said["Together and alone"].endswith("alone adds up to +10.0\u00a0points")
    assert said["The set changes from"] == "no larger budget changes the set"


def test_a_budget_that_does_not_do_says_which_would(resources, outlook):
    said = answers(resources, outlook, shop(amount=250, must_have=["Mail"]))
    assert said["No set is allowed"] == "what must be had costs 300; the budget is 250"
    assert said["The set changes from"] == "300 EUR: Mail"
    assert "It brings" not in said


def test_the_frontier_steps_where_the_set_changes(resources, outlook):
    study = shop()
    steps = views.budget_steps(resources, resources, outlook, study, 0)
    assert steps["budget"].tolist() == [0, 100, 300, 400, 600]
    assert steps["label"].tolist()[:2] == ["nothing", "Invoice"]
    assert steps["value"].tolist()[1] == pytest.approx(400, abs=1)
    assert set(steps["amount"]) == {600}
    words = views.budget_list(steps, study)
    assert words.loc[0].tolist() == ["0", "nothing", "", ""]
    assert words.loc[1, "net value, EUR"].startswith("+400")


def test_a_study_without_a_budget_or_a_log_says_so(resources, outlook):
    study = shop().model_copy(update={"budget": None})
    assert views.best_set(resources, resources, outlook, study) is None
    assert answers(resources, outlook, study) == {"No set": "study.yaml names no budget"}
    assert views.set_list(resources, resources, outlook, None, study).empty
    nothing = evidence_frame()
    assert views.budget_steps(resources, resources, None, shop(), 0).empty
    assert views.payback_list(nothing, resources, shop(), None).empty
    assert views.gain_list(nothing, shop()).empty
    assert views.matters(nothing).empty
    assert views.lift_forecasts(nothing).empty


def test_what_the_budget_leaves_out_is_marked(resources, outlook):
    table = views.lift_forecasts(ledger(resources, outlook, shop())).set_index("label")
    assert table["chosen"].to_dict() == {
        SET: True, "Form": True, "Mail": True, "Invoice": True, "Toy": False,
    }  # fmt: skip
