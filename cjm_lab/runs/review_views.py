"""Tables on what was decided, who reacts, and when to look again that a notebook shows."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from cjm_lab import planning
from cjm_lab.estimate import Estimate
from cjm_lab.journey.compare import what
from cjm_lab.journey.rows import Rows, records
from cjm_lab.journey.since import VERDICTS, change_of, then_now
from cjm_lab.ledger import row_estimate
from cjm_lab.study import Study
from cjm_lab.words import NBSP, capital, counted, day_words, number, shown


def action_status(
    actions: pd.DataFrame,
    evidence: pd.DataFrame,
    resources: pd.DataFrame,
    study: Study,
    as_of: date,
) -> pd.DataFrame:
    """Return the actions on the day of the report, each with the evidence that it is about.

    ``moves`` names the figure that the action should move, as the pages name it, and ``figure``
    says where it stands: then and now where the report before had it, else now.
    """
    status = planning.action_status(actions, as_of, study.time_zone)
    linked = planning.action_links(status, evidence, resources, study)
    by_id = {row["evidence_id"]: row for row in records(evidence)}
    changes = change_of(Rows(evidence)) if len(evidence) else {}

    def figure(evidence_id: str) -> str:
        row = by_id.get(evidence_id)
        if row is None:
            return ""
        change = changes.get(evidence_id)
        if change is None:
            return f"now {shown(row_estimate(row), row['measure']).full}"
        verdict = VERDICTS.get(change["note"], change["note"])
        return f"{then_now(row, change)}: {verdict}" if verdict else then_now(row, change)

    ids = linked["evidence_id"]
    named = ids.map({one: capital(what(row, study)) for one, row in by_id.items()})
    return linked.assign(
        moves=named.fillna(linked["measure"]).astype("str"), figure=ids.map(figure).astype("str")
    )


def action_list(action_status: pd.DataFrame) -> pd.DataFrame:
    """Return the actions for readers: the most overdue first, what each should move, and did."""
    late = action_status["days_overdue"]
    due = [
        "" if pd.isna(day) else day_words(day).replace(" ", NBSP) for day in action_status["due"]
    ]
    words = [f"{one}, {overdue_words(days)}" if days else one
             for one, days in zip(action_status["progress"], late, strict=True)]  # fmt: skip
    return pd.DataFrame(
        {
            "opportunity": action_status["opportunity"],
            "owner": action_status["owner"],
            "due": pd.Series(due, index=action_status.index, dtype="str"),
            "state": pd.Series(words, index=action_status.index, dtype="str"),
            "should move": action_status["moves"],
            "then → now": action_status["figure"],
        }
    )


def overdue_words(days: int) -> str:
    """Return how late something is.

    Examples
    --------
    >>> overdue_words(1)
    '1 day overdue'
    """
    return f"{counted(days, 'day')} overdue"


def action_counts(action_status: pd.DataFrame) -> pd.DataFrame:
    """Return how many actions of each owner are open, being done, done, dropped and overdue."""
    return planning.action_counts(action_status)


def loose_ends(action_status: pd.DataFrame) -> pd.DataFrame:
    """Return actions that lack an owner, a measure or a due date, or that no evidence speaks of."""
    closed = action_status["progress"].isin(["done", "dropped"])
    own = action_status[~closed & (action_status[["missing", "link"]] != "").any(axis=1)]
    noticed = [
        ", ".join(filter(None, pair)) for pair in zip(own["missing"], own["link"], strict=True)
    ]
    return pd.DataFrame({"opportunity": own["opportunity"], "owner": own["owner"],
                         "noticed": pd.Series(noticed, index=own.index, dtype="str")})  # fmt: skip


def reaction_load(study: Study, evidence: pd.DataFrame) -> pd.DataFrame:
    """Return what each response rule asks of the people who react, in numbers."""
    return planning.reaction_load(study, evidence)


def reaction_list(reaction_load: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the response rules for readers, the first to automate on top."""
    money = f" {study.budget.currency}" if study.budget and study.budget.currency else ""
    lines = [
        {
            "when": row["what"],
            "a week": _said(row["a_week"]),
            "waiting now": _said(row["waiting"]),
            "who reacts": f"{row['owner'] or 'nobody is named'}, {row['state'] or 'how not said'}",
            "hours a month": _hours(row),
            "at stake a month": _stake(row, money),
            "next": _advice(row),
            "known": row["status"],
        }
        for row in reaction_load.to_dict("records")
    ]
    columns = ["when", "a week", "waiting now", "who reacts", "hours a month", "at stake a month",
               "next", "known"]  # fmt: skip
    return pd.DataFrame(lines, columns=columns, dtype="str")


def _said(value: float) -> str:
    return "" if pd.isna(value) else number(round(value, 1))


def _hours(row: dict[Any, Any]) -> str:
    """Return the hours that a rule takes, and the minutes for each who meets it."""
    if pd.isna(row["hours_month"]):
        return "not said"
    each = row["minutes_each"]
    return number(row["hours_month"]) + ("" if pd.isna(each) else f", {_said(each)} minutes each")


def _stake(row: dict[Any, Any], money: str) -> str:
    """Return the revenue at stake in a month, and for each hour that people spend."""
    value, low, high = (row[f"at_stake_{part}"] for part in ("month", "low", "high"))
    if pd.isna(value):
        return ""
    told = shown(Estimate(value, low, high, n=0, method=""), "revenue_at_stake")
    hour = row["at_stake_an_hour"]
    each = "" if pd.isna(hour) else f"; {number(hour)}{money} an hour"
    return f"{told.value}{money} {told.interval}".strip() + each


def _advice(row: dict[Any, Any]) -> str:
    """Return what to do about a rule next."""
    hours = row["hours_month"]
    unsaid = [name for name, blank in (("state", not row["state"]), ("hours_month", pd.isna(hours)))
              if blank]  # fmt: skip
    if row["state"] == "automatic":
        return "automatic already"
    if unsaid:
        return f"say {' and '.join(unsaid)} in study.yaml"
    if hours == 0:
        return "nobody spends time on it"
    most = f"frees at most {number(hours)} hours a month"
    return f"automate first: {most}" if row["place"] == 1 else most


def evidence_age(evidence: pd.DataFrame, study: Study, as_of: date) -> pd.DataFrame:
    """Return how old the evidence of each source is and when it will be called old."""
    table = planning.evidence_age(evidence, as_of)
    return table.rename(columns=lambda name: name.replace("_", " ")).rename(
        columns={"last": "evidence up to", "month from": "older than a month from",
                 "half year from": "than half a year from"}
    )  # fmt: skip


def next_review(evidence: pd.DataFrame, study: Study, as_of: date) -> planning.Review:
    """Return the day proposed for the next review, and why."""
    return planning.next_review(evidence, study, as_of)


def review_day(next_review: planning.Review) -> pd.DataFrame:
    """Return the day proposed for the next review as a table of one row."""
    return pd.DataFrame({"next review": [day_words(next_review.day)], "why": [next_review.why]})


def overdue(status: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Return the overdue actions as what, whose, how late."""
    late = status[status["days_overdue"] > 0]
    return [
        (row["opportunity"], row["owner"].strip() or "nobody",
         f"{overdue_words(row['days_overdue'])} (due {day_words(row['due'])})")
        for row in late.to_dict("records")
    ]  # fmt: skip
