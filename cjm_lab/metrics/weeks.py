"""Weekly series with control limits."""

from __future__ import annotations

from datetime import date
from math import inf, nan

import numpy as np
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, mean, share
from cjm_lab.metrics._frames import count_of, framed

#: 3 / d2 for moving ranges of two (Shewhart's constant d2 = 1.128).
_INDIVIDUALS = 2.66


def trend(
    times: pd.Series,
    values: pd.Series | None = None,
    *,
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
        ``lower_limit``, ``upper_limit``, ``outside``. When counting, a first week that does not
        begin with a Monday's record is left out as incomplete.

    References
    ----------
    Shewhart (1931): p-chart of shares, x-bar chart of means with the pooled standard deviation
    within weeks; Wheeler (1993), Understanding Variation: limits of the individuals chart at
    mean +- 2.66 x mean moving range.

    Examples
    --------
    >>> days = pd.Series(pd.date_range("2026-09-07", periods=21, tz="UTC"))
    >>> trend(days)[["week", "value"]].astype("str").values.tolist()[0]
    ['2026-09-07', '7.0']
    """
    about = {"week": "datetime64[us]", "center": "float64", "lower_limit": "float64"}
    about |= {"upper_limit": "float64", "outside": "bool"}
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
    rows = [
        (
            {"week": week, "center": center, "lower_limit": a, "upper_limit": b}
            | {"outside": bool(e.value < a or e.value > b)},
            e,
        )
        for week, e, a, b in zip(weeks, estimates, lower, upper, strict=True)
    ]
    return framed(rows, about)


def _week(day: pd.Series, number: pd.Series | None, here: pd.Series, level: float) -> Estimate:
    """Return the estimate of one week."""
    if number is None:
        return count_of(int(here.sum()), level=level)
    of_week = number[here.to_numpy()]
    if _is_share(number):
        return share(int(of_week.sum()), len(of_week), level=level)
    return mean(of_week, level=level)


def _is_share(number: pd.Series) -> bool:
    """Return whether only 0 and 1 occur."""
    return bool(number.isin([0, 1]).all())


def _limits(
    estimates: list[Estimate], number: pd.Series | None
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return center, lower and upper control limit of each week."""
    value = np.array([e.value for e in estimates])
    n = np.array([e.n for e in estimates], dtype=float)
    known = ~np.isnan(value)
    if known.sum() < 2:
        return nan, np.full(len(value), nan), np.full(len(value), nan)
    if number is not None and _is_share(number):
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
