"""How sure an order is: the share of draws in which each comes first, or among the first."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from cjm_lab.plots.style import (
    BLUE,
    INK,
    beside,
    columns_of,
    name_ticks,
    no_evidence,
    percent_words,
    ready_axes,
    styled,
)
from cjm_lab.words import NBSP

#: Light enough that the dark bar inside stands out.
_AMONG = "#9CC4DE"


@styled
def rank_stability(data: pd.DataFrame, *, label: str = "label", ax: Axes | None = None) -> Axes:
    """Draw how often each opportunity is among the first, and in the dark bar how often the first.

    Parameters
    ----------
    data
        As `cjm_lab.planning.rank_stability` returns it, the best score first: `label`, ``value``
        (share of draws among the first), ``low``, ``high``, ``first``, ``n`` (draws), optional
        ``top`` (how many count as the first).
    label
        Column with the opportunities' names.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Where the two are the same question (``top`` is 1) there is one bar.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["Form", "Film"], "value": [1.0, 0.9], "low": [1.0, 0.89],
    ...     "high": [1.0, 0.91], "first": [0.8, 0.2], "n": 4000, "top": 2})
    >>> [float(bar.get_width()) for bar in rank_stability(rows).patches]
    [1.0, 0.9, 0.8, 0.2]
    """
    columns_of(data, [label, "value", "low", "high", "first", "n"])
    ax = ready_axes(ax, height=1.2 + 0.36 * max(len(data), 1))
    if data.empty:
        return no_evidence(ax)
    top = int(data["top"].iloc[0]) if "top" in data else 3
    rows = range(len(data))
    ax.barh(rows, data["value"], height=0.62, color=_AMONG if top > 1 else BLUE)
    if top > 1:
        ax.barh(rows, data["first"], height=0.3, color=BLUE)
    ax.hlines(rows, data["low"], data["high"], colors=INK, linewidth=1.6, zorder=3)
    for y, (first, among) in enumerate(zip(data["first"], data["value"], strict=True)):
        words = f"first {percent_words(first)}{NBSP}%"
        if top > 1:
            words += f", top {top}: {percent_words(among)}{NBSP}%"
        beside(ax, words, y)
    name_ticks(ax, data[label], axis="y")
    ax.set(xlim=(0, 1), ylim=(len(data) - 0.4, -0.6))
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    ax.xaxis.set_major_formatter("{x:.0%}")
    bars = f"light: among the first {top}, dark: first; " if top > 1 else ""
    ax.set_xlabel(f"share of {int(data['n'].iloc[0]):,} draws ({bars}line: Monte Carlo error)")
    return ax
