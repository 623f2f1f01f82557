"""What each day's look at a running pilot shows."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from cjm_lab.plots.style import (
    BLUE,
    GRAY,
    INK,
    MUTED,
    SMALL_BASE,
    columns_of,
    date_ticks,
    no_evidence,
    ready_axes,
    styled,
)
from cjm_lab.words import number

#: The first looks see next to nothing: their intervals leave the plot where they are wider than
#: this many times those of the last.
_WIDEST = 6


@styled
def looks(
    data: pd.DataFrame,
    *,
    ylabel: str = "treatment minus control",
    percent: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw what every look at a running pilot would have shown, with the interval that allows it.

    Parameters
    ----------
    data
        What `cjm_lab.metrics.pilot_looks` returns: ``look``, ``value``, ``always_low``,
        ``always_high``, ``low``, ``high``; optional ``day`` (without it looks are counted), ``n``.
    ylabel
        What the axis shows and its unit.
    percent
        Whether values are differences of shares, shown in points.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The band holds the truth at all looks together in 95 of 100 pilots; the thin lines only do
        for one look. The first look at which the band excludes zero is marked. Hollow where fewer
        than 30 are in; the widest intervals of the first looks may leave the plot.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> seen = pd.DataFrame({"look": [1, 2], "value": [0.1, 0.2], "low": [-0.1, 0.1],
    ...     "high": [0.3, 0.3], "always_low": [-0.2, 0.05], "always_high": [0.4, 0.35]})
    >>> [text.get_text() for text in looks(seen).texts]
    ['the first that excludes zero']
    """
    columns_of(data, ["look", "value", "low", "high", "always_low", "always_high"])
    ax = ready_axes(ax, height=3.4)
    if data.empty:
        return no_evidence(ax)
    dated = "day" in data and bool(data["day"].notna().all())
    x, value = data["day"] if dated else data["look"], data["value"]
    ax.axhline(0, color=MUTED, linewidth=1, zorder=1)
    ax.fill_between(
        x, data["always_low"], data["always_high"], color=BLUE, alpha=0.16, linewidth=0, zorder=1,
        label="holds at every look",
    )  # fmt: skip
    for end in ("low", "high"):
        label = "only for one look" if end == "low" else None
        ax.plot(x, data[end], color=GRAY, linewidth=1, linestyle="--", zorder=2, label=label)
    ax.plot(x, value, color=BLUE, linewidth=1.6, zorder=3)
    small = data["n"].lt(SMALL_BASE) if "n" in data else pd.Series(False, index=data.index)
    faces = ["white" if few else BLUE for few in small]
    ax.scatter(x, value, s=24, c=faces, edgecolors=BLUE, linewidths=1.3, zorder=4)
    _limit(ax, data)
    _first_clear(ax, data, x)
    if dated:
        date_ticks(ax, x)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if percent:
        ax.yaxis.set_major_formatter(lambda y, _: number(round(100 * y, 6)))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, frameon=False, fontsize=8.5)
    note = f" (hollow: fewer than {SMALL_BASE})" if small.any() else ""
    ax.set_xlabel(f"{'day of the look' if dated else 'look'}{note}")
    ax.set_ylabel(f"{ylabel}, points" if percent else ylabel)
    ax.grid(axis="y")
    return ax


def _limit(ax: Axes, data: pd.DataFrame) -> None:
    """Keep the intervals of the first looks from flattening all others."""
    known = data[data["always_low"].notna()]
    if known.empty:
        return
    last = known.iloc[-1]
    reach = _WIDEST / 2 * (last["always_high"] - last["always_low"])
    values = pd.concat([data["value"].iloc[len(data) // 3 :], pd.Series([0.0])])
    low = max(known["always_low"].min(), values.min() - reach)
    high = min(known["always_high"].max(), values.max() + reach)
    ax.set_ylim(min(low, 0) - 0.04 * (high - low), max(high, 0) + 0.04 * (high - low))


def _first_clear(ax: Axes, data: pd.DataFrame, x: pd.Series) -> None:
    """Mark the first look at which the interval for all looks excludes zero."""
    clear = data["always_low"].gt(0) | data["always_high"].lt(0)
    if not clear.any():
        return
    at = int(clear.to_numpy().argmax())
    when, value = x.iloc[at], data["value"].iloc[at]
    ax.scatter([when], [value], marker="D", s=60, color=INK, zorder=5)
    later = at > len(data) / 2
    said = ax.annotate(
        "the first that excludes zero", (when, value), (-8 if later else 8, 14),
        textcoords="offset points", ha="right" if later else "left", color=INK, fontsize=8.5,
    )  # fmt: skip
    said.set_path_effects([withStroke(linewidth=2.2, foreground="white")])
