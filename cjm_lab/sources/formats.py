"""From the bytes of a file to a grid of cells: format, encoding and delimiter found and said."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pandas as pd

from cjm_lab.errors import SourceError

#: What a source may be.
FORMATS = (".csv", ".tsv", ".txt", ".xlsx", ".jsonl", ".ndjson", ".parquet", ".sav", ".zsav")
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}

_BOMS = {
    b"\xef\xbb\xbf": ("utf-8-sig", "UTF-8 with a byte order mark"),
    b"\xff\xfe": ("utf-16", "UTF-16"),
    b"\xfe\xff": ("utf-16", "UTF-16"),
}
#: Encodings that survey tools and spreadsheets write when they don't write Unicode.
_LEGACY = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "mac_roman", "shift_jis",
           "gb18030", "big5", "euc_kr"]  # fmt: skip
_WESTERN = {"cp1252", "latin_1", "iso8859_15"}
_MANY_BYTES = {"shift_jis", "gb18030", "big5", "euc_kr"}
#: A row of more bytes than this is no row but a quote that nobody closed.
_LONGEST_ROW = 1 << 23
_HEAD = 1 << 18
_ZIP_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Grid:
    """A file as it is: its first row, and the cells below it in columns 0, 1, ...

    Text files have cells of text; parquet and SPSS files keep their own types. `encoding`,
    `delimiter` and `note` say in words how the file was read.
    """

    header: list[str]
    cells: pd.DataFrame
    encoding: str = ""
    delimiter: str = ""
    note: str = ""


def read_grid(path: Path, *, coded: bool = False) -> Grid:
    """Return the cells of a delimited text, XLSX, JSON-lines or parquet file.

    Parameters
    ----------
    path
        The file.
    coded
        Whether columns of a text in which few answers recur may be categories: quick to read.

    Raises
    ------
    SourceError
        If the file is empty, in an encoding that cannot be told, or not a table.
    """
    if path.stat().st_size == 0:
        raise SourceError(f"{path.name} is empty; export it again or take it out of study.yaml")
    kind = path.suffix.lower()
    if kind == ".parquet":
        return _parquet(path)
    if kind == ".xlsx":
        return _workbook(path)
    text, encoding = to_utf8(path.read_bytes(), path.name)
    if kind in (".jsonl", ".ndjson"):
        return _json_lines(text, encoding, path.name)
    return _delimited(text, encoding, path.name, coded)


def unique_names(header: Sequence[str]) -> list[str]:
    r"""Return column names that occur once, blanks cut; twins are numbered so that none is meant.

    Examples
    --------
    >>> unique_names(["id", "Other", "", "Other", "How did\nyou pay?"])
    ['id', 'Other (1)', 'column 3', 'Other (2)', 'How did you pay?']
    """
    names = [clean_name(name) or f"column {i}" for i, name in enumerate(header, 1)]
    often, seen, unique = Counter(names), Counter[str](), []
    for name in names:
        seen[name] += 1
        unique.append(f"{name} ({seen[name]})" if often[name] > 1 else name)
    return unique if len({*unique}) == len(unique) else unique_names(unique)


def clean_name(name: str) -> str:
    """Return a column name in one line, with single blanks and without a byte order mark."""
    return " ".join(str(name).replace("\ufeff", "").split())


def to_utf8(data: bytes, file: str) -> tuple[bytes, str]:
    """Return a text as UTF-8, and in words what it was written in.

    Raises
    ------
    SourceError
        If the encoding cannot be told, or the file is no text.
    """
    encoding = next((found for bom, found in _BOMS.items() if data.startswith(bom)), None)
    codec, words = encoding or ("utf-8", "UTF-8")
    if data.isascii() and b"\0" not in data:
        return data, words
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        if encoding:
            raise SourceError(
                f"{file} must be saved as UTF-8: {error.reason} at byte {error.start}"
            ) from None
        codec = _legacy_encoding(data, file, error)
        text, words = data.decode(codec), _encoding_words(codec)
    if "\0" in text:
        raise SourceError(
            f"{file} must be text, got a NUL character ({text.index(chr(0))} characters from its "
            "start); export it again as CSV in UTF-8"
        )
    return (data if codec == "utf-8" else text.encode()), words


def _legacy_encoding(data: bytes, file: str, error: UnicodeDecodeError) -> str:
    """Return the encoding of a text that is not UTF-8, judged by its lines beyond ASCII."""
    from charset_normalizer import from_bytes

    lines = islice(re.finditer(rb"[^\r\n]*[\x80-\xff][^\r\n]*", data), 400)
    sample = b"\n".join(line[0][:2000] for line in lines)
    found = [
        (match, {match.encoding, *match.could_be_from_charset})
        for match in from_bytes(sample, cp_isolation=_LEGACY)
    ]
    if found:
        best = found[0][0]
        level = [
            names for match, names in found
            if (match.chaos, match.coherence) == (best.chaos, best.coherence)
        ]  # fmt: skip
        if any(names & _WESTERN for names in level):
            # Encodings that fit equally well: the western one is what spreadsheets write.
            if not any(names & _MANY_BYTES for names in level) and _decodes(data, "cp1252"):
                return "cp1252"
        elif (len(level) == 1 or best.coherence) and _decodes(data, best.encoding):
            return best.encoding
    raise SourceError(
        f"{file} must be saved as UTF-8: {error.reason} at byte {error.start}, and its encoding "
        "cannot be told; save it again as CSV in UTF-8"
    )


def _decodes(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _encoding_words(codec: str) -> str:
    return codec.replace("cp", "Windows-", 1) if codec.startswith("cp") else codec


def find_delimiter(head: str, file: str) -> str:
    r"""Return the character that parts the cells, by what splits the first rows alike.

    Raises
    ------
    SourceError
        If two characters split them equally well.

    Examples
    --------
    >>> find_delimiter("id;answer\n1;well, so so\n", "s.csv")
    ';'
    """
    scores = {}
    for delimiter in DELIMITERS:
        try:
            rows = list(islice(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), 50))
        except csv.Error:  # a cell longer than the head
            continue
        widths = [len(row) for row in (rows[:-1] if len(rows) > 2 else rows) if row]
        if widths and widths[0] > 1:
            scores[delimiter] = (sum(w == widths[0] for w in widths) / len(widths), widths[0])
    if not scores:
        return ","
    best = max(scores.values())
    fitting = [delimiter for delimiter, score in scores.items() if score == best]
    if len(fitting) > 1:
        words = " and ".join(DELIMITERS[one] for one in fitting)
        raise SourceError(
            f"the delimiter of {file} must be one that splits its rows alike, got {words} as "
            "equally good; export it as CSV with commas and quoted texts"
        )
    return fitting[0]


def _delimited(data: bytes, encoding: str, file: str, coded: bool) -> Grid:
    """Return the cells of a delimited text."""
    head = data[:_HEAD].decode(errors="ignore")
    if not head.strip():
        raise SourceError(f"{file} has no header row; export it again")
    delimiter = find_delimiter(head, file)
    csv.field_size_limit(_LONGEST_ROW)
    try:
        header = next(row for row in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
                      if row)  # fmt: skip
        if data.count(b'"') % 2:
            _refuse_open_quote(data, delimiter, file)
    except csv.Error as error:
        raise SourceError(f"{file} cannot be read as CSV: {error}; export it again") from None
    few = _few_answers(head, delimiter) if coded and len(data) > _HEAD else set()
    cells = _parse(data, delimiter, len(header), file, few)
    cells = cells.iloc[1:].reset_index(drop=True)
    said = DELIMITERS[delimiter] if len(header) > 1 else "none, one column"
    return Grid(header, cells, encoding, said)


def _few_answers(head: str, delimiter: str) -> set[int]:
    """Return the columns in whose first rows few different answers recur."""
    rows = list(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter))[:-1]
    columns = [{*column} for column in zip(*rows, strict=False)]
    return {i for i, texts in enumerate(columns) if len(texts) <= max(20, len(rows) // 10)}


def _parse(
    data: bytes, delimiter: str, width: int, file: str, coded: Collection[int]
) -> pd.DataFrame:
    """Return every row as text, or as categories in the columns named."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    few = pa.dictionary(pa.int32(), pa.string())
    types = {f"f{i}": few if i in coded else pa.string() for i in range(width)}

    def read(*, threads: bool) -> pa.Table:
        return arrow_csv.read_csv(
            pa.BufferReader(data),
            arrow_csv.ReadOptions(
                autogenerate_column_names=True, block_size=_LONGEST_ROW, use_threads=threads
            ),
            arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            arrow_csv.ConvertOptions(column_types=types),
        )

    try:
        try:
            table = read(threads=True)
        except pa.ArrowInvalid as error:
            if "Expected" not in str(error):
                raise
            table = read(threads=False)  # only one thread knows the number of the row
    except pa.ArrowInvalid as error:
        raise SourceError(_parse_error(str(error), file)) from None
    frame = table.to_pandas()
    return frame.set_axis(range(width), axis=1)


def _parse_error(message: str, file: str) -> str:
    if "straddling" in message:
        return (
            f"a row of {file} must be shorter than {_LONGEST_ROW >> 20} MB; close the quote that "
            "was left open, or export it again"
        )
    got = re.search(r"(?:Row #(\d+): )?Expected (\d+) columns?, got (\d+): (.*)", message, re.S)
    if not got:
        return f"{file} cannot be read as CSV: {message.splitlines()[0]}; export it again"
    row, wanted, found, start = got.groups()
    where = f" ({file}, row {row}, {start.strip()[:60]!r})" if row else f" ({file})"
    return (
        f"every row must have as many cells as the header, {wanted}, got {found}{where}; "
        "put quotes around texts that hold the delimiter, or export it again"
    )


def _refuse_open_quote(data: bytes, delimiter: str, file: str) -> None:
    """Raise if the last quote of a text is never closed, for all below would be one answer."""
    reader = csv.reader(io.StringIO(data.decode(), newline=""), delimiter=delimiter, strict=False)
    start, line, last = 1, 1, [""]
    for row in reader:
        last, start, line = row, line, reader.line_num + 1  # each begins where one ended
    lines = data.decode().splitlines()
    if "\n" in last[-1] and not lines[-1].rstrip().endswith('"'):
        raise SourceError(
            f"a quote must be closed, got one that stays open ({file}, line {start}, "
            f"{last[-1][:40]!r}); close it or export the file again"
        )


def _workbook(path: Path) -> Grid:
    """Return the cells of the first sheet of an XLSX workbook."""
    import zipfile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > _ZIP_BYTES:
                raise SourceError(f"{path.name} must unpack to less than 1 GB; export it as CSV")
        book = load_workbook(path, read_only=True)
        rows = [
            [_cell(cell, path.name) for cell in row]
            for row in book.worksheets[0].iter_rows()
        ]  # fmt: skip
        sheets = book.sheetnames
        book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError) as error:
        if isinstance(error, SourceError):
            raise
        reason = str(error).strip().splitlines()[0] if str(error).strip() else "no sheet"
        raise SourceError(
            f"{path.name} cannot be read as xlsx: {reason}; save it again or as CSV"
        ) from None
    rows = [row for row in rows if any(row)]
    if not rows:
        raise SourceError(f"{path.name} has no header row; export it again")
    width = max(max(i for i, cell in enumerate(row, 1) if cell) for row in rows)
    square = [[*row, *[""] * width][:width] for row in rows]
    note = f"sheet {sheets[0]!r}" + (f", the first of {len(sheets)}" if len(sheets) > 1 else "")
    cells = pd.DataFrame(square[1:], columns=range(width), dtype="str")
    return Grid(square[0], cells, "Unicode", "", note)


def _cell(cell: object, file: str) -> str:
    """Return a cell of a workbook as text."""
    from datetime import datetime, time

    value = getattr(cell, "value", None)
    if getattr(cell, "data_type", "") == "f":
        raise SourceError(
            f"a cell must hold a value, got the formula {str(value)[:40]!r} ({file}, cell "
            f"{getattr(cell, 'coordinate', '')}); paste the sheet's values and save it again"
        )
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _json_lines(data: bytes, encoding: str, file: str) -> Grid:
    """Return the records of a file with one JSON object a line; numbers stay as written."""
    records = []
    for number, line in enumerate(data.decode().splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line, parse_int=str, parse_float=str, parse_constant=str)
        except (json.JSONDecodeError, RecursionError) as error:
            raise SourceError(
                f"every line of {file} must be a JSON object: {error} (line {number}); correct it"
            ) from None
        if not isinstance(record, dict):
            raise SourceError(
                f"every line of {file} must be a JSON object, got {line[:40]!r} (line {number}); "
                "export one object a line"
            )
        records.append({name: _json_cell(v, file, number) for name, v in record.items()})
    if not records:
        raise SourceError(f"{file} has no records; export it again")
    frame = pd.DataFrame(records, dtype="str").fillna("")
    header = [str(name) for name in frame.columns]
    frame.columns = pd.RangeIndex(len(header))
    return Grid(header, frame, encoding, "one JSON object a line")


def _json_cell(value: object, file: str, line: int) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "\n".join(value)
    if not isinstance(value, str):
        raise SourceError(
            f"a value must be a text, a number or a list of them, got {str(value)[:40]!r} "
            f"({file}, line {line}); export flat records"
        )
    return value


def _parquet(path: Path) -> Grid:
    """Return a parquet file with its own types."""
    try:
        frame = pd.read_parquet(path).reset_index(drop=True)
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise SourceError(f"{path.name} cannot be read as parquet: {reason}") from None
    header = [str(name) for name in frame.columns]
    frame.columns = pd.RangeIndex(len(header))
    return Grid(header, frame, "parquet")
