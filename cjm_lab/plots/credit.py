"""What several attribution models credit to each channel."""

from __future__ import annotations

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cjm_lab.plots.style import (
    BLUE,
    GRAY,
    GREEN,
    INK,
    PURPLE,
    SKY,
    SMALL_BASE,
    VERMILLION,
    WASH,
    beside,
    columns_of,
    footnote,
    hollow,
    name_ticks,
    no_evidence,
    percent_words,
    ready_axes,
    styled,
)
from cjm_lab.words import NBSP

#: What the metric calls the conversions that no touch came before.
_NONE = "(none)"
# Models differ in color and in marker: either is enough.
_COLORS = (BLUE, VERMILLION, GREEN, PURPLE, INK, SKY, GRAY)
_MARKERS = ("o", "s", "D", "^", "v", "P", "X")
#: Part of a row that its points take.
_SPREAD = 0.72


@styled
def attribution(data: pd.DataFrame, *, label: str = "channel", ax: Axes | None = None) -> Axes:
    """Draw the share of the conversions that each model credits to each channel, side by side.

    Parameters
    ----------
    data
        What `cjm_lab.metrics.attribution` returns: `label`, ``model``, ``value``, ``low``,
        ``high``, optional ``n``.
    label
        Column with the channels' names.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The most credited in the mean of the models on top, conversions without a touch last; at the
        right the least and the most that a model credits. Hollow where fewer than 30 converted or
        no interval is known.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> credit = pd.DataFrame({"channel": ["ad", "mail"] * 2, "model": ["first", "first", "last",
    ...     "last"], "value": [0.2, 0.8, 0.4, 0.6], "low": 0.1, "high": 0.9})
    >>> [tick.get_text() for tick in attribution(credit).get_yticklabels()]
    ['mail', 'ad']
    """
    columns_of(data, [label, "model", "value", "low", "high"])
    of_channel = data.groupby(label, sort=False)["value"]
    # rounded: models that agree but for the last digit must not decide the order
    order = of_channel.mean().round(9).sort_values(ascending=False, kind="stable").index
    names = sorted(order, key=lambda name: name == _NONE)
    models = list(dict.fromkeys(data["model"]))
    ax = ready_axes(ax, height=1.3 + len(names) * max(0.34, 0.085 * len(models)))
    if data.empty:
        return no_evidence(ax)
    for row in range(0, len(names), 2):
        ax.axhspan(row - 0.5, row + 0.5, color=WASH, linewidth=0, zorder=0)
    places = np.linspace(-_SPREAD / 2, _SPREAD / 2, len(models)) if len(models) > 1 else [0.0]
    for i, (model, off) in enumerate(zip(models, places, strict=True)):
        own = data[data["model"] == model]
        y = own[label].map({name: row for row, name in enumerate(names)}) + off
        color = _COLORS[i % len(_COLORS)]
        ax.hlines(y, own["low"], own["high"], colors=color, linewidth=1.3, zorder=2)
        ax.scatter(
            own["value"], y, s=26, marker=_MARKERS[i % len(_MARKERS)], edgecolors=color,
            linewidths=1.2, c=["white" if empty else color for empty in hollow(own)], zorder=3,
            label=str(model).replace("_", " "),
        )  # fmt: skip
    for row, name in enumerate(names):
        low, high = (percent_words(end) for end in of_channel.get_group(name).agg(["min", "max"]))
        beside(ax, f"{low}{NBSP}%" if low == high else f"{low} to {high}{NBSP}%", row)
    name_ticks(ax, [fill(str(name), 34) for name in names], axis="y")
    ax.set(ylim=(len(names) - 0.5, -0.5), xlabel="share of all conversions")
    ax.set_xlim(left=-0.012 * ax.get_xlim()[1])  # whole markers at zero
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_formatter("{x:.0%}")
    key = ax.legend(
        loc="lower left", bbox_to_anchor=(0, 1.0), ncols=min(4, len(models)), frameon=False,
        fontsize=8.5, handletextpad=0.2, columnspacing=1.2,
    )  # fmt: skip
    for text in key.get_texts():
        text.set_parse_math(False)
    small = "n" in data and data["n"].lt(SMALL_BASE).any()
    few = f"; hollow: fewer than {SMALL_BASE} converted" if small else ""
    footnote(ax, f"credit, not effect: only an experiment shows what a channel brings about{few}")
    return ax
