"""Shares of draws against probabilities reckoned by hand; 4,000 draws: four errors are .032."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.planning import prioritize, rank_stability

SURE = {"reach": 100.0, "reach_low": 100.0, "reach_high": 100.0, "scale": 1.0, "lift_low": 0.1,
        "lift_likely": 0.1, "lift_high": 0.1, "impact": 2.0, "confidence": 0.5, "effort": 2.0,
        "ease": 6.0, "gap": 0.0}  # fmt: skip


def ideas(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame([{"resource": f"r{i}"} | SURE | row for i, row in enumerate(rows)])


def first(table: pd.DataFrame, formula: str, name: str = "r0", **options: object) -> float:
    shares = rank_stability(table, method="formula", formula=formula, top=1, **options)
    return float(shares.set_index("resource").loc[name, "value"])


def test_a_lift_is_pert():
    # PERT(0, .5, 1) is beta(3, 3), which lies below .25 in .25^3 (10 - 15/4 + 6/16) = .1035
    table = ideas(
        {"lift_low": 0.0, "lift_likely": 0.5, "lift_high": 1.0},
        {"lift_low": 0.25, "lift_likely": 0.25, "lift_high": 0.25},
    )
    assert first(table, "lift_likely") == pytest.approx(0.8965, abs=0.02)


def test_an_impact_follows_from_the_lift_by_its_steps():
    # the same lift is massive (3) from .2 on, below in .0579, and high (2) from .1, below in .0086;
    # against a sure 2 it wins in 1 - .0579 and half of the ties
    table = ideas(
        {"lift_low": 0.0, "lift_likely": 0.5, "lift_high": 1.0},
        {"lift_low": 0.15, "lift_likely": 0.15, "lift_high": 0.15},
    )
    assert first(table, "impact") == pytest.approx(0.9668, abs=0.012)
    less = ideas({}, {"scale": 4.0})  # a tenth of a scale of 4 is a fortieth of it: 2 against .5
    assert first(less, "impact") == 1


def test_reach_varies_within_its_interval():
    # normal around 100 with [80, 120] at 95 %: above 110 in 1 - Phi(.98) = .1635
    table = ideas(
        {"reach_low": 80.0, "reach_high": 120.0},
        {"reach": 110.0, "reach_low": 110.0, "reach_high": 110.0},
    )
    assert first(table, "reach") == pytest.approx(0.1635, abs=0.024)
    lopsided = table.assign(reach_high=[500.0, 110.0])  # 204 up: above 110 in 1 - Phi(.049)
    assert first(lopsided, "reach") == pytest.approx(0.4805, abs=0.032)


def test_effort_varies_by_its_factor():
    # 1 x 2^U against 2 x 2^V: the first takes longer if U - V > 1, in 1/8
    table = ideas({"effort": 1.0}, {"effort": 2.0})
    assert first(table, "1 / effort", factor=2) == pytest.approx(0.875, abs=0.021)
    assert first(table, "1 / effort", factor=1) == 1


def test_ease_follows_from_the_effort_drawn():
    # 2 weeks are ease 6 up to 2 and 4 up to 3: half the draws are below the rival's sure 5
    table = ideas({"effort": 2.0, "gap": 0.0}, {"effort": 2.0, "gap": 1.0})
    assert first(table, "ease * (1 - gap) + 5 * gap") == pytest.approx(0.5, abs=0.032)


def test_nobody_is_more_than_certain():
    # 1 x 1.5^U is held at 1, as much as the rival's, in half of the draws; chance gives half of it
    table = ideas({"confidence": 1.0}, {"confidence": 0.0, "gap": 1.0})
    assert first(table, "confidence + gap") == pytest.approx(0.25, abs=0.028)


def test_what_is_sure_keeps_its_order():
    table = ideas({"reach": 450.0}, {"reach": 800.0})
    table = table.assign(reach_low=float("nan"), reach_high=float("nan"))
    shares = rank_stability(table, factor=1, top=1)
    assert shares["resource"].tolist() == ["r1", "r0"]
    assert shares["value"].tolist() == shares["first"].tolist() == [1, 0]
    assert shares["n"].tolist() == [4000, 4000]
    assert shares["low"].iloc[0] == pytest.approx(0.99904, abs=1e-5)  # Wilson, 4,000 of 4,000


def test_scores_and_ranks_are_those_of_prioritize():
    table = ideas({"reach": 450.0}, {"reach": 800.0}, {"effort": 1.0})
    shares = rank_stability(table)
    assert shares["score"].tolist() == prioritize(table)["score"].tolist() == [400, 225, 100]
    assert shares["rank"].tolist() == [1, 2, 3]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from([50.0, 100.0]), min_size=1, max_size=6), st.integers(1, 4))
def test_as_many_are_among_the_first_as_have_room(reaches, top):
    table = ideas(*({"reach": reach, "impact": 2.0} for reach in reaches))
    shares = rank_stability(table, factor=1, top=top, draws=200)
    assert shares["value"].sum() == pytest.approx(min(top, len(reaches)))
    assert shares["first"].sum() == pytest.approx(1)


def test_a_seed_gives_the_same_shares_again():
    table = ideas({"effort": 2.0}, {"effort": 2.1}, {"effort": 2.2}, {"effort": 2.3})
    same = [rank_stability(table, seed=seed)["value"].tolist() for seed in (7, 7, 8)]
    assert same[0] == same[1] != same[2]


def test_nothing_to_order_has_no_shares():
    assert rank_stability(ideas({}).iloc[:0]).empty


@pytest.mark.parametrize(
    ("row", "options", "message"),
    [
        ({"lift_low": 0.2}, {}, r"lift_low <= lift_likely .* got 0.2, 0.1, 0.1 \(resource 'r0'\)"),
        ({"lift_high": 0.05}, {}, "lift_low <= lift_likely"),
        ({}, {"top": 0}, "top must be 1 or more, got 0"),
        ({}, {"factor": 0.5}, "factor must be 1 or more, got 0.5"),
    ],
)
def test_what_cannot_be_drawn_is_refused(row, options, message):
    with pytest.raises(ParameterError, match=message):
        rank_stability(ideas(row), **options)
