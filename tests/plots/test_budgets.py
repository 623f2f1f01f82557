from __future__ import annotations

import pandas as pd
import pytest

from cjm_lab import plots
from cjm_lab.plots.style import BLUE, VERMILLION

STEPS = pd.DataFrame(
    {
        "budget": [900.0, 0.0, 1900.0],
        "value": [11100.0, 0.0, 14000.0],
        "low": [9000.0, 0.0, 9500.0],
        "high": [13000.0, 0.0, 18000.0],
        "amount": [1500.0, 1500.0, 1500.0],
    }
)


def test_a_set_is_the_best_from_its_budget_up_to_the_next() -> None:
    steps, dots = plots.frontier(STEPS).lines[:2]
    assert steps.get_drawstyle() == "steps-post"
    assert steps.get_xydata()[:3].tolist() == [[0, 0], [900, 11100], [1900, 14000]]
    assert steps.get_ydata()[-1] == 14000  # the last one goes on
    assert dots.get_xydata().tolist() == [[0, 0], [900, 11100], [1900, 14000]]


def test_the_band_is_the_predictive_interval() -> None:
    band = plots.frontier(STEPS).collections[0].get_paths()[0].vertices.tolist()
    assert [900, 9000] in band
    assert [900, 13000] in band
    assert [1900, 9500] in band


def test_the_budget_at_hand_is_marked_and_named() -> None:
    ax = plots.frontier(STEPS)
    line = next(line for line in ax.lines if line.get_color() == VERMILLION)
    assert line.get_xdata()[0] == 1500
    assert "budget 1,500" in [text.get_text() for text in ax.texts]
    without = plots.frontier(STEPS.drop(columns="amount"))
    assert {line.get_color() for line in without.lines} == {BLUE}


def test_a_budget_beyond_the_last_step_is_still_on_the_picture() -> None:
    assert plots.frontier(STEPS.assign(amount=5000.0)).get_xlim()[1] > 5000


@pytest.mark.parametrize("rows", [STEPS.head(1), STEPS.iloc[[1]]])
def test_one_step_is_drawn(rows: pd.DataFrame) -> None:
    ax = plots.frontier(rows.drop(columns="amount"))
    ax.figure.canvas.draw()
    assert ax.get_xlim()[1] > rows["budget"].max()
