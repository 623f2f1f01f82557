"""How people feel along the journey."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cjm_lab.plots.style import (
    BLUE,
    GRAY,
    GREEN,
    MUTED,
    PURPLE,
    SMALL_BASE,
    VERMILLION,
    columns_of,
    hollow,
    name_ticks,
    no_evidence,
    ready_axes,
    styled,
)
from cjm_lab.words import MINUS, plain

#: Color of the line, marker, and a darker color in which text reaches 4.5:1 on white.
_LOOKS = [
    (BLUE, "o", BLUE),
    (VERMILLION, "s", "#B34700"),
    (GREEN, "^", "#00684B"),
    (PURPLE, "D", "#8A3F69"),
    (GRAY, "v", MUTED),
]


@styled
def emotion(
    data: pd.DataFrame,
    *,
    label: str = "label",
    persona: str = "persona",
    ax: Axes | None = None,
) -> Axes:
    """Draw valence along the journey: one line a persona, each point with its interval.

    Parameters
    ----------
    data
        One row a touchpoint and persona, touchpoints in the journey's order: `label`, `persona`
        ("" is everyone; the column may be absent), ``value``, ``low``, ``high`` on -2..+2,
        optional ``n``. One question stem on one scale.
    label
        Column with the touchpoints' names.
    persona
        Column with the personas' names.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        A point is hollow where fewer than 30 stand behind it or no interval is known; where a
        touchpoint has no value the line has a gap.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["Basket", "Payment"], "value": [0.1, -1.3],
    ...                      "low": [-0.1, -1.5], "high": [0.2, -1.1]})
    >>> ax = emotion(rows)
    >>> [tick.get_text() for tick in ax.get_xticklabels()]
    ['Basket', 'Payment']
    """
    columns_of(data, [label, "value", "low", "high"])
    places = list(dict.fromkeys(data[label]))
    ax = ready_axes(ax, width=7.8, height=3.7)
    if data.empty:
        return no_evidence(ax)
    ax.axhline(0, color=MUTED, linewidth=1, zorder=1)
    who = data[persona] if persona in data else pd.Series("", index=data.index)
    people = list(dict.fromkeys(who))
    ends = {}
    for index, name in enumerate(people):
        offset = 0.14 * (index - (len(people) - 1) / 2)
        rows = data[who == name].set_index(label).reindex(places)
        ends[str(name)] = _line(ax, rows, index, offset)
    if any(people):
        _names(ax, ends)
    else:
        _extremes(ax, data)
    name_ticks(ax, places, axis="x")
    ax.set(xlim=(-0.5, len(places) - 0.5), ylim=(-2.15, 2.15), ylabel="valence")
    ax.set_yticks([-2, -1, 0, 1, 2], [f"{MINUS}2", f"{MINUS}1", "0", "+1", "+2"])
    ax.spines["bottom"].set_visible(False)
    ax.grid(axis="y")
    if "n" in data and data["n"].lt(SMALL_BASE).any():
        ax.annotate(
            f"hollow: fewer than {SMALL_BASE}", (1, 0), xycoords="axes fraction", ha="right",
            va="bottom", color=MUTED, fontsize=8,
        )  # fmt: skip
    return ax


def _line(ax: Axes, rows: pd.DataFrame, index: int, offset: float) -> float:
    """Draw one persona's points, whiskers and line; return the height of its last point."""
    color, marker, _ = _LOOKS[index % len(_LOOKS)]
    at = [place + offset for place in range(len(rows))]
    ax.plot(at, rows["value"], color=color, linewidth=1.6, zorder=2)
    ax.vlines(at, rows["low"], rows["high"], color=color, linewidth=1.4, zorder=2)
    ax.scatter(
        at,
        rows["value"],
        s=42,
        marker=marker,
        c=["white" if empty else color for empty in hollow(rows)],
        edgecolors=color,
        linewidths=1.5,
        zorder=3,
    )
    known = rows["value"].dropna()
    return float(known.iloc[-1]) if len(known) else 0.0


def _names(ax: Axes, ends: dict[str, float]) -> None:
    """Write each persona's name at the right end of its line, moved apart where lines meet."""
    colors = {name: _LOOKS[index % len(_LOOKS)][2] for index, name in enumerate(ends)}
    below = float("inf")
    for name, end in sorted(ends.items(), key=lambda item: -item[1]):
        below = min(end, below - 0.3)
        ax.annotate(
            name or "Everyone", (1, below), (8, 0), xycoords=ax.get_yaxis_transform(),
            textcoords="offset points", va="center", color=colors[name], fontweight="bold",
            fontsize=9,
        )  # fmt: skip


def _extremes(ax: Axes, rows: pd.DataFrame) -> None:
    """Write the value beside the lowest and the highest point of a single line."""
    if rows["value"].count() < 2:
        return
    values = rows["value"].to_numpy(float)
    for at, end, side in ((np.nanargmin(values), "low", -1), (np.nanargmax(values), "high", 1)):
        edge = rows[end].fillna(rows["value"]).iloc[at]
        ax.annotate(
            plain(values[at], 1, signed=True), (at, edge), (0, 9 * side),
            textcoords="offset points", ha="center", va="center", fontweight="bold", fontsize=9,
        )  # fmt: skip
