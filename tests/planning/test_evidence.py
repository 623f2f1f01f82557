from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from cjm_lab.estimate import Estimate, share
from cjm_lab.ledger import Ledger, evidence, evidence_frame
from cjm_lab.metrics.stream import journey_stream
from cjm_lab.period import period_up_to
from cjm_lab.planning.evidence import planning_evidence
from cjm_lab.words import NBSP

AS_OF = date(2026, 9, 30)
SEPTEMBER = period_up_to(AS_OF)


def orders_of(amounts: list[float], kinds: list[str]) -> pd.DataFrame:
    """One order a customer."""
    frame = {
        "customer_id": [f"c{i}" for i in range(len(amounts))],
        "ordered_at": pd.Timestamp("2026-09-09", tz="UTC"),
        "amount": pd.Series(amounts, dtype=float),
        "kind": pd.Series(kinds, dtype="str"),
    }
    return pd.DataFrame(frame)


NO_ORDERS = orders_of([], [])


def log(customers: int, day: str = "2026-09-01", name: str = "c") -> pd.DataFrame:
    """Everybody fills a basket; 3 of 4 pay; half of these order."""
    rows = []
    for i in range(customers):
        steps = ["basket", "payment", "order"] if i % 8 < 3 else ["basket", "payment"]
        rows += [
            (f"{name}{i}", hour, event)
            for hour, event in enumerate(steps[: 1 if i % 4 == 3 else 3])
        ]
    table = pd.DataFrame(rows, columns=["customer_id", "hour", "event"])
    start = pd.Timestamp(day, tz="UTC")
    return table.assign(occurred_at=start + pd.to_timedelta(table.pop("hour"), unit="h"))


@pytest.fixture
def stream(study):
    return journey_stream(log(800), study=study)


@pytest.fixture
def measured():
    active = Estimate(800, float("nan"), float("nan"), n=800, method="count")
    return evidence_frame(
        [
            evidence(active, lane="base", measure="active_customers", period=SEPTEMBER),
            evidence(share(600, 800), lane="reach", measure="reach", touchpoint="payment"),
            evidence(share(800, 800), lane="reach", measure="reach", touchpoint="basket"),
            *pilot_rows(0.06, 0.14),
        ]
    )


def pilot_rows(low: float, high: float, ratio: float = 0.6) -> list[dict[str, object]]:
    gap = Estimate((low + high) / 2, low, high, n=400, method="MOVER")
    p = Estimate(ratio, float("nan"), float("nan"), n=400, method="chi-square")
    return [
        evidence(gap, lane="pilot", measure="pilot_difference", label="ordered", item="ordered"),
        evidence(p, lane="pilot", measure="sample_ratio_p"),
    ]


@pytest.fixture
def pains():
    pain = evidence(lane="pain", measure="pain", label="Form forgets", touchpoint="payment")
    return evidence_frame([pain])


@pytest.fixture
def table(resources):
    return resources(
        {"resource": "Form", "lift_source": "pilot", "cost_once": 500},
        {"resource": "Invoice", "lift_source": "judgement", "cost_once": 900},
        {"resource": "Help", "touchpoints": "basket", "measure": "valence", "lift_likely": 0.4,
         "lift_high": 0.4},
    )  # fmt: skip


def planned(table, pains, measured, stream, study, orders=None, as_of=AS_OF):
    orders = orders_of([10.0] * 50, ["new"] * 50) if orders is None else orders
    return planning_evidence(
        table, pains, measured, stream, orders, study, SEPTEMBER, as_of, 1, evidence_frame()
    )


def found(rows, measure, label):
    return rows[(rows["measure"] == measure) & (rows["label"] == label)].iloc[0]


def test_every_lane_has_its_rows_and_each_row_its_own_id(table, pains, measured, stream, study):
    rows = planned(table, pains, measured, stream, study)
    assert len(Ledger(rows)) == len(rows)
    counts = rows.groupby(["lane", "measure"]).size().to_dict()
    assert counts == {
        ("resource", "resource_gap"): 3,
        ("opportunity", "rice"): 3,
        ("forecast", "conversion_lift"): 3,
        ("forecast", "expected_conversion"): 3,
        ("forecast", "added_orders"): 3,
        ("forecast", "added_customers"): 3,
        ("forecast", "added_revenue"): 3,
        ("forecast", "net_value"): 3,
        ("forecast", "payback_chance"): 3,
        ("forecast", "payback_months"): 3,
        ("forecast", "chosen"): 2,
        ("forecast", "uncertainty_share"): 3,
    }
    assert set(rows.loc[rows["lane"] != "resource", "status"]) == {"reasoned"}


def test_a_score_tells_its_inputs_and_the_pain_it_answers(table, pains, measured, stream, study):
    rows = planned(table, pains, measured, stream, study)
    form = found(rows, "rice", "Form")
    assert form["value"] == 600 * 2 * 1 / 2
    made_of, often, *rest = form["note"].split("; ")
    assert made_of == "reach 600 a month x impact 2 x confidence 1 / effort 2"
    assert often.startswith("first in ")  # of three the first alone, not the first three
    assert "; ".join(rest) == (
        "answers: Form forgets; "
        f"judged +10.0 to +10.0 points, the pilot showed +10{NBSP}points [+6,{NBSP}+14] n{NBSP}400"
    )
    assert found(rows, "rice", "Help")["note"].endswith("answers nothing that was found")


def test_only_a_pilot_is_called_an_effect(table, pains, measured, stream, study):
    rows = planned(table, pains, measured, stream, study)
    assert found(rows, "conversion_lift", "Form")["note"].startswith("effect shown by a pilot")
    assert "effect" not in found(rows, "conversion_lift", "Invoice")["note"]
    assert found(rows, "conversion_lift", "Invoice")["note"].startswith("if the judgement holds")


@pytest.mark.parametrize(
    ("pilot", "words"),
    [
        ([], "a pilot is named but has no result by this date"),
        (pilot_rows(-0.02, 0.06), "a pilot is named but shows no clear effect by this date"),
        (
            pilot_rows(0.03, 0.11, ratio=0.009),
            "a pilot is named but its arms don't have the sizes planned",
        ),
    ],
)
def test_the_name_of_a_pilot_shows_nothing(table, pains, measured, stream, study, pilot, words):
    rest = measured[measured["lane"] != "pilot"]
    measured = pd.concat([rest, evidence_frame(pilot)]) if pilot else rest
    rows = planned(table, pains, measured, stream, study)
    assert found(rows, "conversion_lift", "Form")["note"].startswith(f"{words}; ")
    assert found(rows, "rice", "Form")["value"] == 600 * 2 * 0.5 / 2


def test_the_chain_is_of_the_journeys_that_the_period_names(table, pains, measured, study):
    earlier = log(4000, "2026-08-01", "early").query("event == 'basket'")  # nobody moved on
    both = journey_stream(pd.concat([earlier, log(800)]), study=study)
    alone = found(
        planned(table, pains, measured, journey_stream(log(800), study=study), study),
        "conversion_lift",
        "Form",
    )
    row = found(planned(table, pains, measured, both, study), "conversion_lift", "Form")
    assert (row["n"], row["value"]) == (800, pytest.approx(alone["value"]))
    assert "; points on 0.375 of journeys begun; judged" in row["note"]
    thin = journey_stream(pd.concat([earlier, log(16)]), study=study)
    row = found(planned(table, pains, measured, thin, study), "conversion_lift", "Form")
    assert row["n"] == 4016
    assert "of journeys begun (all since the log began: fewer than 30 in the period)" in row["note"]


def test_the_forecast_follows_the_log(table, pains, measured, stream, study):
    rows = planned(table, pains, measured, stream, study)
    # 10 points more of the 3 of 4 who pay: 7.5 points of all; 800 journeys a month.
    lift = found(rows, "conversion_lift", "Form")
    assert lift["value"] == pytest.approx(0.075, abs=0.003)
    assert found(rows, "added_orders", "Form")["value"] == pytest.approx(60, abs=3)
    assert found(rows, "net_value", "Form")["value"] == pytest.approx(60 * 10 * 10 - 500, abs=250)


def test_the_budget_buys_a_set_and_tells_what_more_would_buy(table, pains, measured, stream, study):
    rows = planned(table, pains, measured, stream, study)
    assert found(rows, "chosen", "Form")["value"] == 1
    assert found(rows, "chosen", "Invoice")["value"] == 0
    note = found(rows, "net_value", "The set that the budget buys")["note"]
    assert note.startswith("Form; 4 sets weighed within 1,000 EUR; from 1,400 EUR on")
    assert note.endswith("; in EUR: 10 months of added revenue less costs of 500")


def test_without_orders_no_value_is_forecast(table, pains, measured, stream, study):
    rows = planned(table, pains, measured, stream, study, orders=NO_ORDERS)
    assert set(rows.loc[rows["lane"] == "forecast", "measure"]) == {
        "conversion_lift",
        "expected_conversion",
        "added_orders",
        "uncertainty_share",
    }


def test_the_first_order_of_a_new_customer_is_what_an_order_is_worth(
    table, pains, measured, stream, study
):
    orders = orders_of([10.0] * 5 + [1000.0], ["new"] * 5 + ["repeat"])
    one = planned(table, pains, measured, stream, study)
    two = planned(table, pains, measured, stream, study, orders=orders)
    value = found(one, "net_value", "Form")["value"]
    assert found(two, "net_value", "Form")["value"] == pytest.approx(value)


def test_without_events_or_a_funnel_there_is_no_forecast(table, pains, measured, stream, study):
    empty = journey_stream(log(0), study=study)
    for nothing in (
        planned(table, pains, evidence_frame(), empty, study),
        planned(table, pains, measured, stream, study.model_copy(update={"funnel": None})),
    ):
        assert "forecast" not in set(nothing["lane"])
    assert planned(table.head(0), pains, measured, stream, study).empty


def test_without_a_budget_nothing_is_chosen(table, pains, measured, stream, study):
    rows = planned(table, pains, measured, stream, study.model_copy(update={"budget": None}))
    assert "chosen" not in set(rows["measure"])
    assert found(rows, "net_value", "Form")["note"].startswith("effect shown")
