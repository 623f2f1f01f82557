from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.metrics import MarkovChain, journey_stream, markov_chain, removal_effects
from cjm_lab.metrics.chain import removal_losses
from cjm_lab.period import Period

BASKET_PAYMENT = MarkovChain(
    ("basket", "payment"),
    np.array([1.0, 0, 0, 0]),
    np.array([[0.0, 0.5, 0.1, 0.4], [0.2, 0.0, 0.4, 0.4]]),
    customers=1000,
    converted=333,
)


@pytest.fixture(scope="module")
def paths(shared_data):
    """The published 10,000 paths as a log: each path as often as it occurred."""
    raw = pd.read_csv(shared_data / "events" / "channel_attribution" / "PathData.csv", sep=";")
    ends = pd.concat([raw["total_conversions"], raw["total_null"]], ignore_index=True)
    path = pd.concat([raw["path"] + " > (goal)", raw["path"]], ignore_index=True)
    path = path.repeat(ends).reset_index(drop=True)
    steps = path.str.split(" > ").explode()
    order = steps.groupby(level=0).cumcount()
    return pd.DataFrame(
        {
            "customer_id": steps.index.astype("str"),
            "occurred_at": pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(order, unit="s"),
            "event": steps.astype("str"),
        }
    ).reset_index(drop=True)


def test_removal_effects_of_the_published_paths(paths, shared_data):
    source = shared_data / "events" / "channel_attribution" / "golden.json"
    golden = json.loads(source.read_text())["exact_markov_order1_numpy"]["self_loops_True"]
    stream = journey_stream(paths)
    chain = markov_chain(stream, goal="(goal)")
    assert chain.conversion == pytest.approx(golden["p_conversion"], rel=1e-10)
    assert (chain.converted, chain.customers) == (19_785, 19_785 + 68_602)
    effect = removal_effects(stream, goal="(goal)", repeats=0).set_index("touchpoint")["value"]
    assert effect.to_dict() == pytest.approx(golden["removal_effects"], abs=1e-8)
    credit = (19_785 * effect / effect.sum()).round(3)
    assert credit["alpha"] == 5344.948
    assert credit["iota"] == 3884.615


def test_conversion_is_the_exact_solution():
    # basket = .1 + .5 payment, payment = .4 + .2 basket
    assert BASKET_PAYMENT.conversion == pytest.approx(0.3 / 0.9)


def test_a_lift_is_taken_from_the_lost_and_shared_by_where_customers_go():
    moves = BASKET_PAYMENT.lifted({"basket": 0.12}).moves
    assert moves[0].tolist() == pytest.approx([0, 0.6, 0.12, 0.28])
    assert moves[1].tolist() == BASKET_PAYMENT.moves[1].tolist()


def test_a_lift_cannot_take_more_than_the_lost():
    assert BASKET_PAYMENT.lifted({"basket": 2.0}).moves[0].tolist() == pytest.approx(
        [0, 5 / 6, 1 / 6, 0]
    )
    assert BASKET_PAYMENT.lifted({"basket": -2.0}).moves[0].tolist() == pytest.approx([0, 0, 0, 1])
    assert BASKET_PAYMENT.with_lift("basket", -2.0) == pytest.approx(0)


def test_many_lifts_at_once_are_the_lifts_one_by_one():
    lifts = np.array([-0.1, 0.0, 0.05, 0.9])
    each = [BASKET_PAYMENT.with_lift("payment", lift) for lift in lifts]
    assert BASKET_PAYMENT.with_lift("payment", lifts).tolist() == pytest.approx(each)
    assert each[1] == BASKET_PAYMENT.conversion
    assert each == sorted(each)


def test_a_loop_that_nobody_leaves_converts_nobody():
    start, moves = np.array([1.0, 0, 0, 0]), np.array([[0, 0.5, 0, 0.5], [0.5, 0, 0, 0.5]])
    chain = MarkovChain(("a", "b"), start, moves, 10, 0).lifted({"a": 1, "b": 1})
    assert chain.conversion == 0


def test_where_nobody_moves_on_a_lift_leads_nowhere():
    chain = MarkovChain(("a",), np.array([1.0, 0, 0]), np.array([[0, 0, 1.0]]), 10, 0)
    assert chain.with_lift("a", 0.5) == 0


def test_unknown_names_are_refused(log):
    with pytest.raises(ParameterError, match="did you mean 'basket'"):
        BASKET_PAYMENT.with_lift("baskett", 0.1)
    with pytest.raises(ParameterError, match="event must be one of"):
        markov_chain(journey_stream(log("ann a 0")), goal="goal")


def test_the_journey_ends_at_the_first_goal_and_staying_is_no_move(log):
    events = log("ann a 0, ann a 1, ann b 2, ann goal 3, ann a 4, bob a 0, eve goal 0, joe b 0")
    chain = markov_chain(journey_stream(events), goal="goal")
    assert (chain.customers, chain.converted) == (4, 2)
    places = [*chain.touchpoints, "goal", "lost"]
    assert dict(zip(places, chain.start, strict=False))["a"] == 0.5
    assert chain.start[-2] == 0.25  # eve
    a, b = (chain.moves[chain.touchpoints.index(t)] for t in "ab")
    assert a.tolist() == [0, 0.5, 0, 0, 0.5]
    assert b.tolist() == [0, 0, 0, 0.5, 0.5]
    assert chain.conversion == pytest.approx(0.5)


def test_open_journeys_are_left_out_not_lost(log):
    events = log("ann a 0, bob a 200, bob goal 210, eve a 230")
    stream, day = journey_stream(events), date(2026, 9, 10)
    assert markov_chain(stream, goal="goal").conversion == pytest.approx(1 / 3)
    chain = markov_chain(stream, goal="goal", window_days=2, as_of=day)
    assert (chain.customers, chain.conversion) == (2, pytest.approx(0.5))


def test_a_period_takes_the_journeys_that_begin_in_it(log):
    september = Period("month", date(2026, 9, 1), date(2026, 9, 30))
    stream = journey_stream(log("ann a -1, ann goal 1, bob a 1, bob goal 900, eve a 1"))
    chain = markov_chain(stream, goal="goal", period=september)
    assert (chain.customers, chain.converted) == (2, 1)


def test_a_goal_that_is_no_touchpoint_and_events_that_are_none(log, shop):
    events = log("ann visit 0, ann lost 1, ann put 2, bob visit 0, bob lost 3")
    chain = markov_chain(journey_stream(events, study=shop), goal="lost")
    assert chain.touchpoints == ("visit", "basket", "order")
    assert chain.conversion == pytest.approx(1)
    assert chain.moves[0].tolist() == [0, 0, 0, 1, 0]


PATHS = st.lists(st.text("abcg", min_size=1, max_size=6), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(journeys=PATHS)
def test_the_chain_converts_as_many_as_were_seen_to(journeys, log):
    # True of any first-order chain that is fitted to whole paths: what flows in flows out.
    rows = [f"c{i} {e} {h}" for i, path in enumerate(journeys) for h, e in enumerate(path)]
    chain = markov_chain(journey_stream(log(", ".join([*rows, "z g 0"]))), goal="g")
    converted = sum("g" in path for path in journeys) + 1
    assert chain.conversion == pytest.approx(converted / (len(journeys) + 1))
    assert chain.estimate().value == pytest.approx(chain.conversion)
    assert np.allclose(chain.moves.sum(axis=1), 1)
    assert chain.start.sum() == pytest.approx(1)


def test_removal_effects_have_an_interval_over_customers(log):
    rows = [f"c{i} {'ad' if i % 2 else 'search'} 0, c{i} order 1" for i in range(100)]
    found = removal_effects(journey_stream(log(",".join(rows))), goal="order", repeats=200)
    assert found["value"].tolist() == [0.5, 0.5]
    assert found["n"].tolist() == [100, 100]
    # Of 100 customers half: the binomial interval is .40 to .60.
    assert found["low"].tolist() == pytest.approx([0.40, 0.40], abs=0.03)
    assert found["high"].tolist() == pytest.approx([0.60, 0.60], abs=0.03)


def test_without_conversions_nothing_can_be_removed(log):
    found = removal_effects(journey_stream(log("ann a 0, bob g 0, bob a 1")), goal="g")
    assert found["value"].tolist() == [0]
    stream = journey_stream(log("ann a 0, bob g 0")).of_customers(["ann"])
    assert removal_effects(stream, goal="g")["value"].isna().all()


@given(seed=st.integers(0, 10_000), size=st.integers(1, 6))
def test_removing_a_place_costs_what_solving_the_chain_without_it_says(seed, size):
    rng = np.random.default_rng(seed)
    moves = rng.dirichlet(np.ones(size + 2), size)  # loops among the places, then goal and lost
    start = rng.dirichlet(np.ones(size))

    def conversion(kept):
        inner = moves[:, :size] * kept  # nobody comes to a place that was taken out
        reached = np.linalg.solve(np.eye(size) - inner, moves[:, size])
        return (start * kept) @ reached

    whole = np.ones(size)
    expected = [conversion(whole) - conversion(whole - np.eye(size)[i]) for i in range(size)]
    lost = removal_losses(moves[:, :size], moves[:, size], start)
    assert lost == pytest.approx(np.array(expected), abs=1e-12)
