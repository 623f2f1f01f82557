"""The door of PySpark: the same stream on a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cjm_lab.metrics.polars_door import to_polars
from cjm_lab.metrics.sql_door import ROW


class Spark:
    """Named data frames of a Spark session.

    Parameters
    ----------
    source
        A Spark frame; or the path of a parquet file or another table, which the active session
        takes over, or one that is started for it.
    """

    def __init__(self, source: Any) -> None:
        from pyspark.sql import DataFrame, SparkSession

        if isinstance(source, DataFrame):
            frame = source
        elif isinstance(source, str | Path) and str(source).endswith(".parquet"):
            frame = SparkSession.builder.getOrCreate().read.parquet(str(source))
        else:
            session = SparkSession.builder.getOrCreate()
            frame = session.createDataFrame(to_polars(source).to_arrow())
        self._session = frame.sparkSession
        self._tables: dict[str, Any] = {"events": frame}

    def types(self) -> dict[str, str]:
        """Return the columns of ``{events}`` and their types, in lower case."""
        return {name: type_.lower() for name, type_ in self._tables["events"].dtypes}

    def micros(self, column: str, type_: str) -> str:
        """Return a time as microseconds since 1970 in UTC, '' where the type holds no time."""
        if type_ in ("timestamp_ntz", "date"):  # read as UTC, whatever the session's zone
            begin = "timestamp_ntz'1970-01-01 00:00:00'"
            return f"timestampdiff(microsecond, {begin}, cast({column} as timestamp_ntz))"
        return f"unix_micros({column})" if type_ == "timestamp" else ""

    def mark(self) -> str:
        """Return a hash of all columns of ``{events}`` but the number of the row."""
        quoted = ", ".join(f"`{name.replace('`', '``')}`" for name in self.types() if name != ROW)
        return f"xxhash64({quoted})".replace("{", "{{").replace("}", "}}")

    def following(self, known: str) -> str:
        """Return the next value that is not null, up to the window's name."""
        return f"lead({known}) ignore nulls"

    def keep(self, name: str, query: str) -> Any:
        """Run a query, keep its result under a name and return it as a native table."""
        # Without this, every metric would sort the log anew.
        self._tables[name] = self._session.sql(query, **self._used(query)).persist()
        return self._tables[name]

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        """Return the few rows of a query."""
        found = self._session.sql(query, **self._used(query)).collect()
        return [tuple(row) for row in found]

    def release(self, *names: str) -> None:
        """Give up tables that were kept and nothing needs any longer."""
        self._tables["stream"].count()  # what it is made from goes only once it is there
        for name in names:
            self._tables.pop(name).unpersist()

    def put(self, table: Any) -> Any:
        """Return an Arrow table as a table of this engine."""
        return self._session.createDataFrame(table)

    def _used(self, query: str) -> dict[str, Any]:
        return {name: frame for name, frame in self._tables.items() if f"{{{name}}}" in query}
