from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from itertools import product

import numpy as np
import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate
from cjm_lab.metrics.chain import MarkovChain
from cjm_lab.planning import Outlook, frontier, portfolio

MONTHS = 10


def exactly(value):
    return Estimate(value, value, value, n=1, method="given", se=0.0)


def case(rng, count, places):
    """A random journey with loops, and resources that may pay back there."""
    moves = rng.dirichlet(np.full(places + 2, 0.8), size=places)
    np.fill_diagonal(moves[:, :places], 0.0)
    moves /= moves.sum(axis=1, keepdims=True)
    names = [f"t{i}" for i in range(places)]
    start = np.append(rng.dirichlet(np.ones(places)), [0.0, 0.0])
    chain = MarkovChain(tuple(names), start, moves, 1000, 300)
    range_of_costs = (0.8, 1.6) if rng.uniform() < 0.5 else None
    outlook = Outlook(chain, exactly(100.0), exactly(float(rng.uniform(2, 20))), MONTHS,
                      cost_range=range_of_costs)  # fmt: skip
    likely = rng.uniform(0, 0.2, count)
    table = pd.DataFrame(
        {
            "resource": [f"R{i}" for i in range(count)],
            "touchpoints": [
                "; ".join(rng.choice(names, rng.integers(1, min(3, places) + 1), False))
                for _ in range(count)
            ],
            "measure": "conversion",
            "lift_low": likely / 2,
            "lift_likely": likely,
            "lift_high": likely + 0.1,
            "cost_once": rng.integers(10, 400, count).astype(float),
            "cost_month": rng.integers(0, 20, count).astype(float),
            "owner": [("Shop", "Service")[i % 2] for i in range(count)],
            "effort": rng.integers(1, 6, count).astype(float),
        }
    )
    rules = {
        "must_have": ["R0"] if rng.uniform() < 0.3 else [],
        "either_or": [["R1", "R2"]] if rng.uniform() < 0.5 else [],
        "capacity": {"Shop": float(rng.integers(0, 12))} if rng.uniform() < 0.5 else {},
    }
    return table, outlook, rules, float(rng.integers(0, 1500))


def every_allowed_set(table, outlook, rules):
    """Names, cost and net value of each allowed set: the chain solved anew for every one."""
    chain, size = outlook.chain, len(outlook.chain.touchpoints)
    rows = table.to_dict("records")

    def conversion(chosen):
        moves = chain.moves.copy()
        for i, name in enumerate(chain.touchpoints):
            lost = still = moves[i, size + 1]
            for row in chosen:
                if name in row["touchpoints"].split("; "):
                    lift = (row["lift_low"] + 4 * row["lift_likely"] + row["lift_high"]) / 6
                    still *= 1 - min(lift / lost, 1)
            moves[i, : size + 1] *= (1 - still) / (1 - lost)
        visits = np.linalg.inv(np.eye(size) - moves[:, :size])
        return chain.start[:size] @ visits @ moves[:, size]

    base, worth = conversion([]), 100.0 * MONTHS * outlook.order_value.value
    low, high = outlook.cost_range or (1.0, 1.0)
    found = {}
    for bits in product([False, True], repeat=len(rows)):
        chosen = [row for row, bit in zip(rows, bits, strict=True) if bit]
        names = {row["resource"] for row in chosen}
        weeks = sum(row["effort"] for row in chosen if row["owner"] == "Shop")
        if not set(rules["must_have"]) <= names:
            continue
        if any(len(names & set(group)) > 1 for group in rules["either_or"]):
            continue
        if weeks > rules["capacity"].get("Shop", 1e9):
            continue
        cost = sum(row["cost_once"] + MONTHS * row["cost_month"] for row in chosen)
        net = (conversion(chosen) - base) * worth - cost * (low + 4 + high) / 6
        found[tuple(row["resource"] for row in chosen)] = (cost, net)
    return found


@pytest.mark.parametrize("block", range(8))
def test_the_set_and_the_next_budget_equal_brute_force_on_200_random_cases(block):
    for seed in range(25 * block, 25 * block + 25):
        rng = np.random.default_rng(seed)
        table, outlook, rules, budget = case(rng, int(rng.integers(3, 7)), int(rng.integers(1, 5)))
        sets = every_allowed_set(table, outlook, rules)
        found = portfolio(table, outlook, budget=budget, **rules)
        within = {names: net for names, (cost, net) in sets.items() if cost <= budget}
        if not within:
            assert (found.chosen, found.net_value) == ((), 0.0)
            least = min((cost for cost, _ in sets.values()), default=float("nan"))
            assert found.next_budget == pytest.approx(least, nan_ok=True)
            assert found.infeasible
            continue
        assert found.net_value == pytest.approx(max(within.values()), abs=1e-5)
        assert within[found.chosen] == pytest.approx(found.net_value, abs=1e-5)
        assert found.cost == pytest.approx(sets[found.chosen][0])
        dearer = [cost for cost, net in sets.values()
                  if cost > budget and net > found.net_value + 1e-6]  # fmt: skip
        assert found.next_budget == pytest.approx(min(dearer, default=np.nan), nan_ok=True)
        if found.next_chosen:
            assert sets[found.next_chosen][0] == pytest.approx(found.next_budget)


def test_the_frontier_equals_brute_force_at_every_budget():
    for seed in range(20):
        table, outlook, rules, _ = case(np.random.default_rng(seed), 6, 3)
        sets = every_allowed_set(table, outlook, rules)
        steps = frontier(table, outlook, **rules)
        best, wanted = -np.inf, []
        for cost, net in sorted(sets.values(), key=lambda pair: (pair[0], -pair[1])):
            if net > best + 1e-6:
                best = net
                wanted.append((cost, net))
        assert steps["budget"].tolist() == pytest.approx([cost for cost, _ in wanted])
        assert steps["net_value"].tolist() == pytest.approx([net for _, net in wanted], abs=1e-5)


def test_a_long_frontier_keeps_its_ends_and_its_largest_steps(monkeypatch):
    table, outlook, _, _ = case(np.random.default_rng(3), 9, 3)
    whole = frontier(table, outlook)
    monkeypatch.setattr(import_module("cjm_lab.planning.portfolios"), "MOST_STEPS", 4)
    few = frontier(table, outlook)
    assert len(whole) > 4
    assert len(few) == 4
    assert few["budget"].iloc[[0, -1]].tolist() == whole["budget"].iloc[[0, -1]].tolist()


def test_a_greedy_search_finds_what_enumeration_finds_or_nearly(monkeypatch):
    losses = []
    for seed in range(100):
        rng = np.random.default_rng(1000 + seed)
        table, outlook, rules, budget = case(rng, int(rng.integers(4, 10)), int(rng.integers(1, 5)))
        exact = portfolio(table, outlook, budget=budget, **rules)
        with monkeypatch.context() as patched:
            patched.setattr(import_module("cjm_lab.planning.portfolios"), "MOST_OPTIONS", 0)
            greedy = portfolio(table, outlook, budget=budget, **rules)
        assert greedy.infeasible == exact.infeasible
        assert greedy.cost <= budget
        assert greedy.net_value <= exact.net_value + 1e-6
        lost = exact.net_value - greedy.net_value
        losses.append(lost / exact.net_value if lost > 1e-6 else 0.0)
    assert np.count_nonzero(losses) <= 2
    assert max(losses) < 0.05


def test_a_greedy_search_gives_one_up_for_two_that_bring_more(resources, monkeypatch):
    # Three doors, 3,333 for each point of lift at one. A brings 72 for 6, B and C 55 for 5 each:
    # A is the best alone and for its cost, but ten buy B and C.
    moves = np.zeros((3, 5))
    moves[:, 3:] = 0.5
    chain = MarkovChain(("a", "b", "c"), np.array([1, 1, 1, 0, 0]) / 3, moves, 1000, 500)
    outlook = Outlook(chain, exactly(100), exactly(10), MONTHS)
    table = resources(
        *[
            {"resource": name.upper(), "touchpoints": name, "cost_once": cost,
             "lift_low": lift, "lift_likely": lift, "lift_high": lift}
            for name, cost, lift in [("a", 6, 0.0216), ("b", 5, 0.0165), ("c", 5, 0.0165)]
        ]
    )  # fmt: skip
    monkeypatch.setattr(import_module("cjm_lab.planning.portfolios"), "MOST_OPTIONS", 0)
    found = portfolio(table, outlook, budget=10)
    assert found.chosen == ("B", "C")
    assert found.net_value == pytest.approx(100)
    assert not found.exact


def test_more_than_twenty_options_are_searched_greedily_and_none_is_left_out():
    table, outlook, _, _ = case(np.random.default_rng(5), 24, 4)
    dear = replace(outlook, order_value=exactly(100.0))
    found = portfolio(table, dear, budget=1e6)
    assert not found.exact
    assert found.weighed < 2**20
    assert found.net_value > portfolio(table.head(20), dear, budget=1e6).net_value
    steps = frontier(table, outlook)
    assert steps["net_value"].is_monotonic_increasing
    assert steps["budget"].is_monotonic_increasing


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


def test_no_options_and_no_order_value_give_no_set(resources, outlook):
    assert portfolio(resources(), outlook, budget=10).weighed == 0
    unknown = replace(outlook, order_value=exactly(float("nan")))
    assert portfolio(resources({}), unknown, budget=10).weighed == 0
    assert frontier(resources({}), unknown).empty


def test_what_must_be_had_is_bought_even_if_no_chain_carries_what_it_brings(resources, outlook):
    # 500 of revenue less 200; the agents cost 400 whatever they bring.
    table = resources(
        {"resource": "Form", "cost_once": 200},
        {"resource": "Agents", "measure": "valence", "cost_once": 400},
    )
    found = portfolio(table, outlook, budget=600, must_have=["Agents"])
    assert found.chosen == ("Form", "Agents")
    assert found.net_value == pytest.approx(-100)
    assert portfolio(table, outlook, budget=600).chosen == ("Form",)


def test_a_budget_below_what_must_be_had_buys_nothing_and_the_least_is_said(resources, outlook):
    table = resources(
        {"resource": "Form", "cost_once": 200}, {"resource": "Invoice", "cost_once": 1000}
    )
    found = portfolio(table, outlook, budget=950, must_have=["Invoice"])
    assert (found.chosen, found.cost) == ((), 0)
    assert found.infeasible == "what must be had costs 1,000; the budget is 950"
    assert (found.next_budget, found.next_chosen) == (1000, ("Invoice",))


def test_what_no_budget_can_mend_is_said_too(resources, outlook):
    table = resources({"resource": "Form", "effort": 4}, {"resource": "Invoice", "effort": 3})
    both = {"must_have": ["Form", "Invoice"]}
    found = portfolio(table, outlook, budget=1e6, either_or=[["Invoice", "Form"]], **both)
    assert found.infeasible == "Invoice and Form must be had, but only one of them may"
    found = portfolio(table, outlook, budget=1e6, capacity={"Shop": 6}, **both)
    assert found.infeasible == "what must be had takes 7 person-weeks of Shop, who has 6"
    assert np.isnan(found.next_budget)


def test_unknown_costs_and_efforts_are_counted_as_none_and_said(resources, outlook):
    nothing = float("nan")
    table = resources(
        {"resource": "Form", "cost_once": nothing, "cost_month": nothing},
        {"resource": "Mail", "touchpoints": "basket", "effort": nothing},
    )
    found = portfolio(table, outlook, budget=0, must_have=["Form"], capacity={"Shop": 2})
    assert found.chosen == ("Form", "Mail")
    assert found.notes == (
        "the cost of Form, which must be had, is not known: none is counted",
        "the person-weeks of Mail are not known: none are counted",
    )


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"must_have": ["Fom"]}, r"must_have must be one of .* got 'Fom' .*did you mean 'Form'\?"),
        ({"either_or": [["Form", "Male"]]}, r"either_or must be .* got 'Male' .*mean 'Mail'\?"),
        ({"capacity": {"Shops": 3}}, r"capacity must be one of \['Shop'\], got 'Shops' .*'Shop'\?"),
        ({"capacity": {"Shop": -1}}, r"capacity must be 0 or more, got -1 \(owner 'Shop'\)"),
    ],
)
def test_names_that_nobody_has_are_refused_with_the_nearest_one(rules, message, resources, outlook):
    table = resources({"resource": "Form"}, {"resource": "Mail"})
    with pytest.raises(ParameterError, match=message):
        portfolio(table, outlook, budget=10, **rules)
    with pytest.raises(ParameterError, match=message):
        frontier(table, outlook, **rules)
