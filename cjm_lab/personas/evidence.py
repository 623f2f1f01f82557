"""Personas as rows of the ledger: how large, how different, which segments, which words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import nan
from typing import Any

import pandas as pd

from cjm_lab.estimate import Estimate, benjamini_hochberg, difference, p_value, share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import Period
from cjm_lab.personas.attributes import attribute_columns
from cjm_lab.personas.segments import segment
from cjm_lab.social import polarity
from cjm_lab.study import Persona, Study
from cjm_lab.surveys.base import FEWEST_PEOPLE, SMALL_BASE, Base, weights_of
from cjm_lab.surveys.measures import asked_scores, emotion, valence

#: Differences with an adjusted p value below this are called clear.
CLEAR = 0.05


def persona_evidence(
    customers: pd.DataFrame,
    responses: pd.DataFrame,
    codebook: pd.DataFrame,
    notes: pd.DataFrame,
    study: Study,
    period: Period,
    seed: int,
) -> pd.DataFrame:
    """Return sizes, tests and claims of the declared personas, the segments found, and quotes.

    Parameters
    ----------
    customers, responses, codebook, notes
        Tidy tables; any may be empty. Without customers the respondents' attributes are used.
    study
        Declares the personas.
    period
        The span to estimate: customers who had joined by its end and not left before it.
    seed
        Of the segments.

    Returns
    -------
    pandas.DataFrame
        Rows of the ledger: ``size`` of each persona and segment, clear ``difference`` of a persona
        from the others in the survey (Benjamini-Hochberg over all comparisons), ``claim`` beside
        what the survey says, ``segments`` (their number, or why there are none), ``quote``.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.period import period_up_to
    >>> study = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}])
    >>> nothing, month = pd.DataFrame(), period_up_to(date(2026, 9, 30))
    >>> len(persona_evidence(nothing, nothing, nothing, nothing, study, month, seed=0))
    0
    """
    rows: list[dict[str, Any]] = []
    base = _people(customers, responses, study, period)
    if len(base.people):
        rows += _sizes(base, study)
        rows += _segments(base, study, seed)
    differences = _differences(responses, codebook, study, period)
    clear = [d for d in differences if d.p_adjusted < CLEAR]
    rows += [_difference_row(d, len(differences), study) for d in clear]
    rows += _claims(clear, len(differences), study)
    rows += _quotes(notes, study)
    return evidence_frame(rows)


def persona_people(
    customers: pd.DataFrame, responses: pd.DataFrame, study: Study, period: Period
) -> pd.DataFrame:
    """Return the people that personas and segments are about: their persona and attributes.

    The customers of the period; without customers, the respondents.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.period import period_up_to
    >>> study = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}])
    >>> unknown = pd.Series([pd.NaT] * 2, dtype="datetime64[us, UTC]")
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "joined_at": unknown, "persona": "",
    ...     "left_at": unknown, "device": ["phone", "desktop"]})
    >>> month = period_up_to(date(2026, 9, 30))
    >>> list(persona_people(customers, pd.DataFrame(), study, month))
    ['persona', 'device']
    """
    return _people(customers, responses, study, period).people


@dataclass(frozen=True)
class _Base:
    people: pd.DataFrame
    matched_by: frozenset[str]
    source: str
    period: Period | None
    note: str

    @property
    def attributes(self) -> list[str]:
        return [str(column) for column in self.people if column != "persona"]


def _people(
    customers: pd.DataFrame, responses: pd.DataFrame, study: Study, period: Period
) -> _Base:
    if len(customers):
        joined, left = customers["joined_at"], customers["left_at"]
        here = ~(joined >= period.ends_before) & ~(left < period.starts_at)
        dated = bool(joined.notna().any() or left.notna().any())
        table, kind, span, note = customers[here], "customers", period if dated else None, ""
    elif len(responses):
        everyone = pd.Series(True, index=responses.index)
        chosen, span, note = Base(responses["submitted_at"], period).choose(everyone)
        table, kind = responses[chosen], "survey"
    else:
        return _Base(pd.DataFrame(columns=["persona"]), frozenset(), "", None, "")
    columns = attribute_columns(table, study, kind)
    people = table[["persona", *columns]].reset_index(drop=True)
    return _Base(people, frozenset(table.columns), kind, span, note)


def _sizes(base: _Base, study: Study) -> Iterator[dict[str, Any]]:
    """Yield the share of each declared persona that the people's attributes can tell."""
    n = len(base.people)
    for persona in study.personas:
        if not persona.match or not set(persona.match) <= base.matched_by:
            continue
        count = int((base.people["persona"] == persona.id).sum())
        if 0 < count < FEWEST_PEOPLE:
            continue
        nobody = "" if count else "nobody matches this persona's definition"
        yield evidence(
            share(count, n, level=study.level),
            lane="persona",
            measure="size",
            label=persona.name,
            persona=persona.id,
            source=base.source,
            period=base.period,
            note="; ".join(filter(None, [nobody, base.note])),
            basis=sorted(persona.match.items(), key=str),
        )


def _segments(base: _Base, study: Study, seed: int) -> Iterator[dict[str, Any]]:
    """Yield how many segments there are and how large each is."""
    found = segment(base.people, base.attributes, seed=seed)
    n = len(base.people)
    about: dict[str, Any] = {"lane": "persona", "source": base.source, "period": base.period}
    yield evidence(
        Estimate(float(len(found.names)), nan, nan, n=n, method="latent class analysis, BIC"),
        measure="segments",
        label="Segments found" if found.names else "No clear segments",
        basis=found.columns,
        note="; ".join(filter(None, [found.explanation, base.note])),
        **about,
    )
    for name in found.names:
        count = int((found.labels == name).sum())
        if count < FEWEST_PEOPLE:
            continue
        yield evidence(
            share(count, n, level=study.level),
            measure="size",
            label=f"Segment: {name}",
            segment=name,
            item=name,
            basis=found.columns,
            note=base.note,
            **about,
        )


@dataclass(frozen=True)
class _Difference:
    persona: Persona
    what: str
    measure: str
    touchpoint: str
    stage: str
    scale: tuple[float, float] | None
    estimate: Estimate
    p: float
    period: Period | None
    p_adjusted: float = nan

    @property
    def words(self) -> str:
        """What differs, in words, such as ``lower emotion at Payment``."""
        return f"{'higher' if self.estimate.value > 0 else 'lower'} {self.what}"


def _differences(
    responses: pd.DataFrame, codebook: pd.DataFrame, study: Study, period: Period
) -> list[_Difference]:
    """Return each persona against the others: overall scores, and valence a touchpoint."""
    if responses.empty or codebook.empty:
        return []
    base, weights = Base(responses["submitted_at"], period), weights_of(responses)
    found: list[_Difference] = []

    def compare(values: pd.DataFrame, score: Any, about: dict[str, Any]) -> None:
        answered = values.notna().all(axis=1)
        chosen, span, _ = base.choose(answered)
        for persona in study.personas:
            own = chosen & (responses["persona"] == persona.id)
            rest = chosen & (responses["persona"] != persona.id)
            if min(int(own.sum()), int(rest.sum())) < SMALL_BASE:
                continue  # too few for a test that leans on the normal
            a, b = (
                score(values[rows], None if weights is None else weights[rows], study.level)
                for rows in (own, rest)
            )
            found.append(
                _Difference(
                    persona, estimate=difference(a, b), p=p_value(a, b), period=span, **about
                )
            )

    for asked in asked_scores(responses, codebook):
        if asked.subject == "us" and asked.measure not in ("rating", "likert"):
            about = {
                "what": asked.label,
                "measure": asked.measure,
                "touchpoint": asked.touchpoint,
                "stage": study.stage_of.get(asked.touchpoint, asked.stage),
                "scale": asked.scale,
            }
            compare(asked.answers(responses), asked.estimate, about)
    felt, _, _ = valence(responses, codebook)
    for touchpoint in [t for t in study.stage_of if t in felt]:
        about = {
            "what": f"emotion at {study.touchpoint(touchpoint).name}",
            "measure": "valence",
            "touchpoint": touchpoint,
            "stage": study.stage_of[touchpoint],
            "scale": (-2, 2),
        }
        compare(felt[[touchpoint]], lambda v, w, level: emotion(v.iloc[:, 0], w, level), about)
    adjusted = benjamini_hochberg([d.p for d in found])
    return [replace(d, p_adjusted=float(p)) for d, p in zip(found, adjusted, strict=True)]


def _difference_row(d: _Difference, comparisons: int, study: Study) -> dict[str, Any]:
    return evidence(
        d.estimate,
        lane="persona",
        measure="difference",
        label=f"{d.persona.name} against the others: {d.words}",
        stage=d.stage,
        touchpoint=d.touchpoint,
        persona=d.persona.id,
        scale=d.scale,
        source="survey",
        period=d.period,
        note=f"p {d.p_adjusted:.2g} after correction for {comparisons} comparisons",
        item=d.measure,
        basis=(d.what,),
    )


def _claims(clear: list[_Difference], comparisons: int, study: Study) -> Iterator[dict[str, Any]]:
    """Yield what study.yaml claims about a persona beside what the survey says."""
    for persona in study.personas:
        if not persona.claim:
            continue
        own = sorted((d for d in clear if d.persona.id == persona.id), key=lambda d: d.p)
        if own:
            said = "; ".join(f"{d.words} ({d.estimate})" for d in own)
            note = f"Against the others in the survey: {said}"
        elif comparisons:
            note = "The survey shows no clear difference from the others"
        else:
            note = "Nothing was measured that could test it"
        yield evidence(
            lane="persona",
            measure="claim",
            label=persona.claim,
            persona=persona.id,
            source="study.yaml",
            status="assumed",
            note=note,
        )


def _quotes(notes: pd.DataFrame, study: Study) -> Iterator[dict[str, Any]]:
    """Yield what people said in interviews, with the automatic sign of the words."""
    if notes.empty:
        return
    told = notes[notes["kind"] == "interview"]
    signs = polarity(told["text"], names=study.subject.names)
    for note, sign in zip(told.to_dict("records"), signs, strict=True):
        touchpoint = str(note["touchpoint"])
        yield evidence(
            lane="quote",
            measure="quote",
            label=str(note["text"]),
            stage=study.stage_of.get(touchpoint, ""),
            touchpoint=touchpoint,
            persona=str(note["persona"]),
            source="notes",
            note="negative" if sign < 0 else "positive" if sign > 0 else "",
            item=str(note["note_id"]),
        )
