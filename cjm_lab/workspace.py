"""Where things live: the workspace's folders, safe names, atomic writes, hashes."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from cjm_lab.errors import ParameterError, StudyError, one_of

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_REPORT_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})(?:_r(\d+))?")


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folder that holds data/raw, data/processed and reports.

    Parameters
    ----------
    root
        The folder itself.

    Examples
    --------
    >>> Workspace(Path("lab")).reports("coffee-maker").as_posix()
    'lab/reports/coffee-maker'
    """

    root: Path

    @classmethod
    def find(cls, start: str | Path | None = None, *, make: bool = False) -> Workspace:
        """Return the nearest folder at or above `start` (the current one) that has data/raw.

        Parameters
        ----------
        start
            Where to look; by default the current folder.
        make
            Whether `start` itself may become one where there is none.

        Raises
        ------
        StudyError
            If there is none.
        """
        origin = Path(start or Path.cwd()).resolve()
        for folder in (origin, *origin.parents):
            if (folder / "data" / "raw").is_dir():
                return cls(folder)
        if make:
            return cls(origin)
        raise StudyError(
            f"no workspace found: neither {origin} nor a folder above it has a folder data/raw; "
            "change to your workspace or name it with --workspace"
        )

    def studies(self) -> list[str]:
        """Return the names of the studies, in alphabetical order."""
        return sorted(p.parent.name for p in (self.root / "data" / "raw").glob("*/study.yaml"))

    def raw(self, study: str) -> Path:
        """Return the folder of what the researcher was given; refuse a name that leaves data/raw.

        Raises
        ------
        StudyError
            If the name is not a plain folder name, leads elsewhere, or no such study exists.
        """
        safe_name(study)
        base = self.root / "data" / "raw"
        folder = base / study
        if not (folder / "study.yaml").is_file():
            raise StudyError(one_of("study", self.studies(), study, f"folders of {base}"))
        if folder.resolve() != base.resolve() / study:
            raise StudyError(
                f"study must be a folder inside data/raw, got {study!r}, a link to "
                f"{folder.resolve()}; move the folder itself there"
            )
        return folder

    def processed(self, study: str, as_of: date) -> Path:
        """Return the folder of what a run derived."""
        return self.root / "data" / "processed" / safe_name(study) / as_of.isoformat()

    def reports(self, study: str) -> Path:
        """Return the folder of a study's dated reports."""
        return self.root / "reports" / safe_name(study)

    def salt(self, *, make: bool = True) -> str:
        """Return what names of people are hashed with here: random, made once, in no report.

        Parameters
        ----------
        make
            Write it where there is none yet, as is due before anything hashed is stored. Without,
            it is that of this process, the one that would be written.

        Raises
        ------
        StudyError
            If its file was changed.
        """
        path = self.root / "data" / "processed" / ".salt"
        if not path.exists():
            if not make:
                return process_salt()
            _write_once(path, process_salt())
        text = path.read_text(encoding="utf-8", errors="replace")
        if not re.fullmatch("[0-9a-f]{64}", text):
            raise StudyError(
                f"{path.name} in {path.parent} must hold 64 hexadecimal digits, got "
                f"{len(text)} characters; remove it, and authors get new keys with the next run"
            )
        return text

    def report_names(self, study: str) -> list[str]:
        """Return the names of published reports, oldest first, revisions after their original."""
        folder = self.reports(study)
        if not folder.is_dir():
            return []
        return sorted(
            (p.name for p in folder.iterdir() if _REPORT_NAME.fullmatch(p.name) and p.is_dir()),
            key=_report_order,
        )

    def previous_report(self, study: str, as_of: date) -> Path | None:
        """Return the latest report of an earlier `as_of`, its last revision, if there is one."""
        earlier = [n for n in self.report_names(study) if n[:10] < as_of.isoformat()]
        return self.reports(study) / earlier[-1] if earlier else None


def safe_name(name: str) -> str:
    """Return `name` if it is a plain folder name, else refuse it.

    Examples
    --------
    >>> safe_name("coffee-maker")
    'coffee-maker'
    """
    if not _SAFE_NAME.fullmatch(name):
        raise StudyError(
            f"study must be a plain folder name of letters, digits, '-', '_' and '.', got {name!r}"
        )
    return name


def parse_day(text: str | date, name: str = "as_of") -> date:
    """Return a calendar day from its ISO form.

    Examples
    --------
    >>> parse_day("2026-09-30")
    datetime.date(2026, 9, 30)
    """
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ParameterError(f"{name} must be a day like 2026-09-30, got {text!r}") from None


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def short_hash(*parts: object, digits: int = 12) -> str:
    """Return a short stable hash of the parts' texts.

    Examples
    --------
    >>> short_hash("nps", "payment") == short_hash("nps", "payment")
    True
    """
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def write_atomic(path: Path, write: Callable[[Path], object]) -> Path:
    """Let `write` fill a temporary file beside `path`, then move it into place in one step.

    A reader sees the old file or the new one, never half of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    draft = Path(name)
    try:
        write(draft)
        draft.chmod(0o644)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def write_text(path: Path, text: str) -> Path:
    """Write a text file atomically, in UTF-8 with line feeds."""
    return write_atomic(path, lambda draft: draft.write_bytes(text.encode()))


@cache
def process_salt() -> str:
    """Return the salt of this process, which no other knows until a workspace keeps it."""
    return secrets.token_hex(32)


def _write_once(path: Path, text: str) -> None:
    """Write a secret whole and for the owner alone; where another process was first, leave its."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # of mode 600
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
        with suppress(FileExistsError):
            os.link(draft, path)
    except OSError:  # a file system without links
        if not path.exists():
            draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def draft_folder(parent: Path, name: str) -> Iterator[Path]:
    """Give a temporary folder beside `parent/name`; it is removed unless it was renamed."""
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=parent, prefix=f".{name}."))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _report_order(name: str) -> tuple[str, int]:
    """Order reports by date and revision as numbers, so that r10 comes after r9."""
    match = _REPORT_NAME.fullmatch(name)
    return (match[1], int(match[2] or 1)) if match else (name, 0)
