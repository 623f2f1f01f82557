"""Tables that a notebook shows and nobody computes with: names for ids, in the reader's order."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from cjm_lab import metrics, personas, planning, surveys
from cjm_lab.period import Period, day_start
from cjm_lab.study import Persona, Study
from cjm_lab.surveys.measures import valence

if TYPE_CHECKING:
    from cjm_lab.metrics import JourneyStream
    from cjm_lab.personas import Segments

_KINDS = {
    "interview": ("Customer interviews", "observed"),
    "user_test": ("User tests", "observed"),
    "staff": ("Staff opinions", "assumed"),
    "market": ("Market notes", "assumed"),
}


def brief(study: Study) -> pd.DataFrame:
    """Return why the map is made and for whom; what nobody said is shown as open."""
    objective = study.goal.objective
    lines = {
        "Why": study.goal.why,
        "Decision": study.goal.decision,
        "For": ", ".join(study.goal.audience),
        "Objective": planning.objective_text(objective, study) if objective else "",
        "Begins when": study.scope.trigger,
        "Ends when": study.scope.ends,
        "Left out": ", ".join(study.scope.stages_out),
    }
    return pd.DataFrame({"": lines.keys(), "answer": [v or "not said yet" for v in lines.values()]})


def stakeholders(study: Study) -> pd.DataFrame:
    """Return the power-interest grid."""
    return planning.stakeholder_grid(study)


def unheard(study: Study) -> pd.DataFrame:
    """Return the functions that own a touchpoint and have no stakeholder."""
    return planning.unheard_functions(study)


def scope(study: Study) -> pd.DataFrame:
    """Return what the scope has and lacks."""
    return planning.scope_checks(study)


def waves(responses: pd.DataFrame, codebook: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return every score in every wave."""
    return surveys.scores_by_wave(responses, codebook, level=study.level)


def voices(notes: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return how many notes of each kind there are, and about which touchpoints most."""
    names = {touchpoint.id: touchpoint.name for touchpoint in study.touchpoints}
    rows = []
    for kind, (words, status) in _KINDS.items():
        own = notes[notes["kind"] == kind]
        most = own["touchpoint"].map(names).value_counts().head(3)
        about = ", ".join(f"{name} ({count})" for name, count in most.items())
        rows.append({"voices": words, "notes": len(own), "mostly about": about, "known": status})
    return pd.DataFrame(rows)


def people(
    customers: pd.DataFrame, responses: pd.DataFrame, study: Study, period: Period
) -> pd.DataFrame:
    """Return the customers of the period, else the respondents, with their attributes."""
    return personas.persona_people(customers, responses, study, period).drop(columns="persona")


def segments(people: pd.DataFrame, seed: int) -> Segments | None:
    """Return the groups that people fall into; None if nothing is known of them."""
    columns = people.columns.tolist()
    return personas.segment(people, columns, seed=seed) if columns else None


def segment_search(segments: Segments | None) -> pd.DataFrame:
    """Return how well each number of segments fits."""
    return segments.table if segments else pd.DataFrame(columns=["segments", "bic"])


def segment_profile(segments: Segments | None, people: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return what is distinctive of each segment, no more than 12 lines."""
    if segments is None or not segments.names:
        return pd.DataFrame(columns=["segment", "attribute", "category", "value", "others"])
    columns = people.columns.tolist()
    table = personas.profile(
        people, segments, columns, made_from=segments.columns, level=study.level
    )
    apart = (table["value"] - table["others"]).abs()
    return table.assign(apart=apart).nlargest(12, "apart").drop(columns=["apart", "p"])


def empathy(
    notes: pd.DataFrame, measured: pd.DataFrame, pain_rows: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Return the empathy map of the persona that the map is about."""
    persona = focus(measured, pain_rows, study)
    if persona is None:
        return pd.DataFrame(columns=["part", "text", "status"])
    quotes = measured[measured["lane"] == "quote"]
    found = personas.empathy_map(persona, notes, quotes, measured)
    return found.assign(persona=persona.name)


def feelings(measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the satisfaction at each touchpoint by persona, in the journey's order, by name."""
    rows = measured[measured["measure"] == "valence"]
    names = {persona.id: persona.name for persona in study.personas}
    order = {touchpoint: i for i, touchpoint in enumerate(study.stage_of)}
    rows = rows.assign(persona=rows["persona"].map(names).fillna(""))
    return rows.sort_values("touchpoint", key=lambda ids: ids.map(order), kind="stable")


def focus(measured: pd.DataFrame, pain_rows: pd.DataFrame, study: Study) -> Persona | None:
    """Return the persona that the map is about: the one that feels worst where it hurts most.

    Without answers by persona it is the largest one; a study without personas has none.
    """
    if not study.personas:
        return None
    emotion = measured[(measured["lane"] == "emotion") & (measured["persona"] != "")]
    if len(pain_rows):
        worst = pain_rows.loc[pain_rows["measure"] == "pain", "touchpoint"]
        there = emotion[emotion["touchpoint"].isin(worst.head(1))].dropna(subset="value")
        if len(there):
            return study.persona(str(there.sort_values("value")["persona"].iloc[0]))
    sizes = measured[(measured["measure"] == "size") & (measured["persona"] != "")]
    if len(sizes):
        return study.persona(str(sizes.sort_values("value")["persona"].iloc[-1]))
    return study.personas[0]


def funnel(stream: JourneyStream, study: Study, period: Period, as_of: date) -> pd.DataFrame:
    """Return the study's funnel, its steps named by their touchpoints."""
    if study.funnel is None or not len(stream):
        return pd.DataFrame(columns=["step", "customers", "value", "low", "high", "n"])
    taken = metrics.funnel(
        stream,
        study.funnel.steps,
        window_days=study.funnel.window_days,
        period=period,
        as_of=as_of,
        level=study.level,
    )
    names = {e: study.touchpoint(t).name for e, t in study.touchpoint_of_event.items()}
    return taken.assign(step=taken["step"].map(names).fillna(taken["step"]))


def moves(measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the transitions between touchpoints by name, in the journey's order."""
    rows = measured[measured["measure"] == "transition"]
    ends = rows["label"].str.split(" → ", expand=True, n=1).reindex(columns=[0, 1])
    order = {touchpoint.name: i for i, touchpoint in enumerate(study.touchpoints)}
    table = rows.assign(touchpoint=ends[0], next_touchpoint=ends[1])
    table = table.sort_values(
        ["touchpoint", "next_touchpoint"], key=lambda names: names.map(order), kind="stable"
    )
    return table[["touchpoint", "next_touchpoint", "label", "value", "low", "high", "n"]]


def protocol(study: Study) -> pd.DataFrame:
    """Return the walkthrough's questions, touchpoint by touchpoint."""
    return planning.walkthrough_protocol(study)


def strengths(findings: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return what evaluators found good, once each."""
    found = planning.walkthrough_findings(findings, level=study.level).strengths
    names = {touchpoint.id: touchpoint.name for touchpoint in study.touchpoints}
    named = found.assign(touchpoint=found["touchpoint"].map(names).fillna(found["touchpoint"]))
    return named.drop_duplicates(subset=["touchpoint", "note"])


def weekly(
    responses: pd.DataFrame,
    codebook: pd.DataFrame,
    change_rows: pd.DataFrame,
    pain_rows: pd.DataFrame,
    study: Study,
    as_of: date,
) -> pd.DataFrame:
    """Return the weekly satisfaction at the touchpoint that changed most, else that hurts most."""
    values, _, questions = valence(responses, codebook)
    touchpoint = next((t for t in _moving(change_rows, pain_rows) if t in questions), None)
    if touchpoint is None:
        return pd.DataFrame(columns=["week", "value"])
    answered = values[touchpoint].notna()
    table = metrics.trend(
        responses.loc[answered, "submitted_at"],
        values.loc[answered, touchpoint],
        as_of=as_of,
        time_zone=study.time_zone,
        level=study.level,
    )
    return table.assign(touchpoint=study.touchpoint(touchpoint).name)


def _moving(change_rows: pd.DataFrame, pain_rows: pd.DataFrame) -> list[str]:
    """Return touchpoints worth a look over time: changed for certain, then painful."""
    moved = change_rows[change_rows["note"].isin(["better", "worse"])]
    pains = pain_rows[pain_rows["measure"] == "pain"]
    return [*moved["touchpoint"], *pains["touchpoint"]]


def action_list(actions: pd.DataFrame, study: Study, as_of: date) -> pd.DataFrame:
    """Return the actions by due date, with what is overdue on the day of the report."""
    today = day_start(as_of + timedelta(days=1), study.time_zone)
    closed = actions["state"].isin(["done", "dropped"])
    late = ~closed & (actions["due"] < today)
    due = actions["due"].dt.tz_convert(study.time_zone).dt.date
    table = actions.assign(due=due, state=actions["state"].mask(late, "overdue"))
    return table.sort_values("due", kind="stable", ignore_index=True)


def next_review(study: Study, as_of: date) -> date:
    """Return the last day of the month in which the map is to be made anew.

    Examples
    --------
    >>> from cjm_lab.study import Stage
    >>> next_review(Study(title="Tea", stages=[Stage(id="a", name="A")]), date(2026, 10, 31))
    datetime.date(2026, 11, 30)
    """
    month = as_of.month - 1 + study.review.every_months
    year, month = as_of.year + month // 12, month % 12 + 1
    return date(year, month, monthrange(year, month)[1])


def marks(calendar: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the calendar with days of the study's time zone."""
    return calendar.assign(
        date=calendar["date"].dt.tz_convert(study.time_zone).dt.tz_localize(None)
    )
