"""Tables of the paths through the log that a notebook shows and nobody computes with."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from cjm_lab import metrics
from cjm_lab.metrics.evidence import before_the_goal
from cjm_lab.metrics.places import WINDOW_DAYS
from cjm_lab.period import Period
from cjm_lab.runs.readable import in_words
from cjm_lab.study import Study
from cjm_lab.words import counted, number, p_words

if TYPE_CHECKING:
    from cjm_lab.metrics import JourneyStream

#: Steps of the step matrix, and paths of a persona, that a page has room for.
_STEPS = 8
_PATHS = 3
#: Journeys that must show a deviation, and share that must, so that it is worth a line.
_FEWEST = 30
_LEAST = 0.05


def step_shares(stream: JourneyStream, study: Study, period: Period, as_of: date) -> pd.DataFrame:
    """Return where customers are at each step of their journey, by the touchpoints' names."""
    table = metrics.step_matrix(stream, steps=_STEPS, period=period, as_of=as_of, level=study.level)
    named = _named(table, study)
    return named.assign(label=named["touchpoint"] + " at step " + named["step"].astype("str"))


def flows(stream: JourneyStream, study: Study, period: Period, as_of: date) -> pd.DataFrame:
    """Return which way journeys go between their first steps, by the touchpoints' names."""
    table = metrics.step_flows(stream, steps=5, period=period, as_of=as_of, level=study.level)
    named = _named(table, study)
    names: dict[Any, str] = {touchpoint.id: touchpoint.name for touchpoint in study.touchpoints}
    named = named.assign(next_touchpoint=named["next_touchpoint"].replace(names))
    label = named["touchpoint"] + " → " + named["next_touchpoint"]
    return named.assign(label=label + " after step " + named["step"].astype("str"))


def usual_paths(
    stream: JourneyStream, customers: pd.DataFrame, study: Study, period: Period, as_of: date
) -> pd.DataFrame:
    """Return the most frequent and the most likely way to the goal, overall and by persona."""
    if study.funnel is None or not len(stream):
        return pd.DataFrame()
    who = {"everyone": stream}
    for persona in study.personas:
        members = customers.loc[customers["persona"] == persona.id, "customer_id"]
        if len(members):
            who[persona.name] = stream.of_customers(members.astype("str"))
    parts = []
    for name, group in who.items():
        found = metrics.typical_journey(
            group, goal=study.funnel.goal, top=_PATHS, period=period, as_of=as_of,
            level=study.level,
        )  # fmt: skip
        kept = found[(found["customers"] >= _FEWEST) | (found["kind"] != "actual")]
        kept = kept.groupby("kind").head(_PATHS if name == "everyone" else 1)
        parts.append(in_words(kept, "share of conversions", percent=True).assign(who=name))
    table = pd.concat(parts, ignore_index=True)
    names = {e: study.touchpoint(t).name for e, t in study.touchpoint_of_event.items()}
    table["interval"] = table["interval"].where(table["kind"] == "actual", "")
    steps = [" > ".join(names.get(one, one) for one in way.split(" > ")) for way in table["path"]]
    return table.assign(path=steps, days=table["median_days"].map(number))[
        ["who", "kind", "path", "share of conversions", "interval", "days", "n"]
    ]


def wait_to_convert(
    stream: JourneyStream, study: Study, period: Period, as_of: date
) -> pd.DataFrame:
    """Return how many have taken all steps of the funnel by each day after the first one."""
    if study.funnel is None or not len(stream):
        return pd.DataFrame(columns=["days", "value", "low", "high", "n", "at_risk"])
    curve = metrics.time_to_convert(
        stream, study.funnel.steps, period=period, as_of=as_of, level=study.level
    )
    return curve[curve["at_risk"] >= _FEWEST]


def back_again(stream: JourneyStream, study: Study, period: Period, as_of: date) -> pd.DataFrame:
    """Return where customers come a second time, and whether they go in circles."""
    table = metrics.rework(stream, period=period, as_of=as_of, level=study.level)
    table = _named(table[table["customers"] >= _FEWEST], study).sort_values(
        "value", ascending=False, kind="stable"
    )
    words = in_words(table, "come again")
    columns = ["touchpoint", "come again", "interval", "n", "self_repeats", "loops"]
    return words[columns].rename(
        columns={"self_repeats": "times at once", "loops": "times by one other touchpoint"}
    )


def dead_ends(stream: JourneyStream, study: Study, period: Period, as_of: date) -> pd.DataFrame:
    """Return where more journeys end without the goal than elsewhere on the way."""
    if study.funnel is None or not len(stream):
        return pd.DataFrame()
    table = metrics.dead_ends(
        stream, goal=study.funnel.goal, window_days=_window(study), period=period, as_of=as_of,
        level=study.level,
    )  # fmt: skip
    sure = _named(table[table["p_value"] < 1 - study.level], study)
    words = in_words(sure, "end here")
    words["as elsewhere"] = (100 * words["expected"]).map(lambda share: f"{share:.0f} %")
    words["corrected p"] = words["p_value"].map(p_words)
    return words[["touchpoint", "end here", "interval", "as elsewhere", "corrected p", "n"]]


def deviations(stream: JourneyStream, study: Study, period: Period, as_of: date) -> pd.DataFrame:
    """Return how the journeys of the log deviate from the one that study.yaml plans."""
    if not len(stream):
        return pd.DataFrame()
    table = metrics.planned_against_actual(
        stream, window_days=_window(study), period=period, as_of=as_of, level=study.level
    )
    kept = table[(table["journeys"] >= _FEWEST) & (table["value"] >= _LEAST)]
    # Who never came so far has not missed what comes after; "skipped" says who did. And after the
    # goal nobody must go on.
    on_the_way = kept["touchpoint"].isin(before_the_goal(study))
    said = (kept["deviation"] != "missing") & (on_the_way | (kept["deviation"] != "failed"))
    kept = _named(kept[said], study)
    words = in_words(kept.sort_values("value", ascending=False, kind="stable"), "journeys with it")
    return words[["touchpoint", "deviation", "journeys with it", "interval", "n"]]


def drop_reasons(
    stream: JourneyStream, journey_rows: pd.DataFrame, study: Study, period: Period, as_of: date
) -> pd.DataFrame:
    """Return what sets those apart who go no further from the touchpoint that loses most."""
    lost = journey_rows[(journey_rows["measure"] == "drop_off") & (journey_rows["persona"] == "")]
    lost = lost[lost["n"] >= _FEWEST]
    if lost.empty:
        return pd.DataFrame(columns=["touchpoint", "feature"])
    worst = str(lost.sort_values("value", kind="stable")["touchpoint"].iloc[-1])
    table = metrics.drop_off_reasons(
        stream, touchpoint=worst, window_days=_window(study), period=period, as_of=as_of,
        level=study.level,
    )  # fmt: skip
    sure = table[table["p_value"] < 1 - study.level]
    return pd.DataFrame(
        {
            "touchpoint": study.touchpoint(worst).name,
            "what": sure["kind"] + ": " + sure["feature"],
            "customers": sure["customers"],
            "go no further": [f"{100 * share:.0f} %" for share in sure["drop_off"]],
            "without it": [f"{100 * share:.0f} %" for share in sure["drop_off_without"]],
            "corrected p": [p_words(p) for p in sure["p_value"]],
        }
    )


def come_back(
    stream: JourneyStream,
    responses: pd.DataFrame,
    scored: pd.DataFrame,
    study: Study,
    period: Period,
    as_of: date,
) -> pd.DataFrame:
    """Return how many of those who met a rule come back unaided, by when."""
    if not study.responses or not len(stream):
        return pd.DataFrame()
    table = metrics.response_returns(
        stream, study.responses, scored=scored, answers=responses, period=period, as_of=as_of,
        level=study.level,
    )  # fmt: skip
    by_then = table[(table["measure"] == "returned_by") & table["value"].notna()]
    reasons = {rule.id: rule.reason or rule.when for rule in study.responses}
    words = in_words(by_then, "are back", percent=True)
    words["within"] = words["days"].map(lambda days: counted(int(days), "day"))
    return words.assign(rule=words["rule"].map(reasons))[
        ["rule", "within", "are back", "interval", "n"]
    ]


def audience(
    stream: JourneyStream,
    responses: pd.DataFrame,
    scored: pd.DataFrame,
    study: Study,
    as_of: date,
) -> pd.DataFrame:
    """Return who meets a rule today, for the CRM: kept in data/processed, never in a report."""
    if not study.responses:
        return pd.DataFrame(columns=["rule", "customer_id", "fired_at", "days_waiting"])
    return metrics.audience(
        stream, study.responses, scored=scored, answers=responses, as_of=as_of,
        window_days=_window(study),
    )  # fmt: skip


def _window(study: Study) -> float:
    return (study.funnel.window_days if study.funnel else None) or WINDOW_DAYS


def _named(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    names: dict[Any, str] = {touchpoint.id: touchpoint.name for touchpoint in study.touchpoints}
    return table.assign(touchpoint=table["touchpoint"].replace(names))
