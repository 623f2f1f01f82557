"""How numbers and measures are said to a reader: digits, signs, units and names."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from math import floor, isnan, log10
from typing import NamedTuple

from cjm_lab.estimate import Estimate

MINUS = "\u2212"
NBSP = "\u00a0"

#: Measures that are shares of customers, answers or mentions although their name doesn't say so.
_SHARES = {"reach", "drop_off", "conversion", "csat", "transition", "size", "returned_unaided"}
#: Measures on a signed scale, where the sign is half of the message.
_SIGNED = {"valence"}

_NAMES = {
    "nps": "Net Promoter Score",
    "csat": "satisfied customers",
    "ces": "ease (effort score)",
    "valence": "satisfaction",
    "negative_share": "negative mentions",
    "automatic_negative_share": "negative mentions",
    "conversion": "conversion",
    "churn_share": "customers lost",
    "repeat_share": "customers who buy again",
    "resolved_share": "contacts resolved",
    "contact_share": "customers who need help",
    "first_reply_hours": "hours to the first reply",
    "drop_off": "customers who go no further",
    "exit_share": "customers who leave here",
    "active_customers": "active customers",
}

_TENTHS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "all")


class Shown(NamedTuple):
    """A number as a reader sees it: the value, its interval and how many stand behind it."""

    value: str
    interval: str
    n: str

    @property
    def full(self) -> str:
        """All three in one line."""
        return " ".join(part for part in self if part)


def measure_name(measure: str) -> str:
    """Return the words for a measure, as they stand inside a sentence.

    Examples
    --------
    >>> measure_name("nps"), measure_name("first_contact")
    ('Net Promoter Score', 'first contact')
    """
    return _NAMES.get(measure, measure.replace("_", " "))


def capital(text: str) -> str:
    """Return a text that starts with a capital, the rest as it is.

    Examples
    --------
    >>> capital("net Promoter Score")
    'Net Promoter Score'
    """
    return text[:1].upper() + text[1:]


def is_share(measure: str, method: str = "") -> bool:
    """Return whether a measure is a share and is to be shown in percent."""
    return measure in _SHARES or measure.endswith("_share") or method.startswith("Wilson")


def shown(estimate: Estimate, measure: str, *, change: bool = False) -> Shown:
    r"""Return an estimate as text: no digit finer than the interval's width, a true minus sign.

    Parameters
    ----------
    estimate
        The number.
    measure
        What was measured; shares are shown in percent.
    change
        Whether it is a difference: then the sign is shown, and a share's unit is points.

    Examples
    --------
    >>> shown(Estimate(-1.312, -1.49, -1.13, n=341, method="t"), "valence").full
    '−1.3 [−1.5,\xa0−1.1] n\xa0341'
    >>> shown(Estimate(0.4187, 0.37, 0.45, n=377, method="Wilson"), "drop_off").full
    '42\xa0% [37,\xa045] n\xa0377'
    """
    percent = is_share(measure, estimate.method)
    factor = 100.0 if percent else 1.0
    signed = change or measure in _SIGNED
    if isnan(estimate.value):
        return Shown("no answers", "", f"n{NBSP}{estimate.n:,}")
    digits = _digits(estimate, factor, measure, fine=change or measure == "conversion")
    unit = (f"{NBSP}points" if change else f"{NBSP}%") if percent else ""
    value = plain(estimate.value * factor, digits, signed=signed) + unit
    n = f"n{NBSP}{estimate.n:,}"
    if estimate.has_interval:
        low = plain(estimate.low * factor, digits, signed=signed)
        high = plain(estimate.high * factor, digits, signed=signed)
        return Shown(value, f"[{low},{NBSP}{high}]", n)
    if estimate.method == "count":
        return Shown(value, "", "")
    return Shown(value, f"({estimate.method})" if estimate.method else "", n if estimate.n else "")


def plain(value: float, digits: int, *, signed: bool = False) -> str:
    """Return a number with the true minus sign and no negative zero.

    Examples
    --------
    >>> plain(-1.31, 1), plain(0.42, 1, signed=True), plain(-0.04, 1, signed=True)
    ('−1.3', '+0.4', '0.0')
    """
    size = f"{abs(value):,.{digits}f}"
    if not any(character in "123456789" for character in size):
        return size
    return f"{MINUS if value < 0 else '+' if signed else ''}{size}"


def _digits(estimate: Estimate, factor: float, measure: str, *, fine: bool) -> int:
    """Return the decimals whose unit is not finer than the leading digit of the width.

    A fine number gets one more where that digit is a 1 or a 2: +2.1 [+0.9, +3.4].
    """
    fewest = 0 if factor == 100 or measure == "nps" else 1
    if estimate.method == "count" or (not estimate.has_interval and estimate.value % 1 == 0):
        return 0
    width = (estimate.high - estimate.low) * factor
    if isnan(width) or width <= 0:
        return fewest
    most = 1 if factor == 100 else 3
    return max(fewest, min(most, -floor(log10(width / 3 if fine else width))))


def share_words(estimate: Estimate, whom: str) -> str:
    r"""Return the start of a sentence about a share: in words where they are true, else in percent.

    Words need an interval that stays within five points of the tenth that they name.

    Parameters
    ----------
    estimate
        The share.
    whom
        Of whom it is a share, in the plural.

    Examples
    --------
    >>> share_words(Estimate(0.402, 0.37, 0.43, n=900, method="Wilson"), "customers")
    'Four of ten customers (40\xa0% [37,\xa043] n\xa0900)'
    >>> share_words(Estimate(0.42, 0.30, 0.55, n=60, method="Wilson"), "customers")
    '42\xa0% [30,\xa055] n\xa060 of the customers'
    """
    text = shown(estimate, "drop_off")
    tenth = round(estimate.value * 10)
    near = tenth / 10 - 0.05 <= estimate.low and estimate.high <= tenth / 10 + 0.05
    if not near or not 1 <= tenth <= 9:
        return f"{text.full} of the {whom}"
    about = "" if round(estimate.value * 100) == tenth * 10 else "about "
    return capital(f"{about}{_TENTHS[tenth]} of ten {whom} ({text.full})")


def day_words(day: date) -> str:
    """Return a day in words.

    Examples
    --------
    >>> day_words(date(2026, 10, 31))
    '31 October 2026'
    """
    return f"{day.day} {day:%B %Y}"


def span_words(start: str, end: str) -> str:
    """Return a ledger period in words; an undated one is empty.

    Examples
    --------
    >>> span_words("2026-09-01", "2026-09-30"), span_words("2026-07-15", "2026-09-30")
    ('September 2026', '15 July 2026 to 30 September 2026')
    """
    if not start or not end:
        return ""
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    one_month = (first.year, first.month) == (last.year, last.month)
    if one_month and first.day == 1 and last.day == monthrange(last.year, last.month)[1]:
        return f"{last:%B %Y}"
    return f"{day_words(first)} to {day_words(last)}"


def listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence.

    Examples
    --------
    >>> listed(["survey", "log", "mentions"])
    'survey, log and mentions'
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def counted(number: float, noun: str) -> str:
    """Return a number with its noun in the singular or the plural.

    Examples
    --------
    >>> counted(1, "figure"), counted(1200, "figure")
    ('1 figure', '1,200 figures')
    """
    return f"{int(number):,} {noun}{'' if number == 1 else 's'}"
