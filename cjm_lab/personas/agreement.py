"""How well a predicted chance agrees with what came true: area under the curve, recalibration."""

from __future__ import annotations

from math import exp, log, nan, sqrt

import numpy as np
import numpy.typing as npt

from cjm_lab.estimate import Estimate, no_estimate
from cjm_lab.estimate.intervals import z_value

Floats = npt.NDArray[np.float64]


def area_under_curve(predicted: Floats, target: Floats, *, level: float = 0.95) -> Estimate:
    """Return how often one of whom it is true is predicted higher than one of whom it isn't.

    Parameters
    ----------
    predicted
        The predictions, in any unit.
    target
        1 where it came true, else 0.
    level
        Confidence level.

    Returns
    -------
    Estimate
        Ties count half. DeLong's variance; the interval on the logit scale, so that it stays within
        0 and 1; none where the two are wholly parted.

    References
    ----------
    DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44, 837-845; Sun & Xu (2014), IEEE Signal
    Processing Letters 21, 1389-1393 (by ranks); Pepe (2003), 5.2 (logit).

    Examples
    --------
    Of 2 x 2 pairs three are in order.

    >>> area_under_curve(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1])).value
    0.75
    """
    from scipy.stats import rankdata

    one, other = predicted[target == 1], predicted[target == 0]
    m, n = len(one), len(other)
    if min(m, n) < 2:
        return no_estimate("too few of one kind", n=m + n, level=level)
    ranks = rankdata(np.concatenate([one, other]))
    above = (ranks[:m] - rankdata(one)) / n  # share of the others below each
    below = 1 - (ranks[m:] - rankdata(other)) / m
    auc = float(above.mean())
    se = sqrt(above.var(ddof=1) / m + below.var(ddof=1) / n)
    if not 0 < auc < 1:
        return Estimate(auc, nan, nan, n=m + n, method="wholly parted", level=level)
    half = z_value(level) * se / (auc * (1 - auc))
    low, high = (1 / (1 + exp(-(log(auc / (1 - auc)) + side * half))) for side in (-1, 1))
    return Estimate(auc, low, high, n=m + n, method="DeLong, logit", se=se, level=level)


def recalibrated(
    predicted: Floats, target: Floats, *, level: float = 0.95
) -> tuple[Estimate, Estimate]:
    """Return the calibration slope and intercept of predicted chances.

    The slope of a logistic regression of what came true on the logit of what was predicted (below
    1: too sure of itself), and the intercept of one with the slope held at 1 (above 0: too low on
    the whole).

    Parameters
    ----------
    predicted
        Chances between 0 and 1.
    target
        1 where it came true, else 0.
    level
        Confidence level.

    References
    ----------
    Cox (1958), Biometrika 45, 562-565; Van Calster et al. (2019), BMC Medicine 17:230.

    Examples
    --------
    30 of 100 where .3 was said and 80 of 100 where .8 was said.

    >>> said = np.repeat([0.3, 0.8], 100)
    >>> true = np.repeat([1.0, 0.0, 1.0, 0.0], [30, 70, 80, 20])
    >>> slope, intercept = recalibrated(said, true)
    >>> round(slope.value, 6), abs(round(intercept.value, 6))
    (1.0, 0.0)
    """
    import statsmodels.api as sm

    n = len(target)
    chance = np.clip(predicted, 1e-6, 1 - 1e-6)
    logit = np.log(chance / (1 - chance))
    alike = min(target.sum(), n - target.sum()) < 1 or np.ptp(logit) < 1e-9
    if alike or logit[target == 1].min() > logit[target == 0].max():
        none = no_estimate("all alike" if alike else "wholly parted", n=n, level=level)
        return none, none
    family = sm.families.Binomial()
    sloped = sm.GLM(target, sm.add_constant(logit), family=family).fit()
    level_only = sm.GLM(target, np.ones(n), family=family, offset=logit).fit()
    z = z_value(level)
    slope, intercept = (
        Estimate(b, b - z * se, b + z * se, n=n, method=method, se=se, level=level)
        for b, se, method in (
            (float(sloped.params[1]), float(sloped.bse[1]), "logistic recalibration"),
            (float(level_only.params[0]), float(level_only.bse[0]), "recalibration, slope 1"),
        )
    )
    return slope, intercept
