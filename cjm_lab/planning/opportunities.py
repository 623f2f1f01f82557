"""What could be better and why: opportunities from the evidence, and the resources that answer."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan

import pandas as pd

from cjm_lab.ledger import row_estimate
from cjm_lab.planning.resources import resources_at, served, touchpoints_of
from cjm_lab.study import Study
from cjm_lab.words import shown

#: Mean severity from which a walkthrough finding is an opportunity: a minor problem.
LEAST_SEVERITY = 2.0

#: Fewer touchpoints than this have no usual one.
_FEWEST_PLACES = 3

_COLUMNS = ["stage", "touchpoint", "label", "causes", "lanes", "evidence_ids", "pain_rank",
            "score", "low", "high", "n"]  # fmt: skip


def find_opportunities(rows: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return one opportunity a touchpoint, with all its causes and the evidence of each.

    A touchpoint is one if any of this holds for all customers together: it is a pain point; before
    the aim, more customers are lost than at the usual touchpoint, with the whole interval; a rival
    leads beyond chance (value gap above zero with its whole interval), or the gap to the best
    answer lies above that of the usual touchpoint; evaluators found at least a minor problem
    (severity 2). The causes of one touchpoint are signs of one thing and stand together: what
    mends it answers them all.

    Parameters
    ----------
    rows
        Rows of the ledger, of the lanes pain, drop_off, value_gap and walkthrough; others are left.
    study
        Its touchpoints, in the order of the journey.

    Returns
    -------
    DataFrame
        The worst pain first, then by the number of causes, then in the order of the journey:
        ``stage touchpoint label`` (the first cause in words), ``causes lanes evidence_ids`` (lists
        of equal length), ``pain_rank`` (NaN if it is none), and where importance was asked the
        opportunity score as ``score low high n``.

    Examples
    --------
    >>> from cjm_lab.ledger import evidence, evidence_frame
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use",
    ...     "touchpoints": [{"id": "pot", "name": "Pot"}]}]})
    >>> pain = evidence(lane="pain", measure="pain", label="Lid hidden", touchpoint="pot")
    >>> find_opportunities(evidence_frame([pain]), study)[["touchpoint", "causes"]].values.tolist()
    [['pot', ['Lid hidden']]]
    """
    everyone = (rows["persona"] == "") & (rows["segment"] == "")
    own = rows[everyone & rows["touchpoint"].isin(list(study.stage_of))]
    found = [*_pains(own), *_losses(own, study), *_gaps(own), *_findings(own)]
    causes = pd.DataFrame(found, columns=["touchpoint", "causes", "lanes", "evidence_ids"])
    table = causes.groupby("touchpoint", sort=False).agg(list).reset_index()
    scores = own[own["measure"] == "opportunity_score"].set_index("touchpoint")
    ranks = own[own["measure"] == "rank"].set_index("touchpoint")["value"]
    table = table.assign(
        stage=table["touchpoint"].map(study.stage_of),
        label=table["causes"].str[0],
        pain_rank=table["touchpoint"].map(ranks).astype("float64"),
        score=table["touchpoint"].map(scores["value"]),
        **{name: table["touchpoint"].map(scores[name]) for name in ("low", "high", "n")},
        fewer=-table["causes"].str.len(),
        place=table["touchpoint"].map({name: i for i, name in enumerate(study.stage_of)}),
    )
    return table.sort_values(["pain_rank", "fewer", "place"], ignore_index=True)[_COLUMNS]


def link_opportunities(
    opportunities: pd.DataFrame, resources: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Return the opportunities with the resources that serve their touchpoints.

    Parameters
    ----------
    opportunities
        As `find_opportunities` returns them.
    resources
        The tidy table.
    study
        Its touchpoints.

    Returns
    -------
    DataFrame
        The rows given, with two lists of names: ``answered_by`` (not there yet, or not all of it)
        and ``in_place`` (there, so it alone hasn't solved it). Nothing answers an opportunity whose
        list is empty.
    """
    pairs = served(resources, study)
    there = pairs["have"] >= pairs["need"]
    lists = [resources_at(part) for part in (pairs[~there], pairs[there])]
    answered, in_place = (
        [names.get(touchpoint, []) for touchpoint in opportunities["touchpoint"]] for names in lists
    )
    index = opportunities.index
    return opportunities.assign(
        answered_by=pd.Series(answered, index, dtype="object"),
        in_place=pd.Series(in_place, index, dtype="object"),
    )


def link_resources(
    resources: pd.DataFrame, opportunities: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Return the resources with the opportunities that they answer.

    Parameters
    ----------
    resources
        The tidy table.
    opportunities
        As `find_opportunities` returns them.
    study
        Its touchpoints.

    Returns
    -------
    DataFrame
        The rows given, with ``answers`` (the labels of the opportunities at the touchpoints served)
        and ``answers_at`` (their touchpoints), lists. A resource whose lists are empty answers
        nothing that was found.

    Examples
    --------
    >>> from cjm_lab.ledger import evidence, evidence_frame
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use",
    ...     "touchpoints": [{"id": "pot", "name": "Pot"}, {"id": "cup", "name": "Cup"}]}]})
    >>> pain = evidence(lane="pain", measure="pain", label="Lid hidden", touchpoint="pot")
    >>> found = find_opportunities(evidence_frame([pain]), study)
    >>> table = pd.DataFrame({"resource": ["Film", "Mug"], "touchpoints": ["pot", "cup"]})
    >>> link_resources(table, found, study)["answers"].tolist()
    [['Lid hidden'], []]
    """
    label = dict(zip(opportunities["touchpoint"], opportunities["label"], strict=True))
    at = [[t for t in served if t in label] for served in touchpoints_of(resources, study)]
    answers = [[label[t] for t in places] for places in at]
    return resources.assign(
        answers=pd.Series(answers, resources.index, dtype="object"),
        answers_at=pd.Series(at, resources.index, dtype="object"),
    )


Cause = tuple[str, str, str, str]


def _pains(rows: pd.DataFrame) -> Iterator[Cause]:
    """Yield the pain points."""
    for row in rows[rows["measure"] == "pain"].to_dict("records"):
        yield row["touchpoint"], row["label"], "pain", row["evidence_id"]


def _losses(rows: pd.DataFrame, study: Study) -> Iterator[Cause]:
    """Yield where more customers than usual go no further, although the aim lies ahead."""
    drop = rows[rows["measure"] == "drop_off"]
    last = study.touchpoints[-1].id if study.touchpoints else ""
    after = [t.id for stage in study.stages if stage.period == "after" for t in stage.touchpoints]
    more = drop["low"] > _usual(drop[drop["touchpoint"] != last])
    for row in drop[more & ~drop["touchpoint"].isin([*after, last])].to_dict("records"):
        number = shown(row_estimate(row), "drop_off")
        words = f"{number.value} {number.interval} go no further, more than usual"
        yield row["touchpoint"], words, "drop_off", row["evidence_id"]


def _gaps(rows: pd.DataFrame) -> Iterator[Cause]:
    """Yield where a rival leads, and what is further from the best answer than usual."""
    rival, best = (rows[rows["measure"] == name] for name in ("value_gap", "value_gap_to_best"))
    far = best[best["low"] > _usual(best)]
    for row in pd.concat([rival[rival["low"] > 0], far]).to_dict("records"):
        number = shown(row_estimate(row), row["measure"])
        lead = f"{row['subject']} leads" if row["measure"] == "value_gap" else "far from the best"
        words = f"{lead} (value gap {number.value} {number.interval})"
        yield row["touchpoint"], words, "value_gap", row["evidence_id"]


def _findings(rows: pd.DataFrame) -> Iterator[Cause]:
    """Yield what evaluators found on the walk, from a minor problem on."""
    pains = rows.loc[rows["measure"] == "pain", "label"].tolist()
    worst = rows[(rows["measure"] == "severity") & (rows["value"] >= LEAST_SEVERITY)]
    for row in worst.to_dict("records"):
        grade = f"severity {shown(row_estimate(row), 'severity').value} of 4 on the walk"
        words = grade if row["label"] in pains else f"{row['label']} ({grade})"
        yield row["touchpoint"], words, "walkthrough", row["evidence_id"]


def _usual(rows: pd.DataFrame) -> float:
    """Return the median over touchpoints; fewer than three have no usual one, and none is above."""
    values = rows["value"].dropna()
    return float(values.median()) if len(values) >= _FEWEST_PLACES else nan
