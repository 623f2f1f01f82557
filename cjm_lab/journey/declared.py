"""What people believe or plan about the journey: the words of the study and of the table map.csv.

All of it is assumed: it stands beside the evidence, never in its place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import nan
from typing import TypeAlias

import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate
from cjm_lab.journey.model import (
    BY_STAGE,
    LANES,
    MEASURED,
    NO_EVIDENCE,
    Cell,
    CellStatus,
    Item,
    ItemKind,
    State,
)
from cjm_lab.journey.rows import Row
from cjm_lab.study import Study
from cjm_lab.words import MINUS, plain

#: Columns of the table of assumptions, map.csv.
COLUMNS = ("stage", "touchpoint", "persona", "lane", "state", "text")
#: Lanes that a touchpoint of the study has a list for.
LISTS = ("needs", "motivation", "thinks", "hesitations", "obstacles", "gains", "backstage",
         "systems")  # fmt: skip
STATES: tuple[State, ...] = ("as-is", "to-be")
#: Statuses from the strongest to the weakest.
STRENGTH: tuple[CellStatus, ...] = ("observed", "reasoned", "assumed", "none")

#: Words for the whole numbers of the emotion scale, from -2 to +2, as on a drawing with five faces.
FEELINGS = ("Very unhappy", "Unhappy", "Neutral", "Happy", "Very happy")
_FEELINGS = {words.casefold(): place - 2.0 for place, words in enumerate(FEELINGS)}
_KINDS: dict[str, ItemKind] = {"hurts": "pain", "could": "idea"}

#: Texts by lane and by the id of the stage or touchpoint.
Texts: TypeAlias = Mapping[tuple[str, str], Sequence[str]]


def words(texts: str | Sequence[str], missing: str = NO_EVIDENCE) -> Cell:
    """Return somebody's words as an assumed cell.

    Examples
    --------
    >>> words("Not to be chased").status, words("").text
    ('assumed', 'No evidence yet')
    """
    given = [texts] if isinstance(texts, str) else texts
    items = tuple(Item(text) for text in given if text)
    return Cell(items, "assumed") if items else Cell(note=missing)


def with_words(cell: Cell, texts: Sequence[str], lane: str = "", detail: str = "") -> Cell:
    """Return a cell with somebody's words after what it says already.

    What the cell says in the same words is not said twice, and its status stays the strongest of
    its items'. In the lane ``feels`` a number from -2 to +2, or one of the words very unhappy,
    unhappy, neutral, happy and very happy, is a point of the curve where there is none yet.

    Examples
    --------
    >>> counted = Cell((Item("40 %"),), "observed", ("id",))
    >>> both = with_words(counted, ["Nearly everybody"])
    >>> both.status, both.items[1].status
    ('observed', 'assumed')
    """
    new: list[Item] = []
    for text in texts:
        if text and text not in [item.text for item in (*cell.items, *new)]:
            asked = any(item.kind == "point" for item in (*cell.items, *new))
            new.append(_item(text, lane, detail, point=lane == "feels" and not asked))
    if not new:
        return cell
    items = cell.items
    if not items and cell.status != "none":
        items = (Item(cell.note),)  # it was measured: what was found stays said
    if not items:
        return Cell(tuple(new), "assumed")
    status = cell.status
    own: CellStatus | None = None if status == "assumed" else "assumed"
    added = tuple(replace(item, status=own) for item in new)
    return replace(cell, items=(*items, *added), note="")


def as_planned(cell: Cell, texts: Sequence[str], lane: str) -> Cell:
    """Return a cell of the journey as it is meant to be.

    The planned words take the place of what was assumed; a single empty one takes that away. What
    has evidence stays and is marked as of today; an idea is of tomorrow already.

    Examples
    --------
    >>> as_planned(words("Types the card"), ["Pays with a look"], "does").text
    'Pays with a look: planned'
    """
    items, kept = list(cell.items), []
    for item in items:
        status = item.status or cell.status
        if item.kind == "place" or (item.kind == "idea" and status != "assumed"):
            kept.append(item)
        elif status != "assumed":
            kept.append(replace(item, detail=joined(item.detail, "today")))
        elif not texts:
            kept.append(item)
    missing = NO_EVIDENCE if lane in MEASURED else ""
    left = replace(cell, items=tuple(kept)) if kept or not items else Cell(note=missing)
    return with_words(left, texts, lane, "planned")


def read_assumed(assumed: pd.DataFrame, study: Study, persona: str) -> tuple[Texts, Texts]:
    """Return what is believed of the journey as it is, and what is planned.

    Parameters
    ----------
    assumed
        Columns `COLUMNS`, the table map.csv. An empty stage and touchpoint mean all, an empty
        persona everybody, an empty state the journey as it is.
    study
        Stages, touchpoints and personas.
    persona
        The map's; rows about other ones are left out.

    Returns
    -------
    tuple of dict
        The texts as is and to be, by lane and by the id of the stage or touchpoint.

    Raises
    ------
    ParameterError
        If a column is missing, or a row names a lane, place, persona or state that nobody knows.

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "brew", "name": "Brew",
    ...     "touchpoints": [{"id": "pot", "name": "Pot"}]}]})
    >>> table = pd.DataFrame([["", "pot", "", "needs", "", "A lid"]], columns=COLUMNS)
    >>> read_assumed(table, study, "")[0]
    {('needs', 'pot'): ['A lid']}
    """
    missing = [column for column in COLUMNS if column not in assumed.columns]
    if missing:
        raise ParameterError(
            f"assumptions must have the columns {list(COLUMNS)}, missing {missing}"
        )
    told: dict[State, dict[tuple[str, str], list[str]]] = {
        state: defaultdict(list) for state in STATES
    }
    table = assumed[list(COLUMNS)].astype("object").fillna("").astype("str")
    for number, row in enumerate(table.to_dict("records"), 1):
        told_row = {str(key): value.strip() for key, value in row.items()}
        state = _checked(told_row, study, f"row {number} of map.csv")
        if told_row["persona"] in ("", persona):
            for place in _places(told_row, study):
                told[state][told_row["lane"], place].append(told_row["text"])
    return dict(told["as-is"]), dict(told["to-be"])


def funnel_cells(study: Study, conversion: Row | None) -> tuple[Cell, ...]:
    """Return the firm's own names beside the customer's stages.

    Where a stage has none, the steps of the funnel that lie there stand in their place: reasoned
    if the funnel was measured, else somebody's word.

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "buy", "name": "Buy",
    ...     "touchpoints": [{"id": "basket", "name": "Basket"}, {"id": "pay", "name": "Pay"}]}],
    ...     "funnel": {"steps": ["basket", "pay"]}})
    >>> funnel_cells(study, None)[0].text
    'basket, then pay: steps of the funnel'
    """
    at: dict[str, list[str]] = defaultdict(list)
    for step in study.funnel.steps if study.funnel else []:
        events = [event.removesuffix("?") for event in ([step] if isinstance(step, str) else step)]
        place = next((study.touchpoint_of_event.get(event, "") for event in events), "")
        if place:
            at[study.stage_of[place]].append(
                " or ".join(event.replace("_", " ") for event in events)
            )
    status: CellStatus = "assumed" if conversion is None else "reasoned"
    ids = () if conversion is None else (conversion["evidence_id"],)
    return tuple(
        Cell((Item(", then ".join(at[stage.id]), "steps of the funnel"),), status, ids)
        if not stage.funnel and stage.id in at
        else words(stage.funnel, missing="")
        for stage in study.stages
    )


def strongest(statuses: Sequence[CellStatus]) -> CellStatus:
    """Return the most certain of statuses.

    Examples
    --------
    >>> strongest(["assumed", "reasoned"])
    'reasoned'
    """
    return min(statuses, key=STRENGTH.index, default="none")


def joined(*parts: str) -> str:
    """Return the small print of an item: its parts on one line.

    Examples
    --------
    >>> joined("[37, 43]", "", "today")
    '[37, 43] · today'
    """
    return " · ".join(part for part in parts if part)


def _item(text: str, lane: str, detail: str, *, point: bool) -> Item:
    """Return somebody's word; a place on the emotion scale is a point, without an interval."""
    valence = _valence(text)
    if point and valence is not None:
        value = plain(valence, 1, signed=True)
        said = joined(text if text.casefold() in _FEELINGS else "", detail)
        return Item(value, said, "point", Estimate(valence, nan, nan, n=0, method="assumed"))
    return Item(text, detail, _KINDS.get(lane, "text"))


def _valence(text: str) -> float | None:
    """Return the place on the emotion scale that a text names, None if it names none."""
    try:
        return float(text.replace(MINUS, "-"))
    except ValueError:
        return _FEELINGS.get(text.casefold())


def _checked(row: Mapping[str, str], study: Study, where: str) -> State:
    """Return the row's state, or say what nobody knows."""
    known: dict[str, list[str]] = {
        "lane": list(LANES),
        "stage": [stage.id for stage in study.stages],
        "touchpoint": list(study.stage_of),
        "persona": [persona.id for persona in study.personas],
        "state": list(STATES),
    }
    for column, options in known.items():
        if row[column] not in options and (row[column] or column == "lane"):
            raise ParameterError(one_of(column, options, row[column], where))
    stage = study.stage_of.get(row["touchpoint"], row["stage"])
    if row["stage"] and row["stage"] != stage:
        raise ParameterError(
            f"stage must be {stage!r}, where {row['touchpoint']!r} lies, or empty, "
            f"got {row['stage']!r} ({where})"
        )
    valence = _valence(row["text"]) if row["lane"] == "feels" else None
    if valence is not None and not -2 <= valence <= 2:
        raise ParameterError(
            f"a number in the lane feels must lie between -2 and +2, got {row['text']!r} ({where})"
        )
    return next((state for state in STATES if state == row["state"]), "as-is")


def _places(row: Mapping[str, str], study: Study) -> Iterator[str]:
    """Yield the ids of the cells that a row is about; without any it is about all."""
    stage = study.stage_of.get(row["touchpoint"], row["stage"])
    for each in study.stages:
        if stage in ("", each.id):
            if row["lane"] in BY_STAGE:
                yield each.id
            else:
                inside = (t.id for t in each.touchpoints)
                yield from (t for t in inside if row["touchpoint"] in ("", t))
