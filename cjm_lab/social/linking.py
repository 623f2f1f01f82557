"""Which mentions speak about which touchpoint, and which only repeat another one."""

from __future__ import annotations

import re

import pandas as pd

from cjm_lab.sources.masking import MASK
from cjm_lab.study import Study


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
    text = texts.fillna("").str.replace("\u2019", "'")  # curly apostrophes
    text = text.str.replace(MASK, " ", regex=True)  # "[card]" is no word of the writer
    # Compiled patterns go to Python's re, whose word boundaries know letters beyond ASCII.
    links = {
        t.id: text.str.contains(_pattern(t.keywords), regex=True).astype("bool")
        if t.keywords
        else pd.Series(False, index=texts.index)
        for t in study.touchpoints
    }
    return pd.DataFrame(links, index=texts.index, dtype="bool")


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


def _pattern(keywords: list[str]) -> re.Pattern[str]:
    """Return the pattern of any of the keywords."""
    ways = [
        r"\s+".join(re.escape(word).replace(r"\*", r"\w*") for word in keyword.split())
        for keyword in keywords
    ]
    return re.compile(rf"(?<!\w)(?:{'|'.join(ways)})(?!\w)", re.IGNORECASE)
