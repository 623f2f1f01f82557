"""The walkthrough's protocol for paper: what to do, boxes to tick, lines to write on."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import Any

import pandas as pd

from cjm_lab.journey.found import time_words
from cjm_lab.planning.protocols import QUESTIONS, walkthrough_protocol
from cjm_lab.runs.pages.front import environment
from cjm_lab.study import Study
from cjm_lab.words import counted, day_words

#: What each severity means (Nielsen 1994).
SEVERITIES = ("no problem", "cosmetic", "minor", "major", "catastrophe")


def printed_protocol(study: Study, measured: pd.DataFrame, as_of: date) -> str:
    """Return the protocol as one HTML file to print on A4: a stage begins a page.

    Parameters
    ----------
    study
        Its touchpoints are the steps, its personas those whose eyes the evaluator may borrow.
    measured
        Rows of the ledger: the customers' own times.
    as_of
        Last day that these stand for.

    Returns
    -------
    str
        One HTML file that asks for no other file and runs no script.

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea & cups", "stages": [{"id": "use",
    ...     "name": "Use", "touchpoints": [{"id": "pot", "name": "Pot"}]}]})
    >>> from cjm_lab.ledger import evidence_frame
    >>> page = printed_protocol(study, evidence_frame(), date(2026, 10, 31))
    >>> "Walkthrough: Tea &amp; cups" in page
    True
    """
    protocol = walkthrough_protocol(study, measured).drop_duplicates("step")
    steps = [row | {"time": expected_time(row)} for row in protocol.to_dict("records")]
    stages = [(name, list(own)) for name, own in groupby(steps, key=lambda step: step["stage"])]
    return (
        environment()
        .get_template("protocol.html.j2")
        .render(
            title=study.title,
            as_of=day_words(as_of),
            scope=study.scope,
            personas=[persona.name for persona in study.personas],
            stages=stages,
            questions=QUESTIONS,
            severities=SEVERITIES,
        )
    )


def expected_time(row: dict[Any, Any]) -> str:
    """Return how long a touchpoint takes customers, in words; empty where the log doesn't say.

    Parameters
    ----------
    row
        A row of `cjm_lab.walkthrough_protocol`.

    Examples
    --------
    >>> expected_time({"seconds": 233.0, "customers": 518, "sitting": True,
    ...                "next_touchpoint": "Confirmation"})
    'Customers come from here to Confirmation in 3.9 minutes (median; 518 customers here).'
    """
    if not row["customers"]:
        return ""
    there, here = row["next_touchpoint"], counted(row["customers"], "customer")
    span = time_words(row["seconds"] / 3600)
    if row["sitting"]:
        return f"Customers come from here to {there} in {span} (median; {here} here)."
    return (
        f"Customers come from here to {there} after {span} (median; {here} here), waiting included."
    )
