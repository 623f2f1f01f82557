"""A measure over time."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from cjm_lab.plots.style import (
    BLUE,
    GRAY,
    INK,
    MUTED,
    SMALL_BASE,
    VERMILLION,
    columns_of,
    date_ticks,
    footnote,
    no_evidence,
    ready_axes,
    styled,
)
from cjm_lab.words import number

#: Width of a letter of the calendar's words, as a share of the axis.
_LETTER = 0.0105


@styled
def trend(
    data: pd.DataFrame,
    *,
    time: str = "week",
    ylabel: str = "",
    percent: bool = False,
    calendar: pd.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw values over time with control limits and the calendar's marks.

    Parameters
    ----------
    data
        One row a week: `time`, ``value``; optional ``low`` and ``high`` (interval), ``center``,
        ``lower_limit`` and ``upper_limit`` (control limits), ``n``. A value outside the limits is a
        vermillion diamond; a week of fewer than 30 is hollow. Where ``changed`` says that a new
        level starts, the levels (``level_mean``) are drawn in the place of the center.
    time
        Column with the dates.
    ylabel
        What is shown and its unit.
    percent
        Whether values are shares of 1.
    calendar
        ``date`` and ``what``: releases, outages and campaigns; those outside the time shown are
        left out. By default what the column ``calendar`` of the data says of its weeks.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> mondays = pd.date_range("2026-09-07", periods=3, freq="7D")
    >>> weeks = pd.DataFrame({"week": mondays, "value": [3, 4, 9]})
    >>> trend(weeks).lines[0].get_ydata().tolist()
    [3, 4, 9]
    """
    columns_of(data, [time, "value"])
    ax = ready_axes(ax, height=3.0)
    if data.empty:
        return no_evidence(ax)
    when, value = _naive(data[time]), data["value"]
    ax.plot(when, value, color=BLUE, linewidth=1.6, zorder=3)
    small = data["n"].lt(SMALL_BASE) if "n" in data else pd.Series(False, index=data.index)
    faces = ["white" if few else BLUE for few in small]
    ax.scatter(when, value, s=24, c=faces, edgecolors=BLUE, linewidths=1.3, zorder=4)
    if {"low", "high"} <= set(data.columns):
        ax.vlines(when, data["low"], data["high"], color=BLUE, linewidth=1, zorder=2)
    if {"lower_limit", "upper_limit"} <= set(data.columns):
        lower, upper = data["lower_limit"], data["upper_limit"]
        ax.fill_between(when, lower, upper, color=GRAY, alpha=0.14, linewidth=0, step="mid")
        outside = value.lt(lower) | value.gt(upper)
        ax.scatter(when[outside], value[outside], marker="D", s=52, color=VERMILLION, zorder=5)
    if "level_mean" in data and data.get("changed", pd.Series(False)).any():
        _levels(ax, data, when, percent=percent)
    elif "center" in data:
        ax.plot(when, data["center"], color=GRAY, linewidth=1, linestyle="--", zorder=1)
    if calendar is None and "calendar" in data:
        own = data["calendar"].fillna("")
        calendar = pd.DataFrame({"date": data[time], "what": own})[own.ne("")]
    _mark(ax, calendar, when)
    date_ticks(ax, when)
    if percent:
        ax.yaxis.set_major_formatter("{x:.0%}")
    if small.any():
        footnote(ax, f"hollow: fewer than {SMALL_BASE}")
    ax.set_ylabel(ylabel)
    ax.grid(axis="y")
    return ax


def _levels(ax: Axes, data: pd.DataFrame, when: pd.Series, *, percent: bool) -> None:
    """Draw the mean of each level as a line from its first week to its last, with its number."""
    for _, own in data.groupby(data["changed"].astype(int).cumsum()):
        level, span = float(own["level_mean"].mean()), when[own.index]
        ax.hlines(level, span.iloc[0], span.iloc[-1], color=INK, linewidth=1.4, zorder=2)
        said = ax.annotate(
            number(level, percent=percent), (span.iloc[0], level), (0, 4),
            textcoords="offset points", color=INK, fontsize=8.5, zorder=6,
        )  # fmt: skip
        said.set_path_effects([withStroke(linewidth=2.2, foreground="white")])


def _mark(ax: Axes, calendar: pd.DataFrame | None, when: pd.Series) -> None:
    """Draw a dotted line with its words at each date of the calendar inside the time shown."""
    if calendar is None or calendar.empty:
        return
    columns_of(calendar, ["date", "what"])
    dates = _naive(calendar["date"])
    seen = dates.between(when.min(), when.max())
    levels: list[float] = []
    for date, what in sorted(zip(dates[seen], calendar["what"][seen].astype(str), strict=True)):
        ax.axvline(date, color=MUTED, linewidth=1, linestyle=":", zorder=1)
        start = (date - when.min()) / (when.max() - when.min())
        end = start + len(what) * _LETTER
        fits = end <= 1
        left, right = (start, end) if fits else (start - len(what) * _LETTER, start)
        # the lowest line of words on which the mark before has ended
        level = next((i for i, taken in enumerate(levels) if taken < left), len(levels))
        levels[level : level + 1] = [right]
        ax.text(
            date, 1.02 + 0.075 * level, what, transform=ax.get_xaxis_transform(), color=MUTED,
            ha="left" if fits else "right", va="bottom", fontsize=8,
        )  # fmt: skip


def _naive(times: pd.Series) -> pd.Series:
    """Return dates without a time zone, as matplotlib takes them."""
    return pd.to_datetime(times, utc=True).dt.tz_localize(None)
