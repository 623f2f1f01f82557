"""What the notebook on personas shows of segments, stages and ideal customers."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cjm_lab import personas, plots
from cjm_lab.estimate import share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import Period, period_up_to
from cjm_lab.personas.saved import SegmentAttribute, SegmentModel
from cjm_lab.runs import persona_views as views
from cjm_lab.runs import recipes
from cjm_lab.runs.step import Step
from cjm_lab.sources.schemas import empty_table
from cjm_lab.study import Study

NBSP = "\u00a0"
NOTHING = pd.DataFrame()


def study_of(folder: Path = Path()) -> Study:
    return Study.model_validate(
        {
            "title": "Tea",
            "stages": [{"id": "come", "name": "Come"}, {"id": "drink", "name": "Drink"}],
            "personas": [{"id": "guest", "name": "Guest"}, {"id": "regular", "name": "Regular"}],
            "path": folder / "study.yaml",
        }
    )


@pytest.fixture
def month() -> Period:
    return period_up_to(date(2026, 9, 30))


@pytest.fixture
def offices() -> pd.DataFrame:
    """200 customers since July: half in offices, of whom 10 leave in September; 70 at home do."""
    table = empty_table("customers").reindex(range(200))
    table["customer_id"] = [f"c{i}" for i in range(200)]
    table["place"] = np.where(np.arange(200) % 2 == 0, "office", "home")
    table["city"] = np.where(np.arange(200) % 4 < 2, "Bari", "Rome")
    table["joined_at"] = pd.Timestamp("2026-07-01", tz="UTC")
    leaves = np.where(table["place"] == "office", 10, 70)
    table["left_at"] = pd.Series(pd.NaT, index=table.index, dtype="datetime64[us, UTC]")
    table.loc[np.arange(200) // 2 < leaves, "left_at"] = pd.Timestamp("2026-09-10", tz="UTC")
    return table


def orders_of(customers: pd.DataFrame) -> pd.DataFrame:
    """Each customer orders twice: 90 and 110 in an office, a tenth of it at home."""
    at = pd.Timestamp("2026-09-05", tz="UTC")
    part = np.where(customers["place"] == "office", 1, 0.1)
    rows = [
        pd.DataFrame(
            {"customer_id": customers["customer_id"], "ordered_at": at, "amount": a * part}
        )
        for a in (90.0, 110.0)
    ]
    return pd.concat(rows, ignore_index=True)


MODEL = SegmentModel(
    ("young", "others"),
    (0.25, 0.75),
    (SegmentAttribute("device", ("desktop", "phone"), (), ((0.1, 0.9), (0.9, 0.1))),),
)


def people(phones: int, desktops: int, fridges: int = 0) -> pd.DataFrame:
    return pd.DataFrame(
        {"device": ["phone"] * phones + ["desktop"] * desktops + ["fridge"] * fridges}
    )


def test_every_view_is_a_table_of_the_run_and_kept_in_memory_only() -> None:
    for name in recipes.PERSONA_VIEWS:
        assert recipes.function_of(name) is getattr(views, name)
        assert name in recipes.NOT_STORED


def test_stages_stand_in_the_order_of_the_journey_beside_each_persona_with_a_log() -> None:
    rows = [
        evidence(share(k, n), lane="reach", measure="stage_share", stage=stage, persona=persona)
        for stage, persona, k, n in (
            ("drink", "", 25, 100), ("come", "", 75, 100), ("come", "guest", 18, 20),
        )
    ]  # fmt: skip
    table = views.stage_weights(evidence_frame(rows), study_of())
    assert list(table) == ["stage", "all customers", "Guest"]
    assert table["stage"].tolist() == ["Come", "Drink"]
    assert [cell.partition(" [")[0] for cell in table["all customers"]] == [
        f"75{NBSP}%", f"25{NBSP}%",
    ]  # fmt: skip
    assert table["Guest"].str.startswith(f"90{NBSP}%").tolist() == [True, False]
    assert views.stage_weights(evidence_frame(), study_of()).empty


def test_saved_segments_are_read_beside_the_study_and_scored_not_refitted(tmp_path: Path) -> None:
    assert views.saved_segments(study_of(tmp_path)) is None
    assert views.segment_sizes(None, people(3, 3)).empty
    found = personas.Segments(pd.Series([""]), NOTHING, ("device",), 0, 0, 1, "", MODEL)
    personas.save_segments(found, tmp_path / "segments.json")
    saved = views.saved_segments(study_of(tmp_path))
    assert saved == MODEL
    # a phone is young with .25 x .9 against .75 x .1; a fridge says nothing
    table = views.segment_sizes(saved, people(30, 70, 9)).set_index("segment")
    assert table.loc["young", ["was", "is now", "n"]].tolist() == [f"25{NBSP}%", f"30{NBSP}%", 100]
    assert table.loc["others", "is now"] == f"70{NBSP}%"


def test_a_segment_of_fewer_than_five_people_is_not_shown() -> None:
    assert views.segment_sizes(MODEL, people(4, 96))["segment"].tolist() == ["others"]
    assert views.segment_sizes(MODEL, people(5, 95))["segment"].tolist() == ["young", "others"]


def labeled(labels: list[str]) -> personas.Segments:
    return personas.Segments(pd.Series(labels), NOTHING, ("device",), 9, 1, 0.87, "Two segments")


def test_segments_found_anew_are_matched_to_the_saved_ones() -> None:
    new = labeled(["thumbs"] * 30 + ["mice"] * 70)
    (words,) = views.segment_match(MODEL, new, people(30, 70))
    assert "thumbs is the former young" in words
    assert "mice is the former others" in words
    unread, _ = views.segment_match(MODEL, labeled(["a"] * 105), people(30, 70, 5))
    assert unread == "The saved segments can't read: device fridge."
    assert len(views.segment_match(MODEL, labeled(["a"] * 104), people(30, 70, 4))) == 1


def test_without_saved_or_new_segments_it_says_what_to_do() -> None:
    (words,) = views.segment_match(None, labeled(["a"]), people(1, 0))
    assert "save_segments" in words
    assert views.segment_match(MODEL, labeled([""] * 9), people(9, 0)) == [
        "Today's customers fall into no clear segments: the saved ones are kept."
    ]


def test_those_in_offices_stay_and_spend(offices: pd.DataFrame, month: Period) -> None:
    found = views.ideal(offices, orders_of(offices), study_of(), month, 0)
    assert list(found) == ["being a customer still", "mean order"]
    stay, spend = found.values()
    assert (stay.base.value, stay.base.n) == (0.6, 200)  # 90 of 100 and 30 of 100
    shares = stay.table.set_index(["attribute", "category"])["share"]
    assert (shares["place", "office"], shares["place", "home"]) == (0.9, 0.3)
    assert spend.found
    words = views.ideal_words(found)
    assert words[0].startswith(f"Being a customer still is true of 60{NBSP}%")
    table = views.fit_attributes(found)
    own = table[table["true of them"] == "being a customer still"].set_index("who")
    assert own.loc["place office", "share"] == f"90{NBSP}%"
    assert re.match(rf"\+\d+{NBSP}points", own.loc["place office", "other things equal"])
    calibration = views.fit_calibration(found)
    assert calibration["n"].sum() == 200
    plots.calibration(calibration)
    scores = views.fit_scores(found)
    assert list(scores) == ["customer_id", "being a customer still", "mean order"]
    assert len(scores) == 200


def test_only_customers_of_the_periods_start_could_stay_or_leave(
    offices: pd.DataFrame, month: Period
) -> None:
    later = offices.copy()
    later.loc[:9, "joined_at"] = pd.Timestamp("2026-09-02", tz="UTC")
    later.loc[10:19, "left_at"] = pd.Timestamp("2026-08-20", tz="UTC")
    found = views.ideal(later, empty_table("orders"), study_of(), month, 0)
    assert found["being a customer still"].base.n == 180


def test_orders_of_other_months_and_of_strangers_dont_count(
    offices: pd.DataFrame, month: Period
) -> None:
    orders = orders_of(offices)
    orders.loc[0, "ordered_at"] = pd.Timestamp("2026-08-30", tz="UTC")
    orders.loc[200, "ordered_at"] = pd.Timestamp("2026-08-30", tz="UTC")
    orders.loc[1, "customer_id"] = "stranger"
    orders.loc[201, "customer_id"] = "stranger"
    found = views.ideal(offices, orders, study_of(), month, 0)
    assert found["mean order"].base.n == 198


def test_without_customers_attributes_or_leavers_it_is_said(
    offices: pd.DataFrame, month: Period
) -> None:
    none = views.ideal(empty_table("customers"), empty_table("orders"), study_of(), month, 0)
    assert none == {}
    assert "no attributes" in views.ideal_words(none)[0]
    assert views.fit_attributes(none).empty
    assert views.fit_calibration(none).empty
    assert views.fit_scores(none).empty
    plots.calibration(views.fit_calibration(none))
    loyal = offices.assign(left_at=pd.Series(pd.NaT, offices.index, "datetime64[us, UTC]"))
    assert views.ideal(loyal, empty_table("orders"), study_of(), month, 0) == {}


def test_the_step_shows_the_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, str]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    cards = views.cards(evidence_frame(), NOTHING, study_of())

    class Context:
        def table(self, name: str) -> Any:
            return {"cards": cards}[name]

    Step("3_personas", Context()).cards()  # type: ignore[arg-type]
    assert shown[0]["text/plain"] == "Guest, Regular"
    assert shown[0]["text/html"].count('<article class="cjm-card"') == 2
