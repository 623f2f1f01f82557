from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import expon

from cjm_lab.errors import ParameterError, SourceError
from cjm_lab.metrics import journey_stream
from cjm_lab.metrics.tenure import compare_survival, half_life, kaplan_meier, survival, tenures

LAST = date(2026, 9, 30)

# Remission of leukemia under 6-MP, in weeks; a + is censored. Freireich et al. (1963), Blood 21,
# 699-716; the placebo group beside it.
SIX_MP = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


def _times(text: str) -> tuple[list[float], list[bool]]:
    return [float(one.strip("+")) for one in text.split()], ["+" not in one for one in text.split()]


def _people(joined: list[str], left: list[str | None], **columns: object) -> pd.DataFrame:
    ids = [f"c{i}" for i in range(len(joined))]
    dates = {
        "joined_at": pd.to_datetime(joined, utc=True),
        "left_at": pd.to_datetime(left, utc=True),
    }
    return pd.DataFrame({"customer_id": ids} | dates | columns)


@pytest.fixture(scope="module")
def telco(shared_data):
    """A snapshot of 7,043 contracts as customers with dates: a month is 30 days."""
    raw = pd.read_csv(shared_data / "events" / "telco_churn" / "telco_churn.csv")
    end = pd.Timestamp("2026-10-01", tz="UTC")
    churned = raw["Churn"] == "Yes"
    # Who churned did so in the last microsecond of the snapshot: months come out as in the table.
    left = pd.Series(end - pd.Timedelta(microseconds=1), index=raw.index).where(churned)
    joined = left.fillna(end) - pd.to_timedelta(30 * raw["tenure"], unit="D")
    return pd.DataFrame(
        {
            "customer_id": raw["customerID"],
            "joined_at": joined,
            "left_at": left,
            "contract": raw["Contract"],
        }
    )


@pytest.fixture(scope="module")
def golden(shared_data):
    return json.loads((shared_data / "events" / "telco_churn" / "golden.json").read_text())


def test_remission_under_6_mp_as_published():
    # Stata's manual prints this table (sts list), with the same interval and Greenwood's error.
    curve = kaplan_meier(*_times(SIX_MP)).round(4)
    assert curve["time"].tolist() == [6, 7, 10, 13, 16, 22, 23, 35]
    assert curve["n"].tolist() == [21, 17, 15, 12, 11, 7, 6, 1]
    assert curve["events"].tolist() == [3, 1, 1, 1, 1, 1, 1, 0]
    assert curve["value"].tolist()[:7] == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert curve["se"].tolist()[:7] == [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert curve["low"].tolist()[:7] == [0.6197, 0.5631, 0.5032, 0.4316, 0.3675, 0.2678, 0.1881]
    assert curve["high"].tolist()[:7] == [0.9516, 0.9228, 0.8894, 0.8491, 0.8049, 0.7468, 0.6801]


def test_half_of_those_under_6_mp_relapse_by_week_23():
    half = half_life(kaplan_meier(*_times(SIX_MP)))
    # The lower curve falls below one half at week 13 (.4316), the upper one never does.
    assert (half.value, half.low, half.high) == (23, 13, np.inf)
    assert half_life(kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1])).value == 2  # exactly one half


def test_6_mp_against_placebo_is_16_79():
    (a, of_a), (b, of_b) = _times(SIX_MP), _times(PLACEBO)
    start = pd.Timestamp("2026-01-01", tz="UTC")
    ends = start + pd.to_timedelta([*a, *b], unit="D")
    # Everyone joins so that those censored are so by the end of the last day.
    last = pd.Timestamp("2026-10-01", tz="UTC")
    happened = np.array([*of_a, *of_b])
    joined = np.where(happened, start, last - (ends - start))
    people = _people(
        list(joined), [end if h else None for end, h in zip(ends, happened, strict=True)]
    )
    arm = pd.Series(["6-MP"] * 21 + ["placebo"] * 21, index=people["customer_id"])
    (row,) = compare_survival(people, arm, as_of=LAST).to_dict("records")
    assert row["value"] == pytest.approx(16.79, abs=0.005)  # Stata, R: chi-square 16.79, df 1
    assert (row["df"], row["n"], row["events"]) == (1, 42, 30)


def test_telco_kaplan_meier_to_the_printed_digits(telco, golden):
    assert telco["left_at"].notna().mean() == golden["churn_rate"]
    curve = survival(telco, as_of=LAST)
    for months, expected in golden["km_survival_at_months"].items():
        at = curve[curve["time"] <= 30 * int(months)].iloc[-1]
        assert at["value"] == pytest.approx(expected, abs=1e-12)
    assert np.isnan(half_life(curve).value)  # more than half are left


def test_telco_by_contract(telco, golden):
    curves = survival(telco, by="contract", as_of=LAST)
    for contract, (after_12, after_24) in golden["km_by_contract_12_24"].items():
        curve = curves[curves["group"] == contract]
        for days, expected in ((360, after_12), (720, after_24)):
            passed = curve[curve["time"] <= days]["value"]
            value = passed.iloc[-1] if len(passed) else 1.0  # two years: nobody left before
            assert value == pytest.approx(expected, abs=1e-12)
    monthly = half_life(curves[curves["group"] == "Month-to-month"])
    assert round(monthly.value / 30) == float(golden["km_median_by_contract"]["Month-to-month"])


def test_telco_log_rank_of_contracts(telco, golden):
    rows = compare_survival(telco, "contract", as_of=LAST)
    together = rows.iloc[0]
    assert together["value"] == pytest.approx(golden["logrank_contract"]["chi2"], rel=1e-9)
    assert together["df"] == golden["logrank_contract"]["df"]
    assert rows["group"].tolist()[1:] == ["Month-to-month", "Month-to-month", "One year"]
    assert (rows["p_adjusted"].to_numpy()[1:] >= rows["p"].to_numpy()[1:]).all()
    assert together["p_adjusted"] == together["p"]  # one test needs no correction


def test_delayed_entry_by_hand():
    # Four customers, seen from 0, 2, 3 and 0 on; they leave at 3, 5, - and -, seen until 6 and 4.
    # At 3: at risk are those who entered before 3 and are there: 1, 2 and 4 (3 enters only then).
    # 1 of 3 leaves: 2/3. At 5: 2 and 3 are at risk (4 is censored at 4): 2/3 x 1/2 = 1/3.
    curve = kaplan_meier([3, 5, 6, 4], [1, 1, 0, 0], entered=[0, 2, 3, 0])
    assert curve["n"].tolist() == [3, 2, 1]
    assert curve["value"].tolist() == pytest.approx([2 / 3, 1 / 3, 1 / 3])
    # Greenwood: 1/(3 x 2) and then + 1/(2 x 1).
    assert curve["se"].tolist()[:2] == pytest.approx(
        [2 / 3 * (1 / 6) ** 0.5, 1 / 3 * (4 / 6) ** 0.5]
    )


def test_at_a_tie_leaving_comes_before_the_end_of_observation():
    # All three are at risk at 2, where one leaves and another is seen for the last time.
    assert kaplan_meier([2, 2, 3], [1, 0, 0])["value"].tolist() == pytest.approx([2 / 3, 2 / 3])


def test_who_leaves_at_once_was_at_risk():
    assert kaplan_meier([0, 1], [1, 0])["value"].tolist() == [0.5, 0.5]


def test_where_nobody_or_everybody_left_there_is_no_interval():
    none, everybody = kaplan_meier([1, 2], [0, 0]), kaplan_meier([1, 1], [1, 1])
    assert none["value"].tolist() == [1.0]
    assert everybody["value"].tolist() == [0.0]
    for curve in (none, everybody):
        assert curve[["low", "high", "se"]].isna().all(axis=None)
    assert none["method"].tolist() == ["it has not happened yet"]


def test_nobody_gives_no_rows_of_the_same_types():
    assert kaplan_meier([], []).dtypes.equals(kaplan_meier([1, 2], [1, 0]).dtypes)
    people = _people(["2026-09-01"], [None])
    assert survival(people[:0]).dtypes.equals(survival(people).dtypes)
    assert compare_survival(people[:0], "customer_id").empty
    assert np.isnan(half_life(kaplan_meier([], [])).value)


@pytest.mark.parametrize(
    ("durations", "entered", "message"),
    [
        ([1, -1], None, "got -1;"),
        ([1, np.nan], None, "nan"),
        ([1, 2], [0, 3], "got 3 for a duration of 2"),
    ],
)
def test_impossible_times_are_refused(durations, entered, message):
    with pytest.raises(ParameterError, match=message):
        kaplan_meier(durations, [1, 1], entered=entered)


@given(st.permutations(range(21)))
def test_the_order_of_customers_changes_nothing(order):
    time, happened = (np.array(one) for one in _times(SIX_MP))
    assert kaplan_meier(time[order], happened[order]).equals(kaplan_meier(time, happened))


def test_intervals_hold_the_truth_in_95_of_100():
    # Hazard 1, entry up to time .5, censoring between 1 and 2; the truth is exp(-t).
    rng, repeats, n = np.random.default_rng(5), 500, 200
    held = np.zeros((repeats, 2))
    for i in range(repeats):
        entry = rng.uniform(-0.5, 0.5, n).clip(0)
        life = entry + expon.rvs(size=n, random_state=rng)  # no memory: alive at entry
        end = rng.uniform(1, 2, n)
        curve = kaplan_meier(np.minimum(life, end), life <= end, entered=entry)
        for j, t in enumerate((0.4, 0.9)):
            at = int(np.searchsorted(curve["time"], t, side="right")) - 1
            held[i, j] = curve["low"].iat[at] <= np.exp(-t) <= curve["high"].iat[at]
    assert ((held.mean(axis=0) > 0.93) & (held.mean(axis=0) < 0.97)).all()


def test_a_contract_ends_and_a_later_end_is_unknown():
    people = _people(["2026-09-01", "2026-09-11", "2026-10-05"], ["2026-09-05", "2026-10-20", None])
    stays = tenures(people, as_of=LAST)
    assert stays["days"].to_dict() == {"c0": 4.0, "c1": 20.0}  # c2 joins later
    assert stays["left"].tolist() == [True, False]


def test_days_begin_where_the_study_is():
    # The 30th of September ends in Berlin at 22:00 UTC.
    stays = tenures(_people(["2026-09-30 12:00"], [None]), as_of=LAST, time_zone="Europe/Berlin")
    assert stays["days"].tolist() == [10 / 24]


def test_the_last_record_ends_the_observation():
    stays = tenures(_people(["2026-09-01", "2026-09-03"], ["2026-09-05 10:00", None]))
    assert stays["days"].tolist() == pytest.approx([4 + 10 / 24, 3.0])


def test_customers_seen_from_later_on_enter_late():
    seen = pd.to_datetime(["2026-09-11", None, "2026-10-10"], utc=True)
    people = _people(["2026-09-01"] * 3, ["2026-09-21", None, None], observed_from=seen)
    stays = tenures(people, as_of=LAST)
    assert stays["entered"].to_dict() == {"c0": 10.0, "c1": 0.0}  # c2 was not seen by then
    assert survival(people, as_of=LAST)["n"].tolist() == [2, 1]


def test_who_left_before_joining_is_an_error():
    with pytest.raises(SourceError, match="1 customers \\(first 'c0'\\)"):
        tenures(_people(["2026-09-05"], ["2026-09-01"]))


def test_silence_is_leaving_at_the_last_event(log):
    # Observed for 10 days, silence of 4 days: until the end of day 6 leaving can be noticed.
    events = "ann a 0, ann a 48, bob a 24, bob a 192, eve a 168, joe a 12, zoe a 239"
    stays = tenures(journey_stream(log(events)), inactive_after=4)
    assert stays["days"].to_dict() == {"ann": 2.0, "bob": 5.0, "joe": 0.0}  # eve, zoe came later
    assert stays["left"].to_dict() == {"ann": True, "bob": False, "joe": True}


def test_of_customers_who_leave_at_random_times_silence_finds_the_truth():
    # Daily visits for a geometric number of days (chance .05 a day to stop), starts over 60 days,
    # seen for 120: half have stopped after 13 further visits (.95^13 = .513, .95^14 = .488).
    rng = np.random.default_rng(7)
    starts, lives = rng.integers(0, 60, 1500), rng.geometric(0.05, 1500)
    customer = np.repeat(np.arange(1500), lives)
    days = np.concatenate([s + np.arange(n) for s, n in zip(starts, lives, strict=True)])
    kept = days < 120
    events = pd.DataFrame(
        {
            "customer_id": customer[kept].astype(str),
            "occurred_at": pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(days[kept], "D"),
            "event": "visit",
        }
    )
    curve = survival(journey_stream(events), inactive_after=3)
    for after in (5, 13, 40, 70):
        at = curve[curve["time"] <= after].iloc[-1]
        assert at["low"] <= 0.95 ** (after + 1) <= at["high"]


def test_a_stream_needs_a_threshold_and_customers_have_none(log):
    with pytest.raises(ParameterError, match="inactivity_threshold"):
        tenures(journey_stream(log("ann a 0")))
    with pytest.raises(ParameterError, match="must be None"):
        tenures(_people(["2026-09-01"], [None]), inactive_after=3)


def test_groups_come_from_a_column_or_by_customer(log):
    plans = ["x", "y", None, ""]
    people = _people(["2026-09-01"] * 4, ["2026-09-05", None, None, None], plan=plans)
    curves = survival(people, by="plan", as_of=LAST)
    assert set(curves["group"]) == {"x", "y"}  # c2 and c3 are in none
    by = pd.Series({"ann": "x"})
    curve = survival(journey_stream(log("ann a 0, bob a 0, ann a 99")), by=by, inactive_after=1)
    assert curve["group"].unique().tolist() == ["x"]
    with pytest.raises(ParameterError, match="did you mean 'plan'"):
        survival(people, by="plam")


def test_groups_that_cannot_be_compared_say_why():
    stay = _people(["2026-09-01"] * 2, [None, None], plan=["x", "y"])
    assert compare_survival(stay, "plan", as_of=LAST)["method"].tolist() == ["nobody left"]
    # y's customers come after the only one of x who left had done so.
    seen = pd.to_datetime(["2026-09-01", "2026-09-01", "2026-09-21"], utc=True)
    people = _people(["2026-09-01"] * 3, ["2026-09-11", None, None], observed_from=seen)
    rows = compare_survival(people.assign(plan=["x", "x", "y"]), "plan", as_of=LAST)
    assert rows["method"].tolist() == ["a group had nobody at risk when others left"]
    assert rows["p"].isna().all()


def test_where_all_leave_at_once_half_do_not_stay_longer() -> None:
    """Four stay five days each: half have left by day 5, surely not before, maybe later."""
    found = half_life(kaplan_meier([5, 5, 5, 5], [1, 1, 1, 1]))
    assert (found.value, found.low, found.high) == (5, 5, np.inf)
