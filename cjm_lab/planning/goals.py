"""The goal of a study: where it stands, what pace it needs, who should be heard."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from datetime import date
from math import isnan, nan, sqrt
from typing import Any

import pandas as pd
from scipy import special

from cjm_lab.estimate import Estimate, z_value
from cjm_lab.ledger import evidence, evidence_frame, row_estimate
from cjm_lab.study import Objective, Study
from cjm_lab.study.personas import segment_text
from cjm_lab.words import is_share, plain

#: Chance of finding a difference that is there.
POWER = 0.8

_QUADRANTS = {
    (True, True): "manage closely",
    (True, False): "keep satisfied",
    (False, True): "keep informed",
    (False, False): "monitor",
}


def goal_evidence(measured: pd.DataFrame, study: Study, as_of: date) -> pd.DataFrame:
    """Return baseline, needed pace and what can be told apart by the objective's date.

    Parameters
    ----------
    measured
        Rows of the ledger; the baseline is the one with the objective's measure, touchpoint,
        persona and segment.
    study
        Its goal has the objective.
    as_of
        Day from which the months to the objective's date count.

    Returns
    -------
    DataFrame
        Rows of the ledger: ``baseline`` (without a value if the objective can't be measured),
        ``pace_per_month``, ``detectable_by_then`` (the smallest change that two periods of today's
        traffic show with 80 % power).

    Examples
    --------
    >>> from cjm_lab.estimate import share
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use"}],
    ...     "goal": {"objective": {"measure": "conversion", "target": 0.4, "by": "2027-03-31"}}})
    >>> now = evidence_frame([evidence(share(600, 2000), lane="base", measure="conversion")])
    >>> rows = goal_evidence(now, study, date(2026, 9, 30))
    >>> rows.set_index("measure")["value"].round(3).to_dict()
    {'baseline': 0.3, 'pace_per_month': 0.017, 'detectable_by_then': 0.041}
    """
    objective = study.goal.objective
    if objective is None:
        return evidence_frame()
    label = objective_text(objective, study)
    row = _baseline(measured, objective)
    if row is None:
        note = "the objective cannot be measured from the sources at hand"
        return evidence_frame(
            [_row(None, "baseline", objective, study, label, status="assumed", note=note)]
        )
    return evidence_frame(_from_baseline(row, objective, study, as_of, label))


def objective_text(objective: Objective, study: Study) -> str:
    """Return the objective in words.

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use"}]})
    >>> objective_text(Objective(measure="nps", target=40, by=date(2027, 3, 31)), study)
    'nps to 40 by 2027-03-31'
    """
    where = f" at {study.touchpoint(objective.touchpoint).name}" if objective.touchpoint else ""
    who = f" of {study.persona(objective.persona).name}" if objective.persona else ""
    which = f" with {segment_text(objective.segment)}" if objective.segment else ""
    return f"{objective.measure}{where}{who}{which} to {objective.target:g} by {objective.by}"


def stakeholder_grid(study: Study) -> pd.DataFrame:
    """Return the stakeholders with their place in the power-interest grid.

    Only ``high`` counts as high: whose grade is medium is not yet won.

    Returns
    -------
    DataFrame
        Columns ``name function interest influence place`` (manage closely, keep satisfied, keep
        informed, monitor), the most influential first.

    References
    ----------
    Mendelow (1991), Proceedings of the 2nd International Conference on Information Systems.

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use"}],
    ...     "stakeholders": [{"name": "Ann", "interest": "low", "influence": "high"}]})
    >>> stakeholder_grid(study)["place"].tolist()
    ['keep satisfied']
    """
    grades = ["high", "medium", "low"]
    people = sorted(
        study.stakeholders, key=lambda s: (grades.index(s.influence), grades.index(s.interest))
    )
    rows = [
        [s.name, s.function, s.interest, s.influence,
         _QUADRANTS[s.influence == "high", s.interest == "high"]]
        for s in people
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["name", "function", "interest", "influence", "place"])


def unheard_functions(study: Study) -> pd.DataFrame:
    """Return the functions at work in the journey that no stakeholder speaks for.

    A function is the team of a touchpoint, else the partner who owns it, or the owner of a response
    rule. A stakeholder speaks for it by name or function.

    Returns
    -------
    DataFrame
        Columns ``function`` and ``works_at`` (touchpoints and rules).

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use",
    ...     "touchpoints": [{"id": "van", "name": "Van", "team": "Carrier"}]}]})
    >>> unheard_functions(study).values.tolist()
    [['Carrier', 'Van']]
    """
    at: dict[str, list[str]] = {}
    for t in study.touchpoints:
        function = t.team or ("Partner" if t.ownership == "partner" else "")
        if function:
            at.setdefault(function, []).append(t.name)
    for rule in study.responses:
        if rule.owner:
            at.setdefault(rule.owner, []).append(f"response {rule.id}")
    heard = {word.casefold() for s in study.stakeholders for word in (s.name, s.function)}
    rows = [[f, ", ".join(places)] for f, places in at.items() if f.casefold() not in heard]
    return pd.DataFrame(rows, columns=["function", "works_at"], dtype="str")


def scope_checks(study: Study) -> pd.DataFrame:
    """Return whether the scope has a trigger, an end and all three periods of a journey.

    Returns
    -------
    DataFrame
        Columns ``check``, ``passed`` and ``found``.

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use"}]})
    >>> scope_checks(study)["passed"].tolist()
    [False, False, False, True, False, True]
    """
    stages = {
        period: ", ".join(stage.name for stage in study.stages if stage.period == period)
        for period in ("before", "during", "after")
    }
    inside = {text.casefold() for stage in study.stages for text in (stage.id, stage.name)}
    both = [name for name in study.scope.stages_out if name.casefold() in inside]
    checks = [
        ("Says what triggers the journey", study.scope.trigger),
        ("Says where the journey ends", study.scope.ends),
        *((f"Has a stage {period} the service", found) for period, found in stages.items()),
    ]
    rows = [[check, bool(found), found or "nothing"] for check, found in checks]
    rows.append(["Leaves out no stage that it maps", not both, ", ".join(both) or "none"])
    return pd.DataFrame(rows, columns=["check", "passed", "found"])


def _baseline(measured: pd.DataFrame, objective: Objective) -> dict[Hashable, Any] | None:
    """Return the row that says where the objective stands today."""
    wanted = {
        "measure": objective.measure,
        "touchpoint": objective.touchpoint,
        "persona": objective.persona,
        "segment": segment_text(objective.segment),
        "subject": "us",
    }
    rows = measured[measured["value"].notna()]
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    found = rows.to_dict("records")
    # One measure may stand in several rows (two rated questions): the best-founded one counts.
    return max(found, key=lambda row: (row["status"] == "observed", row["n"]), default=None)


def _from_baseline(
    row: dict[Hashable, Any], objective: Objective, study: Study, as_of: date, label: str
) -> Iterator[dict[str, Any]]:
    """Yield the baseline and what follows from it."""
    now = row_estimate(pd.Series(row))
    scale = None if isnan(row["scale_min"]) else (row["scale_min"], row["scale_max"])
    months = (objective.by - as_of).days * 12 / 365.25
    to_go = objective.target - now.value
    same = {"scale": scale, "source": row["source"], "basis": [row["basis"]]}
    span = {key: row[key] for key in ("period_start", "period_end")}
    late = "" if months > 0 else f"the date {objective.by} has passed"
    status = row["status"]
    yield _row(now, "baseline", objective, study, label, status=status, note=late, **same) | span
    if months <= 0:
        return
    pace = Estimate(
        to_go / months,
        (objective.target - now.high) / months,
        (objective.target - now.low) / months,
        n=now.n,
        method="(target - baseline) / months",
        se=now.se / months,
        level=now.level,
    )
    note = f"{months:.1f} months from {as_of} to {objective.by}"
    yield _row(pace, "pace_per_month", objective, study, label, note=note, **same) | span
    se = now.se if not isnan(now.se) else (now.high - now.low) / (2 * z_value(study.level))
    if isnan(se):
        return
    smallest = (z_value(study.level) + float(special.ndtri(POWER))) * sqrt(2) * se
    verdict = "yes" if abs(to_go) >= smallest else "no"
    detectable = Estimate(
        smallest, nan, nan, n=now.n, method=f"normal, power {POWER:.0%}", level=study.level
    )
    away, seen = (_amount(x, objective) for x in (abs(to_go), smallest))
    note = (
        f"{verdict}: the target is {away} away, and a change of {seen} or more "
        f"is found with {POWER:.0%} power if the period before {objective.by} has today's traffic"
    )
    yield (
        _row(detectable, "detectable_by_then", objective, study, label, note=note, **same) | span
    )


def _row(
    estimate: Estimate | None,
    measure: str,
    objective: Objective,
    study: Study,
    label: str,
    **more: Any,
) -> dict[str, Any]:
    """Return a row of the lane ``goal``, reasoned unless said otherwise."""
    return evidence(
        estimate,
        lane="goal",
        measure=measure,
        label=label,
        stage=study.stage_of.get(objective.touchpoint, ""),
        touchpoint=objective.touchpoint,
        persona=objective.persona,
        segment=segment_text(objective.segment),
        item=objective.measure,
        **({"status": "reasoned"} | more),
    )


def _amount(size: float, objective: Objective) -> str:
    """Return the size of a change in words: points for shares."""
    if is_share(objective.measure):
        return f"{plain(100 * size, 1)} points"
    return plain(size, 2)
