"""Taking the journey oneself: the protocol, what evaluators found, what they likely missed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import nan

import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate, agreement, mean
from cjm_lab.study import Study

#: The four questions of a cognitive walkthrough: short name as in findings.csv, and the question.
QUESTIONS = {
    "right effect tried": "Will people try to achieve the right effect here?",
    "action noticed": "Will they notice that the right action is available?",
    "linked to its effect": "Will they link this action to the effect they want?",
    "progress seen": "After the action, will they see that they have come closer to their goal?",
}

#: Severity: 0 no problem, 1 cosmetic, 2 minor, 3 major, 4 catastrophe (Nielsen 1994).
SEVERITY_SCALE = (0.0, 4.0)


def walkthrough_protocol(study: Study) -> pd.DataFrame:
    """Return what an evaluator is to do and to answer, step by step.

    Parameters
    ----------
    study
        Its touchpoints are the steps.

    Returns
    -------
    DataFrame
        Four rows a touchpoint, one a question: ``step stage touchpoint task question ask``.

    References
    ----------
    Wharton, Rieman, Lewis & Polson (1994), The cognitive walkthrough method.

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use",
    ...     "touchpoints": [{"id": "pot", "name": "Pot", "action": "Fills the pot"}]}]})
    >>> walkthrough_protocol(study)["question"].tolist()[:2]
    ['right effect tried', 'action noticed']
    """
    rows = [
        [step, stage.name, t.name, t.action or t.name, question, ask]
        for step, (stage, t) in enumerate(
            ((stage, t) for stage in study.stages for t in stage.touchpoints), 1
        )
        for question, ask in QUESTIONS.items()
    ]
    return pd.DataFrame(rows, columns=["step", "stage", "touchpoint", "task", "question", "ask"])


@dataclass(frozen=True, eq=False)
class WalkthroughFindings:
    """What several evaluators found; see `walkthrough_findings`.

    Parameters
    ----------
    touchpoints
        One row a touchpoint walked: ``touchpoint``, ``value low high n method se n_eff level``
        (severity, mean over evaluators of the worst that each found there), ``problems``,
        ``seconds`` (mean time of an evaluator) and ``worst`` (the worst finding in words, empty if
        there is none).
    problems
        One row a problem (a question not passed at a touchpoint), the worst first: ``touchpoint
        question severity found_by walked_by note``.
    strengths
        What must not be lost: ``touchpoint question note``.
    agreement
        Ordinal Krippendorff alpha of the severities; who passed a question gave it 0.
    discovery
        Chance that one evaluator finds a problem that is there.
    unseen
        Problems that are likely there and nobody found.
    """

    touchpoints: pd.DataFrame
    problems: pd.DataFrame
    strengths: pd.DataFrame
    agreement: Estimate
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
    discovery, unseen = _unseen(found[found.max(axis=1) == 1])
    strengths = findings.loc[findings["kind"] == "strength", ["touchpoint", "question", "note"]]
    return WalkthroughFindings(
        _touchpoints(walked, problems, level),
        problems,
        strengths.drop_duplicates(ignore_index=True),
        agreement(ratings.to_numpy(), level=level, seed=seed),
        discovery,
        unseen,
    )


def problem_discovery(chance: float, evaluators: int) -> float:
    """Return the share of problems that several evaluators find together.

    Parameters
    ----------
    chance
        Chance that one evaluator finds a problem.
    evaluators
        Number of evaluators.

    References
    ----------
    1 - (1 - L)^n; Nielsen & Landauer (1993), Proceedings of INTERCHI, 206-213.

    Examples
    --------
    >>> round(problem_discovery(0.31, 5), 4)
    0.8436
    """
    if not 0 <= chance <= 1:
        raise ParameterError(f"chance must lie between 0 and 1, got {chance!r}")
    return float(1 - (1 - chance) ** evaluators)


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
    worst = problems.drop_duplicates("touchpoint").set_index("touchpoint")["note"]
    count = problems["touchpoint"].value_counts()
    rows = [
        {
            "touchpoint": name,
            **asdict(mean(group["grade"], bounds=SEVERITY_SCALE, level=level)),
            "problems": int(count.get(name, 0)),
            "seconds": float(group["seconds"].mean()),
            "worst": str(worst.get(name, "")),
        }
        for name, group in each.groupby(level="touchpoint", sort=False)
    ]
    numbers = ["value", "low", "high", "n", "method", "se", "n_eff", "level"]
    return pd.DataFrame(rows, columns=["touchpoint", *numbers, "problems", "seconds", "worst"])


def _problems(walked: pd.DataFrame) -> pd.DataFrame:
    """Return the problems with their mean severity, and who of those who were there found them."""
    where = ["touchpoint", "question"]
    worst_first = walked.sort_values("grade", ascending=False, kind="stable")
    found = worst_first[worst_first["problem"]].groupby(where, sort=False)
    problems = found.agg(found_by=("evaluator", "nunique"), note=("note", "first"))
    everyone = walked.groupby(where)
    problems = problems.join(
        everyone.agg(severity=("grade", "mean"), walked_by=("evaluator", "nunique"))
    ).reset_index()
    columns = [*where, "severity", "found_by", "walked_by", "note"]
    return problems.sort_values("severity", ascending=False, kind="stable")[columns].reset_index(
        drop=True
    )


def _unseen(found: pd.DataFrame) -> tuple[float, float]:
    """Return the chance of finding a problem and how many are likely unseen.

    Seen from the problems found, the chance is too high: those that nobody found are missing from
    it. Lewis' adjustment deflates it.

    References
    ----------
    Lewis (2001), International Journal of Human-Computer Interaction 13, 445-479.
    """
    problems, n = found.shape
    if n < 2 or not problems:
        return nan, nan
    raw = float(found.mean(axis=1).mean())
    once = float((found.sum(axis=1) == 1).mean())
    chance = ((raw - 1 / n) * (1 - 1 / n) + raw / (1 + once)) / 2
    return chance, problems / problem_discovery(chance, n) - problems
