"""The journey map: stages and touchpoints by lanes, every cell with what stands behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.personas.cards import PersonaCard
from cjm_lab.study import Stage, Touchpoint

CellStatus = Literal["observed", "reasoned", "assumed", "none"]
ItemKind = Literal[
    "text", "place", "quote", "pain", "idea", "bar", "loss", "point", "mark", "move", "change"
]
State = Literal["as-is", "to-be"]

#: The lanes a map may have, from top to bottom, with their names. Those of `MEASURED` should have
#: evidence; of the others only those stand on a map that say anything. Below the line of visibility
#: lies what customers do not see.
LANES: dict[str, str] = {
    "funnel": "Our funnel",
    "expects": "Expects",
    "touchpoint": "Touchpoint",
    "does": "Does",
    "needs": "Needs",
    "motivation": "Motivation",
    "reach": "Reach",
    "ways": "Goes on",
    "feels": "Feels",
    "matters": "Matters",
    "thinks": "Thinks",
    "says": "Says",
    "hesitations": "Hesitates",
    "hurts": "Hurts",
    "obstacles": "Obstacles",
    "gains": "Gains",
    "measures": "Measures",
    "backstage": "Backstage",
    "systems": "Systems",
    "responses": "Responses",
    "could": "Could do",
    "resources": "Resources",
    "team": "Team",
}
#: Lanes whose cells should have evidence.
MEASURED = ("expects", "does", "reach", "feels", "says", "hurts")
#: Lanes that show one cell a stage.
BY_STAGE = ("funnel", "expects")
#: The first lanes that customers do not see.
HIDDEN_FROM = "backstage"

NO_EVIDENCE = "No evidence yet"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a cell says.

    Parameters
    ----------
    text
        The words or the number, ready to be read.
    detail
        The smaller line below: an interval, what agrees, a forecast.
    kind
        How it is drawn: plain text, the name of a place, a quote, a pain, an idea, a share as a
        bar, a loss, a point of the emotion curve or of the importance line, a mark beside the curve
        from another source, a move to another touchpoint, or what changed since the report before.
    estimate
        The number itself, for kinds that draw it.
    rank
        Place of a pain, 1 for the worst.
    strong
        Whether it stands out.
    status
        How this is known, where it differs from its cell.
    to
        Id of the touchpoint that a move leads to.
    """

    text: str
    detail: str = ""
    kind: ItemKind = "text"
    estimate: Estimate | None = None
    rank: int = 0
    strong: bool = False
    status: CellStatus | None = None
    to: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the map: what it says, how that is known, and the evidence behind it.

    Without items, `note` holds the words that stand in the cell instead.
    """

    items: tuple[Item, ...] = ()
    status: CellStatus = "none"
    evidence_ids: tuple[str, ...] = ()
    note: str = ""

    @property
    def text(self) -> str:
        """The whole cell in plain words."""
        if not self.items:
            return self.note
        return "; ".join(f"{i.text}: {i.detail}" if i.detail else i.text for i in self.items)


@dataclass(frozen=True, slots=True)
class Lane:
    """A row of the map: one cell a touchpoint, or one a stage."""

    key: str
    name: str
    cells: tuple[Cell, ...]
    note: str = ""
    by_stage: bool = False

    @property
    def usual_status(self) -> str:
        """The status that most of the lane's filled cells have; said once, beside its name."""
        filled = [cell.status for cell in self.cells if cell.items]
        return max(sorted(set(filled)), key=filled.count) if filled else ""


@dataclass(frozen=True, slots=True)
class PersonaCurve:
    """The emotion curve of one persona, and how much of its contact lies in each stage.

    Parameters
    ----------
    persona, name
        Id and name of the persona.
    points
        Column number and valence, where there is one.
    weights
        Share of the persona's events in each stage, None where unknown; one a stage or empty.
    """

    persona: str
    name: str
    points: tuple[tuple[int, Estimate], ...] = ()
    weights: tuple[Estimate | None, ...] = ()


@dataclass(frozen=True, slots=True)
class JourneyMap:
    """A journey map, drawn from a study and its evidence; make one with `build_map`.

    In a notebook the map shows itself; `to_html` and `to_svg` give it as text and `table` as a
    DataFrame.

    Parameters
    ----------
    title, study, as_of, version
        What the map is called, and which state of which study it shows.
    stages
        The stages with their touchpoints, the columns of the map.
    lanes
        The rows, from top to bottom.
    persona, persona_name, persona_size
        Whom the map is about; empty for all customers.
    period
        The span that the figures refer to.
    level
        Confidence level of the intervals.
    state
        The journey as it is, or as it is meant to be.
    curves
        The personas' curves, drawn thin beside the map's own.
    findings
        What the evidence says across lanes, such as where two sources disagree.
    cards
        The personas in short, for the exports.
    evidence
        The rows behind the map.
    """

    title: str
    study: str
    as_of: date
    version: str
    stages: tuple[Stage, ...]
    lanes: tuple[Lane, ...]
    persona: str = ""
    persona_name: str = ""
    persona_size: Estimate | None = None
    period: str = ""
    level: float = 0.95
    state: State = "as-is"
    curves: tuple[PersonaCurve, ...] = ()
    findings: tuple[str, ...] = ()
    cards: tuple[PersonaCard, ...] = ()
    evidence: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False, compare=False)

    @property
    def touchpoints(self) -> tuple[Touchpoint, ...]:
        """All touchpoints in the order of the journey."""
        return tuple(touchpoint for stage in self.stages for touchpoint in stage.touchpoints)

    def lane(self, key: str) -> Lane:
        """Return the lane with that key, such as ``feels``; without cells where there is none."""
        return next((lane for lane in self.lanes if lane.key == key), Lane(key, LANES[key], ()))

    @property
    def is_marked(self) -> bool:
        """Whether something on it is said to have changed since the report before."""
        return any(i.kind == "change" for lane in self.lanes for c in lane.cells for i in c.items)

    @property
    def cells_with_evidence(self) -> tuple[int, int]:
        """How many cells have evidence behind them, of how many that should have it.

        Names, ideas and owners are decisions and need none.
        """
        cells = [cell for lane in self.lanes if lane.key in MEASURED for cell in lane.cells]
        return sum(cell.status in ("observed", "reasoned") for cell in cells), len(cells)

    @property
    def points(self) -> list[tuple[int, Estimate]]:
        """The points of the emotion curve: column number and valence, where there is one."""
        return self._points("feels", "point")

    @property
    def importance(self) -> list[tuple[int, Estimate]]:
        """The points of the importance line, on its own scale: column number and importance."""
        return self._points("matters", "point")

    @property
    def marks(self) -> list[tuple[int, Estimate]]:
        """What other sources say beside the curve: column number and share of complaints."""
        return self._points("feels", "mark")

    def _points(self, lane: str, kind: ItemKind) -> list[tuple[int, Estimate]]:
        """Return column and number of the items of a kind in a lane."""
        return [
            (column, item.estimate)
            for column, cell in enumerate(self.lane(lane).cells)
            for item in cell.items
            if item.kind == kind and item.estimate is not None
        ]

    def to_html(self, *, script: bool = False) -> str:
        """Return the map as a piece of HTML that needs no other file.

        Parameters
        ----------
        script
            Whether the little script goes with it that filters, folds and shows what stands behind
            a cell; nothing depends on it.
        """
        from cjm_lab.journey.draw_html import to_html

        return to_html(self, script=script)

    def to_svg(self) -> str:
        """Return the map as one SVG picture with nothing but shapes and plain text."""
        from cjm_lab.journey.draw_svg import to_svg

        return to_svg(self)

    def table(self) -> pd.DataFrame:
        """Return the map as a table: one row a touchpoint, one column a lane.

        Each cell says its status in square brackets, so the table tells all that the picture
        tells.
        """
        per_touchpoint = [n for n, s in enumerate(self.stages) for _ in s.touchpoints]
        columns: dict[str, list[str]] = {
            "Stage": [self.stages[n].name for n in per_touchpoint],
            "Touchpoint": [t.name for t in self.touchpoints],
        }
        for lane in self.lanes:
            cells = [lane.cells[n] for n in per_touchpoint] if lane.by_stage else lane.cells
            if lane.key == "touchpoint":
                columns["Channel"] = [
                    f"{c.items[0].detail} [{c.status}]" if c.items else c.note for c in cells
                ]
            else:
                columns[lane.name] = [
                    f"{cell.text} [{cell.status}]" if cell.items else cell.text for cell in cells
                ]
        return pd.DataFrame(columns, dtype="str")

    def _repr_html_(self) -> str:
        return self.to_html()
