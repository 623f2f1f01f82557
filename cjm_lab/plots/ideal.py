"""Whether a score means what it says."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from cjm_lab.plots.style import (
    BLUE,
    GRAY,
    SMALL_BASE,
    columns_of,
    footnote,
    hollow,
    no_evidence,
    ready_axes,
    styled,
)


@styled
def calibration(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw what came true against what was predicted.

    Parameters
    ----------
    table
        One row a group of customers: ``predicted`` (mean), ``value``, ``low``, ``high`` (the share
        of whom it came true), optional ``n``.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        A dot a group with its interval, hollow where fewer than 30 customers stand behind it; on
        the dashed line what was predicted came true.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({"predicted": [0.2, 0.7], "value": [0.25, 0.6], "low": [0.15, 0.5],
    ...                      "high": [0.4, 0.7], "n": [60, 80]})
    >>> calibration(rows).collections[-1].get_offsets().tolist()
    [[0.2, 0.25], [0.7, 0.6]]
    """
    columns_of(table, ["predicted", "value", "low", "high"])
    ax = ready_axes(ax, width=4.8, height=4.8)
    if table.empty:
        return no_evidence(ax)
    ax.plot(
        [0, 1], [0, 1], color=GRAY, linewidth=1.2, linestyle="--", zorder=1,
        label="as predicted",
    )  # fmt: skip
    ax.vlines(table["predicted"], table["low"], table["high"], colors=BLUE, linewidth=1.8, zorder=2)
    faces = ["white" if empty else BLUE for empty in hollow(table)]
    ax.scatter(
        table["predicted"], table["value"], s=36, c=faces, edgecolors=BLUE, linewidths=1.5, zorder=3
    )
    # nothing is cut off at the corners, where scores of 0 and 100 lie
    ax.set(
        xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal",
        xlabel="predicted share (fit score)", ylabel="share it is true of",
    )  # fmt: skip
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=0, symbol="\N{NO-BREAK SPACE}%"))
    ax.grid()
    ax.legend(
        loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize=8.5, borderaxespad=0.2
    )
    if "n" in table and table["n"].lt(SMALL_BASE).any():
        footnote(ax, f"hollow: fewer than {SMALL_BASE}")
    return ax
