"""Readers: from the files of a source to its tidy table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from cjm_lab.sources.files import (
    as_flags,
    as_numbers,
    as_text,
    as_times,
    read_file,
    refuse_outside,
    rename,
    require,
    source_files,
)
from cjm_lab.sources.masking import hash_names, hash_personal_ids, mask_column
from cjm_lab.sources.schemas import TABLES, check, empty_table
from cjm_lab.study import Question

#: Measures whose answers are numbers.
NUMERIC_MEASURES = frozenset(
    ["nps", "csat", "ces", "sus", "umux", "likert", "rating", "importance", "performance", "price"]
)

#: Scale of a measure that a question need not state.
USUAL_SCALES: dict[str, tuple[float, float]] = {
    "nps": (0, 10),
    "csat": (1, 5),
    "ces": (1, 7),
    "sus": (1, 5),
    "umux": (1, 7),
}


def read_mentions(
    file: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    dates: str = "",
    time_zone: str = "UTC",
    names: Iterable[str] = (),
    folder: str | Path = ".",
) -> pd.DataFrame:
    r"""Read mentions: one row a post, review or ticket.

    Parameters
    ----------
    file
        CSV or parquet file, or a glob of monthly files, relative to `folder`.
    columns
        Tidy name to the file's own name; ``author`` is hashed into ``author_key``.
    dates
        Format of dates that are not ISO.
    time_zone
        Zone of times without an offset.
    names
        The brand's names; their handles stay, all others are masked.
    folder
        Where relative file names start.

    Returns
    -------
    DataFrame
        Columns of the tidy table, then any others of the file.

    Raises
    ------
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
    return _read("mentions", file, folder, columns, dates, time_zone, names)


def read_events(
    file: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    dates: str = "",
    time_zone: str = "UTC",
    folder: str | Path = ".",
) -> pd.DataFrame:
    r"""Read events: one row an event of one customer. Parameters are those of `read_mentions`.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "e.csv"
    >>> _ = file.write_text("customer_id,event,occurred_at\n7,visit,2026-10-01T08:00\n")
    >>> read_events(file, time_zone="Europe/Berlin")["occurred_at"].iloc[0].isoformat()
    '2026-10-01T06:00:00+00:00'
    """
    return _read("events", file, folder, columns, dates, time_zone)


def read_customers(
    file: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    dates: str = "",
    time_zone: str = "UTC",
    folder: str | Path = ".",
) -> pd.DataFrame:
    r"""Read customers: one row a customer, with attributes.

    Parameters are those of `read_mentions`.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "c.csv"
    >>> _ = file.write_text("customer_id,mail\n7,jo@example.org\n")
    >>> read_customers(file)["mail"].tolist()
    ['[e-mail]']
    """
    return _read("customers", file, folder, columns, dates, time_zone)


def read_orders(
    file: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    dates: str = "",
    time_zone: str = "UTC",
    folder: str | Path = ".",
) -> pd.DataFrame:
    r"""Read orders: one row an order with its amount. Parameters are those of `read_mentions`.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "o.csv"
    >>> _ = file.write_text("customer_id,ordered_at,amount\n7,2026-10-01,129.90\n")
    >>> read_orders(file)["amount"].sum()
    np.float64(129.9)
    """
    return _read("orders", file, folder, columns, dates, time_zone)


def read_interactions(
    file: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    dates: str = "",
    time_zone: str = "UTC",
    folder: str | Path = ".",
) -> pd.DataFrame:
    r"""Read interactions: one row a contact with support. Parameters are those of `read_mentions`.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "i.csv"
    >>> _ = file.write_text("customer_id,opened_at,topic\n7,2026-10-01,leak\n")
    >>> read_interactions(file)["topic"].tolist()
    ['leak']
    """
    return _read("interactions", file, folder, columns, dates, time_zone)


def read_table(
    kind: str, file: str | Path, *, time_zone: str = "UTC", folder: str | Path = ".",
    columns: Mapping[str, str] | None = None, dates: str = "",
) -> pd.DataFrame:  # fmt: skip
    r"""Read a table of any other kind of `TABLES`. Parameters are those of `read_mentions`.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "calendar.csv"
    >>> _ = file.write_text("date,what\n2026-10-01,Delivery window\n")
    >>> read_table("calendar", file)["what"].tolist()
    ['Delivery window']
    """
    return _read(kind, file, folder, columns, dates, time_zone)


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
) -> pd.DataFrame:
    r"""Read answers: one row a respondent, one column a question.

    Parameters
    ----------
    file, columns, dates, time_zone, names, folder
        As in `read_mentions`.
    questions
        What each column asks; `Question` has the scale that answers must keep to.
    respondent_id
        The file's column with the respondent's id.
    attributes
        Columns that describe the respondent.
    not_applicable
        Answers that mean "does not concern me"; they become missing.

    Returns
    -------
    DataFrame
        respondent_id, customer_id, submitted_at, wave, weight, the questions (numbers as floats,
        missing is NaN; others as text, missing is ''), the attributes.

    Raises
    ------
    SourceError
        If a file, column or value cannot be used; an answer outside its scale is refused.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "s.csv"
    >>> _ = file.write_text("respondent_id,q1\n1,5\n2,99\n")
    >>> q = {"q1": Question(measure="rating", scale=(1, 5))}
    >>> read_survey(file, questions=q, not_applicable=["99"])["q1"].tolist()
    [5.0, nan]
    """
    codes = set(not_applicable)
    mapping = {"respondent_id": respondent_id, **(columns or {})}
    frames = []
    for path in source_files(str(file), Path(folder)):
        frame = rename(read_file(path), mapping, path.name)
        require(frame, [*questions, *attributes], path.name)
        tidy = _tidy_columns("responses", frame, path.name, dates, time_zone)
        tidy["weight"] = tidy["weight"].fillna(1.0)
        answers = {
            code: _answers(frame[code], code, question, codes, path.name, tuple(names))
            for code, question in questions.items()
        }
        described = {name: mask_column(as_text(frame[name])) for name in attributes}
        tidy = tidy.assign(**answers, **described)
        frames.append(check(tidy, "responses", path.name))
    return _one_key(pd.concat(frames, ignore_index=True), "responses", str(file))


def _answers(
    column: pd.Series,
    code: str,
    question: Question,
    codes: set[str],
    file: str,
    names: tuple[str, ...],
) -> pd.Series:
    """Return the answers to one question: numbers inside their scale, or masked text."""
    if question.measure not in NUMERIC_MEASURES:
        text = as_text(column)
        text = text.mask(text.isin(codes), "")
        return mask_column(text, names)
    if not pd.api.types.is_numeric_dtype(column):
        text = as_text(column)
        column = text.mask(text.isin(codes), "")
    numbers = as_numbers(column, file, code)
    numbers = numbers.mask(numbers.isin([float(c) for c in codes if _is_number(c)]))
    scale = question.scale or USUAL_SCALES.get(question.measure)
    if scale:
        remedy = "correct it, give the question's scale, or list the value under not_applicable"
        refuse_outside(numbers, *scale, file, code, remedy)
    return numbers


def _is_number(text: str) -> bool:
    """Whether a not-applicable code is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read(
    kind: str,
    file: str | Path,
    folder: str | Path,
    columns: Mapping[str, str] | None,
    dates: str,
    time_zone: str,
    names: Iterable[str] = (),
) -> pd.DataFrame:
    """Read every file of a source into one tidy table."""
    frames = []
    for path in source_files(str(file), Path(folder)):
        frame = rename(read_file(path), columns or {}, path.name)
        require(frame, TABLES[kind].required, path.name)
        tidy = _tidy_columns(kind, frame, path.name, dates, time_zone, tuple(names))
        extra = {
            name: _attribute(frame[name])
            for name in frame.columns
            if name not in (*tidy.columns, "author")
        }
        if kind == "mentions" and "author" in frame.columns:
            tidy["author_key"] = hash_names(as_text(frame["author"]))
        frames.append(check(tidy.assign(**extra), kind, path.name))
    return _one_key(pd.concat(frames, ignore_index=True), kind, str(file))


def _tidy_columns(
    kind: str,
    frame: pd.DataFrame,
    file: str,
    dates: str,
    time_zone: str,
    names: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Return the tidy table's own columns, those that the file lacks empty."""
    tidy = empty_table(kind).reindex(frame.index)
    for name, type_ in TABLES[kind].columns.items():
        if name not in frame.columns:
            tidy[name] = (
                tidy[name].fillna("").astype("str")
                if type_ in ("id", "text", "person")
                else tidy[name]
            )
            continue
        own = frame[name]
        if type_ == "id":
            text = as_text(own)
            tidy[name] = (
                hash_personal_ids(text) if name.endswith("_id") else mask_column(text, names)
            )
        elif type_ == "text":
            tidy[name] = mask_column(as_text(own), names)
        elif type_ == "person":
            tidy[name] = hash_names(as_text(own))
        elif type_ == "time":
            tidy[name] = as_times(own, file, name, dates=dates, time_zone=time_zone)
        elif type_ == "number":
            tidy[name] = as_numbers(own, file, name)
        else:
            tidy[name] = as_flags(own, file, name)
    return tidy


def _attribute(column: pd.Series) -> pd.Series:
    """Return a column that is not part of the tidy table: numbers as they are, texts masked."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return column
    text = as_text(column)
    numbers = pd.to_numeric(text.mask(text == ""), errors="coerce")
    is_number = (numbers.notna() | (text == "")).all() and not text.str.match(r"[+0]\d").any()
    return numbers if is_number and numbers.notna().any() else mask_column(text)


def _one_key(frame: pd.DataFrame, kind: str, file: str) -> pd.DataFrame:
    """Refuse a key that occurs in two files of one source."""
    return check(frame, kind, file) if TABLES[kind].key else frame
