"""review.json: what the dashboard needs of a report that no row of evidence holds.

The archive must speak for itself when data/raw has moved on, so a report keeps its calendar, its
actions, its key measures with their target, and the day proposed for the next review.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from cjm_lab.journey.compare import good_direction, key_name
from cjm_lab.ledger import COLUMNS
from cjm_lab.planning import Review
from cjm_lab.study import KeyMeasure, Study
from cjm_lab.study.personas import segment_text
from cjm_lab.words import capital
from cjm_lab.workspace import write_text

FILE = "review.json"


def review_record(
    study: Study, status: pd.DataFrame, calendar: pd.DataFrame, review: Review
) -> dict[str, Any]:
    """Return what review.json holds.

    Parameters
    ----------
    study
        Its key measures and its objective.
    status
        The actions on the day of the report, as the table ``action_status`` has them.
    calendar
        The tidy table, up to the day of the report.
    review
        The day proposed for the next review, and why.

    Returns
    -------
    dict
        ``key_measures`` (those of the study, else the objective's: what it is, which direction is
        good, the target where it is the objective's), ``calendar`` (day in the study's zone and
        what happened, up to the day of the report), ``actions`` with what is overdue and the figure
        each should move, ``next_review`` with ``why``.
    """
    days = calendar["date"].dt.tz_convert(study.time_zone).dt.date.astype("str")
    marks = sorted({(day, what) for day, what in zip(days, calendar["what"], strict=True)})
    kept = ["opportunity", "owner", "progress", "moves", "days_overdue", "figure"]
    due = ["" if one != one or one is None else one.isoformat() for one in status["due"]]
    return {
        "key_measures": [_key(key, study) for key in _keys(study)],
        "calendar": [{"date": day, "what": what} for day, what in marks if day != "NaT"],
        "actions": status[kept].assign(due=due).to_dict("records"),
        "next_review": review.day.isoformat(),
        "why": review.why,
    }


def write_review(content: dict[str, Any], folder: Path) -> Path:
    """Write review.json."""
    return write_text(folder / FILE, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_review(report: Path) -> dict[str, Any] | None:
    """Return a report's review.json, None for a report that was made before there was one."""
    path = report / FILE
    if not path.is_file():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _keys(study: Study) -> list[KeyMeasure]:
    """Return the study's key measures, else the measure of its objective."""
    if study.key_measures or study.goal.objective is None:
        return study.key_measures
    goal = study.goal.objective
    same = {name: getattr(goal, name) for name in ("measure", "touchpoint", "persona", "segment")}
    return [KeyMeasure(matters=1.0, **same)]


def _key(key: KeyMeasure, study: Study) -> dict[str, Any]:
    """Return a key measure as the archive keeps it: where its row is, what is good, the target."""
    where = {
        "measure": key.measure,
        "touchpoint": key.touchpoint,
        "persona": key.persona,
        "segment": segment_text(key.segment),
    }
    goal = study.goal.objective
    names = ("measure", "touchpoint", "persona", "segment")
    aimed = goal is not None and all(getattr(goal, n) == getattr(key, n) for n in names)
    target = {"target": goal.target, "by": goal.by.isoformat()} if goal and aimed else {}
    good = good_direction(dict.fromkeys(COLUMNS, "") | where | {"subject": "us"}, study)
    return where | {"name": capital(key_name(key, study)), "good": good} | target
