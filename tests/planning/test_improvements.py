from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.metrics.chain import MarkovChain
from cjm_lab.planning.improvements import Option, conversion_with, options_of
from cjm_lab.planning.pert import pert_draws


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


def test_an_unknown_cost_leaves_the_value_unknown_and_a_blank_one_is_none(resources, outlook):
    nothing = float("nan")
    table = resources(
        {"resource": "Unknown", "cost_once": nothing, "cost_month": nothing},
        {"resource": "Once", "cost_once": 100, "cost_month": nothing},
        {"resource": "Both", "cost_once": 100, "cost_month": 7},
    )
    unknown, once, both = options_of(table, outlook.chain)
    assert np.isnan(unknown.cost(10))
    assert once.cost(10) == 100
    assert both.cost(10) == 170


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0.0, 1.0), min_size=1, max_size=5),
    st.floats(0.05, 0.95),
    st.floats(0.05, 0.95),
)
def test_fixes_of_one_touchpoint_together_bring_no_more_than_the_sum_of_each_alone(
    lifts, first, second
):
    moves = np.array([[0, first, 0, 1 - first], [0, 0, second, 1 - second]])
    chain = MarkovChain(("basket", "payment"), np.array([1.0, 0, 0, 0]), moves, 100, 50)
    base = conversion_with(chain, [])
    for place in chain.touchpoints:
        options = [Option(f"R{i}", (place,), (x, x, x), 0, 0) for i, x in enumerate(lifts)]
        alone = [conversion_with(chain, [(o, o.expected_lift)]) - base for o in options]
        together = conversion_with(chain, [(o, o.expected_lift) for o in options]) - base
        assert max(alone) - 1e-12 <= together <= sum(alone) + 1e-12


def test_fixes_one_after_another_compound_as_the_chain_does(outlook):
    # .6 x .9 = .54: 14 points more; alone .6 x .8 and .5 x .9 bring 8 and 5.
    one, two = (Option(p, (p,), (0.1, 0.1, 0.1), 0, 0) for p in ("basket", "payment"))
    assert conversion_with(outlook.chain, [(one, 0.1), (two, 0.1)]) == pytest.approx(0.54)


def test_a_pilots_lift_is_as_unsure_as_the_pilot(resources, outlook):
    # A 95 % interval of +-.0392 is a standard error of .02.
    judged = {"lift_low": 0.0608, "lift_likely": 0.1, "lift_high": 0.1392}
    table = resources({"lift_source": "pilot", **judged}, {"lift_source": "judgement", **judged})
    piloted, believed = options_of(table, outlook.chain)
    assert believed.lift == (0.0608, 0.1, 0.1392)
    drawn = pert_draws(*piloted.lift, np.random.default_rng(0), (200_000,))
    assert drawn.mean() == pytest.approx(0.1, abs=2e-4)
    assert drawn.std() == pytest.approx(0.02, rel=0.01)
