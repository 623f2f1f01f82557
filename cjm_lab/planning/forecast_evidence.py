"""Forecasts in the ledger: what each improvement would bring, and what the budget buys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from math import ceil, isnan, nan, sqrt
from typing import Any

import narwhals as nw
import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.ledger import evidence
from cjm_lab.metrics import JourneyStream, markov_chain
from cjm_lab.metrics.base import order_value
from cjm_lab.metrics.stream import within
from cjm_lab.period import Period
from cjm_lab.planning.forecasts import Outlook, Simulation, options_of, simulate
from cjm_lab.planning.portfolios import portfolio
from cjm_lab.planning.resource_evidence import Place
from cjm_lab.planning.resources import months_between
from cjm_lab.study import Study

#: Months over which a gain counts where the study names no budget.
HORIZON_MONTHS = 12

#: Fewer journeys than this don't carry a forecast: then all since the log began count.
FEWEST_JOURNEYS = 30

# Only a pilot with a control shows an effect; all else is a premise.
_PREMISE = {
    "pilot": "effect shown by a pilot with a control",
    "pilot: no result": "a pilot is named but has no result by this date",
    "pilot: not clear": "a pilot is named but shows no clear effect by this date",
    "pilot: bad sample ratio": "a pilot is named but its arms don't have the sizes planned",
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
    return Outlook(chain, journeys, order_value(orders, period=period), horizon, note)


def forecast_rows(
    resources: pd.DataFrame,
    outlook: Outlook,
    study: Study,
    period: Period,
    seed: int,
    place: dict[str, Place],
) -> Iterator[dict[str, Any]]:
    """Yield the forecast of each resource alone, which of them the budget buys, and of that set."""
    options = options_of(resources, outlook.chain)
    if not options:
        return
    simulation = simulate(options, outlook, level=study.level, seed=seed)
    behind = dict(zip(resources["resource"], resources["lift_source"], strict=True))
    currency = study.budget.currency if study.budget else ""
    here: dict[str, Any] = {"lane": "forecast", "source": "resources; events", "period": period}

    def outcomes(
        names: tuple[str, ...], label: str, note: str, **at: Any
    ) -> Iterator[dict[str, Any]]:
        for measure, estimate in simulation.outcome(names).items():
            if not isnan(estimate.value):
                yield evidence(
                    estimate,
                    measure=measure,
                    label=label,
                    status="reasoned",
                    note=f"{note}; {_meaning(measure, names, simulation, currency)}",
                    basis=[outlook.horizon_months, *(study.funnel.steps if study.funnel else [])],
                    **here,
                    **at,
                )

    for option in options:
        name = option.resource
        yield from outcomes((name,), name, _PREMISE.get(behind[name], _PREMISE[""]), **place[name])
    if study.budget is None:
        return
    best = portfolio(resources, outlook, budget=study.budget.amount)
    if not best.weighed:
        return
    for name in [o.resource for o in options if not isnan(o.cost(outlook.horizon_months))]:
        chosen = Estimate(
            float(name in best.chosen), nan, nan, n=best.weighed, method="all sets weighed"
        )
        yield evidence(
            chosen,
            measure="chosen",
            label=name,
            status="reasoned",
            note="too many options to weigh this one" if name in best.left_out else "",
            **here,
            **place[name],
        )
    after = (
        f"from {best.next_budget:,.0f} {currency} on the set is {', '.join(best.next_chosen)}"
        if best.next_chosen
        else "no larger budget changes the set"
    )
    note = (
        f"{', '.join(best.chosen) or 'nothing pays back'}; {best.weighed} sets weighed within "
        f"{study.budget.amount:,.0f} {currency}; {after}"
    )
    yield from outcomes(best.chosen, "The set that the budget buys", note, item="portfolio")


def _meaning(measure: str, names: tuple[str, ...], simulation: Simulation, currency: str) -> str:
    """Say what a forecast number counts."""
    outlook = simulation.outlook
    if measure == "conversion_lift":
        words = f"points on {outlook.chain.conversion:.3f} of journeys begun"
        return f"{words} ({outlook.note})" if outlook.note else words
    if measure == "added_orders":
        return f"a month, of {outlook.journeys.value:,.0f} journeys begun"
    cost = sum(simulation.options[name].cost(outlook.horizon_months) for name in names)
    unit = f"in {currency}: " if currency else ""
    return f"{unit}{outlook.horizon_months} months of added revenue less costs of {cost:,.0f}"
