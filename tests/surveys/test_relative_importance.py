from __future__ import annotations

import json
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.surveys.relative_importance import drawn_sums, johnson_weights, lmg

#: data file, R's figures, outcome, R's name for Johnson's weights
PUBLISHED = [
    ("swiss", "swiss_lmg", "Fertility", "johnson"),
    ("attitude", "attitude_drivers", "rating", "johnson_relative_weights"),
    ("customerSat", "customerSat_drivers", "q1", "johnson"),
]


def read(shared_data: Path, file: str, golden: str, outcome: str) -> tuple[np.ndarray, dict]:
    surveys = shared_data / "surveys"
    in_r = json.loads((surveys / f"{golden}.json").read_text("utf-8"))
    table = pd.read_csv(surveys / f"{file}.csv")
    return np.cov(table[[*in_r["lmg"], outcome]].to_numpy().T), in_r


def subset_r2(r: np.ndarray, columns: list[int]) -> float:
    """R2 by the normal equations, as a textbook has it."""
    if not columns:
        return 0.0
    with_y = r[columns, -1]
    return float(with_y @ np.linalg.pinv(r[np.ix_(columns, columns)]) @ with_y) / r[-1, -1]


def by_definition(r: np.ndarray, blocks: list[list[int]]) -> np.ndarray:
    """LMG as Lindeman, Merenda & Gold define it: the gain averaged over all orders of entering."""
    gains = np.zeros(len(blocks))
    orders = list(permutations(range(len(blocks))))
    for order in orders:
        inside: list[int] = []
        for player in order:
            before = subset_r2(r, inside)
            inside = inside + blocks[player]
            gains[player] += subset_r2(r, inside) - before
    return gains / len(orders)


def some_covariance(seed: int, wide: int) -> np.ndarray:
    x = np.random.default_rng(seed).normal(size=(60, wide))
    x[:, -1] += x.sum(axis=1)
    return np.cov(x.T)


@pytest.mark.parametrize(("file", "golden", "outcome", "johnson"), PUBLISHED)
def test_lmg_and_johnson_are_those_of_r(shared_data, file, golden, outcome, johnson) -> None:
    covariance, in_r = read(shared_data, file, golden, outcome)
    np.testing.assert_allclose(lmg(covariance), list(in_r["lmg"].values()), atol=1e-12)
    np.testing.assert_allclose(
        johnson_weights(covariance), list(in_r[johnson].values()), atol=1e-12
    )
    assert lmg(covariance).sum() == pytest.approx(in_r["r2"], abs=1e-12)


def test_swiss_as_the_method_prints_it(shared_data) -> None:
    covariance, _ = read(shared_data, "swiss", "swiss_lmg", "Fertility")
    assert lmg(covariance).round(4).tolist() == [0.0571, 0.1712, 0.2601, 0.1056, 0.1128]
    printed = [0.0484, 0.1547, 0.2720, 0.1147, 0.1170]
    assert johnson_weights(covariance).round(4).tolist() == printed


def test_drivers_that_do_not_correlate_have_their_squared_correlations() -> None:
    r = np.eye(4)
    r[:3, -1] = r[-1, :3] = [0.6, -0.5, 0.0]
    np.testing.assert_allclose(lmg(r), [0.36, 0.25, 0], atol=1e-15)
    np.testing.assert_allclose(johnson_weights(r), [0.36, 0.25, 0], atol=1e-15)


@pytest.mark.parametrize("sizes", [[1, 1, 1, 1], [2, 1, 1], [1, 3], [1, 2, 1]])
def test_a_driver_of_several_columns_enters_with_all_of_them(sizes) -> None:
    covariance = some_covariance(1, 5)
    starts = np.cumsum([0, *sizes])
    blocks = [list(range(a, b)) for a, b in pairwise(starts)]
    np.testing.assert_allclose(lmg(covariance, sizes), by_definition(covariance, blocks))
    assert johnson_weights(covariance, sizes).sum() == pytest.approx(lmg(covariance).sum())


def test_two_ratings_that_say_the_same_share_equally() -> None:
    r = np.array([[1, 1, 0.2, 0.6], [1, 1, 0.2, 0.6], [0.2, 0.2, 1, 0.3], [0.6, 0.6, 0.3, 1]])
    worth = lmg(r)
    assert worth[0] == pytest.approx(worth[1])
    assert worth.sum() == pytest.approx(subset_r2(r, [0, 2]))


def test_a_column_without_variance_explains_nothing() -> None:
    covariance = some_covariance(2, 4)
    covariance[1] = covariance[:, 1] = 0
    rest = lmg(covariance[np.ix_([0, 2, 3], [0, 2, 3])])
    np.testing.assert_allclose(lmg(covariance), [rest[0], 0, rest[1]], atol=1e-12)


def test_a_stack_gives_what_each_matrix_gives() -> None:
    stack = np.stack([some_covariance(seed, 6) for seed in range(5)])
    np.testing.assert_allclose(lmg(stack), [lmg(one) for one in stack])
    np.testing.assert_allclose(johnson_weights(stack), [johnson_weights(one) for one in stack])


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    order=st.permutations(range(4)),
    units=st.lists(st.floats(0.1, 50), min_size=5, max_size=5),
)
def test_neither_order_nor_units_change_anything(seed, order, units) -> None:
    covariance = some_covariance(seed, 5)
    moved = covariance[np.ix_([*order, 4], [*order, 4])] * np.outer(units, units)
    for importance in (lmg, johnson_weights):
        np.testing.assert_allclose(importance(moved), importance(covariance)[order], atol=1e-9)
        assert (importance(covariance) >= -1e-12).all()


def test_more_than_twenty_drivers_are_refused_with_the_remedy() -> None:
    with pytest.raises(ParameterError, match=r"at most 20 drivers, got 21.*leave out or average"):
        lmg(np.eye(22))


@pytest.mark.parametrize("sizes", [[1, 1], [2, 2], [0, 3]])
def test_sizes_must_fit_the_matrix(sizes) -> None:
    with pytest.raises(ParameterError, match="add up to the 3 columns"):
        lmg(np.eye(4), sizes)


def test_a_resample_draws_each_person_once_on_average() -> None:
    n, repeats = 50, 4000
    counts = drawn_sums(lambda rows: np.eye(n)[rows], n, repeats=repeats, seed=3)
    assert (counts.sum(axis=1) == n).all()
    # a person's count is binomial(50, 1/50): mean 1, variance .98
    assert counts.mean() == 1
    assert abs(counts.var() - 0.98) < 0.02
    assert abs((counts == 0).mean() - (1 - 1 / n) ** n) < 0.005


def test_the_size_of_a_block_changes_no_draw(monkeypatch) -> None:
    values = np.random.default_rng(0).normal(size=(100, 3))
    whole = drawn_sums(lambda rows: values[rows], 100, repeats=7, seed=1)
    for name, size in (("_ROWS_AT_ONCE", 13), ("_DRAWN_AT_ONCE", 150)):
        monkeypatch.setattr(f"cjm_lab.surveys.relative_importance.{name}", size)
    parts = drawn_sums(lambda rows: values[rows], 100, repeats=7, seed=1)
    np.testing.assert_allclose(parts, whole)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("wide", [5, 30])  # numpy's eigenvalues, and those found one by one
def test_johnson_adds_up_to_r2_where_columns_follow_from_others(seed: int, wide: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(60, wide)) @ rng.normal(size=(wide, 2 * wide))  # half of them follow
    y = x[:, 0] + rng.normal(size=60)
    covariance = np.cov(np.column_stack([x[:, : wide + 2], y]).T)
    left = (
        y
        - y.mean()
        - np.linalg.lstsq(x - x.mean(axis=0), y - y.mean(), rcond=1e-9)[0]
        @ ((x - x.mean(axis=0)).T)
    )
    r2 = 1 - left @ left / ((y - y.mean()) @ (y - y.mean()))
    assert johnson_weights(covariance, [wide + 2]).sum() == pytest.approx(r2, abs=1e-9)
