"""Where customers come from, how often and what they use, and their sessions."""

from __future__ import annotations

from math import inf

import narwhals as nw
import numpy as np
import pandas as pd

from cjm_lab.estimate import clustered_ratio, mean, share
from cjm_lab.metrics._frames import clustered_share, count_of, framed, not_negative, slices
from cjm_lab.metrics.stream import JourneyStream
from cjm_lab.period import Period

_MINUTE_US = 60_000_000


def acquisition(
    stream: JourneyStream, *, period: Period | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Return the channels through which new customers came.

    Parameters
    ----------
    stream
        Events of customers in order.
    period
        Only customers whose first event ever lies in it.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a channel, in alphabetical order: ``channel``, ``customers``, ``value`` (share of
        new customers whose first event has a channel), ``low``, ``high`` (Wilson), ``n``.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 2, 1], unit="h", utc=True),
    ...     "event": ["visit", "order", "visit"],
    ...     "channel": ["ad", "", "search"],
    ... })
    >>> acquisition(journey_stream(log)).set_index("channel")["value"].to_dict()
    {'ad': 0.5, 'search': 0.5}
    """
    came = (
        stream.table(period)
        .filter((nw.col("position") == 1) & ~nw.col("channel").is_null())
        .group_by("channel")
        .agg(nw.len().alias("customers"))
        .sort("channel")
        .collect()
        .to_pandas()
    )
    total = int(came["customers"].sum())
    rows = [
        (
            {"channel": stream.channels[code], "customers": customers},
            share(customers, total, level=level),
        )
        for code, customers in zip(came["channel"], came["customers"], strict=True)
    ]
    return framed(rows, {"channel": "str", "customers": "int64"})


def usage(
    stream: JourneyStream, *, period: Period | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Return how often customers were active and what they did.

    Parameters
    ----------
    stream
        Events of customers in order.
    period
        Only events in it.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        ``measure`` and ``item``: ``events_per_customer`` and ``active_days`` (means over active
        customers, t interval), and an ``event_share`` for each event, the most frequent first
        (share of all events, interval clustered by customer); ``value``, ``low``, ``high``, ``n``
        (active customers).

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 30, 1], unit="h", utc=True),
    ...     "event": ["visit", "order", "visit"],
    ... })
    >>> usage(journey_stream(log))[["measure", "item", "value"]].head(2).values.tolist()
    [['events_per_customer', '', 1.5], ['active_days', '', 1.5]]
    """
    table = stream.table(period)
    people = (
        table.group_by("customer")
        .agg(nw.len().alias("events"), nw.col("day").n_unique().alias("days"))
        .sort("customer")
        .collect()
        .to_pandas()
    )
    done = stream.counts(table, nw.col("event"))
    rows = [
        (
            {"measure": measure, "item": "", "customers": len(people)},
            mean(people[column], bounds=(0, inf), level=level),
        )
        for measure, column in (("events_per_customer", "events"), ("active_days", "days"))
    ]
    doers_of, totals = slices(done["code"]), done.groupby("code")["count"].sum()
    for code in sorted(doers_of, key=lambda code: -int(totals[code])):
        of_event = done[doers_of[code]]
        count = np.zeros(len(people))
        count[np.searchsorted(people["customer"], of_event["customer"])] = of_event["count"]
        about = {
            "measure": "event_share",
            "item": stream.events[code],
            "customers": len(of_event),
        }
        rows.append((about, clustered_share(count, people["events"], level=level)))
    return framed(rows, {"measure": "str", "item": "str", "customers": "int64"})


def sessions(
    stream: JourneyStream, *, period: Period | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Return how many sessions there were and what they were like.

    A session ends with a pause of more than 30 minutes.

    Parameters
    ----------
    stream
        Events of customers in order.
    period
        Only events in it.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a ``measure``: ``sessions`` (count), ``sessions_per_customer`` (mean),
        ``events_per_session``, ``minutes_per_session`` and ``single_event_share`` (ratios,
        intervals clustered by customer); ``value``, ``low``, ``high``, ``n`` (customers).

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "ann"],
    ...     "occurred_at": pd.to_datetime([0, 30, 61], unit="m", utc=True),
    ...     "event": ["visit", "basket", "order"],
    ... })
    >>> sessions(journey_stream(log)).set_index("measure")["value"].to_dict()["minutes_per_session"]
    15.0
    """
    at = nw.col("occurred_us")
    each = (
        stream.table(period)
        .group_by("customer", "session")
        .agg(nw.len().alias("events"), (at.max() - at.min()).alias("length_us"))
        .with_columns(single=(nw.col("events") == 1).cast(nw.Int64))
    )
    people = (
        each.group_by("customer")
        .agg(
            nw.len().alias("sessions"),
            nw.col("events", "length_us", "single").sum(),
        )
        .sort("customer")
        .collect()
        .to_pandas()
    )
    number = people["sessions"]
    estimates = {
        "sessions": count_of(int(number.sum()), level=level),
        "sessions_per_customer": mean(number, bounds=(0, inf), level=level),
        "events_per_session": clustered_ratio(people["events"], number, level=level),
        "minutes_per_session": not_negative(
            clustered_ratio(people["length_us"] / _MINUTE_US, number, level=level)
        ),
        "single_event_share": clustered_share(people["single"], number, level=level),
    }
    return framed([({"measure": m}, e) for m, e in estimates.items()], {"measure": "str"})
