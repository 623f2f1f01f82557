from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from cjm_lab import kano, plots
from cjm_lab.plots.style import GREEN, VERMILLION

FEATURES = [
    "Auto-off", "Milk frother", "Timer", "App", "Grinder", "Water filter", "Dishwasher-safe parts",
    "Cup warmer", "Quiet", "Small", "Steel housing", "Spare parts for ten years",
]  # fmt: skip


def measured() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    there, missing = (
        pd.DataFrame({name: rng.choice(5, 150, p=rng.dirichlet(odds)) + 1 for name in FEATURES})
        for odds in ([3, 2, 2, 1, 0.3], [0.3, 1, 2, 2, 3])
    )
    return kano(there, missing, repeats=100)


ROWS = pd.DataFrame(
    {
        "feature": ["Auto-off", "Timer", "App"],
        "category": ["must-be", "attractive", "attractive"],
        "certainty": [0.99, 0.8, 1.0],
        "better": [0.3, 0.7, 0.8],
        "better_low": [0.2, 0.6, 0.7],
        "better_high": [0.4, 0.8, 0.9],
        "worse": [-0.8, -0.3, -0.1],
        "worse_low": [-0.9, -0.4, -0.2],
        "worse_high": [-0.7, -0.2, -0.05],
        "n": [100, 100, 29],
    }
)


def marks(ax: Axes) -> dict[str, list[list[float]]]:
    return {
        str(c.get_label()): c.get_offsets().tolist()
        for c in ax.collections
        if not str(c.get_label()).startswith("_")
    }


def test_worse_lies_across_and_better_up_by_category() -> None:
    assert marks(plots.kano(ROWS)) == {
        "must-be": [[0.8, 0.3]],
        "attractive": [[0.3, 0.7], [0.1, 0.8]],
    }


def test_a_category_has_a_shape_a_color_and_a_word() -> None:
    ax = plots.kano(ROWS)
    must, attractive = (c for c in ax.collections if not str(c.get_label()).startswith("_"))
    assert len(must.get_paths()[0].vertices) != len(attractive.get_paths()[0].vertices)
    assert to_hex(must.get_edgecolors()[0]) == VERMILLION.lower()
    assert [to_hex(color) for color in attractive.get_facecolors()] == [GREEN.lower(), "#ffffff"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["must-be", "attractive"]


def test_an_unsure_category_says_how_sure() -> None:
    texts = [text.get_text() for text in plots.kano(ROWS).texts]
    assert {"Auto-off", "Timer (80\u00a0%)", "App"} <= set(texts)
    assert texts[-1] == (
        "in brackets: share of resamples in the same category; hollow: fewer than 30"
    )


def test_twelve_names_do_not_cover_one_another() -> None:
    ax = plots.kano(measured())
    ax.figure.canvas.draw()
    boxes = [t.get_window_extent() for t in ax.texts if t.get_text().split(" (")[0] in FEATURES]
    assert len(boxes) == 12
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_features_nobody_judged_are_not_drawn() -> None:
    nobody = ROWS.assign(better=np.nan)
    assert [text.get_text() for text in plots.kano(nobody).texts] == ["No evidence yet"]
