from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest

from cjm_lab import plots
from cjm_lab.errors import ParameterError

ROWS = pd.DataFrame(
    {
        "score": ["0 to 30", "30 to 60", "60 to 100"],
        "predicted": [0.2, 0.5, 0.8],
        "value": [0.25, 0.4, 0.9],
        "low": [0.15, 0.3, 0.6],
        "high": [0.4, 0.5, 0.97],
        "n": [60, 80, 12],
    }
)


def test_dots_stand_at_what_was_predicted_and_came_true() -> None:
    ax = plots.calibration(ROWS)
    whiskers, dots = ax.collections
    assert dots.get_offsets().tolist() == [[0.2, 0.25], [0.5, 0.4], [0.8, 0.9]]
    assert [line.tolist() for line in whiskers.get_segments()] == [
        [[0.2, 0.15], [0.2, 0.4]],
        [[0.5, 0.3], [0.5, 0.5]],
        [[0.8, 0.6], [0.8, 0.97]],
    ]
    assert ax.lines[0].get_xydata().tolist() == [[0, 0], [1, 1]]  # as predicted


def test_a_small_group_is_hollow_and_said() -> None:
    ax = plots.calibration(ROWS)
    faces = [mpl.colors.to_hex(face) for face in ax.collections[1].get_facecolors()]
    assert [face == "#ffffff" for face in faces] == [False, False, True]
    assert "hollow: fewer than 30" in [text.get_text() for text in ax.texts]
    large = plots.calibration(ROWS.head(2))
    assert [text.get_text() for text in large.texts] == []


def test_it_is_drawn_on_given_axes_without_data_and_not_without_columns() -> None:
    _, ax = plt.subplots()
    assert plots.calibration(ROWS, ax=ax) is ax
    empty = plots.calibration(ROWS.head(0))
    assert [text.get_text() for text in empty.texts] == ["No evidence yet"]
    with pytest.raises(ParameterError, match="missing"):
        plots.calibration(ROWS.drop(columns="predicted"))


def test_its_words_name_the_lowest_and_the_highest() -> None:
    said = plots.alt_text(ROWS, label="score", what="Calibration", percent=True)
    assert said.replace("\xa0", " ") == (
        "Calibration: 3 scores, lowest 0 to 30 25 %, highest 60 to 100 90 %"
    )
