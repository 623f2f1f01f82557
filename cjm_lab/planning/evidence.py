"""What planning adds to the ledger: gaps, priorities, forecasts."""

from __future__ import annotations

from datetime import date

import pandas as pd

from cjm_lab.ledger import evidence_frame
from cjm_lab.metrics import JourneyStream
from cjm_lab.period import Period
from cjm_lab.planning.forecast_evidence import budget_rules, forecast_rows, outlook_of
from cjm_lab.planning.opportunities import find_opportunities
from cjm_lab.planning.piloted import with_pilot_results
from cjm_lab.planning.resource_evidence import Place, gap_rows, priority_rows
from cjm_lab.planning.resources import not_in_place, touchpoints_of
from cjm_lab.study import Study


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
    walkthrough_rows: pd.DataFrame,
) -> pd.DataFrame:
    """Return resource gaps, priorities, forecasts and the set that fits the budget.

    Parameters
    ----------
    resources
        The tidy table; without rows there is no evidence.
    pains
        Rows of the lane ``pain``, opportunities like drop-offs, value gaps and what was found on
        the walk.
    measured
        Rows of the ledger, among them reach, active customers and the pilot's.
    stream
        The journey stream; without events or a funnel there is no forecast.
    orders
        Tidy table: the value of an order; without it no value is forecast.
    study
        Funnel, budget, how priorities are set, and the confidence level.
    period
        Span of the journeys; fewer than 30, and all since the log began make the chain.
    as_of
        Last day observed: younger journeys are still open.
    seed
        Seed of the Monte Carlo draws.
    walkthrough_rows
        Rows of the lane ``walkthrough``.

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
    rows = [*gap_rows(resources, place)]
    # What is there already is no opportunity any more.
    tried = with_pilot_results(resources, measured, study)
    missing = not_in_place(tried)
    known = pd.concat([measured, pains, walkthrough_rows], ignore_index=True)
    opportunities = find_opportunities(known, study)
    rows += priority_rows(missing, opportunities, measured, study, place, seed)
    rules = budget_rules(study, resources)
    outlook = outlook_of(stream, orders, study, period, as_of)
    if outlook is not None:
        rows += forecast_rows(missing, outlook, study, period, seed, place, rules)
    return _with_lift_notes(evidence_frame(rows), missing)


def _with_lift_notes(rows: pd.DataFrame, tried: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with what was judged and what the pilot showed, where one is named."""
    notes = dict(zip(tried["resource"], tried["lift_note"], strict=True))
    of_lift = (rows["lane"] == "opportunity") | (rows["measure"] == "conversion_lift")
    note = rows["label"].where(of_lift, "").map(notes).fillna("")
    return rows.assign(note=rows["note"].where(note == "", rows["note"] + "; " + note))
