"""Which opportunity comes first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.planning.formulas import Formula, parse_formula
from cjm_lab.study import Study

Method = Literal["rice", "ice", "opportunity", "impact_effort", "formula"]

#: The usual scores, as formulas over the columns.
SCORES = {
    "rice": "reach * impact * confidence / effort",
    "ice": "impact * confidence * ease",
    "opportunity": "importance + max(importance - satisfaction, 0)",
    "impact_effort": "impact / effort",
}

#: How a reader knows each method.
METHOD_NAMES = {
    "rice": "RICE",
    "ice": "ICE",
    "opportunity": "opportunity score",
    "impact_effort": "impact / effort",
    "formula": "own formula",
}

#: The measure of the ledger that holds each method's score.
SCORE_MEASURES = {
    "rice": "rice",
    "ice": "ice",
    "impact_effort": "impact_effort",
    "formula": "priority_score",
}

#: Where a study's own formula stands.
STUDY_FIELD = "priorities.formula of study.yaml"

#: Quadrant by whether the impact is high and the effort is high.
QUADRANTS = {
    (True, False): "quick win",
    (True, True): "big bet",
    (False, False): "fill-in",
    (False, True): "thankless",
}


def prioritize(
    opportunities: pd.DataFrame, *, method: Method = "rice", formula: str = ""
) -> pd.DataFrame:
    """Return opportunities with their score, the best first.

    Parameters
    ----------
    opportunities
        One row an opportunity, with the columns that the method needs. ``reach``: customers a
        month; ``impact``: 0.25 minimal to 3 massive; ``confidence``: 0 to 1; ``effort``:
        person-weeks, above 0; ``ease``: 1 to 10; ``importance`` and ``satisfaction``: 0 to 10.
    method
        ``rice``: reach x impact x confidence / effort. ``ice``: impact x confidence x ease.
        ``opportunity``: importance + max(importance - satisfaction, 0). ``impact_effort``: impact /
        effort, with the quadrant. ``formula``: the formula given.
    formula
        For the method ``formula``: over any columns of numbers, with ``+ - * / **``, brackets,
        ``min``, ``max``, ``sqrt``, ``log`` and ``abs``.

    Returns
    -------
    DataFrame
        The rows given, ``score`` and ``rank`` (1 = first; a missing input has no score and comes
        last). For ``impact_effort`` also ``quadrant``: quick win, big bet, fill-in or thankless; an
        impact or an effort is high above the median of those given.

    Raises
    ------
    ParameterError
        If the method is unknown, a column is missing, the formula holds anything else, an effort is
        not above 0, or a score is infinite.

    References
    ----------
    McBride (2016), RICE: simple prioritization for product managers; Ellis & Brown (2017), Hacking
    Growth (ICE); Ulwick (2005), What Customers Want (opportunity score).

    Examples
    --------
    >>> ideas = pd.DataFrame(
    ...     {"reach": [450, 800], "impact": [3, 2], "confidence": [1, 0.5], "effort": [2, 1]})
    >>> prioritize(ideas)["score"].tolist()
    [800.0, 675.0]
    >>> prioritize(ideas, method="formula", formula="sqrt(impact ** 4) / effort")["score"].tolist()
    [4.5, 4.0]
    """
    return scored_by(score_formula(opportunities, method, formula), opportunities, method)


def score_formula(
    table: pd.DataFrame, method: str, formula: str = "", *, where: str = ""
) -> Formula:
    """Return the formula of a method, checked against the columns of a table.

    Parameters
    ----------
    table
        With the columns of numbers that a formula may name.
    method, formula
        As `prioritize` takes them.
    where
        The place that they were typed in, for the error.

    Raises
    ------
    ParameterError
        As `prioritize` does.
    """
    if method not in METHOD_NAMES:
        raise ParameterError(one_of("method", METHOD_NAMES, method, where))
    columns = table.select_dtypes("number").columns.astype("str").tolist()
    if method == "formula":
        return parse_formula(formula, columns, where=where)
    if formula:
        place = f" ({where})" if where else ""
        raise ParameterError(
            f"formula must be empty where the method is {method!r}, got {formula!r}{place}; "
            "set the method to 'formula'"
        )
    needed = re.findall(r"\b(?!max\b)[a-z]+", SCORES[method])
    missing = sorted(set(needed) - set(columns))
    if missing:
        raise ParameterError(
            f"{METHOD_NAMES[method]} needs the columns {missing}, which are missing"
        )
    return parse_formula(SCORES[method], columns)


def study_formula(table: pd.DataFrame, study: Study) -> Formula:
    """Return the formula by which a study ranks; errors name its field in study.yaml."""
    chosen = study.priorities
    return score_formula(table, chosen.method, chosen.formula, where=STUDY_FIELD)


def scored_by(formula: Formula, opportunities: pd.DataFrame, method: str) -> pd.DataFrame:
    """Return opportunities with ``score``, ``rank`` and, for impact/effort, ``quadrant``.

    Raises
    ------
    ParameterError
        If an effort is not above 0 or a score is infinite.
    """
    values = {name: opportunities[name].to_numpy("float64", na_value=np.nan)
              for name in formula.names}  # fmt: skip
    if "effort" in values and (values["effort"] <= 0).any():
        got = values["effort"][values["effort"] <= 0][0]
        raise ParameterError(f"effort must be above 0 person-weeks, got {got:g}")
    score = formula(values)
    if np.isinf(score).any():
        row = opportunities.loc[np.isinf(score), list(formula.names)].iloc[0].to_dict()
        raise ParameterError(
            f"formula must give a finite score, got {score[np.isinf(score)][0]} from {row}; "
            "don't divide by what can be 0"
        )
    scored = opportunities.assign(score=score)
    if method == "impact_effort":
        high = scored["impact"] > scored["impact"].median()
        long = scored["effort"] > scored["effort"].median()
        names = [QUADRANTS[bool(i), bool(e)] for i, e in zip(high, long, strict=True)]
        scored["quadrant"] = pd.Series(names, scored.index, dtype="str").where(score == score, "")
    scored = scored.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    return scored.assign(rank=scored["score"].rank(ascending=False, method="min"))


def scorable(inputs: pd.DataFrame, formula: Formula) -> pd.DataFrame:
    """Return the rows of which everything is known that a formula needs, efforts above 0."""
    known = inputs[list(formula.names)].notna().all(axis=1)
    if "effort" in formula.names:
        known &= inputs["effort"] > 0
    return inputs[known]


def made_of(formula: Formula, row: Mapping[Any, Any]) -> str:
    """Return a formula with the values of a row beside its names.

    Examples
    --------
    >>> score = parse_formula(SCORES["rice"], ["reach", "impact", "confidence", "effort"])
    >>> made_of(score, {"reach": 450, "impact": 3, "confidence": 1, "effort": 2})
    'reach 450 a month x impact 3 x confidence 1 / effort 2'
    """

    def valued(match: re.Match[str]) -> str:
        name = match.group()
        if name not in formula.names:
            return name
        if name == "reach":
            return f"reach {row[name]:,.0f} a month"
        return f"{name} {row[name]:g}"

    words = re.sub(r"[A-Za-z_]\w*", valued, " ".join(formula.text.split()))
    return words.replace("**", "^").replace("*", "x")
