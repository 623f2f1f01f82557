"""Building the journey map from the study and its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.journey.ideas import ideas_at
from cjm_lab.journey.model import NO_EVIDENCE, Cell, CellStatus, Item, JourneyMap, Lane
from cjm_lab.journey.pains import Usual, signs_at, usual_levels
from cjm_lab.journey.rows import Row, Rows, frame_of
from cjm_lab.ledger import Ledger, row_estimate
from cjm_lab.study import Stage, Study, Touchpoint
from cjm_lab.words import capital, counted, measure_name, shown, span_words
from cjm_lab.workspace import parse_day

_LONGEST_QUOTE = 120
_MOST_IDEAS = 2
#: Scores that a touchpoint may have beside its place on the curve.
_ASKED = ("csat", "ces", "sus", "umux_lite")
_EMPTY = Cell(note=NO_EVIDENCE)


def build_map(
    study: Study,
    ledger: Ledger | pd.DataFrame,
    *,
    as_of: date | str,
    persona: str = "",
    version: str = "draft",
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
        Id of the persona that the map is about; empty for all customers.
    version
        What this drawing is called: ``draft`` until it is published.

    Returns
    -------
    JourneyMap
        Lanes, from top to bottom: what customers expect, the touchpoint, what they do, how many
        get there and are lost, how they feel, what they say, what hurts, what could be done and
        who owns it.

    Raises
    ------
    ParameterError
        If the study has no such persona.

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
    study = study.model_copy(update={"stages": [_with_a_place(stage) for stage in study.stages]})
    rows = Rows(ledger)
    places = study.touchpoints
    usual = usual_levels(rows, study)
    feels = [_feels(rows.one("valence", t.id, persona)) for t in places]
    tones = _ends(feels, rows, study)
    seen = _measured_at(rows)
    lanes = (
        Lane("expects", "Expects", tuple(_words(s.expects) for s in study.stages), by_stage=True),
        Lane("touchpoint", "Touchpoint", tuple(_place(t, seen.get(t.id, ())) for t in places)),
        Lane("does", "Does", tuple(_does(t, rows.one("reach", t.id)) for t in places)),
        Lane(
            "reach",
            "Reach",
            tuple(_reach(t, rows, study, persona, usual) for t in places),
            _base(rows),
        ),
        Lane("feels", "Feels", tuple(feels), _scale(rows, study)),
        Lane("says", "Says", tuple(_says(t.id, rows, tones.get(t.id, "")) for t in places)),
        Lane("hurts", "Hurts", tuple(_hurts(t, rows, study, usual) for t in places)),
        Lane("could", "Could do", tuple(_could(t, rows, study) for t in places)),
        Lane("team", "Team", tuple(_words(t.team, "No owner named") for t in places)),
    )
    return JourneyMap(
        title=study.title,
        study=study.name,
        as_of=parse_day(as_of),
        version=version,
        stages=tuple(study.stages),
        lanes=lanes,
        persona=persona,
        persona_name=people.get(persona, ""),
        persona_size=rows.estimate("size", "", persona) if persona else None,
        period=_period(rows),
        level=study.level,
        evidence=frame_of(ledger),
    )


def _with_a_place(stage: Stage) -> Stage:
    """Return the stage, or one with an empty place: a stage without touchpoints shows as a gap."""
    gap = Touchpoint(id=f"{stage.id}.", name="No touchpoint named")
    return stage if stage.touchpoints else stage.model_copy(update={"touchpoints": [gap]})


def _words(text: str, missing: str = NO_EVIDENCE) -> Cell:
    """Return somebody's word as an assumed cell."""
    return Cell((Item(text),), "assumed") if text else Cell(note=missing)


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


def _does(touchpoint: Touchpoint, reach: Row | None) -> Cell:
    """Return what customers do: assumed unless the log shows that they do."""
    logged = reach is not None and reach["value"] > 0
    events = f"In the log: {', '.join(touchpoint.events or [touchpoint.id])}"
    text = touchpoint.action or (events if logged else "")
    if not text:
        return _EMPTY
    return Cell((Item(text),), *(("observed", _ids(reach)) if logged else ("assumed", ())))


def _reach(touchpoint: Touchpoint, rows: Rows, study: Study, persona: str, usual: Usual) -> Cell:
    """Return how many customers get here and how many of them go no further."""
    reach = rows.one("reach", touchpoint.id, persona)
    drop = rows.one("drop_off", touchpoint.id, persona)
    items = []
    if reach is not None:
        text = shown(row_estimate(reach), "reach")
        items.append(Item(text.value, text.interval, "bar", row_estimate(reach)))
    if drop is not None and touchpoint.id != study.touchpoints[-1].id:
        text = shown(row_estimate(drop), "drop_off")
        signs = signs_at(rows, touchpoint.id, study, usual)
        strong = signs.negative and "log" in signs.hurting
        items.append(Item(f"lost {text.value}", text.interval, "loss", strong=strong))
    return Cell(tuple(items), "observed", _ids(reach, drop)) if items else _EMPTY


def _feels(row: Row | None) -> Cell:
    """Return the point of the emotion curve."""
    if row is None:
        return _EMPTY
    text = shown(row_estimate(row), "valence")
    item = Item(text.value, f"{text.interval} {text.n}".strip(), "point", row_estimate(row))
    return Cell((item,), row["status"], _ids(row))


def _ends(feels: Sequence[Cell], rows: Rows, study: Study) -> dict[str, str]:
    """Return which tone of quote belongs where: negative at the lowest point, positive on top.

    Without a curve the worst pain takes the place of the lowest point, and there is no highest.
    """
    points = [
        (cell.items[0].estimate.value, touchpoint.id)
        for cell, touchpoint in zip(feels, study.touchpoints, strict=True)
        if cell.items and cell.items[0].estimate
    ]
    if points:
        highest = max(points, key=lambda point: point[0])[1]
        lowest = min(points, key=lambda point: point[0])[1]
        return {highest: "positive", lowest: "negative"}
    ranks = {t.id: row["value"] for t in study.touchpoints if (row := rows.one("rank", t.id))}
    return {place: "negative" for place, rank in ranks.items() if rank == 1}


def _says(touchpoint: str, rows: Rows, tone: str) -> Cell:
    """Return a quote of a tone, if any, the scores asked here and the share of complaints."""
    items: list[Item] = []
    used: list[Row | None] = []
    quote = _best_quote(rows.all("quote", touchpoint), tone)
    if quote is not None:
        text = quote["label"]
        cut = text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE].rstrip()}…"
        source = f"from {quote['source']}" if quote["source"] else ""
        items.append(Item(f"“{cut}”", source, "quote"))
        used.append(quote)
    for measure in _ASKED:  # on scales of their own: beside the curve, never on it
        score = rows.one(measure, touchpoint)
        if score is not None:
            text = shown(row_estimate(score), measure)
            of = "" if measure == "csat" else f" of {score['scale_max']:g}"
            about = f"{text.interval} {text.n}".strip()
            items.append(Item(f"{capital(measure_name(measure))}: {text.value}{of}", about))
            used.append(score)
    labeled = rows.one("negative_share", touchpoint)
    automatic = rows.one("automatic_negative_share", touchpoint)
    mentions = rows.one("mentions", touchpoint)
    status: CellStatus = "observed"
    if labeled is not None:
        share = shown(row_estimate(labeled), "negative_share")
        items.append(Item(f"{share.value} negative", f"{share.interval} {share.n} mentions"))
        used.append(labeled)
    elif mentions is not None and mentions["value"] > 0:
        guess = shown(row_estimate(automatic), "negative_share") if automatic else None
        detail = f"{guess.value} negative {guess.interval}" if guess else ""
        items.append(Item(counted(mentions["value"], "mention"), detail))
        used += [mentions, automatic]
        status = "reasoned" if guess and quote is None else "observed"
    return Cell(tuple(items), status, _ids(*used)) if items else _EMPTY


def _best_quote(quotes: list[Row], tone: str) -> Row | None:
    """Return the first quote of a tone that fits its cell, else the shortest one."""
    own = [row for row in quotes if row["note"].partition(";")[0] == tone and row["label"].strip()]
    fitting = [row for row in own if len(row["label"]) <= _LONGEST_QUOTE]
    return next(iter(fitting), min(own, key=lambda row: len(row["label"]), default=None))


def _hurts(touchpoint: Touchpoint, rows: Rows, study: Study, usual: Usual) -> Cell:
    """Return the pain point; where something was measured and nothing hurts, the cell says so."""
    pain, rank = rows.one("pain", touchpoint.id), rows.one("rank", touchpoint.id)
    if pain is None:
        signs = signs_at(rows, touchpoint.id, study, usual)
        if signs.rows:
            return Cell((), "observed", _ids(*signs.rows), "Nothing found")
        return _EMPTY
    place = int(rank["value"]) if rank is not None else 0
    item = Item(pain["label"], f"{_carried(pain)} · {_agreement(pain['note'])}", "pain", rank=place)
    return Cell((item,), "reasoned", _ids(pain))


def _carried(pain: Row) -> str:
    """Return the number that carries a pain, in words that tell what it is."""
    estimate = row_estimate(pain)
    carrier = pain["note"].partition(" ")[0].strip(",")
    if carrier == "survey":
        return f"satisfaction {shown(estimate, 'valence').full}"
    if carrier == "walkthrough":
        severity = shown(estimate, "severity")
        return f"severity {severity.value} of 4 {severity.interval} {severity.n}"
    return f"{shown(estimate, 'drop_off').full} {'lost' if carrier == 'log' else 'negative'}"


def _agreement(note: str) -> str:
    """Return who agrees, short enough for a cell; the evidence has the whole sentence."""
    agree = note.partition(";")[0]
    names = agree.removesuffix(" agree").replace(" and ", ", ").split(", ")
    return f"{len(names)} sources agree" if len(names) > 2 else agree


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


def _ids(*rows: Row | None) -> tuple[str, ...]:
    """Return the evidence ids of the rows that there are."""
    return tuple(row["evidence_id"] for row in rows if row is not None)
