"""How the best set of improvements for a budget is found: among all sets, or greedily."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from cjm_lab.planning.constraints import TOLERANCE, Constraints, Flags
from cjm_lab.planning.improvements import Array, Option, Outlook, conversion_with
from cjm_lab.planning.pert import pert_mean
from cjm_lab.planning.whole_sets import conversions, subset_sums

#: A set is better only if its value is by more than this.
_BETTER = 1e-6


@dataclass(frozen=True, slots=True)
class Best:
    """A set of options: their places in the list, cost as stated, expected net value."""

    inside: tuple[int, ...]
    cost: float
    net: float


class EverySet:
    """All sets of options, weighed once."""

    exact = True

    def __init__(self, options: list[Option], outlook: Outlook, rules: Constraints) -> None:
        cost = subset_sums(option.cost(outlook.horizon_months) for option in options)
        reached = conversions(outlook.chain, options)
        net = _net(reached - reached[0], cost, outlook)
        allowed = np.flatnonzero(rules.met_by_all(options))
        self.weighed = len(cost)
        self.sets, self.cost, self.net = allowed, cost[allowed], net[allowed]

    def best(self, budget: float) -> Best | None:
        """Return the best set within a budget, of equally good ones the cheapest."""
        within = np.flatnonzero(self.cost <= budget + TOLERANCE)
        if not len(within):
            return None
        ties = within[self.net[within] >= self.net[within].max() - _BETTER]
        return self._set(ties[np.argmin(self.cost[ties])])

    def least(self) -> Best | None:
        """Return the best of the cheapest sets."""
        return self.best(self.cost.min()) if len(self.cost) else None

    def after(self, found: Best, budget: float) -> Best | None:
        """Return the cheapest better set above a budget, of equally cheap ones the best."""
        better = np.flatnonzero((self.cost > budget + TOLERANCE) & (self.net > found.net + _BETTER))
        if not len(better):
            return None
        return self.best(self.cost[better].min())

    def _set(self, place: np.intp) -> Best:
        """Return the set at a place of the list."""
        bits = int(self.sets[place])
        inside = tuple(i for i in range(bits.bit_length()) if bits >> i & 1)
        return Best(inside, float(self.cost[place]), float(self.net[place]))


class GreedySearch:
    """Some sets: improvements are added, dropped and exchanged while that makes the set better.

    It starts three times: from what must be had, adding what brings most or what brings most for
    its cost, and from everything, dropping what brings least for its cost until the rest is
    allowed. Where no single step helps, pairs of them are tried.
    """

    exact = False

    def __init__(self, options: list[Option], outlook: Outlook, rules: Constraints) -> None:
        self.options, self.outlook, self.rules = options, outlook, rules
        self.costs = np.array([option.cost(outlook.horizon_months) for option in options])
        self.must = np.array([option.resource in rules.must_have for option in options])
        self.weighed = 0
        self.base = conversion_with(outlook.chain, [])

    def best(self, budget: float) -> Best | None:
        """Return the best set found within a budget."""
        if not self._allowed(self.must[None], budget)[0]:
            return None
        starts = [(self.must, False), (self.must, True), (self._thinned(budget), False)]
        ends = [self._climbed(start, budget, per_cost=by_cost) for start, by_cost in starts]
        return min(ends, key=lambda end: (-round(end.net, 6), end.cost))

    def least(self) -> Best | None:
        """Return the best of the cheapest sets found."""
        return self.best(float(self.costs[self.must].sum()))

    def after(self, found: Best, budget: float) -> Best | None:
        """Return the cheapest better set above a budget among those a step or two away."""
        start = np.isin(np.arange(len(self.options)), found.inside)
        near = self._near(start, pairs=True)
        near = near[self._allowed(near, np.inf)]
        cost, net = self._weigh(near)
        better = np.flatnonzero((cost > budget + TOLERANCE) & (net > found.net + _BETTER))
        if not len(better):
            return None
        first = better[np.lexsort((-net[better], cost[better]))[0]]
        # The step itself costs more than the budget, but what it leads to may cost less.
        end = self._climbed(near[first], float(cost[first]), per_cost=False, widely=False)
        if end.cost > budget + TOLERANCE:
            return end
        return Best(tuple(np.flatnonzero(near[first])), float(cost[first]), float(net[first]))

    def _climbed(self, start: Flags, budget: float, *, per_cost: bool, widely: bool = True) -> Best:
        """Return where the search ends that begins there."""
        here = start.copy()
        cost, net = (float(values[0]) for values in self._weigh(here[None]))
        for pairs in (False, True)[: 1 + widely]:
            while True:
                near = self._near(here, pairs=pairs)
                near = near[self._allowed(near, budget)]
                costs, nets = self._weigh(near)
                better = np.flatnonzero(nets > net + _BETTER)
                if not len(better):
                    break
                gain = nets[better] - net
                dearer = np.maximum(costs[better] - cost, TOLERANCE)
                step = better[np.argmax(gain / dearer if per_cost else gain)]
                here, cost, net = near[step], float(costs[step]), float(nets[step])
            per_cost = False  # now whatever still makes the set better
        return Best(tuple(np.flatnonzero(here)), cost, net)

    def _thinned(self, budget: float) -> Flags:
        """Return what is left of everything when it is allowed."""
        here = np.ones(len(self.options), dtype=bool)
        while not self._allowed(here[None], budget)[0]:
            inside = np.flatnonzero(here & ~self.must)
            near = np.repeat(here[None], len(inside), axis=0)
            near[np.arange(len(inside)), inside] = False
            lost = self._weigh(here[None])[1] - self._weigh(near)[1]
            here = near[np.argmin(lost / np.maximum(self.costs[inside], TOLERANCE))]
        return here

    def _near(self, here: Flags, *, pairs: bool = False) -> Flags:
        """Return the sets an addition, a removal or an exchange away; pairs: two additions too."""
        out = np.flatnonzero(~here)
        inside = np.flatnonzero(here & ~self.must)
        steps: list[tuple[np.intp, ...]] = [(i,) for i in (*out, *inside)] + [
            (i, j) for i in out for j in inside
        ]
        if pairs:
            two = list(combinations(out, 2))
            steps += two + [(i, j, k) for i, j in two for k in inside]
        near = np.repeat(here[None], len(steps), axis=0)
        for row, step in enumerate(steps):
            near[row, list(step)] ^= True
        return near

    def _allowed(self, inside: Flags, budget: float) -> Flags:
        """Return which sets the budget and the constraints allow."""
        met: Flags = self.rules.met_by(self.options, inside)
        return met & (inside @ self.costs <= budget + TOLERANCE)

    def _weigh(self, inside: Flags) -> tuple[Array, Array]:
        """Return cost as stated and expected net value of some sets."""
        self.weighed += len(inside)
        cost = inside @ self.costs
        lifts = [(o, inside[:, i] * o.expected_lift) for i, o in enumerate(self.options)]
        reached = np.broadcast_to(conversion_with(self.outlook.chain, lifts), len(inside))
        return cost, _net(reached - self.base, cost, self.outlook)


def _net(gain: Array, cost: Array, outlook: Outlook) -> Array:
    """Return the expected value over the horizon less the expected cost."""
    worth = outlook.journeys.value * outlook.horizon_months * outlook.order_value.value
    return gain * worth - cost * pert_mean(outlook.cost_multiple)
