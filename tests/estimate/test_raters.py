from __future__ import annotations

from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.estimate import agreement, krippendorff_alpha

# Krippendorff (2011): four observers, twelve units.
PUBLISHED = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3],
        [nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan],
    ]
).T


@pytest.mark.parametrize(
    ("scale", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_the_published_example(scale, alpha):
    assert round(krippendorff_alpha(PUBLISHED, scale=scale), 3) == alpha


def test_full_agreement_is_one_and_a_lone_rating_counts_nothing():
    assert krippendorff_alpha([[1, 1], [3, 3], [4, nan]]) == 1


@pytest.mark.parametrize("ratings", [[[2, 2], [2, 2]], [[1, nan], [nan, 3]], np.empty((0, 2))])
def test_nothing_that_could_differ_has_no_alpha(ratings):
    assert isnan(krippendorff_alpha(ratings))
    assert isnan(agreement(ratings).value)


def test_the_interval_lies_around_alpha():
    estimate = agreement(PUBLISHED)
    assert estimate.low < estimate.value < estimate.high <= 1
    assert estimate.n == 11  # unit 12 was rated once


@given(st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=2, max_size=8))
@settings(deadline=None)
def test_who_rated_and_in_which_order_does_not_matter(ratings):
    table = np.array(ratings, dtype=float)
    alpha = krippendorff_alpha(table)
    assert krippendorff_alpha(table[::-1, ::-1]) == pytest.approx(alpha, nan_ok=True)
    # Ranks are all that an ordinal scale knows.
    assert krippendorff_alpha(table**3) == pytest.approx(alpha, nan_ok=True)
