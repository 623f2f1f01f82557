"""Attributes as categories, and what is distinctive about a group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cjm_lab.study.models import Study, SurveySource, TableSource
from cjm_lab.study.personas import attribute_text

#: A number with more values than this is cut into quarters.
_MOST_VALUES = 8
#: A text with more values than this tells people apart rather than kinds of people.
MOST_CATEGORIES = 20

_NOT_ATTRIBUTES = {
    "customer_id", "respondent_id", "joined_at", "left_at", "observed_from", "submitted_at", "wave",
    "weight", "persona",
}  # fmt: skip


def attribute_columns(frame: pd.DataFrame, study: Study, kind: str) -> list[str]:
    """Return the columns that say what kind of person somebody is.

    Those that study.yaml lists as `attributes` of that kind of source; for customers, without a
    list, every further column. Columns with one value or with too many categories are left out.

    Parameters
    ----------
    frame
        customers or responses.
    study
        Names the attributes.
    kind
        ``customers`` or ``survey``.
    """
    listed = [
        column
        for source in study.sources
        if isinstance(source, SurveySource | TableSource) and source.kind == kind
        for column in source.attributes
    ]
    if not listed and kind == "customers":
        return usable_columns(frame)
    return usable_columns(frame[[c for c in dict.fromkeys(listed) if c in frame.columns]])


def usable_columns(frame: pd.DataFrame) -> list[str]:
    """Return the columns that tell kinds of people: neither keys, times, nor too many categories.

    Examples
    --------
    >>> usable_columns(pd.DataFrame({"customer_id": ["1", "2"], "plan": ["a", "b"]}))
    ['plan']
    """
    columns = [
        column
        for column in frame.columns
        if column not in _NOT_ATTRIBUTES and not pd.api.types.is_datetime64_any_dtype(frame[column])
    ]
    kinds = categories(frame, columns).nunique()
    return [column for column in columns if 2 <= kinds[column] <= MOST_CATEGORIES]


def categories(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return attributes as text categories, missing where unknown; numbers in quarters.

    Examples
    --------
    >>> ages = pd.DataFrame({"age": range(20, 40)})
    >>> categories(ages, ["age"])["age"].unique().tolist()
    ['20 to 24', '25 to 29', '30 to 34', '35 to 39']
    """
    return pd.DataFrame({c: _categorical(frame[c]) for c in columns}, index=frame.index)


def distinctive(table: pd.DataFrame, members: pd.Series, most: int = 2) -> str:
    """Return what most of a group have, and have more often than the others, in a few words.

    Examples
    --------
    >>> table = pd.DataFrame({"device": ["phone", "phone", "desktop"], "plan": ["a", "b", "b"]})
    >>> distinctive(table, pd.Series([True, True, False]), most=1)
    'device phone'
    """
    found = []
    for column, values in table.items():
        inside = values[members].value_counts(normalize=True)
        outside = values[~members].value_counts(normalize=True)
        lead = inside.sub(outside.reindex(inside.index, fill_value=0))
        lead = lead[inside >= 0.5]  # what most members lack doesn't name them
        if len(lead) and lead.max() > 0:
            found.append((float(lead.max()), f"{column} {lead.sort_index().idxmax()}"))
    found.sort(key=lambda pair: (-pair[0], pair[1]))
    return ", ".join(name for _, name in found[:most]) or "mixed"


def _categorical(column: pd.Series) -> pd.Series:
    """Return one attribute as text, missing where unknown."""
    is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if is_number and column.nunique() > _MOST_VALUES:
        return _quarters(column.astype(float))
    text = attribute_text(column)
    return text.mask(text == "")


def _quarters(numbers: pd.Series) -> pd.Series:
    """Return which quarter of the people each number lies in, by the ends of the quarter."""
    cut = pd.qcut(numbers, 4, labels=False, duplicates="drop")
    ends = numbers.groupby(cut).agg(["min", "max"])
    names = {q: f"{low:g} to {high:g}" for q, low, high in ends.itertuples()}
    return cut.map(names).astype("str").mask(np.isnan(numbers))
