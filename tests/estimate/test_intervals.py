"""Intervals against R, published tables and exact coverage."""

from __future__ import annotations

import json
from math import isnan, sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, clustered_ratio, mean, needed_n, share, weighted_share


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe (1998), table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (7, 10, 0.3968, 0.8922),
    ],
)
def test_wilson_interval_equals_the_published_one(
    successes: int, n: int, low: float, high: float
) -> None:
    estimate = share(successes, n)
    assert estimate.value == successes / n
    assert estimate.low == pytest.approx(low, abs=5e-5)
    assert estimate.high == pytest.approx(high, abs=5e-5)


def test_wilson_interval_equals_r_to_ten_digits(shared_data: Path) -> None:
    golden = json.loads((shared_data / "surveys" / "intervals_multiplicity.json").read_text())
    for case in golden["newcombe1998_single"]:
        estimate = share(case["x"], case["n"])
        assert (estimate.low, estimate.high) == pytest.approx(case["wilson"], abs=1e-10)


def test_wilson_covers_what_theory_says_at_a_rare_share() -> None:
    # METHOD.md: Wilson at n 10, p .01 covers .904 exactly.
    n, p = 10, 0.01
    covered = sum(
        stats.binom.pmf(x, n, p) for x in range(n + 1) if share(x, n).low <= p <= share(x, n).high
    )
    assert covered == pytest.approx(0.904, abs=5e-4)


@pytest.mark.parametrize(("n", "p"), [(200, 0.5), (200, 0.2), (400, 0.42), (1000, 0.1)])
def test_wilson_covers_95_percent_inside(n: int, p: float) -> None:
    x = np.arange(n + 1)
    inside = [share(int(k), n).low <= p <= share(int(k), n).high for k in x]
    assert 0.93 <= float(stats.binom.pmf(x, n, p)[inside].sum()) <= 0.97


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_share_lies_inside_its_interval_and_the_interval_inside_the_scale(
    case: tuple[int, int],
) -> None:
    estimate = share(*case)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


def test_nobody_asked_is_no_estimate() -> None:
    assert isnan(share(0, 0).value)
    assert share(0, 0).n == 0
    assert not mean([]).has_interval


def test_more_successes_than_people_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"between 0 and n=3, got 4"):
        share(4, 3)


def test_mean_has_students_interval() -> None:
    # 3.5 +- t(.975, 3) * 1.29099 / 2, t = 3.18245 from the printed table
    estimate = mean([2, 3, 4, 5])
    assert estimate.value == 3.5
    assert estimate.high == pytest.approx(3.5 + 3.18245 * 1.29099 / 2, abs=1e-4)


def test_answers_all_alike_have_no_interval() -> None:
    estimate = mean([2, 2, 2])
    assert (estimate.value, estimate.n, estimate.method) == (2, 3, "all alike")
    assert not estimate.has_interval


def test_mean_leaves_missing_answers_out_and_keeps_to_the_scale() -> None:
    estimate = mean([5, 5, 5, 4, float("nan")], bounds=(1, 5))
    assert estimate.n == 4
    assert estimate.high == 5


def test_equal_weights_change_nothing_but_the_name() -> None:
    plain, weighted = mean([1, 2, 4]), mean([1, 2, 4], [3, 3, 3])
    assert weighted.value == pytest.approx(plain.value)
    assert weighted.se == pytest.approx(plain.se)
    assert weighted.n_eff == pytest.approx(3)


def test_kish_effective_n() -> None:
    # (2 + 1 + 1)^2 / (4 + 1 + 1) = 2.667
    assert weighted_share([1, 0, 1], [2, 1, 1]).n_eff == pytest.approx(16 / 6)


def test_clustered_ratio_by_hand() -> None:
    # Sums 3 of 6; residuals 1-1, 0-.5, 2-1.5 = 0, -.5, .5; se = sqrt(3/2 * .5) / 6
    estimate = clustered_ratio([1, 0, 2], [2, 1, 3])
    assert estimate.value == 0.5
    assert estimate.se == pytest.approx(sqrt(1.5 * 0.5) / 6)
    assert estimate.n == 3


def test_customers_of_one_event_each_make_a_plain_share() -> None:
    x = np.r_[np.ones(30), np.zeros(70)]
    clustered = clustered_ratio(x, np.ones(100))
    assert clustered.se == pytest.approx(sqrt(0.3 * 0.7 / 99))


def test_answers_needed_for_five_points() -> None:
    # METHOD.md: 385 for a share at worst, 1,251 for an NPS with variance .814
    assert (needed_n(0.25, 0.05), needed_n(0.814, 0.05)) == (385, 1251)


def test_an_estimate_prints_its_interval_with_the_digits_it_deserves() -> None:
    nps = Estimate(34.190, 29.209, 38.943, n=895, method="adjusted Wald")
    assert str(nps) == "34.2 [29.2, 38.9] n=895"
    assert f"{Estimate(0.31, 0.2613, 0.3581, n=200, method='Wilson'):%}" == "31 % [26, 36] n=200"
    nan = float("nan")
    automatic = Estimate(0.251, nan, nan, n=14640, method="automatic, bias unknown")
    assert f"{automatic:%}" == "25.1 % (automatic, bias unknown) n=14640"


@pytest.mark.parametrize(("k", "n"), [(1, 4), (7, 20)])
def test_a_share_of_equal_weights_is_wilsons(k: int, n: int) -> None:
    weighted, plain = weighted_share(np.arange(n) < k, np.full(n, 3.0)), share(k, n)
    assert (weighted.low, weighted.high) == pytest.approx((plain.low, plain.high))


def test_customers_without_an_event_are_no_customers_of_a_ratio() -> None:
    assert clustered_ratio([1, 0, 2, 0], [2, 1, 3, 0]) == clustered_ratio([1, 0, 2], [2, 1, 3])
