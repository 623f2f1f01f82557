"""From the map to decisions: goals, resources, priorities, forecast, portfolio, walkthrough."""

from cjm_lab.planning.forecasts import Outlook, Simulation, forecast, simulate
from cjm_lab.planning.goals import (
    objective_text,
    scope_checks,
    stakeholder_grid,
    unheard_functions,
)
from cjm_lab.planning.portfolios import Portfolio, portfolio
from cjm_lab.planning.priorities import prioritize
from cjm_lab.planning.resources import resource_gaps, rice_inputs
from cjm_lab.planning.walkthrough import (
    WalkthroughFindings,
    problem_discovery,
    walkthrough_findings,
    walkthrough_protocol,
)

__all__ = [
    "Outlook",
    "Portfolio",
    "Simulation",
    "WalkthroughFindings",
    "forecast",
    "objective_text",
    "portfolio",
    "prioritize",
    "problem_discovery",
    "resource_gaps",
    "rice_inputs",
    "scope_checks",
    "simulate",
    "stakeholder_grid",
    "unheard_functions",
    "walkthrough_findings",
    "walkthrough_protocol",
]
