"""Planted segments are found again; where there are none, none are found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score  # type: ignore[import-untyped]

from cjm_lab.errors import ParameterError
from cjm_lab.personas import segment

Planted = Callable[..., tuple[pd.DataFrame, np.ndarray]]


@pytest.mark.parametrize("seed", [1, 2])
def test_three_planted_kinds_are_found_again(planted: Planted, seed: int) -> None:
    customers, kind = planted(1500, seed)
    found = segment(customers, ["device", "plan", "age", "city"], seed=seed)
    assert len(found.names) == 3
    assert adjusted_rand_score(kind, found.labels) >= 0.8
    assert found.gain > found.shuffled_gain
    assert found.agreement >= 0.9
    sizes = found.labels.value_counts()
    assert sizes.index.tolist() == found.names  # the largest first
    assert sizes.is_monotonic_decreasing


SAMPLE = ["experience", "household", "age_group", "city", "device"]


@pytest.fixture(scope="module")
def sample(repository: Path) -> pd.DataFrame:
    return pd.read_csv(repository / "data/raw/coffee-maker/customers.csv", dtype="str")


def test_the_kinds_of_customers_of_the_sample_are_found_again(sample: pd.DataFrame) -> None:
    """Its attributes depend on one another through the experience alone: four planted kinds."""
    found = segment(sample, SAMPLE, seed=1)
    assert adjusted_rand_score(sample["experience"], found.labels) >= 0.8
    assert found.gain > 10 * found.shuffled_gain
    assert found.agreement >= 0.9


def test_shuffled_columns_of_the_sample_hold_no_segments(sample: pd.DataFrame) -> None:
    """With a rate of 1 %, 2 or more alarms of 12 come in less than 1 % of cases.

    All 100 copies, shuffled and segmented by hand, gave none, of 6,000 customers and of 500.
    """
    alarms = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        some = sample[SAMPLE].sample(1000, random_state=seed).reset_index(drop=True)
        copy = some.apply(lambda column, rng=rng: rng.permutation(column))
        alarms += bool(segment(copy, SAMPLE, seed=seed).names)
    assert alarms <= 1


def test_groups_that_other_customers_would_not_form_are_called_poor() -> None:
    """Devices and plans go together a little: enough for two groups, too little for which."""
    rng = np.random.default_rng(1)
    n = 700
    kind = rng.random(n) < 0.5
    weak = pd.DataFrame(
        {f"a{i}": np.where(rng.random(n) < np.where(kind, 0.67, 0.33), "x", "y") for i in range(4)}
    )
    found = segment(weak, seed=0)
    assert found.names
    assert found.agreement < 0.65
    assert found.explanation.endswith("so plan nothing on them.")


def test_no_clear_segments_is_said_in_plain_words() -> None:
    rng = np.random.default_rng(5)
    alike = pd.DataFrame({c: rng.choice(["a", "b"], 500) for c in ["device", "plan", "age"]})
    found = segment(alike)
    assert found.names == []
    assert (found.labels == "").all()
    assert found.explanation.startswith("No clear segments: one group describes the customers best")
    assert "declare personas from interviews" in found.explanation


def test_skewness_alone_makes_no_segments() -> None:
    """Mixtures of normals find classes in independent, skewed amounts; quarters don't."""
    rng = np.random.default_rng(7)
    amounts = pd.DataFrame({c: rng.lognormal(0, 1.5, 800) for c in ["spent", "visits", "age"]})
    assert segment(amounts).names == []


def test_the_same_seed_gives_the_same_segments_in_any_order_of_rows(planted: Planted) -> None:
    customers, _ = planted(300, 4)
    shuffled = customers.sample(frac=1, random_state=1)
    one, two = segment(customers, seed=3), segment(shuffled, seed=3)
    assert one.table["bic"].tolist() == pytest.approx(two.table["bic"].tolist())
    assert one.labels.equals(two.labels.sort_index())


def test_few_customers_or_one_attribute_carry_no_model(planted: Planted) -> None:
    customers, _ = planted(100, 1)
    assert "too few" in segment(customers.head(49)).explanation
    assert "at least two attributes" in segment(customers, ["device"]).explanation
    assert segment(customers.head(0)).names == []


def test_four_kinds_of_people_are_at_most_four_segments() -> None:
    kind = np.array(["a", "b", "c", "d"] * 30)
    found = segment(pd.DataFrame({"x": kind, "y": kind, "z": kind}))
    assert len(found.names) == 4
    assert found.agreement == 1


def test_a_column_that_is_not_there_is_an_error(planted: Planted) -> None:
    with pytest.raises(ParameterError, match="did you mean 'device'"):
        segment(planted(60, 1)[0], ["devise", "plan"])
