"""How answers are spread: over the levels of a scale, and over promoters and detractors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Design
from cjm_lab.surveys.base import FEWEST_PEOPLE
from cjm_lab.surveys.measures import question_scale, speaks_about
from cjm_lab.surveys.scores import nps


def answer_table(
    responses: pd.DataFrame,
    codebook: pd.DataFrame,
    questions: Sequence[str] = (),
    weights: npt.ArrayLike | None = None,
) -> pd.DataFrame:
    """Return how many gave each answer to questions that were asked on one scale.

    Answers are counted as they were given: a reversed item is not turned, for it is shown beside
    its own words.

    Parameters
    ----------
    responses, codebook
        Tidy tables; both may be empty.
    questions
        Codes of the questions, in this order; by default all Likert items about us.
    weights
        One weight a respondent; counts are then sums of weights.

    Returns
    -------
    pandas.DataFrame
        One row a question: label (its words), question, one column a level of the scale (named by
        its number), not_applicable and n (who gave an answer on the scale).

    Raises
    ------
    ParameterError
        If a question is unknown, has no scale, or the questions' scales differ.

    Examples
    --------
    >>> codebook = pd.DataFrame({"question": ["q1"], "text": ["I trust them"], "subject": ["us"],
    ...     "measure": ["likert"], "scale_min": [1.0], "scale_max": [3.0]})
    >>> answers = pd.DataFrame({"q1": [3, 3, 1, None], "not_applicable": ["", "", "", "q1"]})
    >>> answer_table(answers, codebook).drop(columns=["question", "n"]).values.tolist()
    [['I trust them', 1.0, 0.0, 2.0, 1.0]]
    """
    nothing = pd.DataFrame(columns=["label", "question", "not_applicable", "n"])
    if responses.empty or codebook.empty:
        return nothing
    ours = codebook[(codebook["subject"] == "us") & codebook["question"].isin(responses.columns)]
    ours = ours.drop_duplicates("question").set_index("question", drop=False)
    codes = list(questions) or ours.index[ours["measure"] == "likert"].tolist()
    for code in codes:
        if code not in ours.index:
            raise ParameterError(one_of("questions", ours.index, code))
    scales = {question_scale(question) for _, question in ours.loc[codes].iterrows()}
    if not codes:
        return nothing
    scale = scales.pop()
    if scales or scale is None:
        raise ParameterError(
            f"questions must be asked on one known scale, got {codes} on several or on none; "
            "make a table for each scale"
        )
    about = speaks_about(responses, "us")
    w = np.ones(len(responses)) if weights is None else np.asarray(weights, dtype=float)
    w = np.where(about, w, 0.0)
    answers = responses[codes].astype(float).where(about)
    levels = np.arange(scale[0], scale[1] + 1)
    given = answers.to_numpy()[:, :, None] == levels
    counts = np.einsum("r,rql->ql", w, given)
    table = pd.DataFrame(counts, columns=[int(v) if v == int(v) else v for v in levels])
    table.insert(0, "label", ours.loc[codes, "text"].to_numpy())
    table.insert(1, "question", codes)
    table["not_applicable"] = _not_applicable(responses, codes, w)
    table["n"] = given.any(axis=2).sum(axis=0)
    return table


def nps_table(
    answers: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    weights: npt.ArrayLike | Design | None = None,
    *,
    min_n: int = FEWEST_PEOPLE,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return promoters, passives, detractors and the Net Promoter Score of each group.

    Parameters
    ----------
    answers
        Whole numbers 0 to 10, one a respondent; NaN where there's no answer.
    groups
        The group of each respondent: an operator, a persona, a segment. Missing or empty: none.
        Without groups all are one.
    weights
        One weight a respondent, or a Design.
    min_n
        Groups with fewer answers are left out.
    level
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        One row a group, the best score first: label, promoters, passives, detractors (shares of 1),
        value, low, high, n, method of the score.

    Raises
    ------
    ParameterError
        If answers and groups differ in length, or an answer is not on the scale.

    Examples
    --------
    >>> table = nps_table([10] * 6 + [8] * 2 + [0] * 2)
    >>> table[["promoters", "passives", "detractors", "value"]].values.tolist()
    [[0.6, 0.2, 0.2, 40.0]]
    """
    x = np.asarray(answers, dtype=float)
    given = ["all"] * len(x) if groups is None else groups
    names = pd.Series(np.asarray(given, dtype=object))
    if len(names) != len(x):
        raise ParameterError(f"groups must have one value an answer ({len(x)}), got {len(names)}")
    plain = weights.weights if isinstance(weights, Design) else weights
    w = np.ones(len(x)) if plain is None else np.asarray(plain, dtype=float)
    sizes = names[~np.isnan(x) & (names != "").to_numpy()].value_counts()
    rows = []
    for name in sorted(sizes[sizes >= min_n].index, key=str):
        own = (names == name).to_numpy() & ~np.isnan(x)
        score = nps(np.where(own, x, np.nan), weights, level=level)
        kinds = (x[own] >= 9, (x[own] > 6) & (x[own] < 9), x[own] <= 6)
        shares = [float(np.average(kind, weights=w[own])) for kind in kinds]
        rows.append((name, *shares, score.value, score.low, score.high, score.n, score.method))
    columns = [
        "label",
        "promoters",
        "passives",
        "detractors",
        "value",
        "low",
        "high",
        "n",
        "method",
    ]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("value", ascending=False, kind="stable", ignore_index=True)


def _not_applicable(
    responses: pd.DataFrame, codes: list[str], weights: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the weight of those to whom each question does not apply."""
    if "not_applicable" not in responses:
        return np.zeros(len(codes))
    of_whom = pd.Series(responses["not_applicable"].fillna("").to_numpy(), range(len(responses)))
    each = of_whom.str.split("\x1f").explode()
    sums = pd.Series(weights[each.index]).groupby(each.to_numpy()).sum()
    return np.asarray(sums.reindex(codes, fill_value=0.0), dtype=float)
