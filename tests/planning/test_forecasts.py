from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate
from cjm_lab.metrics.chain import MarkovChain
from cjm_lab.planning import Outlook, forecast, simulate
from cjm_lab.planning.improvements import Option, conversion_with, options_of


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


def test_a_lift_out_of_order_is_refused(resources, outlook):
    table = resources({"resource": "Form", "lift_low": 0.3})
    with pytest.raises(ParameterError, match=r"got 0.3, 0.1, 0.1 \(resource 'Form'\)"):
        forecast(table, outlook)


def known(outlook, **values):
    """The outlook with more that is known exactly."""
    exact = {
        name: Estimate(value, value, value, n=1, method="given", se=0.0)
        for name, value in values.items()
    }
    return replace(outlook, **exact)


def test_orders_are_carried_on_to_customers_revenue_and_lifetime_value(resources, outlook):
    # 5 points x 100 journeys = 5 orders of 10 a month; 4 of 5 by new customers, each worth 30.
    table = forecast(resources({"resource": "Form"}), known(outlook, new_share=0.8,
                     customer_value=30.0), draws=500)  # fmt: skip
    values = table.set_index("measure")["value"]
    assert values["added_orders"] == pytest.approx(5, abs=0.05)
    assert values["added_customers"] == pytest.approx(0.8 * values["added_orders"])
    assert values["added_revenue"] == pytest.approx(10 * values["added_orders"])
    assert values["added_lifetime_value"] == pytest.approx(30 * 10 * values["added_customers"])


def test_what_nobody_knows_is_not_forecast(resources, outlook):
    unknown = replace(outlook, order_value=known(outlook, order_value=float("nan")).order_value)
    values = forecast(resources({}), unknown, draws=50).set_index("measure")["value"]
    assert values.index[values.notna()].tolist() == [
        "conversion_lift",
        "expected_conversion",
        "added_orders",
    ]


def exact_chain(outlook):
    """The chain known from so many journeys that its sampling error is nothing."""
    return replace(outlook, chain=replace(outlook.chain, customers=10**12))


def test_a_cost_is_paid_back_when_the_months_gains_have_covered_it(resources, outlook):
    # 50 a month less 10: 200 are back after five months; after ten 200 are left.
    table = resources({"resource": "Form", "cost_once": 200, "cost_month": 10})
    found = forecast(table, exact_chain(outlook), draws=50)
    assert row(found, "payback_months")["value"] == pytest.approx(5, abs=1e-3)
    assert row(found, "payback_chance")["value"] == 1
    assert row(found, "net_value")["value"] == pytest.approx(200, abs=0.1)


@pytest.mark.parametrize("cost", [{"cost_once": 501}, {"cost_month": 51}])
def test_what_costs_more_than_it_brings_is_never_paid_back(resources, outlook, cost):
    found = forecast(resources(cost), exact_chain(outlook), draws=50)
    assert row(found, "payback_chance")["value"] == 0
    assert np.isnan(row(found, "payback_months")["value"])


def test_what_costs_nothing_is_paid_back_at_once(resources, outlook):
    found = forecast(resources({"lift_low": 0.0, "lift_likely": 0.0}), outlook, draws=50)
    assert row(found, "payback_months")["value"] == 0


def test_the_chance_to_pay_back_is_that_of_a_net_value_not_below_zero(outlook):
    option = Option("Form", ("payment",), (-0.05, 0.05, 0.15), 200, 5)
    simulation = simulate([option], outlook)
    draws = simulation.draws(["Form"])
    assert 0.2 < (draws["net_value"] >= 0).mean() < 0.8
    assert (draws["payback_months"] <= 10).tolist() == (draws["net_value"] >= 0).tolist()
    outcome = simulation.outcome(["Form"])
    assert outcome["payback_chance"].value == (draws["net_value"] >= 0).mean()


def test_months_beyond_the_horizon_are_not_told(outlook):
    # Half of the lifts bring 25 a month or more, which pays 200 back in 8 of ten months.
    option = Option("Form", ("payment",), (0.0, 0.05, 0.10), 200, 0)
    months = simulate([option], outlook).outcome(["Form"])["payback_months"]
    assert months.value == pytest.approx(8, abs=0.2)
    assert months.high == 10


def test_costs_may_turn_out_otherwise_than_stated(resources, outlook):
    # The mean of PERT(.5, 1, 3) is 1.25: 500 of revenue less 125.
    unsure = replace(exact_chain(outlook), cost_range=(0.5, 3.0))
    found = forecast(resources({"cost_once": 100}), unsure, draws=20_000)
    net = row(found, "net_value")
    assert net["value"] == pytest.approx(375, abs=1)
    low, high = (500 - 100 * (0.5 + 2.5 * stats.beta(1.8, 4.2).ppf(q)) for q in (0.975, 0.025))
    assert (net["low"], net["high"]) == pytest.approx((low, high), abs=3)


def test_predictive_intervals_cover_the_true_gain_and_what_a_later_month_shows():
    # The lift comes from the PERT, the chain is seen through 800 customers, and the month to come
    # has 800 of its own.
    rng = np.random.default_rng(20261031)
    repeats, customers, journeys = 2000, 800, 800
    option = Option("Form", ("payment",), (0.0, 0.05, 0.2), 0, 0)
    lift = 0.2 * rng.beta(2, 4, repeats)  # PERT(0, .05, .2) is a beta of shapes 2 and 4
    gain, conversion = 0.5 * lift, 0.5 * (0.7 + lift)
    month = rng.poisson(journeys, repeats)
    came = rng.binomial(month, conversion) / month
    covered = np.zeros(2)
    for repeat in range(repeats):
        paying = rng.binomial(customers, 0.5)
        ordered = rng.binomial(paying, 0.7)
        go, pay = paying / customers, ordered / paying
        moves = np.array([[0, go, 0, 1 - go], [0, 0, pay, 1 - pay]])
        seen = MarkovChain(
            ("basket", "payment"), np.array([1.0, 0, 0, 0]), moves, customers, ordered
        )
        traffic = Estimate(journeys, np.nan, np.nan, n=journeys, method="count",
                           se=np.sqrt(journeys))  # fmt: skip
        simulation = simulate([option], Outlook(seen, traffic, traffic, 1), seed=repeat, draws=400)
        draws = simulation.draws(["Form"])
        for i, (measure, truth) in enumerate(
            [("conversion_lift", gain[repeat]), ("expected_conversion", came[repeat])]
        ):
            low, high = np.percentile(draws[measure], [2.5, 97.5])
            covered[i] += low <= truth <= high
    assert (covered / repeats >= 0.93).all(), covered
    assert (covered / repeats <= 0.97).all(), covered
