"""What an evaluator who takes the journey is to do, to answer, and how long it may take."""

from __future__ import annotations

from math import nan

import pandas as pd

from cjm_lab.metrics.evidence import ONWARD
from cjm_lab.study import Study

#: The four questions of a cognitive walkthrough: short name as in findings.csv, and the question.
QUESTIONS = {
    "right effect tried": "Will people try to achieve the right effect here?",
    "action noticed": "Will they notice that the right action is available?",
    "linked to its effect": "Will they link this action to the effect they want?",
    "progress seen": "After the action, will they see that they have come closer to their goal?",
}

#: A customer's median way on that takes longer holds waiting, or a pause: the usual session.
LONGEST_SITTING = 30 * 60.0


def customer_times(measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return how long customers take from each touchpoint to the next, by the log.

    Parameters
    ----------
    measured
        Rows of the ledger, among them the transitions.
    study
        The touchpoints, in the order of the journey.

    Returns
    -------
    DataFrame
        One row a touchpoint from which customers were seen to go on to a later one: ``touchpoint``,
        ``next_touchpoint`` (the likeliest later one), ``seconds`` (median), ``customers`` (seen at
        the touchpoint), ``sitting`` (False where the median is longer than half an hour: then it
        holds waiting or a pause).

    Examples
    --------
    >>> from cjm_lab.estimate import share
    >>> from cjm_lab.ledger import evidence, evidence_frame
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use",
    ...     "touchpoints": [{"id": "pot", "name": "Pot"}, {"id": "cup", "name": "Cup"}]}]})
    >>> move = evidence(share(8, 10), lane="transition", measure="transition", touchpoint="pot",
    ...     label="Pot → Cup", note="next within 7 days, median 0.05 hours")
    >>> customer_times(evidence_frame([move]), study)["seconds"].tolist()
    [180.0]
    """
    everyone = (measured["persona"] == "") & (measured["segment"] == "")
    rows = measured[(measured["measure"] == "transition") & everyone]
    order = {touchpoint.id: place for place, touchpoint in enumerate(study.touchpoints)}
    ids = {touchpoint.name: touchpoint.id for touchpoint in study.touchpoints}
    target = rows["label"].str.rsplit(" → ", n=1).str[-1].map(ids)
    hours = rows["note"].str.extract(ONWARD)[1].astype("float64")
    later = target.map(order) > rows["touchpoint"].map(order)
    found = pd.DataFrame(
        {
            "touchpoint": rows["touchpoint"].astype("str"),
            "next_touchpoint": target.astype("str"),
            "seconds": hours * 3600,
            "customers": rows["n"].astype("int64"),
            "sitting": hours * 3600 <= LONGEST_SITTING,
            "value": rows["value"],
        }
    )[later & hours.notna()]
    likeliest = found.sort_values("value", ascending=False, kind="stable")
    return likeliest.drop_duplicates("touchpoint").drop(columns="value").reset_index(drop=True)


def walkthrough_protocol(study: Study, measured: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return what an evaluator is to do and to answer, step by step.

    Parameters
    ----------
    study
        Its touchpoints are the steps.
    measured
        Rows of the ledger: the customers' own times, where the log has them.

    Returns
    -------
    DataFrame
        Four rows a touchpoint, one a question: ``step stage touchpoint id task question ask`` (the
        id is what findings.csv wants), then ``seconds`` (the customers' median until the next
        touchpoint, missing where the log knows none), ``customers`` (behind it), ``sitting``
        (whether that is time at work, as in `customer_times`) and ``next_touchpoint``, by name.

    References
    ----------
    Wharton, Rieman, Lewis & Polson (1994), The cognitive walkthrough method.

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use",
    ...     "touchpoints": [{"id": "pot", "name": "Pot", "action": "Fills the pot"}]}]})
    >>> walkthrough_protocol(study)["question"].tolist()[:2]
    ['right effect tried', 'action noticed']
    """
    known = {}
    if measured is not None and len(measured):
        known = customer_times(measured, study).set_index("touchpoint").to_dict("index")
    unknown = {"seconds": nan, "customers": 0, "sitting": False, "next_touchpoint": ""}
    places = [(stage, t) for stage in study.stages for t in stage.touchpoints]
    names = {t.id: t.name for _, t in places}
    rows = []
    for step, (stage, t) in enumerate(places, 1):
        time = known.get(t.id, unknown)
        what = [step, stage.name, t.name, t.id, t.action or t.name]
        onward = [time["seconds"], time["customers"], time["sitting"]]
        onward.append(names.get(str(time["next_touchpoint"]), ""))
        rows += [[*what, question, ask, *onward] for question, ask in QUESTIONS.items()]
    columns = ["step", "stage", "touchpoint", "id", "task", "question", "ask"]
    return pd.DataFrame(rows, columns=[*columns, *unknown])
