"""Whether a model of orders held for the time that it did not see."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from cjm_lab.errors import ParameterError
from cjm_lab.plots.style import (
    BLUE,
    GRAY,
    SMALL_BASE,
    VERMILLION,
    columns_of,
    hollow,
    name_ticks,
    no_evidence,
    ready_axes,
    styled,
)
from cjm_lab.words import NBSP


@styled
def lifetime_holdout(data: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how many orders customers made after the model was fitted, and how many it expected.

    Parameters
    ----------
    data
        What `cjm_lab.metrics.lifetime_holdout` returns: ``frequency`` (a class of customers) or
        ``week``, and ``value``, ``low``, ``high`` (orders a customer), ``expected``, optional
        ``n``.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        What customers did with its interval, what was expected as a dashed line; a vermillion
        diamond is an expectation outside the interval: there the model is wrong. Hollow where fewer
        than 30 customers stand behind it.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({"frequency": ["0", "1"], "value": [0.2, 0.6], "low": [0.1, 0.5],
    ...     "high": [0.3, 0.7], "expected": [0.25, 0.4], "n": [400, 200]})
    >>> ax = lifetime_holdout(rows)
    >>> ax.collections[-1].get_offsets().tolist()  # expected outside the interval
    [[1.0, 0.4]]
    """
    columns_of(data, ["value", "low", "high", "expected"])
    if not {"frequency", "week"} & set(data.columns):
        raise ParameterError(
            "a holdout's data must have the column 'frequency' or 'week', missing both; "
            f"it has {list(data.columns)}"
        )
    weekly = "week" in data
    ax = ready_axes(ax, height=3.4)
    if data.empty:
        return no_evidence(ax)
    rows = data.reset_index(drop=True)
    x = rows["week"].astype("float64") if weekly else pd.Series(rows.index, dtype="float64")
    if weekly:
        ax.fill_between(x, rows["low"], rows["high"], color=BLUE, alpha=0.16, linewidth=0)
    else:
        ax.vlines(x, rows["low"], rows["high"], colors=BLUE, linewidth=2.2, zorder=2)
    faces = ["white" if empty else BLUE for empty in hollow(rows)]
    ax.plot(x, rows["value"], color=BLUE, linewidth=1.6 if weekly else 0, zorder=3)
    ax.scatter(
        x, rows["value"], s=28, c=faces, edgecolors=BLUE, linewidths=1.4, zorder=3,
        label="what customers did",
    )  # fmt: skip
    ax.plot(x, rows["expected"], color=GRAY, linewidth=1.6, linestyle="--", zorder=2)
    ax.lines[-1].set_label("what the model expected")
    wrong = rows["expected"].lt(rows["low"]) | rows["expected"].gt(rows["high"])
    if wrong.any():
        ax.scatter(
            x[wrong], rows["expected"][wrong], marker="D", s=44, color=VERMILLION, zorder=4,
            label="expected outside the interval",
        )  # fmt: skip
    if weekly:
        ax.set(xlabel="weeks after the model's last day", ylabel="orders a customer up to then")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    else:
        _classes(ax, rows)
    if "n" in rows and rows["n"].lt(SMALL_BASE).any():
        ax.set_xlabel(f"{ax.get_xlabel()} (hollow: fewer than {SMALL_BASE})")
    ax.set_ylim(bottom=0)
    ax.grid(axis="y")
    ax.legend(
        loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, frameon=False, fontsize=8.5,
        columnspacing=1.4,
    )  # fmt: skip
    return ax


def _classes(ax: Axes, rows: pd.DataFrame) -> None:
    """Name the classes of customers and how many they hold."""
    names = rows["frequency"].astype("str")
    name_ticks(ax, names, axis="x")
    for text in ax.get_xticklabels():
        text.set(rotation=0, ha="center")
    if "n" in rows:
        named = zip(names, rows["n"], strict=True)
        ax.set_xticklabels([f"{name}\nn{NBSP}{n:,.0f}" for name, n in named])
        for text in ax.get_xticklabels():
            text.set_parse_math(False)
    ax.set(xlabel="repeat orders until the model's last day", ylabel="orders a customer after it")
