"""Which set of improvements a budget should buy."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from math import isnan, nan

import numpy as np
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.planning.constraints import Constraints, constraints_of
from cjm_lab.planning.improvements import Option, Outlook, option_of, options_of
from cjm_lab.planning.searches import Best, EverySet, GreedySearch

#: Up to this many options every set is weighed; more are searched greedily.
MOST_OPTIONS = 20

#: Steps of a frontier; of more the largest are kept.
MOST_STEPS = 20


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The set that a budget should buy.

    Parameters
    ----------
    chosen
        Names of the resources.
    cost
        What they cost over the horizon, as stated.
    net_value
        Expected value of the added orders over the horizon, less the expected cost.
    next_budget
        The lowest budget above this one that buys a better set; ``nan`` if there is none.
    next_chosen
        That set.
    weighed
        Number of sets compared.
    exact
        Whether these are all sets; else a greedy search chose what to compare.
    infeasible
        Why the budget buys no set that holds what must be had; empty if it does.
    notes
        What was not known and how it was counted.
    """

    chosen: tuple[str, ...]
    cost: float
    net_value: float
    next_budget: float
    next_chosen: tuple[str, ...]
    weighed: int
    exact: bool = True
    infeasible: str = ""
    notes: tuple[str, ...] = ()


def portfolio(
    resources: pd.DataFrame,
    outlook: Outlook,
    *,
    budget: float,
    must_have: Iterable[str] = (),
    either_or: Iterable[Collection[str]] = (),
    capacity: Mapping[str, float] | None = None,
) -> Portfolio:
    """Return the set of resources with the highest expected net value within a budget.

    Every set of up to 20 options is carried through the chain, so overlapping improvements count
    once; of more, a greedy search compares some. A set may be empty: nothing pays back.

    Parameters
    ----------
    resources
        The tidy table; those with a lift on conversion and a cost are compared, and what must be
        had is bought whatever it brings.
    outlook
        What the forecast starts from.
    budget
        What the set may cost over the horizon, in the currency of the costs.
    must_have
        Resources that every set holds.
    either_or
        Lists of resources of which a set holds at most one.
    capacity
        Person-weeks of each owner that the column ``effort`` of the set may take; an owner who is
        not named has no limit.

    Returns
    -------
    Portfolio
        Of equally good sets the cheaper one. If no set is allowed, it is empty and says why, and
        `next_budget` is the least that would do.

    Raises
    ------
    ParameterError
        If the budget is below 0, or a name is not in the table.

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
    >>> portfolio(table, outlook, budget=950, must_have=["Invoice"]).infeasible
    'what must be had costs 1,000; the budget is 950'
    """
    if not budget >= 0:
        raise ParameterError(f"budget must be 0 or more, got {budget:g}")
    rules = constraints_of(resources, must_have=must_have, either_or=either_or, capacity=capacity)
    options, notes = candidates(resources, outlook, rules)
    if not options or isnan(outlook.order_value.value):
        return Portfolio((), 0.0, 0.0, nan, (), weighed=0, notes=notes)
    contradiction = rules.broken(options)
    if contradiction:
        return Portfolio((), 0.0, 0.0, nan, (), weighed=0, infeasible=contradiction, notes=notes)
    search = _search(options, outlook, rules)
    found = search.best(budget)
    if found is None:
        after, found = search.least(), Best((), 0.0, 0.0)
        needed = after.cost if after else nan
        why = f"what must be had costs {needed:,.0f}; the budget is {budget:,.0f}"
    else:
        after, why = search.after(found, budget), ""
    return Portfolio(
        _names(options, found),
        found.cost,
        found.net,
        after.cost if after else nan,
        _names(options, after) if after else (),
        weighed=search.weighed,
        exact=search.exact,
        infeasible=why,
        notes=notes,
    )


def frontier(
    resources: pd.DataFrame,
    outlook: Outlook,
    *,
    must_have: Iterable[str] = (),
    either_or: Iterable[Collection[str]] = (),
    capacity: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return what each budget buys: a row wherever the best set changes.

    Parameters
    ----------
    resources, outlook, must_have, either_or, capacity
        As in `portfolio`.

    Returns
    -------
    DataFrame
        ``budget`` (the least for this set: what it costs), ``net_value`` (expected), ``chosen``
        (tuple of names), by budget. Of more than 20 changes the first, the last and those that
        bring most are kept. Without options or a value of an order there are no rows.

    Examples
    --------
    >>> from cjm_lab.estimate import Estimate
    >>> from cjm_lab.metrics.chain import MarkovChain
    >>> moves = np.array([[0.0, 0.5, 0.5]])
    >>> chain = MarkovChain(("payment",), np.array([1.0, 0, 0]), moves, 1000, 500)
    >>> outlook = Outlook(chain, Estimate(200, 200, 200, n=200, method="count", se=0.0),
    ...                   Estimate(50, 50, 50, n=100, method="t", se=0.0), 12)
    >>> table = pd.DataFrame([["Form", "payment", "conversion", 0.1, 0.1, 0.1, 900, 0]],
    ...     columns=["resource", "touchpoints", "measure", "lift_low", "lift_likely", "lift_high",
    ...              "cost_once", "cost_month"])
    >>> frontier(table, outlook).round(6).values.tolist()
    [[0.0, 0.0, ()], [900.0, 11100.0, ('Form',)]]
    """
    rules = constraints_of(resources, must_have=must_have, either_or=either_or, capacity=capacity)
    options, _ = candidates(resources, outlook, rules)
    rows = []
    if options and not isnan(outlook.order_value.value) and not rules.broken(options):
        search = _search(options, outlook, rules)
        found = search.least()
        while found is not None:
            rows.append([found.cost, found.net, _names(options, found)])
            found = search.after(found, found.cost)
    table = pd.DataFrame(rows, columns=["budget", "net_value", "chosen"])
    if len(table) <= MOST_STEPS:
        return table
    gain = table["net_value"].diff()
    gain.iloc[[0, -1]] = np.inf
    return table.loc[gain.nlargest(MOST_STEPS).index.sort_values()].reset_index(drop=True)


def candidates(
    resources: pd.DataFrame, outlook: Outlook, rules: Constraints
) -> tuple[list[Option], tuple[str, ...]]:
    """Return what may be bought, and how it was counted where something is not known.

    What must be had is among them even if the chain can't carry what it brings.
    """
    found = {option.resource: option for option in options_of(resources, outlook.chain)}
    for row in resources[resources["resource"].isin(rules.must_have)].to_dict("records"):
        found.setdefault(row["resource"], option_of(row, (), (0.0, 0.0, 0.0)))
    notes, options = [], []
    for name in (name for name in resources["resource"] if name in found):
        option = found[name]
        if not isnan(option.cost(1)):
            options.append(option)
        elif name in rules.must_have:
            notes.append(f"the cost of {name}, which must be had, is not known: none is counted")
            options.append(Option(name, option.touchpoints, option.lift, 0.0, 0.0, option.owner,
                                  option.effort))  # fmt: skip
    return options, (*notes, *rules.unsaid(options))


def _search(options: list[Option], outlook: Outlook, rules: Constraints) -> EverySet | GreedySearch:
    """Return the search that suits the number of options."""
    return (EverySet if len(options) <= MOST_OPTIONS else GreedySearch)(options, outlook, rules)


def _names(options: list[Option], found: Best) -> tuple[str, ...]:
    """Return the names of a set, in the order of the table."""
    return tuple(options[i].resource for i in found.inside)
