"""Scores of many texts: each distinct one once, on all cores, and never again in later runs."""

from __future__ import annotations

import os
import platform
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from importlib.metadata import version
from inspect import getsourcefile
from multiprocessing import current_process, get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.social.polarity import polarity
from cjm_lab.social.vader import vader
from cjm_lab.workspace import sha256, short_hash, write_atomic

# Fewer are scored before another process has started.
_FEWEST_FOR_PROCESSES = 5_000
_AT_ONCE = 1_000
# Each takes about 150 MB.
_MOST_PROCESSES = 8

Floats = npt.NDArray[np.float64]
#: Texts, names of the brand, whether VADER scores as well.
Task = tuple[list[str], list[str], bool]


def text_scores(
    texts: pd.Series,
    *,
    names: Iterable[str] = (),
    cache: Path | None = None,
    progress: bool = False,
    workers: int | None = None,
    second_opinion: bool = True,
) -> pd.DataFrame:
    """Return the automatic polarity of English texts by two lexicons.

    Parameters
    ----------
    texts
        One text a mention; a missing one has no scores.
    names
        Names of the brand, which are no praise.
    cache
        A parquet file that keeps the score of every text ever given, by a 64-bit hash of the text.
        It is made anew when a lexicon, the preparation of texts or the names change, or when the
        file is damaged.
    progress
        Show a bar, in a terminal or a notebook.
    workers
        How many processes score, when there are 5,000 new texts or more; without it one a core,
        and 8 at most.
    second_opinion
        Score with VADER as well.

    Returns
    -------
    DataFrame
        On the index of `texts`: ``polarity`` as `polarity` gives it, and ``vader`` as `vader` does.

    Examples
    --------
    >>> text_scores(pd.Series(["Great 👍", "This isn't great", None], dtype="str"))
       polarity   vader
    0       0.8  0.6249
    1      -0.4 -0.5096
    2       NaN     NaN
    """
    columns = ["polarity", "vader"] if second_opinion else ["polarity"]
    brand = sorted({name for name in names if name})
    codes, distinct = pd.factorize(texts.array)
    keys = _keys(distinct)
    scorer = _scorer(brand)
    known = _read(cache, scorer) if cache else _nothing()
    scores = known.reindex(keys)[columns].to_numpy(dtype="float64", copy=True)
    new = np.flatnonzero(np.isnan(scores).any(axis=1))
    if len(new):
        processes = _processes(len(new), workers)
        parts = [new[i : i + _AT_ONCE] for i in range(0, len(new), _AT_ONCE)]
        tasks = [(distinct[part].tolist(), brand, second_opinion) for part in parts]
        scored = _watched(_scored(tasks, processes), len(tasks), progress)
        scores[new] = np.concatenate(list(scored))
        if cache:
            fresh = pd.DataFrame(scores[new], index=keys[new], columns=columns)
            _write(cache, fresh.combine_first(known) if len(known) else fresh, scorer)
    scores = np.vstack([scores, np.full(len(columns), np.nan)])
    return pd.DataFrame(scores[codes], index=texts.index, columns=columns)  # missing: code -1


def _keys(distinct: Any) -> npt.NDArray[np.uint64]:
    """Return a 64-bit hash of each text; two of a million share one once in 40 million runs."""
    parts = (distinct[i : i + _AT_ONCE] for i in range(0, len(distinct), _AT_ONCE))
    hashed = [
        pd.util.hash_array(
            np.array(
                [text.encode("utf-8", "surrogatepass") for text in part.tolist()], dtype="object"
            ),
            categorize=False,
        )
        for part in parts
    ]
    return np.concatenate([np.array([], dtype="uint64"), *hashed])


def _scorer(names: list[str]) -> str:
    """Return a hash of all that a score depends on but the text."""
    code = (sha256(Path(getsourcefile(function) or "")) for function in (polarity, vader))
    return short_hash(version("textblob"), version("vaderSentiment"), *code, *names, digits=32)


def _score(task: Task) -> Floats:
    """Return a row of scores a text."""
    texts, names, second_opinion = task
    scores = [polarity(texts, names=names)]
    if second_opinion:
        scores.append(vader(texts, names=names))
    return np.column_stack(scores)


def _processes(texts: int, wanted: int | None) -> int:
    """Return how many processes are worth starting."""
    if texts < _FEWEST_FOR_PROCESSES or current_process().daemon:  # a daemon may start none
        return 1
    return wanted or min(os.cpu_count() or 1, _MOST_PROCESSES)


def _scored(tasks: list[Task], processes: int) -> Iterator[Floats]:
    """Yield the scores of each task, in order."""
    if processes == 1:
        yield from map(_score, tasks)
        return
    _score((["warm"], [], True))  # what this reads, forked processes need not read again
    with _pool(processes) as pool, warnings.catch_warnings():
        # Python 3.12 and later warn of threads that hold a lock when a process is forked: scoring
        # takes no lock but those that Python itself renews.
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        yield from pool.map(_score, tasks)


def _pool(processes: int) -> Executor:
    """Return processes that don't run the caller's script again, as spawned ones do."""
    if platform.system() == "Linux":
        # Others read lexicons and libraries anew, which takes as long as 10,000 texts.
        return ProcessPoolExecutor(processes, mp_context=get_context("fork"))
    from joblib.externals import loky  # starts afresh, and needs no guard in the script

    executor: Executor = loky.ProcessPoolExecutor(processes)
    return executor


def _watched(parts: Iterator[Floats], count: int, progress: bool) -> Iterator[Floats]:
    """Yield the parts, with a bar where somebody can watch it."""
    if not progress:
        return parts
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    seen = console.is_terminal or console.is_jupyter
    return iter(track(parts, "Scoring texts", count, console=console, disable=not seen))


def _nothing() -> pd.DataFrame:
    return pd.DataFrame(
        {"polarity": np.array([], dtype="float64"), "vader": np.array([], dtype="float64")},
        index=np.array([], dtype="uint64"),
    )


def _read(cache: Path, scorer: str) -> pd.DataFrame:
    """Return the scores of a file by key; none if it is damaged or made by another scorer."""
    from pyarrow import ArrowException

    nothing = _nothing()
    if not cache.is_file():
        return nothing
    try:
        table = pd.read_parquet(cache, page_checksum_verification=True)
    except (ArrowException, OSError, ValueError):
        return nothing  # all of it can be made again
    expected = {"key": np.dtype("uint64"), **nothing.dtypes.to_dict()}
    if table.attrs.get("scorer") != scorer or table.dtypes.to_dict() != expected:
        return nothing
    return table.set_index("key")


def _write(cache: Path, scores: pd.DataFrame, scorer: str) -> None:
    """Write the scores by key: a text that left the data may come back."""
    table = scores.reindex(columns=["polarity", "vader"]).rename_axis("key").reset_index()
    table = table.drop_duplicates("key")
    table.attrs = {"scorer": scorer}
    write_atomic(
        cache, lambda draft: table.to_parquet(draft, index=False, write_page_checksum=True)
    )
