"""The area under the curve and the recalibration agree with published and hand-made figures."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]

from cjm_lab.personas.agreement import area_under_curve, recalibrated

#: Hanley & McNeil (1982), table I: how sure a reader was of 109 scans, by what was there.
NORMAL, ABNORMAL = [33, 6, 6, 11, 2], [3, 2, 2, 11, 33]


def test_the_scans_of_hanley_and_mcneil() -> None:
    """Stata's manual (roctab) prints .8932 and, with DeLong's variance, .0307."""
    said = np.repeat([1.0, 2, 3, 4, 5, 1, 2, 3, 4, 5], [*NORMAL, *ABNORMAL])
    true = np.repeat([0.0, 1.0], [sum(NORMAL), sum(ABNORMAL)])
    e = area_under_curve(said, true)
    assert (round(e.value, 4), round(e.se, 4), e.n) == (0.8932, 0.0307, 109)
    assert e.value == pytest.approx(roc_auc_score(true, said))
    assert e.low < 0.83295 + 0.01  # the logit scale moves Stata's [.83295, .95339] down
    assert e.high < 0.95339


def test_the_standard_error_by_hand() -> None:
    """Of the ones, .5 and 1 of the others lie below; of the others, 1 and .5 of the ones above.

    Each variance is .125, and .125 / 2 + .125 / 2 = .125.
    """
    e = area_under_curve(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1]))
    assert e.se == pytest.approx(np.sqrt(0.125))


def test_a_constant_tells_nobody_apart_and_wholly_parted_has_no_interval() -> None:
    true = np.repeat([0.0, 1.0], 10)
    flat = area_under_curve(np.full(20, 0.3), true)
    assert (flat.value, flat.low, flat.high) == (0.5, 0.5, 0.5)
    parted = area_under_curve(true, true)
    assert parted.value == 1
    assert not parted.has_interval
    assert np.isnan(area_under_curve(true, np.zeros(20)).value)


def test_odds_squared_have_a_slope_of_one_half() -> None:
    """30 of 100 and 80 of 100 came true; said were chances with twice their logits."""
    true = np.repeat([1.0, 0.0, 1.0, 0.0], [30, 70, 80, 20])
    odds = np.repeat([30 / 70, 80 / 20], 100) ** 2
    slope, _ = recalibrated(odds / (1 + odds), true)
    assert slope.value == pytest.approx(0.5)


def test_too_low_on_the_whole_is_an_intercept_above_zero() -> None:
    """Half came true where 1 of 5 was said, whatever the customer: ln 4 too low."""
    true = np.tile([1.0, 0.0], 100)
    said = np.full(200, 0.2) + np.tile([1e-7, 1e-7, -1e-7, -1e-7], 50)
    _, intercept = recalibrated(said, true)
    assert intercept.value == pytest.approx(np.log(4), abs=1e-5)
    assert intercept.se == pytest.approx(1 / np.sqrt(200 * 0.25))


def test_chances_that_are_all_alike_have_no_slope() -> None:
    slope, intercept = recalibrated(np.full(20, 0.5), np.tile([1.0, 0.0], 10))
    assert np.isnan([slope.value, intercept.value]).all()
