"""Bars from zero: funnels, shares and priorities."""

from __future__ import annotations

from textwrap import shorten

import pandas as pd
from matplotlib.axes import Axes

from cjm_lab.plots.style import (
    BLUE,
    INK,
    MUTED,
    SMALL_BASE,
    beside,
    columns_of,
    estimate_words,
    footnote,
    hollow,
    name_ticks,
    no_evidence,
    ready_axes,
    styled,
)
from cjm_lab.words import number

#: Light enough that an interval drawn in ink on a bar's end stands out.
_BAR = "#9CC4DE"


@styled
def funnel(data: pd.DataFrame, *, label: str = "step", ax: Axes | None = None) -> Axes:
    """Draw the share of those who began that reaches each step.

    Parameters
    ----------
    data
        One row a step, in order: `label`, ``value`` (share of those who took the first step),
        ``low``, ``high``, optional ``n``.
    label
        Column with the steps' names.
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
    >>> steps = pd.DataFrame(
    ...     {"step": ["visit", "basket"], "value": [1, 0.53], "low": [1, 0.52], "high": [1, 0.55]}
    ... )
    >>> [round(float(bar.get_width()), 2) for bar in funnel(steps).patches]
    [1.0, 0.53]
    """
    columns_of(data, [label, "value", "low", "high"])
    # everybody who takes the first step takes it: no interval there
    rest = data.iloc[1:]
    entered = data.iloc[:1].assign(low=lambda row: row["value"], high=lambda row: row["value"])
    ax = _bars(pd.concat([entered, rest]), label, ax)
    if len(data):
        ax.set_xlim(0, 1)
        ax.set_xlabel("share of those who took the first step")
    return ax


@styled
def shares(
    data: pd.DataFrame, *, label: str = "label", xlabel: str = "share", ax: Axes | None = None
) -> Axes:
    """Draw shares as bars from zero with their intervals.

    Parameters
    ----------
    data
        One row a share, drawn from top to bottom in the order given: `label`, ``value`` (of 1),
        ``low``, ``high`` (empty where no honest interval exists), optional ``n``.
    label
        Column with the words at the left.
    xlabel
        Share of what.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        A bar is hollow where fewer than 30 stand behind it or no interval is known.

    Examples
    --------
    >>> rows = pd.DataFrame(
    ...     {"label": ["negative"], "value": [0.31], "low": [0.26], "high": [0.36], "n": [200]}
    ... )
    >>> float(shares(rows).patches[0].get_width())
    0.31
    """
    ax = _bars(data, label, ax)
    if len(data):
        ax.set_xlabel(xlabel)
    return ax


@styled
def priorities(
    data: pd.DataFrame, *, label: str = "label", xlabel: str = "RICE score", ax: Axes | None = None
) -> Axes:
    """Draw opportunities by their score, with what the score is made of beside the bar.

    Parameters
    ----------
    data
        One row an opportunity, the first on top: `label`, ``value``, optional ``note``
        (``reach 450 x impact 3 x confidence 1 / effort 2``), shown up to its first semicolon.
    label
        Column with the opportunities' names.
    xlabel
        What the score is.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["QR code", "Chat"], "value": [675.0, 400.0]})
    >>> [float(bar.get_width()) for bar in priorities(rows).patches]
    [675.0, 400.0]
    """
    columns_of(data, [label, "value"])
    ax = ready_axes(ax, height=1.0 + 0.46 * max(len(data), 1))
    if data.empty:
        return no_evidence(ax)
    bars = ax.barh(range(len(data)), data["value"], height=0.5, color=_BAR)
    ax.bar_label(
        bars, [number(value) for value in data["value"]], padding=5, color=INK, fontweight="bold"
    )
    if "note" in data:
        for y, note in enumerate(data["note"]):
            # the table beside the plot holds the rest of the note: how the numbers were found
            made_of = shorten(str(note).partition(";")[0], 64, placeholder=" …")
            ax.annotate(
                made_of, (0, y + 0.42), (1, 0), textcoords="offset points", va="center",
                color=MUTED, fontsize=8,
            )  # fmt: skip
    _rows(ax, data[label])
    ax.set_xlabel(xlabel)
    ax.margins(x=0.12)
    return ax


def _bars(data: pd.DataFrame, label: str, ax: Axes | None) -> Axes:
    """Draw a bar with its interval a row, first row on top, its numbers in words at the right."""
    columns_of(data, [label, "value", "low", "high"])
    ax = ready_axes(ax, height=1.0 + 0.36 * max(len(data), 1))
    if data.empty:
        return no_evidence(ax)
    rows = range(len(data))
    faces = ["white" if empty else _BAR for empty in hollow(data)]
    ax.barh(rows, data["value"], height=0.62, color=faces, edgecolor=BLUE, linewidth=0.8)
    ax.hlines(rows, data["low"], data["high"], colors=INK, linewidth=1.6, zorder=3)
    for y, (_, row) in enumerate(data.iterrows()):
        beside(ax, estimate_words(row, percent=True), y)
    _rows(ax, data[label])
    ax.xaxis.set_major_formatter("{x:.0%}")
    if "n" in data and data["n"].lt(SMALL_BASE).any():
        footnote(ax, f"hollow: fewer than {SMALL_BASE}")
    return ax


def _rows(ax: Axes, labels: pd.Series) -> None:
    """Name the rows at the left, the first on top."""
    name_ticks(ax, labels, axis="y")
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    ax.set_xlim(left=0)
