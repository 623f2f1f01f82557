from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from cjm_lab.metrics.chain import MarkovChain
from cjm_lab.planning.improvements import Option
from cjm_lab.planning.whole_sets import conversions, subset_sums


def solved(chain, options, inside):
    """The conversion with some options, from the matrix of moves alone."""
    k = len(chain.touchpoints)
    moves = chain.moves.copy()
    for row, name in enumerate(chain.touchpoints):
        lost = moves[row, -1]
        if lost == 0 or lost == 1:
            continue
        still = lost
        for option, taken in zip(options, inside, strict=True):
            if taken and name in option.touchpoints:
                still *= 1 - min(option.lift[1] / lost, 1)
        moves[row, :-1] *= (1 - still) / (1 - lost)
    reached = np.linalg.solve(np.eye(k) - moves[:, :k], moves[:, k])
    return chain.start[:k] @ reached + chain.start[k]


def shop(rng, places):
    """A journey with loops, dead ends and customers who begin anywhere, also at the goal."""
    moves = rng.dirichlet(np.full(places + 2, 0.7), size=places)
    moves[rng.uniform(size=places) < 0.15] = np.eye(places + 2)[-1]
    start = np.append(rng.dirichlet(np.ones(places + 1)), 0.0)
    names = tuple(f"t{i}" for i in range(places))
    np.fill_diagonal(moves[:, :places], 0.0)
    return MarkovChain(names, start, moves / moves.sum(axis=1, keepdims=True), 1000, 300)


def fixes(rng, chain, count):
    most = min(3, len(chain.touchpoints))
    return [
        Option(f"R{i}", tuple(rng.choice(chain.touchpoints, rng.integers(0, most + 1), False)),
               (lift, lift, lift), 1, 0)
        for i, lift in enumerate(rng.uniform(0, 0.3, count))
    ]  # fmt: skip


@pytest.mark.parametrize("at_once", [1 << 23, 64])
def test_every_set_is_solved_as_its_own_system_of_equations(at_once, monkeypatch):
    monkeypatch.setattr(import_module("cjm_lab.planning.whole_sets"), "_AT_ONCE", at_once)
    rng = np.random.default_rng(7)
    for _ in range(30):
        chain = shop(rng, int(rng.integers(1, 6)))
        options = fixes(rng, chain, int(rng.integers(0, 7)))
        found = conversions(chain, options)
        sets = np.arange(len(found))[:, None] >> np.arange(len(options)) & 1
        assert len(found) == 2 ** len(options)
        wanted = [solved(chain, options, inside) for inside in sets]
        assert found == pytest.approx(wanted, abs=1e-10)


def test_a_sum_is_that_of_the_values_whose_bits_are_set():
    assert subset_sums([]).tolist() == [0]
    assert subset_sums([1, 10, 100])[0b101] == 101
