"""The map as HTML: a grid with the curve inside, and the same as a table for screen readers."""

from __future__ import annotations

from cjm_lab.journey import paint
from cjm_lab.journey.draw_svg import lanes_height
from cjm_lab.journey.model import NO_EVIDENCE, Cell, Item, JourneyMap, Lane
from cjm_lab.journey.paint import safe
from cjm_lab.journey.style import STYLE
from cjm_lab.workspace import short_hash

#: Width of the lanes' names in px.
_RAIL = 124

#: Room for the grid on an A3 sheet on its side, in px: margins, title and legend taken off.
_SHEET = (1480, 900)


def to_html(map_: JourneyMap) -> str:
    """Return the map as one figure with its own style: no script, no other file, no request.

    Parameters
    ----------
    map_
        The map.

    Returns
    -------
    str
        A ``<figure>``; several of them may stand on one page. All outside text is escaped.
    """
    width = paint.column_width(map_)
    count = len(map_.touchpoints)
    whole = _RAIL + width * count
    sheet = min(1.0, _SHEET[0] / whole, _SHEET[1] / lanes_height(map_))
    name = f"cjm-{short_hash(map_.study, map_.as_of, map_.persona, map_.version, digits=8)}"
    body = "".join(_lane(lane, map_, width, name) for lane in map_.lanes)
    return (
        f'<figure class="cjm" style="--cjm-sheet:{sheet:.3f}">'
        f"<style>{STYLE}</style><figcaption><b>{safe(map_.title)}</b> "
        f"{safe(' · '.join(paint.headline(map_)))}</figcaption>"
        '<div class="cjm-scroll" tabindex="0" role="region" '
        'aria-label="Journey map, scrolls sideways">'
        f'<div class="cjm-grid" role="img" aria-label="{safe(_summary(map_))}" '
        f'style="grid-template-columns:{_RAIL}px repeat({count},{width}px);width:{whole}px">'
        f"{_stages(map_)}{body}</div></div>{_legend(map_)}{_table(map_)}</figure>"
    )


def _stages(map_: JourneyMap) -> str:
    """Return the head of the grid."""
    heads = "".join(
        f'<div class="cjm-stage" dir="auto" style="grid-column:span {len(stage.touchpoints)}">'
        f"<span>{safe(stage.name)}</span><small>{stage.period}</small></div>"
        for stage in map_.stages
    )
    return f'<div class="cjm-lane">Stage</div>{heads}'


def _lane(lane: Lane, map_: JourneyMap, width: int, name: str) -> str:
    """Return a lane: its name with the status that most cells have, then its cells."""
    usual = lane.usual_status
    notes = [part for part in (lane.note, usual if lane.key != "touchpoint" else "") if part]
    below = "".join(f"<small>{safe(note)}</small>" for note in notes)
    head = f'<div class="cjm-lane">{lane.name}{below}</div>'
    if lane.key == "feels":
        whole, high = width * len(map_.touchpoints), paint.HEIGHT
        return (
            f'{head}<div class="cjm-curve" style="grid-column:span {len(map_.touchpoints)}">'
            f'<svg role="img" aria-labelledby="{name}-t {name}-d" width="{whole}" height="{high}" '
            f'viewBox="0 0 {whole} {high}"><title id="{name}-t">Emotion along the journey</title>'
            f'<desc id="{name}-d">{safe(paint.curve_summary(map_))}</desc>'
            f"{paint.curve(map_, width)}</svg></div>"
        )
    spans = [len(stage.touchpoints) if lane.by_stage else 1 for stage in map_.stages]
    last = {t.id for t in (stage.touchpoints[-1] for stage in map_.stages)}
    cells = []
    for number, cell in enumerate(lane.cells):
        span = f' style="grid-column:span {spans[number]}"' if lane.by_stage else ""
        ends = " cjm-end" if lane.by_stage or map_.touchpoints[number].id in last else ""
        channel = "" if lane.by_stage else map_.touchpoints[number].channel
        cells.append(_cell(cell, usual, span, ends, channel))
    return head + "".join(cells)


def _cell(cell: Cell, usual: str, span: str, ends: str, channel: str) -> str:
    """Return a cell; its status is said in words where it isn't the usual one of its lane."""
    if not cell.items:
        kind = "cjm-gap" if cell.note == NO_EVIDENCE else "cjm-none"
        return f'<div class="cjm-cell {kind}{ends}"{span}>{safe(cell.note)}</div>'
    body = "".join(_item(item, channel) for item in cell.items)
    if cell.status != usual:
        body += f'<small class="cjm-status">{cell.status}</small>'
    return f'<div class="cjm-cell cjm-{cell.status}{ends}" dir="auto"{span}>{body}</div>'


def _item(item: Item, channel: str) -> str:
    """Return one thing that a cell says."""
    text, detail = safe(item.text), safe(item.detail)
    small = f"<small>{detail}</small>" if detail else ""
    if item.kind == "place":
        drawing = (
            f'<svg viewBox="0 0 16 16" aria-hidden="true"><path d="{paint.icon(channel)}" '
            f'fill="none" stroke="{paint.MUTED}" stroke-width="1.4" stroke-linejoin="round"/></svg>'
        )
        return f'<div><b>{text}</b><small class="cjm-place">{drawing}{detail}</small></div>'
    if item.kind == "bar" and item.estimate:
        share = max(0.0, min(100.0, 100 * item.estimate.value))
        return (
            f'<div><div class="cjm-bar"><i style="width:{share:.1f}%"></i></div>'
            f'<p class="cjm-line"><b>{text}</b> {small}</p></div>'
        )
    if item.kind == "quote":
        return f"<q>{text}</q>{small}"
    if item.kind == "pain":
        rank = f'<span class="cjm-rank">{item.rank}</span>' if item.rank else ""
        return f'<div class="cjm-pain">{rank}<b>{text}</b>{small}</div>'
    if item.kind == "idea":
        return f'<div class="cjm-idea"><b>{text}</b>{small}</div>'
    if item.kind == "loss":
        look = "cjm-strong" if item.strong else "cjm-quiet"
        return f'<p class="cjm-line {look}"><b>{text}</b> {small}</p>'
    return f"<div><p>{text}</p>{small}</div>"


def _legend(map_: JourneyMap) -> str:
    """Return how to read the map."""
    level = f"{100 * map_.level:.0f}\u00a0%"
    borders = "".join(
        f'<span><i style="border-left:3px {line} #6B7280"></i><b>{word}</b> {meaning}</span>'
        for word, line, meaning in (
            ("observed", "solid", "counted or asked"),
            ("reasoned", "dashed", "derived from what was observed"),
            ("assumed", "dotted", "somebody's word"),
        )
    )
    dots = (
        "<span><b>●</b> its area shows how many answered, the line the "
        f"{level} interval; gray: may be neutral</span>"
    )
    ends = paint.peak_end_words(map_)
    return f'<div class="cjm-legend">{dots}{borders}{f"<span>{ends}</span>" if ends else ""}</div>'


def _table(map_: JourneyMap) -> str:
    """Return the map as a real table, one row a touchpoint."""
    table = map_.table()
    head = "".join(f'<th scope="col">{safe(str(column))}</th>' for column in table.columns)
    rows = "".join(
        f'<tr><td>{safe(stage)}</td><th scope="row">{safe(place)}</th>'
        f"{''.join(f'<td>{safe(text)}</td>' for text in rest)}</tr>"
        for stage, place, *rest in table.itertuples(index=False, name=None)
    )
    return (
        '<details><summary>The map as a table</summary><div class="cjm-table" tabindex="0" '
        'role="region" aria-label="Table, scrolls sideways"><table>'
        f"<caption>{safe(map_.title)}: {safe(_summary(map_))}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )


def _summary(map_: JourneyMap) -> str:
    """Return the map in a few sentences, for those who don't see it."""
    pains = sorted(
        (item.rank, item.text, touchpoint.name)
        for touchpoint, cell in zip(map_.touchpoints, map_.lane("hurts").cells, strict=True)
        for item in cell.items
    )
    worst = f" Worst pain: {pains[0][1]}, at {pains[0][2]}." if pains else ""
    return (
        f"Journey map with {len(map_.stages)} stages and {len(map_.touchpoints)} touchpoints, "
        f"{', '.join(paint.headline(map_))}. {paint.curve_summary(map_)}{worst} "
        "Everything on it stands in the table below."
    )
