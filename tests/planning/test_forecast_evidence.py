from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.ledger import Ledger, evidence_frame
from cjm_lab.period import Period, period_up_to
from cjm_lab.planning import Outlook
from cjm_lab.planning.forecast_evidence import budget_rules, forecast_rows, new_share
from cjm_lab.study import Budget

SEPTEMBER = period_up_to(date(2026, 9, 30))


@pytest.fixture
def rows_of(study, outlook):
    """The rows of a table under a budget; every resource at the payment."""

    def make(table: pd.DataFrame, start: Outlook = outlook, **budget: object) -> pd.DataFrame:
        shop = study.model_copy(update={"budget": Budget(**{"horizon_months": 10} | budget)})
        place = {
            name: {"stage": "buy", "touchpoint": "payment", "item": name}
            for name in table["resource"]
        }
        rules = budget_rules(shop, table)
        rows = evidence_frame(forecast_rows(table, start, shop, SEPTEMBER, 1, place, rules))
        assert len(Ledger(rows)) == len(rows)
        return rows

    return make


def one(rows, measure, label):
    found = rows[(rows["measure"] == measure) & (rows["label"] == label)]
    return found.iloc[0]


def test_a_budget_that_buys_no_allowed_set_says_which_would(resources, rows_of):
    table = resources(
        {"resource": "Form", "cost_once": 300}, {"resource": "Invoice", "cost_once": 400}
    )
    rows = rows_of(table, amount=350, must_have=["Invoice"])
    least = rows[rows["measure"] == "least_budget"].iloc[0]
    assert least["value"] == 400
    assert least["note"] == "what must be had costs 400; the budget is 350"
    assert "chosen" not in set(rows["measure"])
    assert "The set that the budget buys" not in set(rows["label"])
    assert one(rows, "conversion_lift", "Form")["value"] > 0  # each alone is forecast all the same


def test_what_cannot_be_had_together_has_no_least_budget(resources, rows_of):
    table = resources({"resource": "Form"}, {"resource": "Invoice"})
    both = ["Form", "Invoice"]
    rows = rows_of(table, amount=900, must_have=both, either_or=[both])
    least = rows[rows["measure"] == "least_budget"].iloc[0]
    assert pd.isna(least["value"])
    assert "only one of them may" in least["note"]


def test_what_must_be_had_is_chosen_and_its_cost_counts(resources, rows_of):
    table = resources(
        {"resource": "Form", "cost_once": 300},
        {"resource": "Agents", "measure": "valence", "cost_once": 100},
    )
    rows = rows_of(table, amount=900, must_have=["Agents"])
    agents = one(rows, "chosen", "Agents")
    assert (agents["value"], agents["note"]) == (1, "must be had")
    # 500 of revenue less 300 and 100
    net = one(rows, "net_value", "The set that the budget buys")
    assert net["value"] == pytest.approx(100, abs=10)
    assert one(rows, "net_value", "Form")["value"] == pytest.approx(200, abs=10)


def test_only_pilots_are_named_as_effects_of_the_set(resources, rows_of):
    table = resources(
        {"resource": "Form", "lift_source": "pilot"},
        {"resource": "Mail", "touchpoints": "basket", "lift_source": "benchmark"},
    )
    note = one(rows_of(table, amount=0), "conversion_lift", "The set that the budget buys")["note"]
    assert note.startswith("Form, Mail; ")
    assert "an effect shown by a pilot with a control: Form;" in note
    judged = rows_of(table.assign(lift_source="judgement"), amount=0)
    note = one(judged, "conversion_lift", "The set that the budget buys")["note"]
    assert "an effect shown by a pilot with a control: none;" in note


def test_what_makes_the_net_value_unsure_adds_up_to_all_of_it(resources, rows_of, outlook):
    table = resources({"resource": "Form", "lift_low": 0.0, "cost_once": 100})
    rows = rows_of(table, replace(outlook, cost_range=(0.5, 2.0)), amount=900)
    parts = rows[rows["measure"] == "uncertainty_share"].set_index("label")
    assert parts["value"].sum() == pytest.approx(1)
    assert parts.loc["Lift of Form", "note"] == "the higher, the more the net value"
    assert parts.loc["Cost of Form", "note"] == "lowers it"


def test_what_never_pays_back_has_no_months_but_a_chance(resources, rows_of):
    rows = rows_of(resources({"resource": "Form", "cost_once": 900}), amount=100)
    assert one(rows, "payback_chance", "Form")["value"] == 0
    assert rows[rows["measure"] == "payback_months"].query("label == 'Form'").empty
    net = one(rows, "net_value", "Form")
    assert net["high"] < 0


def test_names_of_the_budget_are_checked_but_what_is_there_already_is_not_bought(study, resources):
    table = resources({"resource": "Form"}, {"resource": "Film", "have": 1.0, "owner": "Product"})
    budget = Budget(
        amount=1,
        must_have=["Film", "Form"],
        either_or=[["Film", "Form"]],
        capacity={"Shop": 2, "Product": 1},
    )
    shop = study.model_copy(update={"budget": budget})
    rules = budget_rules(shop, table)
    assert rules == {"must_have": ["Form"], "either_or": [["Form"]], "capacity": {"Shop": 2}}
    wrong = study.model_copy(update={"budget": Budget(amount=1, must_have=["Filn"])})
    with pytest.raises(ParameterError, match=r"got 'Filn' .*did you mean 'Film'"):
        budget_rules(wrong, table)
    assert budget_rules(study.model_copy(update={"budget": None}), table) == {}


def orders(*rows: tuple[str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "kind"])
    return frame.assign(ordered_at=pd.to_datetime(frame["ordered_at"], utc=True))


def test_who_orders_for_the_first_time_on_record_is_new_where_the_order_says_so():
    found = new_share(
        orders(
            ("ann", "2026-09-02", "new"),
            ("ann", "2026-09-09", "repeat"),
            ("bob", "2026-09-03", "repeat"),  # a customer from before the record
            ("eve", "2026-08-30", "new"),  # not in September
            ("eve", "2026-09-05", "repeat"),
            ("joe", "2026-09-05", "new"),
            ("tom", "2026-09-07", ""),
        ),
        SEPTEMBER,
    )
    assert (found.value, found.n) == (pytest.approx(2 / 3), 3)


def test_without_kinds_nobody_knows_who_is_new():
    everything = Period("all", date(2026, 9, 1), date(2026, 9, 30), "UTC")
    for table in (orders(("ann", "2026-09-02", "")), orders()):
        found = new_share(table, everything)
        assert found.n == 0
        assert found.method == "the kind of an order is not known"
