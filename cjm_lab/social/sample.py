"""Which mentions people should label: a random sample of a period's frame that may grow."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import pandas as pd

from cjm_lab.errors import ParameterError, one_of

#: A stratified sample draws at least so many from each stratum that has them.
FEWEST_A_STRATUM = 30

_RECORD = ["label", "touchpoint", "labeler", "labeled_at"]


def frame_of(scored: pd.DataFrame, *, scorable: bool = True) -> pd.DataFrame:
    """Return the frame of a period: its mentions without exact duplicates, each once.

    Parameters
    ----------
    scored
        The period's mentions as `scored_mentions` returns them.
    scorable
        Only the mentions of which a share can be told: those that labels are drawn from.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> scored = pd.DataFrame({"mention_id": ["a", "b", "b", "c"], "duplicate": [1, 0, 0, 0],
    ...     "scorable": [1, 1, 1, 0]})
    >>> frame_of(scored)["mention_id"].tolist()
    ['b']
    """
    _need(scored, ["mention_id", "duplicate", "scorable"])
    keep = ~scored["duplicate"].astype("bool")
    if scorable:
        keep &= scored["scorable"].astype("bool")
    return scored[keep].drop_duplicates("mention_id")


def draw_sample(
    mentions: pd.DataFrame,
    n: int,
    *,
    by: str = "",
    frame_id: str,
    labels: pd.DataFrame | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the mentions that people should label, in the order in which to label them.

    Each mention of the frame has a permanent random number, and each stratum gives those with its
    smallest: a larger n keeps all that were drawn before, and neither the order of the rows nor
    another run changes anything. Whoever stops on the way has labeled a smaller sample of the same
    kind.

    Parameters
    ----------
    mentions
        One period's mentions as `scored_mentions` returns them; the frame is fixed here.
    n
        Number of mentions to draw; all of a smaller frame.
    by
        Column that makes strata (``channel``), or ``touchpoint``: each mention belongs to the
        rarest touchpoint that it speaks about. Each stratum gives 30 where it has them, by turns,
        and beyond that the sample comes as near to the strata's sizes as it can.
    frame_id
        Name of the period's frame, such as ``2026-08``, or ``all``.
    labels
        The record so far: labels of this frame stay, with the chance of the grown sample.
    seed
        Another seed draws another sample.

    Returns
    -------
    DataFrame
        The columns of ``labels.csv`` and ``text``. Mentions drawn and not labeled yet have a blank
        label; those labeled by several people have several rows. Labels of this frame whose mention
        has left it come last. ``attrs`` tell the ``frame`` (its size), ``drawn``, ``outside``
        (mentions that have left the frame) and ``all_drawn``.

    Raises
    ------
    ParameterError
        If n is not positive, `frame_id` is empty, a column is missing, or a labeled mention of the
        frame would not be among those drawn.

    References
    ----------
    Ohlsson (1995), Coordination of samples using permanent random numbers, in Business Survey
    Methods, ch. 9; Balinski & Young (1982), Fair Representation (Webster's method, which never
    takes away from one what it gave when there was less to share out).

    Examples
    --------
    >>> said = pd.DataFrame({"mention_id": [f"m{i}" for i in range(400)], "text": "hm",
    ...     "duplicate": False, "scorable": True, "channel": ["x"] * 370 + ["reviews"] * 30})
    >>> sample = draw_sample(said, 100, by="channel", frame_id="2026-08")
    >>> sample.groupby("stratum")["inclusion_prob"].agg(["size", "first"]).round(4).values.tolist()
    [[30.0, 1.0], [70.0, 0.1892]]
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ParameterError(f"n must be a positive whole number, got {n!r}; 200 is usual")
    if not frame_id:
        raise ParameterError("frame_id must name the period's frame, such as '2026-08', got ''")
    frame = frame_of(mentions)
    _need(frame, ["text"])
    frame = frame.astype({"mention_id": "str"})[["mention_id", "text"]].assign(
        stratum=_strata(frame, by), frame_id=frame_id
    )
    ordered = _in_order(frame, _random_numbers(frame["mention_id"], f"{seed}/{frame_id}"))
    drawn = ordered.head(n)
    chance = drawn["stratum"].value_counts() / frame["stratum"].value_counts()
    record = _of_frame(labels, frame_id)
    given = record[record["label"] != ""]
    _keep_labeled(given, ordered, n, frame_id)
    gone = given[pd.Index(frame["mention_id"]).get_indexer(given["mention_id"]) < 0]
    rows = drawn.merge(given[["mention_id", *_RECORD]], on="mention_id", how="left")
    rows["inclusion_prob"] = np.nan
    if len(gone):
        rows = pd.concat([rows, gone.assign(text="")[rows.columns]], ignore_index=True)
    rows["inclusion_prob"] = rows["stratum"].map(chance).fillna(rows["inclusion_prob"])
    texts = ["label", "touchpoint", "labeler"]
    rows[texts] = rows[texts].astype("str").fillna("")
    result = rows[["mention_id", *_RECORD, "frame_id", "stratum", "inclusion_prob", "text"]]
    result.attrs = {
        "frame": len(frame),
        "drawn": len(drawn),
        "outside": int(gone["mention_id"].nunique()),
        "all_drawn": len(drawn) == len(frame),
    }
    return result


def _need(table: pd.DataFrame, columns: list[str]) -> None:
    """Refuse a table that is not what `scored_mentions` returns."""
    missing = [name for name in columns if name not in table]
    if missing:
        raise ParameterError(
            f"mentions must have the columns {columns}, got none named {missing}; pass what"
            " scored_mentions returns"
        )


def _strata(frame: pd.DataFrame, by: str) -> pd.Series:
    """Return the stratum of each mention; blank for none."""
    if not by:
        return pd.Series("", index=frame.index, dtype="str")
    if by != "touchpoint":
        if by not in frame:
            raise ParameterError(one_of("by", ["touchpoint", *frame.columns], by))
        return frame[by].astype("str").fillna("")
    _need(frame, ["touchpoints"])
    links = frame["touchpoints"].explode().dropna().astype("str")
    size = links.map(links.value_counts())
    rarest = pd.DataFrame({"touchpoint": links, "size": size}).sort_values(["size", "touchpoint"])
    first = rarest.loc[~rarest.index.duplicated(), "touchpoint"]
    return first.reindex(frame.index).fillna("").astype("str")


def _random_numbers(ids: pd.Series, key: str) -> pd.Series:
    """Return a random number for each id that is the same whenever and wherever it is drawn."""
    secret = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return pd.util.hash_pandas_object(ids.astype("str"), index=False, hash_key=secret)


def _in_order(frame: pd.DataFrame, random: pd.Series) -> pd.DataFrame:
    """Return the frame in the order in which a growing sample draws from it.

    By turns up to the fewest a stratum, then by Webster's method: the j-th of a stratum of size N
    comes at (j - 1/2) / N. As the sample is the head of one order, growing it takes nothing back.
    """
    key = random.to_numpy()
    codes, names = pd.factorize(frame["stratum"], sort=True)
    by_stratum = np.lexsort((key, codes))
    size = np.bincount(codes, minlength=len(names))
    turn = np.empty(len(frame), dtype=np.int64)
    turn[by_stratum] = 1 + np.arange(len(frame)) - (size.cumsum() - size)[codes[by_stratum]]
    share = np.where(turn > FEWEST_A_STRATUM, (turn - 0.5) / size[codes], 0.0)
    order = np.lexsort((key, share, np.minimum(turn, FEWEST_A_STRATUM + 1)))
    return frame.iloc[order]


def _of_frame(labels: pd.DataFrame | None, frame_id: str) -> pd.DataFrame:
    """Return the rows of the record that belong to the frame, with all its columns."""
    texts = ["mention_id", "label", "touchpoint", "labeler", "frame_id", "stratum"]
    record = pd.DataFrame({"mention_id": []}) if labels is None else labels
    _need_record(record)
    record = record.reindex(
        columns=["mention_id", *_RECORD, "frame_id", "stratum", "inclusion_prob"]
    )
    record = record.assign(
        **{name: record[name].astype("str").fillna("") for name in texts},
        labeled_at=pd.to_datetime(record["labeled_at"], utc=True),
    )
    return record[record["frame_id"] == frame_id]


def _need_record(record: pd.DataFrame) -> None:
    if "mention_id" not in record:
        raise ParameterError(
            f"labels must have a column mention_id, got {list(record.columns)}; pass the table of"
            " labels.csv"
        )


def _keep_labeled(given: pd.DataFrame, ordered: pd.DataFrame, n: int, frame_id: str) -> None:
    """Refuse a sample that would leave labeled mentions of its frame out."""
    labeled = given["mention_id"].unique()
    reached = 1 + pd.Index(ordered["mention_id"]).get_indexer(labeled)
    reached = reached[reached > 0]
    beyond = int((reached > n).sum())
    if beyond:
        raise ParameterError(
            f"n must be at least {int(reached.max())} so that all labels of the frame"
            f" {frame_id!r} stay in its sample, got {n}, which leaves {beyond} of"
            f" {len(reached)} out; if that is far more than were drawn, they were drawn with"
            " another seed or by, or the frame has changed since"
        )
