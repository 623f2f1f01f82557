"""Forecasts beside what came."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cjm_lab.plots.style import (
    BLUE,
    MUTED,
    VERMILLION,
    beside,
    columns_of,
    name_ticks,
    no_evidence,
    ready_axes,
    styled,
)
from cjm_lab.words import number

_APART = 0.16


@styled
def forecasts_held(
    data: pd.DataFrame,
    *,
    label: str = "what",
    xlabel: str = "lift of conversion, points",
    ax: Axes | None = None,
) -> Axes:
    r"""Draw each forecast with its interval above what came with its own.

    Parameters
    ----------
    data
        One row a forecast, as `cjm_lab.planning.scored.scored_forecasts` returns them: `label`,
        ``forecast forecast_low forecast_high``, ``value low high`` (what came) and ``verdict``.
    label
        Column with the words at the left.
    xlabel
        What the axis shows.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Squares are forecasts, dots what came; the verdict stands at the right.

    Examples
    --------
    >>> row = {"what": "Card form", "forecast": 0.05, "forecast_low": 0.03, "forecast_high": 0.07,
    ...        "value": 0.04, "low": 0.01, "high": 0.07, "verdict": "held"}
    >>> forecasts_held(pd.DataFrame([row])).get_xlabel()
    'lift of conversion, points\n■ forecast, ● what came'
    """
    sides = [("forecast", "forecast_low", "forecast_high"), ("value", "low", "high")]
    columns_of(data, [label, *(name for side in sides for name in side), "verdict"])
    ax = ready_axes(ax, height=1.2 + 0.55 * max(len(data), 1))
    if data.empty:
        return no_evidence(ax)
    rows = np.arange(len(data))
    ax.axvline(0, color=MUTED, linewidth=1, zorder=1)
    for (value, low, high), color, marker, shift in zip(
        sides, (VERMILLION, BLUE), ("s", "o"), (-_APART, _APART), strict=True
    ):
        ax.hlines(rows + shift, data[low], data[high], colors=color, linewidth=2.2, zorder=2)
        ax.scatter(data[value], rows + shift, s=40, marker=marker, c=color, zorder=3)
    for y, verdict in enumerate(data["verdict"]):
        beside(ax, verdict, y)
    name_ticks(ax, data[label], axis="y")
    ax.set_ylim(len(data) - 0.4, -0.6)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    ax.xaxis.set_major_formatter(lambda x, _: number(round(x * 100, 6)))
    ax.set_xlabel(f"{xlabel}\n■ forecast, ● what came")
    return ax
