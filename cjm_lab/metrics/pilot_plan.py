"""Planning a pilot: how many customers, how many weeks, and how to open it to more of them."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor, nan
from typing import Literal

import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.metrics.repeated_looks import always_level
from cjm_lab.words import counted

#: Days of each stage of a ramp-up by the share of customers treated.
RAMP_UP = {0.01: 2, 0.05: 2, 0.2: 3, 0.5: 14}

_MEASURES = ("share", "mean")


def plan_pilot(
    baseline: float,
    *,
    smallest_effect: float | None = None,
    customers_a_week: float | None = None,
    weeks: int | None = None,
    measure: Literal["share", "mean"] = "share",
    sd: float | None = None,
    treated: float = 0.5,
    daily: bool = False,
    power: float = 0.8,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how large and long a pilot must be, or what one of a given length can show.

    Parameters
    ----------
    baseline
        The outcome without the treatment: a share between 0 and 1, or a mean.
    smallest_effect
        Smallest difference, treatment minus control, that would matter. Left out, the smallest rise
        that `weeks` of `customers_a_week` show is looked for.
    customers_a_week
        New customers who enter the pilot each week, both arms together.
    weeks
        Weeks at hand.
    measure
        ``share`` or ``mean``.
    sd
        Standard deviation of the outcome between customers, for a mean.
    treated
        Share of customers to be treated.
    daily
        Whether the pilot is to be looked at every day and stopped by the always-valid interval,
        which takes more customers (at the end; a large effect stops it sooner).
    power
        Chance that a difference of this size is found.
    level
        Confidence level of the interval that is to exclude zero.

    Returns
    -------
    DataFrame
        One row: ``measure``, ``baseline``, ``effect``, ``relative`` (effect over baseline),
        ``control``, ``treatment``, ``customers``, ``weeks`` (whole ones, so that each day of the
        week counts alike; nan without `customers_a_week`), ``power``, ``level``, ``treated``,
        ``daily``. The effect is nan where even the largest possible one would be missed.

    Raises
    ------
    ParameterError
        If an argument is outside its domain, or neither `smallest_effect` nor `customers_a_week`
        with `weeks` is given, or all three are.

    Notes
    -----
    The test is two-sided. For shares it is the z test with pooled variance (`power.prop.test` of
    R), for means Student's t test (`power.t.test`).

    References
    ----------
    Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, 2.4; Fleiss, Levin & Paik
    (2003), Statistical Methods for Rates and Proportions, 4.2; computed by statsmodels.

    Examples
    --------
    R: ``power.prop.test(p1 = .50, p2 = .75, power = .90)`` gives 76.7 customers an arm.

    >>> plan = plan_pilot(0.50, smallest_effect=0.25, power=0.90, customers_a_week=60)
    >>> plan[["control", "treatment", "weeks"]].values.tolist()
    [[77.0, 77.0, 3.0]]
    """
    _check(baseline, measure, sd, treated, power, level)
    # At the planned size, which is the size looked for, the level doesn't depend on that size.
    strict = always_level(1, planned=1, level=level) if daily else level
    test = (baseline, sd, treated, power, 1 - strict)
    if smallest_effect is not None and weeks is None:
        _possible(baseline, smallest_effect, measure)
        control, treatment = _needed(smallest_effect, *test)
        if customers_a_week is not None:
            weeks = max(1, ceil((control + treatment) / _positive(customers_a_week)))
        effect = smallest_effect
    elif smallest_effect is None and customers_a_week is not None and weeks is not None:
        control, treatment = _split(_positive(customers_a_week) * _positive(weeks), treated)
        effect = _detectable(control, treatment, baseline, sd, power, (1 - strict) / 2)
    else:
        raise ParameterError(
            "plan_pilot must get either smallest_effect, or customers_a_week and weeks, got "
            f"smallest_effect={smallest_effect}, customers_a_week={customers_a_week}, "
            f"weeks={weeks}; leave out what is to be found"
        )
    row = {"measure": measure, "baseline": baseline, "effect": effect}
    row |= {"relative": effect / baseline if baseline else nan}
    row |= {"control": control, "treatment": treatment, "customers": control + treatment}
    row |= {"weeks": nan if weeks is None else float(weeks), "power": power, "level": level}
    return pd.DataFrame([row | {"treated": treated, "daily": daily}])


def ramp_up(
    baseline: float,
    *,
    customers_a_week: float,
    stages: Mapping[float, int] | None = None,
    worse: Literal["fall", "rise"] = "fall",
    measure: Literal["share", "mean"] = "share",
    sd: float | None = None,
    power: float = 0.8,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how to open a pilot in stages, and what harm each stage would show.

    Parameters
    ----------
    baseline
        The outcome to protect, without the treatment.
    customers_a_week
        New customers a week.
    stages
        Days by share of customers treated; by default 1 % and 5 % for two days each, 20 % for
        three, 50 % for 14.
    worse
        Whether a ``fall`` or a ``rise`` of the outcome is the harm.
    measure, sd
        As for `plan_pilot`.
    power
        Chance that harm of the size shown is seen.
    level
        Confidence, over all stages together, that no stage is stopped without harm.

    Returns
    -------
    DataFrame
        One row a stage: ``stage``, ``treated``, ``days``, ``first_day``, ``last_day``,
        ``control``, ``treatment`` (customers of this stage), ``harm`` (the smallest that would be
        seen; nan if none would), ``level`` (of this stage's interval), ``stop_rule``.

    Raises
    ------
    ParameterError
        If an argument is outside its domain or the shares treated don't rise.

    Notes
    -----
    Each stage is judged by its own customers alone: days with another share of treated customers,
    added up, would show differences between days as if the treatment had made them. The test looks
    one way, for harm, and the error is divided by the number of stages (Bonferroni).

    References
    ----------
    Crook, Frasca, Kohavi & Longbotham (2009), KDD, 1105-1114 (pitfall: changing shares, Simpson's
    paradox); Xu, Duan & Huang (2018), KDD, 2435-2444 (ramp-up in stages).

    Examples
    --------
    >>> plan = ramp_up(0.2, customers_a_week=7000, stages={0.01: 1, 0.5: 7})
    >>> plan[["control", "treatment", "harm"]].round(3).values.tolist()
    [[990.0, 10.0, nan], [3500.0, 3500.0, -0.026]]
    """
    stages = RAMP_UP if stages is None else stages
    if not stages or list(stages) != sorted(stages):
        raise ParameterError(f"the shares treated must rise stage by stage, got {[*stages]}")
    if worse not in ("fall", "rise"):
        raise ParameterError(one_of("worse", ("fall", "rise"), worse))
    one_sided = (1 - level) / len(stages)
    rows, day = [], 1
    for stage, (treated, days) in enumerate(stages.items(), 1):
        _check(baseline, measure, sd, treated, power, level)
        control, treatment = _split(_positive(customers_a_week) * _positive(days) / 7, treated)
        down = worse == "fall"
        harm = _detectable(control, treatment, baseline, sd, power, one_sided, down=down)
        row = {"stage": stage, "treated": treated, "days": days, "first_day": day}
        row |= {"last_day": day + days - 1, "control": control, "treatment": treatment}
        row |= {"harm": harm, "level": 1 - 2 * one_sided}
        rows.append(row | {"stop_rule": _stop_rule(harm, treatment, 1 - 2 * one_sided, down=down)})
        day += days
    return pd.DataFrame(rows)


def _stop_rule(harm: float, treatment: int, level: float, *, down: bool) -> str:
    """Return when to stop a stage, in words."""
    if harm != harm:
        return (
            f"{counted(treatment, 'treated customer')} would show no harm to this outcome: stop "
            "when something fails or people complain"
        )
    side = "below" if down else "above"
    return (
        f"stop if at the end of the stage the whole {100 * level:.4g} % interval of this stage's "
        f"customers lies {side} zero, or the sample ratio has p < .01"
    )


def _needed(
    effect: float, baseline: float, sd: float | None, treated: float, power: float, alpha: float
) -> tuple[int, int]:
    """Return the customers in control and treatment that a two-sided test takes."""
    from statsmodels.stats.power import TTestIndPower
    from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

    ratio = (1 - treated) / treated
    if sd is None:
        n = samplesize_proportions_2indep_onetail(effect, baseline, power, ratio, alpha)
    else:
        n = TTestIndPower().solve_power(abs(effect) / sd, power=power, alpha=alpha, ratio=ratio)
    n = float(n)
    return ceil(round(n * ratio, 6)), ceil(round(n, 6))


def _detectable(
    control: int,
    treatment: int,
    baseline: float,
    sd: float | None,
    power: float,
    alpha: float,
    *,
    down: bool = False,
) -> float:
    """Return the smallest difference that a one-sided test at `alpha` finds; nan if none."""
    from scipy.optimize import brentq
    from statsmodels.stats.power import TTestIndPower
    from statsmodels.stats.proportion import power_proportions_2indep

    if min(control, treatment) < 2:
        return nan
    ratio, sign = control / treatment, -1 if down else 1
    if sd is not None:
        found = TTestIndPower().solve_power(
            nobs1=treatment, power=power, alpha=alpha, ratio=ratio, alternative="larger"
        )
        return sign * sd * float(found)

    def lacks(size: float) -> float:
        reached = power_proportions_2indep(
            sign * size, baseline, treatment, ratio, alpha,
            alternative="smaller" if down else "larger", return_results=False,
        )  # fmt: skip
        return float(reached) - power

    # The normal test takes five expected of each kind in the smaller arm.
    most = (baseline if down else 1 - baseline) - 1e-9
    if min(control, treatment) * min(baseline, 1 - baseline) < 5 or lacks(most) < 0:
        return nan
    return sign * float(brentq(lacks, 1e-9, most))


def _split(customers: float, treated: float) -> tuple[int, int]:
    """Return how many whole customers come into control and treatment."""
    treatment = floor(round(customers * treated, 6))
    return floor(round(customers, 6)) - treatment, treatment


def _positive(number: float) -> float:
    """Return a number of customers, days or weeks, or say that it is none."""
    if not number > 0:
        raise ParameterError(f"customers, days and weeks must be positive, got {number!r}")
    return number


def _possible(baseline: float, effect: float, measure: str) -> None:
    """Refuse an effect that cannot be."""
    if not effect:
        raise ParameterError("smallest_effect must not be zero; no pilot is large enough for that")
    if measure == "share" and not 0 < baseline + effect < 1:
        raise ParameterError(
            f"a share of {baseline:g} changed by smallest_effect must stay between 0 and 1, got "
            f"{baseline + effect:g}; an effect of one point is 0.01"
        )


def _check(
    baseline: float, measure: str, sd: float | None, treated: float, power: float, level: float
) -> None:
    """Refuse arguments outside their domain."""
    if measure not in _MEASURES:
        raise ParameterError(one_of("measure", _MEASURES, measure))
    shares = {"treated": treated, "power": power, "level": level}
    if measure == "share":
        shares["baseline"] = baseline
    for name, value in shares.items():
        if not 0 < value < 1:
            raise ParameterError(f"{name} must lie between 0 and 1, got {value!r}")
    if measure == "mean" and not (sd is not None and sd > 0):
        raise ParameterError(f"a mean must have a positive sd, got {sd!r}; take that of the base")
    if measure == "share" and sd is not None:
        raise ParameterError(f"sd must be left out for a share, got {sd!r}; it follows from it")
