"""Which touchpoint follows which."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from cjm_lab.plots.style import (
    INK,
    SKY,
    SMALL_BASE,
    WASH,
    columns_of,
    name_ticks,
    no_evidence,
    ready_axes,
    styled,
)


@styled
def transitions(
    data: pd.DataFrame,
    *,
    start: str = "touchpoint",
    end: str = "next_touchpoint",
    ax: Axes | None = None,
) -> Axes:
    """Draw the probability that one touchpoint follows another as a heat map with its numbers.

    Parameters
    ----------
    data
        One row a pair: `start`, `end`, ``value`` (probability of the end after the start), optional
        ``n`` (times the start was left). Rows and columns keep the order in which touchpoints first
        occur as a start, then as an end.
    start, end
        Columns with the names.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Read a row from left to right; probabilities under 1 % stay blank, those of
        fewer than 30 stand in brackets.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> pairs = pd.DataFrame(
    ...     {"touchpoint": ["basket"], "next_touchpoint": ["payment"], "value": [0.58]}
    ... )
    >>> [text.get_text() for text in transitions(pairs).texts]
    ['58']
    """
    import seaborn as sns  # it loads scipy.stats, which no other plot needs

    columns_of(data, [start, end, "value"])
    names = list(dict.fromkeys([*data[start], *data[end]]))
    froms = [name for name in names if name in set(data[start])]
    tos = [name for name in names if name in set(data[end])]
    ax = ready_axes(ax, width=2.4 + 0.44 * len(tos), height=1.8 + 0.36 * len(froms))
    if data.empty:
        return no_evidence(ax)
    words = data["value"].map(lambda share: f"{share * 100:.0f}")
    small = data["n"].lt(SMALL_BASE) if "n" in data else pd.Series(False, index=data.index)
    cells = data.assign(words=words.mask(small, "(" + words + ")")).set_index([start, end])
    table, texts = (
        cells[column].unstack().reindex(index=froms, columns=tos) for column in ("value", "words")
    )
    sns.heatmap(
        table,
        mask=table.lt(0.01) | table.isna(),
        annot=texts,
        fmt="",
        annot_kws={"fontsize": 8.5, "color": INK},
        cmap=sns.light_palette(SKY, as_cmap=True),  # light enough for ink on every cell
        vmin=0,
        vmax=1,
        linewidths=1,
        linecolor="white",
        cbar=False,
        ax=ax,
    )
    ax.set_facecolor(WASH)
    note = f"  (in brackets: fewer than {SMALL_BASE})" if small.any() else ""
    ax.set(xlabel=f"what comes next, % of times{note}", ylabel="")
    name_ticks(ax, tos, axis="x", first=0.5)  # a cell's middle lies half a unit after its edge
    name_ticks(ax, froms, axis="y", first=0.5)
    return ax
