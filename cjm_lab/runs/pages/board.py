"""What stands on a study's dashboard, as plain text and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from cjm_lab.runs.pages.parts import Check, Link


@dataclass(frozen=True, slots=True)
class Point:
    """A figure of one report.

    Parameters
    ----------
    start, end
        First and last day of the span that it stands for.
    value, low, high
        The number in the unit of the chart; no interval is two NaN.
    words
        Number and interval as a reader sees them.
    n
        How many stand behind it, as a reader sees it.
    span
        The span in words.
    report
        The report that it is from.
    comparable
        Whether it is defined as the point before.
    joined
        Whether a line may lead to it: it is comparable and no report lies between.
    """

    start: date
    end: date
    value: float
    low: float
    high: float
    words: str
    n: str
    span: str
    report: Link
    comparable: bool = True
    joined: bool = True


@dataclass(frozen=True, slots=True)
class Chart:
    """One measure over all reports, in a picture of its own.

    Parameters
    ----------
    name
        What was measured.
    points
        Oldest first.
    good
        The direction that is good, in words; empty where none is.
    unit
        What stands behind the numbers of the axis.
    target, target_words
        What the objective wants of this measure.
    verdict, tone
        What the last report said of it against the one before.
    domain
        Ends of the axis, where they are not to follow from the points.
    """

    name: str
    points: tuple[Point, ...]
    good: str = ""
    unit: str = ""
    target: float | None = None
    target_words: str = ""
    verdict: str = ""
    tone: Literal["", "better", "worse"] = ""
    domain: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A release, an outage or a campaign on the axis of time."""

    number: int
    day: date
    day_words: str
    what: str


@dataclass(frozen=True, slots=True)
class Action:
    """An action as of the last report."""

    what: str
    owner: str
    due: str
    state: str
    figure: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything on the page of a study.

    Parameters
    ----------
    title
        Title of the study.
    up
        Where the studies are listed.
    lead
        The first sentence of the last report.
    reports
        All reports, newest first, with their lead.
    charts
        The key measures.
    marks
        The calendar within the charts' span, by day.
    earlier
        Number of entries of the calendar before that span.
    counts
        How many actions are overdue, open, being done and done; empty where no report says so.
    actions
        Those that are not closed, the most overdue first.
    closed
        Names of those that are done.
    health
        The share of the map's cells with evidence, over all reports.
    checks
        The common mistakes of the last report.
    review, why
        The day proposed for the next review, and why.
    notes
        What a reader must know of the archive itself.
    """

    title: str
    up: Link
    lead: str
    reports: tuple[Link, ...]
    charts: tuple[Chart, ...] = ()
    marks: tuple[Mark, ...] = ()
    earlier: int = 0
    counts: tuple[tuple[str, int], ...] = ()
    actions: tuple[Action, ...] = ()
    closed: tuple[str, ...] = ()
    health: Chart | None = None
    checks: tuple[Check, ...] = ()
    review: str = ""
    why: str = ""
    notes: tuple[str, ...] = ()
