"""A score from wave to wave."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

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
    hollow,
    name_ticks,
    no_evidence,
    ready_axes,
    styled,
)
from cjm_lab.words import NBSP, number

# Lines differ in color, in marker and in dashes: any one of the three is enough.
_COLORS = (BLUE, VERMILLION, GREEN, PURPLE, INK, GRAY)
_MARKERS = ("o", "s", "D", "^", "v", "P", "X")
_DASHES = ("-", "--", "-.", ":", (0, (6, 2)), (0, (3, 1, 1, 1, 1, 1)))
#: How far apart the lines' dots stand within a wave, and together at the most.
_APART, _SPREAD = 0.09, 0.5


@styled
def waves(
    data: pd.DataFrame,
    *,
    wave: str = "wave",
    by: str = "label",
    ylabel: str = "",
    percent: bool = False,
    limits: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one measure from wave to wave, a line with intervals for each company or segment.

    Parameters
    ----------
    data
        One row a wave and line: `wave`, ``value``, ``low``, ``high``, optional ``n`` and `by`.
        Waves stand in the order in which they first occur, the lines too.
    wave
        Column with the waves' names.
    by
        Column that names the lines; without it there's one.
    ylabel
        What is shown and its unit.
    percent
        Whether values are shares of 1.
    limits
        Ends of the axis.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        A dot is hollow where fewer than 30 stand behind it or no interval is known; a wave that a
        line lacks is a gap in it.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({"wave": ["May", "June"], "value": [10, 14], "low": [5, 9],
    ...     "high": [15, 19]})
    >>> waves(rows).lines[0].get_ydata().tolist()
    [10.0, 14.0]
    """
    columns_of(data, [wave, "value", "low", "high"])
    ax = ready_axes(ax, height=3.2)
    if data.empty:
        return no_evidence(ax)
    order = data[wave].drop_duplicates().tolist()
    lines = data[by] if by in data else pd.Series("", index=data.index)
    names = lines.drop_duplicates().tolist()
    step = min(_APART, _SPREAD / len(names))
    for i, name in enumerate(names):
        own = data[lines == name].set_index(wave).reindex(order)
        x = [place + step * (i - (len(names) - 1) / 2) for place in range(len(order))]
        color, marker = _COLORS[i % len(_COLORS)], _MARKERS[i % len(_MARKERS)]
        value = own["value"].astype(float)
        ax.plot(
            x, value, color=color, linewidth=1.6, linestyle=_DASHES[i % len(_DASHES)],
            marker=marker, markersize=6, label=str(name), zorder=3,
        )  # fmt: skip
        ax.vlines(x, own["low"], own["high"], colors=color, linewidth=1.2, zorder=2)
        faces = ["white" if empty else color for empty in hollow(own)]
        ax.scatter(
            x, value, s=38, marker=marker, c=faces, edgecolors=color, linewidths=1.4, zorder=4
        )
    name_ticks(ax, order, axis="x")
    ax.set_xlim(-0.5, len(order) - 0.5)
    if len(names) > 1:
        key = ax.legend(
            loc="lower left", bbox_to_anchor=(0, 1.0), ncols=min(4, len(names)), frameon=False,
            fontsize=8.5, handlelength=3,
        )  # fmt: skip
        for text in key.get_texts():
            text.set_parse_math(False)
    if percent:
        ax.yaxis.set_major_formatter(lambda y, _: f"{number(round(100 * y, 6))}{NBSP}%")
    if limits:
        ax.set_ylim(*limits)
    if "n" in data and data["n"].lt(SMALL_BASE).any():
        # over the plot: slanted names of waves take the place under it
        ax.annotate(
            f"hollow: fewer than {SMALL_BASE}", (1, 1), (0, 4), xycoords="axes fraction",
            textcoords="offset points", ha="right", va="bottom", color=MUTED, fontsize=8,
        )  # fmt: skip
    ax.set_ylabel(ylabel)
    ax.grid(axis="y")
    return ax
