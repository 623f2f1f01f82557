"""The inputs of one run, read once, and every table made from them."""

from __future__ import annotations

import os
from datetime import date
from functools import cache, cached_property
from inspect import signature
from pathlib import Path
from typing import Any

import pandas as pd

from cjm_lab.errors import ParameterError, StudyError, one_of
from cjm_lab.ledger import Ledger, evidence_frame
from cjm_lab.period import Period, PeriodKind, period_up_to
from cjm_lab.runs import recipes
from cjm_lab.sources import first_day, input_files, last_day, read_tables, up_to
from cjm_lab.sources.event_log import EventLog
from cjm_lab.sources.schemas import TABLES
from cjm_lab.study import Study, load_study
from cjm_lab.workspace import Workspace, parse_day, sha256, short_hash, write_atomic

#: Set by a run so that its kernels work in the run's own folders; unset in JupyterLab.
WORKSPACE_VARIABLE = "CJM_LAB_WORKSPACE"
PROCESSED_VARIABLE = "CJM_LAB_PROCESSED"


class RunContext:
    """The inputs of one run, read once: study, tables up to `as_of`, period, previous report.

    Parameters are those of `open_step`; with `keep`, tables that it makes are stored as well.
    """

    def __init__(
        self,
        workspace: Workspace,
        study: str,
        *,
        as_of: str | date = "",
        period: str = "",
        seed: int = 0,
        keep: bool = False,
    ) -> None:
        self.keep = keep
        self.workspace = workspace
        self.study: Study = load_study(workspace.raw(study))
        self.seed = int(seed)
        self._wanted_day = parse_day(as_of) if as_of else None
        self._wanted_period = period
        if period and period not in ("month", "quarter", "all"):
            raise ParameterError(one_of("period", ("month", "quarter", "all"), period))
        self._made: dict[str, Any] = {}

    @cached_property
    def raw_tables(self) -> dict[str, Any]:
        """Every tidy table, whole; events are an `EventLog` where the engine works on disk."""
        return read_tables(self.study, on_disk=True)

    @cached_property
    def as_of(self) -> date:
        """Last day that counts."""
        if self._wanted_day:
            return self._wanted_day
        last = last_day(self.raw_tables, self.study)
        if last is None:
            raise ParameterError(
                f"as_of must be given for study {self.study.name!r}: no source of it has dates; "
                "add --as-of 2026-09-30 with the day that the data stand for"
            )
        return last

    @cached_property
    def tables(self) -> dict[str, Any]:
        """The tidy tables as they stood at the end of `as_of`, kept so that files are read once."""
        stored = {kind: self._stored(f"tidy_{kind}", self._files_key) for kind in TABLES}
        whole = {kind: table for kind, table in stored.items() if table is not None}
        if len(whole) < len(TABLES):
            whole = up_to(self.raw_tables, self.study, self.as_of)
            if self.keep:
                self.store_tidy(whole)
        return whole

    @cached_property
    def period(self) -> Period:
        """The span that estimates refer to."""
        zone = self.study.time_zone
        first = first_day(self.tables, self.study)
        kind: Any = self._wanted_period or self.study.period
        wanted: PeriodKind = kind or "month"
        period = period_up_to(self.as_of, wanted, first=first, time_zone=zone)
        # Without a wish, a month that the records don't fill says less than all of them.
        if not kind and (first is None or (first - period.start).days > 6):
            return period_up_to(self.as_of, "all", first=first, time_zone=zone)
        return period

    @cached_property
    def previous_report(self) -> Path | None:
        """Folder of the latest earlier report."""
        return self.workspace.previous_report(self.study.name, self.as_of)

    @cached_property
    def previous(self) -> Ledger | None:
        """Ledger of the latest earlier report, None if there is none."""
        report = self.previous_report
        return Ledger.read_csv(report / "evidence.csv") if report else None

    @cached_property
    def _earlier_forecasts(self) -> dict[str, Path]:
        """forecasts.csv of every earlier report, of each day the last revision, oldest first."""
        folder, day = self.workspace.reports(self.study.name), self.as_of.isoformat()
        names = self.workspace.report_names(self.study.name)
        last = {name[:10]: name for name in names if name[:10] < day}
        files = {name: folder / name / "forecasts.csv" for name in last.values()}
        return {name: path for name, path in files.items() if path.is_file()}

    @cached_property
    def earlier_forecasts(self) -> pd.DataFrame:
        """What earlier reports forecast, below one another, with the name of the ``report``."""
        parts = [
            Ledger.read_csv(path).frame.assign(report=name)
            for name, path in self._earlier_forecasts.items()
        ]
        return recipes.stacked(*parts) if parts else evidence_frame().assign(report="")

    @cached_property
    def inputs(self) -> dict[str, str]:
        """SHA-256 of every file that the results depend on, by a name without machine paths."""
        files = {"study.yaml": self.study.path}
        for kind, paths in input_files(self.study).items():
            for path in paths:
                name, others = f"{kind}/{path.name}", 1
                while name in files:  # sources in two folders may share it
                    others += 1
                    name = f"{kind}/{path.name} ({others})"
                files[name] = path
        own = ["segments.json", *(persona.picture for persona in self.study.personas)]
        files |= {name: self.study.folder / name for name in own if name}
        files = {name: path for name, path in files.items() if path.is_file()}
        hashes = {name: sha256(path) for name, path in sorted(files.items())}
        if self.previous_report:
            hashes[f"previous report {self.previous_report.name}"] = sha256(
                self.previous_report / "evidence.csv"
            )
        forecasts = self._earlier_forecasts.items()
        return hashes | {f"forecasts of {name}": sha256(path) for name, path in forecasts}

    @cached_property
    def _files_key(self) -> str:
        """Hash of the files, the day and the code: all that tidy tables depend on."""
        return short_hash(*self.inputs.items(), self.as_of, package_hash(), digits=32)

    @cached_property
    def key(self) -> str:
        """Hash of inputs, parameters and code: a stored table counts only while it is the same."""
        return short_hash(self._files_key, self._wanted_period, self.seed, digits=32)

    @property
    def processed(self) -> Path:
        """Folder of stored tables."""
        own = os.environ.get(PROCESSED_VARIABLE)
        return Path(own) if own else self.workspace.processed(self.study.name, self.as_of)

    @property
    def cache(self) -> Path:
        """File of scores of texts, which months to come need again."""
        return self.workspace.processed(self.study.name, self.as_of).parent / "scores.parquet"

    @property
    def progress(self) -> bool:
        """Whether somebody may be watching: a run's notebooks are read later, by others."""
        return PROCESSED_VARIABLE not in os.environ

    def table(self, name: str) -> Any:
        """Return a table: from memory, from its file while its key matches, or made anew.

        Raises
        ------
        ParameterError
            If there is no table of that name.
        """
        if name in self._made:
            return self._made[name]
        if name in TABLES:
            table: Any = self.tables[name]
        elif name not in recipes.RECIPES:
            raise ParameterError(one_of("table", recipes.table_names(), name))
        elif name in recipes.NOT_STORED:
            table = self._make(name)
        else:
            table = self._stored(name, self.key)
            if table is None:
                table = self._make(name)
                if self.keep:
                    self.store(name, table, self.key)
        self._made[name] = table
        return table

    def store_tidy(self, tables: dict[str, Any]) -> None:
        """Write the tidy tables, so that the next to need them need not read the files."""
        self.workspace.salt()  # kept as soon as anything is: keys of authors are made with it
        for kind, table in tables.items():
            self.store(f"tidy_{kind}", table, self._files_key)

    def store(self, name: str, table: pd.DataFrame | EventLog, key: str) -> Path:
        """Write a table with the key that it was made under."""
        path = self.processed / f"{name}.parquet"
        if isinstance(table, EventLog):
            log = table
            return write_atomic(path, lambda draft: log.copy_to(draft, {"cjm_key": key}))
        table = table.copy(deep=False)
        table.attrs = table.attrs | {"cjm_key": key}
        return write_atomic(path, lambda draft: table.to_parquet(draft, index=False))

    def _stored(self, name: str, key: str) -> Any:
        path = self.processed / f"{name}.parquet"
        if not path.is_file():
            return None
        table: Any = EventLog.open(path)
        if table is None:
            table = pd.read_parquet(path)
        return table if table.attrs.get("cjm_key") == key else None

    def _make(self, name: str) -> Any:
        function = recipes.function_of(name)
        own = ("study", "period", "as_of", "seed", "previous", "earlier_forecasts", "tables",
               "cache", "progress")  # fmt: skip
        arguments = {
            parameter: getattr(self, parameter)
            if parameter in own
            else self.table(recipes.ALIASES.get(parameter, parameter))
            for parameter in signature(function).parameters
        }
        return function(**arguments)


@cache
def package_hash() -> str:
    """Return a hash of the package's code: a changed formula makes its tables anew."""
    root = Path(__file__).parents[1]
    code = (path for path in root.rglob("*") if path.suffix in (".py", ".j2", ".css"))
    return short_hash(*(sha256(path) for path in sorted(code)), digits=16)


def step_parts(processed: Path, key: str) -> pd.DataFrame:
    """Return what all steps recorded, below one another.

    Raises
    ------
    StudyError
        If a step's part is missing or was made from other inputs.
    """
    parts = []
    for name in recipes.STEPS:
        path = processed / f"ledger_{name}.parquet"
        part = pd.read_parquet(path) if path.is_file() else None
        if part is None or part.attrs.get("cjm_key") != key:
            raise StudyError(
                f"step {name} recorded nothing for these inputs; its notebook must call "
                "step.record, and files and code must stay as they are while a run lasts"
            )
        parts.append(part)
    return recipes.stacked(*parts)
