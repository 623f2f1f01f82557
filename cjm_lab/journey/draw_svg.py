"""The map as one SVG picture: shapes and plain text only, so that it needs no browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from unicodedata import combining, east_asian_width

from cjm_lab.journey import paint, strips
from cjm_lab.journey.model import NO_EVIDENCE, Cell, Item, JourneyMap, Lane
from cjm_lab.journey.paint import safe
from cjm_lab.words import shown

_RAIL, _MARGIN, _PAD, _LEADING = 124, 24, 9, 1.36
_HEAD, _SIGHT = 34, 24

#: Lanes that are one drawing across all columns: what draws them, and how high.
_STRIPS: dict[str, tuple[Callable[[JourneyMap, int], str], int]] = {
    "ways": (strips.ways_strip, strips.WAYS_HEIGHT),
    "feels": (strips.curve, strips.HEIGHT),
    "matters": (strips.importance_strip, strips.IMPORTANCE_HEIGHT),
}

#: Widths of letters in parts of the font's size, a little wide, because the font may be another.
_NARROW, _WIDE = frozenset("ijltfrI.,:;!|'’‘()[]·- "), frozenset("mwMW@%…—")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text in a cell, with the box behind it if it is part of a card."""

    text: str
    size: float = 12.0
    fill: str = paint.INK
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together: a paragraph, a card, a bar."""

    lines: tuple[Line, ...]
    card: str = ""
    rank: int = 0
    share: float | None = None
    path: str = ""
    indent: int = 0

    @property
    def height(self) -> float:
        """Height with what surrounds the lines."""
        text = sum(line.size * _LEADING for line in self.lines)
        return text + (12 if self.card else 0) + (14 if self.share is not None else 0)


def to_svg(map_: JourneyMap) -> str:
    """Return the whole map as one standalone SVG.

    Parameters
    ----------
    map_
        The map.

    Returns
    -------
    str
        An XML document without script, style sheet or foreign object. Lines are broken by
        estimated widths of letters, with room to spare.
    """
    width = paint.column_width(map_)
    whole = _RAIL + width * len(map_.touchpoints)
    parts, top = _title(map_, whole)
    parts += _stages(map_, width, top)
    y = top + _HEAD
    for drawn, height in _rows(map_, width, y):
        parts += drawn
        y += height
    parts.append(
        f'<rect x="0" y="{top:.1f}" width="{whole}" height="{y - top:.1f}" fill="none" '
        f'stroke="{paint.AXIS}"/>'
    )
    legend, y = _legend(map_, whole, y + 22)
    said = f"{', '.join(paint.headline(map_))}. {paint.curve_summary(map_)}"
    wide, high = whole + 2 * _MARGIN, y + 2 * _MARGIN
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{wide}" height="{high:.0f}" '
        f'viewBox="0 0 {wide} {high:.0f}" font-family="{paint.FONT}" font-size="12">'
        f"<title>{safe(map_.title)}</title>"
        f"<desc>{safe(said)}</desc>"
        f'<rect width="100%" height="100%" fill="{paint.PAPER}"/>'
        f'<g transform="translate({_MARGIN} {_MARGIN})">{"".join([*parts, *legend])}</g></svg>\n'
    )


def wrap(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Break a text into lines no wider than `width`; a word that is too long is cut.

    Examples
    --------
    >>> wrap("Keep the card form on error", 100, 12)
    ['Keep the card', 'form on error']
    """
    room = width / size / (1.06 if bold else 1.0)
    lines: list[str] = []
    line, used = "", 0.0
    for word in re.split(r"[ \t\r\n]+", text.strip()):
        for piece in _pieces(word, room):
            wide = sum(map(_letter, piece))
            if line and used + _letter(" ") + wide > room:
                lines.append(line)
                line, used = piece, wide
            else:
                used += wide + (_letter(" ") if line else 0)
                line = f"{line} {piece}" if line else piece
    return [*lines, line] if line else lines


def _pieces(word: str, room: float) -> list[str]:
    """Return a word, cut where it is wider than a line."""
    pieces, used = [""], 0.0
    for letter in word:
        wide = _letter(letter)
        if pieces[-1] and used + wide > room:
            pieces.append("")
            used = 0.0
        pieces[-1] += letter
        used += wide
    return pieces


def _letter(letter: str) -> float:
    """Return the width of a letter in parts of the font's size."""
    if combining(letter):
        return 0.0
    if east_asian_width(letter) in "WF":
        return 1.05
    if letter in _NARROW:
        return 0.34
    if letter in _WIDE:
        return 0.93
    return 0.70 if letter.isupper() else 0.62 if letter.isdigit() else 0.565


def _title(map_: JourneyMap, whole: int) -> tuple[list[str], float]:
    """Return what stands above the map, and where the map begins."""
    parts, y = [], 18.0
    lines = [Line(text, 20, bold=True) for text in wrap(map_.title, whole, 20, bold=True)]
    lines += [
        Line(t, 12.5, paint.MUTED) for t in wrap(" · ".join(paint.headline(map_)), whole, 12.5)
    ]
    for line in lines:
        parts.append(_text(0, y, line))
        y += line.size * 1.45
    return parts, y


def _stages(map_: JourneyMap, width: int, y: float) -> list[str]:
    """Return the head of the map."""
    parts = [_box(0, y, _RAIL, 34, paint.WASH), _text(12, y + 21, Line("Stage", bold=True))]
    x = float(_RAIL)
    for stage in map_.stages:
        wide = width * len(stage.touchpoints)
        period = len(stage.period) * 6 + 14
        fits = len(wrap(stage.name, wide - period - 14, 13.5, bold=True)) < 2
        lines = wrap(stage.name, wide - (period if fits else 0) - 14, 13.5, bold=True)
        name = lines[0] + ("…" if lines[1:] else "") if lines else ""  # a name may be blank
        parts += [
            f'<rect x="{x}" y="{y}" width="{wide}" height="34" fill="{paint.INK}" '
            f'stroke="{paint.PAPER}"/>',
            _text(x + 12, y + 22, Line(name, 13.5, paint.PAPER, bold=True)),
            _text(
                x + wide - 10, y + 22, Line(stage.period if fits else "", 10.5, "#D5D8DD"), "end"
            ),
        ]
        x += wide
    return parts


def _rows(map_: JourneyMap, width: int, y: float) -> Iterator[tuple[list[str], float]]:
    """Yield what stands below the stages, each row with its height."""
    lanes = list(map_.lanes)
    if any(any(curve.weights) for curve in map_.curves):
        lanes.insert(0, _weights(map_))
    hidden = paint.hidden_from(map_)
    for lane in lanes:
        if lane.key == hidden:
            yield _sight(_RAIL + width * len(map_.touchpoints), y), _SIGHT
            y += _SIGHT
        drawn, height = _lane(lane, map_, width, y)
        yield drawn, height
        y += height


def _sight(whole: int, y: float) -> list[str]:
    """Return the line of visibility."""
    words = "Line of visibility: customers don't see what lies below"
    if len(wrap(words, whole - 24, 11)) > 1:
        words = "Line of visibility"
    return [
        _box(0, y, whole, _SIGHT, paint.WASH),
        f'<path d="M0 {y:.1f}H{whole}" stroke="{paint.INK}" stroke-width="1.6" '
        'stroke-dasharray="10 5"/>',
        _text(12, y + 16, Line(words, 11, paint.MUTED)),
    ]


def _weights(map_: JourneyMap) -> Lane:
    """Return where each persona's contact lies, as a lane with a cell a stage."""
    cells = []
    for stage in range(len(map_.stages)):
        items = []
        for curve in map_.curves:
            weight = curve.weights[stage] if stage < len(curve.weights) else None
            if weight is not None:
                text = shown(weight, "share")
                said = f"{text.interval} {text.n}".strip()
                items.append(Item(f"{curve.name} {text.value}", said, "bar", weight))
        cells.append(Cell(tuple(items), "observed" if items else "none"))
    return Lane("weights", "Weight", tuple(cells), "where each persona meets us", by_stage=True)


def _lane(lane: Lane, map_: JourneyMap, width: int, y: float) -> tuple[list[str], float]:
    """Return a lane and its height."""
    usual = lane.usual_status
    notes = [part for part in (lane.note, usual if lane.key != "touchpoint" else "") if part]
    head = [Block(_lines(lane.name, _RAIL - 20, Line("", 12, bold=True)))]
    head += [Block(_lines(note, _RAIL - 20, Line("", 10.5, paint.MUTED))) for note in notes]
    if lane.key in _STRIPS:
        draw, high = _STRIPS[lane.key]
        height = max(float(high), _height(head) + 2 * _PAD)
        parts = [_box(0, y, _RAIL, height, paint.WASH), *_blocks(head, 12, y + _PAD, _RAIL)]
        parts.append(f'<g transform="translate({_RAIL} {y:.1f})">{draw(map_, width)}</g>')
        return [*parts, _box(0, y, _RAIL + width * len(lane.cells), height, "none")], height
    spans = [width * len(s.touchpoints) for s in map_.stages] if lane.by_stage else []
    channels = [] if lane.by_stage else [t.channel for t in map_.touchpoints]
    laid = []
    for number, cell in enumerate(lane.cells):
        wide = spans[number] if lane.by_stage else width
        channel = channels[number] if channels else ""
        laid.append((cell, wide, _cell(cell, usual, wide - 2 * _PAD, channel)))
    tallest = max(_height(blocks) for blocks in [head, *(blocks for _, _, blocks in laid)])
    height = tallest + 2 * _PAD
    parts = [_box(0, y, _RAIL, height, paint.WASH), *_blocks(head, 12, y + _PAD, _RAIL)]
    x = float(_RAIL)
    for cell, wide, blocks in laid:
        quiet = cell.status == "assumed" or cell.note == NO_EVIDENCE
        parts.append(_box(x, y, wide, height, "#FAFAFB" if quiet else paint.PAPER))
        if cell.items:
            dash = paint.DASHES[cell.status]
            parts.append(
                f'<path d="M{x + 2:.1f} {y + 2:.1f}V{y + height - 2:.1f}" stroke="#8A8F98" '
                f'stroke-width="{2.4 if dash else 1.2}"'
                + (f' stroke-dasharray="{dash}"/>' if dash else "/>")
            )
        parts += _blocks(blocks, x + _PAD, y + _PAD, wide - 2 * _PAD)
        x += wide
    return parts, height


def _cell(cell: Cell, usual: str, width: float, channel: str) -> list[Block]:
    """Return a cell as blocks of lines that fit its width."""
    if not cell.items:
        return [Block(_lines(cell.note, width, Line("", 11.5, paint.MUTED, italic=True)))]
    blocks = []
    for item in cell.items:
        blocks.append(_item(item, width, channel))
        if item.status and item.status != cell.status:
            blocks.append(Block((Line(item.status, 10.5, paint.MUTED, italic=True),)))
    if cell.status != usual:
        blocks.append(Block((Line(cell.status, 10.5, paint.MUTED, italic=True),)))
    return blocks


def _item(item: Item, width: float, channel: str) -> Block:
    """Return one thing that a cell says as a block."""
    small = _lines(item.detail, width - 8, Line("", 11, paint.MUTED))
    if item.kind == "place":
        name = _lines(item.text, width, Line("", bold=True))
        below = _lines(item.detail, width - 16, Line("", 11, paint.MUTED))
        return Block(name + below, path=paint.icon(channel), indent=len(name))
    if item.kind == "bar" and item.estimate:
        name = _lines(item.text, width, Line("", bold=True))
        return Block(name + small, share=item.estimate.value)
    if item.kind in ("pain", "idea"):
        room = width - 8 - (18 if item.rank else 0)
        fill = paint.PAIN_FILL if item.kind == "pain" else paint.IDEA_FILL
        return Block(
            _lines(item.text, room, Line("", bold=True)) + small, card=fill, rank=item.rank
        )
    look = Line("", fill=paint.ALARM if item.strong else paint.INK,
                bold=item.strong or item.kind == "change",
                italic=item.kind == "quote")  # fmt: skip
    return Block(_lines(item.text, width, look) + small)


def _lines(text: str, width: float, look: Line) -> tuple[Line, ...]:
    """Return a text broken into lines that all look alike."""
    broken = wrap(text, width, look.size, bold=look.bold)
    return tuple(Line(t, look.size, look.fill, look.bold, look.italic) for t in broken)


def _height(blocks: list[Block]) -> float:
    return sum(block.height for block in blocks) + 5 * max(0, len(blocks) - 1)


def _blocks(blocks: list[Block], x: float, y: float, width: float) -> list[str]:
    """Return blocks one below the other."""
    parts = []
    for block in blocks:
        left, top = x, y
        if block.card:
            parts.append(
                f'<rect x="{x - 3:.1f}" y="{y:.1f}" width="{width + 6:.1f}" '
                f'height="{block.height:.1f}" rx="6" fill="{block.card}"/>'
            )
            left, top = x + 4, y + 6
        if block.rank:
            parts.append(
                f'<rect x="{x + width - 20:.1f}" y="{y + 6:.1f}" width="19" height="15" rx="7.5" '
                f'fill="{paint.ALARM}"/>'
            )
            rank = Line(str(block.rank), 10.5, paint.PAPER, bold=True)
            parts.append(_text(x + width - 10.5, y + 17.3, rank, "middle"))
        if block.share is not None:
            share = max(0.0, min(1.0, block.share))
            parts += [
                f'<rect x="{x:.1f}" y="{y + 2:.1f}" width="{w:.1f}" height="7" rx="3.5" '
                f'fill="{fill}"/>'
                for w, fill in ((width, "#E9ECF0"), (width * share, "#66717F"))
            ]
            top += 14
        if block.path:
            under = y + 1 + sum(line.size for line in block.lines[: block.indent]) * _LEADING
            parts.append(
                f'<path transform="translate({x:.1f} {under:.1f}) scale(.8)" d="{block.path}" '
                f'fill="none" stroke="{paint.MUTED}" stroke-width="1.4" stroke-linejoin="round"/>'
            )
        for number, line in enumerate(block.lines):
            indent = 17 if block.path and number >= block.indent else 0
            parts.append(_text(left + indent, top + line.size * 1.02, line))
            top += line.size * _LEADING
        y += block.height + 5
    return parts


def _legend(map_: JourneyMap, whole: int, y: float) -> tuple[list[str], float]:
    """Return how to read the map and what was found across lanes, and where that ends."""
    look = Line("", 11.5, paint.MUTED)
    parts, x = [], 0.0
    for status, meaning in (
        ("observed", "counted or asked"),
        ("reasoned", "derived from what was observed"),
        ("assumed", "somebody's word"),
    ):
        lines = _lines(f"{status}: {meaning}", whole - 10, look)
        wide = max(sum(map(_letter, line.text)) * look.size for line in lines)
        if x and x + 10 + wide > whole:
            x, y = 0.0, y + 18
        dash = f' stroke-dasharray="{paint.DASHES[status]}"' if paint.DASHES[status] else ""
        parts.append(f'<path d="M{x + 2} {y - 11}v15" stroke="#6B7280" stroke-width="2.4"{dash}/>')
        for number, line in enumerate(lines):
            y += 16 * bool(number)
            parts.append(_text(x + 10, y, line))
        x += 34 + wide
    level = f"{100 * map_.level:.0f}\u00a0%"
    said = [
        f"area of a dot: how many answered; line: {level} interval; gray: may be neutral",
        "diamond: share of complaints, on its own scale" if map_.marks else "",
        "square: importance, on its own scale" if map_.importance else "",
        "▲ better, ▼ worse than the report before, beyond chance" if map_.is_marked else "",
        paint.peak_end_words(map_),
    ]
    y += 22
    found = [replace(look, fill=paint.INK, text=words) for words in map_.findings]
    for words in (replace(look, text=" · ".join(part for part in said if part)), *found):
        for line in _lines(words.text, whole, words):
            parts.append(_text(0, y, line))
            y += 17
        y += 4
    return parts, y


def _box(x: float, y: float, width: float, height: float, fill: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}" '
        f'stroke="{paint.LINE}"/>'
    )


def _text(x: float, y: float, line: Line, anchor: str = "start") -> str:
    look = ' font-weight="600"' * line.bold + ' font-style="italic"' * line.italic
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{line.size}" fill="{line.fill}" '
        f'text-anchor="{anchor}"{look}>{safe(line.text)}</text>'
    )
