"""Study and its parts, read from study.yaml."""

from cjm_lab.study.load import load_study
from cjm_lab.study.models import (
    Budget,
    Funnel,
    Goal,
    KeyMeasure,
    MentionLabels,
    MentionsSource,
    Objective,
    Persona,
    Question,
    ResponseRule,
    Source,
    SourcePart,
    Stage,
    Study,
    SurveySource,
    TableSource,
    Touchpoint,
)

__all__ = [
    "Budget",
    "Funnel",
    "Goal",
    "KeyMeasure",
    "MentionLabels",
    "MentionsSource",
    "Objective",
    "Persona",
    "Question",
    "ResponseRule",
    "Source",
    "SourcePart",
    "Stage",
    "Study",
    "SurveySource",
    "TableSource",
    "Touchpoint",
    "load_study",
]
