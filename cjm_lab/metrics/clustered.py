"""Shares of events with intervals clustered by customer, from sums that any engine can make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from cjm_lab.estimate.intervals import z_value

Array = npt.NDArray[np.float64]

METHOD = "Wilson, clustered by customer"


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over customers of two numbers each, x out of d; arrays are shares side by side.

    Parameters
    ----------
    customers
        Number of customers with d > 0.
    x, d, xx, xd, dd
        Sums of x, d, x squared, x times d, d squared.
    """

    customers: Array
    x: Array
    d: Array
    xx: Array
    xd: Array
    dd: Array


def clustered_shares(sums: Sums, *, level: float = 0.95) -> pd.DataFrame:
    """Return shares of events, with Wilson's interval on the number of customers they are worth.

    The linearized standard error of a ratio gives the effective number of events, which goes into
    Wilson's formula: so the interval stays between 0 and 1 and keeps a width where a share is 0
    or 1.

    Parameters
    ----------
    sums
        What the customers had.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        ``value low high n se method``, one row a share; n is the number of customers with d > 0.
        One customer has no interval, none no value.

    References
    ----------
    Cochran (1977), Sampling Techniques, 6.3 (ratio estimator, linearized variance); Korn & Graubard
    (1998), Survey Methodology 24, 193-201: effective sample size, with their correction by
    (z / t)^2 for the degrees of freedom; Wilson (1927).

    Examples
    --------
    >>> one = Sums(*(np.array([number], dtype=float) for number in (4, 4, 8, 6, 10, 18)))
    >>> clustered_shares(one)[["value", "low", "high"]].round(2).values.tolist()
    [[0.5, 0.23, 0.77]]
    """
    n = np.asarray(sums.customers, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = np.where(sums.d > 0, sums.x / sums.d, np.nan)
        residual = sums.xx - 2 * p * sums.xd + p**2 * sums.dd
        # What rounding leaves where everybody has the same share is no variance.
        residual = np.where(residual > 1e-12 * sums.dd, residual, 0.0)
        se = np.sqrt(n / (n - 1) * residual) / sums.d
        z = z_value(level)
        shrink = (z / special.stdtrit(n - 1, 0.5 + level / 2)) ** 2
        # All or none of the events: no variance to learn from, so each customer counts once.
        n_eff = np.where(se > 0, p * (1 - p) / se**2 * shrink, n)
        center = (p + z * z / (2 * n_eff)) / (1 + z * z / n_eff)
        half = z / (1 + z * z / n_eff) * np.sqrt(p * (1 - p) / n_eff + (z / (2 * n_eff)) ** 2)
    few = n < 2
    low = np.where(p <= 0, 0.0, np.maximum(0.0, center - half))
    high = np.where(p >= 1, 1.0, np.minimum(1.0, center + half))
    return pd.DataFrame(
        {
            "value": p,
            "low": np.where(few, np.nan, low),
            "high": np.where(few, np.nan, high),
            "n": n.astype(np.int64),
            "se": np.where(few, np.nan, se),
            "method": pd.Series(np.where(few & (n > 0), "one customer", METHOD), dtype="str"),
        }
    )
