"""How many of the problems that are there so many evaluators find."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from cjm_lab.plots.style import BLUE, INK, MUTED, columns_of, no_evidence, ready_axes, styled
from cjm_lab.words import number


@styled
def discovery(data: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    r"""Draw the share of all problems that 1, 2, ... evaluators may be expected to find.

    Parameters
    ----------
    data
        What `cjm_lab.planning.discovery_curve` returns: ``evaluators``, ``value`` (share),
        optional ``walked`` (True for as many as there were).
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Hollow dots: expected, seen nowhere. The full one is for those who walked.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> curve = pd.DataFrame(
    ...     {"evaluators": [1, 2], "value": [0.31, 0.524], "walked": [False, True]})
    >>> [text.get_text() for text in discovery(curve).texts]
    ['2 walked: 52\xa0%']
    """
    columns_of(data, ["evaluators", "value"])
    ax = ready_axes(ax, height=3.0)
    if data.empty:
        return no_evidence(ax)
    walked = data["walked"].astype(bool) if "walked" in data else data["value"].isna()
    ax.plot(data["evaluators"], data["value"], color=BLUE, linewidth=1.6, zorder=2)
    faces = [BLUE if there else "white" for there in walked]
    ax.scatter(
        data["evaluators"], data["value"], s=40, c=faces, edgecolors=BLUE, linewidths=1.4, zorder=3
    )
    for _, row in data[walked].iterrows():
        ax.annotate(
            f"{row['evaluators']} walked: {number(row['value'], percent=True)}",
            (row["evaluators"], row["value"]), (8, -14), textcoords="offset points",
            color=INK, fontsize=8.5,
        )  # fmt: skip
    ax.set_ylim(0, 1.04)
    ax.yaxis.set_major_formatter(lambda y, _: number(y, percent=True))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("evaluators (hollow: expected, nobody counted)", color=MUTED)
    ax.set_ylabel("problems found, of all there are")
    ax.grid(axis="y")
    return ax
