"""Looking rows up in the ledger by what they measure, where and of whom."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, TypeAlias

import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.ledger import Ledger, evidence, row_estimate

Row: TypeAlias = dict[str, Any]


class Rows:
    """The evidence about our own journey, found by measure, touchpoint and persona.

    Parameters
    ----------
    ledger
        A ledger or its frame; rows of a competitor or of a segment are left out, because a map
        shows them nowhere.

    Examples
    --------
    >>> from cjm_lab.estimate import share
    >>> from cjm_lab.ledger import evidence, evidence_frame
    >>> row = evidence(share(7, 10), lane="reach", measure="reach", touchpoint="payment")
    >>> Rows(evidence_frame([row])).one("reach", "payment")["value"]
    0.7
    """

    def __init__(self, ledger: Ledger | pd.DataFrame) -> None:
        self.frame = frame_of(ledger)
        ours = self.frame[(self.frame["subject"] == "us") & (self.frame["segment"] == "")]
        self._at: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in records(ours):
            self._at[row["measure"], row["touchpoint"], row["persona"]].append(row)

    def all(self, measure: str, touchpoint: str = "", persona: str = "") -> list[Row]:
        """Return every row of a measure at a place."""
        return self._at.get((measure, touchpoint, persona), [])

    def one(self, measure: str, touchpoint: str = "", persona: str = "") -> Row | None:
        """Return the first row of a measure at a place that has a value, None if there is none."""
        rows = self.all(measure, touchpoint, persona)
        return next((row for row in rows if not pd.isna(row["value"])), None)

    def estimate(self, measure: str, touchpoint: str = "", persona: str = "") -> Estimate | None:
        """Return the estimate of a measure at a place, None if there is none."""
        row = self.one(measure, touchpoint, persona)
        return None if row is None else row_estimate(row)


def records(frame: pd.DataFrame) -> list[Row]:
    """Return the rows of a ledger's frame as dicts."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def frame_of(ledger: Ledger | pd.DataFrame) -> pd.DataFrame:
    """Return the frame of a ledger, or the frame itself."""
    return ledger.frame if isinstance(ledger, Ledger) else ledger


def derived(row: Row, estimate: Estimate | None, *, measure: str, lane: str, **more: Any) -> Row:
    """Return a reasoned row of evidence about the place, the people and the time of `row`.

    Parameters
    ----------
    row
        What it is derived from.
    estimate
        The new number.
    measure, lane
        What the new row is.
    **more
        Further arguments of `cjm_lab.ledger.evidence`.
    """
    scale = (row["scale_min"], row["scale_max"])
    place = {key: row[key] for key in ("stage", "touchpoint", "persona", "segment", "subject")}
    same: Row = {"source": row["source"], "scale": None if pd.isna(scale[0]) else scale, **place}
    new = evidence(estimate, lane=lane, measure=measure, status="reasoned", **(same | more))
    return new | {key: row[key] for key in ("period_start", "period_end")}
