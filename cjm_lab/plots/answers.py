"""Answers as stacked bars: Likert items around their middle, and promoters beside their score."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.patches import Patch

from cjm_lab.errors import ParameterError
from cjm_lab.plots.style import (
    BLUE,
    GRAY,
    INK,
    LINE,
    MUTED,
    SMALL_BASE,
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
from cjm_lab.words import NBSP, number

#: From disagreement to agreement: light enough that ink on each of them reaches 4.5:1.
_DIVERGING = ("#F4A582", "#FDDBC7", "#F7F7F7", "#D1E5F0", "#92C5DE")
#: Parts narrower than this share hold no number: among Likert items, and beside a score.
_ROOM, _ROOM_BESIDE = 0.08, 0.11
_HEIGHT = 0.62
#: Where the score's own scale, from -100 to 100, begins beside the shares, and its width.
_SCORE_FROM, _SCORE_WIDE = 1.36, 1.5


@styled
def likert(
    data: pd.DataFrame,
    *,
    label: str = "label",
    names: Mapping[float, str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how answers to each question spread around the middle of the scale.

    Parameters
    ----------
    data
        One row a question, drawn from top to bottom, as `answer_table` makes it: `label`, one
        column a level named by its number with counts or shares, optional ``not_applicable`` (in
        the same unit) and ``n``.
    label
        Column with the questions' words.
    names
        Words for levels, such as ``{1: "disagree", 5: "agree"}``.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Disagreement left of zero, agreement right of it, the neutral answer half on either side;
        what does not apply stands apart at the right, hatched, as a share of all who were asked.

    Raises
    ------
    ParameterError
        If a column is missing or there are fewer than two levels.

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["I trust them"], 1: [10], 2: [20], 3: [30], "n": [60]})
    >>> [round(float(bar.get_x()), 2) for bar in likert(rows).patches]
    [-0.33, -0.17, 0.17]
    """
    columns_of(data, [label])
    ax = ready_axes(ax, height=1.2 + 0.5 * max(len(data), 1))
    if data.empty:
        return no_evidence(ax)
    columns: list[Any] = list(data.columns)
    levels: list[Any] = sorted(c for c in columns if isinstance(c, Real))
    if len(levels) < 2:
        raise ParameterError(
            "a Likert plot's data must have a column for each level, named by its number, got "
            f"{columns}; answer_table makes them"
        )
    counts = data[levels].fillna(0).to_numpy(dtype=float)
    shares = counts / np.where(counts.sum(axis=1) > 0, counts.sum(axis=1), 1)[:, None]
    below = len(levels) // 2
    left = shares[:, :below].sum(axis=1)
    if len(levels) % 2:
        left = left + shares[:, below] / 2
    fills = _fills(len(levels))
    _stack(ax, shares, -left, fills, _ROOM)
    ax.axvline(0, color=INK, linewidth=1, zorder=0.5)  # under the bars: it would cross out numbers
    low = np.ceil(4 * max(left.max(), 0.05)) / 4
    high = end = np.ceil(4 * max((shares.sum(axis=1) - left).max(), 0.05)) / 4
    if "not_applicable" in data and data["not_applicable"].fillna(0).gt(0).any():
        absent = data["not_applicable"].fillna(0).to_numpy(dtype=float)
        end = _apart(ax, absent / np.maximum(counts.sum(axis=1) + absent, 1e-9), low, high)
    _finish(ax, [fill(str(words), 38) for words in data[label]])
    ax.set_xlim(-low, end)
    ticks = np.arange(-low, high + 0.01, 0.25 if low + high <= 1 else 0.5)
    ax.set_xticks(ticks, [f"{number(round(100 * abs(t), 6))}{NBSP}%" for t in ticks])
    words = {level: f"{level:g}" for level in levels} | {
        level: f"{level:g} {name}" for level, name in (names or {}).items()
    }
    _key(ax, [(fill_, words[level]) for fill_, level in zip(fills, levels, strict=True)])
    if "n" in data:
        for y, n in enumerate(data["n"]):
            beside(ax, f"n{NBSP}{n:,.0f}", y)
        if data["n"].lt(SMALL_BASE).any():
            footnote(ax, f"read with care: fewer than {SMALL_BASE} answers to a question")
    return ax


@styled
def nps(data: pd.DataFrame, *, label: str = "label", ax: Axes | None = None) -> Axes:
    """Draw promoters, passives and detractors of each group, and their score with its interval.

    Parameters
    ----------
    data
        One row a group, drawn from top to bottom, as `nps_table` makes it: `label`,
        ``promoters``, ``passives``, ``detractors`` (shares of 1), ``value``, ``low``, ``high`` of
        the score, optional ``n``.
    label
        Column with the groups' names.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The stacked shares at the left, the score on its own scale from -100 to 100 at the right;
        a dot is hollow where fewer than 30 stand behind it.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["Aroma"], "promoters": [0.6], "passives": [0.2],
    ...     "detractors": [0.2], "value": [40.0], "low": [10.0], "high": [60.0]})
    >>> [round(float(bar.get_width()), 2) for bar in nps(rows).patches]
    [0.2, 0.2, 0.6]
    """
    kinds = {
        "detractors": ("#F4A582", "detractors 0 to 6"),
        "passives": ("#F7F7F7", "passives 7 and 8"),
        "promoters": ("#92C5DE", "promoters 9 and 10"),
    }
    columns_of(data, [label, *kinds, "value", "low", "high"])
    ax = ready_axes(ax, height=1.2 + 0.42 * max(len(data), 1))
    if data.empty:
        return no_evidence(ax)
    shares = data[list(kinds)].fillna(0).to_numpy(dtype=float)
    fills = [color for color, _ in kinds.values()]
    _stack(ax, shares, np.zeros(len(data)), fills, _ROOM_BESIDE)

    def place(score: Any) -> Any:
        return _SCORE_FROM + _SCORE_WIDE * (score + 100) / 200

    rows = range(len(data))
    ax.vlines([place(-100), place(100)], -0.6, len(data) - 0.4, colors=LINE, linewidth=0.8)
    ax.vlines(place(0), -0.6, len(data) - 0.4, colors=MUTED, linewidth=1)
    ax.hlines(rows, place(data["low"]), place(data["high"]), colors=BLUE, linewidth=2.2)
    faces = ["white" if empty else BLUE for empty in hollow(data)]
    ax.scatter(place(data["value"]), rows, s=46, c=faces, edgecolors=BLUE, linewidths=1.6, zorder=3)
    _finish(ax, [fill(str(words), 30) for words in data[label]])
    ax.set_xlim(0, _SCORE_FROM + _SCORE_WIDE)
    ends = {-100: "\u2212100", 0: "0", 100: "+100"}
    ax.set_xticks(
        [0, 0.5, 1, *(place(score) for score in ends)],
        [*(f"{percent}{NBSP}%" for percent in (0, 50, 100)), *ends.values()],
    )
    _key(ax, list(kinds.values()))
    _over(ax, place(0), "Net Promoter Score", center=True)
    for y, (_, row) in enumerate(data.iterrows()):
        beside(ax, estimate_words(row.drop("measure", errors="ignore")), y)
    if "n" in data and data["n"].lt(SMALL_BASE).any():
        footnote(ax, f"hollow: fewer than {SMALL_BASE}")
    return ax


def _fills(k: int) -> list[str]:
    """Return a fill a level, evenly from disagreement to agreement."""
    scale = LinearSegmentedColormap.from_list("diverging", _DIVERGING)
    return [to_hex(scale(place)) for place in np.linspace(0, 1, k)]


def _stack(ax: Axes, shares: np.ndarray, start: np.ndarray, fills: list[str], room: float) -> None:
    """Draw the parts of each bar one after the other, with percents where there is room."""
    rows = np.arange(len(shares))
    starts = start[:, None] + np.cumsum(shares, axis=1) - shares
    for part, fill_ in enumerate(fills):
        ax.barh(
            rows, shares[:, part], left=starts[:, part], height=_HEIGHT, color=fill_,
            edgecolor=GRAY, linewidth=0.7,
        )  # fmt: skip
        for y in rows[shares[:, part] >= room]:
            ax.text(
                starts[y, part] + shares[y, part] / 2, y, f"{100 * shares[y, part]:.0f}",
                ha="center", va="center", color=INK, fontsize=8,
            )  # fmt: skip


def _apart(ax: Axes, share: np.ndarray, low: float, high: float) -> float:
    """Draw the share of those to whom a question does not apply, and return where this ends."""
    wide = low + high
    start = high + 0.08 * wide
    rows = np.arange(len(share))
    ax.barh(
        rows, share, left=start, height=_HEIGHT, color="white", edgecolor=GRAY, hatch="/////",
        linewidth=0.7,
    )  # fmt: skip
    for y in rows:
        ax.annotate(
            f"{100 * share[y]:.0f}", (start + share[y], y), (4, 0), textcoords="offset points",
            va="center", color=INK, fontsize=8,
        )  # fmt: skip
    _over(ax, start, "does not apply")
    return float(start + max(share.max() + 0.08 * wide, 0.25 * wide))


def _finish(ax: Axes, labels: list[str]) -> None:
    """Name the rows at the left, the first on top."""
    name_ticks(ax, labels, axis="y")
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.spines["left"].set_visible(False)


def _key(ax: Axes, parts: list[tuple[str, str]]) -> None:
    """Name the parts of the bars above them, in their order."""
    handles = [Patch(facecolor=fill_, edgecolor=GRAY, label=words) for fill_, words in parts]
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=len(handles),
        frameon=False, fontsize=8, handlelength=1.1, handletextpad=0.4, columnspacing=1.0,
        borderaxespad=2.0, borderpad=0,
    )  # fmt: skip


def _over(ax: Axes, x: float, words: str, *, center: bool = False) -> None:
    """Write words over a place of the axis, below the key."""
    ax.annotate(
        words, (x, 1), (0, 3), xycoords=ax.get_xaxis_transform(), textcoords="offset points",
        ha="center" if center else "left", va="bottom", color=MUTED, fontsize=8,
    )  # fmt: skip
