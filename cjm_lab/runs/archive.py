"""The dashboard of a study, made from its archive of reports and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandas as pd

from cjm_lab.errors import SourceError
from cjm_lab.journey import health_table
from cjm_lab.journey.compare import HIGHER, LOWER, MEASURED
from cjm_lab.journey.rows import Row, Rows, records
from cjm_lab.journey.since import VERDICTS, change_of
from cjm_lab.ledger import Ledger, row_estimate
from cjm_lab.runs.manifest import read_manifest
from cjm_lab.runs.pages.board import Action, Chart, Dashboard, Mark, Point
from cjm_lab.runs.pages.parts import Check, Link
from cjm_lab.runs.pages.trend_svg import span_of
from cjm_lab.runs.review import read_review
from cjm_lab.words import NBSP, capital, day_words, is_share, measure_name, shown, span_words
from cjm_lab.workspace import Workspace, parse_day

#: So many measures have a chart, as many as a study may name.
_MOST = 10

#: What people act on first stands first.
_COUNTS = ("overdue", "open", "doing", "done")


_TONES: dict[str, Literal["better", "worse"]] = {"better": "better", "worse": "worse"}


class Kept(NamedTuple):
    """What the archive holds of one day: the last revision of its report."""

    link: Link
    day: date
    ledger: pd.DataFrame

    def rows(self, **where: str) -> list[Row]:
        """Return what was measured on our customers and has a value."""
        frame = self.ledger
        keep = frame["lane"].isin(MEASURED) & (frame["subject"] == "us") & frame["value"].notna()
        for column, value in where.items():
            keep &= frame[column] == value
        return records(frame[keep])


def dashboard(workspace: Workspace, study: str) -> Dashboard:
    """Return what stands on a study's page, from the files of its published reports.

    Parameters
    ----------
    workspace
        Folder that holds the reports.
    study
        Name of the study; it has at least one report.

    Returns
    -------
    Dashboard
        Key measures as the last report that kept them names them, each with its figure in the last
        revision of every day; actions, calendar and the proposed review as of the last report.
    """
    folder, names = workspace.reports(study), workspace.report_names(study)
    links = {name: _link(name, folder / name) for name in names}
    kept, notes = _read(folder, {name[:10]: links[name] for name in names})
    last = folder / names[-1]
    review = read_review(last) or {}
    keys = _keys(folder, names, kept)
    changes = change_of(Rows(kept[-1].ledger)) if kept else {}
    charts = tuple(_chart(key, kept, changes) for key in keys[:_MOST])
    health = _health(kept)
    span = span_of([*charts, *health])
    days = [(date.fromisoformat(one["date"]), one["what"]) for one in review.get("calendar", ())]
    within = [one for one in days if span and span.first <= one[0] <= span.last]
    actions = review.get("actions", ())
    checks = health_table(kept[-1].ledger).to_dict("records") if kept else []
    next_day = review.get("next_review", "")
    return Dashboard(
        title=read_manifest(last)["title"],
        up=Link("All studies", "../index.html"),
        lead=links[names[-1]].note,
        reports=tuple(links[name] for name in reversed(names)),
        charts=charts,
        marks=tuple(Mark(i, day, day_words(day), what) for i, (day, what) in enumerate(within, 1)),
        earlier=sum(bool(span) and day < span.first for day, _ in days) if span else 0,
        counts=_counts(actions),
        actions=tuple(_action(one) for one in actions if one["progress"] in ("open", "doing")),
        closed=tuple(_closed(one) for one in actions if one["progress"] == "done"),
        health=health[0] if health else None,
        checks=tuple(Check(row["what"], row["remedy"]) for row in checks),
        review=day_words(parse_day(next_day)) if next_day else "",
        why=capital(review.get("why", "")),
        notes=tuple(notes),
    )


def report_title(name: str) -> str:
    """Return a report's day in words, and which revision it is.

    Examples
    --------
    >>> report_title("2026-10-31_r2").replace(NBSP, " ")
    '31 October 2026, revision 2'
    """
    day, _, revision = name.partition("_r")
    return day_words(parse_day(day)) + (f", revision {revision}" if revision else "")


def _link(name: str, report: Path) -> Link:
    """Return a link to a report, with its first sentence."""
    return Link(report_title(name), f"{name}/index.html", str(read_manifest(report)["lead"]))


def _read(folder: Path, links: dict[str, Link]) -> tuple[list[Kept], list[str]]:
    """Return the evidence of each day, and what could not be read."""
    kept, notes = [], []
    for day, link in links.items():
        file = folder / Path(link.href).parent / "evidence.csv"
        try:
            frame = Ledger.read_csv(file).frame
        except (SourceError, FileNotFoundError):
            notes.append(f"The figures of {link.text} are left out: its evidence is kept in "
                         "another form or not at all.")  # fmt: skip
            continue
        kept.append(Kept(link, date.fromisoformat(day), frame))
    return kept, notes


def _keys(folder: Path, names: Sequence[str], kept: Sequence[Kept]) -> list[dict[str, Any]]:
    """Return the key measures of the last report that names any, else what is about the whole."""
    for name in reversed(names):
        review = read_review(folder / name)
        if review and review["key_measures"]:
            return list(review["key_measures"])
    if not kept:
        return []
    whole = kept[-1].rows(stage="", touchpoint="", persona="", segment="")
    found = dict.fromkeys(row["measure"] for row in whole if row["measure"] in HIGHER | LOWER)
    return [
        {"measure": measure, "touchpoint": "", "persona": "", "segment": "",
         "name": capital(measure_name(measure)), "good": 1 if measure in HIGHER else -1}
        for measure in found
    ]  # fmt: skip


def _chart(key: dict[str, Any], kept: Sequence[Kept], changes: dict[str, Row]) -> Chart:
    """Return a key measure over all days."""
    found = list(_figures(key, kept))
    good = {1: "higher is better", -1: "lower is better"}.get(key["good"], "")
    if not found:
        return Chart(key["name"], (), good)
    one, row = found[-1]
    percent = is_share(key["measure"], row["method"])
    factor = 100.0 if percent else 1.0
    points: list[Point] = []
    days = [other.day for other in kept]
    before: tuple[int, Row] | None = None
    for where, figure in found:
        place = days.index(where.day)
        alike = before is None or _alike(before[1], figure)
        near = before is not None and before[0] == place - 1
        points.append(_point(where, figure, factor, comparable=alike, joined=alike and near))
        before = place, figure
    target = key.get("target")
    words = ""
    if target is not None:
        told = f"{100 * target:g}{NBSP}%" if percent else f"{target:g}"
        words = f"target {told} by {day_words(parse_day(key['by']))}"
        target *= factor
    change = changes.get(row["evidence_id"]) if one is kept[-1] else None
    verdict = change["note"] if change else ""
    told_verdict = VERDICTS.get(verdict, verdict)
    if one is not kept[-1]:
        told_verdict = f"not measured in the report of {kept[-1].link.text}"
    return Chart(
        key["name"], tuple(points), good, f"{NBSP}%" if percent else "", target, words,
        told_verdict, _TONES.get(verdict, ""),
    )  # fmt: skip


def _figures(key: dict[str, Any], kept: Sequence[Kept]) -> Iterator[tuple[Kept, Row]]:
    """Yield the figure of each day that has one; of several the one that the last report has."""
    names = ("measure", "touchpoint", "persona", "segment")
    rows = [one.rows(**{name: key[name] for name in names}) for one in kept]
    last = next((found[0]["evidence_id"] for found in reversed(rows) if found), "")
    for one, found in zip(kept, rows, strict=True):
        if found:
            yield one, next((row for row in found if row["evidence_id"] == last), found[0])


def _alike(before: Row, after: Row) -> bool:
    """Return whether two figures measure the same, defined alike."""
    return all(before[part] == after[part] for part in ("evidence_id", "basis"))


def _point(one: Kept, row: Row, factor: float, *, comparable: bool, joined: bool) -> Point:
    """Return the figure of one report as a point."""
    told = shown(row_estimate(row), row["measure"])
    first, last = row["period_start"], row["period_end"]
    dated = bool(first and last)
    small = " (small base)" if row["n"] < 30 else ""
    return Point(
        date.fromisoformat(first) if dated else one.day,
        date.fromisoformat(last) if dated else one.day,
        row["value"] * factor,
        row["low"] * factor,
        row["high"] * factor,
        f"{told.value} {told.interval}".strip(),
        f"{told.n}{small}",
        span_words(first, last),
        one.link,
        comparable=comparable,
        joined=joined,
    )


def _health(kept: Sequence[Kept]) -> list[Chart]:
    """Return the share of cells with evidence over all days, if any report knows it."""
    points = []
    for one in kept:
        own = one.ledger[one.ledger["measure"] == "cells_with_evidence"]
        for row in records(own[own["value"].notna()].head(1)):
            value = 100 * row["value"]
            nan = float("nan")
            words, cells = f"{value:.0f}{NBSP}%", f"of {row['n']:.0f} cells"
            points.append(Point(one.day, one.day, value, nan, nan, words, cells,
                                day_words(one.day), one.link))  # fmt: skip
    if not points:
        return []
    name = "Cells of the map with evidence behind them"
    return [Chart(name, tuple(points), unit=f"{NBSP}%", domain=(0.0, 100.0))]


def _counts(actions: Sequence[dict[str, Any]]) -> tuple[tuple[str, int], ...]:
    """Return how many actions are overdue, open, being done and done; overdue ones count once."""
    if not actions:
        return ()
    states = ["overdue" if one["days_overdue"] else one["progress"] for one in actions]
    return tuple((name, states.count(name)) for name in _COUNTS)


def _action(one: dict[str, Any]) -> Action:
    """Return an action that is not closed."""
    days = one["days_overdue"]
    late = f"{days} day{'s' * (days != 1)} overdue" if days else ""
    return Action(
        one["opportunity"],
        one["owner"],
        day_words(date.fromisoformat(one["due"])) if one["due"] else "",
        f"{one['progress']}, {late}" if late else one["progress"],
        f"{one['moves']}: {one['figure']}" if one["figure"] else one["moves"],
        late=bool(days),
    )


def _closed(one: dict[str, Any]) -> str:
    owner = f" ({one['owner']})" if one["owner"] else ""
    return f"{one['opportunity']}{owner}"
