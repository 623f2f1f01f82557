"""Stakeholders on the power-interest grid."""

from __future__ import annotations

from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes

from cjm_lab.plots.style import INK, MUTED, WASH, columns_of, no_evidence, ready_axes, styled

_GRADES = ["low", "medium", "high"]
_ADVICE = {
    (0, 0): "monitor",
    (2, 0): "keep informed",
    (0, 2): "keep satisfied",
    (2, 2): "manage closely",
}


@styled
def stakeholders(data: pd.DataFrame, *, label: str = "name", ax: Axes | None = None) -> Axes:
    """Write each stakeholder into the cell of interest (across) and influence (up).

    Parameters
    ----------
    data
        One row a stakeholder: `label`, ``interest`` and ``influence`` (low, medium, high).
    label
        Column with the names.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ParameterError
        If a column is missing.

    References
    ----------
    Mendelow, A. L. (1981). Environmental scanning: the impact of the stakeholder concept. ICIS.

    Examples
    --------
    >>> people = pd.DataFrame({"name": ["Ann"], "interest": ["high"], "influence": ["low"]})
    >>> ann = stakeholders(people).texts[-1]
    >>> ann.get_text(), ann.get_position()
    ('Ann', (2, 0))
    """
    columns_of(data, [label, "interest", "influence"])
    ax = ready_axes(ax, height=4.2)
    if data.empty:
        return no_evidence(ax)
    for (across, up), advice in _ADVICE.items():
        ax.annotate(
            advice, (across - 0.46, up + 0.46), ha="left", va="top", color=MUTED, fontsize=8,
            style="italic",
        )  # fmt: skip
    for (interest, influence), group in data.groupby(["interest", "influence"]):
        place = (_GRADES.index(str(interest)), _GRADES.index(str(influence)))
        names = "\n".join(fill(str(name), 22) for name in group[label])
        ax.text(*place, names, ha="center", va="center", color=INK, linespacing=1.5)
    ax.set(xlim=(-0.5, 2.5), ylim=(-0.5, 2.5), xlabel="interest", ylabel="influence")
    ax.set_xticks(range(3), _GRADES)
    ax.set_yticks(range(3), _GRADES)
    ax.set_xticks([0.5, 1.5], minor=True)
    ax.set_yticks([0.5, 1.5], minor=True)
    ax.tick_params(which="minor", length=0)
    ax.grid(which="minor")
    ax.axvspan(1.5, 2.5, ymin=2 / 3, color=WASH, zorder=0)
    ax.spines[:].set_visible(False)
    return ax
