"""What both drawings of the map share: colors, icons, safe text and the emotion curve."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from math import sqrt

from cjm_lab.estimate import Estimate
from cjm_lab.journey.emotion import peak_end_and_mean, tangents
from cjm_lab.journey.model import NO_EVIDENCE, JourneyMap
from cjm_lab.words import day_words, shown

INK, MUTED, LINE, WASH, PAPER = "#1A1A1A", "#595959", "#DDE1E6", "#F6F7F9", "#FFFFFF"
BLUE, VERMILLION, GRAY, AXIS = "#0072B2", "#D55E00", "#6B7280", "#7A808A"
ALARM, PAIN_FILL, IDEA_FILL = "#B34700", "#FDEFE6", "#E8F2F9"
ABOVE, BELOW = "#D1E5F0", "#FDDBC7"
FONT = "Inter, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif"

#: Height of the emotion curve and where +2 and -2 lie in it.
HEIGHT, TOP, BOTTOM = 246, 42, 194

#: How the border of a cell tells its status, with the word beside it.
DASHES = {"observed": "", "reasoned": "6 3", "assumed": "1.5 3", "none": ""}

#: Small line drawings on a 16 x 16 field: first those named by channel, then by who owns it.
_ICONS = {
    "web": "M2 3h12v10H2zM2 6h12",
    "app": "M5 1.5h6v13H5zM7 12.5h2",
    "mail": "M2 4h12v8H2zM2 4l6 5 6-5",
    "chat": "M2 3h12v8H8l-3 3v-3H2z",
    "phone": "M4 2l3 1 0 3-1.5 1.5a8 8 0 0 0 3 3L10 9l3 1 1 3c-6 2-12-5-10-11z",
    "store": "M2 6l1-4h10l1 4M3 6v8h10V6M2 6h12",
    "home": "M2 8l6-5 6 5M4 7v7h8V7",
    "carrier": "M1 4h8v7H1zM9 7h3l3 2v2H9zM4 13a1 1 0 1 0 0-.1M12 13a1 1 0 1 0 0-.1",
    "search": "M7 2.5a4.5 4.5 0 1 0 .1 0M10.5 10.5L14 14",
    "social": "M4 8a2 2 0 1 0 0-.1M12 3.5a2 2 0 1 0 0-.1M12 12.5a2 2 0 1 0 0-.1"
    "M5.8 7l4.5-2.6M5.8 9l4.5 2.6",
    "other": "M8 4a4 4 0 1 0 .1 0",
}
_ICON_WORDS = {
    "mail": ("mail", "letter", "newsletter"), "chat": ("chat", "messenger", "sms", "message"),
    "phone": ("phone", "call", "hotline"), "app": ("app", "mobile"),
    "carrier": ("carrier", "delivery", "courier", "parcel", "airport", "gate"),
    "store": ("store", "shop", "branch", "counter", "till"),
    "home": ("home", "cabin", "product", "kitchen"),
    "search": ("search",), "social": ("social", "advert", "ads", "review", "partner"),
    "web": ("web", "site", "online", "browser"),
}  # fmt: skip

#: Characters that XML 1.0 cannot hold, and that no browser shows.
_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def safe(text: str) -> str:
    r"""Return outside text that stays text inside HTML, SVG and their attributes.

    Examples
    --------
    >>> safe('<b onclick="x">\x00')
    '&lt;b onclick=&quot;x&quot;&gt;'
    """
    return escape(_UNFIT.sub("", text), quote=True)


def icon(channel: str) -> str:
    """Return the path of the small drawing for a channel; one that isn't known gets a circle.

    Examples
    --------
    >>> icon("E-Mail") == icon("newsletter")
    True
    """
    words = channel.lower()
    found = (name for name, keys in _ICON_WORDS.items() if any(key in words for key in keys))
    return _ICONS[next(found, "other")]


def column_width(map_: JourneyMap) -> int:
    """Return the width of one touchpoint: few touchpoints fill the page, many scroll."""
    return max(116, min(230, 1450 // max(1, len(map_.touchpoints))))


def headline(map_: JourneyMap) -> list[str]:
    """Return what must stand on every drawing: whose journey, which day, how well known."""
    known, cells = map_.cells_with_evidence
    whom = "all customers"
    if map_.persona:
        size = f" ({shown(map_.persona_size, 'size').full})" if map_.persona_size else ""
        whom = f"persona {map_.persona_name}{size}"
    parts = [day_words(map_.as_of), f"figures of {map_.period}" if map_.period else "", whom]
    parts += [f"study {map_.study}" if map_.study else "", f"version {map_.version}"]
    parts.append(f"evidence behind {known} of {cells} cells ({100 * known / cells:.0f}\u00a0%)")
    return [part for part in parts if part]


def curve_summary(map_: JourneyMap) -> str:
    """Return the curve in words, for those who don't see it."""
    points = map_.points
    if not points:
        return "No evidence yet about how customers feel."
    names = [touchpoint.name for touchpoint in map_.touchpoints]
    low, high = _extremes([e for _, e in points])
    said = f"Lowest at {names[points[low][0]]}, {shown(points[low][1], 'valence').full}"
    if low != high:
        said += f"; highest at {names[points[high][0]]}, {shown(points[high][1], 'valence').full}"
    silent = len(names) - len(points)
    gap = f" {silent} of {len(names)} touchpoints without evidence." if silent else ""
    return f"{said}.{gap}"


def peak_end_words(map_: JourneyMap) -> str:
    """Return peak-end beside the mean."""
    if len(map_.points) < 2:
        return ""
    both, mean = peak_end_and_mean([estimate for _, estimate in map_.points])
    texts = [shown(estimate, "valence") for estimate in (both, mean)]
    ends, mean_words = (f"{text.value} {text.interval}" for text in texts)
    return f"peak-end {ends}, mean {mean_words}"


def curve(map_: JourneyMap, width: int) -> str:
    """Return the emotion curve as SVG elements, one column of `width` a touchpoint."""
    names = [touchpoint.name for touchpoint in map_.touchpoints]
    whole = width * len(names)
    parts = _ground(map_, width, whole)
    points = map_.points
    if not points:
        parts.append(
            f'<text x="{whole / 2:.0f}" y="{_y(0) - 10:.0f}" font-size="13" font-style="italic" '
            f'fill="{MUTED}" text-anchor="middle">{NO_EVIDENCE}: nobody was asked</text>'
        )
        return "".join(parts)
    parts += _strokes(points, width)
    low, high = _extremes([estimate for _, estimate in points])
    most = max(estimate.n for _, estimate in points)
    cells = map_.lane("feels").cells
    for number, (column, estimate) in enumerate(points):
        tag = "lowest point" if number == low else "highest point" if number == high else ""
        hollow = cells[column].status == "assumed"
        x = width * (column + 0.5)
        parts.append(_dot(x, estimate, most, hollow, tag if low != high else "", names[column]))
    asked = {column for column, _ in points}
    parts += [
        _text(width * (column + 0.5), HEIGHT - 7, NO_EVIDENCE, 10.5, MUTED, style="italic")
        for column in range(len(names))
        if column not in asked
    ]
    return "".join(parts)


def _ground(map_: JourneyMap, width: int, whole: int) -> list[str]:
    """Return the labeled zero line, the scale and the borders between stages."""
    zero = _y(0)
    parts = [
        f'<rect y="{top:.1f}" width="{whole}" height="{high:.1f}" fill="{fill}" opacity=".28"/>'
        for top, high, fill in ((0, zero, ABOVE), (zero, HEIGHT - zero, BELOW))
    ]
    for value, label in ((2, "+2"), (1, "+1"), (0, "0 neutral"), (-1, "−1"), (-2, "−2")):
        stroke, thick = (AXIS, 1.3) if value == 0 else (LINE, 1)
        parts.append(
            f'<line x1="0" x2="{whole}" y1="{_y(value):.1f}" y2="{_y(value):.1f}" '
            f'stroke="{stroke}" stroke-width="{thick}"/>'
            f'<text x="4" y="{_y(value) - 3:.1f}" font-size="10" fill="{MUTED}">{label}</text>'
        )
    x = 0
    for stage in map_.stages[:-1]:
        x += width * len(stage.touchpoints)
        parts.append(f'<line x1="{x}" x2="{x}" y1="0" y2="{HEIGHT}" stroke="#C3C8D0"/>')
    return parts


def _strokes(points: Sequence[tuple[int, Estimate]], width: int) -> list[str]:
    """Return the curve; dashed where it passes a touchpoint that nobody was asked about."""
    x = [width * (column + 0.5) for column, _ in points]
    y = [_y(estimate.value) for _, estimate in points]
    slope = tangents(x, y)
    parts = []
    for i in range(len(points) - 1):
        third = (x[i + 1] - x[i]) / 3
        gap = ' stroke-dasharray="3 5"' if points[i + 1][0] - points[i][0] > 1 else ""
        parts.append(
            f'<path d="M{x[i]:.1f} {y[i]:.1f}C{x[i] + third:.1f} {y[i] + slope[i] * third:.1f} '
            f"{x[i + 1] - third:.1f} {y[i + 1] - slope[i + 1] * third:.1f} "
            f'{x[i + 1]:.1f} {y[i + 1]:.1f}" fill="none" stroke="{BLUE}" stroke-width="2.5"{gap}/>'
        )
    return parts


def _dot(x: float, estimate: Estimate, most: int, hollow: bool, tag: str, name: str) -> str:
    """Return one point with its interval, value, n and, at the two ends of the curve, its tag."""
    text = shown(estimate, "valence")
    value, y = estimate.value, _y(estimate.value)
    radius = max(3.5, 9.5 * sqrt(estimate.n / most)) if most else 4.0
    parts = [f"<g><title>{safe(name)}: {text.full}</title>"]
    edge = y + radius if value < 0 else y - radius
    if estimate.has_interval:
        high, low = _y(estimate.high), _y(estimate.low)
        edge = max(edge, low) if value < 0 else min(edge, high)
        parts.append(
            f'<path d="M{x:.1f} {high:.1f}V{low:.1f}M{x - 4:.1f} {high:.1f}h8M{x - 4:.1f} '
            f'{low:.1f}h8" stroke="{INK}" stroke-width="1.4" fill="none"/>'
        )
    sure = estimate.has_interval and (estimate.low > 0 or estimate.high < 0)
    fill = PAPER if hollow else GRAY if not sure else BLUE if value > 0 else VERMILLION
    ring = f'stroke="{INK}" stroke-dasharray="2 2"' if hollow else f'stroke="{PAPER}"'
    parts.append(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{fill}" {ring} '
        'stroke-width="1.5"/>'
    )
    step = 1 if value < 0 else -1
    at = edge + (15 if value < 0 else -6)
    parts.append(_text(x, at, text.value, 12.5, INK, weight=600))
    if tag:
        parts.append(_text(x, at + 14 * step, tag, 11, MUTED, style="italic"))
    small = " (few)" if estimate.n < 30 else ""
    parts.append(_text(x, HEIGHT - 7, f"n\u00a0{estimate.n:,}{small}", 10.5, MUTED))
    return "".join([*parts, "</g>"])


def _text(
    x: float,
    y: float,
    words: str,
    size: float,
    fill: str,
    weight: int = 400,
    style: str = "normal",
) -> str:
    """Return centered words with a white rim, so that the curve may pass behind them."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" '
        f'font-style="{style}" fill="{fill}" text-anchor="middle" paint-order="stroke" '
        f'stroke="{PAPER}" stroke-width="3" stroke-opacity=".8">{safe(words)}</text>'
    )


def _y(valence: float) -> float:
    """Return where a valence lies in the picture."""
    return TOP + (2 - valence) / 4 * (BOTTOM - TOP)


def _extremes(estimates: Sequence[Estimate]) -> tuple[int, int]:
    """Return where the lowest and the highest point are."""
    values = [estimate.value for estimate in estimates]
    return values.index(min(values)), values.index(max(values))
