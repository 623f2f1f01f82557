"""How numbers and measures are said to a reader: digits, signs, units and names."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from math import floor, isfinite, isnan, log10
from typing import NamedTuple

from cjm_lab.estimate import Estimate

MINUS = "\u2212"
NBSP = "\u00a0"

#: Measures that are shares of customers, answers or mentions although their name doesn't say so.
_SHARES = {"share", "reach", "drop_off", "conversion", "csat", "transition", "size",
           "returned_unaided", "conversion_lift", "cells_with_evidence", "driver", "driver_r2",
           "maxdiff", "response_share_difference", "respondent_gap", "scorer_disagreement",
           "link_precision", "link_recall", "forecast_gap",
           "expected_conversion", "payback_chance"}  # fmt: skip
#: Methods that estimate shares, or differences of shares, whatever the study calls the measure.
_SHARE_METHODS = ("Wilson", "Newcombe")
#: Measures that are differences: the sign is shown, and a share's unit is points.
_CHANGES = {"conversion_lift", "pilot_difference", "added_orders", "net_value",
            "added_customers", "added_revenue", "added_lifetime_value",
            "response_share_difference", "respondent_gap", "early_late_difference",
            "reward_difference", "forecast_gap"}  # fmt: skip
#: Measures on a signed scale, where the sign is half of the message.
_SIGNED = {"valence", "value_gap", "value_gap_to_best", "importance_derived", "kano_worse"}

#: Coefficients between -1 and 1, of which the second decimal is read.
_COEFFICIENTS = {"alpha", "omega_total", "agreement", "label_agreement", "importance_derived",
                 "item_rest", "kano_better", "kano_worse"}  # fmt: skip

#: Scores without a scale of their own: only their leading digits say something.
_SCALELESS = {"impact_effort", "priority_score"}

_NAMES = {
    "nps": "Net Promoter Score",
    "csat": "satisfied customers",
    "ces": "ease (effort score)",
    "valence": "satisfaction",
    "negative_share": "negative mentions",
    "automatic_negative_share": "negative mentions",
    "positive_share": "positive mentions",
    "automatic_positive_share": "positive mentions",
    "scorer_disagreement": "read differently by two word lists",
    "label_agreement": "agreement of the labelers (Krippendorff's alpha)",
    "link_precision": "found by keywords and right",
    "link_recall": "found by keywords of what is there",
    "conversion": "conversion",
    "channel_conversion": "conversion by channel",
    "churn_share": "customers lost",
    "repeat_share": "customers who buy again",
    "resolved_share": "contacts resolved",
    "contact_share": "customers who need help",
    "first_reply_hours": "hours to the first reply",
    "drop_off": "customers who go no further",
    "exit_share": "customers who leave here",
    "stage_share": "part of what customers do",
    "conversion_lift": "lift of conversion",
    "expected_conversion": "conversion that a later month would show",
    "payback_chance": "chance of paying back",
    "payback_months": "months to pay back",
    "uncertainty_share": "part of what is unsure",
    "least_budget": "least budget that would do",
    "sample_ratio_p": "sample ratio",
    "umux_lite": "ease of use (UMUX-Lite)",
    "rice": "RICE score",
    "ice": "ICE score",
    "impact_effort": "impact / effort",
    "priority_score": "own priority score",
    "active_customers": "active customers",
    "response_share": "invited who answered",
    "partial_share": "answers broken off",
    "respondent_gap": "part of the respondents less part of the base",
    "alpha": "Cronbach's alpha",
    "omega_total": "omega total",
    "driver": "share of the differences",
    "driver_r2": "share of the differences that all drivers explain",
    "kano_better": "satisfies when there (Kano)",
    "kano_worse": "dissatisfies when missing (Kano)",
    "maxdiff": "share of preference (MaxDiff)",
    "value_gap_to_best": "value gap to the best answer",
    "forecast_gap": "what came less what was forecast",
    "forecasts_held_share": "forecasts that held",
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
    named = measure in _SHARES or measure.endswith("_share")
    return named or method.startswith(_SHARE_METHODS)


def shown(
    estimate: Estimate, measure: str, *, change: bool = False, digits: int | None = None
) -> Shown:
    r"""Return an estimate as text: no digit finer than the interval's width, a true minus sign.

    Parameters
    ----------
    estimate
        The number.
    measure
        What was measured; shares are shown in percent, a p value as one.
    change
        Whether it is a difference: then the sign is shown, and a share's unit is points.
    digits
        Decimals, where they are not to follow from the interval.

    Examples
    --------
    >>> shown(Estimate(-1.312, -1.49, -1.13, n=341, method="t"), "valence").full
    '−1.3 [−1.5,\xa0−1.1] n\xa0341'
    >>> shown(Estimate(0.4187, 0.37, 0.45, n=377, method="Wilson"), "drop_off").full
    '42\xa0% [37,\xa045] n\xa0377'
    >>> shown(Estimate(0.0553, 0.0421, 0.0702, n=5524, method="simulated"), "conversion_lift").value
    '+5.5\xa0points'
    """
    percent = is_share(measure, estimate.method)
    factor = 100.0 if percent else 1.0
    change = change or measure in _CHANGES
    signed = change or measure in _SIGNED
    if isnan(estimate.value):
        return Shown("no answers", "", f"n{NBSP}{estimate.n:,}")
    if measure == "sample_ratio_p":
        return Shown(p_words(estimate.value), f"({estimate.method})", f"n{NBSP}{estimate.n:,}")
    if digits is None:
        digits = decimals(estimate, measure, change=change)
    unit = (f"{NBSP}points" if change else f"{NBSP}%") if percent else ""
    value = plain(estimate.value * factor, digits, signed=signed) + unit
    n = f"n{NBSP}{estimate.n:,}"
    if estimate.has_interval:
        low = plain(estimate.low * factor, digits, signed=signed)
        high = plain(estimate.high * factor, digits, signed=signed)
        return Shown(value, f"[{low},{NBSP}{high}]", n)
    if estimate.method == "count":
        return Shown(value, "", "")
    if "all alike" in estimate.method:
        return Shown(value, "(all alike)", n)
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


def decimals(estimate: Estimate, measure: str, *, change: bool = False) -> int:
    """Return the decimals whose unit is not finer than the leading digit of the interval's width.

    A difference, and conversion, get one more where that digit is a 1 or a 2: +2.1 [+0.9, +3.4].

    Examples
    --------
    >>> decimals(Estimate(36.21, 21.1, 51.3, n=3000, method="t"), "revenue")
    0
    """
    percent = is_share(measure, estimate.method)
    factor = 100.0 if percent else 1.0
    if measure in _SCALELESS and estimate.value:
        return max(0, 2 - floor(log10(abs(estimate.value))))
    whole = not estimate.has_interval and estimate.value % 1 == 0
    if estimate.method == "count" or whole or measure == "rank":
        return 0
    width = (estimate.high - estimate.low) * factor
    if not isfinite(width) or width <= 0:
        size = abs(estimate.value) * factor
        return 0 if size >= 100 or (percent and not change) or measure == "nps" else 1
    fewest = 0 if percent or measure == "nps" or width >= 10 else 1
    if measure in _COEFFICIENTS:
        return 2
    fine = change or measure == "conversion"
    most = 1 if percent else 3
    return max(fewest, min(most, -floor(log10(width / 3 if fine else width))))


def number(value: float, *, percent: bool = False) -> str:
    r"""Return a number that stands alone, without an interval, in few digits.

    Examples
    --------
    >>> number(0.384, percent=True), number(-1.482), number(12345.6)
    ('38\xa0%', '−1.48', '12,346')
    """
    if isnan(value):
        return "unknown"
    if percent:
        return f"{plain(value * 100, 0)}{NBSP}%"
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return text.replace("-", MINUS)


def p_words(p: float) -> str:
    """Return a p value as it is printed: without the zero that it cannot exceed.

    Examples
    --------
    >>> p_words(0.00857), p_words(0.042), p_words(4.8e-11), p_words(1.0)
    ('p .0086', 'p .042', 'p < .001', 'p 1.00')
    """
    if p < 0.001:
        return "p < .001"
    digits = 4 if p < 0.01 else 3 if p < 0.1 else 2
    return f"p {f'{p:.{digits}f}'.removeprefix('0')}"


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
