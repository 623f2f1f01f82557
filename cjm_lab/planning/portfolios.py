"""Which set of improvements a budget should buy."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan

import numpy as np
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.planning.forecasts import Option, Outlook, conversion_with, options_of

#: With more options than this the ones worth least alone are left out of the search.
MOST_OPTIONS = 20

_AT_ONCE = 1 << 13


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The set that a budget should buy.

    Parameters
    ----------
    chosen
        Names of the resources.
    cost
        What they cost over the horizon.
    net_value
        Expected value of the added orders over the horizon, less the cost.
    next_budget
        The lowest budget above this one that buys a better set; ``nan`` if there is none.
    next_chosen
        That set.
    weighed
        Number of sets compared.
    left_out
        Options that were too many to be compared.
    """

    chosen: tuple[str, ...]
    cost: float
    net_value: float
    next_budget: float
    next_chosen: tuple[str, ...]
    weighed: int
    left_out: tuple[str, ...] = ()


def portfolio(resources: pd.DataFrame, outlook: Outlook, *, budget: float) -> Portfolio:
    """Return the set of resources with the highest expected net value within a budget.

    Every set is carried through the chain, so overlapping improvements count once. A set may be
    empty: nothing pays back.

    Parameters
    ----------
    resources
        The tidy table; those with a lift on conversion and a cost are compared.
    outlook
        What the forecast starts from.
    budget
        What the set may cost over the horizon, in the currency of the costs.

    Returns
    -------
    Portfolio
        Of equally good sets the cheaper one.

    Raises
    ------
    ParameterError
        If the budget is below 0.

    Examples
    --------
    >>> from cjm_lab.estimate import Estimate
    >>> from cjm_lab.metrics.chain import MarkovChain
    >>> moves = np.array([[0.0, 0.5, 0.5]])
    >>> chain = MarkovChain(("payment",), np.array([1.0, 0, 0]), moves, 1000, 500)
    >>> outlook = Outlook(chain, Estimate(200, 200, 200, n=200, method="count", se=0.0),
    ...                   Estimate(50, 50, 50, n=100, method="t", se=0.0), 12)
    >>> table = pd.DataFrame(
    ...     [["Card form", "payment", "conversion", 0.1, 0.1, 0.1, 900, 0],
    ...      ["Invoice", "payment", "conversion", 0.1, 0.1, 0.1, 1000, 0]],
    ...     columns=["resource", "touchpoints", "measure", "lift_low", "lift_likely", "lift_high",
    ...              "cost_once", "cost_month"])
    >>> best = portfolio(table, outlook, budget=1500)
    >>> best.chosen, round(best.net_value), best.next_budget, best.next_chosen
    (('Card form',), 11100, 1900.0, ('Card form', 'Invoice'))
    """
    if budget < 0:
        raise ParameterError(f"budget must be 0 or more, got {budget:g}")
    months, value = outlook.horizon_months, outlook.order_value.value
    priced = [o for o in options_of(resources, outlook.chain) if not isnan(o.cost(months))]
    if not priced or isnan(value):
        return Portfolio((), 0.0, 0.0, nan, (), weighed=0)
    worth = outlook.journeys.value * months * value
    options, left_out = _worth_most(priced, outlook, worth)

    sets = np.arange(1 << len(options), dtype=np.int64)
    inside = (sets[:, None] >> np.arange(len(options))) & 1
    cost = inside @ np.array([option.cost(months) for option in options])
    base = outlook.chain.conversion
    gain = np.concatenate(
        [
            conversion_with(
                outlook.chain,
                [(o, part[:, i] * o.expected_lift) for i, o in enumerate(options)],
            )
            for part in np.split(inside, range(_AT_ONCE, len(inside), _AT_ONCE))
        ]
    )
    net = (gain - base) * worth - cost

    def names(chosen: np.intp) -> tuple[str, ...]:
        return tuple(o.resource for o, bit in zip(options, inside[chosen], strict=True) if bit)

    within = np.flatnonzero(cost <= budget)
    best = within[np.lexsort((cost[within], -net[within].round(6)))[0]]
    better = np.flatnonzero((cost > budget) & (net > net[best] + 1e-6))
    after = better[np.lexsort((-net[better], cost[better]))[0]] if len(better) else None
    return Portfolio(
        names(best),
        float(cost[best]),
        float(net[best]),
        float(cost[after]) if after is not None else nan,
        names(after) if after is not None else (),
        weighed=len(sets),
        left_out=left_out,
    )


def _worth_most(
    options: list[Option], outlook: Outlook, worth: float
) -> tuple[list[Option], tuple[str, ...]]:
    """Return the options worth most alone, in their order, and the names of the others."""
    base = outlook.chain.conversion
    alone = [
        (conversion_with(outlook.chain, [(o, o.expected_lift)]) - base) * worth
        - o.cost(outlook.horizon_months)
        for o in options
    ]
    keep = set(np.argsort(alone, kind="stable")[::-1][:MOST_OPTIONS].tolist())
    left_out = tuple(o.resource for i, o in enumerate(options) if i not in keep)
    return [o for i, o in enumerate(options) if i in keep], left_out
