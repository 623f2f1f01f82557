"""What evidence a study has, and where it has none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from cjm_lab.estimate import needed_n
from cjm_lab.sources.event_log import EventLog
from cjm_lab.sources.schemas import TABLES
from cjm_lab.sources.tables import codebook, input_files
from cjm_lab.study import Study

_INVENTORY = [
    "source", "files", "rows", "first", "last", "days_old", "missing", "customers", "matched",
    "touchpoints",
]  # fmt: skip

#: Lanes in which a touchpoint is heard, and what their absence means.
_VOICES = {
    ("emotion", "satisfaction"): "nobody was asked how it was",
    ("reach",): "the log does not show who comes by",
    ("sentiment",): "no mention speaks about it",
}

SMALL_BASE = 30

#: Evidence that ended longer ago than the longest month is old.
STALE_DAYS = 31


def inventory(tables: Mapping[str, Any], study: Study, as_of: date) -> pd.DataFrame:
    """Return what each source holds, one row a source that the study has.

    Parameters
    ----------
    tables
        Tidy tables up to `as_of`.
    study
        The study.
    as_of
        Day from which a source's age is counted.

    Returns
    -------
    DataFrame
        source, files, rows, first and last day, days_old, missing (share of blank cells in the
        columns that hold anything), customers (distinct), matched (share of them that the customers
        table knows), touchpoints (how many it speaks about; unknown for mentions, which are linked
        to touchpoints later).

    Examples
    --------
    >>> from cjm_lab.study import Stage
    >>> study = Study(title="Tea", stages=[Stage(id="brew", name="Brew")])
    >>> inventory({}, study, date(2026, 9, 30)).empty
    True
    """
    files = input_files(study)
    known = set(tables["customers"]["customer_id"]) if "customers" in tables else set()
    rows = []
    for kind, paths in files.items():
        if kind == "map":
            continue  # somebody's word is no source
        table = tables[kind]
        first, last = _edges(kind, table, study)
        people, matched = _people(table, known)
        rows.append(
            {
                "source": "survey" if kind == "responses" else kind,
                "files": ", ".join(path.name for path in paths),
                "rows": len(table),
                "first": first,
                "last": last,
                "days_old": (as_of - last).days if last else None,
                "missing": _blank_share(kind, table),
                "customers": people or None,
                "matched": matched / people if people and known else None,
                "touchpoints": None
                if kind == "mentions"
                else len(_touchpoints(kind, table, study)),
            }
        )
    return pd.DataFrame(rows, columns=_INVENTORY).astype(
        {"days_old": "Int64", "customers": "Int64", "touchpoints": "Int64"}
    )


def knowledge_gaps(measured: pd.DataFrame, study: Study, as_of: date) -> pd.DataFrame:
    """Return the touchpoints that lack evidence or have old one, and stages without touchpoints.

    Parameters
    ----------
    measured
        Ledger rows of this report.
    study
        The study.
    as_of
        Day from which the age of evidence is counted.

    Returns
    -------
    DataFrame
        touchpoint (the stage's name where it has none), stage, gap (in words), n (answers there
        are), needed (answers still missing for a margin of +-5 points on a share at worst, 385 in
        all); the worst first.

    References
    ----------
    n = z^2 variance / margin^2; a share has its largest variance, .25, at one half.

    Examples
    --------
    >>> from cjm_lab.ledger import evidence_frame
    >>> from cjm_lab.study import Stage, Touchpoint
    >>> brew = Stage(id="brew", name="Brew", touchpoints=[Touchpoint(id="pot", name="Pot")])
    >>> study = Study(title="Tea", stages=[brew])
    >>> knowledge_gaps(evidence_frame(), study, date(2026, 9, 30))["needed"].tolist()
    [385]
    """
    enough = needed_n(0.25, 0.05, level=study.level)
    ours = (measured["persona"] == "") & (measured["subject"] == "us")
    whole = measured[ours & (measured["status"] == "observed")]
    rows = [
        {
            "touchpoint": stage.name,
            "stage": stage.id,
            "gap": "the study names no touchpoint in this stage",
            "n": 0,
            "needed": 0,
            "silent": len(_VOICES),
        }
        for stage in study.stages
        if not stage.touchpoints
    ]
    for touchpoint_id, stage_id in study.stage_of.items():
        own = whole[whole["touchpoint"] == touchpoint_id]
        silent = [words for lanes, words in _VOICES.items() if not own["lane"].isin(lanes).any()]
        asked = own.loc[own["lane"].isin(["emotion", "satisfaction"]), "n"]
        n = int(asked.max()) if len(asked) else 0
        if 0 < n < SMALL_BASE:
            silent.insert(0, f"only {n} answers")
        last = own["period_end"].max() if len(own) else ""  # ISO days sort as text
        age = (as_of - date.fromisoformat(last)).days if last else 0
        if age > STALE_DAYS:
            silent.append(f"{age} days old")
        if silent:
            rows.append(
                {
                    "touchpoint": study.touchpoint(touchpoint_id).name,
                    "stage": stage_id,
                    "gap": "; ".join(silent),
                    "n": n,
                    "needed": max(0, enough - n),
                    "silent": len(silent),
                }
            )
    frame = pd.DataFrame(rows, columns=["touchpoint", "stage", "gap", "n", "needed", "silent"])
    return frame.sort_values(
        ["silent", "n"], ascending=[False, True], kind="stable", ignore_index=True
    ).drop(columns="silent")


def _edges(kind: str, table: Any, study: Study) -> tuple[date | None, date | None]:
    """Return the days of a table's first and last record, None where it has no dates."""
    dated = TABLES[kind].dated
    if not dated or table.empty:
        return None, None
    if isinstance(table, EventLog):
        times = [table.edge("min"), table.edge("max")]
    else:
        times = [table[dated].min(), table[dated].max()]
    first, last = (
        None if pd.isna(time) else time.tz_convert(study.time_zone).date() for time in times
    )
    return first, last


def _people(table: Any, known: set[str]) -> tuple[int, int]:
    """Return how many customers a table speaks about, and how many of them are known."""
    if isinstance(table, EventLog):
        return table.customers(known)
    people = set(table["customer_id"]) - {""} if "customer_id" in table.columns else set()
    return len(people), len(people & known)


def _touchpoints(kind: str, table: Any, study: Study) -> set[str]:
    """Return the touchpoints that a source speaks about."""
    declared = set(study.stage_of)
    if kind == "responses":
        asked = codebook(study).set_index("question")["touchpoint"]
        answered = [code for code in asked.index if (~_blank(table[code])).any()]
        return set(asked[answered]) & declared
    if kind == "events":
        seen = set(table.names() if isinstance(table, EventLog) else table["event"])
        return {t for e, t in study.touchpoint_of_event.items() if e in seen}
    if kind == "resources":
        return set(table["touchpoints"].str.split(";").explode().str.strip()) & declared
    return set(table["touchpoint"]) & declared if "touchpoint" in table.columns else set()


def _blank_share(kind: str, table: Any) -> float:
    """Return the share of blank cells in columns of the file itself that hold anything."""
    if isinstance(table, EventLog):
        return table.blank_share()
    computed = {
        "responses": ["persona", "weight", "state", "not_applicable"],
        "customers": ["persona"],
    }.get(kind, [])
    blank = _blank(table.drop(columns=computed, errors="ignore"))
    used = blank.loc[:, ~blank.all()]
    return float(used.to_numpy().mean()) if used.size else 0.0


def _blank(cells: Any) -> Any:
    """Return which cells hold nothing."""
    return cells.isna() | cells.isin([""])
