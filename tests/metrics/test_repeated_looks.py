from __future__ import annotations

from math import nan

import numpy as np
import pandas as pd
import pytest
from scipy import special

from cjm_lab.errors import ParameterError
from cjm_lab.metrics import analyze_pilot, pilot_looks
from cjm_lab.metrics._arms import Arm, compare
from cjm_lab.metrics.repeated_looks import always_level

DAYS, A_DAY = 14, 200


def standard_errors(n, planned=10_000, level=0.95):
    """How far away the bounds lie."""
    return float(special.ndtri(0.5 + always_level(n, planned=planned, level=level) / 2))


def alarms(rng, rate, effect=0.0, pilots=2000, planned=DAYS * A_DAY):
    """Of pilots looked at on 14 days: how many leave out the effect, by either interval."""
    treated = rng.binomial(A_DAY, 0.5, (pilots, DAYS))
    done = [rng.binomial(treated, rate + effect), rng.binomial(A_DAY - treated, rate)]
    size = [treated.cumsum(axis=1), (A_DAY - treated).cumsum(axis=1)]
    done = [d.cumsum(axis=1) for d in done]
    levels = [always_level((day + 1) * A_DAY, planned=planned) for day in range(DAYS)]
    once = np.zeros(pilots, dtype=bool)
    always = np.zeros(pilots, dtype=bool)
    for i, day in np.ndindex(pilots, DAYS):
        arms = [
            Arm(int(n[i, day]), d[i, day] / n[i, day], nan, True)
            for n, d in zip(size, done, strict=True)
        ]
        e = compare(*arms, 0.95)
        if not e.low <= effect <= e.high:
            once[i] = True  # the always-valid interval is wider, so it can only alarm here too
            e = compare(*arms, levels[day])
            always[i] |= e.low > effect or e.high < effect
    return int(once.sum()), int(always.sum())


def test_without_an_effect_daily_looks_alarm_in_no_more_than_the_level_allows():
    once, always = alarms(np.random.default_rng(7), 0.1)
    assert always <= 123
    assert once > 300  # the interval for one look, looked at 14 times


def test_an_effect_lies_in_the_intervals_of_all_looks_together():
    _, missed = alarms(np.random.default_rng(8), 0.3, effect=0.05, pilots=500)
    assert missed <= 37


def test_the_bounds_lie_where_robbins_put_them():
    # At the planned size u = 1 + c solves u exp(-u) = alpha^2 / e, and sqrt(u) is the distance.
    u = standard_errors(10_000) ** 2
    assert u * np.exp(-u) == pytest.approx(0.05**2 / np.e, rel=1e-6)
    assert standard_errors(10_000) == pytest.approx(3.035, abs=0.001)
    # Narrowest there in units of 1 / sqrt(n), wider before and after, and never the usual 1.96.
    away = [standard_errors(n) for n in (500, 5000, 10_000, 20_000, 500_000)]
    assert min(away) == away[2]
    assert away[0] > 4
    # The law of the iterated logarithm: it grows without end, but slowly.
    assert away[-1] < standard_errors(50_000_000) < 5


def test_it_is_too_early_for_bounds_with_few_customers():
    assert np.isnan(always_level(20))
    assert np.isnan(always_level(0))
    for wrong in ({"planned": 0}, {"level": 1}):
        with pytest.raises(ParameterError, match="must"):
            always_level(100, **wrong)


@pytest.fixture(scope="module")
def pilot():
    """1,000 customers in the order of an hour each; the treatment doubles what is paid."""
    rng = np.random.default_rng(9)
    treated = rng.random(1000) < 0.5
    start = pd.Timestamp("2026-09-01", tz="UTC")
    return pd.DataFrame(
        {
            "customer_id": np.arange(1000),
            "arm": np.where(treated, "treatment", "control"),
            "assigned_at": start + pd.to_timedelta(np.arange(1000), unit="h"),
            "done": (rng.random(1000) < np.where(treated, 0.5, 0.25)).astype(int),
            "paid": rng.exponential(np.where(treated, 20, 10)),
        }
    )


@pytest.mark.parametrize("outcome", ["done", "paid"])
def test_each_look_is_the_pilot_of_those_assigned_so_far(pilot, outcome):
    looks = pilot_looks(pilot, outcome, planned=1000)
    assert len(looks) == 42  # 1,000 hours are 41.7 days
    columns = ["control", "treatment", "value", "low", "high", "always_low", "always_high", "n"]
    for i in (0, 9, 41):
        so_far = analyze_pilot(pilot[: (i + 1) * 24], planned=1000).set_index("outcome")
        expected = so_far.loc[outcome, columns].astype(float)
        assert looks.loc[i, columns].astype(float).tolist() == pytest.approx(
            expected.tolist(), nan_ok=True
        )
    assert looks["day"].iloc[0] == pd.Timestamp("2026-09-01")


def test_the_order_of_the_rows_stands_in_for_time_and_the_method_says_so(pilot):
    undated = pilot_looks(pilot.drop(columns="assigned_at"), "done", looks=10)
    assert undated["n"].tolist() == list(range(100, 1001, 100))
    assert undated["day"].isna().all()
    assert set(undated["method"]) == {"Newcombe; the order of the rows stands in for time"}


def test_the_order_of_dated_rows_changes_nothing(pilot):
    shuffled = pilot.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(pilot_looks(shuffled, "done"), pilot_looks(pilot, "done"))


def test_days_begin_at_midnight_of_the_time_zone(pilot):
    looks = pilot_looks(pilot, "done", time_zone="Europe/Berlin")
    assert looks["n"].iloc[0] == 22


def test_little_gives_little(pilot):
    full = pilot_looks(pilot, "done")
    empty = pilot_looks(pilot[:0], "done")
    assert empty.empty
    assert empty.dtypes.equals(full.dtypes)
    one = pilot_looks(pilot[:1], "done").iloc[0]
    assert np.isnan(one["always_low"])
    unknown = pilot.assign(done=np.nan)
    assert pilot_looks(unknown, "done").empty
    with pytest.raises(ParameterError, match="did you mean 'paid'"):
        pilot_looks(pilot, "payd")
    with pytest.raises(ParameterError, match="looks must be"):
        pilot_looks(pilot.drop(columns="assigned_at"), "done", looks=0)
