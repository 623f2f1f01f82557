"""Who answered: response rate, early against late, with and without a reward, against the base."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from cjm_lab.estimate import Design, Estimate, benjamini_hochberg, difference, share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import Period
from cjm_lab.study import Study
from cjm_lab.study.attributes import attribute_columns, categories
from cjm_lab.surveys.base import FEWEST_PEOPLE, Base, Weighting
from cjm_lab.surveys.invitations import days_to_answer, invited, per_answer
from cjm_lab.surveys.measures import emotion, valence
from cjm_lab.surveys.pairs import overall_score
from cjm_lab.words import counted, p_words

#: An invitation is open until it is as old as this share of the answers was when they came.
_MOST_CAME = 0.95
_DAY = 24 * 3600


def answered_evidence(
    responses: pd.DataFrame,
    codebook: pd.DataFrame,
    invitations: pd.DataFrame,
    customers: pd.DataFrame,
    study: Study,
    period: Period,
) -> pd.DataFrame:
    """Return the response rate, and signs that those who answered are not like the others.

    Late answers stand in for those who never came: where late ones differ from early ones, silent
    people may differ still more. Weights play no part in who answered, only in the scores.

    Parameters
    ----------
    responses, codebook, invitations, customers
        Tidy tables; any may be empty. An answer belongs to the invitation with its
        ``respondent_id``, else to the last one before it with its ``customer_id``.
    study
        Names the attributes of customers and the confidence level.
    period
        The span whose invitations and answers count.

    Returns
    -------
    pandas.DataFrame
        Rows of the ledger, lane ``answered``: ``response_share`` (answers / invitations, complete
        or partial; item ``all``, ``rewarded``, ``unrewarded``), ``response_share_difference``
        (rewarded minus unrewarded), ``partial_share``, ``early_late_difference`` and
        ``reward_difference`` of the overall score (NPS, else the first overall one, else the mean
        valence), ``respondent_gap`` (a category's share among respondents minus its share in the
        customer base, Benjamini-Hochberg over all categories).

    References
    ----------
    AAPOR (2023), Standard Definitions, response rate 2; Lin & Schaeffer (1995), Public Opinion
    Quarterly 59, 236-258 (late answers as a hint at those who never came); Newcombe (1998).

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.period import period_up_to
    >>> study = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}])
    >>> asked = pd.DataFrame({"respondent_id": ["r1", "", "", ""], "customer_id": "", "wave": "",
    ...     "reward": "", "invited_at": pd.to_datetime(["2026-09-01"] * 4, utc=True)})
    >>> answers = pd.DataFrame({"respondent_id": ["r1"], "customer_id": [""], "wave": [""],
    ...     "submitted_at": pd.to_datetime(["2026-09-02"], utc=True)})
    >>> nothing, month = pd.DataFrame(), period_up_to(date(2026, 9, 30))
    >>> rows = answered_evidence(answers, nothing, asked, nothing, study, month)
    >>> rows[["measure", "value", "n"]].values.tolist()
    [['response_share', 0.25, 4.0]]
    """
    rows: list[dict[str, Any]] = []
    if responses.empty:
        return evidence_frame()
    base = Base(responses["submitted_at"], period, Weighting(responses, study))
    asked = invited(invitations, responses) if len(invitations) else None
    if asked is not None:
        rows += _rates(asked, responses, study, period)
    rows += _partial(responses, base, study)
    score = _main_score(responses, codebook)
    if score is not None:
        rows += _differences(score, responses, asked, base, study)
    if len(customers):
        rows += _gaps(responses, customers, base, study, period)
    return evidence_frame(rows)


# --- Response rate ------------------------------------------------------------------------------


def _rates(
    asked: pd.DataFrame, responses: pd.DataFrame, study: Study, period: Period
) -> Iterator[dict[str, Any]]:
    """Yield the share of invitations that were answered, in all and by reward."""
    chosen, span, note = Base(asked["invited_at"], period).choose(
        pd.Series(True, index=asked.index)
    )
    asked = asked[chosen]
    if asked.empty:
        return
    note = note.replace("answers", "invitations")
    answered = asked["row"] >= 0
    about: dict[str, Any] = {"lane": "answered", "source": "invitations", "period": span}
    told = "; ".join(filter(None, [_open(asked, responses), note]))
    yield evidence(
        share(int(answered.sum()), len(asked), level=study.level),
        measure="response_share",
        label="Response rate",
        item="all",
        note=told,
        **about,
    )
    rewarded = asked["reward"] != ""
    sides = {"rewarded": rewarded, "unrewarded": ~rewarded}
    if min(int(side.sum()) for side in sides.values()) < FEWEST_PEOPLE:
        return
    rates = {
        name: share(int((answered & side).sum()), int(side.sum()), level=study.level)
        for name, side in sides.items()
    }
    for (name, rate), words in zip(rates.items(), ("with", "without"), strict=True):
        yield evidence(
            rate,
            measure="response_share",
            label=f"Response rate {words} a reward",
            item=name,
            note=note,
            **about,
        )
    gap = replace(difference(*rates.values()), method="Newcombe")
    yield evidence(
        gap,
        measure="response_share_difference",
        label="Response rate with a reward minus without",
        item="reward",
        note="; ".join(filter(None, [_chance(gap), note])),
        **about,
    )


def _open(asked: pd.DataFrame, responses: pd.DataFrame) -> str:
    """Say how many invitations are so young that their answers may still come."""
    delay = days_to_answer(asked, responses)
    if delay.notna().sum() < FEWEST_PEOPLE:
        return ""
    last = max(asked["invited_at"].max(), responses["submitted_at"].max())
    usual = delay.quantile(_MOST_CAME)
    age = (last - asked["invited_at"]).dt.total_seconds() / _DAY
    young = (asked["row"] < 0) & (age < usual)
    if not young.any():
        return ""
    within = counted(np.ceil(usual), "day")
    return (
        f"{int(young.sum())} of the unanswered may still be answered: most answers came within"
        f" {within}"
    )


def _partial(responses: pd.DataFrame, base: Base, study: Study) -> Iterator[dict[str, Any]]:
    """Yield the share of answers that were broken off, where the survey tool exports any."""
    if "state" not in responses or not responses["state"].eq("partial").any():
        return
    chosen, span, note = base.choose(responses["state"].isin(["complete", "partial"]))
    partial = responses.loc[chosen, "state"] == "partial"
    yield evidence(
        share(int(partial.sum()), len(partial), level=study.level),
        lane="answered",
        measure="partial_share",
        label="Answers that were broken off",
        source="survey",
        period=span,
        note=note,
    )


# --- Do some answer differently? ----------------------------------------------------------------


class _Score(NamedTuple):
    """The one number that stands for a respondent's experience, and how it is summed up."""

    label: str
    answers: pd.DataFrame
    estimate: Callable[[pd.DataFrame, Design | None, float], Estimate]
    basis: tuple[object, ...]


def _main_score(responses: pd.DataFrame, codebook: pd.DataFrame) -> _Score | None:
    """Return the NPS, else the first overall score, else each respondent's mean valence."""
    if codebook.empty:
        return None
    main = overall_score(responses, codebook)
    if main is not None:
        return _Score(main.label, main.answers(responses), main.estimate, main.wording)
    felt, scale, _ = valence(responses, codebook)
    if felt.empty or not len(felt.columns):
        return None
    return _Score(
        "Mean satisfaction from -2 to +2",
        felt.mean(axis=1).to_frame(),
        lambda values, weights, level: emotion(values.iloc[:, 0], weights, level),
        (scale, *felt.columns),
    )


def _differences(
    score: _Score,
    responses: pd.DataFrame,
    asked: pd.DataFrame | None,
    base: Base,
    study: Study,
) -> Iterator[dict[str, Any]]:
    """Yield the score of early minus late answers, and of rewarded minus unrewarded ones."""
    known = score.answers.notna().all(axis=1)

    def compare(one: pd.Series, other: pd.Series, span: Period | None) -> Estimate | None:
        if min(int(one.sum()), int(other.sum())) < FEWEST_PEOPLE:
            return None
        a, b = (
            score.estimate(*base.sample(score.answers, side, span)[:2], study.level)
            for side in (one, other)
        )
        return difference(a, b)

    def row(gap: Estimate, measure: str, label: str, note: str, span: Period | None) -> Any:
        return evidence(
            gap,
            lane="answered",
            measure=measure,
            label=label,
            source="survey",
            period=span,
            note=note,
            basis=score.basis,
        )

    place, how = _lateness(responses, asked)
    chosen, span, small = base.choose(known & place.notna())
    middle = place[chosen].median()
    gap = compare(chosen & (place <= middle), chosen & (place > middle), span)
    if gap is not None:
        if _clear(gap):
            who = "less" if gap.value > 0 else "more"
            hint = f"late answers are {who} content beyond chance: the silent may be still {who} so"
        else:
            hint = "no sign that those who never answered differ"
        note = "; ".join(filter(None, [hint, how, small]))
        yield row(
            gap, "early_late_difference", f"{score.label}: early minus late answers", note, span
        )

    if asked is None:
        return
    reward = per_answer(asked, asked["reward"], responses)
    chosen, span, small = base.choose(known & reward.notna())
    gap = compare(chosen & (reward != ""), chosen & (reward == ""), span)
    if gap is not None:
        note = "; ".join(filter(None, [_chance(gap), small]))
        yield row(
            gap, "reward_difference", f"{score.label}: with a reward minus without", note, span
        )


def _lateness(responses: pd.DataFrame, asked: pd.DataFrame | None) -> tuple[pd.Series, str]:
    """Return how late each answer came, and what it was measured from."""
    if asked is not None:
        delay = per_answer(asked, days_to_answer(asked, responses), responses)
        if delay.notna().any():
            return delay, "halves by the time since the invitation"
    dated = responses["submitted_at"].where(responses["wave"] != "")
    place = dated.groupby(responses["wave"]).rank(pct=True, method="average")
    return place, "halves of each wave by the order of submission"


# --- Those who answered against the base --------------------------------------------------------


def _gaps(
    responses: pd.DataFrame, customers: pd.DataFrame, base: Base, study: Study, period: Period
) -> Iterator[dict[str, Any]]:
    """Yield each category's share among respondents minus its share in the base.

    The base is known whole: only the respondents' share is uncertain.
    """
    chosen, span, note = base.choose(pd.Series(True, index=responses.index))
    there = ~(customers["joined_at"] >= period.ends_before)
    there &= ~(customers["left_at"] < period.starts_at)
    people = customers[there]
    columns = attribute_columns(people, study, "customers")
    known = categories(customers, columns).set_axis(customers["customer_id"])
    found = []
    for column in columns:
        of_base = categories(people, [column])[column].dropna()
        value = responses.loc[chosen, "customer_id"].map(known[column])
        if column in responses:
            own = categories(responses, [column])[column]
            value = value.fillna(own[chosen])
        value = value[value.isin(of_base.unique())]
        count, size = value.value_counts(), of_base.value_counts()
        for name in sorted(size.index):
            k, n = int(count.get(name, 0)), len(value)
            if n < FEWEST_PEOPLE or 0 < k < FEWEST_PEOPLE or size[name] < FEWEST_PEOPLE:
                continue
            found.append(
                (f"{column}: {name}", share(k, n, level=study.level), size[name] / size.sum())
            )
    p = [_score_p(mine, theirs) for _, mine, theirs in found]
    adjusted = benjamini_hochberg(np.array(p, dtype=float))
    for (label, mine, theirs), p_value in zip(found, adjusted, strict=True):
        side = "over" if mine.value > theirs else "under"
        verdict = (
            f"{side}-represented beyond chance"
            if p_value < 1 - study.level
            else "not different beyond chance"
        )
        told = f"{verdict}, {p_words(p_value)} after correction for {len(found)} comparisons"
        shares = f"{100 * mine.value:.0f} % of respondents, {100 * theirs:.0f} % of customers"
        yield evidence(
            _less(mine, theirs),
            lane="answered",
            measure="respondent_gap",
            label=label,
            source="survey, customers",
            period=span,
            note="; ".join(filter(None, [told, shares, note])),
            item=label,
        )


def _score_p(mine: Estimate, theirs: float) -> float:
    """Return the p value of the score test, which Wilson's interval inverts."""
    spread = theirs * (1 - theirs) / mine.n
    return float(2 * special.ndtr(-abs(mine.value - theirs) / np.sqrt(spread))) if spread else 1.0


def _less(mine: Estimate, theirs: float) -> Estimate:
    value, low, high = (x - theirs for x in (mine.value, mine.low, mine.high))
    return replace(mine, value=value, low=low, high=high, method="Wilson, base known")


def _clear(gap: Estimate) -> bool:
    return gap.low > 0 or gap.high < 0


def _chance(gap: Estimate) -> str:
    return "beyond chance" if _clear(gap) else "no difference beyond chance"
