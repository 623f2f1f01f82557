"""Scores wave by wave."""

from __future__ import annotations

import pandas as pd

from cjm_lab.surveys.base import weights_of
from cjm_lab.surveys.measures import asked_scores


def scores_by_wave(
    responses: pd.DataFrame, codebook: pd.DataFrame, *, level: float = 0.95
) -> pd.DataFrame:
    """Return every score of a survey in every wave.

    Parameters
    ----------
    responses, codebook
        Tidy tables; without waves the result is empty.
    level
        Confidence level.

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
    >>> scores_by_wave(answers, codebook)[["wave", "value"]].values.tolist()
    [['1', 0.0], ['2', 100.0]]
    """
    rows = []
    if len(responses) and len(codebook):
        weights = weights_of(responses)
        waves = responses[responses["wave"].fillna("") != ""].groupby("wave")
        first = waves["submitted_at"].min().reset_index()
        order = first.sort_values(["submitted_at", "wave"])["wave"].tolist()
        for asked in asked_scores(responses, codebook):
            answers = asked.answers(responses)
            for wave in order:
                members = (responses["wave"] == wave) & answers.notna().all(axis=1)
                e = asked.estimate(
                    answers[members], None if weights is None else weights[members], level
                )
                about = (asked.measure, ", ".join(asked.questions), asked.label)
                place = (asked.touchpoint, asked.subject)
                rows.append((wave, *about, *place, e.value, e.low, e.high, e.n, e.method))
    columns = ["wave", "measure", "question", "label", "touchpoint", "subject"]
    return pd.DataFrame(rows, columns=[*columns, "value", "low", "high", "n", "method"])
