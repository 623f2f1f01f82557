"""Building the journey map from the study and its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.journey import emotion, found, voices
from cjm_lab.journey.declared import (
    LISTS,
    STATES,
    as_planned,
    funnel_cells,
    joined,
    read_assumed,
    with_words,
    words,
)
from cjm_lab.journey.found import Group
from cjm_lab.journey.ideas import ideas_at
from cjm_lab.journey.marks import mark_changes
from cjm_lab.journey.model import (
    BY_STAGE,
    LANES,
    MEASURED,
    NO_EVIDENCE,
    Cell,
    Item,
    JourneyMap,
    Lane,
    State,
)
from cjm_lab.journey.pains import Usual, signs_at, usual_levels
from cjm_lab.journey.rows import Rows, frame_of
from cjm_lab.ledger import Ledger, row_estimate
from cjm_lab.personas.cards import PersonaCard
from cjm_lab.study import Stage, Study, Touchpoint
from cjm_lab.words import shown, span_words
from cjm_lab.workspace import parse_day

_MOST_IDEAS = 2
#: Lanes that stand on every map, however little they say.
_ALWAYS = (*MEASURED, "touchpoint", "could", "team")
_EMPTY = Cell(note=NO_EVIDENCE)


def build_map(
    study: Study,
    ledger: Ledger | pd.DataFrame,
    *,
    as_of: date | str,
    persona: str = "",
    version: str = "draft",
    state: State = "as-is",
    assumed: pd.DataFrame | None = None,
    cards: Sequence[PersonaCard] = (),
) -> JourneyMap:
    """Build the journey map: every cell from the ledger, or marked as somebody's word.

    Parameters
    ----------
    study
        Stages, touchpoints and what is assumed about them.
    ledger
        The evidence of one report.
    as_of
        The day of the report.
    persona
        Id of the persona that the map is about; empty for all customers. Where a persona has no
        rows of its own, those of all customers stand in, marked so; the emotion curve alone is
        never filled up like this.
    version
        What this drawing is called: ``draft`` until it is published.
    state
        The journey as it is; or ``to-be``: what is planned takes the place of what is assumed, the
        improvements that the budget buys stand as done, and figures stay, as of today.
    assumed
        What else people believe or plan, the table map.csv: ``stage touchpoint persona lane state
        text``, each row an item of a cell.
    cards
        The personas in short, for the exports.

    Returns
    -------
    JourneyMap
        Its lanes in the order of `cjm_lab.journey.model.LANES`. What customers expect, the
        touchpoint, what they do, how many get there and are lost, how they feel, what they say,
        what hurts, what could be done and who owns it are always there; the others where they
        say something. Figures that got better or worse since the report before say so.

    Raises
    ------
    ParameterError
        If the study has no such persona, or `assumed` names what nobody knows.

    Examples
    --------
    >>> from cjm_lab.ledger import evidence_frame
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "brew", "name": "Brew",
    ...     "touchpoints": [{"id": "pot", "name": "Pot", "action": "Pours"}]}]})
    >>> drawn = build_map(study, evidence_frame(), as_of="2026-10-31")
    >>> drawn.lane("does").cells[0].status, drawn.lane("feels").cells[0].text
    ('assumed', 'No evidence yet')
    """
    people = {p.id: p.name for p in study.personas}
    if persona and persona not in people:
        raise ParameterError(one_of("persona", people, persona))
    if state not in STATES:
        raise ParameterError(one_of("state", STATES, state))
    now, planned = read_assumed(assumed, study, persona) if assumed is not None else ({}, {})
    study = study.model_copy(update={"stages": [_with_a_place(stage) for stage in study.stages]})
    rows = Rows(ledger)
    group = Group(rows, persona)
    cells = _study_cells(study, group) | _ledger_cells(study, group) | _actions(study, rows, state)
    importance = emotion.importance_of(study, rows)
    notes = {
        "reach": _base(rows),
        "feels": _scale(rows, study),
        "matters": importance.name if importance else "",
        "could": found.whole_set(rows) if state == "to-be" else "",
    }
    lanes = []
    for key, name in LANES.items():
        ids = [s.id for s in study.stages] if key in BY_STAGE else [t.id for t in study.touchpoints]
        said = [
            with_words(cell, now.get((key, at), ()), key)
            for cell, at in zip(cells[key], ids, strict=True)
        ]
        if state == "to-be":
            said = [
                as_planned(cell, planned.get((key, at), ()), key)
                for cell, at in zip(said, ids, strict=True)
            ]
        if key in _ALWAYS or any(cell.items for cell in said):
            lanes.append(Lane(key, name, tuple(said), notes.get(key, ""), key in BY_STAGE))
    drawn = JourneyMap(
        title=study.title,
        study=study.name,
        as_of=parse_day(as_of),
        version=version,
        stages=tuple(study.stages),
        lanes=tuple(lanes),
        persona=persona,
        persona_name=people.get(persona, ""),
        persona_size=rows.estimate("size", "", persona) if persona else None,
        period=_period(rows),
        level=study.level,
        state=state,
        curves=() if persona else emotion.persona_curves(study, rows),
        findings=emotion.disagreements(study, rows),
        cards=tuple(cards),
        evidence=frame_of(ledger),
    )
    return mark_changes(drawn, ledger)


def _study_cells(study: Study, group: Group) -> dict[str, tuple[Cell, ...]]:
    """Return the lanes that begin with the study's own words."""
    places, seen = study.touchpoints, _measured_at(group.rows)
    lists = {
        key: tuple(words(getattr(place, key), missing="") for place in places) for key in LISTS
    }
    return lists | {
        "funnel": funnel_cells(study, group.rows.one("conversion")),
        "expects": tuple(words(stage.expects) for stage in study.stages),
        "touchpoint": tuple(_place(t, seen.get(t.id, ())) for t in places),
        "does": tuple(_does(t, group) for t in places),
        "team": tuple(words(t.team, "No owner named") for t in places),
    }


def _ledger_cells(study: Study, group: Group) -> dict[str, tuple[Cell, ...]]:
    """Return the lanes that begin with the evidence."""
    rows, places = group.rows, study.touchpoints
    usual, topics = usual_levels(rows, study), found.topics_by_place(rows, study)
    feels = [voices.feels(t.id, group) for t in places]
    tones = voices.ends(feels, rows, study)
    moves = {t.id: found.moves_from(t, group, study) for t in places}
    # What people say of these stands after what was found.
    reasoned = {
        "hesitations": (found.hesitations(t, study, usual, group) for t in places),
        "obstacles": (found.obstacles(t, topics, group) for t in places),
        "gains": (found.gains(t, group) for t in places),
    }
    return {
        "reach": tuple(_reach(t, group, study, usual) for t in places),
        "ways": tuple(found.ways(moves[t.id], group) for t in places),
        "feels": tuple(feels),
        "matters": found.marked(emotion.importance_cells(study, rows), group),
        "says": tuple(voices.says(t.id, group, tones.get(t.id, "")) for t in places),
        "hurts": tuple(voices.hurts(t, group, study, usual) for t in places),
        "measures": tuple(found.measures(t, moves[t.id], topics, group) for t in places),
    } | {
        key: tuple(with_words(c, getattr(t, key)) for c, t in zip(made, places, strict=True))
        for key, made in reasoned.items()
    }


def _actions(study: Study, rows: Rows, state: State) -> dict[str, tuple[Cell, ...]]:
    """Return the lanes about what the firm does or could do."""
    places = study.touchpoints
    could = (found.chosen(t, rows) if state == "to-be" else _could(t, rows, study) for t in places)
    return {
        "responses": tuple(found.responses(t, study, rows) for t in places),
        "could": tuple(could),
        "resources": tuple(found.resources(t, rows, state) for t in places),
    }


def _with_a_place(stage: Stage) -> Stage:
    """Return the stage, or one with an empty place: a stage without touchpoints shows as a gap."""
    gap = Touchpoint(id=f"{stage.id}.", name="No touchpoint named")
    return stage if stage.touchpoints else stage.model_copy(update={"touchpoints": [gap]})


def _measured_at(rows: Rows) -> dict[str, tuple[str, ...]]:
    """Return for each touchpoint the evidence that somebody was there."""
    frame = rows.frame
    there = frame["lane"].isin(["reach", "emotion", "satisfaction", "sentiment"])
    there &= frame["subject"] == "us"
    met = frame[there & (frame["status"] == "observed") & (frame["n"] > 0)]
    return {str(place): tuple(ids) for place, ids in met.groupby("touchpoint")["evidence_id"]}


def _place(touchpoint: Touchpoint, ids: tuple[str, ...]) -> Cell:
    """Return the touchpoint's name, channel and owner; observed once somebody was seen there."""
    detail = " · ".join(dict.fromkeys(p for p in (touchpoint.channel, touchpoint.ownership) if p))
    return Cell((Item(touchpoint.name, detail, "place"),), "observed" if ids else "assumed", ids)


def _does(touchpoint: Touchpoint, group: Group) -> Cell:
    """Return what customers do: assumed unless the log shows that they do."""
    reach = group.one("reach", touchpoint.id)
    logged = reach is not None and reach["value"] > 0
    events = f"In the log: {', '.join(touchpoint.events or [touchpoint.id])}"
    text = touchpoint.action or (events if logged else "")
    if not text:
        return _EMPTY
    return (
        found.cell_of([Item(text, group.mark(reach))], "observed", reach) if logged else words(text)
    )


def _reach(touchpoint: Touchpoint, group: Group, study: Study, usual: Usual) -> Cell:
    """Return how many customers get here and how many of them go no further."""
    reach, drop = group.one("reach", touchpoint.id), group.one("drop_off", touchpoint.id)
    items = []
    if reach is not None:
        text = shown(row_estimate(reach), "reach")
        detail = joined(text.interval, group.mark(reach))
        items.append(Item(text.value, detail, "bar", row_estimate(reach)))
    if drop is not None and touchpoint.id != study.touchpoints[-1].id:
        text = shown(row_estimate(drop), "drop_off")
        signs = signs_at(group.rows, touchpoint.id, study, usual)
        strong = signs.negative and "log" in signs.hurting
        detail = joined(text.interval, group.mark(drop))
        items.append(Item(f"lost {text.value}", detail, "loss", strong=strong))
    return found.cell_of(items, "observed", reach, drop) if items else _EMPTY


def _could(touchpoint: Touchpoint, rows: Rows, study: Study) -> Cell:
    """Return what could be done here."""
    ideas = ideas_at(rows, touchpoint.id, study)
    if not ideas:
        return Cell(note="Nothing planned" if rows.one("pain", touchpoint.id) else "")
    items = [Item(idea.text, idea.detail, "idea") for idea in ideas[:_MOST_IDEAS]]
    if len(ideas) > _MOST_IDEAS:
        items.append(Item(f"and {len(ideas) - _MOST_IDEAS} more"))
    ids = tuple(key for idea in ideas for key in idea.evidence_ids)
    return Cell(tuple(items), "reasoned" if ids else "assumed", ids)


def _base(rows: Rows) -> str:
    """Return whom a reach of 100 % means, where all reaches have one base."""
    reach = rows.frame[(rows.frame["measure"] == "reach") & (rows.frame["persona"] == "")]
    counts = reach["n"].dropna().unique()
    return f"of {int(counts[0]):,} active customers" if len(counts) == 1 else ""


def _scale(rows: Rows, study: Study) -> str:
    """Return what the curve shows."""
    level = f"{study.level:.0%}".replace("%", "\u00a0%")
    return f"satisfaction as rated, on −2 to +2; lines: {level} interval" if len(rows.frame) else ""


def _period(rows: Rows) -> str:
    """Return the span that most points of the curve, else most reaches, refer to."""
    frame = rows.frame[(rows.frame["period_end"] != "") & (rows.frame["persona"] == "")]
    for measure in ("valence", "reach"):
        spans = frame.loc[frame["measure"] == measure, ["period_start", "period_end"]]
        if len(spans):
            return span_words(*str(spans.agg(" ".join, axis=1).mode()[0]).split())
    return ""
