import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.journey.build import build_map
from cjm_lab.journey.model import NO_EVIDENCE
from cjm_lab.journey.pains import pain_points
from cjm_lab.ledger import Ledger, evidence_frame

DAY = "2026-10-31"


def whole(frame, study):
    return pd.concat([frame, pain_points(frame, evidence_frame(), study)], ignore_index=True)


@pytest.fixture
def drawn(october, study):
    return build_map(study, Ledger(whole(october, study)), as_of=DAY)


def texts(map_, lane):
    return [cell.text for cell in map_.lane(lane).cells]


def statuses(map_, lane):
    return [cell.status for cell in map_.lane(lane).cells]


def test_what_the_study_says_is_assumed(drawn):
    assert statuses(drawn, "expects") == ["assumed", "none", "none"]
    assert texts(drawn, "expects")[1] == NO_EVIDENCE
    assert statuses(drawn, "team") == ["assumed", "assumed", "none", "assumed"]
    assert texts(drawn, "team")[2] == "No owner named"


def test_an_action_is_observed_where_the_log_shows_it(drawn, study):
    assert texts(drawn, "does")[:2] == ["Sees the advert", "Types the card"]
    assert statuses(drawn, "does") == ["observed"] * 4
    assert texts(drawn, "does")[2] == "In the log: delivery"
    silent = build_map(study, evidence_frame(), as_of=DAY)
    assert statuses(silent, "does") == ["assumed", "assumed", "none", "none"]


def test_reach_and_loss_carry_their_intervals(drawn):
    # Wilson: 400 of 1000 is .40 [.37, .43]; 180 of 400 is .45 [.40, .50]
    text = texts(drawn, "reach")[1].replace("\u00a0", " ")
    assert text == "40 %: [37, 43]; lost 45 %: [40, 50]"
    assert drawn.lane("reach").note == "of 1,000 active customers"


def test_only_a_loss_that_hurts_stands_out(drawn):
    strong = [[item.strong for item in cell.items] for cell in drawn.lane("reach").cells]
    assert strong == [[False, False], [False, True], [False, False], [False]]


def test_quotes_stand_only_at_the_two_ends_of_the_curve(drawn):
    assert [text.split(":")[0] for text in texts(drawn, "says")] == [
        NO_EVIDENCE, "“It threw me out.”", NO_EVIDENCE, "“Best tea ever.”",
    ]  # fmt: skip


def test_without_a_curve_the_worst_pain_is_quoted(study, make):
    losses = [("advert", 30), ("payment", 60), ("delivery", 5)]
    rows = [make("of_log", "drop_off", place, lost, 100) for place, lost in losses]
    rows.append(make("quote", "payment", "I gave up.", "negative"))
    drawn = build_map(study, whole(evidence_frame(rows), study), as_of=DAY)
    assert texts(drawn, "says")[1].startswith("“I gave up.”")
    assert not drawn.points


def test_pains_are_reasoned_and_silence_is_no_content(drawn, study):
    assert texts(drawn, "hurts")[1].replace("\u00a0", " ") == (
        "Low satisfaction: satisfaction −1.3 [−1.5, −1.1] n 340 · survey and log agree"
    )
    assert statuses(drawn, "hurts") == ["observed", "reasoned", "observed", "observed"]
    assert texts(drawn, "hurts")[0] == "Nothing found"
    silent = build_map(study, evidence_frame(), as_of=DAY)
    assert texts(silent, "hurts") == [NO_EVIDENCE] * 4


def test_a_pain_without_an_idea_says_that_nothing_is_planned(drawn):
    assert texts(drawn, "could") == ["", "Nothing planned", "", ""]


def test_ideas_come_with_forecast_and_waiting_customers(october, make):
    rule = {"id": "remind", "when": "start_payment without order within 24h", "reason": "Stuck",
            "reaction": "Call back"}  # fmt: skip
    study = make("tea_shop", responses=[rule])
    more = [
        make("one_of", "rice", 675, lane="opportunity", place="payment", label="Keep the form"),
        make("one_of", "waiting_now", 312, lane="response", place="payment", label="Stuck"),
    ]
    frame = pd.concat([october, evidence_frame(more)], ignore_index=True)
    drawn = build_map(study, frame, as_of=DAY)
    assert texts(drawn, "could")[1] == (
        "Keep the form: score 675; not yet forecast; Call back: 312 customers wait now"
    )
    assert drawn.lane("could").cells[1].status == "reasoned"


def test_every_observed_cell_names_its_evidence(drawn, october):
    known = set(october["evidence_id"])
    for lane in drawn.lanes:
        for cell in lane.cells:
            if cell.status == "observed":
                assert cell.evidence_ids
                assert set(cell.evidence_ids) <= known


def test_evidence_is_counted_over_the_cells_that_need_it(drawn):
    # expects 0 of 3; does 4 of 4, reach 4, feels 4, hurts 4; says 2 of 4
    assert drawn.cells_with_evidence == (18, 23)


def test_a_persona_has_its_own_curve(study, october, make):
    own = [make("valence", "payment", -1.8, 0.2, persona="first", n=90)]
    own.append(make("one_of", "size", 0.41, lane="persona"))
    own[-1]["persona"] = "first"
    frame = pd.concat([october, evidence_frame(own)], ignore_index=True)
    drawn = build_map(study, frame, as_of=DAY, persona="first")
    assert [column for column, _ in drawn.points] == [1]
    assert drawn.points[0][1].value == -1.8
    assert drawn.persona_name == "First buyer"
    assert texts(drawn, "feels")[0] == NO_EVIDENCE


def test_an_unknown_persona_is_refused_with_the_nearest(study, october):
    with pytest.raises(ParameterError, match="did you mean 'office'"):
        build_map(study, october, as_of=DAY, persona="offce")


def test_a_stage_without_touchpoints_shows_as_a_gap(make):
    study = make("tea_shop", stages=[{"id": "a", "name": "A"}])
    drawn = build_map(study, evidence_frame(), as_of=DAY)
    assert [t.name for t in drawn.touchpoints] == ["No touchpoint named"]
    assert drawn.cells_with_evidence == (0, 6)
    assert "No touchpoint named" in drawn.to_svg()


def test_the_map_says_which_time_it_is_about(drawn):
    assert (drawn.period, drawn.version, str(drawn.as_of)) == ("October 2026", "draft", DAY)
