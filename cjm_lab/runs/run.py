"""One run: the seven notebooks for one study and one day, published only when whole."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from cjm_lab.errors import PublishedError, StepError
from cjm_lab.journey import lead
from cjm_lab.ledger import Ledger
from cjm_lab.runs.check import check_inputs
from cjm_lab.runs.context import RunContext, step_parts
from cjm_lab.runs.execute import execute, find_notebooks, kernel_environment
from cjm_lab.runs.manifest import (
    fingerprint,
    manifest,
    notebook_hashes,
    read_manifest,
    write_manifest,
)
from cjm_lab.runs.publish import write_indexes, write_pages
from cjm_lab.runs.recipes import STEPS
from cjm_lab.workspace import Workspace, draft_folder

#: More kernels at once would take more memory than small machines have.
_AT_ONCE = 2

#: Takes a line of progress and whether its step is done.
Progress = Callable[[str, bool], None]


@dataclass(frozen=True, slots=True)
class RunResult:
    """Where a report lies, and whether this run made it."""

    report: Path
    new: bool


def run_study(
    workspace: Workspace,
    study: str,
    *,
    as_of: str | date = "",
    period: str = "",
    seed: int = 0,
    revise: bool = False,
    progress: Progress = lambda line, done: None,
) -> RunResult:
    """Execute the notebooks and publish a report; on any failure nothing changes.

    Parameters
    ----------
    workspace
        Folder that holds data/raw.
    study, as_of, period, seed
        As in `cjm_lab.open_step`.
    revise
        Publish ``<as_of>_r2`` beside a report of this day that exists.
    progress
        Called with a line of progress.

    Returns
    -------
    RunResult
        The report; not new when the same inputs were published before.

    Raises
    ------
    InputError
        If study, data or parameters cannot be used; found before any notebook starts.
    PublishedError
        If a report of this day exists, made from other inputs, and `revise` is off.
    StepError
        If a notebook fails; its broken copy is kept in data/processed.
    """
    context = RunContext(workspace, study, as_of=as_of, period=period, seed=seed)
    source = find_notebooks(workspace)
    hashes = notebook_hashes(source, list(STEPS))
    day = context.as_of.isoformat()
    name = _report_name(context, fingerprint(context, hashes), revise=revise)
    reports, processed = workspace.reports(study), workspace.processed(study, context.as_of)
    if (reports / name).is_dir():
        return RunResult(reports / name, new=False)
    check_inputs(context)  # every source is read and checked before anything is written
    parameters = {
        "study": study,
        "as_of": day,
        "period": period,
        "seed": seed,
    }
    with (
        draft_folder(reports, name) as report,
        draft_folder(processed.parent, day) as tables,
        kernel_environment(workspace, tables),
    ):
        context.store_tidy(context.tables)
        taken = _execute_steps(
            partial(_execute_step, source, report, parameters, workspace, tables, progress)
        )
        steps = [
            {"name": step, "status": "done", "seconds": round(seconds, 1)}
            for step, seconds in zip(STEPS, taken, strict=True)
        ]
        ledger = Ledger(step_parts(tables, context.key))
        ledger.to_csv(report / "evidence.csv")
        first = lead(ledger, context.study)[0]
        record = manifest(context, hashes, steps, rows=len(ledger), lead=first)
        write_pages(report, context, ledger, record)
        write_manifest(record, report)
        _move_into_place(tables, processed)
        report.rename(reports / name)
    write_indexes(workspace, study)
    return RunResult(reports / name, new=True)


def _report_name(context: RunContext, wanted: str, *, revise: bool) -> str:
    """Return the name of the report to publish, or of the same one published before."""
    day = context.as_of.isoformat()
    names = [n for n in context.workspace.report_names(context.study.name) if n.startswith(day)]
    if not names:
        return day
    last = context.workspace.reports(context.study.name) / names[-1]
    if read_manifest(last)["fingerprint"] == wanted:
        return names[-1]
    if not revise:
        raise PublishedError(
            f"a report for {day} is published already ({last.name}) and its inputs, parameters or "
            f"code were others; publish a correction beside it with --revise, or choose --as-of"
        )
    return f"{day}_r{len(names) + 1}"


def _execute_steps(execute_step: Callable[[str], float]) -> list[float]:
    """Execute the first notebook, then the others two at a time; return the seconds each took.

    The first makes the tables that all of them show. When one fails, or at an interrupt, those not
    yet started are left out.
    """
    first, *others = STEPS
    taken = [execute_step(first)]
    with ThreadPoolExecutor(min(_AT_ONCE, os.cpu_count() or 1)) as pool:
        try:
            return [*taken, *pool.map(partial(_in_a_thread, execute_step), others)]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _in_a_thread(execute_step: Callable[[str], float], step: str) -> float:
    """Execute a notebook, and close the event loop that the kernel's client leaves in a thread."""
    from jupyter_core.utils import ensure_event_loop

    try:
        return execute_step(step)
    finally:
        ensure_event_loop().close()


def _execute_step(
    source: Path,
    report: Path,
    parameters: dict[str, Any],
    workspace: Workspace,
    tables: Path,
    progress: Progress,
    step: str,
) -> float:
    """Execute one notebook into the draft of the report; return the seconds it took."""
    started = time.monotonic()
    number = f"{list(STEPS).index(step) + 1}/{len(STEPS)} {step}"

    def on_cell(cell: int, cells: int) -> None:
        seconds = time.monotonic() - started
        progress(f"{number:<18} cell {cell} of {cells} {seconds:5.1f} s", False)

    output = report / f"{step}.ipynb"
    try:
        execute(
            source / f"{step}.ipynb", output, parameters, folder=workspace.root, on_cell=on_cell
        )
    except StepError as error:
        progress(f"{number:<18} failed", True)
        kept = tables.parent / f"{parameters['as_of']}_failed"
        kept.mkdir(parents=True, exist_ok=True)
        shutil.move(output, kept / output.name)
        raise StepError(
            f"{error}; nothing was published, the broken notebook is {kept / output.name}"
        ) from None
    seconds = time.monotonic() - started
    progress(f"{number:<18} done {seconds:5.1f} s", True)
    return seconds


def _move_into_place(draft: Path, folder: Path) -> None:
    """Replace a folder of derived tables by its draft."""
    if folder.exists():
        old = folder.with_name(f".{folder.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
        draft.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    else:
        draft.rename(folder)
