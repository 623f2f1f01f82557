"""Executing notebooks with papermill, each in a kernel of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat

from cjm_lab.errors import StepError, StudyError
from cjm_lab.runs.context import PROCESSED_VARIABLE, WORKSPACE_VARIABLE
from cjm_lab.workspace import Workspace

OnCell = Callable[[int, int], None]


def find_notebooks(workspace: Workspace) -> Path:
    """Return the notebooks' folder: the workspace's own, the package's or the repository's.

    Raises
    ------
    StudyError
        If there is none.
    """
    package = Path(__file__).parents[1]
    folders = [workspace.root / "notebooks", package / "_notebooks", package.parent / "notebooks"]
    for folder in folders:
        if (folder / "1_goals.ipynb").is_file():
            return folder
    raise StudyError(
        f"no notebooks found in {folders[0]} nor in the installed package; "
        "copy the folder notebooks/ of the project into the workspace"
    )


@contextmanager
def kernel_environment(workspace: Workspace, processed: Path) -> Iterator[None]:
    """Let kernels started meanwhile work in the run's folders, with nobody's personal settings."""
    with tempfile.TemporaryDirectory(prefix="cjm-ipython-", ignore_cleanup_errors=True) as profile:
        own = {
            WORKSPACE_VARIABLE: str(workspace.root),
            PROCESSED_VARIABLE: str(processed),
            "IPYTHONDIR": profile,
            "JUPYTER_PREFER_ENV_PATH": "1",
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }
        before = {name: os.environ.get(name) for name in own}
        os.environ.update(own)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def execute(
    notebook: Path,
    output: Path,
    parameters: Mapping[str, Any],
    *,
    folder: Path,
    on_cell: OnCell,
) -> nbformat.NotebookNode:
    """Execute one notebook and return it, with papermill's notes on paths and clocks taken out.

    Parameters
    ----------
    notebook
        The notebook without outputs.
    output
        Where the executed copy goes.
    parameters
        Values for its parameters cell.
    folder
        Working folder of the kernel.
    on_cell
        Called with the number of the cell that starts and the number of cells.

    Raises
    ------
    StepError
        If a cell raises; `output` then holds the broken copy.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    _register_engine()
    try:
        executed = papermill.execute_notebook(
            str(notebook),
            str(output),
            parameters=dict(parameters),
            engine_name="cjm",
            kernel_name="python3",
            # papermill's own `cwd` is this whole process's, and another notebook may be running
            resources={"metadata": {"path": str(folder)}},
            progress_bar=False,
            on_cell=on_cell,
            # What goes wrong in a cell is in the notebook; a kernel's own chatter helps nobody.
            extra_arguments=["--IPKernelApp.log_level=50"],
        )
    except PapermillExecutionError as error:
        raise StepError(
            f"{notebook.stem} failed at cell {error.exec_count}: {error.ename}: {error.evalue}"
        ) from None
    _forget_machine(executed)
    nbformat.write(executed, output)
    return executed


def _forget_machine(notebook: nbformat.NotebookNode) -> None:
    """Take out what names this machine, warnings with paths too: strangers read reports."""
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]


def _register_engine() -> None:
    """Tell papermill of the engine that reports each cell; twice does no harm."""
    from papermill.engines import NBClientEngine, papermill_engines

    class ReportingEngine(NBClientEngine):
        """Papermill's own engine, saying which cell starts."""

        @classmethod
        def execute_managed_notebook(
            cls, nb_man: Any, kernel_name: str, *, on_cell: OnCell, **kwargs: Any
        ) -> Any:
            code = [i for i, cell in enumerate(nb_man.nb.cells) if cell.cell_type == "code"]
            start = nb_man.cell_start

            def cell_start(cell: Any, cell_index: int | None = None, **options: Any) -> None:
                if cell_index in code:
                    on_cell(code.index(cell_index) + 1, len(code))
                start(cell, cell_index, **options)

            nb_man.cell_start = cell_start
            return super().execute_managed_notebook(nb_man, kernel_name, **kwargs)

    papermill_engines.register("cjm", ReportingEngine)
