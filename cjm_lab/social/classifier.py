"""A classifier that learns from the labels at hand and never scores what it has seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.pipeline import FeatureUnion

Floats = npt.NDArray[np.float64]

#: With fewer labels of either kind there is nothing to learn from.
FEWEST_TO_LEARN = 10

# Terms of each kind, texts that the terms are taken from, texts scored at a time, characters read.
_TERMS, _TAUGHT, _CHUNK, _LENGTH = 20_000, 20_000, 20_000, 2_000


def classifier_scores(
    texts: pd.Series,
    labels: pd.Series,
    *,
    target: str = "negative",
    cluster: pd.Series | None = None,
    earlier: pd.DataFrame | None = None,
    folds: int = 5,
    seed: int = 0,
) -> pd.Series:
    """Return how likely each mention has a label, by models that haven't seen that of its author.

    A logistic regression on words and parts of words (TF-IDF) is fitted once a fold of the labeled
    mentions. Mentions of an author with labels get the score of the one model that learned from
    none of them; all others the mean of the models. So labeled and unlabeled mentions are scored
    alike, which is what `labeled_share` needs of its `score`; that it was learned from the same
    labels costs a little certainty (of 200 labels 93 of 100 intervals at 95 % hold the truth).

    Parameters
    ----------
    texts
        Text of every mention of the frame, on the index of mention ids.
    labels
        Label of each labeled mention, on the index of mention ids; blank and ``undecided`` ones,
        and those outside the frame, teach nothing.
    target
        The label to look for.
    cluster
        Author of every mention of the frame; blank, or without it, each mention is its own.
    earlier
        ``text`` and ``label`` of mentions of other frames; every model learns from them too.
    folds
        Number of models.
    seed
        Of the assignment of authors to folds.

    Returns
    -------
    Series
        Around 0 to 1, on the index of `texts`; each model is shifted to the mean of all, so that
        its share of the label in training says nothing. All missing where there's nothing to learn
        from, and then ``attrs["reason"]`` says why; `labeled_share` then uses the labels alone.

    Raises
    ------
    ParameterError
        If `folds` is below 2, or `earlier` has no column text or label.

    References
    ----------
    Zrnic & Candes (2024), Cross-prediction-powered inference, PNAS 121; Breidt & Opsomer (2017),
    Model-assisted survey estimation, Statistical Science 32.

    Examples
    --------
    >>> texts = pd.Series(["the queue was long", "what a friendly crew"] * 50)
    >>> labels = pd.Series(["negative", "positive"] * 15)
    >>> classifier_scores(texts, labels).iloc[-2:].round(1).tolist()
    [0.9, 0.1]
    >>> classifier_scores(texts, labels.head(12)).attrs["reason"]
    'a classifier needs 10 labels of either kind, got 6 and 6'
    """
    if folds < 2:
        raise ParameterError(f"folds must be 2 or more, got {folds!r}; 5 is usual")
    learned = labels[_says(labels) & labels.index.isin(texts.index)].sort_index()
    before = _earlier(earlier)
    y = (pd.concat([learned, before["label"]]) == target).to_numpy(dtype="float64")
    of_kind = (int(y.sum()), int(len(y) - y.sum()))
    reason = ""
    if min(of_kind) < FEWEST_TO_LEARN:
        reason = (
            f"a classifier needs {FEWEST_TO_LEARN} labels of either kind,"
            f" got {of_kind[0]} and {of_kind[1]}"
        )
    elif not texts.fillna("").str.contains(r"\w").any():
        reason = "the texts hold no words"
    fold = _folds(texts.index, learned.index, cluster, folds, seed)
    if not reason and len(np.unique(fold[fold >= 0])) < 2:
        reason = "a classifier needs labels of two authors or more"
    if reason:
        nothing = pd.Series(np.nan, index=texts.index, dtype="float64")
        nothing.attrs["reason"] = reason
        return nothing
    terms = _terms(texts)
    own = texts.index.get_indexer(learned.index)
    known = terms.transform(_read(pd.concat([texts.iloc[own], before["text"]])))
    models = _models(known, y, np.append(fold[own], np.full(len(before), -1)))
    scores = np.concatenate([_probability(part, models) for part in _parts(terms, texts)])
    return pd.Series(_cross(scores, fold), index=texts.index)


def _says(labels: pd.Series) -> pd.Series:
    """Return which labels say something."""
    return ~labels.fillna("").isin(["", "undecided"])


def _earlier(earlier: pd.DataFrame | None) -> pd.DataFrame:
    """Return texts and labels of other frames that say something."""
    if earlier is None:
        return pd.DataFrame({"text": pd.Series(dtype="str"), "label": pd.Series(dtype="str")})
    missing = [name for name in ("text", "label") if name not in earlier]
    if missing:
        raise ParameterError(
            f"earlier must have the columns text and label, got none named {missing}; join the"
            " labels of earlier frames to their mentions"
        )
    return earlier.loc[_says(earlier["label"]), ["text", "label"]]


def _folds(
    frame: pd.Index, labeled: pd.Index, cluster: pd.Series | None, folds: int, seed: int
) -> npt.NDArray[np.intp]:
    """Return the fold of each mention, that of its author; -1 where the author has no label."""
    author = pd.Series(frame.astype("str"), index=frame)
    if cluster is not None:
        known = cluster.reindex(frame).fillna("").astype("str")
        author = ("a " + known).where(known != "", "m " + author)
    with_label = np.sort(author.loc[labeled].unique())
    shuffled = np.random.default_rng(seed).permutation(len(with_label))
    fold = pd.Series(shuffled % folds, index=with_label)
    return author.map(fold).fillna(-1).to_numpy(dtype=np.intp)


def _terms(texts: pd.Series) -> FeatureUnion:
    """Return words, pairs of words and parts of words with their weights, from texts of the frame.

    Labeled or not: terms of the labeled texts alone would give these longer vectors.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion

    words = TfidfVectorizer(
        ngram_range=(1, 2), token_pattern=r"\w+", sublinear_tf=True, max_features=_TERMS
    )
    parts = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True, max_features=_TERMS
    )
    every = texts.iloc[:: -(-len(texts) // _TAUGHT)]
    if not every.fillna("").str.contains(r"\w").any():
        every = texts
    return FeatureUnion([("words", words), ("parts", parts)]).fit(_read(every))


def _read(texts: pd.Series) -> pd.Series:
    return texts.fillna("").str.slice(0, _LENGTH)


def _parts(terms: FeatureUnion, texts: pd.Series) -> Iterator[csr_matrix]:
    """Yield the terms of some texts at a time: those of a million don't fit into memory."""
    for start in range(0, len(texts), _CHUNK):
        yield terms.transform(_read(texts.iloc[start : start + _CHUNK]))


def _models(known: csr_matrix, y: Floats, fold: npt.NDArray[np.intp]) -> Floats:
    """Return the coefficients of the model of each fold, a row a fold, the intercept last."""
    from sklearn.linear_model import LogisticRegression

    rows = []
    for left_out in range(fold.max() + 1):
        x, said = known[fold != left_out], y[fold != left_out]
        if said.min() == said.max():  # one author wrote all of a kind
            rows.append(np.append(np.zeros(known.shape[1]), np.copysign(5.0, said[0] - 0.5)))
            continue
        model = LogisticRegression(solver="liblinear", random_state=0)
        model.fit(x, said)
        rows.append(np.append(model.coef_[0], model.intercept_[0]))
    return np.array(rows)


def _probability(terms: csr_matrix, models: Floats) -> Floats:
    """Return the probability that each model gives to each text."""
    from scipy.special import expit

    return np.asarray(expit(terms @ models[:, :-1].T + models[:, -1]))


def _cross(scores: Floats, fold: npt.NDArray[np.intp]) -> Floats:
    """Return the score of the model that left an author out, else the mean; means made equal.

    A model without a fold that was rich in the label expects less of it everywhere: unshifted, that
    would read as a relation of score and label.
    """
    level = scores - scores.mean(axis=0) + scores.mean()
    own = level[np.arange(len(level)), np.maximum(fold, 0)]
    return np.where(fold >= 0, own, level.mean(axis=1))
