"""When to look again: how old the evidence is, and the day by which too much of it will be old."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import pandas as pd

from cjm_lab.ledger import Ledger
from cjm_lab.study import Study
from cjm_lab.words import counted, day_words

#: Days after which evidence is older than the longest month, and than half a year.
MONTH_DAYS, HALF_YEAR_DAYS = 31, 183

#: A map of which more than one cell in three is old is due: as for cells without evidence.
OLD_SHARE = 1 / 3

#: Lanes that fill a map's cells with what was measured on customers.
_LANES = ("reach", "drop_off", "transition", "satisfaction", "emotion", "sentiment", "quote")


class Review(NamedTuple):
    """The day proposed for the next review, and the sentence that says why."""

    day: date
    why: str


def evidence_age(ledger: Ledger | pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Return how old the evidence of each source is, and from which days it will be called old.

    Parameters
    ----------
    ledger
        The evidence; a cell is a touchpoint and a lane, as old as its newest evidence.
    as_of
        The day of the report.

    Returns
    -------
    DataFrame
        One row a source, the oldest first: ``source cells last days_old month_from half_year_from``
        (the first day on which it is older than a month, and than half a year). Undated sources
        have no days and stand last.

    Examples
    --------
    >>> from cjm_lab.estimate import share
    >>> from cjm_lab.ledger import evidence, evidence_frame
    >>> from cjm_lab.period import period_up_to
    >>> row = evidence(share(4, 10), lane="reach", measure="reach", touchpoint="pay",
    ...                source="events", period=period_up_to(date(2026, 9, 30)))
    >>> evidence_age(evidence_frame([row]), date(2026, 10, 31)).astype("str").values.tolist()
    [['events', '1', '2026-09-30', '31', '2026-11-01', '2027-04-02']]
    """
    columns = ["source", "cells", "last", "days_old", "month_from", "half_year_from"]
    own = _cells(ledger)
    last = own.groupby("source")["period_end"].max()
    cells = own[["source", "touchpoint", "lane"]].drop_duplicates().groupby("source").size()
    lines = [
        _aged(source, count, day, as_of)
        for source, count, day in zip(last.index, cells.loc[last.index], last, strict=True)
    ]
    table = pd.DataFrame(lines, columns=columns)
    table["days_old"] = table["days_old"].astype("Int64")
    return table.sort_values("days_old", ascending=False, kind="stable", ignore_index=True)


def next_review(ledger: Ledger | pd.DataFrame, study: Study, as_of: date) -> Review:
    """Return the day proposed for the next review of the map, and why.

    Proposed is the last day of the first month in which more than a third of the cells that have
    dated evidence will rest on evidence older than half a year, and never later than
    `study.review.every_months` months from now. Month ends, because figures are for whole months.

    Parameters
    ----------
    ledger
        The evidence; a cell is a touchpoint and a lane, as old as its newest evidence.
    study
        How often the map is made anew at the latest.
    as_of
        The day of the report.

    Examples
    --------
    >>> from cjm_lab.ledger import evidence_frame
    >>> from cjm_lab.study import Stage
    >>> study = Study(title="Tea", stages=[Stage(id="a", name="A")])
    >>> next_review(evidence_frame(), study, date(2026, 10, 31)).day.isoformat()
    '2026-11-30'
    """
    own = _cells(ledger)
    newest = own[own["period_end"] != ""].groupby(["touchpoint", "lane"])["period_end"].max()
    every = study.review.every_months
    latest = _month_end(as_of, every)
    rhythm = f"the study asks for one every {'month' if every == 1 else f'{every} months'}"
    if newest.empty:
        return Review(latest, f"{rhythm}; no evidence is dated, so nobody can tell how it ages")
    for months in range(1, every):
        day = _month_end(as_of, months)
        old = _older(newest, day, HALF_YEAR_DAYS)
        if old > OLD_SHARE * len(newest):
            return Review(
                day,
                f"by then {old} of {counted(len(newest), 'cell')} will rest on evidence older than "
                f"half a year, more than one in three; {rhythm}, by {day_words(latest)}",
            )
    month, half = _older(newest, latest, MONTH_DAYS), _older(newest, latest, HALF_YEAR_DAYS)
    return Review(
        latest,
        f"{rhythm}; until then {month} of {counted(len(newest), 'cell')} will rest on evidence "
        f"older than a month without new records, {half} on evidence older than half a year",
    )


def _cells(ledger: Ledger | pd.DataFrame) -> pd.DataFrame:
    """Return the observed evidence about our touchpoints."""
    frame = ledger.frame if isinstance(ledger, Ledger) else ledger
    ours = (frame["subject"] == "us") & (frame["touchpoint"] != "") & (frame["source"] != "")
    return frame[ours & frame["lane"].isin(_LANES)]


def _aged(source: object, cells: int, last: str, as_of: date) -> dict[str, object]:
    """Return the ages of a source's evidence; none where it is undated."""
    line: dict[str, object] = {"source": source, "cells": cells}
    if not last:
        return line
    day = date.fromisoformat(last)
    old_from = dict(_old_from(day))
    return line | {"last": day, "days_old": (as_of - day).days, **old_from}


def _old_from(last: date) -> Iterator[tuple[str, date]]:
    yield "month_from", last + timedelta(days=MONTH_DAYS + 1)
    yield "half_year_from", last + timedelta(days=HALF_YEAR_DAYS + 1)


def _older(newest: pd.Series, day: date, days: int) -> int:
    """Return how many cells will be older than so many days; ISO days sort as text."""
    return int((newest < (day - timedelta(days=days)).isoformat()).sum())


def _month_end(day: date, months: int) -> date:
    """Return the last day of the month so many months later."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, monthrange(year, month)[1])
