"""The walkthrough in the ledger: severities, the evaluators' agreement, what they likely missed."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import fields
from math import isnan, nan
from typing import Any

import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.planning.walkthrough import SEVERITY_SCALE, check_touchpoints, walkthrough_findings
from cjm_lab.study import Study


def walkthrough_evidence(findings: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return severity per touchpoint, the evaluators' agreement and how much they likely missed.

    The label of a severity is the worst finding in words.

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
            note=f"problems: {row['problems']}",
        )
        for row in found.touchpoints.to_dict("records")
        if not isnan(row["value"])
    ]
    if not isnan(found.agreement.value):
        rows.append(
            evidence(
                found.agreement,
                lane="walkthrough",
                measure="agreement",
                label="Agreement of the evaluators on severity",
                source="findings",
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


def _estimate_in(row: Mapping[Hashable, Any]) -> Estimate:
    """Return the Estimate that a row of a table holds."""
    return Estimate(**{field.name: row[field.name] for field in fields(Estimate)})
