from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from cjm_lab.errors import ParameterError
from cjm_lab.metrics.chain import MarkovChain
from cjm_lab.planning import Outlook, forecast, simulate
from cjm_lab.planning.forecasts import Option, conversion_with, options_of


def row(table, measure):
    return table[table["measure"] == measure].iloc[0]


def test_a_lift_is_carried_through_the_chain(resources, outlook):
    # 10 points more move on at the basket: .6 x .8 = .48 instead of .40.
    fixed = resources({"resource": "Mail", "touchpoints": "basket", "cost_once": 50,
                       "cost_month": 2})  # fmt: skip
    table = forecast(fixed, outlook, draws=2000)
    assert row(table, "conversion_lift")["value"] == pytest.approx(0.08, abs=0.0005)
    assert row(table, "added_orders")["value"] == pytest.approx(8, abs=0.05)
    # 8 orders x 10 months x 10 each, less 50 + 10 x 2.
    assert row(table, "net_value")["value"] == pytest.approx(730, abs=5)


def test_a_lift_at_two_touchpoints_counts_at_both(outlook):
    both = Option("Help", ("basket", "payment"), (0.1, 0.1, 0.1), 0, 0)
    assert conversion_with(outlook.chain, [(both, 0.1)]) == pytest.approx(0.6 * 0.9)


def test_a_second_fix_wins_back_only_from_those_still_lost(outlook):
    # Each wins back half of the 20 % lost at the payment: 10 %, then 5 % of all.
    one = Option("One", ("payment",), (0.1, 0.1, 0.1), 0, 0)
    two = replace(one, resource="Two")
    assert conversion_with(outlook.chain, [(one, 0.1)]) == pytest.approx(0.45)
    assert conversion_with(outlook.chain, [(one, 0.1), (two, 0.1)]) == pytest.approx(0.475)


def test_nobody_can_win_back_more_than_were_lost(outlook):
    dream = Option("Dream", ("payment",), (0.9, 0.9, 0.9), 0, 0)
    assert conversion_with(outlook.chain, [(dream, 0.9)]) == pytest.approx(0.5)


def test_draws_equal_the_chain_lifted_one_by_one(outlook):
    rng = np.random.default_rng(1)
    a, b = rng.uniform(0, 0.2, (2, 5))
    one, two = (Option(n, (p,), (0, 0, 0), 0, 0) for n, p in (("A", "basket"), ("B", "payment")))
    drawn = conversion_with(outlook.chain, [(one, a), (two, b)])
    single = [
        outlook.chain.lifted({"basket": x, "payment": y}).conversion
        for x, y in zip(a, b, strict=True)
    ]
    assert drawn == pytest.approx(single)


def test_lifts_are_drawn_from_a_pert_distribution(outlook):
    option = Option("Form", ("payment",), (0.02, 0.05, 0.14), 0, 0)
    lifts = simulate([option], outlook, draws=20_000).lifts["Form"]
    assert lifts.min() >= 0.02
    assert lifts.max() <= 0.14
    assert lifts.mean() == pytest.approx((0.02 + 4 * 0.05 + 0.14) / 6, abs=0.001)
    a = 1 + 4 * (0.05 - 0.02) / 0.12
    exact = stats.beta(a, 6 - a, loc=0.02, scale=0.12)
    assert np.quantile(lifts, [0.05, 0.95]) == pytest.approx(exact.ppf([0.05, 0.95]), abs=0.002)


def test_the_drawn_chain_is_as_uncertain_as_the_observed_conversion(outlook):
    simulation = simulate([], outlook, draws=4000)
    base = conversion_with(simulation.chain, [])
    assert base.mean() == pytest.approx(0.4, abs=0.001)
    assert base.std() == pytest.approx(np.sqrt(0.4 * 0.6 / 10_000), rel=0.1)


def test_predictive_intervals_cover_what_then_happens(outlook):
    # The lift comes from the PERT, the chain is seen through 400 customers. 0.5 % of correct
    # procedures would cover less often than this.
    rng = np.random.default_rng(20261031)
    option = Option("Form", ("payment",), (0.0, 0.05, 0.2), 0, 0)
    covered, repeats = 0, 300
    for repeat in range(repeats):
        paying = rng.binomial(400, 0.5)
        ordered = rng.binomial(paying, 0.7)
        moves = np.array(
            [[0, paying / 400, 0, 1 - paying / 400], [0, 0, ordered / paying, 1 - ordered / paying]]
        )
        seen = MarkovChain(("basket", "payment"), np.array([1.0, 0, 0, 0]), moves, 400, ordered)
        one = Outlook(seen, outlook.journeys, outlook.order_value, 1)
        simulation = simulate([option], one, seed=repeat, draws=500)
        forecasted = simulation.outcome(["Form"])["conversion_lift"]
        truth = 0.5 * (0.2 * rng.beta(2, 4))  # PERT(0, .05, .2) is a beta of shapes 2 and 4
        covered += forecasted.low <= truth <= forecasted.high
    assert covered >= stats.binom.ppf(0.005, repeats, 0.95)


def test_the_same_seed_gives_the_same_forecast(resources, outlook):
    table = resources({"resource": "Form", "lift_low": 0.0})
    assert forecast(table, outlook, seed=3).equals(forecast(table, outlook, seed=3))
    assert not forecast(table, outlook, seed=3).equals(forecast(table, outlook, seed=4))


def test_what_the_chain_cannot_carry_is_not_forecast(resources, outlook):
    table = resources(
        {"resource": "Feelings", "measure": "valence"},
        {"resource": "No lift", "lift_high": float("nan")},
        {"resource": "Elsewhere", "touchpoints": "garden"},
    )
    assert options_of(table, outlook.chain) == []
    assert forecast(table, outlook).empty


def test_an_unknown_cost_leaves_the_value_unknown_and_a_blank_one_is_none(resources, outlook):
    nothing = float("nan")
    table = resources(
        {"resource": "Unknown", "cost_once": nothing, "cost_month": nothing},
        {"resource": "Once", "cost_once": 100, "cost_month": nothing},
    )
    unknown, once = options_of(table, outlook.chain)
    assert np.isnan(unknown.cost(10))
    assert once.cost(10) == 100


def test_a_lift_out_of_order_is_refused(resources, outlook):
    table = resources({"resource": "Form", "lift_low": 0.3})
    with pytest.raises(ParameterError, match=r"got 0.3, 0.1, 0.1 \(resource 'Form'\)"):
        forecast(table, outlook)
