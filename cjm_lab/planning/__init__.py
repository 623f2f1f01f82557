"""From the map to decisions: goals, resources, priorities, forecast, portfolio, walkthrough."""

from cjm_lab.planning.actions import action_counts, action_links, action_status
from cjm_lab.planning.aging import Review, evidence_age, next_review
from cjm_lab.planning.coverage import owner_load, unserved_touchpoints
from cjm_lab.planning.discovery import discovery_curve, evaluators_needed, problem_discovery
from cjm_lab.planning.forecasts import Simulation, forecast, simulate
from cjm_lab.planning.goals import (
    objective_text,
    scope_checks,
    stakeholder_grid,
    unheard_functions,
)
from cjm_lab.planning.improvements import Outlook
from cjm_lab.planning.opportunities import (
    find_opportunities,
    link_opportunities,
    link_resources,
)
from cjm_lab.planning.piloted import with_pilot_results
from cjm_lab.planning.portfolios import Portfolio, frontier, portfolio
from cjm_lab.planning.priorities import prioritize
from cjm_lab.planning.protocols import customer_times, walkthrough_protocol
from cjm_lab.planning.reactions import automate_next, reaction_load
from cjm_lab.planning.resources import priority_inputs, resource_gaps, resource_kinds
from cjm_lab.planning.scored import scored_forecasts
from cjm_lab.planning.sensitivity import what_matters
from cjm_lab.planning.stability import rank_stability
from cjm_lab.planning.walkthrough import WalkthroughFindings, walkthrough_findings

__all__ = [
    "Outlook",
    "Portfolio",
    "Review",
    "Simulation",
    "WalkthroughFindings",
    "action_counts",
    "action_links",
    "action_status",
    "automate_next",
    "customer_times",
    "discovery_curve",
    "evaluators_needed",
    "evidence_age",
    "find_opportunities",
    "forecast",
    "frontier",
    "link_opportunities",
    "link_resources",
    "next_review",
    "objective_text",
    "owner_load",
    "portfolio",
    "prioritize",
    "priority_inputs",
    "problem_discovery",
    "rank_stability",
    "reaction_load",
    "resource_gaps",
    "resource_kinds",
    "scope_checks",
    "scored_forecasts",
    "simulate",
    "stakeholder_grid",
    "unheard_functions",
    "unserved_touchpoints",
    "walkthrough_findings",
    "walkthrough_protocol",
    "what_matters",
    "with_pilot_results",
]
