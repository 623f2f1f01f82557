"""What planning adds to the ledger: gaps, priorities, forecasts, the walkthrough."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import fields
from datetime import date, timedelta
from math import ceil, isnan, nan, sqrt
from typing import Any, TypeAlias

import narwhals as nw
import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.metrics import JourneyStream, markov_chain
from cjm_lab.metrics.base import order_value
from cjm_lab.metrics.stream import within
from cjm_lab.period import Period
from cjm_lab.planning.forecasts import Outlook, Simulation, options_of, simulate
from cjm_lab.planning.portfolios import portfolio
from cjm_lab.planning.priorities import prioritize
from cjm_lab.planning.resources import (
    lift_sources,
    months_between,
    resource_gaps,
    rice_inputs,
    touchpoints_of,
)
from cjm_lab.planning.walkthrough import SEVERITY_SCALE, check_touchpoints, walkthrough_findings
from cjm_lab.study import Study

#: Months over which a gain counts where the study names no budget.
HORIZON_MONTHS = 12

#: Where a row stands: stage, touchpoint, item.
Place: TypeAlias = dict[str, Any]

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


def planning_evidence(
    resources: pd.DataFrame,
    pains: pd.DataFrame,
    measured: pd.DataFrame,
    stream: JourneyStream,
    orders: pd.DataFrame,
    study: Study,
    period: Period,
    as_of: date,
    seed: int,
) -> pd.DataFrame:
    """Return resource gaps, RICE scores, forecasts and the set that fits the budget.

    Parameters
    ----------
    resources
        The tidy table; without rows there is no evidence.
    pains
        Rows of the lane ``pain``: which opportunity answers which.
    measured
        Rows of the ledger, among them reach, active customers and the pilot's.
    stream
        The journey stream; without events or a funnel there is no forecast.
    orders
        Tidy table: the value of an order; without it no value is forecast.
    study
        Funnel, budget and confidence level.
    period
        Span of the journeys; fewer than 30, and all since the log began make the chain.
    as_of
        Last day observed: younger journeys are still open.
    seed
        Seed of the Monte Carlo draws.

    Returns
    -------
    DataFrame
        Rows of the ledger in the lanes resource, opportunity and forecast.
    """
    if resources.empty:
        return evidence_frame()
    first = touchpoints_of(resources, study).str[0].fillna("")
    place: dict[str, Place] = {
        name: {"stage": study.stage_of.get(t, ""), "touchpoint": t, "item": name}
        for name, t in zip(resources["resource"], first, strict=True)
    }
    rows = [*_gap_rows(resources, place)]
    # What is there already is no opportunity any more.
    missing = resources[~(resources["have"] >= resources["need"])].reset_index(drop=True)
    rows += _rice_rows(missing, pains, measured, study, place)
    outlook = _outlook(stream, orders, study, period, as_of)
    if outlook is not None:
        missing = missing.assign(lift_source=lift_sources(missing, measured))
        rows += _forecast_rows(missing, outlook, study, period, seed, place)
    return evidence_frame(rows)


def walkthrough_evidence(findings: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return severity per touchpoint, the evaluators' agreement and how much they likely missed.

    The label of a severity is the worst finding in words.

    Examples
    --------
    >>> columns = ["evaluator", "touchpoint", "question", "passed", "kind", "severity", "note"]
    >>> rows = [["Ann", "pot", "action noticed", False, "weakness", 3.0, "Lid hidden"]]
    >>> found = pd.DataFrame(rows, columns=columns)
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use",
    ...     "touchpoints": [{"id": "pot", "name": "Pot"}]}]})
    >>> walkthrough_evidence(found.assign(seconds=60.0), study)[["label", "value"]].values.tolist()
    [['Lid hidden', 3.0]]
    """
    if findings.empty:
        return evidence_frame()
    check_touchpoints(findings, study)
    found = walkthrough_findings(findings, level=study.level)
    rows = [
        evidence(
            _estimate_in(row),
            lane="walkthrough",
            measure="severity",
            label=row["worst"] or "No problem found",
            stage=study.stage_of[row["touchpoint"]],
            touchpoint=row["touchpoint"],
            scale=SEVERITY_SCALE,
            source="findings",
            note=f"problems: {row['problems']}",
        )
        for row in found.touchpoints.to_dict("records")
        if not isnan(row["value"])
    ]
    if not isnan(found.agreement.value):
        rows.append(
            evidence(
                found.agreement,
                lane="walkthrough",
                measure="agreement",
                label="Agreement of the evaluators on severity",
                source="findings",
            )
        )
    if not isnan(found.unseen):
        n = len(found.problems)
        unseen = Estimate(
            found.unseen, nan, nan, n=n, method="1-(1-L)^n, L adjusted (Lewis)", level=study.level
        )
        rows.append(
            evidence(
                unseen,
                lane="walkthrough",
                measure="problems_unseen",
                label="Problems that likely nobody found",
                source="findings",
                status="reasoned",
                note=f"{n} found; one evaluator finds {found.discovery:.0%} of them",
            )
        )
    return evidence_frame(rows)


def _gap_rows(resources: pd.DataFrame, place: dict[str, Place]) -> Iterator[dict[str, Any]]:
    """Yield need less have of each resource: somebody's word."""
    gaps = resource_gaps(resources)
    for row in gaps[gaps["gap"].notna()].to_dict("records"):
        owner = f"; owner {row['owner']}" if row["owner"] else ""
        yield evidence(
            Estimate(row["gap"], nan, nan, n=1, method="need - have"),
            lane="resource",
            measure="resource_gap",
            label=row["resource"],
            source="resources",
            status="assumed",
            note=f"have {row['have']:g}, need {row['need']:g} {row['unit']}".rstrip() + owner,
            **place[row["resource"]],
        )


def _rice_rows(
    resources: pd.DataFrame,
    pains: pd.DataFrame,
    measured: pd.DataFrame,
    study: Study,
    place: dict[str, Place],
) -> Iterator[dict[str, Any]]:
    """Yield the RICE score of each resource whose inputs are known."""
    words = pains[pains["measure"] == "pain"].drop_duplicates("touchpoint")
    pain_at = dict(zip(words["touchpoint"], words["label"], strict=True))
    lists = touchpoints_of(resources, study)
    scored = prioritize(rice_inputs(resources, measured, study))
    served = dict(zip(resources["resource"], lists, strict=True))
    for row in scored.to_dict("records"):
        answers = [pain_at[t] for t in served[row["resource"]] if t in pain_at]
        score = Estimate(row["score"], nan, nan, n=int(row["reach"]), method="RICE")
        yield evidence(
            score,
            lane="opportunity",
            measure="rice",
            label=row["resource"],
            source="resources; events",
            status="reasoned",
            note=f"reach {row['reach']:,.0f} a month x impact {row['impact']:g} x confidence "
            f"{row['confidence']:g} / effort {row['effort']:g}; "
            + (f"answers: {'; '.join(answers)}" if answers else "no pain point there"),
            **place[row["resource"]],
        )


def _outlook(
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


def _forecast_rows(
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


def _estimate_in(row: Mapping[Hashable, Any]) -> Estimate:
    """Return the Estimate that a row of a table holds."""
    return Estimate(**{field.name: row[field.name] for field in fields(Estimate)})
