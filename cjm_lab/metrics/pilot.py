"""The pilot: is the assignment sound, and what did the treatment change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isnan, nan
from typing import Any

import numpy as np
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate, benjamini_hochberg
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.metrics._arms import ARMS, Arm, arms_of, compare, is_share, p_of
from cjm_lab.metrics._frames import estimate_of, framed
from cjm_lab.metrics.repeated_looks import PLANNED, always_level
from cjm_lab.study import Study
from cjm_lab.words import p_words, shown

#: Below this p value the arms' sizes don't fit the assignment (at one look).
SAMPLE_RATIO_ALPHA = 0.01

_KEYS = ("customer_id", "arm", "assigned_at")
_WITHHELD = "withheld: sample ratio"


def analyze_pilot(
    pilot: pd.DataFrame,
    *,
    guardrails: Mapping[str, float] | None = None,
    treated: float = 0.5,
    planned: int = PLANNED,
    cap: float = 0.99,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the sample-ratio check, then the difference of each outcome, treatment minus control.

    Parameters
    ----------
    pilot
        One row a customer: ``customer_id``, ``arm`` (control or treatment), ``assigned_at``, and
        outcomes, the numeric columns. One with only 0 and 1 is a share, any other a mean.
    guardrails
        The worst difference that is still acceptable, by outcome, in its unit: -0.01 where a fall
        of a point is too much, 0.01 where a rise is.
    treated
        Share of customers that was meant to be treated.
    planned
        Customers planned, for whom the always-valid interval is narrowest; see `always_level`.
    cap
        Quantile of both arms together at which an outcome with a heavy tail is capped, in a row of
        its own. To be declared before the pilot.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        First the row ``sample_ratio`` (value = its p value), then one row an ``outcome``:
        ``control``, ``treatment``, ``p``, ``always_low``, ``always_high`` (the interval for those
        who look every day), ``margin`` (of a guardrail), ``verdict``, ``note`` (when the sample
        ratio or heavy tails forbid trusting it), ``value`` (difference), ``low``, ``high`` (for one
        look at the planned size; Newcombe for shares, Welch for means), ``n``, ``se``, ``method``.
        Verdicts are ``differs`` or ``not clear``; of a guardrail ``within the margin`` (not
        inferior: the whole interval lies on the good side of it), ``beyond the margin`` or ``not
        shown``; they are withheld where the sample ratio is bad. An empty pilot gives no rows.

    Raises
    ------
    ParameterError
        If an arm is neither control nor treatment, a customer occurs twice, or a guardrail is no
        outcome or has no margin.

    Notes
    -----
    ``revenue (capped)`` answers another question than ``revenue``: what a customer spends up to the
    cap, which the few largest buyers can't decide alone. The cap is taken as given.

    References
    ----------
    Fabijan et al. (2019), KDD, 2156-2164 (sample-ratio mismatch); Newcombe (1998), Statistics in
    Medicine 17, 873-890; Welch (1947), Biometrika 34, 28-35; Kohavi et al. (2014), KDD, rule 7: a
    normal interval of a mean takes at least 355 x skewness^2 customers an arm, and capping lowers
    the skewness; Piaggio et al. (2012), JAMA 308, 2594-2604 (interval against the margin).

    Examples
    --------
    >>> arm = ["treatment"] * 70 + ["control"] * 80
    >>> done = [1] * 56 + [0] * 14 + [1] * 48 + [0] * 32
    >>> pilot = pd.DataFrame({"customer_id": range(150), "arm": arm, "done": done})
    >>> rows = analyze_pilot(pilot, guardrails={"done": -0.05})
    >>> rows[["outcome", "value", "low", "high"]].round(4).values.tolist()[1]
    ['done', 0.2, 0.0524, 0.3339]
    >>> rows["verdict"].tolist()
    ['as planned', 'within the margin']
    """
    about = {"outcome": "str", "control": "float64", "treatment": "float64", "p": "float64"}
    about |= {"always_low": "float64", "always_high": "float64", "margin": "float64"}
    about |= {"verdict": "str", "note": "str"}
    outcomes = _outcomes(pilot)
    margins = _margins(guardrails, outcomes)
    if not len(pilot):
        return framed([], about)
    arm = arms_of(pilot)
    ratio = _sample_ratio(arm, treated, level)
    sound = ratio.value >= SAMPLE_RATIO_ALPHA
    warning = "" if sound else _mismatch(arm, ratio.value)
    check = {"outcome": "sample_ratio", "control": nan, "treatment": nan, "p": ratio.value}
    check |= {"always_low": nan, "always_high": nan, "margin": nan, "note": warning}
    check["verdict"] = "as planned" if sound else "not as planned"
    rows: list[tuple[dict[str, object], Estimate]] = [(check, ratio)]
    for outcome in outcomes:
        values = pilot[outcome].astype("float64")
        heavy = _heavy_tail(values, arm)
        found = [(outcome, values, heavy)]
        if heavy:
            found.append(_capped(outcome, values, arm, cap))
        for name, known, note in found:
            row, estimate = _row(known, arm, planned, level)
            margin = margins.get(name, nan)
            verdict = _verdict(estimate, margin) if sound else _WITHHELD
            row |= {"outcome": name, "margin": margin, "verdict": verdict}
            row["note"] = "; ".join(part for part in (warning, note) if part)
            rows.append((row, estimate))
    return framed(rows, about)


def pilot_segments(
    pilot: pd.DataFrame,
    by: str | Sequence[str],
    *,
    treated: float = 0.5,
    min_n: int = 30,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the difference of each outcome in each segment, corrected for their number.

    Parameters
    ----------
    pilot
        One row a customer, as for `analyze_pilot`, and columns with segments.
    by
        The columns that hold segments; all other numeric ones are outcomes. Segments must have been
        known before the assignment: what the treatment can change is an outcome.
    treated
        Share of customers that was meant to be treated.
    min_n
        Segments with fewer customers in an arm are left out.
    level
        Confidence level of each interval; 1 minus it is the share of false verdicts accepted.

    Returns
    -------
    DataFrame
        One row an outcome and segment: ``by``, ``segment``, ``outcome``, ``control``,
        ``treatment``, ``p``, ``p_adjusted`` (Benjamini-Hochberg over all rows), ``verdict``
        (``differs`` by the adjusted p value, else ``not clear``), ``value``, ``low``, ``high`` (of
        each row alone), ``n``, ``se``, ``method``. That one segment differs and another doesn't is
        no proof that the two differ from one another.

    Raises
    ------
    ParameterError
        If a column of segments is missing or the assignment is faulty.

    References
    ----------
    Benjamini & Hochberg (1995), Journal of the Royal Statistical Society B 57, 289-300.

    Examples
    --------
    >>> pilot = pd.DataFrame({"customer_id": range(400), "arm": ["control", "treatment"] * 200})
    >>> pilot["device"] = ["phone"] * 200 + ["desktop"] * 200
    >>> pilot["paid"] = [0, 1] * 100 + [0, 0, 1, 1] * 50
    >>> pilot_segments(pilot, "device")[["segment", "value", "verdict"]].values.tolist()
    [['desktop', 0.0, 'not clear'], ['phone', 1.0, 'differs']]
    """
    about = dict.fromkeys(["by", "segment", "outcome"], "str")
    about |= dict.fromkeys(["control", "treatment", "p", "p_adjusted"], "float64")
    about |= {"verdict": "str"}
    columns = [by] if isinstance(by, str) else list(by)
    for column in columns:
        if column not in pilot.columns:
            raise ParameterError(one_of("the pilot's segments", pilot.columns, column))
    if not len(pilot):
        return framed([], about)
    arm = arms_of(pilot)
    sound = _sample_ratio(arm, treated, level).value >= SAMPLE_RATIO_ALPHA
    rows: list[tuple[dict[str, Any], Estimate]] = []
    for outcome in [name for name in _outcomes(pilot) if name not in columns]:
        values = pilot[outcome].astype("float64")
        shares = is_share(values)
        for column in columns:
            for segment, own in values.dropna().groupby(pilot[column].astype("object")):
                arms = [Arm.of(own[arm[own.index] == name], shares=shares) for name in ARMS]
                if min(a.n for a in arms) < min_n:
                    continue
                control, treatment = arms
                row: dict[str, Any] = {"by": column, "segment": str(segment), "outcome": outcome}
                row |= {"control": control.mean, "treatment": treatment.mean}
                row["p"] = p_of(treatment, control)
                rows.append((row, compare(treatment, control, level)))
    adjusted = benjamini_hochberg([row["p"] for row, _ in rows])
    for (row, _), p in zip(rows, adjusted.tolist(), strict=True):
        verdict = "differs" if p < 1 - level else "not clear"
        row |= {"p_adjusted": p, "verdict": verdict if sound else _WITHHELD}
    return framed(rows, about)


def pilot_evidence(pilot: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the pilot's rows of the ledger: the sample-ratio check and a difference an outcome.

    Examples
    --------
    >>> nobody = pd.DataFrame({"customer_id": [], "arm": [], "assigned_at": []})
    >>> len(pilot_evidence(nobody, Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}])))
    0
    """
    rows = []
    for _, row in analyze_pilot(pilot, level=study.level).iterrows():
        check = row["outcome"] == "sample_ratio"
        estimate = estimate_of(row, study.level)
        p = "" if check or np.isnan(row["p"]) else p_words(row["p"])
        always = replace(estimate, low=row["always_low"], high=row["always_high"])
        daily = ""
        if always.has_interval:
            daily = f"looked at daily {shown(always, 'pilot_difference').interval}"
        rows.append(
            evidence(
                estimate,
                lane="pilot",
                measure="sample_ratio_p" if check else "pilot_difference",
                label="Sample ratio" if check else row["outcome"],
                item="" if check else row["outcome"],
                source="pilot",
                note="; ".join(part for part in (p, daily, row["note"]) if part),
            )
        )
    return evidence_frame(rows)


def _outcomes(pilot: pd.DataFrame) -> list[str]:
    """Return the numeric columns that are no keys."""
    others = [str(c) for c in pilot.columns if c not in _KEYS]
    return [c for c in others if pd.api.types.is_numeric_dtype(pilot[c])]


def _margins(guardrails: Mapping[str, float] | None, outcomes: list[str]) -> Mapping[str, float]:
    """Return the margins of the guardrails, or say which is none."""
    for name, margin in (guardrails or {}).items():
        if outcomes and name not in outcomes:
            raise ParameterError(one_of("guardrail", outcomes, name))
        if not abs(margin) > 0:
            raise ParameterError(
                f"the margin of guardrail {name!r} must not be zero, got {margin!r}; "
                "its sign says which way is worse: -0.01 where a fall of a point is too much"
            )
    return guardrails or {}


def _sample_ratio(arm: pd.Series, treated: float, level: float) -> Estimate:
    """Return the p value of the arms' sizes under the planned assignment."""
    from scipy import stats

    if not 0 < treated < 1:
        raise ParameterError(f"treated must lie between 0 and 1, got {treated!r}; 0.5 is half")
    sizes = arm.value_counts().reindex(ARMS, fill_value=0)
    expected = len(arm) * np.array([1 - treated, treated])
    p = float(stats.chisquare(sizes, expected).pvalue)
    return Estimate(p, nan, nan, n=len(arm), method="chi-square", level=level)


def _mismatch(arm: pd.Series, p: float) -> str:
    """Return what a sample-ratio mismatch means, in words."""
    sizes = arm.value_counts().reindex(ARMS, fill_value=0)
    return (
        f"sample ratio {p_words(p)}: {sizes['control']} control and {sizes['treatment']} treated "
        "customers don't fit the plan, so find out who is missing before using any difference"
    )


def _row(
    values: pd.Series, arm: pd.Series, planned: int, level: float
) -> tuple[dict[str, object], Estimate]:
    """Return both arms' values, p and the always-valid interval, and the difference."""
    shares = is_share(values)
    control, treatment = (Arm.of(values[arm == name].dropna(), shares=shares) for name in ARMS)
    once = compare(treatment, control, level)
    every = compare(treatment, control, always_level(once.n, planned=planned, level=level))
    row: dict[str, object] = {"control": control.mean, "treatment": treatment.mean}
    row |= {"p": p_of(treatment, control), "always_low": every.low, "always_high": every.high}
    return row, once


def _verdict(estimate: Estimate, margin: float) -> str:
    """Return what may be said of a difference, or of a guardrail against its margin."""
    if isnan(margin):
        clear = estimate.low > 0 or estimate.high < 0
        return "differs" if clear else "not clear"
    # Turned so that lower is worse and the margin is negative.
    low, high = (estimate.low, estimate.high) if margin < 0 else (-estimate.high, -estimate.low)
    if low > -abs(margin):
        return "within the margin"
    return "beyond the margin" if high < -abs(margin) else "not shown"


def _heavy_tail(values: pd.Series, arm: pd.Series) -> str:
    """Return a warning where few large values decide the means."""
    from scipy import stats

    arms = [values[(arm == name) & values.notna()] for name in ARMS]
    fewest = min(len(a) for a in arms)
    if is_share(values) or fewest < 2:
        return ""
    worst = max(abs(float(stats.skew(a))) if a.nunique() > 1 else 0.0 for a in arms)
    needed = int(np.ceil(355 * worst**2))
    if needed <= fewest:
        return ""
    return (
        f"heavy tail: with skewness {worst:.1f} a mean takes about {needed:,} customers an arm, "
        f"here are {fewest:,}; a few large values decide (largest {values.max():,.6g})"
    )


def _capped(
    outcome: str, values: pd.Series, arm: pd.Series, cap: float
) -> tuple[str, pd.Series, str]:
    """Return name, values and note of an outcome whose largest values are cut to a quantile."""
    if not 0 < cap < 1:
        raise ParameterError(f"cap must be a quantile between 0 and 1, got {cap!r}; 0.99 is usual")
    most = float(values.quantile(cap))
    lower = values.clip(upper=most)
    note = f"mean of what lies below {most:,.6g}, the {cap:g} quantile; larger values count as that"
    return f"{outcome} (capped)", lower, "; ".join(filter(None, (note, _heavy_tail(lower, arm))))
