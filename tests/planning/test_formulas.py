from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.planning.formulas import parse_formula

COLUMNS = ["reach", "impact", "effort"]


def value(text: str, **columns: float) -> float:
    return float(parse_formula(text, columns)(columns))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("reach * impact / effort", 675.0),
        ("reach + impact * effort", 456.0),
        ("-impact ** 2", -9.0),
        ("(reach - 50) / (effort * impact + 2)", 50.0),
        ("min(reach, 100, impact)", 3.0),
        ("max(impact - effort, 0) + abs(-effort)", 3.0),
        ("sqrt(reach * effort)", 30.0),
        ("log(impact) / log(3)", 1.0),
        ("reach\n  * 1e-2", 4.5),
    ],
)
def test_arithmetic_is_that_of_school(text, expected):
    assert value(text, reach=450, impact=3, effort=2) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "().__class__.__bases__[0].__subclasses__()",
        "reach.to_csv('x')",
        "reach.__class__",
        "reach[0]",
        "eval('1')",
        "open('x')",
        "exec('reach')",
        "(lambda: reach)()",
        "[reach for reach in (1,)]",
        "{reach}",
        "'reach'",
        "f'{reach}'",
        "reach if impact else effort",
        "reach and impact",
        "reach > 1",
        "not reach",
        "~reach",
        "reach // impact",
        "reach % impact",
        "reach << 40",
        "reach @ impact",
        "(reach := 3)",
        "reach; impact",
        "reach = 1",
        "import os",
        "reach, impact",
        "*reach",
        "sqrt(*reach)",
        "max(reach)",
        "sqrt(reach, impact)",
        "max(reach, impact, key=effort)",
        "max(**reach)",
        "reach(1)",
        "max.__self__",
        "True * reach",
        "None",
        "...",
        "1j * reach",
        "b'x'",
        "reach * 1e999",
        "reach * 1" + "0" * 100,
        "reach * '\0'",
        "reach *",
        "await reach",
        "(yield reach)",
    ],
)
def test_what_is_no_arithmetic_is_refused(text):
    with pytest.raises(ParameterError, match=r"^formula must be made of columns.*got"):
        parse_formula(text, COLUMNS)


@pytest.mark.parametrize(
    "text", ["", "  \n", "reach + " * 40 + "1", "(" * 300 + "reach" + ")" * 300]
)
def test_an_empty_or_endless_formula_is_refused(text):
    with pytest.raises(ParameterError, match="formula must have 1 to 200 characters"):
        parse_formula(text, COLUMNS)


@pytest.mark.parametrize("text", ["-" * 195 + "reach", "(" * 97 + "reach" + ")" * 97])
def test_deep_nesting_neither_hangs_nor_breaks(text):
    assert abs(value(text, reach=3)) == 3


@pytest.mark.parametrize("name", ["risk", "__builtins__", "os", "max", "pd"])
def test_a_name_that_is_no_column_is_named(name):
    with pytest.raises(ParameterError, match=rf"a column in the formula must be .* got '{name}'"):
        parse_formula(f"{name} * reach", COLUMNS)


def test_an_error_names_the_place_and_the_nearest_column():
    with pytest.raises(ParameterError, match=r"\(priorities of x\); did you mean 'reach'\?"):
        parse_formula("raech / 2", COLUMNS, where="priorities of x")


def test_a_formula_without_a_column_orders_nothing():
    with pytest.raises(ParameterError, match="must name a column, got '1 / 3'"):
        parse_formula("1 / 3", COLUMNS)


def test_huge_powers_cost_nothing_and_say_infinite():
    assert value("9 ** 9 ** 9 ** 9 ** reach", reach=2) == np.inf
    assert np.isnan(value("sqrt(reach)", reach=-1))
    assert value("1 / reach", reach=0) == np.inf


@given(st.text(max_size=60))
def test_any_text_is_a_formula_or_an_error_of_ours(text):
    try:
        parse_formula(text, COLUMNS)
    except ParameterError as error:
        assert "got" in str(error)


def test_it_works_on_whole_columns_and_on_draws():
    score = parse_formula("reach * impact", COLUMNS)
    drawn = score({"reach": np.array([[1.0], [2.0]]), "impact": np.array([[1.0, 2.0, 3.0]])})
    assert drawn.tolist() == [[1, 2, 3], [2, 4, 6]]
    assert score.names == ("impact", "reach")
