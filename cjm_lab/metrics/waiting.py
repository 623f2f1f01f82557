"""Who meets a response rule: how many a week, when they come back unaided, whom to act on now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from math import nan

import narwhals as nw
import numpy as np
import pandas as pd

from cjm_lab.estimate import Estimate, no_estimate, share
from cjm_lab.metrics._frames import count_of, framed, in_period
from cjm_lab.metrics.places import WINDOW_DAYS
from cjm_lab.metrics.rules import still_waiting
from cjm_lab.metrics.stream import JourneyStream, window_us
from cjm_lab.metrics.tenure import half_life, kaplan_meier
from cjm_lab.metrics.triggers import met_rules
from cjm_lab.period import Period
from cjm_lab.study import ResponseRule

#: Days after which the share that came back is told.
RETURN_DAYS = (1.0, 3.0, 7.0, 14.0)

#: The fewest customers without censoring (those left / the share left, Peto's effective number) for
#: which the interval of a share that is back holds the truth often enough.
_FEWEST = 5

_DAY_SECONDS = 24 * 3600


def response_weeks(
    stream: JourneyStream,
    rules: Sequence[ResponseRule],
    *,
    scored: pd.DataFrame | None = None,
    answers: pd.DataFrame | None = None,
    as_of: date | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how many customers met each rule in each whole week.

    Parameters
    ----------
    stream, rules, scored, answers, as_of, level
        As in `responses`.

    Returns
    -------
    DataFrame
        ``rule``, ``week`` (its Monday) and the count of customers who met the rule in it:
        ``value``, ``low``, ``high``, ``n``. Who met it several times counts once in each week.
        Weeks run from the first Monday of the log, or of the mentions or answers, to the last
        Sunday up to `as_of`; quiet ones are 0.

    Raises
    ------
    ParameterError
        If a rule cannot be read or names what nobody knows.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "bob"], "event": ["basket", "order"],
    ...     "occurred_at": pd.to_datetime(["2026-08-31", "2026-09-14"], utc=True)})
    >>> rule = ResponseRule(id="remind", when="basket without order within 24h")
    >>> response_weeks(journey_stream(log), [rule])["value"].tolist()
    [1.0, 0.0]
    """
    rows, end = [], stream.ends_before(as_of)
    first_day = stream.table().select(nw.col("day").min()).collect().to_pandas()["day"].dropna()
    days = {
        "without": first_day,
        "mentions": _days(scored, "published_at", stream.time_zone),
        "answers": _days(answers, "submitted_at", stream.time_zone),
    }
    last = int(_local_day(pd.Series([end - pd.Timedelta(1, "us")]), stream.time_zone).iloc[0])
    for rule, trigger, met in met_rules(stream, rules, scored, answers, as_of):
        dated = met[met["fired_at"].notna()]
        week = _local_day(dated["fired_at"], stream.time_zone).add(3) // 7
        people = dated.assign(week=week).drop_duplicates(["person", "week"])
        number = people["week"].value_counts()
        recorded = days[trigger.kind]
        # Day 0 of 1970 was a Thursday, so week w begins on day 7 w - 3.
        first = (int(recorded.min()) + 9) // 7 if len(recorded) else last
        for w in range(first, (last + 4) // 7):
            about = {"rule": rule.id, "week": np.datetime64(7 * w - 3, "D")}
            rows.append((about, count_of(int(number.get(w, 0)), level=level)))
    return framed(rows, {"rule": "str", "week": "datetime64[us]"})


def response_returns(
    stream: JourneyStream,
    rules: Sequence[ResponseRule],
    *,
    scored: pd.DataFrame | None = None,
    answers: pd.DataFrame | None = None,
    days: Sequence[float] = RETURN_DAYS,
    period: Period | None = None,
    as_of: date | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return when those who met each rule come back by themselves.

    Parameters
    ----------
    stream, rules, scored, answers, as_of, level
        As in `responses`.
    days
        Days after which the share that is back is told.
    period
        Only customers who met the rule in it; of several times the first counts.

    Returns
    -------
    DataFrame
        ``rule``, ``measure`` and ``days``: ``returned_by`` (share back within so many days) and
        ``median_days`` (days until half are back; unknown where more than half stay away, and a
        bound beyond the observation is infinite), with ``days`` unknown; ``value``, ``low``,
        ``high``, ``n`` (customers who met the rule and whom the log knows).

    Raises
    ------
    ParameterError
        If a rule cannot be read or names what nobody knows.

    Notes
    -----
    Kaplan-Meier: customers who are not back by `as_of` are censored there, so that recent ones
    count for the days that they could be seen. A day that nobody could be seen for has no share,
    and one that too few could be seen for has no interval.
    Where nobody is back yet, Wilson's interval is on those seen so long; where all are, on all.

    References
    ----------
    Kaplan & Meier (1958), JASA 53, 457-481.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob"],
    ...     "occurred_at": pd.to_datetime(["2026-09-01", "2026-09-03", "2026-09-01"], utc=True),
    ...     "event": ["basket", "order", "basket"],
    ... })
    >>> rule = ResponseRule(id="remind", when="basket without order within 24h")
    >>> found = response_returns(journey_stream(log), [rule], days=[0.5, 1])
    >>> found[["measure", "value"]].values.tolist()
    [['returned_by', 0.0], ['returned_by', 0.5], ['median_days', 1.0]]
    """
    rows, end = [], stream.ends_before(as_of)
    for rule, _, met in met_rules(stream, rules, scored, answers, as_of):
        first = met[in_period(met["fired_at"], period) & met["seen"] & met["fired_at"].notna()]
        first = first.sort_values("fired_at").drop_duplicates("person")
        back = first["came_at"].notna().to_numpy()
        length = _days_between(first["fired_at"], first["came_at"].fillna(end)).to_numpy()
        curve = kaplan_meier(length, back, level=level)
        for day in days:
            about = {"rule": rule.id, "measure": "returned_by", "days": day}
            rows.append((about, _back_by(day, curve, length, back, level)))
        median = replace(half_life(curve, level=level), n=len(first))
        rows.append(({"rule": rule.id, "measure": "median_days", "days": nan}, median))
    return framed(rows, {"rule": "str", "measure": "str", "days": "float64"})


def audience(
    stream: JourneyStream,
    rules: Sequence[ResponseRule],
    *,
    scored: pd.DataFrame | None = None,
    answers: pd.DataFrame | None = None,
    window_days: float = WINDOW_DAYS,
    as_of: date | None = None,
) -> pd.DataFrame:
    """Return the customers who meet each rule as of today, to act on now.

    This is a list of people: it belongs in data/processed only, never in a report.

    Parameters
    ----------
    stream, rules, scored, answers, as_of
        As in `responses`.
    window_days
        Days that a customer who met a rule is worth a reaction.

    Returns
    -------
    DataFrame
        ``rule``, ``customer_id``, ``fired_at`` (when the customer met the rule, the last time; in
        UTC) and ``days_waiting`` (from then to the end of `as_of`); in the order of the rules, who
        waits longest first. Mentions and answers without a customer are nobody to write to.

    Raises
    ------
    ParameterError
        If a rule cannot be read or names what nobody knows.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "bob", "bob"], "event": ["basket", "basket", "order"],
    ...     "occurred_at": pd.to_datetime(["2026-09-01", "2026-09-01", "2026-09-04"], utc=True)})
    >>> rule = ResponseRule(id="remind", when="basket without order within 24h")
    >>> found = audience(journey_stream(log), [rule])
    >>> found[["customer_id", "days_waiting"]].values.tolist()
    [['ann', 3.0]]
    """
    end = stream.ends_before(as_of)
    window = pd.Timedelta(window_us(window_days) or 0, unit="us")
    types = {"rule": "str", "customer_id": "str", "fired_at": "datetime64[us, UTC]"}
    parts = [pd.DataFrame(columns=list(types)).astype(types)]
    for rule, trigger, met in met_rules(stream, rules, scored, answers, as_of):
        now = still_waiting(met, window, end)
        if trigger.kind == "without":
            now = now.assign(customer_id=stream.customer_ids(now["person"]).to_numpy())
        else:
            now = now[now["named"]].rename(columns={"person": "customer_id"})
        now = now.groupby("customer_id")["fired_at"].max().reset_index()
        parts.append(now.assign(rule=rule.id).sort_values(["fired_at", "customer_id"]))
    found = pd.concat(parts, ignore_index=True)[list(types)].astype(types)
    return found.assign(days_waiting=_days_between(found["fired_at"], end))


def _back_by(
    day: float,
    curve: pd.DataFrame,
    length: np.ndarray,
    back: np.ndarray,
    level: float,
) -> Estimate:
    """Return the share that is back by a day, from the curve of those who are not."""
    n, row = len(length), int(np.searchsorted(curve["time"], day, side="right")) - 1
    away = 1.0 if row < 0 else float(curve["value"].iloc[row])
    if not n or (day > length.max() and away > 0):
        return no_estimate("nobody was seen so long" if n else "Kaplan-Meier", n=n, level=level)
    if away in (0.0, 1.0):
        known = int(back.sum()) if away == 0 else int((length >= day).sum())
        alike = share(known if away == 0 else 0, known, level=level)
        return replace(alike, n=n, method="Wilson, everyone alike")
    if (length >= day).sum() < _FEWEST * away:
        why = "Kaplan-Meier; too few were seen so long for an interval"
        return Estimate(1 - away, nan, nan, n=n, method=why, level=level)
    low, high, se = (float(curve[name].iloc[row]) for name in ("low", "high", "se"))
    method = "Kaplan-Meier, complementary log-log"
    return Estimate(1 - away, 1 - high, 1 - low, n=n, method=method, se=se, level=level)


def _days_between(start: pd.Series, end: pd.Series | pd.Timestamp) -> pd.Series:
    """Return the days from one time to another."""
    return (end - start).dt.total_seconds() / _DAY_SECONDS


def _days(table: pd.DataFrame | None, column: str, time_zone: str) -> pd.Series:
    """Return the local days of a table's rows."""
    if table is None or column not in table:
        return pd.Series(dtype="int64")
    return _local_day(table[column].dropna(), time_zone)


def _local_day(times: pd.Series, time_zone: str) -> pd.Series:
    """Return days since 1970 where the study is."""
    local = times.dt.tz_convert(time_zone).dt.tz_localize(None)
    days = local.to_numpy().astype("datetime64[D]").astype("int64")
    return pd.Series(days, index=times.index)
