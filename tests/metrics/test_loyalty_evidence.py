"""What acquisition, retention, worth and complaints put in the ledger, and what they leave out."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from cjm_lab.ledger import Ledger
from cjm_lab.metrics import journey_stream
from cjm_lab.metrics.loyalty_evidence import loyalty_evidence
from cjm_lab.period import period_up_to
from cjm_lab.sources.schemas import empty_table
from cjm_lab.study import Study

DAY = date(2026, 10, 31)


@pytest.fixture(scope="module")
def study() -> Study:
    return Study.model_validate(
        {
            "title": "Shop",
            "stages": [
                {"id": "buy", "name": "Buy", "touchpoints": [{"id": "order", "name": "Till"}]}
            ],
            "funnel": {"steps": ["visit", "order"], "window_days": 3},
        }
    )


def log() -> pd.DataFrame:
    """20 come in September, half of them again in the fourth week; 30 in October, two ways."""
    rows: list[tuple[str, str, str, str, str]] = []
    for i in range(20):
        rows.append((f"s{i}", "2026-09-01T08:00", "visit", "ad", "phone"))
        if i < 10:
            rows.append((f"s{i}", "2026-09-24T08:00", "visit", "ad", "phone"))  # day 23
    for i in range(30):
        channel = "ad" if i < 24 else "mail"
        rows.append((f"o{i}", "2026-10-02T08:00", "visit", channel, "desk"))
        rows.append((f"o{i}", "2026-10-02T09:00", "order", "", ""))
    frame = pd.DataFrame(rows, columns=["customer_id", "occurred_at", "event", "channel", "device"])
    return frame.assign(occurred_at=pd.to_datetime(frame["occurred_at"], utc=True))


def ledger(study: Study, **tables: Any) -> Ledger:
    every = {kind: empty_table(kind) for kind in ("orders", "interactions", "costs")} | tables
    stream = journey_stream(tables.pop("events", log()), study=study)
    every.pop("events", None)
    rows = loyalty_evidence(
        stream, **every, study=study, period=period_up_to(DAY), as_of=DAY, seed=1
    )
    return Ledger(rows)


def test_retention_is_that_of_the_month_before(study: Study) -> None:
    row = ledger(study).select(measure="retained_share").iloc[0]
    assert (row["value"], row["n"]) == (0.5, 20)
    assert (row["period_start"], row["period_end"]) == ("2026-09-01", "2026-09-30")


def test_channels_get_credit_which_is_called_credit(study: Study) -> None:
    rows = ledger(study).select(measure="credit_share").set_index("label")
    assert rows["value"].round(6).to_dict() == {"ad": 0.8, "mail": 0.2}  # 24 and 6 of 30
    assert rows["note"].str.contains("credit, not effect").all()
    assert set(rows["status"]) == {"reasoned"}


def test_a_customer_costs_the_month_of_the_channel_by_those_who_came(study: Study) -> None:
    months = pd.to_datetime(["2026-10-01", "2026-10-01"], utc=True)
    costs = pd.DataFrame({"channel": ["ad", "mail"], "month": months, "amount": [240.0, 30.0]})
    rows = ledger(study, costs=costs).select(measure="cost_per_customer").set_index("label")
    assert rows["value"].to_dict() == {"ad": 10.0, "mail": 5.0}
    assert set(rows["source"]) == {"costs"}


def test_complaints_are_a_share_of_the_contacts_whose_kind_is_known(study: Study) -> None:
    opened = pd.to_datetime(["2026-10-05"] * 44, utc=True)
    kinds = ["complaint"] * 10 + ["question"] * 30 + [""] * 4
    calls = empty_table("interactions").reindex(range(44)).assign(
        customer_id=[f"c{i}" for i in range(44)], opened_at=opened, kind=kinds, topic="leak",
        channel="phone", touchpoint="",
    )  # fmt: skip
    rows = ledger(study, interactions=calls)
    complaints = rows.select(measure="complaint_share").iloc[0]
    assert (complaints["value"], complaints["n"]) == (0.25, 40)
    few = rows_of_few(study, calls)
    assert few.select(measure="complaint_share").empty  # ten contacts are no finding


def rows_of_few(study: Study, calls: pd.DataFrame) -> Ledger:
    return ledger(study, interactions=calls.head(10))


def test_fewer_than_five_customers_are_not_reported(study: Study) -> None:
    events = log()
    events = events[~events["customer_id"].isin([f"o{i}" for i in range(26, 30)])]
    assert "mail" not in set(ledger(study, events=events).frame["label"])


def test_without_sources_there_are_no_rows(study: Study) -> None:
    assert len(ledger(study, events=log().iloc[:0])) == 0
