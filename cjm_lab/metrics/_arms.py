"""The two arms of a pilot and the difference between them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isnan, nan, sqrt

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate, difference, share

ARMS = ("control", "treatment")


@dataclass(frozen=True, slots=True)
class Arm:
    """What is known of an outcome in one arm: customers, mean and variance."""

    n: int
    mean: float
    variance: float
    #: Whether the outcome is 0 or 1, so that the mean is a share.
    shares: bool

    @classmethod
    def of(cls, outcome: pd.Series, *, shares: bool) -> Arm:
        """Return the arm of known outcomes."""
        n = len(outcome)
        spread = float(outcome.var()) if n > 1 else nan
        return cls(n, float(outcome.mean()) if n else nan, spread, shares)

    @classmethod
    def of_sums(cls, sums: npt.NDArray[np.float64], center: float, *, shares: bool) -> Arm:
        """Return the arm from number, sum and sum of squares of outcomes less `center`."""
        n, total, squares = map(float, sums)
        if not n:
            return cls(0, nan, nan, shares)
        spread = max(0.0, squares - total**2 / n) / (n - 1) if n > 1 else nan
        return cls(int(n), center + total / n, spread, shares)


def arms_of(pilot: pd.DataFrame) -> pd.Series:
    """Return each customer's arm, or say what is wrong with the assignment."""
    unknown = pilot.loc[~pilot["arm"].isin(ARMS), "arm"]
    if len(unknown):
        raise ParameterError(one_of("the pilot's arm", ARMS, unknown.iloc[0]))
    twice = pilot.loc[pilot["customer_id"].duplicated(), "customer_id"]
    if len(twice):
        raise ParameterError(
            f"each customer must occur once in the pilot, got {twice.iloc[0]!r} twice; "
            "leave out who was in both arms, and add up the outcomes of the others"
        )
    return pilot["arm"]


def is_share(outcome: pd.Series) -> bool:
    """Return whether only 0 and 1 occur."""
    return bool(outcome.dropna().isin([0, 1]).all())


def compare(treatment: Arm, control: Arm, level: float) -> Estimate:
    """Return treatment minus control: Newcombe's interval for shares, Welch's for means.

    A level of nan says that it is too early for bounds.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10; Welch (1947), Biometrika 34,
    28-35.

    Examples
    --------
    >>> groups = [Arm(10, 5.0, 4.0, False), Arm(10, 3.0, 4.0, False)]
    >>> print(format(compare(*groups, 0.95), ".3f"))  # t with 18 degrees of freedom: 2.101 x .894
    2.000 [0.121, 3.879] n=20
    """
    if isnan(level):
        value, n = treatment.mean - control.mean, treatment.n + control.n
        return Estimate(value, nan, nan, n=n, method="too few customers")
    if treatment.shares:
        a, b = (share(round(arm.mean * arm.n) if arm.n else 0, arm.n, level=level)
                for arm in (treatment, control))  # fmt: skip
        # The method's own name tells readers that points are meant.
        return replace(difference(a, b), method="Newcombe")
    return _welch(treatment, control, level)


def _welch(treatment: Arm, control: Arm, level: float) -> Estimate:
    """Return the difference of two means whose variances may differ."""
    value, n = treatment.mean - control.mean, treatment.n + control.n
    arms = (treatment, control)
    if min(arm.n for arm in arms) < 2 or max(arm.variance for arm in arms) == 0:
        why = "all alike" if min(arm.n for arm in arms) > 1 else "fewer than two customers"
        return Estimate(value, nan, nan, n=n, method=f"Welch: {why}", level=level)
    parts = [arm.variance / arm.n for arm in arms]
    df = sum(parts) ** 2 / sum(p**2 / (arm.n - 1) for p, arm in zip(parts, arms, strict=True))
    se = sqrt(sum(parts))
    half = float(special.stdtrit(df, 0.5 + level / 2)) * se
    return Estimate(value, value - half, value + half, n=n, method="Welch", se=se, level=level)


def p_of(treatment: Arm, control: Arm) -> float:
    """Return the two-sided p value of no difference: pooled z for shares, Welch's t for means."""
    from scipy import stats

    if min(treatment.n, control.n) == 0:
        return nan
    if treatment.shares:
        counts = [[arm.mean * arm.n, arm.n - arm.mean * arm.n] for arm in (treatment, control)]
        table = np.round(np.array(counts))
        if not (table.sum(axis=0) > 0).all():
            return nan
        # Chi-square without continuity correction is the pooled z test.
        return float(stats.chi2_contingency(table, correction=False).pvalue)
    estimate = _welch(treatment, control, 0.95)
    if not estimate.has_interval:
        return nan
    sides = [[arm.mean, sqrt(arm.variance), arm.n] for arm in (treatment, control)]
    return float(stats.ttest_ind_from_stats(*sides[0], *sides[1], equal_var=False).pvalue)
