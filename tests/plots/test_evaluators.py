from __future__ import annotations

import pandas as pd
import pytest

from cjm_lab import plots
from cjm_lab.errors import ParameterError
from cjm_lab.planning import discovery_curve


def test_the_curve_begins_at_the_chance_of_one_and_marks_who_walked() -> None:
    ax = plots.discovery(discovery_curve(0.31, 17, 5))
    line = ax.lines[0]
    assert line.get_xdata().tolist() == list(range(1, 11))
    assert line.get_ydata()[[0, 4]].round(4).tolist() == [0.31, 0.8436]
    assert [text.get_text() for text in ax.texts] == ["5 walked: 84\u00a0%"]
    full = [face[:3].tolist() != [1.0, 1.0, 1.0] for face in ax.collections[0].get_facecolors()]
    assert [n for n, there in enumerate(full, 1) if there] == [5]


def test_the_axis_of_shares_begins_at_nothing() -> None:
    ax = plots.discovery(discovery_curve(0.31, 17, 5))
    assert ax.get_ylim()[0] == 0
    assert ax.yaxis.get_major_formatter()(0.5, 0) == "50\u00a0%"


def test_more_evaluators_than_the_curve_has_are_not_marked() -> None:
    assert plots.discovery(discovery_curve(0.1, 30, 22)).texts[:] == []


def test_where_no_chance_is_known_nothing_is_drawn() -> None:
    ax = plots.discovery(discovery_curve(float("nan"), 0, 0))
    assert [text.get_text() for text in ax.texts] == ["No evidence yet"]
    with pytest.raises(ParameterError, match="value"):
        plots.discovery(pd.DataFrame({"evaluators": [1]}))
