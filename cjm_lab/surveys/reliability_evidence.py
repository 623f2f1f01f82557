"""How reliable the survey's batteries of questions are, as rows of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import Period
from cjm_lab.study import Study
from cjm_lab.surveys.base import FEWEST_PEOPLE, Base
from cjm_lab.surveys.measures import directed, question_scale
from cjm_lab.surveys.reliability import cronbach_alpha, omega

_FEWEST_ITEMS = 3


class Battery(NamedTuple):
    """Questions that are to measure one thing together, asked on one scale."""

    label: str
    item: str
    questions: pd.DataFrame
    scale: tuple[float, float]

    def answers(self, responses: pd.DataFrame) -> pd.DataFrame:
        """Return the answers, reversed items turned, one column a question."""
        asked = self.questions.iterrows()
        return pd.DataFrame({q["question"]: directed(responses, q) for _, q in asked})


def reliability_evidence(
    responses: pd.DataFrame, codebook: pd.DataFrame, study: Study, period: Period
) -> pd.DataFrame:
    """Return alpha and omega total of each battery of Likert questions and of the SUS.

    Likert questions that share a name (`as`), or else touchpoint, subject and scale, make a battery
    if there are three or more. Both measures rest on complete respondents, unweighted.

    Parameters
    ----------
    responses, codebook
        Tidy tables; both may be empty.
    study
        Names the touchpoints and the confidence level.
    period
        The span to estimate; answers without any date count whole and carry no period.

    Returns
    -------
    pandas.DataFrame
        Rows of the ledger, lane ``reliability``, measures ``alpha`` and ``omega_total``.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.period import period_up_to
    >>> study = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}])
    >>> nothing = pd.DataFrame(columns=["question", "measure"])
    >>> len(reliability_evidence(pd.DataFrame(), nothing, study, period_up_to(date(2026, 9, 30))))
    0
    """
    if responses.empty or codebook.empty:
        return evidence_frame()
    base = Base(responses["submitted_at"], period)
    return evidence_frame(
        row
        for battery in batteries(responses, codebook, study)
        for row in _rows(battery, responses, base, study)
    )


def batteries(responses: pd.DataFrame, codebook: pd.DataFrame, study: Study) -> Iterator[Battery]:
    """Yield the questions that are to measure one thing together."""
    known = codebook[codebook["question"].isin(responses.columns)]
    yield from (*_likert(known, study), *_sus(known))


def _rows(
    battery: Battery, responses: pd.DataFrame, base: Base, study: Study
) -> Iterator[dict[str, Any]]:
    questions, first = battery.questions, battery.questions.iloc[0]
    answers = battery.answers(responses)
    chosen, period, note = base.choose(answers.notna().all(axis=1))
    if int(chosen.sum()) < FEWEST_PEOPLE:
        return
    complete = answers[chosen]
    place = first["touchpoint"]
    found = {
        "alpha": (
            cronbach_alpha(complete, missing="listwise", scale=battery.scale, level=study.level),
            "complete respondents only",
        ),
        "omega_total": (
            omega(complete, scale=battery.scale, level=study.level),
            "one factor by maximum likelihood; complete respondents only",
        ),
    }
    for measure, (estimate, rule) in found.items():
        yield evidence(
            estimate,
            lane="reliability",
            measure=measure,
            label=battery.label,
            stage=study.stage_of.get(place, first["stage"]),
            touchpoint=place,
            subject=first["subject"],
            scale=(0.0, 1.0),
            source="survey",
            period=period,
            note="; ".join(filter(None, [rule, note])),
            item=battery.item,
            basis=(*questions["text"], *questions["reversed"], battery.scale),
        )


def _likert(known: pd.DataFrame, study: Study) -> Iterator[Battery]:
    """Yield the batteries of Likert questions in the codebook's order."""
    likert = known[known["measure"].eq("likert")]
    scales = [question_scale(q) for _, q in likert.iterrows()]
    keys = [
        (q["as_name"], "" if q["as_name"] else q["touchpoint"], q["subject"], scale)
        for (_, q), scale in zip(likert.iterrows(), scales, strict=True)
    ]
    for key in dict.fromkeys(keys):
        part, (name, place, _, scale) = likert[[k == key for k in keys]], key
        if scale is None or len(part) < _FEWEST_ITEMS:
            continue
        about = f" on {study.touchpoint(place).name}" if place else ""
        label = name or f"Scale of {len(part)} questions{about}"
        yield Battery(label, name or ", ".join(part["question"]), part, scale)


def _sus(known: pd.DataFrame) -> Iterator[Battery]:
    """Yield each complete SUS, whose even questions are worded the other way round."""
    asked = known[known["measure"].eq("sus")]
    for _, part in asked.groupby(["touchpoint", "subject"], sort=False):
        if len(part) == 10:
            turned = part.assign(reversed=[i % 2 == 1 for i in range(10)])
            yield Battery("System Usability Scale", "sus", turned, (1.0, 5.0))
