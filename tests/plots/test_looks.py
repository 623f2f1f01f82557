from __future__ import annotations

import pandas as pd

from cjm_lab import plots

LOOKS = pd.DataFrame(
    {
        "look": [1, 2, 3, 4],
        "day": pd.date_range("2026-09-01", periods=4),
        "value": [0.3, 0.2, 0.1, 0.1],
        "low": [-0.2, 0.05, 0.04, 0.06],
        "high": [0.8, 0.35, 0.16, 0.14],
        "always_low": [None, -0.1, 0.01, 0.04],
        "always_high": [None, 0.5, 0.19, 0.16],
        "n": [20, 200, 400, 800],
    }
)


def test_the_first_look_that_excludes_zero_for_all_looks_is_marked() -> None:
    ax = plots.looks(LOOKS)
    assert ax.collections[-1].get_offsets()[:, 1].tolist() == [0.1]  # not the second: one look only
    assert [text.get_text() for text in ax.texts] == ["the first that excludes zero"]
    assert ax.texts[0].xy[0] == pd.Timestamp("2026-09-03")


def test_where_zero_is_never_excluded_nothing_is_marked() -> None:
    ax = plots.looks(LOOKS.assign(always_low=-0.1))
    assert ax.texts[:] == []


def test_early_looks_do_not_flatten_the_later_ones() -> None:
    wide = LOOKS.assign(always_low=[-90.0, -0.1, 0.01, 0.04], always_high=[90.0, 0.5, 0.19, 0.16])
    low, high = plots.looks(wide).get_ylim()
    assert -1 < low < -0.1
    assert 0.19 < high < 1


def test_both_intervals_are_named_and_the_axis_is_in_points() -> None:
    ax = plots.looks(LOOKS, percent=True)
    keys = [text.get_text() for text in ax.get_legend().get_texts()]
    assert keys == ["holds at every look", "only for one look"]
    assert ax.yaxis.get_major_formatter()(-0.05, 0) == "−5"
    assert ax.get_ylabel() == "treatment minus control, points"
    assert ax.get_xlabel() == "day of the look (hollow: fewer than 30)"


def test_without_days_looks_are_counted() -> None:
    ax = plots.looks(LOOKS.assign(day=pd.NaT))
    assert ax.get_xlabel().startswith("look")
    assert ax.lines[-1].get_xdata().tolist() == [1, 2, 3, 4]
