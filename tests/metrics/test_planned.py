from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import share
from cjm_lab.metrics import journey_stream, planned_against_actual
from cjm_lab.metrics._frames import clustered_share
from cjm_lab.period import Period

PLAN = ["visit", "basket", "pay", "order"]

# Ann does as planned. Bob pays before the basket and stops there. Cat skips two touchpoints. Dan
# begins at the basket and calls. Eve's payment fails once. Fay never met the plan.
JOURNEYS = """ann visit 0, ann basket 1, ann pay 2, ann order 3, bob visit 0, bob pay 1,
    bob basket 2, cat visit 0, cat order 1, dan basket 0, dan call 1, eve visit 0, eve pay 1,
    eve error 2, eve order 4, fay call 0"""


def found(stream, plan=None, **options):
    rows = planned_against_actual(stream, plan, **options)
    pairs = zip(rows["journeys"], rows["n"], strict=True)
    return dict(zip(zip(rows["touchpoint"], rows["deviation"], strict=True), pairs, strict=True))


def test_the_deviations_of_six_journeys(log):
    stream = journey_stream(log(JOURNEYS))
    assert found(stream, PLAN, failures=["error"], window_days=None) == {
        ("visit", "missing"): (1, 5),
        ("visit", "skipped"): (1, 5),
        ("visit", "failed"): (0, 4),
        ("basket", "missing"): (2, 5),
        ("basket", "skipped"): (2, 5),
        ("basket", "failed"): (1, 3),  # bob stopped there; dan went on to call
        ("basket", "out of order"): (0, 3),
        ("pay", "missing"): (2, 5),
        ("pay", "skipped"): (1, 5),
        ("pay", "failed"): (1, 3),
        ("pay", "out of order"): (1, 3),
        ("order", "missing"): (2, 5),
        ("order", "failed"): (0, 3),
        ("order", "out of order"): (0, 3),
        ("call", "ad hoc"): (1, 5),
        ("error", "ad hoc"): (1, 5),
    }


def test_shares_have_the_interval_of_wilson(log):
    rows = planned_against_actual(journey_stream(log(JOURNEYS)), PLAN, window_days=None)
    row = rows[(rows["touchpoint"] == "pay") & (rows["deviation"] == "out of order")].iloc[0]
    third = share(1, 3)
    assert (row["value"], row["low"], row["high"]) == (third.value, third.low, third.high)


def test_without_named_failures_only_stopping_is_failing(log):
    rows = found(journey_stream(log(JOURNEYS)), PLAN, window_days=None)
    assert rows["pay", "failed"] == (0, 3)
    assert rows["basket", "failed"] == (1, 3)


def test_an_event_of_the_touchpoint_itself_may_be_the_failure(log, shop):
    stream = journey_stream(log("ann take 0, ann put 1, ann order 2, bob put 0, bob order 1"),
                            study=shop)  # fmt: skip
    assert found(stream, failures=["take"], window_days=None)["basket", "failed"] == (1, 2)


def test_a_return_after_the_last_touchpoint_is_no_failure(log):
    stream = journey_stream(log("ann visit 0, ann order 1, ann visit 2"))
    assert found(stream, ["visit", "order"], window_days=None)["visit", "failed"] == (0, 1)


def test_the_plan_is_by_default_the_study_and_other_events_are_ad_hoc(log, shop):
    stream = journey_stream(log("ann visit 0, ann lost 1, ann put 2, bob put 1"), study=shop)
    rows = found(stream, window_days=None)
    assert rows["lost", "ad hoc"] == (1, 2)
    assert rows["visit", "skipped"] == (1, 2)
    with pytest.raises(ParameterError, match="plan must be given for a stream made without"):
        planned_against_actual(journey_stream(log("ann visit 0")))


def test_at_one_instant_there_is_no_order(log):
    tied = found(journey_stream(log("ann basket 0, ann visit 0")), PLAN[:2], window_days=None)
    apart = found(journey_stream(log("ann basket 0, ann visit 0.1")), PLAN[:2], window_days=None)
    assert tied["basket", "out of order"] == (0, 1)
    assert apart["basket", "out of order"] == (1, 1)


def test_with_a_window_late_touchpoints_are_missing_and_open_journeys_left_out(log):
    # Ann's order comes on the second day; bob began less than a day before 2 September ended.
    events = log("ann visit 0, ann order 30, bob visit 40, cat visit 1, cat order 2")
    rows = found(journey_stream(events), ["visit", "order"], window_days=1,
                 as_of=date(2026, 9, 2))  # fmt: skip
    assert rows["order", "missing"] == (1, 2)
    assert rows["visit", "failed"] == (1, 2)


def test_a_period_takes_the_journeys_that_start_in_it(log):
    september = Period("month", date(2026, 9, 1), date(2026, 9, 30))
    stream = journey_stream(log("ann visit -1, ann order 1, bob visit 1"))
    rows = found(stream, ["visit", "order"], period=september, window_days=None)
    assert rows["order", "missing"] == (1, 1)


def test_journeys_of_one_customer_are_clustered(log):
    stream = journey_stream(
        log("ann visit 0, ann order 1, ann visit 100, bob visit 0, bob order 1"), journey_days=1
    )
    rows = planned_against_actual(stream, ["visit", "order"], window_days=None)
    row = rows[(rows["touchpoint"] == "order") & (rows["deviation"] == "missing")].iloc[0]
    expected = clustered_share([1, 0], [2, 1])
    assert (row["journeys"], row["n"], row["value"]) == (1, 2, pytest.approx(1 / 3))
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ([], "plan must name each touchpoint once"),
        ("visit", "plan must name each touchpoint once"),
        (["visit", "visit"], "plan must name each touchpoint once"),
        (["visit", "baskte"], "did you mean 'basket'"),
    ],
)
def test_a_plan_that_makes_no_sense(log, plan, message):
    with pytest.raises(ParameterError, match=message):
        planned_against_actual(journey_stream(log(JOURNEYS)), plan)


def test_an_unknown_failure_and_logs_without_a_journey(log):
    stream = journey_stream(log(JOURNEYS))
    with pytest.raises(ParameterError, match="failure must be one of"):
        planned_against_actual(stream, PLAN, failures=["eror"])
    some = planned_against_actual(stream, PLAN, window_days=None)
    nobody = journey_stream(log("fay call 0, gus visit 1000")).of_customers(["fay"])
    for empty in (
        planned_against_actual(journey_stream(log("")), PLAN),
        planned_against_actual(nobody, ["visit"], window_days=None),
    ):
        assert len(empty) == 0
        assert empty.dtypes.to_dict() == some.dtypes.to_dict()


ROWS = st.lists(
    st.tuples(st.sampled_from("pqrs"), st.integers(0, 60), st.sampled_from(["a", "b", "c", "x"])),
    unique_by=lambda row: row[:2],
    max_size=25,
)


@settings(max_examples=20, deadline=None)
@given(rows=ROWS)
def test_it_agrees_with_going_through_the_journeys(rows, log):
    events = log(", ".join(f"{c} {event} {hour}" for c, hour, event in sorted(rows)))
    names = {event for _, _, event in rows}
    plan = [name for name in "abc" if name in names]
    if not plan:
        return
    result = found(journey_stream(events), plan, window_days=None)
    paths: dict[str, list[str]] = {}
    for customer, _, event in sorted(rows):
        paths.setdefault(customer, []).append(event)
    paths = {c: p[min(map(p.index, {*p} & {*plan})) :] for c, p in paths.items() if {*p} & {*plan}}
    for k, name in enumerate(plan):
        met = [p for p in paths.values() if name in p]
        early = [p for p in met if any(e in p and p.index(name) < p.index(e) for e in plan[:k])]
        stopped = [p for p in met if p[-1] == name and plan[-1] not in p]
        assert result[name, "missing"] == (len(paths) - len(met), len(paths))
        assert result[name, "failed"] == (len(stopped), len(met))
        if k:
            assert result[name, "out of order"] == (len(early), len(met))
    assert result.get(("x", "ad hoc"), (0, 0))[0] == sum("x" in p for p in paths.values())
