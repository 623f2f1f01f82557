"""Churn: when silence means leaving, who is at risk now, and what goes with leaving."""

from __future__ import annotations

import warnings
from datetime import date
from math import isnan, nan
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, benjamini_hochberg, bootstrap, no_estimate, share
from cjm_lab.estimate.intervals import z_value
from cjm_lab.metrics.cohorts import active_days, last_day
from cjm_lab.metrics.stream import JourneyStream, window_us
from cjm_lab.metrics.tenure import kaplan_meier, tenures

#: A distribution of pauses is read as far as so many of them were still watched.
FEWEST_PAUSES = 30
#: The share of ending pauses that a threshold of inactivity covers.
OF_PAUSES = 0.95

#: Pauses are compared with those after as many: the first, the second, the next two, all later.
_GROUPS = (1, 2, 4)

_CHANCE = "Kaplan-Meier of pauses in each customer's own rhythm; no interval for one customer"


def inactivity_threshold(
    stream: JourneyStream,
    *,
    event: str | None = None,
    of_pauses: float = OF_PAUSES,
    as_of: date | None = None,
    repeats: int = 200,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Return after how many days of silence a customer may be called lost.

    Of the pauses after which customers came back, the share `of_pauses` was over by then: calling
    a customer lost after so many days is wrong for the rest.

    Parameters
    ----------
    stream
        Events of customers in order.
    event
        Event or touchpoint that counts as being active; by default any event.
    of_pauses
        The share of pauses, between 0 and 1.
    as_of
        Last day that was observed; by default the day of the last event.
    repeats, seed
        Number of bootstrap samples of customers, and the seed of their generator.
    level
        Confidence level.

    Returns
    -------
    Estimate
        Days, with a bootstrap interval over customers. Without an ended pause, or with fewer than
        30 pauses, there is none.

    Raises
    ------
    ParameterError
        If the event is unknown or `of_pauses` is no share.

    Notes
    -----
    A pause is the time from one active day to the next. The last one of each customer has not
    ended: it is censored (Kaplan-Meier), since leaving it out would make long pauses look rare. F
    is the distribution of the pauses so far as 30 of them were still watched, T the last such day:
    the threshold is the first day t with F(t) >= of_pauses x F(T). The division leaves those who
    never come back out. A log can't show pauses longer than itself, and a customer who comes often
    has more pauses than one who comes seldom.

    References
    ----------
    The percentile of the time between purchases is the practitioners' rule for "lost"; Kaplan &
    Meier (1958) for the censored ones.

    Examples
    --------
    Forty customers are back after a day and then after two, and stay for the rest of the record.

    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": [f"c{i}" for i in range(40)] * 3,
    ...     "occurred_at": pd.to_datetime(["2026-09-01"] * 40 + ["2026-09-02"] * 40
    ...                                   + ["2026-09-04"] * 40, utc=True),
    ...     "event": "visit",
    ... })
    >>> print(inactivity_threshold(journey_stream(log), as_of=date(2026, 9, 30)))
    2.00 [2.00, 2.00] n=40
    """
    if not 0 < of_pauses < 1:
        raise ParameterError(f"of_pauses must lie between 0 and 1, got {of_pauses!r}")
    pauses = active_days(stream, event, last_day(stream, as_of))
    customers, who = np.unique(pauses["customer"], return_inverse=True)
    if isnan(_percentile(pauses, of_pauses)):
        method = f"fewer than {FEWEST_PAUSES} pauses, or nobody came back"
        return no_estimate(method, n=len(customers), level=level)

    def threshold(rows: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        weight = np.bincount(rows, minlength=len(customers))[who]
        return np.array([_percentile(pauses, of_pauses, weight)])

    return bootstrap(threshold, len(customers), repeats=repeats, level=level, seed=seed)[0]


def churn_risk(
    stream: JourneyStream,
    *,
    event: str | None = None,
    inactive_after: float | None = None,
    within_days: float | None = None,
    as_of: date | None = None,
) -> pd.DataFrame:
    """Return who is still a customer, and how likely each is to come back.

    A list of customers: it belongs in data/processed and the CRM, never in a report.

    Parameters
    ----------
    stream
        Events of customers in order.
    event
        Event or touchpoint that counts as being active; by default any event.
    inactive_after
        Days of silence after which a customer is lost and no longer listed; by default
        `inactivity_threshold`.
    within_days
        Days to come back in; by default `inactive_after`.
    as_of
        Today: last day that was observed; by default the day of the last event.

    Returns
    -------
    DataFrame
        One row a customer, the one most at risk first: ``rank``, ``customer_id``, ``silent_days``,
        ``active_days``, ``expected_days`` (between active days, of this customer), ``value`` (the
        probability of being active again within `within_days` from today), ``low``, ``high``
        (empty: one customer's chance has no interval), ``n`` (pauses that lasted as long), ``se``,
        ``method``. `share_at_risk` sums it up. Where too few come back to suggest after how many
        days somebody is lost, and `inactive_after` doesn't say it, there are no rows.

    Raises
    ------
    ParameterError
        If the event is unknown, or days are not positive.

    Notes
    -----
    No model of buying. Each pause of the log, ended or not, is measured in what was expected of the
    customer when it began: the mean of the customer's pauses up to then and of all pauses, which
    counts as one more. S is their Kaplan-Meier curve: one for the first pauses of customers, one
    for the second, one for the third and fourth, one for all later ones. Who has been silent for d
    days, and is expected every e, comes back within h days with probability
    1 - S((d + h) / e) / S(d / e): as often as others who were as overdue. Where
    no pause was watched that long the probability is a lower bound.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann"] * 3 + ["bob"] * 3,
    ...     "occurred_at": pd.to_datetime(["2026-09-01", "2026-09-03", "2026-09-05",
    ...                                    "2026-09-01", "2026-09-05", "2026-09-09"], utc=True),
    ...     "event": "visit",
    ... })
    >>> found = churn_risk(journey_stream(log), inactive_after=10)
    >>> found[["customer_id", "silent_days", "expected_days"]].values.tolist()
    [['ann', 4, 2.3333333333333335], ['bob', 0, 3.6666666666666665]]
    """
    pauses = active_days(stream, event, last_day(stream, as_of))
    if inactive_after is None:
        inactive_after = _percentile(pauses, OF_PAUSES)
    else:
        window_us(inactive_after)
    window_us(within_days)
    pauses = _in_own_rhythm(pauses)
    now = pauses[~pauses["back"] & (pauses["pause"] < inactive_after)]
    now = now.assign(value=nan, n=0, customer_id=stream.customer_ids(now["customer"]).to_numpy())
    for group in now["group"].unique():
        own, alike = now["group"] == group, pauses["group"] == group
        chance, watched = _coming_back(pauses[alike], now[own], within_days or inactive_after)
        now.loc[own, "value"], now.loc[own, "n"] = chance, watched
    now = now.sort_values(
        ["value", "before", "customer_id"], ascending=[True, False, True], ignore_index=True
    )
    types = {"rank": "int64", "customer_id": "str", "silent_days": "int64"}
    types |= {"active_days": "int64", "expected_days": "float64", "value": "float64"}
    types |= {"low": "float64", "high": "float64", "n": "int64", "se": "float64", "method": "str"}
    now = now.rename(columns={"pause": "silent_days", "expected": "expected_days"})
    return now.assign(
        rank=now.index + 1, active_days=now["before"] + 1, low=nan, high=nan, se=nan, method=_CHANCE
    )[list(types)].astype(types)


def share_at_risk(risk: pd.DataFrame, *, below: float = 0.5, level: float = 0.95) -> Estimate:
    """Return the share of customers whose chance to come back is below a half.

    Parameters
    ----------
    risk
        What `churn_risk` returned.
    below
        The chance below which a customer is at risk.
    level
        Confidence level.

    Returns
    -------
    Estimate
        Wilson's interval: for other customers like these, with the chances taken as known.

    Examples
    --------
    >>> print(format(share_at_risk(pd.DataFrame({"value": [0.2, 0.7, 0.9]})), ".2f"))
    0.33 [0.06, 0.79] n=3
    """
    return share(int((risk["value"] < below).sum()), int(risk["value"].notna().sum()), level=level)


def churn_drivers(
    data: pd.DataFrame | JourneyStream,
    drivers: pd.DataFrame,
    *,
    inactive_after: float | None = None,
    as_of: date | None = None,
    time_zone: str = "UTC",
    level: float = 0.95,
) -> pd.DataFrame:
    """Return what goes with leaving sooner or later, by Cox regression.

    Hazard ratios of observed customers: association, not effect.

    Parameters
    ----------
    data, inactive_after, as_of, time_zone
        As in `tenures`.
    drivers
        Numbers or 0/1 known when the customer joined, one column a driver, indexed by customer_id.
        Customers with a missing one are left out.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a driver: ``driver``, ``value`` (hazard ratio for one more of the driver's unit, the
        others being equal; above 1 is leaving sooner), ``low``, ``high``, ``n`` (customers),
        ``events`` (who left), ``coef`` and ``se`` (of the log ratio), ``p``, ``p_adjusted``,
        ``p_proportional`` (adjusted as well), ``method``. Where that is small the hazards are not
        proportional: the ratio is an average over time and depends on how long customers were
        watched.

    Raises
    ------
    ParameterError
        If a driver is not a number or the same for everyone.

    Notes
    -----
    Ties by Efron's method. Proportional hazards: scaled Schoenfeld residuals against 1 minus the
    Kaplan-Meier curve (Grambsch & Therneau), the score test of R's ``cox.zph`` before survival 3.
    Both families of p are adjusted by Benjamini-Hochberg.

    References
    ----------
    Cox (1972), Journal of the Royal Statistical Society B 34, 187-220; Grambsch & Therneau (1994),
    Biometrika 81, 515-526.

    Examples
    --------
    >>> people = pd.DataFrame({"customer_id": list("abcdef"),
    ...     "joined_at": pd.to_datetime(["2026-09-01"] * 6, utc=True),
    ...     "left_at": pd.to_datetime(["2026-09-02", "2026-09-03", "2026-09-04", "2026-09-05",
    ...                                None, None], utc=True)})
    >>> paid = pd.DataFrame({"paid": [0, 1, 0, 1, 1, 0]}, index=list("abcdef"))
    >>> churn_drivers(people, paid)[["driver", "n", "events"]].values.tolist()
    [['paid', 6, 4]]
    """
    stays = tenures(data, inactive_after=inactive_after, as_of=as_of, time_zone=time_zone)
    x = drivers.reindex(stays.index).dropna()
    stays = stays.loc[x.index]
    _check(x)
    events = int(stays["left"].sum())
    found = pd.DataFrame({"driver": x.columns.astype("str"), "n": len(x), "events": events})
    fit, method = _cox(stays, x.to_numpy(dtype=float))
    found["method"] = method
    columns = ["coef", "se", "p", "p_proportional"]
    found[columns] = nan if fit is None else np.column_stack(fit)
    reach = z_value(level) * found["se"]
    with np.errstate(over="ignore"):
        found["value"] = np.exp(found["coef"])
        found["low"], found["high"] = np.exp(found["coef"] - reach), np.exp(found["coef"] + reach)
    found["p_adjusted"] = benjamini_hochberg(found["p"].to_numpy())
    found["p_proportional"] = benjamini_hochberg(found["p_proportional"].to_numpy())
    types: dict[str, str] = {"driver": "str"} | dict.fromkeys(["value", "low", "high"], "float64")
    types |= {"n": "int64", "events": "int64"}
    types |= dict.fromkeys(["coef", "se", "p", "p_adjusted", "p_proportional"], "float64")
    types["method"] = "str"
    return found[list(types)].astype(types)


def _percentile(
    pauses: pd.DataFrame, of_pauses: float, weight: npt.NDArray[np.int64] | None = None
) -> float:
    """Return the first day by which this share of the ending pauses has ended."""
    length, back = pauses["pause"].to_numpy(), pauses["back"].to_numpy()
    if len(pauses) < FEWEST_PAUSES:
        return nan
    many = np.ones(len(pauses)) if weight is None else weight
    ended = np.bincount(length, weights=many * back)
    watched = np.bincount(length, weights=many)[::-1].cumsum()[::-1]
    over = 1 - np.cumprod(1 - ended / np.maximum(watched, 1))
    # The pauses of the log, not those of a sample of it, say how far the curve is read.
    over = over[: np.partition(length, -FEWEST_PAUSES)[-FEWEST_PAUSES] + 1]
    # A sum of fractions may miss the very share it should reach.
    return float(np.argmax(over >= of_pauses * over[-1] - 1e-12)) if over[-1] > 0 else nan


def _in_own_rhythm(pauses: pd.DataFrame) -> pd.DataFrame:
    """Add how many pauses a customer had before, and how long the next was expected to be."""
    overall = pauses.loc[pauses["back"], "pause"].mean()
    own = pauses.groupby("customer")["pause"]
    before = own.cumcount()
    expected = (overall + own.cumsum() - pauses["pause"]) / (before + 1)
    group = np.searchsorted(_GROUPS, before, side="right")
    return pauses.assign(before=before, expected=expected, group=group)


def _coming_back(
    pauses: pd.DataFrame, now: pd.DataFrame, horizon: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return the chance that open pauses end in time, and how many pauses lasted as long."""
    if now.empty or not pauses["back"].any():
        return np.zeros(len(now)), np.full(len(now), len(pauses))
    relative = (pauses["pause"] / pauses["expected"]).to_numpy()
    curve = kaplan_meier(relative, pauses["back"])
    still = np.append(1.0, curve["value"])

    def silent(days: pd.Series) -> npt.NDArray[np.float64]:
        at = (days / now["expected"]).to_numpy()
        return still[np.searchsorted(curve["time"].to_numpy(), at, side="right")]

    # Their own open pauses are among those watched, so nobody divides by 0.
    chance = 1 - silent(now["pause"] + horizon) / silent(now["pause"])
    length = (now["pause"] / now["expected"]).to_numpy()
    return chance, len(relative) - np.searchsorted(np.sort(relative), length)


def _check(x: pd.DataFrame) -> None:
    """Refuse drivers that no hazard ratio can be given for."""
    for name, column in x.items():
        if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
            raise ParameterError(
                f"a driver must be numbers, got {column.iloc[0]!r} ({name}); "
                "pd.get_dummies(drivers, drop_first=True) makes columns of 0 and 1"
            )
        if column.nunique() == 1:
            raise ParameterError(
                f"a driver must differ between customers, got {column.iloc[0]} for all ({name}); "
                "leave it out"
            )


def _cox(stays: pd.DataFrame, x: npt.NDArray[np.float64]) -> tuple[Any, str]:
    """Return coefficients, standard errors and both p values, or why there are none."""
    from scipy.stats import norm
    from statsmodels.duration.hazard_regression import PHReg
    from statsmodels.tools.sm_exceptions import ConvergenceWarning

    left = stays["left"].to_numpy()
    if left.sum() <= x.shape[1]:
        return None, "no more left than there are drivers"
    entered = stays["entered"].to_numpy()
    # PHReg has those who enter at a time at risk at that time; here they are so only after it.
    entry = np.where(entered > 0, np.nextafter(entered, np.inf), 0.0)
    # Columns on one scale, so that Newton's steps are.
    scale = x.std(axis=0)
    model = PHReg(stays["days"].to_numpy(), x / scale, left.astype(int), entry=entry, ties="efron")
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            fit = model.fit()
        except (ConvergenceWarning, np.linalg.LinAlgError):
            return None, "Cox regression did not converge: a driver tells who left, or two are one"
    p = _p_proportional(fit, stays)
    return (fit.params / scale, fit.bse / scale, 2 * norm.sf(abs(fit.tvalues)), p), "Cox, Efron"


def _p_proportional(fit: Any, stays: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return p of the test of each driver's Schoenfeld residuals against time."""
    from scipy.stats import chi2

    days, left = stays["days"].to_numpy(), stays["left"].to_numpy()
    curve = kaplan_meier(days, left, entered=stays["entered"])
    before = np.append(1.0, curve["value"])[np.searchsorted(curve["time"], days[left])]
    time = (1 - before) - (1 - before).mean()
    variance, deaths = fit.cov_params(), left.sum()
    trend = time @ fit.schoenfeld_residuals[left] @ variance
    p = chi2.sf(trend**2 * deaths / (np.diag(variance) * (time**2).sum()), 1)
    return np.asarray(p, dtype=float)
