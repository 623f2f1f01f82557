from __future__ import annotations

import pandas as pd
from matplotlib.colors import to_rgb

from cjm_lab import plots

PAIRS = pd.DataFrame(
    {
        "touchpoint": ["Basket", "Basket", "Payment"],
        "next_touchpoint": ["Payment", "Support", "Basket"],
        "value": [0.58, 0.004, 0.21],
        "n": [400, 400, 12],
    }
)


def test_the_numbers_are_percents_of_the_times_a_touchpoint_is_left() -> None:
    texts = [text.get_text() for text in plots.transitions(PAIRS).texts]
    assert texts == ["58", "(21)"]  # under 1 % blank, of fewer than 30 in brackets


def test_rows_are_where_people_come_from_columns_where_they_go() -> None:
    ax = plots.transitions(PAIRS)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["Basket", "Payment"]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["Basket", "Payment", "Support"]


def test_ink_on_the_darkest_cell_reaches_a_contrast_of_4_5() -> None:
    ax = plots.transitions(PAIRS.assign(value=1.0))
    ax.figure.canvas.draw()

    def light(color: object) -> float:
        return sum(
            w * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4)
            for w, c in zip((0.2126, 0.7152, 0.0722), to_rgb(color), strict=True)
        )

    cell = light(ax.collections[0].get_facecolors()[1])
    ink = light(ax.texts[0].get_color())
    assert (cell + 0.05) / (ink + 0.05) >= 4.5
