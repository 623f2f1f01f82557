"""One function a plot: data first, ``ax=None`` for a new figure, and the Axes come back."""

from cjm_lab.plots.answers import likert, nps
from cjm_lab.plots.bars import funnel, priorities, shares
from cjm_lab.plots.budgets import frontier
from cjm_lab.plots.credit import attribution
from cjm_lab.plots.curves import retention_curve, survival, time_to_convert
from cjm_lab.plots.emotions import emotion
from cjm_lab.plots.estimates import forecast, pilot, scores
from cjm_lab.plots.evaluators import discovery
from cjm_lab.plots.features import kano
from cjm_lab.plots.flows import flow
from cjm_lab.plots.heat import retention, step_matrix
from cjm_lab.plots.held import forecasts_held
from cjm_lab.plots.holdouts import lifetime_holdout
from cjm_lab.plots.ideal import calibration
from cjm_lab.plots.importance import importance_performance, value_gap_map
from cjm_lab.plots.key_drivers import drivers
from cjm_lab.plots.looks import looks
from cjm_lab.plots.mentions import labeled_against_automatic, polarity_trend, terms
from cjm_lab.plots.moments import moments_of_truth
from cjm_lab.plots.moves import transitions
from cjm_lab.plots.people import stakeholders
from cjm_lab.plots.rank_shares import rank_stability
from cjm_lab.plots.rounds import waves
from cjm_lab.plots.trends import trend
from cjm_lab.plots.words import alt_text

__all__ = [
    "alt_text",
    "attribution",
    "calibration",
    "discovery",
    "drivers",
    "emotion",
    "flow",
    "forecast",
    "forecasts_held",
    "frontier",
    "funnel",
    "importance_performance",
    "kano",
    "labeled_against_automatic",
    "lifetime_holdout",
    "likert",
    "looks",
    "moments_of_truth",
    "nps",
    "pilot",
    "polarity_trend",
    "priorities",
    "rank_stability",
    "retention",
    "retention_curve",
    "scores",
    "shares",
    "stakeholders",
    "step_matrix",
    "survival",
    "terms",
    "time_to_convert",
    "transitions",
    "trend",
    "value_gap_map",
    "waves",
]
