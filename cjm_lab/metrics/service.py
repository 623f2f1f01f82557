"""Contacts: who makes them, how fast the company replies, whether it helps, and who comes again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate, clustered_ratio, share
from cjm_lab.metrics._frames import clustered_share, framed, in_period, not_negative, there_in
from cjm_lab.metrics.tenure import half_life, kaplan_meier
from cjm_lab.period import Period, day_start

#: Days within which a contact should be resolved.
RESOLVED_WITHIN_DAYS = 7
#: Days within which a customer who contacts the company about the same topic was not helped.
AGAIN_WITHIN_DAYS = 7


def contacts(
    interactions: pd.DataFrame,
    customers: pd.DataFrame,
    *,
    period: Period | None = None,
    as_of: date | None = None,
    by: str = "topic",
    resolved_within_days: int = RESOLVED_WITHIN_DAYS,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return who contacts the company, how fast it replies and whether it helps.

    Parameters
    ----------
    interactions
        Columns ``customer_id topic opened_at first_reply_at resolved_at``.
    customers
        The base that the share of contacting customers refers to; without rows, or where no
        contact names its customer, there is no share.
    period
        Only contacts opened in it.
    as_of
        Last day that was observed; by default all windows have closed.
    by
        Column that the contacts are parted by: ``topic``, ``channel``, or another text of the
        table, such as the touchpoint or the kind of contact.
    resolved_within_days
        Days within which a contact counts as resolved; younger contacts are left out, not failed.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        ``measure``, a column named as `by` ("" = all) and ``customers`` (who made contact):
        ``contact_share`` (Wilson over customers), ``first_reply_hours`` (mean over the contacts
        with a reply) and ``resolved_share``, both clustered by customer; ``value``, ``low``,
        ``high``, ``n``.

    Raises
    ------
    ParameterError
        If `by` is no column of the contacts.

    Examples
    --------
    >>> calls = pd.DataFrame({"customer_id": ["ann", "bob"], "topic": ["delivery", "delivery"],
    ...     "opened_at": pd.to_datetime(["2026-09-01 08:00"] * 2, utc=True),
    ...     "first_reply_at": pd.to_datetime(["2026-09-01 09:00", "2026-09-01 12:00"], utc=True),
    ...     "resolved_at": pd.to_datetime(["2026-09-02", None], utc=True)})
    >>> contacts(calls, pd.DataFrame({"customer_id": []}))["value"].tolist()
    [2.5, 0.5, 2.5, 0.5]
    """
    _known_column(interactions, by)
    base = there_in(customers, period)
    opened = interactions[in_period(interactions["opened_at"], period)]
    about = {"measure": "str", by: "str", "customers": "int64"}
    if not len(opened):
        return framed([], about)
    due = opened["opened_at"] + timedelta(days=resolved_within_days)
    closed = pd.Series(True, index=opened.index)
    if as_of is not None:
        time_zone = period.time_zone if period is not None else "UTC"
        closed = ~(due >= day_start(as_of + timedelta(days=1), time_zone))
    waited = (opened["first_reply_at"] - opened["opened_at"]).dt.total_seconds() / 3600
    resolved = opened["resolved_at"]
    each = pd.DataFrame(
        {
            "customer": own_customer(opened),
            "named": opened["customer_id"].astype("str") != "",
            "part": opened[by],
            "hours": waited,
            "solved": ((resolved <= due) | (due.isna() & resolved.notna())).where(closed),
        }
    )
    rows = []
    for part, some in _parts(each):
        what = {by: part, "customers": some["customer"].nunique()}
        for measure, estimate in _of_contacts(some, base, level).items():
            rows.append(({"measure": measure} | what, estimate))
    return framed(rows, about)


def _known_column(interactions: pd.DataFrame, by: str) -> None:
    """Refuse to part contacts by what the table lacks."""
    if by not in interactions:
        raise ParameterError(one_of("by", interactions.columns, by))


def _parts(each: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield all contacts, then those of each known part."""
    yield "", each
    for part in sorted(part for part in each["part"].dropna().unique() if part):
        yield part, each[each["part"] == part]


def _of_contacts(each: pd.DataFrame, base: pd.DataFrame, level: float) -> dict[str, Estimate]:
    """Return the estimates of some contacts."""
    estimates = {}
    if len(base) and each["named"].any():
        contacting = int(base["customer_id"].isin(each["customer"]).sum())
        estimates["contact_share"] = share(contacting, len(base), level=level)
    sums = each.groupby("customer")[["hours", "solved"]].agg(["sum", "count"])
    hours, solved = sums["hours"], sums["solved"].astype("float64")
    reply = clustered_ratio(hours["sum"], hours["count"], level=level)
    estimates["first_reply_hours"] = not_negative(reply)
    estimates["resolved_share"] = clustered_share(solved["sum"], solved["count"], level=level)
    return estimates


def contact_outcomes(
    interactions: pd.DataFrame,
    *,
    period: Period | None = None,
    as_of: date | None = None,
    by: str = "topic",
    repeat_within_days: int = AGAIN_WITHIN_DAYS,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how many contacts are followed by another, and how long customers wait for help.

    Parameters
    ----------
    interactions
        Columns ``customer_id topic opened_at first_reply_at resolved_at``.
    period
        Only contacts opened in it; the one that follows may come later.
    as_of
        Last day that was observed; by default until the last time in the table.
    by
        As in `contacts`.
    repeat_within_days
        Days within which another contact of the same customer about the same topic is a repeat.
        Contacts whose days are not over by `as_of` are left out. An unknown topic is one topic.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        ``measure``, a column named as `by` ("" = all) and ``customers``: ``repeat_share`` (of the
        contacts of named customers, the share followed by a repeat; clustered by customer),
        ``reply_median_hours`` and ``resolution_median_hours`` (Kaplan-Meier, contacts that are
        still open censored; each customer's first contact, so that observations are independent);
        ``value``, ``low``, ``high``, ``n`` (customers).

    Raises
    ------
    ParameterError
        If `by` is no column of the contacts.

    Examples
    --------
    >>> calls = pd.DataFrame({"customer_id": ["ann", "ann", "bob"], "topic": "delivery",
    ...     "opened_at": pd.to_datetime(["2026-09-01", "2026-09-03", "2026-09-03"], utc=True),
    ...     "first_reply_at": pd.to_datetime(["2026-09-02", None, "2026-09-05"], utc=True),
    ...     "resolved_at": pd.to_datetime(["2026-09-02", None, None], utc=True)})
    >>> found = contact_outcomes(calls, as_of=date(2026, 9, 30)).set_index("measure")
    >>> found.loc["reply_median_hours", "value"].tolist()  # in all, and about delivery
    [24.0, 24.0]
    """
    _known_column(interactions, by)
    about = {"measure": "str", by: "str", "customers": "int64"}
    if not len(interactions):
        return framed([], about)
    times = interactions[["opened_at", "first_reply_at", "resolved_at"]]
    end = times.max().max() + timedelta(microseconds=1)
    if as_of is not None:
        time_zone = period.time_zone if period is not None else "UTC"
        end = day_start(as_of + timedelta(days=1), time_zone)
    opened = interactions[interactions["opened_at"] < end]
    again = _came_again(opened, repeat_within_days, end)
    each = pd.DataFrame(
        {
            "customer": own_customer(opened),
            "part": opened[by],
            "opened_at": opened["opened_at"],
            "again": again,
            "reply": opened["first_reply_at"],
            "resolution": opened["resolved_at"],
        }
    ).sort_values("opened_at", kind="stable")
    each = each[in_period(each["opened_at"], period)]
    rows = []
    for part, some in _parts(each) if len(each) else ():
        what = {by: part, "customers": some["customer"].nunique()}
        counted = some.groupby("customer")["again"].agg(["sum", "count"]).astype("float64")
        repeat = clustered_share(counted["sum"], counted["count"], level=level)
        rows.append(({"measure": "repeat_share"} | what, repeat))
        first = some.drop_duplicates("customer")
        for name in ("reply", "resolution"):
            about_it = {"measure": f"{name}_median_hours"} | what
            rows.append((about_it, _median_hours(first, name, end, level)))
    return framed(rows, about)


def _came_again(opened: pd.DataFrame, within_days: int, end: pd.Timestamp) -> pd.Series:
    """Return which contacts were followed by a repeat; unknown where it is too early to say."""
    named = opened[opened["customer_id"].fillna("") != ""]
    # Rows of one customer, topic and instant are one contact.
    own = named.drop_duplicates(["customer_id", "topic", "opened_at"]).sort_values("opened_at")
    at, window = own["opened_at"], timedelta(days=within_days)
    topic = own["topic"].fillna("")
    after = at.groupby([own["customer_id"], topic]).shift(-1)
    again = (after - at <= window).astype("float64").where(at + window < end)
    return again.reindex(opened.index)


def _median_hours(first: pd.DataFrame, name: str, end: pd.Timestamp, level: float) -> Estimate:
    """Return the median hours from the opening until something was done, open ones censored."""
    done = first[name] < end
    hours = (first[name].where(done, end) - first["opened_at"]).dt.total_seconds() / 3600
    # Done before it was opened: a clock is wrong, so the time is unknown.
    known = hours >= 0
    curve = kaplan_meier(hours[known].to_numpy(), done[known].to_numpy(), level=level)
    return replace(half_life(curve, level=level), n=int(known.sum()))


def own_customer(table: pd.DataFrame) -> pd.Series:
    """Return whose contact or order it is; one without a customer stands for itself."""
    ids = table["customer_id"].astype("str")
    own = pd.Series([f"row {i}" for i in range(len(ids))], index=ids.index)
    return ids.where(ids != "", own)
