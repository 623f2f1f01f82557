"""A plot in words, for those who cannot see it."""

from __future__ import annotations

import pandas as pd

from cjm_lab.plots.style import shown_of
from cjm_lab.words import number


def alt_text(
    data: pd.DataFrame,
    *,
    label: str = "label",
    value: str = "value",
    what: str = "",
    percent: bool = False,
) -> str:
    """Say in one sentence what a plot of these data shows.

    Parameters
    ----------
    data
        What was drawn.
    label
        Column that names the rows; its name says what is counted, ``label`` counts values.
    value
        Column with the values; without it only the number of rows is said.
    what
        What the picture is about.
    percent
        Whether values are shares of 1.

    Returns
    -------
    str
        Text for ``alt``, with the lowest and the highest value and where they are.

    Examples
    --------
    >>> rows = pd.DataFrame({"touchpoint": ["Set-up", "First cup"], "value": [0.3, 1.5]})
    >>> alt_text(rows, label="touchpoint", what="Emotion")
    'Emotion: 2 touchpoints, lowest Set-up 0.3, highest First cup 1.5'
    """
    start = f"{what}: " if what else ""
    if data.empty:
        return f"{start}no evidence yet"
    noun = "value" if label == "label" else label
    counted = f"{start}{len(data)} {noun}{'s' if len(data) != 1 else ''}"
    known = data.dropna(subset=[value]) if value in data else data.head(0)
    if known.empty:
        return counted
    ranked = known.sort_values(value, kind="stable")
    names = ranked[label]
    if pd.api.types.is_datetime64_any_dtype(names):
        names = names.dt.strftime("%Y-%m-%d")
    whole = value == "value" and {"low", "high", "measure"} <= set(ranked.columns)
    low, high = (
        f"{names.iloc[end]} "
        + (
            shown_of(ranked.iloc[end], percent=percent).value
            if whole
            else number(ranked[value].iloc[end], percent=percent)
        )
        for end in (0, -1)
    )
    return f"{counted}, {low}" if len(known) == 1 else f"{counted}, lowest {low}, highest {high}"
