"""Which mentions speak about which touchpoint, and in which of their sentences."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cjm_lab.social.sentences import sentences
from cjm_lab.sources.masking import MASK
from cjm_lab.study import Study

# In the words of RE2, which takes linear time on any text. An accent of its own belongs to the
# letter before it; the sign that makes an emoji colored (FE0F) belongs to no word.
_BEFORE = r"(?:^|[^\pL\pN\pM_]|\x{FE0F})"
_AFTER = r"(?:$|[^\pL\pN\pM_])"
_REST = r"[\pL\pN\pM_]*"


def link_touchpoints(texts: pd.Series, study: Study) -> pd.DataFrame:
    """Return which touchpoints each text speaks about, by the keywords of the study.

    A keyword counts as a whole word or phrase in any case; ``*`` stands for the rest of a word, any
    blank for any white space. A text may speak about several touchpoints or none.

    Parameters
    ----------
    texts
        One text a mention.
    study
        Its touchpoints name the keywords; one without keywords is never linked.

    Returns
    -------
    DataFrame of bool
        On the index of `texts`, one column a touchpoint in the order of the journey.

    Examples
    --------
    >>> from cjm_lab.study import Stage, Study, Touchpoint
    >>> brew = Touchpoint(id="brew", name="Brewing", keywords=["brew*", "first cup"])
    >>> study = Study(title="Tea", stages=[Stage(id="use", name="Use", touchpoints=[brew])])
    >>> texts = pd.Series(["Brewing is fun", "My first  cup!", "a home-brewed one", "cupboard"])
    >>> link_touchpoints(texts, study)["brew"].tolist()
    [True, True, True, False]
    """
    text = pa.array(texts.fillna("").astype("str"), type=pa.large_string())
    text = pc.replace_substring_regex(text, MASK, " ")  # "[card]" is no word of the writer
    links = {
        t.id: pc.match_substring_regex(text, _pattern(t.keywords)).to_numpy(zero_copy_only=False)
        for t in study.touchpoints
        if any(keyword.split() for keyword in t.keywords)
    }
    ids = [t.id for t in study.touchpoints]
    return (
        pd.DataFrame(links, index=texts.index).reindex(columns=ids, fill_value=False).astype("bool")
    )


def linked_sentences(mentions: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return what each mention says about each touchpoint that it speaks about.

    Parameters
    ----------
    mentions
        The tidy table: ``mention_id`` and ``text``.
    study
        Its touchpoints name the keywords.

    Returns
    -------
    DataFrame
        One row a mention and touchpoint, in the order of the mentions and then of the journey:
        mention_id, touchpoint and text, the sentences that name the touchpoint joined by a blank;
        the whole text where only two sentences together name it.

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use",
    ...     "touchpoints": [{"id": "pay", "name": "Payment", "keywords": ["card"]},
    ...     {"id": "van", "name": "Delivery", "keywords": ["parcel"]}]}]})
    >>> said = "The parcel came early. But my card was refused! Twice."
    >>> mentions = pd.DataFrame({"mention_id": ["7"], "text": [said]})
    >>> linked_sentences(mentions, study).values.tolist()
    [['7', 'pay', 'But my card was refused!'], ['7', 'van', 'The parcel came early.']]
    """
    text = mentions["text"].fillna("").astype("str").reset_index(drop=True)
    touchpoints = np.array([t.id for t in study.touchpoints], dtype=object)
    whole = link_touchpoints(text, study).to_numpy()
    split = sentences(text.iloc[np.flatnonzero(whole.any(axis=1))])
    about, place = np.nonzero(link_touchpoints(split["sentence"], study).to_numpy())
    row = split["row"].to_numpy(dtype=np.intp)[about]
    named = np.zeros_like(whole)
    named[row, place] = True
    order = np.lexsort((about, place, row))
    counts = np.unique(row * len(touchpoints) + place, return_counts=True)[1]
    lists = pa.ListArray.from_arrays(
        np.append(0, np.cumsum(counts)).astype(np.int32),
        pa.array(split["sentence"].array.take(about[order]), type=pa.large_string()),
    )
    which, what = np.nonzero(whole)
    joined = pc.binary_join(lists, pa.scalar(" ", pa.large_string())).to_pandas()
    said = text.take(which).reset_index(drop=True)
    said[np.flatnonzero(named[which, what])] = joined.to_numpy()
    return pd.DataFrame(
        {
            "mention_id": mentions["mention_id"].array.take(which),
            "touchpoint": pd.Series(touchpoints[what], dtype="str"),
            "text": said,
        }
    )


def _pattern(keywords: list[str]) -> str:
    """Return the pattern of any of the keywords; a curly apostrophe is an apostrophe."""
    ways = [
        r"[\s\pZ]+".join(_word(word) for word in keyword.split())
        for keyword in keywords
        if keyword.strip()
    ]
    return rf"(?i){_BEFORE}(?:{'|'.join(ways)}){_AFTER}"


def _word(word: str) -> str:
    """Return the pattern of one word of a keyword."""
    escaped = re.escape(word).replace(r"\*", _REST)
    return re.sub("['\u2018\u2019]", "['\u2018\u2019]", escaped)
