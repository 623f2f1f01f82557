"""Response rules: who meets a trigger, who comes back unaided, what is at stake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import sqrt

import pandas as pd

from cjm_lab.estimate import Estimate, share
from cjm_lab.metrics._frames import count_of, framed, in_period, not_negative
from cjm_lab.metrics.base import order_value
from cjm_lab.metrics.places import WINDOW_DAYS
from cjm_lab.metrics.stream import JourneyStream, window_us
from cjm_lab.metrics.triggers import Trigger, met_rules
from cjm_lab.period import Period
from cjm_lab.study import ResponseRule


def responses(
    stream: JourneyStream,
    rules: Sequence[ResponseRule],
    *,
    orders: pd.DataFrame | None = None,
    scored: pd.DataFrame | None = None,
    answers: pd.DataFrame | None = None,
    window_days: float = WINDOW_DAYS,
    period: Period | None = None,
    as_of: date | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how many met each rule, came back unaided, wait now, and what is at stake.

    A customer meets ``basket without order within 24h`` at the moment when 24 hours have passed
    since a basket and no order came, and comes back with the order. Who gave an answer or wrote a
    mention meets a rule at that moment, and comes back with the next event of the log. Of several
    times that a customer meets a rule in the period the first counts.

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
    answers
        Answers handed in: ``customer_id submitted_at`` and a column a question.
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
        ``returned_unaided`` (share within the window, of the customers of the log whose window has
        closed; Wilson), ``waiting_now`` (count of those who still meet the rule and whose window is
        open: the event has not come, or the answer is the customer's last one), and for rules about
        events ``revenue_at_stake`` (of those who met the rule in the period, see Notes; n is their
        number); ``value``, ``low``, ``high``, ``n``. A rule whose source is missing has no rows.

    Raises
    ------
    ParameterError
        If a rule cannot be read or names an event, touchpoint or question that nobody knows.

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
    window = pd.Timedelta(window_us(window_days) or 0, unit="us")
    end = stream.ends_before(as_of)
    rows: list[tuple[dict[str, str], Estimate]] = []
    for rule, trigger, met in met_rules(stream, rules, scored, answers, as_of):
        found = _of_rule(trigger, met, worth, window, end, period, level)
        rows += [({"rule": rule.id, "measure": m}, estimate) for m, estimate in found.items()]
    return framed(rows, {"rule": "str", "measure": "str"})


def _of_rule(
    trigger: Trigger,
    met: pd.DataFrame,
    worth: Estimate | None,
    window: pd.Timedelta,
    end: pd.Timestamp,
    period: Period | None,
    level: float,
) -> dict[str, Estimate]:
    """Return the estimates of one rule."""
    now = still_waiting(met, window, end)
    in_it = met[in_period(met["fired_at"], period)]
    if trigger.kind == "mentions":
        return {
            "triggered": count_of(len(in_it), level=level),
            "waiting_now": count_of(len(now), level=level),
        }
    first = in_it.sort_values("fired_at").drop_duplicates("person")
    closed = first[first["seen"] & (first["fired_at"] + window < end)]
    returned = int((closed["came_at"] <= closed["fired_at"] + window).sum())
    found = {
        "triggered": count_of(len(first), level=level),
        "returned_unaided": share(returned, len(closed), level=level),
        "waiting_now": count_of(now["person"].nunique(), level=level),
    }
    if worth is not None and trigger.kind == "without":
        found["revenue_at_stake"] = _at_stake(len(first), found["returned_unaided"], worth)
    return found


def still_waiting(met: pd.DataFrame, window: pd.Timedelta, end: pd.Timestamp) -> pd.DataFrame:
    """Return the occasions on which somebody still meets the rule and is worth a reaction."""
    return met[met["stands"] & (met["fired_at"] + window >= end)]


def _at_stake(met: int, unaided: Estimate, worth: Estimate) -> Estimate:
    """Return what those who don't come back by themselves would have been worth."""
    gone, v = 1 - unaided.value, worth.value

    def spread(of_worth: float, of_unaided: float) -> float:
        return met * sqrt((gone * of_worth) ** 2 + (v * of_unaided) ** 2)

    method = "count x share not back unaided x order value, delta method"
    if not worth.has_interval:
        method = f"no interval of the order value: {worth.method}"
    half = spread((worth.high - worth.low) / 2, (unaided.high - unaided.low) / 2)
    value = met * gone * v
    stake = Estimate(
        value,
        value - half,
        value + half,
        n=met,
        method=method,
        se=spread(worth.se, unaided.se),
        level=worth.level,
    )
    return not_negative(stake)
