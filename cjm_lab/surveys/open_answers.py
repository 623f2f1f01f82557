"""Open answers, each under a code that leads back to its respondent, and whom to call back."""

from __future__ import annotations

import pandas as pd

from cjm_lab.period import Period
from cjm_lab.study import Study
from cjm_lab.surveys.measures import asked_scores, speaks_about, valence
from cjm_lab.workspace import short_hash

COLUMNS = [
    "code", "respondent_id", "customer_id", "subject", "question", "touchpoint", "stage",
    "submitted_at", "persona", "text", "score", "mood",
]  # fmt: skip
_CALLBACKS = [
    "respondent_id", "customer_id", "submitted_at", "score", "touchpoint", "code", "text",
]  # fmt: skip


def answer_code(question: str, respondent_id: str) -> str:
    """Return the code of one open answer: what a report shows in place of the respondent.

    Examples
    --------
    >>> answer_code("comment", "R_0001")
    'd2f63f59d269'
    """
    return short_hash("open answer", question, respondent_id)


def open_answers(responses: pd.DataFrame, codebook: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return every open answer with who gave it, on what, and in which mood.

    The table names respondents: it belongs into data/processed and never into a report, where the
    code alone stands for an answer.

    Parameters
    ----------
    responses, codebook
        Tidy tables; both may be empty.
    study
        Names the touchpoints' stages.

    Returns
    -------
    pandas.DataFrame
        code, respondent_id, customer_id, subject, question, touchpoint, stage, submitted_at,
        persona, text, score (the answer to the NPS question) and mood (valence at the question's
        touchpoint, else overall); questions in the codebook's order, respondents by time and id.

    Examples
    --------
    >>> study = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}])
    >>> open_answers(pd.DataFrame(), pd.DataFrame(), study).empty
    True
    """
    frames = []
    if len(responses) and len(codebook):
        about = ["respondent_id", "customer_id", "submitted_at", "persona"]
        felt, score = mood(responses, codebook), _recommends(responses, codebook)
        asked = codebook[codebook["measure"].eq("text") & codebook["question"].isin(responses)]
        for _, q in asked.iterrows():
            text = responses[q["question"]].fillna("").astype("str").str.strip()
            given = (text != "") & speaks_about(responses, q["subject"])
            frame = responses[about].assign(
                subject=q["subject"],
                question=q["question"],
                touchpoint=q["touchpoint"],
                stage=study.stage_of.get(q["touchpoint"], q["stage"]),
                text=text,
                score=score,
                mood=felt.get(q["touchpoint"], felt["overall"]).fillna(felt["overall"]),
            )[given]
            frame["code"] = [answer_code(q["question"], who) for who in frame["respondent_id"]]
            frames.append(frame.sort_values(["submitted_at", "respondent_id"]))
    if not frames:
        return pd.DataFrame(columns=COLUMNS)
    return pd.concat(frames, ignore_index=True)[COLUMNS]


def callbacks(
    responses: pd.DataFrame, codebook: pd.DataFrame, study: Study, period: Period
) -> pd.DataFrame:
    """Return the detractors of the period: whom to call back, and about what.

    The table names respondents: it belongs into data/processed and never into a report.

    Parameters
    ----------
    responses, codebook
        Tidy tables; both may be empty.
    study
        Names the touchpoints' stages.
    period
        When they answered; where no answer carries a date, all count.

    Returns
    -------
    pandas.DataFrame
        One row a respondent who would recommend us with 0 to 6, the lowest first: respondent_id,
        customer_id, submitted_at, score, touchpoint (the one rated lowest, of equals the first in
        the codebook), code and text of the first open answer, "" without one.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.period import period_up_to
    >>> study = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}])
    >>> callbacks(pd.DataFrame(), pd.DataFrame(), study, period_up_to(date(2026, 9, 30))).empty
    True
    """
    if responses.empty or codebook.empty:
        return pd.DataFrame(columns=_CALLBACKS)
    times = responses["submitted_at"]
    within = period.contains(times) if times.notna().any() else pd.Series(True, index=times.index)
    score = _recommends(responses, codebook)
    felt, _, _ = valence(responses, codebook)
    felt = felt[felt.notna().any(axis=1)] if len(felt.columns) else felt.head(0)
    lowest = felt.idxmin(axis=1) if len(felt) else pd.Series(dtype="str")
    found = responses[["respondent_id", "customer_id", "submitted_at"]].assign(
        score=score, touchpoint=lowest.reindex(responses.index).fillna("").astype("str")
    )[within & (score <= 6)]
    said = open_answers(responses, codebook, study).query("subject == 'us'")
    said = said.drop_duplicates("respondent_id")[["respondent_id", "code", "text"]]
    found = found.merge(said, on="respondent_id", how="left")
    found[["code", "text"]] = found[["code", "text"]].fillna("").astype("str")
    return found.sort_values(["score", "submitted_at", "respondent_id"], ignore_index=True)[
        _CALLBACKS
    ]


def mood(responses: pd.DataFrame, codebook: pd.DataFrame) -> dict[str, pd.Series]:
    """Return each respondent's valence a touchpoint, and overall: from the NPS, else the mean.

    Examples
    --------
    >>> codebook = pd.DataFrame([{"question": "q1", "text": "", "measure": "nps", "scale_min": 0.0,
    ...     "scale_max": 10.0, "reversed": False, "touchpoint": "", "stage": "", "subject": "us",
    ...     "success": [], "as_name": ""}])
    >>> mood(pd.DataFrame({"q1": [9.0, 3.0]}), codebook)["overall"].tolist()
    [1.0, -1.0]
    """
    values, _, _ = valence(responses, codebook)
    felt = {str(column): values[column] for column in values}
    answers = _recommends(responses, codebook)
    if answers.notna().any():
        felt["overall"] = pd.cut(answers, [-1, 6, 8, 10], labels=[-1.0, 0.0, 1.0]).astype(float)
    else:
        felt["overall"] = values.mean(axis=1)
    return felt


def _recommends(responses: pd.DataFrame, codebook: pd.DataFrame) -> pd.Series:
    """Return each respondent's answer to the NPS question about us, missing where there's none."""
    overall = [a for a in asked_scores(responses, codebook) if a.measure == "nps"]
    ours = next((a for a in overall if a.subject == "us"), None)
    if ours is None:
        return pd.Series(float("nan"), index=responses.index)
    return ours.answers(responses).iloc[:, 0]
