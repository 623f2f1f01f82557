"""Reader of surveys: from exports to one row a respondent, each with its state."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cjm_lab.errors import ParameterError, SourceError
from cjm_lab.sources.answers import NUMERIC_MEASURES, Answers, read_answers
from cjm_lab.sources.exports import (
    LAYOUT_WORDS,
    Export,
    key_of,
    platform_column,
    read_export,
)
from cjm_lab.sources.files import as_text, as_times, require, source_files
from cjm_lab.sources.formats import clean_name
from cjm_lab.sources.schemas import TABLES, check
from cjm_lab.sources.states import DROPPED, row_states, with_duplicates
from cjm_lab.sources.tidy import tidy_columns
from cjm_lab.study import Question

#: Stands between the codes of the questions that somebody was not concerned by.
CODE_SEPARATOR = "\x1f"
_THREADS = 2

_READING = [
    "file", "layout", "encoding", "delimiter", "rows", "complete", "partial", "previews",
    "duplicates", "not_applicable", "note",
]  # fmt: skip
#: Columns that this reader computes; a column of the file counts only where `columns` names it.
_COMPUTED = ("state", "subject", "not_applicable")


def read_survey(
    file: str | Path,
    *,
    questions: Mapping[str, Question],
    respondent_id: str = "respondent_id",
    columns: Mapping[str, str] | None = None,
    attributes: Iterable[str] = (),
    not_applicable: Iterable[str] = (),
    dates: str = "",
    time_zone: str = "UTC",
    names: Iterable[str] = (),
    folder: str | Path = ".",
    subject: str = "",
    competitors: Iterable[str] = (),
    layout: str | None = None,
    codebook: str = "",
) -> pd.DataFrame:
    r"""Read answers: one row a respondent, one column a question.

    The export of a survey tool is recognized by its head: Qualtrics, SurveyMonkey, Typeform, Google
    Forms, LimeSurvey, SPSS, else a plain table; what was found is said by `survey_reading`.

    Parameters
    ----------
    file, columns, dates, time_zone, names, folder
        As in `read_mentions`; where `columns` names neither, ids and times are the survey tool's.
    questions
        What each column asks; `Question` has the scale that answers must keep to.
    respondent_id
        The file's column with the respondent's id; without one, rows count as respondents r1, r2...
    attributes
        Columns that describe the respondent.
    not_applicable
        Answers that mean "does not concern me"; they become missing.
    subject
        Column with the company that the answers of a row are about: one of `names`, the brand's,
        or of the competitors.
    competitors
        Their names.
    layout
        Overrules how the layout is recognized.
    codebook
        A LimeSurvey .lss file with texts and answer labels.

    Returns
    -------
    DataFrame
        respondent_id, customer_id, submitted_at, wave, weight, stratum, cluster, fpc, subject
        ("us", a competitor, or ""), state (complete, partial, preview, duplicate), not_applicable
        (codes of questions, parted by "\x1f"), the questions (numbers as floats, missing is NaN;
        others as text, missing is ''; the options of a `multi` parted by "\n"), for a `multi` with
        an answer typed in a column ``<code>_other``, the attributes.

    Raises
    ------
    SourceError
        If a file, column or value cannot be used; an answer outside its scale is refused.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "s.csv"
    >>> _ = file.write_text("respondent_id;q1\n1;5 Very good\n2;99\n")
    >>> q = {"q1": Question(measure="rating", scale=(1, 5))}
    >>> read_survey(file, questions=q, not_applicable=["99"])["q1"].tolist()
    [5.0, nan]
    """
    if not questions:
        raise SourceError(
            f"questions of {file} must say what its columns ask, got none; propose_questions "
            "writes a draft"
        )
    own = dict(columns or {})
    own.setdefault("respondent_id", respondent_id)
    base, described = Path(folder), list(attributes)
    if wrong := [name for name in described if name in _COMPUTED]:
        raise SourceError(
            f"attributes of {file} must not have the name of a column of the lab's own, got "
            f"{wrong[0]!r}; give it another, such as columns: {{my_{wrong[0]}: {wrong[0]}}}"
        )
    frames: list[pd.DataFrame] = []
    said: list[dict[str, Any]] = []
    for path in source_files(str(file), base):
        export = read_export(
            path,
            layout=layout,
            codebook=base / codebook if codebook else None,
            numbers=_number_columns(questions, own, [*described, subject]),
        )
        before = sum(len(frame) for frame in frames)
        with ThreadPoolExecutor(_THREADS) as pool:
            columns_read = pool.submit(_columns, export, own, before, dates, time_zone)
            export = _renamed(export, own)
            asked = [
                c for code, q in questions.items() for c in map(clean_name, q.columns or [code])
            ]
            require(export.frame, [*asked, *map(clean_name, described)], path.name)
            read = partial(
                read_answers, export, not_applicable=list(not_applicable), names=list(names)
            )
            ordered = sorted(
                questions, key=lambda code: questions[code].measure in NUMERIC_MEASURES
            )
            rooms = np.empty((len(questions), len(export.frame)))  # a page is had when written to
            # What takes longest comes first, so that the threads end together.
            about = [pool.submit(_attribute, export, clean_name(n), list(names)) for n in described]
            found = {
                code: pool.submit(read, code, questions[code], room=room)
                for code, room in zip(ordered, rooms, strict=True)
            }
            tidy, note, once = columns_read.result()
            answers = {code: found[code].result() for code in questions}
            codes = pool.submit(_codes, answers, len(tidy))
            if "state" not in own:
                tidy["state"] = row_states(export, answers)
            reading = _said(export, tidy["state"], answers, note)
        new: dict[str, Any] = {}
        for code, one in answers.items():
            new[code] = one.values
            if one.other is not None:
                new[f"{code}_other"] = one.other
        new |= {name: values.result() for name, values in zip(described, about, strict=True)}
        if subject:
            require(export.frame, [clean_name(subject)], path.name)
            tidy["subject"] = _subjects(export, clean_name(subject), names, competitors)
        tidy["not_applicable"] = codes.result()
        frames.append(pd.DataFrame({**tidy, **new}, copy=False))
        said.append(reading)
    return _joined(frames, said, file, once=len(frames) == 1 and once)


def survey_reading(responses: pd.DataFrame) -> pd.DataFrame:
    r"""Return how each survey file was read, one row a file.

    Parameters
    ----------
    responses
        Answers as `read_survey` or `read_tables` return them, previews and duplicates included.

    Returns
    -------
    DataFrame
        file, layout, encoding, delimiter, rows, complete, partial, previews (tests, and what the
        survey tool takes for spam), duplicates, not_applicable (answers), note.

    Raises
    ------
    ParameterError
        If the table does not come from `read_survey`.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "s.csv"
    >>> _ = file.write_text("respondent_id;q1\n1;5\n1;5\n")
    >>> q = {"q1": Question(measure="rating", scale=(1, 5))}
    >>> survey_reading(read_survey(file, questions=q))[["delimiter", "duplicates"]].values.tolist()
    [['semicolon', 1]]
    """
    if len(responses) and "reading" not in responses.attrs:
        raise ParameterError(
            "responses must be a table as read_survey or read_tables returns it, got one without "
            "what was read; pass it as it is"
        )
    return pd.DataFrame(responses.attrs.get("reading", []), columns=_READING)


def _number_columns(
    questions: Mapping[str, Question], own: Mapping[str, str], others: Iterable[str]
) -> set[str]:
    """Return the file's columns of which only the numbers are wanted: those of scales."""
    by_kind: dict[bool, set[str]] = {True: set(), False: {*own.values(), *_tidy_names(), *others}}
    for code, question in questions.items():
        columns = question.columns or [code]
        kind = question.measure in NUMERIC_MEASURES and len(columns) == 1
        by_kind[kind] |= {own.get(column, column) for column in columns}
    return {*map(clean_name, by_kind[True])} - {*map(clean_name, by_kind[False])}


def _all_differ(ids: pd.Series) -> bool:
    """Whether surely no id occurs twice: ids are different where their hashes are."""
    import polars as pl
    import pyarrow as pa

    hashes = np.sort(pl.Series(pa.chunked_array(pa.array(ids))).hash().to_numpy())
    return bool((hashes[1:] != hashes[:-1]).all())


def _columns(
    export: Export, own: Mapping[str, str], before: int, dates: str, time_zone: str
) -> tuple[pd.DataFrame, str, bool]:
    """Return the tidy table's own columns, where ids come from, whether they surely all differ."""
    frame, notes = export.frame, [export.note] if export.note else []
    wanted = {tidy: clean_name(name) for tidy, name in own.items() if tidy in _tidy_names()}
    if wanted["respondent_id"] == "respondent_id" and "respondent_id" not in frame.columns:
        wanted["respondent_id"] = platform_column(export, "respondent_id")
    ended = ""
    if "submitted_at" not in wanted and "submitted_at" not in frame.columns:
        ended = platform_column(export, "ended")
        wanted |= {"submitted_at": ended} if ended else {}
    if not wanted["respondent_id"]:
        del wanted["respondent_id"]
        ids = pd.Series([f"r{before + i}" for i in range(1, len(frame) + 1)], dtype="str")
        frame = frame.assign(respondent_id=ids)
        notes.append("no respondent id: each row counts as a respondent")
    require(frame, wanted.values(), export.file)
    chosen = {
        tidy: frame[wanted.get(tidy, tidy)]
        for tidy in _tidy_names()
        if tidy in wanted or (tidy in frame.columns and tidy not in _COMPUTED)
    }
    if ended and not dates:
        chosen["submitted_at"] = _platform_times(export, chosen["submitted_at"])
    if "submitted_at" in chosen and not dates:
        chosen["submitted_at"] = _plain_times(chosen["submitted_at"])
    tidy = tidy_columns("responses", pd.DataFrame(chosen), export.file, dates, time_zone)
    tidy["weight"] = tidy["weight"].fillna(1.0)
    return tidy, "; ".join(notes), _all_differ(tidy["respondent_id"])


def _tidy_names() -> list[str]:
    return list(TABLES["responses"].columns)


def _platform_times(export: Export, column: pd.Series) -> pd.Series:
    """Return a survey tool's own times in a form that is read without being guessed."""
    if not isinstance(column.dtype, pd.StringDtype):
        return column
    text = as_text(column)
    name = key_of(str(column.name))
    if name.endswith("utc"):
        return as_times(text, export.file, "submitted_at", dates="", time_zone="UTC")
    if export.layout == "limesurvey":  # what LimeSurvey writes where a survey records no dates
        return text.mask(text.str.startswith("1980-01-01"), "")
    form = (
        r"(\d{4})/(\d\d)/(\d\d) (\d{1,2}):(\d\d):(\d\d) ([AP]M) (?:GMT|UTC)([+-]\d+)?(?::(\d\d))?"
    )
    if export.layout == "google_forms" and text[text != ""].str.fullmatch(form).all():
        parts = text.str.extract(f"^{form}$")
        zone = parts[7].fillna("+0").str.replace(r"([+-])(\d)$", r"\g<1>0\2", regex=True)
        written = text.str.replace(r" (?:GMT|UTC).*", "", regex=True) + zone + parts[8].fillna("00")
        return pd.to_datetime(
            written.mask(text == ""), format="%Y/%m/%d %I:%M:%S %p%z", utc=True
        ).dt.as_unit("us")
    return column


def _plain_times(column: pd.Series) -> pd.Series:
    """Return ISO times without an offset as times, any other column as it is."""
    import pyarrow as pa
    from pyarrow import compute

    if not isinstance(column.dtype, pd.StringDtype):
        return column
    texts = pa.chunked_array(pa.array(column))
    try:
        blank = compute.equal(texts, "")
        if compute.any(blank).as_py():
            texts = compute.if_else(blank, pa.scalar(None, texts.type), texts)
        return pd.Series(texts.cast(pa.timestamp("us")).to_pandas())
    except pa.ArrowInvalid:
        return column


def _renamed(export: Export, own: Mapping[str, str]) -> Export:
    """Return an export in which `columns` may also give questions and attributes their names."""
    renamed = {
        clean_name(name): tidy for tidy, name in own.items()
        if tidy not in _tidy_names() and clean_name(name) in export.frame.columns
    }  # fmt: skip
    if not renamed:
        return export
    return replace(
        export,
        frame=export.frame.rename(columns=renamed),
        texts={renamed.get(name, name): text for name, text in export.texts.items()},
        options={renamed.get(name, name): text for name, text in export.options.items()},
        labels={renamed.get(name, name): words for name, words in export.labels.items()},
        missing={renamed.get(name, name): ranges for name, ranges in export.missing.items()},
    )


def _attribute(export: Export, column: str, names: Sequence[str]) -> pd.Series:
    """Return an attribute as masked text, in words where the file has words for its codes."""
    return read_answers(export, column, Question(measure="attribute"), (), names).values


def _subjects(
    export: Export, column: str, names: Iterable[str], competitors: Iterable[str]
) -> pd.Series:
    """Return whom each row is about."""
    about = _attribute(export, column, [])
    whom = {clean_name(one).casefold(): one for one in competitors}
    whom |= {clean_name(one).casefold(): "us" for one in names}
    return about.map(lambda text: whom.get(clean_name(text).casefold(), "")).astype("str")


def _codes(answers: Mapping[str, Answers], rows: int) -> pd.Series:
    """Return the questions that each row was not concerned by."""
    import pyarrow as pa
    from pyarrow import compute

    said = [one.not_applicable for one in answers.values()]
    counts = np.zeros(rows + 1, dtype=np.int32)
    for row in said:
        counts[row + 1] += 1
    ends = np.cumsum(counts, dtype=np.int32)
    question, place = np.empty(ends[-1], dtype=np.int16), ends[:-1].copy()
    for number, row in enumerate(said):
        question[place[row]] = number
        place[row] += 1
    codes = pa.array(list(answers), pa.large_string()).take(pa.array(question))
    lists = pa.ListArray.from_arrays(pa.array(ends), codes)
    return compute.binary_join(lists, pa.scalar(CODE_SEPARATOR, pa.large_string())).to_pandas()


def _said(
    export: Export, states: pd.Series, answers: Mapping[str, Answers], note: str
) -> dict[str, Any]:
    """Return what is said about how a file was read."""
    return {
        "file": export.file,
        "layout": LAYOUT_WORDS[export.layout],
        "encoding": export.encoding,
        "delimiter": export.delimiter,
        "rows": len(states),
        "not_applicable": sum(len(one.not_applicable) for one in answers.values()),
        "note": note,
        **_counted(states),
    }


def _counted(states: pd.Series) -> dict[str, int]:
    """Return how many rows have each state."""
    counts = states.value_counts()
    return {
        "complete": int(counts.get("complete", 0)),
        "partial": int(counts.get("partial", 0)),
        "previews": int(counts.get("preview", 0)),
        "duplicates": int(counts.get("duplicate", 0)),
    }


def _suspects(part: pd.DataFrame, reading: Mapping[str, Any], *, once: bool) -> pd.DataFrame:
    """Return the rows of a file among which all are that a check could refuse."""
    ids = part["respondent_id"]
    wrong = (ids == "") | ~(part["weight"] >= 0) | (part["fpc"] < 0)
    if not once:
        wrong |= ids.duplicated(keep=False)
    if reading["complete"] + reading["partial"] < len(part):
        wrong |= ~part["state"].isin(["complete", "partial"])
        wrong &= ~part["state"].isin(DROPPED)
    return part[wrong] if wrong.any() else part.iloc[:0]


def _joined(
    frames: list[pd.DataFrame], said: list[dict[str, Any]], file: str | Path, *, once: bool
) -> pd.DataFrame:
    """Return all files as one table, duplicates marked, with what was read in its attrs."""
    table = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    if len(frames) > 1:
        gaps = [name for name in table.columns if re.search("_other$", name)]
        table = table.assign(**{name: table[name].fillna("") for name in gaps})
    if not (once := once or table["respondent_id"].is_unique):
        table = with_duplicates(table, [(one["file"], one["rows"]) for one in said])
    start = 0
    for one in said:
        part = table[_tidy_names()]
        if len(said) > 1:
            part = part.iloc[start : start + one["rows"]].reset_index(drop=True)
        if not once:
            one |= _counted(part["state"])
        if len(suspects := _suspects(part, one, once=once)):
            check(suspects, "responses", one["file"])
        start += one["rows"]
    table.attrs["reading"] = said
    return table
