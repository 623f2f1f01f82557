"""The overall score of every two personas, segments, waves and companies, compared at once."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from cjm_lab.estimate import benjamini_hochberg
from cjm_lab.period import Period
from cjm_lab.study import Study, SurveySource
from cjm_lab.study.personas import attribute_text
from cjm_lab.surveys.base import Base, Weighting
from cjm_lab.surveys.groups import compare_groups
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
