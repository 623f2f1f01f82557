"""Which text says which term, by how many people, and what a term reads like in a mention."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from textwrap import shorten

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from cjm_lab.sources.masking import MASK, mask

#: A term of fewer mentions, or of fewer authors, could lead to a person and is not shown.
FEWEST = 5
#: Quotes are no longer than this.
QUOTE_LENGTH = 140
#: A shorter mention is no example while there is a longer one: it says the term and no more.
_TELLING = 40
#: A phrase and a word of it are one term where so many of the word's mentions say the phrase.
_SAME = 0.8

# In the words of RE2: what is no word of the writer, and what parts words, where phrases end.
_NO_WORDS = rf"https?://\S+|www\.\S+|{MASK}|@\w+"
_BREAKS = r"[^\pL\pM\pN_'\-\s]+|(?:^|\s)['\-_]+|['\-_]+(?:$|\s)"
_WORD = re.compile(r"[^\W\d_](?:\w|['-](?=\w))+")
#: Words that say no; unlike other function words they are terms.
NEGATIONS = {"no", "not", "never", "nothing", "nobody", "none", "cannot", "cant", "without"}
_FILLERS = (
    "i'm i've i'd i'll it's that's you're you've you'll you'd we're we've we'll they're they've"
    " there's here's what's who's he's she's let's im ive ur rt via amp just got get gets did does"
    " doing"
)

Indices = npt.NDArray[np.intp]


def count_terms(
    texts: pd.Series, *, ngrams: tuple[int, int] = (1, 2), fewest: int = FEWEST
) -> tuple[list[str], sparse.csr_array]:
    """Return the terms of at least `fewest` texts, and which text contains which (0 or 1).

    Terms are words of letters (``wi-fi``, ``can't``) and phrases within a sentence; masks,
    addresses, handles and numbers are none, nor does a term begin or end with a function word.

    Parameters
    ----------
    texts
        One text a mention.
    ngrams
        Fewest and most words of a term.
    fewest
        Mentions that must contain it.

    Returns
    -------
    list of str, sparse array
        Terms in alphabetical order; one row a text, one column a term.

    Examples
    --------
    >>> terms, matrix = count_terms(pd.Series(["Wi-Fi was slow!", "the wi-fi"]), fewest=1)
    >>> terms, matrix.toarray().tolist()
    (['slow', 'wi-fi'], [[1, 1], [0, 1]])
    """
    row, code, vocabulary = _words(texts)
    is_word = np.array([_WORD.fullmatch(word) is not None for word in vocabulary], dtype=bool)
    content = is_word & ~np.isin(np.array(vocabulary, dtype=object), list(_function_words()))
    terms: list[str] = []
    columns = []
    names, at = vocabulary, np.flatnonzero(is_word[code])  # where a phrase of n words begins
    phrase = code[at]
    for length in range(1, ngrams[1] + 1):
        if length > 1:
            last = at + length - 1
            goes_on = last < len(code)
            goes_on[goes_on] &= row[at[goes_on]] == row[last[goes_on]]
            goes_on[goes_on] &= is_word[code[last[goes_on]]]
            at, phrase = at[goes_on], phrase[goes_on]
            pairs = phrase.astype(np.int64) * len(vocabulary) + code[at + length - 1]
            kinds, phrase, counts = np.unique(pairs, return_inverse=True, return_counts=True)
            often = counts[phrase] >= fewest  # else no longer phrase that begins so can be
            at, phrase = at[often], np.searchsorted(np.flatnonzero(counts >= fewest), phrase[often])
            firsts, nexts = np.divmod(kinds[counts >= fewest], len(vocabulary))
            names = [f"{names[i]} {vocabulary[j]}" for i, j in zip(firsts, nexts, strict=True)]
        if length >= ngrams[0]:
            whole = content[code[at]] & content[code[at + length - 1]]
            said = _zero_one(row[at[whole]], phrase[whole], (len(texts), len(names)))
            kept = np.flatnonzero(said.sum(axis=0) >= fewest)
            columns.append(said[:, kept])
            terms += [names[k] for k in kept]
    order = sorted(range(len(terms)), key=terms.__getitem__)
    matrix = sparse.csr_array(sparse.hstack(columns, format="csr"))
    return [terms[k] for k in order], matrix[:, order]


def said_by(matrix: sparse.csr_array, authors: pd.Series | None) -> Indices:
    """Return how many authors say each term; one not known is nobody else.

    Examples
    --------
    >>> said = sparse.csr_array(np.array([[1, 1], [1, 0], [1, 1]]))
    >>> said_by(said, pd.Series(["ann", "ann", ""])).tolist()
    [2, 2]
    """
    text, term = matrix.nonzero()
    who = _authors(authors, matrix.shape[0])
    return _zero_one(who[text], term, (int(who.max(initial=0)) + 1, matrix.shape[1])).sum(axis=0)


def said_shortest(
    texts: pd.Series, says: npt.NDArray[np.intp], authors: pd.Series | None, *, most: int
) -> list[str]:
    """Return the shortest telling ones of the texts that say a term, of different authors, masked.

    Parameters
    ----------
    texts
        One text a mention.
    says
        Places of those that say the term.
    authors
        Author of each text.
    most
        Number of examples.

    Examples
    --------
    >>> long = "No wifi in the whole cabin, again and again"
    >>> texts = pd.Series(["Wifi", long, "No wifi since Monday"])
    >>> said_shortest(texts, np.arange(3), None, most=1)
    ['No wifi in the whole cabin, again and again']
    """
    text = texts.iloc[says].str.split().str.join(" ")
    length = text.str.len()
    table = pd.DataFrame(
        {
            "text": text,
            "who": _authors(authors, len(texts))[says],
            "same": text.str.casefold(),
            "short": length < _TELLING,
            "length": length,
        }
    ).sort_values(["short", "length", "text"], kind="stable")
    table = table.drop_duplicates("who").drop_duplicates("same").head(most)
    return [quote(one) for one in table["text"]]


def without_parts(
    terms: Sequence[str], counts: npt.NDArray[np.float64], order: Iterable[int], top: int
) -> list[int]:
    """Return the first terms in an order, without those that say the same as one before.

    Of a phrase and a part of it that the same mentions say, the first stays.

    Examples
    --------
    >>> terms = ["customer service", "customer", "service"]
    >>> [terms[i] for i in without_parts(terms, np.array([9.0, 10.0, 30.0]), [0, 1, 2], 5)]
    ['customer service', 'service']
    """
    kept: list[int] = []
    for i in order:
        if len(kept) == top:
            break
        words = f" {terms[i]} "
        if not any(
            (words in f" {terms[k]} " or f" {terms[k]} " in words)
            and min(counts[i], counts[k]) >= _SAME * max(counts[i], counts[k])
            for k in kept
        ):
            kept.append(int(i))
    return kept


def quote(text: str) -> str:
    r"""Return a text as a quote: masked, in one line and not too long.

    Examples
    --------
    >>> quote("Ask\n @jo_miller")
    'Ask [handle]'
    """
    return mask(shorten(text, QUOTE_LENGTH, placeholder=" …"))


def _words(texts: pd.Series) -> tuple[Indices, Indices, list[str]]:
    """Return all words in order: text and number in the vocabulary of each, and the vocabulary."""
    clean = pa.array(texts.fillna("").astype("str"), type=pa.large_string())
    if isinstance(clean, pa.ChunkedArray):
        clean = clean.combine_chunks()  # places of words count from the first text
    clean = pc.replace_substring_regex(clean, _NO_WORDS, " . ")
    clean = pc.replace_substring(pc.utf8_lower(clean), "\u2019", "'")
    words = pc.utf8_split_whitespace(pc.replace_substring_regex(clean, _BREAKS, " . "))
    coded = pc.list_flatten(words).dictionary_encode()
    row = pc.list_parent_indices(words).to_numpy()
    return row, coded.indices.to_numpy(zero_copy_only=False), coded.dictionary.to_pylist()


def _zero_one(row: Indices, column: Indices, shape: tuple[int, int]) -> sparse.csr_array:
    """Return an array with 1 at each place, however often it is named."""
    ones = sparse.csr_array((np.ones(len(row), dtype=np.int32), (row, column)), shape=shape)
    ones.sum_duplicates()
    ones.data[:] = 1
    return ones


def _authors(authors: pd.Series | None, n: int) -> Indices:
    """Return a number for the author of each text."""
    if authors is None:
        return np.arange(n)
    known = authors.fillna("").astype("str")
    codes = pd.factorize(known)[0]
    return np.where(known == "", np.arange(n), n + codes)


def _function_words() -> set[str]:
    """Return the words that say nothing by themselves; negations do."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return (set(ENGLISH_STOP_WORDS) - NEGATIONS) | set(_FILLERS.split())
