"""Automatic polarity of texts: TextBlob's lexicon, on text prepared for its known holes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

#: Prepared text is read up to this character: what TextBlob does with 1 MB of "!" takes minutes.
LONGEST = 10_000

#: Curly quotes and apostrophes, which no lexicon knows.
STRAIGHT = {**dict.fromkeys([0x2018, 0x2019, 0x02BC], "'"), **dict.fromkeys([0x201C, 0x201D], '"')}

# Words that TextBlob's lexicon knows, for emoji that leave no doubt; all others say nothing.
_EMOJI_WORDS = {
    "happy": "😀😃😄😁😊🙂☺😎🤗😇",
    "love": "😍🥰😘❤♥💕💖💗💙💚💛💜🧡",
    "great": "👍👏🙌💯🎉🥳🤩",
    "funny": "😂🤣",
    "angry": "😡😠🤬👿",
    "sad": "😢😭😞😔☹🙁😟😣😖😩😫😥💔",
    "annoying": "🙄😒😑😤",
    "bad": "👎",
    "disgusting": "🤮🤢💩",
}
_TRANSLATED = {
    **{ord(emoji): f" {word} " for word, emojis in _EMOJI_WORDS.items() for emoji in emojis},
    **dict.fromkeys([0xFE0F, *range(0x1F3FB, 0x1F400)], ""),  # variation selector, skin tones
    **STRAIGHT,
}
# Each of these, and drawn-out letters, raise accuracy and macro-F1 on two or three of the labeled
# files of benchmarks/social.py. Left out, for they help one at most: HTML entities, links, handles,
# "/" and "-" between words, words inside hashtags; and capitals, which TextBlob folds anyway.
_MENDED = [
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in [
        # TextBlob tears "isn't" into "isn ' t", none of which negates; "isnt" is as common.
        (
            r"\b(is|are|was|were|do|does|did|has|have|had|ca|could|would|should|wo|ai|must|need)"
            r"n'?t\b",
            r"\1 not",
        ),
        (r"\b(?:thank (?:you|u)|thn?x)\b", "thanks"),
        (r"\bsucks?\b", "terrible"),
        (r"\b(?:ugh+|smh)\b", "annoying"),
        (r"(?<=[a-z])([.,!?;:)\u2026]+)(?=[a-z]{2})", r"\1 "),  # "late...awful" is no word
    ]
]
_DRAWN_OUT = re.compile(r"\b\w*([a-z])\1{2,}\w*\b", re.IGNORECASE)
_REPEATED = re.compile(r"([a-zA-Z])\1{2,}")


def polarity(
    texts: Iterable[str], *, prepared: bool = True, names: Iterable[str] = ()
) -> pd.Series:
    """Return the automatic polarity of English texts, from -1 (negative) to 1 (positive).

    A lexicon's guess about one text: shares made from it carry a bias of unknown size. Each
    distinct text is scored once.

    Parameters
    ----------
    texts
        One text a mention; a missing one has no polarity.
    prepared
        Mend what TextBlob misreads: "n't" negates, emoji, thanks and a few words of posts count,
        punctuation and drawn-out letters hide no word, curly quotes are straight, the brand's names
        are no praise, and what follows the first 10,000 characters is left out. Without it the
        score is TextBlob's own, to the last digit, which can take minutes for 1 MB of "!".
    names
        Names of the brand, masked in prepared text.

    Returns
    -------
    Series of float
        On the index of `texts`.

    References
    ----------
    TextBlob's pattern analyzer; De Smedt & Daelemans (2012), Journal of Machine Learning Research
    13, 2063-2067.

    Examples
    --------
    >>> polarity(["This isn't great", "Great 👍", "sooo goooood"]).tolist()
    [-0.4, 0.8, 0.7]
    >>> polarity(["This isn't great"], prepared=False).tolist()
    [0.8]
    """
    sentiment = _textblob()
    if not prepared:
        return score_each(texts, lambda text: sentiment(text)[0])
    masked = names_masked(names)
    return score_each(texts, lambda text: sentiment(_prepare(text, masked, sentiment))[0])


def score_each(texts: Iterable[str], score: Callable[[str], float]) -> pd.Series:
    """Return the score of each text, of which each distinct one is scored once."""
    # A list may hold lone surrogates, which pandas' own strings can't.
    series = texts if isinstance(texts, pd.Series) else pd.Series(list(texts), dtype="object")
    values: Any = series.array
    codes, distinct = pd.factorize(values)
    scores = np.array([*(score(text) for text in distinct), np.nan], dtype="float64")
    return pd.Series(scores[codes], index=series.index)  # the code -1 of a missing text is the last


def names_masked(names: Iterable[str]) -> Callable[[str], str]:
    """Return a function that puts "it" in place of the names of a brand, and of its handle."""
    return _names_masked(tuple(names))


@cache
def _names_masked(names: tuple[str, ...]) -> Callable[[str], str]:
    straight = (re.escape(name.translate(STRAIGHT)) for name in names if name)
    longest_first = sorted(straight, key=len, reverse=True)
    if not longest_first:
        return str
    pattern = rf"[@#]?(?<!\w)(?:{'|'.join(longest_first)})(?!\w)"
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda text: compiled.sub("it", text)


@cache
def _textblob() -> Any:
    """Return what TextBlob scores with; its class TextBlob builds a word list for nothing."""
    from textblob.en import Sentiment, sentiment

    class Loaded(Sentiment):  # type: ignore[misc, unused-ignore]
        """TextBlob's lexicon without asking at every word whether it is loaded yet."""

        __contains__, __getitem__ = dict.__contains__, dict.__getitem__

    sentiment.load()
    loaded = Loaded()
    loaded.__dict__.update(sentiment.__dict__)
    dict.update(loaded, sentiment.items())
    return loaded


def _prepare(text: str, masked: Callable[[str], str], lexicon: dict[str, object]) -> str:
    """Return a text in which TextBlob finds what it misses, and no brand names."""
    text = text[:LONGEST]
    text = masked(text if text.isascii() else text.translate(_TRANSLATED))
    for pattern, replacement in _MENDED:
        text = pattern.sub(replacement, text)
    if not _REPEATED.search(text):  # much quicker than to look for the word around it
        return text
    return _DRAWN_OUT.sub(lambda match: _shortened(match[0], lexicon), text)


def _shortened(word: str, lexicon: dict[str, object]) -> str:
    """Return a word without letters drawn out, if the lexicon knows it then."""
    folded = word.lower()
    ways = (_REPEATED.sub(r"\1\1", folded), _REPEATED.sub(r"\1", folded))
    return next((way for way in ways if way in lexicon), word)
