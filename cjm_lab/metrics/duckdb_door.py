"""The door of DuckDB: logs larger than memory; what it makes is kept as parquet."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any

import duckdb

from cjm_lab.metrics.polars_door import to_polars
from cjm_lab.metrics.sql_door import ROW

#: What DuckDB may hold in memory before it writes to disk.
_MEMORY = "4GB"


class DuckDB:
    """A database of its own whose tables are parquet files in a folder that goes with it.

    Parameters
    ----------
    source
        A relation of any connection, an Arrow table, or the path of a parquet or CSV file.
    """

    def __init__(self, source: Any) -> None:
        # It goes when the last stream that reads from it goes.
        self._folder = tempfile.mkdtemp(prefix="cjm_stream_")
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self.connection = duckdb.connect()
        self.connection.execute(f"set memory_limit = '{_MEMORY}'")
        self.connection.execute("set temp_directory = ?", [self._folder])
        self.connection.execute("set preserve_insertion_order = false")
        self._tables: dict[str, str] = {}
        self._open(source)

    def _open(self, source: Any) -> None:
        if isinstance(source, str | Path):
            reader = "read_csv" if ".csv" in str(source) else "read_parquet"
            self._tables["events"] = f"{reader}({_quoted(Path(source))})"
        elif isinstance(source, duckdb.DuckDBPyRelation):
            # Another connection's: written once, it is this one's too.
            source.write_parquet(str(self._path("events")))
            self._tables["events"] = f"read_parquet({_quoted(self._path('events'))})"
        else:
            frame = to_polars(source).with_row_index(ROW)
            self.connection.register("events_of_memory", frame.to_arrow())
            self._tables["events"] = "events_of_memory"

    def types(self) -> dict[str, str]:
        """Return the columns of ``{events}`` and their types, in lower case."""
        found = self.connection.execute(f"describe select * from {self._tables['events']}")
        return {row[0]: row[1].lower() for row in found.fetchall()}

    def micros(self, column: str, type_: str) -> str:
        """Return a time as microseconds since 1970 in UTC, '' where the type holds no time."""
        return f"epoch_us({column})" if type_.startswith(("timestamp", "date")) else ""

    def mark(self) -> str:
        """Return a hash of all columns of ``{events}`` but the number of the row."""
        names = [name.replace('"', '""') for name in self.types() if name != ROW]
        quoted = ", ".join(f'"{name}"' for name in names)
        return f"hash({quoted})".replace("{", "{{").replace("}", "}}")

    def following(self, known: str) -> str:
        """Return the next value that is not null, up to the window's name."""
        return f"lead({known} ignore nulls)"

    def keep(self, name: str, query: str) -> duckdb.DuckDBPyRelation:
        """Run a query, keep its result under a name and return it as a native table."""
        path = self._path(name)
        self.connection.execute(
            f"copy ({query.format(**self._tables)}) to {_quoted(path)} (format parquet)"
        )
        self._tables[name] = f"read_parquet({_quoted(path)})"
        return self.connection.sql(f"select * from {self._tables[name]}")

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        """Return the few rows of a query."""
        return self.connection.execute(query.format(**self._tables)).fetchall()

    def release(self, *names: str) -> None:
        """Give up tables that were kept and nothing needs any longer."""
        for name in names:
            self._path(name).unlink()
            del self._tables[name]

    def put(self, table: Any) -> duckdb.DuckDBPyRelation:
        """Return an Arrow table as a table of this engine."""
        return self.connection.from_arrow(table)

    def _path(self, name: str) -> Path:
        return Path(self._folder) / f"{name}.parquet"


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
