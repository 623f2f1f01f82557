from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from cjm_lab import plots
from cjm_lab.plots.style import BLUE, GRAY, VERMILLION

HURTS, DELIGHTS = "moment of truth that hurts", "moment of truth that delights"
NAMES = [
    "Social advert", "Search", "Comparison page", "Reviews", "Basket", "Payment", "Confirmation",
    "Delivery", "Set-up", "First cup", "Support", "Re-order",
]  # fmt: skip


def table(n: int = 12) -> pd.DataFrame:
    """Touchpoints in a row from bad to good; the last three at almost the same place."""
    felt, matters = np.linspace(-1.5, 1.2, n), np.linspace(4, 9, n)[::-1].copy()
    if n == 12:
        felt[9:], matters[9:] = felt[9] + np.array([0, 0.05, -0.04]), matters[9]
    return pd.DataFrame({
        "item": NAMES[:n],
        "importance": matters, "importance_low": matters - 0.3, "importance_high": matters + 0.3,
        "performance": felt, "performance_low": felt - 0.2, "performance_high": felt + 0.2,
        "value": 0.5, "n": 100, "verdict": HURTS, "verdict_certainty": 1.0,
        "importance_line": 6.5, "source": "stated importance",
    })  # fmt: skip


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_twelve_names_cover_neither_one_another_nor_leave_the_axes() -> None:
    ax = plots.moments_of_truth(table())
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text() in NAMES]
    assert len(boxes) == 12
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    frame = ax.get_window_extent()
    assert all(frame.contains(*corner) for box in boxes for corner in (box.min, box.max))


def test_points_and_both_whiskers_are_the_table() -> None:
    data = table()
    ax = plots.moments_of_truth(data)
    across, up, *points = ax.collections[-14:]
    drawn = [point.get_offsets()[0].tolist() for point in points]
    assert drawn == data[["performance", "importance"]].values.tolist()
    ends = [[line[0, 0], line[1, 0]] for line in across.get_segments()]
    assert ends == data[["performance_low", "performance_high"]].values.tolist()
    ends = [[line[0, 1], line[1, 1]] for line in up.get_segments()]
    assert ends == data[["importance_low", "importance_high"]].values.tolist()


def test_the_corners_are_named_where_they_lie() -> None:
    ax = plots.moments_of_truth(table())
    ax.figure.canvas.draw()
    at = {text.get_text(): text.get_window_extent() for text in ax.texts}
    assert at[HURTS].x0 < at[DELIGHTS].x0
    assert at["minor"].x0 < at["hygiene"].x0
    assert at[HURTS].y0 > at["minor"].y0
    assert at[DELIGHTS].y0 > at["hygiene"].y0


def test_verdicts_differ_in_shape_and_what_chance_could_turn_is_gray() -> None:
    data = table(3).assign(verdict=[HURTS, DELIGHTS, HURTS], verdict_certainty=[1.0, 1.0, 0.6])
    ax = plots.moments_of_truth(data)
    hurts, delights, unsure = ax.collections[-3:]
    colors = [to_hex(point.get_edgecolors()[0]) for point in (hurts, delights, unsure)]
    assert colors == [VERMILLION.lower(), BLUE.lower(), GRAY.lower()]
    shapes = [point.get_paths()[0].vertices.tolist() for point in (hurts, delights, unsure)]
    assert shapes[0] != shapes[1]
    assert shapes[0] == shapes[2]
    assert "gray: the verdict holds in less than 95 % of draws" in texts(ax)[-1]


def test_few_answers_are_hollow_and_said() -> None:
    ax = plots.moments_of_truth(table(2).assign(n=[29, 30]))
    faces = [to_hex(point.get_facecolors()[0]) for point in ax.collections[-2:]]
    assert [face == "#ffffff" for face in faces] == [True, False]
    assert "hollow: fewer than 30" in texts(ax)[-1]


def test_touchpoints_without_both_are_counted_not_drawn() -> None:
    data = table(3)
    data.loc[2, "importance"] = np.nan
    ax = plots.moments_of_truth(data)
    assert NAMES[2] not in texts(ax)
    assert texts(ax)[-1].endswith("not shown: 1 without both")
    data["importance"] = np.nan
    assert texts(plots.moments_of_truth(data)) == ["No evidence yet"]


def test_the_picture_in_words() -> None:
    data = table(2).assign(value=[0.63, 0.15])
    words = plots.alt_text(data, label="item", what="Moments of truth")
    assert words == "Moments of truth: 2 items, lowest Search 0.15, highest Social advert 0.63"
