"""Maps of what matters: importance against performance, and gaps to several rivals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from cjm_lab.plots.labels import name_points
from cjm_lab.plots.style import (
    BLUE,
    GRAY,
    GREEN,
    MUTED,
    PURPLE,
    SMALL_BASE,
    VERMILLION,
    WASH,
    columns_of,
    footnote,
    hollow,
    name_ticks,
    no_evidence,
    ready_axes,
    styled,
)

_ENDS = ("importance", "importance_low", "importance_high",
         "performance", "performance_low", "performance_high")  # fmt: skip
_SCALES = ("importance_min", "importance_max", "performance_min", "performance_max")
_MARKERS = ("o", "s", "D", "^", "v", "P", "X")
_RIVALS = (VERMILLION, BLUE, GREEN, PURPLE, GRAY)


@styled
def importance_performance(
    data: pd.DataFrame, *, label: str = "item", ax: Axes | None = None
) -> Axes:
    """Draw the importance-performance map: performance across, importance up, four quadrants.

    Parameters
    ----------
    data
        As `cjm_lab.importance_performance` returns it.
    label
        Column with the items' names.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Whiskers are the intervals. A point is hollow where fewer than 30 stand behind it, and
        gray where its quadrant holds in less than 95 % of the resamples.

    Raises
    ------
    ParameterError
        If a column is missing.

    References
    ----------
    Martilla & James (1977), Journal of Marketing 41, 77-79.

    Examples
    --------
    >>> from cjm_lab import importance_performance as measured
    >>> matter = pd.DataFrame({"Price": [5, 4], "Wrapping": [2, 1]})
    >>> works = pd.DataFrame({"Price": [2, 1], "Wrapping": [5, 4]})
    >>> ax = importance_performance(measured(matter, works))
    >>> ax.get_xlabel(), [text.get_text() for text in ax.texts][4:6]
    ('performance', ['Price', 'Wrapping'])
    """
    lines = ["importance_line", "performance_line", "cross_hair", "certainty"]
    if len(data):  # nothing asked, no columns
        columns_of(data, [label, *_ENDS, *lines, *_SCALES])
    ax = ready_axes(ax, width=7.2, height=5.4)
    if data.empty:
        return no_evidence(ax)
    ax.set(xlabel="performance", ylabel="importance")
    _limits(ax, data)
    corners = _quadrants(ax, data.iloc[0])
    x, y = data["performance"], data["importance"]
    sure = data["certainty"].ge(0.95)
    colors = [BLUE if holds else GRAY for holds in sure]
    ax.hlines(y, data["performance_low"], data["performance_high"], colors=colors, linewidth=1.3)
    ax.vlines(x, data["importance_low"], data["importance_high"], colors=colors, linewidth=1.3)
    ends = data.rename(columns={"importance_low": "low", "importance_high": "high"})
    faces = ["white" if few else color for few, color in zip(hollow(ends), colors, strict=True)]
    ax.scatter(x, y, s=44, c=faces, edgecolors=colors, linewidths=1.5, zorder=3)
    across = zip(data["performance_low"], y, data["performance_high"], y, strict=True)
    up = zip(x, data["importance_low"], x, data["importance_high"], strict=True)
    whiskers = [line for line in [*across, *up] if not np.isnan(line).any()]
    name_points(ax, x, y, data[label], clear_of=corners, lines=whiskers)
    notes = [] if sure.all() else ["gray: the quadrant holds in less than 95 % of resamples"]
    if "n" in data and data["n"].lt(SMALL_BASE).any():
        notes.append(f"hollow: fewer than {SMALL_BASE}")
    footnote(ax, "; ".join([f"cross-hair: {_said(data['cross_hair'].iloc[0])}", *notes]))
    return ax


@styled
def value_gap_map(
    data: pd.DataFrame, *, label: str = "label", rival: str = "subject", ax: Axes | None = None
) -> Axes:
    """Draw the gap to several rivals at each touchpoint, side by side.

    Parameters
    ----------
    data
        One row a touchpoint and rival: `label`, `rival`, ``value``, ``low``, ``high``, optional
        ``n``. Touchpoints and rivals stand in the order of their first rows.
    label
        Column with the touchpoints' names.
    rival
        Column with the rivals' names.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Right of zero the rival leads. Each rival has a color, a shape and an entry in the legend;
        a mark is hollow where its interval holds zero or is unknown.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> gaps = pd.DataFrame({"label": ["Price", "Price"], "subject": ["A", "B"],
    ...     "value": [8.0, -2.0], "low": [5.0, -4.0], "high": [11.0, 0.5]})
    >>> [text.get_text() for text in value_gap_map(gaps).get_legend().get_texts()]
    ['A', 'B']
    """
    columns_of(data, [label, rival, "value", "low", "high"])
    places, rivals = list(dict.fromkeys(data[label])), list(dict.fromkeys(data[rival]))
    ax = ready_axes(ax, height=1.3 + (0.2 + 0.13 * max(len(rivals), 1)) * max(len(places), 1))
    if data.empty:
        return no_evidence(ax)
    step = min(0.26, 0.8 / len(rivals))
    for row in range(0, len(places), 2):
        ax.axhspan(row - 0.5, row + 0.5, color=WASH, zorder=0, linewidth=0)
    ax.axvline(0, color=MUTED, linewidth=1, zorder=1)
    for k, name in enumerate(rivals):
        part = data[data[rival] == name]
        y = part[label].map(places.index) + step * (k - (len(rivals) - 1) / 2)
        color = _RIVALS[k % len(_RIVALS)]
        unclear = ~(part["low"].gt(0) | part["high"].lt(0))
        ax.hlines(y, part["low"], part["high"], colors=color, linewidth=1.8, zorder=2)
        ax.scatter(
            part["value"], y, s=40, marker=_MARKERS[k % len(_MARKERS)], label=str(name),
            c=["white" if empty else color for empty in unclear], edgecolors=color,
            linewidths=1.5, zorder=3,
        )  # fmt: skip
    name_ticks(ax, places, axis="y")
    ax.set_ylim(len(places) - 0.5, -0.5)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    ax.set_xlabel("← we lead        importance x gap        the rival leads →")
    legend = ax.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=min(len(rivals), 5), frameon=False,
        fontsize=8.5, handletextpad=0.3, borderaxespad=0.2,
    )  # fmt: skip
    for handle, k in zip(legend.legend_handles, range(len(rivals)), strict=True):
        color = _RIVALS[k % len(_RIVALS)]
        handle.set(facecolor=color, edgecolor=color)  # type: ignore[union-attr]
    for text in legend.get_texts():
        text.set_parse_math(False)
    footnote(ax, "hollow: chance could make the gap")
    return ax


def _limits(ax: Axes, data: pd.DataFrame) -> None:
    """Show the part of the scales that holds everything, with room for the names."""
    for axis, name in (("x", "performance"), ("y", "importance")):
        columns = [name, f"{name}_low", f"{name}_high", f"{name}_line"]
        ends = data[columns].to_numpy(dtype=float)
        least, most = float(np.nanmin(ends)), float(np.nanmax(ends))
        room = max((most - least) * 0.18, 0.1)
        low = max(float(data[f"{name}_min"].iloc[0]), least - room)
        high = min(float(data[f"{name}_max"].iloc[0]), most + room)
        edge = 0.02 * (high - low)  # whoever stands on the scale's end is seen whole
        getattr(ax, f"set_{axis}lim")(low - edge, high + edge)


def _quadrants(ax: Axes, row: pd.Series) -> list[Artist]:
    """Draw the cross-hair and name the quadrants; where to concentrate is shaded."""
    across, up = float(row["performance_line"]), float(row["importance_line"])
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    style: dict[str, Any] = {"color": MUTED, "linewidth": 1, "linestyle": (0, (4, 3)), "zorder": 1}
    at = {"concentrate here": (left, high), "keep up the good work": (right, high),
          "low priority": (left, low), "possible overkill": (right, low)}  # fmt: skip
    if row["cross_hair"] == "diagonal":
        works, matters = ([float(row[f"{name}_{end}"]) for end in ("min", "max")]
                          for name in ("performance", "importance"))  # fmt: skip
        ax.plot(works, matters, **style)
        ax.plot([across, across, right], [low, up, up], **style)
        ax.fill_between(works, matters, high, color=WASH, zorder=0, linewidth=0)
        ax.fill_between([left, works[0]], low, high, color=WASH, zorder=0, linewidth=0)
        ax.set(xlim=(left, right), ylim=(low, high))
        at |= {"keep up the good work": (right, up), "low priority": (across, low)}
    else:
        ax.axvline(across, **style)
        ax.axhline(up, **style)
        ax.fill_between([left, across], up, high, color=WASH, zorder=0, linewidth=0)
    named: list[Artist] = []
    for name, (x, y) in at.items():
        to_left, below = x > left, y == high
        named.append(
            ax.annotate(
                name, (x, y), (-5 if to_left else 5, -5 if below else 5),
                textcoords="offset points", ha="right" if to_left else "left",
                va="top" if below else "bottom", color=MUTED, fontsize=8.5, style="italic",
            )
        )  # fmt: skip
    return named


def _said(cross_hair: str) -> str:
    words = {"mean": "mean of the items", "median": "median of the items",
             "midpoint": "midpoint of the scales",
             "diagonal": "as important as it performs"}  # fmt: skip
    return words.get(cross_hair, cross_hair)
