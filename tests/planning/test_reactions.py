"""Who reacts to what, and what to automate next: sums that one can do by hand."""

from __future__ import annotations

from datetime import date
from math import nan
from typing import Any

import pandas as pd
import pytest

from cjm_lab.estimate import Estimate
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import Period
from cjm_lab.planning import automate_next, reaction_load
from cjm_lab.study import Study

QUARTER = Period("quarter", date(2026, 7, 1), date(2026, 9, 30))  # 92 days, three months
WHEN = "basket without order within 24h"


def study(*rules: dict[str, Any]) -> Study:
    usual = {"when": WHEN}
    return Study.model_validate({
        "title": "Shop", "stages": [{"id": "buy", "name": "Buy"}],
        "responses": [usual | {"id": f"r{i}"} | rule for i, rule in enumerate(rules)],
    })  # fmt: skip


def met(measure: str, value: float, low: float = nan, high: float = nan) -> dict[str, Any]:
    number = Estimate(value, low, high, n=460, method="count")
    return evidence(number, lane="response", measure=measure, label=WHEN, item="r0",
                    note=f"{WHEN}; window 7 days", period=QUARTER)  # fmt: skip


ROWS = evidence_frame([met("triggered", 460), met("waiting_now", 12),
                       met("revenue_at_stake", 9000, 6000, 12000)])  # fmt: skip


def load(*rules: dict[str, Any], rows: pd.DataFrame = ROWS) -> pd.DataFrame:
    return reaction_load(study(*rules), rows)


def test_counts_of_a_quarter_become_a_week_a_month_and_minutes() -> None:
    found = load({"state": "manual", "hours_month": 23.0}).iloc[0]
    assert found["a_week"] == pytest.approx(35)  # 460 in 92 days, 5 a day
    assert found["waiting"] == 12
    assert found["minutes_each"] == pytest.approx(9)  # 460 / 3 times in 23 hours
    assert found[["at_stake_month", "at_stake_low", "at_stake_high"]].tolist() == [3000, 2000, 4000]
    assert found["at_stake_an_hour"] == pytest.approx(3000 / 23)


def test_to_automate_first_is_what_takes_people_most_hours() -> None:
    found = load(
        {"id": "small", "state": "manual", "hours_month": 3},
        {"id": "robot", "state": "automatic", "hours_month": 90},
        {"id": "half", "state": "semi-automatic", "hours_month": 40},
        {"id": "silent", "hours_month": 60},
        {"id": "unknown", "state": "manual"},
        {"id": "nobody", "state": "manual", "hours_month": 0},
    )
    assert found["rule"].tolist()[:2] == ["half", "small"]
    assert found["place"].notna().tolist() == [True, True, False, False, False, False]
    first = automate_next(found)
    assert first is not None and first["rule"] == "half"


def test_where_no_hours_are_known_nothing_is_said_to_come_first() -> None:
    assert automate_next(load({"state": "manual"}, {"hours_month": 3})) is None
    assert automate_next(load()) is None


def test_a_rule_that_nobody_met_has_no_numbers() -> None:
    found = load({"state": "manual", "hours_month": 2}, rows=evidence_frame()).iloc[0]
    assert found[["a_week", "waiting", "minutes_each", "at_stake_month"]].isna().all()
    assert found["status"] == ""


def test_rows_of_another_rule_are_not_taken() -> None:
    # the same reason, but half the words of the other's trigger
    found = load({"when": "basket without order within 24", "reason": WHEN}).iloc[0]
    assert pd.isna(found["a_week"])
