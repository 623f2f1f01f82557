from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cjm_lab import plots

JOURNEY = pd.DataFrame(
    {
        "label": ["Basket", "Payment", "First cup"],
        "value": [0.1, -1.3, 1.5],
        "low": [-0.1, -1.5, 1.3],
        "high": [0.2, -1.1, 1.7],
        "n": [377, 341, 251],
    }
)


def test_touchpoints_stand_in_the_journeys_order_at_their_valence() -> None:
    ax = plots.emotion(JOURNEY)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["Basket", "Payment", "First cup"]
    assert ax.collections[1].get_offsets().tolist() == [[0, 0.1], [1, -1.3], [2, 1.5]]


def test_whiskers_are_the_intervals() -> None:
    segments = plots.emotion(JOURNEY).collections[0].get_segments()
    assert [(s[0, 1], s[1, 1]) for s in segments] == [(-0.1, 0.2), (-1.5, -1.1), (1.3, 1.7)]


def test_the_whole_scale_is_shown_with_its_zero_line() -> None:
    ax = plots.emotion(JOURNEY)
    low, high = ax.get_ylim()
    assert low < -2
    assert high > 2
    assert ax.lines[0].get_ydata()[0] == 0


def test_a_single_line_names_its_lowest_and_highest_value() -> None:
    assert [text.get_text() for text in plots.emotion(JOURNEY).texts] == ["−1.3", "+1.5"]


def test_each_persona_has_a_line_a_marker_and_its_name() -> None:
    both = pd.concat([JOURNEY.assign(persona="Upgrader"), JOURNEY.assign(persona="Office buyer")])
    ax = plots.emotion(both)
    assert [text.get_text() for text in ax.texts] == ["Upgrader", "Office buyer"]
    first, second = (ax.collections[i].get_paths()[0].vertices for i in (1, 3))
    assert not np.array_equal(first, second)
    heights = [text.xy[1] for text in ax.texts]
    assert heights[0] - heights[1] == pytest.approx(0.3)


def test_a_touchpoint_without_answers_leaves_a_gap() -> None:
    data = JOURNEY.assign(value=[0.1, np.nan, 1.5])
    drawn = plots.emotion(data).lines[1].get_ydata()
    assert np.isnan(drawn).tolist() == [False, True, False]
