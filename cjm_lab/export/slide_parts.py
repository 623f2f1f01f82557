"""The pieces that slides are made of: titles, texts, tables, charts and notes, all of them native.

All places and sizes are in points on a slide of 960 x 540.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from html import unescape
from io import BytesIO
from typing import TYPE_CHECKING, Any
from unicodedata import bidirectional
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from cjm_lab.journey import paint
from cjm_lab.journey.draw_svg import Line, wrap
from cjm_lab.journey.model import JourneyMap

if TYPE_CHECKING:
    from pptx.presentation import Presentation
    from pptx.slide import Slide

WIDTH, HEIGHT, MARGIN, TOP = 960.0, 540.0, 36.0, 78.0
#: Where tables end, above the small line at the foot of a slide.
BOTTOM = 508.0
#: No text is smaller than this.
SMALL = 9.0
TEXT = Line("", 12.0)
QUIET = Line("", SMALL, paint.MUTED)
CELL = Line("", SMALL)
BOLD = Line("", SMALL, bold=True)
GRAY = "#FAFAFB"
RAIL, WIDE = 92.0, WIDTH - 2 * MARGIN

#: The letters of this font are narrower than those that `wrap` reckons with.
_FONT, _NARROWER = "Arial", 1.08
_LEADING, _PAD_X, _PAD_Y, _GAP = 1.22, 5.0, 3.0, 3.0
_DASHES = {"observed": "solid", "reasoned": "dash", "assumed": "sysDot"}
_EDGE = "6B7280"
#: What the workbook behind a chart would take for a formula or a link.
_RISKY = re.compile(r"[=+\-@{\t\r]|(https?|ftp|file|mailto|internal|external):", re.IGNORECASE)
_MADE = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


@dataclass(frozen=True, slots=True)
class Entry:
    """A cell of a table: paragraphs, how it is known, its fill and how many columns it spans."""

    lines: tuple[Line, ...] = ()
    status: str = ""
    fill: str = paint.PAPER
    span: int = 1


@dataclass(frozen=True)
class Deck:
    """The slides so far, the map that they show, and the small line at their foot."""

    deck: Presentation
    map_: JourneyMap
    foot: str

    def slide(self, title: str, notes: Iterable[str]) -> Slide:
        """Add a slide."""
        return add_slide(self.deck, title, notes, self.foot)


def plain(text: str) -> str:
    """Return outside text in one line, without what no file can hold."""
    return " ".join(unescape(paint.safe(text)).split())


def said(text: str, look: Line = TEXT, **more: Any) -> Line:
    """Return a paragraph that looks like another."""
    return replace(look, text=plain(text), **more)


def new_deck() -> Presentation:
    """Return a deck of wide slides without any slide."""
    import pptx
    from pptx.opc.constants import RELATIONSHIP_TYPE
    from pptx.util import Emu, Pt

    deck = pptx.Presentation()
    wider = Pt(WIDTH) / int(deck.slide_width or Pt(720))
    deck.slide_width, deck.slide_height = Emu(Pt(WIDTH)), Emu(Pt(HEIGHT))
    for page in (deck.slide_master, *deck.slide_layouts):
        for shape in page.shapes:
            shape.left, shape.width = Emu(int(shape.left * wider)), Emu(int(shape.width * wider))
    theme: Any = deck.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    theme._blob = theme.blob.replace(b'typeface="Calibri"', f'typeface="{_FONT}"'.encode())
    return deck


def add_slide(deck: Presentation, title: str, notes: Iterable[str], foot: str = "") -> Slide:
    """Add a slide with a title that no other slide has, and with notes."""
    slide = deck.slides.add_slide(deck.slide_layouts.get_by_name("Title Only"))
    taken = {one.shapes.title.text for one in deck.slides if one.shapes.title is not None}
    name, number = plain(title) or "Untitled", 2
    while name in taken:
        name, number = f"{plain(title)} ({number})", number + 1
    holder = slide.shapes.title
    place(holder, MARGIN, 22, WIDTH - 2 * MARGIN, 46)
    size = next((s for s in (24.0, 20.0, 16.0) if len(wrap(name, 880, s, bold=True)) < 2), 14.0)
    lines = cut((Line(name, size, bold=True),), WIDTH - 2 * MARGIN, 46)
    write(holder.text_frame, lines, middle=True)
    shown = lines[0].text
    if foot:
        add_text(slide, [said(foot, QUIET)], MARGIN, 514, WIDTH - 2 * MARGIN, 18, "Foot")
    frame: Any = slide.notes_slide.notes_text_frame
    frame.text = "\n".join([*([name] if shown != name else []), *map(plain, notes)])
    return slide


def place(shape: Any, x: float, y: float, width: float, height: float) -> None:
    """Put a shape where it belongs."""
    from pptx.util import Pt

    shape.left, shape.top, shape.width, shape.height = Pt(x), Pt(y), Pt(width), Pt(height)


def describe(shape: Any, words: str) -> None:
    """Give a shape the words for those who don't see it."""
    shape._element.xpath(".//p:cNvPr")[0].set("descr", plain(words))


def unstyled(shape: Any) -> None:
    """Take away the outline and the shadow that the theme gives to shapes."""
    shape.line.fill.background()
    for style in shape._element.xpath("./p:style"):
        shape._element.remove(style)


def add_text(
    slide: Slide,
    lines: Sequence[Line],
    x: float,
    y: float,
    width: float,
    height: float,
    name: str,
    *,
    fill: str = "",
) -> Any:
    """Add a box of text, shortened where it would not fit; with a fill it has round corners."""
    from pptx.enum.shapes import MSO_SHAPE
    from pptx.util import Pt

    kind = MSO_SHAPE.ROUNDED_RECTANGLE if fill else MSO_SHAPE.RECTANGLE
    shape = slide.shapes.add_shape(kind, Pt(x), Pt(y), Pt(width), Pt(height))
    shape.name = name
    unstyled(shape)
    if fill:
        shape.adjustments[0] = 6 / min(width, height)
        shape.fill.solid()
        shape.fill.fore_color.rgb = color(fill)
    else:
        shape.fill.background()
    write(shape.text_frame, cut(lines, width - 2 * _PAD_X, height - 2 * _PAD_Y))
    describe(shape, f"{name}: {' '.join(line.text for line in lines)}")
    return shape


def add_rule(slide: Slide, x: float, y: float, width: float) -> None:
    """Add a short thick line that only adorns."""
    from pptx.enum.shapes import MSO_SHAPE
    from pptx.util import Pt

    shape = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Pt(x), Pt(y), Pt(width), Pt(5))
    unstyled(shape)
    shape.fill.solid()
    shape.fill.fore_color.rgb = color(paint.BLUE)
    shape.name = "Rule"
    describe(shape, "")


def write(frame: Any, lines: Sequence[Line], *, middle: bool = False) -> None:
    """Write paragraphs into a text frame; each runs the way its own letters do."""
    from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
    from pptx.util import Pt

    frame.word_wrap = True
    frame.auto_size = MSO_AUTO_SIZE.NONE
    frame.vertical_anchor = MSO_ANCHOR.MIDDLE if middle else MSO_ANCHOR.TOP
    frame.margin_left = frame.margin_right = Pt(_PAD_X)
    frame.margin_top = frame.margin_bottom = Pt(_PAD_Y)
    gaps = _gaps(lines)
    for number, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        if gaps[number]:
            paragraph.space_before = Pt(gaps[number])
        leftward = _leftward(line.text)
        paragraph.alignment = PP_ALIGN.RIGHT if leftward else PP_ALIGN.LEFT
        if leftward:
            paragraph._p.get_or_add_pPr().set("rtl", "1")
        if not line.text:  # else an empty cell is as high as text of 18 points
            paragraph._p.get_or_add_endParaRPr().set("sz", str(round(line.size * 100)))
            continue
        run = paragraph.add_run()
        run.text = line.text
        run.font.size, run.font.bold, run.font.italic = Pt(line.size), line.bold, line.italic
        run.font.color.rgb = color(line.fill)


def _gaps(lines: Sequence[Line]) -> list[float]:
    """Return the room before each paragraph: some where a new thing begins below small print."""
    return [
        _GAP if at and line.fill != paint.MUTED and lines[at - 1].fill == paint.MUTED else 0.0
        for at, line in enumerate(lines)
    ]


def _leftward(text: str) -> bool:
    """Return whether a text begins in a script that runs from right to left."""
    strong = (kind for kind in map(bidirectional, text) if kind in ("L", "R", "AL"))
    return next(strong, "L") != "L"


def color(fill: str) -> Any:
    """Return a color of `paint` as slides take it."""
    from pptx.dml.color import RGBColor

    return RGBColor.from_string(fill.removeprefix("#"))


@lru_cache(maxsize=4096)
def _wrapped(text: str, width: float, size: float, bold: bool) -> tuple[str, ...]:
    return tuple(wrap(text, width * _NARROWER, size, bold=bold))


def high(lines: Sequence[Line], width: float) -> float:
    """Return how high paragraphs are in a cell of a width, with room around them, estimated."""
    inner = width - 2 * _PAD_X
    return (
        2 * _PAD_Y
        + sum(_gaps(lines))
        + sum(
            max(1, len(_wrapped(line.text, inner, line.size, line.bold))) * line.size * _LEADING
            for line in lines
        )
    )


def cut(lines: Sequence[Line], width: float, height: float) -> tuple[Line, ...]:
    """Return paragraphs that fit, the last one with an ellipsis if something had to go."""
    kept: list[Line] = []
    for line, gap in zip(lines, _gaps(lines), strict=True):
        height -= gap
        broken = _wrapped(line.text, width, line.size, line.bold) or ("",)
        room = int((height + 0.01) / (line.size * _LEADING))
        if len(broken) <= room:
            kept.append(line)
            height -= len(broken) * line.size * _LEADING
            continue
        if room or not kept:
            short = " ".join(broken[: max(1, room)])
        else:
            line, short = kept[-1], kept.pop().text
        return (*kept, replace(line, text=f"{short[:-2].rstrip()}…"))
    return tuple(kept)


def pages(
    rows: Sequence[Sequence[Entry]], widths: Sequence[float], head: int = 1
) -> list[list[Sequence[Entry]]]:
    """Return a table cut into pages that fit a slide, the first rows again on each.

    A row that is too high for a page of its own is shortened.
    """
    heads = list(rows[:head])
    room = BOTTOM - TOP - sum(row_height(row, widths) for row in heads)
    found: list[list[Sequence[Entry]]] = []
    left = 0.0
    for row in rows[head:]:
        row = [_short(entry, wide, room) for entry, wide in _spans(row, widths)]
        needs = row_height(row, widths)
        if not found or needs > left:
            found.append(list(heads))
            left = room
        found[-1].append(row)
        left -= needs
    return found


def _short(entry: Entry, width: float, room: float) -> Entry:
    if high(entry.lines, width) <= room:
        return entry
    return replace(entry, lines=cut(entry.lines, width - 2 * _PAD_X, room - 2 * _PAD_Y))


def _spans(row: Sequence[Entry], widths: Sequence[float]) -> list[tuple[Entry, float]]:
    """Return the cells of a row with their widths."""
    placed, column = [], 0
    for entry in row:
        placed.append((entry, sum(widths[column : column + entry.span])))
        column += entry.span
    return placed


def row_height(row: Sequence[Entry], widths: Sequence[float]) -> float:
    """Return the height of a row, estimated."""
    return max(high(entry.lines, wide) for entry, wide in _spans(row, widths))


def add_table(
    slide: Slide, rows: Sequence[Sequence[Entry]], widths: Sequence[float], y: float, words: str
) -> Any:
    """Add a native table with its left edge at the margin; its first row and column are heads."""
    from pptx.util import Pt

    heights = [row_height(row, widths) for row in rows]
    frame = slide.shapes.add_table(
        len(rows), len(widths), Pt(MARGIN), Pt(y), Pt(sum(widths)), Pt(sum(heights))
    )
    frame.name = "Table"
    describe(frame, words)
    table = frame.table
    table.horz_banding, table.first_row, table.first_col = False, True, True
    no_grid = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
    frame._element.xpath(".//a:tableStyleId")[0].text = no_grid
    for number, wide in enumerate(widths):
        table.columns[number].width = Pt(wide)
    for number, row in enumerate(rows):
        table.rows[number].height = Pt(heights[number])
        column = 0
        for entry in row:
            cell = table.cell(number, column)
            if entry.span > 1:
                cell.merge(table.cell(number, column + entry.span - 1))
            _fill_cell(cell, entry)
            column += entry.span
    return table


def _fill_cell(cell: Any, entry: Entry) -> None:
    """Write into a cell; its left edge tells how it is known."""
    from pptx.enum.text import MSO_ANCHOR
    from pptx.util import Pt

    write(cell.text_frame, entry.lines or (replace(QUIET, text=""),))
    cell.vertical_anchor = MSO_ANCHOR.TOP
    cell.margin_left = cell.margin_right = Pt(_PAD_X)
    cell.margin_top = cell.margin_bottom = Pt(_PAD_Y)
    cell.fill.solid()
    cell.fill.fore_color.rgb = color(entry.fill)
    strong = entry.status in _DASHES
    edges = [_edge("L", _EDGE if strong else paint.LINE, 2.25 if strong else 0.5,
                   _DASHES.get(entry.status, "solid"))]  # fmt: skip
    edges += [_edge(side, paint.LINE, 0.5) for side in "RTB"]
    for position, edge in enumerate(edges):
        cell._tc.get_or_add_tcPr().insert(position, edge)


def _edge(side: str, stroke: str, thick: float, dash: str = "solid") -> Any:
    """Return an edge of a cell."""
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    return parse_xml(
        f'<a:ln{side} {nsdecls("a")} w="{round(thick * 12700)}" cap="flat" cmpd="sng">'
        f'<a:solidFill><a:srgbClr val="{stroke.removeprefix("#")}"/></a:solidFill>'
        f'<a:prstDash val="{dash}"/></a:ln{side}>'
    )


def chart_name(text: str) -> str:
    """Return a name for a chart, whose workbook runs no formula and opens no link."""
    text = plain(text)
    return f"'{text}" if _RISKY.match(text) else text


def saved(deck: Presentation, title: str, day: date) -> bytes:
    """Return the deck as a file that is the same for the same map, whenever it is made."""
    about = deck.core_properties
    about.title, about.author, about.last_modified_by = plain(title)[:255], "CJM Lab", "CJM Lab"
    about.subject, about.revision = "Customer journey map", 1
    about.created = about.modified = datetime(day.year, day.month, day.day)
    written = BytesIO()
    deck.save(written)
    return _dated(written.getvalue(), day)


def _dated(packed: bytes, day: date) -> bytes:
    """Return an Office file whose parts all have one date, those inside its charts too."""
    kept = BytesIO()
    year = min(max(day.year, 1980), 2107)  # zip files know no other
    moment = (year, day.month, day.day, 0, 0, 0)
    with ZipFile(BytesIO(packed)) as source, ZipFile(kept, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            if name.endswith(".xlsx"):
                part = _dated(part, day)
            if name == "docProps/core.xml":
                part = _MADE.sub(rf"\g<1>{day.isoformat()}T00:00:00Z".encode(), part)
            entry = ZipInfo(name, moment)
            entry.compress_type = ZIP_DEFLATED
            target.writestr(entry, part)
    return kept.getvalue()
