"""What could be done at a touchpoint: opportunities with their forecast, and response rules."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cjm_lab.journey.rows import Row, Rows
from cjm_lab.ledger import row_estimate
from cjm_lab.planning.priorities import SCORE_MEASURES
from cjm_lab.study import ResponseRule, Study
from cjm_lab.words import number, shown


@dataclass(frozen=True, slots=True)
class Idea:
    """Something that could be done, what it would bring, and the evidence behind it."""

    text: str
    detail: str
    evidence_ids: tuple[str, ...]


def ideas_at(rows: Rows, touchpoint: str, study: Study) -> list[Idea]:
    """Return what could be done at a touchpoint, the best score first, then the response rules."""
    scored = [row for measure in SCORE_MEASURES.values() for row in rows.all(measure, touchpoint)]
    ideas = [_opportunity(rows, row) for row in sorted(scored, key=lambda row: -row["value"])]
    for rule in study.responses:
        if rule_touchpoint(rule, study) == touchpoint:
            ideas.append(_response(rows.all("waiting_now", touchpoint), rule))
    return ideas


def rule_touchpoint(rule: ResponseRule, study: Study) -> str:
    """Return the first touchpoint that a rule's trigger names, by its id or one of its events.

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "buy", "name": "Buy",
    ...     "touchpoints": [{"id": "basket", "name": "Basket", "events": ["add_to_basket"]}]}]})
    >>> rule_touchpoint(ResponseRule(id="r", when="add_to_basket without order within 24h"), study)
    'basket'
    """
    places = study.touchpoint_of_event
    words = re.findall(r"[\w.-]+", rule.when)
    return next((places[word] for word in words if word in places), "")


def _opportunity(rows: Rows, row: Row) -> Idea:
    """Return an opportunity with its forecast, else with its score."""
    frame = rows.frame
    same = (frame["measure"] == "conversion_lift") & (frame["label"] == row["label"])
    forecast = frame[same & frame["value"].notna()].to_dict("records")
    if forecast:
        lift = shown(row_estimate(forecast[0]), "conversion", change=True)
        ids = (row["evidence_id"], forecast[0]["evidence_id"])
        premise = forecast[0]["note"].partition(";")[0]
        words = f"{lift.value} of conversion {lift.interval}".strip()
        return Idea(row["label"], f"{words}, {premise}" if premise else words, ids)
    score = f"score {number(row['value'])}; not yet forecast"
    return Idea(row["label"], score, (row["evidence_id"],))


def _response(waiting: list[Row], rule: ResponseRule) -> Idea:
    """Return a response rule with the number of customers who wait for it now."""
    text = rule.reaction or rule.reason or rule.when
    row = next((row for row in waiting if row["label"] in (rule.reason, rule.when)), None)
    if row is None:
        return Idea(text, "not counted yet", ())
    count = int(row["value"])
    people = "customer waits" if count == 1 else "customers wait"
    return Idea(text, f"{count:,} {people} now", (row["evidence_id"],))
