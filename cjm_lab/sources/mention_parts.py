"""What the readers of mentions share: texts joined, languages, times, ids, links without names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import unescape

import numpy as np
import pandas as pd

from cjm_lab.errors import SourceError
from cjm_lab.workspace import short_hash

#: Names of languages that exports write out; others are left to be recognized from the text.
_LANGUAGES = {
    "arabic": "ar", "chinese": "zh", "czech": "cs", "danish": "da", "dutch": "nl", "english": "en",
    "finnish": "fi", "french": "fr", "german": "de", "greek": "el", "hebrew": "he", "hindi": "hi",
    "hungarian": "hu", "indonesian": "id", "italian": "it", "japanese": "ja", "korean": "ko",
    "norwegian": "no", "polish": "pl", "portuguese": "pt", "romanian": "ro", "russian": "ru",
    "spanish": "es", "swedish": "sv", "thai": "th", "turkish": "tr", "ukrainian": "uk",
    "vietnamese": "vi",
}  # fmt: skip
#: What X and others write where they know no language.
_NO_LANGUAGE = {"und", "zxx", "mis", "mul", "qam", "qct", "qht", "qme", "qst", "art", "unknown"}
_CHANNELS = {"twitter": "x", "x (formerly twitter)": "x", "twitter.com": "x", "x.com": "x",
             "x": "x", "reddit": "reddit", "reddit.com": "reddit"}  # fmt: skip
_STATUS = r"^https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/[^/?#\s]+/status(?:es)?/(\d+)\S*$"
#: A link to a post that holds no name; the number in it is no telephone.
NAMELESS_LINK = r"https://x\.com/i/web/status/\d{1,25}"
#: 2006 to 2100, in seconds: nothing was posted before, and milliseconds lie far above.
_EPOCH = (1_136_073_600, 4_102_444_800)


def join_parts(parts: Sequence[str]) -> str:
    r"""Return a title, an excerpt and a text as one text, each said once.

    Examples
    --------
    >>> join_parts(["Leaks", "It drips.", "It drips. Every day."])
    'Leaks\nIt drips. Every day.'
    """
    kept: list[str] = []
    for part in parts:
        core = part.rstrip(".…").strip()
        if core and not any(core in other for other in kept):
            kept = [one for one in kept if one.rstrip(".…").strip() not in part] + [part]
    return "\n".join(kept)


def language_codes(column: pd.Series) -> pd.Series:
    """Return languages as two-letter codes; what is no language is blank.

    Examples
    --------
    >>> language_codes(pd.Series(["en-US", "German", "und", "zh_Hans"])).tolist()
    ['en', 'de', '', 'zh']
    """
    return _mapped(column, _language)


def channel_names(column: pd.Series) -> pd.Series:
    """Return channels, those that go by several names under one.

    Examples
    --------
    >>> channel_names(pd.Series(["Twitter", "Forum"])).tolist()
    ['x', 'Forum']
    """
    return _mapped(column, lambda name: _CHANNELS.get(name.casefold(), name))


def unescaped(texts: pd.Series) -> pd.Series:
    """Return texts with HTML's entities as the characters that they stand for.

    Examples
    --------
    >>> unescaped(pd.Series(["salt &amp; pepper"])).tolist()
    ['salt & pepper']
    """
    some = texts.str.contains("&", regex=False).to_numpy(dtype=bool)
    if not some.any():
        return texts
    texts = texts.copy()
    texts.iloc[np.flatnonzero(some)] = [unescape(text) for text in texts[some]]
    return texts


def epoch_times(
    column: pd.Series, file: str, name: str, *, milliseconds: bool = False
) -> pd.Series:
    """Return seconds since 1970 as times; blank is unknown.

    Raises
    ------
    SourceError
        If a value is no such number, or lies before 2006 or after 2099.

    Examples
    --------
    >>> epoch_times(pd.Series(["1790000000"]), "t.json", "created_utc")[0].isoformat()
    '2026-09-21T14:13:20+00:00'
    """
    known = column[column != ""]
    seconds = pd.to_numeric(known, errors="coerce") / (1000 if milliseconds else 1)
    wrong = ~seconds.between(*_EPOCH)
    if wrong.any():
        unit = "milliseconds" if milliseconds else "seconds"
        row = wrong.index[wrong.to_numpy(dtype=bool)][0]
        raise SourceError(
            f"{name} must be {unit} since 1970, between 2006 and 2099, got {known[row]!r} "
            f"({file}, data row {row + 1}); correct it or export the file again"
        )
    micros = (seconds * 1e6).round().astype("int64")
    return pd.to_datetime(micros, unit="us", utc=True).dt.as_unit("us").reindex(column.index)


def ids_made(column: pd.Series) -> pd.Series:
    """Return ids made from texts; nothing gives none.

    Examples
    --------
    >>> len(ids_made(pd.Series(["https://example.org/1"]))[0])
    14
    """
    return _mapped(column, lambda text: f"m-{short_hash(text)}" if text else "")


def nameless_links(urls: pd.Series) -> pd.Series:
    """Return addresses of posts on X in the form that holds no name; others as they are.

    Examples
    --------
    >>> nameless_links(pd.Series(["https://twitter.com/jo_miller/status/17?s=20"])).tolist()
    ['https://x.com/i/web/status/17']
    """
    posts = urls.str.contains("/status", regex=False).to_numpy(dtype=bool)
    if not posts.any():
        return urls
    urls = urls.copy()
    urls[posts] = urls[posts].str.replace(_STATUS, r"https://x.com/i/web/status/\1", regex=True)
    return urls


def without_name(texts: pd.Series, names: pd.Series) -> pd.Series:
    """Return texts such as addresses without the name of their own author.

    Examples
    --------
    >>> texts = pd.Series(["https://example.org/Jo_Miller/7"])
    >>> without_name(texts, pd.Series(["@jo_miller"])).tolist()
    ['https://example.org/[author]/7']
    """
    low, own = texts.str.casefold(), names.str.lstrip("@").str.casefold()
    # Whose name a row holds differs from row to row, which no column operation can look for.
    pairs = enumerate(zip(low, own, strict=True))
    found = [i for i, (text, name) in pairs if len(name) > 2 and name in text]
    if not found:
        return texts
    texts = texts.copy()
    texts.iloc[found] = [
        re.sub(re.escape(name), "[author]", text, flags=re.IGNORECASE)
        for text, name in zip(texts.iloc[found], own.iloc[found], strict=True)
    ]
    return texts


def refuse_rounded(ids: pd.Series, file: str) -> None:
    """Raise if a spreadsheet has rounded ids, for many mentions would be one then."""
    rounded = ids.str.fullmatch(r"\d(?:[.,]\d+)?[eE]\+?\d+").to_numpy(dtype=bool)
    if rounded.any():
        row = ids.index[rounded][0]
        raise SourceError(
            f"mention_id must be written out, got {ids[row]!r} ({file}, data row {row + 1}), as "
            "spreadsheets round it; use the export as it was downloaded"
        )


def _language(name: str) -> str:
    name = name.strip().casefold()
    if name in _NO_LANGUAGE:
        return ""
    if name in _LANGUAGES:
        return _LANGUAGES[name]
    code = re.split("[-_]", name)[0]
    return code if re.fullmatch("[a-z]{2,3}", code) else ""


def _mapped(column: pd.Series, change: Callable[[str], str]) -> pd.Series:
    """Return a column of texts changed, each different one once."""
    return column.map({text: change(text) for text in column.unique()}).astype("str")
