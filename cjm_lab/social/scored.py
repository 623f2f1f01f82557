"""What a machine can say about each mention: language, polarity, repeats, touchpoints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.social.language import languages
from cjm_lab.social.linking import link_touchpoints, linked_sentences
from cjm_lab.social.repeats import exact_duplicates, near_duplicates, reposts
from cjm_lab.social.scoring import text_scores
from cjm_lab.study import Study

#: Languages that are scored: English, and texts too short to tell.
SCORED_LANGUAGES = ("en", "und")


def scored_mentions(
    mentions: pd.DataFrame, study: Study, cache: Path | None = None, progress: bool = False
) -> pd.DataFrame:
    """Return the mentions with what a machine can say about each of them.

    Parameters
    ----------
    mentions
        The tidy table.
    study
        Its names are masked before scoring; its touchpoints name the keywords.
    cache
        File that keeps scores from run to run; see `text_scores`.
    progress
        Show a bar while many new texts are scored, where somebody can watch it.

    Returns
    -------
    DataFrame
        The mentions and ``lang`` (recognized where nobody stated it), ``scorable`` (in English, or
        too short to tell), ``polarity`` (TextBlob, -1 to 1) and ``vader`` (-1 to 1), ``automatic``
        (negative, neutral, positive by TextBlob; empty if not scorable), ``duplicate`` (repeats an
        earlier mention of the same month word by word), ``near_duplicate`` (nearly so), ``repost``
        (passes another's mention on) and ``touchpoints`` (a list of ids).

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "buy", "name": "Buy",
    ...     "touchpoints": [{"id": "pay", "name": "Payment", "keywords": ["card"]}]}]})
    >>> said = pd.DataFrame({"mention_id": ["1"], "text": ["The card form isn't good"], "lang": "",
    ...     "published_at": pd.to_datetime(["2026-10-05"], utc=True)})
    >>> scored_mentions(said, study)[["polarity", "automatic", "touchpoints"]].values.tolist()
    [[-0.35, 'negative', ['pay']]]
    """
    lang = languages(mentions["text"], mentions["lang"])
    scorable = lang.isin(SCORED_LANGUAGES)
    texts = mentions["text"].where(scorable)
    scores = text_scores(texts, names=study_names(study), cache=cache, progress=progress)
    oldest_first = mentions.sort_values("published_at", kind="stable")
    month = oldest_first["published_at"].dt.tz_convert(study.time_zone).dt.strftime("%Y-%m")
    repeated = exact_duplicates(oldest_first["text"], within=month)
    nearly = near_duplicates(oldest_first["text"][~repeated], within=month[~repeated])
    return mentions.assign(
        lang=lang,
        scorable=scorable,
        polarity=scores["polarity"],
        vader=scores["vader"],
        automatic=pd.Series(polarity_word(scores["polarity"]), index=mentions.index, dtype="str"),
        duplicate=repeated.reindex(mentions.index),
        near_duplicate=nearly.reindex(mentions.index, fill_value=False),
        repost=reposts(mentions),
        touchpoints=_lists(link_touchpoints(mentions["text"], study)),
    )


def linked_mentions(scored: pd.DataFrame, study: Study, cache: Path | None = None) -> pd.DataFrame:
    """Return what each mention says about each touchpoint, and the polarity of just that.

    Parameters
    ----------
    scored
        What `scored_mentions` returns.
    study
        Its touchpoints name the keywords.
    cache
        File that keeps scores from run to run.

    Returns
    -------
    DataFrame
        One row a mention and touchpoint: ``mention_id``, ``touchpoint``, ``text`` (the sentences
        that speak about the touchpoint) and ``polarity`` (missing where not scorable).
    """
    once = scored.drop_duplicates("mention_id")
    links = linked_sentences(once, study)
    can = once.set_index("mention_id")["scorable"]
    texts = links["text"].where(links["mention_id"].map(can))
    scores = text_scores(texts, names=study_names(study), cache=cache, second_opinion=False)
    return links.assign(polarity=scores["polarity"])


def study_names(study: Study) -> list[str]:
    """Return the names that the brand goes by, which are no praise."""
    return [study.subject.brand, *study.subject.names]


def polarity_word(score: pd.Series, threshold: float = 0.0) -> npt.NDArray[np.str_]:
    """Return scores as words; a score as near to 0 as the threshold, or nearer, is neutral.

    Examples
    --------
    >>> polarity_word(pd.Series([-0.1, 0.0, 0.3, None])).tolist()
    ['negative', 'neutral', 'positive', '']
    """
    x = score.to_numpy(dtype="float64")
    sides = [x < -threshold, x > threshold, np.abs(x) <= threshold]
    return np.select(sides, ["negative", "positive", "neutral"], "")


def _lists(links: pd.DataFrame) -> pd.Series:
    """Return the names of the true columns of each row as a list."""
    if links.empty:
        return pd.Series([[] for _ in range(len(links))], index=links.index, dtype="object")
    patterns, which = np.unique(links.to_numpy(), axis=0, return_inverse=True)
    lists = pd.Series([links.columns[pattern].tolist() for pattern in patterns], dtype="object")
    return lists.iloc[which].set_axis(links.index)
