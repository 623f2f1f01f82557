"""What there is, what it takes, and what of it would serve the journey best."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.planning.improvements import touchpoints_in
from cjm_lab.planning.piloted import lift_sources
from cjm_lab.study import Study

Array = npt.NDArray[np.float64]

#: Kinds of resources, in the order in which they are listed.
KINDS = ("people", "tool", "content", "budget", "data")

#: Measures of which less is better: a lift that helps is below zero.
LOWER = {"drop_off", "negative_share", "churn_share", "first_reply_hours"}

#: What a lift is measured against: the length of the scale it is on; shares are on one of 1.
RANGE_OF_MEASURE = {"valence": 4.0, "nps": 200.0, "ces": 6.0, "rating": 4.0}

#: Impact by the likely lift as a part of the measure's range, the usual five steps of RICE.
IMPACT_STEPS = ((0.20, 3.0), (0.10, 2.0), (0.05, 1.0), (0.02, 0.5))
LEAST_IMPACT = 0.25

#: Ease by the person-weeks that it takes at most, from 10 down.
EASE_STEPS = ((0.5, 10.0), (1.0, 8.0), (2.0, 6.0), (4.0, 4.0), (12.0, 2.0))
LEAST_EASE = 1.0

#: Confidence by what stands behind the lift; a pilot that shows nothing is worth a judgement.
CONFIDENCE = {"pilot": 1.0, "benchmark": 0.8}
NO_CONFIDENCE = 0.5


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


def not_in_place(resources: pd.DataFrame) -> pd.DataFrame:
    """Return the resources that aren't there, or not all of them, or nobody says.

    Examples
    --------
    >>> table = pd.DataFrame({"have": [1.0, 0.0, float("nan")], "need": [1.0, 1.0, 1.0]})
    >>> len(not_in_place(table))
    2
    """
    return resources[~(resources["have"] >= resources["need"])].reset_index(drop=True)


def resource_kinds(resources: pd.DataFrame) -> pd.DataFrame:
    """Return the gap analysis by kind: how many resources are there, missing or not counted.

    Parameters
    ----------
    resources
        The tidy table.

    Returns
    -------
    DataFrame
        One row a kind, the five usual ones first, then others as they are called (empty where none
        is said): ``kind``, ``resources``, ``in_place`` (have reaches need), ``missing``,
        ``unknown`` (have or need isn't said), and ``cost_once``, ``cost_month`` and ``effort`` of
        what is not in place, sums of what is said.

    Examples
    --------
    >>> table = pd.DataFrame({"resource": ["Agents"], "kind": ["people"], "have": [3.0],
    ...     "need": [5.0], "cost_once": [2000.0], "cost_month": [6200.0], "effort": [1.0]})
    >>> resource_kinds(table).loc[:1, ["kind", "missing", "cost_month"]].values.tolist()
    [['people', 1, 6200.0], ['tool', 0, 0.0]]
    """
    there = resources["have"] >= resources["need"]
    unknown = resources["have"].isna() | resources["need"].isna()
    costs = ["cost_once", "cost_month", "effort"]
    counted = resources.assign(
        resources=1, in_place=there, missing=~there & ~unknown, unknown=unknown
    )
    counted[costs] = resources[costs].mask(there, 0.0)
    own = counted["kind"].unique().tolist()
    kinds = [*KINDS, *sorted(kind for kind in own if kind not in KINDS)]
    columns = ["resources", "in_place", "missing", "unknown", *costs]
    sums = counted.groupby("kind")[columns].sum().reindex(kinds, fill_value=0)
    return sums.rename_axis("kind").reset_index()


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
    lists = resources["touchpoints"].map(touchpoints_in)
    named = lists.explode().dropna()
    unknown = named[~named.isin(list(study.stage_of))]
    if len(unknown):
        resource = resources.at[unknown.index[0], "resource"]
        message = one_of("touchpoint", study.stage_of, unknown.iloc[0], f"resource {resource!r}")
        raise ParameterError(message)
    return lists


def served(resources: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return one row a resource and touchpoint that it serves, in the column ``touchpoint``.

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use",
    ...     "touchpoints": [{"id": "pot", "name": "Pot"}, {"id": "cup", "name": "Cup"}]}]})
    >>> served(pd.DataFrame({"resource": ["Film"], "touchpoints": ["cup; pot; cup"]}), study)[
    ...     ["resource", "touchpoint"]].values.tolist()
    [['Film', 'cup'], ['Film', 'pot']]
    """
    named = resources.assign(touchpoint=touchpoints_of(resources, study)).explode("touchpoint")
    return named[named["touchpoint"].notna()].drop_duplicates(["resource", "touchpoint"])


def resources_at(pairs: pd.DataFrame) -> dict[str, list[str]]:
    """Return the names of the resources at each touchpoint, of some rows of `served`."""
    lists = pairs.groupby("touchpoint")["resource"].agg(list)
    return dict(zip(lists.index.astype("str"), lists, strict=True))


def priority_inputs(resources: pd.DataFrame, measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return reach, impact, confidence, effort and ease of every resource, as far as known.

    Reach: customers a month who meet its best-reached touchpoint, from the log. Impact: the likely
    lift as a part of the measure's range, at least 20 % massive (3), 10 % high (2), 5 % medium (1),
    2 % low (0.5), else minimal (0.25). Confidence: a pilot with a clear effect 1, a benchmark 0.8,
    all else 0.5. Effort: person-weeks. Ease: up to half a person-week 10, one 8, two 6, four 4,
    twelve 2, more 1.

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
        The rows given, with ``touchpoint`` (the first they serve), ``reach reach_low reach_high``,
        ``scale`` (the length of the measure's, below zero where less is better), ``impact
        confidence ease`` and ``gap``.
    """
    lists = touchpoints_of(resources, study)
    reach = _customers_a_month(measured).reindex(lists.explode())
    most = reach.set_axis(lists.explode().index).sort_values("value", ascending=False)
    most = most[~most.index.duplicated()].reindex(resources.index)
    scale = resources["measure"].map(RANGE_OF_MEASURE).astype("float64").fillna(1.0)
    scale = scale.mask(resources["measure"].isin(LOWER), -scale)
    return resources.assign(
        touchpoint=lists.str[0],
        reach=most["value"],
        reach_low=most["low"],
        reach_high=most["high"],
        scale=scale,
        impact=impact_of(resources["lift_likely"] / scale),
        confidence=lift_sources(resources, measured).map(CONFIDENCE).fillna(NO_CONFIDENCE),
        ease=ease_of(resources["effort"]),
        gap=resources["need"] - resources["have"],
    )


def impact_of(part: npt.ArrayLike) -> Array:
    """Return the impact of a lift that is a part of its measure's range; a harm has none.

    Examples
    --------
    >>> impact_of([0.2, 0.1, 0.01, -0.1, float("nan")]).tolist()
    [3.0, 2.0, 0.25, 0.0, nan]
    """
    parts = np.round(np.asarray(part, dtype="float64"), 9)  # 0.4 of 4 is a tenth, not a bit less
    steps = [parts >= least for least, _ in IMPACT_STEPS]
    impact = np.select(steps, [value for _, value in IMPACT_STEPS], LEAST_IMPACT)
    impact = np.where(parts < 0, 0.0, impact)
    return np.where(np.isnan(parts), np.nan, impact)


def ease_of(effort: npt.ArrayLike) -> Array:
    """Return the ease of something that takes so many person-weeks.

    Examples
    --------
    >>> ease_of([0.5, 2, 2.5, 30]).tolist()
    [10.0, 6.0, 4.0, 1.0]
    """
    weeks = np.asarray(effort, dtype="float64")
    steps = [weeks <= most for most, _ in EASE_STEPS]
    ease = np.select(steps, [value for _, value in EASE_STEPS], LEAST_EASE)
    return np.where(np.isnan(weeks), np.nan, ease)


def _customers_a_month(measured: pd.DataFrame) -> pd.DataFrame:
    """Return how many active customers a month meet each touchpoint, with the interval."""
    ours = measured[(measured["persona"] == "") & (measured["segment"] == "")]
    active = ours[ours["measure"] == "active_customers"]
    reach = ours[ours["measure"] == "reach"].set_index("touchpoint")[["value", "low", "high"]]
    if active.empty:
        return reach.iloc[:0]
    row = active.iloc[0]
    return reach * (row["value"] / months_between(row["period_start"], row["period_end"]))


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
