from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.metrics import journey_stream, time_to_convert
from cjm_lab.period import Period

SEPTEMBER = Period("month", date(2026, 9, 1), date(2026, 9, 30))
STEPS = ["visit", "order"]


def log_of(begins, takes, ends=30.0, **columns):
    """Return visits and orders of customers, in days after September began, up to an end."""
    number = np.arange(len(begins))
    starts = pd.DataFrame({"number": number, "day": begins, "event": "visit"})
    orders = pd.DataFrame({"number": number, "day": np.add(begins, takes), "event": "order"})
    rows = pd.concat([starts, orders[orders["day"] < ends]], ignore_index=True)
    return pd.DataFrame(
        {
            "customer_id": rows["number"].astype("str"),
            "occurred_at": SEPTEMBER.starts_at + pd.to_timedelta(rows["day"], unit="D"),
            "event": rows["event"],
            **{name: np.asarray(of)[rows["number"]] for name, of in columns.items()},
        }
    )


def test_gehans_leukemia_patients():
    # Weeks in remission under 6-MP, + still in remission; Kaplan-Meier as published (Gehan 1965;
    # Kalbfleisch & Prentice): .857 .807 .753 .690 .627 .538 .448.
    events = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    begins = [0] * len(events) + [36 - weeks for weeks in censored]
    takes = events + [np.inf] * len(censored)
    stream = journey_stream(log_of(begins, takes, ends=36))
    found = time_to_convert(
        stream, STEPS, days=[5, 6, 7, 10, 13, 16, 22, 23, 35, 36], as_of=date(2026, 10, 6)
    )
    stayed = (1 - found["value"]).round(3).tolist()
    assert stayed[:9] == [1.0, 0.857, 0.807, 0.753, 0.69, 0.627, 0.538, 0.448, 0.448]
    assert found["at_risk"].tolist() == [21, 17, 16, 13, 11, 10, 6, 5, 0, 0]
    assert found["customers"].tolist() == [0, 3, 4, 5, 6, 7, 8, 9, 9, 9]
    assert set(found["n"]) == {21}
    # Collett, Modelling Survival Data: complementary log-log interval of S(10) is .503 to .889.
    at_ten = 1 - found.loc[found["days"] == 10, ["high", "low"]].to_numpy().ravel()
    assert at_ten.round(3).tolist() == [0.503, 0.889]
    # Nobody converts before 6, and nobody was seen for 36.
    assert found.loc[0, ["low", "high"]].isna().all()
    assert found.loc[0, "method"] == "nobody has converted yet"
    assert np.isnan(found.loc[9, "value"])
    assert found.loc[9, "method"] == "nobody was watched for so long"


def test_each_whole_day_is_asked_by_default(log):
    stream = journey_stream(log("ann visit 0, ann order 30, bob visit 12"))
    found = time_to_convert(stream, STEPS, as_of=date(2026, 9, 3))
    assert found["days"].tolist() == [1.0, 2.0]  # bob was watched for 2.5 days
    assert found["value"].tolist() == [0.0, 0.5]


def test_the_clock_stops_at_the_last_step_after_all_others(log):
    events = log("ann visit 0, ann order 12, ann basket 24, ann order 48, bob visit 0")
    found = time_to_convert(journey_stream(events), ["visit", "basket", "order"], days=[1, 2])
    assert found["value"].tolist() == [0.0, 0.5]


def test_only_what_had_happened_by_the_last_day_counts(log):
    stream = journey_stream(log("ann visit 0, ann order 30, bob visit 0, eve visit 48"))
    found = time_to_convert(stream, STEPS, days=[0.5, 1], as_of=date(2026, 9, 1))
    assert found["n"].tolist() == [2, 2]  # eve had not come
    assert found["customers"].tolist() == [0, 0]


def test_a_period_takes_those_who_enter_in_it(log):
    events = log("ann visit -24, ann order -23, bob visit 0, bob order 1, eve visit 30")
    found = time_to_convert(journey_stream(events), STEPS, days=[1], period=SEPTEMBER)
    assert found[["n", "customers"]].values.tolist() == [[2, 1]]


def test_one_curve_a_segment():
    stream = journey_stream(log_of([0, 0, 0, 0], [1, np.inf, 1, 1], channel=["a", "a", "b", "b"]))
    found = time_to_convert(stream, STEPS, days=[1], by="channel")
    assert found[["segment", "value", "n"]].values.tolist() == [["a", 0.5, 2], ["b", 1.0, 2]]
    assert found.loc[1, "method"] == "it happened to all"
    persona = {"0": "x", "1": "x", "2": "x"}
    found = time_to_convert(stream, STEPS, days=[1], by=persona)
    assert found["n"].tolist() == [3]


def test_degenerate_logs_give_defined_answers(log):
    empty = time_to_convert(journey_stream(log("")), STEPS)
    assert len(empty) == 0
    assert empty.dtypes[["days", "value"]].tolist() == ["float64", "float64"]
    one = time_to_convert(journey_stream(log("ann visit 0, bob order 0")), STEPS, days=[0, 0.5])
    assert one["value"].tolist() == [0.0, 0.0]
    tied = time_to_convert(journey_stream(log("ann visit 0, ann order 0")), STEPS, days=[0.5])
    assert tied["customers"].tolist() == [0]
    with pytest.raises(ParameterError, match=r"days must be 0 or more, got -1\.0"):
        time_to_convert(journey_stream(log("ann visit 0, ann order 1")), STEPS, days=[1, -1])


def test_the_interval_covers_the_truth_although_many_are_still_open():
    # 250 worlds of 200 customers who enter over 14 days and are watched to the end of them; 40 %
    # convert, after exponential time. Counting who has converted so far falls short.
    rng = np.random.default_rng(20260902)
    n, worlds = 200, 250
    begins = rng.uniform(0, 14, worlds * n)
    takes = np.where(rng.random(worlds * n) < 0.4, rng.exponential(3, worlds * n), np.inf)
    world = np.repeat(np.arange(worlds).astype(str), n)
    stream = journey_stream(log_of(begins, takes, ends=14, channel=world))
    found = time_to_convert(stream, STEPS, days=[3, 7], by="channel", as_of=date(2026, 9, 14))
    error = 3 * np.sqrt(0.95 * 0.05 / worlds)  # Monte Carlo
    for day in (3, 7):
        truth, rows = 0.4 * (1 - np.exp(-day / 3)), found[found["days"] == day]
        covered = ((rows["low"] <= truth) & (truth <= rows["high"])).mean()
        assert 0.93 - error <= covered <= 0.97 + error
        assert (rows["customers"] / rows["n"]).mean() < 0.95 * truth
