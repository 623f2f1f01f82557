"""Where one sentence of a mention ends and the next begins."""

from __future__ import annotations

import re

import pandas as pd


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: After these a dot ends nothing.
_TITLES = _set(
    "Mr Mrs Ms Mx mr mrs ms Dr dr Prof St Mt Gen Sen Rep Gov Capt Lt Sgt Rev Hon vs eg ie cf"
)
#: After these a dot ends nothing before a number.
_COUNTED = _set(
    "No no Nos nos Nr nr N° p pp vol fig Fig ch sec art ext tel max min approx ca Jan Feb Aug Sept"
    " Oct Nov Dec"
)
#: After these a dot ends nothing before a small letter.
_SHORTENED = _set(
    "co inc ltd corp bros etc jr sr dept st ave blvd rd apt min mins hr hrs est incl excl"
)
#: Words that begin a sentence: they tell "in the U.S. How" from "the U.S. Government".
_STARTERS = _set(
    "A About After All Also An And Any Are As At Be But By Can Did Do Does Don't For From Get Had"
    " Has Have He Her Here His How However I I'm If In Is It It's Its Just Let's Love Maybe My Need"
    " Never Nobody Not Now On One Only Or Our Please She So Some Still Thank Thanks That The Their"
    " Then There These They They're This Those To Today Too Very Was We Were What When Where Which"
    " While Who Why Will With Would Yes You Your"
)
_MARKS = ".!?\u2026\u203c\u2047\u2048\u2049"
_WIDE = "\u3002\uff01\uff1f\uff61"  # the marks of Chinese and Japanese
_CLOSERS = "\"'\u201d\u2019\u00bb)]"
_EMOJI = "\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\u20e3\U0001f000-\U0001faff\U000e0020-\U000e007f"

# A run is looked at from its first mark only ("[...]" is no run) and nothing inside is given back:
# linear. The repetition of the tail is not possessive, because Python before 3.11.5 then finds
# nothing (gh-106052).
_END = re.compile(
    rf"""
    (?: (?<![{_MARKS}\[]) (?P<marks>[{_MARKS}]++) (?P<closers>[{re.escape(_CLOSERS)}*]*+)
        (?P<tail>(?:\s*+(?:[{_EMOJI}]++|[:;=]['-]?[()DP](?!\w)))*)      # smileys end with it
      | (?<![{_EMOJI}]) (?P<emoji>[{_EMOJI}]++)
    ) \s++ (?=\S)
    | (?<![{_WIDE}]) (?P<wide>[{_WIDE}]++[」』”’\uff09】]*+) \s*+ (?=\S)  # no blank needed
    """,
    re.VERBOSE,
)
_LINES = re.compile("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
#: An abbreviation, with what may follow it, is found within so many characters.
_NEAR = 12


def sentences(texts: pd.Series) -> pd.DataFrame:
    """Return the sentences of each text, one a row.

    A sentence ends at a run of marks (``. ! ? …``, or the wide ones of Chinese and Japanese) with
    the quotes and emoji behind it, at emoji before a capital, and at a line break; not at an
    abbreviation, an initial, a number, an address or dots before a small letter. A text without any
    of these is one sentence.

    Parameters
    ----------
    texts
        One text a mention; an empty or missing one has no sentence.

    Returns
    -------
    DataFrame
        row (label of the text in the index of `texts`), number (from 0) and sentence.

    References
    ----------
    The rules follow the English "golden rules" of Dias (2015), Pragmatic Segmenter; see Sadvilkar &
    Neumann (2020), PySBD, NLP-OSS, 110-114. Lists without marks are not told apart.

    Examples
    --------
    >>> said = pd.Series(["Mr. Lee at 9.30 a.m. Thanks! 😍 The U.S. staff", "so late"])
    >>> sentences(said)[["row", "sentence"]].values.tolist()
    [[0, 'Mr. Lee at 9.30 a.m.'], [0, 'Thanks! 😍'], [0, 'The U.S. staff'], [1, 'so late']]
    """
    parts = texts.fillna("").reset_index(drop=True).map(_split).explode().dropna()
    table = pd.DataFrame({"row": texts.index[parts.index], "sentence": parts.array})
    table.insert(1, "number", parts.groupby(level=0).cumcount().to_numpy())
    return table.astype({"sentence": "str"})


def _split(text: str) -> list[str]:
    """Return the sentences of one text."""
    lines = _LINES.split(_END.sub(_broken, text))
    return [line.strip() for line in lines if not line.isspace() and line]


def _broken(match: re.Match[str]) -> str:
    """Return what was found, with a line break behind it where a sentence ends."""
    return f"{match[0].rstrip()}\n" if _ends(match) else match[0]


def _ends(match: re.Match[str]) -> bool:
    """Whether a sentence ends at what was found."""
    text, marks = match.string, match["marks"]
    if match["wide"]:
        return True
    following = text[match.end() : match.end() + _NEAR]
    before = text[max(0, match.start() - _NEAR) : match.start()]
    if not marks:  # emoji alone: "I ❤ NY" goes on
        return following[0].isupper() and not before.endswith("I ")
    if following[0] in _MARKS or following[0] in _CLOSERS or following[0] in ",;:":
        return False
    if match["tail"]:
        return True
    small = following[0].islower()
    if small and match["closers"]:
        return False
    if marks == "." and before and not before[-1].isspace():
        return _dot_ends(before, following)
    if "!" in marks or "?" in marks:
        return True
    return not small and re.match(r"I\b", following) is None  # "well ... I don't know"


def _dot_ends(before: str, following: str) -> bool:
    """Whether a sentence ends at a dot: not after an abbreviation, an initial, a list's number."""
    word = before.split()[-1].lstrip("(\"'“‘[#")
    rest = before[: len(before) - len(word)].rstrip(" ")
    small = following[0].islower()
    if word in _TITLES or (following[0].isdigit() and word in _COUNTED):
        return False
    if small and word.lower() in _SHORTENED:
        return False
    opens = not rest or rest[-1] in _MARKS or rest[-1] == "\n"
    if opens and len(word) <= 2 and (word.isdigit() or len(word) == 1):
        return False
    if word[-1:].isalpha() and (len(word) == 1 or word[-2] == "."):
        first = re.match(r"\W*([\w'’]+)", following)
        return first is not None and first[1].replace("’", "'") in _STARTERS
    return True
