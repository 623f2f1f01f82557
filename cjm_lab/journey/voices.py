"""What customers feel, say and suffer at a touchpoint: points, marks, quotes, scores and pains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cjm_lab.journey.declared import joined
from cjm_lab.journey.found import Group, cell_of, evidence_ids
from cjm_lab.journey.model import NO_EVIDENCE, Cell, CellStatus, Item
from cjm_lab.journey.pains import LONGEST_QUOTE, Usual, evidence_behind, signs_at
from cjm_lab.journey.rows import Row, Rows
from cjm_lab.ledger import row_estimate
from cjm_lab.study import Study, Touchpoint
from cjm_lab.words import capital, counted, measure_name, shown

#: Scores that a touchpoint may have beside its place on the curve.
_ASKED = ("csat", "ces", "sus", "umux_lite")
_EMPTY = Cell(note=NO_EVIDENCE)


def feels(touchpoint: str, group: Group) -> Cell:
    """Return the point of the emotion curve, and beside it the share of complaints.

    Other people's points would make a curve that nobody felt: a persona has its own or none.
    """
    row = group.rows.one("valence", touchpoint, group.persona)
    negative = group.rows.one("negative_share", touchpoint, group.persona)
    items = []
    if row is not None:
        text = shown(row_estimate(row), "valence")
        detail = f"{text.interval} {text.n}".strip()
        items.append(Item(text.value, detail, "point", row_estimate(row)))
    if negative is not None:
        text = shown(row_estimate(negative), "negative_share")
        detail = f"{text.interval} {text.n} mentions"
        items.append(Item(f"{text.value} negative", detail, "mark", row_estimate(negative)))
    status: CellStatus = "observed" if row is None else row["status"]
    return cell_of(items, status, row, negative) if items else _EMPTY


def ends(feels: Sequence[Cell], rows: Rows, study: Study) -> dict[str, str]:
    """Return which tone of quote belongs where: negative at the lowest point, positive on top.

    Without a curve the worst pain takes the place of the lowest point, and there is no highest.
    """
    points = [
        (item.estimate.value, touchpoint.id)
        for cell, touchpoint in zip(feels, study.touchpoints, strict=True)
        for item in cell.items
        if item.kind == "point" and item.estimate
    ]
    if points:
        highest = max(points, key=lambda point: point[0])[1]
        lowest = min(points, key=lambda point: point[0])[1]
        return {highest: "positive", lowest: "negative"}
    ranks = {t.id: row["value"] for t in study.touchpoints if (row := rows.one("rank", t.id))}
    return {place: "negative" for place, rank in ranks.items() if rank == 1}


def says(touchpoint: str, group: Group, tone: str) -> Cell:
    """Return a quote of a tone, if any, the scores asked here and the share of complaints."""
    items: list[Item] = []
    used: list[Row | None] = []
    quote = _quote_at(touchpoint, group, tone) if tone else None
    if quote is not None:
        text = quote["label"]
        cut = text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE].rstrip()}…"
        source = f"from {quote['source']}" if quote["source"] else ""
        items.append(Item(f"“{cut}”", joined(source, group.mark(quote)), "quote"))
        used.append(quote)
    for measure in _ASKED:  # on scales of their own: beside the curve, never on it
        score = group.one(measure, touchpoint)
        if score is not None:
            text = shown(row_estimate(score), measure)
            of = "" if measure == "csat" else f" of {score['scale_max']:g}"
            about = joined(f"{text.interval} {text.n}".strip(), group.mark(score))
            items.append(Item(f"{capital(measure_name(measure))}: {text.value}{of}", about))
            used.append(score)
    labeled = group.one("negative_share", touchpoint)
    automatic = group.one("automatic_negative_share", touchpoint)
    mentions = group.one("mentions", touchpoint)
    status: CellStatus = "observed"
    if labeled is not None:
        share = shown(row_estimate(labeled), "negative_share")
        about = joined(f"{share.interval} {share.n} mentions", group.mark(labeled))
        items.append(Item(f"{share.value} negative", about))
        used.append(labeled)
    elif mentions is not None and mentions["value"] > 0:
        guess = shown(row_estimate(automatic), "negative_share") if automatic else None
        detail = f"{guess.value} negative {guess.interval}" if guess else ""
        about = joined(detail, group.mark(mentions))
        items.append(Item(counted(mentions["value"], "mention"), about))
        used += [mentions, automatic]
        status = "reasoned" if guess and quote is None else "observed"
    return cell_of(items, status, *used) if items else _EMPTY


def _quote_at(touchpoint: str, group: Group, tone: str) -> Row | None:
    """Return a quote of a tone; of a persona's own also one whose tone nobody noted."""
    everybody = group.rows.all("quote", touchpoint)
    if not group.persona:
        return _best_quote(everybody, tone)
    own = group.rows.all("quote", touchpoint, group.persona)
    return _best_quote(own, tone) or _best_quote(own, "") or _best_quote(everybody, tone)


def _best_quote(quotes: list[Row], tone: str) -> Row | None:
    """Return the first quote of a tone that fits its cell, else the shortest one."""
    own = [row for row in quotes if row["note"].partition(";")[0] == tone and row["label"].strip()]
    fitting = [row for row in own if len(row["label"]) <= LONGEST_QUOTE]
    fitting.sort(key=lambda row: "another" in row["note"])
    return next(iter(fitting), min(own, key=lambda row: len(row["label"]), default=None))


def hurts(touchpoint: Touchpoint, group: Group, study: Study, usual: Usual) -> Cell:
    """Return the pain point; where something was measured and nothing hurts, the cell says so."""
    pain, rank = group.one("pain", touchpoint.id), group.one("rank", touchpoint.id)
    if pain is None:
        signs = signs_at(group.rows, touchpoint.id, study, usual)
        if signs.rows:
            whom = " among all customers" if group.persona else ""
            return Cell((), "observed", evidence_ids(signs.rows), f"Nothing found{whom}")
        return _EMPTY
    place = int(rank["value"]) if rank is not None else 0
    detail = joined(_carried(pain), _agreement(pain["note"]), group.mark(pain))
    cell = cell_of([Item(pain["label"], detail, "pain", rank=place)], "reasoned", pain)
    behind = (*cell.evidence_ids, *evidence_behind(group.rows, touchpoint.id, study))
    return replace(cell, evidence_ids=tuple(dict.fromkeys(behind)))


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
