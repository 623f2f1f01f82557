"""What notebook 4 shows around the map: moments of truth, and what customers need where."""

from __future__ import annotations

import pandas as pd

from cjm_lab import journey
from cjm_lab.estimate import Estimate
from cjm_lab.study import Study
from cjm_lab.words import number, shown


def moments(measured: pd.DataFrame, study: Study, seed: int) -> pd.DataFrame:
    """Return importance and performance of each touchpoint, the most urgent first."""
    return journey.moments_of_truth(study, measured, seed=seed)


def moment_list(measured: pd.DataFrame, study: Study, seed: int) -> pd.DataFrame:
    """Return the moments of truth in words."""
    table = moments(measured, study, seed)
    if table.empty:
        return table
    return pd.DataFrame(
        {
            "touchpoint": table["item"],
            "verdict": table["verdict"],
            "importance": _numbers(table, "importance", "importance"),
            "satisfaction": _numbers(table, "performance", "valence"),
            "importance x how badly": _scores(table),
            "in the first three": [_share(one) for one in table["certainty"]],
            "verdict holds in": [_share(one) for one in table["verdict_certainty"]],
        }
    )


def contents(
    measured: pd.DataFrame,
    study: Study,
    assumed: pd.DataFrame,
    notes: pd.DataFrame,
    resources: pd.DataFrame,
) -> pd.DataFrame:
    """Return what each persona needs where, and whether there is content for it."""
    table = journey.content_matrix(
        study, measured, assumed=assumed, notes=notes, resources=resources
    )
    people = {persona.id: persona.name for persona in study.personas} | {"": "all"}
    places = {place.id: place.name for place in study.touchpoints} | {"": "anywhere"}
    named = table.assign(
        persona=table["persona"].map(people), touchpoint=table["touchpoint"].map(places)
    )
    return named.rename(columns={"status": "how known", "absent": "what is absent"})


def _numbers(table: pd.DataFrame, column: str, measure: str) -> list[str]:
    """Return a column's estimates in words."""
    names = [column, f"{column}_low", f"{column}_high"]
    rows = table[[*names, "n"]].itertuples(index=False, name=None)
    found = [Estimate(value, low, high, n=int(n), method="") for value, low, high, n in rows]
    texts = [shown(one, measure) for one in found]
    known = table[column].notna()
    return [
        f"{t.value} {t.interval}".strip() if k else "" for t, k in zip(texts, known, strict=True)
    ]


def _scores(table: pd.DataFrame) -> list[str]:
    """Return the scores with their intervals; empty where either part is unknown."""
    rows = table[["value", "low", "high"]].itertuples(index=False, name=None)
    return ["" if v != v else f"{v:.2f} [{low:.2f}, {high:.2f}]" for v, low, high in rows]


def _share(value: float) -> str:
    """Return a share of draws in words, empty where there is none."""
    return "" if value != value else f"{number(100 * round(value, 2))}\u00a0%"
