import pandas as pd
import pytest

from cjm_lab.estimate import share
from cjm_lab.journey.pains import pain_points, usual_levels, whom_it_hurts
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


def test_rank_is_reach_times_severity(study, make):
    # payment: reach .4 x 1.2/2 = .24; cup: reach .9 x 1.0/2 = .45: the milder, wider one is first
    rows = [make("valence", "payment", -1.2, 0.1), make("valence", "cup", -1.0, 0.1)]
    rows += [make("of_log", "reach", "payment", 40, 100), make("of_log", "reach", "cup", 90, 100)]
    found = pain_points(evidence_frame(rows), NOTHING, study)
    ranks = found[found["measure"] == "rank"].set_index("touchpoint")
    assert ranks["value"].to_dict() == {"cup": 1, "payment": 2}
    assert ranks.loc["cup", "note"] == "reach x severity 0.450"
    assert ranks.loc["payment", "note"] == "reach x severity 0.240"


def test_without_a_log_those_who_had_something_to_say_stand_in_for_reach(study, make):
    # n 50 of at most 100: .5 x 1.6/2 = .40 against 1 x 1.0/2 = .50
    rows = [make("valence", "payment", -1.6, 0.1, n=50), make("valence", "cup", -1.0, 0.1, n=100)]
    found = pain_points(evidence_frame(rows), NOTHING, study)
    assert found.loc[found["measure"] == "rank", "touchpoint"].tolist() == ["cup", "payment"]


def test_the_walkthrough_names_the_pain_and_agrees(october, study, make):
    walk = evidence_frame(
        [make("one_of", "severity", 3.3, lane="walkthrough", place="payment", label="Card twice")]
    )
    found = pains(october, study, walk)
    assert found["label"].tolist() == ["Card twice"]
    assert found["note"].tolist() == ["survey, log and walkthrough agree"]


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
