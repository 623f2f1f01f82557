"""A random sample of mentions for people to label, written into labels.csv."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.ledger import defused
from cjm_lab.period import Period
from cjm_lab.runs.context import RunContext
from cjm_lab.social import draw_sample
from cjm_lab.sources.formats import read_grid, unique_names
from cjm_lab.sources.schemas import TABLES
from cjm_lab.study import MentionsSource, Study
from cjm_lab.workspace import Workspace, write_atomic

#: What people see of a mention while they label it.
_SHOWN = "text"


@dataclass(frozen=True, slots=True)
class LabelSheet:
    """What a drawing did: the file, and how many mentions are drawn, new and still to label."""

    file: Path
    frame: int
    drawn: int
    new: int
    to_label: int


def grow_labels(
    workspace: Workspace,
    study: str,
    n: int,
    *,
    by: str = "",
    as_of: str = "",
    period: str = "",
    seed: int = 0,
) -> LabelSheet:
    """Draw a sample of the period's mentions into labels.csv, or let the one that is there grow.

    Labels that are there stay as they are, but for the chance with which their mention was drawn.
    New rows have a blank label and the masked text of the mention; a row that waits for a label
    goes when its mention is not drawn any more, because the draw is another one.

    Parameters
    ----------
    workspace
        Folder that holds data/raw and data/processed.
    study
        Name of its folder.
    n
        Number of mentions to have in the sample.
    by
        ``touchpoint`` or a column of the mentions: at least 30 are drawn of each.
    as_of, period
        As in a run: whose mentions are drawn.
    seed
        Where random numbers start.

    Raises
    ------
    ParameterError
        If the study has no mentions in the period, or their labels lie in another file.
    """
    context = RunContext(workspace, study, as_of=as_of, period=period, seed=seed, keep=True)
    file = _own_file(context.study)
    scored = context.table("scored")
    if scored["published_at"].notna().any():
        scored = scored[context.period.contains(scored["published_at"])]
    if scored.empty:
        raise ParameterError(
            f"study {study!r} must have mentions to label, got none in {context.period.label}; "
            "add a mentions source or choose --as-of"
        )
    labels = context.table("labels")
    frame_id = frame_name(context.period)
    sample = draw_sample(scored, n, by=by, frame_id=frame_id, labels=labels, seed=seed)
    sheet = _sheet(file, sample, frame_id)
    write_atomic(file, lambda draft: sheet.to_csv(draft, index=False, lineterminator="\n"))
    once = sample.drop_duplicates("mention_id")
    known = set(labels.loc[labels["frame_id"] == frame_id, "mention_id"])
    return LabelSheet(
        file=file,
        frame=sample.attrs["frame"],
        drawn=sample.attrs["drawn"],
        new=int((~once["mention_id"].isin(known)).sum()),
        to_label=int((once["label"] == "").sum()),
    )


def frame_name(period: Period) -> str:
    """Return the name of a period's frame in labels.csv.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.period import period_up_to
    >>> [frame_name(period_up_to(date(2026, 9, 30), kind)) for kind in ("month", "quarter")]
    ['2026-09', '2026-07 to 2026-09']
    """
    if period.kind == "all":
        return "all"
    first, last = f"{period.start:%Y-%m}", f"{period.end:%Y-%m}"
    return first if first == last else f"{first} to {last}"


def _own_file(study: Study) -> Path:
    """Return the study's labels.csv; labels that lie elsewhere are nobody's to write."""
    for source in study.sources:
        if source.kind == "labels" or (isinstance(source, MentionsSource) and source.labels):
            raise ParameterError(
                f"labels of study {study.name!r} must lie in labels.csv to be drawn, got those of "
                f"{source.file}; take that out of study.yaml"
            )
    return study.folder / "labels.csv"


def _sheet(file: Path, sample: pd.DataFrame, frame_id: str) -> pd.DataFrame:
    """Return the file's rows and columns as they are, with the sample's new rows below them."""
    columns = [*TABLES["labels"].columns, _SHOWN]
    old = pd.DataFrame(columns=columns, dtype="str")
    if file.is_file():
        grid = read_grid(file)
        old = grid.cells.set_axis(unique_names(grid.header), axis=1).astype("str").fillna("")
    drawn = sample.drop_duplicates("mention_id").set_index("mention_id")
    chance = drawn["inclusion_prob"].map(repr)
    old = old.reindex(columns=[*old.columns, *(name for name in columns if name not in old)])
    old = old.fillna("")
    own, there = old["frame_id"] == frame_id, old["mention_id"].isin(drawn.index)
    gone = own & (old["label"] == "") & ~there
    for name, values in (("inclusion_prob", chance), ("stratum", drawn["stratum"])):
        old.loc[own & there, name] = old.loc[own & there, "mention_id"].map(values)
    new = drawn[~drawn.index.isin(old.loc[own & there, "mention_id"])].reset_index()
    new = new.assign(
        inclusion_prob=new["mention_id"].map(chance),
        labeled_at="",
        text=defused(new[_SHOWN].str.split().str.join(" ")),
    )
    return pd.concat([old[~gone], new[columns]], ignore_index=True).fillna("")
