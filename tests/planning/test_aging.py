"""When to look again: by how fast the evidence ages, never later than the study asks for."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cjm_lab.estimate import share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import Period
from cjm_lab.planning import evidence_age, next_review
from cjm_lab.study import Study

TODAY = date(2026, 10, 31)


def study(every_months: int) -> Study:
    return Study.model_validate({
        "title": "Shop", "review": {"every_months": every_months},
        "stages": [{"id": "buy", "name": "Buy", "touchpoints": [
            {"id": name, "name": name} for name in "abcdef"]}],
    })  # fmt: skip


def cell(touchpoint: str, last: str, source: str = "events", lane: str = "reach") -> dict:
    day = date.fromisoformat(last) if last else None
    period = Period("month", day.replace(day=1), day) if day else None
    return evidence(share(4, 10), lane=lane, measure=lane, touchpoint=touchpoint, source=source,
                    period=period, item=last)  # fmt: skip


FRESH = [cell(name, "2026-10-31") for name in "abcdef"]


@pytest.mark.parametrize(
    ("every", "day"), [(1, "2026-11-30"), (2, "2026-12-31"), (4, "2027-02-28"), (6, "2027-04-30")]
)
def test_fresh_evidence_waits_for_the_rhythm_of_the_study(every: int, day: str) -> None:
    assert next_review(evidence_frame(FRESH), study(every), TODAY).day.isoformat() == day


def test_a_yearly_map_is_due_when_its_evidence_is_older_than_half_a_year() -> None:
    # 183 days after 31 October is 2 May: at the end of April nothing is older, in May all is
    found = next_review(evidence_frame(FRESH), study(12), TODAY)
    assert found.day == date(2027, 5, 31)
    assert "6 of 6 cells will rest on evidence older than half a year" in found.why
    assert "31 October 2027" in found.why


@pytest.mark.parametrize(("old", "day"), [(2, date(2027, 4, 30)), (3, date(2026, 11, 30))])
def test_more_than_a_third_old_cells_bring_it_forward(old: int, day: date) -> None:
    # cells of 31 May are 183 days old on 30 November: 184 is one of 30 May
    rows = [
        cell(name, "2026-05-30" if i < old else "2026-10-31") for i, name in enumerate("abcdef")
    ]
    assert next_review(evidence_frame(rows), study(6), TODAY).day == day


def test_a_cell_is_as_old_as_its_newest_evidence() -> None:
    both = [cell("a", "2025-01-31", "survey"), cell("a", "2026-10-31", "survey")]
    assert next_review(evidence_frame(both), study(6), TODAY).day == date(2027, 4, 30)


def test_undated_evidence_ages_nobody_knows_how() -> None:
    found = next_review(evidence_frame([cell("a", "")]), study(3), TODAY)
    assert found.day == date(2027, 1, 31)
    assert "nobody can tell how it ages" in found.why


@given(st.lists(st.dates(date(2024, 1, 1), TODAY), max_size=8), st.integers(1, 24))
def test_it_lies_after_the_report_and_never_later_than_asked_for(
    days: list[date], every: int
) -> None:
    rows = [cell(name, day.isoformat()) for name, day in zip("abcdefgh", days, strict=False)]
    found = next_review(evidence_frame(rows), study(every), TODAY).day
    assert TODAY < found <= next_review(evidence_frame(), study(every), TODAY).day


def test_the_age_of_each_source_is_that_of_its_last_evidence() -> None:
    rows = [cell("a", "2026-10-31"), cell("b", "2026-09-30"), cell("a", "2026-08-31", "survey"),
            cell("a", "", "notes", "quote")]  # fmt: skip
    found = evidence_age(evidence_frame(rows), TODAY).set_index("source")
    assert found.index.tolist() == ["survey", "events", "notes"]
    assert found["days_old"].tolist()[:2] == [61, 0]
    assert found["cells"].tolist() == [1, 2, 1]
    assert found.loc["survey", "month_from"] == date(2026, 10, 2)  # 32 days after 31 August
    assert found.loc["survey", "half_year_from"] == date(2027, 3, 3)  # 184 days
