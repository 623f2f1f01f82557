"""Looking at a pilot every day: the always-valid interval and what each look showed."""

from __future__ import annotations

from math import e, log1p, nan, sqrt

import numpy as np
import pandas as pd
from scipy import special

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.metrics._arms import ARMS, Arm, arms_of, compare, is_share
from cjm_lab.metrics._frames import framed

#: Customers for whom the always-valid interval is narrowest, unless the pilot's plan says another.
PLANNED = 10_000

#: Beyond this many standard errors the normal quantile is lost in rounding: too early to say.
_FARTHEST = 7.0


def always_level(n: int, *, planned: int = PLANNED, level: float = 0.95) -> float:
    """Return the level at which an interval must be computed now to hold at all looks together.

    The usual interval is right for whoever looks once, at a size fixed beforehand. Who looks every
    day, and may stop on what is seen, needs a wider one: this level gives it.

    Parameters
    ----------
    n
        Customers so far, of both arms.
    planned
        Customers at which the interval is to be narrowest: the size of the plan, fixed before the
        first look. A wrong guess makes it wider, never wrong.
    level
        Confidence that the truth lies in the intervals of all looks.

    Returns
    -------
    float
        nan while there are too few customers for any bound.

    Raises
    ------
    ParameterError
        If `planned` is not positive or `level` not between 0 and 1.

    Notes
    -----
    The bounds lie sqrt((1 + 1/c) (log(1 + c) - 2 log(alpha))) standard errors away, with c = rho^2
    n; rho^2 makes that smallest at n = `planned`, where it is sqrt(1 + c).

    References
    ----------
    Robbins (1970), Annals of Mathematical Statistics 41, 1397-1409; Howard & Ramdas (2021), Annals
    of Statistics 49, 1055-1080 (normal mixture); Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas
    (2024), Annals of Statistics 52, 2613-2640, theorem 2.2 (asymptotic confidence sequence).

    Examples
    --------
    At the planned size 3.04 standard errors take the place of 1.96:

    >>> round(float(special.ndtri(0.5 + always_level(10_000) / 2)), 2)
    3.04
    """
    if planned <= 0:
        raise ParameterError(f"planned must be a positive number of customers, got {planned!r}")
    if not 0 < level < 1:
        raise ParameterError(f"level must lie between 0 and 1, got {level!r}; 0.95 is usual")
    alpha = 1 - level
    best = -float(special.lambertw(-(alpha**2) / e, -1).real) - 1
    c = best * n / planned
    away = sqrt((1 + 1 / c) * (log1p(c) - 2 * np.log(alpha))) if c else np.inf
    return float(1 - 2 * special.ndtr(-away)) if away <= _FARTHEST else nan


def pilot_looks(
    pilot: pd.DataFrame,
    outcome: str,
    *,
    planned: int = PLANNED,
    looks: int = 28,
    time_zone: str = "UTC",
    level: float = 0.95,
) -> pd.DataFrame:
    """Return what each day's look at a running pilot would have shown.

    Parameters
    ----------
    pilot
        One row a customer: ``customer_id``, ``arm``, ``assigned_at`` and the outcome. Where a time
        is missing the order of the rows stands in for it, and the method says so.
    outcome
        Numeric column; a customer counts from the day of assignment, so an outcome that takes a
        week to be known would really have been seen a week later.
    planned
        Customers at which the always-valid interval is narrowest; fixed before the first look.
    looks
        Number of looks, equally far apart, where the order of the rows stands in for time.
    time_zone
        Where the days begin.
    level
        Confidence level: of each look alone (``low``, ``high``), of all looks together
        (``always_low``, ``always_high``).

    Returns
    -------
    DataFrame
        One row a look: ``look`` (1, 2, ...), ``day`` (NaT without times), ``control``,
        ``treatment``, ``always_low``, ``always_high``, ``value`` (treatment minus control),
        ``low``, ``high``, ``n``, ``se``, ``method``. Stop when the always-valid interval excludes
        zero, at any look; the other one excludes it far too often by mere chance.

    Raises
    ------
    ParameterError
        If the outcome is no numeric column, or an arm is neither control nor treatment.

    References
    ----------
    See `always_level`.

    Examples
    --------
    >>> arms = ["control", "treatment"] * 500
    >>> pilot = pd.DataFrame({"customer_id": range(1000), "arm": arms, "paid": [0, 1] * 500})
    >>> seen = pilot_looks(pilot, "paid", planned=1000, looks=2)
    >>> seen[["n", "value", "always_low"]].round(2).values.tolist()
    [[500.0, 1.0, 0.95], [1000.0, 1.0, 0.97]]
    """
    about = {"look": "int64", "day": "datetime64[us]", "control": "float64"}
    about |= {"treatment": "float64", "always_low": "float64", "always_high": "float64"}
    numbers = [c for c in pilot.columns if pd.api.types.is_numeric_dtype(pilot[c])]
    if outcome not in pilot.columns or (len(pilot) and outcome not in numbers):
        raise ParameterError(one_of("outcome", numbers, outcome))
    known = pilot[pilot[outcome].notna()]
    if not len(known):
        return framed([], about)
    arm, day = arms_of(known), _days(known, time_zone)
    look = _parts(len(known), looks) if day is None else np.unique(day, return_inverse=True)[1]
    value = known[outcome].astype("float64")
    shares, center = is_share(value), 0.0 if is_share(value) else float(value.mean())
    so_far = {
        name: _running(value[arm == name] - center, look[(arm == name).to_numpy()], look.max() + 1)
        for name in ARMS
    }
    rows = []
    for i in range(int(look.max()) + 1):
        control, treatment = (
            Arm.of_sums(so_far[name][:, i], center, shares=shares) for name in ARMS
        )
        once = compare(treatment, control, level)
        every = compare(treatment, control, always_level(once.n, planned=planned, level=level))
        row = {"look": i + 1, "day": pd.NaT if day is None else np.unique(day)[i]}
        row |= {"control": control.mean, "treatment": treatment.mean}
        rows.append((row | {"always_low": every.low, "always_high": every.high}, once))
    table = framed(rows, about)
    if day is None:
        table["method"] += "; the order of the rows stands in for time"
    return table


def _days(pilot: pd.DataFrame, time_zone: str) -> np.ndarray | None:
    """Return the local day of each assignment; None where a time is missing."""
    if "assigned_at" not in pilot or pilot["assigned_at"].isna().any():
        return None
    local = pd.to_datetime(pilot["assigned_at"], utc=True).dt.tz_convert(time_zone)
    return local.dt.tz_localize(None).dt.normalize().to_numpy()


def _parts(n: int, looks: int) -> np.ndarray:
    """Return in which of equally many parts each row lies."""
    if looks < 1:
        raise ParameterError(f"looks must be a positive number, got {looks!r}")
    return np.arange(n) * min(looks, n) // n


def _running(value: pd.Series, look: np.ndarray, looks: int) -> np.ndarray:
    """Return number, sum and sum of squares of an arm up to each look."""
    sums = [np.bincount(look, weights, minlength=looks) for weights in (None, value, value**2)]
    return np.cumsum(sums, axis=1)
