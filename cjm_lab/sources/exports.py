"""Exports of survey tools: which tool wrote a file, and what its header rows say."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import pandas as pd

from cjm_lab.sources.files import refuse_no_rows
from cjm_lab.sources.formats import Grid, clean_name, read_grid, unique_names

LAYOUT_WORDS = {
    "plain": "plain table",
    "qualtrics": "Qualtrics",
    "surveymonkey": "SurveyMonkey (two header rows)",
    "typeform": "Typeform",
    "google_forms": "Google Forms",
    "limesurvey": "LimeSurvey",
    "spss": "SPSS",
}
#: What Google Forms calls its first column.
_TIMESTAMPS = {"Timestamp", "Zeitstempel", "Horodateur", "Marca temporal", "Carimbo de data/hora",
               "Informazioni cronologiche", "Tijdstempel"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Export:
    """A survey file as one frame, and what its tool says about the columns.

    Parameters
    ----------
    file
        Name of the file.
    frame
        Answers, one row a respondent, in columns of unique names.
    layout
        One of `LAYOUT_WORDS`.
    encoding, delimiter, note
        How the file was read, in words.
    texts
        What a column asks, where the file says so.
    options
        The option that a column of a multi-select stands for.
    groups
        Columns that belong to one question, by its name.
    labels
        Words of each code of a column.
    missing
        Ranges of codes that the file declares missing.
    """

    file: str
    frame: pd.DataFrame
    layout: str = "plain"
    encoding: str = ""
    delimiter: str = ""
    note: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, list[str]] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    missing: Mapping[str, list[tuple[float, float] | tuple[str, str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Platform:
    """What a survey tool calls its own columns, as `key_of` spells them."""

    respondent_id: tuple[str, ...]
    ended: tuple[str, ...]
    others: tuple[str, ...] = ()


PLATFORMS: dict[str, Platform] = {
    "qualtrics": Platform(
        ("responseid",),
        ("enddate", "recordeddate"),
        ("startdate", "status", "ipaddress", "progress", "durationinseconds", "finished",
         "responseset", "name", "emailaddress", "recipientlastname", "recipientfirstname",
         "recipientemail", "externalreference", "externaldatareference", "locationlatitude",
         "locationlongitude", "locationaccuracy", "distributionchannel", "userlanguage"),
    ),
    "surveymonkey": Platform(
        ("respondentid",),
        ("enddate", "datemodified"),
        ("collectorid", "startdate", "datecreated", "ipaddress", "emailaddress", "firstname",
         "lastname", "customdata1", "custom1"),
    ),
    "typeform": Platform(
        ("#", "token"),
        ("submitdateutc", "submittedat"),
        ("startdateutc", "stagedateutc", "networkid", "tags", "ending", "responsetype"),
    ),
    "google_forms": Platform(
        (),
        tuple(re.sub(r"[^a-z]", "", one.casefold()) for one in _TIMESTAMPS),
        ("emailaddress", "username", "score"),
    ),
    "limesurvey": Platform(
        ("id", "responseid", "antwortid"),
        ("submitdate", "datesubmitted", "datumabgeschickt"),
        ("lastpage", "letzteseite", "startlanguage", "startsprache", "seed", "startdate",
         "datestarted", "datestamp", "datelastaction", "ipaddr", "ipaddress", "refurl",
         "referrerurl", "token", "accesscode", "interviewtime", "totaltime"),
    ),
}  # fmt: skip


def key_of(name: str) -> str:
    """Return a column name as platforms are recognized by: small letters and digits alone."""
    return "#" if name.strip() == "#" else re.sub(r"[^a-z0-9]", "", name.casefold())


def platform_column(export: Export, part: str) -> str:
    """Return the column that the tool itself writes for a part of `Platform`, '' if none."""
    found = {key_of(str(name)): str(name) for name in export.frame.columns}
    for platform in _platforms_of(export.layout, found):
        for key in getattr(platform, part):
            if key in found:
                return found[key]
    return ""


def own_columns(export: Export) -> dict[str, str]:
    """Return the columns that the tool itself writes: key to name."""
    found = {key_of(str(name)): str(name) for name in export.frame.columns}
    own = {
        key
        for platform in _platforms_of(export.layout, found)
        for key in (*platform.respondent_id, *platform.ended, *platform.others)
    }
    times = {k for k in found if re.fullmatch(r"grouptime\d+|q?\d*.{0,12}time\d*", k)}
    own |= times if export.layout == "limesurvey" else set()
    return {key: name for key, name in found.items() if key in own}


def _platforms_of(layout: str, found: Mapping[str, str]) -> list[Platform]:
    """Return the tool of a layout; an SPSS file may come from any that its columns show."""
    if layout != "spss":
        return [PLATFORMS[layout]] if layout in PLATFORMS else []
    return [
        platform
        for platform in PLATFORMS.values()
        if {*platform.respondent_id} & {*found} and {*platform.ended} & {*found}
    ]


def read_export(
    path: Path,
    *,
    layout: str | None = None,
    codebook: Path | None = None,
    numbers: Collection[str] = (),
) -> Export:
    """Return a survey file with what its tool says about it.

    Parameters
    ----------
    path
        The file.
    layout
        Overrules how the layout is recognized.
    codebook
        A LimeSurvey .lss file with texts and answer labels.
    numbers
        Columns of which only the numbers are wanted, not how they are written: quicker to read.

    Raises
    ------
    SourceError
        If the file or the codebook cannot be read.
    """
    if path.suffix.lower() in (".sav", ".zsav"):
        from cjm_lab.sources.spss import read_spss

        export = read_spss(path)
    else:
        layout = layout or ("limesurvey" if codebook else None)

        def plan(head: Grid) -> tuple[int, set[int]]:
            nonlocal layout
            layout = layout or find_layout(head)
            there = from_grid(head, layout, path.name).frame
            wanted = {i for i, name in enumerate(there) if name in numbers}
            return len(head.cells) - len(there), set() if codebook else wanted

        grid = read_grid(path, plan)
        export = from_grid(grid, layout or find_layout(grid), path.name)
    refuse_no_rows(export.frame, path.name)
    if codebook:
        from cjm_lab.sources.limesurvey import with_codebook

        export = with_codebook(export, codebook)
    return export


def find_layout(grid: Grid) -> str:
    """Return the layout that the head of a file shows.

    Examples
    --------
    >>> find_layout(Grid(["Timestamp", "How was it?"], pd.DataFrame([["2026-09-01", "Fine"]])))
    'google_forms'
    """
    keys = {key_of(name) for name in grid.header}
    second, third = _row(grid, 0), _row(grid, 1)
    if _import_ids(third) or _import_ids(second):
        return "qualtrics"
    if "ResponseSet" in {*grid.header, *second} or len(
        keys & {"responseid", "finished", "recordeddate", "progress", "distributionchannel"}
    ) > 2:  # fmt: skip
        return "qualtrics"
    if _two_rows(grid):
        return "surveymonkey"
    if keys & {"submitdateutc", "startdateutc"} and keys & {"#", "networkid", "responsetype"}:
        return "typeform"
    if len(keys & {"submitdate", "datesubmitted", "datumabgeschickt", "lastpage", "letzteseite",
                   "startlanguage", "startsprache"}) > 1:  # fmt: skip
        return "limesurvey"
    if clean_name(grid.header[0]) in _TIMESTAMPS:
        return "google_forms"
    return "surveymonkey" if "respondentid" in keys and "collectorid" in keys else "plain"


def from_grid(grid: Grid, layout: str, file: str) -> Export:
    """Return a grid as the export of one layout: one name a column, question texts, options."""
    header = list(grid.header)
    skip = 0
    texts: dict[str, str] = {}
    options: dict[int, str] = {}
    groups: dict[str, list[int]] = {}
    if layout == "qualtrics":
        skip = _qualtrics_rows(grid)
        if skip and header[:1] == ["V1"]:  # the oldest form says what V1 to V10 are in row 2
            second = _row(grid, 0)
            header = [second[i] if re.fullmatch(r"V\d+", name) else name
                      for i, name in enumerate(header)]  # fmt: skip
    elif layout == "surveymonkey" and _two_rows(grid):
        skip, (header, options, groups) = 1, _joined(grid)
    names = unique_names(header)
    if layout == "qualtrics" and skip:
        texts = dict(zip(names, map(plain_text, _row(grid, 0)), strict=True))
    elif layout != "plain":
        texts = dict(zip(names, map(plain_text, header), strict=True))
    if layout == "typeform":
        options = dict(enumerate(map(clean_name, header)))
    elif layout != "surveymonkey":
        groups = _groups(names, layout)
        options = {
            i: "Other" if names[i].endswith("_TEXT") else _option(texts[names[i]])
            for group in groups.values()
            for i in group
        }
    return Export(
        file,
        grid.cells.iloc[skip - len(grid.top) :].reset_index(drop=True).set_axis(names, axis=1),
        layout,
        grid.encoding,
        grid.delimiter,
        grid.note,
        texts,
        {names[i]: text for i, text in options.items()},
        {code: [names[i] for i in group] for code, group in groups.items()},
    )


def plain_text(text: str) -> str:
    """Return a question's text without markup, in one line.

    Examples
    --------
    >>> plain_text("Would you <b>bet</b>?<br>Yes &amp; no")
    'Would you bet? Yes & no'
    """
    spaced = re.sub(r"<br\s*/?>|</?(?:p|div|li)\b[^<>]{0,300}>", " ", text, flags=re.I)
    return clean_name(unescape(re.sub(r"</?[a-zA-Z][^<>]{0,300}>", "", spaced)))


def _row(grid: Grid, number: int) -> list[str]:
    """Return a row below the header as text, blank where the file has no such row."""
    if number < len(grid.top):
        return [cell.strip() for cell in grid.top[number]]
    below = number - len(grid.top)
    if below >= len(grid.cells):
        return [""] * len(grid.header)
    cells = [column.array[below] for _, column in grid.cells.items()]  # quicker than a row
    return ["" if pd.isna(cell) else str(cell).strip() for cell in cells]


def _import_ids(row: Sequence[str]) -> bool:
    return sum(cell.startswith(('{"ImportId"', "{'ImportId'")) for cell in row) > len(row) / 2


def _qualtrics_rows(grid: Grid) -> int:
    """Return how many rows below the first still belong to the header."""
    if _import_ids(_row(grid, 1)):
        return 2
    if _import_ids(_row(grid, 0)):
        return 1
    second = _row(grid, 0)
    if "ResponseSet" in second:
        return 1
    ids = [i for i, name in enumerate(grid.header) if key_of(name) == "responseid"]
    return int(bool(ids) and not second[ids[0]].startswith("R_"))


def _two_rows(grid: Grid) -> bool:
    """Whether the first row holds questions over their first option, the second the options."""
    second = _row(grid, 0)
    blank = [i for i, name in enumerate(grid.header) if not str(name).strip()]
    if clean_name(grid.header[0]) in ("Respondent ID", "RespondentID") and not second[0]:
        return any(second)
    return bool(blank) and blank != [0] and 0 not in blank and all(second[i] for i in blank)


def _joined(grid: Grid) -> tuple[list[str], dict[int, str], dict[str, list[int]]]:
    """Return one name a column from two header rows, the option and question of spread columns."""
    question, names = "", []
    options: dict[int, str] = {}
    groups: dict[str, list[int]] = {}
    wide = [not str(name).strip() for name in grid.header]
    for i, (top, option) in enumerate(zip(grid.header, _row(grid, 0), strict=True)):
        question = clean_name(top) or question
        if wide[i] or wide[i + 1 : i + 2] == [True]:
            options[i] = plain_text(option)
            groups.setdefault(plain_text(question), []).append(i)
            names.append(f"{question} - {options[i]}")
        else:
            names.append(question)
    return names, options, groups


def _groups(names: Sequence[str], layout: str) -> dict[str, list[int]]:
    """Return columns that belong to one question: Q1_2, Q1[SQ002], Question [Row]."""
    form = {
        "qualtrics": r"(.+?)_\d+(?:_TEXT)?",
        "limesurvey": r"(.+?)\s*\[[^][]+\]",
        "google_forms": r"(.+?)\s*\[[^][]+\]",
    }.get(layout)
    found: dict[str, list[int]] = {}
    for i, name in enumerate(names if form else ()):
        if match := re.fullmatch(str(form), name):
            found.setdefault(match[1], []).append(i)
    return {code: columns for code, columns in found.items() if len(columns) > 1}


def _option(text: str) -> str:
    """Return what differs between the columns of one question: after the dash or in brackets."""
    if match := re.search(r"\[([^][]+)\]$", text):
        return match[1]
    return text.rpartition(" - ")[2]
