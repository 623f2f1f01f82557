"""Importance, value gaps, opportunities and prices: what a survey says of them, as evidence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from cjm_lab.estimate import Estimate, mean
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import Period
from cjm_lab.study import Study
from cjm_lab.surveys.base import FEWEST_PEOPLE, Base, Weighting
from cjm_lab.surveys.evidence import not_applicable_rule, respondent_groups
from cjm_lab.surveys.gaps import derived_importance, value_gap
from cjm_lab.surveys.importance import (
    band_of,
    has_top2,
    importance_performance,
    opportunity_score,
)
from cjm_lab.surveys.measures import Scale, directed, question_scale
from cjm_lab.surveys.pairs import overall_score

Group = tuple[str, str, pd.Series]


def value_gap_evidence(
    responses: pd.DataFrame, codebook: pd.DataFrame, study: Study, period: Period, seed: int
) -> pd.DataFrame:
    """Return what matters at each touchpoint, and what could be won there.

    Of each touchpoint that is rated: the gap to each competitor rated there (``value_gap``) and to
    the best possible (``value_gap_to_best``), for everyone, for each declared persona and for each
    segment that the objective or a key measure names; importance as stated and as derived from the
    overall score; the opportunity score. Beside them what people pay (``price``). Importance in a
    gap is what an `importance` question at the touchpoint says. Only where no touchpoint has one it
    is derived, everywhere, and the note says so: gaps of stated and of derived importance are on
    unlike scales. Neither are ratings on unlike scales subtracted.

    Parameters
    ----------
    responses, codebook
        Tidy tables; both may be empty.
    study
        Names the competitors, personas, segments and the confidence level.
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
    asked = _Asked(responses, codebook, study, period, seed)
    rows: list[dict[str, Any]] = []
    for touchpoint in study.stage_of:
        for rival in ("", *study.subject.competitors):
            rows += asked.gaps(touchpoint, rival)
        rows += asked.importances(touchpoint)
    rows += asked.prices()
    return evidence_frame(rows)


def touchpoint_importance_performance(
    responses: pd.DataFrame, codebook: pd.DataFrame, study: Study, period: Period, seed: int
) -> pd.DataFrame:
    """Return `importance_performance` of the touchpoints with stated importance and a rating.

    Parameters
    ----------
    responses, codebook, study, period, seed
        As in `value_gap_evidence`.

    Returns
    -------
    DataFrame
        Its ``item`` is the touchpoint's name and ``touchpoint`` its id. Touchpoints asked on other
        scales than most are left out; nothing asked gives an empty table.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.period import period_up_to
    >>> study = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}])
    >>> nothing, month = pd.DataFrame(), period_up_to(date(2026, 9, 30))
    >>> touchpoint_importance_performance(nothing, nothing, study, month, seed=0).empty
    True
    """
    if responses.empty or codebook.empty:
        return pd.DataFrame(columns=["touchpoint", "item"])
    return _Asked(responses, codebook, study, period, seed).map_table()


class _Asked:
    """The answers of a study about importance and performance."""

    def __init__(
        self,
        responses: pd.DataFrame,
        codebook: pd.DataFrame,
        study: Study,
        period: Period,
        seed: int,
    ) -> None:
        self.responses, self.study, self.seed = responses, study, seed
        self.codebook = codebook[codebook["question"].isin(responses.columns)]
        self.base = Base(responses["submitted_at"], period, Weighting(responses, study))
        self.groups: list[Group] = list(respondent_groups(responses, study))
        main = overall_score(responses, codebook)
        self.overall_name = main.label if main else ""
        self.overall = main.answers(responses).iloc[:, 0] if main else None
        stated = self._of(["importance"], "us")["touchpoint"]
        self.derives = self.overall is not None and not stated.isin(list(study.stage_of)).any()

    def gaps(self, touchpoint: str, rival: str) -> Iterator[dict[str, Any]]:
        """Yield the gap to a rival, or with ``""`` to the best possible, of everyone and groups."""
        ours, theirs = self._rated(touchpoint, "us"), self._rated(touchpoint, rival or "us")
        scale = _one_scale(theirs) if rival else _usual_scale(ours)
        ours = _on(ours, scale)
        stated = self._stated(touchpoint)
        if scale is None or ours.empty or (stated.empty and not self.derives):
            return
        table = pd.DataFrame({"us": self._mean(ours), "importance": self._mean(stated)})
        table["rival"] = self._mean(theirs) if rival else scale[1]
        table["overall"] = np.nan if self.overall is None else self.overall
        source = (
            "stated importance" if len(stated) else f"importance derived from {self.overall_name}"
        )
        asked = pd.concat([ours, theirs, stated] if rival else [ours, stated])
        rated = table[["us", "rival"] if rival else ["us"]].notna()
        for persona, segment, members in self.groups:
            rows, span, note = self.base.choose(rated.any(axis=1) & members)
            if rated[rows].sum().min() < FEWEST_PEOPLE:
                continue
            part, design, weighted = self.base.sample(table, rows, span)
            estimate = value_gap(
                part["importance"] if len(stated) else [],
                part["us"],
                part["rival"],
                design,
                overall=part["overall"],
                seed=self.seed,
                level=self.study.level,
            )
            name = self.study.touchpoint(touchpoint).name
            yield from self._row(
                estimate,
                "value_gap" if rival else "value_gap_to_best",
                f"{name}: {rival} against us" if rival else f"{name}: the best possible against us",
                asked,
                touchpoint,
                period=span,
                notes=[source, note, weighted],
                basis=[source],
                persona=persona,
                segment=segment,
                subject=rival or "us",
                scale=scale,
            )

    def importances(self, touchpoint: str) -> Iterator[dict[str, Any]]:
        """Yield importance as stated and as derived, and the opportunity score, of everyone."""
        ours, stated = self._rated(touchpoint, "us"), self._stated(touchpoint)
        scale, asked_on = _usual_scale(ours), _usual_scale(stated)
        ours, stated = _on(ours, scale), _on(stated, asked_on)
        name, level = self.study.touchpoint(touchpoint).name, self.study.level
        us, matters = self._mean(ours), self._mean(stated)
        if len(stated):
            rows, span, note = self.base.choose(matters.notna())
            part, design, weighted = self.base.sample(matters, rows, span)
            estimate = mean(part, design, bounds=asked_on, level=level)
            yield from self._row(
                estimate, "importance_stated", name, stated, touchpoint,
                period=span, notes=[note, weighted], scale=asked_on,
            )  # fmt: skip
        if len(ours) and self.overall is not None:
            both = pd.DataFrame({"us": us, "overall": self.overall})
            rows, span, note = self.base.choose(both.notna().all(axis=1))
            table, design, weighted = self.base.sample(both, rows, span)
            estimate = derived_importance(
                table["us"], table["overall"], design, seed=self.seed, level=level
            )
            source = f"correlation with {self.overall_name}"
            yield from self._row(
                estimate, "importance_derived", name, ours, touchpoint,
                period=span, notes=[source, note, weighted], basis=[source], scale=(-1, 1),
            )  # fmt: skip
        if has_top2(scale) and has_top2(asked_on):
            assert scale is not None and asked_on is not None
            both = pd.DataFrame({"importance": matters, "us": us})
            rows, span, note = self.base.choose(both.notna().any(axis=1))
            table, design, weighted = self.base.sample(both, rows, span)
            estimate = opportunity_score(
                table["importance"], table["us"], design, scale=asked_on,
                satisfaction_scale=scale, seed=self.seed, level=level,
            )  # fmt: skip
            yield from self._row(
                estimate, "opportunity_score", name, pd.concat([ours, stated]), touchpoint,
                period=span, notes=[_band_note(estimate, asked_on, scale), note, weighted],
                scale=(0, 20),
            )  # fmt: skip

    def prices(self) -> Iterator[dict[str, Any]]:
        """Yield the mean price paid, of each company asked about."""
        for _, q in self.codebook[self.codebook["measure"] == "price"].iterrows():
            paid = directed(self.responses, q)
            rows, span, note = self.base.choose(paid.notna())
            part, design, weighted = self.base.sample(paid, rows, span)
            yield from self._row(
                mean(part, design, level=self.study.level), "price", q["text"] or q["question"],
                q.to_frame().T, q["touchpoint"], period=span, notes=[note, weighted],
                stage=q["stage"], subject=q["subject"], item=q["question"],
            )  # fmt: skip

    def map_table(self) -> pd.DataFrame:
        """Return the importance-performance table of the touchpoints asked on the usual scales."""
        scale, asked_on = (
            _usual_scale(self._of(measures, "us"))
            for measures in (["rating", "performance"], ["importance"])
        )
        ours, stated = {}, {}
        for touchpoint in self.study.stage_of:
            rated = _on(self._rated(touchpoint, "us"), scale)
            matters = _on(self._stated(touchpoint), asked_on)
            if len(rated) and len(matters):
                ours[touchpoint], stated[touchpoint] = self._mean(rated), self._mean(matters)
        if not ours or scale is None or asked_on is None:
            return pd.DataFrame(columns=["touchpoint", "item"])
        us, matters = pd.DataFrame(ours), pd.DataFrame(stated)
        rows, span, _ = self.base.choose(us.notna().any(axis=1) | matters.notna().any(axis=1))
        works, design, _ = self.base.sample(us, rows, span)
        table = importance_performance(
            self.base.sample(matters, rows, span)[0],
            works,
            design,
            importance_scale=asked_on,
            performance_scale=scale,
            seed=self.seed,
            level=self.study.level,
        )
        names = [self.study.touchpoint(touchpoint).name for touchpoint in table["item"]]
        return table.rename(columns={"item": "touchpoint"}).assign(item=names)

    def _row(
        self,
        estimate: Estimate,
        measure: str,
        label: str,
        asked: pd.DataFrame,
        touchpoint: str,
        *,
        notes: list[str],
        basis: list[object] | None = None,
        stage: str = "",
        **more: Any,
    ) -> Iterator[dict[str, Any]]:
        """Yield the row of an estimate, none where there was nothing to estimate from."""
        if np.isnan(estimate.value):
            return
        yield evidence(
            estimate,
            lane="value_gap",
            measure=measure,
            label=label,
            stage=self.study.stage_of.get(touchpoint, stage),
            touchpoint=touchpoint,
            source="survey",
            note="; ".join(filter(None, notes)),
            basis=(*(basis or []), *_definitions(asked, self.study)),
            **more,
        )

    def _of(self, measures: list[str], subject: str) -> pd.DataFrame:
        book = self.codebook
        return book[book["measure"].isin(measures) & (book["subject"] == subject)]

    def _rated(self, touchpoint: str, subject: str) -> pd.DataFrame:
        rated = self._of(["rating", "performance"], subject)
        return rated[rated["touchpoint"] == touchpoint]

    def _stated(self, touchpoint: str) -> pd.DataFrame:
        stated = self._of(["importance"], "us")
        return stated[stated["touchpoint"] == touchpoint]

    def _mean(self, questions: pd.DataFrame) -> pd.Series:
        """Return each respondent's mean over questions, NaN where there are none."""
        answers = {q["question"]: directed(self.responses, q) for _, q in questions.iterrows()}
        return pd.DataFrame(answers, index=self.responses.index, dtype=float).mean(axis=1)


def _band_note(score: Estimate, importance: Scale, satisfaction: Scale) -> str:
    """Return the band of an opportunity score; unlike scales have none, for their top 2 differ."""
    if importance[1] - importance[0] != satisfaction[1] - satisfaction[0]:
        points = [int(high - low) + 1 for low, high in (importance, satisfaction)]
        return f"top two of {points[0]} points against top two of {points[1]}: no band"
    bands = [band_of(x) for x in (score.value, score.low, score.high)]
    if not score.has_interval or bands[1] == bands[2]:
        return bands[0]
    return f"{bands[0]} (interval: {bands[1]} to {bands[2]})"


def _scales(questions: pd.DataFrame) -> list[Scale | None]:
    return [question_scale(q) for _, q in questions.iterrows()]


def _one_scale(questions: pd.DataFrame) -> Scale | None:
    """Return the scale that all questions were asked on; None where they differ."""
    scales = set(_scales(questions))
    return scales.pop() if len(scales) == 1 else None


def _usual_scale(questions: pd.DataFrame) -> Scale | None:
    """Return the scale that most questions were asked on, of equally many the first."""
    scales = [scale for scale in _scales(questions) if scale is not None]
    return max(dict.fromkeys(scales), key=scales.count, default=None)


def _on(questions: pd.DataFrame, scale: Scale | None) -> pd.DataFrame:
    return questions[[asked == scale for asked in _scales(questions)]]


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
