"""Intervals of importances and R2."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cjm_lab.surveys.driver_intervals import explained_interval, moved_interval, tail_percentile


def test_the_tail_is_that_of_the_t_table() -> None:
    # t of 34 degrees is 2.0322 in the table; 40 people and 5 columns
    wide = 100 * stats.norm.cdf(-2.0322 * np.sqrt(40 / 34))
    assert tail_percentile(40, 5, 0.95) == pytest.approx(wide, abs=5e-4)
    assert tail_percentile(10**7, 5, 0.9) == pytest.approx(5, abs=1e-4)


def test_an_importance_is_moved_once_by_the_bias_of_its_resamples() -> None:
    draws = np.linspace(0.3, 0.5, 101)  # about .4, .1 more than the value
    assert moved_interval(0.3, draws, 2.5) == pytest.approx((0.205, 0.395))


def test_r2_is_moved_twice_on_the_scale_of_z() -> None:
    z = np.linspace(0.5, 0.9, 101)  # about .7, .1 more than the value
    low, high = explained_interval(np.tanh(0.6) ** 2, np.tanh(z) ** 2, 2.5)
    expected = np.tanh([0.51 - 0.2, 0.89 - 0.2]) ** 2
    assert (low, high) == pytest.approx(tuple(expected), abs=1e-4)


def test_r2_stays_within_its_scale_and_holds_its_value() -> None:
    # resamples far above the value: what is left after moving lies below it
    assert explained_interval(0.2, np.linspace(0.6, 0.7, 50), 2.5) == (0.0, 0.2)
    low, high = explained_interval(1.0, np.ones(50), 2.5)
    assert (low, high) == pytest.approx((1.0, 1.0))


def test_nothing_that_could_be_computed_has_no_interval() -> None:
    for interval in (moved_interval, explained_interval):
        assert np.isnan(interval(0.5, np.array([np.nan, np.nan]), 2.5)).all()
