"""The value gap: what could be won at a touchpoint, against the best possible or a rival."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, bootstrap, no_estimate
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import Period
from cjm_lab.study import Study
from cjm_lab.surveys.base import FEWEST_PEOPLE, Base
from cjm_lab.surveys.evidence import not_applicable_rule
from cjm_lab.surveys.measures import asked_scores, directed, question_scale

Floats = npt.NDArray[np.float64]


def value_gap(
    importance: npt.ArrayLike,
    us: npt.ArrayLike,
    rival: npt.ArrayLike | None = None,
    *,
    scale_max: float = 10,
    overall: npt.ArrayLike | None = None,
    repeats: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Return importance x (rival - us), or x (scale_max - us) without a rival.

    Positive means something to win.

    Parameters
    ----------
    importance
        Stated importance, one answer a respondent. One number holds for all. Empty: derived from
        `overall`.
    us, rival
        Performance, one answer a respondent, on one scale; NaN where there's no answer.
    scale_max
        Best answer of the scale, used without a rival.
    overall
        Each respondent's overall score. The derived importance is its correlation with `us`, from
        those who gave both; below zero counts as zero.
    repeats, seed
        Of the bootstrap over respondents, in which a derived importance is derived anew.
    level
        Confidence level.

    Returns
    -------
    Estimate
        n is the smallest number of answers that went into a mean.

    Raises
    ------
    ParameterError
        If the arrays differ in length, or importance is neither given nor derivable.

    References
    ----------
    Method, "Scores": value gap; Efron & Tibshirani (1993), 13.3 (percentile interval).

    Examples
    --------
    >>> value_gap([8, 8], [6, 6]).value, value_gap([8, 8], [6, 6], [7, 7]).value
    (32.0, 8.0)
    """
    ours = np.asarray(us, dtype=float)
    n = len(ours)
    stated = _as_long(importance, n, "importance")
    best = np.full(n, float(scale_max)) if rival is None else _as_long(rival, n, "rival")
    scores = None if overall is None else _as_long(overall, n, "overall")
    if not len(stated) and scores is None:
        raise ParameterError("importance must be given, or 'overall' to derive it from")
    given = [ours, best, stated] if len(stated) else [ours, best]
    smallest = min(int((~np.isnan(x)).sum()) for x in given)
    if smallest == 0:
        return no_estimate("bootstrap", level=level)

    def gap(rows: npt.NDArray[np.intp]) -> Floats:
        if len(stated):
            weight = _mean(stated[rows])
        else:
            assert scores is not None
            weight = max(0.0, _correlation(ours[rows], scores[rows]))
        return np.array([weight * (_mean(best[rows]) - _mean(ours[rows]))])

    if smallest == 1:
        value = float(gap(np.arange(n))[0])
        return Estimate(value, nan, nan, n=1, method="one answer", level=level)
    return replace(bootstrap(gap, n, repeats=repeats, level=level, seed=seed)[0], n=smallest)


def value_gap_evidence(
    responses: pd.DataFrame, codebook: pd.DataFrame, study: Study, period: Period, seed: int
) -> pd.DataFrame:
    """Return the value gap against each competitor at each touchpoint rated for both.

    Importance is what an `importance` question at the touchpoint says; without one it is derived
    from the overall score, and the note says so. Ratings on unlike scales aren't subtracted.

    Parameters
    ----------
    responses, codebook
        Tidy tables; both may be empty.
    study
        Names the competitors and the confidence level.
    period
        The span to estimate, as in `survey_evidence`.
    seed
        Of the bootstrap.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.period import period_up_to
    >>> study = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}])
    >>> nothing, month = pd.DataFrame(), period_up_to(date(2026, 9, 30))
    >>> len(value_gap_evidence(nothing, nothing, study, month, seed=0))
    0
    """
    if responses.empty or codebook.empty:
        return evidence_frame()
    base = Base(responses["submitted_at"], period)
    rows = [
        row
        for touchpoint in study.stage_of
        for rival in study.subject.competitors
        for row in _gap_rows(touchpoint, rival, responses, codebook, study, base, seed)
    ]
    return evidence_frame(rows)


def _gap_rows(
    touchpoint: str,
    rival: str,
    responses: pd.DataFrame,
    codebook: pd.DataFrame,
    study: Study,
    base: Base,
    seed: int,
) -> Iterator[dict[str, Any]]:
    here = codebook[(codebook["touchpoint"] == touchpoint) & codebook["question"].isin(responses)]
    performance = here[here["measure"].isin(["rating", "performance"])]
    theirs = performance[performance["subject"] == rival]
    scales = {question_scale(q) for _, q in theirs.iterrows()}
    if len(scales) != 1:
        return
    scale = scales.pop()
    ours = performance[performance["subject"] == "us"]
    ours = ours[[question_scale(q) == scale for _, q in ours.iterrows()]]
    if ours.empty:
        return
    table = pd.DataFrame({"us": _respondent_mean(responses, ours)})
    table["rival"] = _respondent_mean(responses, theirs)
    stated = here[here["measure"] == "importance"]
    table["importance"] = _respondent_mean(responses, stated) if len(stated) else nan
    name, overall = ("", None) if len(stated) else _overall(responses, codebook)
    if stated.empty and overall is None:
        return
    chosen, span, note = base.choose(table[["us", "rival"]].notna().any(axis=1))
    part = table[chosen]
    if part["rival"].count() < FEWEST_PEOPLE or part["us"].count() < FEWEST_PEOPLE:
        return
    estimate = value_gap(
        part["importance"] if len(stated) else [],
        part["us"],
        part["rival"],
        overall=None if overall is None else overall[chosen],
        seed=seed,
        level=study.level,
    )
    source = "stated importance" if len(stated) else f"importance derived from {name}"
    yield evidence(
        estimate,
        lane="value_gap",
        measure="value_gap",
        label=f"{study.touchpoint(touchpoint).name}: {rival} against us",
        stage=study.stage_of[touchpoint],
        touchpoint=touchpoint,
        subject=rival,
        scale=scale,
        source="survey",
        period=span,
        note="; ".join(filter(None, [source, note])),
        basis=(source, *_definitions(pd.concat([ours, theirs, stated]), study)),
    )


def _respondent_mean(responses: pd.DataFrame, questions: pd.DataFrame) -> pd.Series:
    answers = {q["question"]: directed(responses, q) for _, q in questions.iterrows()}
    return pd.DataFrame(answers).mean(axis=1)


def _overall(responses: pd.DataFrame, codebook: pd.DataFrame) -> tuple[str, pd.Series | None]:
    """Return the first overall score about us: its label and each respondent's answer."""
    for asked in asked_scores(responses, codebook):
        whole = not asked.touchpoint and not asked.stage and asked.subject == "us"
        if whole and len(asked.questions) == 1 and asked.measure != "likert":
            return asked.label, asked.answers(responses).iloc[:, 0]
    return "", None


def _definitions(questions: pd.DataFrame, study: Study) -> list[object]:
    return [
        (
            q["text"],
            question_scale(q),
            bool(q["reversed"]),
            not_applicable_rule(study, q["question"]),
        )
        for _, q in questions.iterrows()
    ]


def _as_long(values: npt.ArrayLike, n: int, name: str) -> Floats:
    x = np.asarray(values, dtype=float)
    if x.ndim == 0:
        return np.full(n, float(x))
    if len(x) not in (0, n):
        raise ParameterError(f"{name} must have one value a respondent ({n}), got {len(x)}")
    return x


def _mean(x: Floats) -> float:
    given = x[~np.isnan(x)]
    return float(given.mean()) if len(given) else nan


def _correlation(x: Floats, y: Floats) -> float:
    both = ~(np.isnan(x) | np.isnan(y))
    if both.sum() < 2:
        return nan
    dx, dy = x[both] - x[both].mean(), y[both] - y[both].mean()
    spread = float(np.sqrt((dx**2).sum() * (dy**2).sum()))
    return float((dx * dy).sum() / spread) if spread > 0 else nan
