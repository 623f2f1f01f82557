"""The files of a report: step pages, the map, the front page, the lists of reports."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import nbformat
import pandas as pd

from cjm_lab import __version__
from cjm_lab.export.document import to_json
from cjm_lab.export.pictures import to_png
from cjm_lab.journey import (
    JourneyMap,
    build_map,
    change_table,
    health_table,
    key_figures,
    lead,
    pain_table,
)
from cjm_lab.ledger import Ledger, restored, row_estimate
from cjm_lab.personas.cards import persona_cards
from cjm_lab.planning import Review, next_review
from cjm_lab.runs.archive import dashboard
from cjm_lab.runs.context import RunContext
from cjm_lab.runs.manifest import read_manifest
from cjm_lab.runs.pages import (
    Change,
    Check,
    FrontPage,
    Late,
    Link,
    Pain,
    StepLinks,
    Tile,
    dashboard_page,
    front_page,
    map_page,
    reports_index,
    step_html,
)
from cjm_lab.runs.printing import printed_protocol
from cjm_lab.runs.recipes import STEPS
from cjm_lab.runs.review import review_record, write_review
from cjm_lab.runs.review_views import action_status, overdue
from cjm_lab.runs.views import focus
from cjm_lab.study import Study
from cjm_lab.words import NBSP, day_words, shown
from cjm_lab.workspace import Workspace, parse_day, write_text

#: The lanes of the map on the front page; the map alone has all of them.
_FRONT_LANES = (
    "expects", "touchpoint", "does", "reach", "feels", "says", "hurts", "could", "team",
)  # fmt: skip

TITLES = {name: f"{name[0]} {name[2:].capitalize()}" for name in STEPS}


def write_pages(report: Path, context: RunContext, ledger: Ledger, record: dict[str, Any]) -> None:
    """Write everything of a report that is drawn from its notebooks and its ledger.

    Parameters
    ----------
    report
        Draft folder of the report; the executed notebooks lie in it.
    context
        The run's inputs.
    ledger
        The whole evidence.
    record
        What run.json will hold.
    """
    study = context.study
    version = f"{len(context.workspace.report_names(study.name)) + 1}"
    drawn = build_map(
        study,
        ledger,
        as_of=context.as_of,
        version=version,
        assumed=context.table("map").apply(restored),
        cards=persona_cards(study, ledger, context.tables["notes"]),
    )
    write_text(report / "map.svg", drawn.to_svg())
    write_text(report / "map.json", to_json(drawn))
    to_png(drawn, report / "map.png")
    write_text(
        report / "map.html", map_page(f"{study.title}: the journey map", drawn.to_html(script=True))
    )
    write_text(report / "protocol.html", printed_protocol(study, ledger.frame, context.as_of))
    Ledger(ledger.select(lane="forecast")).to_csv(report / "forecasts.csv")
    kept, review = context.tables, next_review(ledger, study, context.as_of)
    status = action_status(kept["actions"], ledger.frame, kept["resources"], study, context.as_of)
    write_review(review_record(study, status, kept["calendar"], review), report)
    for name in STEPS:
        notebook = nbformat.read(report / f"{name}.ipynb", as_version=4)
        page = step_html(notebook, title=f"{TITLES[name]} · {study.title}", links=_links(name))
        write_text(report / f"{name}.html", page)
    late = tuple(Late(*one) for one in overdue(status))
    page = front_page(_front(context, ledger, drawn, record, late, review))
    write_text(report / "index.html", page)


def write_indexes(workspace: Workspace, study: str) -> None:
    """Write the dashboard of a study and the list of studies anew, from the archive alone."""
    folder = workspace.reports(study)
    write_text(folder / "index.html", dashboard_page(dashboard(workspace, study)))
    studies = []
    for one in sorted(p for p in folder.parent.iterdir() if (p / "index.html").is_file()):
        latest = workspace.report_names(one.name)[-1]
        manifest = read_manifest(one / latest)
        note = f"last report {day_words(parse_day(manifest['as_of']))}"
        studies.append(Link(manifest["title"], f"{one.name}/index.html", note))
    write_text(folder.parent / "index.html", reports_index("Studies", studies))


def _links(name: str) -> StepLinks:
    """Return the links of a step's page."""
    names = list(STEPS)
    i = names.index(name)

    def link(k: int) -> Link | None:
        return Link(TITLES[names[k]], f"{names[k]}.html") if 0 <= k < len(names) else None

    return StepLinks(Link("Report", "index.html"), previous=link(i - 1), next=link(i + 1))


def _front(
    context: RunContext,
    ledger: Ledger,
    drawn: JourneyMap,
    record: dict[str, Any],
    late: tuple[Late, ...],
    review: Review,
) -> FrontPage:
    """Return what stands on the front page, all of it read from the ledger."""
    study = context.study
    chosen = focus(ledger.frame, ledger.select(lane="pain"), study)
    hurt = chosen.persona if chosen and chosen.hurt_most else None
    size = ledger.select(measure="size", persona=hurt.id if hurt else "-")
    cells = ledger.select(measure="cells_with_evidence")
    previous = context.previous_report
    seconds = sum(step["seconds"] for step in record["steps"])
    return FrontPage(
        title=study.title,
        as_of=day_words(context.as_of),
        lead=tuple(lead(ledger, study)),
        map_html=_in_short(drawn).to_html(),
        compared_with=day_words(parse_day(previous.name[:10])) if previous else "",
        hurt=hurt.name if hurt else "",
        hurt_size=_of_customers(size),
        version=drawn.version,
        evidence_share=f"{cells['value'].iloc[0] * 100:.0f}{NBSP}%" if len(cells) else "",
        tiles=tuple(Tile(**row) for row in _records(key_figures(ledger, study))),
        pains=tuple(Pain(**row) for row in _records(pain_table(ledger, study))),
        changes=tuple(Change(**row) for row in _records(change_table(ledger, study))),
        checks=tuple(Check(**row) for row in _records(health_table(ledger))),
        late=late,
        steps=tuple(
            Link(TITLES[name], f"{name}.html", fact) for name, fact in _facts(ledger, study).items()
        ),
        downloads=(
            Link("evidence.csv", "evidence.csv", "every number with its interval and source"),
            Link(
                "map.html",
                "map.html",
                f"the map with all {len(drawn.lanes)} lanes, for printing on A3",
            ),
            Link("map.png", "map.png", "the map as a picture, for a slide or a mail"),
            Link("map.svg", "map.svg", "the same, sharp at any size"),
            Link("map.json", "map.json", "the map for other tools; cjm export makes more of it"),
            Link("forecasts.csv", "forecasts.csv", "what was forecast, to be held against"),
            Link("review.json", "review.json", "actions and calendar as of this report"),
            Link("protocol.html", "protocol.html", "the walkthrough's questions, to print on A4"),
            Link("run.json", "run.json", "inputs, versions and seconds of this run"),
        ),
        made=(
            f"Figures for {context.period.label}",
            f"{len(ledger)} rows of evidence",
            f"{seconds:.0f} s",
            f"CJM Lab {__version__}",
            f"next review {day_words(review.day)}",
        ),
        inputs=tuple((name, f"{hash_[:8]}…") for name, hash_ in record["inputs"].items()),
    )


def _in_short(drawn: JourneyMap) -> JourneyMap:
    """Return the map of the front page: the lanes that decide, without the stages' weights."""
    return replace(
        drawn,
        lanes=tuple(lane for lane in drawn.lanes if lane.key in _FRONT_LANES),
        curves=tuple(replace(curve, weights=()) for curve in drawn.curves),
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", table.to_dict("records"))


def _of_customers(size: pd.DataFrame) -> str:
    """Return a persona's share in words."""
    if size.empty:
        return ""
    words = shown(row_estimate(size.iloc[0]), "size")
    people = "customers" if size.iloc[0]["source"] == "customers" else "respondents"
    return f"{words.value} of {people} {words.interval}"


def _facts(ledger: Ledger, study: Study) -> dict[str, str]:
    """Return one computed fact for each step."""
    rows = ledger.frame
    sources = rows.loc[rows["status"] == "observed", "source"].replace("", pd.NA).nunique()
    walked = rows[(rows["measure"] == "severity") & (rows["touchpoint"] != "")]
    moved = rows[(rows["lane"] == "change") & rows["note"].isin(["better", "worse"])]
    objective = study.goal.objective
    return {
        "1_goals": f"{objective.measure} to {objective.target:g}" if objective else "no objective",
        "2_customers": _count(sources, "source"),
        "3_personas": _count(len(study.personas), "declared persona"),
        "4_touchpoints": _count(len(study.touchpoints), "touchpoint"),
        "5_resources": _count((rows["lane"] == "opportunity").sum(), "opportunity"),
        "6_walkthrough": _count(len(walked), "touchpoint") + " walked",
        "7_optimize": _count(len(moved), "clear change"),
    }


def _count(number: int, noun: str) -> str:
    """Return a number with its noun."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"
