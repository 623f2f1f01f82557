"""Personas: segments found, personas declared and tested, empathy maps."""

from cjm_lab.personas.empathy import empathy_map
from cjm_lab.personas.evidence import persona_evidence, persona_people
from cjm_lab.personas.profiles import profile
from cjm_lab.personas.segments import Segments, segment

__all__ = [
    "Segments",
    "empathy_map",
    "persona_evidence",
    "persona_people",
    "profile",
    "segment",
]
