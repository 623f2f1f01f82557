"""What a driver's numbers must not be read as: direction, and cautions in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from cjm_lab.surveys.base import SMALL_BASE
from cjm_lab.surveys.driver_columns import DriverColumns
from cjm_lab.words import number, plain

#: What a direction means, for a reader. None of them says what causes what.
DIRECTIONS = {
    "raises": "goes with a higher outcome",
    "lowers": "goes with a lower outcome",
    "unclear": "direction unclear",
}

_ABOUT_ZERO = 0.1
_HIGH_VIF = 10
_PEOPLE_PER_COLUMN = 10
#: Outcomes of people with and without an answer differ if by this part of a standard deviation.
_OTHER_PEOPLE = 0.25
_NEARLY_ALL = 0.95


def directions_and_notes(table: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the direction of each driver and its cautions, joined by semicolons.

    Parameters
    ----------
    table
        One row a driver: correlation, coefficient and ``coefficient_listwise`` with their bounds,
        ``beta`` (the weight of a linear model), ``vif``, ``nearest``, ``n``, ``gap_note``.

    Returns
    -------
    tuple
        Directions (``raises``, ``lowers``, ``unclear``) and notes, in the order of the rows. A
        direction is that of the correlation; it is unclear where chance could make it or where the
        weight beside the other drivers contradicts it.

    References
    ----------
    Suppression, a weight larger than the correlation or of the other sign: Conger (1974), A revised
    definition for suppressor variables. VIF above 10: Chatterjee & Price (1977).
    """
    directions, notes = [], []
    for _, row in table.iterrows():
        contradiction = _contradiction(row)
        sign = _clear_sign(row, "correlation")
        direction = {1: "raises", -1: "lowers"}.get(0 if contradiction else sign, "unclear")
        directions.append(direction)
        said = [contradiction, *_lesser_cautions(row, bool(contradiction))]
        notes.append("; ".join(sentence for sentence in said if sentence))
    return directions, notes


def gap_notes(columns: DriverColumns) -> list[str]:
    """Say for each driver where those without an answer have an outcome of their own.

    A driver's importance then holds the difference between having and not having an answer, too.
    """
    y, w = columns.outcome, columns.weights
    spread = np.sqrt(np.cov(y, aweights=w, ddof=0))
    notes = []
    for j in range(len(columns.names)):
        given, inapplicable = columns.answered[:, j], columns.not_applicable[:, j]
        said = []
        for gap, what in (
            (inapplicable, "it did not apply to"),
            (~given & ~inapplicable, "no answer came from"),
        ):
            if gap.sum() < SMALL_BASE or not given.any():
                continue
            theirs = float(np.average(y[gap], weights=w[gap]))
            others = float(np.average(y[given], weights=w[given]))
            if abs(theirs - others) > _OTHER_PEOPLE * spread:
                said.append(
                    f"{what} {number(int(gap.sum()))} people, whose outcome averages "
                    f"{theirs:.3g} against {others:.3g}: that difference counts here too"
                )
        notes.append("; ".join(said))
    return notes


def general_warnings(columns: DriverColumns) -> Iterator[str]:
    """Say what holds for all drivers: who is left out, too few people, hardly any difference."""
    for name in columns.constant:
        yield f"{name} is left out: no two people rated it differently"
    _, counts = np.unique(columns.outcome, return_counts=True)
    n, wide = len(columns.outcome), columns.values.shape[1]
    if counts.max() > _NEARLY_ALL * n:
        yield (
            f"nearly everybody gave the same outcome ({number(int(counts.max()))} of {number(n)}): "
            "there is hardly a difference that could go with anything"
        )
    if n < _PEOPLE_PER_COLUMN * wide:
        yield (
            f"{number(n)} people for {wide} columns of the model, fewer than {_PEOPLE_PER_COLUMN} "
            "each: chance alone explains a good part of the differences"
        )


def _contradiction(row: pd.Series) -> str:
    """Say where correlation and weight, or the two treatments of gaps, point apart."""
    weight = _clear_sign(row, "coefficient")
    listwise = _clear_sign(row, "coefficient_listwise")
    direct = float(row["correlation"])
    if weight and listwise and weight != listwise:
        return (
            "its weight changes sign when people with gaps are left out; "
            "neither direction is to be relied on"
        )
    about_zero = abs(direct) < _ABOUT_ZERO and abs(float(row["beta"])) > abs(direct)
    if not weight or not (about_zero or np.sign(direct) == -weight):
        return ""
    start = "about zero" if about_zero else "positive" if direct > 0 else "negative"
    turned, warned = {
        -1: ("negative", "this is no reason to make it worse"),
        1: ("positive", "it may say more about the others than about itself"),
    }[weight]
    return (
        f"the direct correlation is {start} ({plain(direct, 2)}) but the weight turns {turned} "
        f"beside the others; {warned}"
    )


def _lesser_cautions(row: pd.Series, contradicted: bool) -> Iterator[str]:
    value = float(row["coefficient"])
    if not contradicted and value * float(row["correlation"]) < 0:
        yield (
            "beside the others its weight has the other sign, within what chance could make; "
            "the others say the same"
        )
    if row["vif"] > _HIGH_VIF:
        yield (
            f"it can hardly be told apart from the other ratings (VIF {_vif_words(row['vif'])}, "
            f"nearest {row['nearest']})"
        )
    if row["n"] < SMALL_BASE:
        yield f"small base: fewer than {SMALL_BASE} answers"
    yield row["gap_note"]


def _clear_sign(row: pd.Series, name: str) -> int:
    """Return the sign of an estimate whose whole interval lies on one side of zero, else 0."""
    return int(row[f"{name}_low"] > 0) - int(row[f"{name}_high"] < 0)


def _vif_words(vif: Any) -> str:
    return f"{vif:.0f}" if vif < 1000 else "over 1,000"
