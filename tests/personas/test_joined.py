"""Attributes, behavior and answers of the same customer stand in one row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cjm_lab.metrics import journey_stream
from cjm_lab.personas import segment_table

PEOPLE = pd.DataFrame({"customer_id": ["ann", "bob", "eve"], "plan": ["a", "b", "a"]}, [7, 8, 9])


def test_behavior_comes_from_the_log() -> None:
    when = ["2026-06-01", "2026-06-30", "2026-09-30", "2026-09-30"]
    log = pd.DataFrame(
        {
            "customer_id": ["ann", "ann", "bob", "zoe"],
            "occurred_at": pd.to_datetime(when, utc=True),
            "event": "visit",
            "channel": ["mail", "shop", None, "shop"],
        }
    )
    table = segment_table(PEOPLE, stream=journey_stream(log))
    # ann: 2 events in the 122 days from 1 June to 30 September; bob: 1, a month at the least
    # 2 events in 122 days; 1 in less than a month counts as of a month
    assert table["events_a_month"][:2].tolist() == [round(2 / 122 * 365.25 / 12, 1), 1.0]
    assert table["first_channel"][:2].tolist() == ["mail", ""]
    assert table.loc[9, ["events_a_month", "first_channel"]].isna().all()  # not in the log
    assert table.index.tolist() == [7, 8, 9]


def test_orders_are_counted_up_to_three() -> None:
    bought = pd.DataFrame({"customer_id": ["ann"] * 5 + ["bob"]})
    assert segment_table(PEOPLE, orders=bought)["orders"].tolist() == ["3 or more", "1", "0"]


def test_satisfaction_is_that_of_the_last_answer() -> None:
    codebook = pd.DataFrame(
        {
            "question": ["q1", "q2"],
            "measure": "rating",
            "scale_min": 1.0,
            "scale_max": 5.0,
            "reversed": False,
            "touchpoint": ["seat", "meal"],
            "subject": "us",
        }
    )
    answers = pd.DataFrame(
        {
            "customer_id": ["ann", "ann", "", "bob"],
            "submitted_at": pd.to_datetime(["2026-09-02", "2026-09-01", "2026-09-03", None]),
            "q1": [5.0, 1.0, 1.0, np.nan],
            "q2": [4.0, 1.0, 1.0, np.nan],
        }
    )
    table = segment_table(PEOPLE, responses=answers, codebook=codebook)
    assert table.loc[7, "satisfaction"] == 1.5  # 5 and 4 of 1 to 5 are +2 and +1
    assert table["satisfaction"].isna().tolist() == [False, True, True]


def test_without_sources_the_customers_stay_as_they_are() -> None:
    pd.testing.assert_frame_equal(segment_table(PEOPLE), PEOPLE)
