from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import share
from cjm_lab.metrics import journey_stream
from cjm_lab.metrics.cohorts import _cohort, _elapsed, retention, stickiness
from cjm_lab.period import Period
from cjm_lab.study import Study

EPOCH = date(1970, 1, 1)


def _log(rows: str) -> pd.DataFrame:
    """`"ann 2026-09-07 visit, ..."`."""
    parts = [row.split() for row in rows.split(",") if row.strip()]
    return pd.DataFrame(
        {
            "customer_id": pd.Series([row[0] for row in parts], dtype="str"),
            "occurred_at": pd.to_datetime([row[1] for row in parts], utc=True, format="ISO8601"),
            "event": pd.Series([row[2] if len(row) > 2 else "visit" for row in parts], dtype="str"),
        }
    )


def _cells(found: pd.DataFrame) -> dict[tuple[str, int], float]:
    """Return the mature cells."""
    mature = found[found["mature"]]
    keys = zip(mature["cohort"].dt.strftime("%Y-%m-%d").fillna("all"), mature["age"], strict=True)
    return dict(zip(keys, mature["value"], strict=True))


# The 7th of September 2026 is a Monday.
SHOP = """ann 2026-09-07, ann 2026-09-14, ann 2026-09-27, bob 2026-09-13, bob 2026-09-19,
          eve 2026-09-14, eve 2026-09-21"""


def test_each_customer_has_a_clock_of_their_own():
    # bob comes back on the 6th day: in another calendar week, and still at age 0.
    found = retention(journey_stream(_log(SHOP)), as_of=date(2026, 10, 4))
    assert _cells(found) == {
        ("2026-09-07", 0): 1.0,
        ("2026-09-07", 1): 0.5,  # ann on day 7
        ("2026-09-07", 2): 0.5,  # ann on day 20; bob's age 2 is over on the 3rd of October
        ("2026-09-14", 0): 1.0,
        ("2026-09-14", 1): 1.0,  # eve on day 7; starters of the 20th have until the 3rd
        ("all", 0): 1.0,
        ("all", 1): pytest.approx(2 / 3),
        ("all", 2): 0.5,  # the cohort of the 14th isn't mature
    }


def test_a_cell_is_open_until_the_last_day_of_the_cohort_has_had_it():
    # Starters of Sunday the 13th are at age 1 up to the 26th.
    for last, mature in ((date(2026, 9, 25), False), (date(2026, 9, 26), True)):
        found = retention(journey_stream(_log(SHOP)), as_of=last)
        cell = found[(found["cohort"] == "2026-09-07") & (found["age"] == 1)].iloc[0]
        assert cell["mature"] == mature
        assert cell["customers"] == 2
        assert np.isnan(cell["value"]) != mature
        assert cell["n"] == (2 if mature else 0)
        assert (("all", 1) in _cells(found)) == mature


def test_the_averaged_curve_weighs_customers_and_not_cohorts():
    # 4 of 4 start in one week and 0 of 1 in the next are back after a week: 4/5, not 1/2.
    log = ", ".join(f"c{i} 2026-09-07, c{i} 2026-09-15" for i in range(4)) + ", joe 2026-09-14"
    found = retention(journey_stream(_log(log)), as_of=date(2026, 10, 31))
    row = found[found["cohort"].isna() & (found["age"] == 1)].iloc[0]
    expected = share(4, 5)
    assert row[["value", "low", "high", "n", "customers"]].tolist() == [
        expected.value, expected.low, expected.high, 5, 5,
    ]  # fmt: skip


def test_the_start_and_being_back_can_be_events():
    log = """ann 2026-09-07T10:00 order, ann 2026-09-08 visit, ann 2026-09-09 order,
             bob 2026-09-07 order,
             bob 2026-09-07T10:00 visit, bob 2026-09-08 order, eve 2026-09-07 order,
             eve 2026-09-07T09:00 order, eve 2026-09-08 visit"""
    found = retention(
        journey_stream(_log(log)), start="visit", back="order", every="day", as_of=date(2026, 9, 9)
    )
    cells = _cells(found)
    assert cells[("2026-09-07", 0)] == 0.0  # bob orders on the day of his visit, but before it
    assert cells[("2026-09-07", 1)] == 1.0  # only he visits on the 7th
    assert cells[("2026-09-08", 0)] == 0.0  # ann's and eve's orders of the 7th came before
    assert cells[("2026-09-08", 1)] == 0.5  # ann


def test_months_end_on_the_day_of_the_start_and_lacking_days_on_the_first():
    def age(day: str, start: str) -> int:
        return _elapsed(*((date.fromisoformat(d) - EPOCH).days for d in (day, start)), "month")

    assert [age("2026-02-14", "2026-01-15"), age("2026-02-15", "2026-01-15")] == [0, 1]
    assert [age("2026-02-28", "2026-01-31"), age("2026-03-01", "2026-01-31")] == [0, 1]
    assert [age("2026-03-30", "2026-01-31"), age("2026-03-31", "2026-01-31")] == [1, 2]
    assert [age("2027-01-14", "2025-12-15"), age("2028-02-29", "2024-02-29")] == [12, 48]


@given(
    st.dates(date(1971, 1, 1), date(2200, 1, 1)),
    st.dates(date(1971, 1, 1), date(2200, 1, 1)),
)
def test_months_agree_with_the_calendar(a, b):
    start, day = min(a, b), max(a, b)
    months = 12 * (day.year - start.year) + day.month - start.month - (day.day < start.day)
    number, began = (day - EPOCH).days, (start - EPOCH).days
    assert _elapsed(number, began, "month") == months
    assert EPOCH + timedelta(days=int(_cohort(number, "month"))) == day.replace(day=1)
    assert EPOCH + timedelta(days=int(_cohort(number, "week"))) == day - timedelta(day.weekday())


def test_cohorts_of_a_month_by_month_and_by_thirty_days():
    log = "ann 2026-01-31, ann 2026-03-01, bob 2026-01-10, bob 2026-02-09"
    stream = journey_stream(_log(log))
    by_month = retention(stream, every="month", as_of=date(2026, 4, 30))
    # ann's second month begins on the 1st of March; bob's on the 10th of February: too early.
    assert _cells(by_month)[("2026-01-01", 1)] == 0.5
    by_30 = retention(stream, every=30, as_of=date(2026, 4, 30))
    assert _cells(by_30)[("2026-01-01", 0)] == 1.0
    assert _cells(by_30)[("2026-01-01", 1)] == 0.5  # bob on day 30; ann on day 29
    days = retention(stream, every="day", cohorts="month", as_of=date(2026, 4, 30))
    assert days["cohort"].dropna().unique().tolist() == [pd.Timestamp("2026-01-01")]
    assert _cells(days)[("2026-01-01", 29)] == 0.5


def test_days_are_those_of_the_study():
    # 23:00 UTC on Sunday is Monday in Berlin: a cohort later, and a day after 12:00.
    log = _log("ann 2026-09-13T23:00, bob 2026-09-13T12:00, bob 2026-09-13T23:00")
    berlin = Study.model_validate(
        {"title": "Shop", "time_zone": "Europe/Berlin", "stages": [{"id": "look", "name": "Look"}]}
    )
    found = retention(
        journey_stream(log, study=berlin), every="day", cohorts="week", as_of=date(2026, 9, 21)
    )
    sizes = found.dropna(subset=["cohort"]).groupby("cohort")["customers"].first()
    assert sizes.to_dict() == {pd.Timestamp("2026-09-07"): 1, pd.Timestamp("2026-09-14"): 1}
    assert _cells(found)[("2026-09-07", 1)] == 1.0


def test_a_period_holds_those_who_start_in_it():
    october = Period("month", date(2026, 10, 1), date(2026, 10, 31))
    stream = journey_stream(_log("ann 2026-09-30, ann 2026-10-02, bob 2026-10-02"))
    found = retention(stream, period=october, as_of=date(2026, 12, 1))
    assert found.loc[found["age"] == 0, "customers"].tolist() == [1, 1]


def test_events_after_the_last_day_are_ignored():
    found = retention(journey_stream(_log(SHOP)), as_of=date(2026, 9, 13))
    assert found["cohort"].dropna().unique().tolist() == [pd.Timestamp("2026-09-07")]
    earlier = retention(journey_stream(_log(SHOP)), as_of=date(2026, 9, 12))
    assert earlier["customers"].tolist() == [1]  # bob starts on the 13th


def test_nobody_gives_no_rows_of_the_same_types():
    some, none = (retention(journey_stream(_log(rows))) for rows in (SHOP, ""))
    assert none.empty
    assert none.dtypes.equals(some.dtypes)
    assert stickiness(journey_stream(_log("")))["value"].isna().all()
    assert retention(journey_stream(_log(SHOP)), as_of=date(2026, 1, 1)).empty


def test_one_customer_of_one_event_is_an_open_cell():
    found = retention(journey_stream(_log("ann 2026-09-07")))
    assert found["mature"].tolist() == [False]


@pytest.mark.parametrize("bad", ["year", 0, 1.5, True])
def test_what_is_no_length_of_time_is_refused(bad):
    with pytest.raises(ParameterError, match="every must be"):
        retention(journey_stream(_log(SHOP)), every=bad)
    with pytest.raises(ParameterError, match="did you mean 'week'"):
        retention(journey_stream(_log(SHOP)), cohorts="weeks")


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(7)))
def test_the_order_of_rows_changes_nothing(order):
    log = _log(SHOP)
    expected = retention(journey_stream(log))
    assert retention(journey_stream(log.iloc[order].reset_index(drop=True))).equals(expected)


def test_duckdb_counts_alike():
    log = _log(SHOP + ", joe 2026-01-31, joe 2026-02-28, joe 2026-03-01, joe 2026-05-30")
    for every in ("week", "month", 10):
        polars, duckdb = (
            retention(journey_stream(log, engine=engine), every=every, as_of=date(2026, 12, 1))
            for engine in ("polars", "duckdb")
        )
        assert polars.equals(duckdb)
    by_hand, other = (stickiness(journey_stream(log, engine=e)) for e in ("polars", "duckdb"))
    assert by_hand.equals(other)


def test_stickiness_by_hand():
    # Days 1 to 8, so that days 7 and 8 count. ann comes on 1, 7 and 8; bob on 1 and 2; eve on 8.
    # Active: 1 on day 7, 2 on day 8. Active within 7 days: ann and bob on day 7, all on day 8
    # (bob by day 2). 3 / 5.
    log = "ann 2026-09-01, ann 2026-09-07, ann 2026-09-08, ann 2026-09-08T05:00, "
    log += "bob 2026-09-01, bob 2026-09-02, eve 2026-09-08"
    rows = stickiness(journey_stream(_log(log))).set_index("measure")
    assert rows.loc["dau_wau", "value"] == 0.6
    assert rows.loc["dau_wau", "n"] == 3
    assert np.isnan(rows.loc["dau_mau", "value"])
    assert rows.loc["dau_mau", "method"] == "fewer than 30 days on record"


def test_stickiness_of_a_period_and_an_event():
    log = "ann 2026-09-01 buy, ann 2026-09-30, ann 2026-10-01 buy, ann 2026-10-02"
    october = Period("all", date(2026, 10, 1), date(2026, 10, 2))
    rows = stickiness(journey_stream(_log(log)), period=october).set_index("measure")
    assert rows["value"].tolist() == [1.0, 1.0]
    rows = stickiness(journey_stream(_log(log)), event="buy", period=october)
    assert rows["value"].tolist() == [0.5, 0.5]


def _weekly(rng: np.random.Generator, chances: np.ndarray, weeks: int) -> pd.DataFrame:
    """Return customers who start in week 0, 1, ... and come back by a chance of their cohort."""
    size = len(chances) // weeks
    first = np.repeat(np.arange(weeks), size)
    back = rng.random((len(first), weeks)) < chances[:, None]
    back[:, 0] = True
    who, age = np.nonzero(back & (first[:, None] + np.arange(weeks) < weeks))
    days = 7 * (first[who] + age) + np.where(age > 0, rng.integers(0, 7, len(who)), 0)
    start = pd.Timestamp("2026-09-07", tz="UTC")
    return pd.DataFrame(
        {
            "customer_id": who.astype("str"),
            "occurred_at": start + pd.to_timedelta(days, unit="D"),
            "event": "visit",
        }
    )


def test_intervals_of_cells_and_of_the_averaged_curve_hold_the_truth():
    # Cohorts of 200 come back with chance .2, .3, .4, .5; the first three are mature at age 1.
    rng, held, averaged = np.random.default_rng(3), [], []
    chance = np.repeat([0.2, 0.3, 0.4, 0.5], 200)
    for _ in range(100):
        stream = journey_stream(_weekly(rng, chance, 4))
        found = retention(stream, as_of=date(2026, 10, 4) + timedelta(days=6))
        of_age = found[(found["age"] == 1) & found["mature"]]
        cells, curve = of_age.iloc[:-1], of_age.iloc[-1]
        truth = np.array([0.2, 0.3, 0.4])
        held += ((cells["low"] <= truth) & (truth <= cells["high"])).tolist()
        averaged.append(curve["low"] <= 0.3 <= curve["high"])
    assert 0.93 < np.mean(held) < 0.97
    assert 0.93 < np.mean(averaged) < 0.98  # cohorts that differ make it a little too wide
