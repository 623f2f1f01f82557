"""Forecasts in the ledger: what each improvement would bring, and what the budget buys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from math import ceil, isnan, nan, sqrt
from typing import Any

import narwhals as nw
import pandas as pd

from cjm_lab.estimate import Estimate, no_estimate, share
from cjm_lab.ledger import evidence
from cjm_lab.metrics import JourneyStream, lifetime_value, markov_chain
from cjm_lab.metrics._frames import estimate_of
from cjm_lab.metrics.base import order_value
from cjm_lab.metrics.stream import within
from cjm_lab.period import Period
from cjm_lab.planning.constraints import constraints_of
from cjm_lab.planning.forecasts import Simulation, simulate
from cjm_lab.planning.improvements import Outlook, options_of
from cjm_lab.planning.portfolios import Portfolio, candidates, portfolio
from cjm_lab.planning.resource_evidence import Place
from cjm_lab.planning.resources import months_between, not_in_place
from cjm_lab.planning.sensitivity import what_matters
from cjm_lab.study import Study
from cjm_lab.words import capital, counted, listed, number

#: Months over which a gain counts where the study names no budget.
HORIZON_MONTHS = 12

#: What all rows of the set that the budget buys are called.
THE_SET = "The set that the budget buys"

#: Fewer journeys than this don't carry a forecast: then all since the log began count.
FEWEST_JOURNEYS = 30

# Only a pilot with a control shows an effect; all else is a premise.
_PREMISE = {
    "pilot": "effect shown by a pilot with a control",
    "pilot: no result": "a pilot is named but has no result by this date",
    "pilot: not clear": "a pilot is named but shows no clear effect by this date",
    "pilot: bad sample ratio": "a pilot is named but its arms don't have the sizes planned",
    "pilot: shared": "several resources name the one pilot, so it shows nothing of this one",
    "pilot: elsewhere": "a pilot is named but counts something else than this lift",
    "benchmark": "if the benchmark holds here; no pilot yet",
    "judgement": "if the judgement holds; no pilot yet",
    "": "if the lift holds; nobody says where it comes from",
}


def outlook_of(
    stream: JourneyStream, orders: pd.DataFrame, study: Study, period: Period, as_of: date
) -> Outlook | None:
    """Return what a forecast starts from, None without events, a funnel or a closed journey."""
    if not len(stream) or study.funnel is None:
        return None
    goal, window = study.funnel.goal, study.funnel.window_days
    # Of the journeys begun last, only those that converted are over; a chain of these would
    # promise too much, so they are left out whole.
    last = as_of - timedelta(ceil(window or 0))
    closed = Period(period.kind, period.start, min(period.end, last), study.time_zone)
    chain = markov_chain(stream, goal=goal, window_days=window, period=closed, as_of=as_of)
    note = ""
    if chain.customers < FEWEST_JOURNEYS:
        note = f"all since the log began: fewer than {FEWEST_JOURNEYS} in the period"
        closed = Period("all", date(1970, 1, 1), last, study.time_zone)
        chain = markov_chain(stream, goal=goal, window_days=window, period=closed, as_of=as_of)
    if not chain.customers:
        return None
    begun = stream.table().filter((nw.col("position") == 1) & within("occurred_us", period))
    count = int(begun.select(nw.len()).collect().item())
    months = months_between(period.start.isoformat(), period.end.isoformat())
    journeys = Estimate(count / months, nan, nan, n=count, method="count", se=sqrt(count) / months)
    horizon = study.budget.horizon_months if study.budget else HORIZON_MONTHS
    return Outlook(
        chain,
        journeys,
        order_value(orders, period=period),
        horizon,
        note,
        new_share(orders, period, study.level),
        customer_value(orders, study, as_of, horizon),
        study.budget.cost_range if study.budget else None,
    )


def new_share(orders: pd.DataFrame, period: Period, level: float = 0.95) -> Estimate:
    """Return the share of those who order for the first time on record that are new customers.

    Unknown where nobody typed the kind of a first order.

    Examples
    --------
    >>> orders = pd.DataFrame({"customer_id": ["ann", "ann", "bob"], "kind": ["new", "repeat", ""],
    ...     "ordered_at": pd.to_datetime(["2026-09-01", "2026-09-02", "2026-09-03"], utc=True)})
    >>> new_share(orders, Period("all", date(2026, 9, 1), date(2026, 9, 30), "UTC")).n
    1
    """
    if "kind" not in orders or orders.empty:
        return no_estimate("the kind of an order is not known", level=level)
    dated = orders.sort_values("ordered_at", kind="stable")
    first = dated[dated["customer_id"].notna()].drop_duplicates("customer_id")
    when = first["ordered_at"]
    now = (when >= period.starts_at) & (when < period.ends_before) | (period.kind == "all")
    kinds = first.loc[now & (first["kind"] != ""), "kind"]
    if kinds.empty:
        return no_estimate("the kind of an order is not known", level=level)
    return share(int((kinds == "new").sum()), len(kinds), level=level)


def customer_value(orders: pd.DataFrame, study: Study, as_of: date, months: int) -> Estimate:
    """Return what a new customer orders in so many months, the first order included."""
    if orders.empty or orders["ordered_at"].isna().all():
        return no_estimate("no dated orders", level=study.level)
    found = lifetime_value(
        orders, as_of=as_of, horizon_months=months, time_zone=study.time_zone, level=study.level
    )
    return estimate_of(found[found["measure"] == "new_customer_value"].iloc[0], study.level)


def budget_rules(study: Study, resources: pd.DataFrame) -> dict[str, Any]:
    """Return the budget's constraints as `portfolio` takes them, without what is there already.

    Parameters
    ----------
    study
        Its budget.
    resources
        The whole table: names are checked against it.

    Raises
    ------
    ParameterError
        If a resource or an owner that the budget names is not in the table.
    """
    if study.budget is None:
        return {}
    budget = study.budget
    constraints_of(
        resources,
        must_have=budget.must_have,
        either_or=budget.either_or,
        capacity=budget.capacity,
    )
    left = not_in_place(resources)
    names, owners = set(left["resource"]), set(left["owner"])
    return {
        "must_have": [name for name in budget.must_have if name in names],
        "either_or": [[name for name in group if name in names] for group in budget.either_or],
        "capacity": {owner: weeks for owner, weeks in budget.capacity.items() if owner in owners},
    }


def forecast_rows(
    resources: pd.DataFrame,
    outlook: Outlook,
    study: Study,
    period: Period,
    seed: int,
    place: dict[str, Place],
    rules: dict[str, Any],
) -> Iterator[dict[str, Any]]:
    """Yield the forecast of each resource alone, which of them the budget buys, and of that set.

    `rules` are the budget's constraints, from `budget_rules`.
    """
    simulation = simulation_of(resources, outlook, study, seed, rules)
    behind = dict(zip(resources["resource"], resources["lift_source"], strict=True))
    here: dict[str, Any] = {
        "lane": "forecast",
        "source": "resources; events",
        "period": period,
        "status": "reasoned",
    }
    alone = [o.resource for o in options_of(resources, outlook.chain)]
    for name in alone:
        premise = _PREMISE.get(behind[name], _PREMISE[""])
        yield from _outcomes(simulation, [name], study, premise, label=name, **here, **place[name])
    together = alone
    if study.budget is not None:
        best = portfolio(resources, outlook, budget=study.budget.amount, **rules)
        yield from _least_budget(best, here)
        if best.infeasible:
            return
        if best.weighed:
            yield from _chosen(best, resources, outlook, rules, here, place)
            note = _set_note(best, study, behind)
            together = list(best.chosen)
            yield from _outcomes(
                simulation, together, study, note, label=THE_SET, item="portfolio", **here
            )
    for _, row in what_matters(simulation, together, seed=seed).iterrows():
        yield evidence(
            estimate_of(row, study.level),
            measure="uncertainty_share",
            label=capital(row["input"]),
            item=f"portfolio {row['input']}",
            note="the higher, the more the net value" if row["correlation"] > 0 else "lowers it",
            basis=[outlook.horizon_months, *together],
            **here,
        )


def _chosen(
    best: Portfolio,
    resources: pd.DataFrame,
    outlook: Outlook,
    rules: dict[str, Any],
    here: dict[str, Any],
    place: dict[str, Place],
) -> Iterator[dict[str, Any]]:
    """Yield of everything that could be bought whether it is in the set."""
    how = "all sets weighed" if best.exact else "greedy search"
    for option in candidates(resources, outlook, constraints_of(resources, **rules))[0]:
        name = option.resource
        yield evidence(
            Estimate(float(name in best.chosen), nan, nan, n=best.weighed, method=how),
            measure="chosen",
            label=name,
            note="must be had" if name in rules["must_have"] else "",
            **here,
            **place[name],
        )


def simulation_of(
    resources: pd.DataFrame, outlook: Outlook, study: Study, seed: int, rules: dict[str, Any]
) -> Simulation:
    """Return the draws of everything that the chain carries or that must be had."""
    options = options_of(resources, outlook.chain)
    must, _ = candidates(resources, outlook, constraints_of(resources, **rules))
    known = {option.resource for option in options}
    options += [option for option in must if option.resource not in known]
    return simulate(options, outlook, level=study.level, seed=seed)


def _outcomes(
    simulation: Simulation, names: list[str], study: Study, note: str, **at: Any
) -> Iterator[dict[str, Any]]:
    """Yield every measure of some options together that is known."""
    basis = [simulation.outlook.horizon_months, *(study.funnel.steps if study.funnel else [])]
    outcome = simulation.outcome(names)
    for measure, estimate in outcome.items():
        if not isnan(estimate.value):
            meaning = _meaning(measure, names, outcome, simulation, study)
            yield evidence(estimate, measure=measure, note=f"{note}; {meaning}", basis=basis, **at)


def _least_budget(best: Portfolio, here: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield why no set is allowed, and the least budget that would do."""
    if best.infeasible:
        least = Estimate(best.next_budget, nan, nan, n=best.weighed, method="all sets weighed")
        yield evidence(
            least if not isnan(best.next_budget) else None,
            measure="least_budget",
            label="The least budget that would do",
            item="portfolio",
            note=best.infeasible,
            **here,
        )


def _set_note(best: Portfolio, study: Study, behind: dict[str, str]) -> str:
    """Say what the set is made of, what more money would buy, and what stands behind the lifts."""
    assert study.budget is not None
    currency = study.budget.currency
    after = (
        f"from {best.next_budget:,.0f} {currency} on the set is {', '.join(best.next_chosen)}"
        if best.next_chosen
        else "no larger budget changes the set"
    )
    how = "weighed" if best.exact else "searched greedily"
    shown = [name for name in best.chosen if behind[name] == "pilot"]
    proof = f"an effect shown by a pilot with a control: {listed(shown) if shown else 'none'}"
    return "; ".join(
        [
            ", ".join(best.chosen) or "nothing pays back",
            f"{best.weighed} sets {how} within {study.budget.amount:,.0f} {currency}",
            after,
            *best.notes,
            *([proof] if best.chosen else []),
        ]
    )


def _meaning(
    measure: str,
    names: list[str],
    outcome: dict[str, Estimate],
    simulation: Simulation,
    study: Study,
) -> str:
    """Say what a forecast number counts."""
    outlook = simulation.outlook
    currency = study.budget.currency if study.budget else ""
    unit, months = f"in {currency}: " if currency else "", outlook.horizon_months
    horizon = counted(months, "month")
    cost = sum(simulation.options[name].cost(months) for name in names)
    if measure == "conversion_lift":
        words = f"points on {outlook.chain.conversion:.3f} of journeys begun"
        return f"{words} ({outlook.note})" if outlook.note else words
    if measure == "payback_months":
        never = 1 - outcome["payback_chance"].value
        return f"never within {horizon}: {number(never, percent=True)} of the draws"
    return {
        "expected_conversion": "what a later month would show, the chance of its customers with it",
        "added_orders": f"a month, of {outlook.journeys.value:,.0f} journeys begun",
        "added_customers": "a month: those among the added orders who were no customers before",
        "added_revenue": f"{unit}a month, {outlook.order_value.value:,.0f} an order",
        "added_lifetime_value": f"{unit}what the customers won in {horizon} order in as many months"
        f" each, {outlook.customer_value.value:,.0f} a customer",
        "net_value": f"{unit}{months} months of added revenue less costs of {cost:,.0f}",
        "payback_chance": f"that {horizon} of added revenue cover the costs of {cost:,.0f}",
    }[measure]
