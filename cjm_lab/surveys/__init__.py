"""Surveys: scores with honest intervals, compared, and as evidence for the map."""

from cjm_lab.surveys.best_worst import maxdiff
from cjm_lab.surveys.driver_evidence import driver_evidence
from cjm_lab.surveys.drivers import KeyDrivers, key_drivers
from cjm_lab.surveys.evidence import survey_evidence
from cjm_lab.surveys.feature_evidence import feature_evidence
from cjm_lab.surveys.gaps import derived_importance, value_gap
from cjm_lab.surveys.groups import compare_groups, paired_difference
from cjm_lab.surveys.importance import (
    importance_performance,
    opportunity_band,
    opportunity_score,
)
from cjm_lab.surveys.kano_features import kano
from cjm_lab.surveys.outcome_model import outcome_model
from cjm_lab.surveys.reliability import cronbach_alpha, item_analysis, omega
from cjm_lab.surveys.reliability_evidence import reliability_evidence
from cjm_lab.surveys.scores import ces, csat, likert, nps, rating, sus, umux_lite
from cjm_lab.surveys.value import value_gap_evidence
from cjm_lab.surveys.waves import scores_by_wave
from cjm_lab.surveys.weighting import Raking, rake

__all__ = [
    "KeyDrivers",
    "Raking",
    "ces",
    "compare_groups",
    "cronbach_alpha",
    "csat",
    "derived_importance",
    "driver_evidence",
    "feature_evidence",
    "importance_performance",
    "item_analysis",
    "kano",
    "key_drivers",
    "likert",
    "maxdiff",
    "nps",
    "omega",
    "opportunity_band",
    "opportunity_score",
    "outcome_model",
    "paired_difference",
    "rake",
    "rating",
    "reliability_evidence",
    "scores_by_wave",
    "survey_evidence",
    "sus",
    "umux_lite",
    "value_gap",
    "value_gap_evidence",
]
