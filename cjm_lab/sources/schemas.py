"""The tidy tables: their columns, types, keys and domains."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Literal

import pandas as pd

from cjm_lab.errors import SourceError

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

ColumnType = Literal["id", "text", "person", "time", "number", "flag"]

#: How the names of columns end whose values name a row of some table.
JOINING = ("_id", "_of")
_DTYPES = {
    "id": "str",
    "text": "str",
    "person": "str",
    "time": "datetime64[us, UTC]",
    "number": "float64",
    "flag": "bool",
}


@dataclass(frozen=True, slots=True)
class Table:
    """What a tidy table looks like.

    Parameters
    ----------
    columns
        Type of each column: ``id`` is text that joins or groups; personal data in it is hashed
        where the name ends as in `JOINING` and masked elsewhere. ``text`` is what somebody wrote
        and is masked, ``person`` is somebody's name and is hashed.
    required
        Columns that the file must have and that may not be blank, unless their domain has "".
    key
        Column whose values occur once, if any.
    dated
        Column that places a row in time, if any.
    domains
        Allowed texts or allowed range of a column.
    """

    columns: dict[str, ColumnType]
    required: tuple[str, ...]
    key: str = ""
    dated: str = ""
    domains: dict[str, tuple[str, ...] | tuple[float, float]] = field(default_factory=dict)


TABLES: dict[str, Table] = {
    "responses": Table(
        {
            "respondent_id": "id",
            "customer_id": "id",
            "submitted_at": "time",
            "wave": "id",
            "weight": "number",
            "stratum": "id",
            "cluster": "id",
            "fpc": "number",
            "subject": "id",
            "state": "id",
            "not_applicable": "id",
        },
        ("respondent_id",),
        key="respondent_id",
        dated="submitted_at",
        domains={
            "weight": (0.0, float("inf")),
            "fpc": (0.0, float("inf")),
            "state": ("complete", "partial", "preview", "duplicate"),
        },
    ),
    "invitations": Table(
        {
            "respondent_id": "id",
            "customer_id": "id",
            "invited_at": "time",
            "reward": "id",
            "wave": "id",
        },
        ("invited_at",),
        dated="invited_at",
    ),
    "mentions": Table(
        {
            "mention_id": "id",
            "customer_id": "id",
            "published_at": "time",
            "channel": "id",
            "author_key": "person",
            "text": "text",
            "lang": "id",
            "url": "id",
            "engagement": "number",
            "repost_of": "id",
        },
        ("mention_id", "text"),
        dated="published_at",
    ),
    "events": Table(
        {
            "customer_id": "id",
            "occurred_at": "time",
            "event": "id",
            "channel": "id",
            "session_id": "id",
            "value": "number",
            "page": "id",
            "campaign": "id",
            "device": "id",
        },
        ("customer_id", "occurred_at", "event"),
        dated="occurred_at",
    ),
    "customers": Table(
        {"customer_id": "id", "joined_at": "time", "left_at": "time", "observed_from": "time"},
        ("customer_id",),
        key="customer_id",
        dated="joined_at",
    ),
    "orders": Table(
        {
            "customer_id": "id",
            "ordered_at": "time",
            "amount": "number",
            "product": "id",
            "kind": "id",
        },
        ("customer_id", "ordered_at", "amount"),
        dated="ordered_at",
        domains={"kind": ("", "new", "repeat", "upgrade", "renewal", "reactivation")},
    ),
    "interactions": Table(
        {
            "customer_id": "id",
            "channel": "id",
            "topic": "id",
            "opened_at": "time",
            "first_reply_at": "time",
            "resolved_at": "time",
            "touchpoint": "id",
            "kind": "id",
        },
        ("customer_id", "opened_at"),
        dated="opened_at",
        domains={"kind": ("", "question", "request", "complaint")},
    ),
    "labels": Table(
        {
            "mention_id": "id",
            "label": "id",
            "touchpoint": "id",
            "labeler": "person",
            "labeled_at": "time",
            "frame_id": "id",
            "stratum": "id",
            "inclusion_prob": "number",
        },
        ("mention_id", "label"),
        domains={
            "label": ("", "negative", "neutral", "positive", "undecided"),
            "inclusion_prob": (0.0, 1.0),
        },
    ),
    "notes": Table(
        {
            "note_id": "id",
            "kind": "id",
            "touchpoint": "id",
            "persona": "id",
            "text": "text",
            "author": "person",
            "date": "time",
        },
        ("note_id", "kind", "text"),
        key="note_id",
        dated="date",
        domains={"kind": ("interview", "user_test", "staff", "market")},
    ),
    "findings": Table(
        {
            "walk_id": "id",
            "evaluator": "person",
            "touchpoint": "id",
            "question": "id",
            "passed": "flag",
            "kind": "id",
            "severity": "number",
            "seconds": "number",
            "note": "text",
        },
        ("walk_id", "evaluator", "touchpoint", "question", "passed"),
        domains={"kind": ("", "weakness", "strength"), "severity": (0.0, 4.0)},
    ),
    "resources": Table(
        {
            "resource": "id",
            "kind": "id",
            "have": "number",
            "need": "number",
            "unit": "id",
            "cost_once": "number",
            "cost_month": "number",
            "owner": "id",
            "touchpoints": "id",
            "measure": "id",
            "lift_low": "number",
            "lift_likely": "number",
            "lift_high": "number",
            "lift_source": "id",
            "effort": "number",
        },
        ("resource",),
        key="resource",
        domains={"lift_source": ("", "pilot", "benchmark", "judgement")},
    ),
    "pilot": Table(
        {"customer_id": "id", "arm": "id", "assigned_at": "time"},
        ("customer_id", "arm"),
        key="customer_id",
        dated="assigned_at",
        domains={"arm": ("control", "treatment")},
    ),
    "actions": Table(
        {
            "opportunity": "id",
            "owner": "id",
            "due": "time",
            "state": "id",
            "measure": "id",
            "done": "time",
        },
        ("opportunity",),
    ),
    "costs": Table(
        {"channel": "id", "month": "time", "amount": "number"},
        ("channel", "month", "amount"),
        dated="month",
        domains={"amount": (0.0, math.inf)},
    ),
    "calendar": Table({"date": "time", "what": "text"}, ("date", "what"), dated="date"),
    "map": Table(
        {
            "stage": "id",
            "touchpoint": "id",
            "persona": "id",
            "lane": "id",
            "state": "id",
            "text": "text",
        },
        ("lane", "text"),
        domains={"state": ("", "as-is", "to-be")},
    ),
}


def empty_table(kind: str) -> pd.DataFrame:
    """Return a tidy table without rows, for a source that a study lacks.

    Examples
    --------
    >>> list(empty_table("calendar"))
    ['date', 'what']
    """
    columns = TABLES[kind].columns
    return pd.DataFrame({name: pd.Series(dtype=_DTYPES[type_]) for name, type_ in columns.items()})


def check(frame: pd.DataFrame, kind: str, file: str) -> pd.DataFrame:
    """Return the frame if it is a tidy table of that kind.

    Raises
    ------
    SourceError
        For the first violation, with its row and value.
    """
    from pandera.errors import SchemaError

    try:
        return _schema(kind).validate(frame)
    except SchemaError as error:
        column = getattr(error.schema, "name", None) or kind
        cases = error.failure_cases
        value, row = "", ""
        if isinstance(cases, pd.DataFrame) and len(cases):
            wrong = cases["failure_case"].iloc[0]
            value = f", got {wrong:g}" if isinstance(wrong, float) else f", got {wrong!r}"
            index = cases["index"].iloc[0]
            row = "" if pd.isna(index) else f", data row {int(index) + 1}"
        rule = error.check.error if getattr(error.check, "error", None) else str(error.check)
        if error.reason_code is not None and error.reason_code.name == "SERIES_CONTAINS_DUPLICATES":
            rule = "must occur once"
        raise SourceError(f"{column} {rule}{value} ({file}{row}); correct the file") from None


@cache
def _schema(kind: str) -> DataFrameSchema:
    """Return the pandera schema of a tidy table."""
    import pandera.pandas as pa

    table = TABLES[kind]
    columns = {}
    for name, type_ in table.columns.items():
        checks = []
        domain = table.domains.get(name)
        worded = type_ in ("id", "text", "person")
        if name in table.required and worded and "" not in (domain or ()):
            checks.append(pa.Check.str_length(min_value=1, error="must not be blank"))
        if domain and isinstance(domain[0], str):
            checks.append(pa.Check.isin(domain, error=f"must be one of {list(domain)}"))
        elif domain:
            text = f"must lie between {domain[0]:g} and {domain[1]:g}"
            checks.append(pa.Check.in_range(*domain, error=text))
        nullable = not (name in table.required and type_ in ("time", "number"))
        columns[name] = pa.Column(
            _DTYPES[type_], checks, nullable=nullable, unique=name == table.key
        )
    return pa.DataFrameSchema(columns, strict=False)
