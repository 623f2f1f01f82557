"""The walkthrough in the ledger: severities, the evaluators' agreement, what they likely missed."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import fields
from math import isnan, nan
from typing import Any

import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.planning.walkthrough import (
    AGREE,
    MAJOR,
    SEVERITY_SCALE,
    Base,
    WalkthroughFindings,
    check_touchpoints,
    walkthrough_findings,
)
from cjm_lab.study import Study
from cjm_lab.words import counted


def walkthrough_evidence(findings: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return severity per touchpoint, the evaluators' agreement and how much they likely missed.

    The label of a severity is the worst finding in words, and that of ``major_problems`` the worst
    of those that two or more evaluators call at least major. Evaluators are experts who judge, not
    customers who were seen: what they found of the journey is ``reasoned``. How far they agree was
    ``observed`` of them.

    Examples
    --------
    >>> columns = ["evaluator", "touchpoint", "question", "passed", "kind", "severity", "note"]
    >>> rows = [["Ann", "pot", "action noticed", False, "weakness", 3.0, "Lid hidden"]]
    >>> found = pd.DataFrame(rows, columns=columns)
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use",
    ...     "touchpoints": [{"id": "pot", "name": "Pot"}]}]})
    >>> walkthrough_evidence(found.assign(seconds=60.0), study)[["label", "value"]].values.tolist()
    [['Lid hidden', 3.0]]
    """
    if findings.empty:
        return evidence_frame()
    check_touchpoints(findings, study)
    found = walkthrough_findings(findings, level=study.level)
    rows = [
        evidence(
            _estimate_in(row),
            lane="walkthrough",
            measure="severity",
            label=row["worst"] or "No problem found",
            stage=study.stage_of[row["touchpoint"]],
            touchpoint=row["touchpoint"],
            scale=SEVERITY_SCALE,
            source="findings",
            status="reasoned",
            note=f"evaluators say {row['lowest']:g} to {row['highest']:g}; "
            f"{counted(row['problems'], 'problem')}",
        )
        for row in found.touchpoints.to_dict("records")
        if not isnan(row["value"])
    ]
    rows += _major_rows(found, study)
    if not isnan(found.agreement.value):
        rows.append(
            evidence(
                found.agreement,
                lane="walkthrough",
                measure="agreement",
                label="Agreement of the evaluators on severity",
                source="findings",
                note=base_words(found.base),
            )
        )
    if not isnan(found.unseen):
        n = len(found.problems)
        unseen = Estimate(
            found.unseen, nan, nan, n=n, method="1-(1-L)^n, L adjusted (Lewis)", level=study.level
        )
        rows.append(
            evidence(
                unseen,
                lane="walkthrough",
                measure="problems_unseen",
                label="Problems that likely nobody found",
                source="findings",
                status="reasoned",
                note=f"{n} found; one evaluator finds {found.discovery:.0%} of them",
            )
        )
    return evidence_frame(rows)


def base_words(base: Base) -> str:
    """Return what the agreement rests on, in words.

    Examples
    --------
    >>> base_words(Base(32, 3, 96))
    '96 ratings of 32 questions by 3 evaluators'
    """
    ratings, units = counted(base.ratings, "rating"), counted(base.units, "question")
    return f"{ratings} of {units} by {counted(base.evaluators, 'evaluator')}"


def _major_rows(found: WalkthroughFindings, study: Study) -> Iterator[dict[str, Any]]:
    """Yield how many problems of each touchpoint several evaluators call at least major."""
    agreed = found.problems[found.problems["major"] >= AGREE].drop_duplicates("touchpoint")
    first = agreed.set_index("touchpoint")
    for row in found.touchpoints[found.touchpoints["n"] >= AGREE].to_dict("records"):
        name = row["touchpoint"]
        worst = first.loc[name].to_dict() if name in first.index else None
        note = f"severity of at least {MAJOR:g} by {AGREE} or more evaluators"
        if worst:
            note += f"; this one by {worst['major']} of {worst['walked_by']}"
        yield evidence(
            Estimate(row["major"], nan, nan, n=row["n"], method="count"),
            lane="walkthrough",
            measure="major_problems",
            label=worst["note"] if worst else "No major problem agreed on",
            stage=study.stage_of[name],
            touchpoint=name,
            source="findings",
            status="reasoned",
            note=note,
            basis=(MAJOR, AGREE),
        )


def _estimate_in(row: Mapping[Hashable, Any]) -> Estimate:
    """Return the Estimate that a row of a table holds."""
    return Estimate(**{field.name: row[field.name] for field in fields(Estimate)})
