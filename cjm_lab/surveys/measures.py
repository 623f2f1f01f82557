"""From the codebook to scores: which questions make which score, and their answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import nan

import pandas as pd

from cjm_lab.estimate import Design, Estimate, mean
from cjm_lab.study.personas import attribute_text
from cjm_lab.surveys.scores import ces, csat, nps, rating, success_share, sus, umux_lite

Scale = tuple[float, float]

_DEFAULT_SCALE: dict[str, Scale] = {
    "nps": (0, 10), "csat": (1, 5), "ces": (1, 7), "sus": (1, 5), "umux": (1, 7),
}  # fmt: skip
_LABELS = {
    "nps": "Net Promoter Score",
    "csat": "Satisfied customers (CSAT)",
    "ces": "Customer effort score",
    "sus": "System Usability Scale",
    "umux": "UMUX-Lite",
}
_ITEMS = {"sus": 10, "umux": 2}

#: One mean a question.
PLAIN = ("rating", "likert", "performance")


@dataclass(frozen=True)
class Asked:
    """A score that the survey asks for: its questions and where in the journey it belongs."""

    measure: str
    label: str
    questions: tuple[str, ...]
    touchpoint: str
    stage: str
    subject: str
    scale: Scale | None
    item: str
    wording: tuple[object, ...]
    answers: Callable[[pd.DataFrame], pd.DataFrame]
    score: Callable[..., Estimate]

    def estimate(self, answers: pd.DataFrame, weights: Design | None, level: float) -> Estimate:
        """Return the score of `answers`, whose missing rows don't count."""
        values = answers if len(self.questions) > 1 else answers.iloc[:, 0]
        return self.score(values, weights, level=level)


def asked_scores(responses: pd.DataFrame, codebook: pd.DataFrame) -> list[Asked]:
    """Return the scores that a survey asks for, in the codebook's order.

    nps, csat, ces, rating, likert and performance questions, and choices with a `success` make one
    score each; the ten questions of a SUS and the two of a UMUX-Lite make one together.

    Examples
    --------
    >>> codebook = pd.DataFrame([{"question": "q1", "text": "", "measure": "nps", "scale_min": 0.0,
    ...     "scale_max": 10.0, "reversed": False, "touchpoint": "", "stage": "", "subject": "us",
    ...     "success": [], "as_name": ""}])
    >>> [(a.measure, a.scale) for a in asked_scores(pd.DataFrame({"q1": [9.0]}), codebook)]
    [('nps', (0.0, 10.0))]
    """
    asked: list[Asked] = []
    known = codebook[codebook["question"].isin(responses.columns)]
    for _, q in known[~known["measure"].isin(_ITEMS)].iterrows():
        one = _single(q)
        if one:
            twin = any(_place(one) == _place(other) for other in asked)
            asked.append(_renamed(one, q["question"]) if twin and not one.item else one)
    for (measure, touchpoint, subject), part in known[known["measure"].isin(_ITEMS)].groupby(
        ["measure", "touchpoint", "subject"], sort=False
    ):
        if len(part) == _ITEMS[str(measure)]:
            asked.append(_questionnaire(str(measure), str(touchpoint), str(subject), part))
    return asked


def question_scale(question: pd.Series) -> Scale | None:
    """Return the ends of the scale a question was asked on; None where nobody said."""
    if pd.isna(question["scale_min"]) or pd.isna(question["scale_max"]):
        return _DEFAULT_SCALE.get(question["measure"])
    return float(question["scale_min"]), float(question["scale_max"])


def speaks_about(responses: pd.DataFrame, subject: str) -> pd.Series:
    """Return which respondents speak about us, or a competitor.

    All do, unless a column of the survey says of whom each one speaks.
    """
    if "subject" not in responses or not (responses["subject"] != "").any():
        return pd.Series(True, index=responses.index)
    return responses["subject"] == subject


def directed(responses: pd.DataFrame, question: pd.Series) -> pd.Series:
    """Return a question's answers, a reversed item turned, so that more is always better."""
    answers = responses[question["question"]].astype(float)
    answers = answers.where(speaks_about(responses, question["subject"]))
    scale = question_scale(question)
    return scale[0] + scale[1] - answers if question["reversed"] and scale else answers


def valence(
    responses: pd.DataFrame, codebook: pd.DataFrame
) -> tuple[pd.DataFrame, Scale | None, dict[str, list[str]]]:
    """Return each respondent's emotion at each touchpoint, from -2 to +2.

    A curve shows one scale: the one that most rating questions about us were asked on. The
    respondent's mean over a touchpoint's questions on it is mapped linearly.

    Returns
    -------
    tuple
        One column a touchpoint, NaN where nothing was answered; the scale; the questions of each
        touchpoint.

    Examples
    --------
    >>> codebook = pd.DataFrame({"question": ["q1"], "measure": ["rating"], "scale_min": [1.0],
    ...     "scale_max": [5.0], "reversed": [False], "touchpoint": ["seat"], "subject": ["us"]})
    >>> valence(pd.DataFrame({"q1": [1.0, 4.0]}), codebook)[0]["seat"].tolist()
    [-2.0, 1.0]
    """
    rated = codebook[
        (codebook["measure"] == "rating")
        & (codebook["subject"] == "us")
        & (codebook["touchpoint"] != "")
        & codebook[["scale_min", "scale_max"]].notna().all(axis=1)
        & codebook["question"].isin(responses.columns)
    ]
    if rated.empty:
        return pd.DataFrame(index=responses.index), None, {}
    scales = pd.Series([question_scale(q) for _, q in rated.iterrows()], index=rated.index)
    low, high = scales.mode(dropna=True).iloc[0]
    rated = rated[[scale == (low, high) for scale in scales]]
    questions = {
        str(touchpoint): part["question"].tolist()
        for touchpoint, part in rated.groupby("touchpoint", sort=False)
    }
    answers = pd.DataFrame({q["question"]: directed(responses, q) for _, q in rated.iterrows()})
    means = pd.DataFrame({t: answers[codes].mean(axis=1) for t, codes in questions.items()})
    return (means - low) / (high - low) * 4 - 2, (low, high), questions


def emotion(values: pd.Series, weights: Design | None, level: float) -> Estimate:
    """Return the mean valence of respondents."""
    return mean(values, weights, bounds=(-2, 2), level=level)


def _single(q: pd.Series) -> Asked | None:
    """Return the score that one question makes, None for questions that make none."""
    measure, code, scale = q["measure"], q["question"], question_scale(q)
    score: Callable[..., Estimate]
    name, item, label = q["as_name"] or measure, "", _LABELS.get(measure, "")
    if measure == "nps":
        score = nps
    elif measure == "csat" and scale:
        score = partial(csat, scale_min=scale[0], scale_max=scale[1])
    elif measure == "ces" and scale:
        score = partial(ces, scale=scale)
    elif measure in PLAIN:
        name, item, label = measure, code, q["text"] or code
        score = partial(rating, scale=scale)
    elif measure == "choice" and len(q["success"]):
        name, score = q["as_name"] or code, success_share
        label = q["as_name"] if q["text"] in ("", code) and q["as_name"] else q["text"] or code
        scale = None
    else:
        return None
    answers = partial(_success, question=q) if measure == "choice" else partial(_turned, question=q)
    wording = (q["text"], bool(q["reversed"]), *sorted(q["success"]))
    return Asked(
        name, label, (code,), q["touchpoint"], q["stage"], q["subject"], scale, item, wording,
        answers, score,
    )  # fmt: skip


def _questionnaire(measure: str, touchpoint: str, subject: str, part: pd.DataFrame) -> Asked:
    codes = tuple(part["question"])
    return Asked(
        measure="umux_lite" if measure == "umux" else measure,
        label=_LABELS[measure],
        questions=codes,
        touchpoint=touchpoint,
        stage=part["stage"].iloc[0],
        subject=subject,
        scale=(0.0, 100.0),
        item="",
        wording=tuple(part["text"]),
        answers=lambda responses: (
            responses[list(codes)].astype(float).where(speaks_about(responses, subject))
        ),
        score=sus if measure == "sus" else umux_lite,
    )


def _turned(responses: pd.DataFrame, question: pd.Series) -> pd.DataFrame:
    return directed(responses, question).rename(question["question"]).to_frame()


def _success(responses: pd.DataFrame, question: pd.Series) -> pd.DataFrame:
    """Return 1 where the answer counts as success, 0 where not, NaN where there's no answer."""
    text = attribute_text(responses[question["question"]])
    chosen = text.isin(list(question["success"])).astype(float)
    answered = (text != "") & speaks_about(responses, question["subject"])
    return chosen.where(answered, nan).rename(question["question"]).to_frame()


def _place(asked: Asked) -> tuple[str, ...]:
    return asked.measure, asked.touchpoint, asked.stage, asked.subject, asked.item


def _renamed(asked: Asked, code: str) -> Asked:
    """Return a second score of one kind at one place under its question's code."""
    return replace(asked, item=code)
