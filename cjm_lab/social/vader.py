"""A second opinion on the polarity of texts: VADER, made for posts."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from types import SimpleNamespace
from typing import Any

import pandas as pd

from cjm_lab.social.polarity import LONGEST, STRAIGHT, names_masked, score_each


def vader(texts: Iterable[str], *, names: Iterable[str] = ()) -> pd.Series:
    """Return VADER's compound score of English texts, from -1 (negative) to 1 (positive).

    Its authors read scores from .05 as positive and to -.05 as negative. The brand's names are
    masked ("United" is praise for VADER), curly quotes are straight, and what follows the first
    10,000 characters is left out. Each distinct text is scored once.

    Parameters
    ----------
    texts
        One text a mention; a missing one has no score.
    names
        Names of the brand.

    Returns
    -------
    Series of float
        On the index of `texts`.

    References
    ----------
    Hutto & Gilbert (2014), Proceedings of ICWSM-14, 216-225.

    Examples
    --------
    >>> vader(["VADER is smart, handsome, and funny.", "United lost it"]).tolist()
    [0.8316, 0.128]
    >>> vader(["United lost it"], names=["United"]).tolist()
    [-0.3182]
    """
    scores, masked = _analyzer().polarity_scores, names_masked(names)
    return score_each(
        texts, lambda text: scores(masked(text[:LONGEST].translate(STRAIGHT)))["compound"]
    )


@cache
def _analyzer() -> Any:
    """Return VADER, which reads its lexicon once."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    class Analyzer(SentimentIntensityAnalyzer):  # type: ignore[misc, unused-ignore]
        """VADER in linear time: it folds the whole text for each word, to look at six of them."""

        def sentiment_valence(
            self, valence: float, text: Any, word: str, place: int, valences: list[float]
        ) -> list[float]:
            if word.lower() not in self.lexicon:
                valences.append(valence)
                return valences
            first = max(0, place - 3)
            near = SimpleNamespace(
                words_and_emoticons=text.words_and_emoticons[first : place + 3],
                is_cap_diff=text.is_cap_diff,
            )
            scored: list[float] = super().sentiment_valence(
                valence, near, word, place - first, valences
            )
            return scored

    return Analyzer()
