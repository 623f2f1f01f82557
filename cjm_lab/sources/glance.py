"""What the bytes of a column of texts show at a glance, so that few texts are looked at closely."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from operator import or_

import numpy as np
import numpy.typing as npt
import pandas as pd

Rows = npt.NDArray[np.intp]
Bytes = npt.NDArray[np.uint8]


def is_trimmed(texts: pd.Series) -> bool:
    """Whether texts surely have no blanks around them; False where it takes a closer look.

    Examples
    --------
    >>> is_trimmed(pd.Series(["so so", ""])), is_trimmed(pd.Series(["fine "]))
    (True, False)
    """
    if not _in_arrow(texts) or texts.dtype != "str" or texts.hasnans:
        return False
    for raw, ends in _parts(texts):
        if not len(raw):
            continue
        # Where a text is empty, these are bytes of its neighbors, which are looked at anyway.
        first, last = raw.take(ends[:-1], mode="clip"), raw[ends[1:] - 1]
        # Blanks of ASCII are 32 and less; others are at the end of a text that is not ASCII.
        if min(first.min(), last.min()) <= 32 or max(first.max(), last.max()) >= 128:
            return False
    return True


def rows_with(texts: pd.Series, marks: bytes, *, digits: bool = False) -> Rows:
    """Return the rows that may hold one of the characters, or many digits close to each other.

    Parameters
    ----------
    texts
        Texts.
    marks
        Characters of ASCII.
    digits
        Whether nine digits with up to three characters between each two count too.

    Examples
    --------
    >>> rows_with(pd.Series(["a@b", "0301234567", "1 cup"]), b"@", digits=True).tolist()
    [0, 1]
    """
    if not _in_arrow(texts):
        return np.arange(len(texts))
    seek = _marks(marks)
    found: list[Rows] = [np.empty(0, dtype=np.intp)]
    start = 0
    for raw, ends in _parts(texts):
        at = _where(seek(raw))
        if digits and np.diff(ends).max() >= 9:
            where = _where((raw - np.uint8(ord("0"))) < 10)
            near = where[8:] - where[:-8] <= 8 * (1 + 3 * 4)  # a character has up to four bytes
            first, last = where[:-8][near], where[8:][near]
            same = np.searchsorted(ends, first, "right") == np.searchsorted(ends, last, "right")
            at = np.concatenate([at, first[same]])
        rows = np.searchsorted(ends, at, side="right") - 1
        found.append(rows + start)
        start += len(ends) - 1
    return np.unique(np.concatenate(found))


def rows_of_size(texts: pd.Series, least: int, most: int) -> Rows:
    """Return the rows with texts of so many bytes.

    Examples
    --------
    >>> rows_of_size(pd.Series(["99", "nothing to say", ""]), 1, 2).tolist()
    [0]
    """
    if not _in_arrow(texts):
        return np.arange(len(texts))
    lengths = [np.diff(ends) for _, ends in _parts(texts)]
    sizes = np.concatenate([np.empty(0, np.int64), *lengths])
    return np.flatnonzero((sizes >= least) & (sizes <= most))


def _in_arrow(texts: pd.Series) -> bool:
    return isinstance(texts.dtype, pd.StringDtype) and texts.dtype.storage == "pyarrow"


def _where(seen: npt.NDArray[np.bool_]) -> Rows:
    """Return where something is seen; most often it is nowhere, which is soon known."""
    return np.flatnonzero(seen) if seen.any() else np.empty(0, dtype=np.intp)


def _marks(marks: bytes) -> Callable[[Bytes], npt.NDArray[np.bool_]]:
    if len(marks) <= 3:
        return lambda raw: reduce(or_, (raw == mark for mark in marks))
    table = bytes(byte in marks for byte in range(256))

    def seek(raw: Bytes) -> npt.NDArray[np.bool_]:
        data = raw.tobytes()
        if not any(mark in data for mark in marks):  # soon known
            return np.empty(0, dtype=np.bool_)
        return np.frombuffer(data.translate(table), dtype=np.bool_)

    return seek


def _parts(texts: pd.Series) -> Iterator[tuple[Bytes, npt.NDArray[np.int64]]]:
    """Yield the bytes of consecutive texts and where each ends, the first start before them."""
    import pyarrow as pa

    column = pa.array(texts)
    for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        chunk = chunk.cast(pa.large_string())
        if not len(chunk):
            continue
        _, ends, raw = chunk.buffers()
        at = np.frombuffer(ends, dtype=np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
        every = np.frombuffer(raw, dtype=np.uint8) if raw is not None and raw.size else np.empty(
            0, dtype=np.uint8)  # fmt: skip
        yield every[at[0] : at[-1]], at - at[0]
