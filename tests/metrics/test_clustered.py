"""Shares of events whose customers count, not their events."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.estimate import clustered_ratio, share
from cjm_lab.metrics._frames import clustered_share
from cjm_lab.metrics.clustered import Sums, clustered_shares

COUNTS = st.lists(st.tuples(st.integers(0, 6), st.integers(1, 9)), min_size=2, max_size=40)


def sums(x: np.ndarray, d: np.ndarray) -> Sums:
    each = (len(d), x.sum(), d.sum(), (x * x).sum(), (x * d).sum(), (d * d).sum())
    return Sums(*(np.array([one], dtype=float) for one in each))


@settings(max_examples=60, deadline=None)
@given(COUNTS)
def test_sums_give_the_standard_error_of_the_customers_themselves(
    counts: list[tuple[int, int]],
) -> None:
    x = np.array([min(a, b) for a, b in counts], dtype=float)
    d = np.array([b for _, b in counts], dtype=float)
    found, direct = clustered_shares(sums(x, d)).iloc[0], clustered_ratio(x, d)
    assert found["value"] == pytest.approx(direct.value)
    assert found["se"] == pytest.approx(direct.se, abs=1e-7)
    assert 0 <= found["low"] <= found["value"] <= found["high"] <= 1
    assert found["n"] == direct.n


def test_one_event_each_is_nearly_the_interval_of_independent_events() -> None:
    """With one event a customer the events are the customers: Wilson, but for t instead of z."""
    found = clustered_share([1] * 30 + [0] * 70, [1] * 100)
    wilson = share(30, 100)
    assert (found.low, found.high) == pytest.approx((wilson.low, wilson.high), abs=0.003)
    assert found.low < wilson.low  # the spread is estimated from a hundred customers


def test_many_events_of_one_customer_are_not_many_customers() -> None:
    clustered, events = clustered_share([50, 0, 0, 0], [50, 1, 1, 1]), share(50, 53)
    assert clustered.high - clustered.low > 3 * (events.high - events.low)
    assert clustered_share([50], [50]).method == "one customer"
    assert np.isnan(clustered_share([], []).value)


def test_shares_side_by_side_are_those_one_by_one() -> None:
    random = np.random.default_rng(3)
    d = random.integers(1, 5, (4, 30)).astype(float)
    x = np.floor(d * random.random((4, 30)))
    each = [sums(a, b) for a, b in zip(x, d, strict=True)]
    together = Sums(*(np.concatenate([getattr(one, name) for one in each])
                      for name in ("customers", "x", "d", "xx", "xd", "dd")))  # fmt: skip
    for i, one in enumerate(each):
        assert clustered_shares(together).iloc[i]["low"] == clustered_shares(one).iloc[0]["low"]


def test_the_interval_covers_the_share_of_customers_who_differ() -> None:
    """Customers have a share of their own (beta) and unlike numbers of events: 93 to 97 %."""
    random, hits, worlds = np.random.default_rng(11), 0, 2000
    for _ in range(worlds):
        d = random.poisson(3, 80) + 1
        x = random.binomial(d, random.beta(2, 5, 80))
        found = clustered_shares(sums(x.astype(float), d.astype(float))).iloc[0]
        hits += found["low"] <= 2 / 7 <= found["high"]
    assert 0.93 <= hits / worlds <= 0.97
