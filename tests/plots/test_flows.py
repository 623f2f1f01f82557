from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle

from cjm_lab import plots
from cjm_lab.errors import ParameterError

FLOWS = pd.DataFrame(
    [
        (1, "Visit", "Basket", 0.5),
        (1, "Visit", "(end)", 0.5),
        (2, "Basket", "Order", 0.375),
        (2, "Basket", "(end)", 0.125),
    ],
    columns=["step", "touchpoint", "next_touchpoint", "value"],
)
#: What 12 touchpoints and 6 steps look like when everything leads everywhere.
CROWD = pd.DataFrame(
    [
        (step, f"Touchpoint {a}", f"Touchpoint {b}", 1 / 144)
        for step in range(1, 6)
        for a in range(12)
        for b in range(12)
    ],
    columns=FLOWS.columns,
)


def words(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def nodes(ax: Axes) -> list[Rectangle]:
    return [patch for patch in ax.patches if isinstance(patch, Rectangle)]


def test_each_node_has_its_name_and_its_percent() -> None:
    assert words(plots.flow(FLOWS)) == [
        *("Visit", "100"),
        *("Basket", "50", "(end)", "50"),
        *("Order", "38", "(end)", "12"),
    ]


def test_heights_are_shares_of_all_journeys() -> None:
    heights = np.array([node.get_height() for node in nodes(plots.flow(FLOWS))])
    assert heights / heights[0] == pytest.approx([1, 0.5, 0.5, 0.375, 0.125])


def test_a_flow_begins_and_ends_on_its_nodes_as_high_as_its_share() -> None:
    ax = plots.flow(FLOWS)
    visit, basket, end, *_ = nodes(ax)
    first, second, *_ = [patch for patch in ax.patches if isinstance(patch, PathPatch)]
    for band, node in ((first, basket), (second, end)):
        x, y = band.get_path().vertices.T
        assert (x.min(), x.max()) == pytest.approx((visit.get_x() + visit.get_width(), 2))
        right = y[x == x.max()]
        assert (right.min(), right.max()) == pytest.approx(
            (node.get_y(), node.get_y() + node.get_height())
        )
    left = np.concatenate([
        band.get_path().vertices[band.get_path().vertices[:, 0] < 1.5][:, 1]
        for band in (first, second)
    ])  # fmt: skip
    assert left.max() == pytest.approx(visit.get_y() + visit.get_height())


def test_what_comes_from_two_touchpoints_lies_side_by_side_on_the_third() -> None:
    rows = [(1, "Visit", "Order", 0.75), (1, "Chat", "Order", 0.25)]
    ax = plots.flow(pd.DataFrame(rows, columns=FLOWS.columns))
    order = nodes(ax)[-1]
    ends = [
        patch.get_path().vertices[patch.get_path().vertices[:, 0] == 2][:, 1]
        for patch in ax.patches
        if isinstance(patch, PathPatch)
    ]
    top, bottom = order.get_y(), order.get_y() + order.get_height()
    between = top + 0.75 * order.get_height()
    assert [(end.min(), end.max()) for end in ends] == [
        pytest.approx((top, between)),
        pytest.approx((between, bottom)),
    ]


def test_small_touchpoints_of_a_step_are_one_but_one_alone_keeps_its_name() -> None:
    rows = [
        (1, "Visit", "Basket", 0.97),
        (1, "Visit", "A", 0.01),
        (1, "Visit", "B", 0.01),
        (1, "Visit", "(end)", 0.01),
        (2, "A", "C", 0.01),
        (2, "Basket", "Order", 0.98),
    ]
    ax = plots.flow(pd.DataFrame(rows, columns=FLOWS.columns))
    assert words(ax)[2:8] == ["Basket", "97", "2 others", "2", "(end)", "1"]
    assert "C" in words(ax)
    every = plots.flow(pd.DataFrame(rows, columns=FLOWS.columns), smallest=0)
    assert {"A", "B"} <= set(words(every))


def test_names_of_a_crowd_stay_apart() -> None:
    ax = plots.flow(CROWD)
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert len(boxes) == 6 * 12 * 2
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


@pytest.mark.parametrize(
    "name", ["A name that never ends and goes on and on", "שם ארוך מאוד של שלב"]
)
def test_a_long_name_ends_before_the_next_step(name: str) -> None:
    ax = plots.flow(FLOWS.replace("Visit", name))
    ax.figure.canvas.draw()
    assert words(ax)[0].startswith(name[:15])
    assert ax.texts[0].get_window_extent().x1 < nodes(ax)[1].get_window_extent().x0


def test_a_small_base_stands_in_brackets_and_a_large_one_says_its_interval() -> None:
    few = plots.flow(FLOWS.assign(n=29))
    assert words(few)[1] == "(100)"
    assert few.get_xlabel() == "% of all journeys; in brackets: fewer than 30"
    wide = FLOWS.assign(n=300, low=FLOWS["value"] - 0.03, high=FLOWS["value"] + 0.011)
    assert plots.flow(wide).get_xlabel() == "% of all journeys; intervals within ±3\u00a0points"


def test_smallest_is_a_share() -> None:
    with pytest.raises(ParameterError, match="smallest must be a share from 0 to 1, got 2"):
        plots.flow(FLOWS, smallest=2)
