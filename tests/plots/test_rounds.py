"""Scores from wave to wave."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd

from cjm_lab import plots


def rounds(*, n: int = 200) -> pd.DataFrame:
    """Two companies in three waves; BrewBest is missing in the second."""
    rows = [
        {"wave": wave, "label": who, "value": value, "low": value - 5, "high": value + 5, "n": n}
        for wave, who, value in [
            ("May", "Aroma", 10.0), ("May", "BrewBest", 20.0), ("June", "Aroma", 12.0),
            ("July", "Aroma", 15.0), ("July", "BrewBest", 18.0),
        ]
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_waves_stand_in_the_order_given_not_by_their_names() -> None:
    ax = plots.waves(rounds())
    assert [text.get_text() for text in ax.get_xticklabels()] == ["May", "June", "July"]
    assert ax.lines[0].get_ydata().tolist() == [10, 12, 15]


def test_a_wave_that_a_line_lacks_is_a_gap() -> None:
    ys = plots.waves(rounds()).lines[1].get_ydata()
    assert np.isnan(ys).tolist() == [False, True, False]


def test_lines_differ_in_marker_and_dashes_not_in_color_alone() -> None:
    many = pd.concat([rounds().query("label == 'Aroma'").assign(label=f"{i}") for i in range(6)])
    lines = plots.waves(many).lines
    assert len({line.get_marker() for line in lines}) == 6
    assert len({str(line.get_color()) for line in lines}) == 6
    assert len({str((line.get_linestyle(), line._dash_pattern)) for line in lines}) == 6


def test_dots_of_one_wave_stand_beside_each_other_and_nearer_than_the_next_wave() -> None:
    many = pd.concat([rounds().query("label == 'Aroma'").assign(label=f"{i}") for i in range(9)])
    x = np.array([line.get_xdata() for line in plots.waves(many).lines], dtype=float)
    assert (np.diff(x[:, 0]) > 0).all()
    assert x[-1, 0] < x[0, 1]


def test_each_line_is_named_where_there_are_several() -> None:
    key = plots.waves(rounds()).get_legend()
    assert key is not None
    assert [text.get_text() for text in key.get_texts()] == ["Aroma", "BrewBest"]
    alone = plots.waves(rounds().query("label == 'Aroma'").drop(columns="label"))
    assert alone.get_legend() is None


def test_a_wave_of_few_answers_is_hollow_and_said() -> None:
    data = rounds().query("label == 'Aroma'").assign(n=[200, 12, 200])
    ax = plots.waves(data)
    faces = [mpl.colors.to_hex(face) == "#ffffff" for face in ax.collections[-1].get_facecolors()]
    assert faces == [False, True, False]
    assert "hollow: fewer than 30" in [text.get_text() for text in ax.texts]


def test_shares_are_shown_in_percent() -> None:
    data = rounds().assign(value=0.2, low=0.1, high=0.3)
    ax = plots.waves(data, percent=True, limits=(0, 1))
    ax.figure.canvas.draw()
    assert "20\u00a0%" in [text.get_text() for text in ax.get_yticklabels()]
