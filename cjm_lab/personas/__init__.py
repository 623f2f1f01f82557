"""Personas: segments found, personas declared and tested, empathy maps."""

from cjm_lab.personas.carry import (
    carried_over,
    load_persona,
    load_persona_segments,
    persona_file,
)
from cjm_lab.personas.empathy import empathy_map
from cjm_lab.personas.evidence import persona_evidence, persona_people
from cjm_lab.personas.ideal import IdealCustomer, ideal_customer
from cjm_lab.personas.joined import segment_table
from cjm_lab.personas.profiles import profile
from cjm_lab.personas.saved import (
    SegmentMatch,
    SegmentModel,
    load_segments,
    match_segments,
    save_segments,
    score_segments,
    unseen_categories,
)
from cjm_lab.personas.segments import Segments, segment

__all__ = [
    "IdealCustomer",
    "SegmentMatch",
    "SegmentModel",
    "Segments",
    "carried_over",
    "empathy_map",
    "ideal_customer",
    "load_persona",
    "load_persona_segments",
    "load_segments",
    "match_segments",
    "persona_evidence",
    "persona_file",
    "persona_people",
    "profile",
    "save_segments",
    "score_segments",
    "segment",
    "segment_table",
    "unseen_categories",
]
