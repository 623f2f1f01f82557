from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.metrics import rfm_scores, rfm_segments
from cjm_lab.metrics.rfm import _SEGMENTS


def orders_of(*rows):
    ids, times, amounts = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "customer_id": pd.Series(ids, dtype="str"),
            "ordered_at": pd.to_datetime(pd.Series(times, dtype="str"), utc=True),
            "amount": pd.Series(amounts, dtype="float64"),
        }
    )


#: Ten customers a to j: the k-th orders on day k, and k // 2 + 1 times in all.
TEN = orders_of(
    *[
        ("abcdefghij"[k], f"2026-{9 - earlier:02d}-{k + 1:02d}", 10 * (k + 1))
        for k in range(10)
        for earlier in range(k // 2 + 1)
    ]
)


def test_scores_are_fifths():
    found = rfm_scores(TEN).set_index("customer_id")
    for score in ("recency_score", "frequency_score", "monetary_score"):
        assert found[score].tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert found.loc["j", ["orders", "amount"]].tolist() == [5, 500]
    assert found["segment"].tolist() == ["hibernating"] * 4 + ["loyal"] * 2 + ["champions"] * 4


def test_equal_customers_have_equal_scores():
    # Seven of ten ordered once: nobody is below them, and 7 of 10 are below the others.
    once = orders_of(*[(f"c{k}", "2026-09-01", 5) for k in range(10)])
    again = orders_of(*[(f"c{k}", "2026-09-02", 5) for k in range(7, 10)])
    found = rfm_scores(pd.concat([once, again]))
    assert found["frequency_score"].tolist() == [1] * 7 + [4] * 3
    assert found["recency_score"].tolist() == [1] * 7 + [4] * 3
    assert found["segment"].tolist() == ["hibernating"] * 7 + ["champions"] * 3


def test_segments_by_recency_and_frequency():
    # Recency 1 to 5 in turn for customers who ordered once (score 1) or 6 days in all (score 3).
    rows = []
    for k in range(5):
        day = f"2026-09-{10 + k}"
        rows += [(f"once {k}", day, 1), (f"often {k}", day, 1)]
        rows += [(f"often {k}", f"2026-0{m}-01", 1) for m in range(1, 6)]
    found = rfm_scores(orders_of(*rows)).set_index("customer_id")["segment"]
    assert found[[f"once {k}" for k in range(5)]].tolist() == [
        "hibernating",
        "hibernating",
        "about to sleep",
        "new customers",
        "new customers",
    ]
    assert found[[f"often {k}" for k in range(5)]].tolist() == [
        "at risk",
        "at risk",
        "loyal",
        "potential loyalists",
        "potential loyalists",
    ]


def test_each_pair_of_scores_has_one_segment():
    ranges = _SEGMENTS.values()
    for recency in range(1, 6):
        for frequency in range(1, 6):
            inside = [a <= recency <= b and c <= frequency <= d for (a, b), (c, d) in ranges]
            assert inside.count(True) == 1


def test_a_return_lowers_the_value_and_is_no_order():
    returned = pd.concat([TEN, orders_of(("j", "2026-09-20", -450))])
    found = rfm_scores(returned).set_index("customer_id")
    # 10 and 20 are below 50: one whole fifth.
    assert found.loc["j", ["orders", "amount", "monetary_score"]].tolist() == [5, 50, 2]
    assert found.loc["j", "last_day"] == pd.Timestamp("2026-09-10")


def test_share_and_value_of_segments():
    found = rfm_segments(TEN).set_index(["segment", "measure"])
    # Amounts: 10 20 | 60 80 | 150 180 | 280 320 | 450 500 = 2,050, of it champions 1,550.
    champions = found.loc["champions"]
    assert champions["value"].to_dict() == {
        "customer_share": 0.4,
        "value_share": pytest.approx(1550 / 2050),
        "customer_value": 387.5,
    }
    # Wilson, 4 of 10: R's binom.confint(4, 10, methods = "wilson").
    bounds = champions.loc["customer_share", ["low", "high"]].tolist()
    assert bounds == pytest.approx([0.16818, 0.68733], abs=1e-4)
    for measure in ("customer_share", "value_share"):
        assert found["value"].xs(measure, level="measure").sum() == pytest.approx(1)


def test_orders_after_the_last_day_do_not_count():
    found = rfm_scores(TEN, as_of=date(2026, 9, 5))
    assert found.set_index("customer_id").loc["j", "orders"] == 4


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(range(12)))
def test_the_order_of_the_file_changes_nothing(order):
    some = TEN.iloc[:12]
    pd.testing.assert_frame_equal(rfm_scores(some), rfm_scores(some.iloc[list(order)]))


def test_one_customer_and_none():
    one = rfm_scores(TEN.iloc[:1])
    assert one[["recency_score", "frequency_score", "monetary_score"]].values.tolist() == [[1] * 3]
    assert rfm_segments(TEN.iloc[:1])["value"].max() == 10
    none = rfm_scores(TEN.iloc[:0])
    assert none.empty
    assert none.dtypes.to_dict() == one.dtypes.to_dict()
    assert rfm_segments(TEN.iloc[:0]).empty
