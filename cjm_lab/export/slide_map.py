"""The map as native tables, cut into slides by touchpoints and by lanes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cjm_lab.export.slide_parts import (
    BOLD,
    CELL,
    GRAY,
    QUIET,
    RAIL,
    TOP,
    WIDE,
    Deck,
    Entry,
    add_table,
    pages,
    said,
)
from cjm_lab.journey import paint
from cjm_lab.journey.draw_svg import Line
from cjm_lab.journey.model import NO_EVIDENCE, Cell, Item, JourneyMap, Lane

#: Most touchpoints beside one another.
_COLUMNS = 7


def add_map(deck: Deck) -> None:
    """Add the map as tables: on each slide a few touchpoints and as many lanes as fit.

    A lane that says nothing about these touchpoints is left out.
    """
    map_ = deck.map_
    for columns in _bands(map_):
        stages = _stages_in(map_, columns)
        widths = [RAIL, *[(WIDE - RAIL) / len(columns)] * len(columns)]
        heads = [_stage_row(map_, stages), _place_row(map_, columns)]
        drawn = [
            (lane, row)
            for lane in map_.lanes
            if lane.key != "touchpoint"
            for row in [_lane_row(lane, columns, stages)]
            if any(entry.lines for entry in row[1:])
        ]
        lanes, rows = [lane for lane, _ in drawn], [row for _, row in drawn]
        first, last = (map_.stages[at].name for at in (stages[0][0], stages[-1][0]))
        where = first if first == last else f"{first} to {last}"
        done = 0
        for page in pages([*heads, *rows], widths, head=2) or [[*heads]]:
            shown_here = lanes[done : done + len(page) - 2]
            notes = list(_lane_notes(map_, shown_here, rows[done:], page[2:], columns, stages))
            names = [lane.name for lane in shown_here]
            what = " to ".join(dict.fromkeys(names[:1] + names[-1:])) or "Touchpoints"
            slide = deck.slide(f"{where}: {what}", notes)
            words = f"The map from {where}: touchpoints in columns, {', '.join(names)} in rows"
            add_table(slide, page, widths, TOP, words)
            done += len(shown_here)


def _bands(map_: JourneyMap) -> list[range]:
    """Return which touchpoints stand on a slide: whole stages where they fit, else even parts."""
    edges = [0]
    at = 0
    for stage in map_.stages:
        count = len(stage.touchpoints)
        if at > edges[-1] and at + count - edges[-1] > _COLUMNS:
            edges.append(at)
        parts = -(-count // _COLUMNS)
        edges += [at + round(count * part / parts) for part in range(1, parts)]
        at += count
    return [range(*both) for both in zip(edges, [*edges[1:], at], strict=True) if both[1] > both[0]]


def _stages_in(map_: JourneyMap, columns: range) -> list[tuple[int, int]]:
    """Return the stages on a slide and how many of their touchpoints are there."""
    found, at = [], 0
    for number, stage in enumerate(map_.stages):
        end = at + len(stage.touchpoints)
        here = min(end, columns.stop) - max(at, columns.start)
        if here > 0:
            found.append((number, here))
        at = end
    return found


def _stage_row(map_: JourneyMap, stages: Sequence[tuple[int, int]]) -> list[Entry]:
    white = replace(BOLD, fill=paint.PAPER, size=11.0)
    cells = [
        Entry(
            (said(f"{map_.stages[number].name} · {map_.stages[number].period}", white),),
            fill=paint.INK,
            span=span,
        )
        for number, span in stages
    ]
    return [Entry((said("Stage", BOLD),), fill=paint.WASH), *cells]


def _place_row(map_: JourneyMap, columns: range) -> list[Entry]:
    """Return the touchpoints with their channels."""
    known = map_.lane("touchpoint").cells
    entries = [Entry((said("Touchpoint", BOLD),), fill=paint.WASH)]
    for column in columns:
        cell = known[column] if column < len(known) else Cell()
        details = [said(item.detail, QUIET) for item in cell.items[:1] if item.detail]
        name = said(map_.touchpoints[column].name, BOLD)
        entries.append(Entry((name, *details), cell.status))
    return entries


def _lane_row(lane: Lane, columns: range, stages: Sequence[tuple[int, int]]) -> list[Entry]:
    """Return a lane on a slide: its name with the usual status, then its cells."""
    usual = lane.usual_status
    head = (said(lane.name, BOLD), *(said(note, QUIET) for note in (lane.note, usual) if note))
    cells = (
        [(lane.cells[number], span) for number, span in stages]
        if lane.by_stage
        else [(lane.cells[column], 1) for column in columns]
    )
    return [Entry(head, fill=paint.WASH), *(_entry(c, lane.key, usual, n) for c, n in cells)]


def _entry(cell: Cell, lane: str, usual: str, span: int) -> Entry:
    """Return a cell of the map: its words, and its status where it isn't the usual one."""
    if not cell.items:
        quiet = cell.note == NO_EVIDENCE
        note = (said(cell.note, QUIET, italic=True),) if cell.note else ()
        return Entry(note, fill=GRAY if quiet else paint.PAPER, span=span)
    lines = [line for item in cell.items for line in _item(item, cell.status)]
    if cell.status != usual:
        lines.append(said(cell.status, QUIET, italic=True))
    fill = {"hurts": paint.PAIN_FILL, "could": paint.IDEA_FILL}.get(lane, "")
    assumed = GRAY if cell.status == "assumed" else paint.PAPER
    return Entry(tuple(lines), cell.status, fill or assumed, span)


def _item(item: Item, status: str) -> Iterator[Line]:
    """Yield the paragraphs of one thing that a cell says."""
    rank = f"{item.rank} · " if item.kind == "pain" and item.rank else ""
    alarm = item.kind == "pain" or item.strong
    yield said(
        rank + item.text,
        fill=paint.ALARM if alarm else paint.INK,
        bold=item.strong or item.kind in ("pain", "idea", "bar", "point"),
        italic=item.kind == "quote",
        look=CELL,
    )
    own = item.status if item.status and item.status != status else ""
    if detail := " · ".join(part for part in (item.detail, own) if part):
        yield said(detail, QUIET)


def _lane_notes(
    map_: JourneyMap,
    lanes: Sequence[Lane],
    whole: Sequence[Sequence[Entry]],
    drawn: Sequence[Sequence[Entry]],
    columns: range,
    stages: Sequence[tuple[int, int]],
) -> Iterator[str]:
    """Yield what was shortened on a slide, and the evidence behind its cells."""
    for lane, full, short in zip(lanes, whole, drawn, strict=False):
        for before, after in zip(full, short, strict=True):
            if before.lines != after.lines:
                yield f"{lane.name}: {' '.join(line.text for line in before.lines)}"
    for lane in lanes:
        at = [number for number, _ in stages] if lane.by_stage else list(columns)
        names = [place.name for place in (map_.stages if lane.by_stage else map_.touchpoints)]
        for number in at:
            if ids := lane.cells[number].evidence_ids:
                yield f"Evidence, {lane.name}, {names[number]}: {', '.join(ids)}"
