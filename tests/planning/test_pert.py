from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from cjm_lab.planning.pert import pert_draws, pert_estimate, pert_mean


def test_the_mean_is_a_sixth_of_low_four_likely_and_high():
    # (0 + 4 x 1 + 8) / 6 = 2
    assert pert_mean((0.0, 1.0, 8.0)) == 2
    drawn = pert_draws(0, 1, 8, np.random.default_rng(0), (100_000,))
    # Its variance is (mean - low)(high - mean) / 7 = 2 x 6 / 7.
    assert drawn.mean() == pytest.approx(2, abs=0.015)
    assert drawn.var() == pytest.approx(12 / 7, rel=0.02)
    assert 0 <= drawn.min() < 0.02 < 6 < drawn.max() <= 8


def test_a_shift_of_all_three_values_shifts_the_distribution():
    at_zero, shifted = pert_estimate((0.0, 1.0, 8.0)), pert_estimate((2.0, 3.0, 10.0))
    moved = [shifted.value - 2, shifted.low - 2, shifted.high - 2]
    assert moved == pytest.approx([at_zero.value, at_zero.low, at_zero.high])
    drawn = pert_draws(2, 3, 10, np.random.default_rng(0), (100_000,))
    assert drawn.mean() == pytest.approx(4, abs=0.015)


def test_each_row_has_its_own_distribution():
    low, likely, high = (np.array([[a], [b]]) for a, b in ((0, 5), (1, 5), (8, 5)))
    drawn = pert_draws(low, likely, high, np.random.default_rng(0), (2, 50_000))
    assert drawn[0].mean() == pytest.approx(2, abs=0.03)
    assert (drawn[1] == 5).all()


def test_without_ends_a_value_is_certain():
    drawn = pert_draws(np.nan, 0.3, np.nan, np.random.default_rng(0), (4,))
    assert drawn.tolist() == [0.3] * 4
    assert pert_estimate((0.3, 0.3, 0.3)).low == 0.3


def test_the_interval_leaves_a_fortieth_on_each_side():
    estimate = pert_estimate((0.0, 1.0, 8.0))
    a = 1 + 4 / 8  # on [0, 8]: a beta with 1.5 and 4.5

    def density(x):
        return stats.beta.pdf(x / 8, a, 6 - a) / 8

    assert integrate.quad(density, 0, estimate.low)[0] == pytest.approx(0.025, abs=1e-6)
    assert integrate.quad(density, estimate.high, 8)[0] == pytest.approx(0.025, abs=1e-6)
