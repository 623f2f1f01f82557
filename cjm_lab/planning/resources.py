"""What there is, what it takes, and what of it would serve the journey best."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.study import Study

#: What a lift is measured against: the length of the scale it is on; shares are on one of 1.
RANGE_OF_MEASURE = {"valence": 4.0, "nps": 200.0, "ces": 6.0, "rating": 4.0}

#: Impact by the likely lift as a part of the measure's range, the usual five steps of RICE.
IMPACT_STEPS = ((0.20, 3.0), (0.10, 2.0), (0.05, 1.0), (0.02, 0.5))
LEAST_IMPACT = 0.25

#: Confidence by what stands behind the lift; a pilot that shows nothing is worth a judgement.
CONFIDENCE = {"pilot": 1.0, "benchmark": 0.8}
NO_CONFIDENCE = 0.5

#: Below this p value the sizes of a pilot's arms don't fit the assignment.
_SAMPLE_RATIO_ALPHA = 0.01


def resource_gaps(resources: pd.DataFrame) -> pd.DataFrame:
    """Return the inventory of resources with what is missing of each, the largest gap first.

    Parameters
    ----------
    resources
        The tidy table.

    Returns
    -------
    DataFrame
        Columns ``resource kind have need gap unit owner touchpoints``; ``gap`` is need less have,
        in the row's own unit, so that the order is by the part of the need that is missing.

    Examples
    --------
    >>> table = pd.DataFrame([["Chat agents", "people", 3, 5, "agents", "Service", "support"]],
    ...     columns=["resource", "kind", "have", "need", "unit", "owner", "touchpoints"])
    >>> resource_gaps(table)["gap"].tolist()
    [2]
    """
    columns = ["resource", "kind", "have", "need", "gap", "unit", "owner", "touchpoints"]
    gaps = resources.assign(gap=resources["need"] - resources["have"])
    part = gaps["gap"] / gaps["need"].where(gaps["need"] > 0)
    order = part.sort_values(ascending=False, kind="stable").index
    return gaps.loc[order, columns].reset_index(drop=True)


def touchpoints_of(resources: pd.DataFrame, study: Study) -> pd.Series:
    """Return the list of touchpoint ids that each resource serves.

    Raises
    ------
    ParameterError
        If one is not a touchpoint of the study.

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use",
    ...     "touchpoints": [{"id": "pot", "name": "Pot"}, {"id": "cup", "name": "Cup"}]}]})
    >>> touchpoints_of(pd.DataFrame({"resource": ["Film"], "touchpoints": ["cup; pot"]}), study)[0]
    ['cup', 'pot']
    """
    lists = resources["touchpoints"].str.findall(r"[^;\s]+")
    named = lists.explode().dropna()
    unknown = named[~named.isin(list(study.stage_of))]
    if len(unknown):
        resource = resources.at[unknown.index[0], "resource"]
        message = one_of("touchpoint", study.stage_of, unknown.iloc[0], f"resource {resource!r}")
        raise ParameterError(message)
    return lists


def rice_inputs(resources: pd.DataFrame, measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return reach, impact, confidence and effort of every resource that could change something.

    Reach: customers a month who meet its best-reached touchpoint, from the log. Impact: the likely
    lift as a part of the measure's range, at least 20 % massive (3), 10 % high (2), 5 % medium (1),
    2 % low (0.5), else minimal (0.25). Confidence: a pilot with a clear effect 1, a benchmark 0.8,
    all else 0.5. Effort: person-weeks.

    Parameters
    ----------
    resources
        The tidy table.
    measured
        Rows of the ledger, among them reach, active_customers and the pilot's.
    study
        Its touchpoints.

    Returns
    -------
    DataFrame
        The resources for which all four are known, as `prioritize` takes them, with ``touchpoint``,
        the first they serve.
    """
    per_month = _customers_a_month(measured)
    lists = touchpoints_of(resources, study)
    reach = lists.explode().map(per_month).astype("float64").groupby(level=0).max()
    length = resources["measure"].map(RANGE_OF_MEASURE).fillna(1.0)
    part = (resources["lift_likely"] / length).round(9)  # 0.4 of 4 is a tenth, not a bit less
    impact = np.select(
        [part >= least for least, _ in IMPACT_STEPS],
        [value for _, value in IMPACT_STEPS],
        LEAST_IMPACT,
    )
    inputs = resources.assign(
        touchpoint=lists.str[0],
        reach=reach,
        impact=np.where(part.isna(), np.nan, impact),
        confidence=lift_sources(resources, measured).map(CONFIDENCE).fillna(NO_CONFIDENCE),
    )
    known = inputs[["reach", "impact", "effort"]].notna().all(axis=1) & (inputs["effort"] > 0)
    return inputs[known]


def lift_sources(resources: pd.DataFrame, measured: pd.DataFrame) -> pd.Series:
    """Return what stands behind each lift by now: a pilot's name alone shows nothing.

    Parameters
    ----------
    resources
        The tidy table.
    measured
        Rows of the ledger, among them the pilot's.

    Returns
    -------
    Series
        ``lift_source`` as typed, but for a pilot: ``pilot`` only where an outcome differs clear of
        zero in the direction of the lift and the sample ratio is sound, else ``pilot: no result``,
        ``pilot: bad sample ratio`` or ``pilot: not clear``.

    Examples
    --------
    >>> from cjm_lab.ledger import evidence_frame
    >>> form = pd.DataFrame({"lift_source": ["pilot"], "lift_likely": [0.1]})
    >>> lift_sources(form, evidence_frame()).tolist()
    ['pilot: no result']
    """
    differences = measured[measured["measure"] == "pilot_difference"]
    ratio = measured.loc[measured["measure"] == "sample_ratio_p", "value"]
    up, down = bool((differences["low"] > 0).any()), bool((differences["high"] < 0).any())
    typed, wanted = resources["lift_source"], resources["lift_likely"]
    clear = ((wanted > 0) & up) | ((wanted < 0) & down)
    if differences["value"].isna().all():
        return typed.replace("pilot", "pilot: no result")
    if ratio.empty or not (ratio >= _SAMPLE_RATIO_ALPHA).all():
        return typed.replace("pilot", "pilot: bad sample ratio")
    return typed.mask((typed == "pilot") & ~clear, "pilot: not clear")


def _customers_a_month(measured: pd.DataFrame) -> dict[str, float]:
    """Return how many active customers a month meet each touchpoint."""
    ours = measured[(measured["persona"] == "") & (measured["segment"] == "")]
    active = ours[ours["measure"] == "active_customers"]
    reach = ours[ours["measure"] == "reach"].set_index("touchpoint")["value"]
    if active.empty or reach.empty:
        return {}
    row = active.iloc[0]
    customers = row["value"] / months_between(row["period_start"], row["period_end"])
    return (reach * customers).to_dict()


def months_between(first: str, last: str) -> float:
    """Return the length of a span of days in months: whole calendar months count as such.

    Examples
    --------
    >>> months_between("2026-09-01", "2026-09-30"), months_between("2026-07-01", "2026-09-30")
    (1.0, 3.0)
    """
    start, end = pd.Timestamp(first), pd.Timestamp(last)
    if start.is_month_start and end.is_month_end:
        return 12.0 * (end.year - start.year) + end.month - start.month + 1
    return ((end - start).days + 1) * 12 / 365.25
