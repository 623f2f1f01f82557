"""Which declared persona or named segment a customer or respondent belongs to."""

from __future__ import annotations

import pandas as pd

from cjm_lab.study.models import Persona


def match_personas(frame: pd.DataFrame, personas: list[Persona]) -> pd.Series:
    """Return the id of the declared persona that each row matches, ``""`` for none.

    A row matches when every attribute that the persona's `match` names has the value given, or one
    of the values given, compared as text. The first persona that matches wins, in the order of
    study.yaml. A persona without `match`, or with an attribute that the table lacks, matches
    nobody.

    Parameters
    ----------
    frame
        One row a person, with attribute columns.
    personas
        The study's declared personas.

    Returns
    -------
    pandas.Series
        Text, aligned with `frame`.

    Examples
    --------
    >>> office = Persona(id="office", name="Office buyer", match={"experience": ["office", "shop"]})
    >>> match_personas(pd.DataFrame({"experience": ["office", "first"]}), [office]).tolist()
    ['office', '']
    """
    found = pd.Series("", index=frame.index, dtype="str", name="persona")
    for persona in personas:
        if not persona.match or not set(persona.match) <= set(frame.columns):
            continue
        matches = found == ""
        for column, wanted in persona.match.items():
            values = [wanted] if isinstance(wanted, str) else wanted
            matches &= attribute_text(frame[column]).isin(values)
        found = found.mask(matches, persona.id)
    return found


def attribute_text(column: pd.Series) -> pd.Series:
    """Return an attribute as text: ``2.0`` is ``"2"``, ``True`` is ``"true"``, missing is ``""``.

    study.yaml is read as text, so that is how its values and the data's meet.

    Examples
    --------
    >>> attribute_text(pd.Series([2.0, 2.5, None])).tolist()
    ['2', '2.5', '']
    """
    if pd.api.types.is_bool_dtype(column):
        text = column.astype("str").str.lower()
    else:
        text = column.astype("str").str.strip()
    if pd.api.types.is_float_dtype(column):
        text = text.str.removesuffix(".0")
    return text.mask(column.isna(), "").astype("str")


def match_segment(frame: pd.DataFrame, segment: dict[str, str]) -> pd.Series:
    """Return which rows have every attribute value that a segment names; a missing column, none.

    Examples
    --------
    >>> match_segment(pd.DataFrame({"plan": ["pro", "free"]}), {"plan": "pro"}).tolist()
    [True, False]
    """
    rows = pd.Series(set(segment) <= set(frame.columns), index=frame.index)
    for column, value in segment.items():
        if column in frame.columns:
            rows &= attribute_text(frame[column]) == value
    return rows


def segment_text(segment: dict[str, str]) -> str:
    """Return a segment as the ledger's column `segment` has it.

    Examples
    --------
    >>> segment_text({"plan": "pro", "country": "DE"})
    'plan=pro; country=DE'
    """
    return "; ".join(f"{column}={value}" for column, value in segment.items())
