"""How journeys flow from step to step."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from cjm_lab.errors import ParameterError
from cjm_lab.plots.heat import END, GONE
from cjm_lab.plots.style import (
    GRAY,
    INK,
    SKY,
    SMALL_BASE,
    clipped,
    columns_of,
    no_evidence,
    percent_words,
    reach_words,
    ready_axes,
    styled,
)
from cjm_lab.words import counted

#: Width of a node in steps; and the height of a line of words, in inches.
_NODE, _LINE = 0.16, 0.17
#: Light enough for ink on it.
_BAR = "#9CC4DE"
#: Most letters of a name beside its node.
_LETTERS = 19


@dataclass(slots=True)
class _Node:
    """One touchpoint at one step: its place, and how much of its height is taken on each side."""

    x: float
    top: float
    height: float
    arrived: float = 0.0
    left: float = 0.0


@styled
def flow(
    data: pd.DataFrame,
    *,
    start: str = "touchpoint",
    end: str = "next_touchpoint",
    smallest: float = 0.02,
    ax: Axes | None = None,
) -> Axes:
    """Draw how journeys flow from touchpoint to touchpoint over their first steps.

    Parameters
    ----------
    data
        What `cjm_lab.metrics.step_flows` returns: `start`, `end`, ``step`` (that is left),
        ``value`` (share of all journeys), optional ``low``, ``high``, ``n``. Touchpoints stand in
        the order in which they first occur as a start, then as an end, the end of the journey last.
    start, end
        Columns with the names.
    smallest
        Touchpoints with a smaller share of all journeys at a step are drawn there as one.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        A node's and a flow's height is its share of all journeys, the number in a node its percent;
        in brackets where fewer than 30 stand behind it. Journeys that are over leave the plot at
        the gray nodes, so later steps are lower.

    Raises
    ------
    ParameterError
        If a column is missing or `smallest` is no share.

    Examples
    --------
    >>> flows = pd.DataFrame({"touchpoint": ["visit", "visit"], "next_touchpoint": ["order",
    ...     "(end)"], "step": [1, 1], "value": [0.4, 0.6]})
    >>> [text.get_text() for text in flow(flows).texts]
    ['visit', '100', 'order', '40', '(end)', '60']
    """
    columns_of(data, [start, end, "step", "value"])
    if not 0 <= smallest < 1:
        raise ParameterError(f"smallest must be a share from 0 to 1, got {smallest!r}")
    names = [name for name in dict.fromkeys([*data[start], *data[end]]) if name != END]
    # Places stand for names: those of the touchpoints, then the small ones' place, then the end's.
    few, over = len(names), len(names) + 1
    places = {name: place for place, name in enumerate(names)} | {END: over}
    flows = pd.DataFrame(
        {
            "step": data["step"].astype("int64"),
            "start": data[start].map(places),
            "end": data[end].map(places),
            "value": data["value"].astype("float64"),
        }
    )
    flows, merged = _merged(flows[flows["value"].gt(0)], few, smallest)
    shares = _shares(flows)
    steps = shares.index.get_level_values("step")
    most = int(steps.value_counts().max()) if len(shares) else 1
    ax = ready_axes(ax, width=1.4 + 1.7 * max(steps.nunique(), 1), height=2.9 + _LINE * most)
    if not len(shares):
        return no_evidence(ax)
    nodes, scale = _nodes(shares, most)
    for step, place, then, share in flows.itertuples(index=False):
        color = GONE if then == over else SKY
        _ribbon(ax, nodes[step, place], nodes[step + 1, then], share * scale, color)
    small = "n" in data and bool(data["n"].lt(SMALL_BASE).any())
    for (step, place), node in nodes.items():
        name = END if place == over else "" if place == few else str(names[place])
        percent = percent_words(shares[step, place])
        _draw(
            ax,
            node,
            clipped(name, _LETTERS) if name else counted(merged[step], "other"),
            f"({percent})" if small else percent,
            GONE if place == over else _BAR,
        )
    first, last = steps.min(), steps.max()
    bottom = max(node.top + node.height for node in nodes.values()) + 0.03
    ax.set(xlim=(first - 0.05, last + 0.95), ylim=(bottom, -0.02), yticks=[])
    every = range(first, last + 1)
    ax.set_xticks([step + _NODE / 2 for step in every], [f"step {step}" for step in every])
    ax.spines[["left", "bottom"]].set_visible(False)
    note = f"in brackets: fewer than {SMALL_BASE}" if small else reach_words(data)
    ax.set_xlabel("; ".join(filter(None, ["% of all journeys", note])))
    return ax


def _merged(flows: pd.DataFrame, few: int, smallest: float) -> tuple[pd.DataFrame, dict[int, int]]:
    """Return the flows with each step's small touchpoints at one place, and how many these are.

    A touchpoint that is the only small one at its step keeps its place.
    """
    shares = _shares(flows)
    small = shares[shares.lt(smallest) & (shares.index.get_level_values("place") < few)]
    count = small.groupby(level="step").size()
    nodes = small.index[count.reindex(small.index.get_level_values("step")).gt(1)]
    for side, ahead in {"start": 0, "end": 1}.items():
        at = pd.MultiIndex.from_arrays([flows["step"] + ahead, flows[side]])
        flows = flows.assign(**{side: flows[side].mask(at.isin(nodes), few)})
    sums = flows.groupby(["step", "start", "end"])["value"].sum().reset_index()
    return sums, dict(zip(count.index.tolist(), count.tolist(), strict=True))


def _shares(flows: pd.DataFrame) -> pd.Series:
    """Return the share of each step's nodes: what comes to them, at the first step what leaves."""
    begin = flows[flows["step"].eq(flows["step"].min())]
    leaves = begin[["step", "start", "value"]].set_axis(["step", "place", "value"], axis=1)
    comes = flows[["step", "end", "value"]].set_axis(["step", "place", "value"], axis=1)
    every = pd.concat([leaves, comes.assign(step=comes["step"] + 1)])
    return every.groupby(["step", "place"])["value"].sum()


def _nodes(shares: pd.Series, most: int) -> tuple[dict[tuple[int, int], _Node], float]:
    """Return where each node stands from top to bottom, and the height of all journeys.

    Under each node there is room for a line of words, however thin the node is.
    """
    room = _LINE / (2.2 + _LINE * most)
    scale = 1 - most * room
    nodes: dict[tuple[int, int], _Node] = {}
    top: dict[int, float] = {}
    for step, place, share in shares.reset_index().itertuples(index=False):
        node = _Node(step, top.get(step, room / 2), share * scale)
        nodes[step, place] = node
        top[step] = node.top + node.height + room
    return nodes, scale


def _ribbon(ax: Axes, start: _Node, end: _Node, height: float, color: str) -> None:
    """Draw a flow as a band from the free height of one node to that of the other."""
    left, right = start.x + _NODE, end.x
    middle = (left + right) / 2
    y0, y1 = start.top + start.left, end.top + end.arrived
    start.left += height
    end.arrived += height
    points = [
        (left, y0), (middle, y0), (middle, y1), (right, y1),
        (right, y1 + height), (middle, y1 + height), (middle, y0 + height), (left, y0 + height),
        (left, y0),
    ]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    ax.add_patch(PathPatch(Path(points, codes), facecolor=color, alpha=0.4, linewidth=0))


def _draw(ax: Axes, node: _Node, name: str, percent: str, color: str) -> None:
    """Draw a node with its percent on it and its name beside it."""
    ax.add_patch(
        Rectangle((node.x, node.top), _NODE, node.height, facecolor=color, edgecolor=GRAY, lw=0.5)
    )
    middle = node.top + node.height / 2
    beside = ax.text(node.x + _NODE + 0.03, middle, name, va="center", color=INK, fontsize=8)
    beside.set_path_effects([withStroke(linewidth=2, foreground="white", alpha=0.8)])
    ax.text(node.x + _NODE / 2, middle, percent, ha="center", va="center", color=INK, fontsize=8)
