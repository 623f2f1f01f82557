from __future__ import annotations

import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.planning.walked import walkthrough_evidence


def walked(place: str = "payment") -> pd.DataFrame:
    grades = {"Ann": (4.0, 1.0), "Bob": (3.0, float("nan")), "Eve": (4.0, float("nan"))}
    rows = [
        [who, place, question, grade != grade, "", grade, 60.0, note if grade == grade else ""]
        for who, pair in grades.items()
        for question, grade, note in zip(
            ("progress seen", "action noticed"), pair, ("Form forgets", "Hidden"), strict=True
        )
    ]
    columns = [
        "evaluator",
        "touchpoint",
        "question",
        "passed",
        "kind",
        "severity",
        "seconds",
        "note",
    ]
    return pd.DataFrame(rows, columns=columns)


def test_the_walkthrough_has_severity_agreement_and_what_was_missed(study):
    rows = walkthrough_evidence(walked(), study).set_index("measure")
    assert rows.index.tolist() == ["severity", "major_problems", "agreement", "problems_unseen"]
    severity = rows.loc["severity"]
    assert severity["value"] == pytest.approx(11 / 3)
    assert (severity["label"], severity["n"], severity["touchpoint"]) == (
        "Form forgets",
        3,
        "payment",
    )
    assert (severity["scale_min"], severity["scale_max"]) == (0, 4)
    assert rows.loc["problems_unseen", "value"] > 0
    assert walkthrough_evidence(walked().head(0), study).empty


def test_experts_reason_and_only_their_agreement_is_observed(study):
    rows = walkthrough_evidence(walked(), study).set_index("measure")
    assert rows["status"].to_dict() == {
        "severity": "reasoned", "major_problems": "reasoned", "agreement": "observed",
        "problems_unseen": "reasoned",
    }  # fmt: skip
    assert rows.loc["severity", "note"] == "evaluators say 3 to 4; 2 problems"
    # Two questions, each answered by all three.
    assert rows.loc["agreement", "note"] == "6 ratings of 2 questions by 3 evaluators"


def test_a_major_problem_takes_two_who_call_it_so(study):
    # The form: 4, 3 and 4. What is hidden: 1 by Ann alone.
    row = walkthrough_evidence(walked(), study).set_index("measure").loc["major_problems"]
    assert (row["value"], row["label"], row["n"]) == (1, "Form forgets", 3)
    assert row["note"].endswith("; this one by 3 of 3")
    mild = walked().assign(severity=[4.0, 1.0, 2.0, None, 2.0, None])
    row = walkthrough_evidence(mild, study).set_index("measure").loc["major_problems"]
    assert (row["value"], row["label"]) == (0, "No major problem agreed on")
    alone = walked().query("evaluator == 'Ann'")
    assert "major_problems" not in set(walkthrough_evidence(alone, study)["measure"])


def test_grades_that_are_all_alike_have_a_severity_and_no_interval_of_no_width(study):
    same = walked().query("question == 'progress seen'").assign(severity=3.0)
    row = walkthrough_evidence(same, study).set_index("measure").loc["severity"]
    assert (row["value"], row["n"]) == (3, 3)
    assert row["high"] != row["low"]  # NaN or a width


def test_a_finding_nowhere_on_the_journey_is_named(study):
    with pytest.raises(ParameterError, match="did you mean 'payment'"):
        walkthrough_evidence(walked("paymnt"), study)
