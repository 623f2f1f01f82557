"""What is said: distinctive terms of a group of texts, and the mentions that were shared most."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse, special

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import benjamini_hochberg, z_value
from cjm_lab.social.term_counts import (
    FEWEST,
    count_terms,
    quote,
    said_by,
    said_shortest,
    without_parts,
)

_COLUMNS = ["group", "term", "value", "low", "high", "n", "z", "p_value", "examples"]
_SHARED = ["text", "channel", "published_at", "engagement", "reposts"]

Floats = npt.NDArray[np.float64]


def distinctive_terms(
    texts: pd.Series,
    groups: pd.Series,
    *,
    top: int = 10,
    prior: float = 500.0,
    ngrams: tuple[int, int] = (1, 2),
    authors: pd.Series | None = None,
    level: float = 0.95,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """Return the terms that set each group of texts apart from the rest.

    Log-odds with an informative Dirichlet prior: y mentions of the group, and Y of the rest,
    contain the term w, n and N are the sums of these counts over all terms, and a_w is the prior
    shared out by the pooled counts:
    log((y + a_w) / (n + prior - y - a_w)) - log((Y + a_w) / (N + prior - Y - a_w)), with the
    variance 1 / (y + a_w) + 1 / (Y + a_w). A mention counts once, however often it says a term.

    Parameters
    ----------
    texts
        One text a mention, masked.
    groups
        Group of each text, on the same index, or a list of groups; one without is of the rest.
    top
        Terms a group.
    prior
        Size of the prior, in counts of terms: the larger, the more a rare term must show.
    ngrams
        Fewest and most words of a term.
    authors
        Author of each text, on the same index; one not known is nobody else.
    level
        Confidence level.
    fewest
        Terms of fewer mentions of the group, or of fewer of its authors, are not shown.

    Returns
    -------
    DataFrame
        group, term, value, low, high, n (mentions of the group that contain it), z, p_value
        (Benjamini-Hochberg over all terms and groups) and examples (a list of up to two masked
        mentions by different authors), the most distinctive first. A group too small has no rows.

    Raises
    ------
    ParameterError
        If `groups` has another index, or `prior` or `ngrams` are out of range.

    References
    ----------
    Monroe, Colaresi & Quinn (2008), Political Analysis 16, 372-403, eq. 16-22.

    Examples
    --------
    10 of 20 mentions say "leaks", the others "works"; with a prior of 2, log(11 / 1) - log(1 / 11):

    >>> texts = pd.Series(["It leaks"] * 10 + ["It works"] * 10)
    >>> groups = pd.Series(["bad"] * 10 + ["good"] * 10)
    >>> found = distinctive_terms(texts, groups, prior=2)
    >>> found[["group", "term", "value", "n"]].round(3).values.tolist()
    [['bad', 'leaks', 4.796, 10], ['good', 'works', 4.796, 10]]
    """
    if not texts.index.equals(groups.index) or not groups.index.is_unique:
        raise ParameterError(
            "groups must have the index of texts, each label once; got"
            f" {len(groups)} groups and {len(texts)} texts; reset_index(drop=True) on both helps"
        )
    if not (prior > 0 and 1 <= ngrams[0] <= ngrams[1]):
        raise ParameterError(
            f"prior must be above 0 and ngrams rise from 1 up, got {prior!r} and {ngrams!r}"
        )
    if authors is not None:
        authors = authors.reindex(texts.index)
    terms, matrix = count_terms(texts, ngrams=ngrams, fewest=fewest)
    member, names = _members(groups)
    if len(terms) < 2 or not len(names):  # a single term has no odds
        return _table([])
    y = np.asarray((member.T @ matrix).todense(), dtype=float)  # groups x terms
    pooled = np.asarray(matrix.sum(axis=0), dtype=float).ravel()
    value, se = _log_odds(y, pooled, prior)
    z = value / se
    tested = np.asarray(member.sum(axis=0)).ravel() >= fewest
    tested &= np.asarray(member.sum(axis=0)).ravel() < len(texts)  # without a rest, no contrast
    p = np.where(tested[:, None], 2 * special.ndtr(-np.abs(z)), np.nan)
    p = benjamini_hochberg(p.ravel()).reshape(p.shape)
    half = z_value(level) * se
    words = np.array([term.count(" ") for term in terms])
    rows = []
    for g in np.flatnonzero(tested):
        inside = np.flatnonzero(member[:, [g]].toarray().ravel())
        own = matrix[inside]
        order = np.lexsort((np.array(terms), -words, -z[g].round(9)))  # a phrase before its words
        order = order[(value[g, order] > 0) & (y[g, order] >= fewest)]
        by = None if authors is None else authors.iloc[inside]
        order = order[said_by(own[:, order], by) >= fewest]
        for i in without_parts(terms, y[g], order, top):
            examples = said_shortest(texts.iloc[inside], own[:, [i]].nonzero()[0], by, most=2)
            low, high = value[g, i] - half[g, i], value[g, i] + half[g, i]
            numbers = (value[g, i], low, high, int(y[g, i]), z[g, i], p[g, i])
            rows.append((names[g], terms[i], *numbers, examples))
    return _table(rows)


def most_shared(mentions: pd.DataFrame, *, top: int = 10) -> pd.DataFrame:
    """Return the mentions that were liked and passed on most, without their authors.

    Parameters
    ----------
    mentions
        The tidy table; reposts (``repost_of``) count for the mention that they pass on.
    top
        Number of mentions.

    Returns
    -------
    DataFrame
        text (masked and shortened), channel, published_at, engagement (the largest of a mention and
        its reposts: networks repeat a mention's counters at each repost) and reposts (those in the
        table), by engagement and then by reposts; mentions with neither are left out.

    Examples
    --------
    >>> said = pd.DataFrame({"mention_id": ["a", "b", "c"], "text": ["Leaks!", "RT Leaks!", "Hm"],
    ...     "channel": "x", "published_at": pd.to_datetime(["2026-10-01"] * 3, utc=True),
    ...     "engagement": [7.0, 7.0, 0.0], "repost_of": ["", "a", ""]})
    >>> most_shared(said)[["text", "engagement", "reposts"]].values.tolist()
    [['Leaks!', 7.0, 1]]
    """
    once = mentions.drop_duplicates("mention_id").reset_index(drop=True)
    of = once["repost_of"].fillna("") if "repost_of" in once else pd.Series("", index=once.index)
    passed_on = of != ""
    original = of.where(passed_on, once["mention_id"])
    engagement = once["engagement"].fillna(0.0).groupby(original).max()
    reposts = passed_on.groupby(original).sum()
    # an original that lies outside the table is shown as its first repost has it
    by_age = once.assign(original=original, passed_on=passed_on).sort_values(
        ["passed_on", "published_at"], kind="stable"
    )
    shown = by_age.drop_duplicates("original").set_index("original")
    shown = shown.assign(engagement=engagement, reposts=reposts)
    shown = shown[(shown["engagement"] > 0) | (shown["reposts"] > 0)]
    shown = shown.sort_values(["engagement", "reposts"], ascending=False, kind="stable").head(top)
    text = pd.Series([quote(text) for text in shown["text"]], dtype="str", index=shown.index)
    return shown.assign(text=text).reset_index(drop=True)[_SHARED]


def _members(groups: pd.Series) -> tuple[sparse.csc_array, list[str]]:
    """Return which text belongs to which group (0 or 1), and the groups' names in order."""
    each = groups.reset_index(drop=True).explode().dropna()
    each = each[each != ""]
    codes, names = pd.factorize(each, sort=True)
    ones = np.ones(len(each), dtype=np.int32)
    member = sparse.csc_array((ones, (each.index, codes)), shape=(len(groups), len(names)))
    member.sum_duplicates()
    member.data[:] = 1
    return member, list(names)


def _log_odds(y: Floats, pooled: Floats, prior: float) -> tuple[Floats, Floats]:
    """Return the log-odds of each term in each group against the rest, and their standard errors.

    Examples
    --------
    >>> value, se = _log_odds(np.array([[10.0, 0.0]]), np.array([10.0, 10.0]), 2.0)
    >>> value.round(3).tolist(), se.round(3).tolist()  # log 121, root of 1/11 + 1/1
    ([[4.796, -4.796]], [[1.044, 1.044]])
    """
    share = prior * pooled / pooled.sum()
    own, other = y + share, pooled - y + share
    odds = own / (own.sum(axis=1, keepdims=True) - own)
    against = other / (other.sum(axis=1, keepdims=True) - other)
    return np.log(odds) - np.log(against), np.sqrt(1 / own + 1 / other)


def _table(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Return the rows with their columns, numbers as numbers where there are none."""
    kinds = {name: "float64" for name in ("value", "low", "high", "z", "p_value")}
    return pd.DataFrame(rows, columns=_COLUMNS).astype(kinds | {"n": "int64", "term": "str"})
