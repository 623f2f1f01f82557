"""Kano and MaxDiff: what a survey says of features, as evidence."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from typing import Any

import pandas as pd

from cjm_lab.errors import StudyError
from cjm_lab.estimate import Estimate
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import Period
from cjm_lab.study import Study
from cjm_lab.study.personas import attribute_text
from cjm_lab.surveys.base import Base, Weighting
from cjm_lab.surveys.best_worst import maxdiff
from cjm_lab.surveys.kano_features import kano


def feature_evidence(
    responses: pd.DataFrame, codebook: pd.DataFrame, study: Study, period: Period, seed: int
) -> pd.DataFrame:
    """Return what each feature does to satisfaction, and which items are preferred.

    Two `kano` questions of one `as` make a feature: ``kano_better`` and ``kano_worse``, the
    category and its certainty in the note. Two `maxdiff` questions of one `as` make a set, and all
    sets at a touchpoint one choice: ``maxdiff``, each option's share of preference. Of each two,
    the dysfunctional or worst one is `reversed`.

    Parameters
    ----------
    responses, codebook
        Tidy tables; both may be empty.
    study
        Names the confidence level.
    period
        The span to estimate, as in `survey_evidence`.
    seed
        Of the bootstrap.

    Raises
    ------
    StudyError
        If a pair lacks one of its two questions, or a MaxDiff set its options.
    ParameterError
        If an answer is not one that the question allows.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.period import period_up_to
    >>> study = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}])
    >>> nothing, month = pd.DataFrame(), period_up_to(date(2026, 9, 30))
    >>> len(feature_evidence(nothing, nothing, study, month, seed=0))
    0
    """
    if responses.empty or codebook.empty:
        return evidence_frame()
    base = Base(responses["submitted_at"], period, Weighting(responses, study))
    known = codebook[codebook["question"].isin(responses.columns)].drop_duplicates("question")
    rows: list[dict[str, Any]] = []
    for name, first, second in _pairs(known, "kano"):
        rows += _kano_rows(name, first, second, responses, base, study, seed)
    choices: dict[tuple[str, str], list[tuple[str, pd.Series, pd.Series]]] = {}
    for name, first, second in _pairs(known, "maxdiff"):
        place = (first["touchpoint"], first["stage"])
        choices.setdefault(place, []).append((name, first, second))
    for (touchpoint, stage), sets in choices.items():
        stage = study.stage_of.get(touchpoint, stage)
        rows += _maxdiff_rows(sets, touchpoint, stage, responses, base, study, seed)
    return evidence_frame(rows)


def _pairs(codebook: pd.DataFrame, measure: str) -> Iterator[tuple[str, pd.Series, pd.Series]]:
    """Yield name, plain and reversed question of each pair, in the codebook's order."""
    asked = codebook[codebook["measure"] == measure]
    names = asked["as_name"].where(asked["as_name"] != "", asked["question"])
    for name, pair in asked.groupby(names, sort=False):
        turned = pair["reversed"].astype(bool)
        if len(pair) != 2 or turned.sum() != 1:
            raise StudyError(
                f"a {measure} pair must be two questions of one `as`, one of them `reversed`, got "
                f"{pair['question'].tolist()} as {name!r} (study.yaml); give both the same `as`"
            )
        yield str(name), pair[~turned].iloc[0], pair[turned].iloc[0]


def _kano_rows(
    name: str,
    there: pd.Series,
    missing: pd.Series,
    responses: pd.DataFrame,
    base: Base,
    study: Study,
    seed: int,
) -> Iterator[dict[str, Any]]:
    answers = pd.DataFrame({q["question"]: responses[q["question"]] for q in (there, missing)})
    given = answers.apply(lambda column: attribute_text(column) != "")
    rows, span, note = base.choose(given.all(axis=1))
    if not rows.any():
        return
    part, design, weighted = base.sample(answers, rows, span)
    result = kano(
        part[there["question"]].rename(name), part[missing["question"]], design,
        seed=seed, level=study.level,
    ).iloc[0]  # fmt: skip
    said = f"{result['category']}, certainty {result['certainty']:.0%}"
    for side, scale in (("better", (0.0, 1.0)), ("worse", (-1.0, 0.0))):
        estimate = _estimate(result, side, f"{side}_low", f"{side}_high", study.level)
        if isnan(estimate.value):
            continue  # only reverse or questionable answers
        yield evidence(
            estimate,
            lane="feature",
            measure=f"kano_{side}",
            label=name,
            stage=study.stage_of.get(there["touchpoint"], there["stage"]),
            touchpoint=there["touchpoint"],
            scale=scale,
            source="survey",
            period=span,
            note="; ".join(filter(None, [said, note, weighted])),
            item=name,
            basis=(there["text"], missing["text"]),
        )


def _maxdiff_rows(
    sets: list[tuple[str, pd.Series, pd.Series]],
    touchpoint: str,
    stage: str,
    responses: pd.DataFrame,
    base: Base,
    study: Study,
    seed: int,
) -> Iterator[dict[str, Any]]:
    options = [_options(name, best, worst) for name, best, worst in sets]
    bests = [str(best["question"]) for _, best, _ in sets]
    worsts = [str(worst["question"]) for _, _, worst in sets]
    answers = responses[[*bests, *worsts]].apply(attribute_text)
    both = [(answers[b] != "") & (answers[w] != "") for b, w in zip(bests, worsts, strict=True)]
    rows, span, note = base.choose(pd.concat(both, axis=1).any(axis=1))
    if not rows.any():
        return
    part, design, weighted = base.sample(answers, rows, span)
    table = maxdiff(
        part[bests], part[worsts], options, design, seed=seed, level=study.level
    )  # fmt: skip
    for _, item in table[table["value"].notna()].iterrows():
        counts = f"best {item['best']:.4g} and worst {item['worst']:.4g} of {item['shown']:.4g}"
        yield evidence(
            _estimate(item, "value", "low", "high", study.level),
            lane="feature",
            measure="maxdiff",
            label=item["item"],
            stage=stage,
            touchpoint=touchpoint,
            scale=(0, 1),
            source="survey",
            period=span,
            note="; ".join(filter(None, [counts, note, weighted])),
            item=item["item"],
            basis=(*map(tuple, options), *(q["text"] for _, *pair in sets for q in pair)),
        )


def _options(name: str, best: pd.Series, worst: pd.Series) -> list[str]:
    """Return the items of a set, which both questions or one of them names."""
    named = [list(q.get("options", [])) for q in (best, worst)]
    options = named[0] or named[1]
    if len(options) < 2 or (named[1] and named[1] != options):
        raise StudyError(
            "a maxdiff set must have the same `options`, two or more, in both questions or in one, "
            f"got {named[0]} and {named[1]} as {name!r} (study.yaml)"
        )
    return [str(option) for option in options]


def _estimate(row: pd.Series, value: str, low: str, high: str, level: float) -> Estimate:
    return Estimate(
        float(row[value]),
        float(row[low]),
        float(row[high]),
        n=int(row["n"]),
        method=str(row["method"]),
        level=level,
    )
