"""Surveys: scores with honest intervals, compared, and as evidence for the map."""

from cjm_lab.surveys.evidence import survey_evidence
from cjm_lab.surveys.groups import compare_groups
from cjm_lab.surveys.scores import ces, csat, likert, nps, rating, sus, umux_lite
from cjm_lab.surveys.value import value_gap, value_gap_evidence
from cjm_lab.surveys.waves import scores_by_wave

__all__ = [
    "ces",
    "compare_groups",
    "csat",
    "likert",
    "nps",
    "rating",
    "scores_by_wave",
    "survey_evidence",
    "sus",
    "umux_lite",
    "value_gap",
    "value_gap_evidence",
]
