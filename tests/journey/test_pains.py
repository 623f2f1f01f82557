from math import nan

import pandas as pd
import pytest

from cjm_lab.estimate import Estimate, share
from cjm_lab.journey.pains import (
    evidence_behind,
    pain_points,
    quotes_of,
    usual_levels,
    whom_it_hurts,
)
from cjm_lab.journey.rows import Rows
from cjm_lab.ledger import Ledger, evidence, evidence_frame

NOTHING = evidence_frame()


def pains(frame, study, walkthrough=NOTHING):
    found = pain_points(frame, walkthrough, study)
    return found[found["measure"] == "pain"]


def test_only_touchpoints_with_negative_evidence_hurt(october, study):
    found = pains(october, study)
    assert found["touchpoint"].tolist() == ["payment"]
    assert found["value"].tolist() == [-1.3]
    assert found["label"].tolist() == ["Low satisfaction"]
    assert found["note"].tolist() == ["survey and log agree"]
    assert found["status"].tolist() == ["reasoned"]


def test_no_evidence_no_pain(study):
    found = pain_points(NOTHING, NOTHING, study)
    assert found.empty
    assert list(found.columns) == list(NOTHING.columns)


def test_satisfaction_that_may_be_neutral_is_no_pain(study, make):
    assert pains(evidence_frame([make("valence", "cup", -0.2, 0.21)]), study).empty
    assert len(pains(evidence_frame([make("valence", "cup", -0.2, 0.19)]), study)) == 1


def test_the_usual_loss_is_the_median_where_something_follows(october, study, make):
    # .30, .45, .05; the last touchpoint has nothing after it and doesn't count
    last = evidence_frame([make("of_log", "drop_off", "cup", 99, 100)])
    assert usual_levels(Rows(pd.concat([october, last])), study).lost == pytest.approx(0.30)


def test_where_nobody_was_asked_the_log_speaks_alone(study, make):
    losses = [("advert", 30), ("payment", 60), ("delivery", 5)]
    log = [make("of_log", "drop_off", place, lost, 100) for place, lost in losses]
    found = pains(evidence_frame(log), study)
    assert found["touchpoint"].tolist() == ["payment"]
    assert found[["label", "value", "note"]].values.tolist() == [["Many give up", 0.6, "log only"]]


def test_losing_content_people_is_no_pain(study, make):
    losses = [("advert", 60), ("payment", 10), ("delivery", 5)]
    rows = [make("of_log", "drop_off", place, lost, 100) for place, lost in losses]
    rows.append(make("valence", "advert", 0.4, 0.1))
    assert pains(evidence_frame(rows), study).empty


def ranked(found):
    return found[found["measure"] == "rank"].set_index("touchpoint")


def test_rank_is_reach_times_severity(study, make):
    # payment: reach .4 x 1.2/2 = .24; cup: reach .9 x 1.0/2 = .45: the milder, wider one is first
    rows = [make("valence", "payment", -1.2, 0.1), make("valence", "cup", -1.0, 0.1)]
    rows += [make("of_log", "reach", "payment", 40, 100), make("of_log", "reach", "cup", 90, 100)]
    ranks = ranked(pain_points(evidence_frame(rows), NOTHING, study))
    assert ranks["value"].to_dict() == {"cup": 1, "payment": 2}
    first, second = ranks.loc["cup", "note"], ranks.loc["payment", "note"]
    assert first.startswith("reach x severity 0.450; importance unknown; the worst in ")
    assert second.startswith("reach x severity 0.240; importance unknown; the worst in ")


def stated(place, value, half=0.2, scale=(0, 10), n=100):
    """Importance as customers state it."""
    estimate = Estimate(value, value - half, value + half, n=n, method="t", se=half / 1.96)
    return evidence(estimate, lane="value_gap", measure="importance_stated", touchpoint=place,
                    scale=scale, source="survey")  # fmt: skip


def bare(measure, place, value):
    """A number that doesn't tell how uncertain it is, as good as exact."""
    return evidence(Estimate(value, value, value, n=100, method="exact"), lane=measure,
                    measure=measure, touchpoint=place, source="events")  # fmt: skip


def test_what_matters_more_hurts_more(study, make):
    # payment .4 x .6 x 9/10 = .216; cup .9 x .5 x 4/10 = .180: the order turns
    rows = [make("valence", "payment", -1.2, 0.1), make("valence", "cup", -1.0, 0.1)]
    rows += [make("of_log", "reach", "payment", 40, 100), make("of_log", "reach", "cup", 90, 100)]
    ranks = ranked(
        pain_points(evidence_frame([*rows, stated("payment", 9), stated("cup", 4)]), NOTHING, study)
    )
    assert ranks["value"].to_dict() == {"payment": 1, "cup": 2}
    assert ranks.loc["payment", "note"].startswith("reach x severity x importance 0.216; the worst")


def test_unknown_importance_counts_as_the_mean_of_the_known_and_says_so(study, make):
    # advert 1/10 and delivery 9/10 are known, their mean is .5: 1 x .5 x .5 = .250
    rows = [make("valence", "cup", -1.0, 0.1), bare("reach", "cup", 1.0)]
    frame = evidence_frame([*rows, stated("advert", 1), stated("delivery", 9)])
    note = ranked(pain_points(frame, NOTHING, study)).loc["cup", "note"]
    assert note == (
        "reach x severity x importance 0.250; importance unknown here: the mean of the others"
    )


def test_losing_more_than_usual_adds_to_severity(study, make):
    # drop-off .3 .5 .9: the usual one is .5; delivery: reach 1 x (1.0/2 + .4) = .900
    rows = [bare("drop_off", place, x) for place, x in
            (("advert", 0.3), ("payment", 0.5), ("delivery", 0.9))]  # fmt: skip
    rows += [bare("reach", "delivery", 1.0), make("valence", "delivery", -1.0, 0.1)]
    note = ranked(pain_points(evidence_frame(rows), NOTHING, study)).loc["delivery", "note"]
    assert note.startswith("reach x severity 0.900")


def two_pains(make, payment, half=0.196):
    """Cup at -1.0 and payment: exact reach, so that scores differ by the two valences only."""
    rows = [make("valence", "payment", payment, half), make("valence", "cup", -1.0, half)]
    return evidence_frame([*rows, bare("reach", "payment", 1.0), bare("reach", "cup", 1.0)])


def test_how_often_the_worst_is_the_worst(study, make):
    # se .1 each: the difference of .2 has se .1414, z 1.414, so Phi(1.414) = .921 of the draws;
    # 2,000 draws have a Monte Carlo error of .6 points, 4 of which are 2.4
    ranks = ranked(pain_points(two_pains(make, -1.2), NOTHING, study))
    percent = float(ranks.loc["payment", "note"].split("the worst in ")[1].split()[0])
    assert percent == pytest.approx(92.1, abs=2.4)
    assert ranks.loc["payment", ["value", "low", "high"]].tolist() == [1, 1, 2]
    assert ranks.loc["cup", ["value", "low", "high"]].tolist() == [2, 1, 2]


def test_the_level_of_the_study_sets_the_range_of_ranks(study, make):
    # payment is second in 7.9 % of the draws: more than 2.5 %, and less than 10 % a side
    wide = study.model_copy(update={"level": 0.8})
    frame = two_pains(make, -1.2, half=0.128155)  # 1.28155 standard errors of .1 at a level of .8
    ranks = ranked(pain_points(frame, NOTHING, wide))
    assert ranks.loc["payment", ["low", "high"]].tolist() == [1, 1]
    percent = float(ranks.loc["payment", "note"].split("the worst in ")[1].split()[0])
    assert percent == pytest.approx(92.1, abs=2.4)


def test_a_clear_order_is_certain(study, make):
    ranks = ranked(pain_points(two_pains(make, -1.9, half=0.05), NOTHING, study))
    assert ranks.loc["payment", ["low", "high"]].tolist() == [1, 1]
    assert ranks.loc["payment", "note"].endswith("the worst in 100 % of draws")
    assert ranks.loc["cup", "note"].endswith("the worst in 0 % of draws")


def test_of_four_pains_alike_each_is_among_the_worst_three_in_three_of_four_draws(study, make):
    places = ["advert", "payment", "delivery", "cup"]
    rows = [make("valence", place, -1.0, 0.196) for place in places]
    rows += [bare("reach", place, 1.0) for place in places]
    ranks = ranked(pain_points(evidence_frame(rows), NOTHING, study))
    assert ranks[["low", "high"]].values.tolist() == [[1, 4]] * 4
    for note in ranks["note"]:
        percent = float(note.split("among the worst three in ")[1].split()[0])
        assert percent == pytest.approx(75, abs=4)


def test_the_seed_decides_the_draws_and_nothing_else(study, make):
    frame = two_pains(make, -1.1)
    one, same, *others = (pain_points(frame, NOTHING, study, seed=seed) for seed in (1, 1, 2, 3, 4))
    pd.testing.assert_frame_equal(one, same)
    assert len({tuple(found["note"]) for found in [one, *others]}) > 1
    assert {tuple(found["touchpoint"]) for found in [one, *others]} == {
        ("payment",) * 2 + ("cup",) * 2
    }


def test_a_number_without_an_interval_leaves_the_rank_without_one(study, make):
    place = {"lane": "reach", "measure": "reach", "touchpoint": "payment"}
    reach = evidence(Estimate(1.0, nan, nan, n=9, method="count"), **place)
    found = pain_points(
        evidence_frame([make("valence", "payment", -1.2, 0.1), reach]), NOTHING, study
    )
    rank = ranked(found).loc["payment"]
    assert rank[["low", "high"]].isna().all()
    assert rank["note"] == "reach x severity 0.600; importance unknown; no interval of reach"


def test_a_pain_names_the_rows_it_rests_on(october, study):
    frame = pd.concat([october, evidence_frame([stated("payment", 9), stated("cup", 4)])])
    ids = evidence_behind(Rows(frame), "payment", study)
    behind = frame.set_index("evidence_id").loc[list(ids)]
    assert set(behind["touchpoint"]) == {"payment"}
    expected = ["valence", "drop_off", "reach", "importance_stated"]
    assert behind["measure"].tolist() == expected
    assert evidence_behind(Rows(NOTHING), "payment", study) == ()


def test_at_most_two_quotes_of_the_tone_those_that_fit_first(make):
    long = "No. " * 40
    kinds = {long: "negative", "Fine.": "positive", "Out!": "negative; answer 7", " ": "negative"}
    said = [make("quote", "payment", *pair) for pair in [*kinds.items(), ("Out!", "negative"),
                                                         ("Twice!", "negative")]]  # fmt: skip
    said[4] |= {"evidence_id": "another one who said the same"}
    rows = Rows(evidence_frame(said))
    words = [row["label"] for row in quotes_of(rows, "payment")]
    assert words == ["Out!", "Twice!"]
    assert [row["label"] for row in quotes_of(rows, "payment", "positive")] == ["Fine."]
    assert [row["label"] for row in quotes_of(rows, "payment", most=9)][-1] == long
    assert quotes_of(rows, "cup") == []


def test_without_a_log_those_who_had_something_to_say_stand_in_for_reach(study, make):
    # n 50 of at most 100: .5 x 1.6/2 = .40 against 1 x 1.0/2 = .50
    rows = [make("valence", "payment", -1.6, 0.1, n=50), make("valence", "cup", -1.0, 0.1, n=100)]
    found = pain_points(evidence_frame(rows), NOTHING, study)
    assert found.loc[found["measure"] == "rank", "touchpoint"].tolist() == ["cup", "payment"]


def walk(make, place="payment", major=1, severity=3.3):
    """Rows of a walkthrough with so many problems that several evaluators call major."""
    here = {"lane": "walkthrough", "place": place, "label": "Card twice", "source": "findings"}
    return evidence_frame(
        [
            make("one_of", "severity", severity, **here),
            make("one_of", "major_problems", major, **here),
        ]
    )


def test_the_walkthrough_names_the_pain_and_agrees(october, study, make):
    found = pains(october, study, walk(make))
    assert found["label"].tolist() == ["Card twice"]
    assert found["note"].tolist() == ["survey, log and walkthrough agree"]
    # It adds to the pain point that is there: what is measured, where and of whom stays the same.
    assert found["evidence_id"].tolist() == pains(october, study)["evidence_id"].tolist()
    behind = evidence_behind(Rows(pd.concat([october, walk(make)])), "payment", study)
    assert set(walk(make)["evidence_id"]) <= set(behind)


def test_what_two_experts_call_major_hurts_where_nobody_was_asked(study, make):
    found = pains(NOTHING, study, walk(make, "delivery"))
    assert found[["touchpoint", "label", "value"]].values.tolist() == (
        [["delivery", "Card twice", 3.3]]
    )
    assert found["note"].tolist() == ["walkthrough only: experts, no customers"]
    assert found["status"].tolist() == ["reasoned"]


def test_a_grave_word_of_one_expert_is_no_pain(study, make):
    assert pains(NOTHING, study, walk(make, major=0, severity=4.0)).empty


def labeled(place, negative, n):
    return evidence(share(negative, n), lane="sentiment", measure="negative_share",
                    touchpoint=place, source="mentions")  # fmt: skip


def test_complaints_hurt_where_they_are_more_than_usual(study):
    # people write to complain: .70 .76 .90, the usual touchpoint .76; Wilson of 90 in 100 is
    # above .82 and of 76 in 100 below it
    rows = [labeled("advert", 70, 100), labeled("payment", 76, 100), labeled("cup", 90, 100)]
    found = pains(evidence_frame([*rows, labeled("", 60, 100)]), study)
    assert found[["touchpoint", "label"]].values.tolist() == [["cup", "Mostly complaints"]]
    # with two places only, all mentions together (.60) are the usual
    found = pains(evidence_frame([*rows[1:], labeled("", 60, 100)]), study)
    assert found["touchpoint"].tolist() == ["cup", "payment"]
    # and where most are not negative it hurts nobody
    assert pains(evidence_frame([labeled("cup", 40, 100), labeled("", 20, 100)]), study).empty


def test_a_source_that_denies_is_named(study, make):
    losses = [("advert", 50), ("payment", 40), ("delivery", 5)]
    rows = [make("of_log", "drop_off", place, lost * 10, 1000) for place, lost in losses]
    rows.append(make("valence", "delivery", -0.5, 0.1))
    note = pains(evidence_frame(rows), study)["note"].tolist()[0]
    assert note == "survey only; log does not say so"


def test_pains_enter_the_ledger(october, study):
    Ledger(pd.concat([october, pain_points(october, NOTHING, study)]))


def personas(make, *values):
    ids = ("first", "office", "repeat")
    rows = [make("valence", "payment", v, 0.3, persona=p) for p, v in zip(ids, values, strict=True)]
    return Rows(evidence_frame(rows))


def test_most_is_said_only_if_every_difference_excludes_zero(study, make):
    # half-widths .3 each: a difference needs sqrt(.3^2 + .3^2) = .424 to exclude zero
    most = whom_it_hurts(personas(make, -1.5, -1.0, -1.0), "payment", study)
    assert (most.alike, most.less) == (("First buyer",), ("Office buyer", "Repeat buyer"))
    some = whom_it_hurts(personas(make, -1.5, -1.1, -1.0), "payment", study)
    assert (some.alike, some.less) == (("First buyer", "Office buyer"), ("Repeat buyer",))
    alike = whom_it_hurts(personas(make, -1.2, -1.1, -1.0), "payment", study)
    assert (alike.lowest, alike.less) == ("First buyer", ())


def test_one_persona_alone_cannot_be_hurt_most(study, make):
    rows = Rows(evidence_frame([make("valence", "payment", -1.5, 0.1, persona="first")]))
    assert whom_it_hurts(rows, "payment", study) is None
