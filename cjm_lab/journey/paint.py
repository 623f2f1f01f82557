"""What both drawings of the map share: colors, icons, safe text and its words.

Colors are literal, so that a picture needs no style sheet; the style of the HTML turns each of them
into its counterpart on a dark page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from cjm_lab.estimate import Estimate
from cjm_lab.journey.emotion import peak_end_and_mean
from cjm_lab.journey.model import HIDDEN_FROM, LANES, JourneyMap
from cjm_lab.words import day_words, shown

INK, MUTED, LINE, WASH, PAPER = "#1A1A1A", "#595959", "#DDE1E6", "#F6F7F9", "#FFFFFF"
BLUE, VERMILLION, GRAY, AXIS = "#0072B2", "#D55E00", "#6B7280", "#7A808A"
BORDER, PURPLE = "#C3C8D0", "#9A4A7E"
ALARM, PAIN_FILL, IDEA_FILL = "#B34700", "#FDEFE6", "#E8F2F9"
ABOVE, BELOW = "#D1E5F0", "#FDDBC7"
FONT = "Inter, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif"

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
    parts = [
        map_.state,
        day_words(map_.as_of),
        f"figures of {map_.period}" if map_.period else "",
        whom,
    ]
    parts += [f"study {map_.study}" if map_.study else "", f"version {map_.version}"]
    if cells:
        parts.append(f"evidence behind {known} of {cells} cells ({100 * known / cells:.0f}\u00a0%)")
    return [part for part in parts if part]


def curve_summary(map_: JourneyMap) -> str:
    """Return the curve in words, for those who don't see it."""
    points = map_.points
    if not points:
        return "No evidence yet about how customers feel."
    names = [touchpoint.name for touchpoint in map_.touchpoints]
    low, high = extremes([e for _, e in points])
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


def hidden_from(map_: JourneyMap) -> str:
    """Return the key of the lane above which the line of visibility lies; empty without one.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.journey.model import Lane
    >>> lanes = tuple(Lane(key, LANES[key], ()) for key in ("does", "hurts", "systems", "team"))
    >>> hidden_from(JourneyMap("Tea", "tea", date(2026, 10, 31), "1", (), lanes))
    'systems'
    """
    keys = list(LANES)
    below = set(keys[keys.index(HIDDEN_FROM) :])
    return next((lane.key for lane in map_.lanes if lane.key in below), "")


def extremes(estimates: Sequence[Estimate]) -> tuple[int, int]:
    """Return where the lowest and the highest point are."""
    values = [estimate.value for estimate in estimates]
    return values.index(min(values)), values.index(max(values))
