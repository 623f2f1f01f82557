"""SPSS files: values with their labels, and the codes that stand for a missing answer."""

from __future__ import annotations

from pathlib import Path

from cjm_lab.errors import SourceError
from cjm_lab.sources.exports import Export


def read_spss(path: Path) -> Export:
    """Return an SPSS .sav or .zsav file with variable labels, value labels and missing ranges.

    Raises
    ------
    SourceError
        If it is not such a file.
    """
    import pyreadstat

    try:
        frame, about = pyreadstat.read_sav(path, user_missing=True)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise SourceError(
            f"{path.name} cannot be read as SPSS: {reason}; save it again, or as CSV"
        ) from None
    labels = {
        name: {_code(value): str(label).strip() for value, label in values.items()}
        for name, values in about.variable_value_labels.items()
    }
    return Export(
        path.name,
        frame.reset_index(drop=True),
        "spss",
        str(about.file_encoding or "UTF-8"),
        texts={name: text or name for name, text in about.column_names_to_labels.items()},
        labels=labels,
        missing={
            name: [(one["lo"], one["hi"]) for one in ranges]  # type: ignore[index,misc]
            for name, ranges in about.missing_ranges.items()
        },
    )


def _code(value: object) -> str:
    """Return a code as the reader writes it: 1, not 1.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
