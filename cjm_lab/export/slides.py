"""The map as slides: native tables, charts and shapes that a team can edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cjm_lab.export.slide_cards import add_card
from cjm_lab.export.slide_chart import add_curves
from cjm_lab.export.slide_map import add_map
from cjm_lab.export.slide_parts import (
    BOLD,
    BOTTOM,
    CELL,
    MARGIN,
    QUIET,
    RAIL,
    TEXT,
    TOP,
    WIDE,
    Deck,
    Entry,
    add_rule,
    add_table,
    add_text,
    cut,
    high,
    new_deck,
    pages,
    place,
    plain,
    row_height,
    said,
    saved,
    write,
)
from cjm_lab.journey import paint
from cjm_lab.journey.draw_html import summary
from cjm_lab.journey.model import NO_EVIDENCE, JourneyMap
from cjm_lab.words import day_words, shown
from cjm_lab.workspace import write_atomic

#: Most touchpoints below one chart.
_POINTS = 12
#: Sizes of the text in lists: the largest that needs only one slide, else the last.
_SIZES = (16.0, 14.0, 12.0, 11.0)


def to_pptx(map_: JourneyMap, path: Path | str) -> Path:
    """Write the map as slides of 16:9 for PowerPoint, LibreOffice Impress or Keynote.

    They are: what the map is about, the map as tables, the emotion curve as a chart, pains and what
    could be done, what the evidence says across lanes, a card of each persona, and how to read it
    all. Tables, charts and shapes are native, so a team can edit them. The notes of a slide hold
    whatever had to be shortened on it, and the ids of the evidence behind it.

    Parameters
    ----------
    map_
        The map.
    path
        The file; it appears whole or not at all, and takes the place of one that is there. The same
        map gives the same bytes.

    Returns
    -------
    Path
        The file.

    Examples
    --------
    >>> from datetime import date
    >>> from tempfile import TemporaryDirectory
    >>> from cjm_lab.journey.model import Cell, Lane
    >>> from cjm_lab.study import Stage, Touchpoint
    >>> lanes = (Lane("does", "Does", (Cell(note="No evidence yet"),)),)
    >>> stages = (Stage(id="brew", name="Brew", touchpoints=[Touchpoint(id="pot", name="Pot")]),)
    >>> tea = JourneyMap("Tea", "tea", date(2026, 10, 31), "draft", stages, lanes)
    >>> with TemporaryDirectory() as folder:
    ...     file = to_pptx(tea, Path(folder) / "tea.pptx")
    ...     file.name, file.read_bytes()[:2]
    ('tea.pptx', b'PK')
    """
    foot = f"{plain(map_.title)} · {day_words(map_.as_of)} · {map_.state}"
    deck = Deck(new_deck(), map_, foot)
    _title(deck)
    add_map(deck)
    _curves(deck)
    _pains(deck)
    _ideas(deck)
    _findings(deck)
    for card in map_.cards:
        add_card(deck, card)
    _how_to_read(deck)
    written = saved(deck.deck, map_.title, map_.as_of)
    return write_atomic(Path(path), lambda draft: draft.write_bytes(written))


def _title(deck: Deck) -> None:
    """Add what the map is about: title, day, persona, how well known, and its gist."""
    map_ = deck.map_
    slide = deck.slide(map_.title, [summary(map_)])
    title = slide.shapes.title
    assert title is not None  # the layout has one
    lines = cut([said(map_.title, TEXT, size=36.0, bold=True)], WIDE - 10, 96)
    tall = high(lines, WIDE)
    place(title, MARGIN, 190 - tall, WIDE, tall)
    title.text_frame.clear()
    write(title.text_frame, lines)
    add_rule(slide, MARGIN + 5, 172 - tall, 64)
    heads = [said(" · ".join(paint.headline(map_)[:4]), TEXT, size=15.0, fill=paint.MUTED)]
    add_text(slide, heads, MARGIN, 192, WIDE, 46, "What this is")
    known, cells = map_.cells_with_evidence
    worst = _worst(map_)
    share = f"{100 * known / cells:.0f}\u00a0%" if cells else "none"
    tiles = [
        ("Evidence", share, f"behind {known} of {cells} cells that should have it"),
        ("Journey", f"{len(map_.touchpoints)} touchpoints", f"in {len(map_.stages)} stages"),
        ("Worst pain", worst[0] or "none found", worst[1]),
    ]
    wide = (WIDE - 32) / 3
    for number, (label, value, detail) in enumerate(tiles):
        size = 22.0 if len(value) < 24 else 15.0
        tile = [said(label, QUIET, size=11.0), said(value, TEXT, size=size, bold=True)]
        tile.append(said(detail, QUIET, size=11.0))
        x = MARGIN + number * (wide + 16)
        add_text(slide, tile, x, 262, wide, 92, label, fill=paint.WASH)
    gist = said(paint.curve_summary(map_), TEXT, size=16.0)
    add_text(slide, [gist], MARGIN, 378, WIDE, 90, "In one sentence")


def _worst(map_: JourneyMap) -> tuple[str, str]:
    """Return the worst pain and where it is; empty where none was found."""
    found = [
        (item.rank or 99, column, item)
        for column, cell in enumerate(map_.lane("hurts").cells)
        for item in cell.items
    ]
    if not found:
        return "", ""
    _, column, item = min(found, key=lambda one: one[:2])
    return item.text, f"{map_.touchpoints[column].name} · {item.detail}".strip(" ·")


def _curves(deck: Deck) -> None:
    """Add the emotion curve as charts, with every interval and n in a table below."""
    map_ = deck.map_
    count, points = len(map_.touchpoints), dict(map_.points)
    if not points:
        return
    slides = -(-count // _POINTS)
    cells = map_.lane("feels").cells
    for number in range(slides):
        columns = range(round(count * number / slides), round(count * (number + 1) / slides))
        ids = {key: None for column in columns for key in cells[column].evidence_ids}
        notes = [paint.curve_summary(map_), paint.peak_end_words(map_)]
        notes += [f"Evidence: {', '.join(ids)}"] if ids else []
        slide = deck.slide("How customers feel along the journey", [n for n in notes if n])
        widths = [RAIL, *[(WIDE - RAIL) / len(columns)] * len(columns)]
        rows = _curve_rows(map_, columns)
        top = BOTTOM - sum(row_height(row, widths) for row in rows)
        add_curves(slide, map_, columns, (MARGIN, TOP - 8, WIDE, top - TOP), RAIL / WIDE)
        words = f"Interval, answers and status of each point, {100 * map_.level:.0f} % intervals"
        add_table(slide, rows, widths, top, words)


def _curve_rows(map_: JourneyMap, columns: range) -> list[list[Entry]]:
    """Return touchpoint, interval, answers and status below the chart."""
    points, cells = dict(map_.points), map_.lane("feels").cells
    level = f"{100 * map_.level:.0f}\u00a0%"
    heads = ("Touchpoint", "Satisfaction", f"{level} interval", "Answers", "Known")
    rows = [[Entry((said(head, BOLD),), fill=paint.WASH)] for head in heads]
    for column in columns:
        texts = [map_.touchpoints[column].name, NO_EVIDENCE, "", "", ""]
        if column in points:
            text = shown(points[column], "valence")
            own = next((i.status for i in cells[column].items if i.kind == "point"), None)
            texts[1:] = [text.value, text.interval, text.n, own or cells[column].status]
        looks = [BOLD, BOLD, CELL, CELL, CELL] if column in points else [BOLD, *[QUIET] * 4]
        for row, words, look in zip(rows, texts, looks, strict=True):
            row.append(Entry((said(words, look),)))
    return rows


def _list_slides(
    deck: Deck,
    title: str,
    heads: Sequence[str],
    widths: Sequence[float],
    rows: Sequence[tuple[Sequence[Entry], Sequence[str]]],
) -> None:
    """Add a table of rows with their evidence, as many slides as it needs."""
    if not rows:
        return
    top = [Entry((said(head, BOLD, size=11.0),), fill=paint.WASH) for head in heads]
    for size in _SIZES:
        rows = [(_sized(row, size), ids) for row, ids in rows]
        cut_up = pages([top, *(row for row, _ in rows)], widths)
        if len(cut_up) == 1:
            break
    done = 0
    for page in cut_up:
        here = rows[done : done + len(page) - 1]
        notes = [
            " ".join(line.text for line in before.lines)
            for (row, _), short in zip(here, page[1:], strict=True)
            for before, after in zip(row, short, strict=True)
            if before.lines != after.lines
        ]
        ids = list(dict.fromkeys(key for _, keys in here for key in keys))
        slide = deck.slide(title, [*notes, *([f"Evidence: {', '.join(ids)}"] if ids else [])])
        add_table(slide, page, widths, TOP, f"{title}: {', '.join(heads)}")
        done += len(here)


def _sized(row: Sequence[Entry], size: float) -> list[Entry]:
    return [replace(e, lines=tuple(replace(line, size=size) for line in e.lines)) for e in row]


def _pains(deck: Deck) -> None:
    """Add what hurts, the worst first, with what could be done there."""
    map_ = deck.map_
    could = map_.lane("could").cells
    found = []
    for column, cell in enumerate(map_.lane("hurts").cells):
        ideas = [i.text for i in could[column].items if i.kind == "idea"] if could else []
        for item in cell.items:
            row = [
                _plain(str(item.rank or ""), bold=True),
                _plain(item.text, bold=True, fill=paint.ALARM),
                _plain(map_.touchpoints[column].name),
                _plain(item.detail),
                _known(item.status or cell.status),
                _plain("; ".join(ideas) or "Nothing planned"),
            ]
            found.append(((item.rank or 99, column), row, cell.evidence_ids))
    rows = [(row, ids) for _, row, ids in sorted(found, key=lambda one: one[0])]
    heads = ("Rank", "Pain", "Where", "How bad, how sure", "Known", "What could be done")
    _list_slides(deck, "What hurts most", heads, (44, 204, 120, 220, 80, 220), rows)


def _ideas(deck: Deck) -> None:
    """Add what could be done, in the order of the journey."""
    map_ = deck.map_
    rows = [
        (
            [
                _plain(item.text, bold=True),
                _plain(map_.touchpoints[column].name),
                _plain(item.detail),
                _known(item.status or cell.status),
            ],
            cell.evidence_ids,
        )
        for column, cell in enumerate(map_.lane("could").cells)
        for item in cell.items
        if item.kind == "idea"
    ]
    heads = ("Opportunity", "Where", "What it would change", "Known")
    _list_slides(deck, "What could be done", heads, (300, 150, 348, 90), rows)


def _findings(deck: Deck) -> None:
    """Add what the evidence says across lanes."""
    rows = [
        ([_plain(str(number), bold=True), _plain(words)], ())
        for number, words in enumerate(deck.map_.findings, 1)
    ]
    title = "What the evidence says across the map"
    _list_slides(deck, title, ("", "Finding"), (40, WIDE - 40), rows)


def _plain(text: str, *, bold: bool = False, fill: str = paint.INK) -> Entry:
    return Entry((said(text, TEXT, bold=bold, fill=fill),))


def _known(status: str) -> Entry:
    return replace(_plain(status), status=status)


def _how_to_read(deck: Deck) -> None:
    """Add how to read the map."""
    level = f"{100 * deck.map_.level:.0f}\u00a0%"
    rows = [
        (
            "observed",
            "Counted or asked: rows of the evidence stand behind it.",
        ),
        ("reasoned", "Derived from what was observed, by a rule that the report states."),
        ("assumed", "Somebody's word, not checked yet."),
        (NO_EVIDENCE, "Nobody has looked: a gap, not good news."),
        ("[low, high]", f"The {level} interval: the data do not tell the values inside it apart."),
        ("n", "How many people, answers or events stand behind a number; fewer than 30 are few."),
        ("−2 to +2", "Satisfaction: 0 is neutral. Other scales never share its chart."),
    ]
    table = [
        [
            Entry((said(word, TEXT, size=14.0, bold=True),), word),
            Entry((said(words, TEXT, size=14.0),)),
        ]
        for word, words in rows
    ]
    heads = [Entry((said(t, TEXT, bold=True),), fill=paint.WASH) for t in ("What you see", "Means")]
    slide = deck.slide("How to read this", ["The notes of each slide name the evidence behind it."])
    add_table(slide, [heads, *table], (160, WIDE - 160), TOP + 10, "How to read the map")
