"""What the notebooks show of paths: names for ids, shares in words, nothing of too few people."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from cjm_lab.ledger import evidence_frame
from cjm_lab.metrics import JourneyStream, journey_stream
from cjm_lab.period import Period, period_up_to
from cjm_lab.runs import path_views as views
from cjm_lab.study import Study

DAY = date(2026, 9, 30)


@pytest.fixture(scope="module")
def study() -> Study:
    return Study.model_validate(
        {
            "title": "Shop",
            "personas": [{"id": "fast", "name": "Fast people", "match": {"pace": "fast"}}],
            "stages": [
                {
                    "id": "buy",
                    "name": "Buy",
                    "touchpoints": [
                        {"id": "look", "name": "The window", "events": ["visit"]},
                        {"id": "cart", "name": "The basket", "events": ["put"]},
                        {"id": "till", "name": "The till", "events": ["order"]},
                    ],
                }
            ],
            "funnel": {"steps": ["visit", "put", "order"], "window_days": 3},
            "responses": [{"id": "call", "when": "put without order within 24h", "reason": "Left"}],
        }
    )


@pytest.fixture(scope="module")
def month() -> Period:
    return period_up_to(DAY)


def log() -> pd.DataFrame:
    """60 buy at once, 40 leave with a full basket, 40 come back to the window and leave."""
    kinds = (["visit", "put", "order"], ["visit", "put"], ["visit", "put", "visit"])
    rows = [
        (f"k{kind}{i:02}", event, pd.Timestamp("2026-09-03", tz="UTC") + pd.Timedelta(hours=hour))
        for kind, (events, people) in enumerate(zip(kinds, (60, 40, 40), strict=True))
        for i in range(people)
        for hour, event in enumerate(events)
    ]
    return pd.DataFrame(rows, columns=["customer_id", "event", "occurred_at"])


@pytest.fixture(scope="module")
def stream(study: Study) -> JourneyStream:
    return journey_stream(log(), study=study)


def test_the_usual_way_is_told_by_the_names_of_touchpoints(
    stream: JourneyStream, study: Study, month: Period
) -> None:
    people = pd.DataFrame({"customer_id": [f"k0{i:02}" for i in range(60)], "persona": "fast"})
    table = views.usual_paths(stream, people, study, month, DAY)
    first = table.iloc[0]
    assert first["path"] == "The window > The basket > The till"
    assert (first["share of conversions"], first["n"]) == ("100\u00a0%", 60)
    assert set(table["who"]) == {"everyone", "Fast people"}
    assert (table.loc[table["kind"] != "actual", "interval"] == "").all()


def test_shares_of_each_step_carry_names_and_the_end(
    stream: JourneyStream, study: Study, month: Period
) -> None:
    table = views.step_shares(stream, study, month, DAY).set_index(["step", "touchpoint"])["value"]
    assert table[1, "The window"] == 1
    assert table[3, "(end)"] == pytest.approx(40 / 140)
    flows = views.flows(stream, study, month, DAY)
    onward = flows[(flows["step"] == 2) & (flows["next_touchpoint"] == "The till")]
    assert onward["value"].tolist() == pytest.approx([60 / 140])


def test_who_comes_again_is_told_as_a_share_of_those_who_were_there(
    stream: JourneyStream, study: Study, month: Period
) -> None:
    table = views.back_again(stream, study, month, DAY)
    assert table["touchpoint"].tolist() == ["The window"]
    assert (table["come again"].iloc[0], table["n"].iloc[0]) == ("29\u00a0%", 140)
    assert table["times by one other touchpoint"].tolist() == [40]


def test_deviations_name_what_failed_before_the_goal_only(
    stream: JourneyStream, study: Study, month: Period
) -> None:
    table = views.deviations(stream, study, month, DAY)
    failed = table[table["deviation"] == "failed"]["touchpoint"].tolist()
    assert "The basket" in failed
    assert "The till" not in failed


def test_those_who_meet_a_rule_come_back_or_not(
    stream: JourneyStream, study: Study, month: Period
) -> None:
    table = views.come_back(stream, pd.DataFrame(), pd.DataFrame(), study, month, DAY)
    assert table["rule"].unique().tolist() == ["Left"]
    assert table["within"].tolist()[0] == "1 day"
    assert table["are back"].tolist()[0].startswith("0")  # nobody orders later
    early = date(2026, 9, 5)
    waiting = views.audience(stream, pd.DataFrame(), pd.DataFrame(), study, early)
    assert sorted(waiting["customer_id"].str[:2].unique()) == ["k1", "k2"]
    assert len(waiting) == 80


def test_a_study_without_events_shows_nothing_and_breaks_nowhere(
    study: Study, month: Period
) -> None:
    empty = journey_stream(log().iloc[:0], study=study)
    nobody = pd.DataFrame({"customer_id": [], "persona": []}, dtype="str")
    assert views.step_shares(empty, study, month, DAY).empty
    assert views.flows(empty, study, month, DAY).empty
    assert views.usual_paths(empty, nobody, study, month, DAY).empty
    assert views.wait_to_convert(empty, study, month, DAY).empty
    assert views.back_again(empty, study, month, DAY).empty
    assert views.dead_ends(empty, study, month, DAY).empty
    assert views.deviations(empty, study, month, DAY).empty
    assert views.drop_reasons(empty, evidence_frame(), study, month, DAY).empty
    assert views.come_back(empty, pd.DataFrame(), pd.DataFrame(), study, month, DAY).empty


def test_half_have_converted_when_the_curve_says_so(
    stream: JourneyStream, study: Study, month: Period
) -> None:
    curve = views.wait_to_convert(stream, study, month, DAY)
    assert curve["value"].iloc[0] == pytest.approx(60 / 140)
    assert np.all(np.diff(curve["value"]) >= 0)
