"""Resources in the ledger: what is missing, and which opportunity comes first."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from typing import Any, TypeAlias

import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.ledger import evidence
from cjm_lab.planning.priorities import prioritize
from cjm_lab.planning.resources import resource_gaps, rice_inputs, touchpoints_of
from cjm_lab.study import Study

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


def rice_rows(
    resources: pd.DataFrame,
    pains: pd.DataFrame,
    measured: pd.DataFrame,
    study: Study,
    place: dict[str, Place],
) -> Iterator[dict[str, Any]]:
    """Yield the RICE score of each resource whose inputs are known."""
    words = pains[pains["measure"] == "pain"].drop_duplicates("touchpoint")
    pain_at = dict(zip(words["touchpoint"], words["label"], strict=True))
    lists = touchpoints_of(resources, study)
    scored = prioritize(rice_inputs(resources, measured, study))
    served = dict(zip(resources["resource"], lists, strict=True))
    for row in scored.to_dict("records"):
        answers = [pain_at[t] for t in served[row["resource"]] if t in pain_at]
        score = Estimate(row["score"], nan, nan, n=int(row["reach"]), method="RICE")
        yield evidence(
            score,
            lane="opportunity",
            measure="rice",
            label=row["resource"],
            source="resources; events",
            status="reasoned",
            note=f"reach {row['reach']:,.0f} a month x impact {row['impact']:g} x confidence "
            f"{row['confidence']:g} / effort {row['effort']:g}; "
            + (f"answers: {'; '.join(answers)}" if answers else "no pain point there"),
            **place[row["resource"]],
        )
