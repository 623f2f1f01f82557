from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from cjm_lab import plots
from cjm_lab.errors import ParameterError

TABLE = pd.DataFrame(
    {
        "label": ["Wifi", "Delivery", "Queue"],
        "value": [0.05, 0.20, 0.10],
        "low": [0.03, 0.15, 0.07],
        "high": [0.08, 0.26, 0.14],
        "n": [300, 300, 20],
        "direction": ["unclear", "raises", "lowers"],
        "note": ["this is no reason to make it worse", "", ""],
    }
)
#: The same as rows of the ledger.
ROWS = TABLE.drop(columns="direction").assign(
    note=[
        "direction unclear; this is no reason to make it worse",
        "goes with a higher outcome",
        "goes with a lower outcome",
    ]
)


def names(ax: Axes) -> list[str]:
    return [tick.get_text() for tick in ax.get_yticklabels()]


def dots(ax: Axes) -> dict[float, tuple[float, str]]:
    """Value and fill of the dot in each row."""
    found = {}
    for marks in ax.collections[1::2]:
        for (x, y), face in zip(marks.get_offsets(), marks.get_facecolors(), strict=True):
            found[float(y)] = (float(x), to_hex(face))
    return found


def markers(ax: Axes) -> dict[float, int]:
    """Number of corners of the marker in each row: three for a triangle, more for a circle."""
    return {
        float(y): len(marks.get_paths()[0].vertices)
        for marks in ax.collections[1::2]
        for _, y in marks.get_offsets()
    }


@pytest.mark.parametrize("data", [TABLE, ROWS], ids=["table", "ledger"])
def test_the_largest_stands_on_top_at_its_value(data) -> None:
    ax = plots.drivers(data)
    assert names(ax) == ["Delivery", "Queue", "Wifi"] and ax.yaxis_inverted()
    assert [dots(ax)[row][0] for row in range(3)] == [0.20, 0.10, 0.05]


@pytest.mark.parametrize("data", [TABLE, ROWS], ids=["table", "ledger"])
def test_a_caution_or_a_small_base_is_hollow(data) -> None:
    filled = [dots(plots.drivers(data))[row][1] != "#ffffff" for row in range(3)]
    assert filled == [True, False, False]


@pytest.mark.parametrize("data", [TABLE, ROWS], ids=["table", "ledger"])
def test_the_direction_is_said_in_words_and_by_the_marker(data) -> None:
    ax = plots.drivers(data)
    said = [text.get_text().partition(", goes")[2] for text in ax.texts[:2]]
    assert said == [" with a higher outcome", " with a lower outcome"]
    assert ax.texts[2].get_text().endswith("direction unclear (caution)")
    corners = markers(ax)
    assert corners[0] == corners[1] < corners[2]


def test_whiskers_reach_from_low_to_high() -> None:
    ax = plots.drivers(TABLE)
    reach = [
        (float(line[0, 0]), float(line[1, 0]))
        for lines in ax.collections[::2]
        for line in lines.get_segments()
    ]
    assert sorted(reach) == [(0.03, 0.08), (0.07, 0.14), (0.15, 0.26)]


def test_the_foot_says_that_it_causes_nothing() -> None:
    foot = plots.drivers(TABLE).texts[-1].get_text()
    assert foot == "goes with, not causes; hollow: read the caution in its note first"
    sure = TABLE[TABLE["label"] == "Delivery"]
    assert plots.drivers(sure).texts[-1].get_text() == "goes with, not causes"


def test_nothing_to_draw_is_said() -> None:
    assert plots.drivers(TABLE.head(0)).texts[0].get_text() == "No evidence yet"


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ParameterError, match=r"missing \['note'\]"):
        plots.drivers(TABLE.drop(columns="note"))
