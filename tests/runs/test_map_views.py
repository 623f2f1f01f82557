"""Moments of truth and content in words, as notebook 4 shows them."""

from __future__ import annotations

import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.runs.map_views import contents, moment_list, moments
from cjm_lab.study import Study
from cjm_lab.words import NBSP

STUDY = Study.model_validate(
    {
        "title": "Tea",
        "personas": [{"id": "new", "name": "Newcomer", "goals": ["A good cup"]}],
        "stages": [
            {
                "id": "buy",
                "name": "Buy",
                "touchpoints": [
                    {"id": "pay", "name": "Payment"},
                    {"id": "cup", "name": "Cup", "needs": "How long to brew"},
                    {"id": "pot", "name": "Pot"},
                ],
            }
        ],
    }
)


def measured() -> pd.DataFrame:
    """Payment matters 8 of 10 and goes badly (-1), the cup matters 5 and goes well (+1)."""
    return evidence_frame(
        evidence(
            Estimate(x, x - 0.2, x + 0.2, n=90, method="t"),
            touchpoint=place, lane="emotion", measure=measure, scale=scale,
        )
        for measure, scale, values in (
            ("importance_stated", (0, 10), (8, 5)), ("valence", (-2, 2), (-1, 1)),
        )
        for place, x in zip(("pay", "cup"), values, strict=True)
    )  # fmt: skip


def test_what_matters_and_goes_badly_stands_first() -> None:
    table = moment_list(measured(), STUDY, seed=0)
    assert table["touchpoint"].tolist() == ["Payment", "Cup", "Pot"]
    first, last = table.iloc[0], table.iloc[2]
    assert first["verdict"] == "moment of truth that hurts"
    # 8 of 10, times three quarters of the way from +2 to -2.
    assert first["importance x how badly"].startswith("0.60 [0.5")
    assert first["satisfaction"].replace(NBSP, " ") == "−1.0 [−1.2, −0.8]"
    assert last["importance"] == last["importance x how badly"] == ""
    assert len(moments(measured(), STUDY, seed=0)) == 3


def test_needs_stand_with_their_place_and_what_is_absent() -> None:
    empty = pd.DataFrame(columns=["stage", "touchpoint", "persona", "lane", "state", "text"])
    film = pd.DataFrame([["Film", "content", 1.0, "cup"]],
                        columns=["resource", "kind", "have", "touchpoints"])  # fmt: skip
    notes = pd.DataFrame(columns=["note_id", "kind", "touchpoint", "persona", "text"])
    table = contents(evidence_frame(), STUDY, empty, notes, film).set_index("need")
    assert table.loc["How long to brew", ["touchpoint", "what is absent"]].tolist() == ["Cup", ""]
    assert table.loc["A good cup", ["persona", "touchpoint"]].tolist() == ["Newcomer", "anywhere"]
    assert (table["how known"] == "none").sum() == 2  # nobody asked at Payment and Pot
