"""The Study and its parts, as the researcher writes them in study.yaml."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from cjm_lab.period import PeriodKind

Measure = Literal[
    "nps", "csat", "ces", "sus", "umux", "likert", "rating", "choice", "multi", "text", "attribute",
    "importance", "performance", "price", "kano", "maxdiff",
]  # fmt: skip
Layout = Literal[
    "plain", "qualtrics", "surveymonkey", "typeform", "google_forms", "limesurvey", "spss"
]
MentionLayout = Literal[
    "plain", "x", "reddit", "google_play", "app_store", "zendesk", "meltwater", "brandwatch"
]
EventLayout = Literal["plain", "ga4"]
Grade = Literal["low", "medium", "high"]
Code = Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9][\w.-]*$")]
Text = Annotated[str, Field(min_length=1)]
#: One sentence or several.
Sentences = Annotated[
    list[Text], BeforeValidator(lambda given: [given] if isinstance(given, str) else given)
]


class Part(BaseModel):
    """A part of the study: read-only, and no field that nobody knows."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Objective(Part):
    """What should change, how much, by when; the baseline is computed, never typed."""

    measure: Text
    target: float
    by: date
    touchpoint: str = ""
    persona: str = ""
    segment: dict[str, str] = {}


class Goal(Part):
    """Why the map is made and for whom."""

    why: str = ""
    decision: str = ""
    audience: list[str] = []
    objective: Objective | None = None


class Scope(Part):
    """Where the journey begins and ends, and what is left out."""

    trigger: str = ""
    ends: str = ""
    stages_out: list[str] = []


class Stakeholder(Part):
    """Somebody whose work the map touches."""

    name: Text
    function: str = ""
    interest: Grade = "medium"
    influence: Grade = "medium"


class Persona(Part):
    """A declared kind of customer; `match` says by which attributes one is recognized.

    `about` holds what else is known or believed (occupation, income, interests, challenges), each
    under its name; `picture` is a picture file beside study.yaml.
    """

    id: Code
    name: Text
    match: dict[str, str | list[str]] = {}
    claim: str = ""
    goals: list[str] = []
    fears: list[str] = []
    frustrations: Sentences = []
    channels: Sentences = []
    about: dict[str, Sentences] = {}
    picture: str = ""


class Touchpoint(Part):
    """A place where customer and company meet, and what is believed about it.

    The lists after `keywords` are somebody's word: what customers think, need, hesitate over and
    gain here, why they come, what stands in their way, and what happens out of their sight.
    """

    id: Code
    name: Text
    channel: str = ""
    ownership: Literal["brand", "partner", "customer", "social"] = "brand"
    team: str = ""
    action: str = ""
    events: list[str] = []
    keywords: list[str] = []
    thinks: Sentences = []
    needs: Sentences = []
    motivation: Sentences = []
    hesitations: Sentences = []
    obstacles: Sentences = []
    gains: Sentences = []
    backstage: Sentences = []
    systems: Sentences = []


class Stage(Part):
    """A stretch of the journey, named from the customer's side; `funnel` is the firm's name."""

    id: Code
    name: Text
    period: Literal["before", "during", "after"] = "during"
    expects: str = ""
    funnel: str = ""
    touchpoints: list[Touchpoint] = []


class KeyMeasure(Part):
    """One of the at most ten measures that decide whether things got better."""

    measure: Text
    matters: Annotated[float, Field(gt=0)]
    touchpoint: str = ""
    persona: str = ""
    segment: dict[str, str] = {}
    better: Literal["higher", "lower"] = "higher"


class Subject(Part):
    """Whose journey it is, the names it goes by, and its competitors."""

    brand: str = "us"
    names: list[str] = []
    competitors: list[str] = []


class Question(Part):
    """What a column of the survey asks, as the codebook has it.

    `labels` turns answers in words into numbers: a list from the lowest answer of the scale up, or
    each label with its number. A `multi` question may lie in several `columns`, one an option, or
    in one cell that `split` parts; `options` names the options of either, or of a MaxDiff set. The
    two questions of a Kano pair or of a MaxDiff set share `as`, and the dysfunctional one, or the
    one for the worst, is `reversed`.
    """

    measure: Measure
    text: str = ""
    scale: tuple[float, float] | None = None
    reversed: bool = False
    touchpoint: str = ""
    stage: str = ""
    subject: str = "us"
    success: str | list[str] | None = None
    as_: Annotated[str, Field(alias="as")] = ""
    labels: list[str] | dict[str, float] = {}
    columns: list[str] = []
    options: list[str] | dict[str, str] = []
    split: str = ""


class SourcePart(Part):
    """What every source has: files and how their columns and dates are to be read."""

    file: Text
    columns: dict[str, str] = {}
    dates: str = ""


class Drivers(Part):
    """What key drivers are sought for: a question's code, or the name that its `as` gives it."""

    of: Text


class SurveySource(SourcePart):
    """Answers, one row a respondent and one column a question.

    `drivers` names what key drivers are sought for: ``{of: recommend}``. `margins` gives the
    population's shares or counts of an attribute's categories, to which answers are weighted.
    `subject` is the column with the company that a respondent's answers are about, where that
    differs from respondent to respondent. `layout` overrules how the export is recognized, and
    `codebook` is the survey tool's own description of it, a LimeSurvey .lss file.
    """

    kind: Literal["survey"]
    respondent_id: str = "respondent_id"
    not_applicable: list[str] = []
    questions: dict[str, Question] = {}
    attributes: list[str] = []
    drivers: Drivers | None = None
    margins: dict[str, dict[str, Annotated[float, Field(gt=0)]]] = {}
    subject: str = ""
    layout: Layout | None = None
    codebook: str = ""


class MentionLabels(Part):
    """Labels that lie in the mentions file: the column with them, and what each is about.

    `touchpoint` is the column with what a label is about, and `touchpoints` gives the touchpoint
    of each of its values; a value that is no touchpoint's says nothing of one.
    """

    column: Text
    touchpoint: str = ""
    touchpoints: dict[str, str] = {}


class MentionsSource(SourcePart):
    """What people wrote about the brand; labels may lie in a column of their own.

    `layout` overrules how the export is recognized. `attributes` are columns that describe a
    mention or its author and that figures are wanted by, such as the airline it is about.
    """

    kind: Literal["mentions"]
    labels: MentionLabels | None = None
    layout: MentionLayout | None = None
    attributes: list[str] = []


class EventsSource(SourcePart):
    """What customers did; `layout` overrules how an export of Google Analytics 4 is recognized."""

    kind: Literal["events"]
    layout: EventLayout | None = None
    attributes: list[str] = []


class TableSource(SourcePart):
    """A tidy table of any other kind."""

    kind: Literal[
        "customers", "orders", "interactions", "invitations", "labels", "notes", "findings",
        "resources", "pilot", "actions", "costs", "calendar", "map",
    ]  # fmt: skip
    attributes: list[str] = []


Source = Annotated[
    SurveySource | MentionsSource | EventsSource | TableSource, Field(discriminator="kind")
]


class Funnel(Part):
    """The events that lead to the conversion, in order, and the days a customer has for them.

    A list among the steps holds alternatives; a step that ends with a question mark is optional.
    Whoever has an event of `without` on the way is out.
    """

    steps: Annotated[list[Text | Annotated[list[Text], Field(min_length=1)]], Field(min_length=2)]
    window_days: Annotated[float, Field(gt=0)] | None = None
    without: list[Text] = []

    @field_validator("steps")
    @classmethod
    def _one_goal(cls, steps: list[str | list[str]]) -> list[str | list[str]]:
        if not isinstance(steps[-1], str):
            raise ValueError(f"the last step must be one event, the goal, got {steps[-1]!r}")
        return steps

    @property
    def goal(self) -> str:
        """The event that everything leads to."""
        return str(self.steps[-1])

    @property
    def words(self) -> str:
        """The steps as people read them."""
        return " > ".join(one if isinstance(one, str) else " or ".join(one) for one in self.steps)


class ResponseRule(Part):
    """A trigger in the journey and what should happen then."""

    id: Code
    when: Text
    reason: str = ""
    reaction: str = ""
    owner: str = ""
    #: Who reacts: a person alone, a person with a prepared answer, or a program.
    state: Literal["", "manual", "semi-automatic", "automatic"] = ""
    hours_month: Annotated[float, Field(ge=0)] | None = None


class Review(Part):
    """How often the map is made anew."""

    every_months: Annotated[int, Field(ge=1, le=24)] = 1


class Budget(Part):
    """What the improvements may cost, over how many months a gain counts, and what has to fit."""

    amount: Annotated[float, Field(ge=0)]
    currency: str = ""
    horizon_months: Annotated[int, Field(ge=1, le=60)] = 12
    #: Person-weeks of each owner; an owner without an entry has no limit.
    capacity: dict[str, Annotated[float, Field(ge=0)]] = {}
    must_have: list[str] = []
    #: Of each list at most one is bought.
    either_or: list[list[str]] = []
    #: Costs may turn out between these multiples of what is stated (PERT, most likely 1).
    cost_range: tuple[Annotated[float, Field(gt=0, le=1)], Annotated[float, Field(ge=1)]] | None = (
        None
    )


class Priorities(Part):
    """How opportunities are ranked: a usual score, or a formula of the study's own."""

    method: Literal["rice", "ice", "impact_effort", "formula"] = "rice"
    formula: str = ""


class Study(Part):
    """A study: goal, scope, personas, stages, sources, measures.

    Read one with `load_study`; `path` is where it was read from.

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use",
    ...     "touchpoints": [{"id": "pot", "name": "Pot"}]}]})
    >>> study.stage_of, study.level
    ({'pot': 'use'}, 0.95)
    """

    title: Text
    goal: Goal = Goal()
    scope: Scope = Scope()
    stakeholders: list[Stakeholder] = []
    personas: list[Persona] = []
    time_zone: str = "UTC"
    engine: Literal["polars", "duckdb", "spark"] = "polars"
    period: PeriodKind | None = None
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    key_measures: Annotated[list[KeyMeasure], Field(max_length=10)] = []
    subject: Subject = Subject()
    stages: Annotated[list[Stage], Field(min_length=1)]
    sources: list[Source] = []
    funnel: Funnel | None = None
    responses: list[ResponseRule] = []
    budget: Budget | None = None
    priorities: Priorities = Priorities()
    review: Review = Review()
    path: Path = Path("study.yaml")

    @property
    def folder(self) -> Path:
        """Folder that relative file names start from."""
        return self.path.parent

    @property
    def name(self) -> str:
        """Name of the study's folder."""
        return self.path.parent.name

    @property
    def touchpoints(self) -> list[Touchpoint]:
        """All touchpoints in the order of the journey."""
        return [touchpoint for stage in self.stages for touchpoint in stage.touchpoints]

    @property
    def stage_of(self) -> dict[str, str]:
        """Stage id of each touchpoint id, in the order of the journey."""
        return {t.id: stage.id for stage in self.stages for t in stage.touchpoints}

    @property
    def touchpoint_of_event(self) -> dict[str, str]:
        """Touchpoint id of each event name; a touchpoint's id is an event name too."""
        own = {t.id: t.id for t in self.touchpoints}
        return own | {event: t.id for t in self.touchpoints for event in t.events}

    def touchpoint(self, touchpoint_id: str) -> Touchpoint:
        """Return the touchpoint with that id."""
        return next(t for t in self.touchpoints if t.id == touchpoint_id)

    def persona(self, persona_id: str) -> Persona:
        """Return the persona with that id."""
        return next(p for p in self.personas if p.id == persona_id)
