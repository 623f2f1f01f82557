"""The marks of change on a map: what got better or worse since the report before, in words."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from cjm_lab.journey.model import Cell, Item, JourneyMap
from cjm_lab.journey.rows import Row, Rows, frame_of, records
from cjm_lab.journey.since import change_of, values_then_now
from cjm_lab.ledger import Ledger
from cjm_lab.words import measure_name

#: The verdicts that a map marks, each with a sign of its own, so that no color is needed.
SIGNS = {"better": "▲", "worse": "▼"}

#: Lanes whose evidence is that somebody was there at all.
_ABOUT_MANY = ("touchpoint", "does", "funnel")


def mark_changes(map_: JourneyMap, ledger: Ledger | pd.DataFrame) -> JourneyMap:
    r"""Return the map on which every figure that got better or worse says so beside it.

    Parameters
    ----------
    map_
        A map; marks that it has already are taken off.
    ledger
        Evidence with the rows of the lane ``change``; without any, nothing is marked.

    Returns
    -------
    JourneyMap
        With an item of the kind ``change`` for each figure of a touchpoint that moved beyond
        chance: which way, since when, both values. It stands in the first lane that shows the
        figure; those that only name a place or what is done there show many.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.estimate import share
    >>> from cjm_lab.journey.build import build_map
    >>> from cjm_lab.journey.compare import change_evidence
    >>> from cjm_lab.ledger import evidence, evidence_frame
    >>> from cjm_lab.period import period_up_to
    >>> from cjm_lab.study import Study
    >>> def month(day, lost):
    ...     return evidence_frame([evidence(share(lost, 400), lane="drop_off", measure="drop_off",
    ...                                     touchpoint="pot", period=period_up_to(day))])
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "a", "name": "A",
    ...     "touchpoints": [{"id": "pot", "name": "Pot"}, {"id": "cup", "name": "Cup"}]}]})
    >>> now = month(date(2026, 10, 31), 80)
    >>> since = change_evidence(now, Ledger(month(date(2026, 9, 30), 160)), study)
    >>> drawn = build_map(study, pd.concat([now, since]), as_of="2026-10-31")
    >>> drawn.lane("reach").cells[0].items[-1].text
    '▲ better since September 2026: 40\xa0% → 20\xa0%'
    """
    rows, frame = Rows(ledger), frame_of(ledger)
    changes = {key: row for key, row in change_of(rows).items() if row["note"] in SIGNS}
    own = frame["evidence_id"].isin(list(changes)) & (frame["touchpoint"] != "")
    own &= frame["persona"].isin(["", map_.persona])
    now = {row["evidence_id"]: row for row in records(frame[own])}
    tested = rows.one("tested")
    when = f" since {tested['note']}" if tested and tested["note"] else ""
    marks = {key: _mark(row, changes[key], when) for key, row in now.items()}
    lanes = []
    for lane in map_.lanes:
        left = {} if lane.key in _ABOUT_MANY else marks
        lanes.append(replace(lane, cells=tuple(_marked(cell, left) for cell in lane.cells)))
        said = {key for cell in lane.cells if cell.items for key in cell.evidence_ids}
        marks = {key: mark for key, mark in marks.items() if key not in said or not left}
    return replace(map_, lanes=tuple(lanes))


def where_it_changed(map_: JourneyMap) -> JourneyMap:
    """Return the map with the lanes that hold a mark, below the touchpoints and the feelings."""
    kept = tuple(
        lane
        for lane in map_.lanes
        if lane.key in ("touchpoint", "feels")
        or any(item.kind == "change" for cell in lane.cells for item in cell.items)
    )
    curves = tuple(replace(curve, weights=()) for curve in map_.curves)
    return replace(map_, lanes=kept, curves=curves)


def _marked(cell: Cell, marks: dict[str, Item]) -> Cell:
    """Return a cell with the marks of the figures behind it, in place of those that it had."""
    own = tuple(item for item in cell.items if item.kind != "change")
    new = tuple(marks[key] for key in cell.evidence_ids if key in marks) if own else ()
    return replace(cell, items=own + new) if own + new != cell.items else cell


def _mark(now: Row, change: Row, when: str) -> Item:
    """Return what a mark says."""
    verdict = change["note"]
    then, after = values_then_now(now, change)
    words = f"{SIGNS[verdict]} {verdict}{when}: {then} → {after}"
    return Item(words, measure_name(now["measure"]), "change", strong=verdict == "worse",
                status="reasoned")  # fmt: skip
