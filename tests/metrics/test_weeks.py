from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.metrics import trend

MONDAY = pd.Timestamp("2026-09-07", tz="UTC")


def times(*counts):
    """That many things on the Monday of each week."""
    weeks = np.repeat(np.arange(len(counts)), counts)
    return pd.Series(MONDAY + pd.to_timedelta(weeks * 7, unit="D"))


def test_counts_get_the_limits_of_an_individuals_chart():
    rows = trend(times(10, 12, 11, 13), as_of=date(2026, 10, 4))
    assert rows["value"].tolist() == [10, 12, 11, 13]
    assert rows["week"].dt.strftime("%F").tolist() == [
        "2026-09-07", "2026-09-14", "2026-09-21", "2026-09-28",
    ]  # fmt: skip
    half = 2.66 * (2 + 1 + 2) / 3
    assert rows["lower_limit"].tolist() == pytest.approx([11.5 - half] * 4)
    assert rows["upper_limit"].tolist() == pytest.approx([11.5 + half] * 4)
    assert not rows["outside"].any()


def test_shares_get_a_p_chart():
    when = times(100, 100, 100, 25)
    answers = pd.Series(
        [1] * 50 + [0] * 50 + [1] * 50 + [0] * 50 + [1] * 90 + [0] * 10 + [1] * 15 + [0] * 10
    )
    rows = trend(when, answers, as_of=date(2026, 10, 4))
    center = 205 / 325
    assert rows["center"].tolist() == pytest.approx([center] * 4)
    half = 3 * np.sqrt(center * (1 - center) / np.array([100, 100, 100, 25]))
    assert rows["upper_limit"].tolist() == pytest.approx((center + half).tolist())
    assert rows["outside"].tolist() == [False, False, True, False]
    assert round(rows["low"][0], 4) == 0.4038  # Wilson at 50 of 100


def test_means_have_an_interval_and_a_week_without_answers_is_a_gap():
    when = times(3, 0, 3)
    rows = trend(when, pd.Series([1.0, 2, 3, 4, 5, 6]), as_of=date(2026, 9, 27))
    assert rows["value"].tolist()[::2] == [2, 5]
    assert rows["n"].tolist() == [3, 0, 3]
    assert np.isnan(rows["value"][1])
    # x-bar chart: both weeks have a standard deviation of 1 within, and three answers.
    assert rows["upper_limit"][0] == pytest.approx(3.5 + 3 * 1 / np.sqrt(3))


def test_weeks_that_are_not_over_are_left_out():
    assert len(trend(times(5, 5, 5), as_of=date(2026, 9, 26))) == 2
    assert len(trend(times(5, 5, 5))) == 2  # the last record is on a Monday


def test_an_incomplete_first_week_is_left_out_of_counts_only():
    when = times(5, 5) + pd.Timedelta(days=1)
    assert trend(when, as_of=date(2026, 9, 20))["week"].tolist() == [pd.Timestamp("2026-09-14")]
    assert len(trend(when, pd.Series([1, 0] * 5), as_of=date(2026, 9, 20))) == 2


def test_weeks_begin_at_midnight_of_the_time_zone():
    late_on_sunday = pd.Series([MONDAY - pd.Timedelta(hours=1)])
    rows = trend(late_on_sunday, pd.Series([1]), as_of=date(2026, 9, 13), time_zone="Europe/Berlin")
    assert rows["week"].tolist() == [pd.Timestamp("2026-09-07")]


def test_little_gives_little():
    assert trend(pd.Series([], dtype="datetime64[us, UTC]")).empty
    one = trend(times(4), pd.Series([1, 0, 1, 0]), as_of=date(2026, 9, 13))
    assert np.isnan(one["upper_limit"][0])
    assert not one["outside"][0]
    with pytest.raises(ParameterError, match="as many as times"):
        trend(times(4), pd.Series([1]))
