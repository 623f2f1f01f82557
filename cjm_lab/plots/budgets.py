"""What each budget buys: the frontier of the best sets."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from cjm_lab.plots.style import (
    BLUE,
    MUTED,
    VERMILLION,
    columns_of,
    footnote,
    no_evidence,
    ready_axes,
    styled,
)
from cjm_lab.words import plain


@styled
def frontier(
    data: pd.DataFrame,
    *,
    xlabel: str = "budget",
    ylabel: str = "net value",
    ax: Axes | None = None,
) -> Axes:
    """Draw the net value of the best set for every budget, a step wherever the set changes.

    Parameters
    ----------
    data
        One row a step: ``budget`` (the least for its set), ``value``, ``low``, ``high`` of the net
        value; optional ``amount``, the budget at hand, marked by a line.
    xlabel, ylabel
        What the axes show and its unit.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The band is the predictive interval; a set is the best from its dot up to the next.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> steps = pd.DataFrame({"budget": [0.0, 900.0], "value": [0.0, 11100.0],
    ...                       "low": [0.0, 9000.0], "high": [0.0, 13000.0]})
    >>> frontier(steps).lines[0].get_xydata()[1].tolist()
    [900.0, 11100.0]
    """
    columns_of(data, ["budget", "value", "low", "high"])
    ax = ready_axes(ax, height=3.4)
    if data.empty:
        return no_evidence(ax)
    steps = data.sort_values("budget", kind="stable")
    amounts = steps["amount"].dropna() if "amount" in steps else pd.Series(dtype=float)
    ends = [steps["budget"].max(), *amounts.head(1)]
    end = max(ends) * 1.06 or 1.0
    x = np.append(steps["budget"], end)
    value, low, high = (np.append(steps[c], steps[c].iloc[-1]) for c in ("value", "low", "high"))
    ax.plot(x, value, drawstyle="steps-post", color=BLUE, linewidth=1.8, zorder=3)
    ax.fill_between(x, low, high, step="post", color=BLUE, alpha=0.14, linewidth=0, zorder=1)
    ax.plot(steps["budget"], steps["value"], "o", color=BLUE, markersize=5, zorder=4)
    if len(amounts):
        ax.axvline(amounts.iloc[0], color=VERMILLION, linewidth=1.4, linestyle=(0, (4, 2)))
        ax.annotate(
            f"budget {plain(amounts.iloc[0], 0)}", (amounts.iloc[0], 1), (3, 2),
            xycoords=ax.get_xaxis_transform(), textcoords="offset points", color=MUTED, fontsize=8,
        )  # fmt: skip
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda tick, _: plain(tick, 0))
        axis.set_major_locator(MaxNLocator(7))
    ax.set_xlim(0, end)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.grid(axis="y")
    footnote(ax, "a dot: the set changes; band: predictive interval")
    return ax
