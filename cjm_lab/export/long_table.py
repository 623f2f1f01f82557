"""The journey map as a long table, one row an item, for spreadsheets and back."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from math import nan
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from cjm_lab.errors import SourceError, one_of
from cjm_lab.export.sketch import refuse_far_feelings
from cjm_lab.journey.declared import COLUMNS as ASSUMED
from cjm_lab.journey.model import LANES, JourneyMap
from cjm_lab.ledger import defused, restored

NUMBERS = ("value", "low", "high", "n")
#: The columns of the table.
COLUMNS = ("stage", "stage_id", "touchpoint", "touchpoint_id", "persona", "lane", "state", "text",
           "detail", "kind", "status", *NUMBERS, "evidence_ids")  # fmt: skip
#: What a table must have that somebody else drew.
NEEDED = ("stage", "touchpoint", "lane", "text")

_TEXTS = [column for column in COLUMNS if column not in NUMBERS]
_PLACE = ["stage_id", "touchpoint_id", "persona", "lane", "state"]
_STATES = {"": "", "as-is": "as-is", "to-be": "to-be"}
#: Characters that a spreadsheet cannot hold, and that no browser shows.
_UNFIT = r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


class Edits(NamedTuple):
    """What a colleague changed in a table.

    Parameters
    ----------
    assumed
        The new and changed items, in the columns of map.csv.
    missing
        The rows of the first table that the second one lacks. They stay on the map: evidence does
        not go away by deleting it, and what is assumed stands in study.yaml or map.csv.
    """

    assumed: pd.DataFrame
    missing: pd.DataFrame


def long_table(map_: JourneyMap) -> pd.DataFrame:
    """Return a map with one row an item, and one with an empty text for each empty cell.

    Parameters
    ----------
    map_
        The map.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`. Rows go by lane, then by column of the map. The small print of an empty
        cell says what stands in it. Control characters are left out.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.journey.model import Cell, Item, Lane
    >>> from cjm_lab.study import Stage
    >>> stages = (Stage(id="brew", name="Brew"),)
    >>> lane = Lane("expects", "Expects", (Cell((Item("Tea"),), "assumed"),), by_stage=True)
    >>> tea = JourneyMap("Tea", "tea", date(2026, 10, 31), "draft", stages, (lane,))
    >>> long_table(tea)[["stage", "lane", "text", "status"]].values.tolist()
    [['Brew', 'expects', 'Tea', 'assumed']]
    """
    table = pd.DataFrame(_rows(map_), columns=COLUMNS)
    table[_TEXTS] = table[_TEXTS].astype("str")
    for column in _TEXTS:
        table[column] = table[column].str.replace(_UNFIT, "", regex=True)
    for name in ("stage", "touchpoint"):  # a place is never without a name
        table[name] = table[name].mask(table[name].str.strip() == "", table[f"{name}_id"])
    return table.astype(dict.fromkeys(NUMBERS[:3], "float64") | {"n": "Int64"})


def to_csv(map_: JourneyMap) -> str:
    """Return the long table as CSV: the whole content of the file, to be written as it is.

    It begins with a byte order mark, by which spreadsheets know UTF-8, and its rows end as RFC 4180
    has it. No cell starts a formula: such texts have an apostrophe before them, which
    `read_long_table` takes away again.

    Parameters
    ----------
    map_
        The map.
    """
    table = long_table(map_)
    table[_TEXTS] = table[_TEXTS].apply(defused)
    return "\ufeff" + table.to_csv(index=False, lineterminator="\r\n")


def to_xlsx(map_: JourneyMap, path: Path) -> None:
    """Write the long table as a workbook to be edited, with a sheet that says how.

    Parameters
    ----------
    map_
        The map.
    path
        The file.

    Raises
    ------
    ParameterError
        If a text is longer than a cell of a workbook can be.
    """
    from cjm_lab.export.workbook import write_workbook

    write_workbook(long_table(map_), map_, path)


def read_long_table(path: Path) -> pd.DataFrame:
    """Read a long table from CSV or XLSX: an exported one, or one that somebody else made.

    Parameters
    ----------
    path
        The file. Columns may come in any order and case; `NEEDED` must be there.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`; what the file lacks is empty. The index counts the rows below the header.

    Raises
    ------
    SourceError
        If a column is missing or not known, or a cell says what it cannot.
    """
    from cjm_lab.export.workbook import is_workbook, read_workbook

    if not path.is_file():
        raise SourceError(f"no file {path}; name a table as CSV or XLSX")
    if is_workbook(path):
        raw = read_workbook(path, NEEDED)
    else:
        from cjm_lab.sources.files import read_file

        raw = read_file(path).apply(restored)
    return _checked(raw, path.name)


def edits(before: pd.DataFrame, after: pd.DataFrame) -> Edits:
    """Return what was changed between two tables, as items that are assumed.

    A new or changed text is an item of its own. A changed number cannot be one of evidence: it
    becomes a text that says both. Rows may have moved; blanks and line breaks do not count.

    Parameters
    ----------
    before
        The table as it was exported.
    after
        The table as it came back, or another one. Ids that it lacks are found by the names.

    Returns
    -------
    Edits
        What is new, and which rows are missing.

    Raises
    ------
    SourceError
        If a row is about a stage or touchpoint that the first table does not have, or a number
        about a feeling is not on the emotion scale.

    Examples
    --------
    >>> cells = {"stage": "Brew", "stage_id": "brew", "touchpoint": "Pot", "touchpoint_id": "pot"}
    >>> row = dict.fromkeys(COLUMNS, "") | dict.fromkeys(NUMBERS, nan) | cells | {"lane": "does"}
    >>> before = pd.DataFrame([row | {"text": "Pours", "state": "as-is"}])
    >>> edits(before, before.assign(text="Spills")).assumed.values.tolist()
    [['brew', 'pot', '', 'does', 'as-is', 'Spills']]
    """
    old = _comparable(before)
    new = _comparable(_placed(before, after))
    old, new = _unmatched(old, new, [*_PLACE, "said", "figures"])
    other, words = _unmatched(old, new, [*_PLACE, "said"])
    numbers = _changed_numbers(old.drop(other.index), new.drop(words.index))
    added = pd.concat([words[words["said"] != ""], numbers]).sort_index(kind="stable")
    gap = added["touchpoint_id"] == added["stage_id"] + "."
    assumed = pd.DataFrame(
        {
            "stage": added["stage_id"],
            "touchpoint": added["touchpoint_id"].mask(gap, ""),
            **{column: added[column] for column in ("persona", "lane", "state")},
            "text": added["text"].str.strip(),
        },
        columns=list(ASSUMED),
        dtype="str",
    )
    refuse_far_feelings(assumed)
    missing, _ = _unmatched(other[other["said"] != ""], words[words["said"] != ""], _PLACE)
    return Edits(
        assumed.drop_duplicates(ignore_index=True),
        before.loc[missing.index].reset_index(drop=True),
    )


def _rows(map_: JourneyMap) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the table."""
    by_stage = [(stage.name, stage.id, "", "") for stage in map_.stages]
    by_touchpoint = [(s.name, s.id, t.name, t.id) for s in map_.stages for t in s.touchpoints]
    for lane in map_.lanes:
        places = by_stage if lane.by_stage else by_touchpoint
        for place, cell in zip(places, lane.cells, strict=True):
            whose = (map_.persona, lane.key, map_.state)
            ids = " ".join(cell.evidence_ids)
            if not cell.items:
                yield (*place, *whose, "", cell.note, "", cell.status, nan, nan, nan, None, ids)
            for item in cell.items:
                known = item.estimate
                numbers = (known.value, known.low, known.high, known.n) if known else (nan,) * 3
                yield (
                    *place, *whose, item.text, item.detail, item.kind, item.status or cell.status,
                    *(numbers if known else (*numbers, None)), ids,
                )  # fmt: skip


def _checked(raw: pd.DataFrame, file: str) -> pd.DataFrame:
    """Return a table as it was read with the right columns, lanes, states and numbers."""
    names = {column: re.sub(r"[\s-]+", "_", str(column).strip()).casefold() for column in raw}
    for column, name in names.items():
        if name not in COLUMNS:
            problem = one_of("a column", COLUMNS, str(column), file)
            raise SourceError(problem + ("" if "did you" in problem else "; take it out"))
    if lacking := [name for name in NEEDED if name not in names.values()]:
        raise SourceError(
            f"{file} must have the columns {list(NEEDED)}, missing {lacking}; add them"
        )
    if len({*names.values()}) < len(names):
        raise SourceError(f"columns must differ, got {list(raw)} ({file}); keep one of each")
    raw = raw.rename(columns=names).reindex(columns=COLUMNS, fill_value="").fillna("")
    table = raw[_TEXTS].astype("str")
    said = table["text"].str.strip()
    for column in set(_TEXTS) - {"text", "detail"}:
        table[column] = table[column].str.strip()
    lanes = {key: key for key in LANES} | {name.casefold(): key for key, name in LANES.items()}
    table["lane"] = _known(table["lane"], lanes, "lane", list(LANES), file, said)
    table["state"] = _known(table["state"], _STATES, "state", list(_STATES)[1:], file, said)
    for column in NUMBERS:
        given = raw[column].astype("str").str.strip()
        number = pd.to_numeric(given.str.replace(",", ".", regex=False), errors="coerce")
        if len(bad := given.index[number.isna() & (given != "")]):
            raise SourceError(
                f"{column} must be a number, got {given[bad[0]]!r} ({file}, row {bad[0] + 2}); "
                "write words into the column text"
            )
        table[column] = number.astype("float64")
    whole = table[list(COLUMNS)]
    return whole[(whole[list(NEEDED)] != "").any(axis=1)]


def _known(
    column: pd.Series,
    options: dict[str, str],
    name: str,
    shown: list[str],
    file: str,
    said: pd.Series,
) -> pd.Series:
    """Return the key of each cell; one that nobody knows is refused with its row."""
    keys = column.str.casefold().str.replace("as is", "as-is").str.replace("to be", "to-be")
    keys = keys.map(options)
    if len(bad := column.index[keys.isna() & ((column != "") | (said != ""))]):
        raise SourceError(one_of(name, shown, column[bad[0]], f"{file}, row {bad[0] + 2}"))
    return keys.fillna("").astype("str")


def _placed(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the second table with the ids, persona and state of the first where it has none."""
    found = after.copy()
    for column in ("persona", "state"):
        usual = before[column].iloc[0] if len(before) else ""
        found[column] = found[column].mask(found[column] == "", usual)
    stages = _by_name(before, ["stage"], "stage_id")
    found["stage_id"] = _id(found, before["stage_id"], stages, ["stage"])
    places = _by_name(before, ["stage_id", "touchpoint"], "touchpoint_id")
    places |= _by_name(before.assign(stage_id=""), ["stage_id", "touchpoint"], "touchpoint_id")
    own_ids = before["touchpoint_id"]
    found["touchpoint_id"] = _id(found, own_ids, places, ["stage_id", "touchpoint"])
    lies = dict(zip(before["touchpoint_id"], before["stage_id"], strict=True)) | {"": ""}
    own = found["touchpoint_id"].map(lies).fillna("")
    found["stage_id"] = found["stage_id"].mask(found["touchpoint_id"] != "", own)
    return found


def _by_name(before: pd.DataFrame, names: list[str], key: str) -> dict[tuple[str, ...], str]:
    """Return the id of each name, in small letters; of names that occur twice the first."""
    known = before[before[key] != ""].drop_duplicates(names)
    low = known[names].apply(lambda column: column.str.strip().str.casefold())
    return dict(zip(low.itertuples(index=False, name=None), known[key], strict=True))


def _id(
    table: pd.DataFrame, own: pd.Series, known: dict[tuple[str, ...], str], names: list[str]
) -> pd.Series:
    """Return the id of each row: its own, or that of its name; "" where it has neither."""
    what = names[-1]
    given = table[f"{what}_id"]
    low = table[names].apply(lambda column: column.str.strip().str.casefold())
    of_name = [known.get(name, "") for name in low.itertuples(index=False, name=None)]
    ids = given.mask(given == "", pd.Series(of_name, table.index, dtype="str"))
    bad = ~ids.isin([*own, ""]) | ((ids == "") & (table[what].str.strip() != ""))
    if len(rows := table.index[bad]):
        got = given[rows[0]] or table.loc[rows[0], what]
        options = [one for one in dict.fromkeys(own) if one]
        message = one_of(what, options, got, f"row {rows[0] + 2}")
        raise SourceError(f"{message}; a new {what} belongs into study.yaml first")
    return ids


def _comparable(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its texts and its numbers as they are compared."""
    figures = table[list(NUMBERS)].astype("float64").map(_figure)
    return table.assign(
        said=table["text"].str.split().str.join(" "),
        figures=figures["value"].str.cat(figures[["low", "high", "n"]], sep="|"),
    )


def _figure(number: float) -> str:
    """Return a number with the digits that every program keeps; zero has no sign."""
    return f"{number + 0.0:.9g}"


def _unmatched(
    old: pd.DataFrame, new: pd.DataFrame, by: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of either table without a twin in the other; each has one twin at most."""
    keys = [
        pd.MultiIndex.from_frame(table[by].assign(nth=table.groupby(by).cumcount()))
        for table in (old, new)
    ]
    return old[~keys[0].isin(keys[1])], new[~keys[1].isin(keys[0])]


def _changed_numbers(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the second table whose numbers differ, in words that say both."""
    by = [*_PLACE, "said"]
    was, now = (
        table.assign(nth=table.groupby(by).cumcount()).astype(dict.fromkeys(NUMBERS, "float64"))
        for table in (old, new)
    )
    pairs = now.reset_index().merge(was, on=[*by, "nth"], suffixes=("", "_was")).set_index("index")
    words = [_difference(row) for row in pairs.to_dict("records")]
    return pairs.assign(text=pd.Series(words, pairs.index, dtype="str")).query("text != ''")


def _difference(row: dict[Hashable, Any]) -> str:
    """Return which numbers of a row were changed, and what they were; one taken out is none."""
    changed = []
    for column in NUMBERS:
        now, was = _figure(row[column]), _figure(row[f"{column}_was"])
        if now not in ("nan", was):
            changed.append(f"{column} {now}" + ("" if was == "nan" else f" instead of {was}"))
    return ", ".join(changed)
