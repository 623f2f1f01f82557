from __future__ import annotations

import pytest

from cjm_lab.estimate import share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.planning.protocols import customer_times, walkthrough_protocol


def move(first: str, label: str, part: int, hours: float, **whom: str) -> dict[str, object]:
    return evidence(
        share(part, 100), lane="transition", measure="transition", touchpoint=first, label=label,
        item=label, note=f"next within 7 days, median {hours:.3g} hours", **whom,
    )  # fmt: skip


@pytest.fixture
def measured():
    return evidence_frame(
        [
            move("basket", "Basket → Payment", 60, 30),
            move("basket", "Basket → Order", 10, 1),
            move("payment", "Payment → Order", 50, 0.05),
            move("payment", "Payment → Basket", 70, 0.5),  # back: not a way on
            move("payment", "Payment → Order", 90, 9, persona="office"),
        ]
    )


def test_the_protocol_asks_four_questions_a_touchpoint(study):
    protocol = walkthrough_protocol(study)
    assert len(protocol) == 12
    assert protocol["step"].tolist() == [1] * 4 + [2] * 4 + [3] * 4
    assert protocol["question"].nunique() == 4
    assert protocol["seconds"].isna().all()


def test_the_time_is_that_of_the_likeliest_way_on(study, measured):
    times = customer_times(measured, study).set_index("touchpoint")
    assert times["seconds"].to_dict() == {"basket": 108_000, "payment": pytest.approx(180)}
    assert times["next_touchpoint"].to_dict() == {"basket": "payment", "payment": "order"}
    assert times["customers"].tolist() == [100, 100]
    # Thirty hours hold a night, three minutes are spent at it.
    assert times["sitting"].to_dict() == {"basket": False, "payment": True}


def test_half_an_hour_is_the_longest_sitting(study):
    rows = [
        move("basket", "Basket → Payment", 60, 0.5),
        move("payment", "Payment → Order", 50, 0.51),
    ]
    assert customer_times(evidence_frame(rows), study)["sitting"].tolist() == [True, False]


def test_the_protocol_has_the_customers_time_where_the_log_has_one(study, measured):
    protocol = walkthrough_protocol(study, measured).drop_duplicates("step").set_index("touchpoint")
    assert protocol.loc["Payment", ["customers", "next_touchpoint"]].tolist() == [100, "Order"]
    assert protocol.loc["Order", "seconds"] != protocol.loc["Order", "seconds"]
    assert walkthrough_protocol(study, evidence_frame())["seconds"].isna().all()
