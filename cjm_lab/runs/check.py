"""What a study has, what is missing, what is wrong, before anything runs."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from cjm_lab.errors import InputError, ParameterError, one_of
from cjm_lab.ledger import evidence_frame
from cjm_lab.metrics._walk import read_step
from cjm_lab.metrics.triggers import parse_trigger
from cjm_lab.planning.forecast_evidence import budget_rules
from cjm_lab.planning.priorities import study_formula
from cjm_lab.planning.resources import priority_inputs
from cjm_lab.runs.context import RunContext
from cjm_lab.runs.readable import WITHOUT
from cjm_lab.sources import (
    events_reading,
    first_day,
    input_files,
    inventory,
    last_day,
    mentions_reading,
    propose_questions,
    survey_reading,
)
from cjm_lab.sources.event_log import EventLog
from cjm_lab.sources.schemas import TABLES
from cjm_lab.study import SurveySource
from cjm_lab.study.load import line_of
from cjm_lab.words import counted, listed
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
    dated = last_day(context.raw_tables, context.study) is not None
    if not dated:  # nothing that is said below depends on the day, but that it is missing
        context = RunContext(workspace, study, as_of=date.today().isoformat())
    check_inputs(context)
    declared = context.study
    lines = [
        CheckLine(
            "study.yaml",
            "ok",
            f"{len(declared.stages)} stages, {len(declared.touchpoints)} touchpoints, "
            f"{len(declared.personas)} personas, {len(declared.key_measures)} key measures",
        )
    ]
    lines += [
        _survey_line(one)
        for one in survey_reading(context.raw_tables["responses"]).to_dict("records")
    ]
    lines += [
        _mentions_line(one)
        for one in mentions_reading(context.raw_tables["mentions"]).to_dict("records")
    ]
    lines += [
        _events_line(one) for one in events_reading(context.raw_tables["events"]).to_dict("records")
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
    lines.append(
        CheckLine("as of", "ok", f"{context.as_of}, period {context.period.label}")
        if dated
        else CheckLine("as of", "missing", "no source has dates: run it with --as-of and the day")
    )
    return lines


def proposals(workspace: Workspace, study: str) -> Iterator[str]:
    """Yield a draft of the codebook of each survey of which study.yaml says nothing yet."""
    declared = RunContext(workspace, study).study
    for source in declared.sources:
        if isinstance(source, SurveySource) and not source.questions:
            yield propose_questions(
                source.file,
                layout=source.layout,
                codebook=source.codebook,
                folder=declared.folder,
            )


def _survey_line(read: dict[Hashable, Any]) -> CheckLine:
    """Return how a survey file was read and what its rows are."""
    counts = [f"{read['complete']:,} complete", f"{read['partial']:,} partial"]
    counts += [counted(read["previews"], "preview"), counted(read["duplicates"], "duplicate")]
    detail = (
        f"{read['file']}: {_how(read)}; {counted(read['rows'], 'row')}: {listed(counts)}; "
        f"{counted(read['not_applicable'], 'answer')} not applicable"
    )
    return CheckLine("survey file", "ok", detail + (f"; {read['note']}" if read["note"] else ""))


def _mentions_line(read: dict[Hashable, Any]) -> CheckLine:
    """Return how a file of mentions was read and what of it was left out."""
    detail = (
        f"{read['file']}: {_how(read)}; {counted(read['rows'], 'mention')}, "
        f"{read['left_out']:,} left out"
    )
    return CheckLine("mentions file", "ok", detail + (f"; {read['note']}" if read["note"] else ""))


def _events_line(read: dict[Hashable, Any]) -> CheckLine:
    """Return how events were read and what of them was left out."""
    detail = f"{read['file']}: {read['layout']}; {counted(read['rows'], 'event')}"
    detail += f", {read['left_out']:,} left out" if read["left_out"] else ""
    return CheckLine("events file", "ok", detail + (f"; {read['note']}" if read["note"] else ""))


def _how(read: dict[Hashable, Any]) -> str:
    return ", ".join(read[name] for name in ("layout", "encoding", "delimiter") if read[name])


def check_inputs(context: RunContext) -> None:
    """Refuse what no notebook could use, before anything is written.

    Raises
    ------
    InputError
        If a name in study.yaml or in a file leads nowhere, a lift is out of order, or `as_of` lies
        before the first record; all such problems in one message.
    """
    first = first_day(context.raw_tables, context.study)
    if first and context.as_of < first:
        raise ParameterError(
            f"as_of must not lie before the first record, of {first}, got {context.as_of}; "
            f"choose {first} or a later day"
        )
    problems = [*_unknown_events(context), *_unknown_names(context), *_lifts(context)]
    if problems := problems or [*_decisions(context)]:
        raise InputError("\n".join(problems))


def _unknown_events(context: RunContext) -> Iterator[str]:
    """Yield each funnel step and response that cannot be followed in the log."""
    study = context.study
    touchpoints = list(study.stage_of)
    held = context.tables["events"]
    log = held.names() if isinstance(held, EventLog) else held["event"].unique()
    events = list(dict.fromkeys([*log, *study.touchpoint_of_event]))
    surveys = [source for source in study.sources if source.kind == "survey"]
    questions = [code for survey in surveys for code in survey.questions]
    wanted: list[tuple[str, str, list[str], tuple[str | int, ...]]] = []
    steps = study.funnel.steps if study.funnel else []
    for i, step in enumerate(steps):
        place: tuple[str | int, ...] = ("funnel", "steps", i)
        try:
            read = read_step(step, events)
        except ParameterError as error:
            message, _, remedy = str(error).partition("; ")
            yield f"{message} ({line_of(study, *place)}); {remedy}"
            continue
        ends = read.optional and i in (0, len(steps) - 1)
        names = [f"{name}?" for name in read.names] if ends else read.names
        wanted += [("funnel step", name, events, place) for name in names]
    for i, name in enumerate(study.funnel.without if study.funnel else []):
        wanted.append(("event of the funnel's without", name, events, ("funnel", "without", i)))
    for i, rule in enumerate(study.responses):
        at = ("responses", i, "when")
        try:
            trigger = parse_trigger(rule.when)
        except ParameterError as error:
            message, _, remedy = str(error).partition("; ")
            yield f"{message} ({line_of(study, *at)}); {remedy}"
            continue
        if trigger.kind == "mentions":
            wanted.append(("touchpoint of a response", trigger.at, touchpoints, at))
        elif trigger.kind == "answers":
            wanted.append(("question of a response", trigger.at, questions, at))
        else:
            wanted += [
                ("event of a response", e, events, at) for e in (trigger.at, trigger.expected)
            ]
    for name, got, options, place in wanted:
        # Without a log nobody knows which events there will be.
        if got not in options and (len(log) or options is not events):
            yield one_of(name, options, got, line_of(study, *place))


def _unknown_names(context: RunContext) -> Iterator[str]:
    """Yield the first value of each column that names a touchpoint or persona nobody declared."""
    touchpoints = list(context.study.stage_of)
    personas = [persona.id for persona in context.study.personas]
    columns = [(kind, "touchpoint", touchpoints) for kind in ("labels", "notes", "findings")]
    columns += [("resources", "touchpoints", touchpoints), ("notes", "persona", personas)]
    for kind, column, options in columns:
        named = context.raw_tables[kind][column]
        if column == "touchpoints":
            named = named.str.split(";").explode().str.strip()
        wrong = named[~named.isin(["", *options])]
        if len(wrong):
            place = _place(context, kind, wrong.index[0])
            yield one_of(f"{column} of {kind}", options, wrong.iloc[0], place)


def _lifts(context: RunContext) -> Iterator[str]:
    """Yield the first resource whose expected lifts are not in order."""
    names = ["lift_low", "lift_likely", "lift_high"]
    lifts = context.raw_tables["resources"][names]
    low, likely, high = (lifts[name] for name in names)
    wrong = lifts[(low > likely) | (likely > high) | (low > high)]
    if len(wrong):
        got = ", ".join(f"{value:g}" for value in wrong.iloc[0])
        place = _place(context, "resources", wrong.index[0])
        yield f"lift_low, lift_likely and lift_high must rise, got {got} ({place}); correct them"


def _decisions(context: RunContext) -> Iterator[str]:
    """Yield what is wrong with the budget's constraints and with the formula of the priorities."""
    resources = context.tables["resources"]
    if resources.empty:
        return
    try:
        budget_rules(context.study, resources)
        study_formula(priority_inputs(resources, evidence_frame(), context.study), context.study)
    except ParameterError as error:
        yield str(error)


def _place(context: RunContext, kind: str, row: object) -> str:
    """Return the file and row of a value; several files of a kind count their rows together."""
    files = input_files(context.study)
    names = [path.name for path in files.get(kind, files.get("mentions", []))]
    return f"{', '.join(names)}, data row {int(str(row)) + 1}"
