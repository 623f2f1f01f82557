"""What every engine's door agrees on: columns, codes, where sessions and journeys are cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.study import Study

#: Microseconds in a minute, an hour and a day.
MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

#: What every event has.
REQUIRED = ("customer_id", "occurred_at", "event")
#: What an event says about where it happened, beside its touchpoint: texts, coded each.
COORDINATES = ("channel", "page", "campaign", "device")

#: So many events in a minute are no human's.
BOT_EVENTS = 60
BOT_US = MINUTE_US


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where a session and a journey end.

    Parameters
    ----------
    session_us
        The pause that ends a session.
    journey_us
        The pause that ends a journey; None: no pause does.
    starts, ends
        Events that begin a journey, and after which the next one begins.
    """

    session_us: int
    journey_us: int | None
    starts: tuple[str, ...]
    ends: tuple[str, ...]

    @property
    def any(self) -> bool:
        """Whether journeys are cut at all."""
        return bool(self.journey_us or self.starts or self.ends)


def cuts_of(
    session_minutes: float,
    journey_days: float | None,
    starts: str | Sequence[str],
    ends: str | Sequence[str],
) -> Cuts:
    """Return where sessions and journeys end.

    Raises
    ------
    ParameterError
        If a pause is not positive.

    Examples
    --------
    >>> cuts_of(30, 14, "visit", ()).journey_us // DAY_US
    14
    """
    if not session_minutes > 0:
        raise ParameterError(
            f"session_minutes must be more than 0, got {session_minutes!r}; 30 is usual"
        )
    if journey_days is not None and not journey_days > 0:
        raise ParameterError(
            f"journey_days must be more than 0, got {journey_days!r}; None cuts no journey"
        )
    return Cuts(
        session_us=round(session_minutes * MINUTE_US),
        journey_us=None if journey_days is None else round(journey_days * DAY_US),
        starts=(starts,) if isinstance(starts, str) else tuple(starts),
        ends=(ends,) if isinstance(ends, str) else tuple(ends),
    )


@dataclass(frozen=True, slots=True)
class Places:
    """The code of each event, touchpoint and stage.

    Parameters
    ----------
    events, touchpoints, stages
        The text of each code.
    touchpoint_of, stage_of
        For each event the code of its touchpoint and stage; None where it has none.
    starts, ends
        Codes of the events that cut journeys.
    time_zone
        Where days begin.
    """

    events: tuple[str, ...]
    touchpoints: tuple[str, ...]
    stages: tuple[str, ...]
    touchpoint_of: tuple[int | None, ...]
    stage_of: tuple[int | None, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    time_zone: str


def places(found: Sequence[str], study: Study | None, cuts: Cuts) -> Places:
    """Return the codes of the events of a log, whose names come in alphabetical order.

    Without a study each event is a touchpoint of its own and there are no stages.

    Raises
    ------
    ParameterError
        If an event that shall cut journeys is unknown.

    Examples
    --------
    >>> places(["order", "visit"], None, cuts_of(30, None, (), "order")).ends
    (0,)
    """
    names = tuple(found)
    touchpoints = names
    stages: tuple[str, ...] = ()
    stage_of: tuple[int, ...] = ()
    touchpoint_of_event, time_zone = {name: name for name in names}, "UTC"
    if study is not None:
        declared = [name for touchpoint in study.touchpoints for name in touchpoint.events]
        names = tuple(dict.fromkeys([*names, *declared]))
        touchpoints, stages = tuple(study.stage_of), tuple(stage.id for stage in study.stages)
        stage_of = tuple(stages.index(stage) for stage in study.stage_of.values())
        touchpoint_of_event, time_zone = study.touchpoint_of_event, study.time_zone
    number = {touchpoint: code for code, touchpoint in enumerate(touchpoints)}
    at = tuple(number.get(touchpoint_of_event.get(name, "")) for name in names)
    for name in (*cuts.starts, *cuts.ends):
        if name not in names and found:
            raise ParameterError(one_of("event that cuts journeys", names, name))
    return Places(
        events=names,
        touchpoints=touchpoints,
        stages=stages,
        touchpoint_of=at,
        stage_of=tuple(None if one is None or not stage_of else stage_of[one] for one in at),
        starts=tuple(names.index(name) for name in cuts.starts if name in names),
        ends=tuple(names.index(name) for name in cuts.ends if name in names),
        time_zone=time_zone,
    )


@dataclass(frozen=True, slots=True)
class Faults:
    """What was found wrong with a log, as numbers of events unless said otherwise.

    Parameters
    ----------
    unmapped
        At no touchpoint of the study.
    duplicates
        Removed because another one is the same in every column.
    unplaced
        Left out because they lack a customer, a time or a name.
    ties
        At the same instant as the customer's event before; where the source has an order of rows
        they keep it, else event and value decide.
    backward
        Earlier than the customer's event in the row before: a clock that was set back, or rows in
        no order of time. None where the source has no order of rows.
    bots
        Customers with 60 events within a minute; they stay.
    """

    unmapped: int = 0
    duplicates: int = 0
    unplaced: int = 0
    ties: int = 0
    backward: int | None = None
    bots: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class Opened:
    """What a door returns: the stream's frame, its customers, the texts of codes, faults.

    Parameters
    ----------
    frame
        The events, as `JourneyStream.frame` says.
    customers
        ``customer`` and ``customer_id``, in the same engine.
    places
        Events, touchpoints and stages.
    texts
        The texts of each coordinate's codes.
    faults
        What was wrong with the log.
    events
        Number of events in the frame.
    people
        Number of customers.
    last_day
        Local day of the last event, counted from 1970-01-01.
    """

    frame: Any
    customers: Any
    places: Places
    texts: dict[str, tuple[str, ...]]
    faults: Faults
    events: int
    people: int
    last_day: int


def offsets(time_zone: str, first_us: int, last_us: int) -> list[tuple[int, int]]:
    """Return the clock changes of a zone: from which instant on which offset holds, both in us.

    Engines keep time zones of their own, or none; this is the one that all of them follow.

    Examples
    --------
    >>> [(start, offset // HOUR_US) for start, offset in offsets("UTC", 0, DAY_US)]
    [(0, 0)]
    >>> summer, winter = 1_750_000_000_000_000, 1_765_000_000_000_000
    >>> [offset // HOUR_US for _, offset in offsets("Europe/Berlin", summer, winter)]
    [2, 1]
    """
    zone = ZoneInfo(time_zone)

    def offset(us: int) -> int:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
        found = moment.astimezone(zone).utcoffset() or timedelta()
        return round(found / timedelta(microseconds=1))

    changes = [(first_us, offset(first_us))]
    at = first_us
    while at < last_us:
        after = min(at + 7 * DAY_US, last_us)  # no zone changes its clocks twice in a week
        if offset(after) != changes[-1][1]:
            low, high = at, after
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == changes[-1][1] else (low, middle)
            changes.append((high, offset(high)))
        at = after
    return changes
