"""Personas as rows of the ledger."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cjm_lab.estimate import difference, share
from cjm_lab.ledger import Ledger, evidence, evidence_frame
from cjm_lab.metrics import journey_stream
from cjm_lab.period import period_up_to
from cjm_lab.personas import persona_evidence, persona_people
from cjm_lab.study import Study

SEPTEMBER = period_up_to(date(2026, 9, 30))
NONE = pd.DataFrame()
STUDY = Study.model_validate(
    {
        "title": "Coffee to go",
        "personas": [
            {"id": "guest", "name": "Guest", "match": {"visits": "few"}, "claim": "Hates queues"},
            {"id": "regular", "name": "Regular", "match": {"visits": "many"}},
            {"id": "ghost", "name": "Ghost", "match": {"visits": "never"}},
            {"id": "unknown", "name": "Unknown", "match": {"income": "high"}},
        ],
        "stages": [
            {"id": "order", "name": "Order", "touchpoints": [{"id": "queue", "name": "Queue"}]}
        ],
    }
)


def times(days: list[str]) -> pd.Series:
    return pd.Series(pd.to_datetime(days, utc=True)).dt.as_unit("us")


def customers(**columns: Any) -> pd.DataFrame:
    n = len(columns["persona"])
    frame = {
        "customer_id": [f"c{i}" for i in range(n)],
        "joined_at": times(["2026-08-01"] * n),
        "left_at": times(["NaT"] * n),
    }
    return pd.DataFrame(frame | columns)


def survey(queue: list[float], persona: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    n = len(queue)
    responses = pd.DataFrame(
        {
            "respondent_id": [f"r{i}" for i in range(n)],
            "submitted_at": times(["2026-09-05"] * n),
            "wave": "",
            "weight": 1.0,
            "persona": persona,
            "queue": queue,
        }
    )
    codebook = pd.DataFrame(
        [
            {
                "question": "queue", "text": "", "measure": "rating", "scale_min": 1.0,
                "scale_max": 5.0, "reversed": False, "touchpoint": "queue", "stage": "",
                "subject": "us", "success": [], "as_name": "",
            }
        ]
    )  # fmt: skip
    return responses, codebook


def evidence_of(**tables: pd.DataFrame) -> Ledger:
    given = {name: tables.get(name, NONE) for name in ("customers", "responses", "codebook")}
    given |= {name: tables.get(name, NONE) for name in ("notes", "journey_rows", "orders")}
    return Ledger(persona_evidence(**given, study=STUDY, period=SEPTEMBER, seed=0))


def test_nothing_gives_only_the_untested_claim() -> None:
    rows = evidence_of().frame
    assert rows[["measure", "status", "note"]].values.tolist() == [
        [
            "claim",
            "assumed",
            "claim not tested word for word; nothing was measured to compare",
        ]
    ]


def test_sizes_are_shares_of_the_periods_customers_with_wilson() -> None:
    people = customers(
        persona=["guest"] * 30 + ["regular"] * 60 + [""] * 30,
        visits=["few"] * 30 + ["many"] * 60 + ["some"] * 30,
        joined_at=times(["2026-08-01"] * 110 + ["2026-10-02"] * 10),
        left_at=times(["2026-08-20"] * 10 + ["NaT"] * 110),
    )
    ledger = evidence_of(customers=people)
    guest = ledger.estimate(measure="size", persona="guest")
    assert (guest.value, guest.n) == (0.2, 100)  # 10 left before, 10 joined after
    assert guest.low == share(20, 100).low
    ghost = ledger.select(measure="size", persona="ghost").iloc[0]
    assert (ghost["value"], ghost["note"]) == (0, "nobody matches this persona's definition")
    assert ledger.select(measure="size", persona="unknown").empty  # no such attribute


def test_without_customers_the_respondents_count() -> None:
    responses, codebook = survey([3.0] * 40, ["guest"] * 30 + ["regular"] * 10)
    responses["visits"] = ["few"] * 30 + ["many"] * 10
    row = evidence_of(responses=responses, codebook=codebook).select(
        measure="size", persona="guest"
    )
    assert row[["value", "source", "period_start"]].values.tolist() == [
        [0.75, "survey", "2026-09-01"]
    ]


def test_a_clear_difference_from_the_others_is_recorded_beside_the_claim() -> None:
    rng = np.random.default_rng(1)
    persona = ["guest"] * 60 + ["regular"] * 100
    queue = [*rng.choice([1.0, 2.0], 60), *rng.choice([4.0, 5.0], 100)]
    responses, codebook = survey(queue, persona)
    ledger = evidence_of(responses=responses, codebook=codebook)
    row = ledger.select(measure="difference", persona="guest").iloc[0]
    assert row["value"] == pytest.approx(np.mean(queue[:60]) - np.mean(queue[60:]))
    assert row["low"] < row["value"] < row["high"] < 0
    assert row["label"] == "Guest against the others: lower emotion at Queue"
    assert "for 2 comparisons" in row["note"]
    claim = ledger.select(measure="claim").iloc[0]
    assert (claim["label"], claim["status"]) == ("Hates queues", "assumed")
    assert claim["note"].startswith("claim not tested word for word; the data show: lower emotion")
    assert "lower emotion at Queue than the others (-3.1" in claim["note"]


def by_persona(measure: str, touchpoint: str, lost: dict[str, tuple[int, int]]) -> pd.DataFrame:
    lane = "drop_off" if touchpoint else "base"
    return evidence_frame(
        evidence(share(k, n), lane=lane, measure=measure, touchpoint=touchpoint, persona=name,
                 period=SEPTEMBER)
        for name, (k, n) in lost.items()
    )  # fmt: skip


def test_who_gives_up_more_than_every_other_persona_is_told_with_the_nearest() -> None:
    lost = {"guest": (90, 200), "regular": (40, 200), "ghost": (50, 200)}
    ledger = evidence_of(journey_rows=by_persona("drop_off", "queue", lost))
    rows = ledger.select(measure="difference")
    assert rows["persona"].tolist() == ["guest"]  # regular and ghost don't differ
    nearest = difference(share(90, 200), share(50, 200))
    assert rows[["value", "low", "high", "source"]].values.tolist() == [
        [nearest.value, nearest.low, nearest.high, "events"]
    ]
    assert (
        "for 3 comparisons; from every other persona, here from the nearest, Ghost"
        in (rows["note"].iloc[0])
    )
    assert ledger.select(measure="claim")["note"].iloc[0] == (
        "claim not tested word for word; the data show: higher drop-off at Queue than every other "
        "persona; nearest Ghost (+20 points [+11, +29] n=400)"
    )


def test_more_than_one_and_less_than_another_is_nothing_clear() -> None:
    taken = {"guest": (100, 200), "regular": (20, 200), "ghost": (180, 200)}
    ledger = evidence_of(journey_rows=by_persona("conversion", "", taken))
    assert ledger.select(measure="difference")["persona"].tolist() == ["ghost", "regular"]
    assert ledger.select(measure="claim")["note"].iloc[0] == (
        "claim not tested word for word; nothing clear was found"
    )


def test_who_spends_most_per_order_is_found_by_customer() -> None:
    people = customers(persona=["guest"] * 40 + ["regular"] * 40)
    amounts = [90.0, 110.0] * 20 + [40.0, 60.0] * 20
    orders = pd.DataFrame(
        {
            "customer_id": people["customer_id"],
            "ordered_at": times(["2026-09-09"] * 80),
            "amount": amounts,
        }
    )
    outside = orders.assign(ordered_at=times(["2026-08-09"] * 80), amount=1.0)
    ledger = evidence_of(customers=people, orders=pd.concat([orders, outside]))
    row = ledger.select(measure="difference", persona="guest").iloc[0]
    half = 2.0227 * 10 / 39**0.5 * 2**0.5  # two means of 40, sd 10, t with 39 degrees, MOVER
    assert (row["value"], row["high"]) == (50, pytest.approx(50 + half, abs=0.001))
    assert "higher mean order value" in ledger.select(measure="claim")["note"].iloc[0]


def test_chance_makes_no_difference() -> None:
    rng = np.random.default_rng(2)
    persona = ["guest"] * 80 + ["regular"] * 120
    found = 0
    for _ in range(12):
        responses, codebook = survey(rng.choice([1.0, 2, 3, 4, 5], 200).tolist(), persona)
        ledger = evidence_of(responses=responses, codebook=codebook)
        found += len(ledger.select(measure="difference")) > 0
    assert found <= 3  # a rate of 5 % gives 4 or more of 12 in less than 1 % of cases


def test_segments_that_are_not_there_are_said_to_be_none() -> None:
    rng = np.random.default_rng(3)
    people = customers(
        persona=[""] * 300,
        plan=rng.choice(["a", "b"], 300),
        device=rng.choice(["phone", "desktop"], 300),
    )
    row = evidence_of(customers=people).select(measure="segments").iloc[0]
    assert (row["value"], row["n"], row["label"]) == (0, 300, "No clear segments")
    assert "any split would be arbitrary" in row["note"]


def test_segments_found_have_sizes_that_sum_to_one() -> None:
    plan = ["a"] * 120 + ["b"] * 180
    people = customers(persona=[""] * 300, plan=plan, device=plan, city=plan)
    rows = evidence_of(customers=people).frame
    sizes = rows[(rows["measure"] == "size") & (rows["segment"] != "")]
    assert sizes["value"].sort_values().tolist() == [0.4, 0.6]
    assert rows.loc[rows["measure"] == "segments", "value"].tolist() == [2]


def test_interviews_become_quotes_without_a_sign_and_staff_notes_do_not() -> None:
    notes = pd.DataFrame(
        {
            "note_id": ["n1", "n2"],
            "kind": ["interview", "staff"],
            "touchpoint": ["queue", "queue"],
            "persona": ["guest", ""],
            "text": ["That was a terrible wait", "They are fine"],
        }
    )
    quotes = evidence_of(notes=notes).select(lane="quote")
    assert quotes[["label", "touchpoint", "persona", "note", "stage"]].values.tolist() == [
        ["That was a terrible wait", "queue", "guest", "", "order"]
    ]


def test_people_carry_attributes_and_nothing_that_names_them() -> None:
    people = customers(
        persona=["guest"] * 30,
        email=[f"hash{i}" for i in range(30)],
        plan=["a", "b"] * 15,
        same=["x"] * 30,
    )
    assert list(persona_people(people, NONE, STUDY, SEPTEMBER)) == ["persona", "plan"]


def test_what_customers_do_and_say_joins_what_they_are() -> None:
    # Attributes by chance alone; two halves differ in how often they come, from where, how content.
    rng, n = np.random.default_rng(3), 240
    often = np.arange(n) < n // 2
    people = customers(
        persona=[""] * n, plan=rng.choice(["a", "b"], n), city=rng.choice(["x", "y", "z"], n)
    )
    days = np.repeat(np.arange(n), np.where(often, 12, 2))
    log = pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in days],
            "occurred_at": pd.Timestamp("2026-08-01", tz="UTC")
            + pd.to_timedelta(np.arange(len(days)) % 700, unit="h"),
            "event": "queue",
            "channel": np.where(days < n // 2, "app", "street"),
        }
    )
    responses, codebook = survey([5.0] * 60 + [1.0] * 60, [""] * 120)
    responses["customer_id"] = [f"c{i}" for i in [*range(60), *range(n // 2, n // 2 + 60)]]
    stream = journey_stream(log, study=STUDY)
    known = persona_people(people, responses, STUDY, SEPTEMBER, stream, codebook)
    assert list(known)[1:] == [
        "plan", "city", "events_a_month", "first_channel", "satisfaction"
    ]  # fmt: skip
    assert known["satisfaction"].value_counts().to_dict() == {2.0: 60, -2.0: 60}

    alone = evidence_of(customers=people).select(measure="segments")
    assert alone["value"].tolist() == [0]
    rows = persona_evidence(
        people, responses, codebook, NONE, NONE, NONE, STUDY, SEPTEMBER, seed=0, stream=stream
    )
    together = Ledger(rows).select(measure="segments")
    assert together["value"].tolist() == [2]
    sizes = Ledger(rows).select(measure="size").query("segment != ''")
    assert sizes["value"].tolist() == [0.5, 0.5]
