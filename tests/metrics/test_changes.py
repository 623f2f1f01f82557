from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from statsmodels.datasets import nile

from cjm_lab.errors import ParameterError
from cjm_lab.metrics import change_points
from cjm_lab.metrics.changes import _best_steps, alike, level_starts, neighbor_correlation


def table(values, **more):
    mondays = pd.date_range("2026-01-05", periods=len(values), freq="7D")
    frame = pd.DataFrame({"week": mondays, "value": values, "n": 1, "method": "count"})
    return frame.assign(**more)


def test_the_nile_fell_after_1898():
    # R: changepoint::cpt.mean(Nile) splits after the 28th year, levels 1097.75 and 849.97.
    flow = nile.load_pandas().data["volume"].to_numpy(dtype=float)
    assert level_starts(flow, np.ones(100)) == [28]
    row = change_points(table(flow)).iloc[0]
    assert (round(row["before"], 2), round(row["after"], 2)) == (1097.75, 849.97)
    assert np.isnan(row["low"])
    assert "no interval" in row["method"]


def test_without_a_change_one_in_twenty_series_alarms():
    rng = np.random.default_rng(12)
    found = sum(bool(level_starts(x, np.ones(12))) for x in rng.exponential(size=(500, 12)))
    assert found <= 37


def test_weeks_of_few_answers_alarm_neither_more_often_nor_less():
    rng, n = np.random.default_rng(13), np.array([2.0] * 4 + [200.0] * 8)
    series = rng.normal(size=(300, 12)) / np.sqrt(n)
    # 5 % of 300 are 15; between 7 and 24 lie 98 % of all such counts.
    assert 7 <= sum(bool(level_starts(x, n)) for x in series) <= 24


def test_drifting_series_alarm_far_less_than_their_steps_would_suggest():
    rng = np.random.default_rng(14)
    drift = rng.normal(size=(40, 40))
    for week in range(1, 40):
        drift[:, week] += 0.8 * drift[:, week - 1]
    assert sum(bool(level_starts(x, np.ones(40))) for x in drift) < 14  # not 5 %, and said so


def test_a_shift_of_three_standard_deviations_is_found_where_it_is():
    rng = np.random.default_rng(15)
    series = rng.normal(size=(50, 26))
    series[:, 15:] += 3
    starts = [level_starts(x, np.ones(26)) for x in series]
    assert sum(any(abs(at - 15) <= 1 for at in found) for found in starts) >= 45


def test_a_level_that_comes_back_is_two_changes_and_one_bad_week_is_none():
    wave = np.array([5.0, 6] * 5 + [9.0, 10] * 3 + [5.0, 6] * 5)
    assert level_starts(wave, np.ones(26)) == [10, 16]
    spike = np.array([5.0, 6] * 13)
    spike[12] = 60
    assert level_starts(spike, np.ones(26)) == []


def test_the_steps_are_the_best_of_all_possible():
    x = np.random.default_rng(16).normal(size=(2, 11))
    weight = np.array([1.0, 3, 2, 1, 5, 1, 2, 2, 1, 4, 1])
    errors, _ = _best_steps(x, weight, most=2, shortest=2)

    def error(values, edges):
        parts = [slice(a, b) for a, b in pairwise(edges)]
        return sum(
            (weight[p] * (values[p] - np.average(values[p], weights=weight[p])) ** 2).sum()
            for p in parts
        )

    for i, values in enumerate(x):
        for k in (0, 1, 2):
            edges = ([0, *inner, 11] for inner in combinations(range(2, 10), k))
            best = min(error(values, e) for e in edges if min(np.diff(e)) >= 2)
            assert errors[i, k] == pytest.approx(best)


def test_a_change_is_set_beside_what_happened_up_to_a_week_before():
    happened = [""] * 4 + ["Campaign", "Release", "Outage"] + [""] * 5
    weeks = table([5.0, 6, 5, 6, 5, 6, 9, 10, 9, 10, 9, 10], calendar=happened)
    assert change_points(weeks)["calendar"].tolist() == ["Release; Outage"]


def test_weeks_without_a_value_are_skipped():
    weeks = table([5.0, 6, 5, np.nan, 6, 5, 6, 9, 10, 9, 10, 9, 10])
    assert change_points(weeks)["week"].tolist() == [pd.Timestamp("2026-02-23")]


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 9, 1], [3.0] * 20])
def test_little_or_nothing_that_moves_has_no_change(values):
    found = change_points(table(np.array(values)))
    assert found.empty
    assert found["value"].dtype == "float64"


def test_neighbors_are_compared_around_their_levels():
    steps = np.array([1.0, 2] * 8 + [7.0, 8] * 8)
    assert neighbor_correlation(steps, []) > 0.8
    assert neighbor_correlation(steps, [16]) < -0.9
    assert np.isnan(neighbor_correlation(np.arange(7.0), []))
    assert np.isnan(neighbor_correlation(np.ones(9), []))
    assert not alike(np.nan, 5)


def test_arguments_outside_their_domain_are_refused():
    with pytest.raises(ParameterError, match="min_weeks must be 2"):
        change_points(table([1.0, 2]), min_weeks=1)
    with pytest.raises(ParameterError, match="alpha must lie"):
        change_points(table([1.0, 2]), alpha=5)
