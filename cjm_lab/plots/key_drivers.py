"""Key drivers: what goes with an outcome, how much, and in which direction."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from cjm_lab.plots.style import (
    BLUE,
    GRAY,
    INK,
    MUTED,
    VERMILLION,
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
from cjm_lab.surveys.driver_cautions import DIRECTIONS

#: Marker and color of a direction; the words beside it say the same.
_LOOK = {"raises": ("^", BLUE), "lowers": ("v", VERMILLION), "unclear": ("o", GRAY)}


@styled
def drivers(data: pd.DataFrame, *, label: str = "label", ax: Axes | None = None) -> Axes:
    r"""Draw how much of the differences in an outcome goes with each driver.

    Parameters
    ----------
    data
        One row a driver: `label`, ``value``, ``low``, ``high`` (parts of the outcome's variance),
        ``note``, optional ``n``. Either the table of `key_drivers`, with ``direction``, or the
        ledger's rows of the measure ``driver``, whose note begins with the direction.
    label
        Column with the drivers' names.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Largest on top. The marker points up where a better rating goes with a higher outcome, down
        where with a lower one, and is round where that is unclear; hollow where the note holds a
        caution or fewer than 30 rated it.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["Delivery"], "value": [0.15], "low": [0.1], "high": [0.2],
    ...     "direction": ["raises"], "note": [""]})
    >>> drivers(rows).texts[0].get_text()
    '15\xa0% [10,\xa020], goes with a higher outcome'
    """
    columns_of(data, [label, "value", "low", "high", "note"])
    ax = ready_axes(ax, width=9.6, height=1.1 + 0.36 * max(len(data), 1))
    if data.empty:
        return no_evidence(ax)
    rows = data.sort_values("value", ascending=False, kind="stable", ignore_index=True)
    directions, cautions = _read(rows)
    empty = hollow(rows) | cautions.ne("")
    for direction, (marker, color) in _LOOK.items():
        here = directions == direction
        places = rows.index[here]
        ax.hlines(
            places, rows["low"][here], rows["high"][here], colors=color, linewidth=2.2, zorder=2
        )
        ax.scatter(
            rows["value"][here], places, s=52, marker=marker, edgecolors=color, linewidths=1.6,
            zorder=3, c=["white" if blank else color for blank in empty[here]],
        )  # fmt: skip
    words = directions.map(DIRECTIONS)
    for y, (_, row) in enumerate(rows.iterrows()):
        numbers = estimate_words(row, percent=True)
        caution = " (caution)" if cautions[y] else ""
        color = INK if caution else MUTED
        beside(ax, f"{numbers}, {words[y]}{caution}", y, color)
    name_ticks(ax, rows[label], axis="y")
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(left=0)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    ax.xaxis.set_major_formatter("{x:.0%}")
    ax.set_xlabel("part of the differences in the outcome that goes with it")
    hint = "; hollow: read the caution in its note first" if empty.any() else ""
    footnote(ax, f"goes with, not causes{hint}")
    return ax


def _read(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return each row's direction, and what else its note says."""
    notes = rows["note"].fillna("").astype("str")
    if "direction" in rows:
        return rows["direction"], notes
    first = notes.str.partition("; ")
    known = {words: direction for direction, words in DIRECTIONS.items()}
    said = first[0].map(known)
    return said.fillna("unclear"), first[2].where(said.notna(), notes)
