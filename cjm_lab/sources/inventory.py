"""What evidence a study has, and where it has none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from cjm_lab.estimate import needed_n
from cjm_lab.sources.schemas import TABLES
from cjm_lab.sources.tables import codebook, input_files
from cjm_lab.study import Study

_INVENTORY = [
    "source", "files", "rows", "first", "last", "days_old", "missing", "customers", "matched",
    "touchpoints",
]  # fmt: skip

#: Lanes in which a touchpoint is heard, and what their absence means.
_VOICES = {
    "emotion": "nobody was asked how it was",
    "reach": "the log does not show who comes by",
    "sentiment": "no mention speaks about it",
}

SMALL_BASE = 30


def inventory(tables: Mapping[str, pd.DataFrame], study: Study, as_of: date) -> pd.DataFrame:
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
        source, files, rows, first and last day, days_old, missing (share of blank cells), customers
        (distinct), matched (share of them that the customers table knows), touchpoints (how many it
        speaks about).

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
        table = tables[kind]
        dated = TABLES[kind].dated
        days = (
            table[dated].dropna().dt.tz_convert(study.time_zone).dt.date if dated else pd.Series()
        )
        people = set(table["customer_id"]) - {""} if "customer_id" in table.columns else set()
        rows.append(
            {
                "source": "survey" if kind == "responses" else kind,
                "files": ", ".join(path.name for path in paths),
                "rows": len(table),
                "first": days.min() if len(days) else None,
                "last": days.max() if len(days) else None,
                "days_old": (as_of - days.max()).days if len(days) else None,
                "missing": float((table.isna() | table.isin([""])).to_numpy().mean())
                if len(table)
                else 0.0,
                "customers": len(people) or None,
                "matched": len(people & known) / len(people) if people and known else None,
                "touchpoints": len(_touchpoints(kind, table, study)),
            }
        )
    return pd.DataFrame(rows, columns=_INVENTORY).astype(
        {"days_old": "Int64", "customers": "Int64"}
    )


def knowledge_gaps(measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the touchpoints that lack evidence, the worst first.

    Parameters
    ----------
    measured
        Ledger rows of this report.
    study
        The study.

    Returns
    -------
    DataFrame
        touchpoint, stage, gap (in words), n (answers there are), needed (answers still missing
        for a margin of +-5 points on a share at worst, 385 in all).

    References
    ----------
    n = z^2 variance / margin^2; a share has its largest variance, .25, at one half.

    Examples
    --------
    >>> from cjm_lab.ledger import evidence_frame
    >>> from cjm_lab.study import Stage, Touchpoint
    >>> brew = Stage(id="brew", name="Brew", touchpoints=[Touchpoint(id="pot", name="Pot")])
    >>> knowledge_gaps(evidence_frame(), Study(title="Tea", stages=[brew]))["needed"].tolist()
    [385]
    """
    enough = needed_n(0.25, 0.05, level=study.level)
    whole = measured[(measured["persona"] == "") & (measured["status"] == "observed")]
    rows = []
    for touchpoint_id, stage in study.stage_of.items():
        own = whole[whole["touchpoint"] == touchpoint_id]
        silent = [words for lane, words in _VOICES.items() if not (own["lane"] == lane).any()]
        asked = own.loc[own["lane"] == "emotion", "n"]
        n = int(asked.max()) if len(asked) else 0
        if 0 < n < SMALL_BASE:
            silent.insert(0, f"only {n} answers")
        if silent:
            rows.append(
                {
                    "touchpoint": study.touchpoint(touchpoint_id).name,
                    "stage": stage,
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


def _touchpoints(kind: str, table: pd.DataFrame, study: Study) -> set[str]:
    """Return the touchpoints that a source speaks about."""
    declared = set(study.stage_of)
    if kind == "responses":
        return set(codebook(study)["touchpoint"]) & declared
    if kind == "events":
        return {t for e, t in study.touchpoint_of_event.items() if e in set(table["event"])}
    if kind == "mentions":
        return {t.id for t in study.touchpoints if t.keywords}
    if kind == "resources":
        return set(table["touchpoints"].str.split(";").explode().str.strip()) & declared
    return set(table["touchpoint"]) & declared if "touchpoint" in table.columns else set()
