"""What the journey stream, the CRM and the response rules put in the ledger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.ledger import Status, evidence, evidence_frame
from cjm_lab.metrics import rules
from cjm_lab.metrics._frames import count_of, estimate_of, known
from cjm_lab.metrics.activity import usage
from cjm_lab.metrics.arrivals import acquisition
from cjm_lab.metrics.base import REPEAT_WITHIN_DAYS, customer_base
from cjm_lab.metrics.coding import BOT_EVENTS
from cjm_lab.metrics.paths import transitions
from cjm_lab.metrics.places import (
    WINDOW_DAYS,
    active_customers,
    drop_off,
    entry_share,
    exit_share,
    reach,
    stage_share,
)
from cjm_lab.metrics.service import RESOLVED_WITHIN_DAYS, contacts
from cjm_lab.metrics.steps import funnel
from cjm_lab.metrics.stream import JourneyStream
from cjm_lab.metrics.triggers import parse_trigger
from cjm_lab.period import Period
from cjm_lab.study import ResponseRule, Study

#: What the note of a transition says: days that it may take, median hours.
ONWARD = re.compile(r"next within (\S+) days, median (\S+) hours")

#: Customers below which a month is too thin and the rolling quarter is estimated instead.
THIN_BASE = 30
#: Customers below which a pair, event, channel or topic is not reported, to protect them.
FEWEST_CUSTOMERS = 5
#: How many events get a share of their own in the ledger.
MOST_FREQUENT = 20

Row = dict[str, Any]


def journey_evidence(
    stream: JourneyStream, customers: pd.DataFrame, study: Study, period: Period, as_of: date
) -> pd.DataFrame:
    """Return the ledger rows of the event log: base, reach, drop-off, paths, use, acquisition.

    Parameters
    ----------
    stream
        Events of customers in order, made with `study`.
    customers
        ``customer_id`` and ``persona``; without rows there are no rows by persona.
    study
        Touchpoints, personas, funnel and level.
    period
        Span of the estimates; a month with fewer than 30 active customers becomes the quarter.
    as_of
        Last day that was observed.

    Returns
    -------
    DataFrame
        Rows of the ledger; an empty stream gives none.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> from cjm_lab.period import period_up_to
    >>> shop = Study(title="Shop", stages=[{"id": "buy", "name": "Buy", "touchpoints": [
    ...     {"id": "basket", "name": "Basket"}, {"id": "order", "name": "Order"}]}])
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob"],
    ...     "occurred_at": pd.to_datetime(["2026-09-01", "2026-09-02", "2026-09-03"], utc=True),
    ...     "event": ["basket", "order", "basket"],
    ... })
    >>> day = date(2026, 9, 30)
    >>> nobody = pd.DataFrame({"customer_id": [], "persona": []})
    >>> stream = journey_stream(log, study=shop)
    >>> rows = journey_evidence(stream, nobody, shop, period_up_to(day), day)
    >>> rows.loc[rows["lane"] == "drop_off", ["measure", "value"]].values.tolist()[0]
    ['drop_off', 0.5]
    """
    if not len(stream):
        return evidence_frame()
    note = ""
    if period.kind == "month" and active_customers(stream, period=period) < THIN_BASE:
        period = period.rolling_quarter()
        note = f"rolling quarter: fewer than {THIN_BASE} active customers in the month"
    rows = [
        *_of_group(stream, study, period, as_of, ""),
        *_of_everyone(stream, study, period, as_of),
    ]
    if len(customers):
        for persona in study.personas:
            members = customers.loc[customers["persona"] == persona.id, "customer_id"]
            if len(members):
                group = stream.of_customers(members.astype("str"))
                rows += _of_group(group, study, period, as_of, persona.id)
    for row in rows:
        row["note"] = "; ".join(part for part in (row["note"], note) if part)
    return evidence_frame(rows)


def _of_group(
    stream: JourneyStream, study: Study, period: Period, as_of: date, persona: str
) -> Iterator[Row]:
    """Yield what is estimated overall and for each persona: reach, drop-off, conversion."""
    here: dict[str, Any] = {"source": "events", "period": period, "persona": persona}
    for _, row in reach(stream, period=period, level=study.level).iterrows():
        place = _place(study, row["touchpoint"])
        yield from _row(row, study, lane="reach", measure="reach", **place, **here)
    window = _window(study)
    lost = drop_off(stream, window_days=window, period=period, as_of=as_of, level=study.level)
    for _, row in lost[lost["touchpoint"].isin(before_the_goal(study))].iterrows():
        place = _place(study, row["touchpoint"]) | {"basis": (window,)}
        place["note"] = f"no later touchpoint within {window:g} days"
        yield from _row(row, study, lane="drop_off", measure="drop_off", **place, **here)
    names = {stage.id: stage.name for stage in study.stages}
    for _, row in stage_share(stream, period=period, level=study.level).iterrows():
        what = {"measure": "stage_share", "stage": row["stage"], "label": names[row["stage"]]}
        yield from _row(row, study, lane="usage", **what, **here)
    if study.funnel is not None:
        days, without = study.funnel.window_days, study.funnel.without
        taken = funnel(
            stream, study.funnel.steps, window_days=days, without=without, period=period,
            as_of=as_of, level=study.level,
        )  # fmt: skip
        words = study.funnel.words + (f" within {days:g} days" if days else "")
        yield from _row(
            taken.iloc[-1],
            study,
            lane="base",
            measure="conversion",
            label="Conversion",
            note=words,
            basis=(*study.funnel.steps, days, *without),
            **here,
        )


def _of_everyone(stream: JourneyStream, study: Study, period: Period, as_of: date) -> Iterator[Row]:
    """Yield what is estimated overall only."""
    here: dict[str, Any] = {"source": "events", "period": period}
    active = count_of(active_customers(stream, period=period), level=study.level)
    yield evidence(
        active,
        lane="base",
        measure="active_customers",
        label="Active customers",
        note=_faults(stream),
        **here,
    )
    names = {stage.id: stage.name for stage in study.stages}
    for lane, measure, shares in (
        ("acquisition", "entry_share", entry_share),
        ("drop_off", "exit_share", exit_share),
    ):
        for _, row in shares(stream, period=period, level=study.level).iterrows():
            place = {"stage": row["stage"], "label": names[row["stage"]]}
            yield from _row(row, study, lane=lane, measure=measure, **place, **here)
    window = _window(study)
    moves = transitions(stream, window_days=window, period=period, as_of=as_of, level=study.level)
    for _, row in moves[moves["customers"] >= FEWEST_CUSTOMERS].iterrows():
        first, then = row["touchpoint"], row["next_touchpoint"]
        place = _place(study, first) | {
            "label": f"{study.touchpoint(first).name} → {study.touchpoint(then).name}",
            "item": f"{first}>{then}",
            "basis": (window,),
            # Read again by ONWARD.
            "note": f"next within {window:g} days, median {row['median_gap_hours']:.3g} hours",
        }
        yield from _row(row, study, lane="transition", measure="transition", **place, **here)
    used = usage(stream, period=period, level=study.level)
    words = {
        "events_per_customer": "Events per customer",
        "active_days": "Active days per customer",
    }
    for _, row in used.head(2 + MOST_FREQUENT).iterrows():
        if not row["item"] or row["customers"] >= FEWEST_CUSTOMERS:
            label = words.get(row["measure"], row["item"])
            what = {"measure": row["measure"], "item": row["item"], "label": label}
            yield from _row(row, study, lane="usage", **what, **here)
    if study.funnel is not None and stream.channels:
        yield from _conversion_by_channel(stream, study, period, as_of, here)
    came = acquisition(stream, period=period, level=study.level)
    for _, row in came[came["customers"] >= FEWEST_CUSTOMERS].iterrows():
        what = {"measure": "first_channel_share", "item": row["channel"], "label": row["channel"]}
        yield from _row(row, study, lane="acquisition", **what, **here)


def _conversion_by_channel(
    stream: JourneyStream, study: Study, period: Period, as_of: date, here: dict[str, Any]
) -> Iterator[Row]:
    """Yield the conversion of those who enter by each channel: what two reports are split by."""
    assert study.funnel is not None
    days, without = study.funnel.window_days, study.funnel.without
    taken = funnel(
        stream, study.funnel.steps, window_days=days, without=without, by="channel",
        period=period, as_of=as_of, level=study.level,
    )  # fmt: skip
    for _, row in taken.groupby("segment", sort=True).tail(1).iterrows():
        if row["n"] >= FEWEST_CUSTOMERS:
            yield from _row(
                row,
                study,
                lane="acquisition",
                measure="channel_conversion",
                label=row["segment"],
                segment=f"channel={row['segment']}",
                basis=(*study.funnel.steps, days, *without),
                note="by the channel that customers entered with",
                **here,
            )


def crm_evidence(
    customers: pd.DataFrame,
    orders: pd.DataFrame,
    interactions: pd.DataFrame,
    study: Study,
    period: Period,
    as_of: date,
) -> pd.DataFrame:
    """Return the ledger rows of the CRM: size, churn, repeat purchase, contacts.

    Tables without dates count whole and their rows carry no period.

    Examples
    --------
    >>> from cjm_lab.period import period_up_to
    >>> unknown = pd.to_datetime([None, None], utc=True)
    >>> people = pd.DataFrame({"customer_id": ["ann", "bob"], "joined_at": unknown,
    ...                        "left_at": pd.to_datetime(["2026-09-09", None], utc=True),
    ...                        "observed_from": unknown})
    >>> orders = pd.DataFrame({"customer_id": [], "ordered_at": []})
    >>> calls = pd.DataFrame({"customer_id": [], "topic": [], "opened_at": []})
    >>> tea, day = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}]), date(2026, 9, 30)
    >>> crm_evidence(people, orders, calls, tea, period_up_to(day), day)["value"].tolist()
    [1.0, 0.5]
    """
    rows: list[Row] = []
    labels = {"customers": "Customers", "churn_share": "Churn", "repeat_share": "Repeat buyers"}
    for _, row in customer_base(customers, orders, period=period, level=study.level).iterrows():
        of_orders = row["measure"] == "repeat_share"
        times = orders["ordered_at"] if of_orders else customers[["joined_at", "left_at"]].stack()
        rows += _row(
            row,
            study,
            lane="base",
            measure=row["measure"],
            label=labels[row["measure"]],
            basis=(REPEAT_WITHIN_DAYS,) if of_orders else (),
            source="orders" if of_orders else "customers",
            period=None if times.isna().all() else period,
        )
    labels = {
        "contact_share": "Customers in contact",
        "first_reply_hours": "Hours to the first reply",
        "resolved_share": f"Resolved within {RESOLVED_WITHIN_DAYS} days",
    }
    made = contacts(interactions, customers, period=period, as_of=as_of, level=study.level)
    undated = interactions["opened_at"].isna().all()
    for _, row in made[(made["topic"] == "") | (made["customers"] >= FEWEST_CUSTOMERS)].iterrows():
        label, topic = labels[row["measure"]], row["topic"]
        rows += _row(
            row,
            study,
            lane="contacts",
            measure=row["measure"],
            item=topic,
            label=f"{label}: {topic}" if topic else label,
            basis=(RESOLVED_WITHIN_DAYS,) if row["measure"] == "resolved_share" else (),
            source="interactions",
            period=None if undated else period,
        )
    return evidence_frame(rows)


def response_evidence(
    stream: JourneyStream,
    orders: pd.DataFrame,
    scored: pd.DataFrame,
    responses: pd.DataFrame,
    study: Study,
    period: Period,
    as_of: date,
) -> pd.DataFrame:
    """Return the ledger rows of the study's response rules.

    A rule about a source that the study lacks has no rows. Rules about mentions rest on automatic
    polarity and are ``reasoned``.

    Raises
    ------
    ParameterError
        If a rule's `when` cannot be read.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> from cjm_lab.period import period_up_to
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "bob"], "event": ["basket", "basket"],
    ...     "occurred_at": pd.to_datetime(["2026-09-01", "2026-09-03"], utc=True)})
    >>> shop = Study(title="Shop", stages=[{"id": "buy", "name": "Buy", "touchpoints": [
    ...     {"id": "basket", "name": "Basket"}, {"id": "order", "name": "Order"}]}],
    ...     responses=[{"id": "remind", "when": "basket without order within 24h"}])
    >>> orders = pd.DataFrame({"customer_id": ["eve"], "ordered_at": pd.NaT, "amount": [50.0]})
    >>> day = date(2026, 9, 30)
    >>> rows = response_evidence(
    ...     journey_stream(log, study=shop), orders, pd.DataFrame(), pd.DataFrame(), shop,
    ...     period_up_to(day), day)
    >>> rows.set_index("measure")["value"].to_dict()
    {'triggered': 2.0, 'returned_unaided': 0.0, 'waiting_now': 0.0, 'revenue_at_stake': 100.0}
    """
    window = _window(study)
    rows: list[Row] = []
    for rule in study.responses:
        trigger = parse_trigger(rule.when)
        on_mentions = trigger.kind == "mentions"
        source = {"without": "events", "mentions": "mentions", "answers": "survey"}[trigger.kind]
        if not {"events": len(stream), "mentions": len(scored), "survey": len(responses)}[source]:
            continue
        found = rules.responses(
            stream,
            [rule],
            orders=orders,
            scored=scored,
            answers=responses,
            window_days=window,
            period=period,
            as_of=as_of,
            level=study.level,
        )
        status: Status = "reasoned" if on_mentions else "observed"
        for _, row in found.iterrows():
            rows += _row(
                row,
                study,
                lane="response",
                measure=row["measure"],
                item=rule.id,
                label=rule.reason or rule.when,
                touchpoint=(place := _touchpoint_of(trigger.at, study)),
                stage=study.stage_of.get(place, ""),
                basis=(rule.when, window),
                source=source,
                status="reasoned" if row["measure"] == "revenue_at_stake" else status,
                period=period,
                note=_window_note(rule, window, on_mentions),
            )
    return evidence_frame(rows)


def _row(row: pd.Series, study: Study, **what: Any) -> Iterator[Row]:
    """Yield the ledger row of a metric's row, none where there was nothing to estimate."""
    estimate: Estimate = estimate_of(row, study.level)
    if known(estimate):
        yield evidence(estimate, **what)


def _place(study: Study, touchpoint: str) -> dict[str, Any]:
    """Return where a touchpoint's row belongs and what it is called."""
    return {
        "touchpoint": touchpoint,
        "stage": study.stage_of[touchpoint],
        "label": study.touchpoint(touchpoint).name,
    }


def before_the_goal(study: Study) -> list[str]:
    """Return the touchpoints that everyone is meant to get beyond: those before the funnel's end.

    After an order nobody must meet support or order again, and whoever doesn't is not lost.
    """
    order = list(study.stage_of)
    goal = study.touchpoint_of_event.get(study.funnel.goal, "") if study.funnel else ""
    return order[: order.index(goal)] if goal else order


def _window(study: Study) -> float:
    """Return the days in which customers must move on."""
    return (study.funnel.window_days if study.funnel else None) or WINDOW_DAYS


def _window_note(rule: ResponseRule, window: float, on_mentions: bool) -> str:
    """Return the rule and its window in words."""
    note = f"{rule.when}; window {window:g} days"
    return f"{note}; automatic polarity, bias unknown" if on_mentions else note


def _touchpoint_of(name: str, study: Study) -> str:
    """Return the touchpoint of an event or touchpoint id; "" for an event at none."""
    return study.touchpoint_of_event.get(name, "")


def _faults(stream: JourneyStream) -> str:
    """Return what was found wrong with the log, in words."""
    faults = stream.faults
    found = {
        "events at no touchpoint": faults.unmapped,
        "exact duplicates removed": faults.duplicates,
        "rows without customer, time or event left out": faults.unplaced,
        "events earlier than the one before them in the file": faults.backward or 0,
        f"customers with {BOT_EVENTS} events within a minute": faults.bots,
    }
    return "; ".join(f"{number:,} {what}" for what, number in found.items() if number)
