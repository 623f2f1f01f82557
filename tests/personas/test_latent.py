"""Latent classes of people of whom some answers are unknown, beside StepMix's own."""

from __future__ import annotations

import numpy as np
import pytest

from cjm_lab.personas.latent import (
    EMISSION_DICT,
    KNOWN_ANSWERS,
    KnownAnswers,
    StepMix,
    max_one_hot,
    one_hot,
)

MOST, TOTAL = 3, 8
ASKED = {"integer_codes": False, "max_n_outcomes": MOST, "total_outcomes": TOTAL}


def codes(unknown: float) -> np.ndarray:
    """Two kinds of people who answer three questions, one of them with two answers only."""
    rng = np.random.default_rng(3)
    kind = rng.random(400) < 0.4
    often = np.where(kind[:, None], [0.8, 0.1, 0.7], [0.2, 0.6, 0.3])
    first = rng.random((400, 3)) < often
    other = rng.integers(1, 3, (400, 3))
    other[:, 0] = 1
    answers = np.where(first, 0, other).astype(float)
    answers[rng.random(answers.shape) < unknown] = np.nan
    return answers


@pytest.mark.parametrize("unknown", [0.0, 0.3])
def test_shares_and_likelihoods_are_those_of_stepmix(unknown: float) -> None:
    answers = codes(unknown)
    resp = np.random.default_rng(4).dirichlet([1, 1, 1], len(answers)) * 2.5
    theirs, ours = (
        kind(n_components=3, **ASKED) for kind in (EMISSION_DICT["categorical_nan"], KnownAnswers)
    )
    with_nan, with_zeros = max_one_hot(answers, MOST, TOTAL)[0], one_hot(answers, MOST, TOTAL)
    theirs.m_step(with_nan, resp)
    ours.m_step(with_zeros, resp)
    assert ours.parameters["pis"] == pytest.approx(theirs.parameters["pis"], abs=1e-14)
    expected = theirs.log_likelihood(with_nan)
    assert ours.log_likelihood(with_zeros) == pytest.approx(expected, abs=1e-12)
    assert ours.n_parameters == theirs.n_parameters


def test_a_fit_is_that_of_stepmix() -> None:
    answers = codes(0.2)
    counts = np.random.default_rng(5).integers(1, 9, len(answers)).astype(float)
    fits = {}
    for name, x in (
        ("categorical_nan", max_one_hot(answers, MOST, TOTAL)[0]),
        (KNOWN_ANSWERS, one_hot(answers, MOST, TOTAL)),
    ):
        model = StepMix(
            n_components=2, measurement=name, measurement_params=ASKED, n_init=2, max_iter=500,
            abs_tol=1e-6, random_state=0, verbose=0, progress_bar=0,
        )  # fmt: skip
        model.fit(x, sample_weight=counts)
        fits[name] = model.score(x, sample_weight=counts), model.predict(x).tolist()
    theirs, ours = fits.values()
    assert ours[0] == pytest.approx(theirs[0], rel=1e-10)
    assert ours[1] == theirs[1] and len({*ours[1]}) == 2


def test_of_a_question_that_no_one_of_a_class_answered_nothing_is_known() -> None:
    model = KnownAnswers(n_components=2, **ASKED)
    answers = np.array([[0.0, 0.0, 2.0], [1.0, np.nan, 1.0]])
    model.m_step(one_hot(answers, MOST, TOTAL), np.eye(2))
    shares = model.parameters["pis"].reshape(2, 3, MOST)
    assert shares[1].tolist() == [[0, 1, 0], [1 / 3] * 3, [0, 1, 0]]
    assert np.isfinite(model.log_likelihood(one_hot(answers, MOST, TOTAL))).all()
