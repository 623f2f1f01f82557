from __future__ import annotations

from math import isnan

import pandas as pd
import pytest

from cjm_lab.planning import walkthrough_findings

COLUMNS = ["evaluator", "touchpoint", "question", "passed", "kind", "severity", "seconds", "note"]


def findings(*rows: tuple[object, ...]) -> pd.DataFrame:
    """Rows of evaluator, touchpoint, question, severity (0 = passed) and note."""
    table = [
        [who, where, question, severity == 0, "weakness" if severity else "",
         severity or float("nan"), 30.0, note]
        for who, where, question, severity, note in rows
    ]  # fmt: skip
    return pd.DataFrame(table, columns=COLUMNS)


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
    # The range of the evaluators, beside the mean: Ann's worst is 4, Bob's 2.
    assert (pay["lowest"], pay["highest"], van["highest"]) == (2, 4, 0)
    assert found.problems[["lowest", "highest"]].values.tolist() == [[2, 3], [0, 4]]


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


def test_the_time_of_an_evaluator_has_an_interval_and_counts_who_wrote_one():
    table = findings(
        ("Ann", "pay", "noticed", 0, ""), ("Bob", "pay", "noticed", 0, ""),
        ("Eve", "pay", "noticed", 0, ""),
    ).assign(seconds=[60.0, 80.0, None])  # fmt: skip
    pay = walkthrough_findings(table).touchpoints.iloc[0]
    # 70 +- 12.706 x 14.142 / sqrt(2) = 127: below zero there is no time.
    assert (pay["seconds"], pay["seconds_low"], pay["seconds_n"]) == (70, 0, 2)
    assert pay["seconds_high"] == pytest.approx(70 + 127.06, abs=0.01)


def test_agreement_rests_on_what_two_or_more_rated():
    # Ann and Bob rate two questions, Eve one of them, Ann a third one alone.
    found = walkthrough_findings(
        findings(
            ("Ann", "pay", "noticed", 3, ""), ("Bob", "pay", "noticed", 3, ""),
            ("Ann", "pay", "linked", 0, ""), ("Bob", "pay", "linked", 0, ""),
            ("Eve", "pay", "linked", 1, ""), ("Ann", "van", "noticed", 2, ""),
        )
    )  # fmt: skip
    assert found.base == (2, 3, 5)
    assert found.agreement.n == 2


def test_a_problem_is_major_by_as_many_as_call_it_at_least_three():
    found = walkthrough_findings(
        findings(
            ("Ann", "pay", "noticed", 3, "Hidden"), ("Bob", "pay", "noticed", 4, "Hidden"),
            ("Ann", "pay", "linked", 4, "Odd"), ("Bob", "pay", "linked", 2, "Odd"),
        )
    )  # fmt: skip
    assert found.problems.set_index("note")["major"].to_dict() == {"Hidden": 2, "Odd": 1}
    assert found.touchpoints["major"].tolist() == [1]


def test_strengths_are_listed():
    table = findings(("Ann", "pay", "noticed", 0, "Full price early"))
    found = walkthrough_findings(table.assign(kind="strength"))
    assert found.strengths[["note", "said_by", "walked_by"]].values.tolist() == (
        [["Full price early", 1, 1]]
    )
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
