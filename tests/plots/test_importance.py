from __future__ import annotations

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from cjm_lab import importance_performance, plots
from cjm_lab.plots.style import BLUE, GRAY, VERMILLION

TOUCHPOINTS = [
    "Social advert", "Search", "Comparison page", "Reviews", "Basket", "Payment", "Confirmation",
    "Delivery", "Set-up", "First cup", "Support", "Re-order",
]  # fmt: skip


def measured(cross_hair: str = "mean") -> pd.DataFrame:
    """Twelve touchpoints; the last three at almost the same place."""
    rng = np.random.default_rng(3)
    means = rng.uniform(2.2, 4.4, (12, 2))
    means[9:] = means[9] + np.array([[0, 0], [0.03, 0.02], [-0.02, 0.04]])
    matters, works = (
        pd.DataFrame({
            name: rng.normal(mean, 0.7, 150).round().clip(1, 5)
            for name, mean in zip(TOUCHPOINTS, means[:, k], strict=True)
        })
        for k in (0, 1)
    )  # fmt: skip
    return importance_performance(matters, works, cross_hair=cross_hair, repeats=100)  # type: ignore[arg-type]


def names(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("cross_hair", ["mean", "diagonal"])
def test_twelve_names_cover_neither_one_another_nor_leave_the_axes(cross_hair: str) -> None:
    ax = plots.importance_performance(measured(cross_hair))
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text() in TOUCHPOINTS]
    assert len(boxes) == 12
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    frame = ax.get_window_extent()
    assert all(frame.contains(*corner) for box in boxes for corner in (box.min, box.max))


def test_points_and_whiskers_are_the_table() -> None:
    data = measured()
    ax = plots.importance_performance(data)
    across, up, points = ax.collections[-3:]
    assert points.get_offsets().tolist() == data[["performance", "importance"]].values.tolist()
    ends = [[line[0, 0], line[1, 0]] for line in across.get_segments()]
    assert ends == data[["performance_low", "performance_high"]].values.tolist()
    ends = [[line[0, 1], line[1, 1]] for line in up.get_segments()]
    assert ends == data[["importance_low", "importance_high"]].values.tolist()


def test_the_quadrants_are_named_where_they_lie() -> None:
    ax = plots.importance_performance(measured())
    ax.figure.canvas.draw()
    places = {text.get_text(): text.get_window_extent() for text in ax.texts}
    concentrate, overkill = places["concentrate here"], places["possible overkill"]
    assert concentrate.x0 < overkill.x0
    assert concentrate.y0 > overkill.y0
    assert {"keep up the good work", "low priority"} <= set(places)


def test_what_chance_could_move_to_another_quadrant_is_gray_and_said() -> None:
    data = measured().assign(certainty=[0.6] + [1.0] * 11)
    ax = plots.importance_performance(data)
    edges = [to_hex(color) for color in ax.collections[-1].get_edgecolors()]
    assert edges == [GRAY.lower()] + [BLUE.lower()] * 11
    assert names(ax)[-1] == (
        "cross-hair: mean of the items; gray: the quadrant holds in less than 95 % of resamples"
    )


GAPS = pd.DataFrame(
    {
        "label": ["Price", "Price", "Seats"],
        "subject": ["BrewBest", "$Cup$", "BrewBest"],
        "value": [8.0, -2.0, -5.0],
        "low": [5.0, -4.0, -8.0],
        "high": [11.0, 0.5, -2.0],
    }
)


def test_rivals_stand_side_by_side_at_a_touchpoint() -> None:
    ax = plots.value_gap_map(GAPS)
    first, second = (c for c in ax.collections if len(c.get_offsets()) and c.get_label()[0] != "_")
    assert first.get_offsets()[:, 0].tolist() == [8, -5]
    assert second.get_offsets()[:, 0].tolist() == [-2]
    rows = [float(first.get_offsets()[0, 1]), float(second.get_offsets()[0, 1])]
    assert rows == pytest.approx([-0.13, 0.13])  # both around the row of Price
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["Price", "Seats"]


def test_each_rival_has_a_shape_of_its_own_and_its_words() -> None:
    ax = plots.value_gap_map(GAPS)
    ax.figure.canvas.draw()  # "$Cup$" is no formula
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["BrewBest", "$Cup$"]
    shapes = {c.get_paths()[0].vertices.shape for c in ax.collections if c.get_label()[0] != "_"}
    assert len(shapes) == 2


def test_a_gap_that_chance_could_make_is_hollow() -> None:
    ax = plots.value_gap_map(GAPS)
    first, second = (c for c in ax.collections if c.get_label()[0] != "_")
    assert [to_hex(c) for c in first.get_facecolors()] == [VERMILLION.lower()] * 2
    assert [to_hex(c) for c in second.get_facecolors()] == ["#ffffff"]


@pytest.mark.parametrize(
    ("draw", "data"),
    [(plots.importance_performance, measured()), (plots.value_gap_map, GAPS)],
)
def test_nothing_to_draw_is_said_and_given_axes_are_used(draw: object, data: pd.DataFrame) -> None:
    _, ax = plt.subplots()
    assert draw(data, ax=ax) is ax  # type: ignore[operator]
    assert names(draw(data.head(0))) == ["No evidence yet"]  # type: ignore[operator]
