"""The door of PySpark: the same stream on a cluster."""

from __future__ import annotations

from typing import Any


class Spark:
    """Named data frames of a Spark session.

    Parameters
    ----------
    source
        A Spark data frame.
    """

    def __init__(self, source: Any) -> None:
        self._session = source.sparkSession
        self._tables: dict[str, Any] = {"events": source}

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
        return "xxhash64(*)"

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

    def put(self, table: Any) -> Any:
        """Return an Arrow table as a table of this engine."""
        return self._session.createDataFrame(table)

    def _used(self, query: str) -> dict[str, Any]:
        return {name: frame for name, frame in self._tables.items() if f"{{{name}}}" in query}
