"""The evidence ledger: every number on the map is one of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import nan
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from cjm_lab.errors import ParameterError, SourceError, one_of
from cjm_lab.estimate import Estimate
from cjm_lab.period import Period
from cjm_lab.workspace import short_hash, write_atomic

Status = Literal["observed", "reasoned", "assumed"]

_TEXT = [
    "evidence_id",
    "stage",
    "touchpoint",
    "persona",
    "segment",
    "subject",
    "lane",
    "measure",
    "label",
]
_NUMBER = ["value", "low", "high", "se", "n", "n_eff", "scale_min", "scale_max"]
_TAIL = ["method", "basis", "source", "status", "period_start", "period_end", "note"]

#: The ledger's columns, in the order of evidence.csv.
COLUMNS = [*_TEXT, *_NUMBER, *_TAIL]

#: What a row is about: the map's lanes and the measures beside it.
LANES = (
    "goal",
    "base",
    "acquisition",
    "usage",
    "contacts",
    "persona",
    "reach",
    "drop_off",
    "transition",
    "satisfaction",
    "answered",
    "choice",
    "reliability",
    "driver",
    "feature",
    "emotion",
    "sentiment",
    "quote",
    "pain",
    "value_gap",
    "response",
    "opportunity",
    "resource",
    "forecast",
    "walkthrough",
    "pilot",
    "change",
    "health",
)

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def evidence(
    estimate: Estimate | None = None,
    *,
    lane: str,
    measure: str,
    label: str = "",
    stage: str = "",
    touchpoint: str = "",
    persona: str = "",
    segment: str = "",
    subject: str = "us",
    scale: tuple[float, float] | None = None,
    source: str = "",
    status: Status = "observed",
    period: Period | None = None,
    note: str = "",
    item: str = "",
    basis: Iterable[object] = (),
) -> dict[str, Any]:
    """Return one row of the ledger.

    Parameters
    ----------
    estimate
        The number; without one the row holds words only (a quote, a pain point, an action).
    lane
        Row of the map it belongs to, one of `LANES`.
    measure
        What was measured, by its standard name (``nps``, ``rating``, ``negative_share``).
    label
        The words a reader sees.
    stage, touchpoint, persona, segment
        Where in the journey and of whom; empty means all.
    subject
        ``us`` or the name of a competitor.
    scale
        Ends of the scale that was asked on.
    source
        Kind or file the evidence comes from.
    status
        ``observed``, ``reasoned`` or ``assumed``.
    period
        Span it refers to; None for undated sources.
    note
        What else a reader must know: a small base, a wider period, what agrees.
    item
        What tells rows of one measure at one place apart: a question's code, a pair of events.
    basis
        Definitions that make two values comparable: wording, scale, rule, window.

    Returns
    -------
    dict
        Keys are `COLUMNS`. ``evidence_id`` hashes what is measured and of whom, never wording,
        scale, period, source or values; ``basis`` hashes the definitions.

    Examples
    --------
    >>> from cjm_lab.estimate import share
    >>> row = evidence(share(7, 10), lane="reach", measure="reach", touchpoint="payment")
    >>> row["value"], row["status"]
    (0.7, 'observed')
    """
    if lane not in LANES:
        raise ParameterError(one_of("lane", LANES, lane))
    place = touchpoint or f"stage:{stage}"
    e = estimate
    return {
        "evidence_id": short_hash(place, persona, segment, subject, lane, measure, item),
        "stage": stage,
        "touchpoint": touchpoint,
        "persona": persona,
        "segment": segment,
        "subject": subject,
        "lane": lane,
        "measure": measure,
        "label": label,
        "value": e.value if e else nan,
        "low": e.low if e else nan,
        "high": e.high if e else nan,
        "se": e.se if e else nan,
        "n": e.n if e else nan,
        "n_eff": e.n_eff if e else nan,
        "scale_min": scale[0] if scale else nan,
        "scale_max": scale[1] if scale else nan,
        "method": e.method if e else "",
        "basis": short_hash(measure, scale, *basis, digits=8),
        "source": source,
        "status": status,
        "period_start": period.start.isoformat() if period else "",
        "period_end": period.end.isoformat() if period else "",
        "note": note,
    }


def evidence_frame(rows: Iterable[Mapping[str, Any]] = ()) -> pd.DataFrame:
    """Return rows as a frame with the ledger's columns and types; no rows give an empty one.

    Examples
    --------
    >>> evidence_frame().shape
    (0, 24)
    """
    frame = pd.DataFrame(list(rows), columns=COLUMNS)
    frame[_NUMBER] = frame[_NUMBER].astype("float64")
    text = [column for column in COLUMNS if column not in _NUMBER]
    frame[text] = frame[text].fillna("").astype("str")
    return frame


class Ledger:
    """All evidence of one report: a frame with a fixed schema and one row an `evidence_id`.

    Parameters
    ----------
    frame
        Rows as `evidence` makes them.

    Raises
    ------
    ParameterError
        If a column is missing or an `evidence_id` occurs twice.

    Examples
    --------
    >>> from cjm_lab.estimate import share
    >>> row = evidence(share(7, 10), lane="reach", measure="reach", touchpoint="payment")
    >>> print(Ledger(evidence_frame([row])).estimate(lane="reach", touchpoint="payment"))
    0.70 [0.40, 0.89] n=10
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        missing = [column for column in COLUMNS if column not in frame.columns]
        if missing:
            raise ParameterError(f"a ledger must have the columns {COLUMNS}, missing {missing}")
        twice = frame[frame["evidence_id"].duplicated(keep=False)]
        if len(twice):
            rows = twice[["lane", "measure", "touchpoint", "persona", "segment", "label"]]
            raise ParameterError(
                "each evidence_id must occur once; these rows measure the same thing:\n"
                f"{rows.head(6)}"
            )
        order = ["lane", "measure", "stage", "touchpoint", "persona", "segment", "subject"]
        self.frame = frame[COLUMNS].sort_values([*order, "evidence_id"], ignore_index=True)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.frame)

    def select(self, **where: str) -> pd.DataFrame:
        """Return the rows whose columns equal the given values, such as ``lane="reach"``."""
        rows = self.frame
        for column, value in where.items():
            rows = rows[rows[column] == value]
        return rows

    def estimate(self, **where: str) -> Estimate:
        """Return the one row that matches as an Estimate.

        Raises
        ------
        ParameterError
            If not exactly one row matches.
        """
        rows = self.select(**where)
        if len(rows) != 1:
            raise ParameterError(f"one row of evidence must match {where}, got {len(rows)}")
        return row_estimate(rows.iloc[0])

    def to_csv(self, path: Path) -> Path:
        """Write evidence.csv: sorted, 12 significant digits, no cell that starts a formula."""
        frame = self.frame.copy()
        text = [column for column in COLUMNS if column not in _NUMBER]
        frame[text] = frame[text].apply(defused)
        return write_atomic(
            path, lambda p: frame.to_csv(p, index=False, float_format="%.12g", lineterminator="\n")
        )

    @classmethod
    def read_csv(cls, path: Path) -> Ledger:
        """Read what `to_csv` wrote.

        Raises
        ------
        SourceError
            If the file is not a ledger.
        """
        text = {column: "str" for column in COLUMNS if column not in _NUMBER}
        frame = pd.read_csv(
            path, dtype=text, keep_default_na=False, na_values={c: [""] for c in _NUMBER}
        )
        if list(frame.columns) != COLUMNS:
            raise SourceError(f"{path} must have the columns {COLUMNS}, got {list(frame.columns)}")
        frame[_NUMBER] = frame[_NUMBER].astype("float64")
        names = list(text)
        frame[names] = frame[names].apply(restored)
        return cls(frame)

    def _repr_html_(self) -> str:
        return self.frame.to_html(index=False, max_rows=20, escape=True)


def row_estimate(row: pd.Series | Mapping[Any, Any]) -> Estimate:
    """Return the Estimate that a ledger row holds."""
    n = row["n"]
    return Estimate(
        value=float(row["value"]),
        low=float(row["low"]),
        high=float(row["high"]),
        n=0 if pd.isna(n) else int(n),
        method=str(row["method"]),
        se=float(row["se"]),
        n_eff=float(row["n_eff"]),
    )


def defused(column: pd.Series) -> pd.Series:
    """Put an apostrophe before texts that a spreadsheet would run as a formula."""
    risky = column.str.startswith((*_FORMULA_STARTS, "'"))
    return column.where(~risky, "'" + column)


def restored(column: pd.Series) -> pd.Series:
    """Take the apostrophe of `defused` away again; one that somebody typed stays.

    Examples
    --------
    >>> restored(pd.Series(["'-5 %", "'tis"])).tolist()
    ['-5 %', "'tis"]
    """
    risky = column.str[1:].str.startswith((*_FORMULA_STARTS, "'"))
    return column.where(~(column.str.startswith("'") & risky), column.str[1:])
