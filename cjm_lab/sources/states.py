"""What a row of an export is: a complete or partial answer, a test, or one that is there twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cjm_lab.errors import SourceError
from cjm_lab.sources.answers import Answers, Mask
from cjm_lab.sources.exports import Export, own_columns
from cjm_lab.sources.files import as_text

#: States of rows that are no answers of a respondent's own.
DROPPED = ("preview", "duplicate")

#: Qualtrics' answer types that no customer gave: tests, and what it takes for spam.
_TEST_STATUS = {
    "1", "2", "8", "9", "12", "17", "40", "48", "survey preview", "survey test", "spam",
    "survey preview (spam)", "spam survey preview", "imported (spam)", "offline survey preview",
    "preview",
}  # fmt: skip
_NOT_FINISHED = {"0", "false", "no"}


def row_states(export: Export, answers: Mapping[str, Answers]) -> pd.Series:
    """Return which rows are complete, partial or tests, by what the survey tool writes."""
    own = own_columns(export)

    def column(*keys: str) -> pd.Series | None:
        name = next((own[key] for key in keys if key in own), None)
        return None if name is None else as_text(export.frame[name]).str.casefold()

    rows = len(export.frame)
    answered = np.zeros(rows, dtype=bool)
    for one in answers.values():
        if answered.all():
            break
        values = one.values
        answered |= (values.notna() if values.dtype == "float64" else values != "").to_numpy(bool)
        answered[one.not_applicable] = True
    partial: Mask = ~answered
    if (progress := column("progress")) is not None:
        partial |= (pd.to_numeric(progress, errors="coerce") < 100).to_numpy(bool)
    if (finished := column("finished")) is not None:
        partial |= finished.isin(_NOT_FINISHED).to_numpy(bool)
    ended = column("submitdate", "datesubmitted", "datumabgeschickt", "submitdateutc")
    if ended is not None:
        partial |= (ended == "").to_numpy(bool)
    if (kind := column("responsetype")) is not None:
        partial |= kind.isin(["partial", "started"]).to_numpy(bool)
    preview = np.zeros(rows, dtype=bool)
    if (status := column("status")) is not None:
        preview |= status.isin(_TEST_STATUS).to_numpy(bool)
    if (channel := column("distributionchannel")) is not None:
        preview |= (channel == "preview").to_numpy(bool)
    states = pd.array(["complete", "partial", "preview"], dtype="str")
    return pd.Series(states.take(np.where(preview, 2, partial)))


def with_duplicates(table: pd.DataFrame, files: Sequence[tuple[str, int]]) -> pd.DataFrame:
    """Return the table with repeated rows marked; one id with two different answers is refused.

    Of a partial and a complete answer of one respondent, the complete one counts.
    """
    real = table[(table["state"] != "preview") & (table["respondent_id"] != "")]
    twins = real[real["respondent_id"].duplicated(keep=False)]
    if twins.empty:
        return table
    again = twins.duplicated()
    left = twins[~again]
    left = left[left["respondent_id"].duplicated(keep=False)]
    finished = set(left.loc[left["state"] == "complete", "respondent_id"])
    early = left[(left["state"] == "partial") & left["respondent_id"].isin(finished)]
    marked = twins.index[again].append(early.index)
    kept = real.drop(index=marked)
    clash = kept[kept["respondent_id"].duplicated(keep=False)]
    if len(clash):
        same = clash[clash["respondent_id"] == clash["respondent_id"].iloc[0]]
        where = " and ".join(_place(int(row), files) for row in same.index[:2])
        raise SourceError(
            f"respondent_id must occur once, got {same['respondent_id'].iloc[0]!r} with different "
            f"answers ({where}); correct the file, or name the column of the respondents' ids"
        )
    state = table["state"].copy()
    state[marked] = "duplicate"
    return table.assign(state=state)


def _place(row: int, files: Sequence[tuple[str, int]]) -> str:
    """Return the file and data row of a row of all files together."""
    for name, rows in files:
        if row < rows:
            return f"{name}, data row {row + 1}"
        row -= rows
    raise AssertionError("the row lies in one of the files")
