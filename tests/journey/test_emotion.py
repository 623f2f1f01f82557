from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, share
from cjm_lab.journey.emotion import (
    disagreements,
    importance_cells,
    importance_of,
    peak_end,
    peak_end_and_mean,
    persona_curves,
    tangents,
)
from cjm_lab.journey.rows import Rows
from cjm_lab.ledger import evidence, evidence_frame

VALENCE = st.floats(-2, 2).map(lambda v: round(v, 3))


def test_peak_end_of_a_signed_scale_takes_the_value_farthest_from_neutral():
    # METHOD: +1.5, -1.3, +.8 gives (1.5 + .8) / 2
    assert peak_end([1.5, -1.3, 0.8]) == pytest.approx(1.15)


def test_a_tie_of_peaks_goes_to_the_negative_one():
    assert peak_end([1.5, -1.5, 1.0]) == pytest.approx((-1.5 + 1.0) / 2)
    assert peak_end([-1.5, 1.5, 1.0]) == pytest.approx((-1.5 + 1.0) / 2)


def test_peak_end_of_a_pain_scale_takes_the_highest():
    assert peak_end([8, 7], signed=False) == 7.5
    assert peak_end([2, 8, 3, 7], signed=False) == 7.5


def test_nothing_has_no_peak():
    assert isnan(peak_end([]))


def test_bounds_of_peak_end_hold_for_any_correlation():
    curve = [Estimate(v, v - h, v + h, n=50, method="t") for v, h in ((1.5, 0.2), (0.8, 0.4))]
    both, mean = peak_end_and_mean(curve)
    # peak 1.5 [1.3, 1.7], end 0.8 [0.4, 1.2]: bounds are the means of the bounds
    assert (both.value, both.low, both.high) == pytest.approx((1.15, 0.85, 1.45))
    assert (mean.low, mean.high) == pytest.approx((0.85, 1.45))


@given(st.lists(VALENCE, min_size=2, max_size=12))
def test_the_curve_shows_no_high_or_low_that_nobody_reported(values):
    x = np.arange(len(values), dtype=float)
    slope = tangents(x, values)
    t = np.linspace(0, 1, 21)
    for i in range(len(values) - 1):  # the Bezier curve as it is drawn
        a, d = values[i], values[i + 1]
        b, c = a + slope[i] / 3, d - slope[i + 1] / 3
        drawn = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
        assert drawn.min() >= min(a, d) - 1e-9
        assert drawn.max() <= max(a, d) + 1e-9


def test_slopes_are_zero_at_the_ends_of_a_swing():
    assert tangents([0, 1, 2], [0, 1, 0])[1] == 0


def test_uneven_gaps_weigh_the_harmonic_mean():
    # Fritsch-Butland: h = 1, 2; d = 1, .5; w1 = 2*2+1 = 5, w2 = 2+2*1 = 4; 9 / (5/1 + 4/.5)
    assert tangents([0, 1, 3], [0, 1, 2])[1] == pytest.approx(9 / 13)


def test_one_point_is_a_flat_curve():
    assert tangents([3], [1]).tolist() == [0]


def test_a_persona_asked_at_two_touchpoints_has_a_curve(study, make):
    rows = [make("valence", place, value, 0.2, persona="first")
            for place, value in (("payment", -1.5), ("cup", 1.4))]  # fmt: skip
    rows += [
        make("valence", "cup", 0.9, 0.2, persona="office"),
        make("valence", "advert", 0.4, 0.1),
    ]
    (curve,) = persona_curves(study, Rows(evidence_frame(rows)))
    assert (curve.persona, curve.name, curve.weights) == ("first", "First buyer", ())
    # advert, payment, delivery, cup: columns 1 and 3
    assert [(at, felt.value) for at, felt in curve.points] == [(1, -1.5), (3, 1.4)]
    assert (curve.points[0][1].low, curve.points[0][1].n) == (-1.7, 100)


def test_weights_are_the_personas_own_shares_of_its_stages(study, make):
    def of_stage(stage, count, persona):
        return evidence(share(count, 100), lane="reach", measure="stage_share", stage=stage,
                        persona=persona, source="events")  # fmt: skip

    rows = [make("valence", place, 0.5, 0.2, persona="first") for place in ("payment", "cup")]
    rows += [
        of_stage("buy", 30, "first"),
        of_stage("use", 60, "first"),
        of_stage("use", 5, "office"),
    ]
    (curve,) = persona_curves(study, Rows(evidence_frame(rows)))
    assert [weight and weight.value for weight in curve.weights] == [None, 0.3, 0.6]


def importance(measure, place, value, *, scale=(0, 10), half=0.2, item="", note=""):
    estimate = Estimate(value, value - half, value + half, n=90, method="t")
    lane = "driver" if measure == "driver" else "value_gap"
    return evidence(estimate, lane=lane, measure=measure, touchpoint=place, scale=scale,
                    item=item, note=note, source="survey")  # fmt: skip


NOTE = "correlation with Net Promoter Score; weighted to age_group"
DERIVED = [importance("importance_derived", place, x, scale=(-1, 1), half=0.1, note=NOTE)
           for place, x in (("advert", 0.2), ("payment", 0.4), ("cup", -0.1))]  # fmt: skip


def matters(study, rows):
    return [cell.text for cell in importance_cells(study, Rows(evidence_frame(rows)))]


def test_the_importance_line_is_what_customers_state(study):
    stated = [importance("importance_stated", p, x) for p, x in (("payment", 8.5), ("cup", 9.0))]
    cells = importance_cells(study, Rows(evidence_frame([*DERIVED, *stated])))
    assert [cell.status for cell in cells] == ["none", "observed", "none", "observed"]
    item = cells[1].items[0]
    assert (item.kind, item.text, item.estimate.value) == ("point", "8.5 of 10", 8.5)
    assert cells[1].evidence_ids == (stated[0]["evidence_id"],)
    assert cells[0].text == "No evidence yet"  # derived importance is another line


def test_one_stated_importance_is_no_line(study):
    one = [importance("importance_stated", "cup", 9.0)]
    found = importance_of(study, Rows(evidence_frame([*DERIVED, *one])))
    assert found.name == "derived importance: correlation with Net Promoter Score"
    assert list(found.rows) == ["advert", "payment", "cup"]
    assert importance_of(study, Rows(evidence_frame(one))).name == "stated importance"
    cells = importance_cells(study, Rows(evidence_frame([*DERIVED, *one])))
    assert [cell.status for cell in cells] == ["reasoned", "reasoned", "none", "reasoned"]


def test_importances_on_another_scale_are_left_out(study):
    rows = [importance("importance_stated", p, 4.0, scale=(1, 5)) for p in ("advert", "payment")]
    rows.append(importance("importance_stated", "cup", 9.0))
    found = importance_of(study, Rows(evidence_frame(rows)))
    assert (list(found.rows), found.scale) == (["advert", "payment"], (1, 5))
    # 4 on 1 to 5 is three quarters of the way
    assert found.rescaled("payment").value == pytest.approx(0.75)


def test_a_negative_correlation_is_no_importance(study):
    found = importance_of(study, Rows(evidence_frame(DERIVED)))
    rescaled = found.rescaled("cup")  # -0.1 [-0.2, 0.0]
    assert (rescaled.value, rescaled.low, rescaled.high) == (0, 0, 0)
    assert found.rescaled("payment").value == 0.4


def test_of_several_drivers_at_a_touchpoint_the_strongest_counts(study):
    drivers = [importance("driver", *at, item=code) for code, at in
               {"a": ("cup", 0.05), "b": ("cup", 0.3), "c": ("payment", 0.1)}.items()]  # fmt: skip
    found = importance_of(study, Rows(evidence_frame(drivers)))
    assert (found.rescaled("cup").value, found.rescaled("payment").value) == (0.3, 0.1)
    chosen = importance_of(study, Rows(evidence_frame([*DERIVED, *drivers])), source="drivers")
    assert chosen.name == found.name == "derived importance: share of the key drivers"


def test_without_importance_the_lane_is_empty(study):
    assert matters(study, []) == ["No evidence yet"] * 4


def test_an_unknown_source_of_importance_is_refused(study):
    with pytest.raises(ParameterError, match="source must be one of"):
        importance_of(study, Rows(evidence_frame()), source="felt")


def said(place, negative, n, *, measure="negative_share"):
    estimate = share(negative, n)
    if measure != "negative_share":
        estimate = Estimate(negative / n, nan, nan, n=n, method="automatic, bias unknown")
    return evidence(estimate, lane="sentiment", measure=measure, touchpoint=place)


def findings(study, *rows):
    return disagreements(study, Rows(evidence_frame(rows)))


def test_sources_that_contradict_each_other_are_said(study, make):
    # 70 of 100: Wilson .604 to .781, above one half; 20 of 100: .133 to .289, below it
    one, other = findings(
        study, make("valence", "cup", 0.5, 0.2), said("cup", 70, 100),
        make("valence", "advert", -0.5, 0.2), said("advert", 20, 100),
    )  # fmt: skip
    nbsp = "\u00a0"
    assert one.replace(nbsp, " ") == (
        "Advert: survey and mentions disagree; those asked are dissatisfied (−0.5 [−0.7, −0.3] "
        "n 100), most who write do not complain (20 % [13, 29] n 100 negative, by labels)."
    )
    assert other.replace(nbsp, " ") == (
        "First cup: survey and mentions disagree; those asked are satisfied (+0.5 [+0.3, +0.7] "
        "n 100), those who write mostly complain (70 % [60, 78] n 100 negative, by labels)."
    )


@pytest.mark.parametrize(
    ("felt", "half", "negative"),
    [(0.5, 0.2, 20), (-0.5, 0.2, 70), (0.1, 0.2, 70), (0.5, 0.2, 55), (-0.5, 0.2, 45)],
    ids=["both good", "both bad", "survey unclear", "mentions unclear", "mentions unclear too"],
)
def test_sources_that_agree_or_are_unclear_do_not_disagree(study, make, felt, half, negative):
    assert findings(study, make("valence", "cup", felt, half), said("cup", negative, 100)) == ()


def test_automatic_shares_contradict_nobody(study, make):
    automatic = said("cup", 90, 100, measure="automatic_negative_share")
    assert findings(study, make("valence", "cup", 0.5, 0.2), automatic) == ()
