"""What all metrics share: estimates as columns, counts, and shares of events by customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import isnan, nan
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.metrics.clustered import Sums, clustered_shares
from cjm_lab.period import Period

#: Columns that every metric has beside what its rows are about.
ESTIMATE_COLUMNS = ["value", "low", "high", "n", "se", "method"]


def framed(
    rows: Iterable[tuple[Mapping[str, Any], Estimate]], about: Mapping[str, str]
) -> pd.DataFrame:
    """Return one row an estimate: what it is about, then value, low, high, n, se and method.

    Parameters
    ----------
    rows
        Pairs of what the row is about and its estimate.
    about
        Types of the leading columns by name, so that no rows give a frame with the same columns.

    Examples
    --------
    >>> from cjm_lab.estimate import share
    >>> framed([({"step": "basket"}, share(7, 10))], {"step": "str"})["value"].tolist()
    [0.7]
    """
    pairs = list(rows)
    types = dict.fromkeys(ESTIMATE_COLUMNS, "float64") | {"n": "int64", "method": "str"}
    columns = {
        name: pd.Series([what.get(name) for what, _ in pairs], dtype=type_)
        for name, type_ in about.items()
    }
    estimates = {
        name: pd.Series([getattr(one, name) for _, one in pairs], dtype=type_)
        for name, type_ in types.items()
    }
    return pd.DataFrame(columns | estimates)


def estimate_of(row: Mapping[str, Any] | pd.Series, level: float) -> Estimate:
    """Return the Estimate that a row of `framed` holds."""
    return Estimate(
        value=float(row["value"]),
        low=float(row["low"]),
        high=float(row["high"]),
        n=int(row["n"]),
        method=str(row["method"]),
        se=float(row["se"]),
        level=level,
    )


def count_of(number: int, *, level: float = 0.95) -> Estimate:
    """Return a count as an Estimate: everyone was counted, so there is no interval.

    Examples
    --------
    >>> print(count_of(12))
    12.00 (count) n=12
    """
    return Estimate(float(number), nan, nan, n=number, method="count", level=level)


def clustered_share(
    numerator: npt.ArrayLike, denominator: npt.ArrayLike, *, level: float = 0.95
) -> Estimate:
    """Return a share of events with an interval clustered by customer; see `clustered_shares`.

    Parameters
    ----------
    numerator, denominator
        One pair of sums a customer.
    level
        Confidence level.

    Returns
    -------
    Estimate
        ``sum(numerator) / sum(denominator)``; n is the number of customers with a denominator.

    Examples
    --------
    >>> print(clustered_share([1, 0, 2, 1], [2, 1, 3, 2]))
    0.50 [0.23, 0.77] n=4
    """
    x, d = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    x, d = x[d > 0], d[d > 0]
    each = (len(d), x.sum(), d.sum(), (x * x).sum(), (x * d).sum(), (d * d).sum())
    row = clustered_shares(Sums(*(np.array([one], dtype=float) for one in each)), level=level)
    return estimate_of(row.iloc[0], level)


def not_negative(estimate: Estimate) -> Estimate:
    """Return an estimate of what cannot be below zero, its interval clipped there.

    Examples
    --------
    >>> print(not_negative(Estimate(1.0, -0.5, 2.5, n=4, method="t")))
    1.0 [0.0, 2.5] n=4
    """
    return replace(estimate, low=max(0.0, estimate.low)) if estimate.has_interval else estimate


def slices(codes: pd.Series) -> dict[int, slice]:
    """Return where each code lies in sorted codes.

    Examples
    --------
    >>> slices(pd.Series([3, 3, 7]))
    {3: slice(0, 2, None), 7: slice(2, 3, None)}
    """
    found, starts = np.unique(codes, return_index=True)
    ends = np.append(starts, len(codes))[1:]
    return {int(c): slice(int(a), int(b)) for c, a, b in zip(found, starts, ends, strict=True)}


def in_period(times: pd.Series, period: Period | None) -> pd.Series:
    """Return which rows count: those in the period, or all where no row has a date."""
    if period is None or times.isna().all():
        return pd.Series(True, index=times.index)
    return period.contains(times)


def there_in(customers: pd.DataFrame, period: Period | None) -> pd.DataFrame:
    """Return the customers who were there at some time of the period; unknown dates rule out none.

    Columns ``joined_at`` and ``left_at``.
    """
    if period is None or customers.empty:
        return customers
    return customers[period.overlaps(customers["joined_at"], customers["left_at"])]


def known(estimate: Estimate) -> bool:
    """Return whether there is anything to report."""
    return not isnan(estimate.value)
