"""What a study has, what is missing, what is wrong, before anything runs."""

from __future__ import annotations

from dataclasses import dataclass

from cjm_lab.runs.readable import WITHOUT
from cjm_lab.runs.step import RunContext
from cjm_lab.sources import inventory
from cjm_lab.sources.schemas import TABLES
from cjm_lab.workspace import Workspace


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One line of the check: what, its state (ok or missing), and the detail."""

    what: str
    state: str
    detail: str


def check_study(workspace: Workspace, study: str) -> list[CheckLine]:
    """Return what a run of the study would find.

    Parameters
    ----------
    workspace
        Folder that holds data/raw.
    study
        Name of the study's folder.

    Raises
    ------
    InputError
        If something is wrong: each problem with its file, place, value and remedy.
    """
    context = RunContext(workspace, study)
    declared = context.study
    lines = [
        CheckLine(
            "study.yaml",
            "ok",
            f"{len(declared.stages)} stages, {len(declared.touchpoints)} touchpoints, "
            f"{len(declared.personas)} personas, {len(declared.key_measures)} key measures",
        )
    ]
    tables = context.tables
    held = inventory(tables, declared, context.as_of).set_index("source")
    for kind in TABLES:
        source = "survey" if kind == "responses" else kind
        if source in held.index:
            row = held.loc[source]
            span = f", {row['first']} to {row['last']}" if row["first"] else ", undated"
            detail = f"{row['files']}: {row['rows']:,} rows{span}, {row['missing']:.0%} blank"
            lines.append(CheckLine(source, "ok", detail))
        else:
            lines.append(CheckLine(source, "missing", WITHOUT[kind]))
    objective = declared.goal.objective
    lines.append(
        CheckLine(
            "objective", "ok", f"{objective.measure} to {objective.target:g} by {objective.by}"
        )
        if objective
        else CheckLine("objective", "missing", "nothing says when the work has succeeded")
    )
    lines.append(CheckLine("as of", "ok", f"{context.as_of}, period {context.period.label}"))
    return lines
