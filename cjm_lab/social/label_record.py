"""The record of labels: what several people's labels come to, and how far they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, agreement, no_estimate

_TEXTS = ["label", "touchpoint", "labeler", "frame_id", "stratum"]


def settled_labels(
    labels: pd.DataFrame,
    *,
    frame_id: str | Sequence[str] | None = None,
    by_touchpoint: bool = False,
) -> pd.DataFrame:
    """Return one label a mention from the labels of several people.

    The latest label of each labeler counts; the one given most often settles it, and a tie is
    ``undecided``, as is a mention of which a person labeled only touchpoints, and those unlike.

    Parameters
    ----------
    labels
        The table of ``labels.csv``: ``mention_id``, ``label`` and any of ``touchpoint``,
        ``labeler``, ``labeled_at``, ``frame_id``, ``stratum``, ``inclusion_prob``. A blank label
        stands for a mention that was drawn and is not labeled yet.
    frame_id
        Only labels of these frames, and those that name none.
    by_touchpoint
        Settle what was said about each touchpoint rather than about the mention as a whole.

    Returns
    -------
    DataFrame
        On ``mention_id`` (and ``touchpoint``), the labeled ones only: ``label``, ``n_labelers``,
        ``inclusion_prob`` (the chance to be drawn and labeled: the largest recorded in the stratum,
        times the part of those drawn that is labeled), ``stratum`` (frame and stratum, as
        ``2026-08/payment``) and ``frame_id``. A mention of two frames counts in the first.
        ``attrs["unlabeled"]`` lists strata of which mentions were drawn and none is labeled.

    Raises
    ------
    ParameterError
        If ``mention_id`` or ``label`` is missing.

    Examples
    --------
    >>> record = pd.DataFrame({"mention_id": ["a", "a", "a", "b", "c", "c"],
    ...     "label": ["negative", "neutral", "neutral", "", "positive", "negative"],
    ...     "labeler": ["Ann", "Bo", "Cy", "", "Ann", "Bo"], "inclusion_prob": 0.375})
    >>> settled_labels(record)[["label", "n_labelers", "inclusion_prob"]].values.tolist()
    [['neutral', 3, 0.25], ['undecided', 2, 0.25]]
    """
    rows = _rows(labels)
    if frame_id is not None:
        names = [frame_id] if isinstance(frame_id, str) else list(frame_id)
        rows = rows[rows["frame_id"].isin([*names, ""])]
        if len(names) == 1:
            rows = rows.assign(frame_id=names[0])
    rows = rows.assign(stratum=rows["frame_id"] + "/" + rows["stratum"])
    chance = _chance(rows)
    votes = _latest(rows)
    unit = ["frame_id", "mention_id", *(["touchpoint"] if by_touchpoint else [])]
    if not by_touchpoint:
        votes = _on_the_whole(votes)
    counts = votes.groupby([*unit, "label"], sort=True).size().rename("votes").reset_index()
    counts = counts.sort_values("votes", ascending=False, kind="stable")
    most = counts.groupby(unit)["votes"].transform("max")
    tied = (counts["votes"] == most).groupby([counts[name] for name in unit]).sum() > 1
    settled = counts.drop_duplicates(unit).set_index(unit)["label"].sort_index()
    settled = settled.mask(tied.reindex(settled.index).astype("bool"), "undecided")
    of_unit = votes.groupby(unit)
    table = settled.to_frame().assign(
        n_labelers=of_unit["labeler"].nunique(), stratum=of_unit["stratum"].first()
    )
    table["inclusion_prob"] = table["stratum"].map(chance).astype("float64")
    table = table.reset_index("frame_id")
    result = table[~table.index.duplicated()].sort_index()
    result = result[["label", "n_labelers", "inclusion_prob", "stratum", "frame_id"]]
    result.attrs["unlabeled"] = sorted(set(rows["stratum"]) - set(votes["stratum"]))
    return result


def label_agreement(labels: pd.DataFrame, *, level: float = 0.95, seed: int = 0) -> Estimate:
    """Return how far labelers agree on the mentions that two or more labeled.

    Krippendorff's alpha of the latest label of each: 1 is full agreement, 0 what chance alone would
    give. ``undecided`` is a label like the others. Units are mentions, or a mention's touchpoints
    where labels name them.

    Parameters
    ----------
    labels
        The table of ``labels.csv``.
    level
        Confidence level.
    seed
        Seed of the bootstrap over units.

    Returns
    -------
    Estimate
        n counts the units; where nothing can be told the method says why.

    Examples
    --------
    >>> record = pd.DataFrame({"mention_id": list("aabbccdd"), "labeler": ["Ann", "Bo"] * 4,
    ...     "label": ["negative"] * 2 + ["positive"] * 2 + ["negative"] * 3 + ["positive"]})
    >>> print(format(label_agreement(record), ".4f"))
    0.5333 [-0.4000, 1.0000] n=4
    >>> label_agreement(record.head(1)).method
    'no mention was labeled by two people'
    """
    votes = _latest(_rows(labels))
    votes = votes.assign(code=pd.factorize(votes["label"], sort=True)[0].astype("float64"))
    # a mention of two frames is one unit, its last label the one that counts
    key = ["mention_id", "touchpoint", "labeler"]
    wide = votes.drop_duplicates(key, keep="last").pivot(
        index=key[:2], columns="labeler", values="code"
    )
    wide = wide[wide.notna().sum(axis=1) > 1]
    if wide.empty:
        return no_estimate("no mention was labeled by two people", level=level)
    if wide.stack().nunique() == 1:
        return no_estimate("all labels are alike", n=len(wide), level=level)
    found = agreement(wide.to_numpy(), scale="nominal", level=level, seed=seed)
    return replace(found, n=len(wide))


def _rows(labels: pd.DataFrame) -> pd.DataFrame:
    """Return the record with all its columns, texts blank where missing."""
    missing = [name for name in ("mention_id", "label") if name not in labels]
    if missing:
        raise ParameterError(
            f"labels must have the columns mention_id and label, got none named {missing}; pass the"
            " table of labels.csv"
        )
    rows = labels.reindex(columns=["mention_id", *_TEXTS, "labeled_at", "inclusion_prob"])
    rows[_TEXTS] = rows[_TEXTS].astype("str").fillna("")
    return rows.assign(inclusion_prob=rows["inclusion_prob"].astype("float64"))


def _latest(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the latest label of each labeler; the undated ones are the oldest."""
    given = rows[rows["label"] != ""]
    given = given.sort_values("labeled_at", kind="stable", na_position="first")
    return given.drop_duplicates(["frame_id", "mention_id", "touchpoint", "labeler"], keep="last")


def _on_the_whole(votes: pd.DataFrame) -> pd.DataFrame:
    """Return one vote a labeler and mention: that on the whole, else that of all touchpoints."""
    unit = ["frame_id", "mention_id", "labeler"]
    whole = votes["touchpoint"] == ""
    said = whole.groupby([votes[name] for name in unit]).transform("any")
    votes = votes[whole | ~said]
    unlike = votes.groupby(unit)["label"].transform("nunique") > 1
    return votes.assign(label=votes["label"].mask(unlike, "undecided")).drop_duplicates(unit)


def _chance(rows: pd.DataFrame) -> pd.Series:
    """Return the chance to be drawn and labeled of each stratum."""
    chance = rows.groupby("stratum")["inclusion_prob"].max()
    drawn = rows.groupby("stratum")["mention_id"].nunique()
    labeled = rows[rows["label"] != ""].groupby("stratum")["mention_id"].nunique()
    return chance * (labeled / drawn).reindex(chance.index).fillna(0.0).astype(np.float64)
