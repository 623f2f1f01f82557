"""What the ledger says at a touchpoint beside the curve: ways on, time, gains, what is in the way.

On the map of one persona its own rows speak where there are any, else everybody's, marked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import pandas as pd

from cjm_lab.journey.declared import joined, strongest
from cjm_lab.journey.ideas import rule_touchpoint
from cjm_lab.journey.model import Cell, CellStatus, Item, State
from cjm_lab.journey.pains import Usual
from cjm_lab.journey.rows import Row, Rows
from cjm_lab.ledger import evidence, row_estimate
from cjm_lab.metrics.evidence import ONWARD
from cjm_lab.study import ResponseRule, Study, Touchpoint
from cjm_lab.words import capital, counted, measure_name, number, shown

#: Whose rows those are that stand in for a persona's own.
EVERYBODY = "all customers"
#: Moves that fewer than this share of the customers make are not drawn.
LEAST_MOVE = 0.05
#: So many ways on stand at a touchpoint.
MOST_MOVES = 3
#: Mean severity from which a finding of the walkthrough stands in the way (1: cosmetic problem).
LEAST_SEVERITY = 1.0


#: The contact rows about each touchpoint, each with its topic.
Topics: TypeAlias = dict[str, list[tuple[str, Row]]]


@dataclass(frozen=True, slots=True)
class Group:
    """The rows about the map's people: a persona's own where there are any, else everybody's."""

    rows: Rows
    persona: str = ""

    def one(self, measure: str, touchpoint: str) -> Row | None:
        """Return the row of a measure at a touchpoint, None if there is none."""
        own = self.rows.one(measure, touchpoint, self.persona)
        return self.rows.one(measure, touchpoint) if own is None else own

    def mark(self, row: Row | None) -> str:
        """Return who a row is about, where that is not the persona of the map."""
        other = row is not None and row["persona"] != self.persona
        return EVERYBODY if other else ""


@dataclass(frozen=True, slots=True)
class Move:
    """A way on from a touchpoint: 0 to the planned next one, 1 skips forward, 2 goes back."""

    row: Row
    to: Touchpoint
    order: int
    text: str


def cell_of(items: list[Item], status: CellStatus, *rows: Row | None) -> Cell:
    """Return a cell with the evidence ids of the rows; an empty one if nothing is said."""
    return Cell(tuple(items), status, evidence_ids(rows)) if items else Cell()


def evidence_ids(rows: Iterable[Row | None]) -> tuple[str, ...]:
    """Return the ids of the rows that there are, each once."""
    return tuple(dict.fromkeys(str(row["evidence_id"]) for row in rows if row is not None))


def moves_from(here: Touchpoint, group: Group, study: Study) -> list[Move]:
    """Return where customers go from a touchpoint, likeliest first."""
    order = [t.id for t in study.touchpoints]
    at, found = order.index(here.id), []
    known = group.rows.all("transition", here.id, group.persona)
    known = known or group.rows.all("transition", here.id)
    for row in sorted(known, key=lambda row: -row["value"]):
        to = _target(row, here, study)
        if to is None:
            continue
        steps = order.index(to.id) - at
        way, verb = (0, "on to") if steps == 1 else (1, "skips to") if steps > 1 else (2, "back to")
        found.append(Move(row, to, way, f"{verb} {to.name}" if steps else "here again"))
    return found


def ways(moves: list[Move], group: Group) -> Cell:
    """Return the likeliest ways on: the planned one first, then skips forward, then loops back."""
    likely = [move for move in moves if move.row["value"] >= LEAST_MOVE]
    drawn = sorted(likely, key=lambda move: move.order != 0)[:MOST_MOVES]
    items = [
        Item(
            move.text,
            joined(shown(row_estimate(move.row), "transition").full, group.mark(move.row)),
            "move",
            row_estimate(move.row),
            to=move.to.id,
        )
        for move in sorted(drawn, key=lambda move: move.order)
    ]
    return cell_of(items, "observed", *(move.row for move in drawn))


def measures(here: Touchpoint, moves: list[Move], topics: Topics, group: Group) -> Cell:
    """Return the time to the next touchpoint, who needs help, and the recommendation asked here."""
    items: list[Item] = []
    used: list[Row | None] = []
    onward = next((move for move in moves if move.order < 2), None)
    gap = ONWARD.match(onward.row["note"]) if onward else None
    if onward and gap:
        detail = joined(f"median, within {gap[1]} days", group.mark(onward.row))
        items.append(Item(f"{time_words(float(gap[2]))} to {onward.to.name}", detail))
        used.append(onward.row)
    for topic, row in topics.get(here.id, []):
        text = shown(row_estimate(row), "contact_share")
        about = joined(f"{text.interval} {text.n}".strip(), topic, group.mark(row))
        items.append(Item(f"{text.value} ask for help", about))
        used.append(row)
    score = group.one("nps", here.id)
    if score is not None:
        text = shown(row_estimate(score), "nps")
        about = joined(f"{text.interval} {text.n}".strip(), group.mark(score))
        items.append(Item(f"{capital(measure_name('nps'))}: {text.value}", about))
        used.append(score)
    return cell_of(items, "observed", *used)


def marked(cells: Sequence[Cell], group: Group) -> tuple[Cell, ...]:
    """Return cells about all customers, marked so on the map of a persona."""
    if not group.persona:
        return tuple(cells)
    return tuple(
        replace(
            cell,
            items=tuple(replace(i, detail=joined(i.detail, EVERYBODY)) for i in cell.items),
        )
        for cell in cells
    )


def gains(here: Touchpoint, group: Group) -> Cell:
    """Return what goes well: satisfaction above neutral, or mostly praise, with the interval."""
    items: list[Item] = []
    used: list[Row | None] = []
    for measure, least, words in (
        ("valence", 0.0, "Satisfied"),
        ("positive_share", 0.5, "Mostly praise"),
    ):
        row = group.one(measure, here.id)
        if row is not None and row["low"] > least:
            quoted = group.rows.all("quote", here.id, group.persona)
            praise = [quote for quote in quoted if quote["note"][:8] == "positive"]
            quotes = counted(len(praise), "positive quote") if praise and not used else ""
            detail = joined(shown(row_estimate(row), measure).full, quotes, group.mark(row))
            items.append(Item(words, detail))
            used += [row, *praise]
    return cell_of(items, "reasoned", *used)


def hesitations(here: Touchpoint, study: Study, usual: Usual, group: Group) -> Cell:
    """Return whether more customers than usual go no further."""
    drop = group.one("drop_off", here.id) if here.id != study.touchpoints[-1].id else None
    if drop is None or not drop["low"] > usual.lost:
        return Cell()
    lost = shown(row_estimate(drop), "drop_off").full
    detail = joined(f"{lost}; usual {number(usual.lost, percent=True)}", group.mark(drop))
    return cell_of([Item("More stop here than usual", detail)], "reasoned", drop)


def obstacles(here: Touchpoint, topics: Topics, group: Group) -> Cell:
    """Return what the walkthrough found in the way, and what customers need help with."""
    items: list[Item] = []
    used: list[Row | None] = []
    severity = group.one("severity", here.id)
    if severity is not None and severity["value"] >= LEAST_SEVERITY and severity["label"]:
        text = shown(row_estimate(severity), "severity")
        detail = f"severity {text.value} of 4 {text.interval} {text.n}"
        items.append(Item(severity["label"], joined(detail, "walkthrough")))
        used.append(severity)
    for topic, row in topics.get(here.id, []):
        items.append(Item(capital(topic), joined("customers ask for help", group.mark(row))))
        used.append(row)
    return cell_of(items, "reasoned", *used)


def responses(here: Touchpoint, study: Study, rows: Rows) -> Cell:
    """Return the study's response rules that lie here, with how many meet and wait for them."""
    cells = [
        _response(rule, here, study, rows)
        for rule in study.responses
        if rule_touchpoint(rule, study) == here.id
    ]
    status = strongest([cell.status for cell in cells])
    items = [
        replace(item, status=None if cell.status == status else cell.status)
        for cell in cells
        for item in cell.items
    ]
    return Cell(tuple(items), status, tuple(key for cell in cells for key in cell.evidence_ids))


def resources(here: Touchpoint, rows: Rows, state: State = "as-is") -> Cell:
    """Return what serves the touchpoint and is not there yet: somebody's word.

    On the journey as it is meant to be, what the budget buys is there.
    """
    gaps = sorted(rows.all("resource_gap", here.id), key=lambda row: str(row["label"]))
    bought = set()
    if state == "to-be":
        bought = {row["label"] for row in rows.all("chosen", here.id) if row["value"] == 1}
    items = [
        Item(row["label"], "as if there" if row["label"] in bought else row["note"]) for row in gaps
    ]
    return cell_of(items, "assumed", *gaps)


def chosen(here: Touchpoint, rows: Rows) -> Cell:
    """Return the improvements that the budget buys, as if done, each with its forecast."""
    items: list[Item] = []
    used: list[Row | None] = []
    for row in rows.all("chosen", here.id):
        if row["value"] == 1:
            lifts = rows.all("conversion_lift", here.id)
            lift = next((r for r in lifts if r["label"] == row["label"]), None)
            items.append(Item(row["label"], joined("as if done", lift_words(lift)), "idea"))
            used += [row, lift]
    return cell_of(items, "reasoned", *used) if items else Cell(note="Nothing chosen")


def whole_set(rows: Rows) -> str:
    """Return what all that the budget buys brings together."""
    made = evidence(lane="forecast", measure="conversion_lift", item="portfolio")["evidence_id"]
    known = rows.all("conversion_lift")
    lift = next((row for row in known if row["evidence_id"] == made), None)
    text = shown(row_estimate(lift), "conversion", change=True) if lift else None
    return f"together {text.value} of conversion {text.interval}" if text else ""


def lift_words(lift: Row | None) -> str:
    """Return what an improvement is forecast to bring, and on what premise."""
    if lift is None:
        return ""
    text = shown(row_estimate(lift), "conversion", change=True)
    return joined(f"{text.value} of conversion {text.interval}", lift["note"].partition(";")[0])


def topics_by_place(rows: Rows, study: Study) -> Topics:
    """Return what customers need help with at each touchpoint, most of them first.

    A topic belongs where it names a keyword of the touchpoint, as a mention does.
    """
    shares = sorted(rows.all("contact_share"), key=lambda row: -row["value"])
    named = [(topic, row) for row in shares if (topic := row["label"].partition(": ")[2])]
    if not named:
        return {}
    from cjm_lab.social import link_touchpoints

    links = link_touchpoints(pd.Series([topic for topic, _ in named]), study)
    found: Topics = defaultdict(list)
    for place in links.columns:
        found[place] = [named[i] for i in links.index[links[place]]]
    return found


def time_words(hours: float) -> str:
    """Return a span of time in the unit that a reader would use.

    Examples
    --------
    >>> time_words(0.0167), time_words(2.45), time_words(33.7), time_words(80)
    ('1 minute', '2.5 hours', '34 hours', '3.3 days')
    """
    value, unit = (hours * 60, "minute") if hours < 1 else (hours, "hour")
    if hours >= 48:
        value, unit = hours / 24, "day"
    if value < 1:
        return "less than a minute"
    text = f"{value:,.0f}" if value >= 10 else f"{value:.1f}".removesuffix(".0")
    return f"{text} {unit}{'' if text == '1' else 's'}"


def _target(row: Row, here: Touchpoint, study: Study) -> Touchpoint | None:
    """Return where a transition leads: the touchpoint that its label names."""
    named = [t for t in study.touchpoints if row["label"] == f"{here.name} → {t.name}"]
    if len(named) < 2:
        return next(iter(named), None)
    # Two touchpoints of one name: only the id, made again, tells which.
    made = {_move_id(row["persona"], here.id, t.id): t for t in named}
    return made.get(row["evidence_id"])


def _move_id(persona: str, here: str, to: str) -> str:
    """Return the id of a transition's row, made again."""
    row = evidence(
        lane="transition",
        measure="transition",
        touchpoint=here,
        persona=persona,
        item=f"{here}>{to}",
    )
    return str(row["evidence_id"])


def _rule_id(rule: ResponseRule, touchpoint: str, measure: str) -> str:
    """Return the id of a rule's row, made again: two rules may have the same words."""
    row = evidence(lane="response", measure=measure, touchpoint=touchpoint, item=rule.id)
    return str(row["evidence_id"])


def _response(rule: ResponseRule, here: Touchpoint, study: Study, rows: Rows) -> Cell:
    """Return a response rule: what happens, how many meet it, and what is at stake."""
    known: dict[str, Row] = {}
    for measure in ("triggered", "waiting_now", "returned_unaided", "revenue_at_stake"):
        row_id = _rule_id(rule, here.id, measure)
        for row in rows.all(measure, here.id):
            if row["evidence_id"] == row_id:
                known[measure] = row
    currency = study.budget.currency if study.budget else ""
    about = joined(*(_response_words(m, row, currency) for m, row in known.items()))
    item = Item(rule.reaction or rule.reason or rule.when, about or "not counted yet")
    first = next(iter(known.values()), None)
    return cell_of([item], first["status"] if first else "assumed", *known.values())


def _response_words(measure: str, row: Row, currency: str) -> str:
    """Return a number of a response rule in words."""
    text = shown(row_estimate(row), measure)
    value = f"{row['value']:,.0f}"
    return {
        "triggered": f"{value} met it",
        "waiting_now": f"{value} wait now",
        "returned_unaided": f"{text.value} {text.interval} come back by themselves",
        "revenue_at_stake": f"{text.value} {currency} at stake {text.interval}".replace("  ", " "),
    }[measure]
