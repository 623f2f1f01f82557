from __future__ import annotations

from datetime import date

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

from cjm_lab.errors import ParameterError, SourceError
from cjm_lab.metrics import journey_stream, touches
from cjm_lab.metrics.touches import paths_of_stream, paths_of_table
from cjm_lab.period import Period

DAY = 24
SEPTEMBER = Period("month", date(2026, 9, 1), date(2026, 9, 30))


@pytest.fixture
def cut(log):
    """`cut("ann ad 0, ann order 1")`: its paths in words, such as `ann ad > order`."""

    def make(text, *, by="touchpoint", **options):
        stream = journey_stream(log(text))
        places, told = getattr(stream, f"{by}s"), []
        for paths in paths_of_stream(stream, goal="order", by=by, **options):
            names = np.split([places[code] for code in paths.place], np.cumsum(paths.sizes)[:-1])
            who = stream.customer_ids(paths.unit)
            for customer, path, converted in zip(who, names, paths.converted, strict=True):
                told.append(
                    " ".join([customer, " > ".join([*path, "order" if converted else "-"])])
                )
        return told

    return make


def test_a_path_ends_with_a_conversion_and_the_next_begins(cut):
    found = cut("ann ad 0, ann mail 1, ann order 2, ann ad 3, ann order 4, bob ad 0, bob order 9")
    assert found == ["ann ad > mail > order", "ann ad > order", "bob ad > order"]


def test_a_conversion_right_after_another_has_no_touch_of_its_own(cut):
    assert cut("ann ad 0, ann order 1, ann order 2") == ["ann ad > order", "ann order"]


def test_the_window_runs_from_the_last_touch_to_the_microsecond(cut):
    assert cut(f"ann ad 0, ann order {7 * DAY}", within_days=7) == ["ann ad > order"]
    later = cut(f"ann ad 0, ann order {7 * DAY + 0.001}", within_days=7)
    assert later == ["ann ad > -", "ann order"]
    # The first touch may lie further back, as long as no pause is longer than the window.
    assert cut(f"ann ad 0, ann mail {5 * DAY}, ann order {10 * DAY}", within_days=7) == [
        "ann ad > mail > order"
    ]
    assert cut(f"ann ad 0, ann mail {8 * DAY}, ann order {10 * DAY}", within_days=7) == [
        "ann ad > -",
        "ann mail > order",
    ]


def test_a_path_whose_window_is_open_is_left_out_not_lost(cut):
    # The log ends with 11 September, 264 hours after it began: a touch of hour 96 can still lead
    # to an order within 168 hours, one just before cannot.
    text, bob = "ann ad {}, bob ad 0, bob order 250", ["bob ad > -", "bob order"]
    assert cut(text.format(95.999), within_days=7) == ["ann ad > -", *bob]
    assert cut(text.format(96), within_days=7) == bob


def test_rows_after_as_of_are_ignored(cut):
    text = "ann ad 0, ann order 72, bob ad 90, bob order 100, eve ad 1, eve order 100"
    day = date(2026, 9, 4)  # ends after 96 hours
    assert cut(text, as_of=day, within_days=2) == ["ann ad > -", "ann order", "eve ad > -"]


def test_without_a_window_any_pause_is_short_and_the_rest_is_lost(cut):
    found = cut(f"ann ad 0, ann order {900 * DAY}, bob ad {900 * DAY}", within_days=None)
    assert found == ["ann ad > order", "bob ad > -"]


def test_ties_keep_the_order_of_the_file(cut):
    assert cut("ann ad 0, ann mail 0, ann order 0") == ["ann ad > mail > order"]
    assert cut("ann mail 0, ann order 0, ann ad 0, bob ad 900") == [
        "ann mail > order",
        "ann ad > -",
    ]
    assert cut("ann order 0, ann mail 0, ann ad 0, bob ad 900") == [
        "ann order",
        "ann mail > ad > -",
    ]


def test_a_path_counts_in_the_period_in_which_it_ends(cut):
    # Ann's order is in September, her touch in August; bob's touch of 25 August is lost on the
    # 1st of September; eve's of 24 September on the 1st of October.
    text = (
        f"ann ad {-2 * DAY}, ann order 1, bob ad {-7 * DAY + 1}, eve ad {23 * DAY + 1},"
        f"joe ad {29 * DAY}, joe order {30 * DAY}, zoe ad {60 * DAY}"
    )
    assert cut(text, within_days=7, period=SEPTEMBER) == ["ann ad > order", "bob ad > -"]


def test_only_events_with_a_channel_are_touches_and_the_goal_is_none(log):
    events = log("ann visit 0, ann look 1, ann visit 2, ann order 3")
    events["channel"] = ["ad", "", "mail", "shop"]
    stream = journey_stream(events)
    [paths] = paths_of_stream(stream, goal="order")
    assert [stream.channels[code] for code in paths.place] == ["ad", "mail"]
    assert paths.sizes.tolist() == [2]
    [campaigns] = paths_of_stream(stream, goal="order", by="campaign")
    assert campaigns.sizes.tolist() == [0]


def test_the_value_of_a_conversion_is_its_own(log):
    events = log("ann ad 0, ann order 1, ann ad 2, ann order 3, bob ad 0")
    events["value"] = [9.0, 20.0, 9.0, np.nan, 9.0]
    [paths] = paths_of_stream(
        journey_stream(events), goal="order", by="touchpoint", within_days=None
    )
    assert paths.revenue.tolist() == pytest.approx([20.0, np.nan, np.nan], nan_ok=True)


def test_blocks_and_the_order_of_rows_change_nothing(cut, monkeypatch):
    text = "ann ad 0, ann order 1, bob mail 0, bob ad 1, eve ad 2, eve mail 3, eve order 4"
    whole = cut(text, within_days=None)
    monkeypatch.setattr(touches, "_BLOCK", 2)
    assert cut(text, within_days=None) == whole
    rows = pl.DataFrame(
        {
            "customer": [0, 0, 0, 1, 1],
            "position": [1, 2, 3, 1, 2],
            "occurred_us": [1, 2, 2, 5, 6],
            "place": [3, 4, -1, 5, -1],
            "value": [0.0, 0.0, 7.0, 0.0, 8.0],
        }
    )
    shuffled = touches._cut(nw.from_native(rows[[4, 1, 0, 3, 2]], eager_only=True), None, 9, None)
    assert shuffled.place.tolist() == [3, 4, 5]
    assert shuffled.revenue.tolist() == [7.0, 8.0]
    assert shuffled.unit.tolist() == [0, 1]


def test_empty_logs_have_no_paths(log):
    stream = journey_stream(log("ann ad 0, ann order 1")).of_customers([])
    assert [len(paths.sizes) for paths in paths_of_stream(stream, goal="order")] == [0]


def test_what_cannot_be_is_refused(log):
    stream = journey_stream(log("ann ad 0, ann order 1"))
    with pytest.raises(ParameterError, match="did you mean 'order'"):
        list(paths_of_stream(stream, goal="ordr"))
    with pytest.raises(ParameterError, match="by must be one of"):
        list(paths_of_stream(stream, goal="order", by="device"))
    with pytest.raises(ParameterError, match="within_days must be more than 0, got 0"):
        list(paths_of_stream(stream, goal="order", within_days=0))


def test_a_table_of_paths_is_refused_with_its_row():
    table = pd.DataFrame(
        {
            "path": ["ad > mail", "ad"],
            "total_conversions": [1, 2],
            "total_conversion_value": [5.0, 6.0],
            "total_null": [0, 3],
        }
    )
    with pytest.raises(SourceError, match=r"\['total_null'\] missing"):
        paths_of_table(table.drop(columns="total_null"))
    with pytest.raises(SourceError, match=r"counts must be 0 or more.*row 2"):
        paths_of_table(table.assign(total_null=[0, -1]))
    with pytest.raises(SourceError, match=r"path must name a place at each step.*row 1"):
        paths_of_table(table.assign(path=[None, "ad"]))
    with pytest.raises(SourceError, match=r"path must name a place at each step.*row 2"):
        paths_of_table(table.assign(path=["ad", "ad > "]))
