"""CJM Lab: the customer journey map, computed from evidence.

Public names are loaded on first use, so that ``import cjm_lab`` and ``cjm --help`` are quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cjm_lab import plots
    from cjm_lab.estimate import Design, Estimate, difference
    from cjm_lab.journey import (
        JourneyMap,
        build_map,
        common_mistakes,
        compare_maps,
        content_matrix,
        moments_of_truth,
    )
    from cjm_lab.ledger import Ledger
    from cjm_lab.metrics import (
        acquisition,
        acquisition_costs,
        analyze_pilot,
        attribution,
        attribution_disagreement,
        attribution_of_paths,
        attribution_table,
        audience,
        back_and_forth,
        change_points,
        churn_drivers,
        churn_risk,
        compare_survival,
        contact_outcomes,
        customer_values,
        dead_ends,
        drop_off_reasons,
        frequency,
        funnel,
        half_life,
        inactivity_threshold,
        journey_stream,
        kaplan_meier,
        lifetime_holdout,
        lifetime_value,
        mix_and_rates,
        order_kinds,
        page_shares,
        pilot_looks,
        pilot_segments,
        plan_pilot,
        planned_against_actual,
        purchase_summary,
        ramp_up,
        removal_effects,
        response_returns,
        response_weeks,
        responses,
        retention,
        rework,
        rfm_scores,
        rfm_segments,
        seasonal_trend,
        sessions,
        share_at_risk,
        step_flows,
        step_matrix,
        stickiness,
        survival,
        tenures,
        time_to_convert,
        transitions,
        trend,
        typical_journey,
        usage,
    )
    from cjm_lab.personas import (
        carried_over,
        empathy_map,
        ideal_customer,
        load_persona,
        load_segments,
        match_segments,
        persona_file,
        profile,
        save_segments,
        score_segments,
        segment,
        segment_table,
        unseen_categories,
    )
    from cjm_lab.planning import (
        Outlook,
        find_opportunities,
        forecast,
        frontier,
        portfolio,
        prioritize,
        rank_stability,
        simulate,
        walkthrough_findings,
        walkthrough_protocol,
        what_matters,
    )
    from cjm_lab.runs.step import open_step
    from cjm_lab.social import (
        classifier_scores,
        distinctive_terms,
        draw_sample,
        label_agreement,
        labeled_share,
        link_touchpoints,
        most_shared,
        polarity,
        settled_labels,
        unlinked_terms,
    )
    from cjm_lab.sources import (
        inventory,
        knowledge_gaps,
        mentions_reading,
        propose_questions,
        read_customers,
        read_events,
        read_interactions,
        read_mentions,
        read_orders,
        read_survey,
        survey_reading,
    )
    from cjm_lab.study import Study, load_study
    from cjm_lab.surveys import (
        ces,
        compare_groups,
        cronbach_alpha,
        csat,
        importance_performance,
        item_analysis,
        kano,
        key_drivers,
        likert,
        maxdiff,
        nps,
        omega,
        opportunity_score,
        paired_difference,
        rake,
        rating,
        sus,
        umux_lite,
        value_gap,
    )
    from cjm_lab.workspace import Workspace

__version__ = "0.1.0"

_ROOM_OF = {
    "estimate": ("Design", "Estimate", "difference"),
    "journey": (
        "JourneyMap", "build_map", "common_mistakes", "compare_maps", "content_matrix",
        "moments_of_truth",
    ),
    "ledger": ("Ledger",),
    "metrics": (
        "acquisition", "acquisition_costs", "analyze_pilot", "attribution",
        "attribution_disagreement", "attribution_of_paths", "attribution_table", "audience",
        "back_and_forth", "change_points", "churn_drivers", "churn_risk", "compare_survival",
        "contact_outcomes", "customer_values", "dead_ends", "drop_off_reasons", "frequency",
        "funnel", "half_life", "inactivity_threshold", "journey_stream", "kaplan_meier",
        "lifetime_holdout", "lifetime_value", "mix_and_rates", "order_kinds", "page_shares",
        "pilot_looks", "pilot_segments", "plan_pilot", "planned_against_actual", "purchase_summary",
        "ramp_up", "removal_effects", "response_returns", "response_weeks", "responses",
        "retention", "rework", "rfm_scores", "rfm_segments", "seasonal_trend", "sessions",
        "share_at_risk", "step_flows", "step_matrix", "stickiness", "survival", "tenures",
        "time_to_convert", "transitions", "trend", "typical_journey", "usage",
    ),
    "personas": (
        "carried_over", "empathy_map", "ideal_customer", "load_persona", "load_segments",
        "match_segments", "persona_file", "profile", "save_segments", "score_segments", "segment",
        "segment_table", "unseen_categories",
    ),
    "planning": (
        "Outlook", "find_opportunities", "forecast", "frontier", "portfolio", "prioritize",
        "rank_stability", "simulate", "walkthrough_findings", "walkthrough_protocol",
        "what_matters",
    ),
    "runs.step": ("open_step",),
    "social": (
        "classifier_scores", "distinctive_terms", "draw_sample", "label_agreement",
        "labeled_share", "link_touchpoints", "most_shared", "polarity", "settled_labels",
        "unlinked_terms",
    ),
    "sources": (
        "inventory", "knowledge_gaps", "mentions_reading", "propose_questions", "read_customers",
        "read_events", "read_interactions", "read_mentions", "read_orders", "read_survey",
        "survey_reading",
    ),
    "study": ("Study", "load_study"),
    "surveys": (
        "ces", "compare_groups", "cronbach_alpha", "csat", "importance_performance",
        "item_analysis", "kano", "key_drivers", "likert", "maxdiff", "nps", "omega",
        "opportunity_score", "paired_difference", "rake", "rating", "sus", "umux_lite", "value_gap",
    ),
    "workspace": ("Workspace",),
}  # fmt: skip
_PUBLIC = {name: room for room, names in _ROOM_OF.items() for name in names}

__all__ = [*_PUBLIC, "plots"]


def __getattr__(name: str) -> Any:
    """Load a public name from its room on first use."""
    if name == "plots":
        return import_module("cjm_lab.plots")
    if name not in _PUBLIC:
        raise AttributeError(f"module 'cjm_lab' has no attribute {name!r}")
    return getattr(import_module(f"cjm_lab.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted([*__all__, "__version__"])
