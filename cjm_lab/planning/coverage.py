"""Who serves what: touchpoints that are left alone, and owners who are asked too much."""

from __future__ import annotations

import pandas as pd

from cjm_lab.planning.resources import not_in_place, resources_at, served
from cjm_lab.study import Study


def unserved_touchpoints(resources: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the touchpoints that lack somebody or something to serve them.

    A touchpoint is served by a team if the study names one there. It is served by a resource if a
    resource that is there, at least in part, names it, or if the study names its systems. A
    resource of which nothing is there yet is only planned. Without a list of resources and without
    any system only teams can be missing.

    Parameters
    ----------
    resources
        The tidy table; may be empty.
    study
        Its touchpoints with their teams and systems.

    Returns
    -------
    DataFrame
        In the order of the journey: ``stage touchpoint team resources planned finding``, names
        joined by semicolons; ``finding`` is ``nobody``, ``no team``, ``no resource`` or ``only
        planned``.

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use",
    ...     "touchpoints": [{"id": "pot", "name": "Pot", "team": "Kitchen"},
    ...                     {"id": "cup", "name": "Cup"}]}]})
    >>> film = pd.DataFrame({"resource": ["Film"], "touchpoints": ["pot"], "have": [0.0]})
    >>> unserved_touchpoints(film, study)[["touchpoint", "finding"]].values.tolist()
    [['pot', 'only planned'], ['cup', 'nobody']]
    """
    pairs = served(resources, study)
    there = pairs["have"] > 0
    named = [resources_at(part) for part in (pairs[there], pairs[~there])]
    listed = bool(len(pairs)) or any(touchpoint.systems for touchpoint in study.touchpoints)
    rows = []
    for touchpoint in study.touchpoints:
        own, planned = (names.get(touchpoint.id, []) for names in named)
        serving = [*own, *touchpoint.systems]
        finding = _finding(bool(touchpoint.team), bool(serving) or not listed, bool(planned))
        if finding:
            at = [study.stage_of[touchpoint.id], touchpoint.id, touchpoint.team]
            rows.append([*at, "; ".join(serving), "; ".join(planned), finding])
    columns = ["stage", "touchpoint", "team", "resources", "planned", "finding"]
    return pd.DataFrame(rows, columns=columns)


def owner_load(resources: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the person-weeks that are asked of each owner, beside those that the study gives.

    Parameters
    ----------
    resources
        The tidy table; what isn't there yet, or not all of it, asks for its ``effort``.
    study
        ``budget.capacity`` holds the person-weeks of each owner; an owner without an entry has no
        limit that is known.

    Returns
    -------
    DataFrame
        The most overloaded first: ``owner`` (empty where nobody is named), ``resources`` (how many
        are to be brought about), ``weeks`` asked, ``unknown`` (for how many of them nobody says
        the effort), ``capacity`` (NaN if none is stated) and ``over`` (weeks less capacity).

    Examples
    --------
    >>> table = pd.DataFrame({"have": [0.0, 0.0], "need": [1.0, 1.0], "effort": [4.0, 3.0],
    ...                       "owner": ["Shop", "Shop"]})
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use"}],
    ...     "budget": {"amount": 0, "capacity": {"Shop": 6}}})
    >>> owner_load(table, study)[["owner", "weeks", "capacity", "over"]].values.tolist()
    [['Shop', 7.0, 6.0, 1.0]]
    """
    capacity = pd.Series(study.budget.capacity if study.budget else {}, dtype="float64")
    missing = not_in_place(resources)
    asked = missing.assign(unknown=missing["effort"].isna()).groupby("owner")
    load = asked.agg(
        resources=("effort", "size"), weeks=("effort", "sum"), unknown=("unknown", "sum")
    )
    load = load.reindex(load.index.union(capacity.index, sort=False), fill_value=0)
    load = load.assign(capacity=capacity.reindex(load.index))
    load = load.assign(over=load["weeks"] - load["capacity"])
    ordered = load.rename_axis("owner").reset_index()
    return ordered.sort_values(["over", "weeks"], ascending=False, kind="stable", ignore_index=True)


def _finding(team: bool, resource: bool, planned: bool) -> str:
    """Return what a touchpoint lacks, empty where it has both."""
    if not team:
        return "no team" if resource or planned else "nobody"
    if resource:
        return ""
    return "only planned" if planned else "no resource"
