"""Sums under the bootstrap over respondents."""

from __future__ import annotations

import numpy as np
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Design
from cjm_lab.surveys.resampling import from_draws, resampled_means, resampled_sums


def test_clusters_within_strata_give_the_linearized_variance_of_a_total() -> None:
    rng = np.random.default_rng(0)
    x, stratum = rng.normal(10, 3, 30), np.repeat([0, 1], [12, 18])
    cluster = np.repeat(np.arange(10), 3)  # four in the one stratum, six in the other
    sums = resampled_sums(
        x[:, None], Design(np.ones(30), stratum, cluster), repeats=20_000, seed=1
    )[:, 0]
    totals = [x[:12].reshape(4, 3).sum(axis=1), x[12:].reshape(6, 3).sum(axis=1)]
    variance = sum(len(t) * t.var(ddof=1) for t in totals)
    assert sums[0] == pytest.approx(x.sum())
    assert sums[1:].mean() == pytest.approx(x.sum(), rel=0.005)
    assert sums[1:].var() == pytest.approx(variance, rel=0.04)


def test_the_bootstrap_of_a_mean_has_its_standard_error() -> None:
    x = np.random.default_rng(2).normal(size=400)
    draws = resampled_means(np.append(x, np.nan)[:, None], repeats=4000, seed=0)[:, 0]
    assert draws[0] == pytest.approx(x.mean())
    assert draws[1:].std() == pytest.approx(x.std() / 20, rel=0.05)


def test_many_respondents_are_resampled_in_parts() -> None:
    x = np.arange(30_000.0)[:, None]
    assert resampled_sums(x, repeats=150, seed=0).shape == (151, 1)


def test_no_interval_without_enough_resamples_that_have_a_value() -> None:
    draws = np.array([1.0, *[1.0, 2.0] * 45, *[np.nan] * 10])
    assert from_draws(draws, 9, level=0.95).method == "too few answers to resample"
    assert not from_draws(draws, 9, level=0.95).has_interval
    assert from_draws(draws[:-6], 9, level=0.95).has_interval


def test_weights_that_cannot_be_are_refused() -> None:
    for weights in ([1.0], [1.0, -1.0], [0.0, 0.0], [1.0, np.nan]):
        with pytest.raises(ParameterError, match="weights must"):
            resampled_sums([[1.0], [2.0]], weights, repeats=1, seed=0)
