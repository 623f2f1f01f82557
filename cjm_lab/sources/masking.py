"""Personal data in texts and ids, taken out where a source is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.sources.glance import rows_with
from cjm_lab.workspace import short_hash

#: %40 is how an address of a page writes the @.
#: It begins with a word, or right behind another address: so a long word takes no long time.
_EMAIL = re.compile(r"(?:(?<![\w.+%-])[\w.+%-]+|[+%.][\w.+%-]{0,64})(?:@|%40)[\w-]+(?:\.[\w-]+)+")
_CARD = re.compile(r"(?<![\w.])\d(?:[ -]?\d){12,18}(?!\w)")
#: A day with the time of day has as many digits as a phone number.
_MOMENT = r"(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d?[./]\d\d?[./]\d{4})(?:T|,? )\d\d?:\d\d"
_PHONE = re.compile(rf"(?<![\w.])(?!{_MOMENT})(?:\+|00)?\(?\d(?:[\s()./-]{{0,2}}\d){{8,14}}(?!\w)")
#: What stands in a masked text instead of personal data.
MASK = r"\[(?:e-mail|card|phone|handle)\]"

_HANDLE = re.compile(r"(?<![\w@.])@\w{2,}")


def mask(text: str, keep: Iterable[str] = ()) -> str:
    """Return a text with e-mails, cards, phone numbers and handles replaced by their kind.

    Parameters
    ----------
    text
        What somebody wrote.
    keep
        Names whose handles stay, in any case: the brand's own.

    Notes
    -----
    A number of 13 to 19 digits counts as a card when its check digit fits (ISO/IEC 7812-1, Luhn),
    and else, as every number of 9 to 15 digits, as a phone number: rather one order number masked
    too many than one telephone too few.

    Examples
    --------
    >>> mask("@aroma write to jo@example.org or +49 30 1234567", keep=["Aroma"])
    '@aroma write to [e-mail] or [phone]'
    """
    kept = {f"@{name}".casefold() for name in keep}
    if "@" in text or "%40" in text:
        text = _EMAIL.sub("[e-mail]", text)
    text = _CARD.sub(lambda m: "[card]" if _luhn(m[0]) else "[phone]", text)
    text = _PHONE.sub("[phone]", text)
    return _HANDLE.sub(lambda m: m[0] if m[0].casefold() in kept else "[handle]", text)


def mask_column(texts: pd.Series, keep: Iterable[str] = ()) -> pd.Series:
    """Return a column of texts masked; only those that could hold personal data are looked at.

    Examples
    --------
    >>> mask_column(pd.Series(["Nice cup", "Ask @jo_miller"])).tolist()
    ['Nice cup', 'Ask [handle]']
    """
    names = tuple(keep)
    near = rows_with(texts, b"@%", digits=True)
    return _cleaned(texts, near, r"@|%40|\d(?:.{0,3}\d){8}", lambda text: mask(text, names))


def hash_personal_ids(ids: pd.Series) -> pd.Series:
    """Return ids with every e-mail or phone number replaced by a hash that still joins.

    Examples
    --------
    >>> hashed = hash_personal_ids(pd.Series(["C17", "jo@example.org", "JO@example.org"]))
    >>> hashed[0], hashed[1] == hashed[2], "example" in hashed[1]
    ('C17', True, False)
    """
    near = rows_with(ids, b"@%+ \t\xc2()/")  # a no-break space begins with the byte C2
    form = r"@|%40|\+\d|\d[ \t\xa0()/]+\d"
    return _cleaned(ids, near, form, lambda one: "id-" + short_hash(one.casefold()))


def _cleaned(
    texts: pd.Series, near: npt.NDArray[np.intp], form: str, clean: Callable[[str], str]
) -> pd.Series:
    """Return texts with those cleaned that have the form; only the rows `near` can have it."""
    if not len(near):
        return texts
    here = np.zeros(len(texts), dtype=bool)
    here[near] = True  # quicker than to take the rows one by one from a column in many parts
    found = near[texts[here].str.contains(form, regex=True, na=False).to_numpy(dtype=bool)]
    if not len(found):
        return texts
    cleaned = texts.copy()
    cleaned.iloc[found] = [clean(text) for text in texts.iloc[found]]
    return cleaned


def hash_names(names: pd.Series, salt: str) -> pd.Series:
    """Return people's names as hashes; unknown ones stay unknown.

    Parameters
    ----------
    names
        Names or handles, in any case, with or without an @.
    salt
        What nobody knows who could try names one after the other; see `Workspace.salt`.

    Examples
    --------
    >>> keys = hash_names(pd.Series(["Jo", "@jo", ""]), salt="s")
    >>> keys[0] == keys[1] != hash_names(pd.Series(["Jo"]), salt="t")[0], keys[2]
    (True, '')
    """
    keys = {
        name: "a-" + short_hash(salt, name.casefold().lstrip("@")) if name else ""
        for name in names.unique()
    }
    return names.map(keys).astype("str")


def _luhn(number: str) -> bool:
    """Whether the last digit of a card number fits the others."""
    digits = [int(character) for character in number if character.isdigit()]
    doubled = [
        d if i % 2 == 0 else (2 * d - 9 if d > 4 else 2 * d) for i, d in enumerate(digits[::-1])
    ]
    return len(digits) >= 13 and sum(doubled) % 10 == 0
