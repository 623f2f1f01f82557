"""What a step found, in sentences written from its values; no value, no sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from cjm_lab.journey import health_table, lead
from cjm_lab.ledger import row_estimate
from cjm_lab.metrics.pilot import SAMPLE_RATIO_ALPHA
from cjm_lab.planning import automate_next
from cjm_lab.planning.forecast_evidence import THE_SET
from cjm_lab.runs.readable import said
from cjm_lab.runs.review_views import overdue
from cjm_lab.runs.views import focus
from cjm_lab.words import capital, day_words, listed, measure_name, number, p_words, plain, shown

if TYPE_CHECKING:
    from cjm_lab.runs.step import Step


def meaning(step: Step) -> list[str]:
    """Return what a step means, sentence by sentence.

    Parameters
    ----------
    step
        The step, with its tables.
    """
    return list(_MEANINGS[step.name](step)) or [
        "The sources of this study say nothing here yet; the knowledge gaps of step 2 name what "
        "to ask first."
    ]


def _goals(step: Step) -> Iterator[str]:
    objective = step.study.goal.objective
    if objective is None:
        yield "No objective is set: nobody will be able to say whether the work has succeeded."
        return
    base = _one(step, "baseline")
    if base is None or pd.isna(base["value"]):
        yield (
            f"The objective ({measure_name(objective.measure)}) cannot be measured from the "
            "sources at hand: measure it first, or choose one that they show."
        )
        return
    name = capital(measure_name(objective.measure))
    target = shown(row_estimate(base | {"value": objective.target}), objective.measure).value
    yield f"{name} is {_full(base, objective.measure)}; the target is {target} by {objective.by}."
    for measure in ("pace_per_month", "detectable_by_then"):
        row = _one(step, measure)
        if row is not None and measure == "pace_per_month":
            pace = said(row, step.study)
            yield f"That takes {pace.value} {pace.interval} a month from now on."
        elif row is not None and row["note"]:
            yield f"Will it be seen by then? {capital(row['note'])}."
    unheard = step.table("unheard")["function"].tolist()
    if unheard:
        yield f"Nobody speaks for: {', '.join(unheard)}."


def _customers(step: Step) -> Iterator[str]:
    for measure in ("nps", "conversion", "churn_share"):
        row = _one(step, measure)
        if row is not None:
            yield f"{capital(measure_name(measure))}: {_full(row)}."
    for row in step.rows("answered", label="Response rate").to_dict("records"):
        late = step.rows("answered", measure="early_late_difference")["note"].str.split(";").str[0]
        hint = f": {late.iloc[0]}" if len(late) else ""
        yield f"Of those invited {_full(row)} answered{hint}."
    drivers = step.rows("driver", measure="driver")
    clear = drivers[drivers["note"].str.startswith("goes with a higher outcome")]
    if len(clear):
        first = clear.sort_values("value").iloc[-1].to_dict()
        whole = step.rows("driver", measure="driver_r2")["label"].iloc[0]
        others = drivers[drivers["evidence_id"] != first["evidence_id"]]
        surely = first["low"] > others["high"].max()
        rank = "more than with any other rating" if surely else "others may be as close"
        yield (
            f"Of the differences in {whole} {_full(first)} go with “{first['label']}”; {rank}. "
            "That is no proof that one causes the other."
        )
    labeled, automatic = _one(step, "negative_share"), _one(step, "automatic_negative_share")
    if labeled is not None:
        yield f"Of the mentions {_full(labeled)} are negative, judged on a labeled sample."
    if automatic is not None:
        value = shown(row_estimate(automatic), "automatic_negative_share").value
        yield f"A word list finds {value} negative mentions; how far it is off is unknown."
    gaps = step.table("gaps")
    if len(gaps):
        first = gaps.iloc[0]
        missing = (
            f"{first['needed']:,} more answers would give ±5 points." if first["needed"] else ""
        )
        yield f"The widest gap is {first['touchpoint']}: {first['gap']}. {missing}".strip()


def _personas(step: Step) -> Iterator[str]:
    found = step.table("segments")
    if found is not None:
        yield found.explanation
    sizes = step.rows("persona", measure="size")
    for persona in step.study.personas:
        own = sizes[(sizes["persona"] == persona.id)]
        if len(own):
            yield f"{persona.name}: {_full(own.iloc[0].to_dict(), 'size')}."
    chosen = focus(step.table("measured"), step.table("pain_rows"), step.study)
    if chosen is not None:
        yield f"Look at {chosen.persona.name} first: {chosen.why}."


def _touchpoints(step: Step) -> Iterator[str]:
    yield from lead(step.table("evidence"), step.study)


def _resources(step: Step) -> Iterator[str]:
    found = step.table("opportunity_list")
    open_ = found.loc[found["answered by"] == "nothing", "where"].tolist() if len(found) else []
    if open_:
        yield f"Nothing that is planned answers what hurts at {listed(open_)}."
    load = step.table("owner_weeks")
    for row in load[load["verdict"].str.endswith("too many")].to_dict("records"):
        yield (
            f"{row['owner']} is asked for {row['person-weeks asked']:g} person-weeks, "
            f"{row['verdict']}."
        )
    ranked = step.rows("opportunity")
    if ranked.empty:
        return
    best = ranked.iloc[0]
    yield f"First by {measure_name(best['measure'])}: {best['label']} ({best['note']})."
    yield from _forecasts(step)


def _forecasts(step: Step) -> Iterator[str]:
    """Yield what the budget buys, what it brings, what is behind it and what is most unsure."""
    said_of = dict(step.table("set_answers").itertuples(index=False, name=None))
    refused = said_of.get("No set is allowed")
    if refused:
        enough = said_of.get("The set changes from")
        yield f"The budget buys no set: {refused}." + (f" Enough would be {enough}." * bool(enough))
    together = step.rows("forecast", label=THE_SET)
    if len(together):
        yield f"The set that the budget buys: {said_of['The set']}."
    for measure in ("conversion_lift", "added_orders", "net_value", "payback_months"):
        for row in together[together["measure"] == measure].to_dict("records"):
            number = said(row, step.study)
            yield f"Forecast, {measure_name(measure)}: {number.value} {number.interval}."
    if len(together) and "The set changes from" in said_of:
        yield f"With more money: {said_of['The set changes from']}."
    for row in step.table("matters").head(1).to_dict("records"):
        share_of = said(row, step.study).value
        yield f"Most unsure in that: {row['label']} ({share_of} of what is unsure)."
    yield (
        "Only where a pilot with a control stands behind a lift may it be called an effect; "
        "the others hold if the judgement does."
    )


def _walkthrough(step: Step) -> Iterator[str]:
    walked = step.rows("walkthrough", measure="severity")
    walked = walked[walked["touchpoint"] != ""]
    if len(walked):
        worst = walked.sort_values("value").iloc[-1].to_dict()
        place = step.study.touchpoint(worst["touchpoint"]).name
        severity = said(worst, step.study)
        yield (
            f"Worst on the walk: {place}, severity {severity.value} of 4 {severity.interval} "
            f"{severity.n}: {worst['label']}."
        )
    agree, unseen = _one(step, "agreement", "walkthrough"), _one(step, "problems_unseen")
    if agree is not None:
        yield f"The evaluators' agreement (alpha) is {_full(agree)}: {agree['note']}."
    if unseen is not None:
        words = plain(unseen["value"], 1)
        yield f"Nobody found some {words} problems that are likely there: {unseen['note']}."
    ratio = _one(step, "sample_ratio_p", "pilot")
    if ratio is None:
        return
    p = ratio["value"]
    trusted = p >= SAMPLE_RATIO_ALPHA
    if trusted:
        yield f"The pilot's arms are as planned (sample ratio: {p_words(p)})."
    else:
        yield (
            f"The pilot's arms are not as planned (sample ratio: {p_words(p)}): find out why "
            "before believing any difference."
        )
    for row in step.rows("pilot", measure="pilot_difference").to_dict("records"):
        e = row_estimate(row)
        beyond = ", beyond chance" if e.low > 0 or e.high < 0 else ", not beyond chance"
        verdict = beyond if trusted else ""
        yield f"Pilot, {row['label']}: {said(row, step.study).full}{verdict}."
    for row in step.table("lifts").to_dict("records"):
        yield f"{row['resource']}, {row['lift of']}: {row['why']}."


def _optimize(step: Step) -> Iterator[str]:
    changes = step.rows("change", measure="change")
    if step.previous is None:
        yield "There is no earlier report: this one is the base for the next."
    else:
        for verdict in ("better", "worse"):
            names = changes.loc[changes["note"] == verdict, "label"].tolist()
            if names:
                yield f"{capital(verdict)}: {'; '.join(names)}."
        if not changes["note"].isin(["better", "worse"]).any():
            yield "No figure moved more than chance could."
    status = step.table("action_status")
    for what, owner, late in overdue(status):
        yield f"Overdue: {what} ({owner}), {late}."
    loose = status[(status["missing"] != "") & ~status["progress"].isin(["done", "dropped"])]
    for row in loose.to_dict("records"):
        yield f"{row['opportunity']} has {listed(row['missing'].split(', '))}."
    load = step.table("reaction_load")
    first = automate_next(load)
    if first is not None:
        hours = number(first["hours_month"])
        yield (
            f"Automate next: {first['what']} ({first['state']}); people spend {hours} hours a "
            "month on it, and a program frees at most these."
        )
    elif len(load) and (load["state"] != "automatic").any():
        yield "What to automate next cannot be said: no rule has both a state and its hours."
    for row in health_table(step.table("evidence")).to_dict("records"):
        yield f"{row['what']} {row['remedy']}"
    review = step.table("next_review")
    yield f"Next review: {day_words(review.day)}; {review.why}."


_MEANINGS: dict[str, Callable[[Step], Iterator[str]]] = {
    "1_goals": _goals,
    "2_customers": _customers,
    "3_personas": _personas,
    "4_touchpoints": _touchpoints,
    "5_resources": _resources,
    "6_walkthrough": _walkthrough,
    "7_optimize": _optimize,
}


def _one(step: Step, measure: str, lane: str = "") -> dict[Any, Any] | None:
    """Return the row of a measure about everyone, everywhere."""
    rows = step.rows(lane, measure=measure, touchpoint="", persona="", segment="")
    return rows.iloc[0].to_dict() if len(rows) else None


def _full(row: dict[Any, Any], measure: str = "") -> str:
    """Return a row's value with interval and n."""
    return shown(row_estimate(row), measure or str(row["measure"])).full
