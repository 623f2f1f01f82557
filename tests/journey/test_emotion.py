from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cjm_lab.estimate import Estimate
from cjm_lab.journey.emotion import peak_end, peak_end_and_mean, tangents

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
