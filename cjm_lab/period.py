"""Calendar time: what `as_of` and `period` mean.

`as_of` is inclusive: the end of that day in the study's time zone. A period is the span that
estimates refer to; by default it is the last full calendar month up to `as_of`.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

import pandas as pd

from cjm_lab.errors import ParameterError, one_of

PeriodKind = Literal["month", "quarter", "all"]


@dataclass(frozen=True, slots=True)
class Period:
    """A span of whole days in a time zone, both ends inclusive.

    Examples
    --------
    >>> september = period_up_to(date(2026, 9, 30))
    >>> september.label, september.previous().label
    ('September 2026', 'August 2026')
    """

    kind: PeriodKind
    start: date
    end: date
    time_zone: str = "UTC"

    @property
    def label(self) -> str:
        """The span in words."""
        if self.kind == "month":
            return f"{self.start:%B %Y}"
        if self.kind == "quarter":
            return f"{self.start:%B} to {self.end:%B %Y}"
        return f"{self.start} to {self.end}"

    def contains(self, times: pd.Series) -> pd.Series:
        """Return which of the times (UTC timestamps) lie inside; a missing time doesn't."""
        return (times >= self.starts_at) & (times < self.ends_before)

    @property
    def starts_at(self) -> pd.Timestamp:
        """First instant of the period, in UTC."""
        return day_start(self.start, self.time_zone)

    @property
    def ends_before(self) -> pd.Timestamp:
        """First instant after the period, in UTC."""
        return day_start(self.end + timedelta(days=1), self.time_zone)

    def overlaps(self, begins: pd.Series, ends: pd.Series) -> pd.Series:
        """Return which spans touch the period; an unknown time rules none out.

        Examples
        --------
        >>> joined = pd.Series(pd.to_datetime(["2026-08-01", "2026-10-01", None], utc=True))
        >>> left = pd.Series(pd.to_datetime(["2026-08-20", None, None], utc=True))
        >>> period_up_to(date(2026, 9, 30)).overlaps(joined, left).tolist()
        [False, False, True]
        """
        return ~(begins >= self.ends_before) & ~(ends < self.starts_at)

    def previous(self) -> Period:
        """Return the period of the same kind just before; ``all`` has none."""
        if self.kind == "all":
            raise ParameterError("period 'all' has no previous period; choose 'month' or 'quarter'")
        return _whole_months(self.kind, self.start - timedelta(days=1), self.time_zone)

    def rolling_quarter(self) -> Period:
        """Return the three months that end where this period ends."""
        return _whole_months("quarter", self.end, self.time_zone)


def period_up_to(
    as_of: date,
    kind: PeriodKind = "month",
    *,
    first: date | None = None,
    time_zone: str = "UTC",
) -> Period:
    """Return the last full period up to and including `as_of`.

    Parameters
    ----------
    as_of
        Last day that counts.
    kind
        ``month`` (a calendar month), ``quarter`` (three calendar months) or ``all``.
    first
        Day of the first record, needed for ``all``.
    time_zone
        Name of the study's time zone.

    Examples
    --------
    >>> period_up_to(date(2026, 10, 15)).start
    datetime.date(2026, 9, 1)
    >>> period_up_to(date(2026, 9, 30), "quarter").start
    datetime.date(2026, 7, 1)
    """
    if kind not in get_args(PeriodKind):
        raise ParameterError(one_of("period", get_args(PeriodKind), kind))
    if kind == "all":
        return Period("all", min(first or as_of, as_of), as_of, time_zone)
    last_of_month = calendar.monthrange(as_of.year, as_of.month)[1]
    end = as_of if as_of.day == last_of_month else as_of.replace(day=1) - timedelta(days=1)
    return _whole_months(kind, end, time_zone)


def day_start(day: date, time_zone: str) -> pd.Timestamp:
    """Return the first instant of a day in a time zone, in UTC.

    Examples
    --------
    >>> day_start(date(2026, 7, 1), "Europe/Berlin").isoformat()
    '2026-06-30T22:00:00+00:00'
    """
    return pd.Timestamp(day).tz_localize(time_zone, nonexistent="shift_forward").tz_convert("UTC")


def _whole_months(kind: PeriodKind, end: date, time_zone: str) -> Period:
    """Return the calendar month, or three of them, that end on the day `end`."""
    start = end.replace(day=1)
    if kind == "quarter":
        for _ in range(2):
            start = (start - timedelta(days=1)).replace(day=1)
    return Period(kind, start, end, time_zone)
