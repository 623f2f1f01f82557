from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from cjm_lab import plots

CREDIT = pd.DataFrame(
    [
        ("first", "mail", 0.2, 0.1, 0.3),
        ("first", "(none)", 0.5, 0.4, 0.6),
        ("first", "ad", 0.3, 0.2, 0.4),
        ("time_decay", "mail", 0.1, 0.05, 0.2),
        ("time_decay", "(none)", 0.5, 0.4, 0.6),
        ("time_decay", "ad", 0.4, None, None),
    ],
    columns=["model", "channel", "value", "low", "high"],
).assign(n=200)


def words(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_the_most_credited_is_on_top_and_conversions_without_a_touch_are_last() -> None:
    ax = plots.attribution(CREDIT)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["ad", "mail", "(none)"]
    assert ax.yaxis_inverted()
    assert words(ax)[:3] == ["30 to 40\u00a0%", "10 to 20\u00a0%", "50\u00a0%"]


def test_each_model_has_a_point_with_its_interval_in_the_row_of_its_channel() -> None:
    ax = plots.attribution(CREDIT)
    lines, points = ax.collections[:2]
    assert [(line[0][0], line[1][0]) for line in lines.get_segments()] == [
        (0.1, 0.3),
        (0.4, 0.6),
        (0.2, 0.4),
    ]
    assert [(x, round(y)) for x, y in points.get_offsets().tolist()] == [
        (0.2, 1),
        (0.5, 2),
        (0.3, 0),
    ]
    first, decay = (ax.collections[i].get_offsets()[0][1] for i in (1, 3))
    assert first < decay  # side by side, not on one another


def test_a_share_without_interval_is_hollow() -> None:
    faces = plots.attribution(CREDIT).collections[3].get_facecolors()
    assert [to_hex(face) == "#ffffff" for face in faces] == [False, False, True]


def test_credit_is_not_effect() -> None:
    said = words(plots.attribution(CREDIT))[-1]
    assert said == "credit, not effect: only an experiment shows what a channel brings about"
    few = words(plots.attribution(CREDIT.assign(n=29)))[-1]
    assert few.endswith("; hollow: fewer than 30 converted")


def test_models_are_named_in_their_order() -> None:
    legend = plots.attribution(CREDIT).get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["first", "time decay"]
