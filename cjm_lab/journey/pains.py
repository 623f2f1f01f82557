"""Where the journey hurts: pain points ranked by how many they reach and how much they hurt."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from statistics import median
from typing import NamedTuple

import pandas as pd

from cjm_lab.estimate import Estimate, difference
from cjm_lab.journey.rows import Row, Rows, derived
from cjm_lab.ledger import evidence_frame, row_estimate
from cjm_lab.study import Study
from cjm_lab.words import listed

#: Mean severity from which a walkthrough finding is a major problem (0 to 4).
MAJOR = 2.5

#: Fewer answers than this are no answer: the log may speak alone.
FEWEST = 30


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


class Usual(NamedTuple):
    """What is usual in a journey: the share lost at a touchpoint, the share of complaints."""

    lost: float
    negative: float


def pain_points(
    measured: pd.DataFrame, walkthrough_rows: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Return the pain points as evidence, two rows each: ``pain`` and its ``rank``.

    A touchpoint with negative evidence is one: satisfaction below neutral with its whole
    interval; mostly negative mentions, and more so than at the usual touchpoint; major problems
    in the walkthrough; or, before the journey's aim and where too few were asked, more people
    lost than at the usual touchpoint. (Every advert loses most of those who see it, and after the
    aim nothing has to follow: elsewhere losses only agree with another sign.)

    Parameters
    ----------
    measured
        Rows with the measures valence, drop_off, reach and negative_share.
    walkthrough_rows
        Rows with the measure severity.
    study
        The touchpoints, in the order of the journey.

    Returns
    -------
    DataFrame
        Rows of the ledger, the worst first. The rank orders by reach x severity; severity is how
        far satisfaction lies below neutral (share of the way to the bottom) plus how much more
            than usual is lost (share of customers). More complaints break a tie.

    Examples
    --------
    >>> pain_points(evidence_frame(), evidence_frame(), Study.model_validate(
    ...     {"title": "Tea", "stages": [{"id": "brew", "name": "Brew"}]})).empty
    True
    """
    rows = Rows(pd.concat([measured, walkthrough_rows], ignore_index=True))
    usual = usual_levels(rows, study)
    ranked: list[tuple[float, float, Row]] = []
    for touchpoint in study.touchpoints:
        signs = signs_at(rows, touchpoint.id, study, usual)
        if not signs.negative:
            continue
        carrier = next(iter(signs.hurting.values()))
        score = _reach(rows, touchpoint.id, study) * _severity(rows, touchpoint.id, usual)
        complaints = rows.one("negative_share", touchpoint.id)
        pain = derived(
            carrier,
            row_estimate(carrier),
            lane="pain",
            measure="pain",
            label=_label(rows, signs, touchpoint.id),
            stage=study.stage_of[touchpoint.id],
            touchpoint=touchpoint.id,
            source="; ".join(dict.fromkeys(str(row["source"]) for row in signs.hurting.values())),
            basis=[carrier["measure"], carrier["basis"]],
            note=signs.agreement,
        )
        ranked.append((score, complaints["value"] if complaints else 0.0, pain))
    ranked.sort(key=lambda scored: (-scored[0], -scored[1]))
    found: list[Row] = []
    for rank, (score, _, pain) in enumerate(ranked, 1):
        place = Estimate(rank, nan, nan, n=len(ranked), method="order of reach x severity")
        words = {"label": pain["label"], "note": f"reach x severity {score:.3f}", "scale": None}
        found += [pain, derived(pain, place, lane="pain", measure="rank", **words)]
    return evidence_frame(found)


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
    severity = rows.one("severity", touchpoint)
    grade = severity["value"] if severity else nan
    ask("walkthrough", severity, hurts=grade >= MAJOR, denies=False)
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


def _reach(rows: Rows, touchpoint: str, study: Study) -> float:
    """Return the share of customers who meet a touchpoint.

    Where the log doesn't see it, the share of those asked who had something to say stands in.
    """
    logged = rows.one("reach", touchpoint)
    if logged is not None:
        return float(logged["value"])
    answers = {t.id: (rows.one("valence", t.id) or {"n": 0})["n"] for t in study.touchpoints}
    most = max(answers.values())
    return answers[touchpoint] / most if answers[touchpoint] else 1.0


def _severity(rows: Rows, touchpoint: str, usual: Usual) -> float:
    """Return how far satisfaction lies below neutral plus how much more than usual is lost."""
    valence, drop = rows.one("valence", touchpoint), rows.one("drop_off", touchpoint)
    below = max(0.0, -valence["value"] / 2) if valence else 0.0
    return below + (max(0.0, drop["value"] - usual.lost) if drop else 0.0)


def _label(rows: Rows, signs: Signs, touchpoint: str) -> str:
    """Return the words of a pain: what the walkthrough found, else what carries it."""
    found = rows.one("severity", touchpoint)
    if found is not None and found["value"] >= 1 and found["label"]:
        return str(found["label"])
    words = {
        "survey": "Low satisfaction",
        "log": "Many give up",
        "mentions": "Mostly complaints",
        "walkthrough": "Hard to get through",
    }
    return words[next(iter(signs.hurting))]
