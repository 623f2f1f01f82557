"""What planning adds to the ledger: gaps, priorities, forecasts."""

from __future__ import annotations

from datetime import date

import pandas as pd

from cjm_lab.ledger import evidence_frame
from cjm_lab.metrics import JourneyStream
from cjm_lab.period import Period
from cjm_lab.planning.forecast_evidence import forecast_rows, outlook_of
from cjm_lab.planning.resource_evidence import Place, gap_rows, rice_rows
from cjm_lab.planning.resources import lift_sources, touchpoints_of
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
    rows = [*gap_rows(resources, place)]
    # What is there already is no opportunity any more.
    missing = resources[~(resources["have"] >= resources["need"])].reset_index(drop=True)
    rows += rice_rows(missing, pains, measured, study, place)
    outlook = outlook_of(stream, orders, study, period, as_of)
    if outlook is not None:
        missing = missing.assign(lift_source=lift_sources(missing, measured))
        rows += forecast_rows(missing, outlook, study, period, seed, place)
    return evidence_frame(rows)
