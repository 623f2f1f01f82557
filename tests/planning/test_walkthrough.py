from __future__ import annotations

from math import isnan

import pandas as pd
import pytest

from cjm_lab.planning import problem_discovery, walkthrough_findings, walkthrough_protocol

COLUMNS = ["evaluator", "touchpoint", "question", "passed", "kind", "severity", "seconds", "note"]


def findings(*rows: tuple[object, ...]) -> pd.DataFrame:
    """Rows of evaluator, touchpoint, question, severity (0 = passed) and note."""
    table = [
        [who, where, question, severity == 0, "weakness" if severity else "",
         severity or float("nan"), 30.0, note]
        for who, where, question, severity, note in rows
    ]  # fmt: skip
    return pd.DataFrame(table, columns=COLUMNS)


def test_the_protocol_asks_four_questions_a_touchpoint(study):
    protocol = walkthrough_protocol(study)
    assert len(protocol) == 12
    assert protocol["step"].tolist() == [1] * 4 + [2] * 4 + [3] * 4
    assert protocol["question"].nunique() == 4


def test_five_evaluators_find_most_problems():
    assert round(problem_discovery(0.31, 5), 4) == 0.8436
    assert problem_discovery(0.1, 22) >= 0.9 > problem_discovery(0.1, 21)


def test_severity_is_the_mean_of_the_worst_that_each_evaluator_found():
    found = walkthrough_findings(
        findings(
            ("Ann", "pay", "noticed", 3, "Hidden"),
            ("Ann", "pay", "progress", 4, "Form forgets"),
            ("Bob", "pay", "noticed", 2, "Hard to see"),
            ("Bob", "pay", "progress", 0, ""),
            ("Ann", "van", "noticed", 0, ""),
            ("Bob", "van", "noticed", 0, ""),
        )
    )
    pay, van = found.touchpoints.set_index("touchpoint").loc[["pay", "van"]].to_dict("records")
    assert (pay["value"], pay["n"], pay["problems"]) == (3, 2, 2)
    assert (van["value"], van["worst"]) == (0, "")
    assert pay["seconds"] == 60
    # Hidden: (3 + 2) / 2; forgets: (4 + 0) / 2. The worst by the mean leads.
    assert found.problems["severity"].tolist() == [2.5, 2.0]
    assert found.problems["found_by"].tolist() == [2, 1]
    assert pay["worst"] == "Hidden"


def test_problems_found_by_one_of_two_promise_others_unseen():
    found = walkthrough_findings(
        findings(
            ("Ann", "pay", "noticed", 3, ""), ("Bob", "pay", "noticed", 0, ""),
            ("Ann", "pay", "linked", 0, ""), ("Bob", "pay", "linked", 2, ""),
        )
    )  # fmt: skip
    # L = .5, all found once: ((.5 - .5) (1 - .5) + .5 / (1 + 1)) / 2 = .125;
    # 1 - .875^2 = .234375 are found, 2 / .234375 - 2 = 6.53 not.
    assert found.discovery == pytest.approx(0.125)
    assert found.unseen == pytest.approx(2 / 0.234375 - 2)


def test_strengths_are_listed():
    table = findings(("Ann", "pay", "noticed", 0, "Full price early"))
    found = walkthrough_findings(table.assign(kind="strength"))
    assert found.strengths["note"].tolist() == ["Full price early"]
    assert found.problems.empty


def test_one_evaluator_tells_no_agreement_and_no_rate():
    found = walkthrough_findings(findings(("Ann", "pay", "noticed", 3, "Hidden")))
    assert isnan(found.agreement.value)
    assert isnan(found.unseen)
    assert isnan(found.touchpoints["low"].iloc[0])


def test_no_findings_give_empty_tables():
    table = findings().astype({"passed": "bool", "severity": "float64", "seconds": "float64"})
    found = walkthrough_findings(table)
    assert found.touchpoints.empty
    assert found.problems.empty
    assert isnan(found.unseen)
