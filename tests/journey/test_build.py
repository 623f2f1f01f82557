from math import nan

import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, share
from cjm_lab.journey.build import build_map
from cjm_lab.journey.model import NO_EVIDENCE
from cjm_lab.journey.pains import pain_points
from cjm_lab.ledger import Ledger, evidence, evidence_frame
from cjm_lab.study import Study

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


def test_goals_and_stages_alone_make_an_honest_assumed_map():
    stages = [
        {"id": "buy", "name": "Buy", "funnel": "Closing", "expects": "No surprise", "touchpoints": [
            {"id": "pay", "name": "Pay", "action": "Types the card", "needs": ["Trust"],
             "thinks": ["Is it safe?"], "backstage": "Fraud check", "systems": ["Gateway"]}]},
        {"id": "use", "name": "Use"},
    ]  # fmt: skip
    study = Study.model_validate({"title": "Start", "stages": stages})
    drawn = build_map(study, evidence_frame(), as_of=DAY)
    filled = {cell.status for lane in drawn.lanes for cell in lane.cells if cell.items}
    assert filled == {"assumed"}
    assert not any(cell.evidence_ids for lane in drawn.lanes for cell in lane.cells)
    assert drawn.cells_with_evidence[0] == 0
    assert [lane.key for lane in drawn.lanes] == [
        "funnel", "expects", "touchpoint", "does", "needs", "reach", "feels", "thinks", "says",
        "hurts", "backstage", "systems", "could", "team",
    ]  # fmt: skip
    assert texts(drawn, "reach") == [NO_EVIDENCE] * 2
    assert "Fraud check" in drawn.to_html()


def test_lanes_that_nobody_filled_do_not_stand_on_the_map(drawn):
    # beside the lanes of every map only the gain of those who rate the first cup +1.5
    assert [lane.key for lane in drawn.lanes] == [
        "expects", "touchpoint", "does", "reach", "feels", "says", "hesitations", "hurts", "gains",
        "could", "team",
    ]  # fmt: skip


def test_steps_of_the_funnel_name_a_stage_that_the_firm_has_no_name_for(make, october):
    funnel = {"steps": ["advert", ["start_payment", "pay_later"], "delivery"]}
    drawn = build_map(make("tea_shop", funnel=funnel), october, as_of=DAY)
    assert texts(drawn, "funnel") == [
        "advert: steps of the funnel",
        "start payment or pay later, then delivery: steps of the funnel",
        "",
    ]
    assert statuses(drawn, "funnel") == ["reasoned", "reasoned", "none"]  # the conversion is known
    empty = build_map(make("tea_shop", funnel=funnel), evidence_frame(), as_of=DAY)
    assert statuses(empty, "funnel")[0] == "assumed"


def test_a_persona_borrows_from_all_customers_and_says_so(study, october, make):
    own = [make("valence", "payment", -1.8, 0.2, persona="first", n=90)]
    reach = evidence(share(30, 60), lane="reach", measure="reach", touchpoint="payment",
                     persona="first")  # fmt: skip
    frame = pd.concat([october, evidence_frame([*own, reach])], ignore_index=True)
    drawn = build_map(study, whole(frame, study), as_of=DAY, persona="first")
    reached = [text.replace("\u00a0", " ") for text in texts(drawn, "reach")]
    # 30 of 60 is .50 [.38, .62] of the persona's own; the log has no other row of it
    assert reached[1].startswith("50 %: [38, 62]; lost 45 %: [40, 50] · all customers")
    assert reached[0].startswith("100.0 %: [99.6, 100.0] · all customers")  # Wilson: 1000 of 1000
    assert texts(drawn, "hurts")[1].endswith("all customers")
    assert texts(drawn, "hurts")[0] == "Nothing found among all customers"
    assert not drawn.curves


def test_a_persona_speaks_for_itself_where_it_was_heard(study, october):
    words = [("I feared to pay twice.", "first"), ("Fine by me.", "office")]
    rows = [
        evidence(lane="quote", measure="quote", touchpoint="payment", label=text, item=text,
                 persona=persona, source="notes")
        for text, persona in words
    ]  # fmt: skip
    rows.append(evidence(Estimate(-1, -1.2, -0.8, n=50, method="t"), lane="emotion",
                         measure="valence", touchpoint="payment", persona="first"))  # fmt: skip
    frame = pd.concat([october, evidence_frame(rows)], ignore_index=True)
    drawn = build_map(study, frame, as_of=DAY, persona="first")
    assert texts(drawn, "says")[1] == "“I feared to pay twice.”: from notes"


def test_the_map_of_all_customers_carries_the_personas_curves(study, october, make):
    own = [make("valence", place, 1.0, 0.2, persona="office") for place in ("advert", "cup")]
    drawn = build_map(study, pd.concat([october, evidence_frame(own)]), as_of=DAY)
    assert [(c.name, [column for column, _ in c.points]) for c in drawn.curves] == [
        ("Office buyer", [0, 3])
    ]


def test_complaints_stand_beside_the_curve_on_a_mark_of_their_own(study, october):
    row = evidence(share(30, 40), lane="sentiment", measure="negative_share", touchpoint="delivery")
    drawn = build_map(study, pd.concat([october, evidence_frame([row])]), as_of=DAY)
    assert [(column, e.value) for column, e in drawn.marks] == [(2, 0.75)]
    assert [column for column, _ in drawn.points] == [0, 1, 2, 3]


def test_the_journey_to_be_shows_what_is_bought_as_done_and_figures_of_today(study, october, make):
    def lift(value, place="", item="", label=""):
        return evidence(Estimate(value, value - 0.01, value + 0.01, n=99, method="sim"),
                        lane="forecast", measure="conversion_lift", touchpoint=place, item=item,
                        label=label, note="if the judgement holds; points")  # fmt: skip

    bought = [
        evidence(Estimate(taken, nan, nan, n=4, method="all sets weighed"), lane="forecast",
                 measure="chosen", touchpoint="payment", item=name, label=name)
        for name, taken in (("Keep the form", 1.0), ("New logo", 0.0))
    ]  # fmt: skip
    bought += [
        evidence(Estimate(1, nan, nan, n=1, method="need - have"), lane="resource",
                 measure="resource_gap", touchpoint="payment", item=name, label=name,
                 status="assumed", note="have 0, need 1")
        for name in ("Keep the form", "New logo")
    ]  # fmt: skip
    more = [*bought, lift(0.05, "payment", "Keep the form", "Keep the form")]
    more += [lift(0.06, item="portfolio", label="The set"), lift(0.02, item="x", label="Elsewhere")]
    frame = pd.concat([october, evidence_frame(more)], ignore_index=True)
    plans = pd.DataFrame(
        [["", "payment", "", "does", "to-be", "Pays with a look"],
         ["", "advert", "", "team", "to-be", "Product"]],
        columns=["stage", "touchpoint", "persona", "lane", "state", "text"])  # fmt: skip
    drawn = build_map(study, frame, as_of=DAY, state="to-be", assumed=plans)
    assert drawn.state == "to-be"
    assert texts(drawn, "could")[1].replace("\u00a0", " ") == (
        "Keep the form: as if done · +5.0 points of conversion [+4.0, +6.0]"
        " · if the judgement holds"
    )
    assert texts(drawn, "could")[0] == "Nothing chosen"
    assert drawn.lane("could").note.replace("\u00a0", " ") == (
        "together +6.0 points of conversion [+5.0, +7.0]"
    )
    assert texts(drawn, "does")[1] == "Types the card: today; Pays with a look: planned"
    assert [item.status for item in drawn.lane("does").cells[1].items] == [None, "assumed"]
    assert texts(drawn, "team")[:2] == ["Product: planned", "Shop"]
    assert texts(drawn, "feels")[1].endswith("· today")
    assert texts(drawn, "resources")[1] == ("Keep the form: as if there; New logo: have 0, need 1")
    now = build_map(study, frame, as_of=DAY, assumed=plans)
    assert texts(now, "resources")[1].startswith("Keep the form: have 0, need 1")
    assert texts(now, "does")[1] == "Types the card"  # plans are no word about today


def test_an_unknown_state_is_refused(study, october):
    with pytest.raises(ParameterError, match=r"state must be one of .*'to-be'.* got 'tobe'"):
        build_map(study, october, as_of=DAY, state="tobe")
