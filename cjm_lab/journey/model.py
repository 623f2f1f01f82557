"""The journey map: stages and touchpoints by lanes, every cell with what stands behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.study import Stage, Touchpoint

CellStatus = Literal["observed", "reasoned", "assumed", "none"]
ItemKind = Literal["text", "place", "quote", "pain", "idea", "bar", "loss", "point"]

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
        bar, a loss, or a point of the emotion curve.
    estimate
        The number itself, for kinds that draw it.
    rank
        Place of a pain, 1 for the worst.
    strong
        Whether it stands out.
    """

    text: str
    detail: str = ""
    kind: ItemKind = "text"
    estimate: Estimate | None = None
    rank: int = 0
    strong: bool = False


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
class JourneyMap:
    """A journey map, drawn from a study and its evidence; make one with `build_map`.

    In a notebook the map shows itself; `to_html` and `to_svg` give it as text and `table` as a
    DataFrame.
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
    evidence: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False, compare=False)

    @property
    def touchpoints(self) -> tuple[Touchpoint, ...]:
        """All touchpoints in the order of the journey."""
        return tuple(touchpoint for stage in self.stages for touchpoint in stage.touchpoints)

    def lane(self, key: str) -> Lane:
        """Return the lane with that key, such as ``feels``."""
        return next(lane for lane in self.lanes if lane.key == key)

    @property
    def cells_with_evidence(self) -> tuple[int, int]:
        """How many cells have evidence behind them, of how many that should have it.

        Names, ideas and owners are decisions and need none.
        """
        keys = ("expects", "does", "reach", "feels", "says", "hurts")
        cells = [cell for lane in self.lanes if lane.key in keys for cell in lane.cells]
        return sum(cell.status in ("observed", "reasoned") for cell in cells), len(cells)

    @property
    def points(self) -> list[tuple[int, Estimate]]:
        """The points of the emotion curve: column number and valence, where there is one."""
        cells = self.lane("feels").cells
        return [
            (column, item.estimate)
            for column, cell in enumerate(cells)
            for item in cell.items
            if item.kind == "point" and item.estimate is not None
        ]

    def to_html(self) -> str:
        """Return the map as a piece of HTML that needs no script and no other file."""
        from cjm_lab.journey.draw_html import to_html

        return to_html(self)

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
                columns["Channel"] = [f"{c.items[0].detail} [{c.status}]" for c in cells]
            else:
                columns[lane.name] = [
                    f"{cell.text} [{cell.status}]" if cell.items else cell.text for cell in cells
                ]
        return pd.DataFrame(columns, dtype="str")

    def _repr_html_(self) -> str:
        return self.to_html()
