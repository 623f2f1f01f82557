"""Persona cards as slides: shapes and texts that a team can edit."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

from cjm_lab.estimate import Estimate
from cjm_lab.export.slide_parts import (
    BOTTOM,
    MARGIN,
    QUIET,
    TEXT,
    WIDE,
    Deck,
    add_text,
    color,
    describe,
    high,
    place,
    said,
    unstyled,
    write,
)
from cjm_lab.journey import paint
from cjm_lab.journey.draw_svg import Line
from cjm_lab.journey.model import NO_EVIDENCE
from cjm_lab.personas.cards import Fact, PersonaCard
from cjm_lab.personas.draw_cards import avatar_svg
from cjm_lab.words import shown

if TYPE_CHECKING:
    from pptx.slide import Slide


def add_card(deck: Deck, card: PersonaCard) -> None:
    """Add the card of a persona."""
    slide = deck.slide(card.name or card.persona, _card_notes(card))
    place(slide.shapes.title, MARGIN + 92, 26, WIDE - 92, 50)
    _avatar(slide, card)
    figures = (
        ("Of the customers", card.size, "size"),
        ("Mean order value", card.value, "order_value"),
        ("Satisfaction, −2 to +2", card.satisfaction, "valence"),
    )
    wide = (WIDE - 32) / 3
    for number, (name, estimate, measure) in enumerate(figures):
        x = MARGIN + number * (wide + 16)
        add_text(slide, _figure(name, estimate, measure), x, 116, wide, 70, name, fill=paint.WASH)
    y = 198.0
    if card.quote:
        quote = replace(card.quote, text=f"“{card.quote.text}”")
        lines = [said(quote.text, TEXT, size=15.0, italic=True), _word(quote)]
        tall = min(96.0, high(lines, WIDE))
        add_text(slide, lines, MARGIN, y, WIDE, tall, "Quote")
        y += tall + 8
    about = [replace(fact, text=f"{name}: {fact.text}") for name, fact in card.about]
    parts = {"Goals": card.goals, "Frustrations": card.frustrations, "Channels": card.channels}
    columns = [*parts.items(), ("About", tuple(about))]
    wide = (WIDE - 48) / 4
    for number, (name, facts) in enumerate(columns):
        lines = [said(name, TEXT, size=13.0, bold=True)]
        for fact in facts:
            lines += [said(fact.text, TEXT), _word(fact)]
        if not facts:
            lines.append(said(NO_EVIDENCE, TEXT, fill=paint.MUTED, italic=True))
        x = MARGIN + number * (wide + 16)
        add_text(slide, lines, x, y, wide, BOTTOM - y, name)


def _word(fact: Fact) -> Line:
    """Return how a line of a card is known."""
    source = f", from {fact.source}" if fact.source else ""
    return said(f"{fact.status}{source}", QUIET, size=10.0)


def _figure(name: str, estimate: Estimate | None, measure: str) -> list[Line]:
    """Return a figure of a card, with how it is known."""
    head = said(name, QUIET, size=11.0)
    if estimate is None:
        return [head, said(NO_EVIDENCE, TEXT, fill=paint.MUTED, italic=True)]
    text = shown(estimate, measure)
    detail = f"{text.interval} {text.n} · observed".strip()
    return [head, said(text.value, TEXT, size=20.0, bold=True), said(detail, QUIET, size=11.0)]


def _avatar(slide: Slide, card: PersonaCard) -> None:
    """Add the persona's picture in a circle, or its initials as a shape."""
    from pptx.enum.shapes import MSO_SHAPE
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Pt

    svg = avatar_svg(card, 320)
    drawn = ET.fromstring(svg)
    name = "{http://www.w3.org/2000/svg}"
    circle, letters = drawn.find(f"{name}circle"), drawn.find(f"{name}text")
    side = (Pt(MARGIN), Pt(24), Pt(78), Pt(78))
    shape: Any
    if circle is None or letters is None:
        import resvg_py

        shape = slide.shapes.add_picture(BytesIO(bytes(resvg_py.svg_to_bytes(svg))), *side)
    else:
        shape = slide.shapes.add_shape(MSO_SHAPE.OVAL, *side)
        unstyled(shape)
        shape.fill.solid()
        shape.fill.fore_color.rgb = color(circle.get("fill", paint.BLUE))
        initials = said(letters.text or "", TEXT, size=26.0, bold=True, fill=paint.PAPER)
        write(shape.text_frame, [initials], middle=True)
        shape.text_frame.paragraphs[0].alignment = PP_ALIGN.CENTER
    shape.name = "Avatar"
    describe(shape, drawn.get("aria-label", card.name))


def _card_notes(card: PersonaCard) -> Iterator[str]:
    """Yield the whole card, with the evidence behind its lines."""
    quote = [("Quote", card.quote)] if card.quote else []
    lists = (("Goal", card.goals), ("Frustration", card.frustrations), ("Channel", card.channels))
    facts = [*quote, *((name, fact) for name, many in lists for fact in many), *card.about]
    for name, fact in facts:
        ids = f"; evidence: {', '.join(fact.evidence_ids)}" if fact.evidence_ids else ""
        yield f"{name}: {fact.text} ({_word(fact).text}){ids}"
