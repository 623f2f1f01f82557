"""Reliability against R's psych and lavaan, and arithmetic by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.period import period_up_to
from cjm_lab.study import Study
from cjm_lab.surveys import cronbach_alpha, item_analysis, omega, reliability_evidence

SCALES = ["agree", "conscientious", "extraversion", "neuroticism", "openness"]
SEPTEMBER = period_up_to(date(2026, 9, 30))
Maker = Callable[..., pd.DataFrame]


@pytest.fixture
def battery(shared_data: Path) -> Callable[[str], tuple[pd.DataFrame, dict[str, Any], Any]]:
    """`battery("agree")`: a scale of the bfi, the arguments that turn it, and what R says."""

    def read(name: str) -> tuple[pd.DataFrame, dict[str, Any], Any]:
        golden = json.loads((shared_data / "surveys" / "bfi_reliability.json").read_text())
        case = golden["scales"][name]
        items = [item.removeprefix("-") for item in case["items"]]
        turned = [item[1:] for item in case["items"] if item.startswith("-")]
        answers = pd.read_csv(shared_data / "surveys" / "bfi.csv", usecols=items)[items]
        return answers, {"reversed": turned, "scale": (1, 6)}, case

    return read


@pytest.mark.parametrize("name", SCALES)
def test_alpha_of_the_big_five_agrees_with_psych(battery, name: str) -> None:
    answers, how, case = battery(name)
    pairwise = cronbach_alpha(answers, **how)
    assert pairwise.value == pytest.approx(case["alpha_raw_pairwise"], rel=1e-11)
    assert pairwise.method == "Feldt, pairwise"
    assert case["n_complete"] < pairwise.n < case["n_total"]
    listwise = cronbach_alpha(answers, missing="listwise", **how)
    assert listwise.value == pytest.approx(case["alpha_raw_complete"], rel=1e-11)
    assert [listwise.low, listwise.high] == pytest.approx(case["feldt_ci95_complete"], rel=1e-11)
    assert (listwise.n, listwise.method) == (case["n_complete"], "Feldt, listwise")


@pytest.mark.parametrize("name", SCALES)
def test_omega_of_the_big_five_agrees_with_lavaan_and_psych(battery, name: str) -> None:
    answers, how, case = battery(name)
    cfa, minres = omega(answers, **how), omega(answers, model="minres", **how)
    assert cfa.value == pytest.approx(case["omega_total_CFA_ML_cov"], rel=1e-6)
    assert minres.value == pytest.approx(case["omega_total_1factor_minres_cor"], rel=1e-6)
    assert (cfa.method, minres.method) == ("cfa, delta, listwise", "minres, delta, listwise")
    assert cfa.n == minres.n == case["n_complete"]
    assert cfa.low < cfa.value < cfa.high < 1


@pytest.mark.parametrize("name", SCALES)
def test_each_items_part_agrees_with_psych(battery, name: str) -> None:
    answers, how, case = battery(name)
    table = item_analysis(answers, **how).set_index("item")
    columns = {"value": "r_drop_complete", "alpha_if_dropped": "alpha_if_dropped_complete"}
    for ours, theirs in columns.items():
        expected = [case[theirs][item] for item in table.index]
        assert table[ours].to_numpy() == pytest.approx(expected, rel=1e-11)
    assert table["mean"].mean() == pytest.approx(case["mean_score_complete"], rel=1e-11)
    assert (table["n"] == case["n_complete"]).all()
    # Fisher's interval of A1: tanh(atanh r -+ 1.96 / sqrt(n - 3))
    r, n = table["value"].iloc[0], case["n_complete"]
    assert table["low"].iloc[0] == pytest.approx(np.tanh(np.arctanh(r) - 1.959964 / np.sqrt(n - 3)))


def test_alpha_of_departments_operators_and_a_questionnaire(shared_data: Path) -> None:
    folder = shared_data / "surveys"
    golden = json.loads((folder / "attitude_drivers.json").read_text())
    attitude = cronbach_alpha(pd.read_csv(folder / "attitude.csv"))
    assert round(attitude.value, 4) == 0.8431
    assert [attitude.low, attitude.high] == pytest.approx(golden["feldt"], rel=1e-10)
    even = [f"Q{i}" for i in (2, 4, 6, 8, 10)]
    sus = pd.read_csv(folder / "sus_vr_queue.csv")[[f"Q{i}" for i in range(1, 11)]]
    assert round(cronbach_alpha(sus, reversed=even, scale=(1, 5)).value, 4) == 0.7599
    effort = ["Very difficult", "Difficult", "Neither easy nor difficult", "Easy", "Very easy"]
    six = [f"Q12_{i}" for i in range(1, 7)]
    table = pd.read_csv(folder / "mobiles_feedback_4_weeks.csv", usecols=six)
    easy = table.apply(lambda column: column.map({word: i for i, word in enumerate(effort, 1)}))
    mobiles = json.loads((folder / "mobiles_feedback_golden.json").read_text())
    expected = mobiles["alpha_effort_complete"]
    found = cronbach_alpha(easy, missing="listwise")
    assert (found.n, found.value) == (705, pytest.approx(expected["raw"], rel=1e-10))
    assert [found.low, found.high] == pytest.approx(expected["feldt"], rel=1e-10)


def test_alpha_of_thurstones_nine_tests(shared_data: Path) -> None:
    """Nine variables with exactly the published correlations have psych's alpha, .89."""
    folder = shared_data / "surveys"
    r = pd.read_csv(folder / "thurstone_cor.csv", index_col=0).to_numpy()
    golden = json.loads((folder / "thurstone_omega.json").read_text())
    noise = np.random.default_rng(1).normal(size=(200, 9))
    noise -= noise.mean(axis=0)
    white = noise @ np.linalg.inv(np.linalg.cholesky(np.cov(noise.T)).T)
    assert cronbach_alpha(white @ np.linalg.cholesky(r).T).value == pytest.approx(golden["alpha"])


def test_alpha_by_hand() -> None:
    # variances 5/3 twice, covariance 1; sum 16/3: 2 (1 - (10/3) / (16/3)) = .75
    assert cronbach_alpha([[1, 2], [2, 1], [3, 4], [4, 3]]).value == pytest.approx(0.75)


def test_omega_of_items_that_fit_the_model_is_the_one_they_were_made_with() -> None:
    """Loadings .5, .6, .7, .8: (2.6)^2 / (2.6^2 + 4 - 1.74) = .7494."""
    loadings = np.array([0.5, 0.6, 0.7, 0.8])
    rng = np.random.default_rng(3)
    z = rng.normal(size=(300, 5))
    z -= z.mean(axis=0)
    z = z @ np.linalg.inv(np.linalg.cholesky(np.cov(z.T, bias=True)).T)
    x = z[:, :1] * loadings + z[:, 1:] * np.sqrt(1 - loadings**2)
    assert omega(x).value == pytest.approx(6.76 / (6.76 + 2.26), rel=1e-6)
    assert omega(x, model="minres").value == pytest.approx(6.76 / (6.76 + 2.26), rel=1e-6)


@pytest.mark.parametrize("model", ["cfa", "minres"])
def test_the_standard_error_of_omega_is_the_jackknifes(battery, model: str) -> None:
    answers, _, _ = battery("agree")
    some = answers.dropna().iloc[:150].to_numpy()
    some[:, 0] = 7 - some[:, 0]
    without = [omega(np.delete(some, i, axis=0), model=model).value for i in range(150)]
    jackknife = np.sqrt(149 / 150 * ((without - np.mean(without)) ** 2).sum())
    assert omega(some, model=model).se == pytest.approx(jackknife, rel=0.06)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: cronbach_alpha([[1], [2]]), "two items or more, one a column, got 1"),
        (lambda: cronbach_alpha([1, 2, 3]), "two items or more"),
        (lambda: cronbach_alpha([[1, 9], [2, 8]], scale=(1, 5)), "got 9 in '1'; items on unlike"),
        (lambda: cronbach_alpha([[1, 2]], reversed=[1]), "scale must be given"),
        (lambda: cronbach_alpha([[1, 2]], reversed=[7], scale=(1, 5)), "item must be one of"),
        (lambda: cronbach_alpha([["a", "b"]]), "must be numbers"),
        (lambda: cronbach_alpha([[1, 2]], missing="some"), "missing must be one of"),
        (lambda: omega([[1, 2], [2, 1]]), "three items or more"),
        (lambda: omega([[1, 2, 3]], model="pca"), "model must be one of"),
    ],
)  # fmt: skip
def test_a_battery_that_cannot_be_is_refused(call, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        call()


def test_where_nothing_can_be_said_the_method_says_why() -> None:
    nan = float("nan")
    assert cronbach_alpha([[3, 3], [3, 3]]).method == "no variance"
    assert cronbach_alpha([[1, nan], [nan, 2]]).method == "fewer than two complete answers"
    flat = np.c_[np.arange(10) % 4, np.arange(10) % 3, np.ones(10)]
    assert omega(flat).method == "an item without variance"
    assert omega([[1, 2, 3], [2, 1, 3]]).method == "no more complete answers than items"
    twins = np.c_[np.arange(10) % 4, np.arange(10) % 4, np.arange(10) % 3].astype(float)
    assert not omega(twins).has_interval  # two items that are one have no error of their own


def test_items_that_contradict_one_another_have_no_reliability() -> None:
    assert cronbach_alpha([[1, 5], [2, 4], [4, 1], [5, 2]]).value < 0
    turned = cronbach_alpha([[1, 5], [2, 4], [4, 1], [5, 2]], reversed=[1], scale=(1, 5))
    assert turned.value > 0.9


batteries = st.lists(st.tuples(*[st.integers(1, 5)] * 4), min_size=8, max_size=25)


@settings(max_examples=40, deadline=None)
@given(batteries, st.permutations(range(4)), st.randoms(use_true_random=False))
def test_order_of_rows_and_items_and_the_unit_change_nothing(rows, order, random) -> None:
    one = cronbach_alpha(rows)
    moved = 10 * np.array(random.sample(rows, len(rows)))[:, order] - 7
    other = cronbach_alpha(moved)
    assert (one.value, one.low) == pytest.approx((other.value, other.low), nan_ok=True)
    whole, part = item_analysis(rows), item_analysis(moved)
    assert part["value"].to_numpy() == pytest.approx(whole["value"].to_numpy()[order], nan_ok=True)


def test_batteries_and_the_sus_become_evidence(
    study: Study, codebook: Maker, answers: Maker
) -> None:
    rng = np.random.default_rng(8)
    likes = np.clip(np.round(3 + rng.normal(size=(60, 1)) + 0.6 * rng.normal(size=(60, 4))), 1, 5)
    likes[:, 3] = 6 - likes[:, 3]
    likes[0, 0] = np.nan
    asked = {f"l{i}": {"measure": "likert", "touchpoint": "cup"} for i in range(4)}
    asked["l3"]["reversed"] = True  # type: ignore[assignment]
    asked |= {
        f"w{i}": {"measure": "likert", "scale_max": 7.0, "touchpoint": "cup"} for i in range(2)
    }  # type: ignore[dict-item]
    asked |= {f"s{i}": {"measure": "sus"} for i in range(10)}
    usable = np.array([[5, 1] * 5, [4, 2] * 5, [3, 3] * 5, [4, 1] * 5, [2, 2] * 5, [5, 3] * 5] * 10)
    jitter = np.clip(usable + rng.integers(-1, 2, usable.shape), 1, 5)
    columns = {f"l{i}": likes[:, i] for i in range(4)} | {f"w{i}": [1.0] * 60 for i in range(2)}
    columns |= {f"s{i}": jitter[:, i].astype(float) for i in range(10)}
    rows = reliability_evidence(answers(**columns), codebook(**asked), study, SEPTEMBER)
    assert rows["measure"].tolist() == ["alpha", "omega_total"] * 2
    assert set(rows["lane"]) == {"reliability"}
    assert rows["evidence_id"].is_unique
    battery, _, sus, _ = (row for _, row in rows.iterrows())
    expected = cronbach_alpha(likes, missing="listwise", reversed=[3], scale=(1, 5))
    assert (battery["value"], battery["n"]) == (pytest.approx(expected.value), 59)
    assert (battery["touchpoint"], battery["stage"]) == ("cup", "drink")
    assert battery["label"] == "Scale of 4 questions on Cup"
    assert "complete respondents only" in battery["note"]
    assert battery["method"] == "Feldt, listwise"
    even = cronbach_alpha(jitter, reversed=[1, 3, 5, 7, 9], scale=(1, 5))
    assert (sus["label"], sus["value"]) == ("System Usability Scale", pytest.approx(even.value))


def test_no_battery_is_no_evidence(study: Study, codebook: Maker, answers: Maker) -> None:
    few = answers(**{f"l{i}": [1.0, 2.0, 3.0] for i in range(3)})
    asked = codebook(**{f"l{i}": {"measure": "likert"} for i in range(3)})
    assert reliability_evidence(few, asked, study, SEPTEMBER).empty  # fewer than five people
    assert reliability_evidence(pd.DataFrame(), asked, study, SEPTEMBER).empty
    assert isnan(omega(few[["l0", "l1", "l2"]]).value)
