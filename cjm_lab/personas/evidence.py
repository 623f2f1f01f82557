"""Personas as rows of the ledger: how large, how different, which segments, which words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from math import nan
from typing import TYPE_CHECKING, Any

import pandas as pd

from cjm_lab.estimate import (
    Estimate,
    benjamini_hochberg,
    clustered_ratio,
    difference,
    p_value,
    share,
)
from cjm_lab.ledger import evidence, evidence_frame, row_estimate
from cjm_lab.period import Period
from cjm_lab.personas.joined import segment_table
from cjm_lab.personas.saved import SegmentModel, score_segments
from cjm_lab.personas.segments import segment
from cjm_lab.study import Persona, Study
from cjm_lab.study.attributes import attribute_columns, usable_columns
from cjm_lab.surveys.base import FEWEST_PEOPLE, SMALL_BASE, Base, Weighting
from cjm_lab.surveys.measures import asked_scores, emotion, speaks_about, valence
from cjm_lab.words import p_words

if TYPE_CHECKING:
    from cjm_lab.metrics import JourneyStream

#: Differences with an adjusted p value below this are called clear.
CLEAR = 0.05


def persona_evidence(
    customers: pd.DataFrame,
    responses: pd.DataFrame,
    codebook: pd.DataFrame,
    notes: pd.DataFrame,
    journey_rows: pd.DataFrame,
    orders: pd.DataFrame,
    study: Study,
    period: Period,
    seed: int,
    saved_segments: SegmentModel | None = None,
    stream: JourneyStream | None = None,
) -> pd.DataFrame:
    """Return sizes, tests and claims of the declared personas, the segments found, and quotes.

    Parameters
    ----------
    customers, responses, codebook, notes, orders
        Tidy tables; any may be empty. Without customers the respondents' attributes are used.
    journey_rows
        Rows of the ledger, among them drop-off and conversion by persona.
    study
        Declares the personas.
    period
        The span to estimate: customers who had joined by its end and not left before it.
    seed
        Of the segments.
    saved_segments
        The model that the researcher saved: customers are scored with it, and none is fitted.
    stream
        The journey stream: what customers do joins what they are and say in the segments.

    Returns
    -------
    pandas.DataFrame
        Rows of the ledger: ``size`` of each persona and segment, ``order_value`` of each persona
        that ordered, clear ``difference`` of a persona
        (in the survey from all others, in drop-off, conversion and order value from every single
        other persona, with the interval against the nearest; Benjamini-Hochberg over all),
        ``claim`` beside what the data show, ``segments`` (their number, or why there are none),
        ``quote``.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.period import period_up_to
    >>> study = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}])
    >>> nothing, month = pd.DataFrame(), period_up_to(date(2026, 9, 30))
    >>> len(persona_evidence(*[nothing] * 6, study, month, seed=0))
    0
    """
    rows: list[dict[str, Any]] = []
    base = _people(customers, responses, study, period, stream, codebook)
    if len(base.people):
        rows += _sizes(base, study)
        rows += _segments(base, study, seed, saved_segments)
    spent = _order_values(orders, customers, study, period)
    paid = period if len(orders) and orders["ordered_at"].notna().any() else None
    rows += _value_rows(spent, study, paid)
    tested = [
        *_differences(responses, codebook, study, period),
        *_journey_differences(journey_rows, study),
        *_against_each(
            spent,
            study,
            what="mean order value",
            measure="order_value",
            touchpoint="",
            stage="",
            scale=None,
            period=paid,
            source="orders",
        ),
    ]
    adjusted = benjamini_hochberg([d.p for d in tested])
    differences = [replace(d, p_adjusted=float(p)) for d, p in zip(tested, adjusted, strict=True)]
    clear = [d for d in differences if d.p_adjusted < CLEAR]
    rows += [_difference_row(d, len(differences), study) for d in clear]
    rows += _claims(clear, len(differences), study)
    rows += _quotes(notes, study)
    return evidence_frame(rows)


def persona_people(
    customers: pd.DataFrame,
    responses: pd.DataFrame,
    study: Study,
    period: Period,
    stream: JourneyStream | None = None,
    codebook: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the people that personas and segments are about: persona, attributes, what they do.

    The customers of the period; without customers, the respondents. With the stream and the
    codebook also what they do and how satisfied they are, see `segment_table`.

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
    return _people(customers, responses, study, period, stream, codebook).people


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
    customers: pd.DataFrame,
    responses: pd.DataFrame,
    study: Study,
    period: Period,
    stream: JourneyStream | None,
    codebook: pd.DataFrame | None,
) -> _Base:
    if len(customers):
        joined, left = customers["joined_at"], customers["left_at"]
        here = period.overlaps(joined, left)
        dated = bool(joined.notna().any() or left.notna().any())
        table, kind, span, note = customers[here], "customers", period if dated else None, ""
    elif len(responses):
        ours = speaks_about(responses, "us")
        chosen, span, note = Base(responses["submitted_at"], period).choose(ours)
        table, kind = responses[chosen], "survey"
    else:
        return _Base(pd.DataFrame(columns=["persona"]), frozenset(), "", None, "")
    columns = attribute_columns(table, study, kind)
    matched_by = frozenset(table.columns)
    if len(customers):
        # Orders stay out: of buyers they say what their events say.
        joint = segment_table(
            table,
            stream=stream if stream is not None and len(stream) else None,
            responses=responses if codebook is not None and len(codebook) else None,
            codebook=codebook,
        )
        columns += usable_columns(joint.drop(columns=table.columns))
        table = joint
    people = table[["persona", *columns]].reset_index(drop=True)
    return _Base(people, matched_by, kind, span, note)


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


def _segments(
    base: _Base, study: Study, seed: int, saved: SegmentModel | None
) -> Iterator[dict[str, Any]]:
    """Yield how many segments there are and how large each is."""
    n = len(base.people)
    about: dict[str, Any] = {"lane": "persona", "source": base.source, "period": base.period}
    if saved is None:
        found = segment(base.people, base.attributes, seed=seed)
        labels, names, columns = found.labels, found.names, found.columns
        method, words = "latent class analysis, BIC", found.explanation
        label = "Segments found" if names else "No clear segments"
    else:
        labels, names = score_segments(saved, base.people), list(saved.names)
        columns = tuple(one.name for one in saved.attributes)
        method, label = "latent class analysis, saved model", "Segments of the saved model"
        words = f"Customers belong to the saved segments by {', '.join(columns)}."
    yield evidence(
        Estimate(float(len(names)), nan, nan, n=n, method=method),
        measure="segments",
        label=label,
        basis=columns,
        note="; ".join(filter(None, [words, base.note])),
        **about,
    )
    for name in names:
        count = int((labels == name).sum())
        if count < FEWEST_PEOPLE:
            continue
        yield evidence(
            share(count, n, level=study.level),
            measure="size",
            label=f"Segment: {name}",
            segment=name,
            item=name,
            basis=columns,
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
    source: str = "survey"
    nearest: str = ""
    p_adjusted: float = nan

    @property
    def words(self) -> str:
        """What differs, in words, such as ``lower emotion at Payment``."""
        return f"{'higher' if self.estimate.value > 0 else 'lower'} {self.what}"

    @property
    def told(self) -> str:
        """What differs, by how much and from whom."""
        e, whom = self.estimate, "the others"
        if self.nearest:
            whom = f"every other persona; nearest {self.nearest}"
        number = f"{e}"
        if self.source == "events":  # shares
            bounds = f"[{100 * e.low:+.0f}, {100 * e.high:+.0f}]"
            number = f"{100 * e.value:+.0f} points {bounds} n={e.n}"
        return f"{self.words} than {whom} ({number})"


def _differences(
    responses: pd.DataFrame, codebook: pd.DataFrame, study: Study, period: Period
) -> list[_Difference]:
    """Return each persona against the others: overall scores, and valence a touchpoint."""
    if responses.empty or codebook.empty:
        return []
    base = Base(responses["submitted_at"], period, Weighting(responses, study))
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
                score(*base.sample(values, rows, span)[:2], study.level) for rows in (own, rest)
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
    return found


def _journey_differences(rows: pd.DataFrame, study: Study) -> list[_Difference]:
    """Return each persona against every other: drop-off at each touchpoint, and conversion."""
    if rows.empty:
        return []
    found: list[_Difference] = []
    chosen = rows[rows["measure"].isin(["drop_off", "conversion"]) & (rows["persona"] != "")]
    for (measure, touchpoint), group in chosen.groupby(["measure", "touchpoint"], sort=False):
        row = group.iloc[0]
        span = None
        if row["period_start"]:
            first, last = (date.fromisoformat(row[f"period_{end}"]) for end in ("start", "end"))
            span = Period("all", first, last, study.time_zone)
        drop_off = measure == "drop_off"
        found += _against_each(
            {str(r["persona"]): row_estimate(r) for _, r in group.iterrows()},
            study,
            what=f"drop-off at {study.touchpoint(str(touchpoint)).name}"
            if drop_off
            else "conversion",
            measure=str(measure),
            touchpoint=str(touchpoint),
            stage=str(row["stage"]),
            scale=None,
            period=span,
            source="events",
        )
    return found


def _order_values(
    orders: pd.DataFrame, customers: pd.DataFrame, study: Study, period: Period
) -> dict[str, Estimate]:
    """Return the mean order value of each persona, clustered by customer."""
    if orders.empty or customers.empty:
        return {}
    dated = bool(orders["ordered_at"].notna().any())
    paid = orders[period.contains(orders["ordered_at"])] if dated else orders
    paid = paid[paid["amount"].notna()]
    each = paid.groupby("customer_id")["amount"].agg(["sum", "count"])
    persona = customers.drop_duplicates("customer_id").set_index("customer_id")["persona"]
    return {
        str(name): clustered_ratio(own["sum"], own["count"], level=study.level)
        for name, own in each.groupby(persona.reindex(each.index))
        if name
    }


def _value_rows(
    values: dict[str, Estimate], study: Study, period: Period | None
) -> Iterator[dict[str, Any]]:
    """Yield what an order of each persona is worth, unless it would point at a few people."""
    for persona in study.personas:
        if persona.id in values and values[persona.id].n >= FEWEST_PEOPLE:
            yield evidence(
                values[persona.id], lane="persona", measure="order_value",
                label="Mean order value", persona=persona.id, source="orders", period=period,
            )  # fmt: skip


def _against_each(values: dict[str, Estimate], study: Study, **about: Any) -> list[_Difference]:
    """Return each persona's difference from the nearest other one.

    That a persona lies above (or below) every other is as sure as the least sure of these
    comparisons (intersection-union test, Berger 1982).
    """
    found = []
    values = {name: e for name, e in values.items() if e.n >= SMALL_BASE and e.has_interval}
    for persona in study.personas:
        if persona.id not in values or len(values) < 2:
            continue
        own, others = values[persona.id], {k: e for k, e in values.items() if k != persona.id}
        gaps = {name: difference(own, other) for name, other in others.items()}
        nearest = min(gaps, key=lambda name: abs(gaps[name].value))
        one_side = len({gap.value > 0 for gap in gaps.values()}) == 1
        p = max(p_value(own, other) for other in others.values()) if one_side else 1.0
        name = next(other.name for other in study.personas if other.id == nearest)
        found.append(_Difference(persona, estimate=gaps[nearest], p=p, nearest=name, **about))
    return found


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
        source=d.source,
        period=d.period,
        note=f"{p_words(d.p_adjusted)} after correction for {comparisons} comparisons"
        + (f"; from every other persona, here from the nearest, {d.nearest}" if d.nearest else ""),
        item=d.measure,
        basis=(d.what,),
    )


def _claims(clear: list[_Difference], comparisons: int, study: Study) -> Iterator[dict[str, Any]]:
    """Yield what study.yaml claims about a persona beside what the data show.

    A claim is a sentence; no difference found tests its wording.
    """
    for persona in study.personas:
        if not persona.claim:
            continue
        own = sorted((d for d in clear if d.persona.id == persona.id), key=lambda d: d.p)
        if own:
            note = f"the data show: {'; '.join(d.told for d in own)}"
        else:
            note = "nothing clear was found" if comparisons else "nothing was measured to compare"
        yield evidence(
            lane="persona",
            measure="claim",
            label=persona.claim,
            persona=persona.id,
            source="study.yaml",
            status="assumed",
            note=f"claim not tested word for word; {note}",
        )


def _quotes(notes: pd.DataFrame, study: Study) -> Iterator[dict[str, Any]]:
    """Yield what people said in interviews, without a sign: a lexicon mistakes calm words."""
    if notes.empty:
        return
    for note in notes[notes["kind"] == "interview"].to_dict("records"):
        touchpoint = str(note["touchpoint"])
        yield evidence(
            lane="quote",
            measure="quote",
            label=str(note["text"]),
            stage=study.stage_of.get(touchpoint, ""),
            touchpoint=touchpoint,
            persona=str(note["persona"]),
            source="notes",
            item=str(note["note_id"]),
        )
