"""An empathy map whose every item says how it is known."""

from __future__ import annotations

import pandas as pd
import pytest

from cjm_lab.estimate import Estimate, share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.personas import empathy_map
from cjm_lab.study import Persona

GUEST = Persona(
    id="guest", name="Guest", claim="Is in a hurry", goals=["A seat"], fears=["A queue"]
)
NOTES = pd.DataFrame(
    [
        ("interview", "queue", "guest", "I left."),
        ("user_test", "queue", "guest", "Looks at the clock."),
        ("staff", "queue", "", "They only want the wifi."),
        ("market", "", "", "Others serve at the table."),
        ("interview", "cup", "regular", "The usual, please."),
    ],
    columns=["kind", "touchpoint", "persona", "text"],
)


def felt(touchpoint: str, value: float, persona: str = "guest") -> dict[str, object]:
    estimate = Estimate(value, value - 0.2, value + 0.2, n=40, method="t")
    return evidence(
        estimate, lane="emotion", measure="valence", label=touchpoint, touchpoint=touchpoint,
        persona=persona, source="survey",
    )  # fmt: skip


@pytest.fixture
def items() -> pd.DataFrame:
    measured = evidence_frame(
        [
            felt("queue", -1),
            felt("cup", 1),
            felt("seat", 0),
            evidence(share(8, 10), lane="reach", measure="reach", label="Cup", touchpoint="cup"),
        ]
    )
    quotes = evidence_frame(
        [
            evidence(lane="quote", measure="quote", label="So slow <b>", source="mentions"),
            evidence(lane="quote", measure="quote", label="I left.", source="notes", item="1"),
        ]
    )
    return empathy_map(GUEST, NOTES, quotes, measured)


def test_interviews_and_tests_are_observed_staff_and_market_assumed(items: pd.DataFrame) -> None:
    known = items.set_index("text")[["part", "status"]].apply(tuple, axis=1)
    assert known["I left."] == ("says", "observed")
    assert known["Looks at the clock."] == ("does", "observed")
    assert known["They only want the wifi."] == ("thinks", "assumed")
    assert known["Others serve at the table."] == ("hears", "assumed")
    assert known["A seat"] == ("gains", "assumed")
    assert known["A queue"] == ("pains", "assumed")
    assert known["Is in a hurry"] == ("thinks", "assumed")


def test_another_personas_words_are_not_put_into_this_ones_mouth(items: pd.DataFrame) -> None:
    assert "The usual, please." not in set(items["text"])


def test_everybodys_figures_are_only_reasoned(items: pd.DataFrame) -> None:
    seen = items[items["part"] == "sees"].iloc[0]
    assert seen["text"] == "Meets Cup: 80\u00a0% [49,\u00a094] n\u00a010"
    assert seen["status"] == "reasoned"
    assert items.set_index("text").loc["So slow <b>", "status"] == "reasoned"


def test_pains_and_gains_lie_clearly_off_the_middle(items: pd.DataFrame) -> None:
    observed = items[items["status"] == "observed"]
    assert observed[observed["part"] == "pains"]["touchpoint"].tolist() == ["queue"]
    assert observed[observed["part"] == "gains"]["touchpoint"].tolist() == ["cup"]
    assert observed[observed["part"] == "pains"]["n"].tolist() == [40]


def test_the_best_known_comes_first_and_no_note_stands_twice(items: pd.DataFrame) -> None:
    assert (items["text"] == "I left.").sum() == 1
    thinks = items[items["part"] == "pains"]["status"].tolist()
    assert thinks == ["observed", "assumed"]


def test_without_evidence_nothing_is_claimed() -> None:
    nobody = Persona(id="x", name="X")
    items = empathy_map(nobody, NOTES.head(0), evidence_frame(), evidence_frame())
    assert items.empty
    assert list(items) == ["part", "text", "status", "source", "touchpoint", "n"]
