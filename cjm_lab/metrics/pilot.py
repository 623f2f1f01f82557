"""The pilot: is the assignment sound, and what did the treatment change."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import numpy as np
import pandas as pd
from scipy import stats

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate, difference, mean, share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.metrics._frames import estimate_of, framed
from cjm_lab.study import Study
from cjm_lab.words import p_words

#: Below this p value the arms' sizes don't fit the assignment (at one look).
SAMPLE_RATIO_ALPHA = 0.01

_ARMS = ("control", "treatment")
_KEYS = ("customer_id", "arm", "assigned_at")


def analyze_pilot(
    pilot: pd.DataFrame, *, treated: float = 0.5, level: float = 0.95
) -> pd.DataFrame:
    """Return the sample-ratio check, then the difference of each outcome, treatment minus control.

    Parameters
    ----------
    pilot
        One row a customer: ``customer_id``, ``arm`` (control or treatment), ``assigned_at``, and
        outcomes, the numeric columns. One with only 0 and 1 is a share, any other a mean.
    treated
        Share of customers that was meant to be treated.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        First the row ``sample_ratio`` (value = its p value), then one row an ``outcome``:
        ``control``, ``treatment``, ``value`` (difference), ``low``, ``high`` (Newcombe for shares,
        Welch's variance for means), ``n``, ``p`` and ``note``, which says when the sample ratio or
        heavy tails forbid trusting it. An empty pilot gives no rows.

    Raises
    ------
    ParameterError
        If an arm is neither control nor treatment, or a customer occurs twice.

    References
    ----------
    Fabijan et al. (2019), KDD, 2156-2164 (sample-ratio mismatch); Newcombe (1998), Statistics in
    Medicine 17, 873-890; Kohavi et al. (2014), KDD, rule 7: a normal interval of a mean takes at
    least 355 x skewness^2 customers an arm.

    Examples
    --------
    >>> arm = ["treatment"] * 70 + ["control"] * 80
    >>> done = [1] * 56 + [0] * 14 + [1] * 48 + [0] * 32
    >>> pilot = pd.DataFrame({"customer_id": range(150), "arm": arm, "done": done})
    >>> analyze_pilot(pilot)[["outcome", "value", "low", "high"]].round(4).values.tolist()[1]
    ['done', 0.2, 0.0524, 0.3339]
    """
    about = {"outcome": "str", "control": "float64", "treatment": "float64", "p": "float64"}
    about |= {"note": "str"}
    if not len(pilot):
        return framed([], about)
    arm = _arms(pilot)
    ratio = _sample_ratio(arm, treated, level)
    warning = "" if ratio.value >= SAMPLE_RATIO_ALPHA else _mismatch(arm, ratio.value)
    blank = {"control": nan, "treatment": nan, "p": ratio.value, "note": warning}
    rows: list[tuple[dict[str, object], Estimate]] = [({"outcome": "sample_ratio"} | blank, ratio)]
    for column in pilot.columns.difference(list(_KEYS), sort=False):
        if pd.api.types.is_numeric_dtype(pilot[column]):
            row, estimate = _compare(pilot[column].astype("float64"), arm, level)
            row["note"] = "; ".join(note for note in (warning, str(row["note"])) if note)
            rows.append(({"outcome": str(column)} | row, estimate))
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
        p = "" if check or np.isnan(row["p"]) else p_words(row["p"])
        rows.append(
            evidence(
                estimate_of(row, study.level),
                lane="pilot",
                measure="sample_ratio_p" if check else "pilot_difference",
                label="Sample ratio" if check else row["outcome"],
                item="" if check else row["outcome"],
                source="pilot",
                note="; ".join(part for part in (p, row["note"]) if part),
            )
        )
    return evidence_frame(rows)


def _arms(pilot: pd.DataFrame) -> pd.Series:
    """Return each customer's arm, or say what is wrong with the assignment."""
    unknown = pilot.loc[~pilot["arm"].isin(_ARMS), "arm"]
    if len(unknown):
        raise ParameterError(one_of("the pilot's arm", _ARMS, unknown.iloc[0]))
    twice = pilot.loc[pilot["customer_id"].duplicated(), "customer_id"]
    if len(twice):
        raise ParameterError(
            f"each customer must occur once in the pilot, got {twice.iloc[0]!r} twice; "
            "leave out who was in both arms, and add up the outcomes of the others"
        )
    return pilot["arm"]


def _sample_ratio(arm: pd.Series, treated: float, level: float) -> Estimate:
    """Return the p value of the arms' sizes under the planned assignment."""
    if not 0 < treated < 1:
        raise ParameterError(f"treated must lie between 0 and 1, got {treated!r}; 0.5 is half")
    sizes = arm.value_counts().reindex(_ARMS, fill_value=0)
    planned = len(arm) * np.array([1 - treated, treated])
    p = float(stats.chisquare(sizes, planned).pvalue)
    return Estimate(p, nan, nan, n=len(arm), method="chi-square", level=level)


def _mismatch(arm: pd.Series, p: float) -> str:
    """Return what a sample-ratio mismatch means, in words."""
    sizes = arm.value_counts().reindex(_ARMS, fill_value=0)
    return (
        f"sample ratio {p_words(p)}: {sizes['control']} control and {sizes['treatment']} treated "
        "customers don't fit the plan, so find out who is missing before using any difference"
    )


def _compare(
    outcome: pd.Series, arm: pd.Series, level: float
) -> tuple[dict[str, object], Estimate]:
    """Return both arms' values, p and what to beware of, and the difference."""
    control, treatment = (outcome[(arm == name) & outcome.notna()] for name in _ARMS)
    note, p = "", nan
    shares = bool(outcome.dropna().isin([0, 1]).all())
    if shares:
        arms = [share(int(a.sum()), len(a), level=level) for a in (treatment, control)]
        table = np.array([[a.sum(), len(a) - a.sum()] for a in (treatment, control)])
        # The test without continuity correction is the pooled z test; an empty margin has none.
        if (table.sum(axis=0) > 0).all() and (table.sum(axis=1) > 0).all():
            p = float(stats.chi2_contingency(table, correction=False).pvalue)
    else:
        arms = [mean(a, level=level) for a in (treatment, control)]
        if min(len(control), len(treatment)) > 1:
            p = float(stats.ttest_ind(treatment, control, equal_var=False).pvalue)
            note = _heavy_tail(control, treatment)
    found = difference(arms[0], arms[1])
    row = {"control": arms[1].value, "treatment": arms[0].value, "p": p, "note": note}
    # For shares the method has a name of its own, which tells readers that points are meant.
    return row, replace(found, method="Newcombe") if shares else found


def _heavy_tail(control: pd.Series, treatment: pd.Series) -> str:
    """Return a warning where few large values decide the means."""
    worst = max(abs(float(stats.skew(a))) if a.nunique() > 1 else 0.0 for a in (control, treatment))
    needed, fewest = int(np.ceil(355 * worst**2)), min(len(control), len(treatment))
    if needed <= fewest:
        return ""
    largest = max(control.max(), treatment.max())
    return (
        f"heavy tail: with skewness {worst:.1f} a mean takes about {needed:,} customers an arm, "
        f"here are {fewest:,}; a few large values decide (largest {largest:,.6g})"
    )
