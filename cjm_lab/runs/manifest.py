"""run.json: what one run used and did."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cjm_lab.runs.context import RunContext, package_hash
from cjm_lab.workspace import sha256, short_hash, write_text

_LIBRARIES = (
    "cjm-lab", "jupyterlab", "narwhals", "numpy", "pandas", "papermill", "polars", "scipy",
    "seaborn", "statsmodels", "stepmix", "textblob",
)  # fmt: skip


def notebook_hashes(folder: Path, names: list[str]) -> dict[str, str]:
    """Return the SHA-256 of each notebook, by its name."""
    return {name: sha256(folder / f"{name}.ipynb") for name in names}


def fingerprint(context: RunContext, notebooks: dict[str, str]) -> str:
    """Return a hash of all that decides what a run publishes."""
    return short_hash(context.key, *notebooks.items(), digits=32)


def manifest(
    context: RunContext,
    notebooks: dict[str, str],
    steps: list[dict[str, Any]],
    *,
    rows: int,
    lead: str,
) -> dict[str, Any]:
    """Return what run.json holds: no path and no name of this machine.

    Parameters
    ----------
    context
        The run's inputs.
    notebooks
        SHA-256 of each notebook without outputs.
    steps
        name, status and seconds of each step.
    rows
        Number of rows in the ledger.
    lead
        The first sentence of the front page.
    """
    return {
        "study": context.study.name,
        "title": context.study.title,
        "as_of": context.as_of.isoformat(),
        "period": {
            "kind": context.period.kind,
            "start": context.period.start.isoformat(),
            "end": context.period.end.isoformat(),
        },
        "parameters": {"seed": context.seed},
        "fingerprint": fingerprint(context, notebooks),
        "previous_report": context.previous_report.name if context.previous_report else None,
        "status": "done",
        "steps": steps,
        "lead": lead,
        "evidence_rows": rows,
        "inputs": context.inputs,
        "notebooks": notebooks,
        "package": package_hash(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in _LIBRARIES},
    }


def write_manifest(content: dict[str, Any], folder: Path) -> Path:
    """Write run.json."""
    return write_text(folder / "run.json", json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_manifest(report: Path) -> dict[str, Any]:
    """Read a report's run.json."""
    content: dict[str, Any] = json.loads((report / "run.json").read_text(encoding="utf-8"))
    return content
