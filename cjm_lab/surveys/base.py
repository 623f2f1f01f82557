"""Which answers an estimate rests on: the period, the rolling quarter, or all."""

from __future__ import annotations

import pandas as pd

from cjm_lab.period import Period

#: A base below this is estimated on the rolling quarter where that helps, and marked.
SMALL_BASE = 30
#: Shares and scores of fewer people than this aren't shown for a persona or a segment.
FEWEST_PEOPLE = 5


class Base:
    """The answers of a period, and how a thin base is widened.

    Parameters
    ----------
    times
        When each respondent answered, UTC; NaT where unknown.
    period
        The span that estimates refer to. Where no answer carries a date, all count and rows carry
        no period.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.period import period_up_to
    >>> times = pd.Series(pd.to_datetime(["2026-08-03", "2026-09-03"], utc=True))
    >>> base = Base(times, period_up_to(date(2026, 9, 30)))
    >>> rows, quarter, note = base.choose(pd.Series([True, True]))
    >>> rows.tolist(), quarter.label
    ([True, True], 'July to September 2026')
    >>> note
    'rolling quarter: fewer than 30 answers in September 2026; small base: fewer than 30 answers'
    """

    def __init__(self, times: pd.Series, period: Period) -> None:
        self.period = period
        self.dated = bool(times.notna().any())
        self._within = period.contains(times)
        self._wide = None
        if period.kind == "month":
            self._quarter = period.rolling_quarter()
            self._wide = self._quarter.contains(times)

    def choose(self, answered: pd.Series) -> tuple[pd.Series, Period | None, str]:
        """Return the rows to estimate from, the period they refer to, and a note.

        Parameters
        ----------
        answered
            Which respondents answered the question and belong to the group.
        """
        if not self.dated:
            return answered, None, _size_note(int(answered.sum()))
        rows = answered & self._within
        n = int(rows.sum())
        if self._wide is None or n >= SMALL_BASE:
            return rows, self.period, _size_note(n)
        wide = answered & self._wide
        if int(wide.sum()) == n:  # nothing to be won
            return rows, self.period, _size_note(n)
        thin = f"rolling quarter: fewer than {SMALL_BASE} answers in {self.period.label}"
        return wide, self._quarter, "; ".join(filter(None, [thin, _size_note(int(wide.sum()))]))


def weights_of(responses: pd.DataFrame) -> pd.Series | None:
    """Return the weights, or None where all respondents weigh the same.

    Examples
    --------
    >>> weights_of(pd.DataFrame({"weight": [1.0, 1.0]})) is None
    True
    """
    if "weight" not in responses or responses["weight"].nunique(dropna=False) <= 1:
        return None
    return responses["weight"].astype(float)


def _size_note(n: int) -> str:
    return "" if n >= SMALL_BASE else f"small base: fewer than {SMALL_BASE} answers"
