"""Which opportunity comes first."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from cjm_lab.errors import ParameterError, one_of


def prioritize(opportunities: pd.DataFrame, *, method: Literal["rice"] = "rice") -> pd.DataFrame:
    """Return opportunities with their score, the best first.

    Parameters
    ----------
    opportunities
        One row an opportunity, with the columns ``reach`` (customers a month), ``impact`` (0.25
        minimal to 3 massive), ``confidence`` (0 to 1) and ``effort`` (person-weeks, above 0).
    method
        ``rice``: reach x impact x confidence / effort.

    Returns
    -------
    DataFrame
        The rows given, ``score`` and ``rank`` (1 = first; a missing input has no score and comes
        last).

    Raises
    ------
    ParameterError
        If the method is unknown, a column is missing or an effort is not above 0.

    References
    ----------
    McBride (2016), RICE: simple prioritization for product managers.

    Examples
    --------
    >>> ideas = pd.DataFrame(
    ...     {"reach": [450, 800], "impact": [3, 2], "confidence": [1, 0.5], "effort": [2, 1]})
    >>> prioritize(ideas)["score"].tolist()
    [800.0, 675.0]
    """
    if method != "rice":
        raise ParameterError(one_of("method", ["rice"], method))
    missing = {"reach", "impact", "confidence", "effort"} - set(opportunities.columns)
    if missing:
        raise ParameterError(f"RICE needs the columns {sorted(missing)}, which are missing")
    free = opportunities["effort"] <= 0
    if free.any():
        got = opportunities.loc[free, "effort"].iloc[0]
        raise ParameterError(f"effort must be above 0 person-weeks, got {got:g}")
    value = opportunities["reach"] * opportunities["impact"] * opportunities["confidence"]
    scored = opportunities.assign(score=(value / opportunities["effort"]).astype("float64"))
    scored = scored.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    return scored.assign(rank=scored["score"].rank(ascending=False, method="min"))
