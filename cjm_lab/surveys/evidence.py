"""What a survey says, as rows of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import Period
from cjm_lab.study import Study, SurveySource
from cjm_lab.study.personas import match_segment, segment_text
from cjm_lab.surveys.base import FEWEST_PEOPLE, Base, Weighting
from cjm_lab.surveys.measures import (
    PLAIN,
    Asked,
    Scale,
    asked_scores,
    emotion,
    speaks_about,
    valence,
)
from cjm_lab.surveys.open_answers import answer_code, mood

_SHORTEST, _LONGEST = 12, 280


def survey_evidence(
    responses: pd.DataFrame, codebook: pd.DataFrame, study: Study, period: Period
) -> pd.DataFrame:
    """Return ratings, scores, emotion and quotes of a survey.

    One row a rating question; nps, csat, ces and shares for everyone, for each declared persona
    and for each segment that the objective or a key measure names; valence a touchpoint and
    persona; up to two quotes a touchpoint. Fewer than five people of a persona or segment give no
    row. A base below 30 in the month is estimated on the rolling quarter and says so.

    Parameters
    ----------
    responses, codebook
        Tidy tables; both may be empty.
    study
        Names the personas, segments and the confidence level.
    period
        The span to estimate; answers without any date count whole and carry no period.

    Returns
    -------
    pandas.DataFrame
        Rows of the ledger.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.period import period_up_to
    >>> study = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}])
    >>> nothing = pd.DataFrame(columns=["question", "measure"])
    >>> len(survey_evidence(pd.DataFrame(), nothing, study, period_up_to(date(2026, 9, 30))))
    0
    """
    if responses.empty or codebook.empty:
        return evidence_frame()
    base = Base(responses["submitted_at"], period, Weighting(responses, study))
    rows: list[dict[str, Any]] = []
    groups = list(respondent_groups(responses, study))
    for asked in asked_scores(responses, codebook):
        rows += _score_rows(asked, responses, base, groups, study)
    rows += _emotion_rows(responses, codebook, base, study)
    rows += _quote_rows(responses, codebook, base, study)
    return evidence_frame(rows)


def not_applicable_rule(study: Study, question: str) -> tuple[str, ...]:
    """Return the answers that count as 'not applicable' for a question: part of its definition."""
    for source in study.sources:
        if isinstance(source, SurveySource) and question in source.questions:
            return tuple(source.not_applicable)
    return ()


def respondent_groups(
    responses: pd.DataFrame, study: Study
) -> Iterator[tuple[str, str, pd.Series]]:
    """Yield persona, segment text and members: everyone, each persona, each named segment."""
    everyone = pd.Series(True, index=responses.index)
    yield "", "", everyone
    for persona in study.personas:
        yield persona.id, "", responses["persona"] == persona.id
    goal = study.goal.objective
    named = [(key.persona, key.segment) for key in study.key_measures]
    if goal:
        named.append((goal.persona, goal.segment))
    seen = set()
    for persona_id, segment in named:
        name = segment_text(segment)
        if name and (persona_id, name) not in seen:
            seen.add((persona_id, name))
            members = match_segment(responses, segment)
            if persona_id:
                members &= responses["persona"] == persona_id
            yield persona_id, name, members


def _score_rows(
    asked: Asked,
    responses: pd.DataFrame,
    base: Base,
    groups: list[tuple[str, str, pd.Series]],
    study: Study,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of one score.

    A single mean is given for everyone only, for what a persona feels at a touchpoint is its
    valence; and so is what is said of a competitor.
    """
    answers = asked.answers(responses)
    answered = answers.notna().all(axis=1)
    stage = study.stage_of.get(asked.touchpoint, asked.stage)
    rule = not_applicable_rule(study, asked.questions[0])
    whole = asked.measure in PLAIN or asked.subject != "us"
    for persona, segment, members in groups[:1] if whole else groups:
        chosen, period, note = base.choose(answered & members)
        n = int(chosen.sum())
        if n < (FEWEST_PEOPLE if persona or segment else 1):
            continue
        values, design, weighted = base.sample(answers, chosen, period)
        estimate = asked.estimate(values, design, study.level)
        yield evidence(
            estimate,
            lane="satisfaction",
            measure=asked.measure,
            label=asked.label,
            stage=stage,
            touchpoint=asked.touchpoint,
            persona=persona,
            segment=segment,
            subject=asked.subject,
            scale=asked.scale,
            source="survey",
            period=period,
            note="; ".join(filter(None, [note, weighted])),
            item=asked.item,
            basis=(*asked.wording, *rule),
        )


def _emotion_rows(
    responses: pd.DataFrame,
    codebook: pd.DataFrame,
    base: Base,
    study: Study,
) -> Iterator[dict[str, Any]]:
    """Yield valence a touchpoint, for everyone and each persona."""
    values, scale, questions = valence(responses, codebook)
    texts = dict(zip(codebook["question"], codebook["text"], strict=True))
    people = [("", pd.Series(True, index=responses.index))]
    people += [(p.id, responses["persona"] == p.id) for p in study.personas]
    for touchpoint in [t for t in study.stage_of if t in values]:
        codes = questions[touchpoint]
        for persona, members in people:
            chosen, period, note = base.choose(values[touchpoint].notna() & members)
            if int(chosen.sum()) < (FEWEST_PEOPLE if persona else 1):
                continue
            felt, design, weighted = base.sample(values[touchpoint], chosen, period)
            estimate = emotion(felt, design, study.level)
            yield evidence(
                estimate,
                lane="emotion",
                measure="valence",
                label=study.touchpoint(touchpoint).name,
                stage=study.stage_of[touchpoint],
                touchpoint=touchpoint,
                persona=persona,
                scale=(-2, 2),
                source="survey",
                period=period,
                note="; ".join(filter(None, [_asked_on(codes, scale), note, weighted])),
                basis=(scale, *((texts[c], not_applicable_rule(study, c)) for c in codes)),
            )


def _asked_on(codes: list[str], scale: Scale | None) -> str:
    low, high = scale or (0, 0)
    return f"mean of {len(codes)} question{'s' * (len(codes) > 1)}, asked from {low:g} to {high:g}"


def _quote_rows(
    responses: pd.DataFrame, codebook: pd.DataFrame, base: Base, study: Study
) -> Iterator[dict[str, Any]]:
    """Yield the words of the least and of the most content respondent at each touchpoint."""
    felt, ours = mood(responses, codebook), speaks_about(responses, "us")
    asked = codebook[codebook["measure"].eq("text") & codebook["touchpoint"].ne("")]
    asked = asked[asked["subject"] == "us"]
    asked = asked.drop_duplicates("touchpoint")  # two quotes a touchpoint are enough
    for touchpoint, question in zip(asked["touchpoint"], asked["question"], strict=True):
        if question not in responses:
            continue
        text = responses[question].fillna("").astype("str").str.strip()
        chosen, period, _ = base.choose(ours & text.str.len().between(_SHORTEST, _LONGEST))
        found = pd.DataFrame({"respondent": responses["respondent_id"], "text": text})
        found["mood"] = felt.get(touchpoint, felt["overall"]).fillna(felt["overall"])
        found = found[chosen].sort_values(["mood", "respondent"])
        sides = {
            "negative": found[found["mood"] < 0].head(1),
            "positive": found[found["mood"] > 0].tail(1),
        }
        for side, quote in sides.items():
            for respondent, words in zip(quote["respondent"], quote["text"], strict=True):
                yield evidence(
                    lane="quote",
                    measure="quote",
                    label=words,
                    stage=study.stage_of[touchpoint],
                    touchpoint=touchpoint,
                    source="survey",
                    period=period,
                    note=f"{side}; answer {answer_code(question, respondent)}",
                    item=f"{question} {respondent}",
                )
