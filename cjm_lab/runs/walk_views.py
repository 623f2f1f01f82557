"""Tables on the walkthrough and the pilot that a notebook shows and nobody computes with."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cjm_lab import metrics, planning
from cjm_lab.estimate import Estimate
from cjm_lab.journey.found import time_words
from cjm_lab.ledger import row_estimate
from cjm_lab.planning.piloted import judged_words
from cjm_lab.planning.resources import not_in_place, resources_at, served
from cjm_lab.planning.walkthrough import AGREE
from cjm_lab.runs.loyalty_views import conversion_pace
from cjm_lab.runs.printing import expected_time
from cjm_lab.study import Study
from cjm_lab.words import counted, is_share, number, p_words, plain, shown

#: Weeks for which it is told what a pilot would show.
_WEEKS = (1, 2, 4, 8)
_KEYS = ("customer_id", "arm", "assigned_at")
_CHECKS = [
    "outcome", "control", "treatment", "difference", "one look", "a look every day", "p", "n",
    "margin", "verdict", "note",
]  # fmt: skip


def protocol(measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return what to do at each touchpoint, and how long customers take there."""
    steps = planning.walkthrough_protocol(study, measured).drop_duplicates("step")
    times = [expected_time(row) or "the log doesn't say" for row in steps.to_dict("records")]
    return steps.assign(time=times)[["step", "stage", "touchpoint", "task", "time"]]


def severities(findings: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return how bad each touchpoint is: mean, interval, and from which to which evaluator."""
    found = planning.walkthrough_findings(findings, level=study.level).touchpoints
    return pd.DataFrame(
        [
            {
                "touchpoint": study.touchpoint(row["touchpoint"]).name,
                "severity": (words := shown(_estimate(row), "severity")).value,
                "interval": words.interval,
                "from the mildest to the hardest": _span(row),
                "evaluators": row["n"],
                "problems": row["problems"],
                "called major by two or more": row["major"],
                "worst": row["worst"],
            }
            for row in found.sort_values("value", ascending=False, kind="stable").to_dict("records")
        ]
    )


def problems_found(findings: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the problems, the worst first, and which of them make a pain point."""
    found = planning.walkthrough_findings(findings, level=study.level).problems
    return pd.DataFrame(
        [
            {
                "touchpoint": study.touchpoint(row["touchpoint"]).name,
                "problem": row["note"],
                "severity": f"{row['severity']:.1f}",
                "from the mildest to the hardest": _span(row),
                "found by": f"{row['found_by']} of {row['walked_by']}",
                "called major by": row["major"],
                "pain point": "yes" if row["major"] >= AGREE else "",
            }
            for row in found.to_dict("records")
        ]
    )


def discovery(findings: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return which share of all problems 1 to 10 evaluators may be expected to find."""
    found = planning.walkthrough_findings(findings, level=study.level)
    evaluators = findings["evaluator"].nunique()
    curve = planning.discovery_curve(found.discovery, len(found.problems), evaluators)
    label = [counted(n, "evaluator") for n in curve["evaluators"]]
    nothing = dict.fromkeys(["low", "high"], float("nan"))
    return curve.assign(label=label, **nothing)


def strengths(findings: pd.DataFrame, resources: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return what must not be lost, beside what is wrong and what is planned at the same place."""
    found = planning.walkthrough_findings(findings, level=study.level)
    wrong = found.problems.groupby("touchpoint")["note"].agg(list).to_dict()
    changes = resources_at(served(not_in_place(resources), study))
    return pd.DataFrame(
        [
            {
                "touchpoint": study.touchpoint(row["touchpoint"]).name,
                "to be protected": row["note"],
                "said by": f"{row['said_by']} of {row['walked_by']}",
                "what is wrong there": "; ".join(wrong.get(row["touchpoint"], [])) or "nothing",
                "what is planned there": "; ".join(changes.get(row["touchpoint"], [])) or "nothing",
            }
            for row in found.strengths.to_dict("records")
        ]
    )


def walk_times(findings: pd.DataFrame, measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the evaluators' time beside the customers', and whether the two can be compared."""
    walked = planning.walkthrough_findings(findings, level=study.level).touchpoints
    evaluators = {row["touchpoint"]: row for row in walked.to_dict("records")}
    times = planning.customer_times(measured, study).to_dict("records")
    customers = {row["touchpoint"]: row for row in times}
    rows = []
    for touchpoint in study.touchpoints:
        ours, theirs = evaluators.get(touchpoint.id), customers.get(touchpoint.id)
        if ours is None and theirs is None:
            continue
        row = {"touchpoint": touchpoint.name, "evaluators": "", "interval": "", "n": ""}
        row |= {"customers, to the next touchpoint": "", "n ": ""}
        if ours is not None and ours["seconds_n"]:
            row["evaluators"] = time_words(ours["seconds"] / 3600)
            row["n"] = str(ours["seconds_n"])
            if ours["seconds_low"] == ours["seconds_low"]:
                row["interval"] = f"[{_minutes(ours['seconds_low'])}, " + (
                    f"{_minutes(ours['seconds_high'])}] minutes"
                )
        if theirs is not None:
            row["customers, to the next touchpoint"] = time_words(theirs["seconds"] / 3600)
            row["n "] = f"{theirs['customers']:,}"
        rows.append(row | {"comparable": _comparable(ours, theirs)})
    return pd.DataFrame(rows)


def _comparable(ours: dict[Any, Any] | None, theirs: dict[Any, Any] | None) -> str:
    """Return whether the times of evaluators and customers tell the same, in words."""
    if ours is None or not ours["seconds_n"]:
        return "no: nobody walked it with a watch"
    if theirs is None:
        return "no: the log has no time for it"
    if not theirs["sitting"]:
        return "no: the customers' time holds waiting, or another day"
    return f"roughly: evaluators took {number(ours['seconds'] / theirs['seconds'])} times as long"


def pilot_checks(pilot: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the pilot's result: sample ratio first, then each outcome with its guardrail."""
    outcomes = [column for column in pilot.columns if column not in _KEYS]
    margins = {
        key.measure: -key.matters if key.better == "higher" else key.matters
        for key in study.key_measures
        if key.measure in outcomes
    }
    rows = []
    found = metrics.analyze_pilot(pilot, guardrails=margins, level=study.level)
    for row in found.to_dict("records"):
        if row["outcome"] == "sample_ratio":
            about = {"outcome": "sample ratio", "p": p_words(row["p"]), "n": f"{row['n']:,}"}
            rows.append(about | {"verdict": row["verdict"], "note": row["note"]})
            continue
        once = _estimate(row)
        every = Estimate(
            row["value"], row["always_low"], row["always_high"], n=row["n"], method=row["method"]
        )
        share = is_share("", row["method"])
        rows.append(
            {
                "outcome": row["outcome"],
                "control": number(row["control"], percent=share),
                "treatment": number(row["treatment"], percent=share),
                "difference": shown(once, "pilot_difference").value,
                "one look": shown(once, "pilot_difference").interval,
                "a look every day": shown(every, "pilot_difference").interval,
                "p": "" if pd.isna(row["p"]) else p_words(row["p"]),
                "n": f"{row['n']:,}",
                "margin": "" if pd.isna(row["margin"]) else _amount(row["margin"], share=share),
                "verdict": row["verdict"],
                "note": row["note"],
            }
        )
    table = pd.DataFrame(rows, columns=_CHECKS).fillna("")
    return table.loc[:, (table != "").any()] if len(table) else table


def pilot_groups(pilot: pd.DataFrame, customers: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the pilot's result by what was known of its customers before, corrected."""
    own = [str(c) for c in pilot if c not in _KEYS and not pd.api.types.is_numeric_dtype(pilot[c])]
    known = [
        name for source in study.sources if source.kind == "customers" for name in source.attributes
    ]  # fmt: skip
    known = [name for name in known if name in customers and name not in pilot]
    if pilot.empty or not [*own, *known]:
        return pd.DataFrame()
    table = pilot.merge(customers[["customer_id", *known]], on="customer_id", how="left")
    table[known] = table[known].astype("object")  # a number that describes people is no outcome
    found = metrics.pilot_segments(table, [*own, *known], level=study.level)
    return pd.DataFrame(
        [
            {
                "of": row["by"],
                "who": row["segment"],
                "outcome": row["outcome"],
                "difference": (words := shown(_estimate(row), "pilot_difference")).value,
                "interval": words.interval,
                "n": f"{row['n']:,}",
                "p, corrected": p_words(row["p_adjusted"]),
                "verdict": row["verdict"],
            }
            for row in found.to_dict("records")
        ]
    )


def pilot_reach(measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the smallest rise of the conversion that a pilot of so many weeks would show."""
    pace = conversion_pace(measured)
    if pace is None:
        return pd.DataFrame()
    rate, a_week = pace
    rows = []
    for weeks in _WEEKS:
        once, daily = (
            metrics.plan_pilot(
                rate, customers_a_week=a_week, weeks=weeks, daily=every, level=study.level
            ).iloc[0]
            for every in (False, True)
        )  # fmt: skip
        rows.append(
            {
                "weeks": weeks,
                "customers": f"{once['customers']:,.0f}",
                "seen with one look": _amount(once["effect"], share=True),
                "seen with a look every day": _amount(daily["effect"], share=True),
            }
        )
    return pd.DataFrame(rows)


def lifts(
    resources: pd.DataFrame, measured: pd.DataFrame, pilot: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Return what was judged beside what the pilot showed, and which of them is used."""
    derived = planning.with_pilot_results(resources, measured, study).to_dict("records")
    rows = []
    for typed, row in zip(resources.to_dict("records"), derived, strict=True):
        if not row["lift_note"]:
            continue
        rows.append(
            {
                "resource": row["resource"],
                "lift of": row["measure"],
                "judged": _lift(typed),
                "used": _lift(row),
                "stands on": row["lift_source"],
                "why": row["lift_note"],
                "are they alike": _control_and_log(row, measured, pilot, study),
            }
        )
    return pd.DataFrame(rows)


def _lift(row: dict[Any, Any]) -> str:
    """Return a lift from its lowest to its highest value."""
    return judged_words(row).removeprefix("judged ")


def _control_and_log(
    row: dict[Any, Any], measured: pd.DataFrame, pilot: pd.DataFrame, study: Study
) -> str:
    """Return the control arm's share beside that of the log's customers at the touchpoint."""
    checks = metrics.analyze_pilot(pilot, level=study.level)
    shares = checks[checks["method"].str.startswith("Newcombe")]
    lost = measured[(measured["measure"] == "drop_off") & (measured["persona"] == "")]
    lost = lost[lost["touchpoint"] == row["touchpoints"]]
    if shares.empty or lost.empty or row["measure"] != "conversion":
        return "not known"
    control, onward = shares["control"].iloc[0], 1 - lost["value"].iloc[0]
    place = study.touchpoint(row["touchpoints"]).name
    return (
        f"{number(control, percent=True)} of the control arm: {shares['outcome'].iloc[0]}; in the "
        f"log {number(onward, percent=True)} of those at {place} go on"
    )


def lift_pairs(resources: pd.DataFrame, measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return judged and measured lifts below one another, to be drawn."""
    columns = ["label", "value", "low", "high", "n"]
    derived = planning.with_pilot_results(resources, measured, study)
    used = derived[derived["lift_source"] == "pilot"]
    used = used[used["measure"] == "conversion"]  # shares: other measures have units of their own
    parts = []
    for name, table in {"judged": resources.loc[used.index], "the pilot showed": used}.items():
        part = table[["lift_likely", "lift_low", "lift_high"]].set_axis(columns[1:4], axis=1)
        parts.append(part.assign(label=table["resource"] + ": " + name, n=float("nan")))
    both = pd.concat(parts).sort_index(kind="stable")
    return both[both["value"].notna()].reset_index(drop=True)[columns]


def _estimate(row: dict[Any, Any]) -> Estimate:
    """Return the number that a row of a table holds."""
    return row_estimate({"level": 0.95, "n_eff": float("nan"), "se": float("nan")} | row)


def _span(row: dict[Any, Any]) -> str:
    """Return the lowest and the highest grade."""
    low, high = row["lowest"], row["highest"]
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _minutes(seconds: float) -> str:
    """Return seconds as minutes."""
    return plain(seconds / 60, 0 if seconds >= 600 else 1)


def _amount(value: Any, *, share: bool) -> str:
    """Return a difference with its sign, a share's in points."""
    if pd.isna(value):
        return "none"
    return f"{plain(100 * value, 1, signed=True)} points" if share else plain(value, 2, signed=True)
