"""The journey stream and every metric of events, customers, contacts and pilots.

Names are loaded on first use, so that `cjm_lab.metrics.pilot` works without an event engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cjm_lab.metrics.activity import frequency, sessions, usage
    from cjm_lab.metrics.arrivals import acquisition, acquisition_costs
    from cjm_lab.metrics.base import customer_base
    from cjm_lab.metrics.buyers import order_kinds, purchase_summary
    from cjm_lab.metrics.chain import MarkovChain, markov_chain, removal_effects
    from cjm_lab.metrics.changes import change_points
    from cjm_lab.metrics.churn import (
        churn_drivers,
        churn_risk,
        inactivity_threshold,
        share_at_risk,
    )
    from cjm_lab.metrics.cohorts import retention, stickiness
    from cjm_lab.metrics.converting import time_to_convert
    from cjm_lab.metrics.credit import (
        attribution,
        attribution_disagreement,
        attribution_of_paths,
        attribution_table,
    )
    from cjm_lab.metrics.holdout import lifetime_holdout
    from cjm_lab.metrics.lifetime import customer_values, lifetime_value
    from cjm_lab.metrics.loops import dead_ends, rework
    from cjm_lab.metrics.matrix import step_flows, step_matrix
    from cjm_lab.metrics.mix import mix_and_rates
    from cjm_lab.metrics.pages import back_and_forth, page_shares
    from cjm_lab.metrics.paths import transitions
    from cjm_lab.metrics.pilot import analyze_pilot, pilot_segments
    from cjm_lab.metrics.pilot_plan import plan_pilot, ramp_up
    from cjm_lab.metrics.places import drop_off, entry_share, exit_share, reach, stage_share
    from cjm_lab.metrics.planned import planned_against_actual
    from cjm_lab.metrics.reasons import drop_off_reasons
    from cjm_lab.metrics.repeated_looks import pilot_looks
    from cjm_lab.metrics.rfm import rfm_scores, rfm_segments
    from cjm_lab.metrics.rules import responses
    from cjm_lab.metrics.service import contact_outcomes, contacts
    from cjm_lab.metrics.steps import funnel
    from cjm_lab.metrics.stream import JourneyStream, journey_stream
    from cjm_lab.metrics.tenure import (
        compare_survival,
        half_life,
        kaplan_meier,
        survival,
        tenures,
    )
    from cjm_lab.metrics.typical import typical_journey
    from cjm_lab.metrics.waiting import audience, response_returns, response_weeks
    from cjm_lab.metrics.weeks import seasonal_trend, trend

_MODULE_OF = {
    "JourneyStream": "stream",
    "MarkovChain": "chain",
    "acquisition": "arrivals",
    "acquisition_costs": "arrivals",
    "analyze_pilot": "pilot",
    "attribution": "credit",
    "attribution_disagreement": "credit",
    "attribution_of_paths": "credit",
    "attribution_table": "credit",
    "audience": "waiting",
    "back_and_forth": "pages",
    "change_points": "changes",
    "churn_drivers": "churn",
    "churn_risk": "churn",
    "compare_survival": "tenure",
    "contact_outcomes": "service",
    "contacts": "service",
    "customer_base": "base",
    "customer_values": "lifetime",
    "dead_ends": "loops",
    "drop_off": "places",
    "drop_off_reasons": "reasons",
    "entry_share": "places",
    "exit_share": "places",
    "frequency": "activity",
    "funnel": "steps",
    "half_life": "tenure",
    "inactivity_threshold": "churn",
    "journey_stream": "stream",
    "kaplan_meier": "tenure",
    "lifetime_holdout": "holdout",
    "lifetime_value": "lifetime",
    "markov_chain": "chain",
    "mix_and_rates": "mix",
    "order_kinds": "buyers",
    "page_shares": "pages",
    "pilot_looks": "repeated_looks",
    "pilot_segments": "pilot",
    "plan_pilot": "pilot_plan",
    "planned_against_actual": "planned",
    "purchase_summary": "buyers",
    "ramp_up": "pilot_plan",
    "reach": "places",
    "removal_effects": "chain",
    "response_returns": "waiting",
    "response_weeks": "waiting",
    "responses": "rules",
    "retention": "cohorts",
    "rework": "loops",
    "rfm_scores": "rfm",
    "rfm_segments": "rfm",
    "seasonal_trend": "weeks",
    "sessions": "activity",
    "share_at_risk": "churn",
    "step_flows": "matrix",
    "stage_share": "places",
    "step_matrix": "matrix",
    "stickiness": "cohorts",
    "survival": "tenure",
    "tenures": "tenure",
    "time_to_convert": "converting",
    "transitions": "paths",
    "trend": "weeks",
    "typical_journey": "typical",
    "usage": "activity",
}

__all__ = [
    "JourneyStream",
    "MarkovChain",
    "acquisition",
    "acquisition_costs",
    "analyze_pilot",
    "attribution",
    "attribution_disagreement",
    "attribution_of_paths",
    "attribution_table",
    "audience",
    "back_and_forth",
    "change_points",
    "churn_drivers",
    "churn_risk",
    "compare_survival",
    "contact_outcomes",
    "contacts",
    "customer_base",
    "customer_values",
    "dead_ends",
    "drop_off",
    "drop_off_reasons",
    "entry_share",
    "exit_share",
    "frequency",
    "funnel",
    "half_life",
    "inactivity_threshold",
    "journey_stream",
    "kaplan_meier",
    "lifetime_holdout",
    "lifetime_value",
    "markov_chain",
    "mix_and_rates",
    "order_kinds",
    "page_shares",
    "pilot_looks",
    "pilot_segments",
    "plan_pilot",
    "planned_against_actual",
    "purchase_summary",
    "ramp_up",
    "reach",
    "removal_effects",
    "response_returns",
    "response_weeks",
    "responses",
    "retention",
    "rework",
    "rfm_scores",
    "rfm_segments",
    "seasonal_trend",
    "sessions",
    "share_at_risk",
    "stage_share",
    "step_flows",
    "step_matrix",
    "stickiness",
    "survival",
    "tenures",
    "time_to_convert",
    "transitions",
    "trend",
    "typical_journey",
    "usage",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module on first use."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
