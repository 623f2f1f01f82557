"""Ledger rows as a table for readers, and what a missing source means in words."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.ledger import row_estimate
from cjm_lab.study import Study
from cjm_lab.words import Shown, capital, measure_name, number, shown

#: What a study cannot say without a source; the ledger then has no such rows.
WITHOUT = {
    "responses": "no satisfaction and no emotion curve",
    "mentions": "nothing of what people say in public",
    "events": "no reach, no drop-off, no funnel and no forecast",
    "customers": "no base, no churn, and personas only from answers",
    "orders": "no value of a customer and no revenue at stake",
    "interactions": "no contacts and no reply times",
    "invitations": "no response rate",
    "labels": "negative mentions without an interval: their bias is unknown",
    "notes": "no interviews and no staff voices",
    "findings": "nobody walked the journey",
    "resources": "no priorities and no forecast",
    "pilot": "no proof that a change works",
    "actions": "nobody is said to act",
    "costs": "no cost of a new customer",
    "calendar": "no releases or outages beside the trends",
    "map": "nobody's word beside the evidence but what study.yaml says",
}

#: Sources that each step reads.
READ_BY = {
    "1_goals": ("responses", "events"),
    "2_customers": (
        "responses", "invitations", "mentions", "labels", "events", "customers", "orders",
        "interactions", "costs", "notes",
    ),
    "3_personas": ("customers", "responses", "notes"),
    "4_touchpoints": ("responses", "mentions", "events", "orders"),
    "5_resources": ("resources", "events", "orders"),
    "6_walkthrough": ("findings", "pilot"),
    "7_optimize": ("actions", "calendar"),
}  # fmt: skip


def readable(rows: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return ledger rows as a table for people: names for ids, words for measures, one number text.

    Parameters
    ----------
    rows
        Rows of the ledger.
    study
        The study, for the names of touchpoints and personas.

    Returns
    -------
    DataFrame
        where, who, what, value, interval, n, known (observed, reasoned, assumed), note; columns
        that are empty in every row are left out.

    Examples
    --------
    >>> from cjm_lab.estimate import share
    >>> from cjm_lab.ledger import evidence, evidence_frame
    >>> from cjm_lab.study import Stage, Touchpoint
    >>> buy = Stage(id="buy", name="Buy", touchpoints=[Touchpoint(id="pay", name="Payment")])
    >>> row = evidence(share(42, 100), lane="drop_off", measure="drop_off", touchpoint="pay")
    >>> readable(evidence_frame([row]), Study(title="Shop", stages=[buy])).loc[0, "where"]
    'Payment'
    """
    places = {stage.id: stage.name for stage in study.stages}
    places |= {touchpoint.id: touchpoint.name for touchpoint in study.touchpoints}
    people = {persona.id: persona.name for persona in study.personas}
    lines = []
    for row in rows.to_dict("records"):
        words = said(row, study)
        has_value = not pd.isna(row["value"])
        place = row["touchpoint"] or row["stage"]
        subject = "" if row["subject"] == "us" else row["subject"]
        lines.append(
            {
                "where": places.get(place, place),
                "who": people.get(row["persona"], row["persona"]) or row["segment"] or subject,
                "what": row["label"]
                if row["label"] not in ("", places.get(place))
                else capital(measure_name(row["measure"])),
                "measure": capital(measure_name(row["measure"])),
                "value": words.value if has_value else "",
                "interval": words.interval if has_value else "",
                "n": f"{row['n']:,.0f}" if row["n"] > 0 else "",
                "known": row["status"],
                "note": row["note"],
            }
        )
    table = pd.DataFrame(
        lines,
        columns=["where", "who", "what", "measure", "value", "interval", "n", "known", "note"],
    )
    if not table.duplicated(["where", "who", "what"]).any():
        table = table.drop(columns="measure")  # the label says enough
    return table.loc[:, (table != "").any()] if len(table) else table


def said(row: Mapping[Any, Any], study: Study) -> Shown:
    r"""Return the number of a ledger row as a reader sees it, in the unit of what it measures.

    Rows of the lane ``goal`` have the unit of the objective, a pace that of its change.

    Examples
    --------
    >>> from cjm_lab.estimate import Estimate
    >>> from cjm_lab.ledger import evidence
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use"}],
    ...     "goal": {"objective": {"measure": "conversion", "target": 0.42, "by": "2027-03-31"}}})
    >>> pace = Estimate(0.005, 0.0, 0.01, n=1337, method="(target - baseline) / months")
    >>> said(evidence(pace, lane="goal", measure="pace_per_month"), study).interval
    '[0.0,\xa0+1.0]'
    """
    estimate, objective = row_estimate(row), study.goal.objective
    if row["lane"] != "goal" or objective is None:
        return shown(estimate, row["measure"], change=row["lane"] == "change")
    words = shown(estimate, objective.measure, change=row["measure"] != "baseline")
    if row["measure"] == "detectable_by_then":  # a size, in either direction
        return words._replace(value=words.value.lstrip("+"))
    return words


def in_words(table: pd.DataFrame, name: str, *, percent: bool = False) -> pd.DataFrame:
    r"""Return rows of a metric with their value and interval as a reader sees them.

    Parameters
    ----------
    table
        ``value low high n se method`` and other columns, ``measure`` among them where it varies.
    name
        What the column of the value shall be called; the one beside it is ``interval``.
    percent
        Whether all are shares; else those are whose measure or method says so.

    Examples
    --------
    >>> row = {"value": 0.2, "low": 0.1, "high": 0.35, "n": 40, "se": 0.06, "method": "Wilson"}
    >>> in_words(pd.DataFrame([row]), "back")[["back", "interval"]].values.tolist()
    [['20\xa0%', '[10,\xa035]']]
    """
    same = pd.Series("all_share" if percent else "", index=table.index)
    about = table["measure"] if "measure" in table and not percent else same
    columns = ["value", "low", "high", "n", "se", "method"]
    words = [
        shown(Estimate(value, low, high, n=int(n), se=se, method=method), measure)
        for measure, (value, low, high, n, se, method) in zip(
            about, table[columns].itertuples(index=False), strict=True
        )
    ]
    texts = {name: [one.value for one in words], "interval": [one.interval for one in words]}
    told = {column: pd.Series(text, table.index, dtype="str") for column, text in texts.items()}
    return table.drop(columns="value").assign(**told)


def html_table(table: pd.DataFrame, none: str = "No evidence yet.") -> str:
    """Return a table as HTML for readers: no row numbers, blanks for what is not known.

    Examples
    --------
    >>> "&lt;b&gt;" in html_table(pd.DataFrame({"a": ["<b>"], "n": [None]}))
    True
    """
    if table.empty:
        return f"<p>{escape(none)}</p>"
    shown_table = table.map(_cell)
    with pd.option_context("display.max_colwidth", None):
        return str(shown_table.to_html(index=False, escape=True, max_rows=60))


def _cell(value: object) -> object:
    """Return what stands in a cell: days without midnight, numbers without noise."""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value)
    return value


def absences(step: str, empty: set[str]) -> list[str]:
    """Return a sentence for each source that a step reads and the study lacks.

    Examples
    --------
    >>> absences("6_walkthrough", {"pilot", "events"})
    ['This study has no pilot: no proof that a change works.']
    """
    names = {"responses": "survey", "events": "event log", "findings": "walkthrough findings"}
    return [
        f"This study has no {names.get(kind, kind)}: {WITHOUT[kind]}."
        for kind in READ_BY[step]
        if kind in empty
    ]
