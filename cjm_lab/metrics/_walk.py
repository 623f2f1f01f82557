"""The walk through the steps of a funnel: who takes which step, and when."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from itertools import pairwise
from operator import and_, or_
from typing import Any, TypeAlias

import narwhals as nw

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.metrics.stream import JourneyStream, window_us, within
from cjm_lab.period import Period

Steps: TypeAlias = Sequence[str | Sequence[str]]
StepWindows: TypeAlias = float | Sequence[float | None] | None
Exclusions: TypeAlias = str | Sequence[str] | Mapping[str, tuple[str, str]]
#: The numbers of two steps, the earlier one first.
Span: TypeAlias = tuple[int, int]
Table: TypeAlias = nw.DataFrame[Any]
Plan: TypeAlias = nw.LazyFrame[Any]

_at, _taken = nw.col("occurred_us"), nw.col("taken")


@dataclass(frozen=True, slots=True)
class Step:
    """A step: the names of its alternatives, and whether the next step can do without it."""

    names: tuple[str, ...]
    optional: bool

    @property
    def label(self) -> str:
        """The alternatives in words."""
        return " or ".join(self.names)


@dataclass(frozen=True, slots=True)
class Taken:
    """Who takes a step, as tables in memory with one row a customer."""

    step: Step
    #: ``customer``, and of a required step ``taken``: the microsecond at which it first was.
    customers: Table
    #: Who took the step before, but an excluded event came before this one; None if none could.
    left: Table | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """How customers go through steps.

    Parameters
    ----------
    stream
        Events of customers in order.
    steps
        What to take, in order.
    window
        Microseconds from the first step within which all others must be taken; None is open.
    step_windows
        Microseconds from the required step before, one for each step after the first.
    without
        Excluded events, by the two steps between which they must not happen.
    """

    stream: JourneyStream
    steps: Sequence[Step]
    window: int | None
    step_windows: Sequence[int | None]
    without: Mapping[Span, nw.Expr]

    def taken(self, period: Period | None, as_of: date | None) -> list[Taken]:
        """Return who takes each step, of those who enter in a period and whose window is closed."""
        events = self.stream.table()
        if as_of is not None:
            events = events.filter(_at < self.stream.ends_before_us(as_of))
        here = self._with_exits(events, 0, self._entered(events, period, as_of))
        found = [Taken(self.steps[0], here)]
        required = [i for i, step in enumerate(self.steps) if not step.optional]
        for before, number in pairwise(required):
            then = self._next(events, number, here)
            for between in range(before + 1, number):
                on_the_way = self._on_the_way(events, between, here, then)
                found.append(Taken(self.steps[between], on_the_way))
            found.append(Taken(self.steps[number], then, self._left(number, here, then)))
            here = self._with_exits(events, number, then)
        return found

    def longest(self) -> int | None:
        """Return the microseconds after which nobody can take another step; None without an end."""
        each = [
            window
            for step, window in zip(self.steps[1:], self.step_windows, strict=True)
            if not step.optional
        ]
        bounded = [window for window in each if window is not None]
        if self.window is None and len(bounded) < len(each):
            if any(window is not None for window in self.step_windows):
                raise ParameterError(
                    "step_window_days must hold a number for each required step, got None for one; "
                    "or give window_days for the whole funnel"
                )
            return None
        ends = [self.window] if self.window is not None else []
        return min([*ends, sum(bounded)]) if bounded and len(bounded) == len(each) else self.window

    def _entered(self, events: Plan, period: Period | None, as_of: date | None) -> Table:
        """Return who takes the first step, and when first."""
        first = _earliest(self._events(events, 0), [])
        if period is not None:
            first = first.filter(within("taken", period))
        if (longest := self.longest()) is not None:
            first = first.filter(_taken + longest < self.stream.ends_before_us(as_of))
        return (first if self.window is None else first.with_columns(entered=_taken)).collect()

    def _next(self, events: Plan, number: int, here: Table) -> Table:
        """Return who takes a required step, and when first."""
        past = {_exit(span) for span in self.without if span[1] <= number}
        carried = [c for c in here.columns if c not in {"customer", "taken", *past}]
        return _earliest(self._after(events, number, here), carried).collect()

    def _on_the_way(self, events: Plan, number: int, here: Table, then: Table) -> Table:
        """Return who takes an optional step between the required ones around it."""
        reached = self._put(then).select("customer", _taken.alias("next"))
        between = self._after(events, number, here).join(reached, on="customer", how="left")
        between = between.filter(nw.col("next").is_null() | (_at < nw.col("next")))
        return between.select("customer").unique().collect()

    def _left(self, number: int, here: Table, then: Table) -> Table | None:
        """Return who does not take a required step and had an excluded event in time for it."""
        exits = self._exits(number)
        if not exits:
            return None
        others = self._put(here).join(self._put(then), on="customer", how="anti")
        in_time = [reduce(and_, self._in_time(number, e), ~e.is_null()) for e in exits]
        return others.filter(reduce(or_, in_time)).select("customer").collect()

    def _after(self, events: Plan, number: int, here: Table) -> Plan:
        """Return the events of a step that come later, in time and before any excluded one."""
        later = self._events(events, number).join(self._put(here), on="customer")
        before = [exit_.is_null() | (_at <= exit_) for exit_ in self._exits(number)]
        return later.filter(_at > _taken, *self._in_time(number, _at), *before)

    def _with_exits(self, events: Plan, number: int, here: Table) -> Table:
        """Add the first moment at which an event comes that is excluded after a step."""
        for span, excluded in self.without.items():
            if span[0] == number:
                came = self._put(here)
                out = events.filter(excluded).select("customer", "occurred_us")
                out = out.join(came.select("customer", "taken"), on="customer")
                out = _earliest(out.filter(_at > _taken), []).rename({"taken": _exit(span)})
                here = came.join(out, on="customer", how="left").collect()
        return here

    def _events(self, events: Plan, number: int) -> Plan:
        """Return the customers and times of the events of a step."""
        happens = reduce(or_, map(self.stream.is_at, self.steps[number].names))
        return events.filter(happens).select("customer", "occurred_us")

    def _in_time(self, number: int, at: nw.Expr) -> list[nw.Expr]:
        """Return what holds of an instant that lies in the windows of a step."""
        own = self.step_windows[number - 1]
        ends = [] if self.window is None else [nw.col("entered") + self.window]
        return [at <= end for end in (ends if own is None else [*ends, _taken + own])]

    def _exits(self, number: int) -> list[nw.Expr]:
        """Return when excluded events came that rule a step out."""
        return [nw.col(_exit(span)) for span in self.without if span[0] < number <= span[1]]

    def _put(self, found: Table) -> Plan:
        """Return what was found to the engine, so that no plan looks for it again."""
        if self.stream.engine == "polars":
            return found.lazy()  # it is there
        return nw.from_native(self.stream.put(found.to_arrow())).lazy()


def walk(
    stream: JourneyStream,
    steps: Steps,
    *,
    window_days: float | None = None,
    step_window_days: StepWindows = None,
    without: Exclusions = (),
    period: Period | None = None,
    as_of: date | None = None,
) -> list[Taken]:
    """Return who takes which step; parameters are those of `funnel`."""
    plan = _read_steps(stream, steps)
    windows = _step_windows(step_window_days, len(plan) - 1)
    excluded = _excluded(stream, without, plan)
    return Walk(stream, plan, window_us(window_days), windows, excluded).taken(period, as_of)


def _read_steps(stream: JourneyStream, steps: Steps) -> list[Step]:
    """Return steps as a notebook or study.yaml gives them."""
    if isinstance(steps, str) or not len(steps):
        raise ParameterError(f"steps must be a list of at least one event, got {steps!r}")
    known = {*stream.events, *stream.touchpoints}
    plan = [read_step(step, known) for step in steps]
    for step in (plan[0], plan[-1]):
        if step.optional:
            raise ParameterError(
                f"the first and the last step must be required, got '{step.label}?'; "
                "leave out the question mark"
            )
    return plan


def read_step(step: str | Sequence[str], known: Container[str]) -> Step:
    """Return a step: alternatives, optional where they end in a question mark."""
    names = (step,) if isinstance(step, str) else tuple(step)
    if not names:
        raise ParameterError(f"a step must be an event or a list of alternatives, got {step!r}")
    # An event's own name may end in one.
    optional = [name.endswith("?") and name not in known for name in names]
    if any(optional) != all(optional):
        raise ParameterError(
            f"all alternatives of a step must be optional or none, got {step!r}; "
            "end each of them with a question mark"
        )
    plain = [name.removesuffix("?") for name in names] if all(optional) else names
    return Step(tuple(plain), all(optional))


def _step_windows(days: StepWindows, count: int) -> list[int | None]:
    """Return the window of each step after the first."""
    each = [days] * count if days is None or isinstance(days, int | float) else list(days)
    if len(each) != count:
        raise ParameterError(
            f"step_window_days must be a number, or one for each of the {count} steps after the "
            f"first, got {len(each)}"
        )
    return [window_us(one) for one in each]


def _excluded(
    stream: JourneyStream, without: Exclusions, plan: Sequence[Step]
) -> dict[Span, nw.Expr]:
    """Return the excluded events by the steps between which they must not happen."""
    if isinstance(without, Mapping):
        spans = {name: _span(name, ends, plan) for name, ends in without.items()}
    else:
        names: Iterable[str] = [without] if isinstance(without, str) else without
        spans = dict.fromkeys(names, (0, len(plan) - 1))
    found: dict[Span, nw.Expr] = {}
    for name, span in spans.items():
        event = stream.is_at(name)
        found[span] = found[span] | event if span in found else event
    return found


def _span(name: str, ends: tuple[str, str], plan: Sequence[Step]) -> Span:
    """Return the numbers of the two required steps that are named, the earlier one first."""
    if isinstance(ends, str) or len(ends) != 2:
        raise ParameterError(
            f"without must name two steps for {name!r}, got {ends!r}; "
            f"such as {(plan[0].label, plan[-1].label)!r}"
        )
    numbers, after = [], -1
    for end in ends:
        later = [i for i, step in enumerate(plan) if i > after and not step.optional]
        named = [i for i in later if end in (plan[i].label, *plan[i].names)]
        if not named:
            options = [plan[i].label for i in later]
            raise ParameterError(one_of(f"the step for {name!r} in without", options, end))
        after = named[0]
        numbers.append(after)
    return numbers[0], numbers[1]


def _earliest(events: Plan, carried: Sequence[str]) -> Plan:
    """Return each customer's first event as ``taken``, and what is known of the customer."""
    known = [nw.col(name).min() for name in carried]
    return events.group_by("customer").agg(_at.min().alias("taken"), *known)


def _exit(span: Span) -> str:
    """Return the column with the first event that is excluded between two steps."""
    return f"exit_{span[0]}_{span[1]}"
