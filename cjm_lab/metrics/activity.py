"""How often customers come, what they use, and their sessions."""

from __future__ import annotations

from math import inf

import narwhals as nw
import numpy as np
import pandas as pd

from cjm_lab.estimate import clustered_ratio, mean, share
from cjm_lab.metrics._frames import clustered_share, count_of, framed, not_negative, slices
from cjm_lab.metrics.stream import MINUTE_US, JourneyStream
from cjm_lab.period import Period

#: More sessions than any one customer has.
_SESSIONS = 1 << 31
#: Lowest number of active days of each class of customers.
_ACTIVE_DAYS = (1, 2, 3, 4, 8, 15)


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


def frequency(
    stream: JourneyStream, *, period: Period | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Return how many features customers use and on how many days they come.

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
        ``measure``, ``item`` and ``customers``: ``features_used`` (mean number of different events
        of an active customer, t interval) and ``active_days_share`` with the item ``1``, ``2``,
        ``3``, ``4-7``, ``8-14`` and ``15+`` (share of the active customers who were there on so
        many days, Wilson); ``value``, ``low``, ``high``, ``n`` (active customers). Who came late
        in the period had fewer days to come back.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 30, 1], unit="h", utc=True),
    ...     "event": ["visit", "order", "visit"],
    ... })
    >>> frequency(journey_stream(log))[["item", "value"]].head(3).values.tolist()
    [['', 1.5], ['1', 0.5], ['2', 0.5]]
    """
    people = (
        stream.table(period)
        .group_by("customer")
        .agg(nw.col("event").n_unique().alias("features"), nw.col("day").n_unique().alias("days"))
        .collect()
        .to_pandas()
    )
    # Sums of floats depend on the order, which groups have none of.
    features = mean(np.sort(people["features"]), bounds=(0, inf), level=level)
    rows = [({"measure": "features_used", "item": "", "customers": len(people)}, features)]
    for low, above in zip(_ACTIVE_DAYS, (*_ACTIVE_DAYS[1:], inf), strict=True):
        there = int(((people["days"] >= low) & (people["days"] < above)).sum())
        item = f"{low}+" if above == inf else f"{low}" if above == low + 1 else f"{low}-{above - 1}"
        about = {"measure": "active_days_share", "item": item, "customers": there}
        rows.append((about, share(there, len(people), level=level)))
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
    at, one = nw.col("occurred_us"), nw.col("customer").cast(nw.Int64) * _SESSIONS
    each = (
        stream.table(period)
        # One packed key: engines group a single integer faster than two columns.
        .select("occurred_us", key=one + nw.col("session"))
        .group_by("key")
        .agg(nw.len().alias("events"), (at.max() - at.min()).alias("length_us"))
        .with_columns(
            customer=nw.col("key") // _SESSIONS, single=(nw.col("events") == 1).cast(nw.Int64)
        )
    )
    people = (
        each.group_by("customer")
        .agg(nw.len().alias("sessions"), nw.col("events", "length_us", "single").sum())
        .collect()
        .to_pandas()
    )
    # Sums of floats depend on the order, which groups have none of.
    people = people.iloc[np.argsort(people["customer"].to_numpy())]
    number = people["sessions"]
    estimates = {
        "sessions": count_of(int(number.sum()), level=level),
        "sessions_per_customer": mean(number, bounds=(0, inf), level=level),
        "events_per_session": clustered_ratio(people["events"], number, level=level),
        "minutes_per_session": not_negative(
            clustered_ratio(people["length_us"] / MINUTE_US, number, level=level)
        ),
        "single_event_share": clustered_share(people["single"], number, level=level),
    }
    return framed([({"measure": m}, e) for m, e in estimates.items()], {"measure": "str"})
