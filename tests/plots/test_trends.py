from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.dates import date2num

from cjm_lab import plots

WEEKS = pd.DataFrame(
    {
        "week": pd.date_range("2026-09-07", periods=4, freq="7D", tz="UTC"),
        "value": [0.20, 0.21, 0.19, 0.26],
        "low": [0.18, 0.19, 0.17, 0.24],
        "high": [0.22, 0.23, 0.21, 0.28],
        "center": 0.2,
        "lower_limit": 0.16,
        "upper_limit": 0.24,
    }
)


def test_values_stand_at_their_weeks() -> None:
    line = plots.trend(WEEKS).lines[0]
    assert line.get_ydata().tolist() == [0.20, 0.21, 0.19, 0.26]
    assert date2num(line.get_xdata()[0]) == date2num(pd.Timestamp("2026-09-07"))


def test_a_value_outside_the_limits_is_marked() -> None:
    ax = plots.trend(WEEKS)
    outside = ax.collections[-1].get_offsets()
    assert outside[:, 1].tolist() == [0.26]


def test_only_the_calendar_of_the_time_shown_is_marked() -> None:
    calendar = pd.DataFrame({"date": ["2026-09-15", "2025-01-01"], "what": ["Outage", "Old"]})
    ax = plots.trend(WEEKS, calendar=calendar)
    assert [text.get_text() for text in ax.texts] == ["Outage"]


def test_without_limits_nothing_is_outside() -> None:
    ax = plots.trend(WEEKS[["week", "value"]], percent=True)
    assert len(ax.collections) == 1  # the points
    assert ax.yaxis.get_major_formatter()(0.2, 0) == "20%"


@pytest.mark.parametrize("calendar", [None, pd.DataFrame({"date": [], "what": []})])
def test_no_calendar_no_marks(calendar: pd.DataFrame | None) -> None:
    assert plots.trend(WEEKS, calendar=calendar).texts[:] == []


def test_words_of_the_calendar_never_lie_on_one_another() -> None:
    days = ["2026-09-08", "2026-09-10", "2026-09-21", "2026-09-27"]
    what = ["Autumn campaign", "Search is down for two hours", "Outage", "New delivery window"]
    ax = plots.trend(WEEKS, calendar=pd.DataFrame({"date": days, "what": what}))
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_a_week_of_few_answers_is_hollow() -> None:
    points = plots.trend(WEEKS.assign(n=[200, 29, 200, 200])).collections[0]
    assert [to_hex(face) == "#ffffff" for face in points.get_facecolors()] == [
        False,
        True,
        False,
        False,
    ]


CHANGED = WEEKS.assign(level_mean=[0.2, 0.2, 0.225, 0.225], changed=[False, False, True, False])


def test_levels_take_the_place_of_the_center_where_one_changed() -> None:
    ax = plots.trend(CHANGED, percent=True)
    assert len(ax.lines) == 1  # no center
    lines = [line for line in ax.collections if isinstance(line, LineCollection)][-2:]
    levels = [line.get_segments()[0] for line in lines]
    assert [level[:, 1].tolist() for level in levels] == [[0.2, 0.2], [0.225, 0.225]]
    ends = [date2num(day) for day in pd.to_datetime(["2026-09-07", "2026-09-14"])]
    assert levels[0][:, 0].tolist() == ends
    assert [text.get_text() for text in ax.texts] == ["20\u00a0%", "22\u00a0%"]


def test_without_a_change_the_center_stays() -> None:
    ax = plots.trend(CHANGED.assign(changed=False))
    assert (len(ax.lines), ax.texts[:]) == (2, [])


def test_the_calendar_of_the_weeks_is_marked_unless_another_is_given() -> None:
    weeks = WEEKS.assign(calendar=["", "Outage", "", ""])
    assert [text.get_text() for text in plots.trend(weeks).texts] == ["Outage"]
    other = pd.DataFrame({"date": ["2026-09-22"], "what": ["Release"]})
    assert [text.get_text() for text in plots.trend(weeks, calendar=other).texts] == ["Release"]


def test_a_single_week_is_named_by_its_day() -> None:
    ax = plots.trend(WEEKS.head(1))
    ax.figure.canvas.draw()
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["2026-09-07"]
