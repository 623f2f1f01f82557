"""What notebook 6 shows of the walkthrough and the pilot."""

from __future__ import annotations

import pandas as pd
import pytest

from cjm_lab import plots
from cjm_lab.estimate import share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.metrics.pilot import pilot_evidence
from cjm_lab.period import period_up_to
from cjm_lab.planning.walked import walkthrough_evidence
from cjm_lab.runs import walk_views as views
from cjm_lab.sources.schemas import empty_table
from cjm_lab.study import Study

NBSP = "\u00a0"
FINDINGS = ["evaluator", "touchpoint", "question", "passed", "kind", "severity", "seconds", "note"]


@pytest.fixture(scope="module")
def study() -> Study:
    return Study.model_validate(
        {
            "title": "Shop",
            "stages": [
                {
                    "id": "buy",
                    "name": "Buy",
                    "touchpoints": [
                        {"id": "pay", "name": "Payment", "action": "Types the card"},
                        {"id": "van", "name": "Delivery"},
                    ],
                }
            ],
            "funnel": {"steps": ["pay", "order"]},
            "key_measures": [
                {"measure": "revenue", "matters": 5},
                {"measure": "conversion", "matters": 0.02},
            ],
            "sources": [
                {"kind": "customers", "file": "customers.csv", "attributes": ["device", "age"]}
            ],
        }
    )


@pytest.fixture(scope="module")
def findings() -> pd.DataFrame:
    """Three walk the payment: the form is 4, 3, 3; what is hidden 3, 1 and passed."""
    rows = [
        ("Ann", "pay", "progress seen", False, "weakness", 4.0, 100.0, "Form forgets"),
        ("Bob", "pay", "progress seen", False, "weakness", 3.0, 110.0, "Form forgets"),
        ("Eve", "pay", "progress seen", False, "weakness", 3.0, 120.0, "Form forgets"),
        ("Ann", "pay", "action noticed", False, "weakness", 3.0, 20.0, "Hidden"),
        ("Bob", "pay", "action noticed", False, "weakness", 1.0, 10.0, "Hidden"),
        ("Eve", "pay", "action noticed", True, "strength", None, None, "Price early"),
    ]
    return pd.DataFrame(rows, columns=FINDINGS)


@pytest.fixture(scope="module")
def measured() -> pd.DataFrame:
    september = period_up_to(pd.Timestamp("2026-09-30").date())
    return evidence_frame(
        [
            evidence(
                share(50, 100), lane="transition", measure="transition", touchpoint="pay",
                label="Payment → Delivery", note="next within 7 days, median 0.0125 hours",
            ),
            evidence(share(40, 100), lane="drop_off", measure="drop_off", touchpoint="pay"),
            evidence(share(600, 1200), lane="base", measure="conversion", period=september),
        ]
    )  # fmt: skip


def pilot(control: int, treatment: int, n: int = 400) -> pd.DataFrame:
    """So many of n in each arm order, for 10 each; the odd ones are on a phone."""
    ordered = [i < control for i in range(n)] + [i < treatment for i in range(n)]
    table = pd.DataFrame({"ordered": pd.Series(ordered).astype(int)})
    table["customer_id"] = [f"c{i}" for i in table.index]
    table["arm"] = ["control"] * n + ["treatment"] * n
    return table.assign(assigned_at=pd.NaT, revenue=10.0 * table["ordered"])


@pytest.fixture(scope="module")
def resources() -> pd.DataFrame:
    row = {"resource": "Keep the form", "have": 0.0, "need": 1.0, "touchpoints": "pay"}
    row |= {"measure": "conversion", "lift_low": 0.06, "lift_likely": 0.1, "lift_high": 0.14}
    done = row | {"resource": "Bell", "have": 1.0, "touchpoints": "van", "lift_source": "judgement"}
    return pd.DataFrame([row | {"lift_source": "pilot"}, done])


def test_the_protocol_has_a_line_a_touchpoint_and_the_customers_time(
    measured: pd.DataFrame, study: Study
) -> None:
    table = views.protocol(measured, study)
    assert table["task"].tolist() == ["Types the card", "Delivery"]
    assert table["time"].tolist() == [
        "Customers come from here to Delivery in less than a minute (median; 100 customers here).",
        "the log doesn't say",
    ]


def test_a_severity_stands_beside_the_range_of_the_evaluators(
    findings: pd.DataFrame, study: Study
) -> None:
    mild = findings.head(1).assign(touchpoint="van", severity=1.0)
    table = views.severities(pd.concat([mild, findings]), study)
    assert table["touchpoint"].tolist() == ["Payment", "Delivery"]  # the worst on top
    row = table.iloc[0]
    # 4, 3, 3: mean 3.33, t of 4.303 x .577 / sqrt(3) = 1.434 each way, clipped at 4.
    assert row[["severity", "interval"]].tolist() == ["3.3", f"[1.9,{NBSP}4.0]"]
    assert row["from the mildest to the hardest"] == "3 to 4"
    assert row["called major by two or more"] == 1


def test_a_pain_point_in_the_table_is_one_in_the_ledger(
    findings: pd.DataFrame, study: Study
) -> None:
    table = views.problems_found(findings, study).set_index("problem")
    assert table["pain point"].to_dict() == {"Form forgets": "yes", "Hidden": ""}
    assert table["found by"].to_dict() == {"Form forgets": "3 of 3", "Hidden": "2 of 3"}
    major = walkthrough_evidence(findings, study).query("measure == 'major_problems'")
    assert major["value"].tolist() == [1]


def test_the_curve_goes_through_those_who_walked(findings: pd.DataFrame, study: Study) -> None:
    # p = 5/6, none found once: ((5/6 - 1/3) 2/3 + 5/6) / 2 = 7/12; 1 - (5/12)^3 = .9277
    curve = views.discovery(findings, study)
    assert curve["value"].round(4).tolist()[:3] == [0.5833, 0.8264, 0.9277]
    assert curve.loc[curve["walked"], "evaluators"].tolist() == [3]
    assert "lowest 1 evaluator 58" in plots.alt_text(curve, what="Share found", percent=True)


def test_a_strength_stands_beside_what_is_to_change_there(
    findings: pd.DataFrame, resources: pd.DataFrame, study: Study
) -> None:
    assert views.strengths(findings, resources, study).iloc[0].tolist() == [
        "Payment", "Price early", "1 of 3", "Form forgets; Hidden", "Keep the form",
    ]  # fmt: skip
    # What is there already is not planned any more.
    at_the_door = findings.assign(touchpoint="van", kind="strength")
    assert set(views.strengths(at_the_door, resources, study)["what is planned there"]) == {
        "nothing"
    }


def test_times_are_compared_only_where_customers_do_not_wait(
    findings: pd.DataFrame, measured: pd.DataFrame, study: Study
) -> None:
    row = views.walk_times(findings, measured, study).set_index("touchpoint").loc["Payment"]
    # 120, 120 and 120 seconds of the evaluators against 45 of the customers.
    assert (row["evaluators"], row["interval"], row["n"]) == ("2 minutes", "", "3")
    assert row["comparable"] == "roughly: evaluators took 2.67 times as long"
    slow = measured.assign(note="next within 7 days, median 5.3 hours")
    later = views.walk_times(findings, slow, study)
    assert later["comparable"].tolist() == ["no: the customers' time holds waiting, or another day"]
    assert later[["customers, to the next touchpoint", "n "]].values.tolist() == [
        ["5.3 hours", "100"]
    ]
    nobody = views.walk_times(empty_table("findings"), measured, study)
    assert nobody["comparable"].tolist() == ["no: nobody walked it with a watch"]
    unseen = views.walk_times(findings, evidence_frame(), study)
    assert unseen["comparable"].tolist() == ["no: the log has no time for it"]


def test_the_sample_ratio_is_said_first_and_takes_the_verdicts(study: Study) -> None:
    table = views.pilot_checks(pilot(200, 248), study)
    assert table["outcome"].tolist() == ["sample ratio", "ordered", "revenue"]
    assert table.loc[0, "verdict"] == "as planned"
    assert table.loc[1, ["control", "treatment"]].tolist() == [f"50{NBSP}%", f"62{NBSP}%"]
    # Revenue is a key measure, where a fall of 5 matters: the rise of 1.2 is within the margin.
    assert table.loc[2, ["margin", "verdict"]].tolist() == ["−5.00", "within the margin"]
    lost = pilot(200, 248).drop(index=range(320, 400))
    withheld = views.pilot_checks(lost, study)
    assert withheld.loc[0, "verdict"] == "not as planned"
    assert set(withheld["verdict"][1:]) == {"withheld: sample ratio"}


def test_groups_known_before_are_corrected_for_their_number(study: Study) -> None:
    table = pilot(200, 248)
    customers = pd.DataFrame({"customer_id": table["customer_id"]})
    customers["device"] = ["phone", "desktop"] * 400
    found = views.pilot_groups(table, customers, study)
    assert found[["of", "who"]].drop_duplicates().values.tolist() == [
        ["device", "desktop"], ["device", "phone"],
    ]  # fmt: skip
    assert set(found["outcome"]) == {"ordered", "revenue"}
    plain = table.drop(columns="device", errors="ignore")
    assert views.pilot_groups(plain, customers[["customer_id"]], study).empty  # nothing known
    strangers = customers.assign(customer_id="x")
    assert views.pilot_groups(table, strangers.head(1), study).empty


def test_longer_pilots_see_less_and_daily_looks_cost(measured: pd.DataFrame, study: Study) -> None:
    # 1,200 customers in 30 days: 280 a week. R: power.prop.test(n = 140, p1 = .5, power = .8)
    # finds p2 = .6625, so that a rise of 16.2 points is seen in a week.
    table = views.pilot_reach(measured, study)
    assert table["customers"].tolist() == ["280", "560", "1,120", "2,240"]
    seen = [float(words.split()[0]) for words in table["seen with one look"]]
    assert seen[0] == pytest.approx(16.3, abs=0.4)
    assert seen == sorted(seen, reverse=True)
    daily = [float(words.split()[0]) for words in table["seen with a look every day"]]
    assert all(wide > narrow for wide, narrow in zip(daily, seen, strict=True))
    assert views.pilot_reach(evidence_frame(), study).empty


def test_judged_and_measured_stand_side_by_side(
    resources: pd.DataFrame, measured: pd.DataFrame, study: Study
) -> None:
    table = pilot(200, 216)
    clear = pilot(200, 248)
    known = pd.concat([measured, pilot_evidence(clear, study)])
    row = views.lifts(resources, known, clear, study).iloc[0]
    assert row[["judged", "stands on"]].tolist() == ["+6.0 to +14.0 points", "pilot"]
    # 248 of 400 against 200 of 400: Newcombe .0509 to .1871.
    assert row["used"] == "+5.1 to +18.7 points"
    assert row["are they alike"] == (
        f"50{NBSP}% of the control arm: ordered; in the log 60{NBSP}% of those at Payment go on"
    )
    pairs = views.lift_pairs(resources, known, study)
    assert pairs["label"].tolist() == [
        "Keep the form: judged",
        "Keep the form: the pilot showed",
    ]
    assert pairs["value"].tolist() == pytest.approx([0.10, 0.12])
    ticks = plots.pilot(pairs, percent=True).get_yticklabels()
    assert [tick.get_text() for tick in ticks] == pairs["label"].tolist()
    turnover = resources.assign(measure="revenue", lift_low=2.0, lift_likely=3.0, lift_high=4.0)
    row = views.lifts(turnover, measured, clear, study).iloc[0]
    assert row["judged"] == "+2.0 to +4.0"  # money, no points
    unclear = pd.concat([measured, pilot_evidence(table, study)])
    row = views.lifts(resources, unclear, table, study).iloc[0]
    assert row["used"] == row["judged"]
    assert row["stands on"] == "pilot: not clear"
    assert views.lift_pairs(resources, unclear, study).empty


def test_without_anything_the_tables_are_empty(study: Study) -> None:
    findings, nobody = empty_table("findings"), empty_table("pilot")
    resources, rows = empty_table("resources"), evidence_frame()
    for table in (
        views.severities(findings, study),
        views.problems_found(findings, study),
        views.discovery(findings, study),
        views.strengths(findings, resources, study),
        views.walk_times(findings, rows, study),
        views.pilot_checks(nobody, study),
        views.pilot_groups(nobody, empty_table("customers"), study),
        views.lifts(resources, rows, nobody, study),
        views.lift_pairs(resources, rows, study),
    ):
        assert len(table) == 0
    assert len(views.protocol(rows, study)) == 2
