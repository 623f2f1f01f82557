from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.metrics import seasonal_trend, trend

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


def a_week(values):
    """One measurement on the Monday of each week."""
    when = pd.Series(MONDAY + pd.to_timedelta(np.arange(len(values)) * 7, unit="D"))
    last = (when.iloc[-1] + pd.Timedelta(days=6)).date()
    return trend(when, pd.Series(values), as_of=last)


def test_a_new_level_is_marked_and_said():
    rows = trend(times(*[10, 12] * 5, *[30, 32] * 5), as_of=date(2027, 1, 24))
    assert rows["changed"].to_numpy().nonzero()[0].tolist() == [10]
    assert rows["level_mean"].tolist() == [11] * 10 + [31] * 10
    assert rows["note"][10].startswith("new level 31 after 11")


def test_the_calendar_stands_beside_the_week_in_the_time_zone():
    late_on_sunday = pd.Timestamp("2026-09-13 23:00", tz="UTC")
    calendar = pd.DataFrame(
        {
            "date": [MONDAY, MONDAY + pd.Timedelta(days=2), late_on_sunday],
            "what": ["Release", "Outage", "Campaign"],
        }
    )
    known = {"calendar": calendar, "as_of": date(2026, 9, 20)}
    rows = trend(times(3, 4), **known)
    assert rows["calendar"].tolist() == ["Release; Outage; Campaign", ""]
    rows = trend(times(3, 4), time_zone="Europe/Berlin", **known)
    assert rows["calendar"].tolist()[-1] == "Campaign"
    assert trend(times(3, 4), as_of=date(2026, 9, 20))["calendar"].tolist() == ["", ""]


def test_limits_alarm_too_often_where_neighboring_weeks_are_alike_and_the_note_says_so():
    rng = np.random.default_rng(17)
    noise = rng.normal(size=(6, 80))
    drift = noise.copy()
    for week in range(1, 80):
        drift[:, week] += 0.6 * drift[:, week - 1]
    apart, together = (pd.concat([a_week(x) for x in series]) for series in (noise, drift))
    assert apart["outside"].mean() < 0.01
    assert together["outside"].mean() > 0.03
    assert not apart["note"].str.contains("alike").any()
    outside = together[together["outside"]]
    assert outside["note"].str.contains("outside the limits, which alarm too often").mean() > 0.7


def season(weeks, cycle=10):
    mondays = pd.date_range("2026-01-05", periods=weeks, freq="7D")
    week = np.arange(weeks)
    value = 50 + 0.5 * week + 8 * np.sin(2 * np.pi * week / cycle)
    return pd.DataFrame({"week": mondays, "value": value})


def test_no_season_from_fewer_than_two_cycles():
    rows = seasonal_trend(season(19), cycle=10)
    assert rows[["trend", "seasonal", "remainder"]].isna().all(axis=None)
    assert set(rows["note"]) == {"no season from fewer than two cycles: 19 of 20 weeks"}


def test_a_season_and_a_trend_are_told_apart():
    rows = seasonal_trend(season(60), cycle=10)
    parts = rows[["trend", "seasonal", "remainder"]].sum(axis=1)
    assert parts.tolist() == pytest.approx(rows["value"].tolist())
    inner = rows.iloc[10:50]
    assert inner["seasonal"].max() == pytest.approx(8 * np.sin(2 * np.pi / 5), rel=0.05)
    assert np.diff(inner["trend"]).mean() == pytest.approx(0.5, rel=0.05)
    assert set(rows["note"]) == {""}


def test_no_season_from_a_series_with_gaps():
    gap = season(30)
    gap.loc[3, "value"] = np.nan
    assert "1 weeks have no value" in seasonal_trend(gap, cycle=10)["note"][0]
    with pytest.raises(ParameterError, match="cycle must be"):
        seasonal_trend(gap, cycle=1)
