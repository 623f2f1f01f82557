"""Which function makes which table, and which step records which lane.

A table is made by calling its function with arguments found by the names of its parameters, as in
a pytest fixture: a parameter named like a table is that table, the others (`study`, `period`,
`as_of`, `seed`, `previous`, `earlier_forecasts`, `tables`, `cache`,
`progress`) belong to the run.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pandas as pd

from cjm_lab.ledger import evidence_frame
from cjm_lab.sources.event_log import EventLog
from cjm_lab.sources.schemas import TABLES
from cjm_lab.study import Study

if TYPE_CHECKING:
    from cjm_lab.metrics import JourneyStream

#: Table name to "module:function". Modules are imported when the table is asked for.
RECIPES: dict[str, str] = {
    "codebook": "cjm_lab.sources:codebook",
    "inventory": "cjm_lab.sources:inventory",
    "reading": "cjm_lab.sources:survey_reading",
    "stream": "cjm_lab.runs.recipes:stream",
    "mention_reading": "cjm_lab.sources:mentions_reading",
    "scored": "cjm_lab.social.scored:scored_mentions",
    "links": "cjm_lab.social.scored:linked_mentions",
    "survey_rows": "cjm_lab.surveys.evidence:survey_evidence",
    "answered_rows": "cjm_lab.surveys.answered:answered_evidence",
    "choice_rows": "cjm_lab.surveys.choices:choice_evidence",
    "reliability_rows": "cjm_lab.surveys.reliability_evidence:reliability_evidence",
    "driver_rows": "cjm_lab.surveys.driver_evidence:driver_evidence",
    "value_gap_rows": "cjm_lab.surveys.value:value_gap_evidence",
    "importance_performance": "cjm_lab.surveys.value:touchpoint_importance_performance",
    "feature_rows": "cjm_lab.surveys.feature_evidence:feature_evidence",
    "open_answers": "cjm_lab.surveys.open_answers:open_answers",
    "callbacks": "cjm_lab.surveys.open_answers:callbacks",
    "social_rows": "cjm_lab.social.evidence:social_evidence",
    "journey_rows": "cjm_lab.metrics.evidence:journey_evidence",
    "crm_rows": "cjm_lab.metrics.evidence:crm_evidence",
    "response_rows": "cjm_lab.metrics.evidence:response_evidence",
    "loyalty_rows": "cjm_lab.metrics.loyalty_evidence:loyalty_evidence",
    "audience": "cjm_lab.runs.path_views:audience",
    "at_risk": "cjm_lab.runs.loyalty_views:at_risk",
    "pilot_rows": "cjm_lab.metrics.pilot:pilot_evidence",
    "persona_rows": "cjm_lab.personas.evidence:persona_evidence",
    "measured": "cjm_lab.runs.recipes:measured",
    "gaps": "cjm_lab.sources:knowledge_gaps",
    "goal_rows": "cjm_lab.planning.goals:goal_evidence",
    "walkthrough_rows": "cjm_lab.planning.walked:walkthrough_evidence",
    "pain_rows": "cjm_lab.journey.pains:pain_points",
    "planning_rows": "cjm_lab.planning.evidence:planning_evidence",
    "change_rows": "cjm_lab.journey.compare:change_evidence",
    "forecast_scores": "cjm_lab.planning.scored:scored_forecasts",
    "score_rows": "cjm_lab.planning.scored:score_evidence",
    "health_rows": "cjm_lab.journey.checks:health_evidence",
    "evidence": "cjm_lab.runs.recipes:evidence",
}

#: Tables that a notebook shows; they are made from the ones above when it asks.
VIEWS = (
    "brief", "stakeholders", "unheard", "scope", "ratings", "waves", "voices", "gap_list",
    "people", "segments", "segment_search", "segment_profile", "feelings", "empathy", "funnel",
    "moves", "pain_list", "change_list", "weekly", "marks",
)  # fmt: skip
SURVEY_VIEWS = (
    "pairs", "nps_groups", "answer_spread", "wave_trend", "open_list", "gap_map", "gap_groups",
    "importances", "items", "kano_map", "representation", "same_people", "weighting", "stated",
    "placed",
)  # fmt: skip
SOCIAL_VIEWS = (
    "said_by_group", "said_by_touchpoint", "mention_trend", "who_writes", "scorers",
    "complaint_terms", "complaint_words", "new_words", "touchpoint_words", "answer_words",
    "unlinked", "shared_most", "link_marks", "labels_wanted",
)  # fmt: skip
PATH_VIEWS = (
    "step_shares", "flows", "usual_paths", "wait_to_convert", "back_again", "dead_ends",
    "deviations", "drop_reasons", "come_back",
)  # fmt: skip
LOYALTY_VIEWS = (
    "arrivals", "credit", "credit_side_by_side", "seen_pages", "cohorts", "staying", "buyers",
    "future_value", "future_check", "ordering", "answered_contacts", "pilot_days", "next_pilot",
    "next_stages", "steps_in_time", "to_and_fro", "habits", "conversion_change",
)  # fmt: skip
MAP_VIEWS = ("moments", "moment_list", "contents")
PERSONA_VIEWS = (
    "cards", "stage_weights", "saved_segments", "segment_sizes", "segment_match",
    "ideal", "ideal_words", "fit_attributes", "fit_calibration", "fit_scores",
)  # fmt: skip
RESOURCE_VIEWS = (
    "resource_list", "kind_gaps", "unserved", "owner_weeks", "opportunity_list",
    "resource_answers", "priority_table", "rank_shares", "rank_list",
)  # fmt: skip
FORECAST_VIEWS = (
    "outlook", "improvements", "best_set", "lift_forecasts", "gain_list", "unforeseen",
    "payback_list", "matters", "set_list", "set_answers", "budget_steps", "budget_list",
)  # fmt: skip
WALK_VIEWS = (
    "protocol", "severities", "problems_found", "discovery", "strengths", "walk_times",
    "pilot_checks", "pilot_groups", "pilot_reach", "lifts", "lift_pairs",
)  # fmt: skip
CHANGE_VIEWS = ("forecast_list", "held_so_far", "forecasts_drawn")
REVIEW_VIEWS = (
    "action_status", "action_list", "action_counts", "loose_ends", "reaction_load",
    "reaction_list", "evidence_age", "next_review", "review_day",
)  # fmt: skip
RECIPES |= {name: f"cjm_lab.runs.resource_views:{name}" for name in RESOURCE_VIEWS}
RECIPES |= {name: f"cjm_lab.runs.forecast_views:{name}" for name in FORECAST_VIEWS}
RECIPES |= {name: f"cjm_lab.runs.walk_views:{name}" for name in WALK_VIEWS}
RECIPES |= {name: f"cjm_lab.runs.change_views:{name}" for name in CHANGE_VIEWS}
RECIPES |= {name: f"cjm_lab.runs.review_views:{name}" for name in REVIEW_VIEWS}
RECIPES |= {name: f"cjm_lab.runs.views:{name}" for name in VIEWS}
RECIPES |= {name: f"cjm_lab.runs.persona_views:{name}" for name in PERSONA_VIEWS}
RECIPES |= {name: f"cjm_lab.runs.map_views:{name}" for name in MAP_VIEWS}
RECIPES |= {name: f"cjm_lab.runs.path_views:{name}" for name in PATH_VIEWS}
RECIPES |= {name: f"cjm_lab.runs.loyalty_views:{name}" for name in LOYALTY_VIEWS}
RECIPES |= {name: f"cjm_lab.runs.survey_views:{name}" for name in SURVEY_VIEWS}
RECIPES |= {name: f"cjm_lab.runs.social_views:{name}" for name in SOCIAL_VIEWS}

#: Tables that are quicker to make than to read back, or that no file format holds.
NOT_STORED = frozenset(
    [
        "stream",
        "codebook",
        "reading",
        "mention_reading",
        *VIEWS,
        *SURVEY_VIEWS,
        *SOCIAL_VIEWS,
        *PATH_VIEWS,
        *LOYALTY_VIEWS,
        *MAP_VIEWS,
        *PERSONA_VIEWS,
        *RESOURCE_VIEWS,
        *FORECAST_VIEWS,
        *WALK_VIEWS,
        *CHANGE_VIEWS,
        *REVIEW_VIEWS,
    ]
)

#: Parameter names that differ from the table they stand for.
ALIASES = {"pains": "pain_rows", "assumed": "map"}

#: The seven notebooks in order, and the lanes of the ledger that each records.
STEPS: dict[str, tuple[str, ...]] = {
    "1_goals": ("goal",),
    "2_customers": (
        "answered", "satisfaction", "reliability", "choice", "driver", "sentiment", "base",
        "acquisition", "usage", "contacts",
    ),
    "3_personas": ("persona",),
    "4_touchpoints": (
        "emotion", "reach", "drop_off", "transition", "quote", "pain", "value_gap", "feature",
        "response",
    ),
    "5_resources": ("opportunity", "resource", "forecast"),
    "6_walkthrough": ("walkthrough", "pilot"),
    "7_optimize": ("change", "health"),
}  # fmt: skip


def function_of(name: str) -> Callable[..., Any]:
    """Return the function that makes a table."""
    module, _, function = RECIPES[name].partition(":")
    made: Callable[..., Any] = getattr(import_module(module), function)
    return made


def table_names() -> list[str]:
    """Return the names of all tables that a step can ask for."""
    return sorted([*TABLES, *RECIPES])


def stream(events: pd.DataFrame | EventLog, study: Study) -> JourneyStream:
    """Return the journey stream of the study's events, in the engine that study.yaml names."""
    from cjm_lab.metrics import journey_stream

    log = events.path if isinstance(events, EventLog) else events
    return journey_stream(log, study=study, engine=study.engine)


def measured(
    survey_rows: pd.DataFrame,
    answered_rows: pd.DataFrame,
    choice_rows: pd.DataFrame,
    reliability_rows: pd.DataFrame,
    driver_rows: pd.DataFrame,
    value_gap_rows: pd.DataFrame,
    feature_rows: pd.DataFrame,
    social_rows: pd.DataFrame,
    journey_rows: pd.DataFrame,
    crm_rows: pd.DataFrame,
    loyalty_rows: pd.DataFrame,
    response_rows: pd.DataFrame,
    persona_rows: pd.DataFrame,
    pilot_rows: pd.DataFrame,
) -> pd.DataFrame:
    """Return everything that was measured on customers, as rows of the ledger."""
    return stacked(
        survey_rows, answered_rows, choice_rows, reliability_rows, driver_rows, value_gap_rows,
        feature_rows, social_rows, journey_rows, crm_rows, loyalty_rows, response_rows,
        persona_rows, pilot_rows,
    )  # fmt: skip


def evidence(
    measured: pd.DataFrame,
    goal_rows: pd.DataFrame,
    walkthrough_rows: pd.DataFrame,
    pain_rows: pd.DataFrame,
    planning_rows: pd.DataFrame,
    change_rows: pd.DataFrame,
    score_rows: pd.DataFrame,
    health_rows: pd.DataFrame,
) -> pd.DataFrame:
    """Return the whole ledger: what was measured and what was reasoned from it."""
    return stacked(
        measured, goal_rows, walkthrough_rows, pain_rows, planning_rows, change_rows, score_rows,
        health_rows,
    )  # fmt: skip


def stacked(*frames: pd.DataFrame) -> pd.DataFrame:
    """Return ledger frames below one another; empty ones don't decide on types."""
    full = [frame for frame in frames if len(frame)]
    return pd.concat(full, ignore_index=True) if full else evidence_frame()
