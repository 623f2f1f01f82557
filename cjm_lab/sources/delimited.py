"""Delimited texts: the delimiter found, every row as wide as the header, large files read quickly.

A large file is read by several threads, with the numbers among its answers as numbers. Whatever
that quick way cannot be sure of, it leaves to the careful one, which reads all cells as text.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import SourceError
from cjm_lab.sources.encoding import BOMS, UTF8_BOM, to_utf8
from cjm_lab.sources.formats import Grid

if TYPE_CHECKING:
    import pyarrow as pa

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}

#: From a header and the two rows below it: how many of these belong to the header, and the columns
#: of which only the numbers are wanted, not how they are written.
Plan = Callable[[Grid], tuple[int, Collection[int]]]

#: From the head of a text: how many lines stand above its header.
Begin = Callable[[str], int]

#: A row of more bytes than this is no row but a quote that nobody closed.
_LONGEST_ROW = 1 << 23
_HEAD = 1 << 18
_HEAD_ROWS = 300
#: Files up to this size are read carefully at once.
_SMALL = 1 << 18
_BLOCK = 1 << 21
_SLICE = 1 << 19
_THREADS = 2
#: Numbers as they stand in codes, neither 05 nor 5.0, by how many bits such small ones need.
_CODES = {8: re.compile(r"|0|-?[1-9]\d?|100"), 16: re.compile(r"|0|-?[1-9]\d{0,3}")}
#: What is said of an answer that is longer than the first ones, or no number.
_UNLIKE = re.compile("conversion error to int(?:8|16): invalid value '(.*)'", re.S)


@dataclass(frozen=True, slots=True)
class _Bytes:
    """What the bytes of a text are."""

    ascii: bool
    nul: bool
    quotes: int
    lines: int
    returns: bool  # line ends of the oldest kind, \r alone
    hexadecimal: bool


def read_delimited(path: Path, plan: Plan | None = None, begin: Begin | None = None) -> Grid:
    """Return the cells of a delimited text.

    Parameters
    ----------
    path
        The file.
    plan
        How a large file may be read quickly.
    begin
        How many lines to leave out above the header.

    Raises
    ------
    SourceError
        If its encoding or delimiter cannot be told, or a row is not as wide as the header.
    """
    data, encoding, bytes_ = _text(path)
    head = data[:_HEAD].to_pybytes().decode(errors="ignore")
    if not head.strip():
        raise SourceError(f"{path.name} has no header row; export it again")
    above = begin(head) if begin else 0
    if above:
        lines = head.splitlines(keepends=True)
        data = data[len("".join(lines[:above]).encode()) :]
        head, bytes_ = "".join(lines[above:]), _look_through(data)
    delimiter = find_delimiter(head, path.name)
    csv.field_size_limit(_LONGEST_ROW)
    try:
        rows, ends = _rows(head, delimiter)
        if bytes_.quotes % 2:
            _refuse_open_quote(data.to_pybytes(), delimiter, path.name)
    except csv.Error as error:
        raise SourceError(f"{path.name} cannot be read as CSV: {error}; export it again") from None
    header, body = rows[0], rows[1:-1]  # the head may end within its last row
    said = DELIMITERS[delimiter] if len(header) > 1 else "none, one column"
    note = f"{above} lines above the header left out" if above else ""
    few: set[int] = set()
    if plan and data.size > _SMALL and {len(row) for row in body[:2]} == {len(header)}:
        skip, numbers = plan(Grid(header, pd.DataFrame(body[:2], dtype="str")))
        few = _few_answers(body[skip:], len(header))
        bits = {i: _bits(body[skip:], i) for i in numbers if not bytes_.hexadecimal}
        cells = _quick(
            data[ends[skip] :], delimiter, len(header), few, bits,
            lines=bytes_.lines - data[: ends[skip]].to_pybytes().count(b"\n"),
            broken=bytes_.returns or any("\n" in cell for row in body for cell in row),
        )  # fmt: skip
        if cells is not None:
            return Grid(header, cells, encoding, said, note, body[:skip])
    cells = _careful(data, delimiter, len(header), path.name, few)
    return Grid(header, cells.iloc[1:].reset_index(drop=True), encoding, said, note)


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


def _text(path: Path) -> tuple[pa.Buffer, str, _Bytes]:
    """Return a text as UTF-8, what it was written in, and what its bytes are."""
    import pyarrow as pa

    with pa.memory_map(str(path)) as source:
        data = source.read_buffer()
    start = data[:3].to_pybytes()
    bom = next((bom for bom in BOMS if start.startswith(bom)), b"")
    bytes_ = _look_through(data)
    unicode = bom in (b"", UTF8_BOM) and (bytes_.ascii or _is_utf8(data))
    if unicode and not bytes_.nul:
        return data[len(bom) :], BOMS[bom][1] if bom else "UTF-8", bytes_
    text, words = to_utf8(data.to_pybytes(), path.name)
    data = pa.py_buffer(text)
    return data, words, _look_through(data)


def _look_through(data: pa.Buffer) -> _Bytes:
    """Return what the bytes of a text are, looked at in slices that the processor keeps at hand."""
    every = np.frombuffer(data, dtype=np.uint8)

    def look(start: int, room: npt.NDArray[np.bool_]) -> tuple[bool, bool, int, int, bool, bool]:
        part = every[start : start + _SLICE]
        after = every[start + 1 : start + 1 + _SLICE]
        here, there = room[: len(part)], room[: len(after)]
        least = part.view(np.int8).min()  # below 0 where a byte is not ASCII
        room[len(part) :] = False
        np.equal(part, ord('"'), out=here)
        quotes = _count(room)
        np.equal(part, ord("\n"), out=here)
        lines = _count(room)
        returns = (
            np.equal(part[: len(after)], ord("\r"), out=there).any()
            and (there & (after != ord("\n"))).any()
        )
        low = np.bitwise_or(after, ord("x") ^ ord("X"), out=there.view(np.uint8))
        zeros = part[np.flatnonzero(np.equal(low, ord("x"), out=there))] == ord("0")
        nul = least == 0 or (least < 0 and part.min() == 0)
        return bool(least >= 0), bool(nul), quotes, lines, bool(returns), bool(zeros.any())

    def share(first: int) -> list[tuple[bool, bool, int, int, bool, bool]]:
        # New room for each comparison would take longer than the comparison.
        room = np.empty(_SLICE, dtype=bool)
        return [look(start, room) for start in starts[first::_THREADS]]

    starts = range(0, len(every), _SLICE)
    with ThreadPoolExecutor(_THREADS) as pool:
        seen = np.array([one for each in pool.map(share, range(_THREADS)) for one in each])
    return _Bytes(
        ascii=bool(seen[:, 0].all()),
        nul=bool(seen[:, 1].any()),
        quotes=int(seen[:, 2].sum()),
        lines=int(seen[:, 3].sum()) + int(every[-1] != ord("\n")),
        returns=bool(seen[:, 4].any()),
        hexadecimal=bool(seen[:, 5].any()),
    )


def _count(seen: npt.NDArray[np.bool_]) -> int:
    """Return how many of a slice are seen; numpy's own count takes twice as long.

    Examples
    --------
    >>> _count(np.ones(_SLICE, dtype=bool)) == _SLICE
    True
    """
    eights = seen.view(np.uint64).reshape(_SLICE >> 12, -1)  # 128 rows: no byte of a sum overflows
    return int(np.add.reduce(eights, axis=0).view(np.uint8).sum())


def _is_utf8(data: pa.Buffer) -> bool:
    import pyarrow as pa

    ends = pa.py_buffer(np.array([0, data.size], dtype=np.int64))
    try:
        pa.LargeStringArray.from_buffers(1, ends, data).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _rows(head: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """Return the rows of the head and the byte at which each ends."""
    lines = list(io.StringIO(head, newline=""))
    ends = list(accumulate(len(line.encode()) for line in lines))
    reader = csv.reader(lines, delimiter=delimiter)
    rows = [(row, ends[reader.line_num - 1]) for row in islice(reader, _HEAD_ROWS) if row]
    return [row for row, _ in rows], [end for _, end in rows]


def _few_answers(rows: list[list[str]], width: int) -> set[int]:
    """Return the columns in whose first rows few different answers recur."""
    columns = [{*column} for column in zip(*rows, strict=False)]
    most = max(20, len(rows) // 10)
    return {i for i, texts in enumerate(columns[:width]) if len(texts) <= most}


def _bits(rows: list[list[str]], column: int) -> int:
    """Return the bits that the first answers need as numbers, 0 if they are no plain codes."""
    seen = {row[column] for row in rows if len(row) > column}
    return next((bits for bits, form in _CODES.items() if all(map(form.fullmatch, seen))), 0)


def _quick(
    data: pa.Buffer, delimiter: str, width: int, few: Collection[int], bits: Mapping[int, int], *,
    lines: int, broken: bool,
) -> pd.DataFrame | None:  # fmt: skip
    """Return the rows below the header, or None where only the careful way can be sure.

    Lines in quotes are looked for only where the head has some (`broken`). Where it has none, each
    thread begins at the end of a line: that was right if there are as many rows as lines.
    """
    import pyarrow as pa

    newlines, short = broken, {i: size for i, size in bits.items() if size}
    while True:
        types = {
            f"f{i}": pa.int8() if short.get(i) == 8
            else pa.int16() if i in short
            else pa.dictionary(pa.int32(), pa.string()) if i in few
            else pa.large_string()
            for i in range(width)
        }  # fmt: skip
        try:
            table = _arrow(data, delimiter, types, newlines=newlines, block=_BLOCK)
        except pa.ArrowInvalid as error:
            if short and (wrong := _UNLIKE.search(str(error))):
                short = dict.fromkeys(short, 16) if _CODES[16].fullmatch(wrong[1]) else {}
                continue
            if newlines:
                return None
        else:
            if newlines or len(table) == lines:
                return _frame(table, short)
        newlines = True


def _arrow(
    data: pa.Buffer, delimiter: str, types: dict[str, pa.DataType], *, newlines: bool, block: int,
    threads: bool = True,
) -> pa.Table:  # fmt: skip
    """Return the rows of a text that is known to be UTF-8 in columns of the types."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    return arrow_csv.read_csv(
        pa.BufferReader(data),
        arrow_csv.ReadOptions(column_names=list(types), block_size=block, use_threads=threads),
        arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=newlines),
        arrow_csv.ConvertOptions(column_types=types, null_values=[""], check_utf8=False),
    )


def _frame(table: pa.Table, numbers: Collection[int]) -> pd.DataFrame:
    """Return a table as a frame, its numbers left where they are."""

    def series(i: int) -> pd.Series:
        column = table.column(i)
        if i in numbers:
            return pd.Series(column, dtype=pd.ArrowDtype(column.type))
        return column.to_pandas()

    with ThreadPoolExecutor(_THREADS) as pool:
        columns = dict(enumerate(pool.map(series, range(table.num_columns))))
    return pd.DataFrame(columns, copy=False)


def _careful(
    data: pa.Buffer, delimiter: str, width: int, file: str, few: Collection[int]
) -> pd.DataFrame:
    """Return every row as text, the header too, or as categories in the columns named."""
    import pyarrow as pa

    types = {
        f"f{i}": pa.dictionary(pa.int32(), pa.string()) if i in few else pa.string()
        for i in range(width)
    }

    def read(*, threads: bool) -> pa.Table:
        return _arrow(
            data, delimiter, types, newlines=True, block=_LONGEST_ROW, threads=threads
        )  # fmt: skip

    try:
        try:
            table = read(threads=True)
        except pa.ArrowInvalid as error:
            if "Expected" not in str(error):
                raise
            table = read(threads=False)  # only one thread knows the number of the row
    except pa.ArrowInvalid as error:
        raise SourceError(_parse_error(str(error), file)) from None
    return table.to_pandas().set_axis(range(width), axis=1)


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
