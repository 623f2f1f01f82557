"""The tidy tables of a study, up to its `as_of`."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from cjm_lab.errors import SourceError, StudyError
from cjm_lab.period import day_start
from cjm_lab.sources.answers import USUAL_SCALES
from cjm_lab.sources.event_log import EventLog, read_log
from cjm_lab.sources.events import read_events
from cjm_lab.sources.files import as_text, source_files
from cjm_lab.sources.limesurvey import codebook_file
from cjm_lab.sources.mentions import read_mentions
from cjm_lab.sources.schemas import TABLES, check, empty_table
from cjm_lab.sources.states import DROPPED
from cjm_lab.sources.survey import read_survey
from cjm_lab.sources.tidy import read_table, tidy_columns
from cjm_lab.study import (
    EventsSource,
    MentionLabels,
    MentionsSource,
    Study,
    SurveySource,
    TableSource,
)
from cjm_lab.study.load import line_of
from cjm_lab.study.personas import match_personas
from cjm_lab.workspace import Workspace

#: Files that a study's folder may hold under these fixed names without naming them as sources.
OWN_FILES = (
    "labels", "notes", "findings", "resources", "pilot", "actions", "costs", "calendar",
    "invitations", "map",
)  # fmt: skip

CODEBOOK = [
    "question", "text", "measure", "scale_min", "scale_max", "reversed", "touchpoint", "stage",
    "subject", "success", "as_name", "options",
]  # fmt: skip


def input_files(study: Study) -> dict[str, list[Path]]:
    """Return the files of each kind of table that a study reads, study.yaml's own ones included.

    Raises
    ------
    SourceError
        If a source that the study names is not there.
    """
    files: dict[str, list[Path]] = {}
    for source in study.sources:
        kind: str = "responses" if source.kind == "survey" else source.kind
        files.setdefault(kind, []).extend(source_files(source.file, study.folder))
        if isinstance(source, SurveySource) and source.codebook:
            files[kind].append(codebook_file(study.folder / source.codebook))
    for kind in OWN_FILES:
        path = study.folder / f"{kind}.csv"
        if kind not in files and path.is_file():
            files[kind] = [path]
    return files


def read_tables(study: Study, *, on_disk: bool = False) -> dict[str, Any]:
    """Return every tidy table of a study, whole; a source that the study lacks gives an empty one.

    Parameters
    ----------
    study
        The study.
    on_disk
        Whether its events may lie on disk, as an `EventLog`: they do where the study's engine is
        not the one that works in memory.

    Raises
    ------
    SourceError
        If a file, column or value cannot be used.
    """
    tables: dict[str, Any] = {}
    logs = on_disk and study.engine != "polars" and any(s.kind == "events" for s in study.sources)
    for kind in TABLES:
        tables[kind] = read_log(study) if logs and kind == "events" else read_kind(study, kind)
    return tables


def read_kind(study: Study, kind: str) -> pd.DataFrame:
    """Return one tidy table of a study, whole."""
    frames = []
    how: dict[str, object] = {"time_zone": study.time_zone, "folder": study.folder}
    salted = how | {"salt": _salt(study, kind)}
    names = [study.subject.brand, *study.subject.names]
    for i, source in enumerate(study.sources):
        said: dict[str, object] = {"columns": source.columns, "dates": source.dates}
        if isinstance(source, SurveySource) and kind == "responses":
            if not source.questions:
                raise SourceError(no_questions(study, i))
            frames.append(
                read_survey(
                    source.file,
                    questions=source.questions,
                    respondent_id=source.respondent_id,
                    attributes=source.attributes,
                    not_applicable=source.not_applicable,
                    names=names,
                    subject=source.subject,
                    competitors=study.subject.competitors,
                    layout=source.layout,
                    codebook=source.codebook,
                    **how,  # type: ignore[arg-type]
                    **said,  # type: ignore[arg-type]
                )
            )
        elif isinstance(source, MentionsSource) and kind == "mentions":
            frames.append(_mentions(source, study, source.attributes, str(salted["salt"])))
        elif isinstance(source, MentionsSource) and kind == "labels" and source.labels:
            frames.append(_labels_within(source, source.labels, study))
        elif isinstance(source, EventsSource) and kind == "events":
            frames.append(read_events(source.file, layout=source.layout, **how, **said))  # type: ignore[arg-type]
        elif isinstance(source, TableSource) and source.kind == kind:
            frames.append(read_table(kind, source.file, **salted, **said))  # type: ignore[arg-type]
    path = study.folder / f"{kind}.csv"
    if not frames and kind in OWN_FILES and path.is_file():
        frames.append(read_table(kind, path.name, **salted))  # type: ignore[arg-type]
    if not frames:
        return empty_table(kind)
    table = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    if kind in ("responses", "mentions", "events"):
        table.attrs["reading"] = [one for frame in frames for one in frame.attrs["reading"]]
    key = TABLES[kind].key
    kept = table if kind != "responses" else table[~table["state"].isin(DROPPED)]
    if len(frames) > 1 and key and kept[key].duplicated().any():
        twice = kept.loc[kept[key].duplicated(), key].iloc[0]
        raise SourceError(
            f"{key} must occur in one {kind} source only, got {twice!r} in two; drop one"
        )
    return table


def no_questions(study: Study, source: int) -> str:
    """Return the message for a survey of which study.yaml doesn't say what its columns ask."""
    file = study.sources[source].file
    return (
        f"questions of {file} must say what its columns ask, got none "
        f"({line_of(study, 'sources', source, 'questions')}); 'cjm check {study.name}' prints a "
        "draft to correct and paste there"
    )


def up_to(tables: dict[str, Any], study: Study, as_of: date) -> dict[str, Any]:
    """Return the tables as they stood at the end of the day `as_of`, with personas matched.

    Records after it are gone; what happened to a record later (left, replied, resolved) is unknown.
    Labels stay whenever they were made, as long as the mention they speak about is known by then.
    """
    end = day_start(as_of + timedelta(days=1), study.time_zone)
    cut: dict[str, Any] = {}
    for kind, table in tables.items():
        if isinstance(table, EventLog):
            cut[kind] = table.up_to(end)
            continue
        dated = TABLES[kind].dated
        if dated:
            table = table[~(table[dated] >= end)].reset_index(drop=True)
        if kind == "responses":
            table = table[~table["state"].isin(DROPPED)].reset_index(drop=True)
        later = [c for c in ("left_at", "first_reply_at", "resolved_at") if c in table.columns]
        if later:
            table = table.assign(**{name: table[name].where(table[name] < end) for name in later})
        cut[kind] = table
    if len(tables["mentions"]):  # labels may also be all that a study has of its mentions
        known = cut["labels"]["mention_id"].isin(cut["mentions"]["mention_id"])
        cut["labels"] = cut["labels"][known].reset_index(drop=True)
    customers = cut["customers"]
    cut["customers"] = customers.assign(persona=match_personas(customers, study.personas))
    cut["responses"] = _with_personas(cut["responses"], cut["customers"], study)
    return cut


def last_day(tables: dict[str, Any], study: Study) -> date | None:
    """Return the day of the last dated record in the study's zone, None if there is none."""
    return _edge(tables, study, "max")


def first_day(tables: dict[str, Any], study: Study) -> date | None:
    """Return the day of the first dated record in the study's zone, None if there is none."""
    return _edge(tables, study, "min")


def codebook(study: Study) -> pd.DataFrame:
    """Return what each survey column asks, one row a question, in the order of study.yaml.

    Where a column says which company a respondent speaks about, each question has a row for us and
    one for each competitor.

    Examples
    --------
    >>> from cjm_lab.study import Stage, Study
    >>> codebook(Study(title="Tea", stages=[Stage(id="brew", name="Brew")])).empty
    True
    """
    stage_of = study.stage_of
    rows = [
        {
            "question": code,
            "text": q.text or code,
            "measure": q.measure,
            "scale_min": scale[0] if scale else None,
            "scale_max": scale[1] if scale else None,
            "reversed": q.reversed,
            "touchpoint": q.touchpoint,
            "stage": q.stage or stage_of.get(q.touchpoint, ""),
            "subject": subject,
            "success": [q.success] if isinstance(q.success, str) else list(q.success or []),
            "as_name": q.as_,
            "options": list(q.options.values() if isinstance(q.options, dict) else q.options),
        }
        for source in study.sources
        if isinstance(source, SurveySource)
        for code, q in source.questions.items()
        for scale in [q.scale or USUAL_SCALES.get(q.measure)]
        for subject in (["us", *study.subject.competitors] if source.subject else [q.subject])
    ]
    frame = pd.DataFrame(rows, columns=CODEBOOK)
    return frame.astype({"scale_min": "float64", "scale_max": "float64", "reversed": "bool"})


def _salt(study: Study, kind: str) -> str:
    """Return the salt of the study's workspace for a table that names people, else ''."""
    if "person" not in TABLES[kind].columns.values():
        return ""
    try:
        workspace = Workspace.find(study.folder)
    except StudyError:  # a study by itself: keys last as long as the process
        return ""
    return workspace.salt(make=False)  # reading writes nothing


def _mentions(
    source: MentionsSource, study: Study, attributes: list[str], salt: str = ""
) -> pd.DataFrame:
    """Return the mentions of one source."""
    return read_mentions(
        source.file,
        columns=source.columns,
        dates=source.dates,
        time_zone=study.time_zone,
        names=[study.subject.brand, *study.subject.names],
        folder=study.folder,
        layout=source.layout,
        attributes=attributes,
        salt=salt,
    )


def _labels_within(source: MentionsSource, within: MentionLabels, study: Study) -> pd.DataFrame:
    """Return the labels that lie in a column of the mentions file: a census, not a sample."""
    about = [within.touchpoint] if within.touchpoint else []
    read = _mentions(source, study, [within.column, *about])
    found = pd.DataFrame({"mention_id": read["mention_id"], "label": as_text(read[within.column])})
    if about:
        names = {one: one for one in study.stage_of} | within.touchpoints
        found["touchpoint"] = as_text(read[within.touchpoint]).map(names).fillna("").astype("str")
    labels = tidy_columns("labels", found, source.file, "", study.time_zone)
    return check(labels.assign(frame_id="all", inclusion_prob=1.0), "labels", source.file)


def _with_personas(responses: pd.DataFrame, customers: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return responses with the persona by their own attributes, else by the customer's."""
    persona = match_personas(responses, study.personas)
    if len(customers) and (responses["customer_id"] != "").any():
        known = customers.set_index("customer_id")["persona"]
        persona = persona.where(persona != "", responses["customer_id"].map(known).fillna(""))
    return responses.assign(persona=persona.astype("str"))


def _edge(tables: dict[str, Any], study: Study, which: str) -> date | None:
    """Return the first or last day of the sources that say when customers did something."""
    kinds = ("responses", "mentions", "events", "customers", "orders", "interactions")
    times = [
        tables[k].edge(which)
        if isinstance(tables[k], EventLog)
        else getattr(tables[k][TABLES[k].dated], which)()
        for k in kinds
        if k in tables
    ]
    known = [time for time in times if not pd.isna(time)]
    if not known:
        return None
    edge = max(known) if which == "max" else min(known)
    return edge.tz_convert(study.time_zone).date()
