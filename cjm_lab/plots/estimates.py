"""Dots with intervals: scores, gaps to a rival, forecasts, and a pilot's differences."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes

from cjm_lab.plots.style import (
    BLUE,
    GRAY,
    MUTED,
    SMALL_BASE,
    VERMILLION,
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
from cjm_lab.words import NBSP, number, p_words


@styled
def scores(
    data: pd.DataFrame,
    *,
    label: str = "label",
    xlabel: str = "",
    percent: bool = False,
    limits: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw estimates on one common scale: a dot each, its interval as a line, the numbers beside.

    Parameters
    ----------
    data
        One row an estimate, drawn from top to bottom in the order given; columns ``value``,
        ``low``, ``high`` (empty where there is no honest interval), optional ``n`` and ``method``,
        and `label`. All rows must have been asked on one scale.
    label
        Column with the words at the left.
    xlabel
        What the axis shows and its unit.
    percent
        Whether values are shares of 1, shown as percents.
    limits
        Ends of the scale that was asked on.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        A dot is hollow where fewer than 30 stand behind it or no interval is known.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["NPS"], "value": [34.2], "low": [29.2], "high": [38.9]})
    >>> ax = scores(rows, limits=(-100, 100))
    >>> ax.get_yticklabels()[0].get_text(), float(ax.get_xlim()[0])
    ('NPS', -100.0)
    """
    ax = _forest(data, label, [BLUE] * len(data), percent=percent, ax=ax)
    if len(data):
        ax.set_xlabel(xlabel)
        if limits:
            ax.set_xlim(*limits)
    return ax


@styled
def forecast(
    data: pd.DataFrame,
    *,
    label: str = "label",
    xlabel: str = "change forecast",
    percent: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw what each improvement is forecast to change, as a predictive interval around zero.

    Parameters
    ----------
    data
        One row an improvement: `label`, ``value``, ``low``, ``high``; optional ``chosen`` (bool):
        what the budget does not reach is gray.
    label
        Column with the words at the left.
    xlabel
        What changes and its unit.
    percent
        Whether values are differences of shares, shown in points.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["QR code"], "value": [40], "low": [10], "high": [60]})
    >>> forecast(rows, xlabel="orders a month").get_xlabel()
    'orders a month'
    """
    chosen = data["chosen"].astype(bool) if "chosen" in data else pd.Series(True, index=data.index)
    colors = [BLUE if reached else GRAY for reached in chosen]
    ax = _forest(data, label, colors, zero=True, percent=percent, ax=ax)
    if len(data):
        ax.set_xlabel(f"{xlabel}, points" if percent else xlabel)
        if not chosen.all():
            footnote(ax, "gray: not in the set")
    return ax


@styled
def pilot(
    data: pd.DataFrame,
    *,
    label: str = "label",
    xlabel: str = "treatment minus control",
    percent: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw a pilot's differences between treatment and control around zero.

    Parameters
    ----------
    data
        One row an outcome: `label`, ``value``, ``low``, ``high``, optional ``n``. With the columns
        of `cjm_lab.metrics.analyze_pilot`, ``always_low`` and ``always_high`` are a thin line (the
        interval for who looks every day), ``margin`` a mark with the ``verdict`` beside it, and the
        row ``sample_ratio`` a sentence on top. Outcomes in different units need plots of their own.
    label
        Column with the words at the left.
    xlabel
        What the axis shows and its unit.
    percent
        Whether values are differences of shares, shown in points.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Blue where the interval excludes zero, gray where it does not or the verdict is withheld.

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["Bought"], "value": [0.2], "low": [0.05], "high": [0.33]})
    >>> pilot(rows).get_xlabel()
    'treatment minus control'
    """
    columns_of(data, [label, "low", "high"])
    ratio = data[data[label] == "sample_ratio"]
    rows = data[data[label] != "sample_ratio"].reset_index(drop=True)
    verdict = rows["verdict"] if "verdict" in rows else pd.Series("", index=rows.index)
    clear = (rows["low"].gt(0) | rows["high"].lt(0)) & ~verdict.str.startswith("withheld")
    colors = [BLUE if one else GRAY for one in clear]
    margin = rows["margin"] if "margin" in rows else pd.Series(nan, index=rows.index)
    notes = ("\nguardrail: " + verdict).where(margin.notna(), "").tolist()
    room = 0.22 * ("always_low" in rows) + 0.2 * margin.notna().any() + 0.35 * len(ratio)
    ax = _forest(rows, label, colors, notes, zero=True, percent=percent, room=room, ax=ax)
    if len(rows):
        ax.set_xlabel(f"{xlabel}, points" if percent else xlabel)
        _always(ax, rows, colors)
        guarded = margin.dropna()
        ax.vlines(guarded, guarded.index - 0.36, guarded.index + 0.36, colors=VERMILLION, zorder=4)
        _key(ax, always="always_low" in rows, margins=len(guarded) > 0)
    for _, check in ratio.iterrows():
        _sample_ratio(ax, check)
    return ax


def _always(ax: Axes, rows: pd.DataFrame, colors: list[str]) -> None:
    """Draw the intervals for who looks every day, thin and with caps, behind the others."""
    if not {"always_low", "always_high"} <= set(rows.columns):
        return
    ax.hlines(rows.index, rows["always_low"], rows["always_high"], colors=colors, linewidth=0.9)
    for end in ("always_low", "always_high"):
        ax.scatter(rows[end], rows.index, marker="|", s=30, c=colors, linewidths=0.9)


def _key(ax: Axes, *, always: bool, margins: bool) -> None:
    """Say under the axis what the thin lines and the marks are."""
    said = ["thick: for one look, thin: for a look every day"] * always
    said += ["tall mark: margin of a guardrail"] * margins
    if said:
        ax.set_xlabel("\n".join([ax.get_xlabel(), *said]))


def _sample_ratio(ax: Axes, check: pd.Series) -> None:
    """Say on top whether the arms have the sizes that were planned."""
    sound = check.get("verdict", "") == "as planned"
    words = f"sample ratio as planned ({p_words(float(check['value']))})"
    if not sound:
        words = fill(f"Not to be trusted: {check.get('note') or 'the sample ratio is off'}", 88)
    ax.annotate(
        words, (0, 1), (0, 6), xycoords="axes fraction", textcoords="offset points", va="bottom",
        color=MUTED if sound else VERMILLION, fontsize=8.5, weight="normal" if sound else "bold",
    )  # fmt: skip


def _forest(
    data: pd.DataFrame,
    label: str,
    colors: list[str],
    notes: Sequence[str] = (),
    *,
    zero: bool = False,
    percent: bool = False,
    room: float = 0.0,
    ax: Axes | None = None,
) -> Axes:
    """Draw a dot with its interval a row, first row on top, its numbers in words at the right."""
    columns_of(data, [label, "value", "low", "high"])
    ax = ready_axes(ax, height=1.0 + room + 0.34 * max(len(data), 1))
    if data.empty:
        return no_evidence(ax)
    rows = range(len(data))
    if zero:
        ax.axvline(0, color=MUTED, linewidth=1, zorder=1)
    ax.hlines(rows, data["low"], data["high"], colors=colors, linewidth=2.2, zorder=2)
    ax.scatter(
        data["value"],
        rows,
        s=46,
        marker="o",
        c=["white" if empty else color for empty, color in zip(hollow(data), colors, strict=True)],
        edgecolors=colors,
        linewidths=1.6,
        zorder=3,
    )
    for y, (_, row) in enumerate(data.iterrows()):
        words = estimate_words(row, percent=percent, change=zero)
        beside(ax, words + notes[y] if notes else words, y)
    name_ticks(ax, data[label], axis="y")
    ax.set_ylim(len(data) - 0.4, -0.6)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    if percent:
        unit = "" if zero else f"{NBSP}%"  # differences of shares are in points
        ax.xaxis.set_major_formatter(lambda x, _: f"{number(round(x * 100, 6))}{unit}")
    if "n" in data and data["n"].lt(SMALL_BASE).any():
        footnote(ax, f"hollow: fewer than {SMALL_BASE}")
    return ax
