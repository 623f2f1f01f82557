"""The journey map: build, emotion curve, pain points, comparison, checks, drawing, story."""

from cjm_lab.journey.build import build_map
from cjm_lab.journey.checks import common_mistakes, health_evidence
from cjm_lab.journey.compare import change_evidence, compare_maps
from cjm_lab.journey.emotion import peak_end
from cjm_lab.journey.model import Cell, Item, JourneyMap, Lane
from cjm_lab.journey.moments import moments_of_truth
from cjm_lab.journey.needs import content_matrix
from cjm_lab.journey.pains import pain_points
from cjm_lab.journey.story import lead
from cjm_lab.journey.tables import change_table, health_table, key_figures, pain_table

__all__ = [
    "Cell",
    "Item",
    "JourneyMap",
    "Lane",
    "build_map",
    "change_evidence",
    "change_table",
    "common_mistakes",
    "compare_maps",
    "content_matrix",
    "health_evidence",
    "health_table",
    "key_figures",
    "lead",
    "moments_of_truth",
    "pain_points",
    "pain_table",
    "peak_end",
]
