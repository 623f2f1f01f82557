"""From the cells of a question to its answers: numbers on a scale, options chosen, masked texts."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import SourceError
from cjm_lab.sources.exports import Export
from cjm_lab.sources.files import as_text, refuse_outside
from cjm_lab.sources.formats import clean_name
from cjm_lab.sources.glance import rows_of_size
from cjm_lab.sources.masking import mask_column
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

#: What stands between the options of a `multi` answer, and between codes.
OPTION_SEPARATOR = "\n"

#: What an option's own column holds where it was chosen, and where it was not.
_CHOSEN = {"1", "yes", "y", "true", "x", "selected", "checked", "chosen", "ja", "oui"}
_NOT_CHOSEN = {"", "0", "no", "n", "false", "not selected", "unchecked", "not checked",
               "not chosen", "nein", "non"}  # fmt: skip
_OTHER = "Other"
_LONGEST_NUMBER = 20
_FEW = 1000
#: "10 Extremely likely", "3 - Somewhat important"; not "1,2,7", "18 to 24" or "10 % off".
_LEADING_NUMBER = re.compile(r"(-?\d+)(?:\s*[-–—:=.)]\s*|\s+)([^\W\d][^\d]*)")

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]
Codes = npt.NDArray[np.integer]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers to one question, row by row.

    Parameters
    ----------
    values
        Numbers (missing is NaN) or texts (missing is '').
    not_applicable
        Numbers of the rows that said that the question doesn't concern them.
    other
        What was typed in besides the options of a `multi`; None where nothing was.
    """

    values: pd.Series
    not_applicable: Rows
    other: pd.Series | None = None


def read_answers(
    export: Export,
    code: str,
    question: Question,
    not_applicable: Collection[str] = (),
    names: Sequence[str] = (),
    room: Floats | None = None,
) -> Answers:
    """Return the answers to one question of an export.

    Parameters
    ----------
    export
        The file.
    code
        The question's code; its column, unless the question names columns.
    question
        What is asked; its scale is what numbers must keep to.
    not_applicable
        Answers, as codes or in words, that mean "does not concern me".
    names
        The brand's names, which are not masked.
    room
        An array for the numbers: one that many questions share is written to more quickly.

    Raises
    ------
    SourceError
        If an answer is none, with its question, value, row and remedy.
    """
    columns = [clean_name(name) for name in question.columns] or [code]
    if len(columns) > 1 and question.measure == "multi":
        return _spread(export, code, columns, question, not_applicable, names)
    if len(columns) > 1:
        raise SourceError(
            f"{code} must have one column, got {len(columns)} for its measure "
            f"{question.measure}; make each a question of its own, or its measure multi"
        )
    column = export.frame[columns[0]]
    skipped = set(not_applicable)
    if question.measure in NUMERIC_MEASURES:
        return _numbers(export, code, column, question, skipped, room)
    coded, texts = _coded(column)
    labels = export.labels.get(columns[0], {})
    said = _is_skipped(texts, skipped, export.missing.get(columns[0], []), labels)
    words = _in_words(texts, labels)
    other: pd.Series | None = None
    if question.measure == "multi":
        words, typed = _parted(words.mask(said, ""), code, question, export.file, coded)
        if (typed != "").any():
            other = _taken(mask_column(typed, names), coded)
    elif isinstance(question.options, dict):
        words = words.replace(question.options)
    words = words.mask(said, "") if said.any() else words
    return Answers(_taken(mask_column(words, names), coded), _rows(said, coded), other)


def _coded(column: pd.Series) -> tuple[Codes, pd.Series]:
    """Return which text each row has, and the different texts: most answers occur often."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy()
        texts = as_text(pd.Series(column.cat.categories))
        return codes, texts.where(np.bincount(codes, minlength=len(texts)) > 0, "")  # no header
    if not isinstance(column.dtype, pd.StringDtype):
        column = as_text(column)
    if column.iloc[:1000].nunique() > 500:  # open answers: to seek equal ones takes longer
        return np.arange(len(column)), as_text(column)
    coded, different = pd.factorize(column, use_na_sentinel=False)
    return coded, as_text(pd.Series(different))


def _taken(texts: pd.Series, coded: Codes) -> pd.Series:
    """Return the text of each row."""
    if len(coded) == len(texts) and np.array_equal(coded, np.arange(len(texts))):
        return texts  # open answers, each row its own
    return pd.Series(texts.array.take(coded))


def _rows(said: Mask, coded: Codes) -> Rows:
    """Return the rows whose text is one that is said."""
    return np.flatnonzero(said[coded]) if said.any() else np.empty(0, dtype=np.intp)


def _is_skipped(
    texts: pd.Series,
    skipped: Collection[str],
    ranges: Sequence[tuple[float, float] | tuple[str, str]],
    labels: Mapping[str, str],
) -> Mask:
    """Return which texts mean "does not concern me": as codes, in words, or as the file says."""
    plain = {one.strip() for one in skipped}
    marked = np.zeros(len(texts), dtype=bool)
    if not plain and not ranges:
        return marked
    longest = max([_LONGEST_NUMBER, *(len(one.encode()) for one in plain)])
    near = rows_of_size(texts, 0 if "" in plain else 1, longest)
    if labels:
        marked |= texts.map(labels).isin(plain).to_numpy(dtype=bool)
    if not len(near):
        return marked
    short = texts.iloc[near]
    marked[near] |= short.isin(plain).to_numpy(dtype=bool)
    codes = [float(one) for one in plain if _is_number(one)]
    if codes or ranges:
        number = (short.str.len() <= _LONGEST_NUMBER).to_numpy(dtype=bool)
        said = in_ranges(short[number], [*ranges, *((code, code) for code in codes)])
        marked[near[number][said]] = True
    return marked


def in_ranges(texts: pd.Series, ranges: Sequence[tuple[float, float] | tuple[str, str]]) -> Mask:
    """Return which codes lie in one of the ranges; a range of texts is one text.

    Examples
    --------
    >>> in_ranges(pd.Series(["1", "98", "n"]), [(97, 99), ("n", "n")]).tolist()
    [False, True, True]
    """
    said = np.zeros(len(texts), dtype=bool)
    values = pd.to_numeric(texts, errors="coerce").to_numpy(dtype="float64")
    for low, high in ranges:
        if isinstance(low, str) or isinstance(high, str):
            said |= (texts == str(low).strip()).to_numpy(dtype=bool)
        else:
            said |= (values >= low) & (values <= high)
    return said


def _in_words(texts: pd.Series, labels: Mapping[str, str]) -> pd.Series:
    """Return the words of codes where the file has them."""
    if not labels:
        return texts
    return texts.map(labels).fillna(texts).astype("str")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _numbers(
    export: Export, code: str, column: pd.Series, question: Question, skipped: set[str],
    room: Floats | None,
) -> Answers:  # fmt: skip
    """Return answers as numbers inside their scale."""
    scale = question.scale or USUAL_SCALES.get(question.measure)
    known = _numbers_of_labels(code, question, scale)
    if isinstance(column.dtype, pd.ArrowDtype) and not known and "" not in skipped:
        codes = [float(one) for one in skipped if _is_number(one)]
        values, skips, inside = _short_numbers(column, codes, scale, room)
        if not inside:
            _refuse_outside(values, scale, export.file, code)
        return Answers(pd.Series(values, copy=False), skips)
    coded, texts = _coded(column)
    read = _read_often if len(texts) <= _FEW else _read_often.__wrapped__
    numbers, said = read(
        tuple(texts),
        tuple(skipped),
        tuple(export.missing.get(str(column.name), [])),
        tuple(export.labels.get(str(column.name), {}).items()),
        tuple(known.items()),
    )
    wrong = np.isnan(numbers) & ~said & (texts != "").to_numpy(dtype=bool) | np.isinf(numbers)
    if wrong.any():
        words = _in_words(texts, export.labels.get(str(column.name), {}))
        row = int(np.flatnonzero(wrong[coded])[0])
        rule = f"be one of its labels {list(question.labels)} or a number" if known else (
            "be a number")  # fmt: skip
        remedy = "add it to the question's labels" if known else "give the question's labels"
        raise SourceError(
            f"{code} must {rule}, got {words[coded[row]]!r} ({export.file}, data row {row + 1}); "
            f"correct it, {remedy}, or list it under not_applicable"
        )
    values = numbers[coded]
    _refuse_outside(values, scale, export.file, code)
    return Answers(pd.Series(values, copy=False), _rows(said, coded))


def _short_numbers(
    column: pd.Series, codes: Sequence[float], scale: tuple[float, float] | None,
    room: Floats | None,
) -> tuple[Floats, Rows, bool]:  # fmt: skip
    """Return short whole numbers as floats in the room given, NaN where blank or one of codes.

    And which were one of the codes, and whether all others lie inside the scale.
    """
    import pyarrow as pa

    numbers = pa.array(column)
    blank = np.iinfo(numbers.type.to_pandas_dtype()).min
    short = numbers.fill_null(blank).to_numpy()
    none = short == blank
    if np.count_nonzero(none) != numbers.null_count:  # somebody answered just that
        blank = np.iinfo(np.int32).min
        short = numbers.cast(pa.int32()).fill_null(blank).to_numpy()
        none = short == blank
    skips = tuple(int(one) for one in codes if one.is_integer() and abs(one) < -blank)
    said = np.zeros(len(short), dtype=bool)
    for one in skips:
        said |= short == one
    none |= said
    inside = True
    if scale:
        outside = short < math.ceil(max(scale[0], blank))
        outside |= short > math.floor(min(scale[1], -blank))
        inside = not (outside > none).any()
    values = np.empty(len(short)) if room is None else room
    if short.itemsize < 4:  # looked up in a list of all there are: that takes half as long
        place = short.view(f"u{short.itemsize}")
        _floats(place.dtype.type, (blank, *skips)).take(place, out=values, mode="clip")
    else:
        values[:] = short
        np.putmask(values, none, np.nan)
    return values, np.flatnonzero(said), inside


@lru_cache(maxsize=8)
def _floats(place: type[np.unsignedinteger[Any]], none: tuple[int, ...]) -> Floats:
    """Return the float of each whole number of so many bits, the negative ones at the end."""
    every = np.arange(np.iinfo(place).max + 1, dtype=place)
    floats = every.view(f"i{every.itemsize}").astype(np.float64)
    floats[[*none]] = np.nan
    return floats


def _refuse_outside(
    values: Floats, scale: tuple[float, float] | None, file: str, code: str
) -> None:
    if scale and ((values < scale[0]).any() or (values > scale[1]).any()):
        remedy = "correct it, give the question's scale, or list the value under not_applicable"
        refuse_outside(pd.Series(values), *scale, file, code, remedy)


@lru_cache(maxsize=64)
def _read_often(
    texts: tuple[str, ...],
    skipped: tuple[str, ...],
    ranges: tuple[tuple[float, float] | tuple[str, str], ...],
    labels: tuple[tuple[str, str], ...],
    known: tuple[tuple[str, float], ...],
) -> tuple[npt.NDArray[np.float64], Mask]:
    """Return the number of each text, NaN if it is none, and which mean "does not concern me".

    Most questions of a survey are answered with the same few texts: they are read once.
    """
    column = pd.Series(texts, dtype="str")
    said = _is_skipped(column, skipped, ranges, dict(labels))
    column = column.mask(said, "")
    words = _in_words(column, dict(labels))
    numbers = pd.to_numeric(column.mask(column == ""), errors="coerce").astype("float64")
    if known:
        numbers = words.map(label_key).map(dict(known)).astype("float64").fillna(numbers)
    unread = numbers.isna() & (column != "")
    if unread.any():
        numbers = numbers.where(~unread, words[unread].map(leading_number).astype("float64"))
    return np.asarray(numbers, dtype=np.float64), said


def _numbers_of_labels(
    code: str, question: Question, scale: tuple[float, float] | None
) -> dict[str, float]:
    """Return the number of each label of a question, from the scale's lowest up."""
    if isinstance(question.labels, dict):
        return {label_key(label): number for label, number in question.labels.items()}
    low = scale[0] if scale else 1.0
    if question.labels and scale and scale[1] - scale[0] != len(question.labels) - 1:
        raise SourceError(
            f"labels of {code} must name each of the {scale[1] - scale[0] + 1:g} answers from "
            f"{scale[0]:g} to {scale[1]:g}, got {len(question.labels)}; list them from the "
            "scale's lowest up, or give each label its number"
        )
    return {label_key(label): low + i for i, label in enumerate(question.labels)}


def label_key(label: str) -> str:
    """Return a label as labels are compared: in any case, blanks cut."""
    return clean_name(label).casefold()


def leading_number(text: str) -> float:
    """Return the whole number that a label starts with, NaN if it starts with none.

    Examples
    --------
    >>> leading_number("10 Extremely likely"), leading_number("1,2,7"), leading_number("18 to 24")
    (10.0, nan, nan)
    """
    match = _LEADING_NUMBER.fullmatch(text)
    return float(match[1]) if match else np.nan


def marks_a_choice(text: str, own: Collection[str]) -> bool:
    """Whether an option's column says with this that it was chosen or not, by mark, number or name.

    Examples
    --------
    >>> marks_a_choice("Selected", []), marks_a_choice("EdX", ["EdX"]), marks_a_choice("my own", [])
    (True, True, False)
    """
    marks = {*_CHOSEN, *_NOT_CHOSEN, *map(label_key, own)}
    return label_key(text) in marks or re.fullmatch(r"-?\d+", text) is not None


def _spread(
    export: Export,
    code: str,
    columns: Sequence[str],
    question: Question,
    not_applicable: Collection[str],
    names: Sequence[str],
) -> Answers:
    """Return the options chosen where each has a column of its own."""
    rows = len(export.frame)
    chosen, other = np.full(rows, "", dtype=object), np.full(rows, "", dtype=object)
    said = np.zeros(rows, dtype=bool)
    has: dict[str, Mask] = {}
    for column, option in zip(columns, _option_names(export, code, columns, question), strict=True):
        coded, texts = _coded(export.frame[column])
        labels = export.labels.get(column, {})
        skips = _is_skipped(texts, not_applicable, export.missing.get(column, []), labels)
        keys = texts.mask(skips, "").map(label_key)
        own = {option, export.options.get(column, ""), column}
        typed = ~texts.map(lambda text, own=own: marks_a_choice(text, own)) & (keys != "")
        marked = (~keys.isin(_NOT_CHOSEN) | typed).to_numpy(dtype=bool)[coded]
        said |= skips[coded]
        new = marked & ~has.get(option, np.zeros(rows, dtype=bool))
        has[option] = marked | has.get(option, marked)  # "Other" may have a column for its text
        chosen[new] = _appended(chosen[new], option)
        if typed.any():
            masked = mask_column(texts, names).where(typed, "")
            wrote = typed.to_numpy(dtype=bool)[coded]
            other[wrote] = _appended(other[wrote], masked.to_numpy(dtype=object)[coded[wrote]])
    said &= chosen == ""
    return Answers(
        pd.Series(chosen, dtype="str"),
        np.flatnonzero(said),
        pd.Series(other, dtype="str") if (other != "").any() else None,
    )


def _appended(before: npt.NDArray[np.object_], one: object) -> npt.NDArray[np.object_]:
    return np.where(before == "", "", before + OPTION_SEPARATOR) + one


def _option_names(
    export: Export, code: str, columns: Sequence[str], question: Question
) -> list[str]:
    """Return the names of the options of spread columns."""
    if isinstance(question.options, dict):
        named = {clean_name(column): name for column, name in question.options.items()}
        return [named.get(column, export.options.get(column, column)) for column in columns]
    if question.options and len(question.options) != len(columns):
        raise SourceError(
            f"options of {code} must name its {len(columns)} columns, got "
            f"{len(question.options)}; list them in the order of the columns"
        )
    return list(question.options) or [export.options.get(column, column) for column in columns]


def _parted(
    words: pd.Series, code: str, question: Question, file: str, coded: Codes
) -> tuple[pd.Series, pd.Series]:
    """Return the options named in each cell, and what was typed in besides them."""
    options = question.options
    names = options if isinstance(options, dict) else {one: one for one in options}
    known = {label_key(one): name for one, name in names.items()}
    parts = [_parts(cell, question.split or OPTION_SEPARATOR, names) for cell in words]
    if known and not question.split:
        strange = [i for i, cell in enumerate(parts) if any(label_key(p) not in known
                   and re.search(r"[,;|]", p) for p in cell)]  # fmt: skip
        if strange:
            row = int(np.flatnonzero(coded == strange[0])[0])
            raise SourceError(
                f"{code} must be one of its options {list(names)}, got {words[strange[0]]!r} "
                f"({file}, data row {row + 1}); say what parts its cells, such as split: ','"
            )
    chosen, typed = [], []
    for cell in parts:
        free = [part for part in cell if known and label_key(part) not in known]
        named = [known.get(label_key(part), part) for part in cell if part not in free]
        named += [_OTHER] if free and _OTHER not in named else []
        chosen.append(OPTION_SEPARATOR.join(named))
        typed.append(OPTION_SEPARATOR.join(free))
    return pd.Series(chosen, dtype="str"), pd.Series(typed, dtype="str")


def _parts(cell: str, split: str, names: Collection[str]) -> list[str]:
    """Return the parts of a cell; an option that holds the separator itself stays whole."""
    holding = sorted((name for name in names if split in name), key=len, reverse=True)
    parts, rest = [], cell.strip()
    while rest:
        whole = next((n for n in holding if rest == n or rest.startswith(f"{n}{split}")), None)
        part = whole if whole else rest.partition(split)[0]
        parts.append(part.strip())
        rest = rest[len(part) + len(split) :].strip(" ")
    return [part for part in parts if part]
