from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cjm_lab.estimate import Estimate
from cjm_lab.metrics.chain import MarkovChain
from cjm_lab.planning import Outlook, simulate, what_matters
from cjm_lab.planning.improvements import Option

PERT = (0.0, 0.1, 0.2)


def exactly(value):
    return Estimate(value, value, value, n=1, method="given", se=0.0)


@pytest.fixture
def doors():
    """Two doors through which half of the customers come each; the chain is known exactly."""
    moves = np.array([[0, 0, 0.5, 0.5], [0, 0, 0.5, 0.5]])
    chain = MarkovChain(("left", "right"), np.array([0.5, 0.5, 0, 0]), moves, 10**12, 10**11)
    return Outlook(chain, exactly(100), exactly(10), 10)


def shares(options, outlook):
    simulation = simulate(options, outlook, draws=4000)
    return what_matters(simulation, [o.resource for o in options]).set_index("input")


def test_two_alike_inputs_matter_alike(doors):
    found = shares([Option(n, (n,), PERT, 50, 0) for n in ("left", "right")], doors)
    lifts = found.loc[["lift of left", "lift of right"], "value"]
    assert lifts.tolist() == pytest.approx([0.5, 0.5], abs=0.03)
    assert found["value"].sum() == pytest.approx(1)


def test_an_input_that_moves_the_outcome_three_times_as_far_takes_nine_of_ten_parts(doors):
    # variances 9 : 1; ranks of so nearly normal sums give close to these parts
    wide = Option("left", ("left",), (0.0, 0.15, 0.3), 0, 0)
    narrow = Option("right", ("right",), (0.1, 0.15, 0.2), 0, 0)
    found = shares([wide, narrow], doors)
    assert found.index[0] == "lift of left"
    assert found.loc["lift of left", "value"] == pytest.approx(0.9, abs=0.03)
    low, high = found.loc["lift of left", ["low", "high"]]
    assert 0.8 < low < found.loc["lift of left", "value"] < high < 1


def test_what_is_known_exactly_does_not_matter_and_a_cost_lowers_the_value(doors):
    sure = Option("left", ("left",), (0.1, 0.1, 0.1), 300, 0)
    found = shares([sure], replace(doors, cost_range=(0.5, 3.0)))
    assert found.index[0] == "cost of left"
    assert found.loc["cost of left", "value"] > 0.99
    assert found.loc["cost of left", "correlation"] < -0.99
    assert "journeys begun a month" not in found.index
    assert found.loc["cost of left", "resource"] == "left"


def test_without_a_value_of_orders_the_orders_are_what_is_unsure(doors):
    unknown = replace(doors, order_value=exactly(float("nan")))
    found = shares([Option("left", ("left",), PERT, 50, 0)], unknown)
    assert found.loc["lift of left", "value"] > 0.99
    assert "value of an order" not in found.index


def test_where_nothing_is_unsure_nothing_matters(doors):
    assert what_matters(simulate([], doors, draws=50), []).empty
