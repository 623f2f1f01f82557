"""Key drivers of a survey, as rows of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd

from cjm_lab.errors import StudyError, one_of
from cjm_lab.estimate import Estimate
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import Period
from cjm_lab.sources.survey import CODE_SEPARATOR
from cjm_lab.study import Study, SurveySource
from cjm_lab.surveys.base import SMALL_BASE, Base, Weighting
from cjm_lab.surveys.driver_cautions import DIRECTIONS
from cjm_lab.surveys.drivers import key_drivers
from cjm_lab.surveys.evidence import not_applicable_rule
from cjm_lab.surveys.measures import Asked, asked_scores, directed, question_scale
from cjm_lab.surveys.relative_importance import MOST_DRIVERS

_RATED = ("rating", "likert", "performance")
#: Scores that stand in for a rating where a touchpoint has none.
_SCORED = ("csat", "ces")


def driver_evidence(
    responses: pd.DataFrame, codebook: pd.DataFrame, study: Study, period: Period, seed: int
) -> pd.DataFrame:
    """Return how much of the differences in an outcome goes with each rating question.

    For each survey of the study that names its `drivers`: the outcome is that question (a choice
    with a `success` counts as 0 and 1), drivers are the ratings about us, and where a touchpoint
    has none its satisfaction or effort score, on the scale most of them have. Fewer than two
    drivers, or too few people for them, give no rows.

    Parameters
    ----------
    responses, codebook
        Tidy tables; both may be empty.
    study
        Names the outcome, the touchpoints and the confidence level.
    period
        The span to estimate, as in `survey_evidence`.
    seed
        Of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        Rows of the ledger, the lane ``driver``: one of measure ``driver`` a question, whose note
        says the direction, then the cautions; one of measure ``driver_r2``, what goes with all.

    Raises
    ------
    StudyError
        If the outcome that study.yaml names is no question with numbers or a success.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.period import period_up_to
    >>> study = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}])
    >>> nothing, month = pd.DataFrame(), period_up_to(date(2026, 9, 30))
    >>> len(driver_evidence(nothing, nothing, study, month, seed=0))
    0
    """
    if responses.empty or codebook.empty:
        return evidence_frame()
    if "subject" in responses:
        responses = responses[responses["subject"].isin(["", "us"])]
    if responses.empty:
        return evidence_frame()
    ours = codebook[codebook["subject"] == "us"]
    sought: dict[str, set[str]] = {}  # several surveys may ask for one outcome
    for source in study.sources:
        if isinstance(source, SurveySource) and source.drivers:
            sought.setdefault(source.drivers.of, set()).update(source.questions)
    base = Base(responses["submitted_at"], period, Weighting(responses, study))
    rows: list[dict[str, Any]] = []
    for number, (name, questions) in enumerate(sought.items()):
        asked = ours[ours["question"].isin(questions)]
        suffix = f" of {name}" if number else ""
        outcome = _outcome(name, responses, ours)
        rows += _rows(outcome, responses, asked, study, base, seed, suffix)
    return evidence_frame(rows)


def _outcome(name: str, responses: pd.DataFrame, codebook: pd.DataFrame) -> Asked:
    """Return the score of one question that goes by its code or its `as`."""
    single = [asked for asked in asked_scores(responses, codebook) if len(asked.questions) == 1]
    for asked in single:
        if name in (asked.questions[0], asked.measure):
            return asked
    codes = [asked.questions[0] for asked in single]
    raise StudyError(one_of("drivers: of", codes, name, "study.yaml, sources, kind: survey"))


def _rows(
    outcome: Asked,
    responses: pd.DataFrame,
    codebook: pd.DataFrame,
    study: Study,
    base: Base,
    seed: int,
    suffix: str,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of one outcome."""
    questions = _driver_questions(outcome, responses, codebook)
    if not 2 <= len(questions) <= MOST_DRIVERS:
        return
    wanted = outcome.answers(responses).iloc[:, 0]
    answers = pd.DataFrame({q["question"]: directed(responses, q) for _, q in questions.iterrows()})
    rows, span, note = base.choose(wanted.notna() & answers.notna().any(axis=1))
    # each driver may take three columns: its rating and the two kinds of gaps
    few = int(rows.sum()) < max(SMALL_BASE, 3 * answers.shape[1] + 2)
    if few or (answers[rows].nunique() > 1).sum() < 2 or wanted[rows].nunique() < 2:
        return
    wanted, design, weighted = base.sample(wanted, rows, span)
    answers = answers.loc[wanted.index]
    found = key_drivers(
        answers,
        wanted.to_numpy(),
        weights=design,
        not_applicable=_not_applicable(responses.loc[wanted.index], answers),
        seed=seed,
        level=study.level,
    )
    described = questions.set_index("question")
    row_of = partial(evidence, lane="driver", scale=(0, 1), source="survey", period=span)
    aside = "; ".join(filter(None, [note, weighted]))
    definitions = (outcome.wording, *sorted(answers.columns))
    for _, row in found.table.iterrows():
        q = described.loc[row["driver"]]
        yield row_of(
            Estimate(
                row["value"], row["low"], row["high"], n=int(row["n"]),
                method="LMG, bootstrap", level=study.level,
            ),
            measure="driver",
            label=q["text"] or row["driver"],
            stage=study.stage_of.get(q["touchpoint"], q["stage"]),
            touchpoint=q["touchpoint"],
            note="; ".join(filter(None, [DIRECTIONS[row["direction"]], row["note"], aside])),
            item=row["driver"] + suffix,
            basis=(*definitions, q["text"], *not_applicable_rule(study, row["driver"])),
        )  # fmt: skip
    yield row_of(
        found.r2,
        measure="driver_r2",
        label=outcome.label,
        note="; ".join(filter(None, [*found.warnings, aside])),
        item=outcome.questions[0],
        basis=definitions,
    )


def _driver_questions(
    outcome: Asked, responses: pd.DataFrame, codebook: pd.DataFrame
) -> pd.DataFrame:
    """Return the ratings on the scale that most of them have, without the outcome."""
    known = codebook["question"].isin(responses.columns)
    other = codebook[known & ~codebook["question"].isin(outcome.questions)]
    other = other.drop_duplicates("question")
    rates, scores = (other["measure"].isin(kinds) for kinds in (_RATED, _SCORED))
    heard = {"", *other.loc[rates, "touchpoint"]}  # a score of the whole is an outcome itself
    rated = other[rates | (scores & ~other["touchpoint"].isin(heard))]
    scales = pd.Series([question_scale(q) for _, q in rated.iterrows()], index=rated.index)
    if scales.isna().all():
        return rated
    usual = scales.mode().iloc[0]
    return rated[[scale == usual for scale in scales]]


def _not_applicable(responses: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame | None:
    """Return to whom each question did not apply."""
    if "not_applicable" not in responses:
        return None
    end = CODE_SEPARATOR
    said = end + responses["not_applicable"].astype("str") + end
    flags = {code: said.str.contains(f"{end}{code}{end}", regex=False) for code in answers}
    return pd.DataFrame(flags, dtype=bool) & answers.isna()
