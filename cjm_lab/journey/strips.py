"""The strips of a map that span all columns, as SVG: emotion, importance, ways on.

Both drawings use them. Colors are literal, so that a picture needs no style sheet; the style of the
HTML turns each of them into its counterpart on a dark page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import sqrt

from cjm_lab.estimate import Estimate
from cjm_lab.journey.emotion import tangents
from cjm_lab.journey.model import NO_EVIDENCE, Item, JourneyMap
from cjm_lab.journey.paint import (
    ABOVE,
    AXIS,
    BELOW,
    BLUE,
    BORDER,
    GRAY,
    INK,
    LINE,
    MUTED,
    PAPER,
    PURPLE,
    VERMILLION,
    extremes,
    safe,
)
from cjm_lab.words import measure_name, shown

#: Heights of the strips that span all columns.
HEIGHT, IMPORTANCE_HEIGHT, WAYS_HEIGHT = 262, 112, 140

#: Where +2 and -2 lie in the curve; marks from other sources take a ribbon of their own below it.
TOP, BOTTOM, BOTTOM_WITH_MARKS = 42, 210, 166
_RIBBON = (212, 240)

#: Okabe-Ito hues, darkened where white shows too little of them, and a dash each: the personas.
PERSONAS = (
    ("#009E73", "7 3"), ("#A85D92", "2 3"), ("#A66F00", "9 3 2 3"), ("#2F86B7", "5 5"),
    ("#8A6D00", "1 4"), ("#595959", "12 4"),
)  # fmt: skip
_LEVELS = 3
#: What the curve shows, as a mark of change calls it.
FELT = measure_name("valence")


def curve(map_: JourneyMap, width: int) -> str:
    """Return the emotion curve as SVG elements, one column of `width` a touchpoint.

    The personas' curves lie thin behind it, each with a dash of its own and its name at the end;
    what other sources say stands on a ribbon below it, on a scale of its own.
    """
    names = [touchpoint.name for touchpoint in map_.touchpoints]
    bottom = BOTTOM_WITH_MARKS if map_.marks else BOTTOM

    def y(valence: float) -> float:
        return TOP + (2 - valence) / 4 * (bottom - TOP)

    parts = _ground(map_, width, y) + _persona_curves(map_, width, y)
    points = map_.points
    if not points:
        middle = width * len(names) / 2
        words = NO_EVIDENCE + ": nobody was asked" * (middle > 130)
        parts.append(_text(middle, y(0) - 10, words, 13, MUTED, italic=True))
        return _centered([*parts, *_marks(map_, width)])
    parts += _strokes([(width * (c + 0.5), y(e.value), c) for c, e in points], BLUE, 2.5)
    most = max(estimate.n for _, estimate in points)
    tags, moved = _tags([estimate for _, estimate in points]), _moved(map_)
    statuses = _statuses(map_, "feels", "point")
    for number, (column, estimate) in enumerate(points):
        x = width * (column + 0.5)
        lines = [line for line in (tags[number], *moved.get(column, ())) if line]
        parts.append(_dot(x, estimate, most, statuses[column], lines, names[column], y))
    asked = {column for column, _ in points}
    parts += [
        _text(width * (column + 0.5), HEIGHT - 7, NO_EVIDENCE, 10.5, MUTED, italic=True)
        for column in range(len(names))
        if column not in asked
    ]
    return _centered([*parts, *_marks(map_, width)])


def importance_strip(map_: JourneyMap, width: int) -> str:
    """Return how much each touchpoint matters as SVG elements, on a scale of its own."""
    whole = width * len(map_.touchpoints)
    points = {c: e for c, e in map_.importance}
    top, bottom = 34, IMPORTANCE_HEIGHT - 30
    cells = map_.lane("matters").cells
    said = {c: i for c, cell in enumerate(cells) for i in cell.items if i.kind == "point"}
    least, most = _scale(list(points.values()))

    def y(value: float) -> float:
        return bottom - (value - least) / (most - least) * (bottom - top)

    unit = "%" in "".join(item.text for item in said.values()) and most <= 1
    parts = _borders(map_, width, IMPORTANCE_HEIGHT)
    for value in (most, least) if points else ():
        label = f"{100 * value:g}\u00a0%" if unit else f"{value:g}".replace("-", "\u2212")
        parts += [_rule(whole, y(value), LINE), _left(y(value) - 3, label)]
    places = [(width * (c + 0.5), y(e.value), c) for c, e in points.items()]
    parts += _strokes(places, PURPLE, 1.8)
    statuses = _statuses(map_, "matters", "point")
    for column, estimate in points.items():
        x, at, item = width * (column + 0.5), y(estimate.value), said[column]
        name = f"{map_.touchpoints[column].name}: {item.text} {item.detail}".strip()
        edge = min(at - 5, y(estimate.high)) if estimate.has_interval else at - 5
        hollow = statuses[column] == "assumed"
        look = f'fill="{PAPER}" stroke="{PURPLE}"' if hollow else f'fill="{PURPLE}"'
        small = f"n\u00a0{estimate.n:,}{' (few)' if estimate.n < 30 else ''}" if estimate.n else ""
        parts += [
            f'<g class="cjm-{statuses[column]}"><title>{safe(name)}</title>',
            _whisker(x, y, estimate),
            f'<path d="M{x - 4.5:.1f} {at - 4.5:.1f}h9v9h-9z" {look}/>',
            _text(x, max(11, edge - 6), item.text, 12, INK, weight=600, rim=3),
            _text(x, IMPORTANCE_HEIGHT - 8, small or "assumed" * hollow, 10.5, MUTED),
            "</g>",
        ]
    for column, cell in enumerate(cells):
        if column not in points:
            x = width * (column + 0.5)
            words = cell.note or NO_EVIDENCE
            parts.append(_text(x, IMPORTANCE_HEIGHT - 8, words, 10.5, MUTED, italic=True))
    return _centered(parts)


def ways_strip(map_: JourneyMap, width: int) -> str:
    """Return where customers go next as SVG elements: skips forward above, loops back below.

    Of ways that would lie over one another the strongest are drawn; ``+2`` beside a touchpoint says
    how many of its ways only the table tells.
    """
    whole, middle = width * len(map_.touchpoints), WAYS_HEIGHT / 2
    names = [touchpoint.name for touchpoint in map_.touchpoints]
    parts = _borders(map_, width, WAYS_HEIGHT)
    parts.append(_rule(whole, middle, BORDER))
    left_out: dict[int, int] = {}
    taken: dict[tuple[bool, int], list[tuple[float, float]]] = {}
    arcs = []
    for start, end, item, status in _moves(map_):
        share = item.estimate
        thick = 1.2 + 3 * max(0.0, min(1.0, share.value)) if share else 1.2
        words = shown(share, "transition").value if share else ""
        title = f"{names[start]}: {item.text} {item.detail}".strip()
        color = VERMILLION if end <= start else BLUE
        dash = ' stroke-dasharray="2 3"' if status == "assumed" else ""
        if end == start + 1:
            x = width * (start + 0.5)
            d = f"M{x + 6:g} {middle:g}H{x + width - 12:g}"
            head = f"M{x + width - 6:g} {middle:g}l-7-4v8z"
            label = _text(x + width / 2, middle - 5, words, 11, INK, rim=3)
        else:
            back = end <= start
            span = (min(start, end) - 0.3 * (end == start), max(start, end) + 0.3 * (end == start))
            level = _free_level(taken, back, span)
            if level is None:
                left_out[start] = left_out.get(start, 0) + 1
                continue
            d, head, at = _arc(width, start, end, middle, 22 + 15 * level)
            label = _text(sum(at[:2]) / 2, at[2] + 4, words, 11, INK, rim=7)
        arcs.append(
            f'<g class="cjm-{status}" fill="{color}"><title>{safe(title)}</title><path d="{d}" '
            f'fill="none" stroke="{color}" stroke-width="{thick:.1f}"{dash}/><path d="{head}"/>'
            f"{label}</g>"
        )
    parts += reversed(arcs)  # the strongest last, on top of the weaker
    for column in range(len(names)):
        x = width * (column + 0.5)
        parts.append(
            f'<circle cx="{x:g}" cy="{middle}" r="4.5" fill="{PAPER}" stroke="{GRAY}" '
            'stroke-width="1.5"/>'
        )
        if column in left_out:
            parts.append(_text(x, middle + 18, f"+{left_out[column]}", 10.5, MUTED, rim=3))
    if not arcs:
        parts.append(_text(whole / 2, middle - 12, NO_EVIDENCE, 12, MUTED, italic=True))
    return _centered(parts)


def _centered(parts: Sequence[str]) -> str:
    return f'<g text-anchor="middle">{"".join(parts)}</g>'


def _moves(map_: JourneyMap) -> list[tuple[int, int, Item, str]]:
    """Return from where to where customers go on, the strongest ways first."""
    columns = {touchpoint.id: column for column, touchpoint in enumerate(map_.touchpoints)}
    moves = [
        (start, columns[item.to], item, item.status or cell.status)
        for start, cell in enumerate(map_.lane("ways").cells)
        for item in cell.items
        if item.kind == "move" and item.to in columns
    ]
    return sorted(moves, key=lambda m: (-(m[2].estimate.value if m[2].estimate else 0), *m[:2]))


def _free_level(
    taken: dict[tuple[bool, int], list[tuple[float, float]]], back: bool, span: tuple[float, float]
) -> int | None:
    """Return the level nearest to the middle where an arc touches no other, and take it."""
    for level in range(_LEVELS):
        there = taken.setdefault((back, level), [])
        if all(span[1] < low or high < span[0] for low, high in there):
            there.append(span)
            return level
    return None


def _arc(
    width: int, start: int, end: int, middle: float, away: float
) -> tuple[str, str, tuple[float, float, float]]:
    """Return path and arrowhead of an arc, and between which x and at which y its top lies."""
    side = 1 if end <= start else -1  # back below, forward above
    x0, x1 = width * (start + 0.5) - 9 * side, width * (end + 0.5) + 9 * side
    if start == end:
        x0, x1 = x0 - 12, x1 + 12
    foot, top = middle + 8 * side, middle + away * side
    way = 1 if x1 > x0 else -1
    bend = min(10.0, abs(x1 - x0) / 2)
    rise = away - 16  # from the foot to where the arc bends
    d = (
        f"M{x0:g} {foot:g}v{rise * side:g}q0 {8 * side} {bend * way:g} {8 * side}"
        f"h{x1 - x0 - 2 * bend * way:g}q{bend * way:g} 0 {bend * way:g} {-8 * side}"
        f"v{(5 - rise) * side:g}"
    )
    head = f"M{x1:g} {foot - side:g}l-4 {7 * side}h8z"
    return d, head, (x0, x1, top)


def _statuses(map_: JourneyMap, lane: str, kind: str) -> dict[int, str]:
    """Return by column how the items of a kind are known."""
    return {
        column: item.status or cell.status
        for column, cell in enumerate(map_.lane(lane).cells)
        for item in cell.items
        if item.kind == kind
    }


def _scale(estimates: Sequence[Estimate]) -> tuple[float, float]:
    """Return the ends of a scale that holds the estimates and their intervals."""
    ends = [v for e in estimates for v in (e.value, e.low, e.high) if v == v]
    most = max(ends, default=1.0)
    least = min(0.0, *ends) if ends else 0.0
    top = next((end for end in (0.1, 0.25, 0.5, 1, 2, 5, 7, 10, 100) if most <= end), most)
    return (-next(e for e in (0.25, 0.5, 1, 10, -least) if -least <= e) if least < 0 else 0.0), top


def _ground(map_: JourneyMap, width: int, y: Callable[[float], float]) -> list[str]:
    """Return the labeled zero line, the scale and the borders between stages."""
    whole, zero = width * len(map_.touchpoints), y(0)
    parts = [
        f'<rect y="{top:.1f}" width="{whole}" height="{high:.1f}" fill="{fill}" '
        'fill-opacity=".28"/>'
        for top, high, fill in ((0, zero, ABOVE), (zero, HEIGHT - zero, BELOW))
    ]
    for value, label in ((2, "+2"), (1, "+1"), (0, "0 neutral"), (-1, "−1"), (-2, "−2")):
        stroke, thick = (AXIS, 1.3) if value == 0 else (LINE, 1)
        parts += [_rule(whole, y(value), stroke, thick), _left(y(value) - 3, label)]
    return parts + _borders(map_, width, HEIGHT)


def _borders(map_: JourneyMap, width: int, height: float) -> list[str]:
    """Return the borders between stages."""
    ends = [width * sum(len(s.touchpoints) for s in map_.stages[: i + 1])
            for i in range(len(map_.stages) - 1)]  # fmt: skip
    return [f'<path d="M{x} 0V{height}" stroke="{BORDER}"/>' for x in ends]


def _rule(whole: float, y: float, stroke: str, thick: float = 1) -> str:
    """Return a line across all columns."""
    return f'<path d="M0 {y:.1f}H{whole}" stroke="{stroke}" stroke-width="{thick}"/>'


def _left(y: float, label: str) -> str:
    """Return a small label at the left end of a scale."""
    look = f'font-size="10.5" fill="{MUTED}" text-anchor="start"'
    return f'<text x="4" y="{y:.1f}" {look}>{label}</text>'


def _persona_curves(map_: JourneyMap, width: int, y: Callable[[float], float]) -> list[str]:
    """Return the personas' curves, each with its name beside its end."""
    parts, ends = [], []
    for number, persona in enumerate(map_.curves):
        if not persona.points:
            continue
        color, dash = PERSONAS[number % len(PERSONAS)]
        places = [(width * (c + 0.5), y(e.value), c) for c, e in persona.points]
        parts += _strokes(places, color, 1.4, dash)
        parts.append(f'<g fill="{color}">')
        for (x, at, _), (_, estimate) in zip(places, persona.points, strict=True):
            title = f"{safe(persona.name)} {shown(estimate, 'valence').full}"
            parts.append(
                f'<circle cx="{x:g}" cy="{at:.1f}" r="2.4"><title>{title}</title></circle>'
            )
        parts.append("</g>")
        ends.append((places[-1][1], persona.name, color, dash))
    last = [y(e.value) for c, e in map_.points if c == len(map_.touchpoints) - 1]
    taken = [at + 12 * step for at in last for step in (-3, -2, -1, 0, 1)]
    for wanted, name, color, dash in sorted(ends):
        slots = sorted(range(int(TOP) - 26, HEIGHT - 26, 3), key=lambda slot: abs(slot - wanted))
        at = next((s for s in slots if all(abs(s - t) >= 13 for t in taken)), slots[0])
        taken.append(at)
        parts.append(_name_at_end(width * len(map_.touchpoints), at, name, color, dash, width))
    return parts


def _name_at_end(whole: int, y: float, name: str, color: str, dash: str, width: int) -> str:
    """Return a persona's name at the right end, with a piece of its line in front."""
    room = max(6, int((1.4 * width - 34) / 5.8))
    words = name if len(name) <= room else f"{name[: room - 1].rstrip()}…"
    left = whole - 9 - 5.8 * len(words)
    return (
        f'<path d="M{left - 24:.1f} {y:.1f}h20" stroke="{color}" stroke-width="2" '
        f'stroke-dasharray="{dash}"/><text x="{whole - 5}" y="{y + 4:.1f}" font-size="11" '
        f'fill="{INK}" text-anchor="end" paint-order="stroke" stroke="{PAPER}" stroke-width="3" '
        f'stroke-opacity=".8"><title>{safe(name)}</title>{safe(words)}</text>'
    )


def _marks(map_: JourneyMap, width: int) -> list[str]:
    """Return shares of complaints as diamonds on their own ribbon, never on the curve's scale."""
    marks = map_.marks
    if not marks:
        return []
    whole, (top, bottom) = width * len(map_.touchpoints), _RIBBON
    most = _scale([estimate for _, estimate in marks])[1]
    parts = [
        _rule(whole, top, LINE), _rule(whole, bottom, LINE),
        _left(top + 10, f"{100 * most:g}\u00a0%"), _left(bottom - 2, "0 complaints"),
    ]  # fmt: skip
    statuses = _statuses(map_, "feels", "mark")

    def y(share: float) -> float:
        return bottom - share / most * (bottom - top)

    for column, estimate in marks:
        x, at = width * (column + 0.5), y(estimate.value)
        text = shown(estimate, "negative_share")
        fill = PAPER if statuses[column] == "assumed" else VERMILLION
        parts.append(
            f'<g class="cjm-{statuses[column]}"><title>{safe(map_.touchpoints[column].name)}: '
            f"{text.full} complaints</title>{_whisker(x, y, estimate)}"
            f'<path d="M{x:.1f} {at - 5.5:.1f}l5.5 5.5-5.5 5.5-5.5-5.5z" fill="{fill}" '
            f'stroke="{INK}"/>{_text(x + 24, (top + bottom) / 2 + 4, text.value, 10.5, INK)}</g>'
        )
    return parts


def _strokes(
    places: Sequence[tuple[float, float, int]], color: str, thick: float, dash: str = ""
) -> list[str]:
    """Return a monotone curve; dashed where it passes a touchpoint that nobody was asked about."""
    slope = tangents([x for x, _, _ in places], [y for _, y, _ in places])
    solid, gaps = "", ""
    for i, ((x, y, c), (x2, y2, c2)) in enumerate(pairwise(places)):
        third = (x2 - x) / 3
        d = (
            f"C{x + third:.1f} {y + slope[i] * third:.1f} "
            f"{x2 - third:.1f} {y2 - slope[i + 1] * third:.1f} {x2:.1f} {y2:.1f}"
        )
        gap = c2 - c > 1 and not dash
        begins = f"M{x:.1f} {y:.1f}"
        if gap:
            gaps += begins + d
        else:
            solid += d if solid.endswith(f" {x:.1f} {y:.1f}") else begins + d
    return [
        f'<path d="{d}" fill="none" stroke="{color}" stroke-width="{thick}"'
        + (f' stroke-dasharray="{look}"/>' if look else "/>")
        for d, look in ((solid, dash), (gaps, "3 5"))
        if d
    ]


def _dot(
    x: float,
    estimate: Estimate,
    most: int,
    status: str,
    tags: Sequence[str],
    name: str,
    y: Callable[[float], float],
) -> str:
    """Return one point with its interval, value, n and, where it has some, its tags."""
    text = shown(estimate, "valence")
    value, at = estimate.value, y(estimate.value)
    radius = max(3.5, 9.5 * sqrt(estimate.n / most)) if most else 4.0
    parts = [f'<g class="cjm-{status}"><title>{safe(name)}: {text.full}</title>']
    edge = at + radius if value < 0 else at - radius
    if estimate.has_interval:
        edge = max(edge, y(estimate.low)) if value < 0 else min(edge, y(estimate.high))
    parts.append(_whisker(x, y, estimate))
    sure = estimate.has_interval and (estimate.low > 0 or estimate.high < 0)
    hollow = status == "assumed"
    fill = PAPER if hollow else GRAY if not sure else BLUE if value > 0 else VERMILLION
    ring = f'stroke="{INK}" stroke-dasharray="2 2"' if hollow else f'stroke="{PAPER}"'
    parts.append(
        f'<circle cx="{x:g}" cy="{at:.1f}" r="{radius:.1f}" fill="{fill}" {ring} '
        'stroke-width="1.5"/>'
    )
    step = 1 if value < 0 else -1
    words = edge + (15 if value < 0 else -6)
    parts.append(_text(x, words, text.value, 12.5, INK, weight=600, rim=3))
    parts += [
        _text(x, words + 14 * step * place, tag, 11, MUTED, italic=True, rim=3)
        for place, tag in enumerate(tags, 1)
    ]
    small = " (few)" if estimate.n < 30 else ""
    known = f"n\u00a0{estimate.n:,}{small}" if estimate.n else status
    parts.append(_text(x, HEIGHT - 7, known, 10.5, MUTED))
    return "".join([*parts, "</g>"])


def _moved(map_: JourneyMap) -> dict[int, list[str]]:
    """Return by column which feelings got better or worse since the report before."""
    return {
        column: [item.text.partition(" since ")[0] for item in items]
        for column, cell in enumerate(map_.lane("feels").cells)
        if (items := [i for i in cell.items if i.kind == "change" and i.detail == FELT])
    }


def _whisker(x: float, y: Callable[[float], float], estimate: Estimate) -> str:
    """Return the interval as a line with ends; nothing where none is known."""
    if not estimate.has_interval:
        return ""
    high, low = y(estimate.high), y(estimate.low)
    return (
        f'<path d="M{x:g} {high:.1f}V{low:.1f}M{x - 4:g} {high:.1f}h8M{x - 4:g} '
        f'{low:.1f}h8" stroke="{INK}" stroke-width="1.4"/>'
    )


def _text(
    x: float,
    y: float,
    words: str,
    size: float,
    fill: str,
    *,
    weight: int = 400,
    italic: bool = False,
    rim: float = 0,
) -> str:
    """Return words, centered by the strip around them, with a rim where lines pass behind."""
    look = f' font-weight="{weight}"' * (weight != 400) + ' font-style="italic"' * italic
    if rim:
        look += f' paint-order="stroke" stroke="{PAPER}" stroke-width="{rim:g}"'
    return (
        f'<text x="{x:g}" y="{y:.1f}" font-size="{size:g}" fill="{fill}"{look}>{safe(words)}</text>'
    )


def _tags(estimates: Sequence[Estimate]) -> list[str]:
    """Return what is said at each point: lowest, highest, peak (farthest from neutral) and end."""
    if len(estimates) < 2:
        return [""] * len(estimates)
    low, high = extremes(estimates)
    said: list[list[str]] = [[] for _ in estimates]
    if low != high:
        said[low].append("lowest")
        said[high].append("highest")
    low_is_peak = -estimates[low].value >= estimates[high].value  # of two equally far the negative
    said[low if low_is_peak else high].append("peak")
    said[-1].append("end")
    return [f"{one[0]} point" if one in (["lowest"], ["highest"]) else " · ".join(one)
            for one in said]  # fmt: skip
