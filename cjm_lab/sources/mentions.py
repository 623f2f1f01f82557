"""Reader of mentions: from exports to one row a post, review or ticket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cjm_lab.errors import ParameterError, SourceError
from cjm_lab.sources.files import as_text, rename, require, source_files
from cjm_lab.sources.mention_exports import MENTION_LAYOUTS, MentionExport, read_mention_export
from cjm_lab.sources.mention_parts import NAMELESS_LINK, nameless_links, without_name
from cjm_lab.sources.schemas import TABLES, check
from cjm_lab.sources.tidy import attribute_column, tidy_columns

_READING = ["file", "layout", "encoding", "delimiter", "rows", "left_out", "note"]
_WITHOUT_TEXT = {"google_play": "ratings without text"}


def read_mentions(
    file: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    dates: str = "",
    time_zone: str = "UTC",
    names: Iterable[str] = (),
    folder: str | Path = ".",
    layout: str | None = None,
    attributes: Iterable[str] = (),
    salt: str = "",
) -> pd.DataFrame:
    r"""Read mentions: one row a post, review or ticket.

    Exports of X (API v2), Reddit, Google Play, the App Store, Zendesk, Meltwater and Brandwatch are
    recognized by their head; what was found and left out is said by `mentions_reading`.

    Parameters
    ----------
    file
        CSV, XLSX, JSON, JSON-lines or parquet file, or a glob of monthly files, relative to
        `folder`.
    columns
        Tidy name to the file's own name, which goes before what a layout says; ``author`` is
        hashed into ``author_key``. A field of nested JSON is named by its path: ``via.channel``.
    dates
        Format of dates that are not ISO.
    time_zone
        Zone of times without an offset.
    names
        The brand's names; their handles stay, all others are masked.
    folder
        Where relative file names start.
    layout
        Overrules how the layout is recognized: one of `MENTION_LAYOUTS`.
    attributes
        Columns that must be there, by which figures are wanted. Of an export that is recognized,
        columns outside its layout are read only when they are named here or in `columns`.
    salt
        What author keys are made with; without it they are of use in this process alone.

    Returns
    -------
    DataFrame
        Columns of the tidy table, then attributes and, of a plain table, any others of the file.
        What a vendor says of a mention is an attribute such as ``vendor_sentiment``.

    Raises
    ------
    ParameterError
        If there is no such layout.
    SourceError
        If a file, column or value cannot be used.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "m.csv"
    >>> _ = file.write_text("id,body\n1,Thanks @jo_miller\n")
    >>> read_mentions(file, columns={"mention_id": "id", "text": "body"})["text"].tolist()
    ['Thanks [handle]']
    """
    own, attributes, brand = columns or {}, list(attributes), tuple(names)
    wanted = [*own.values(), *attributes]
    exports, tables = [], []
    for path in source_files(str(file), Path(folder)):
        export = read_mention_export(path, layout=layout, wanted=wanted, dates=dates)
        frame = rename(export.frame, own, path.name)
        require(frame, [*TABLES["mentions"].required, *attributes], path.name)
        if export.layout != "plain":
            frame = _with_text(frame, export)
        zoneless = _zoneless(frame, export)
        tidy = tidy_columns("mentions", frame, path.name, dates, time_zone, brand, salt)
        if "url" in frame.columns:
            tidy["url"] = _links(frame, tidy["url"])
        if zoneless:
            export.notes.append(f"times without an offset read as {time_zone}")
        others = [name for name in frame.columns if name not in (*tidy.columns, "author")]
        exports.append(export)
        tables.append(check(tidy, "mentions", path.name).join(frame[others]))
    return _joined(tables, exports)


def mentions_reading(mentions: pd.DataFrame) -> pd.DataFrame:
    r"""Return how each file of mentions was read, one row a file.

    Parameters
    ----------
    mentions
        Mentions as `read_mentions` or `read_tables` return them.

    Returns
    -------
    DataFrame
        file, layout, encoding, delimiter, rows (kept), left_out (rows or items that are no
        mentions, or whose id stands there again), note (why, and what else is to be said).

    Raises
    ------
    ParameterError
        If the table does not come from `read_mentions`.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "m.csv"
    >>> _ = file.write_text("mention_id;text\n1;Fine\n")
    >>> mentions_reading(read_mentions(file))[["layout", "delimiter", "rows"]].values.tolist()
    [['plain table', 'semicolon', 1]]
    """
    if len(mentions) and "reading" not in mentions.attrs:
        raise ParameterError(
            "mentions must be a table as read_mentions or read_tables returns it, got one without "
            "what was read; pass it as it is"
        )
    return pd.DataFrame(mentions.attrs.get("reading", []), columns=_READING)


def _with_text(frame: pd.DataFrame, export: MentionExport) -> pd.DataFrame:
    """Return the rows of an export that say something; the others are counted."""
    blank = as_text(frame["text"]) == ""
    if blank.any():
        export.left_out[_WITHOUT_TEXT.get(export.layout, "without text")] += int(blank.sum())
    return frame[~blank]


def _zoneless(frame: pd.DataFrame, export: MentionExport) -> bool:
    """Whether an export writes times without saying where they hold."""
    if export.layout == "plain" or "published_at" not in frame.columns:
        return False
    times = frame["published_at"]
    if pd.api.types.is_datetime64_any_dtype(times):
        return times.dt.tz is None
    known = as_text(times)
    return not known[known != ""].str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", regex=True).all()


def _links(frame: pd.DataFrame, masked: pd.Series) -> pd.Series:
    """Return addresses without their author's name; a post's number on X stays as it is."""
    plain = nameless_links(as_text(frame["url"]))
    links = plain.where(plain.str.fullmatch(NAMELESS_LINK), masked)
    return without_name(links, as_text(frame["author"])) if "author" in frame.columns else links


def _joined(tables: list[pd.DataFrame], exports: list[MentionExport]) -> pd.DataFrame:
    """Return all files as one table, each id of an export once, with what was read in its attrs."""
    whose = pd.Series(np.repeat(np.arange(len(tables)), [len(table) for table in tables]))
    full = [table for table in tables if len(table)] or tables[:1]
    table = pd.concat(full, ignore_index=True)
    exported = whose.isin([i for i, one in enumerate(exports) if one.layout != "plain"])
    _refuse_conflicts(table, whose, exports)
    again = exported & table["mention_id"].duplicated(keep="last")
    for i, count in whose[again].value_counts().items():
        exports[int(str(i))].left_out["whose id stands there again, the last one kept"] += count
    table, whose = table[~again].reset_index(drop=True), whose[~again]
    tidy = TABLES["mentions"].columns
    others = {name: attribute_column(table[name]) for name in table.columns if name not in tidy}
    table = table.assign(**others)
    rows = whose.value_counts()
    table.attrs["reading"] = [_said(one, int(rows.get(i, 0))) for i, one in enumerate(exports)]
    return table


def _refuse_conflicts(table: pd.DataFrame, whose: pd.Series, exports: list[MentionExport]) -> None:
    """Raise if an id of X, which never changes, stands for two texts."""
    from_x = whose.isin([i for i, one in enumerate(exports) if one.layout == "x"])
    posts = table.loc[from_x, ["mention_id", "text"]].drop_duplicates()
    twice = posts["mention_id"].duplicated()
    if twice.any():
        row = posts.index[twice][0]
        file = exports[int(whose[row])].file
        raise SourceError(
            f"mention_id must stand for one post, got {table['mention_id'][row]!r} for two "
            f"({file}, item {row + 1}); take one of them out"
        )


def _said(export: MentionExport, rows: int) -> dict[str, Any]:
    """Return what is said about how a file was read."""
    why = [f"{count:,} {reason}" for reason, count in export.left_out.items()]
    notes = [*export.notes, *([f"left out: {', '.join(why)}"] if why else [])]
    return {
        "file": export.file,
        "layout": MENTION_LAYOUTS[export.layout],
        "encoding": export.encoding,
        "delimiter": export.delimiter,
        "rows": rows,
        "left_out": int(sum(export.left_out.values())),
        "note": "; ".join(notes),
    }
