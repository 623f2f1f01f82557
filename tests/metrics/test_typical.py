from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import share
from cjm_lab.metrics import journey_stream, typical_journey
from cjm_lab.metrics.chain import MarkovChain
from cjm_lab.metrics.typical import _most_likely
from cjm_lab.period import Period


def actual(stream, **options):
    rows = typical_journey(stream, goal="order", **options)
    rows = rows[rows["kind"] == "actual"]
    return dict(zip(rows["path"], rows["customers"], strict=True))


def journeys(paths, log):
    """Return the log of some paths: customers 0, 1, ..., an event an hour."""
    each = (f"c{i} {event} {h}" for i, path in enumerate(paths)
            for h, event in enumerate(path.split()))  # fmt: skip
    return log(", ".join(each))


def test_the_paths_of_those_who_converted(log):
    events = "ann ad 0, ann visit 24, ann order 48, bob ad 0, bob visit 5, bob order 12, bob ad 13"
    stream = journey_stream(log(events + ", eve ad 0, eve order 6, fay ad 0, fay visit 1"))
    rows = typical_journey(stream, goal="order")
    rows = rows[rows["kind"] == "actual"]
    assert rows["path"].tolist() == ["ad > visit > order", "ad > order"]
    assert rows["rank"].tolist() == [1, 2]
    assert rows["customers"].tolist() == [2, 1]
    assert rows["median_days"].tolist() == [1.25, 0.25]  # of 2 and half a day
    first, expected = rows.iloc[0], share(2, 3)
    assert (first["value"], first["low"], first["high"], first["n"]) == (
        expected.value, expected.low, expected.high, 3,
    )  # fmt: skip


def test_repeats_are_one_visit_unless_asked(log):
    stream = journey_stream(journeys(["ad ad visit order", "ad visit order"], log))
    assert actual(stream) == {"ad > visit > order": 2}
    whole = actual(stream, collapse_repeats=False)
    assert whole == {"ad > visit > order": 1, "ad > ad > visit > order": 1}


def test_equals_are_ordered_by_length_then_by_touchpoint(log):
    paths = ["b a order", "a b order", "order", "c order", "b order"]
    for order in (paths, paths[::-1]):
        assert list(actual(journey_stream(journeys(order, log)), top=4)) == [
            "order", "b > order", "c > order", "a > b > order",
        ]  # fmt: skip


def test_longer_paths_are_not_shown_and_count_in_the_shares(log):
    stream = journey_stream(journeys(["a b c order", "a b order"], log))
    rows = typical_journey(stream, goal="order", longest=2)
    assert rows["path"].tolist() == ["a > b > order", "a > b > order"]
    assert rows["value"].tolist() == [0.5, pytest.approx(0.5)]


def test_the_scenario_is_the_first_event_ever(log):
    events = log("ann a 0, ann order 1, bob b 0, bob a 1, bob order 2, eve c 0, eve order 1")
    events["channel"] = ["ad", "shop", "ad", "ad", "shop", "ad", "ad"]
    events["device"] = ["mobile"] * 2 + ["desktop"] + ["mobile"] * 4
    stream = journey_stream(events)
    assert actual(stream, scenario={"channel": "ad"}).keys() == {
        "a > order", "b > a > order", "c > order",
    }  # fmt: skip
    mobile = actual(stream, scenario={"channel": "ad", "device": "mobile"})
    assert mobile == {"a > order": 1, "c > order": 1}
    persona = stream.of_customers(["bob", "eve"])
    assert actual(persona, scenario={"device": "mobile"}) == {"c > order": 1}
    with pytest.raises(ParameterError, match="channel must be one of"):
        typical_journey(stream, goal="order", scenario={"channel": "adds"})
    with pytest.raises(ParameterError, match="scenario must be one of"):
        typical_journey(stream, goal="order", scenario={"chanel": "ad"})


def test_the_most_likely_path_may_be_one_that_nobody_took(log):
    # From m most go to e, though nobody who began at a did: 3/5 x 2/5 = .24 of all customers,
    # of whom 4/5 convert.
    paths = ["a m c order", "a m d order", "a m", "b m e order", "b m e order"]
    rows = typical_journey(journey_stream(journeys(paths, log)), goal="order")
    likely = rows[rows["kind"] == "most likely"].iloc[0]
    assert (likely["path"], likely["customers"]) == ("a > m > e > order", 0)
    assert likely["value"] == pytest.approx(0.24 / 0.8)
    assert np.isnan(likely["low"])
    assert np.isnan(likely["median_days"])
    assert "no interval" in likely["method"]
    assert rows.iloc[0]["path"] == "b > m > e > order"


def test_open_journeys_do_not_weigh_on_the_most_likely_path(log):
    events = log("ann a 0, ann order 1, bob b 0, bob order 1, cat a 0, dan b 47, eve b 47")
    rows = typical_journey(journey_stream(events), goal="order", window_days=1,
                           as_of=date(2026, 9, 2))  # fmt: skip
    likely = rows[rows["kind"] == "most likely"].iloc[0]
    # Of three closed journeys a begins two and loses one: both paths have 1/3.
    assert (likely["path"], likely["customers"]) == ("a > order", 1)
    assert likely["value"] == pytest.approx((2 / 3 * 1 / 2) / (2 / 3))


def test_a_period_takes_the_customers_who_came_in_it(log):
    september = Period("month", date(2026, 9, 1), date(2026, 9, 30))
    stream = journey_stream(log("ann a -1, ann order 1, bob b 1, bob order 2"))
    assert actual(stream, period=september) == {"b > order": 1}


def test_sepsis_patients_go_home_on_the_ways_counted_in_plain_python(shared_data):
    raw = pd.read_csv(shared_data / "events/process_logs/sepsis.csv.gz").sort_values(".order")
    events = pd.DataFrame({
        "customer_id": raw["case_id"].astype("str"),
        "occurred_at": pd.to_datetime(raw["timestamp"], utc=True),
        "event": raw["activity"].astype("str"),
        "number": raw[".order"],
    })  # fmt: skip
    ordered = events.sort_values(["customer_id", "occurred_at"], kind="stable")
    ways: Counter[str] = Counter()
    for _, case in ordered.groupby("customer_id"):
        names = case["event"].tolist()
        if "Release A" in names:
            ways[" > ".join(names[: names.index("Release A") + 1])] += 1
    rows = typical_journey(journey_stream(events), goal="Release A", collapse_repeats=False, top=8)
    rows = rows[rows["kind"] == "actual"]
    assert rows["customers"].tolist() == [count for _, count in ways.most_common(8)]
    assert [ways[path] for path in rows["path"]] == rows["customers"].tolist()
    assert rows["n"].unique().tolist() == [ways.total()] == [671]


def test_no_conversion_no_events_and_limits(log):
    some = typical_journey(journey_stream(log("ann a 0, ann order 1")), goal="order")
    nobody = journey_stream(log("ann a 0, bob order 1")).of_customers(["ann"])
    for stream in (journey_stream(log("")), nobody):
        none = typical_journey(stream, goal="order")
        assert len(none) == 0
        assert none.dtypes.to_dict() == some.dtypes.to_dict()
    alone = typical_journey(journey_stream(log("ann order 0")), goal="order")
    assert alone["path"].tolist() == ["order", "order"]
    with pytest.raises(ParameterError, match="top and longest must be at least 1"):
        typical_journey(nobody, goal="order", top=0)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), longest=st.integers(1, 5))
def test_no_path_is_more_likely_than_the_most_likely_one(seed, longest):
    rng = np.random.default_rng(seed)
    moves = rng.dirichlet(np.full(6, 0.5), 4)
    moves[:, :4][np.eye(4, dtype=bool)] = 0  # staying is no move
    moves /= moves.sum(axis=1, keepdims=True)
    start = np.append(rng.dirichlet(np.full(5, 0.5)), 0.0)
    path, probability = _most_likely(MarkovChain(("a", "b", "c", "d"), start, moves, 9, 5), longest)
    chances = {(): start[4]}
    for size in range(1, min(longest, 4) + 1):  # a path that comes back is never likelier
        for way in permutations(range(4), size):
            steps = [moves[here, there] for here, there in zip(way, [*way[1:], 4], strict=True)]
            chances[way] = start[way[0]] * np.prod(steps)
    assert probability == pytest.approx(max(chances.values()))
    assert chances[tuple(path)] == pytest.approx(probability)


ROWS = st.lists(
    st.tuples(st.sampled_from("pqrs"), st.integers(0, 60), st.sampled_from(["a", "b", "order"])),
    unique_by=lambda row: row[:2],
    min_size=1,
    max_size=25,
)


@settings(max_examples=10, deadline=None)
@given(rows=ROWS, data=st.data())
def test_the_order_of_untied_rows_changes_nothing(rows, data, log):
    def found(of):
        events = log(
            ", ".join(f"{c} {event} {hour}" for c, hour, event in [*of, ("z", 0, "order")])
        )
        return typical_journey(journey_stream(events), goal="order")

    pd.testing.assert_frame_equal(found(rows), found(data.draw(st.permutations(rows))))
