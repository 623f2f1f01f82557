"""Where the journey hurts: pain points by whom they reach, how much they hurt and matter."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan
from statistics import median
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.estimate import Estimate, difference, no_estimate, share
from cjm_lab.journey.emotion import importance_of
from cjm_lab.journey.moments import DRAWS, TOP, Floats, drawn, has_spread, places
from cjm_lab.journey.rows import Row, Rows, derived
from cjm_lab.ledger import evidence_frame, row_estimate
from cjm_lab.study import Study
from cjm_lab.words import listed

#: Fewer answers than this are no answer: the log may speak alone.
FEWEST = 30

#: Quotes of at most so many letters fit the cells and tables that show them.
LONGEST_QUOTE = 120

_INPUTS = ("reach", "satisfaction", "losses", "importance")


@dataclass(frozen=True, slots=True)
class Signs:
    """What the sources say of one touchpoint: all rows, those that say it hurts, who denies it.

    `log_counts` says whether losing people here is a pain without another sign.
    """

    rows: tuple[Row, ...]
    hurting: dict[str, Row]
    denying: tuple[str, ...]
    log_counts: bool

    @property
    def negative(self) -> bool:
        """Whether this is a pain point."""
        return bool(set(self.hurting) - {"log"}) or ("log" in self.hurting and self.log_counts)

    @property
    def agreement(self) -> str:
        """Who agrees, in words."""
        agree = listed(list(self.hurting))
        words = f"{agree} agree" if len(self.hurting) > 1 else f"{agree} only"
        if list(self.hurting) == ["walkthrough"]:
            words += ": experts, no customers"
        if not self.denying:
            return words
        verb = "does" if len(self.denying) == 1 else "do"
        return f"{words}; {listed(list(self.denying))} {verb} not say so"


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom a touchpoint hurts: the lowest persona, those that may be as low, and the others."""

    lowest: str
    estimate: Estimate
    alike: tuple[str, ...]
    less: tuple[str, ...]


class Scores(NamedTuple):
    """The score of each touchpoint, draws of it (one row a touchpoint), and what it lacks.

    `lacks` says what had to be assumed, and `sure` whether every input has an interval.
    """

    name: str
    values: Floats
    draws: Floats
    lacks: list[str]
    sure: list[bool]


class Usual(NamedTuple):
    """What is usual in a journey: the share lost at a touchpoint, the share of complaints."""

    lost: float
    negative: float


def pain_points(
    measured: pd.DataFrame, walkthrough_rows: pd.DataFrame, study: Study, seed: int = 0
) -> pd.DataFrame:
    """Return the pain points as evidence, two rows each: ``pain`` and its ``rank``.

    A touchpoint with negative evidence is one: satisfaction below neutral with its whole
    interval; mostly negative mentions, and more so than at the usual touchpoint; a weakness that
    two or more evaluators of the walkthrough call major (severity 3 or 4); or, before the journey's
    aim and where too few were asked, more people lost than at the usual touchpoint. (Every advert
    loses most of those who see it, and after the aim nothing has to follow: elsewhere losses only
    agree with another sign. Evaluators are experts: where they alone say so, the note tells it.)

    Parameters
    ----------
    measured
        Rows with the measures valence, drop_off, reach, negative_share and those of importance.
    walkthrough_rows
        Rows with the measures severity and major_problems.
    study
        The touchpoints, in the order of the journey, and the confidence level.
    seed
        Of the draws.

    Returns
    -------
    DataFrame
        Rows of the ledger, the worst first. The rank orders by reach x severity x importance, see
        `pain_scores`; more complaints break a tie. Its interval holds the ranks among the pain
        points in 95 % (the study's level) of the draws of their scores; the note tells the score
        and how often the touchpoint is among the worst.

    Examples
    --------
    >>> pain_points(evidence_frame(), evidence_frame(), Study.model_validate(
    ...     {"title": "Tea", "stages": [{"id": "brew", "name": "Brew"}]})).empty
    True
    """
    rows = Rows(pd.concat([measured, walkthrough_rows], ignore_index=True))
    usual = usual_levels(rows, study)
    signs = [signs_at(rows, touchpoint.id, study, usual) for touchpoint in study.touchpoints]
    scores = pain_scores(rows, study, seed=seed)
    complaints = [rows.one("negative_share", t.id) or {"value": 0.0} for t in study.touchpoints]
    ranked = sorted(
        (at for at, sign in enumerate(signs) if sign.negative),
        key=lambda at: (-scores.values[at], -complaints[at]["value"]),
    )
    ranks = places(scores.draws[ranked])
    found: list[Row] = []
    for rank, (at, drawn_ranks) in enumerate(zip(ranked, ranks, strict=True), 1):
        pain = _pain(rows, signs[at], study, study.touchpoints[at].id)
        method = f"order of {scores.name}, {DRAWS:,} draws"
        ends = _range(drawn_ranks, rank, study.level) if scores.sure[at] else (nan, nan)
        place = Estimate(rank, *ends, n=len(ranked), method=method, level=study.level)
        note = [f"{scores.name} {scores.values[at]:.3f}", scores.lacks[at]]
        if len(ranked) > 1:
            note.append(_how_often(drawn_ranks, TOP if len(ranked) > TOP else 1))
        words = {"label": pain["label"], "note": "; ".join(filter(None, note)), "scale": None}
        found += [pain, derived(pain, place, lane="pain", measure="rank", **words)]
    return evidence_frame(found)


def pain_scores(rows: Rows, study: Study, *, repeats: int = DRAWS, seed: int = 0) -> Scores:
    """Return reach x severity x importance of every touchpoint, with draws from its inputs.

    Reach is the share of customers who meet the touchpoint. Severity is how far satisfaction lies
    below neutral (share of the way to the bottom) plus how much more than usual is lost (share of
    customers). Importance is that of the map's importance line, as a part of its scale; where it
    isn't known, the mean of the others stands in, and where nobody was asked it is left out. Every
    input is drawn from its own interval, as if all were independent.

    Parameters
    ----------
    rows
        The evidence.
    study
        The touchpoints and the confidence level.
    repeats, seed
        Of the draws.
    """
    ids = [touchpoint.id for touchpoint in study.touchpoints]
    importance = importance_of(study, rows)
    unknown = no_estimate("unknown")
    reach = [_reach(rows, touchpoint, study) for touchpoint in ids]
    felt = [rows.estimate("valence", touchpoint) or unknown for touchpoint in ids]
    lost = [rows.estimate("drop_off", t) or unknown for t in ids[:-1]] + [unknown] * bool(ids)
    matters = [
        importance.rescaled(t) if importance and t in importance.rows else unknown for t in ids
    ]
    inputs = (reach, felt, lost, matters)
    normal = np.random.default_rng(seed).standard_normal((len(inputs), len(ids), repeats + 1))
    normal[:, :, 0] = 0  # the first draw is the estimate itself
    ends = ((0.0, 1.0), (-2.0, 2.0), (0.0, 1.0), (0.0, 1.0))
    reached, valence, drop, weight = (
        drawn(estimates, draws, level=study.level, bounds=bounds)
        for estimates, draws, bounds in zip(inputs, normal, ends, strict=True)
    )
    severity = np.fmax(-valence / 2, 0) + np.fmax(drop - _middle(drop), 0)
    known = ~np.isnan(weight[:, 0])
    usual = weight[known].mean(axis=0) if known.any() else np.ones(repeats + 1)
    score = reached * severity * np.where(known[:, None], weight, usual)
    neutral = "importance unknown" + (" here: the mean of the others" if known.any() else "")
    bare = [_bare(dict(zip(_INPUTS, at, strict=True))) for at in zip(*inputs, strict=True)]
    return Scores(
        name="reach x severity x importance" if known.any() else "reach x severity",
        values=score[:, 0],
        draws=score[:, 1:],
        lacks=[
            "; ".join(filter(None, ["" if there else neutral, words]))
            for there, words in zip(known, bare, strict=True)
        ],
        sure=[not words for words in bare],
    )


def _bare(inputs: dict[str, Estimate]) -> str:
    """Return in words which inputs are known without telling how uncertain they are."""
    bare = [name for name, e in inputs.items() if not (isnan(e.value) or has_spread(e))]
    return f"no interval of {listed(bare)}" if bare else ""


def evidence_behind(rows: Rows, touchpoint: str, study: Study) -> tuple[str, ...]:
    """Return the ids of the rows that a pain point and its rank rest on.

    Parameters
    ----------
    rows, study
        The evidence, and the study that it is about.
    touchpoint
        Where the pain is.
    """
    signs = ("valence", "drop_off", "negative_share", "severity", "major_problems", "reach")
    found = [rows.one(measure, touchpoint) for measure in signs]
    importance = importance_of(study, rows)
    found.append(importance.rows.get(touchpoint) if importance else None)
    return tuple(row["evidence_id"] for row in found if row is not None)


def quotes_of(rows: Rows, touchpoint: str, tone: str = "negative", most: int = 2) -> list[Row]:
    """Return quotes of a tone at a touchpoint: those that fit a cell first, then the shortest.

    Personal data was masked where the sources were read.

    Parameters
    ----------
    rows
        The evidence.
    touchpoint
        Where it was said.
    tone
        ``negative`` or ``positive``.
    most
        At most so many.
    """
    own: dict[str, Row] = {}
    for row in rows.all("quote", touchpoint):
        if row["note"].partition(";")[0] == tone and row["label"].strip():
            own.setdefault(row["label"].strip(), row)
    fitting_first = sorted(
        own, key=lambda words: (max(len(words), LONGEST_QUOTE), "another" in own[words]["note"])
    )
    return [own[words] for words in fitting_first[:most]]


def signs_at(rows: Rows, touchpoint: str, study: Study, usual: Usual) -> Signs:
    """Return what each source says of a touchpoint, the strongest kind of evidence first.

    `usual` is what `usual_levels` returns, the same for all touchpoints.
    """
    hurting: dict[str, Row] = {}
    denying: list[str] = []

    def ask(source: str, row: Row | None, *, hurts: bool, denies: bool) -> None:
        if row is not None and hurts:
            hurting[source] = row
        elif row is not None and denies:
            denying.append(source)

    valence = rows.one("valence", touchpoint)
    low, high = _bounds(valence)
    ask("survey", valence, hurts=high < 0, denies=low > 0)
    drop = rows.one("drop_off", touchpoint) if touchpoint != study.touchpoints[-1].id else None
    low, high = _bounds(drop)
    ask("log", drop, hurts=low > usual.lost, denies=high < usual.lost)
    negative = rows.one("negative_share", touchpoint)
    low, high = _bounds(negative)
    ask("mentions", negative, hurts=low > max(0.5, usual.negative), denies=high < 0.5)
    severity, major = rows.one("severity", touchpoint), rows.one("major_problems", touchpoint)
    agreed = major is not None and major["value"] >= 1
    ask("walkthrough", severity, hurts=agreed, denies=False)
    asked = (valence, drop, negative, severity)
    stage = next(s for s in study.stages if touchpoint in [t.id for t in s.touchpoints])
    log_counts = stage.period != "after" and (valence is None or valence["n"] < FEWEST)
    return Signs(tuple(r for r in asked if r is not None), hurting, tuple(denying), log_counts)


def usual_levels(rows: Rows, study: Study) -> Usual:
    """Return what is lost and how many mentions are negative at the usual touchpoint.

    The last touchpoint has nothing after it, so its drop-off doesn't count. Fewer than three
    touchpoints with labels have no usual one; then all mentions together stand in.
    """
    lost = [row["value"] for t in study.touchpoints[:-1] if (row := rows.one("drop_off", t.id))]
    shares = [rows.one("negative_share", touchpoint.id) for touchpoint in study.touchpoints]
    negative = [row["value"] for row in shares if row is not None]
    overall = rows.one("negative_share")
    if len(negative) < 3:
        negative = [overall["value"]] if overall else []
    return Usual(median(lost) if lost else nan, median(negative) if negative else 0.0)


def whom_it_hurts(rows: Rows, touchpoint: str, study: Study) -> Whom | None:
    """Return whom a touchpoint hurts, None where fewer than two personas were asked.

    The lowest persona is compared with each other one. It suffers most only if every one of the
    differences has an interval without zero; comparing the lowest with each of the others needs
    no further correction (Gutmann & Maymin 1987).
    """
    asked = [(p.name, rows.estimate("valence", touchpoint, p.id)) for p in study.personas]
    known = [(name, estimate) for name, estimate in asked if estimate is not None]
    if len(known) < 2:
        return None
    lowest, least = min(known, key=lambda pair: pair[1].value)
    others = [(name, difference(estimate, least)) for name, estimate in known if name != lowest]
    less = tuple(name for name, gap in others if gap.low > 0)
    alike = tuple(name for name, _ in others if name not in less)
    return Whom(lowest, least, (lowest, *alike), less)


def _bounds(row: Row | None) -> tuple[float, float]:
    """Return the interval of a row; comparisons with an unknown one are all false."""
    return (row["low"], row["high"]) if row else (nan, nan)


def _pain(rows: Rows, signs: Signs, study: Study, touchpoint: str) -> Row:
    """Return the row of a pain point: carried by the strongest sign, with all who agree."""
    carrier = next(iter(signs.hurting.values()))
    return derived(
        carrier,
        row_estimate(carrier),
        lane="pain",
        measure="pain",
        label=_label(rows, signs, touchpoint),
        stage=study.stage_of[touchpoint],
        touchpoint=touchpoint,
        source="; ".join(dict.fromkeys(str(row["source"]) for row in signs.hurting.values())),
        basis=[carrier["measure"], carrier["basis"]],
        note=signs.agreement,
    )


def _range(ranks: npt.NDArray[np.intp], rank: int, level: float) -> tuple[float, float]:
    """Return the ranks that hold so much of the draws, and the rank itself."""
    tails = [0.5 - level / 2, 0.5 + level / 2]
    low, high = np.quantile(ranks, tails, method="inverted_cdf").tolist()
    return min(low, rank), max(high, rank)


def _how_often(ranks: npt.NDArray[np.intp], top: int) -> str:
    """Return in words in how many draws a pain is among the first."""
    among = "the worst" if top == 1 else "among the worst three"
    return f"{among} in {(ranks <= top).mean():.0%} of draws".replace("%", " %")


def _reach(rows: Rows, touchpoint: str, study: Study) -> Estimate:
    """Return the share of customers who meet a touchpoint.

    Where the log doesn't see it, the share of those asked who had something to say stands in.
    """
    logged = rows.estimate("reach", touchpoint)
    if logged is not None:
        return logged
    answers = {t.id: (rows.one("valence", t.id) or {"n": 0})["n"] for t in study.touchpoints}
    if not answers[touchpoint]:
        return Estimate(1.0, nan, nan, n=0, method="unknown: everybody")
    return share(answers[touchpoint], int(max(answers.values())), level=study.level)


def _middle(drop: Floats) -> Floats:
    """Return in each draw what is usually lost; nothing where nobody counted."""
    known = drop[~np.isnan(drop[:, 0])]
    return np.asarray(np.median(known, axis=0) if len(known) else np.zeros(drop.shape[1]))


def _label(rows: Rows, signs: Signs, touchpoint: str) -> str:
    """Return the words of a pain: what the walkthrough found, else what carries it."""
    for measure in ("major_problems", "severity"):
        found = rows.one(measure, touchpoint)
        if found is not None and found["value"] >= 1 and found["label"]:
            return str(found["label"])
    words = {
        "survey": "Low satisfaction",
        "log": "Many give up",
        "mentions": "Mostly complaints",
        "walkthrough": "Hard to get through",
    }
    return words[next(iter(signs.hurting))]
