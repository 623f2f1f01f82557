"""MaxDiff: counts and the paired conditional logit of a real survey."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.surveys import maxdiff

Survey = tuple[pd.DataFrame, pd.DataFrame, list[list[str]], dict[str, Any]]


@pytest.fixture(scope="module")
def rice(shared_data: Path) -> Survey:
    """90 people who named the best and worst of seven sets of four features of rice."""
    folder = shared_data / "surveys"
    golden = json.loads((folder / "ricebws1_golden.json").read_text("utf-8"))
    answers = pd.read_csv(folder / "ricebws1.csv")
    best, worst = (answers[[f"{side}{q}" for q in range(1, 8)]] for side in "bw")
    design = golden["design_rows_questions"]
    return best, worst, [[golden["items"][i - 1] for i in row] for row in design], golden


def test_the_real_survey_gives_rs_counts(rice: Survey) -> None:
    best, worst, sets, golden = rice
    table = maxdiff(best, worst, sets, repeats=10).set_index("item")
    for ours, theirs in (
        ("best", "best"), ("worst", "worst"), ("best_minus_worst", "bw"), ("standardized", "std_bw")
    ):  # fmt: skip
        assert table[ours].to_dict() == pytest.approx(golden[theirs])
    assert table.loc[["Safety", "Price", "Washfree_rice"], "best_minus_worst"].tolist() == [
        131, 121, -218,
    ]  # fmt: skip
    assert set(table["n"]) == {90}
    assert set(table["shown"]) == {360}


def test_the_real_survey_gives_rs_conditional_logit(rice: Survey) -> None:
    best, worst, sets, golden = rice
    table = maxdiff(best, worst, sets, items=golden["items"], repeats=10)
    model, found = golden["maxdiff_clogit_paired_model"], table.set_index("item")
    assert table.attrs["log_likelihood"] == pytest.approx(model["logLik"][1], abs=1e-9)
    assert round(table.attrs["log_likelihood"], 3) == -1318.006
    for item, coefficient in model["coef"].items():
        assert found.loc[item, "coefficient"] == pytest.approx(coefficient, abs=1e-8)
        assert found.loc[item, "se"] == pytest.approx(model["se"][item], abs=1e-8)
    assert found["value"].to_dict() == pytest.approx(model["share_of_preference"], abs=1e-9)
    last = found.loc[model["ref"]]  # the item liked least is the reference
    assert last["coefficient"] == 0
    assert np.isnan(last["se"])


def test_the_interval_of_people_is_wider_than_the_models_own(rice: Survey) -> None:
    best, worst, sets, _ = rice
    safety = maxdiff(best, worst, sets).set_index("item").loc["Safety"]
    naive = 2 * 1.96 * safety["se"]  # as if the seven questions were seven people
    assert safety["coefficient_high"] - safety["coefficient_low"] > 1.3 * naive
    assert safety["low"] < safety["value"] < safety["high"]


def test_another_reference_shifts_coefficients_and_nothing_else(rice: Survey) -> None:
    best, worst, sets, golden = rice
    usual = maxdiff(best, worst, sets, repeats=10).set_index("item")
    price = maxdiff(best, worst, sets, reference="Price", repeats=10).set_index("item")
    shift = golden["maxdiff_clogit_paired_model"]["coef"]["Price"]
    assert (usual["coefficient"] - price["coefficient"]).tolist() == pytest.approx([shift] * 7)
    assert usual["value"].tolist() == pytest.approx(price["value"].tolist())
    with pytest.raises(ParameterError, match="reference must be one of"):
        maxdiff(best, worst, sets, reference="Prize")


def test_names_and_places_say_the_same(rice: Survey) -> None:
    best, worst, sets, _ = rice
    named = [
        pd.DataFrame({c: [sets[q][k - 1] for k in side[c]] for q, c in enumerate(side)})
        for side in (best, worst)
    ]
    pd.testing.assert_frame_equal(
        maxdiff(*named, sets, repeats=5), maxdiff(best, worst, sets, repeats=5)
    )


def one_set(best: list[Any], worst: list[Any]) -> pd.DataFrame:
    return maxdiff(pd.DataFrame({"b": best}), pd.DataFrame({"w": worst}), [["x", "y", "z"]])


def test_three_items_by_hand() -> None:
    # every order once, but x before y before z twice: x +3-2, y 0, z +2-3
    table = one_set(["x", "x", "y", "y", "z", "z", "x"], ["z", "y", "z", "x", "x", "y", "z"])
    assert table["best_minus_worst"].tolist() == [1, 0, -1]
    assert table["standardized"].tolist() == pytest.approx([1 / 7, 0, -1 / 7])
    assert table["value"].sum() == pytest.approx(1)
    u = table["coefficient"]
    assert u[0] - u[1] == pytest.approx(u[1] - u[2])


def test_a_question_half_answered_is_left_out() -> None:
    table = one_set(["x", "x", "y", None, "y", "z", ""], ["z", "y", "z", "x", "x", "", None])
    assert table["n"].tolist() == [4, 4, 4]
    assert table["best"].tolist() == [2, 2, 0]


def test_an_item_always_best_has_counts_but_no_finite_coefficient() -> None:
    table = one_set(["x"] * 4, ["y", "z", "y", "z"])
    assert table["best_minus_worst"].tolist() == [4, -2, -2]
    assert table[["value", "coefficient", "se"]].isna().all().all()
    assert set(table["method"]) == {
        "no finite coefficients: always or never chosen, or not compared with the rest"
    }


def test_items_never_compared_have_no_common_coefficients() -> None:
    best = pd.DataFrame({"b1": ["a", "b"], "b2": ["c", "d"]})
    worst = pd.DataFrame({"w1": ["b", "a"], "w2": ["d", "c"]})
    table = maxdiff(best, worst, [["a", "b"], ["c", "d"]])
    assert table["coefficient"].isna().all()
    assert table["best"].tolist() == [1, 1, 1, 1]


def test_answers_that_cannot_be_are_named() -> None:
    with pytest.raises(ParameterError, match=r"one of the items .* got 'q' \(1 answers to b\)"):
        one_set(["q"], ["x"])
    with pytest.raises(ParameterError, match="must be two items, got 'x' as both"):
        one_set(["x"], [1])
    with pytest.raises(ParameterError, match="one column a set"):
        maxdiff(pd.DataFrame({"b": ["x"]}), pd.DataFrame({"w": ["y"]}), [["x", "y"]] * 2)
    with pytest.raises(ParameterError, match="each once"):
        maxdiff(pd.DataFrame({"b": ["x"]}), pd.DataFrame({"w": ["y"]}), [["x", "x"]])
    with pytest.raises(ParameterError, match="items must be those of the sets"):
        maxdiff(pd.DataFrame({"b": ["x"]}), pd.DataFrame({"w": ["y"]}), [["x", "y"]], items=["x"])


@given(seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_order_of_respondents_names_and_the_unit_of_weights_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sets = [["p", "q", "r"], ["q", "r", "s"], ["p", "r", "s"], ["p", "q", "s"]]
    ranks = rng.permuted(np.tile(np.arange(1, 4), (30 * 4, 1)), axis=1).reshape(30, 4, 3)
    best, worst = pd.DataFrame(ranks[:, :, 0]), pd.DataFrame(ranks[:, :, 1])
    weights, rows = rng.uniform(0.5, 2, 30), rng.permutation(30)
    table = maxdiff(best, worst, sets, weights, repeats=20)
    mixed = maxdiff(best.iloc[rows], worst.iloc[rows], sets, 2 * weights[rows], repeats=20)
    pd.testing.assert_frame_equal(table, mixed)
    named = {"p": "zinc", "q": "yarn", "r": "x", "s": "wool"}
    renamed = maxdiff(best, worst, [[named[i] for i in one] for one in sets], weights, repeats=20)
    pd.testing.assert_frame_equal(table.drop(columns="item"), renamed.drop(columns="item"))
    assert table["item"].map(named).tolist() == renamed["item"].tolist()
