"""Who says what again: exact and near copies, mentions passed on, and how few write how much."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.sources.masking import MASK

#: Texts of fewer different words are near copies only if their words are the same.
FEWEST_WORDS = 6

_REPOST = re.compile(r"\s*[\"\u201c]?(?:RT|MT)\s*:?\s*(?:@\w|\[handle\])", re.IGNORECASE)
_NOT_SAID = re.compile(rf"^\W*(?:RT|MT)\b|https?://\S+|www\.\S+|@\w+|{MASK}", re.IGNORECASE)

# Of pairs at a Jaccard index of .8, 1 - (1 - .8^5)^12 = .99 share a band.
_BANDS, _ROWS = 12, 5


def exact_duplicates(texts: pd.Series, within: pd.Series | None = None) -> pd.Series:
    """Return which texts only repeat an earlier one, apart from case and white space.

    Parameters
    ----------
    texts
        One text a mention, the first one to keep first.
    within
        Repeats count as such only inside one of these groups, such as a month.

    Examples
    --------
    >>> exact_duplicates(pd.Series(["Love it", "love  it ", "Loved it"])).tolist()
    [False, True, False]
    """
    folded = texts.fillna("").str.casefold().str.split().str.join(" ")
    keys = folded.to_frame("text")
    if within is not None:
        keys["within"] = within
    return keys.duplicated()


def near_duplicates(
    texts: pd.Series, within: pd.Series | None = None, threshold: float = 0.8
) -> pd.Series:
    """Return which texts are nearly an earlier one, such as a campaign's with another link.

    Links, handles, case, punctuation and a leading "RT" don't count. Two texts are near copies when
    they share at least `threshold` of their different words (Jaccard index); texts of fewer than 6
    different words only when the words are the same, in the same order.

    Parameters
    ----------
    texts
        One text a mention, the first one to keep first.
    within
        Copies count as such only inside one of these groups, such as a month.
    threshold
        Share of words in common, .8 to 1.

    Returns
    -------
    Series of bool
        On the index of `texts`. No text is a copy without cause; of those at .8, about one in a
        hundred is not found, and fewer of closer ones.

    Raises
    ------
    ParameterError
        If the threshold is below .8, where too many copies would not be found, or above 1.

    References
    ----------
    Broder (1997), On the resemblance and containment of documents; Leskovec, Rajaraman & Ullman
    (2020), Mining of Massive Datasets, 3.4 (bands).

    Examples
    --------
    >>> near_duplicates(pd.Series(["Win a free trip to Rome today https://a.example",
    ...     "RT [handle]: win a free trip to Rome today!", "Win a trip"])).tolist()
    [False, True, False]
    """
    if not 0.8 <= threshold <= 1:
        raise ParameterError(f"threshold must be from 0.8 to 1, got {threshold}")
    words = texts.fillna("").str.replace(_NOT_SAID, " ", regex=True).str.casefold()
    words = words.str.replace(re.compile(r"[\W_]+"), " ", regex=True).str.strip()
    table = pd.DataFrame({"words": words.to_numpy(), "group": 0})
    if within is not None:
        table["group"] = pd.factorize(within.array)[0]
    copies = (table.duplicated() & (table["words"] != "")).to_numpy(copy=True)
    once = np.flatnonzero(~copies & (table["words"].str.count(" ") >= FEWEST_WORDS - 1))
    if len(once):
        near = _near(table["words"].iloc[once], table["group"].to_numpy()[once], threshold)
        copies[once] = near
    return pd.Series(copies, index=texts.index)


def _near(
    words: pd.Series, group: npt.NDArray[np.int64], threshold: float
) -> npt.NDArray[np.bool_]:
    """Return which texts are near copies of an earlier one of their group."""
    from sklearn.feature_extraction.text import HashingVectorizer

    # One column a word; 2^31 of them, so that hardly two words share one.
    vectorizer = HashingVectorizer(
        n_features=2**31 - 1, token_pattern=r"\S+", lowercase=False, binary=True, norm=None,
        alternate_sign=False, dtype=np.float32,
    )  # fmt: skip
    sets = vectorizer.transform(words)
    sizes = np.diff(sets.indptr)
    near = np.zeros(len(words), dtype=bool)
    for first, second in _candidates(sets, group):
        shared = np.asarray(sets[first].multiply(sets[second]).sum(axis=1)).ravel()
        alike = shared >= threshold * (sizes[first] + sizes[second] - shared) - 1e-6
        long = np.minimum(sizes[first], sizes[second]) >= FEWEST_WORDS
        near[second[alike & long]] = True
    return near


def _candidates(
    sets: Any, group: npt.NDArray[np.int64]
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Yield pairs of texts that share a band of hashes: with the first and with the previous one.

    All pairs of a band would be a million million for a campaign of a million near copies.
    """
    from datasketch import MinHash

    hashed = MinHash.generator(
        (sets.indices[a:b].tolist() for a, b in zip(sets.indptr, sets.indptr[1:], strict=False)),
        num_perm=_BANDS * _ROWS,
        seed=1,
        hashfunc=int,
    )
    smallest = np.empty((sets.shape[0], _BANDS * _ROWS), dtype=np.uint32)
    for row, one in enumerate(hashed):
        smallest[row] = one.hashvalues
    mix = np.random.default_rng(1).integers(1, 2**63, _ROWS, dtype=np.uint64) | np.uint64(1)
    rows = pd.Series(np.arange(len(smallest)))
    for band in range(_BANDS):
        values = smallest[:, band * _ROWS : (band + 1) * _ROWS].astype(np.uint64)
        buckets = rows.groupby([group, (values * mix).sum(axis=1)], sort=False)
        for earlier in (buckets.transform("min"), buckets.shift(1)):
            pair = (earlier < rows).to_numpy()
            yield earlier.to_numpy()[pair].astype(np.intp), np.flatnonzero(pair)


def reposts(mentions: pd.DataFrame) -> pd.Series:
    """Return which mentions pass on another's: the source says so, or the text begins with RT.

    Examples
    --------
    >>> said = pd.DataFrame({"text": ["RT [handle]: so late", "So late", "Art"],
    ...     "repost_of": ["", "t1", ""]})
    >>> reposts(said).tolist()
    [True, True, False]
    """
    says = mentions["text"].fillna("").str.match(_REPOST).astype("bool")
    if "repost_of" in mentions:
        says |= mentions["repost_of"].fillna("").ne("").astype("bool")
    return says


def writers(mentions: pd.DataFrame) -> pd.DataFrame:
    """Return how many people write, and how much of it the most active of them.

    The effective number of authors is how many would write as evenly: 1 / sum of squared shares.

    Parameters
    ----------
    mentions
        The tidy table; a blank ``author_key`` is nobody known.

    Returns
    -------
    DataFrame
        ``what``, ``value`` and ``n``, the mentions with a known author that it is made from.

    References
    ----------
    Simpson (1949), Nature 163, 688; Hill (1973), Ecology 54, 427-432 (effective number).

    Examples
    --------
    >>> said = pd.DataFrame({"author_key": ["a", "a", "a", "b", ""]})
    >>> writers(said).round(3).values.tolist()[-1]
    ['effective number of authors', 1.6, 4]
    """
    authors = mentions["author_key"].fillna("")
    counts = authors[authors != ""].value_counts()
    n = int(counts.sum())
    shares = counts / max(n, 1)
    nan = float("nan")
    rows = {
        "authors": float(len(counts)),
        "mentions per author": n / len(counts) if n else nan,
        "share of the 10 most active authors": float(shares.head(10).sum()) if n else nan,
        "share of the most active 1 % of authors": (
            float(shares.head(ceil(0.01 * len(counts))).sum()) if n else nan
        ),
        "effective number of authors": float(1 / (shares**2).sum()) if n else nan,
    }
    return pd.DataFrame({"what": list(rows), "value": list(rows.values()), "n": n})
