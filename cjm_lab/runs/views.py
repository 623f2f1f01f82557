"""Tables that a notebook shows and nobody computes with: names for ids, in the reader's order."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from cjm_lab import metrics, personas, planning, surveys
from cjm_lab.estimate import Estimate
from cjm_lab.journey import change_table, pain_table
from cjm_lab.journey.pains import quotes_of, whom_it_hurts
from cjm_lab.journey.rows import Rows
from cjm_lab.period import Period
from cjm_lab.study import Persona, Study
from cjm_lab.surveys.measures import valence
from cjm_lab.words import capital, measure_name, shown

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
        "Left out": ", ".join(study.scope.stages_out) or "nothing",
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


def ratings(measured: pd.DataFrame) -> pd.DataFrame:
    """Return the ratings of us on the scale that most of them were asked on, `asked` in words.

    Ratings on other scales have no place on the same axis.
    """
    ours = (measured["measure"] == "rating") & (measured["subject"] == "us")
    rows = measured[ours & (measured["persona"] == "") & (measured["segment"] == "")]
    asked = rows["scale_min"].map("from {:g}".format) + rows["scale_max"].map(" to {:g}".format)
    return rows.assign(asked=asked)[asked == asked.mode().get(0, "")]


def waves(responses: pd.DataFrame, codebook: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return every score in every wave; single ratings are left to the picture above."""
    table = surveys.scores_by_wave(responses, codebook, study)
    lines = []
    for row in table[table["measure"] != "rating"].to_dict("records"):
        numbers = {key: row[key] for key in ("value", "low", "high", "n", "method")}
        words = shown(Estimate(**numbers), row["measure"])
        subject = "" if row["subject"] == "us" else row["subject"]
        name = row["label"] or capital(measure_name(row["measure"]))
        where = _names(study).get(row["touchpoint"], "")
        lines.append([row["wave"], where, subject, name, words.value, words.interval, row["n"]])
    columns = ["wave", "where", "who", "what", "value", "interval", "n"]
    found = pd.DataFrame(lines, columns=columns)
    return found.drop(columns=[name for name in ("where", "who") if not (found[name] != "").any()])


def gap_list(gaps: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the knowledge gaps with the names of their stages."""
    return gaps.assign(stage=gaps["stage"].replace(_names(study)))


def _names(study: Study) -> dict[str, str]:
    """Return the names of stages and touchpoints by their ids."""
    names = {stage.id: stage.name for stage in study.stages}
    return names | {touchpoint.id: touchpoint.name for touchpoint in study.touchpoints}


def voices(notes: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return how many notes of each kind there are, and about which touchpoints most."""
    names = _names(study)
    rows = []
    for kind, (words, status) in _KINDS.items():
        own = notes[notes["kind"] == kind]
        most = own["touchpoint"].map(names).value_counts().head(3)
        about = ", ".join(f"{name} ({count})" for name, count in most.items())
        rows.append({"voices": words, "notes": len(own), "mostly about": about, "known": status})
    return pd.DataFrame(rows)


def people(
    customers: pd.DataFrame,
    responses: pd.DataFrame,
    codebook: pd.DataFrame,
    stream: JourneyStream,
    study: Study,
    period: Period,
) -> pd.DataFrame:
    """Return the customers of the period with what they are, do and say; else the respondents."""
    known = personas.persona_people(customers, responses, study, period, stream, codebook)
    return known.drop(columns="persona")


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
    chosen = focus(measured, pain_rows, study)
    if chosen is None:
        return pd.DataFrame(columns=["part", "text", "status"])
    quotes = measured[measured["lane"] == "quote"]
    found = personas.empathy_map(chosen.persona, notes, quotes, measured)
    place = found["touchpoint"].replace(_names(study))
    return found.assign(touchpoint=place, persona=chosen.persona.name)


def feelings(measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the satisfaction at each touchpoint by persona, in the journey's order, by name."""
    rows = measured[measured["measure"] == "valence"]
    names = {persona.id: persona.name for persona in study.personas}
    order = {touchpoint: i for i, touchpoint in enumerate(study.stage_of)}
    rows = rows.assign(persona=rows["persona"].map(names).fillna(""))
    return rows.sort_values("touchpoint", key=lambda ids: ids.map(order), kind="stable")


class Focus(NamedTuple):
    """The persona to look at first, why in words, and whether it is the one that is hurt most."""

    persona: Persona
    why: str
    hurt_most: bool = False


def focus(measured: pd.DataFrame, pain_rows: pd.DataFrame, study: Study) -> Focus | None:
    """Return the persona to look at first: whom the worst pain hurts more than all others.

    Where that is not sure it is the largest one, else the first declared; a study without personas
    has none.
    """
    if not study.personas:
        return None
    first = (pain_rows["measure"] == "rank") & (pain_rows["value"] == 1)
    for touchpoint in pain_rows.loc[first, "touchpoint"]:
        whom = whom_it_hurts(Rows(measured), touchpoint, study)
        if whom and whom.less and len(whom.alike) == 1 and whom.estimate.value < 0:
            hurt = next(p for p in study.personas if p.name == whom.lowest)
            place = study.touchpoint(touchpoint).name
            return Focus(hurt, f"{place}, the worst pain point, hurts this persona most", True)
    sizes = measured[(measured["measure"] == "size") & (measured["persona"] != "")]
    if len(sizes):
        largest = str(sizes.sort_values("value", kind="stable")["persona"].iloc[-1])
        return Focus(study.persona(largest), "it is the largest persona")
    return Focus(study.personas[0], "it is the first that study.yaml declares")


def funnel(stream: JourneyStream, study: Study, period: Period, as_of: date) -> pd.DataFrame:
    """Return the study's funnel, its steps named by their touchpoints."""
    if study.funnel is None or not len(stream):
        return pd.DataFrame(columns=["step", "customers", "value", "low", "high", "n"])
    taken = metrics.funnel(
        stream,
        study.funnel.steps,
        window_days=study.funnel.window_days,
        without=study.funnel.without,
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


def pain_list(evidence: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the pain points in words, the worst first, with what people say of each."""
    table, rows = pain_table(evidence, study), Rows(evidence)
    places = {touchpoint.name: touchpoint.id for touchpoint in study.touchpoints}
    table["in_their_words"] = [
        " ".join(f"“{quote['label'].strip()}”" for quote in quotes_of(rows, places[place]))
        for place in table["place"]
    ]
    return table.rename(columns=lambda name: name.replace("_", " "))


def change_list(evidence: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return what changed in words: key measures, what moved beyond chance, then counts."""
    return change_table(evidence, study).rename(columns={"then_now": "then → now"})


def weekly(
    responses: pd.DataFrame,
    codebook: pd.DataFrame,
    change_rows: pd.DataFrame,
    pain_rows: pd.DataFrame,
    calendar: pd.DataFrame,
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
        calendar=calendar,
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


def marks(calendar: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the calendar with days of the study's time zone."""
    return calendar.assign(
        date=calendar["date"].dt.tz_convert(study.time_zone).dt.tz_localize(None)
    )
