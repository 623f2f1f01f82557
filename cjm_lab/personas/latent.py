"""Classes of people of whom any answer may be unknown, as StepMix fits them."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

with warnings.catch_warnings():
    # a docstring of stepmix 3.0 has an invalid escape: Python says so when it compiles it
    warnings.simplefilter("ignore", SyntaxWarning)
    warnings.simplefilter("ignore", DeprecationWarning)
    from stepmix.emission.build_emission import EMISSION_DICT
    from stepmix.emission.categorical import Multinoulli
    from stepmix.stepmix import StepMix
    from stepmix.utils import max_one_hot

__all__ = ["KNOWN_ANSWERS", "KnownAnswers", "StepMix", "one_hot"]

Floats = npt.NDArray[np.float64]


class KnownAnswers(Multinoulli):
    """StepMix's ``categorical_nan``, in a fifth of its time.

    An unknown answer is a row of zeros rather than of NaN: it says nothing of a person's class and
    counts in no class's shares, so that one product of matrices does for a loop over all answers.
    """

    def m_step(self, X: Floats, resp: Floats) -> None:
        """Set the share of each answer in each class, among those of it who answered."""
        most, classes = self.parameters["max_n_outcomes"], resp.shape[1]
        counts = (X.T @ resp).reshape(-1, most, classes)
        answered = counts.sum(axis=1, keepdims=True)
        shares = np.full_like(counts, 1 / most)  # where nobody answered
        np.divide(counts, answered, out=shares, where=answered > 0)
        self.parameters["pis"] = shares.reshape(-1, classes).T


#: What StepMix calls it: a name in this list is how a model of one's own joins its.
KNOWN_ANSWERS = "known_answers"
EMISSION_DICT[KNOWN_ANSWERS] = KnownAnswers


def one_hot(codes: Floats, most: int, total: int) -> Floats:
    """Return a column of zeros and ones for each answer; of an unknown one all are zero.

    Parameters
    ----------
    codes
        Answers as integers from 0, NaN where unknown, one column a question.
    most, total
        How many answers the question with the most has, and how many all have together.

    Examples
    --------
    >>> one_hot(np.array([[0.0, 1.0], [np.nan, 0.0]]), most=2, total=3).tolist()
    [[1.0, 0.0, 0.0, 1.0], [0.0, 0.0, 1.0, 0.0]]
    """
    return np.nan_to_num(max_one_hot(codes, most, total)[0])
