"""Other sights of the same map: the service blueprint and the before, during and after canvas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from cjm_lab.journey.declared import STRENGTH, joined, strongest
from cjm_lab.journey.emotion import peak_end_and_mean
from cjm_lab.journey.model import MEASURED, NO_EVIDENCE, Cell, CellStatus, Item, JourneyMap, Lane
from cjm_lab.study import Stage, Touchpoint
from cjm_lab.words import listed, shown

PERIODS: tuple[Literal["before", "during", "after"], ...] = ("before", "during", "after")


class Part(NamedTuple):
    """A cell that goes into a larger one, and the place it comes from, to be said with it."""

    cell: Cell
    where: str = ""


def blueprint(map_: JourneyMap) -> JourneyMap:
    """Return the service blueprint of a map: what customers do, and what happens behind it.

    Above the line of visibility stand what customers do, the touchpoint that they meet with its
    channel and team, the time and the losses there, and the pains; below it backstage, systems
    and support, the last from the responses and the resources. A lane that nobody filled stays:
    it is what the workshop has to find out.

    Parameters
    ----------
    map_
        A map from `cjm_lab.build_map`.

    Returns
    -------
    JourneyMap
        The same stages, touchpoints and evidence with the lanes of a blueprint.

    References
    ----------
    Bitner, Ostrom & Morgan (2008), California Management Review 50, 66-94.

    Examples
    --------
    >>> from datetime import date
    >>> pot = Touchpoint(id="pot", name="Pot")
    >>> stages = (Stage(id="brew", name="Brew", touchpoints=[pot]),)
    >>> tea = JourneyMap("Tea", "tea", date(2026, 10, 31), "draft", stages, ())
    >>> [lane.name for lane in blueprint(tea).lanes][:2]
    ['Customer actions', 'Frontstage']
    """
    columns = range(len(map_.touchpoints))

    def cells(key: str) -> Sequence[Cell]:
        return map_.lane(key).cells or [Cell() for _ in columns]

    reach, support = cells("reach"), (cells("responses"), cells("resources"))
    losses = [_only(cell, "loss") for cell in reach]
    rows = {
        "does": ("Customer actions", [cells("does")]),
        "touchpoint": ("Frontstage", [cells("touchpoint"), cells("team")]),
        "measures": ("Time and losses", [cells("measures"), losses]),
        "hurts": ("Pains", [cells("hurts")]),
        "backstage": ("Backstage", [cells("backstage")]),
        "systems": ("Systems", [cells("systems")]),
        "responses": ("Support", support),
    }
    lanes = tuple(
        Lane(key, name, tuple(_filled(merged([Part(row[n]) for row in parts])) for n in columns))
        for key, (name, parts) in rows.items()
    )
    return replace(map_, title=f"{map_.title} · service blueprint", lanes=lanes, curves=())


def canvas(map_: JourneyMap) -> JourneyMap:
    """Return a map in three columns: before, during and after.

    The cells of a column's touchpoints are merged; each item says where it belongs and, where it
    is less certain than the best of its cell, how it is known. The same words at several places
    are said once, with the least certain of their statuses. Of feelings, on one scale, the mean
    of the touchpoints stands with bounds that hold however these hang together, and the lowest
    beside it; numbers on other scales are not averaged.

    Parameters
    ----------
    map_
        A map from `cjm_lab.build_map`.

    Returns
    -------
    JourneyMap
        Three stages of one column each, with the lanes of the map. A part of the journey for which
        no stage is named is an empty column.

    Examples
    --------
    >>> from datetime import date
    >>> pots = [Touchpoint(id="pot", name="Pot"), Touchpoint(id="cup", name="Cup")]
    >>> stages = (Stage(id="brew", name="Brew", touchpoints=pots),)
    >>> team = Lane("team", "Team", (Cell((Item("Tea"),), "assumed"),) * 2)
    >>> three = canvas(JourneyMap("Tea", "tea", date(2026, 10, 31), "draft", stages, (team,)))
    >>> [cell.text for cell in three.lane("team").cells]
    ['', 'Tea: Pot and Cup', '']
    """
    groups = [[s for s in map_.stages if s.period == period] for period in PERIODS]
    stages = tuple(_column(p, g) for p, g in zip(PERIODS, groups, strict=True))
    lanes = tuple(
        replace(lane, cells=tuple(_of_period(map_, lane, period) for period in PERIODS))
        for lane in map_.lanes
    )
    title = f"{map_.title} · before, during, after"
    return replace(map_, title=title, stages=stages, lanes=lanes, curves=())


def merged(parts: Sequence[Part]) -> Cell:
    """Return one cell with what several say.

    Examples
    --------
    >>> seen, said = Cell((Item("Pays"),), "observed", ("a",)), Cell((Item("Waits"),), "assumed")
    >>> both = merged([Part(seen, "Till"), Part(said, "Door")])
    >>> both.status, both.text, both.items[1].status
    ('observed', 'Pays: Till; Waits: Door', 'assumed')
    """
    told: dict[tuple[object, ...], tuple[Item, list[str], list[CellStatus]]] = {}
    for number, part in enumerate(parts):
        for item in part.cell.items:
            # A number is that of its place, even where another place has the same.
            alone = number if item.estimate is not None else -1
            key = (item.text, item.detail, item.kind, item.to, alone)
            _, places, statuses = told.setdefault(key, (item, [], []))
            places.append(part.where)
            statuses.append(item.status or part.cell.status)
    ids = tuple(dict.fromkeys(key for part in parts for key in part.cell.evidence_ids))
    if not told:
        return _silent([part.cell for part in parts], ids)
    best = strongest([_weakest(statuses) for _, _, statuses in told.values()])
    items = []
    for item, places, statuses in told.values():
        status = _weakest(statuses)
        where = listed([place for place in dict.fromkeys(places) if place] or [""])
        own = None if status == best else status
        items.append(replace(item, detail=joined(item.detail, where), status=own))
    return Cell(tuple(items), best, ids)


def _column(period: Literal["before", "during", "after"], stages: Sequence[Stage]) -> Stage:
    """Return a part of the journey as one stage with one column."""
    names = [touchpoint.name for stage in stages for touchpoint in stage.touchpoints]
    words = " · ".join(names) if names else "No touchpoint named"
    place = Touchpoint(id=period if names else f"{period}.", name=words)
    return Stage(id=period, name=period.capitalize(), period=period, touchpoints=[place])


def _of_period(map_: JourneyMap, lane: Lane, period: str) -> Cell:
    """Return the cell of a lane for a part of the journey."""
    if lane.by_stage:
        pairs = [(stage.period, stage.name) for stage in map_.stages]
    else:
        pairs = [(stage.period, t.name) for stage in map_.stages for t in stage.touchpoints]
    inside = [
        Part(cell, name)
        for cell, (when, name) in zip(lane.cells, pairs, strict=True)
        if when == period
    ]
    if not inside:
        return Cell(note=NO_EVIDENCE if lane.key in MEASURED else "")
    if len(inside) == 1:
        return inside[0].cell
    if lane.key == "touchpoint":  # the items are the names of the places
        inside = [Part(part.cell) for part in inside]
    mean = _mean(inside) if lane.key == "feels" else None
    rest = merged([Part(_as_text(cell, mean is not None), where) for cell, where in inside])
    if mean is None:
        return rest
    return merged([mean, Part(rest)])


def _mean(parts: Sequence[Part]) -> Part | None:
    """Return the mean of the curve's points, those with evidence before those that are assumed."""
    points = [
        (item, where, item.status or cell.status)
        for cell, where in parts
        for item in cell.items
        if item.kind == "point" and item.estimate is not None
    ]
    known = [point for point in points if point[2] != "assumed"] or points
    if not known:
        return None
    felt = [item.estimate for item, _, _ in known if item.estimate is not None]
    mean = peak_end_and_mean(felt)[1]
    text = shown(mean, "valence")
    _, (low, where, _) = min(zip(felt, known, strict=True), key=lambda pair: pair[0].value)
    detail = joined(
        f"{text.interval if mean.has_interval else ''} mean of {len(known)}".strip(),
        f"lowest {low.text} at {where}",
    )
    status = _weakest([status for _, _, status in known])
    ids = tuple(key for part in parts for key in part.cell.evidence_ids)
    return Part(Cell((Item(text.value, detail, "point", mean),), status, ids))


def _as_text(cell: Cell, without_points: bool) -> Cell:
    """Return a cell whose points and marks are words: one column has one point at most."""
    items = [
        replace(item, kind="text") if item.kind in ("point", "mark") else item
        for item in cell.items
        if not (without_points and item.kind == "point")
    ]
    return replace(cell, items=tuple(items))


def _only(cell: Cell, kind: str) -> Cell:
    """Return what a cell says of one kind."""
    items = tuple(item for item in cell.items if item.kind == kind)
    return replace(cell, items=items) if items else Cell()


def _filled(cell: Cell) -> Cell:
    """Return the cell; without a word it says that nothing is known yet."""
    return cell if cell.items or cell.note else Cell(note=NO_EVIDENCE)


def _silent(cells: Sequence[Cell], ids: tuple[str, ...]) -> Cell:
    """Return a cell without items: as little known as the least known of its parts."""
    status = _weakest([cell.status for cell in cells])
    note = next((cell.note for cell in cells if cell.status == status and cell.note), "")
    return Cell((), status, ids if status != "none" else (), note)


def _weakest(statuses: Sequence[CellStatus]) -> CellStatus:
    """Return the least certain of statuses."""
    return max(statuses, key=STRENGTH.index, default="none")


#: The sights of a map by name.
VIEWS: dict[str, Callable[[JourneyMap], JourneyMap]] = {
    "journey": lambda map_: map_,
    "blueprint": blueprint,
    "canvas": canvas,
}
