from __future__ import annotations

from importlib import import_module
from itertools import chain as chained
from itertools import combinations

import numpy as np
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.planning import portfolio
from cjm_lab.planning.forecasts import conversion_with, options_of


def brute_force(table, outlook, budget):
    """Cost and value of the best set, every set on its own."""
    options = options_of(table, outlook.chain)
    sets = chained.from_iterable(combinations(options, k) for k in range(len(options) + 1))
    worth = outlook.journeys.value * outlook.horizon_months * outlook.order_value.value
    values = []
    for chosen in sets:
        cost = sum(option.cost(outlook.horizon_months) for option in chosen)
        gain = conversion_with(outlook.chain, [(o, o.expected_lift) for o in chosen])
        values.append((cost, (gain - outlook.chain.conversion) * worth - cost))
    best = max(value for cost, value in values if cost <= budget)
    dearer = [cost for cost, value in values if cost > budget and value > best + 1e-6]
    return best, min(dearer, default=float("nan"))


@pytest.mark.parametrize("seed", range(25))
def test_the_set_and_the_next_budget_equal_brute_force(seed, resources, outlook):
    rng = np.random.default_rng(seed)
    table = resources(
        *[
            {
                "resource": f"R{i}",
                "touchpoints": str(rng.choice(["basket", "payment", "basket;payment"])),
                "lift_low": 0.0,
                "lift_likely": float(likely),
                "lift_high": float(likely) + 0.1,
                "cost_once": float(rng.integers(10, 400)),
                "cost_month": float(rng.integers(0, 20)),
            }
            for i, likely in enumerate(rng.uniform(0, 0.2, 6))
        ]
    )
    budget = float(rng.integers(0, 1200))
    found = portfolio(table, outlook, budget=budget)
    best, next_budget = brute_force(table, outlook, budget)
    assert found.weighed == 64
    assert found.cost <= budget
    assert found.net_value == pytest.approx(best)
    assert found.next_budget == pytest.approx(next_budget, nan_ok=True)


def test_overlapping_improvements_are_not_both_bought(resources, outlook):
    # Alone each brings 5 points x 100 x 10 months x 10 = 500; the second only 250 more.
    table = resources(
        {"resource": "Form", "cost_once": 300}, {"resource": "Invoice", "cost_once": 301}
    )
    found = portfolio(table, outlook, budget=10_000)
    assert found.chosen == ("Form",)
    assert found.net_value == pytest.approx(200)
    assert np.isnan(found.next_budget)


def test_what_does_not_pay_back_is_not_bought(resources, outlook):
    found = portfolio(resources({"resource": "Form", "cost_once": 501}), outlook, budget=10_000)
    assert (found.chosen, found.cost, found.net_value) == ((), 0, 0)


def test_without_a_budget_nothing_is_bought_and_the_next_budget_is_told(resources, outlook):
    found = portfolio(resources({"resource": "Form", "cost_once": 300}), outlook, budget=0)
    assert found.chosen == ()
    assert (found.next_budget, found.next_chosen) == (300, ("Form",))
    with pytest.raises(ParameterError, match="budget must be 0 or more, got -1"):
        portfolio(resources(), outlook, budget=-1)


def test_options_beyond_twenty_are_left_out_by_what_they_are_worth_alone(
    resources, outlook, monkeypatch
):
    monkeypatch.setattr(import_module("cjm_lab.planning.portfolios"), "MOST_OPTIONS", 2)
    table = resources(*[{"resource": f"R{i}", "cost_once": 300 - i} for i in range(3)])
    found = portfolio(table, outlook, budget=10_000)
    assert found.left_out == ("R0",)
    assert found.weighed == 4


def test_no_options_and_no_order_value_give_no_set(resources, outlook):
    assert portfolio(resources(), outlook, budget=10).weighed == 0
