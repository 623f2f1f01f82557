"""Choices: how often each option was chosen, of one or of several."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import Period
from cjm_lab.study import Study
from cjm_lab.study.personas import attribute_text
from cjm_lab.surveys.base import FEWEST_PEOPLE, Base, Weighting
from cjm_lab.surveys.evidence import not_applicable_rule
from cjm_lab.surveys.measures import speaks_about
from cjm_lab.surveys.scores import success_share

#: Options beyond this many, the rarest ones, are given together.
MOST_OPTIONS = 12

_REST = "other answers"


def choice_evidence(
    responses: pd.DataFrame, codebook: pd.DataFrame, study: Study, period: Period
) -> pd.DataFrame:
    r"""Return the share of each option of each choice and multiple-choice question.

    A choice that names its `success` is a score and has its row among the scores. Options that
    fewer than five people chose are given together, where these are five or more, for a rare
    answer could tell who it was.

    Parameters
    ----------
    responses, codebook
        Tidy tables; both may be empty. Options of a `multi` question are joined by a line break.
    study
        Gives the confidence level and which answers mean "not applicable".
    period
        The span to estimate; answers without any date count whole and carry no period.

    Returns
    -------
    pandas.DataFrame
        Rows of the ledger, lane ``choice``: one an option, of those who answered the question;
        measure ``choice_share``, or the name that the question's `as` gives it
        (``reason_share``, ``discovery_channel_share``).

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.period import period_up_to
    >>> study = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}])
    >>> question = {"question": "why", "text": "Why us?", "measure": "multi", "touchpoint": "",
    ...     "stage": "", "subject": "us", "success": [], "as_name": "reason", "options": []}
    >>> answers = pd.DataFrame({"why": ["taste\nprice"] * 5 + ["taste"] * 5})
    >>> answers["submitted_at"] = pd.Timestamp("2026-09-02", tz="UTC")
    >>> month = period_up_to(date(2026, 9, 30))
    >>> rows = choice_evidence(answers, pd.DataFrame([question]), study, month)
    >>> rows[["measure", "label", "value"]].values.tolist()
    [['reason_share', 'taste', 1.0], ['reason_share', 'price', 0.5]]
    """
    if responses.empty or codebook.empty:
        return evidence_frame()
    base = Base(responses["submitted_at"], period, Weighting(responses, study))
    asked = codebook[codebook["question"].isin(responses.columns)]
    scored = asked["success"].map(len) > 0
    asked = asked[asked["measure"].eq("multi") | (asked["measure"].eq("choice") & ~scored)]
    rows: list[dict[str, Any]] = []
    for _, question in asked.iterrows():
        rows += _option_rows(question, responses, base, study)
    return evidence_frame(rows)


def _option_rows(
    question: pd.Series,
    responses: pd.DataFrame,
    base: Base,
    study: Study,
) -> Iterator[dict[str, Any]]:
    """Yield a row an option of one question, the most frequent first."""
    code, several = question["question"], question["measure"] == "multi"
    text = attribute_text(responses[code])
    answered = (text != "") & speaks_about(responses, question["subject"])
    rows, period, note = base.choose(answered)
    chosen = _chosen(text[rows], several)
    people = chosen.to_frame().groupby("option", as_index=False).agg(n=("option", "size"))
    people = people[people["n"] >= FEWEST_PEOPLE].sort_values(
        ["n", "option"], ascending=[False, True]
    )
    named = people["option"].head(MOST_OPTIONS).tolist()
    if not named:
        return
    rest = ~chosen.isin(named)
    options = {option: chosen.index[chosen == option] for option in named}
    if chosen.index[rest].nunique() >= FEWEST_PEOPLE:
        options[_REST] = chosen.index[rest]
    whole = "of those who chose any; several may be chosen, so shares add up to more than 1"
    for option, who in options.items():
        picked = pd.Series(text.index.isin(who), index=text.index).astype(float)
        values, design, weighted = base.sample(picked, rows, period)
        yield evidence(
            success_share(values, design, level=study.level),
            lane="choice",
            measure=f"{question['as_name'] or 'choice'}_share",
            label=option,
            stage=study.stage_of.get(question["touchpoint"], question["stage"]),
            touchpoint=question["touchpoint"],
            subject=question["subject"],
            source="survey",
            period=period,
            note="; ".join(
                filter(None, [question["text"], whole if several else "", note, weighted])
            ),
            item=f"{code}: {option}",
            basis=(
                question["text"],
                question["measure"],
                *sorted(question.get("options", [])),
                *not_applicable_rule(study, code),
            ),
        )


def _chosen(text: pd.Series, several: bool) -> pd.Series:
    """Return each option chosen, once a respondent, under the respondent's row."""
    options = (text.str.split("\n").explode() if several else text).str.strip()
    options = options[options != ""].rename("option")
    twice = pd.MultiIndex.from_arrays([options.index, options]).duplicated()
    return options[~twice]
