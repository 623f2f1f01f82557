"""Ratings with holes as the columns of a model: what was not applicable or not answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Design
from cjm_lab.surveys.base import SMALL_BASE
from cjm_lab.surveys.resampling import weights_for

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Missing = Literal["indicator", "listwise"]

_MISSING = ("indicator", "listwise")


@dataclass(frozen=True)
class DriverColumns:
    """The columns that stand for each driver, of the people a model rests on.

    Parameters
    ----------
    names
        The drivers that differ between people; those that don't are `constant`.
    values
        Shape (people, columns). A driver's first column is its rating, standardized over those who
        gave one and 0 (its mean) for the others; then an indicator of 'not applicable' and one of
        'not answered', each where at least `SMALL_BASE` say so.
    sizes
        Number of columns of each driver.
    answered, not_applicable
        Shape (people, drivers).
    outcome, weights
        One number a person.
    rows
        Which people of those given these are.
    constant
        Drivers on which all gave the same answer, or nobody any.
    """

    names: tuple[str, ...]
    values: Floats
    sizes: tuple[int, ...]
    answered: Bools
    not_applicable: Bools
    outcome: Floats
    weights: Floats
    rows: Bools
    constant: tuple[str, ...]

    @property
    def ratings(self) -> npt.NDArray[np.intp]:
        """Number of the column with each driver's rating."""
        return np.cumsum([0, *self.sizes[:-1]])


def driver_columns(
    answers: pd.DataFrame,
    outcome: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | Design | None = None,
    not_applicable: pd.DataFrame | None = None,
    missing: Missing = "indicator",
) -> DriverColumns:
    """Return the columns of a model of the outcome on the ratings.

    Parameters
    ----------
    answers
        One row a respondent, one column a driver, NaN where there is no answer.
    outcome
        One number a respondent; those without one are left out, and those without any rating.
    weights
        One a respondent, or a Design.
    not_applicable
        True where a driver didn't apply to a respondent; other gaps are 'not answered'.
    missing
        ``indicator`` keeps people with gaps, ``listwise`` those without any only.

    Raises
    ------
    ParameterError
        If shapes differ, or nothing is left to model.

    References
    ----------
    Cohen & Cohen (1975), Applied multiple regression, ch. 7: an indicator for what is missing by
    nature. With the rating's mean in the gap the pair explains the same whatever was put there.

    Examples
    --------
    Thirty people never used the wifi:

    >>> ratings = pd.DataFrame({"wifi": [1.0, 2.0, *[np.nan] * 30], "seat": range(32)})
    >>> driver_columns(ratings, range(32)).sizes
    (2, 1)
    """
    if missing not in _MISSING:
        raise ParameterError(one_of("missing", _MISSING, missing))
    ratings = answers.to_numpy(dtype=float, na_value=np.nan)
    y = _as_long(outcome, len(ratings), "outcome")
    w = weights_for(weights, len(y))
    inapplicable = _flags(not_applicable, answers)
    ratings = np.where(inapplicable, np.nan, ratings)
    given = ~np.isnan(ratings)
    whole = given.all(axis=1) if missing == "listwise" else given.any(axis=1)
    rows = ~np.isnan(y) & (w > 0) & whole
    ratings, inapplicable, y, w = ratings[rows], inapplicable[rows], y[rows], w[rows]
    differs = _differs(ratings)
    names = [str(name) for name in answers.columns]
    blocks = [_block(ratings[:, j], inapplicable[:, j], w) for j in np.flatnonzero(differs)]
    if not blocks or len(y) == 0:
        raise ParameterError(
            "at least one driver must differ between people who gave the outcome, got "
            f"{len(names)} columns and {len(y)} people"
            + ("; missing='indicator' keeps people with gaps" if missing == "listwise" else "")
        )
    return DriverColumns(
        names=tuple(name for name, keep in zip(names, differs, strict=True) if keep),
        values=np.column_stack(blocks),
        sizes=tuple(block.shape[1] for block in blocks),
        answered=~np.isnan(ratings[:, differs]),
        not_applicable=inapplicable[:, differs],
        outcome=y,
        weights=w,
        rows=rows,
        constant=tuple(name for name, keep in zip(names, differs, strict=True) if not keep),
    )


def weighted_covariance(values: Floats, weights: Floats) -> Floats:
    """Return the covariance matrix of columns, divided by the sum of the weights.

    Examples
    --------
    >>> weighted_covariance(np.array([[1.0], [3.0]]), np.array([1.0, 3.0])).tolist()
    [[0.75]]
    """
    centered = values - np.average(values, axis=0, weights=weights)
    return (centered * weights[:, None]).T @ centered / weights.sum()


def _block(rating: Floats, inapplicable: Bools, weights: Floats) -> Floats:
    """Return a driver's columns: the standardized rating and the indicators of its gaps."""
    given = ~np.isnan(rating)
    mean = np.average(rating[given], weights=weights[given])
    spread = np.sqrt(np.average((rating[given] - mean) ** 2, weights=weights[given]))
    columns = [np.where(given, (rating - mean) / spread, 0.0)]
    gaps = (inapplicable, ~given & ~inapplicable)
    # an indicator of a few people would be a model of these people
    columns += [gap.astype(float) for gap in gaps if SMALL_BASE <= gap.sum() < len(gap)]
    return np.column_stack(columns)


def _differs(ratings: Floats) -> Bools:
    """Return which columns hold two different answers."""
    low = np.where(np.isnan(ratings), np.inf, ratings).min(axis=0, initial=np.inf)
    high = np.where(np.isnan(ratings), -np.inf, ratings).max(axis=0, initial=-np.inf)
    return high > low


def _flags(not_applicable: pd.DataFrame | None, answers: pd.DataFrame) -> Bools:
    if not_applicable is None:
        return np.zeros(answers.shape, dtype=bool)
    unknown = set(not_applicable.columns) - set(answers.columns)
    if unknown or len(not_applicable) != len(answers):
        raise ParameterError(
            f"not_applicable must have the rows of answers ({len(answers)}) and no other columns, "
            f"got {len(not_applicable)} rows and the columns {sorted(map(str, unknown))} besides"
        )
    return not_applicable.reindex(columns=answers.columns, fill_value=False).to_numpy(dtype=bool)


def _as_long(values: npt.ArrayLike, n: int, name: str) -> Floats:
    x = np.asarray(values, dtype=float)
    if x.shape != (n,):
        raise ParameterError(f"{name} must have one value a respondent ({n}), got shape {x.shape}")
    return x
