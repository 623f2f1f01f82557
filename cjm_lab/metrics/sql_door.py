"""The doors of DuckDB and Spark: one stream in SQL, in the few words that each has of its own."""

from __future__ import annotations

from typing import Any, Protocol

from cjm_lab.errors import SourceError
from cjm_lab.metrics.coding import (
    BOT_EVENTS,
    BOT_US,
    COORDINATES,
    DAY_US,
    Cuts,
    Faults,
    Opened,
    Places,
    offsets,
    places,
)
from cjm_lab.sources.event_log import ROW
from cjm_lab.study import Study

__all__ = ["COLUMNS", "ROW", "Engine", "open_sql"]

COLUMNS = (
    "customer", "position", "occurred_us", "day", "session", "journey", "event", "next_event",
    "gap_us", "touchpoint", "next_touchpoint", "touchpoint_gap_us", "stage", *COORDINATES, "value",
)  # fmt: skip


#: What decides between events of one customer and instant where rows have no order.
_TIES = f"event, value nulls last, {', '.join(f'{n} nulls last' for n in COORDINATES)}, mark"


class Engine(Protocol):
    """What a database does for the door; `{name}` in a query stands for a table kept before."""

    def types(self) -> dict[str, str]:
        """Return the columns of ``{events}`` and their types, in lower case."""

    def micros(self, column: str, type_: str) -> str:
        """Return a time as microseconds since 1970 in UTC, '' where the type holds no time."""

    def mark(self) -> str:
        """Return a hash of all columns of ``{events}`` but the number of the row."""

    def following(self, known: str) -> str:
        """Return the next value that is not null, up to the window's name."""

    def keep(self, name: str, query: str) -> Any:
        """Run a query, keep its result under a name and return it as a native table."""

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        """Return the few rows of a query."""

    def release(self, *names: str) -> None:
        """Give up tables that were kept and nothing needs any longer."""


def open_sql(engine: Engine, study: Study | None, cuts: Cuts) -> Opened:
    """Return the table ``{events}`` of an engine as a stream.

    Parameters
    ----------
    engine
        DuckDB or Spark.
    study
        Says which touchpoint an event belongs to.
    cuts
        Where sessions and journeys end.

    Raises
    ------
    SourceError
        If the times are no times.
    """
    types = engine.types()
    held = [name for name in COORDINATES if name in types]
    engine.keep("named", _named(engine, types, held))
    customers = engine.keep(
        "people",
        "select cast(row_number() over (order by customer_id) - 1 as int) as customer, customer_id "
        "from (select distinct customer_id from {named}) as ids",
    )
    texts = {name: _words(engine, name) for name in ("event", *held)}
    where = places(texts["event"], study, cuts)
    engine.keep("marked", _marked(held, has_row=ROW in types))
    whole, placed, people = engine.fetch(
        "select (select count(*) from {events}), (select count(*) from {named}), "
        "(select count(*) from {people})"
    )[0]
    first, last, kept, backward = engine.fetch(
        "select min(us), max(us), sum(case when again then 0 else 1 end), "
        "sum(case when back then 1 else 0 end) from {marked}"
    )[0]
    kept = int(kept or 0)
    day = _day(where.time_zone, first, last)
    engine.keep("ordered", _ordered(engine, where, cuts, day, ROW if ROW in types else _TIES))
    unmapped, ties, last_day, bots = engine.fetch(
        "select sum(case when touchpoint is null then 1 else 0 end), "
        "sum(case when gap_us = 0 then 1 else 0 end), max(day), "
        "count(distinct case when fast then customer end) from {ordered}"
    )[0]
    frame = engine.keep("stream", f"select {', '.join(COLUMNS)} from {{ordered}}")
    engine.release("named", "marked", "ordered")
    return Opened(
        frame,
        customers=customers,
        places=where,
        texts={name: texts.get(name, ()) for name in COORDINATES},
        faults=Faults(
            unmapped=int(unmapped or 0),
            duplicates=int(placed) - kept,
            unplaced=int(whole - placed),
            ties=int(ties or 0),
            backward=int(backward or 0) if ROW in types else None,
            bots=int(bots or 0),
        ),
        events=kept,
        people=int(people),
        last_day=int(last_day or 0),
    )


def _named(engine: Engine, types: dict[str, str], held: list[str]) -> str:
    """Return the query of the events that have a customer, a time and a name."""
    at = engine.micros("occurred_at", types["occurred_at"])
    if not at:
        raise SourceError(
            f"occurred_at must hold times, got {types['occurred_at']}; cast the column to a "
            "timestamp first"
        )
    texts = [
        f"nullif(cast({name} as string), '') as {name}" for name in ("customer_id", "event", *held)
    ]
    value = "cast(value as double)" if "value" in types else "cast(null as double)"
    value = f"case when isnan({value}) then null else {value} end as value"
    parts = [*texts, f"{at} as us", value, f"{engine.mark()} as mark"]
    parts += [ROW] if ROW in types else []
    known = " and ".join(f"{name} is not null" for name in ("customer_id", "us", "event"))
    return f"select * from (select {', '.join(parts)} from {{events}} as e) as named where {known}"


def _words(engine: Engine, name: str) -> tuple[str, ...]:
    """Keep the codes of a column's texts, in alphabetical order, and return the texts."""
    engine.keep(
        f"{name}_codes",
        f"select {name} as word, cast(row_number() over (order by {name}) - 1 as int) as code "
        f"from (select distinct {name} from {{named}} where {name} is not null) as words",
    )
    found = engine.fetch(f"select word from {{{name}_codes}} order by code")
    return tuple(row[0] for row in found)


def _marked(held: list[str], *, has_row: bool) -> str:
    """Return the query that gives every event its codes, and says which it repeats."""
    joins = " ".join(
        f"left join {{{name}_codes}} as {name}_codes on named.{name} = {name}_codes.word"
        for name in ("event", *held)
    )
    codes = ", ".join(f"{name}_codes.code as {name}" for name in ("event", *held))
    absent = "".join(f", cast(null as int) as {name}" for name in COORDINATES if name not in held)
    row = f", {ROW}" if has_row else ""
    if has_row:
        again = f"row_number() over (partition by customer, us, mark order by {ROW}) > 1"
        back = f"coalesce(lag(us) over (partition by customer order by {ROW}) > us, false)"
    else:  # the same rows stand side by side
        side = f"over (partition by customer order by us, {_TIES})"
        again = f"coalesce(lag(us) {side} = us and lag(mark) {side} = mark, false)"
        back = "false"
    return (
        f"select *, {again} as again, {back} as back from (select people.customer, named.us, "
        f"named.value, named.mark, {codes}{absent}{row} from {{named}} as named "
        f"join {{people}} as people on named.customer_id = people.customer_id {joins}) as coded"
    )


def _ordered(engine: Engine, where: Places, cuts: Cuts, day: str, ties: str) -> str:
    """Return the query of the stream: position, sessions, journeys, what follows, how soon."""
    w = "over (partition by customer order by position)"
    cut = ["before is null"]
    cut += [f"before > {cuts.journey_us}"] if cuts.journey_us is not None else []
    cut += [f"event in ({', '.join(map(str, where.starts))})"] if where.starts else []
    cut += [f"event_before in ({', '.join(map(str, where.ends))})"] if where.ends else []
    rows = [
        f"({code}, {_null(at)}, {_null(stage)})"
        for code, (at, stage) in enumerate(zip(where.touchpoint_of, where.stage_of, strict=True))
    ] or ["(-1, cast(null as int), cast(null as int))"]
    onward = "case when touchpoint is not null then"
    return f"""
    with positioned as (
        select marked.*, placed.touchpoint, placed.stage,
            cast(row_number() over (partition by customer order by us, {ties}) as int) as position
        from {{marked}} as marked
        join (values {", ".join(rows)}) as placed(code, touchpoint, stage)
            on marked.event = placed.code
        where not again
    ), seen as (
        select *, us - lag(us) {w} as before, lag(event) {w} as event_before from positioned
    )
    select customer, position, us as occurred_us, {day} as day,
        cast(sum(case when before is null or before > {cuts.session_us} then 1 else 0 end)
            {w} as int) as session,
        cast(sum(case when {" or ".join(cut)} then 1 else 0 end) {w} as int) as journey,
        event, lead(event) {w} as next_event, lead(us) {w} - us as gap_us,
        touchpoint, {onward} {engine.following("touchpoint")} {w} end as next_touchpoint,
        {onward} {engine.following(onward + " us end")} {w} - us end as touchpoint_gap_us,
        stage, {", ".join(COORDINATES)}, value,
        coalesce(lead(us, {BOT_EVENTS - 1}) {w} - us <= {BOT_US}, false) as fast
    from seen
    """


def _null(code: int | None) -> str:
    return "cast(null as int)" if code is None else str(code)


def _day(time_zone: str, first: int | None, last: int | None) -> str:
    """Return the expression of an event's local day."""
    shift = "0"
    if first is not None and last is not None:
        (_, offset), *changes = offsets(time_zone, first, last)
        later = "".join(f" when us >= {at} then {shift}" for at, shift in reversed(changes))
        shift = f"case{later} else {offset} end" if changes else str(offset)
    return f"cast(floor((us + {shift}) / cast({DAY_US} as double)) as int)"
