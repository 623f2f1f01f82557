"""JSON files: one document or one a line, parsed with ids and numbers as they are written."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from cjm_lab.errors import SourceError
from cjm_lab.sources.encoding import to_utf8

#: Escapes of characters that no text may hold: NUL, and half of a surrogate pair.
_SUSPECT = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")
_ESCAPE = re.compile(
    rb"\\(?:u(?:[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|([dD][89a-fA-F][0-9a-fA-F]{2}|0000))|[^u])"
)
JSON_FORMATS = (".json", ".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True)
class JsonFile:
    """A JSON file whose documents are parsed when they are asked for.

    Parameters
    ----------
    file
        Name of the file.
    data
        What it holds, in UTF-8.
    lines
        Whether each line is a document of its own.
    encoding, note
        How the file was read, in words.
    whole
        The one document, where lines are none.
    """

    file: str
    data: bytes
    lines: bool
    encoding: str
    note: str
    whole: Any = None

    def elements(self) -> Iterator[tuple[str, Any]]:
        """Yield each document, or each element of one that is a list, with its place."""
        for place, document in self.documents():
            if not isinstance(document, list):
                yield place or "element 1", document
                continue
            for number, element in enumerate(document, 1):
                yield f"{place}, element {number}" if place else f"element {number}", element

    def documents(self) -> Iterator[tuple[str, Any]]:
        """Yield each document with its place."""
        if not self.lines:
            yield "", self.whole
            return
        for number, line in enumerate(io.BytesIO(self.data), 1):
            if not line.strip():
                continue
            try:
                yield f"line {number}", _parse(line)
            except (json.JSONDecodeError, RecursionError) as error:
                raise SourceError(
                    f"every line of {self.file} must be a JSON object: {_reason(error)} "
                    f"(line {number}); correct it"
                ) from None


def read_json(path: Path) -> JsonFile:
    r"""Return a JSON file; a `.json` may also hold one document a line.

    Raises
    ------
    SourceError
        If it is no JSON, or nested too deeply to be an export.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "t.json"
    >>> _ = file.write_text('[{"id": 12345678901234567890}]')
    >>> list(read_json(file).elements())
    [('element 1', {'id': '12345678901234567890'})]
    """
    data, encoding = to_utf8(path.read_bytes(), path.name)
    data, note = _whole_characters(data)
    if path.suffix.lower() != ".json":
        return JsonFile(path.name, data, True, encoding, note)
    try:
        return JsonFile(path.name, data, False, encoding, note, _parse(data))
    except (json.JSONDecodeError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError) and error.msg == "Extra data":
            return JsonFile(path.name, data, True, encoding, note)
        raise SourceError(f"{path.name} must be JSON: {_reason(error)}; export it again") from None


def json_table(source: JsonFile) -> pd.DataFrame:
    """Return flat objects as a table of text, one row an object.

    Raises
    ------
    SourceError
        If an element is no object, or holds more than texts, numbers and lists of texts.
    """
    records = []
    for place, element in source.documents() if source.lines else source.elements():
        if not isinstance(element, dict):
            raise SourceError(
                f"every {'line' if source.lines else 'element'} of {source.file} must be a JSON "
                f"object, got {shown(element)} "
                f"({place}); export one object {'a line' if source.lines else 'a record'}"
            )
        records.append({k: _cell(k, v, source.file, place) for k, v in element.items()})
    if not records:
        raise SourceError(f"{source.file} has no records; export it again")
    return pd.DataFrame(records, dtype="str").fillna("")


def shown(value: object) -> str:
    """Return a value of a JSON file as messages show it."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return repr(str(value)[:40])


def _cell(name: str, value: object, file: str, place: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "\n".join(value)
    if not isinstance(value, str):
        raise SourceError(
            f"{name} must be a text, a number or a list of texts, got {shown(value)} "
            f"({file}, {place}); export flat records"
        )
    return value


def _parse(data: bytes) -> Any:
    """Return a document; numbers stay as they are written."""
    return json.loads(data, parse_int=str, parse_float=str, parse_constant=str)


def _reason(error: json.JSONDecodeError | RecursionError) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def _whole_characters(data: bytes) -> tuple[bytes, str]:
    """Return JSON without escapes of what is no character, and a note on how many there were."""
    if not _SUSPECT.search(data):
        return data, ""
    replaced = 0

    def whole(match: re.Match[bytes]) -> bytes:
        nonlocal replaced
        replaced += match[1] is not None
        return rb"\ufffd" if match[1] else match[0]

    data = _ESCAPE.sub(whole, data)
    words = "broken character" if replaced == 1 else "broken characters"
    return data, f"{replaced:,} {words} replaced by U+FFFD" if replaced else ""
