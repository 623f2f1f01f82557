"""Scores wave by wave."""

from __future__ import annotations

import pandas as pd

from cjm_lab.study import Study
from cjm_lab.surveys.base import Weighting
from cjm_lab.surveys.measures import asked_scores
from cjm_lab.words import day_words

#: Answers of more weeks than this are gathered by month.
_FEW_WEEKS = 10


def waves_of(responses: pd.DataFrame) -> pd.Series:
    """Return the wave of each answer: the one given, else the week or the month it came in.

    Weeks begin on Monday, in UTC; answers of more than ten weeks are gathered by month. Where
    nothing is known there is no wave.

    Examples
    --------
    >>> days = pd.to_datetime(["2019-07-28", "2019-07-29"], utc=True)
    >>> waves_of(pd.DataFrame({"wave": ["", ""], "submitted_at": days})).tolist()
    ['week of 22 July 2019', 'week of 29 July 2019']
    """
    given, times = responses["wave"].fillna(""), responses["submitted_at"]
    if (given != "").any() or times.isna().all():
        return given
    day = times.dt.floor("D")
    monday = day - pd.to_timedelta(day.dt.day_of_week, unit="D")
    if monday.nunique() <= _FEW_WEEKS:
        names = {week: f"week of {day_words(week)}" for week in monday.dropna().unique()}
        return monday.map(names).fillna("")
    return times.dt.strftime("%B %Y").fillna("")


def scores_by_wave(responses: pd.DataFrame, codebook: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return every score of a survey in every wave.

    Parameters
    ----------
    responses, codebook
        Tidy tables; answers without waves are gathered by `waves_of`, without dates there are none.
    study
        Gives the margins that each wave is weighted to, and the confidence level.

    Returns
    -------
    pandas.DataFrame
        wave, measure, question, label, touchpoint, subject, value, low, high, n, method. Scores in
        the codebook's order, waves by the first answer in them, by name where undated.

    Examples
    --------
    >>> codebook = pd.DataFrame([{"question": "q1", "text": "", "measure": "nps", "scale_min": 0.0,
    ...     "scale_max": 10.0, "reversed": False, "touchpoint": "", "stage": "", "subject": "us",
    ...     "success": [], "as_name": ""}])
    >>> answers = pd.DataFrame({"q1": [9.0, 3.0, 10.0], "wave": ["1", "1", "2"],
    ...     "submitted_at": pd.to_datetime(["2026-08-01", "2026-08-02", "2026-09-01"], utc=True)})
    >>> study = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}])
    >>> scores_by_wave(answers, codebook, study)[["wave", "value"]].values.tolist()
    [['1', 0.0], ['2', 100.0]]
    """
    rows = []
    if len(responses) and len(codebook):
        weighting = Weighting(responses, study)
        wave_of = waves_of(responses)
        first = responses["submitted_at"].groupby(wave_of[wave_of != ""].rename("wave")).min()
        order = first.reset_index().sort_values(["submitted_at", "wave"])["wave"].tolist()
        for asked in asked_scores(responses, codebook):
            answers = asked.answers(responses)
            for wave in order:
                members = wave_of == wave
                e = asked.estimate(answers[members], weighting.design(members), study.level)
                about = (asked.measure, ", ".join(asked.questions), asked.label)
                place = (asked.touchpoint, asked.subject)
                rows.append((wave, *about, *place, e.value, e.low, e.high, e.n, e.method))
    columns = ["wave", "measure", "question", "label", "touchpoint", "subject"]
    return pd.DataFrame(rows, columns=[*columns, "value", "low", "high", "n", "method"])
