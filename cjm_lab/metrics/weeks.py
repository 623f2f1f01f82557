"""Weekly series: control limits, changes of level, the calendar beside them, seasons."""

from __future__ import annotations

from datetime import date
from math import inf, nan

import numpy as np
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, mean, share
from cjm_lab.metrics._arms import is_share
from cjm_lab.metrics._frames import count_of, framed
from cjm_lab.metrics.changes import alike, level_starts, neighbor_correlation, weights_of

#: 3 / d2 for moving ranges of two (Shewhart's constant d2 = 1.128).
_INDIVIDUALS = 2.66


def trend(
    times: pd.Series,
    values: pd.Series | None = None,
    *,
    calendar: pd.DataFrame | None = None,
    as_of: date | None = None,
    time_zone: str = "UTC",
    level: float = 0.95,
) -> pd.DataFrame:
    """Return a weekly series with control limits: which weeks stand out from the usual variation.

    Parameters
    ----------
    times
        When each thing happened (UTC); those without a time are left out.
    values
        What was measured each time. Only 0 and 1 (or booleans) give shares and a p-chart, other
        numbers give means; without values things are counted. Means and counts get an individuals
        chart.
    calendar
        Columns ``date`` and ``what``: releases, outages, campaigns.
    as_of
        Last day that was observed; a week that ends later is left out. By default the day of the
        last record.
    time_zone
        Where the weeks begin, on Monday.
    level
        Confidence level of each week's interval; the limits are at three standard deviations.

    Returns
    -------
    DataFrame
        One row a week: ``week`` (its Monday), ``value``, ``low``, ``high``, ``n``, ``center``,
        ``lower_limit``, ``upper_limit``, ``outside``, ``level_mean`` (since the last change of
        level), ``changed`` (whether a new level starts; see `change_points`), ``autocorrelation``
        (of neighboring weeks, around their levels), ``calendar`` (what happened in the week) and
        ``note``. When counting, a first week that does not begin with a Monday's record is left out
        as incomplete.

    Notes
    -----
    The limits take the weeks as independent. Where neighboring weeks are alike they alarm too
    often: with an autocorrelation of .6 an individuals chart marks 5.8 % of ordinary weeks instead
    of .3 %. The note of each week outside says so.

    References
    ----------
    Shewhart (1931): p-chart of shares, x-bar chart of means with the pooled standard deviation
    within weeks; Wheeler (1993), Understanding Variation: limits of the individuals chart at
    mean +- 2.66 x mean moving range; Maragah & Woodall (1992), Journal of Statistical Computation
    and Simulation 40, 29-42: the same under autocorrelation.

    Examples
    --------
    >>> days = pd.Series(pd.date_range("2026-09-07", periods=21, tz="UTC"))
    >>> trend(days)[["week", "value"]].astype("str").values.tolist()[0]
    ['2026-09-07', '7.0']
    """
    about = {"week": "datetime64[us]", "center": "float64", "lower_limit": "float64"}
    about |= {"upper_limit": "float64", "outside": "bool", "level_mean": "float64"}
    about |= {"changed": "bool", "autocorrelation": "float64", "calendar": "str", "note": "str"}
    if values is not None and len(values) != len(times):
        raise ParameterError(f"values must be as many as times ({len(times)}), got {len(values)}")
    held = times.notna() if values is None else times.notna() & values.notna().to_numpy()
    day = times[held].dt.tz_convert(time_zone).dt.tz_localize(None).dt.normalize()
    if not len(day):
        return framed([], about)
    number = None if values is None else values[held.to_numpy()].astype("float64")
    monday = day - pd.to_timedelta(day.dt.day_of_week, unit="D")
    weeks = pd.date_range(monday.min(), monday.max(), freq="7D", unit="us")
    over = pd.Timestamp(as_of) if as_of is not None else day.max()
    weeks = weeks[weeks + pd.Timedelta(days=6) <= over]
    if number is None and len(weeks) and day.min() > weeks[0]:
        weeks = weeks[1:]
    estimates = [_week(day, number, monday == week, level) for week in weeks]
    center, lower, upper = _limits(estimates, number)
    table = framed([({}, e) for e in estimates], {})
    table = table.assign(week=weeks, center=center, lower_limit=lower, upper_limit=upper)
    outside = (table["value"] < lower) | (table["value"] > upper)
    table = _with_levels(table.assign(outside=outside))
    table["calendar"] = _happened(calendar, weeks, time_zone)
    table["note"] = _notes(table)
    return table[[*about, *table.columns.drop(list(about))]].astype(about)


def _week(day: pd.Series, number: pd.Series | None, here: pd.Series, level: float) -> Estimate:
    """Return the estimate of one week."""
    if number is None:
        return count_of(int(here.sum()), level=level)
    of_week = number[here.to_numpy()]
    if is_share(number):
        return share(int(of_week.sum()), len(of_week), level=level)
    return mean(of_week, level=level)


def _limits(
    estimates: list[Estimate], number: pd.Series | None
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return center, lower and upper control limit of each week."""
    value = np.array([e.value for e in estimates])
    n = np.array([e.n for e in estimates], dtype=float)
    known = ~np.isnan(value)
    if known.sum() < 2:
        return nan, np.full(len(value), nan), np.full(len(value), nan)
    if number is not None and is_share(number):
        center = float(np.average(value[known], weights=n[known]))
        half = np.full(len(value), nan)
        half[known] = 3 * np.sqrt(center * (1 - center) / n[known])
        return center, np.maximum(0, center - half), np.minimum(1, center + half)
    if number is not None and (n > 1).any():
        return _limits_of_means(estimates)
    center = float(value[known].mean())
    half = np.full(len(value), _INDIVIDUALS * np.abs(np.diff(value[known])).mean())
    floor = 0.0 if number is None else -inf
    return center, np.maximum(floor, center - half), center + half


def _limits_of_means(estimates: list[Estimate]) -> tuple[float, np.ndarray, np.ndarray]:
    """Return center and limits of an x-bar chart: a week of few answers has wide ones."""
    n = np.array([e.n for e in estimates], dtype=float)
    value = np.array([e.value for e in estimates])
    spread = np.array([0.0 if np.isnan(e.se) else e.se**2 * e.n for e in estimates])
    within = np.sqrt((spread * (n - 1).clip(0)).sum() / (n - 1).clip(0).sum())
    center = float(np.average(value[n > 0], weights=n[n > 0]))
    half = np.full(len(n), nan)
    half[n > 0] = 3 * within / np.sqrt(n[n > 0])
    return center, center - half, center + half


def _with_levels(table: pd.DataFrame) -> pd.DataFrame:
    """Return the weeks with their level, where a new one starts, and how alike neighbors are."""
    known = np.flatnonzero(table["value"].notna())
    value, weight = table["value"].to_numpy(dtype=float), weights_of(table)
    starts = known[level_starts(value[known], weight[known])] if len(known) else known
    changed = np.isin(np.arange(len(table)), starts)
    weighed = pd.DataFrame({"sum": value * weight, "n": np.where(np.isnan(value), nan, weight)})
    of_level = weighed.groupby(changed.cumsum()).transform("sum", min_count=1)
    return table.assign(
        level_mean=of_level["sum"] / of_level["n"],
        changed=changed,
        autocorrelation=neighbor_correlation(value, starts.tolist()),
    )


def _happened(calendar: pd.DataFrame | None, weeks: pd.DatetimeIndex, time_zone: str) -> list[str]:
    """Return what the calendar says of each week."""
    if calendar is None or calendar.empty:
        return [""] * len(weeks)
    date = pd.to_datetime(calendar["date"])
    if date.dt.tz is not None:
        date = date.dt.tz_convert(time_zone).dt.tz_localize(None)
    monday = date.dt.normalize() - pd.to_timedelta(date.dt.day_of_week, unit="D")
    words = calendar["what"].astype("str").groupby(monday).agg("; ".join)
    return words.reindex(weeks).fillna("").tolist()


def _notes(table: pd.DataFrame) -> list[str]:
    """Return what is to be said of each week."""
    out = "outside the limits"
    correlation = table["autocorrelation"].max()
    if alike(correlation, int(table["value"].notna().sum())):
        out += f", which alarm too often here: neighboring weeks are alike (r {correlation:.2f})"
    now = table["level_mean"]
    columns = (now.shift(), now, table["changed"], table["outside"])
    return [
        "; ".join([f"new level {new:.3g} after {old:.3g}"] * changed + [out] * outside)
        for old, new, changed, outside in zip(*columns, strict=True)
    ]


def seasonal_trend(weeks: pd.DataFrame, *, cycle: int = 52) -> pd.DataFrame:
    """Return a weekly series split into trend, season and the rest, given two full cycles.

    From fewer than two cycles a season can't be told from a trend or a single event: then nothing
    is split and the note says why.

    Parameters
    ----------
    weeks
        What `trend` returns, at least ``week`` and ``value``.
    cycle
        Weeks of a cycle: 52 for a year.

    Returns
    -------
    DataFrame
        ``week``, ``value``, ``trend``, ``seasonal``, ``remainder`` (they add up to the value; nan
        where nothing is split) and ``note``.

    Raises
    ------
    ParameterError
        If `cycle` is shorter than two weeks.

    References
    ----------
    Cleveland, Cleveland, McRae & Terpenning (1990), STL, Journal of Official Statistics 6, 3-73.

    Examples
    --------
    >>> mondays = pd.date_range("2026-01-05", periods=30, freq="7D")
    >>> seasonal_trend(pd.DataFrame({"week": mondays, "value": range(30)}))["note"][0]
    'no season from fewer than two cycles: 30 of 104 weeks'
    """
    if cycle < 2:
        raise ParameterError(f"cycle must be 2 weeks or more, got {cycle!r}; a year has 52")
    table = weeks[["week", "value"]].reset_index(drop=True)
    table = table.assign(trend=nan, seasonal=nan, remainder=nan, note="")
    gaps = int(table["value"].isna().sum())
    if len(table) < 2 * cycle:
        table["note"] = f"no season from fewer than two cycles: {len(table)} of {2 * cycle} weeks"
    elif gaps:
        table["note"] = f"no season from a series with gaps: {gaps} weeks have no value"
    else:
        from statsmodels.tsa.seasonal import STL

        split = STL(table["value"].to_numpy(dtype=float), period=cycle, robust=True).fit()
        table = table.assign(trend=split.trend, seasonal=split.seasonal, remainder=split.resid)
    return table.astype({"note": "str"})
