from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from cjm_lab import plots

STAY = pd.DataFrame(
    {
        "group": ["Monthly"] * 3 + ["Yearly"] * 2,
        "time": [2.0, 5.0, 10.0, 4.0, 10.0],
        "value": [0.8, 0.5, 0.5, 0.9, 0.9],
        "low": [0.7, 0.4, 0.4, 0.8, 0.8],
        "high": [0.9, 0.6, 0.6, 0.95, 0.95],
        "n": [100, 60, 20, 80, 40],
    }
)
CONVERTED = pd.DataFrame(
    {
        "days": [1.0, 2.0, 3.0],
        "value": [0.2, 0.3, None],
        "low": [0.1, 0.2, None],
        "high": [0.3, 0.4, None],
        "at_risk": [70, 40, 0],
    }
)


def words(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def at_risk(ax: Axes, row: int, of: int) -> list[str]:
    numbers = words(ax)[1:]
    wide = len(numbers) // of
    return numbers[row * wide : (row + 1) * wide]


def test_everybody_is_there_at_first_and_each_step_lasts_until_the_next() -> None:
    ax = plots.survival(STAY)
    whole = ax.lines[0]
    assert whole.get_xydata().tolist() == [[0, 1], [2, 0.8], [5, 0.5], [10, 0.5]]
    assert {line.get_drawstyle() for line in ax.lines} == {"steps-post"}


def test_the_band_reaches_from_low_to_high() -> None:
    band = plots.survival(STAY).collections[0].get_paths()[0].vertices
    at_3 = band[(band[:, 0] >= 2) & (band[:, 0] < 5)][:, 1]
    assert (at_3.min(), at_3.max()) == (0.7, 0.9)


def test_a_curve_is_pale_where_fewer_than_30_are_at_risk() -> None:
    ax = plots.survival(STAY)
    pale, firm = ax.lines[0], ax.lines[1]
    assert pale.get_alpha() < 0.5
    assert firm.get_ydata().tolist() == [1, 0.8, 0.5, 0.5]  # up to where 20 were left
    few = plots.survival(STAY.assign(n=[100, 29, 20, 80, 40]))
    assert np.isnan(few.lines[1].get_ydata()[-1])
    assert words(few)[0] == "at risk (pale: fewer than 30)"
    assert words(plots.survival(STAY[STAY["n"] >= 30]))[0] == "at risk"


def test_numbers_at_risk_stand_under_their_times() -> None:
    ax = plots.survival(STAY, xlabel="months")
    assert [tick for tick in ax.get_xticks()] == [0, 2, 4, 6, 8, 10]
    # when next somebody leaves: at 0 those before month 2, at 4 those before month 5
    assert at_risk(ax, 0, 2) == ["Monthly", "100", "100", "60", "20", "20", "20"]
    assert at_risk(ax, 1, 2) == ["Yearly", "80", "80", "80", "40", "40", "40"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["Monthly", "Yearly"]


def test_words_under_the_axis_stay_apart() -> None:
    ax = plots.survival(STAY.replace("Monthly", "A tariff with a name that never ends at all"))
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in [*ax.texts, ax.xaxis.label] if text.get_text()]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    assert min(box.x0 for box in boxes) >= 0
    assert min(box.y0 for box in boxes) >= 0


def test_many_groups_with_long_names_leave_room_for_their_curves() -> None:
    groups = [f"A tariff with quite a long name, number {k}" for k in range(6)]
    every = pd.concat([STAY.head(3).assign(group=group) for group in groups])
    ax = plots.survival(every)
    ax.figure.canvas.draw()
    assert ax.get_window_extent().width > 0.6 * ax.figure.bbox.width
    assert ax.get_window_extent().height > 0.3 * ax.figure.bbox.height
    assert ax.get_legend().get_window_extent().x1 <= ax.figure.bbox.width
    assert [text.get_text() for text in ax.get_legend().get_texts()] == groups


@pytest.mark.parametrize("name", ["costs $5 and $", "_other", "<b>&amp;", "\\frac{", "תוכנית"])
def test_groups_are_named_as_they_are(name: str) -> None:
    ax = plots.survival(STAY.replace("Monthly", name))
    assert ax.get_legend().get_texts()[0].get_text() == name
    assert name in words(ax)
    ax.figure.canvas.draw()


def test_groups_differ_in_color_and_in_dashes() -> None:
    lines = plots.survival(STAY).lines[::2]
    assert lines[0].get_color() != lines[1].get_color()
    assert lines[0].get_linestyle() != lines[1].get_linestyle()


def test_nobody_has_converted_at_first_and_an_unknown_end_is_not_drawn() -> None:
    ax = plots.time_to_convert(CONVERTED)
    assert ax.lines[0].get_xydata().tolist() == [[0, 0], [1, 0.2], [2, 0.3]]
    assert ax.get_ylim()[0] == 0


def test_who_is_still_watched_stands_under_the_days() -> None:
    ax = plots.time_to_convert(CONVERTED.head(2))
    ticks = [float(tick) for tick in ax.get_xticks()]
    found = dict(zip(ticks, at_risk(ax, 0, 1)[1:], strict=True))
    assert (found[1.0], found[2.0]) == ("70", "40")


def test_only_the_curve_of_all_cohorts_is_drawn() -> None:
    rows = pd.DataFrame(
        {"cohort": ["May", None, None], "age": [1, 1, 0], "value": [0.9, 0.25, 1.0],
         "low": [0.8, 0.2, 1.0], "high": [1.0, 0.3, 1.0], "n": [9, 29, 400]}
    )  # fmt: skip
    ax = plots.retention_curve(rows)
    assert ax.lines[0].get_xydata().tolist() == [[0, 1], [1, 0.25]]
    assert words(ax) == ["hollow: fewer than 30"]
    assert words(plots.retention_curve(rows.head(1))) == ["No evidence yet"]
