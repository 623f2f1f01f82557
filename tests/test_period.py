"""Calendar time."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.period import day_start, period_up_to


@pytest.mark.parametrize(
    ("as_of", "start", "end"),
    [
        (date(2026, 9, 30), date(2026, 9, 1), date(2026, 9, 30)),
        (date(2026, 10, 15), date(2026, 9, 1), date(2026, 9, 30)),
        (date(2026, 1, 1), date(2025, 12, 1), date(2025, 12, 31)),
        (date(2024, 2, 29), date(2024, 2, 1), date(2024, 2, 29)),
        (date(2024, 2, 28), date(2024, 1, 1), date(2024, 1, 31)),
    ],
)
def test_the_month_is_the_last_full_one(as_of: date, start: date, end: date) -> None:
    period = period_up_to(as_of)
    assert (period.start, period.end) == (start, end)


def test_a_quarter_is_three_calendar_months() -> None:
    quarter = period_up_to(date(2026, 1, 31), "quarter")
    assert (quarter.start, quarter.end) == (date(2025, 11, 1), date(2026, 1, 31))
    assert quarter.previous().end == date(2025, 10, 31)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_months_follow_one_another_without_gap(as_of: date) -> None:
    period = period_up_to(as_of)
    assert (period.start - period.previous().end).days == 1
    assert period.end <= as_of
    assert period.rolling_quarter().start == period.previous().previous().start


def test_both_ends_count_in_the_studys_time_zone() -> None:
    september = period_up_to(date(2026, 9, 30), time_zone="Europe/Berlin")
    times = pd.to_datetime(
        pd.Series(
            [
                "2026-08-31T21:59:59Z",  # 23:59:59 on 31 August in Berlin
                "2026-08-31T22:00:00Z",
                "2026-09-30T21:59:59Z",
                "2026-09-30T22:00:00Z",  # midnight: October
                None,
            ]
        ),
        utc=True,
    )
    assert september.contains(times).tolist() == [False, True, True, False, False]


def test_a_day_begins_at_its_local_midnight() -> None:
    assert (
        day_start(date(2026, 1, 1), "America/New_York").isoformat() == "2026-01-01T05:00:00+00:00"
    )


def test_all_reaches_from_the_first_record_and_has_no_previous() -> None:
    everything = period_up_to(date(2026, 9, 30), "all", first=date(2026, 7, 4))
    assert everything.start == date(2026, 7, 4)
    with pytest.raises(ParameterError, match="no previous period"):
        everything.previous()
