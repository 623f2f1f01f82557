"""Measure `cjm run`: seconds, memory, and the size of what it publishes.

    .venv/bin/python benchmarks/report.py [STUDY] [--as-of DATE]

The study is copied into a temporary workspace, so that every run starts from raw data alone.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).resolve().parents[1]
MB = 1024 * 1024


def tree_bytes(process: psutil.Process) -> int:
    """Return the memory of a process and all its descendants, in bytes; shared pages count once.

    Where the system does not tell how many share a page (macOS), it counts for each of them.
    """
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            memory = one.memory_full_info()
            total += getattr(memory, "pss", memory.rss)
    except psutil.NoSuchProcess:
        pass  # it ended between the listing and the question
    return total


def measure(study: str, as_of: str, workspace: Path) -> dict[str, object]:
    """Run a study once in a workspace that holds its raw data only."""
    raw = Path("data") / "raw" / study
    shutil.copytree(REPOSITORY / raw, workspace / raw)
    command = [str(Path(sys.executable).with_name("cjm")), "run", study]
    command += ["--workspace", str(workspace)] + (["--as-of", as_of] if as_of else [])
    start = time.perf_counter()
    run = subprocess.Popen(command)
    process, peak = psutil.Process(run.pid), 0
    while run.poll() is None:
        peak = max(peak, tree_bytes(process))
        time.sleep(0.1)
    seconds = time.perf_counter() - start
    if run.returncode:
        sys.exit(run.returncode)
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    report = next(file.parent for file in (workspace / "reports" / study).glob("*/index.html"))
    pages = sorted(report.glob("*.html"))
    return {
        "study": study,
        "report": report.name,
        "python": platform.python_version(),
        "cores": psutil.cpu_count(),
        "seconds": round(seconds, 1),
        "peak_mb_all_processes": round(peak / MB),
        "peak_mb_largest_process": round(largest * (1 if sys.platform == "darwin" else 1024) / MB),
        "html_mb": {page.name: round(page.stat().st_size / MB, 2) for page in pages},
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", nargs="?", default="coffee-maker")
    parser.add_argument("--as-of", default="")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(asked.study, asked.as_of, Path(folder)), indent=2))
