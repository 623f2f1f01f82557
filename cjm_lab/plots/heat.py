"""Heat maps over steps and over ages: where journeys are, and who is still there."""

from __future__ import annotations

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from cjm_lab.plots.style import (
    INK,
    LINE,
    MUTED,
    SKY,
    SMALL_BASE,
    WASH,
    columns_of,
    name_ticks,
    no_evidence,
    percent_words,
    reach_words,
    ready_axes,
    styled,
)
from cjm_lab.words import NBSP

#: What the step matrix calls the state of a journey that is over.
END = "(end)"
#: Gray of what is over, light enough for ink on it.
GONE = "#B3B9C2"
#: Most ages side by side: with more, no number is read.
_AGES = 26
#: A name longer than this goes on in the next line.
_WIDE = 34


@styled
def step_matrix(data: pd.DataFrame, *, label: str = "touchpoint", ax: Axes | None = None) -> Axes:
    """Draw which share of the journeys is where at step 1, 2, 3 and so on, as a heat map.

    Parameters
    ----------
    data
        What `cjm_lab.metrics.step_matrix` returns: `label`, ``step``, ``value`` (share of all
        journeys), optional ``low``, ``high``, ``n``. Touchpoints stand in the order in which they
        first occur, the end last.
    label
        Column with the touchpoints' names.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Each column sums to 100 %; shares under 1 % stay blank, those of fewer than 30 stand in
        brackets. The end is gray: it takes in all journeys that are over by then.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> cells = pd.DataFrame(
    ...     {"touchpoint": ["visit", "order", "(end)"], "step": [1, 2, 2], "value": [1, 0.4, 0.6]}
    ... )
    >>> [text.get_text() for text in step_matrix(cells).texts]
    ['100', '40', '60']
    """
    columns_of(data, [label, "step", "value"])
    names = [name for name in dict.fromkeys(data[label]) if name != END]
    names += [END] * bool(data[label].eq(END).any())
    steps = sorted(set(data["step"]))
    ax = ready_axes(ax, width=3.0 + 0.46 * len(steps), height=1.5 + 0.36 * len(names))
    if data.empty:
        return no_evidence(ax)
    cells = data.assign(words=_words(data)).set_index([label, "step"])
    value, words = (
        cells[column].unstack().reindex(index=names, columns=steps) for column in ("value", "words")
    )
    over = pd.DataFrame({step: value.index == END for step in steps}, index=names)
    _cells(ax, value, words, hidden=over | value.lt(0.01), color=SKY)
    if over.any(axis=None):
        _cells(ax, value, words, hidden=~over | value.lt(0.01), color=GONE)
    ax.set_facecolor(WASH)
    name_ticks(ax, steps, axis="x", first=0.5)
    for text in ax.get_xticklabels():
        text.set(rotation=0, ha="center")
    name_ticks(ax, [fill(str(name), _WIDE) for name in names], axis="y", first=0.5)
    note = f"in brackets: fewer than {SMALL_BASE}" if _small(data).any() else reach_words(data)
    ax.set(xlabel="\n".join(filter(None, ["step, % of all journeys", note])), ylabel="")
    return ax


@styled
def retention(data: pd.DataFrame, *, xlabel: str = "age", ax: Axes | None = None) -> Axes:
    r"""Draw which share of each cohort is active at each age, and of all cohorts together below.

    Parameters
    ----------
    data
        What `cjm_lab.metrics.retention` returns: ``cohort`` (a date or a name; rows without one are
        the curve of all cohorts), ``age``, ``value``, ``mature``, ``customers``; optional ``low``,
        ``high``, ``n``.
    xlabel
        What the ages are and their unit, such as ``weeks since the first order``.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Hatched: the age is not over for the whole cohort. Numbers of cohorts of fewer than 30 stand
        in brackets. At most 26 ages are drawn and the axis says so; `retention_curve` draws all.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> cells = pd.DataFrame({"cohort": ["May", "May"], "age": [0, 1], "value": [1.0, 0.25],
    ...     "mature": True, "customers": 40, "n": 40})
    >>> [text.get_text() for text in retention(cells).texts]
    ['100', '25', 'n\xa040']
    """
    columns_of(data, ["cohort", "age", "value", "mature", "customers"])
    ages = sorted(set(data["age"]))
    drawn = data[data["age"].isin(ages[:_AGES])].assign(row=lambda rows: _rows(rows["cohort"]))
    rows = list(dict.fromkeys(drawn["row"]))
    ages = ages[:_AGES]
    ax = ready_axes(ax, width=3.4 + 0.38 * len(ages), height=1.7 + 0.28 * len(rows))
    if data.empty:
        return no_evidence(ax)
    cells = drawn.assign(words=_words(drawn)).set_index(["row", "age"])
    value, words, mature = (
        cells[column].unstack().reindex(index=rows, columns=ages)
        for column in ("value", "words", "mature")
    )
    known = mature.eq(True) & value.notna()
    later = drawn[drawn["age"].gt(min(ages)) & ~_small(drawn)]["value"].max()
    # at age 0 everybody is there: that cell would leave no color for the others
    top = later if pd.notna(later) and later > 0 else 1.0
    _cells(ax, value, words, hidden=~known, color=SKY, top=top)
    open_cells = mature.eq(False).to_numpy()
    for y, x in np.argwhere(open_cells):
        ax.add_patch(
            Rectangle((x, y), 1, 1, facecolor="white", edgecolor=LINE, hatch="////", linewidth=0.0)
        )
    ax.set_facecolor("white")
    if drawn["cohort"].isna().any() and len(rows) > 1:
        ax.axhline(len(rows) - 1, color=INK, linewidth=1.2)
    sizes = cells["customers"].groupby(level="row").max()
    name_ticks(ax, [fill(row, _WIDE) for row in rows], axis="y", first=0.5)
    for y, row in enumerate(rows):
        ax.annotate(
            f"n{NBSP}{sizes[row]:,.0f}", (1, y + 0.5), (6, 0), va="center", color=MUTED,
            xycoords=ax.get_yaxis_transform(), textcoords="offset points", fontsize=8.5,
        )  # fmt: skip
    name_ticks(ax, ages, axis="x", first=0.5)
    for text in ax.get_xticklabels():
        text.set(rotation=0, ha="center")
    notes = [
        "hatched: not over for the whole cohort yet" if open_cells.any() else "",
        f"in brackets: fewer than {SMALL_BASE}" if _small(drawn).any() else "",
        reach_words(drawn),
    ]
    more = "" if len(drawn) == len(data) else f"ages over {ages[-1]} are not drawn"
    ax.set(xlabel="\n".join(filter(None, [f"{xlabel}, % active", more, *notes])), ylabel="")
    return ax


def _cells(
    ax: Axes,
    value: pd.DataFrame,
    words: pd.DataFrame,
    *,
    hidden: pd.DataFrame,
    color: str,
    top: float = 1.0,
) -> None:
    """Draw the cells that are not hidden or unknown, with their words."""
    import seaborn as sns  # it loads scipy.stats, which few plots need

    sns.heatmap(
        value.clip(upper=top),
        mask=hidden | value.isna(),
        annot=words,
        fmt="",
        annot_kws={"fontsize": 8.5, "color": INK},
        cmap=sns.light_palette(color, as_cmap=True),  # light enough for ink on every cell
        vmin=0,
        vmax=top,
        linewidths=1,
        linecolor="white",
        cbar=False,
        xticklabels=False,  # it draws the figure at once, and names are wrapped only after it
        yticklabels=False,
        ax=ax,
    )


def _small(data: pd.DataFrame) -> pd.Series:
    """Return which rows have a value on a base under 30."""
    few = data["n"].lt(SMALL_BASE) if "n" in data else pd.Series(False, index=data.index)
    return few & data["value"].notna()


def _words(data: pd.DataFrame) -> pd.Series:
    """Return the percents as text, of a small base in brackets."""
    words = data["value"].map(lambda share: "" if pd.isna(share) else percent_words(share))
    return words.mask(_small(data), "(" + words + ")")


def _rows(cohorts: pd.Series) -> pd.Series:
    """Return the words of each cohort; the curve of all has none."""
    dates = pd.api.types.is_datetime64_any_dtype(cohorts)
    words = cohorts.dt.strftime("%Y-%m-%d") if dates else cohorts.astype("str")
    return words.where(cohorts.notna(), "all that are mature")
