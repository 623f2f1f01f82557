from __future__ import annotations

import pandas as pd
import pytest

from cjm_lab.estimate import Estimate
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.metrics.pilot import pilot_evidence
from cjm_lab.planning.piloted import lift_sources, with_pilot_results
from cjm_lab.words import MINUS, NBSP

LIFT = ["lift_low", "lift_likely", "lift_high"]
JUDGED = {"lift_low": 0.06, "lift_likely": 0.10, "lift_high": 0.14, "lift_source": "pilot"}


def pilot(low, high, ratio=0.6, outcome="ordered", method="Newcombe"):
    gap = Estimate((low + high) / 2, low, high, n=400, method=method)
    p = Estimate(ratio, float("nan"), float("nan"), n=400, method="chi-square")
    return evidence_frame(
        [
            evidence(gap, lane="pilot", measure="pilot_difference", label=outcome, item=outcome),
            evidence(p, lane="pilot", measure="sample_ratio_p"),
        ]
    )


def test_what_the_pilot_showed_stands_in_place_of_what_was_judged(resources, study):
    table = resources({"resource": "Form"} | JUDGED, {"resource": "Invoice"})
    before = table.copy()
    derived = with_pilot_results(table, pilot(0.01, 0.07), study)
    assert derived.loc[0, LIFT].tolist() == [0.01, 0.04, 0.07]
    assert derived.loc[0, "lift_note"] == (
        f"judged +6.0 to +14.0 points, the pilot showed +4{NBSP}points [+1,{NBSP}+7] n{NBSP}400"
    )
    assert derived.loc[1, [*LIFT, "lift_source", "lift_note"]].tolist() == (
        [0.1, 0.1, 0.1, "judgement", ""]
    )
    pd.testing.assert_frame_equal(table, before)  # what a person typed stays


def test_a_gain_that_turned_out_a_harm_is_not_forecast_any_more(resources, study):
    derived = with_pilot_results(resources(JUDGED), pilot(-0.11, -0.03), study).iloc[0]
    assert derived[LIFT].tolist() == pytest.approx([-0.11, -0.07, -0.03])
    assert derived["lift_source"] == "pilot"
    assert f"the pilot showed {MINUS}7{NBSP}points" in derived["lift_note"]


@pytest.mark.parametrize(
    ("shown", "source", "why"),
    [
        (evidence_frame(), "pilot: no result", "no result on it by this date"),
        (pilot(0.03, 0.11, ratio=0.009), "pilot: bad sample ratio", "not used"),
        (pilot(-0.01, 0.12), "pilot: not clear", "400; not clear of zero: the judgement stays"),
        (pilot(-0.02, 0.06), "pilot: not clear", "which leaves the judged +10.0 out; not clear"),
        (pilot(3, 9, outcome="revenue", method="Welch"), "pilot: no result", "no result on it"),
    ],
)
def test_a_pilot_that_is_not_clean_leaves_the_judgement_and_says_why(
    resources, study, shown, source, why
):
    derived = with_pilot_results(resources(JUDGED), shown, study).iloc[0]
    assert derived[LIFT].tolist() == [0.06, 0.10, 0.14]
    assert derived["lift_source"] == source
    assert derived["lift_note"].startswith("judged +6.0 to +14.0 points")
    assert why in derived["lift_note"]


def test_who_reaches_the_goal_is_who_moves_on_only_right_before_it(resources, study):
    # Steps basket, payment, order: of those who move on from the basket some are lost at payment.
    for places in ("basket", "basket; payment", "order"):
        derived = with_pilot_results(
            resources(JUDGED | {"touchpoints": places}), pilot(0.01, 0.07), study
        ).iloc[0]
        assert derived[LIFT].tolist() == [0.06, 0.10, 0.14], places
        assert derived["lift_source"] == "pilot: elsewhere"
        assert "right before the goal: not used" in derived["lift_note"]


def test_a_step_that_may_be_skipped_and_the_one_before_it_are_both_right_before_the_goal(
    resources, study
):
    skips = study.model_copy(
        update={
            "funnel": study.funnel.model_copy(update={"steps": ["basket", "payment?", "order"]})
        }
    )
    for place in ("basket", "payment"):
        table = resources(JUDGED | {"touchpoints": place})
        assert with_pilot_results(table, pilot(0.01, 0.07), skips)["lift_source"][0] == "pilot"


def test_alternatives_in_the_step_before_the_goal_are_both_right_before_it(resources, study):
    funnel = study.funnel.model_copy(update={"steps": [["basket", "payment"], "order"]})
    either = study.model_copy(update={"funnel": funnel})
    for place in ("basket", "payment"):
        table = resources(JUDGED | {"touchpoints": place})
        assert with_pilot_results(table, pilot(0.01, 0.07), either)["lift_source"][0] == "pilot"


def test_one_pilot_cannot_stand_behind_two_resources(resources, study):
    table = resources({"resource": "Form"} | JUDGED, {"resource": "Invoice"} | JUDGED)
    derived = with_pilot_results(table, pilot(0.01, 0.07), study)
    assert derived["lift_source"].tolist() == ["pilot: shared"] * 2
    assert derived["lift_likely"].tolist() == [0.10, 0.10]


def test_an_outcome_named_like_the_measure_is_on_its_scale(resources, study):
    table = resources(JUDGED | {"measure": "valence", "lift_low": 0.2, "lift_likely": 0.5,
                                "lift_high": 0.8})  # fmt: skip
    shown = pd.concat([pilot(0.01, 0.07), pilot(0.3, 0.5, outcome="valence", method="Welch")])
    derived = with_pilot_results(table, shown, study).iloc[0]
    assert derived[LIFT].tolist() == [0.3, 0.4, 0.5]
    assert derived["lift_note"].startswith("judged +0.2 to +0.8, the pilot showed +0.40 [")
    # The share of those who ordered says nothing of how they felt.
    alone = with_pilot_results(table, pilot(0.01, 0.07), study).iloc[0]
    assert (alone["lift_source"], alone["lift_likely"]) == ("pilot: no result", 0.5)


def test_a_source_is_a_pilot_only_if_it_shows_the_direction_that_was_judged(resources):
    table = resources(JUDGED)
    assert lift_sources(table, pilot(0.01, 0.07)).tolist() == ["pilot"]
    assert lift_sources(table, pilot(-0.07, -0.01)).tolist() == ["pilot: not clear"]
    assert lift_sources(resources({"resource": "A"}), pilot(0.01, 0.07)).tolist() == ["judgement"]


def test_the_table_of_resources_stays_as_it_is_where_no_pilot_is_named(resources, study):
    table = resources({"resource": "Invoice"}, {"resource": "Help", "lift_likely": float("nan")})
    derived = with_pilot_results(table, pilot(0.01, 0.07), study)
    pd.testing.assert_frame_equal(derived[table.columns], table, check_dtype=False)
    assert with_pilot_results(table.head(0), pilot(0.01, 0.07), study).empty


def test_a_pilot_of_56_of_70_against_48_of_80_overrides_with_newcombes_interval(resources, study):
    arm = ["treatment"] * 70 + ["control"] * 80
    done = [1] * 56 + [0] * 14 + [1] * 48 + [0] * 32
    table = pd.DataFrame({"customer_id": range(150), "arm": arm, "ordered": done})
    derived = with_pilot_results(resources(JUDGED), pilot_evidence(table, study), study).iloc[0]
    # The published example of the method: .200 [.0524, .3339].
    assert derived[LIFT].astype(float).round(4).tolist() == [0.0524, 0.2, 0.3339]


def test_of_another_level_the_ends_are_those_of_95_percent(resources, study):
    # An interval of 90 % is 1.645 standard errors wide to each side, one of 95 % 1.960.
    wide = study.model_copy(update={"level": 0.90})
    derived = with_pilot_results(resources(JUDGED), pilot(0.01, 0.07), wide)
    half = 0.03 * 1.959963985 / 1.644853627
    assert derived.loc[0, LIFT].tolist() == pytest.approx([0.04 - half, 0.04, 0.04 + half])
