"""What is late and what is loose among the actions, and which evidence each is about."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cjm_lab.estimate import share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.planning import action_counts, action_links, action_status
from cjm_lab.study import Study

STUDY = Study.model_validate({
    "title": "Shop",
    "stages": [{"id": "buy", "name": "Buy", "touchpoints": [
        {"id": "basket", "name": "Basket"}, {"id": "pay", "name": "Payment"}]}],
})  # fmt: skip
RESOURCES = pd.DataFrame({"resource": ["Keep the card form"]})


def actions(*rows: dict[str, str]) -> pd.DataFrame:
    usual = {"opportunity": "Form", "owner": "Shop", "due": None, "state": "", "measure": "nps"}
    table = pd.DataFrame([usual | row for row in rows], columns=list(usual))
    due = pd.to_datetime(table["due"]).dt.tz_localize("Europe/Berlin").dt.tz_convert("UTC")
    return table.assign(due=due)


def status(*rows: dict[str, str], day: str = "2026-10-31") -> pd.DataFrame:
    return action_status(actions(*rows), date.fromisoformat(day), "Europe/Berlin")


def test_an_action_is_overdue_from_the_day_after_it_was_due() -> None:
    late = [status({"due": "2026-10-31"}, day=day)["days_overdue"].item()
            for day in ("2026-10-30", "2026-10-31", "2026-11-01", "2026-12-01")]  # fmt: skip
    assert late == [0, 0, 1, 31]


def test_the_due_day_is_that_of_the_studys_zone() -> None:
    # midnight in Berlin is still the day before in UTC
    row = actions({"due": "2026-10-15"})
    assert row["due"].item().isoformat() == "2026-10-14T22:00:00+00:00"
    found = action_status(row, date(2026, 10, 16), "Europe/Berlin")
    assert (found["due"].item(), found["days_overdue"].item()) == (date(2026, 10, 15), 1)
    assert action_status(row, date(2026, 10, 16), "UTC")["days_overdue"].item() == 2


@pytest.mark.parametrize("state", ["Done", "closed", "cancelled", " Dropped "])
def test_what_is_closed_is_never_overdue(state: str) -> None:
    assert status({"due": "2026-10-01", "state": state})["days_overdue"].item() == 0


@pytest.mark.parametrize(
    ("state", "progress"),
    [("", "open"), ("blocked", "open"), ("In progress", "doing"), ("DONE", "done"),
     ("canceled", "dropped")],
)  # fmt: skip
def test_states_that_people_type_are_four(state: str, progress: str) -> None:
    assert status({"state": state})["progress"].item() == progress


def test_the_most_overdue_stands_first_and_what_has_no_day_last() -> None:
    found = status({"opportunity": "no day"}, {"opportunity": "soon", "due": "2026-11-10"},
                   {"opportunity": "late", "due": "2026-10-20"},
                   {"opportunity": "later", "due": "2026-09-01"})  # fmt: skip
    assert found["opportunity"].tolist() == ["later", "late", "soon", "no day"]


def test_what_is_missing_is_named() -> None:
    found = status({"owner": " ", "measure": ""}, {"due": "2026-11-30"})
    assert found["missing"].tolist() == ["", "no owner, no measure, no due date"]


def test_no_actions_are_no_rows() -> None:
    found = status()
    assert found.empty
    assert action_counts(found).empty
    assert action_links(found, evidence_frame(), RESOURCES, STUDY).empty


@given(st.lists(st.tuples(st.sampled_from(["A", "B", ""]),
                          st.sampled_from(["open", "doing", "done", "dropped"]),
                          st.integers(0, 3)), min_size=1))  # fmt: skip
def test_the_counts_add_up_to_the_actions(rows: list[tuple[str, str, int]]) -> None:
    table = pd.DataFrame(rows, columns=["owner", "progress", "days_overdue"])
    counts = action_counts(table)
    assert counts[["open", "doing", "done", "dropped"]].to_numpy().sum() == len(rows)
    assert counts["overdue"].sum() == sum(days > 0 for *_, days in rows)
    assert set(counts["owner"]) == {owner or "nobody" for owner, *_ in rows}


def row(measure: str, touchpoint: str = "", **more: str) -> dict[str, object]:
    lane = more.pop("lane", "drop_off")
    return evidence(share(4, 10), lane=lane, measure=measure, touchpoint=touchpoint, **more)


LEDGER = evidence_frame([
    row("drop_off", "pay"), row("drop_off", "basket"), row("drop_off", "pay", persona="new"),
    row("conversion", lane="base"), row("csat", "pay", item="q1"), row("csat", "pay", item="q2"),
    row("rice", "pay", lane="opportunity", label="Keep the card form"),
])  # fmt: skip


def link(measure: str, opportunity: str = "Keep the card form") -> pd.Series:
    table = pd.DataFrame({"opportunity": [opportunity], "measure": [measure]})
    return action_links(table, LEDGER, RESOURCES, STUDY).iloc[0]


@pytest.mark.parametrize(
    ("measure", "place", "expected"),
    [
        ("drop_off at pay", "pay", 0),
        ("drop_off at Payment", "pay", 0),
        ("drop_off  at  basket", "basket", 1),
        ("conversion", "", 3),
        ("customers who go no further at Payment", "pay", 0),
    ],
)
def test_a_measure_is_linked_to_its_figure_about_all_customers(
    measure: str, place: str, expected: int
) -> None:
    found = link(measure)
    assert found["evidence_id"] == LEDGER["evidence_id"].iloc[expected]
    assert (found["touchpoint"], found["link"]) == (place, "")


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        ("drop_off at the moon", "the moon is no touchpoint"),
        ("nps at pay", "no figure for Net Promoter Score at pay"),
        ("csat at pay", "2 figures for satisfied customers at pay"),
        ("drop_off", "no figure for customers who go no further"),
    ],
)
def test_what_cannot_be_linked_is_said(measure: str, words: str) -> None:
    found = link(measure)
    assert (found["evidence_id"], found["link"]) == ("", words)


def test_an_action_is_linked_to_its_opportunity_by_name() -> None:
    assert link("conversion", "keep THE card form")["opportunity_id"] == LEDGER["evidence_id"][6]
    stranger = link("conversion", "Fly to the moon")
    assert (stranger["opportunity_id"], stranger["link"]) == ("", "not among the opportunities")
