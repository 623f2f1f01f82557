from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special
from scipy import stats as distributions
from statsmodels.tools.numdiff import approx_hess

from cjm_lab.errors import ParameterError
from cjm_lab.metrics.purchases import (
    bg_nbd,
    expected_amount,
    expected_orders,
    gamma_gamma,
    p_alive,
)

#: Parameters like those of CDNOW.
RATES, AMOUNTS = (0.243, 4.414, 0.793, 2.426), (6.25, 3.74, 15.44)


@pytest.fixture(scope="module")
def golden(shared_data):
    return json.loads((shared_data / "events" / "cdnow" / "golden.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def cdnow(shared_data):
    folder = shared_data / "events" / "cdnow"
    return pd.read_csv(folder / "cdnow_customers_summary_with_transactions.csv")


@pytest.fixture(scope="module")
def buying(cdnow):
    return bg_nbd(cdnow["x"], cdnow["t_x"], cdnow["T"])


@pytest.fixture(scope="module")
def spending(cdnow):
    again = cdnow[cdnow["x"] > 0]
    return gamma_gamma(again["x"], again["zbar"])


def simulated(n, seed):
    """Customers drawn from the two models: frequency, recency, age, mean amount."""
    rng = np.random.default_rng(seed)
    (r, alpha, a, b), (p, q, v) = RATES, AMOUNTS
    rate, orders_made = rng.gamma(r, 1 / alpha, n), rng.geometric(rng.beta(a, b, n))
    scale, age = 1 / rng.gamma(q, 1 / v, n), rng.uniform(27, 39, n)
    x, t_x, t, spent = np.zeros((4, n))
    alive = np.ones(n, dtype=bool)
    while alive.any():
        t = t + rng.exponential(1, n) / rate
        buys = alive & (t < age)
        x, t_x = x + buys, np.where(buys, t, t_x)
        spent = spent + np.where(buys, rng.gamma(p, scale), 0)
        alive = buys & (x < orders_made)
    return x, t_x, age, spent / x.clip(1)


def test_bg_nbd_of_cdnow_is_the_published_one(buying, golden):
    assert buying.n == 2357
    assert dict(zip(buying.names, buying.parameters, strict=True)) == pytest.approx(
        golden["bgnbd"], rel=2e-6
    )
    assert buying.log_likelihood == pytest.approx(golden["bgnbd_ll_total"], abs=1e-6)
    assert round(buying.log_likelihood, 2) == -9582.43


def test_gamma_gamma_of_cdnow_is_the_published_one(spending, golden):
    assert spending.n == golden["gamma_gamma_n"] == 946
    assert dict(zip(spending.names, spending.parameters, strict=True)) == pytest.approx(
        golden["gamma_gamma"], rel=2e-6
    )
    assert spending.parameters.round(3).tolist() == [6.249, 3.745, 15.448]


def test_expectations_of_cdnow_are_those_of_another_program(buying, cdnow, golden):
    history = cdnow["x"], cdnow["t_x"], cdnow["T"]
    ahead = expected_orders(buying.parameters, *history, 39)
    assert ahead[:5] == pytest.approx(golden["bgnbd_cond_exp_39_first5"], rel=1e-5)
    assert ahead.sum() == pytest.approx(golden["bgnbd_expected_purchases_39wk_total"], rel=1e-6)
    alive = p_alive(buying.parameters, *history)
    assert alive[:5] == pytest.approx(golden["bgnbd_palive_first5"], rel=1e-6)
    assert (alive[cdnow["x"] == 0] == 1).all()


def test_expected_amounts_of_cdnow_are_those_of_another_program(spending, cdnow, golden):
    amounts = expected_amount(spending.parameters, cdnow["x"], cdnow["zbar"])
    assert amounts.mean() == pytest.approx(
        golden["gamma_gamma_mean_expected_avg_profit_all"], rel=1e-5
    )


def bg_nbd_by_the_paper(logs, x, t_x, t):
    """Equation 6 of Fader, Hardie & Lee (2005), as printed."""
    r, alpha, a, b = np.exp(logs)
    alive = special.beta(a, b + x) / special.beta(a, b) / (alpha + t) ** (r + x)
    left = special.beta(a + 1, b + np.maximum(x, 1) - 1) / special.beta(a, b)
    gone = np.where(x > 0, left / (alpha + t_x) ** (r + x), 0)
    rate = special.gamma(r + x) * alpha**r / special.gamma(r)
    return np.log(rate * (alive + gone)).sum()


def test_standard_errors_are_those_of_the_differentiated_likelihood(buying, cdnow):
    columns = [cdnow[name].to_numpy() for name in ("x", "t_x", "T")]
    logs = np.log(buying.parameters)
    assert bg_nbd_by_the_paper(logs, *columns) == pytest.approx(buying.log_likelihood)
    information = -approx_hess(logs, bg_nbd_by_the_paper, args=tuple(columns))
    expected = buying.parameters * np.sqrt(np.diag(np.linalg.inv(information)))
    assert buying.se == pytest.approx(expected, rel=1e-3)


def gamma_gamma_log_density(logs, x, m):
    """Return the log density of a mean amount, Fader & Hardie (2013), equation 1a."""
    p, q, v = np.exp(logs)
    mixed = special.gammaln(p * x + q) - special.gammaln(p * x) - special.gammaln(q)
    return mixed + q * np.log(v / (v + m * x)) + p * x * np.log(m * x / (v + m * x)) - np.log(m)


def test_gamma_gamma_is_a_mixture_of_gammas(spending):
    p, q, v = spending.parameters

    def both(scale):
        of_mean = distributions.gamma.pdf(30.0, p * 2, scale=1 / (2 * scale))
        return of_mean * distributions.gamma.pdf(scale, q, scale=1 / v)

    density = gamma_gamma_log_density(np.log([p, q, v]), 2, 30.0)
    assert np.log(integrate.quad(both, 0, np.inf)[0]) == pytest.approx(density, rel=1e-7)


def test_standard_errors_of_amounts_are_those_of_the_differentiated_likelihood(spending, cdnow):
    again = cdnow[cdnow["x"] > 0]
    x, m = again["x"].to_numpy(), again["zbar"].to_numpy()
    logs = np.log(spending.parameters)
    assert gamma_gamma_log_density(logs, x, m).sum() == pytest.approx(spending.log_likelihood)
    information = -approx_hess(logs, lambda at: gamma_gamma_log_density(at, x, m).sum())
    expected = spending.parameters * np.sqrt(np.diag(np.linalg.inv(information)))
    assert spending.se == pytest.approx(expected, rel=1e-3)


def test_scores_sum_to_zero_at_the_maximum(buying, spending):
    for fit in (buying, spending):
        assert np.abs(fit.scores.sum(axis=0) / fit.n).max() < 1e-5


def test_parameters_of_simulated_customers_are_found_again():
    x, t_x, age, mean = simulated(20_000, seed=5)
    for fit, true in (
        (bg_nbd(x, t_x, age), RATES),
        (gamma_gamma(x[x > 0], mean[x > 0]), AMOUNTS),
    ):
        errors = np.log(fit.parameters / true) / np.sqrt(np.diag(fit.covariance))
        assert np.abs(errors).max() < 3


@pytest.mark.parametrize(
    ("parameters", "x", "age", "ahead"),
    [
        ((0.24, 4.4, 0.79, 2.4), 1, 39, 52),
        ((0.24, 4.4, 0.79, 2.4), 200, 39, 52),
        ((0.24, 4.4, 50, 15), 3, 39, 52),
        ((20, 4.4, 5, 3), 10, 39, 520),
        ((0.24, 30, 1, 2.5), 2, 270, 365),
    ],
)
def test_expected_orders_are_the_integral_over_the_chances_to_leave(parameters, x, age, ahead):
    r, alpha, a, b = parameters

    def orders(chance):
        made = (1 - (1 + chance * ahead / (alpha + age)) ** -(r + x)) / chance
        return made * distributions.beta.pdf(chance, a, b + x)

    # One who ordered on the last day is alive with (b + x - 1) / (a + b + x - 1).
    alive = (b + x - 1) / (a + b + x - 1)
    places = distributions.beta.ppf([0.001, 0.5, 0.999], a, b + x)
    integral = integrate.quad(orders, 0, 1, points=places, limit=200)[0]
    found = expected_orders(parameters, x, age, age, ahead)[0]
    assert found == pytest.approx(alive * integral, rel=1e-6)


def test_expected_orders_pass_smoothly_where_their_formula_has_a_pole():
    near = [expected_orders([0.2, 4, a, 2.0], 2, 20, 30, 52)[0] for a in (0.999, 1.0, 1.001)]
    assert near[1] == pytest.approx((near[0] + near[2]) / 2, rel=1e-5)
    sums = [expected_orders([0.2, 4, 0.4, b], 0, 0, 30, 52)[0] for b in (0.599, 0.6, 0.601)]
    assert sums[1] == pytest.approx((sums[0] + sums[2]) / 2, rel=1e-5)


def test_customers_who_never_leave_order_at_their_rate():
    # A chance to leave of one in a million: (r + x) / (alpha + age) a week.
    found = expected_orders([0.5, 10, 1, 1e6], 4, 20, 30, 20)[0]
    assert found == pytest.approx(4.5 / 40 * 20, rel=0.02)


@given(order=st.permutations(range(12)))
def test_the_order_of_customers_changes_nothing(order):
    x = np.array([0, 0, 0, 0, 1, 2, 5, 1, 0, 3, 0, 1])
    t_x = np.array([0, 0, 0, 0, 3, 20, 30, 25, 0, 9, 0, 2.0])
    age, rows = np.full(12, 38.0), list(order)
    one, other = p_alive(RATES, x, t_x, age), p_alive(RATES, x[rows], t_x[rows], age)
    assert (one[rows] == other).all()
    ahead = expected_orders(RATES, x, t_x, age, 52)
    assert (ahead[rows] == expected_orders(RATES, x[rows], t_x[rows], age, 52)).all()


def test_the_unit_of_time_and_of_money_changes_only_their_scale(cdnow, buying, spending):
    days = bg_nbd(cdnow["x"], cdnow["t_x"] * 7, cdnow["T"] * 7)
    assert days.parameters == pytest.approx(buying.parameters * [1, 7, 1, 1], rel=1e-6)
    # 2,457 repeat orders, each with a density a day instead of a week.
    change = days.log_likelihood - buying.log_likelihood
    assert change == pytest.approx(-2457 * np.log(7))
    again = cdnow[cdnow["x"] > 0]
    cents = gamma_gamma(again["x"], again["zbar"] * 100)
    assert cents.parameters == pytest.approx(spending.parameters * [1, 1, 100], rel=1e-5)


def test_an_amount_nobody_knows_has_no_mean_where_the_tail_is_too_heavy():
    assert expected_amount([6.0, 0.9, 15.0], 0, np.nan)[0] == np.inf
    assert expected_amount([6.0, 0.9, 15.0], 1, 20.0)[0] == pytest.approx(6 * 35 / 5.9)


def test_data_without_a_model_are_refused():
    with pytest.raises(ParameterError, match="repeat orders, got 0"):
        bg_nbd([0, 0], [0, 0], [3, 4])
    with pytest.raises(ParameterError, match="between 0 and age"):
        bg_nbd([1, 0], [9, 0], [3, 4])
    with pytest.raises(ParameterError, match="between 0 and age"):
        bg_nbd([0, 1], [2, 1], [3, 4])
    with pytest.raises(ParameterError, match="got 30 for all"):
        gamma_gamma([1, 2], [30.0, 30.0])
    with pytest.raises(ParameterError, match="above 0, got 1 and 0"):
        gamma_gamma([1, 2], [30.0, 0.0])
    with pytest.raises(ParameterError, match="got none"):
        gamma_gamma([], [])


def test_a_likelihood_without_a_maximum_is_refused():
    # All alike: rates don't vary, and nobody is seen to leave.
    with pytest.raises(ParameterError, match="BG/NBD must have one maximum"):
        bg_nbd(np.full(50, 5), np.full(50, 38.0), np.full(50, 39.0))
    with pytest.raises(ParameterError, match="BG/NBD must have one maximum"):
        bg_nbd([3], [20.0], [39.0])
