"""Forecasts beside what came."""

from __future__ import annotations

import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.plots import forecasts_held

ROWS = pd.DataFrame(
    {
        "what": ["Card form", "Mail"], "forecast": [0.05, 0.02], "forecast_low": [0.03, 0.01],
        "forecast_high": [0.07, 0.03], "value": [0.04, 0.06], "low": [0.01, 0.04],
        "high": [0.07, 0.08], "verdict": ["held", "too low"],
    }
)  # fmt: skip


def test_forecast_and_actual_differ_by_shape_place_and_words_not_by_color_alone() -> None:
    ax = forecasts_held(ROWS)
    squares, dots = (c for c in ax.collections if len(c.get_offsets()) == 2 and c.get_paths())
    assert squares.get_offsets()[:, 0].tolist() == [0.05, 0.02]
    assert dots.get_offsets()[:, 0].tolist() == [0.04, 0.06]
    assert (squares.get_offsets()[:, 1] < dots.get_offsets()[:, 1]).all()  # y points down
    assert len(squares.get_paths()[0].vertices) != len(dots.get_paths()[0].vertices)
    assert "■ forecast, ● what came" in ax.get_xlabel()
    assert {"held", "too low"} <= {text.get_text() for text in ax.texts}


def test_the_axis_is_in_points() -> None:
    ax = forecasts_held(ROWS)
    assert ax.xaxis.get_major_formatter()(0.05, 0) == "5"


def test_nothing_scored_is_said() -> None:
    assert "No evidence" in "".join(t.get_text() for t in forecasts_held(ROWS.head(0)).texts)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ParameterError, match="verdict"):
        forecasts_held(ROWS.drop(columns="verdict"))
