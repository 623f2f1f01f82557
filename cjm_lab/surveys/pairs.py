"""The overall score of every two personas, segments, waves and companies, compared at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pandas as pd

from cjm_lab.estimate import benjamini_hochberg
from cjm_lab.period import Period
from cjm_lab.study import Study, SurveySource
from cjm_lab.study.personas import attribute_text
from cjm_lab.surveys.base import SMALL_BASE, Base, Weighting
from cjm_lab.surveys.groups import compare_groups, paired_difference
from cjm_lab.surveys.measures import Asked, asked_scores
from cjm_lab.surveys.waves import waves_of

COLUMNS = ["by", "a", "b", "measure", "value", "low", "high", "n", "p", "p_adjusted"]


def score_pairs(
    responses: pd.DataFrame, codebook: pd.DataFrame, study: Study, period: Period
) -> pd.DataFrame:
    """Return the overall score's difference between each two groups of respondents.

    Groups are the declared personas, the attributes that study.yaml lists, the companies and the
    waves. Groups with fewer than 30 answers are left out. All pairs are one family: their p values
    are corrected together.

    Parameters
    ----------
    responses, codebook
        Tidy tables; both may be empty.
    study
        Names the attributes, personas, competitors and the confidence level.
    period
        The span that counts; the waves are compared whatever it is.

    Returns
    -------
    pandas.DataFrame
        by (what the groups are made of), a, b, measure, value (a minus b), low, high, n, p,
        p_adjusted (Benjamini-Hochberg); the surest first.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.period import period_up_to
    >>> study = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}])
    >>> nothing = pd.DataFrame()
    >>> score_pairs(nothing, nothing, study, period_up_to(date(2026, 9, 30))).empty
    True
    """
    main = overall_score(responses, codebook)
    if main is None:
        return pd.DataFrame(columns=COLUMNS)
    weighting = Weighting(responses, study)
    base = Base(responses["submitted_at"], period, weighting)

    def compared(by: str, answers: pd.Series, groups: pd.Series, *, dated: bool) -> pd.DataFrame:
        if dated:
            rows, span, _ = base.choose(answers.notna())
            answers, design, _ = base.sample(answers, rows, span)
        else:
            design = weighting.design(pd.Series(True, index=answers.index))
        own = groups[answers.index]
        return compare_groups(answers, own, main.score, design, level=study.level).assign(by=by)

    about_us = main.answers(responses).iloc[:, 0]
    found = [compared(by, about_us, groups, dated=True) for by, groups in _groups(responses, study)]
    found.append(compared("wave", about_us, waves_of(responses), dated=False))
    same = [a for a in asked_scores(responses, codebook) if a.questions == main.questions]
    if len(same) > 1:  # each respondent speaks about one company
        of_all = pd.concat([a.answers(responses).iloc[:, 0] for a in same], axis=1)
        company = responses["subject"].replace({"us": study.subject.brand})
        found.append(compared("company", of_all.bfill(axis=1).iloc[:, 0], company, dated=True))
    table = pd.concat(found, ignore_index=True).assign(measure=main.measure)
    table["p_adjusted"] = benjamini_hochberg(table["p"].to_numpy(dtype=float))
    return table.sort_values(["p", "by", "a", "b"], kind="stable", ignore_index=True)[COLUMNS]


def repeated_scores(responses: pd.DataFrame, codebook: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return how the overall score of the customers who answered in two waves running changed.

    The same people twice are no two samples: each is compared with what they said before. Of
    several answers in a wave the last one counts.

    Parameters
    ----------
    responses, codebook
        Tidy tables; both may be empty.
    study
        Gives the confidence level.

    Returns
    -------
    pandas.DataFrame
        before, after (the waves), measure, value (after minus before), low, high, n; waves with
        fewer than 30 customers in common are left out.

    Examples
    --------
    >>> study = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}])
    >>> repeated_scores(pd.DataFrame(), pd.DataFrame(), study).empty
    True
    """
    columns = ["before", "after", "measure", "value", "low", "high", "n"]
    main = overall_score(responses, codebook)
    if main is None:
        return pd.DataFrame(columns=columns)
    asked = pd.DataFrame({"wave": waves_of(responses), "who": responses["customer_id"]})
    asked = asked.assign(
        answer=main.answers(responses).iloc[:, 0], at=responses["submitted_at"]
    ).dropna(subset="answer")
    asked = asked[(asked["wave"] != "") & (asked["who"] != "")].sort_values("at", kind="stable")
    order = asked.groupby("wave")["at"].min().sort_values(kind="stable").index
    last = asked.drop_duplicates(["wave", "who"], keep="last")
    by_wave = last.pivot(index="who", columns="wave", values="answer")
    rows = []
    for before, after in pairwise(order):
        both = by_wave[[before, after]].dropna()
        if len(both) >= SMALL_BASE:
            e = paired_difference(both[before], both[after], main.score, level=study.level)
            rows.append((before, after, main.measure, e.value, e.low, e.high, e.n))
    return pd.DataFrame(rows, columns=columns)


def overall_score(responses: pd.DataFrame, codebook: pd.DataFrame) -> Asked | None:
    """Return the score that stands for the whole: the NPS, else the first overall one about us."""
    if responses.empty or codebook.empty:
        return None
    whole = [
        asked
        for asked in asked_scores(responses, codebook)
        if asked.subject == "us" and not asked.touchpoint and not asked.stage
        if len(asked.questions) == 1 and asked.measure != "likert"
    ]
    return next((asked for asked in whole if asked.measure == "nps"), next(iter(whole), None))


def _groups(responses: pd.DataFrame, study: Study) -> Iterator[tuple[str, pd.Series]]:
    """Yield what groups are made of and the group of each respondent, "" for none."""
    names = {persona.id: persona.name for persona in study.personas}
    yield "persona", responses["persona"].replace(names)
    surveys = [source for source in study.sources if isinstance(source, SurveySource)]
    made_of = {name for persona in study.personas for name in persona.match}
    for name in dict.fromkeys(name for survey in surveys for name in survey.attributes):
        if name in responses and name not in made_of:  # else the personas once more
            yield name, attribute_text(responses[name])
