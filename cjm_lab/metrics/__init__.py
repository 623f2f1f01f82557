"""The journey stream and every metric of events, customers, contacts and pilots.

Names are loaded on first use, so that `cjm_lab.metrics.pilot` works without an event engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cjm_lab.metrics.activity import acquisition, sessions, usage
    from cjm_lab.metrics.base import contacts, customer_base
    from cjm_lab.metrics.chain import MarkovChain, markov_chain, removal_effects
    from cjm_lab.metrics.paths import transitions
    from cjm_lab.metrics.pilot import analyze_pilot
    from cjm_lab.metrics.places import drop_off, entry_share, exit_share, reach
    from cjm_lab.metrics.rules import responses
    from cjm_lab.metrics.steps import funnel
    from cjm_lab.metrics.stream import JourneyStream, journey_stream
    from cjm_lab.metrics.weeks import trend

_MODULE_OF = {
    "JourneyStream": "stream",
    "MarkovChain": "chain",
    "acquisition": "activity",
    "analyze_pilot": "pilot",
    "contacts": "base",
    "customer_base": "base",
    "drop_off": "places",
    "entry_share": "places",
    "exit_share": "places",
    "funnel": "steps",
    "journey_stream": "stream",
    "markov_chain": "chain",
    "reach": "places",
    "removal_effects": "chain",
    "responses": "rules",
    "sessions": "activity",
    "transitions": "paths",
    "trend": "weeks",
    "usage": "activity",
}

__all__ = [
    "JourneyStream",
    "MarkovChain",
    "acquisition",
    "analyze_pilot",
    "contacts",
    "customer_base",
    "drop_off",
    "entry_share",
    "exit_share",
    "funnel",
    "journey_stream",
    "markov_chain",
    "reach",
    "removal_effects",
    "responses",
    "sessions",
    "transitions",
    "trend",
    "usage",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module on first use."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
