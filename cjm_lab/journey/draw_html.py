"""The map as HTML: a grid with the drawn strips inside, and the same as tables for every reader."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import isnan

from cjm_lab.journey import paint, strips
from cjm_lab.journey.model import NO_EVIDENCE, Cell, Item, JourneyMap, Lane
from cjm_lab.journey.paint import safe
from cjm_lab.journey.script import SCRIPT
from cjm_lab.journey.style import STYLE
from cjm_lab.ledger import row_estimate
from cjm_lab.words import capital, listed, measure_name, shown, span_words
from cjm_lab.workspace import short_hash

#: Most touchpoints beside one another on an A3 sheet, so that the smallest type has 7 points.
SHEET_COLUMNS = 13

_LINES = (
    ("observed", "solid", "counted or asked"),
    ("reasoned", "dashed", "derived from what was observed"),
    ("assumed", "dotted", "somebody's word"),
)


_TITLE = re.compile("<title>[^<]*</title>")


@dataclass(frozen=True, slots=True)
class Frame:
    """How the columns lie: their width on the drawings, and how paper cuts them into bands."""

    width: int
    bands: tuple[range, ...]
    name: str

    def pieces(self, first: int, count: int) -> Iterator[tuple[bool, str]]:
        """Yield for columns side by side each piece on paper: whether it continues, and its style.

        On a screen the first piece spans all columns, and the others are not shown.
        """
        span = f"--n:{count};" if count > 1 else ""
        if len(self.bands) == 1:
            yield False, f' style="{span}"' if span else ""
            return
        for number, band in enumerate(self.bands):
            here = range(max(first, band.start), min(first + count, band.stop))
            if here:
                place = f"--b:{number};" * bool(number) + f"--c:{here.start - band.start + 2}"
                wide = f";--k:{len(here)}" if len(here) > 1 else ""
                yield here.start > first, f' style="{span}{place}{wide}"'


def to_html(map_: JourneyMap, *, script: bool = False) -> str:
    """Return the map as one figure with its own style: no other file, no request.

    Parameters
    ----------
    map_
        The map.
    script
        Whether the little script goes along that filters, folds and shows what stands behind a
        cell; everything can be read without it. A page with a Content-Security-Policy allows it by
        `cjm_lab.journey.script.CSP_SOURCE`.

    Returns
    -------
    str
        A ``<figure>``; several of them may stand on one page. All outside text is escaped. It
        follows the reader's system to light or dark unless ``data-theme`` says otherwise.
    """
    count = len(map_.touchpoints)
    parts = (map_.study, map_.title, map_.as_of, map_.persona, map_.version, map_.state,
             *(lane.key for lane in map_.lanes), *(t.id for t in map_.touchpoints))  # fmt: skip
    frame = Frame(
        max(116, min(200, 1100 // max(1, count))),
        _bands(map_),
        f"cjm-{short_hash(*parts, digits=8)}",
    )
    numbers = _evidence_numbers(map_)
    rows = _rows(map_, frame, numbers)
    many = len(frame.bands) > 1
    look = f"--cols:{count};--least:{round(frame.width * 0.9) if count < 10 else 104}px;"
    look += f"--most:{round(frame.width * 1.3)}px"
    if many:
        look += f";--band:{max(map(len, frame.bands))};--rows:{len(rows)}"
    body = "".join(
        row.replace('class="cjm-row"', f'class="cjm-row" style="--r:{number}"', 1)
        for number, row in enumerate(rows, 1)
    )
    return (
        f'<figure class="cjm {"cjm-many" if many else "cjm-small"}"><style>{STYLE}</style>'
        f'<figcaption><b dir="auto">{safe(map_.title)}</b> '
        f'<span class="cjm-state">{map_.state}</span>{safe(" · ".join(paint.headline(map_)[1:]))}'
        f'</figcaption><p class="cjm-hidden" id="{frame.name}-s">{safe(summary(map_))}</p>'
        '<div class="cjm-frame"><div class="cjm-scroll" tabindex="0" role="region" '
        f'aria-label="Journey map, scrolls sideways" aria-describedby="{frame.name}-s">'
        f'<div class="cjm-grid" dir="ltr" style="{look}">{body}</div></div></div>'
        f"{_legend(map_)}{_findings(map_)}{_table(map_)}{_evidence(map_, numbers)}"
        f"{f'<script>{SCRIPT}</script>' if script else ''}</figure>"
    )


def summary(map_: JourneyMap) -> str:
    """Return the map in a paragraph, for those who don't see it.

    It says state, persona, the worst pains, where customers feel best and worst and what matters
    most to them, where they turn back, and how much of the map is assumed.
    """
    names = [touchpoint.name for touchpoint in map_.touchpoints]
    columns = {touchpoint.id: column for column, touchpoint in enumerate(map_.touchpoints)}
    pains = sorted(
        (item.rank or 99, column, item.text)
        for column, cell in enumerate(map_.lane("hurts").cells)
        for item in cell.items
    )
    said = [f"{text}, at {names[column]}" for _, column, text in pains[:3]]
    parts = [
        f"Journey map with {len(map_.stages)} stages and {len(names)} touchpoints, "
        f"{', '.join(paint.headline(map_))}.",
        paint.curve_summary(map_),
        f"Worst pains: {'; '.join(said)}." if said else "",
    ]
    if map_.importance:
        column = max(map_.importance, key=lambda point: point[1].value)[0]
        parts.append(f"What matters most: {names[column]}.")
    loops = [
        f"from {names[start]} back to {names[columns[item.to]]} ({item.text})"
        for start, cell in enumerate(map_.lane("ways").cells)
        for item in cell.items
        if item.kind == "move" and columns.get(item.to, start + 1) <= start
    ]
    parts.append(f"Customers turn back {listed(loops[:5])}." if loops else "")
    filled = [cell for lane in map_.lanes for cell in lane.cells if cell.items]
    assumed = sum(cell.status == "assumed" for cell in filled)
    parts += [
        f"{assumed} of {len(filled)} filled cells are assumed." if filled else "",
        "Everything on it stands in the table below.",
    ]
    return " ".join(part for part in parts if part)


def _bands(map_: JourneyMap) -> tuple[range, ...]:
    """Return how the columns are cut on paper: evenly, at the end of a stage where one is near."""
    count = max(1, len(map_.touchpoints))
    sheets = -(-count // SHEET_COLUMNS)
    ends, edges = {0}, [0]
    for stage in map_.stages:
        ends.add(max(ends) + len(stage.touchpoints))
    for sheet in range(1, sheets):
        even = round(sheet * count / sheets)
        left = SHEET_COLUMNS * (sheets - sheet)  # what the other sheets can hold
        fits = range(max(edges[-1] + 1, count - left), edges[-1] + SHEET_COLUMNS + 1)
        near = [at for at in ends if at in fits and abs(at - even) <= 2]
        edges.append(min(near, key=lambda at: abs(at - even), default=even))
    return tuple(range(*both) for both in pairwise([*edges, count]))


def _rows(map_: JourneyMap, frame: Frame, numbers: dict[str, int]) -> list[str]:
    """Return the rows of the grid, from the stages to the last lane."""
    rows = [_stages(map_, frame)]
    if any(any(curve.weights) for curve in map_.curves):
        rows.append(_weights(map_, frame))
    hidden = paint.hidden_from(map_)
    for lane in map_.lanes:
        if lane.key == hidden:
            rows.append(_sight(frame))
        rows.append(_lane(lane, map_, frame, numbers))
    return rows


def _row(head: str, cells: str, frame: Frame, name: str = "", *, by_stage: bool = False) -> str:
    """Return a row; its name stands again before every band on paper."""
    again = "".join(
        f'<div class="cjm-lane cjm-more{" cjm-page" if not name else ""}" aria-hidden="true" '
        f'style="--b:{band}">{head}</div>'
        for band in range(1, len(frame.bands))
    )
    known = f' data-lane="{name}"' + " data-stages" * by_stage if name else ""
    said = f' data-name="{name}"' if name else ""
    return (
        f'<div class="cjm-row"{known}><div class="cjm-lane"{said}>{head}</div>{cells}{again}</div>'
    )


def _stages(map_: JourneyMap, frame: Frame) -> str:
    """Return the head of the grid."""
    heads, column = [], 0
    for stage in map_.stages:
        count = len(stage.touchpoints)
        for more, style in frame.pieces(column, count):
            look = ' cjm-more" aria-hidden="true' if more else ""
            heads.append(
                f'<div class="cjm-stage{look}" dir="auto"{style}>'
                f"<span>{safe(stage.name)}</span><small>{stage.period}</small></div>"
            )
        column += count
    return _row("Stage", "".join(heads), frame)


def _weights(map_: JourneyMap, frame: Frame) -> str:
    """Return how much of each persona's contact lies in each stage."""
    cells, column = [], 0
    for number, stage in enumerate(map_.stages):
        count = len(stage.touchpoints)
        lines = ""
        for place, curve in enumerate(map_.curves):
            share = curve.weights[number] if number < len(curve.weights) else None
            if share is None:
                continue
            text = shown(share, "share")
            lines += (
                f"<div>{safe(curve.name)} <b>{text.value}</b> "
                f"<small>{text.interval} {text.n}</small>"
                f'<i style="width:{100 * max(0.0, min(1.0, share.value)):.1f}%;background:'
                f'var(--cjm-p{place % 5})"></i></div>'
            )
        for more, style in frame.pieces(column, count):
            look = ' cjm-more" aria-hidden="true' if more else ""
            cells.append(
                f'<div class="cjm-cell cjm-end{look}" dir="auto"{style}>'
                f'<div class="cjm-weights">{lines}</div></div>'
            )
        column += count
    head = "<span>Weight</span><small>where each persona meets us</small>"
    return _row(head, "".join(cells), frame, "Weight", by_stage=True)


def _sight(frame: Frame) -> str:
    """Return the line of visibility, once for every band."""
    words = "<span>Line of visibility: customers don't see what lies below</span>"
    return (
        f'<div class="cjm-row"><div class="cjm-sight">{words}</div>'
        + "".join(
            f'<div class="cjm-sight cjm-more" aria-hidden="true" style="--b:{band}">{words}</div>'
            for band in range(1, len(frame.bands))
        )
        + "</div>"
    )


def _lane(lane: Lane, map_: JourneyMap, frame: Frame, numbers: dict[str, int]) -> str:
    """Return a lane: its name with the status that most cells have, then its cells."""
    usual = lane.usual_status
    notes = [part for part in (lane.note, usual if lane.key != "touchpoint" else "") if part]
    head = f"<span>{safe(lane.name)}</span>"
    head += "".join(f'<small dir="auto">{safe(note)}</small>' for note in notes)
    if lane.key in _STRIPS:
        return _row(head, _strip(lane, map_, frame, numbers), frame, safe(lane.name))
    ends = {0}
    for stage in map_.stages:
        ends.add(max(ends) + len(stage.touchpoints))
    cells, column = [], 0
    for number, cell in enumerate(lane.cells):
        count = len(map_.stages[number].touchpoints) if lane.by_stage else 1
        channel = "" if lane.by_stage else map_.touchpoints[number].channel
        last = " cjm-end" if column + count in ends else ""
        for more, style in frame.pieces(column, count):
            look = last + (' cjm-more" aria-hidden="true' if more else "")
            cells.append(_cell(cell, usual, look, style, channel, numbers))
        column += count
    return _row(head, "".join(cells), frame, safe(lane.name), by_stage=lane.by_stage)


#: Lanes that are one drawing across all columns: what draws them, how high, and what they show.
_STRIPS: dict[str, tuple[Callable[[JourneyMap, int], str], int, str]] = {
    "feels": (strips.curve, strips.HEIGHT, "Emotion along the journey"),
    "matters": (strips.importance_strip, strips.IMPORTANCE_HEIGHT, "Importance along the journey"),
    "ways": (strips.ways_strip, strips.WAYS_HEIGHT, "Where customers go next"),
}


def _strip(lane: Lane, map_: JourneyMap, frame: Frame, numbers: dict[str, int]) -> str:
    """Return a drawn lane, its cells in words over it, and its pieces on paper."""
    draw, high, title = _STRIPS[lane.key]
    count = len(lane.cells)
    whole, name = frame.width * count, f"{frame.name}-{lane.key}"
    said = paint.curve_summary(map_) if lane.key == "feels" else title
    spots = "".join(
        f'<div class="cjm-spot{f" cjm-{cell.status}" if cell.items else ""}"'
        f'{_ids(cell, numbers)} title="{safe(_said(map_, lane, column))}"></div>'
        for column, cell in enumerate(lane.cells)
    )
    drawn = _TITLE.sub("", draw(map_, frame.width))  # the spots above the drawing say the same
    strip = (
        f'<div class="cjm-curve cjm-whole" style="--n:{count}">'
        f'<svg role="img" aria-labelledby="{name}-t {name}-d" viewBox="0 0 {whole} {high}">'
        f'<title id="{name}-t">{title}</title><desc id="{name}-d">{safe(said)}</desc>'
        f'<g id="{name}">{drawn}</g></svg>'
        f'<div class="cjm-spots" style="--n:{count}">{spots}</div></div>'
    )
    if len(frame.bands) == 1:
        return strip
    for number, band in enumerate(frame.bands):
        left, wide = frame.width * band.start, frame.width * len(band)
        strip += (
            f'<div class="cjm-curve cjm-more" aria-hidden="true" '
            f'style="--b:{number};--c:2;--k:{len(band)}"><svg viewBox="{left} 0 {wide} {high}">'
            f'<use href="#{name}"/></svg></div>'
        )
    return strip


def _said(map_: JourneyMap, lane: Lane, column: int) -> str:
    """Return a cell of a drawn lane in words, in the feelings' lane with those of each persona."""
    said = [lane.cells[column].text]
    if lane.key == "feels":
        said += [
            f"{curve.name} {shown(estimate, 'valence').full}"
            for curve in map_.curves
            for at, estimate in curve.points
            if at == column
        ]
    return "; ".join(text for text in said if text)


def _ids(cell: Cell, numbers: dict[str, int]) -> str:
    """Return which rows of the evidence stand behind a cell."""
    rows = " ".join(str(numbers[key]) for key in cell.evidence_ids if key in numbers)
    return f' data-e="{rows}"' if rows else ""


def _cell(
    cell: Cell, usual: str, look: str, style: str, channel: str, numbers: dict[str, int]
) -> str:
    """Return a cell; its status is said in words where it isn't the usual one of its lane."""
    if not cell.items:
        known = f" cjm-{cell.status}" if cell.evidence_ids else ""
        kind = "cjm-gap" if cell.note == NO_EVIDENCE else f"cjm-none{known}"
        words = f"<span>{safe(cell.note)}</span>" if cell.note else ""
        return f'<div class="cjm-cell {kind}{look}"{_ids(cell, numbers)}{style}>{words}</div>'
    body = "".join(_item(item, cell.status, channel) for item in cell.items)
    if cell.status != usual:
        body += f'<small class="cjm-status">{cell.status}</small>'
    return (
        f'<div class="cjm-cell cjm-{cell.status}{look}" dir="auto"{_ids(cell, numbers)}{style}>'
        f"{body}</div>"
    )


def _item(item: Item, status: str, channel: str) -> str:
    """Return one thing that a cell says, with its status where it differs from the cell's."""
    drawn = _plain_item(item, channel)
    if not item.status or item.status == status:
        return drawn
    return (
        f'<div class="cjm-is-{item.status}">{drawn}'
        f'<small class="cjm-status">{item.status}</small></div>'
    )


def _plain_item(item: Item, channel: str) -> str:
    """Return one thing that a cell says."""
    text, detail = safe(item.text), safe(item.detail)
    small = f"<small>{detail}</small>" if detail else ""
    if item.kind == "place":
        drawing = (
            f'<svg viewBox="0 0 16 16" aria-hidden="true"><path d="{paint.icon(channel)}"/></svg>'
        )
        return f'<div><b>{text}</b><small class="cjm-place">{drawing}{detail}</small></div>'
    if item.kind == "bar" and item.estimate:
        share = max(0.0, min(100.0, 100 * item.estimate.value))
        return (
            f'<div><span class="cjm-bar"><i style="width:{share:.1f}%"></i></span>'
            f'<p class="cjm-line"><b>{text}</b> {small}</p></div>'
        )
    if item.kind == "quote":
        return f"<q>{text}</q>{small}"
    if item.kind == "pain":
        rank = f'<span class="cjm-rank">{item.rank}</span>' if item.rank else ""
        return f'<div class="cjm-pain">{rank}<b>{text}</b>{small}</div>'
    if item.kind == "idea":
        return f'<div class="cjm-idea"><b>{text}</b>{small}</div>'
    if item.kind == "change":
        look = "cjm-strong" if item.strong else "cjm-change"
        return f'<p class="cjm-line {look}"><b>{text}</b> {small}</p>'
    if item.kind == "loss":
        look = "cjm-strong" if item.strong else "cjm-quiet"
        return f'<p class="cjm-line {look}"><b>{text}</b> {small}</p>'
    return f"<div><p>{text}</p>{small}</div>"


def _legend(map_: JourneyMap) -> str:
    """Return how to read the map."""
    level = f"{100 * map_.level:.0f}\u00a0%"
    lines = [
        "<b>●</b> its area shows how many answered, the line the "
        f"{level} interval; gray: may be neutral"
    ]
    lines += ["<b>◆</b> share of complaints, on its own scale"] if map_.marks else []
    lines += ["<b>■</b> importance, on its own scale"] if map_.importance else []
    lines += [
        f'<i style="border-inline-start:3px {line} var(--cjm-axis)"></i><b>{word}</b> {meaning}'
        for word, line, meaning in _LINES
    ]
    lines += ["<b>▲ better, ▼ worse</b> than the report before, beyond chance"] * map_.is_marked
    ends = paint.peak_end_words(map_)
    lines += [ends] if ends else []
    return f'<div class="cjm-legend">{"".join(f"<span>{line}</span>" for line in lines)}</div>'


def _findings(map_: JourneyMap) -> str:
    """Return what the evidence says across lanes."""
    if not map_.findings:
        return ""
    points = "".join(f'<li dir="auto">{safe(words)}</li>' for words in map_.findings)
    return f'<ul class="cjm-found">{points}</ul>'


def _table(map_: JourneyMap) -> str:
    """Return the map as a real table, one row a touchpoint."""
    table = map_.table()
    head = "".join(f'<th scope="col">{safe(str(column))}</th>' for column in table.columns)
    rows = "".join(
        f'<tr><td>{safe(stage)}</td><th scope="row">{safe(place)}</th>'
        f"{''.join(f'<td>{safe(text)}</td>' for text in rest)}</tr>"
        for stage, place, *rest in table.itertuples(index=False, name=None)
    )
    return _folded(
        "The map as a table",
        "cjm-twin",
        f"<caption>{safe(map_.title)}, {safe(', '.join(paint.headline(map_)))}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>",
    )


def _folded(title: str, look: str, table: str) -> str:
    """Return a table that opens on demand."""
    return (
        f'<details class="{look}"><summary>{title}</summary><div class="cjm-table" tabindex="0" '
        f'role="region" aria-label="{title}, scrolls sideways"><table>{table}</table></div>'
        "</details>"
    )


def _evidence_numbers(map_: JourneyMap) -> dict[str, int]:
    """Return the place that the evidence of the cells has in its table, by evidence id."""
    if not len(map_.evidence):
        return {}
    there = set(map_.evidence["evidence_id"])
    used = dict.fromkeys(
        key for lane in map_.lanes for cell in lane.cells for key in cell.evidence_ids
    )
    return {key: number for number, key in enumerate(key for key in used if key in there)}


def _evidence(map_: JourneyMap, numbers: dict[str, int]) -> str:
    """Return the rows of the ledger behind the cells as a table."""
    if not numbers:
        return ""
    places = {stage.id: stage.name for stage in map_.stages}
    places |= {touchpoint.id: touchpoint.name for touchpoint in map_.touchpoints}
    rows = map_.evidence[map_.evidence["evidence_id"].isin(list(numbers))]
    lines = {}
    for row in rows.to_dict("records"):
        place = row["touchpoint"] or row["stage"]
        measure = capital(measure_name(row["measure"]))
        label = "" if row["label"] in ("", places.get(place)) else f": {row['label']}"
        value = row_estimate(row)
        number = "" if isnan(value.value) else shown(value, row["measure"]).full
        words = (
            places.get(place, place),
            f"{measure}{label}",
            number,
            row["method"],
            row["source"],
            span_words(row["period_start"], row["period_end"]),
            row["status"],
            row["evidence_id"],
        )
        lines[numbers[row["evidence_id"]]] = "".join(f"<td>{safe(text)}</td>" for text in words)
    heads = ("Where", "What", "How much", "Method", "Source", "Period", "Known", "Evidence")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(f"<tr>{lines[number]}</tr>" for number in sorted(lines))
    return _folded(
        "What stands behind the cells",
        "cjm-evidence",
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>",
    )
