"""Response rules: who meets a trigger, who comes back unaided, what is at stake."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Literal

import narwhals as nw
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate, share
from cjm_lab.metrics._frames import count_of, framed, in_period, not_negative
from cjm_lab.metrics.base import order_value
from cjm_lab.metrics.places import WINDOW_DAYS
from cjm_lab.metrics.stream import DAY_US, HOUR_US, JourneyStream, window_us
from cjm_lab.period import Period
from cjm_lab.study import ResponseRule

_WITHOUT = re.compile(r"(\S.*?)\s+without\s+(\S.*?)\s+within\s+(\d+(?:\.\d+)?)\s*([hd])")
_MENTIONS = re.compile(r"mentions\s+at\s+(\S+)\s+and\s+negative")


@dataclass(frozen=True, slots=True)
class Trigger:
    """A rule's `when` in parts: an event that another does not follow in time, or mentions."""

    kind: Literal["without", "mentions"]
    at: str
    expected: str = ""
    within_us: int = 0


def parse_trigger(when: str) -> Trigger:
    """Return the parts of a rule's `when`.

    Parameters
    ----------
    when
        ``<event> without <event> within <N>h`` (or ``d``), or
        ``mentions at <touchpoint> and negative``.

    Raises
    ------
    ParameterError
        For anything else.

    Examples
    --------
    >>> parse_trigger("basket without order within 24h").within_us // HOUR_US
    24
    """
    text = when.strip()
    if match := _WITHOUT.fullmatch(text):
        event, expected, number, unit = match.groups()
        length = round(float(number) * (HOUR_US if unit == "h" else DAY_US))
        if length > 0:
            return Trigger("without", event, expected, length)
    if match := _MENTIONS.fullmatch(text):
        return Trigger("mentions", match[1])
    raise ParameterError(
        "a response's 'when' must read '<event> without <event> within <N>h' (or d for days) or "
        f"'mentions at <touchpoint> and negative', got {when!r}; "
        "write for example 'basket without order within 24h'"
    )


def responses(
    stream: JourneyStream,
    rules: Sequence[ResponseRule],
    *,
    orders: pd.DataFrame | None = None,
    scored: pd.DataFrame | None = None,
    window_days: float = WINDOW_DAYS,
    period: Period | None = None,
    as_of: date | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how many met each rule, came back unaided, wait now, and what is at stake.

    A customer meets ``basket without order within 24h`` at the moment when 24 hours have passed
    since a basket and no order came.

    Parameters
    ----------
    stream
        Events of customers in order.
    rules
        The study's responses.
    orders
        Columns ``customer_id ordered_at amount`` and, where known, ``kind``; the mean of a new
        customer's order (see `order_value`) is the value of a customer lost.
    scored
        Mentions with ``published_at``, ``automatic``, ``duplicate`` and ``touchpoints``.
    window_days
        Days that a customer who met a rule has to come back, and is worth a reaction.
    period
        Only customers who met the rule in it.
    as_of
        Today: last day that was observed; by default the day of the last event.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        ``rule`` and ``measure``: ``triggered`` (count of customers, or of mentions),
        ``returned_unaided`` (share within the window, of those whose window has closed; Wilson),
        ``waiting_now`` (count of those who have not come back and whose window is open),
        ``revenue_at_stake`` (of those who met the rule in the period, see Notes; n is their
        number); ``value``, ``low``, ``high``, ``n``.

    Raises
    ------
    ParameterError
        If a rule cannot be read or names an event or touchpoint that nobody knows.

    Notes
    -----
    Revenue at stake is N (1 - r) v: N customers met the rule, the share r of them comes back
    unaided (as those whose window has closed did), an order is worth v. As r and v come from
    independent counts, the delta method gives half the width of its interval:
    N sqrt((1 - r)^2 h_v^2 + v^2 h_r^2), with h half the width of each one's own interval.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob"],
    ...     "occurred_at": pd.to_datetime(["2026-09-01", "2026-09-03", "2026-09-01"], utc=True),
    ...     "event": ["basket", "order", "basket"],
    ... })
    >>> rule = ResponseRule(id="reminder", when="basket without order within 24h")
    >>> found = responses(journey_stream(log), [rule], window_days=1)
    >>> found.set_index("measure")["value"].to_dict()
    {'triggered': 2.0, 'returned_unaided': 0.5, 'waiting_now': 0.0}
    """
    worth = None
    if orders is not None and orders["amount"].notna().any():
        worth = order_value(orders, period=period, level=level)
    window, ends = window_us(window_days) or 0, stream.ends_before_us(as_of)
    rows: list[tuple[dict[str, str], Estimate]] = []
    for rule in rules:
        trigger = parse_trigger(rule.when)
        if trigger.kind == "mentions":
            found = _of_mentions(stream, trigger, scored, window, ends, period, level)
        else:
            found = _of_events(stream, trigger, worth, window, ends, period, level)
        rows += [({"rule": rule.id, "measure": m}, estimate) for m, estimate in found.items()]
    return framed(rows, {"rule": "str", "measure": "str"})


def _of_events(
    stream: JourneyStream,
    trigger: Trigger,
    worth: Estimate | None,
    window: int,
    ends: int,
    period: Period | None,
    level: float,
) -> dict[str, Estimate]:
    """Return the estimates of a rule about an event that another did not follow."""
    met = _met(stream, trigger, ends)
    times = pd.to_datetime(met["fired"], unit="us", utc=True)
    first = met[in_period(times, period)].sort_values("fired").drop_duplicates("customer")
    closed = first[first["fired"] + window < ends]
    returned = int((closed["came"] <= closed["fired"] + window).sum())
    gone = met[met["came"].isna() & (met["fired"] + window >= ends)]
    found = {
        "triggered": count_of(len(first), level=level),
        "returned_unaided": share(returned, len(closed), level=level),
        "waiting_now": count_of(gone["customer"].nunique(), level=level),
    }
    if worth is not None:
        found["revenue_at_stake"] = _at_stake(len(first), found["returned_unaided"], worth)
    return found


def _at_stake(met: int, unaided: Estimate, worth: Estimate) -> Estimate:
    """Return what those who don't come back by themselves would have been worth."""
    gone, v = 1 - unaided.value, worth.value

    def spread(of_worth: float, of_unaided: float) -> float:
        return met * sqrt((gone * of_worth) ** 2 + (v * of_unaided) ** 2)

    half = spread((worth.high - worth.low) / 2, (unaided.high - unaided.low) / 2)
    value = met * gone * v
    stake = Estimate(
        value,
        value - half,
        value + half,
        n=met,
        method="count x share not back unaided x order value, delta method",
        se=spread(worth.se, unaided.se),
        level=worth.level,
    )
    return not_negative(stake)


def _met(stream: JourneyStream, trigger: Trigger, ends: int) -> pd.DataFrame:
    """Return each time a customer met the rule (`fired`), and when the event came after all."""
    table, at = stream.table(), nw.col("occurred_us")
    began = table.filter(stream.is_at(trigger.at)).select("customer", at.alias("began")).unique()
    expected = table.filter(stream.is_at(trigger.expected)).select("customer", at.alias("came"))
    # The earliest that came no sooner than the trigger; one at the same instant has come in time.
    came = nw.when(nw.col("came") >= nw.col("began")).then(nw.col("came"))
    met = (
        began.join(expected, on="customer", how="left")
        .with_columns(came=came)
        .group_by("customer", "began")
        .agg(nw.col("came").min())
        .with_columns(fired=nw.col("began") + trigger.within_us)
        .filter(nw.col("fired") < ends)
        .filter(nw.col("came").is_null() | (nw.col("came") > nw.col("fired")))
    )
    return met.select("customer", "fired", "came").collect().to_pandas()


def _of_mentions(
    stream: JourneyStream,
    trigger: Trigger,
    scored: pd.DataFrame | None,
    window: int,
    ends: int,
    period: Period | None,
    level: float,
) -> dict[str, Estimate]:
    """Return the counts of a rule about negative mentions at a touchpoint."""
    if stream.stages and trigger.at not in stream.touchpoints:
        raise ParameterError(one_of("touchpoint of a response", stream.touchpoints, trigger.at))
    if scored is None or not len(scored):
        return {}
    places = scored["touchpoints"].explode()
    there = (places == trigger.at).groupby(level=0).any()
    met = scored[there & (scored["automatic"] == "negative") & ~scored["duplicate"].astype(bool)]
    published = met["published_at"]
    recent = published >= pd.Timestamp(ends - window, unit="us", tz="UTC")
    return {
        "triggered": count_of(int(in_period(published, period).sum()), level=level),
        "waiting_now": count_of(int(recent.sum()), level=level),
    }
