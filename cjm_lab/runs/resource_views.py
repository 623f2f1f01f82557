"""Tables of step 5 on resources, opportunities and priorities, in words for a reader."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan

import pandas as pd

from cjm_lab import planning
from cjm_lab.planning.piloted import with_pilot_results
from cjm_lab.planning.priorities import (
    METHOD_NAMES,
    Method,
    scorable,
    score_formula,
    scored_by,
    study_formula,
)
from cjm_lab.planning.resource_evidence import NO_ANSWER, top_of
from cjm_lab.planning.resources import KINDS, not_in_place, touchpoints_of
from cjm_lab.runs.readable import in_words
from cjm_lab.study import Study
from cjm_lab.words import NBSP, number

#: What a touchpoint that is left alone lacks, in words.
_LACKS = {
    "nobody": "no team and no resource",
    "no team": "no team",
    "no resource": "a team, but no resource",
    "only planned": "a team, but its resources are only planned",
}

#: The methods that resources can be ranked by, whatever a study has chosen.
_METHODS: tuple[Method, ...] = ("rice", "ice", "impact_effort")


def resource_list(resources: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the inventory by kind, in a kind what lacks most of its need first."""
    gaps = planning.resource_gaps(resources)
    gaps = gaps.merge(resources[["resource", "cost_once", "cost_month", "effort"]], on="resource")
    order = {kind: i for i, kind in enumerate(KINDS)}
    gaps = gaps.sort_values(
        "kind", key=lambda kinds: kinds.map(order).fillna(len(order)), kind="stable"
    )
    return pd.DataFrame(
        {
            "kind": gaps["kind"].replace("", "not said"),
            "resource": gaps["resource"],
            "have": gaps["have"],
            "need": gaps["need"],
            "gap": gaps["gap"],
            "unit": gaps["unit"],
            "owner": gaps["owner"],
            "serves": [_places(served, study) for served in touchpoints_of(gaps, study)],
            "costs once": gaps["cost_once"],
            "costs a month": gaps["cost_month"],
            "person-weeks": gaps["effort"],
        }
    )


def kind_gaps(resources: pd.DataFrame) -> pd.DataFrame:
    """Return how much of each kind is there and missing, and what the missing would cost."""
    kinds = planning.resource_kinds(resources) if len(resources) else pd.DataFrame()
    if kinds.empty:
        return kinds
    return pd.DataFrame(
        {
            "kind": kinds["kind"].replace("", "not said"),
            "listed": kinds["resources"].replace(0, "none"),
            "in place": kinds["in_place"],
            "missing": kinds["missing"],
            "have or need not said": kinds["unknown"],
            "costs once": kinds["cost_once"],
            "costs a month": kinds["cost_month"],
            "person-weeks": kinds["effort"],
        }
    )


def unserved(resources: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the touchpoints without a team or without a resource, in words."""
    found = planning.unserved_touchpoints(resources, study)
    return pd.DataFrame(
        {
            "where": [study.touchpoint(name).name for name in found["touchpoint"]],
            "has": found["finding"].map(_LACKS),
            "team": found["team"],
            "planned": found["planned"],
        }
    )


def owner_weeks(resources: pd.DataFrame, action_status: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the person-weeks asked of each owner, their capacity and their open actions."""
    load = planning.owner_load(resources, study)
    running = action_status[~action_status["progress"].isin(["done", "dropped"])]
    actions = running["owner"].value_counts()
    owners = [*load["owner"], *sorted(set(actions.index) - set(load["owner"]))]
    load = load.set_index("owner").reindex(owners)
    return pd.DataFrame(
        {
            "owner": [owner or "nobody named" for owner in owners],
            "to bring about": load["resources"].fillna(0).astype("int64").tolist(),
            "person-weeks asked": load["weeks"].fillna(0.0).tolist(),
            "effort not said": load["unknown"].fillna(0).astype("int64").tolist(),
            "person-weeks there are": [
                "not stated" if isnan(weeks) else number(weeks) for weeks in load["capacity"]
            ],
            "verdict": pd.Series([_verdict(over) for over in load["over"]], dtype="str"),
            "open actions": actions.reindex(owners, fill_value=0).tolist(),
        }
    )


def opportunity_list(evidence: pd.DataFrame, resources: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the opportunities with their causes and what answers them."""
    found = planning.find_opportunities(evidence, study)
    found = planning.link_opportunities(found, resources, study)
    table = pd.DataFrame(
        {
            "where": [study.touchpoint(name).name for name in found["touchpoint"]],
            "why": ["; ".join(causes) for causes in found["causes"]],
            "opportunity score": [_scored(*row) for row in found[["score", "low", "high"]].values],
            "answered by": ["; ".join(names) or "nothing" for names in found["answered_by"]],
            "in place already": ["; ".join(names) for names in found["in_place"]],
            "evidence": [", ".join(ids) for ids in found["evidence_ids"]],
        }
    )
    return table.loc[:, (table != "").any()] if len(table) else table


def resource_answers(evidence: pd.DataFrame, resources: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the resources that are not in place with the opportunities that they answer."""
    found = planning.find_opportunities(evidence, study)
    linked = planning.link_resources(not_in_place(resources), found, study)
    return pd.DataFrame(
        {
            "resource": linked["resource"],
            "answers": [
                "; ".join(
                    f"{study.touchpoint(place).name}: {label}"
                    for place, label in zip(places, labels, strict=True)
                )
                or NO_ANSWER
                for places, labels in zip(linked["answers_at"], linked["answers"], strict=True)
            ],
        }
    )


def priority_table(resources: pd.DataFrame, measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return what goes into the scores and the rank that each method gives, the study's first."""
    inputs = _inputs(resources, measured, study)
    if inputs.empty:
        return pd.DataFrame()
    chosen: Method = study.priorities.method
    formulas = {method: score_formula(inputs, method) for method in _METHODS}
    formulas = {chosen: study_formula(inputs, study)} | formulas
    known = ["reach", "impact", "confidence", "effort", "ease"]
    table = inputs.set_index("resource")[known]
    for method, formula in formulas.items():
        scored = scored_by(formula, scorable(inputs, formula), method).set_index("resource")
        table[f"rank by {METHOD_NAMES[method]}"] = scored["rank"].reindex(table.index)
        if method == "impact_effort":
            table["quadrant"] = scored["quadrant"].reindex(table.index).fillna("")
    return table.sort_values(f"rank by {METHOD_NAMES[chosen]}", kind="stable").reset_index()


def rank_shares(
    resources: pd.DataFrame, measured: pd.DataFrame, study: Study, seed: int
) -> pd.DataFrame:
    """Return how often each resource is among the first when the inputs vary."""
    inputs = _inputs(resources, measured, study)
    known = scorable(inputs, study_formula(inputs, study))
    top = top_of(len(known))
    shares = planning.rank_stability(
        known, method=study.priorities.method, formula=study.priorities.formula, top=top,
        level=study.level, seed=seed,
    )  # fmt: skip
    return shares.rename(columns={"resource": "label"}).assign(top=top)


def rank_list(rank_shares: pd.DataFrame) -> pd.DataFrame:
    """Return the shares of draws in words, with their Monte Carlo error."""
    if rank_shares.empty:
        return pd.DataFrame()
    top = rank_shares["top"].iloc[0]
    name = f"among the first {top}" if top > 1 else "first"
    words = in_words(rank_shares.assign(se=float("nan")), name, percent=True)
    words["first"] = [number(share, percent=True) for share in rank_shares["first"]]
    table = words.rename(columns={"label": "resource", "n": "draws"})
    return table[list(dict.fromkeys(["resource", "rank", "first", name, "interval", "draws"]))]


def _inputs(resources: pd.DataFrame, measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the inputs of the scores of what is not in place."""
    missing = not_in_place(with_pilot_results(resources, measured, study))
    return planning.priority_inputs(missing, measured, study)


def _places(served: Iterable[str], study: Study) -> str:
    """Return the names of touchpoints."""
    return ", ".join(study.touchpoint(name).name for name in served) or "no touchpoint named"


def _verdict(over: float) -> str:
    """Return in words whether what is asked fits."""
    if isnan(over):
        return "nobody knows"
    return f"{number(over)} too many" if over > 0 else "fits"


def _scored(score: float, low: float, high: float) -> str:
    """Return an opportunity score with its interval, empty where importance was not asked."""
    return "" if isnan(score) else f"{score:.1f} [{low:.1f},{NBSP}{high:.1f}]"
