"""The walkthrough's protocol for paper."""

from __future__ import annotations

from datetime import date

import pytest
from bs4 import BeautifulSoup

from cjm_lab.estimate import share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.runs.printing import expected_time, printed_protocol
from cjm_lab.study import Study

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>1</script>"


def shop(name: str = "Payment") -> Study:
    return Study.model_validate(
        {
            "title": name,
            "scope": {"trigger": name},
            "personas": [{"id": "first", "name": name}],
            "stages": [
                {"id": "buy", "name": name, "touchpoints": [
                    {"id": "pay", "name": name, "action": name},
                    {"id": "mail", "name": "Mail"},
                ]},
                {"id": "use", "name": "Use", "touchpoints": [{"id": "cup", "name": "Cup"}]},
            ],
        }
    )  # fmt: skip


def page_of(study: Study) -> BeautifulSoup:
    move = evidence(
        share(8, 10), lane="transition", measure="transition", touchpoint="pay",
        label=f"{study.touchpoints[0].name} → Mail", note="next within 7 days, median 0.05 hours",
    )  # fmt: skip
    page = printed_protocol(study, evidence_frame([move]), date(2026, 10, 31))
    return BeautifulSoup(page, "html.parser")


def test_every_question_has_its_boxes_grades_and_lines() -> None:
    page = page_of(shop())
    assert [h.get_text() for h in page.find_all("h2")] == ["Payment", "Use"]
    assert [h.get_text() for h in page.find_all("h3")] == [
        "1 Payment pay", "2 Mail mail", "3 Cup cup",
    ]  # fmt: skip
    lines = page.select("tbody tr")
    assert len(lines) == 3 * 4
    for line in lines:
        assert len(line.select(".box")) == 3  # yes, no, strength
        assert [grade.get_text() for grade in line.select(".grades span")] == list("01234")
        assert len(line.select("td.write-in")) == 2  # seconds, note
    # What findings.csv wants in its column question.
    assert [code.get_text() for code in page.select("tbody code")][:4] == [
        "right effect tried", "action noticed", "linked to its effect", "progress seen",
    ]  # fmt: skip


def test_a_touchpoint_has_the_customers_time_or_a_line_for_it() -> None:
    first, second = page_of(shop()).select(".step")[:2]
    assert "to Mail in 3 minutes (median; 10 customers here)." in first.get_text()
    assert "Expected time" in second.get_text()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"seconds": float("nan"), "customers": 0, "sitting": False, "next_touchpoint": ""}, ""),
        (
            {"seconds": 19080.0, "customers": 1, "sitting": False, "next_touchpoint": "Cup"},
            "Customers come from here to Cup after 5.3 hours (median; 1 customer here), "
            "waiting included.",
        ),
    ],
)
def test_waiting_is_not_told_as_work(row: dict[str, object], words: str) -> None:
    assert expected_time(row) == words


def test_outside_text_is_shown_and_never_run() -> None:
    page = page_of(shop(HOSTILE))
    assert page.find_all("script") == []
    assert page.select("[onerror], img") == []
    assert HOSTILE in page.h1.get_text()
    assert HOSTILE in page.select_one(".step p").get_text()
    policy = page.find("meta", {"http-equiv": "Content-Security-Policy"})
    assert "default-src 'none'" in policy["content"]
    assert "script-src" not in policy["content"]


def test_a_stage_begins_a_page_and_a_touchpoint_stays_on_one() -> None:
    style = page_of(shop()).style.get_text()
    assert "size:A4 portrait" in style
    assert ".stage{break-before:page}" in style
    assert ".step{break-inside:avoid}" in style
