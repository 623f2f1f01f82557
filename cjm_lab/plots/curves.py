"""Curves of what has happened to whom by when: staying, converting, coming back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from cjm_lab.plots.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    PURPLE,
    SMALL_BASE,
    VERMILLION,
    clipped,
    columns_of,
    footnote,
    hollow,
    no_evidence,
    ready_axes,
    styled,
)

# Lines differ in color and in dashes: either is enough.
_COLORS = (BLUE, VERMILLION, GREEN, PURPLE, INK)
_DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (6, 2)), (0, (3, 1, 1, 1, 1, 1)))
#: Most letters of a group's name beside its numbers at risk, and over the plot.
_LETTERS, _LONGEST = 24, 80


@styled
def survival(
    data: pd.DataFrame,
    *,
    by: str = "group",
    xlabel: str = "days",
    ylabel: str = "share still there",
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of customers who are still there over time, with how many are at risk.

    Parameters
    ----------
    data
        What `cjm_lab.metrics.survival` or `cjm_lab.metrics.kaplan_meier` returns: ``time``,
        ``value``, ``low``, ``high``, ``n`` (at risk just before), optional `by`.
    by
        Column with the groups, a line each; without it there is one.
    xlabel
        Unit of time.
    ylabel
        What the share is of.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        A step down wherever somebody left, the interval as a band, pale where fewer than 30 are at
        risk. The numbers under the axis are at risk when next somebody leaves.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> curve = pd.DataFrame({"time": [1.0, 3.0], "value": [0.75, 0.375], "low": [0.1, 0.0],
    ...     "high": [0.9, 0.8], "n": [4, 2]})
    >>> survival(curve).lines[0].get_xydata().tolist()
    [[0.0, 1.0], [1.0, 0.75], [3.0, 0.375]]
    """
    columns_of(data, ["time", "value", "low", "high", "n"])
    rows = data.rename(columns={"n": "at_risk"})
    return _steps(rows, "time", by, begin=1.0, next_time=True, words=(xlabel, ylabel), ax=ax)


@styled
def time_to_convert(
    data: pd.DataFrame,
    *,
    by: str = "segment",
    ylabel: str = "share converted",
    ax: Axes | None = None,
) -> Axes:
    """Draw the share that has converted by so many days after the first step.

    Parameters
    ----------
    data
        What `cjm_lab.metrics.time_to_convert` returns: ``days``, ``value``, ``low``, ``high``,
        ``at_risk``, optional `by`.
    by
        Column with the segments, a line each; without it there is one.
    ylabel
        What the share is of.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The interval as a band, pale where fewer than 30 are at risk. The numbers under the axis
        have not converted and are still watched.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> curve = pd.DataFrame({"days": [1.0, 2.0], "value": [0.3, 0.5], "low": [0.2, 0.4],
    ...     "high": [0.4, 0.6], "at_risk": [70, 50]})
    >>> time_to_convert(curve).lines[0].get_ydata().tolist()
    [0.0, 0.3, 0.5]
    """
    columns_of(data, ["days", "value", "low", "high", "at_risk"])
    words = ("days after the first step", ylabel)
    return _steps(data, "days", by, begin=0.0, next_time=False, words=words, ax=ax)


@styled
def retention_curve(
    data: pd.DataFrame,
    *,
    xlabel: str = "age",
    ylabel: str = "share active",
    ax: Axes | None = None,
) -> Axes:
    """Draw which share of all cohorts that are mature at an age is active then.

    Parameters
    ----------
    data
        What `cjm_lab.metrics.retention` returns: ``age``, ``cohort``, ``value``, ``low``, ``high``,
        optional ``n``. Only its rows without a cohort are drawn.
    xlabel
        What the ages are and their unit, such as ``weeks since the first order``.
    ylabel
        What the share is of.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Hollow where fewer than 30 customers are old enough. Young cohorts are missing at high ages,
        so the curve may rise there.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> curve = pd.DataFrame({"age": [0, 1], "cohort": pd.NaT, "value": [1.0, 0.25],
    ...     "low": [0.9, 0.2], "high": [1.0, 0.31]})
    >>> retention_curve(curve).lines[0].get_ydata().tolist()
    [1.0, 0.25]
    """
    columns_of(data, ["age", "cohort", "value", "low", "high"])
    curve = data[data["cohort"].isna()].sort_values("age")
    ax = ready_axes(ax, height=3.2)
    if curve.empty:
        return no_evidence(ax)
    ax.plot(curve["age"], curve["value"], color=BLUE, linewidth=1.6, zorder=3)
    ax.vlines(curve["age"], curve["low"], curve["high"], color=BLUE, linewidth=1, zorder=2)
    faces = ["white" if empty else BLUE for empty in hollow(curve)]
    ax.scatter(
        curve["age"], curve["value"], s=24, c=faces, edgecolors=BLUE, linewidths=1.3, zorder=4
    )
    if "n" in curve and curve["n"].lt(SMALL_BASE).any():
        footnote(ax, f"hollow: fewer than {SMALL_BASE}")
    ax.yaxis.set_major_formatter("{x:.0%}")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylim(0, 1.03 if curve["value"].max() > 0.5 else None)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.grid(axis="y")
    return ax


def _steps(
    data: pd.DataFrame,
    time: str,
    by: str,
    *,
    begin: float,
    next_time: bool,
    words: tuple[str, str],
    ax: Axes | None,
) -> Axes:
    """Draw a curve of steps a group that begins at time 0, with the numbers at risk under it."""
    lines = list(_lines(data, time, by))
    ax = ready_axes(ax, height=3.4 + 0.17 * len(lines))
    if data.empty:
        return no_evidence(ax)
    looks = zip(cycle(_COLORS), cycle(_DASHES))
    pale = False
    for (_, own), (color, dash) in zip(lines, looks, strict=False):
        start = pd.DataFrame({time: [0.0], "value": [begin], "at_risk": own["at_risk"].head(1)})
        known = own[own["value"].notna()]
        whole = known if known[time].eq(0).any() else pd.concat([start, known])
        many = whole["at_risk"].ge(SMALL_BASE)
        pale |= not many.all()
        # a step on a large base reaches up to the next one
        firm = whole["value"].where(many | many.shift(fill_value=True))
        style: dict[str, Any] = {"drawstyle": "steps-post", "color": color, "linestyle": dash}
        ax.plot(whole[time], whole["value"], linewidth=1.2, alpha=0.45, zorder=2, **style)
        ax.plot(whole[time], firm, linewidth=1.8, zorder=3, **style)
        ax.fill_between(
            known[time], known["low"], known["high"], step="post", color=color, alpha=0.14,
            linewidth=0, zorder=1,
        )  # fmt: skip
    end = float(data[time].max())
    ax.set_xlim(0, 1.01 * end if end > 0 else 1)
    ax.set_ylim(0, 1.02 if begin else None)
    ax.yaxis.set_major_formatter("{x:.0%}")
    ax.set(xlabel=words[0], ylabel=words[1])
    ax.grid(axis="y")
    _at_risk(ax, lines, time, next_time=next_time, pale=pale)
    if len(lines) > 1:
        _key(ax, [line for line in ax.lines if line.get_alpha() is None], [one for one, _ in lines])
    return ax


def _key(ax: Axes, handles: list[Line2D], groups: list[str]) -> None:
    """Name the groups over the plot, in as many columns as their names have room for."""
    names = [clipped(name, _LONGEST) for name in groups]
    key = ax.legend(
        handles, ["-"] * len(names), loc="lower left", bbox_to_anchor=(0, 1.0), frameon=False,
        fontsize=8.5, handlelength=3,
        ncols=max(1, min(4, _LONGEST // (max(map(len, names)) + 8))),
    )  # fmt: skip
    for text, name in zip(key.get_texts(), names, strict=True):
        text.set_parse_math(False)
        text.set_text(name)  # only now: a legend leaves out what begins with an underscore


def _lines(data: pd.DataFrame, time: str, by: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each group's name and rows in time."""
    groups = data[by].astype("str") if by in data else pd.Series("", index=data.index)
    for name in groups.drop_duplicates():
        yield name, data[groups == name].sort_values(time)


def _at_risk(
    ax: Axes,
    lines: list[tuple[str, pd.DataFrame]],
    time: str,
    *,
    next_time: bool,
    pale: bool,
) -> None:
    """Write under the axis how many of each group are at risk at its ticks."""
    low, high = ax.get_xlim()
    ticks = [tick for tick in ax.get_xticks() if low <= tick <= high]
    ax.set_xticks(ticks)
    look: dict[str, Any] = {"textcoords": "offset points", "va": "top", "fontsize": 8}
    title = f"at risk (pale: fewer than {SMALL_BASE})" if pale else "at risk"
    down = -36
    ax.annotate(title, (0, 0), (0, down), xycoords="axes fraction", color=MUTED, **look)
    for name, own in lines:
        down -= 12
        ax.annotate(
            clipped(name, _LETTERS), (0, 0), (-20, down), xycoords="axes fraction", ha="right",
            color=INK, **look,
        )  # fmt: skip
        for tick in ticks:
            # at risk at a time of the curve: the next one, or the last one that has passed
            rows = own[own[time].ge(tick)].head(1) if next_time else own[own[time].le(tick)].tail(1)
            ax.annotate(
                f"{rows['at_risk'].iloc[0]:,.0f}" if len(rows) else ("" if tick == 0 else "0"),
                (tick, 0), (0, down), xycoords=ax.get_xaxis_transform(), ha="center", color=MUTED,
                **look,
            )  # fmt: skip
