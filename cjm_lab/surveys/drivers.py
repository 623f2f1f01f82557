"""Key drivers: how much of the differences in an outcome goes with each rating."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import nan

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Design, Estimate
from cjm_lab.surveys.driver_cautions import (
    directions_and_notes,
    gap_notes,
    general_warnings,
)
from cjm_lab.surveys.driver_columns import (
    DriverColumns,
    Floats,
    Missing,
    driver_columns,
    weighted_covariance,
)
from cjm_lab.surveys.driver_intervals import explained_interval, moved_interval, tail_percentile
from cjm_lab.surveys.outcome_model import Model, fitted, model_for
from cjm_lab.surveys.relative_importance import drawn_sums, johnson_weights, lmg
from cjm_lab.surveys.resampling import resampled_sums
from cjm_lab.words import number

_ROWS_AT_ONCE = 4096
_BOUNDS = ("", "_low", "_high")


@dataclass(frozen=True)
class KeyDrivers:
    """What goes with an outcome.

    Parameters
    ----------
    table
        One row a driver, the largest first. ``value low high`` is LMG in the unit of R2 and
        ``share`` its part of R2; then ``n`` (who rated it), Johnson's weight, the correlation and
        the standardized weight beside the others, each with its bounds; ``value_listwise`` and
        ``coefficient_listwise`` of those without gaps; ``direction``, ``note`` (cautions), and the
        shares of people who ``answered`` and to whom it was ``not_applicable``.
    r2
        Part of the outcome's variance that goes with all of them.
    n
        People the numbers rest on.
    model
        Of the coefficients: ``linear``, ``logit`` or ``ordered``.
    warnings
        Sentences on the whole; each driver's own cautions are its ``note``.
    """

    table: pd.DataFrame
    r2: Estimate
    n: int
    model: str
    warnings: tuple[str, ...]

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, escape=True)


def key_drivers(
    answers: pd.DataFrame,
    outcome: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | Design | None = None,
    not_applicable: pd.DataFrame | None = None,
    missing: Missing = "indicator",
    model: Model = "auto",
    repeats: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> KeyDrivers:
    """Return how much of the differences in an outcome goes with each driver.

    Importance goes with, it does not cause: LMG says how much better the outcome is known when a
    rating is, never what would happen if it were improved. LMG and Johnson's weights are on the
    linear scale, for an outcome of two values too. They are never negative: near zero their
    intervals are no test of zero.

    Parameters
    ----------
    answers
        One row a respondent, one column a driver, NaN where there is no answer.
    outcome
        One number a respondent: a score, or 0 and 1.
    weights
        One a respondent, or a Design; carried by every number. Of a Design with clusters or strata
        the clusters are resampled.
    not_applicable
        True where a driver didn't apply to a respondent.
    missing
        ``indicator`` keeps people with gaps: a gap holds the rating's mean, and indicators of 'not
        applicable' and of 'not answered' enter with the rating, as one driver. ``listwise`` leaves
        these people out. Either way the table shows both.
    model
        Of the coefficients, as in `outcome_model`.
    repeats, seed
        Of the bootstrap over respondents.
    level
        Confidence level. Intervals are percentiles of the resamples, moved by their bias (chance
        explains more of a resample than of the sample it comes from); that of R2 is moved twice,
        on the scale of Fisher's z; Wald for coefficients. Coverage: estimate/COVERAGE.md.

    Returns
    -------
    KeyDrivers

    Raises
    ------
    ParameterError
        If shapes differ, there are more than 20 drivers, nothing differs between people, or there
        are no more people than columns of the model.

    References
    ----------
    Groemping (2007), Estimators of relative importance in linear regression based on variance
    decomposition. The American Statistician 61, 139-147. Intervals: `driver_intervals`.

    Examples
    --------
    >>> ratings = pd.DataFrame({"seat": [1, 2, 3, 4, 5], "food": [2, 1, 2, 1, 2]})
    >>> found = key_drivers(ratings, [1, 2, 3, 4, 5], repeats=100)
    >>> found.table["driver"].tolist(), found.table["value"].round(3).tolist()
    (['seat', 'food'], [1.0, 0.0])
    """
    weighted = weights is not None
    if repeats < 2:
        raise ParameterError(f"repeats must be at least 2, got {repeats}; 1000 are usual")
    columns = driver_columns(
        answers, outcome, weights=weights, not_applicable=not_applicable, missing=missing
    )
    n, wide = columns.values.shape
    if n <= wide + 1:
        raise ParameterError(
            f"there must be more people than columns of the model ({wide} and a constant), got {n}"
        )
    used = model_for(columns.outcome) if model == "auto" else model
    coefficients = fitted(columns, model=used, level=level, weighted=weighted)
    table, r2 = _importance(columns, weights, repeats, seed, level)
    table[[f"coefficient{end}" for end in _BOUNDS]] = coefficients[["value", "low", "high"]]
    complete = _without_gaps(columns)
    table = table.merge(_listwise(complete, used, level, weighted), on="driver", how="left")
    table = table.join(_beside_each_other(columns)).assign(gap_note=gap_notes(columns))
    table["direction"], table["note"] = directions_and_notes(table)
    table["answered"] = np.average(columns.answered, axis=0, weights=columns.weights)
    table["not_applicable"] = np.average(columns.not_applicable, axis=0, weights=columns.weights)
    table = table.sort_values("value", ascending=False, kind="stable", ignore_index=True)
    shown = [
        "driver", "value", "low", "high", "share", "n",
        "johnson", "johnson_low", "johnson_high",
        "correlation", "correlation_low", "correlation_high",
        "coefficient", "coefficient_low", "coefficient_high",
        "value_listwise", "coefficient_listwise",
        "direction", "note", "answered", "not_applicable",
    ]  # fmt: skip
    said = [
        *general_warnings(columns),
        *_said_of_gaps(columns, complete, missing),
        *(m for m in coefficients["method"].drop_duplicates() if "," in m and "follows" not in m),
    ]
    return KeyDrivers(table[shown], r2, n, used, tuple(said))


def _importance(
    columns: DriverColumns,
    weights: npt.ArrayLike | Design | None,
    repeats: int,
    seed: int,
    level: float,
) -> tuple[pd.DataFrame, Estimate]:
    """Return LMG, Johnson's weights and correlations with percentile intervals, and R2."""
    sums = _sums(columns, weights, repeats, seed)
    value, draws = np.split(_statistics(sums, columns), [1])
    value = value[0]
    n, wide = columns.values.shape
    tail = tail_percentile(n, wide, level)
    bounds = [moved_interval(v, draw, tail) for v, draw in zip(value, draws.T, strict=True)]
    bounds[-1] = explained_interval(value[-1], draws[:, -1], tail)
    low, high = np.transpose(bounds)
    p = len(columns.names)
    least = np.zeros(len(value))
    least[2 * p : 3 * p] = -1  # of a correlation; the others are parts of a variance
    low, high = np.maximum(low, least), np.minimum(high, 1)
    table = pd.DataFrame({"driver": columns.names})
    for i, name in enumerate(("value", "johnson", "correlation")):
        part = slice(i * p, (i + 1) * p)
        ends = ("value", "low", "high") if name == "value" else [f"{name}{e}" for e in _BOUNDS]
        table[list(ends)] = np.column_stack([value[part], low[part], high[part]])
    table["share"] = table["value"] / value[-1]
    table["n"] = columns.answered.sum(axis=0)
    w = columns.weights
    r2 = Estimate(
        float(value[-1]),
        float(low[-1]),
        float(high[-1]),
        n=n,
        method="bootstrap",
        se=float(np.nanstd(draws[:, -1], ddof=1)),
        n_eff=float(w.sum() ** 2 / (w**2).sum()) if weights is not None else nan,
        level=level,
    )
    return table, r2


def _sums(
    columns: DriverColumns, weights: npt.ArrayLike | Design | None, repeats: int, seed: int
) -> Floats:
    """Return the sums that everything is made of: over everyone, then over each resample."""
    n = len(columns.outcome)
    if isinstance(weights, Design) and not (weights.clusters is None and weights.strata is None):
        theirs = _features(columns, np.arange(n), np.ones(n))(slice(0, n))
        table = np.zeros((len(columns.rows), theirs.shape[1]))
        table[columns.rows] = theirs
        return resampled_sums(table, weights, repeats=repeats, seed=seed)
    # people in the order of their answers, so that the order of the rows changes nothing
    order = np.lexsort([*columns.values.T, columns.outcome, columns.weights])
    features = _features(columns, order, columns.weights)
    blocks = range(0, n, _ROWS_AT_ONCE)
    parts = [features(slice(first, first + _ROWS_AT_ONCE)).sum(axis=0) for first in blocks]
    return np.vstack([np.sum(parts, axis=0), drawn_sums(features, n, repeats=repeats, seed=seed)])


def _features(
    columns: DriverColumns, order: npt.NDArray[np.intp], weights: Floats
) -> Callable[[slice], Floats]:
    """Return what is summed over people: products of all columns, and who rated each driver."""
    y = columns.outcome - np.average(columns.outcome, weights=columns.weights)
    width, p = columns.values.shape[1] + 2, len(columns.names)
    wide = width * (width + 1) // 2

    def features(rows: slice) -> Floats:
        people = order[rows]
        own, given = y[people], columns.answered[people].T
        all_of = np.vstack([np.ones(len(own)), columns.values[people].T, own])
        sums = np.empty((wide + 3 * p, len(own)))  # a feature is one long run
        start = 0
        for i in range(width):
            np.multiply(all_of[i:], all_of[i], out=sums[start : start + width - i])
            start += width - i
        for power in range(3):
            np.multiply(given, own**power, out=sums[wide + power * p : wide + (power + 1) * p])
        sums *= weights[people]
        return sums.T

    return features


def _statistics(sums: Floats, columns: DriverColumns) -> Floats:
    """Return LMG, Johnson's weights, correlations and R2 from sums, one row a resample."""
    width, p = columns.values.shape[1] + 2, len(columns.names)
    first, second = np.triu_indices(width)
    moments = np.empty((len(sums), width, width))
    moments[:, first, second] = moments[:, second, first] = sums[:, : len(first)]
    means = moments[:, 0, 1:] / moments[:, 0, :1]
    products = moments[:, 1:, 1:] / moments[:, 0, 0, None, None]
    covariance = products - means[:, :, None] * means[:, None, :]
    worth = lmg(covariance, columns.sizes)
    r2 = worth.sum(axis=1)
    r2[covariance[:, -1, -1] <= 0] = nan  # everybody drawn gave the same outcome
    # the correlation is that of people who rated the driver; a gap's rating is 0 in every sum
    given, given_y, given_yy = np.split(sums[:, len(first) :], [p, 2 * p], axis=1)
    ratings = 1 + columns.ratings
    x, xx, xy = moments[:, 0, ratings], moments[:, ratings, ratings], moments[:, ratings, -1]
    with np.errstate(invalid="ignore", divide="ignore"):  # nobody with a rating was drawn
        spread = (xx - x**2 / given) * (given_yy - given_y**2 / given)
        correlation = (xy - x * given_y / given) / np.sqrt(spread)
    return np.column_stack([worth, johnson_weights(covariance, columns.sizes), correlation, r2])


def _without_gaps(columns: DriverColumns) -> DriverColumns | None:
    """Return the columns of the people who rated every driver; None where they are too few."""
    rows = columns.answered.all(axis=1)
    if rows.all():
        return columns
    ratings = columns.values[rows][:, columns.ratings]
    y, weights = columns.outcome[rows], columns.weights[rows]
    few = len(y) < 2 * len(columns.names) + 2
    if few or y.min() == y.max() or (ratings.min(axis=0) == ratings.max(axis=0)).all():
        return None
    return driver_columns(pd.DataFrame(ratings, columns=list(columns.names)), y, weights=weights)


def _listwise(
    complete: DriverColumns | None, model: Model, level: float, weighted: bool
) -> pd.DataFrame:
    """Return LMG and coefficient of each driver among people without gaps."""
    names = ["driver", "value_listwise", *(f"coefficient_listwise{end}" for end in _BOUNDS)]
    if complete is None:
        return pd.DataFrame(columns=names).astype({name: float for name in names[1:]})
    rows = fitted(complete, model=model, level=level, weighted=weighted)
    both = np.column_stack([complete.values, complete.outcome])
    worth = lmg(weighted_covariance(both, complete.weights), complete.sizes)
    rows.insert(1, "worth", worth)
    return rows[["driver", "worth", "value", "low", "high"]].set_axis(names, axis=1)


def _beside_each_other(columns: DriverColumns) -> pd.DataFrame:
    """Return each driver's linear weight, its VIF and the rating most like it."""
    both = np.column_stack([columns.values, columns.outcome])
    covariance = weighted_covariance(both, columns.weights)
    spread = np.sqrt(np.diagonal(covariance))
    r = covariance / np.outer(spread, spread)
    inverse = np.linalg.pinv(r[:-1, :-1], hermitian=True)
    beta = (inverse @ r[:-1, -1])[columns.ratings]
    like = np.abs(r[np.ix_(columns.ratings, columns.ratings)])
    np.fill_diagonal(like, -1)
    vif = [_vif(r[:-1, :-1], int(j)) for j in columns.ratings]
    nearest = [columns.names[j] for j in like.argmax(axis=1)]
    return pd.DataFrame({"beta": beta, "vif": vif, "nearest": nearest})


def _vif(r: Floats, j: int) -> float:
    """Return the variance inflation of column j: 1 / (1 - R2 of it on the others)."""
    others = np.delete(np.arange(len(r)), j)
    with_others = r[others, j]
    explained = with_others @ np.linalg.pinv(r[np.ix_(others, others)], hermitian=True)
    left = 1 - float(explained @ with_others)
    return 1 / left if left > 1e-10 else np.inf


def _said_of_gaps(
    columns: DriverColumns, complete: DriverColumns | None, missing: Missing
) -> list[str]:
    """Say what leaving out everybody with a gap would mean."""
    if complete is columns or missing == "listwise":
        return []
    n = number(len(columns.outcome))
    if complete is None:
        return [f"too few of the {n} people rated everything to look at them alone"]
    kept = number(len(complete.outcome))
    return [f"{kept} of {n} people rated everything; the columns 'listwise' rest on them alone"]
