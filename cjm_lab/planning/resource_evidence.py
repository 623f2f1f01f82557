"""Resources in the ledger: what is missing, and which opportunity comes first."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from typing import Any, TypeAlias

import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.ledger import evidence
from cjm_lab.planning.opportunities import link_resources
from cjm_lab.planning.priorities import (
    METHOD_NAMES,
    SCORE_MEASURES,
    made_of,
    scorable,
    scored_by,
    study_formula,
)
from cjm_lab.planning.resources import priority_inputs, resource_gaps
from cjm_lab.planning.stability import rank_stability
from cjm_lab.study import Study

#: So many count as the first.
TOP = 3

NO_ANSWER = "answers nothing that was found"

#: Where a row stands: stage, touchpoint, item.
Place: TypeAlias = dict[str, Any]


def gap_rows(resources: pd.DataFrame, place: dict[str, Place]) -> Iterator[dict[str, Any]]:
    """Yield need less have of each resource: somebody's word."""
    gaps = resource_gaps(resources)
    for row in gaps[gaps["gap"].notna()].to_dict("records"):
        owner = f"; owner {row['owner']}" if row["owner"] else ""
        yield evidence(
            Estimate(row["gap"], nan, nan, n=1, method="need - have"),
            lane="resource",
            measure="resource_gap",
            label=row["resource"],
            source="resources",
            status="assumed",
            note=f"have {row['have']:g}, need {row['need']:g} {row['unit']}".rstrip() + owner,
            **place[row["resource"]],
        )


def priority_rows(
    resources: pd.DataFrame,
    opportunities: pd.DataFrame,
    measured: pd.DataFrame,
    study: Study,
    place: dict[str, Place],
    seed: int,
) -> Iterator[dict[str, Any]]:
    """Yield the score of each resource whose inputs are known, by the study's own method."""
    method = study.priorities.method
    inputs = priority_inputs(resources, measured, study)
    formula = study_formula(inputs, study)
    known = scorable(inputs, formula)
    scored = scored_by(formula, known, method)
    top = top_of(len(scored))
    often = rank_stability(
        known, method=method, formula=study.priorities.formula, top=top, level=study.level,
        seed=seed,
    )  # fmt: skip
    shares = dict(zip(often["resource"], often["value"], strict=True))
    answers = link_resources(scored, opportunities, study)["answers"]
    for row, answered in zip(scored.to_dict("records"), answers, strict=True):
        name = row["resource"]
        reach = row["reach"] if "reach" in formula.names else 0
        note = [made_of(formula, row), row.get("quadrant", "")]
        if len(scored) > 1:
            note.append(f"{top_words(top)} in {shares[name]:.0%} of draws".replace("%", " %"))
        note.append("answers: " + "; ".join(answered) if answered else NO_ANSWER)
        yield evidence(
            Estimate(row["score"], nan, nan, n=int(reach), method=METHOD_NAMES[method]),
            lane="opportunity",
            measure=SCORE_MEASURES[method],
            label=name,
            source="resources; events" if reach else "resources",
            status="reasoned",
            note="; ".join(filter(None, note)),
            basis=[study.priorities.formula] if method == "formula" else [],
            **place[name],
        )


def top_of(count: int) -> int:
    """Return how many of so many count as the first: three, or one where there are no more."""
    return TOP if count > TOP else 1


def top_words(top: int) -> str:
    """Return how the first are called."""
    return "first" if top == 1 else "among the first three"
