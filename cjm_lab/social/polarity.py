"""Automatic polarity of texts: TextBlob's lexicon, on text prepared for its known holes."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

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
    **dict.fromkeys([0x2018, 0x2019, 0x02BC], "'"),  # curly quotes and apostrophes
    **dict.fromkeys([0x201C, 0x201D], '"'),
}
# TextBlob tears "isn't" into "isn ' t", none of which negates; "isnt" is as common in posts.
_NEGATION = re.compile(
    r"\b(is|are|was|were|do|does|did|has|have|had|ca|could|would|should|wo|ai|must|need)n'?t\b",
    re.IGNORECASE,
)


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
        Mend what TextBlob misreads: "n't" negates, emoji are words, curly quotes are straight,
        the brand's names are no praise. Without it the score is TextBlob's own, to the last digit.
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
    >>> polarity(["This isn't great", "Great 👍"]).tolist()
    [-0.4, 0.8]
    >>> polarity(["This isn't great"], prepared=False).tolist()
    [0.8]
    """
    # The class TextBlob builds a word list first and takes twice the time for the same number.
    from textblob.en import sentiment

    series = texts if isinstance(texts, pd.Series) else pd.Series(texts, dtype="str")
    distinct = pd.Series(series.dropna().unique(), dtype="str")
    ready = _prepare(distinct, names) if prepared else distinct
    scores = ready.map(lambda text: sentiment(text)[0])
    return series.map(pd.Series(scores.to_numpy(dtype="float64"), index=distinct)).astype("float64")


def _prepare(texts: pd.Series, names: Iterable[str]) -> pd.Series:
    """Return texts in which TextBlob finds negations, emoji and no brand names."""
    ready = texts.str.translate(_TRANSLATED).str.replace(_NEGATION, r"\1 not", regex=True)
    masked = sorted((re.escape(name) for name in names if name), key=len, reverse=True)
    if masked:
        pattern = re.compile(rf"[@#]?(?<!\w)(?:{'|'.join(masked)})(?!\w)", re.IGNORECASE)
        ready = ready.str.replace(pattern, "it", regex=True)
    return ready
