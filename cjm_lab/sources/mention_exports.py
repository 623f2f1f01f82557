"""Exports of what people say: which tool wrote a file, and its mentions under tidy names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from cjm_lab.errors import ParameterError, SourceError, one_of
from cjm_lab.sources.files import read_file, refuse_no_rows
from cjm_lab.sources.formats import read_grid, unique_names
from cjm_lab.sources.json_files import JSON_FORMATS, read_json
from cjm_lab.sources.mention_json import JSON_LAYOUTS, find_json_layout, flatten_json
from cjm_lab.sources.mention_tables import (
    TABLE_LAYOUTS,
    below_preamble,
    find_table_layout,
    flatten_table,
    lines_above,
)

MENTION_LAYOUTS = {
    "plain": "plain table",
    "x": "X API v2",
    "reddit": "Reddit",
    "google_play": "Google Play reviews",
    "app_store": "App Store reviews",
    "zendesk": "Zendesk tickets",
    "meltwater": "Meltwater",
    "brandwatch": "Brandwatch",
}
_BINARY = (".parquet", ".sav", ".zsav")


@dataclass(frozen=True, slots=True)
class MentionExport:
    """A file of mentions as one frame, and how it was read.

    Parameters
    ----------
    file
        Name of the file.
    frame
        A plain table under its own names, an export under tidy ones.
    layout
        One of `MENTION_LAYOUTS`.
    encoding, delimiter
        How the file was read, in words.
    notes
        What else is to be said of it.
    left_out
        How many items are not in the frame, by why.
    """

    file: str
    frame: pd.DataFrame
    layout: str = "plain"
    encoding: str = ""
    delimiter: str = ""
    notes: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def read_mention_export(
    path: Path, *, layout: str | None = None, wanted: Collection[str] = (), dates: str = ""
) -> MentionExport:
    """Return a file of mentions, its layout recognized by its head.

    Parameters
    ----------
    path
        The file.
    layout
        Overrules how the layout is recognized.
    wanted
        The file's own names of columns or fields that are kept as well.
    dates
        Format of dates that are not ISO.

    Raises
    ------
    ParameterError
        If there is no such layout.
    SourceError
        If the file cannot be read, or not in that layout.
    """
    if layout and layout not in MENTION_LAYOUTS:
        raise ParameterError(one_of("layout", MENTION_LAYOUTS, layout))
    kind = path.suffix.lower()
    if kind in _BINARY:
        _refuse_other(path.name, layout, ["plain"])
        return MentionExport(path.name, read_file(path), encoding=kind.lstrip("."))
    if kind in JSON_FORMATS and path.stat().st_size:
        return _from_json(path, layout, wanted)
    _refuse_other(path.name, layout, ["plain", *TABLE_LAYOUTS])
    return _from_table(path, layout, wanted, dates)


def _from_json(path: Path, layout: str | None, wanted: Collection[str]) -> MentionExport:
    _refuse_other(path.name, layout, ["plain", *JSON_LAYOUTS])
    source = read_json(path)
    layout = layout or find_json_layout(source)
    if layout == "plain":
        return _from_table(path, layout, (), "")
    frame, left_out, notes = flatten_json(source, layout, wanted)
    how = "one JSON document a line" if source.lines else "one JSON document"
    notes = [source.note, *notes] if source.note else notes
    return MentionExport(path.name, frame, layout, source.encoding, how, notes, left_out)


def _from_table(
    path: Path, layout: str | None, wanted: Collection[str], dates: str
) -> MentionExport:
    plain = layout == "plain"
    grid = read_grid(path, begin=None if plain else lines_above)
    if not plain and path.suffix.lower() == ".xlsx":
        grid = below_preamble(grid)
    refuse_no_rows(grid.cells, path.name)
    frame = grid.cells.set_axis(unique_names(grid.header), axis=1)
    found = layout or find_table_layout(list(frame.columns))
    notes = [grid.note] if grid.note else []
    if found != "plain":
        frame, more = flatten_table(frame, found, path.name, wanted, dates)
        notes += more
    return MentionExport(path.name, frame, found, grid.encoding, grid.delimiter, notes)


def _refuse_other(file: str, layout: str | None, layouts: Collection[str]) -> None:
    """Raise if a file of its format cannot be in the layout."""
    if layout and layout not in layouts:
        raise SourceError(
            f"layout of {file} must be one of {list(layouts)}, got {layout!r}; correct it in "
            "study.yaml, or take it out so that the layout is recognized"
        )
