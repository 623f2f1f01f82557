"""Survival: how long customers stay, with those who are still here censored."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations
from math import nan

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError, SourceError, one_of
from cjm_lab.estimate import Estimate, benjamini_hochberg, no_estimate
from cjm_lab.estimate.intervals import z_value
from cjm_lab.metrics.stream import DAY_US, EPOCH, JourneyStream, window_us
from cjm_lab.period import day_start

_DAY_S = 86_400

_METHOD = "Kaplan-Meier, complementary log-log"
_TYPES = dict.fromkeys(["time", "value", "low", "high"], "float64") | {
    "n": "int64",
    "events": "int64",
    "se": "float64",
    "method": "str",
}


def kaplan_meier(
    durations: npt.ArrayLike,
    happened: npt.ArrayLike,
    *,
    entered: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the share to whom something has not happened yet, as a curve over time.

    Parameters
    ----------
    durations
        Time until it happened, or until the observation ended; 0 or more, in any unit.
    happened
        Whether it did; if not, the duration is censored.
    entered
        Time from which each was observed (delayed entry): nobody counts as at risk up to then. 0 is
        from the start; whoever was never observed before the end of the duration is left out.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a time at which it happened, and one at the last time observed: ``time``, ``value``
        (the share), ``low``, ``high``, ``n`` (at risk just before), ``events`` (to how many it
        happened), ``se`` (Greenwood), ``method``. Before the first row the share is 1, after the
        last it is unknown. Where it is 1 or 0 there is no interval.

    Raises
    ------
    ParameterError
        If durations are missing or negative, lengths differ, or somebody entered after the end.

    Notes
    -----
    At equal times events come before censoring, and before entry. With delayed entry few may be at
    risk early on; if it happens to all of them the curve is 0 from there on.

    References
    ----------
    Kaplan & Meier (1958); Kalbfleisch & Prentice (2002), The Statistical Analysis of Failure Time
    Data, 1.4 (Greenwood's variance on the complementary log-log scale).

    Examples
    --------
    Of four, one leaves after 1 month; of the two then left under observation, one after 3.

    >>> kaplan_meier([1, 2, 3, 4], [True, False, True, False])["value"].tolist()
    [0.75, 0.375, 0.375]
    """
    time, event, start = _observed(durations, happened, entered)
    if not len(time):
        return _nobody()
    times = np.unique(np.append(time[event], time.max()))
    ends, starts = np.sort(time), np.sort(start)
    at_risk = np.searchsorted(starts, times) - np.searchsorted(ends, times)
    left = np.sort(time[event])
    events = np.searchsorted(left, times, side="right") - np.searchsorted(left, times)
    stayed = at_risk - events
    value = np.cumprod(stayed / at_risk)
    gone = value == 0
    # Where nobody is left, Greenwood's sum and its logarithm have no value; nor where nobody left.
    some = ~gone & (value < 1)
    spread = np.cumsum(events / np.where(gone, np.nan, at_risk * stayed))
    log = np.log(value, where=some, out=np.full(len(value), np.nan))
    reach = z_value(level) * np.sqrt(spread) / -log
    return pd.DataFrame(
        {
            "time": times,
            "value": value,
            "low": np.where(some, value ** np.exp(reach), np.nan),
            "high": np.where(some, value ** np.exp(-reach), np.nan),
            "n": at_risk,
            "events": events,
            "se": np.where(some, value * np.sqrt(spread), np.nan),
            "method": np.where(
                some, _METHOD, np.where(gone, "it happened to all", "it has not happened yet")
            ),
        }
    ).astype(_TYPES)


def _observed(
    durations: npt.ArrayLike, happened: npt.ArrayLike, entered: npt.ArrayLike | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Return durations, events and entries of those who were ever at risk."""
    time = np.asarray(durations, dtype=float)
    event = np.asarray(happened, dtype=bool)
    start = np.zeros(len(time)) if entered is None else np.asarray(entered, dtype=float)
    if not len(time) == len(event) == len(start):
        raise ParameterError(
            "durations, happened and entered must have one value a customer, "
            f"got {len(time)}, {len(event)} and {len(start)}"
        )
    if not (time >= 0).all():
        raise ParameterError(
            f"durations must be 0 or more and complete, got {time[~(time >= 0)][0]:g}; "
            "leave out who was not observed"
        )
    if not (start <= time).all():
        raise ParameterError(
            f"entered must lie before the end, got {start[~(start <= time)][0]:g} for a duration "
            f"of {time[~(start <= time)][0]:g}; leave out who was not observed"
        )
    # Who is there from the start is at risk at time 0 too.
    start = np.where(start <= 0, -1.0, start)
    seen = start < time
    return time[seen], event[seen], start[seen]


def half_life(curve: pd.DataFrame, *, level: float = 0.95) -> Estimate:
    """Return the time by which it has happened to half of them, from a Kaplan-Meier curve.

    Parameters
    ----------
    curve
        Rows of one curve of `kaplan_meier` or `survival`.
    level
        The level that the curve was made with.

    Returns
    -------
    Estimate
        In the curve's unit of time; ``nan`` where more than half are left at the end. A bound that
        the curve's interval doesn't reach is infinite. n is the number at risk at the first row.

    References
    ----------
    Brookmeyer & Crowley (1982), Biometrics 38, 29-41: the times at which the curve's interval
    holds 1/2.

    Examples
    --------
    >>> half_life(kaplan_meier([1, 2, 3, 4], [True, True, True, True])).value
    2.0
    """
    n = int(curve["n"].iloc[0]) if len(curve) else 0
    # Where all have left there is no interval, but the share is surely not above one half.
    left = curve["low"].mask(curve["value"] <= 0, 0.0)
    curve = curve.assign(low=left)
    # A product of fractions that is 1/2 may come out a little above it.
    times = [curve.loc[curve[column] <= 0.5 + 1e-12, "time"] for column in ("value", "low", "high")]
    if times[0].empty:
        return no_estimate("more than half are left", n=n, level=level)
    value, low, high = (float(found.iloc[0]) if len(found) else np.inf for found in times)
    return Estimate(value, low, high, n=n, method="Kaplan-Meier, Brookmeyer-Crowley", level=level)


def tenures(
    data: pd.DataFrame | JourneyStream,
    *,
    inactive_after: float | None = None,
    as_of: date | None = None,
    time_zone: str = "UTC",
) -> pd.DataFrame:
    """Return how long each customer was seen to stay, and whether the customer left.

    Parameters
    ----------
    data
        Customers: columns ``customer_id joined_at left_at`` and, where known, ``observed_from``. An
        unknown ``left_at``, or one after `as_of`, means that the customer was still there. Or a
        stream of events: then who was silent for longer than `inactive_after` days has left, at the
        last event.
    inactive_after
        For a stream: days of silence that make a customer lost; see `inactivity_threshold`.
    as_of
        Last day that was observed; by default the day of the last record.
    time_zone
        Where the days of a table of customers begin; a stream knows its own.

    Returns
    -------
    DataFrame
        One row a customer, indexed by ``customer_id``: ``days`` from joining to leaving or to the
        end of observation, ``left``, ``entered`` (days from joining to the start of observation).
        Who has no ``joined_at`` or was never observed is left out.

    Raises
    ------
    ParameterError
        If `inactive_after` is missing for a stream or given for customers.
    SourceError
        If somebody left before joining.

    Notes
    -----
    Silence needs `inactive_after` days to be noticed, so a stream is observed up to that many days
    before the end: who was seen later is censored at that moment and not at the last event, since
    nobody could have been found to leave in between. Who first came after it is left out.

    Examples
    --------
    >>> people = pd.DataFrame({"customer_id": ["ann", "bob"],
    ...                        "joined_at": pd.to_datetime(["2026-09-01"] * 2, utc=True),
    ...                        "left_at": pd.to_datetime(["2026-09-11", None], utc=True)})
    >>> tenures(people, as_of=date(2026, 9, 30))["days"].to_dict()
    {'ann': 10.0, 'bob': 30.0}
    """
    if isinstance(data, JourneyStream):
        if inactive_after is None:
            raise ParameterError(
                "inactive_after must say after how many days of silence a customer of a stream has "
                "left, got None; inactivity_threshold(stream) suggests a number"
            )
        return _silent(data, window_us(inactive_after) or 0, as_of)
    if inactive_after is not None:
        raise ParameterError(
            f"inactive_after must be None for a table of customers, got {inactive_after!r}; "
            "give a stream to find who left by silence"
        )
    return _contracts(data, as_of, time_zone)


def survival(
    data: pd.DataFrame | JourneyStream,
    *,
    by: str | pd.Series | None = None,
    inactive_after: float | None = None,
    as_of: date | None = None,
    time_zone: str = "UTC",
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the share of customers who stay for so many days, as Kaplan-Meier curves.

    Parameters
    ----------
    data, inactive_after, as_of, time_zone
        As in `tenures`: customers who leave at ``left_at``, or a stream where silence is leaving.
        With ``observed_from`` customers enter late.
    by
        Column of the customers, or a Series of groups by customer_id: one curve a group. Who is in
        no group is left out.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        ``group`` ("" = all) and the columns of `kaplan_meier`, ``time`` in days.

    Raises
    ------
    ParameterError
        As `tenures`; or if `by` is not a column.

    Examples
    --------
    >>> people = pd.DataFrame({"customer_id": ["ann", "bob"],
    ...                        "joined_at": pd.to_datetime(["2026-09-01"] * 2, utc=True),
    ...                        "left_at": pd.to_datetime(["2026-09-11", None], utc=True)})
    >>> survival(people, as_of=date(2026, 9, 30))[["time", "value"]].values.tolist()
    [[10.0, 0.5], [30.0, 0.5]]
    """
    stays = tenures(data, inactive_after=inactive_after, as_of=as_of, time_zone=time_zone)
    stays["group"] = "" if by is None else _groups(data, by, stays.index)
    curves = [
        kaplan_meier(one["days"], one["left"], entered=one["entered"], level=level).assign(
            group=str(group)
        )
        for group, one in stays.dropna(subset=["group"]).groupby("group")
    ]
    found = pd.concat(curves, ignore_index=True) if curves else _nobody().assign(group="")
    return found.astype({"group": "str"})[["group", *_TYPES]]


def compare_survival(
    data: pd.DataFrame | JourneyStream,
    by: str | pd.Series,
    *,
    inactive_after: float | None = None,
    as_of: date | None = None,
    time_zone: str = "UTC",
) -> pd.DataFrame:
    """Return log-rank tests of whether groups of customers stay equally long.

    Parameters
    ----------
    data, by, inactive_after, as_of, time_zone
        As in `survival`.

    Returns
    -------
    DataFrame
        One row for all groups together (``group`` and ``other`` empty) and, of three or more
        groups, one a pair: ``group``, ``other``, ``value`` (chi-square), ``df``, ``p``,
        ``p_adjusted`` (pairs: Benjamini-Hochberg over the pairs), ``n`` (customers), ``events``,
        ``method``. Where nobody left, or a group had nobody at risk when others left, there is no
        test.

    References
    ----------
    Peto & Peto (1972), Journal of the Royal Statistical Society A 135, 185-207.

    Examples
    --------
    >>> people = pd.DataFrame({"customer_id": list("abcd"), "plan": ["x", "x", "y", "y"],
    ...                        "joined_at": pd.to_datetime(["2026-09-01"] * 4, utc=True),
    ...                        "left_at": pd.to_datetime(["2026-09-11", None] * 2, utc=True)})
    >>> compare_survival(people, "plan")[["value", "df", "p"]].values.tolist()
    [[0.0, 1.0, 1.0]]
    """
    stays = tenures(data, inactive_after=inactive_after, as_of=as_of, time_zone=time_zone)
    stays = stays.assign(group=_groups(data, by, stays.index)).dropna(subset=["group"])
    names = sorted(stays["group"].unique())
    rows = [{"group": "", "other": ""} | _log_rank(stays)] if len(names) > 1 else []
    pairs = combinations(names, 2) if len(names) > 2 else []
    rows += [
        {"group": a, "other": b} | _log_rank(stays[stays["group"].isin([a, b])]) for a, b in pairs
    ]
    types = {"group": "str", "other": "str", "value": "float64", "df": "int64", "p": "float64"}
    found = pd.DataFrame(rows, columns=[*types, "n", "events", "method"])
    found = found.astype(types | {"n": "int64", "events": "int64", "method": "str"})
    paired = found["group"] != ""
    adjusted = found["p"].mask(paired, benjamini_hochberg(found["p"].where(paired).to_numpy()))
    found.insert(5, "p_adjusted", adjusted)
    return found


def _log_rank(stays: pd.DataFrame) -> dict[str, object]:
    """Return chi-square, degrees of freedom and p of the log-rank test of some groups."""
    from scipy.stats import chi2
    from statsmodels.duration.survfunc import survdiff

    time, event, start = _observed(stays["days"], stays["left"], stays["entered"])
    group = stays["group"][(stays["days"] > stays["entered"]) | (stays["entered"] <= 0)]
    df, value, method = group.nunique() - 1, nan, "log-rank"
    if not event.any():
        method = "nobody left"
    elif df == 0:
        method = "one group"
    else:
        try:
            value, _ = survdiff(time, event.astype(int), pd.factorize(group)[0], entry=start)
        except np.linalg.LinAlgError:
            method = "a group had nobody at risk when others left"
    return {
        "value": float(value),
        "df": df,
        "p": float(chi2.sf(value, df)),
        "n": len(time),
        "events": int(event.sum()),
        "method": method,
    }


def _groups(
    data: pd.DataFrame | JourneyStream, by: str | pd.Series, customers: pd.Index
) -> pd.Series:
    """Return the group of each customer, missing where unknown."""
    if isinstance(by, str):
        if isinstance(data, JourneyStream) or by not in data.columns:
            columns = [] if isinstance(data, JourneyStream) else list(data.columns)
            raise ParameterError(one_of("by", columns, by))
        by = pd.Series(data[by].to_numpy(), index=data["customer_id"].astype("str"))
    groups = by.astype("str").where(by.notna())
    return groups.mask(groups == "").reindex(customers)


def _nobody() -> pd.DataFrame:
    """Return a curve without rows."""
    return pd.DataFrame(columns=list(_TYPES)).astype(_TYPES)


def _silent(stream: JourneyStream, window: int, as_of: date | None) -> pd.DataFrame:
    """Return the tenures of a stream, where a silence longer than the window is leaving."""
    ends, at = stream.ends_before_us(as_of), nw.col("occurred_us")
    seen = (
        stream.table()
        .filter(at < ends)
        .group_by("customer")
        .agg(at.min().alias("first"), at.max().alias("last"))
        .filter(nw.col("first") < ends - window)
        .sort("customer")
        .collect()
        .to_pandas()
        .astype("int64")
    )
    stays = pd.DataFrame(
        {
            "days": (seen["last"].clip(upper=ends - window) - seen["first"]) / DAY_US,
            "left": seen["last"] < ends - window,
            "entered": 0.0,
        }
    )
    return stays.set_index(pd.Index(stream.customer_ids(seen["customer"]), name="customer_id"))


def _contracts(customers: pd.DataFrame, as_of: date | None, time_zone: str) -> pd.DataFrame:
    """Return the tenures of a table of customers."""
    joined = pd.to_datetime(customers["joined_at"], utc=True)
    left = pd.to_datetime(customers["left_at"], utc=True)
    if (left < joined).any():
        who = customers.loc[left < joined, "customer_id"].iloc[0]
        raise SourceError(
            f"left_at must not lie before joined_at, got {int((left < joined).sum())} customers "
            f"(first {who!r}); correct the dates"
        )
    if as_of is None:
        last = joined.max() if left.isna().all() else max(joined.max(), left.max())
        as_of = EPOCH if pd.isna(last) else last.tz_convert(time_zone).date()
    ends = day_start(as_of + timedelta(days=1), time_zone)
    entered = pd.Series(0.0, index=customers.index)
    if "observed_from" in customers.columns:
        since = pd.to_datetime(customers["observed_from"], utc=True) - joined
        entered = (since.dt.total_seconds() / _DAY_S).clip(lower=0.0).fillna(0.0)
    days = (left.where(left < ends, ends) - joined).dt.total_seconds() / _DAY_S
    stays = pd.DataFrame({"days": days, "left": left < ends, "entered": entered})
    # Days are missing without joined_at, and negative for those who join after the end.
    seen = (days >= 0) & ((entered < days) | (entered <= 0))
    stays.index = pd.Index(customers["customer_id"].astype("str"), name="customer_id")
    return stays[seen.to_numpy()]
