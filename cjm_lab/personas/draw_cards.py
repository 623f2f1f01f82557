"""Persona cards drawn: HTML that asks for no other file, and an avatar from initials."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

from cjm_lab.estimate import Estimate
from cjm_lab.personas.cards import Fact, PersonaCard
from cjm_lab.surveys.base import SMALL_BASE
from cjm_lab.words import shown
from cjm_lab.workspace import short_hash

#: Circles behind white initials: Okabe-Ito hues, darkened until white shows at 4.5:1 or more.
AVATARS = (
    "#0072B2", "#B34700", "#007A5A", "#9A4A7E", "#7A5C00", "#5B5EA6", "#9C3848", "#3F6577",
)  # fmt: skip
FONT = "Inter, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif"
NO_EVIDENCE = "No evidence yet"

#: Name of each color, its value on a light page and on a dark one: those of the journey map.
_COLORS = {
    "ink": ("#1A1A1A", "#ECEFF3"),
    "muted": ("#595959", "#AEB6C1"),
    "line": ("#DDE1E6", "#2F3640"),
    "border": ("#C3C8D0", "#4A5361"),
    "paper": ("#FFFFFF", "#14171C"),
    "wash": ("#F6F7F9", "#1D222A"),
    "blue": ("#0072B2", "#5CB3E8"),
    "axis": ("#7A808A", "#8D96A3"),
    "stripe": ("#F7F7FA", "#191D23"),
}
_LIGHT, _DARK = (
    f"color-scheme:{theme};" + "".join(f"--cjm-card-{k}:{v[i]};" for k, v in _COLORS.items())
    for i, theme in enumerate(("light", "dark"))
)

STYLE = f"""
.cjm-cards{{{_LIGHT}}}
@media (prefers-color-scheme:dark){{.cjm-cards{{{_DARK}}}}}
[data-theme="light"] .cjm-cards,[data-jp-theme-light="true"] .cjm-cards,
.cjm-cards[data-theme="light"]{{{_LIGHT}}}
[data-theme="dark"] .cjm-cards,[data-jp-theme-light="false"] .cjm-cards,
.cjm-cards[data-theme="dark"]{{{_DARK}}}
@media print{{section.cjm-cards.cjm-cards{{{_LIGHT}}}}}
.cjm-cards{{margin:12px 0;border-radius:12px;background:var(--cjm-card-paper);
color:var(--cjm-card-ink);text-align:start;font:13.5px/1.45 {FONT}}}
.cjm-cards *{{box-sizing:border-box}}
.cjm-cards .cjm-card-hidden{{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;
clip-path:inset(50%);white-space:nowrap}}
.cjm-card-grid{{display:grid;gap:18px;
grid-template-columns:repeat(auto-fill,minmax(min(330px,100%),1fr))}}
.cjm-card{{border:1px solid var(--cjm-card-border);border-radius:12px;padding:18px 20px 16px;
min-width:0;overflow-wrap:anywhere;hyphens:auto;break-inside:avoid;page-break-inside:avoid}}
.cjm-card-head{{display:flex;align-items:center;gap:14px}}
.cjm-card-head svg{{flex:none;display:block}}
.cjm-cards h3.cjm-card-name{{margin:0;font-size:20px;line-height:1.25;font-weight:700;
letter-spacing:-.01em;color:inherit;min-width:0}}
.cjm-cards h4{{margin:16px 0 5px;font-size:12px;line-height:1.3;font-weight:600;
color:var(--cjm-card-muted)}}
.cjm-cards :is(ul,dl,dd,p,blockquote){{margin:0;padding:0;list-style:none;font-size:inherit}}
.cjm-cards.cjm-cards ul{{margin:0;padding:0}}
.cjm-cards dl.cjm-card-figures{{display:grid;grid-template-columns:3fr 3fr 4fr;
margin:16px 0 0;font-variant-numeric:tabular-nums;border-block:1px solid var(--cjm-card-line)}}
.cjm-card-figures>div{{padding:9px 10px 10px;min-width:0}}
.cjm-card-figures>div:first-child{{padding-inline-start:0}}
.cjm-card-figures>div+div{{border-inline-start:1px solid var(--cjm-card-line)}}
.cjm-card-figures dt{{font-size:11.5px;font-weight:400;color:var(--cjm-card-muted)}}
.cjm-card-figures b{{display:block;font-size:21px;line-height:1.3;font-weight:700;
letter-spacing:-.02em;white-space:nowrap}}
.cjm-card-figures small{{display:block;font-size:11.5px;color:var(--cjm-card-muted)}}
.cjm-cards .cjm-card-none{{color:var(--cjm-card-muted);font-style:italic;font-size:12.5px}}
.cjm-cards blockquote.cjm-card-said{{margin:14px 0 0;font-size:15.5px;line-height:1.4;
border-block:0;border-inline-end:0;font-style:italic;color:inherit;background:none}}
.cjm-cards .cjm-card-fact{{display:flex;gap:4px 12px;align-items:baseline;
justify-content:space-between;margin:5px 0;padding:1px 0;padding-inline-start:10px;
border-inline-start:2px solid var(--cjm-card-axis)}}
.cjm-cards .cjm-card-reasoned{{border-inline-start-style:dashed}}
.cjm-cards .cjm-card-assumed{{padding-inline-start:9px;
border-inline-start:3px dotted var(--cjm-card-axis);
background:repeating-linear-gradient(135deg,var(--cjm-card-paper) 0 7px,
var(--cjm-card-stripe) 7px 14px)}}
.cjm-card-fact bdi{{min-width:0}}
.cjm-card-fact small{{flex:none;font-size:11.5px;font-style:normal;white-space:nowrap;
color:var(--cjm-card-muted)}}
.cjm-cards .cjm-card-said{{flex-wrap:wrap}}
.cjm-card-about dt{{font-size:11.5px;font-weight:400;color:var(--cjm-card-muted);margin-top:7px}}
.cjm-card-about dt:first-child{{margin-top:0}}
.cjm-card-bar{{display:block;height:11px;width:100%;margin:4px 0 2px;overflow:visible}}
.cjm-card-bar .cjm-card-track{{stroke:var(--cjm-card-line)}}
.cjm-card-bar .cjm-card-range{{stroke:var(--cjm-card-blue)}}
.cjm-card-bar circle{{fill:var(--cjm-card-blue);stroke:var(--cjm-card-paper)}}
.cjm-card-bar .cjm-card-zero{{stroke:var(--cjm-card-axis)}}
.cjm-cards .cjm-card-legend{{display:flex;flex-wrap:wrap;gap:5px 20px;padding:10px 2px;
font-size:12px;color:var(--cjm-card-muted)}}
.cjm-card-legend i{{display:inline-block;height:13px;margin-inline-end:7px;vertical-align:-2px;
border-inline-start:2px solid var(--cjm-card-axis)}}
.cjm-cards .cjm-card-legend .cjm-card-assumed{{padding:0;background:none}}
@media print{{.cjm-cards{{print-color-adjust:exact;-webkit-print-color-adjust:exact;
font-size:11px;line-height:1.35}}
.cjm-card-grid{{display:block;columns:300px;column-gap:12px}}
.cjm-card{{padding:10px 14px;margin-bottom:12px}}
.cjm-card-head svg{{width:44px;height:44px}}
.cjm-cards h4{{margin:8px 0 2px}}
.cjm-cards dl.cjm-card-figures{{margin-top:8px}}
.cjm-card-figures>div{{padding-block:5px}}
.cjm-cards blockquote.cjm-card-said{{margin-top:8px;font-size:13px}}
.cjm-cards .cjm-card-fact{{margin:3px 0}}
.cjm-card-about dt{{margin-top:3px}}}}
"""

#: Characters that XML 1.0 cannot hold, and that no browser shows.
_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: A line of a card that ends with a number: its words, and the interval with n.
_INTERVAL = re.compile(r"(.*?)(?: (\[[^][]*\]\s+n\u00a0[\d,]+(?:, small base)?))?", re.DOTALL)
_PICTURE = re.compile(r"data:image/(png|jpeg|webp);base64,[A-Za-z0-9+/]+={0,2}")


def cards_html(cards: Sequence[PersonaCard]) -> str:
    """Return persona cards as a piece of HTML that needs no script and no other file.

    Parameters
    ----------
    cards
        From `persona_cards`; their words are escaped.

    Returns
    -------
    str
        A grid of cards, one column on a phone; light and dark, and light on paper. Each line says
        how it is known: as a word, and by its edge (solid observed, dashed reasoned, dotted
        assumed).

    Examples
    --------
    >>> "&lt;b&gt;" in cards_html([PersonaCard("guest", "<b>")])
    True
    """
    if not cards:
        inner = f'<p class="cjm-card-none">{NO_EVIDENCE}: study.yaml declares no persona.</p>'
    else:
        inner = f'<div class="cjm-card-grid">{"".join(map(_card, cards))}</div>{_LEGEND}'
    return (
        f'<section class="cjm-cards" aria-label="Persona cards"><style>{STYLE}</style>'
        f'<h2 class="cjm-card-hidden">Personas</h2>{inner}</section>'
    )


_LEGEND = (
    '<p class="cjm-card-legend"><span><i></i>observed: measured on such customers, or their own '
    'words</span><span><i class="cjm-card-reasoned"></i>reasoned: derived from it</span>'
    '<span><i class="cjm-card-assumed"></i>assumed: nobody has checked it</span>'
    "<span>[ ] interval, n how many stand behind it; satisfaction is the mean of the touchpoints "
    "that were asked about, from −2 to +2</span></p>"
)


def avatar_svg(card: PersonaCard, size: int = 64) -> str:
    """Return the persona's picture in a circle, or its initials on a color of its own.

    Parameters
    ----------
    card
        Its id chooses the color, one of `AVATARS`.
    size
        Width and height in pixels.

    Examples
    --------
    >>> svg = avatar_svg(PersonaCard("first_time", "First-time buyer"))
    >>> 'aria-label="First-time buyer: initials"' in svg, ">FB<" in svg
    (True, True)
    """
    which = short_hash(card.persona)
    picture = bool(_PICTURE.fullmatch(card.picture))
    label = f"{card.name}: {'picture' if picture else 'initials'}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size:d}" height="{size:d}" '
        f'viewBox="0 0 64 64" role="img" aria-label="{_safe(label)}"'
    )
    if picture:
        return (
            f'{head}><clipPath id="cjm-card-{which}"><circle cx="32" cy="32" r="32"/></clipPath>'
            f'<image href="{card.picture}" width="64" height="64" '
            f'preserveAspectRatio="xMidYMid slice" clip-path="url(#cjm-card-{which})"/></svg>'
        )
    letters = _initials(card.name) or card.persona[:1].upper()
    color = AVATARS[int(which, 16) % len(AVATARS)]
    return (
        f'{head}><circle cx="32" cy="32" r="32" fill="{color}"/><text x="32" y="32" dy=".35em" '
        f'text-anchor="middle" direction="ltr" fill="#FFFFFF" font-family="{FONT}" '
        f'font-size="{24 if len(letters) > 1 else 28}" font-weight="600">{_safe(letters)}</text>'
        "</svg>"
    )


def _initials(name: str) -> str:
    """Return the first letters of the first and the last word.

    Scripts without capitals (Chinese, Arabic, Hebrew and many more) give one letter: two of them
    would make a word, or join.

    Examples
    --------
    >>> _initials("First-time buyer"), _initials("émile"), _initials("田中 太郎"), _initials("דנה")
    ('FB', 'É', '田', 'ד')
    """
    words = (re.findall(r"\w", word) for word in unicodedata.normalize("NFC", name).split())
    firsts = [letters[0] for letters in words if letters and letters[0] != "_"]
    if not firsts or firsts[0] == firsts[0].upper() == firsts[0].lower():
        return firsts[0] if firsts else ""
    last = firsts[-1] if len(firsts) > 1 and firsts[-1].lower() != firsts[-1].upper() else ""
    return "".join(
        letter.upper() if len(letter.upper()) == 1 else letter for letter in firsts[0] + last
    )


def _card(card: PersonaCard) -> str:
    """Return one card."""
    quote = card.quote
    parts = [
        '<article class="cjm-card"><header class="cjm-card-head">',
        f'{avatar_svg(card)}<h3 class="cjm-card-name" dir="auto">{_safe(card.name)}</h3></header>',
        _figures(card),
        "" if quote is None else _said(quote),
        _about(card.about),
        _list("Goals", card.goals),
        _list("Frustrations", card.frustrations),
        _list("Channels", card.channels),
        "</article>",
    ]
    return "".join(parts)


def _figures(card: PersonaCard) -> str:
    """Return the three figures with their intervals; one that isn't known says so."""
    of = (
        card.satisfaction.method.partition(",")[0].removeprefix("mean of ")
        if card.satisfaction
        else ""
    )
    cells = (
        _figure("Customers", card.size, "size", ends=(0, 1)),
        _figure("Mean order", card.value, "order_value"),
        _figure("Satisfaction", card.satisfaction, "valence", ends=(-2, 2), more=of),
    )
    return f'<dl class="cjm-card-figures">{"".join(cells)}</dl>'


def _figure(
    name: str,
    estimate: Estimate | None,
    measure: str,
    *,
    ends: tuple[float, float] | None = None,
    more: str = "",
) -> str:
    if estimate is None:
        return f'<div><dt>{name}</dt><dd class="cjm-card-none">{NO_EVIDENCE}</dd></div>'
    words = shown(estimate, measure)
    n = words.n.replace("n\u00a0", "n\u00a0≥\u00a0") if more else words.n  # the smallest of several
    small = "small base" if estimate.n < SMALL_BASE else ""
    details = (f"{words.interval} {n}".strip(), more, small)
    return (
        f"<div><dt>{name}</dt><dd><b>{_safe(words.value)}</b>{_bar(estimate, ends)}"
        f"{''.join(f'<small>{_safe(text)}</small>' for text in details if text)}</dd></div>"
    )


def _bar(estimate: Estimate, ends: tuple[float, float] | None) -> str:
    """Return where an estimate and its interval lie on a scale; its numbers stand beside it."""
    if ends is None:
        return ""
    low, high = ends

    def at(value: float) -> str:
        return f"{100 * (min(max(value, low), high) - low) / (high - low):.1f}%"

    interval = (
        f'<line class="cjm-card-range" x1="{at(estimate.low)}" x2="{at(estimate.high)}" y1="6" '
        'y2="6" stroke-width="3"/>'
        if estimate.has_interval
        else ""
    )
    return (
        '<svg class="cjm-card-bar" aria-hidden="true"><line class="cjm-card-track" x1="0" '
        'x2="100%" y1="6" y2="6" stroke-width="3" stroke-linecap="round"/>'
        f'<line class="cjm-card-zero" x1="{at(0)}" x2="{at(0)}" y1="1" y2="11"/>{interval}'
        f'<circle cx="{at(estimate.value)}" cy="6" r="4" stroke-width="1.5"/></svg>'
    )


def _said(quote: Fact) -> str:
    """Return the quote with where it is from."""
    source = f", from {quote.source}" if quote.source else ""
    return (
        f'<blockquote class="cjm-card-said cjm-card-fact cjm-card-{_safe(quote.status)}">'
        f"<bdi>“{_safe(quote.text)}”</bdi> {_status(quote.status + source)}</blockquote>"
    )


def _about(about: Iterable[tuple[str, Fact]]) -> str:
    """Return who they are: each name once, with its lines."""
    groups = "".join(
        f'<dt dir="auto">{_safe(name)}</dt>{"".join(_line("dd", fact) for _, fact in facts)}'
        for name, facts in groupby(about, key=lambda pair: pair[0])
    )
    if not groups:
        return f'<h4>About</h4><p class="cjm-card-none">{NO_EVIDENCE}</p>'
    return f'<h4>About</h4><dl class="cjm-card-about">{groups}</dl>'


def _list(name: str, facts: Sequence[Fact]) -> str:
    """Return a list with its heading."""
    if not facts:
        return f'<h4>{name}</h4><p class="cjm-card-none">{NO_EVIDENCE}</p>'
    return f"<h4>{name}</h4><ul>{''.join(_line('li', fact) for fact in facts)}</ul>"


def _line(tag: str, fact: Fact) -> str:
    """Return one line: the words, an interval in small print, and how it is known."""
    words, interval = _INTERVAL.fullmatch(fact.text).groups("")  # type: ignore[union-attr]
    small = f" <small>{_safe(interval)}</small>" if interval else ""
    return (
        f'<{tag} class="cjm-card-fact cjm-card-{_safe(fact.status)}">'
        f"<bdi>{_safe(words)}{small}</bdi> {_status(fact.status)}</{tag}>"
    )


def _status(words: str) -> str:
    return f"<small>{_safe(words)}</small>"


def _safe(text: str) -> str:
    return escape(_UNFIT.sub("", text), quote=True)
