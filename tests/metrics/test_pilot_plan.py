from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from cjm_lab.errors import ParameterError
from cjm_lab.metrics import plan_pilot, ramp_up


def one(*args: Any, **kwargs: Any) -> dict[str, Any]:
    return plan_pilot(*args, **kwargs).iloc[0].to_dict()


@pytest.mark.parametrize(("d", "n"), [(0.2, 393), (0.5, 64), (0.8, 26)])
def test_cohens_table_of_two_means(d, n):
    # Cohen (1988), table 2.4.1: power .80, two-sided .05, to the nearest; here always up.
    plan = one(10, smallest_effect=d * 3, measure="mean", sd=3)
    assert n <= plan["control"] == plan["treatment"] <= n + 1
    fall = one(10, smallest_effect=-d * 3, measure="mean", sd=3)
    assert fall["customers"] == plan["customers"]


def test_what_r_says_of_its_own_examples():
    # power.t.test(power = .90, delta = 1): n = 22.02110
    assert one(0, smallest_effect=1, measure="mean", sd=1, power=0.9)["control"] == 23
    # power.prop.test(p1 = .50, p2 = .75, power = .90): n = 76.7
    assert one(0.5, smallest_effect=0.25, power=0.9)["control"] == 77
    # power.prop.test(n = 50, p1 = .50, p2 = .75): power = 0.740
    plan = one(0.5, customers_a_week=50, weeks=2, power=0.7401)
    assert plan["effect"] == pytest.approx(0.25, abs=1e-4)


def test_weeks_are_whole_and_at_least_one():
    assert one(0.5, smallest_effect=0.25, power=0.9, customers_a_week=77)["weeks"] == 2
    assert one(0.5, smallest_effect=0.25, power=0.9, customers_a_week=76)["weeks"] == 3
    assert one(0.5, smallest_effect=0.25, power=0.9, customers_a_week=10_000)["weeks"] == 1
    assert np.isnan(one(0.5, smallest_effect=0.25)["weeks"])


@pytest.mark.parametrize("treated", [0.5, 0.2])
@pytest.mark.parametrize("daily", [False, True])
def test_what_is_seen_with_the_customers_needed_is_what_they_were_needed_for(treated, daily):
    needed = one(0.2, smallest_effect=0.03, treated=treated, daily=daily)
    seen = one(0.2, customers_a_week=needed["customers"], weeks=1, treated=treated, daily=daily)
    assert seen["effect"] == pytest.approx(0.03, abs=2e-5)
    assert seen["relative"] == pytest.approx(0.15, abs=1e-4)


def test_looking_daily_takes_about_twice_as_many():
    plans = [one(0.2, smallest_effect=0.03, daily=daily)["customers"] for daily in (False, True)]
    by_hand = ((3.035 + 0.8416) / (1.960 + 0.8416)) ** 2
    assert plans[1] / plans[0] == pytest.approx(by_hand, rel=0.01)


def test_unequal_arms_take_more():
    half, fifth = (
        one(0, smallest_effect=0.1, measure="mean", sd=1, treated=share)["customers"]
        for share in (0.5, 0.2)
    )
    assert fifth / half == pytest.approx(1 / (4 * 0.2 * 0.8), rel=0.01)


def test_a_pilot_of_that_size_finds_the_effect_as_often_as_promised():
    plan = one(0.2, smallest_effect=0.04, treated=0.3)
    rng = np.random.default_rng(3)
    a = rng.binomial(plan["treatment"], 0.24, 4000) / plan["treatment"]
    b = rng.binomial(plan["control"], 0.2, 4000) / plan["control"]
    pooled = (a * plan["treatment"] + b * plan["control"]) / plan["customers"]
    se = np.sqrt(pooled * (1 - pooled) * (1 / plan["treatment"] + 1 / plan["control"]))
    assert np.mean(abs(a - b) / se > stats.norm.ppf(0.975)) == pytest.approx(0.8, abs=0.02)


def test_too_few_customers_show_nothing():
    assert np.isnan(one(0.2, customers_a_week=10, weeks=1)["effect"])
    assert np.isnan(one(5, customers_a_week=3, weeks=1, measure="mean", sd=1)["effect"])


def test_arguments_outside_their_domain_are_refused():
    wrong = [
        ({}, "either smallest_effect, or"),
        ({"smallest_effect": 0.1, "weeks": 2, "customers_a_week": 100}, "leave out what is"),
        ({"smallest_effect": 0}, "must not be zero"),
        ({"smallest_effect": 0.9}, "an effect of one point is 0.01"),
        ({"smallest_effect": 0.1, "customers_a_week": 0}, "must be positive"),
        ({"smallest_effect": 0.1, "power": 80}, "power must lie between"),
        ({"smallest_effect": 0.1, "measure": "mean"}, "a positive sd"),
        ({"smallest_effect": 0.1, "sd": 2}, "left out for a share"),
        ({"smallest_effect": 0.1, "measure": "shares"}, "did you mean 'share'"),
    ]
    for arguments, message in wrong:
        with pytest.raises(ParameterError, match=message):
            plan_pilot(0.2, **arguments)


def test_the_ramp_up_shows_smaller_harm_stage_by_stage():
    plan = ramp_up(0.2, customers_a_week=7000)
    assert plan["treated"].tolist() == [0.01, 0.05, 0.2, 0.5]
    assert plan["treatment"].tolist() == [20, 100, 600, 7000]
    assert plan[["first_day", "last_day"]].values.tolist() == [[1, 2], [3, 4], [5, 7], [8, 21]]
    assert np.isnan(plan["harm"][0])  # 20 treated customers, of whom 4 would buy
    assert plan["harm"].iloc[1:].is_monotonic_increasing
    assert (plan["harm"].iloc[1:] < 0).all()
    assert "20 treated customers would show no harm" in plan["stop_rule"][0]
    assert "whole 97.5 % interval" in plan["stop_rule"][3]


def test_the_harm_of_a_mean_by_hand():
    plan = ramp_up(40, customers_a_week=7000, measure="mean", sd=60, worse="rise")
    # z of .05 / 2 / 4 x 2 = .0125 is 2.2414, z of the power .8416
    by_hand = 60 * (2.2414 + 0.8416) * np.sqrt(2 / 7000)
    assert plan["harm"][3] == pytest.approx(by_hand, rel=0.001)
    assert "above zero" in plan["stop_rule"][3]


def test_without_harm_hardly_a_ramp_up_is_stopped():
    plan = ramp_up(0.2, customers_a_week=20_000)
    rng = np.random.default_rng(4)
    stopped = np.zeros(4000, dtype=bool)
    for row in plan.to_dict("records"):
        a = rng.binomial(row["treatment"], 0.2, 4000) / row["treatment"]
        b = rng.binomial(row["control"], 0.2, 4000) / row["control"]
        se = np.sqrt(0.16 * (1 / row["treatment"] + 1 / row["control"]))
        stopped |= (b - a) / se > stats.norm.ppf(0.5 + row["level"] / 2)
    assert stopped.mean() < 0.06


def test_a_faulty_ramp_up_is_refused():
    with pytest.raises(ParameterError, match="must rise stage by stage"):
        ramp_up(0.2, customers_a_week=100, stages={0.5: 7, 0.1: 7})
    with pytest.raises(ParameterError, match="did you mean 'fall'"):
        ramp_up(0.2, customers_a_week=100, worse="fal")
    with pytest.raises(ParameterError, match="must be positive"):
        ramp_up(0.2, customers_a_week=100, stages={0.5: 0})
