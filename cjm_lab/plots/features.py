"""Features: what their presence and their absence does to satisfaction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cjm_lab.plots.labels import name_points
from cjm_lab.plots.style import (
    BLUE,
    GRAY,
    GREEN,
    INK,
    MUTED,
    PURPLE,
    SMALL_BASE,
    VERMILLION,
    columns_of,
    footnote,
    no_evidence,
    ready_axes,
    styled,
)
from cjm_lab.words import number

#: Shape and color of each category.
_MARKS = {
    "attractive": ("^", GREEN),
    "one-dimensional": ("o", BLUE),
    "must-be": ("s", VERMILLION),
    "indifferent": ("D", GRAY),
    "reverse": ("v", PURPLE),
    "questionable": ("X", INK),
}
#: Where each category lies on the map: worse across, better up.
_CORNERS = {
    (0, 1): "attractive",
    (1, 1): "one-dimensional",
    (0, 0): "indifferent",
    (1, 0): "must-be",
}


@styled
def kano(data: pd.DataFrame, *, label: str = "feature", ax: Axes | None = None) -> Axes:
    """Draw features by how much worse without them (across) and better with them (up).

    Parameters
    ----------
    data
        As `cjm_lab.kano` returns it.
    label
        Column with the features' names.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Whiskers are the intervals. A mark has the shape and color of its category, which the
        legend names; how sure the category is stands after the name where that is below 95 %.
        Hollow: fewer than 30.

    Raises
    ------
    ParameterError
        If a column is missing.

    References
    ----------
    Berger et al. (1993), Center for Quality Management Journal 2(4), 3-35.

    Examples
    --------
    >>> from cjm_lab import kano as measured
    >>> there = pd.Series([1] * 30 + [3] * 10, name="Lid")
    >>> ax = kano(measured(there, pd.Series([3] * 40)))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['attractive']
    """
    ends = ["better_low", "better_high", "worse_low", "worse_high"]
    columns_of(data, [label, "category", "certainty", "better", "worse", *ends])
    ax = ready_axes(ax, width=7.2, height=5.6)
    data = data[data["better"].notna()]
    if data.empty:
        return no_evidence(ax)
    ax.set(
        xlim=(-0.03, 1.03), ylim=(-0.03, 1.03),
        xlabel="worse without it: (O + M) / (A + O + M + I)",
        ylabel="better with it: (A + O) / (A + O + M + I)",
    )  # fmt: skip
    style: dict[str, Any] = {"color": MUTED, "linewidth": 1, "linestyle": (0, (4, 3)), "zorder": 1}
    ax.axvline(0.5, **style)
    ax.axhline(0.5, **style)
    corners = [
        ax.annotate(
            name, (x, y), (5 - 10 * x, 5 - 10 * y), xycoords="axes fraction",
            textcoords="offset points", ha="right" if x else "left", va="top" if y else "bottom",
            color=MUTED, fontsize=8.5, style="italic",
        )
        for (x, y), name in _CORNERS.items()
    ]  # fmt: skip
    for category, part in data.groupby("category", sort=False):
        _draw(ax, str(category), part)
    _legend(ax)
    across = zip(-data["worse_high"], data["better"], -data["worse_low"], data["better"],
                 strict=True)  # fmt: skip
    up = zip(-data["worse"], data["better_low"], -data["worse"], data["better_high"], strict=True)
    whiskers = [line for line in [*across, *up] if not np.isnan(line).any()]
    names = [_named(row, label) for _, row in data.iterrows()]
    name_points(ax, -data["worse"], data["better"], names, clear_of=corners, lines=whiskers)
    notes = []
    if data["certainty"].lt(0.95).any():
        notes.append("in brackets: share of resamples in the same category")
    if "n" in data and data["n"].lt(SMALL_BASE).any():
        notes.append(f"hollow: fewer than {SMALL_BASE}")
    footnote(ax, "; ".join(notes))
    return ax


def _draw(ax: Axes, category: str, part: pd.DataFrame) -> None:
    """Draw the features of one category with their whiskers."""
    marker, color = _MARKS.get(category, ("o", GRAY))
    x, y = -part["worse"], part["better"]
    ax.hlines(y, -part["worse_high"], -part["worse_low"], colors=color, linewidth=1.3)
    ax.vlines(x, part["better_low"], part["better_high"], colors=color, linewidth=1.3)
    small = part["n"].lt(SMALL_BASE) if "n" in part else pd.Series(False, index=part.index)
    ax.scatter(
        x, y, s=52, marker=marker, c=["white" if few else color for few in small],
        edgecolors=color, linewidths=1.5, zorder=3, label=category,
    )  # fmt: skip


def _named(row: pd.Series, label: str) -> str:
    """Return a feature's name, and how sure its category is where it is not."""
    unsure = row["certainty"] < 0.95
    return f"{row[label]} ({number(row['certainty'], percent=True)})" if unsure else str(row[label])


def _legend(ax: Axes) -> None:
    legend = ax.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, fontsize=8.5,
        handletextpad=0.3, borderaxespad=0.2,
    )  # fmt: skip
    for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
        color = _MARKS.get(text.get_text(), ("o", GRAY))[1]
        handle.set(facecolor=color, edgecolor=color)  # type: ignore[union-attr]
