"""How answers are spread over a scale, and over promoters and detractors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.surveys.distributions import answer_table, nps_table

Maker = Callable[..., pd.DataFrame]
LIKERT = {"measure": "likert"}


def test_answers_are_counted_level_by_level_as_they_were_given(
    answers: Maker, codebook: Maker
) -> None:
    book = codebook(a={"text": "Fair", **LIKERT}, b={"text": "Unfair", "reversed": True, **LIKERT})
    responses = answers(a=[1.0, 5.0, 5.0, np.nan], b=[2.0, 1.0, np.nan, 1.0])
    table = answer_table(responses, book)
    assert table[["label", 1, 2, 3, 4, 5, "n"]].values.tolist() == [
        ["Fair", 1, 0, 0, 0, 2, 3],
        ["Unfair", 2, 1, 0, 0, 0, 3],
    ]


def test_what_does_not_apply_is_counted_apart(answers: Maker, codebook: Maker) -> None:
    responses = answers(a=[1.0, np.nan, np.nan], b=[2.0, 3.0, np.nan])
    responses["not_applicable"] = ["", "a", "a\x1fb"]
    table = answer_table(responses, codebook(a=LIKERT, b=LIKERT)).set_index("question")
    assert table["not_applicable"].to_dict() == {"a": 2, "b": 1}
    assert table["n"].to_dict() == {"a": 1, "b": 2}


def test_weights_are_summed(answers: Maker, codebook: Maker) -> None:
    responses = answers(a=[1.0, 5.0]).assign(not_applicable="")
    table = answer_table(responses, codebook(a=LIKERT), weights=[0.5, 2.5])
    assert table[[1, 5]].values.tolist() == [[0.5, 2.5]]


def test_a_rivals_answers_are_not_ours(answers: Maker, codebook: Maker) -> None:
    book = codebook(a=LIKERT)
    book = pd.concat([book, book.assign(subject="BrewBest")], ignore_index=True)
    responses = answers(a=[1.0, 5.0]).assign(subject=["us", "BrewBest"])
    assert answer_table(responses, book)[[1, 5, "n"]].values.tolist() == [[1, 0, 1]]


def test_questions_of_two_scales_make_no_one_table(answers: Maker, codebook: Maker) -> None:
    responses = answers(a=[1.0], b=[1.0])
    book = codebook(a=LIKERT, b={"scale_max": 7.0, **LIKERT})
    with pytest.raises(ParameterError, match="one known scale"):
        answer_table(responses, book)
    assert len(answer_table(responses, book, ["b"])) == 1
    with pytest.raises(ParameterError, match="did you mean 'b'"):
        answer_table(responses, book, ["bb"])


def test_without_likert_items_the_table_is_empty(answers: Maker, codebook: Maker) -> None:
    assert answer_table(answers(q=[1.0]), codebook(q={})).empty
    assert answer_table(pd.DataFrame(), pd.DataFrame()).empty


def test_the_score_of_the_mobile_study() -> None:
    """895 answers, 453 promoters, 147 detractors: 34.190 [29.209, 38.943] (METHOD.md)."""
    x = [10.0] * 453 + [0.0] * 147 + [8.0] * (895 - 453 - 147)
    row = nps_table(x).iloc[0]
    assert row[["value", "low", "high"]].astype(float).round(3).tolist() == [34.19, 29.209, 38.943]
    assert row["n"] == 895
    assert row[["promoters", "detractors"]].tolist() == [453 / 895, 147 / 895]


def test_groups_stand_best_first_and_small_ones_are_left_out() -> None:
    x = [10.0] * 6 + [0.0] * 6 + [9.0] * 4 + [np.nan] * 9 + [8.0] * 5
    groups = ["good"] * 6 + ["bad"] * 6 + ["few"] * 4 + ["silent"] * 9 + [""] * 5
    table = nps_table(x, groups)
    assert table[["label", "value", "n"]].values.tolist() == [["good", 100, 6], ["bad", -100, 6]]


def test_weighted_shares_make_the_weighted_score() -> None:
    table = nps_table([10.0] * 5 + [0.0] * 5, weights=[3.0] * 5 + [1.0] * 5)
    row = table.iloc[0]
    assert row["promoters"] == 0.75
    assert row["value"] == pytest.approx(100 * (row["promoters"] - row["detractors"]))


def test_groups_and_answers_must_fit() -> None:
    with pytest.raises(ParameterError, match="one value an answer"):
        nps_table([10.0, 9.0], ["a"])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 10), min_size=5, max_size=40))
def test_a_group_is_whole_and_its_score_is_promoters_minus_detractors(given_: list[int]) -> None:
    row = nps_table(given_).iloc[0]
    assert row["promoters"] + row["passives"] + row["detractors"] == pytest.approx(1)
    assert row["value"] == pytest.approx(100 * (row["promoters"] - row["detractors"]))
