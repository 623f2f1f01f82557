"""One function a plot: data first, ``ax=None`` for a new figure, and the Axes come back."""

from cjm_lab.plots.bars import funnel, priorities, shares
from cjm_lab.plots.emotions import emotion
from cjm_lab.plots.estimates import forecast, pilot, scores, value_gap
from cjm_lab.plots.moves import transitions
from cjm_lab.plots.people import stakeholders
from cjm_lab.plots.trends import trend
from cjm_lab.plots.words import alt_text

__all__ = [
    "alt_text",
    "emotion",
    "forecast",
    "funnel",
    "pilot",
    "priorities",
    "scores",
    "shares",
    "stakeholders",
    "transitions",
    "trend",
    "value_gap",
]
