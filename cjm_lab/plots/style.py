"""The look that every plot shares: palette, quiet axes, and what an empty one says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from math import ceil, nan
from typing import Any, Literal, ParamSpec, TypeVar

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate
from cjm_lab.words import NBSP, Shown, is_share, shown

#: Okabe-Ito, in the order in which lines are colored; on white all of these reach 3:1.
BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY = "#56B4E9"
INK, MUTED, LINE, WASH = "#1A1A1A", "#595959", "#DDE1E6", "#EEF1F4"
GRAY = "#767B84"

#: Below this many answers an estimate is drawn hollow.
SMALL_BASE = 30

#: Settings of every plot, applied with `matplotlib.rc_context`, never globally.
STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "text.color": INK,
    "text.parse_math": False,  # a dollar sign in somebody's words is a dollar sign
    "axes.edgecolor": GRAY,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 9,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.prop_cycle": plt.cycler(color=[BLUE, VERMILLION, GREEN, PURPLE, GRAY]),
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": INK,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
}


P = ParamSpec("P")
T = TypeVar("T")


def styled(draw: Callable[P, T]) -> Callable[P, T]:
    """Let a function draw in `STYLE` and leave matplotlib's settings as they were."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> T:
        # Jupyter's backend turns its automatic display on when it is first used. Used first inside
        # the context, it would be turned off again at the end: so the backend is woken before.
        plt.draw_if_interactive()
        with rc_context(STYLE):
            return draw(*args, **kwargs)

    return drawn


def ready_axes(ax: Axes | None, *, width: float = 7.2, height: float = 3.6) -> Axes:
    """Return the given Axes, else those of a new figure of this size in inches."""
    if ax is None:
        _, ax = plt.subplots(figsize=(width, height), layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=9, length=0)
    return ax


def name_ticks(
    ax: Axes, labels: Iterable[object], *, axis: Literal["x", "y"], first: float = 0
) -> None:
    """Write the labels at `first`, 1 more, 2 more, ...: upright on y, slanted on x."""
    names = [str(label) for label in labels]
    getattr(ax, f"set_{axis}ticks")([first + place for place in range(len(names))], names)
    for text in getattr(ax, f"get_{axis}ticklabels")():
        text.set_parse_math(False)  # the ticks of a given Axes may be older than our style
        if axis == "x":
            text.set(rotation=30, ha="right", rotation_mode="anchor")
        else:
            text.set_rotation(0)


def date_ticks(ax: Axes, when: pd.Series) -> None:
    """Name the dates on the x axis, as few as have room; a single one by itself."""
    if when.nunique() == 1:
        ax.set_xticks([when.iloc[0]], [f"{when.iloc[0]:%Y-%m-%d}"])
        return
    locator = AutoDateLocator(maxticks=8)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def columns_of(data: pd.DataFrame, needed: Iterable[str]) -> None:
    """Refuse a table that lacks a column, in words that name it.

    Raises
    ------
    ParameterError
        If a column is missing.
    """
    missing = [column for column in needed if column not in data.columns]
    if missing:
        raise ParameterError(
            f"a plot's data must have the columns {list(needed)}, missing {missing}; "
            f"it has {list(data.columns)}"
        )


def no_evidence(ax: Axes) -> Axes:
    """Say on the Axes that there is nothing to draw."""
    ax.set_axis_off()
    ax.text(
        0.5, 0.5, "No evidence yet", transform=ax.transAxes, ha="center", va="center",
        color=MUTED, style="italic", fontsize=11,
    )  # fmt: skip
    return ax


def beside(ax: Axes, words: str, y: float, color: str = MUTED) -> None:
    """Write words right of the axis, at the row that lies at `y`."""
    ax.annotate(
        words, (1, y), (8, 0), xycoords=ax.get_yaxis_transform(), textcoords="offset points",
        va="center", color=color, fontsize=8.5,
    )  # fmt: skip


def footnote(ax: Axes, words: str) -> None:
    """Write a muted line under the left end of the axis."""
    ax.annotate(
        words, (0, 0), (0, -32), xycoords="axes fraction", textcoords="offset points",
        ha="left", va="top", color=MUTED, fontsize=8,
    )  # fmt: skip


def estimate_words(row: pd.Series, *, percent: bool = False, change: bool = False) -> str:
    r"""Return value, interval and n of a row, in the words of the map and the tables.

    Parameters
    ----------
    row
        ``value``, ``low``, ``high``; optional ``n``, ``method`` and ``measure``.
    percent
        Whether it is a share of 1.
    change
        Whether it is a difference.

    Examples
    --------
    >>> row = pd.Series({"value": 0.38, "low": 0.34, "high": 0.42, "n": 341})
    >>> estimate_words(row, percent=True)
    '38\xa0% [34,\xa042] n\xa0341'
    """
    words = shown_of(row, percent=percent, change=change)
    # the first step of a funnel is certain by definition: its interval is a point
    interval = "" if row["low"] == row["high"] else words.interval
    n = words.n if pd.notna(row.get("n", nan)) else ""
    return " ".join(part for part in (words.value, interval, n) if part)


def shown_of(row: pd.Series, *, percent: bool = False, change: bool = False) -> Shown:
    """Return a row's number as the map shows it; what its columns don't tell, the flags do."""
    n = row.get("n", nan)
    estimate = Estimate(
        value=float(row["value"]),
        low=float(row["low"]),
        high=float(row["high"]),
        n=int(float(n)) if pd.notna(n) else 0,
        method=str(row.get("method") or "no interval"),
    )
    measure = str(row.get("measure") or "value")
    unnamed = percent and not is_share(measure, estimate.method)
    return shown(estimate, "share" if unnamed else measure, change=change)


def hollow(data: pd.DataFrame) -> pd.Series:
    """Return which rows are drawn hollow: a base under `SMALL_BASE`, or no interval."""
    small = data["n"].lt(SMALL_BASE) if "n" in data else pd.Series(False, index=data.index)
    return small | data["low"].isna() | data["high"].isna()


def clipped(name: str, letters: int) -> str:
    """Return a name of at most so many letters.

    Examples
    --------
    >>> clipped("Delivery window", 10), clipped("Payment", 10)
    ('Delivery…', 'Payment')
    """
    return name if len(name) <= letters else f"{name[: letters - 1].rstrip()}…"


def percent_words(share: float) -> str:
    """Return a share as a whole percent without its sign, for a cell; never 0 where there is some.

    Examples
    --------
    >>> percent_words(0.384), percent_words(0.004), percent_words(0)
    ('38', '<1', '0')
    """
    return "<1" if 0 < share < 0.005 else f"{100 * share:.0f}"


def reach_words(data: pd.DataFrame) -> str:
    r"""Return how far the intervals of shares reach, where cells have no room for each.

    Parameters
    ----------
    data
        ``value``, optional ``low``, ``high`` and ``n``; rows of fewer than 30 are left out.

    Examples
    --------
    >>> reach_words(pd.DataFrame({"value": [0.3, 0.5], "low": [0.28, 0.47], "high": [0.33, 0.53]}))
    'intervals within ±3\xa0points'
    """
    if not {"low", "high"} <= set(data.columns):
        return ""
    large = data[data["n"].ge(SMALL_BASE)] if "n" in data else data
    reach = pd.concat([large["high"] - large["value"], large["value"] - large["low"]]).max()
    if pd.isna(reach):
        return ""
    points = max(1, ceil(round(100 * reach, 6)))
    return f"intervals within ±{points}{NBSP}point{'' if points == 1 else 's'}"
