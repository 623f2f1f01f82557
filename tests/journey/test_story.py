from datetime import date

import pandas as pd
import pytest

from cjm_lab.journey.compare import change_evidence
from cjm_lab.journey.pains import pain_points
from cjm_lab.journey.rows import Rows
from cjm_lab.journey.story import lead, worst_touchpoint
from cjm_lab.ledger import Ledger, evidence_frame

SEPTEMBER = date(2026, 9, 30)


def said(frame, study):
    return [sentence.replace("\u00a0", " ") for sentence in lead(frame, study)]


def with_personas(frame, make, *values):
    ids = ("first", "office", "repeat")
    rows = [make("valence", "payment", v, 0.3, persona=p) for p, v in zip(ids, values, strict=True)]
    return pd.concat([frame, evidence_frame(rows)], ignore_index=True)


def test_the_lead_names_place_number_persona_loss_and_action(october, study, make):
    rows = [make("one_of", "rice", 675, lane="opportunity", place="payment", label="Keep the form")]
    frame = with_personas(october, make, -2.0, -1.0, -1.0)
    frame = pd.concat([frame, evidence_frame(rows)], ignore_index=True)
    assert said(Ledger(frame), study) == [
        "Payment is the worst touchpoint of the journey: satisfaction −1.3 [−1.5, −1.1] n 340 on a "
        "scale from −2 to +2.",
        "It hurts the persona First buyer most: −2.0 [−2.3, −1.7] n 100.",
        "45 % [40, 50] n 400 of the customers who get there go no further.",
        "What could be done there first: Keep the form (score 675; not yet forecast).",
        "There is no earlier report to compare with.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ((-1.2, -1.1, -1.0), "It hurts all personas alike, as far as the answers can tell; the "
                             "lowest is First buyer, −1.2 [−1.5, −0.9] n 100."),
        ((-1.5, -1.1, -0.5), "It hurts First buyer and Office buyer more than Repeat buyer; the "
                             "lowest is First buyer, −1.5 [−1.8, −1.2] n 100."),
    ],
)  # fmt: skip
def test_most_is_said_only_where_chance_is_excluded(october, study, make, values, sentence):
    assert sentence in said(with_personas(october, make, *values), study)


def test_a_response_rule_stands_in_for_an_opportunity(october, make):
    rule = {"id": "r", "when": "start_payment without order within 24h", "reaction": "Call back."}
    study = make("tea_shop", responses=[rule])
    assert "What could be done there first: Call back (not counted yet)." in said(october, study)


def test_without_either_it_says_that_nothing_is_planned(october, study):
    assert "No action is planned there." in said(october, study)


def test_the_walkthrough_says_why(october, study, make):
    here = {"lane": "walkthrough", "place": "payment", "label": "Card twice"}
    walk = evidence_frame(
        [make("one_of", "severity", 3.3, **here), make("one_of", "major_problems", 1, **here)]
    )
    frame = pd.concat([october, walk, pain_points(october, walk, study)], ignore_index=True)
    assert "What hurts there: Card twice (survey, log and walkthrough agree)." in said(frame, study)


def test_a_content_journey_is_not_called_bad(study, make):
    rows = [make("valence", "payment", 0.3, 0.2), make("valence", "cup", 1.5, 0.2)]
    assert said(evidence_frame(rows), study)[0] == (
        "No touchpoint is below neutral; Payment is the lowest point: satisfaction +0.3 "
        "[+0.1, +0.5] n 100 on a scale from −2 to +2."
    )
    rows = [make("valence", "payment", -0.1, 0.2)]
    assert said(evidence_frame(rows), study)[0].endswith("perhaps still neutral.")


def test_nobody_is_said_to_be_hurt_where_all_are_content(study, make):
    rows = [make("valence", "payment", 0.5, 0.1)]
    rows += [
        make("valence", "payment", v, 0.1, persona=p) for p, v in (("first", 0.2), ("office", 0.8))
    ]
    assert "First buyer is the least content there: +0.2 [+0.1, +0.3] n 100." in said(
        evidence_frame(rows), study
    )


def test_without_a_survey_the_log_speaks(study, make):
    losses = [("advert", 30), ("payment", 60), ("delivery", 5)]
    rows = [make("of_log", "drop_off", place, lost * 10, 1000) for place, lost in losses]
    first, second, *_ = said(evidence_frame(rows), study)
    assert first == (
        "Payment is the worst touchpoint as far as the log can tell: nobody was asked how it felt."
    )
    assert second == "Six of ten customers who get there (60 % [57, 63] n 1,000) go no further."


def test_with_mentions_only_the_mentions_speak(study, make):
    share = make("of_log", "reach", "payment", 70, 100)
    row = share | {"measure": "negative_share", "lane": "sentiment"}
    assert said(evidence_frame([row]), study)[0] == (
        "Payment is the worst touchpoint as far as mentions can tell: 70 % [60, 78] n 100 are "
        "negative."
    )


def test_after_the_aim_nothing_has_to_follow(study, make):
    # First cup is last and after; delivery is before it and loses less than payment
    rows = [
        make("of_log", "drop_off", "cup", 99, 100),
        make("of_log", "drop_off", "payment", 9, 100),
    ]
    assert worst_touchpoint(Rows(evidence_frame(rows)), study).touchpoint.id == "payment"


def test_without_any_evidence_it_says_so(study):
    assert said(evidence_frame(), study)[0].startswith("No touchpoint has evidence yet")


def changed(october, study, make, then, *more):
    before = [make("valence", "payment", then, 0.2, n=340, day=SEPTEMBER), *more]
    rows = change_evidence(october, Ledger(evidence_frame(before)), study)
    return said(Ledger(pd.concat([october, rows], ignore_index=True)), study)


def test_what_changed_is_said_with_both_values(october, study, make):
    same = make("of_log", "conversion", "", 138, 1000, SEPTEMBER)
    assert changed(october, study, make, -1.9, same)[-2:] == [
        "Since September 2026, Payment got better: satisfaction −1.9 → −1.3, +0.6 [+0.3, +0.9].",
        "1 other figure moved no more than chance would make them.",
    ]
    assert "Payment got worse" in changed(october, study, make, -0.7)[-1]


def test_chance_is_not_news(october, study, make):
    assert changed(october, study, make, -1.35)[-1] == (
        "Since September 2026 nothing changed more than chance would: 1 figure was compared."
    )


def test_undated_reports_cannot_be_compared(study, make):
    frame = evidence_frame([make("valence", "payment", -1.3, 0.2, day=None)])
    rows = change_evidence(frame, Ledger(frame), study)
    last = said(pd.concat([frame, rows], ignore_index=True), study)[-1]
    assert last.startswith(
        "Nothing can be compared with the report before: its figures are undated"
    )


def test_the_lead_changes_when_the_data_change(october, study):
    better = october.copy()
    payment = better["touchpoint"].eq("payment") & better["measure"].eq("valence")
    better.loc[payment, ["value", "low", "high"]] = [1.0, 0.8, 1.2]
    assert "Delivery" in said(better, study)[0]


def test_two_low_points_too_close_to_tell_apart_are_both_named(study, make):
    # the difference .2 has the half-width sqrt(.2^2 + .2^2) = .28: zero is inside
    rows = [make("valence", "payment", -1.3, 0.2), make("valence", "delivery", -1.1, 0.2),
            make("valence", "cup", 1.5, 0.2)]  # fmt: skip
    first, *others = said(evidence_frame(rows), study)
    assert first == (
        "Payment and Delivery are the lowest points of the journey, too close to tell apart; "
        "Payment: satisfaction −1.3 [−1.5, −1.1] n 100 on a scale from −2 to +2."
    )
    assert "No action is planned at Payment." in others
    rows[1] = make("valence", "delivery", -0.9, 0.2)  # .4 is outside
    assert "Payment is the worst touchpoint" in said(evidence_frame(rows), study)[0]


def test_few_answers_do_not_lead_while_others_have_more(study, make):
    rows = [make("valence", "delivery", -1.8, 0.4, n=12), make("valence", "payment", -1.0, 0.2)]
    sentences = said(evidence_frame(rows), study)
    assert sentences[0].startswith("Payment is the worst touchpoint")
    assert (
        sentences[1] == "Delivery looks lower still, but on a small base: −1.8 [−2.2, −1.4] n 12."
    )
    alone = said(evidence_frame(rows[:1]), study)[0]
    assert alone.startswith("Delivery is the worst") and "fewer than 30 answers" in alone
