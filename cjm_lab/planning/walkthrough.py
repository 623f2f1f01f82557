"""Taking the journey oneself: what evaluators found, how far they agree, what they missed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import inf, nan
from typing import NamedTuple

import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate, agreement, mean
from cjm_lab.planning.discovery import adjusted_chance, problem_discovery
from cjm_lab.study import Study

#: Severity: 0 no problem, 1 cosmetic, 2 minor, 3 major, 4 catastrophe (Nielsen 1994).
SEVERITY_SCALE = (0.0, 4.0)


#: A weakness that several evaluators call at least this severe is a pain point: 3 is major.
MAJOR = 3.0
#: So many must agree that it is.
AGREE = 2


class Base(NamedTuple):
    """What the agreement rests on: units rated by two or more, those who rated, their ratings."""

    units: int
    evaluators: int
    ratings: int


@dataclass(frozen=True, eq=False)
class WalkthroughFindings:
    """What several evaluators found; see `walkthrough_findings`.

    Parameters
    ----------
    touchpoints
        One row a touchpoint walked: ``touchpoint``, ``value low high n method se n_eff level``
        (severity, mean over evaluators of the worst that each found there), ``lowest highest`` (of
        the evaluators), ``problems``, ``major`` (problems that two or more call at least 3),
        ``seconds seconds_low seconds_high seconds_n`` (mean time of an evaluator) and ``worst``
        (the worst finding in words, empty if there is none).
    problems
        One row a problem (a question not passed at a touchpoint), the worst first: ``touchpoint
        question severity lowest highest found_by walked_by major note``; ``severity`` is the mean
        of all who walked there, and ``major`` how many of them call it at least 3.
    strengths
        What must not be lost: ``touchpoint question note said_by walked_by``.
    agreement
        Ordinal Krippendorff alpha of the severities; who passed a question gave it 0.
    base
        Questions rated by two or more, evaluators and ratings behind the agreement.
    discovery
        Chance that one evaluator finds a problem that is there (Lewis' adjusted L).
    unseen
        Problems that are likely there and nobody found.
    """

    touchpoints: pd.DataFrame
    problems: pd.DataFrame
    strengths: pd.DataFrame
    agreement: Estimate
    base: Base
    discovery: float
    unseen: float


def walkthrough_findings(
    findings: pd.DataFrame, *, level: float = 0.95, seed: int = 0
) -> WalkthroughFindings:
    """Return severities, problems, strengths, agreement and what was likely missed.

    Parameters
    ----------
    findings
        The tidy table: one row an evaluator, touchpoint and question.
    level
        Confidence level.
    seed
        Seed of the bootstrap of the agreement.

    Returns
    -------
    WalkthroughFindings
        Tables without rows and NaN where there is nothing to tell from.

    Examples
    --------
    >>> columns = ["evaluator", "touchpoint", "question", "passed", "kind", "severity", "note"]
    >>> rows = [["Ann", "pay", "action noticed", False, "weakness", 3, "Hidden"],
    ...         ["Bob", "pay", "action noticed", True, "", None, ""]]
    >>> found = walkthrough_findings(pd.DataFrame(rows, columns=columns).assign(seconds=60.0))
    >>> found.touchpoints["value"].tolist(), found.problems["note"].tolist()
    ([1.5], ['Hidden'])
    """
    walked = findings.assign(
        grade=findings["severity"].where(~findings["passed"], findings["severity"].fillna(0.0)),
        problem=~findings["passed"] | (findings["kind"] == "weakness"),
    )
    problems = _problems(walked)
    ratings = walked.pivot_table(
        index=["touchpoint", "question"], columns="evaluator", values="grade", aggfunc="max"
    )
    found = walked.pivot_table(
        index=["touchpoint", "question"], columns="evaluator", values="problem", aggfunc="max"
    ).astype("float64")
    discovery = adjusted_chance(found[found.max(axis=1) == 1])
    there = len(problems) / problem_discovery(discovery, found.shape[1]) if discovery > 0 else nan
    twice = ratings[ratings.notna().sum(axis=1) > 1]
    base = Base(len(twice), int(twice.notna().any().sum()), int(twice.notna().sum().sum()))
    return WalkthroughFindings(
        _touchpoints(walked, problems, level),
        problems,
        _strengths(walked),
        agreement(ratings.to_numpy(), level=level, seed=seed),
        base,
        discovery,
        there - len(problems),
    )


def check_touchpoints(findings: pd.DataFrame, study: Study) -> None:
    """Refuse findings at a place that the study doesn't know.

    Raises
    ------
    ParameterError
        With the nearest touchpoint.
    """
    unknown = findings.loc[~findings["touchpoint"].isin(list(study.stage_of)), "touchpoint"]
    if len(unknown):
        raise ParameterError(one_of("touchpoint", study.stage_of, unknown.iloc[0], "findings"))


def _touchpoints(walked: pd.DataFrame, problems: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return severity, time and the worst finding of each touchpoint."""
    each = walked.groupby(["touchpoint", "evaluator"], sort=False).agg(
        grade=("grade", "max"), seconds=("seconds", lambda s: s.sum(min_count=1))
    )
    agreed = problems[problems["major"] >= AGREE]["touchpoint"].value_counts()
    worst = problems.drop_duplicates("touchpoint").set_index("touchpoint")["note"]
    count = problems["touchpoint"].value_counts()
    rows = [
        {
            "touchpoint": name,
            **asdict(mean(group["grade"], bounds=SEVERITY_SCALE, level=level)),
            "lowest": float(group["grade"].min()),
            "highest": float(group["grade"].max()),
            "problems": int(count.get(name, 0)),
            "major": int(agreed.get(name, 0)),
            **_time(group["seconds"].dropna(), level),
            "worst": str(worst.get(name, "")),
        }
        for name, group in each.groupby(level="touchpoint", sort=False)
    ]
    numbers = ["value", "low", "high", "n", "method", "se", "n_eff", "level", "lowest", "highest"]
    times = ["seconds", "seconds_low", "seconds_high", "seconds_n"]
    columns = ["touchpoint", *numbers, "problems", "major", *times, "worst"]
    return pd.DataFrame(rows, columns=columns)


def _time(seconds: pd.Series, level: float) -> dict[str, float]:
    """Return the evaluators' mean time with its interval, which doesn't reach below nothing."""
    time = mean(seconds, bounds=(0.0, inf), level=level)
    ends = {"seconds_low": time.low, "seconds_high": time.high}
    return {"seconds": time.value, **ends, "seconds_n": time.n}


def _problems(walked: pd.DataFrame) -> pd.DataFrame:
    """Return the problems with their severity, and who of those who were there found them."""
    where = ["touchpoint", "question"]
    # What an evaluator graded twice counts once, at its worst.
    each = walked.groupby([*where, "evaluator"], as_index=False)["grade"].max()
    grades = each.assign(major=each["grade"] >= MAJOR).groupby(where)
    severity = grades.agg(
        severity=("grade", "mean"),
        lowest=("grade", "min"),
        highest=("grade", "max"),
        walked_by=("evaluator", "nunique"),
        major=("major", "sum"),
    )
    worst_first = walked.sort_values("grade", ascending=False, kind="stable")
    found = worst_first[worst_first["problem"]].groupby(where, sort=False)
    problems = found.agg(found_by=("evaluator", "nunique"), note=("note", "first")).reset_index()
    problems = problems.merge(severity.reset_index(), on=where, how="left")
    columns = [*where, "severity", "lowest", "highest", "found_by", "walked_by", "major", "note"]
    worst = problems.sort_values("severity", ascending=False, kind="stable")
    return worst[columns].reset_index(drop=True)


def _strengths(walked: pd.DataFrame) -> pd.DataFrame:
    """Return what is good, with how many of those who were there say so."""
    said = walked[walked["kind"] == "strength"]
    strengths = said.groupby(["touchpoint", "note"], sort=False, as_index=False).agg(
        question=("question", "first"), said_by=("evaluator", "nunique")
    )
    there = walked.groupby("touchpoint")["evaluator"].nunique()
    strengths["walked_by"] = strengths["touchpoint"].map(there)
    return strengths[["touchpoint", "question", "note", "said_by", "walked_by"]]
