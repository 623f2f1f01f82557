"""Moments of truth: what matters, by how it goes."""

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
    MUTED,
    SMALL_BASE,
    VERMILLION,
    WASH,
    columns_of,
    footnote,
    hollow,
    no_evidence,
    ready_axes,
    styled,
)
from cjm_lab.words import MINUS

_ENDS = ("importance", "importance_low", "importance_high",
         "performance", "performance_low", "performance_high")  # fmt: skip
#: Color and marker of each verdict; the corners of the picture name them too.
_LOOKS = {
    "moment of truth that hurts": (VERMILLION, "v"),
    "moment of truth that delights": (BLUE, "^"),
    "hygiene": (BLUE, "o"),
    "minor": (VERMILLION, "s"),
}
_OTHER = (GRAY, "o")
#: Below this share of draws with the same verdict a point is gray.
_SURE = 0.95


@styled
def moments_of_truth(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw importance against performance, each with its interval: where the journey is decided.

    Parameters
    ----------
    table
        As `cjm_lab.moments_of_truth` returns it; touchpoints without importance or performance are
        counted below the picture.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Satisfaction across, from -2 to +2; importance up. Whiskers are the intervals. A point is
        hollow where fewer than 30 stand behind it or an interval is unknown, and gray where its
        verdict holds in less than 95 % of the draws.

    Raises
    ------
    ParameterError
        If a column is missing.

    References
    ----------
    Martilla & James (1977), Journal of Marketing 41, 77-79.

    Examples
    --------
    >>> row = {"item": "Payment", "importance": 8.5, "importance_low": 8.4, "importance_high": 8.7,
    ...        "performance": -1.0, "performance_low": -1.1, "performance_high": -0.8, "n": 276,
    ...        "verdict": "moment of truth that hurts", "verdict_certainty": 1.0,
    ...        "importance_line": 7.8, "source": "stated importance"}
    >>> ax = moments_of_truth(pd.DataFrame([row]))
    >>> ax.get_ylabel(), [text.get_text() for text in ax.texts][:2]
    ('stated importance', ['moment of truth that hurts', 'moment of truth that delights'])
    """
    also = ["n", "verdict", "verdict_certainty", "importance_line", "source"]
    columns_of(table, ["item", *_ENDS, *also])
    ax = ready_axes(ax, width=7.2, height=5.4)
    data = table[table["importance"].notna() & table["performance"].notna()]
    if data.empty:
        return no_evidence(ax)
    ax.set(xlabel="satisfaction", ylabel=str(data["source"].iloc[0]), xlim=(-2.1, 2.1))
    ax.set_xticks([-2, -1, 0, 1, 2], [f"{MINUS}2", f"{MINUS}1", "0", "+1", "+2"])
    ends = data[["importance", "importance_low", "importance_high"]].to_numpy(dtype=float)
    least, most = float(np.nanmin(ends)), float(np.nanmax(ends))
    room = max((most - least) * 0.18, 0.02 * max(abs(most), 1e-9))
    ax.set_ylim(least - room, most + room)
    line = float(data["importance_line"].iloc[0])
    corners = _corners(ax, line)
    sure = data["verdict_certainty"].ge(_SURE)
    looks = [_LOOKS.get(verdict, _OTHER) for verdict in data["verdict"]]
    colors = [look[0] if holds else GRAY for look, holds in zip(looks, sure, strict=True)]
    x, y = data["performance"], data["importance"]
    ax.hlines(y, data["performance_low"], data["performance_high"], colors=colors, linewidth=1.3)
    ax.vlines(x, data["importance_low"], data["importance_high"], colors=colors, linewidth=1.3)
    empty = _hollow(data)
    for at, (color, (_, marker)) in enumerate(zip(colors, looks, strict=True)):
        face = "white" if empty.iloc[at] else color
        ax.scatter(x.iloc[at], y.iloc[at], s=48, marker=marker, c=face, edgecolors=color,
                   linewidths=1.5, zorder=3)  # fmt: skip
    low, high = ax.get_ylim()
    hair = [(-2.1, line, 2.1, line), (0.0, low, 0.0, high)]
    name_points(ax, x, y, data["item"], clear_of=corners, lines=[*hair, *_whiskers(data)])
    footnote(ax, _notes(table, data, bool(sure.all()), bool(empty.any())))
    return ax


def _hollow(data: pd.DataFrame) -> pd.Series:
    """Return which points are hollow: few answers, or one of the two intervals unknown."""
    sides = [
        hollow(data.assign(low=data[f"{name}_low"], high=data[f"{name}_high"]))
        for name in ("importance", "performance")
    ]
    return sides[0] | sides[1]


def _whiskers(data: pd.DataFrame) -> list[tuple[float, float, float, float]]:
    """Return the whiskers that names had better not cross."""
    x, y = data["performance"], data["importance"]
    across = zip(data["performance_low"], y, data["performance_high"], y, strict=True)
    up = zip(x, data["importance_low"], x, data["importance_high"], strict=True)
    return [line for line in [*across, *up] if not np.isnan(line).any()]


def _corners(ax: Axes, line: float) -> list[Artist]:
    """Part the picture at neutral and at the mean importance, and name its four corners."""
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    style: dict[str, Any] = {"color": MUTED, "linewidth": 1, "linestyle": (0, (4, 3)), "zorder": 1}
    ax.axvline(0, **style)
    ax.axhline(line, **style)
    ax.fill_between([left, 0], line, high, color=WASH, zorder=0, linewidth=0)
    named: list[Artist] = []
    for name, (x, y) in zip(
        _LOOKS, ((left, high), (right, high), (right, low), (left, low)), strict=True
    ):
        from_right, below = x == right, y == high
        named.append(
            ax.annotate(
                name, (x, y), (-5 if from_right else 5, -5 if below else 5),
                textcoords="offset points", ha="right" if from_right else "left",
                va="top" if below else "bottom", color=MUTED, fontsize=8.5, style="italic",
            )
        )  # fmt: skip
    return named


def _notes(table: pd.DataFrame, data: pd.DataFrame, sure: bool, empty: bool) -> str:
    """Return what the picture doesn't show by itself."""
    notes = ["parted at neutral and at the mean importance"]
    if not sure:
        notes.append("gray: the verdict holds in less than 95 % of draws")
    if empty:
        notes.append(f"hollow: fewer than {SMALL_BASE} or no interval")
    missing = len(table) - len(data)
    if missing:
        notes.append(f"not shown: {missing} without both")
    return "; ".join(notes)
