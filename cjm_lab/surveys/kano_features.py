"""Kano: what each feature does to satisfaction when it is there and when it is missing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate
from cjm_lab.surveys.resampling import Floats, Weights, resampled_sums
from cjm_lab.surveys.scores import success_share

#: The letters of the evaluation table in words.
CATEGORIES = {
    "A": "attractive",
    "O": "one-dimensional",
    "M": "must-be",
    "I": "indifferent",
    "R": "reverse",
    "Q": "questionable",
}

#: Rows: the functional answer 1-5 (like, must be, neutral, live with, dislike); columns: the
#: dysfunctional one.
_TABLE = np.array([list(row) for row in ("QAAAO", "RIIIM", "RIIIM", "RIIIM", "RRRRQ")])

#: Of categories named equally often the one earlier in this order counts: M > O > A > I.
_ORDER = "MOAIRQ"

#: Answers as they are commonly worded, and their codes.
_WORDINGS = {
    1: ["like", "I like it", "I like it that way", "I enjoy it that way", "I enjoy it",
        "This would be very helpful to me", "I would like it", "I really like it"],
    2: ["must be", "must-be", "It must be that way", "I must be that way", "I expect it",
        "I expect it that way", "I expect it to be that way", "I take it for granted",
        "It is a basic necessity or I expect it that way",
        "This is a basic requirement for me"],
    3: ["neutral", "I am neutral", "I'm neutral", "I don't care", "I do not care",
        "This would not affect me"],
    4: ["live with", "I can live with it", "I can live with it that way", "I can tolerate it",
        "I can tolerate it that way", "This would be a minor inconvenience",
        "I dislike it, but I can live with it that way",
        "I dislike it, but I can live with it", "I don't like it, but I can live with it"],
    5: ["dislike", "I dislike it", "I dislike it that way", "I can't accept it",
        "I dislike it, and I can't accept it", "This would be a major problem for me",
        "I would dislike it"],
}  # fmt: skip


def kano(
    functional: pd.DataFrame | pd.Series,
    dysfunctional: pd.DataFrame | pd.Series,
    weights: Weights = None,
    *,
    aliases: Mapping[str, int] | None = None,
    repeats: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the Kano category of each feature, how sure it is, and what it does to satisfaction.

    Parameters
    ----------
    functional, dysfunctional
        Answers to "if it is there" and "if it is missing": one row a respondent, the same in
        both, and one column a feature, named alike; a Series is one feature. Codes 1 like,
        2 must be, 3 neutral, 4 live with, 5 dislike, or their common wordings. A pair with an
        answer missing is left out.
    weights
        One weight a respondent, or a Design.
    aliases
        Wordings of this survey and their codes, such as ``{"I would love that": 1}``.
    repeats, seed, level
        Of the bootstrap over respondents (certainty), and of the intervals.

    Returns
    -------
    DataFrame
        One row a feature: ``feature``; ``category``, the most frequent one, ties going to M, O, A,
        I, R, Q in that order; ``certainty``, the share of resamples with the same category;
        ``better`` (A+O)/(A+O+M+I) and ``worse`` -(O+M)/(A+O+M+I), each with ``_low`` and
        ``_high``; the counts ``A O M I R Q`` (weighted where weights are given); ``total_strength``
        (A+O+M of all); ``category_strength``, by how much the first category leads the second;
        ``n``; ``method``, that of the intervals.

    Raises
    ------
    ParameterError
        If an answer is neither a code nor a wording known, or features or respondents differ.

    References
    ----------
    Kano et al. (1984), Hinshitsu 14, 39-48; Berger et al. (1993), Center for Quality Management
    Journal 2(4), 3-35 (evaluation table, tie rule, better and worse).

    Examples
    --------
    >>> there = pd.Series([1] * 20 + [3] * 20, name="Lid")
    >>> missing = pd.Series([3] * 12 + [5] * 23 + [3] * 5)
    >>> kano(there, missing)[["A", "O", "M", "I", "better", "worse"]].values.tolist()
    [[12.0, 8.0, 15.0, 5.0, 0.5, -0.575]]
    """
    there, missing = _features(functional), _features(dysfunctional)
    if not isinstance(functional, pd.DataFrame) and missing.shape[1] == 1:
        missing = missing.set_axis(there.columns, axis=1)
    features = list(there.columns)
    if set(features) != set(missing.columns) or len(there) != len(missing):
        raise ParameterError(
            "functional and dysfunctional answers must have the same features and respondents, "
            f"got {features} of {len(there)} and {list(missing.columns)} of {len(missing)}"
        )
    rows = []
    for feature in features:
        pairs = [
            kano_codes(answers[feature], aliases=aliases, name=str(feature))
            for answers in (there, missing)
        ]
        both = ~np.isnan(pairs[0]) & ~np.isnan(pairs[1])
        letters = np.full(len(both), "")
        letters[both] = _TABLE[tuple((codes[both] - 1).astype(int) for codes in pairs)]
        rows.append({"feature": feature} | _summary(letters, weights, repeats, seed, level))
    return pd.DataFrame(rows, columns=None if rows else ["feature"])


def kano_codes(
    answers: npt.ArrayLike, *, aliases: Mapping[str, int] | None = None, name: str = ""
) -> Floats:
    """Return answers as codes 1 to 5, NaN where there's none.

    Parameters
    ----------
    answers
        Codes or wordings.
    aliases
        Wordings of this survey and their codes.
    name
        The feature, for the error message.

    Raises
    ------
    ParameterError
        If an answer is neither a code nor a wording known, or an alias has no code 1 to 5.

    Examples
    --------
    >>> kano_codes(["I like it that way", "5", "", "I’m neutral"]).tolist()
    [1.0, 5.0, nan, 3.0]
    """
    known: dict[str, float] = {
        _folded(words): code for code, all_words in _WORDINGS.items() for words in all_words
    }
    known |= {f"{code}{zero}": code for code in _WORDINGS for zero in ("", ".0")}
    for words, code in (aliases or {}).items():
        if code not in _WORDINGS:
            raise ParameterError(f"a code of aliases must be 1 to 5, got {code!r} for {words!r}")
        known[_folded(words)] = code
    known[""] = np.nan
    given = pd.Series(answers, copy=False)
    folded = given.astype("str").where(given.notna(), "").map(_folded)
    unknown = given[~folded.isin(list(known))]
    if len(unknown):
        place = f", feature {name!r}" if name else ""
        raise ParameterError(
            "a Kano answer must be a code 1 to 5 or one of the common wordings, got "
            f"{str(unknown.iloc[0])!r} ({len(unknown)} answers{place}); give its code in aliases "
            "(`labels` of the question in study.yaml): 1 like, 2 must be, 3 neutral, 4 live with, "
            "5 dislike"
        )
    return np.asarray(folded.map(known), dtype=np.float64)


def _features(answers: pd.DataFrame | pd.Series) -> pd.DataFrame:
    if isinstance(answers, pd.DataFrame):
        return answers
    one = pd.Series(answers)
    return one.to_frame(name="feature" if one.name is None else one.name).reset_index(drop=True)


def _folded(words: object) -> str:
    """Return a wording without what typing and tools change: case, quotes, spaces, final point."""
    straight = str(words).replace("’", "'").replace("‘", "'").replace("ʼ", "'")
    return " ".join(straight.casefold().split()).rstrip(".! ")


def _summary(
    letters: npt.NDArray[np.str_], weights: Weights, repeats: int, seed: int, level: float
) -> dict[str, object]:
    """Return the row of one feature from everyone's letter, "" where there's none."""
    is_in = letters[:, None] == np.array(list(_ORDER))[None, :]
    sums = resampled_sums(is_in, weights, repeats=repeats, seed=seed)
    counts, total = dict(zip(_ORDER, sums[0].tolist(), strict=True)), float(sums[0].sum())
    first = _first(sums)
    ranked = np.sort(sums[0])
    better, worse = _share(letters, "AO", weights, level), _share(letters, "OM", weights, level)
    known = total > 0
    return {
        "category": CATEGORIES[_ORDER[first[0]]] if known else "",
        "certainty": float((first[1:] == first[0]).mean()) if known and repeats else np.nan,
        "better": better.value,
        "better_low": better.low,
        "better_high": better.high,
        "worse": 0.0 - worse.value,
        "worse_low": 0.0 - worse.high,
        "worse_high": 0.0 - worse.low,
        **{letter: counts[letter] for letter in CATEGORIES},
        "total_strength": sum(counts[c] for c in "AOM") / total if known else np.nan,
        "category_strength": float(ranked[-1] - ranked[-2]) / total if known else np.nan,
        "n": int(is_in.sum()),
        "method": better.method,
    }


def _first(sums: Floats) -> npt.NDArray[np.intp]:
    """Return the place of the most frequent category a row; weights leave ties a last digit off."""
    near = sums >= sums.max(axis=1, keepdims=True) * (1 - 1e-12)
    return near.argmax(axis=1)


def _share(letters: npt.NDArray[np.str_], which: str, weights: Weights, level: float) -> Estimate:
    """Return the share of some letters among A, O, M and I."""
    hit = np.isin(letters, list(which)).astype(float)
    hit[~np.isin(letters, list("AOMI"))] = np.nan
    return success_share(hit, weights, level=level)
