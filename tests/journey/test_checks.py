from datetime import date

import pandas as pd
import pytest

from cjm_lab.journey.checks import common_mistakes, health_evidence
from cjm_lab.journey.pains import pain_points
from cjm_lab.ledger import Ledger, evidence_frame

DAY = date(2026, 10, 31)
NOTE = pd.DataFrame({"note_id": ["1"], "kind": ["staff"], "text": ["Nice map"]})
ACTION = pd.DataFrame({"opportunity": ["o"], "owner": ["Ann"], "state": ["open"]})


def sound(make):
    """A study that makes none of the mistakes that a study can make."""
    return make(
        "tea_shop",
        scope={"trigger": "The pot breaks"},
        stakeholders=[
            {"name": "Head", "function": name} for name in ("Marketing", "Shop", "Product")
        ],
    )


def codes(study, frame, *, as_of=DAY, actions=ACTION, notes=NOTE, previous=None):
    found = common_mistakes(
        study, frame, as_of=as_of, actions=actions, notes=notes, previous=previous
    )
    assert (found["sentence"] != "").all()
    assert (found["to_do"] != "").all()
    return found["code"].tolist()


@pytest.fixture
def whole(october, study):
    return pd.concat([october, pain_points(october, evidence_frame(), study)], ignore_index=True)


def test_a_sound_map_has_no_mistake(make, whole):
    assert codes(sound(make), whole) == []


def test_an_empty_beginning_is_full_of_assumptions(study):
    found = codes(study, evidence_frame(), actions=None, notes=None)
    assert found == ["assumptions", "static", "waiting", "stakeholders", "no_trigger"]


@pytest.mark.parametrize(
    ("day", "old"),
    [(date(2026, 12, 1), False), (date(2026, 12, 2), True), (date(2027, 12, 1), True)],
)
def test_evidence_ages(make, whole, day, old):
    # it ends on 31 October: 31 days later it is a month old, and not more
    assert ("static" in codes(sound(make), whole, as_of=day)) is old


def test_how_old_is_said_in_words(make, whole):
    for day, words in ((date(2026, 12, 9), "more than a month"), (date(2027, 6, 1), "half a year")):
        found = common_mistakes(sound(make), whole, as_of=day, actions=ACTION, notes=NOTE)
        assert words in found.loc[0, "sentence"]


def test_a_journey_on_screens_only(make, whole):
    study = sound(make)
    online = [{"id": "s", "name": "S", "period": "after", "touchpoints": [
        {"id": "payment", "name": "Payment", "channel": "web", "team": "Shop"},
        {"id": "cup", "name": "Chat", "channel": "chat", "team": "Marketing"}]}]  # fmt: skip
    only = make("tea_shop", stages=online, scope={"trigger": "x"},
                stakeholders=[{"name": "Shop and Marketing"}])  # fmt: skip
    assert "online_only" in codes(only, whole)
    assert "online_only" not in codes(study, whole)


def test_pain_without_action_and_actions_that_are_done(make, whole):
    done = ACTION.assign(state="done")
    assert codes(sound(make), whole, actions=done) == ["no_action"]


def test_a_persona_that_suffers_where_the_others_are_content(make, whole):
    hidden = make("valence", "cup", -0.8, 0.3, persona="office")
    frame = pd.concat([whole, evidence_frame([hidden])], ignore_index=True)
    found = common_mistakes(sound(make), frame, as_of=DAY, actions=ACTION, notes=NOTE)
    assert found["code"].tolist() == ["negative_ignored"]
    assert "First cup (Office buyer −0.8)" in found.loc[0, "sentence"]


def test_teams_without_a_voice_are_named(make, whole):
    study = make("tea_shop", scope={"trigger": "x"}, stakeholders=[{"name": "Head of shop"}])
    found = common_mistakes(study, whole, as_of=DAY, actions=ACTION, notes=NOTE)
    assert found.loc[0, "sentence"].startswith("Marketing and Product own touchpoints")


def test_one_team_that_owns_everything(make, whole):
    places = [{"id": i, "name": i, "channel": "home", "team": "Shop"} for i in "abc"]
    stages = [{"id": "s", "name": "S", "period": "after", "touchpoints": places}]
    study = make("tea_shop", stages=stages, scope={"trigger": "x"}, stakeholders=[{"name": "Shop"}])
    assert "one_owner" in codes(study, whole)


def test_ends_at_the_purchase_and_too_many_personas(make, whole):
    study = sound(make)
    short = study.model_copy(update={"stages": study.stages[:2]})
    assert "ends_at_purchase" in codes(short, whole)
    many = make("tea_shop", personas=[{"id": f"p{i}", "name": "P"} for i in range(4)])
    assert "many_personas" in codes(many, whole)


def test_one_source_only(make, whole):
    survey = whole[whole["source"] == "survey"]
    assert "one_source" in codes(sound(make), survey)


def test_nobody_commented(make, whole):
    found = common_mistakes(sound(make), whole, as_of=DAY, actions=ACTION, notes=NOTE.head(0))
    assert "first report" in found.loc[0, "sentence"]
    found = common_mistakes(sound(make), whole, as_of=DAY, actions=ACTION, notes=NOTE.head(0),
                            previous=Ledger(whole))  # fmt: skip
    assert "first report" not in found.loc[0, "sentence"]


def test_health_as_evidence(make, october):
    rows = health_evidence(october, ACTION, NOTE.head(0), sound(make), DAY, None)
    share = rows[rows["measure"] == "cells_with_evidence"].iloc[0]
    assert share["value"] == pytest.approx(18 / 23)  # counted by hand in test_build
    assert share["n"] == 23
    mistake = rows[rows["measure"] == "mistake"].iloc[0]
    assert mistake[["value", "lane"]].tolist() == [1, "health"]
    assert mistake["note"].startswith("Show it now")
    assert Ledger(rows).frame["evidence_id"].is_unique
