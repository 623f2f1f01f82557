"""The journey map as JSON, with the JSON Schema that documents it."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from collections.abc import Iterator
from functools import cache
from math import inf, isfinite, isnan, nan
from typing import Any, NoReturn, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from cjm_lab.errors import SourceError, one_of
from cjm_lab.journey.model import LANES, JourneyMap

#: Name and version of the format; a change that older readers misread gets the next number.
FORMAT = "urn:cjm-lab:journey-map:1"

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: Numbers that may be unknown, and how those that JSON lacks are written.
_NUMBERS = ("value", "low", "high", "se", "n_eff")
_WRITTEN = {None: nan, "Infinity": inf, "-Infinity": -inf}
_MOST_ERRORS = 5

#: What fields mean whose docstrings say it in a sentence, not one by one.
_MEANT = {
    "Cell": {
        "items": "What the cell says, one thing each.",
        "status": "How that is known; `none` where there is nothing.",
        "evidence_ids": "The rows of evidence.csv behind it.",
        "note": "What stands in a cell without items.",
    },
    "Lane": {
        "key": f"Which lane it is: one of {', '.join(LANES)}.",
        "name": "What it is called.",
        "cells": "One a touchpoint in the order of the journey, or one a stage.",
        "note": "What is true of the whole lane, such as its base or scale.",
        "by_stage": "Whether the cells are one a stage.",
    },
    "Stage": {
        "id": "Id in study.yaml.",
        "name": "What customers would call it.",
        "period": "Before, during or after the experience.",
        "expects": "What customers expect.",
        "funnel": "What the firm calls it.",
        "touchpoints": "In the order of the journey.",
    },
    "Touchpoint": {
        "id": "Id in study.yaml.",
        "name": "What it is called.",
        "channel": "Where it happens.",
        "ownership": "Who holds it in hand.",
        "team": "Who answers for it.",
        "action": "What customers do there.",
        "events": "Events of the log that happen there.",
        "keywords": "Words by which mentions of it are found.",
        "thinks": "What customers are believed to think.",
        "needs": "What customers are believed to need.",
        "motivation": "Why they are believed to come.",
        "hesitations": "What they are believed to hesitate over.",
        "obstacles": "What is believed to stand in their way.",
        "gains": "What they are believed to gain.",
        "backstage": "What happens out of their sight.",
        "systems": "What it runs on.",
    },
}


def to_json(map_: JourneyMap) -> str:
    """Return a map as JSON: everything but the rows of evidence, whose ids stay in the cells.

    Keys are sorted, so the same map gives the same text. Unknown numbers are ``null``.

    Parameters
    ----------
    map_
        The map.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.study import Stage
    >>> stages = (Stage(id="sip", name="Sip"),)
    >>> tea = JourneyMap("Tea", "tea", date(2026, 10, 31), "draft", stages, ())
    >>> from_json(to_json(tea)) == tea
    True
    """
    document = _document()(format=FORMAT, **{name: getattr(map_, name) for name in _fields()})
    plain = _for_json(document.model_dump(mode="json"))
    return json.dumps(plain, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n"


def from_json(text: str) -> JourneyMap:
    """Return the map that `to_json` wrote; its table of evidence is empty.

    Parameters
    ----------
    text
        The JSON.

    Raises
    ------
    SourceError
        If it is not JSON, of another format, or says something that no map holds.

    Examples
    --------
    >>> from_json("[]")
    Traceback (most recent call last):
    cjm_lab.errors.SourceError: the map must be a JSON object, got list; export it again
    """
    try:
        data = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise SourceError(
            f"the map must be JSON: {error.msg} (line {error.lineno}, column {error.colno}); "
            "export it again"
        ) from None
    except RecursionError:
        raise SourceError("the map must be JSON that nests less deeply; export it again") from None
    if not isinstance(data, dict):
        raise SourceError(
            f"the map must be a JSON object, got {type(data).__name__}; export it again"
        )
    if data.get("format") != FORMAT:
        raise SourceError(
            f"format must be {FORMAT!r}, got {data.get('format')!r}; export the map again with "
            "this version of CJM Lab"
        )
    try:  # JSON once more: as such, strictly read, lists are tuples and dates text
        document = _document().model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        found = [_sentence(one) for one in error.errors(include_url=False)]
        more = [f"and {len(found) - _MOST_ERRORS} more"] if len(found) > _MOST_ERRORS else []
        raise SourceError("\n".join([*found[:_MOST_ERRORS], *more])) from None
    map_ = JourneyMap(**{name: getattr(document, name) for name in _fields()})
    if problems := list(_loose_ends(map_)):
        raise SourceError("\n".join(problems))
    return map_


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of what `to_json` writes.

    Examples
    --------
    >>> json_schema()["properties"]["as_of"]["format"]
    'date'
    """
    schema = _document().model_json_schema()
    for name, part in [("JourneyMap", schema), *schema["$defs"].items()]:
        doc = inspect.cleandoc(part.get("description", ""))
        meant = _MEANT.get(name, {}) | _parameters(doc)
        part["description"] = " ".join(re.split(r"\n\n(?=\w+\n-+\n)", doc)[0].split())
        for field, property_ in part["properties"].items():
            property_.pop("title", None)
            if field in meant:
                property_["description"] = meant[field]
    for number in _NUMBERS:
        property_ = schema["$defs"]["Estimate"]["properties"][number]
        property_["type"] = ["number", "string", "null"]
        property_["pattern"] = "^-?Infinity$"
        if "default" in property_:
            property_["default"] = None
    schema["properties"]["format"]["description"] = "Name and version of this format."
    schema["required"].sort()
    return {"$schema": _DIALECT, "$id": FORMAT, **schema, "title": "Journey map"}


def _fields() -> list[str]:
    """Return what of a map goes into the document."""
    return [field.name for field in dataclasses.fields(JourneyMap) if field.name != "evidence"]


@cache
def _document() -> type[BaseModel]:
    """Return the model of the document: the map's fields, and no field that nobody knows.

    The configuration holds for the dataclasses inside too.
    """
    from typing import Literal

    hints = get_type_hints(JourneyMap)
    missing = dataclasses.MISSING
    fields: dict[str, Any] = {
        field.name: (hints[field.name], ... if field.default is missing else field.default)
        for field in dataclasses.fields(JourneyMap)
        if field.name in _fields()
    }
    fields["format"] = (Literal["urn:cjm-lab:journey-map:1"], ...)
    config = ConfigDict(extra="forbid")
    return create_model("JourneyMap", __config__=config, __doc__=JourneyMap.__doc__, **fields)


def _for_json(node: Any) -> Any:
    """Return data without the numbers that JSON lacks."""
    if isinstance(node, dict):
        return {key: _for_json(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_for_json(value) for value in node]
    if isinstance(node, float) and not isfinite(node):
        return None if isnan(node) else "Infinity" if node > 0 else "-Infinity"
    return node


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of the text; in an estimate, null is a number that is not known."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        raise SourceError(f"{twin!r} must occur once in an object of the map, got it twice")
    if {"value", "low", "high", "n", "method"} <= found.keys():
        for number in _NUMBERS:
            given = found.get(number, 0.0)
            if given is None or isinstance(given, str):
                found[number] = _WRITTEN.get(given, given)
    return found


def _no_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity as numbers: they are not JSON, and other programs stop there."""
    raise SourceError(f"a number of the map must be JSON, got {name}; write null where unknown")


def _sentence(error: Any) -> str:
    """Return one pydantic error in the grammar of CJM Lab."""
    field = ".".join(str(part) for part in error["loc"])
    kind, got = error["type"], repr(error["input"])[:60]
    if kind == "missing":
        return f"{field} must be given; export the map again"
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"a map has no field {field}; take it out, or export the map again"
    if kind == "literal_error":
        options = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        return one_of(field, options, error["input"], "the map's JSON")
    problem = error["msg"][0].lower() + error["msg"][1:]
    return f"{field}: {problem}, got {got}; export the map again"


def _loose_ends(map_: JourneyMap) -> Iterator[str]:
    """Yield what single fields cannot tell: cells that have no column, lanes that no map has."""
    stages, columns = len(map_.stages), len(map_.touchpoints)
    for at, lane in enumerate(map_.lanes):
        wanted = stages if lane.by_stage else columns
        if lane.key not in LANES:
            yield one_of(f"lanes.{at}.key", LANES, lane.key)
        if lane.key in [other.key for other in map_.lanes[:at]]:
            yield f"lanes must differ, got {lane.key!r} again (lanes.{at}); take one out"
        if len(lane.cells) != wanted:
            what = "stage" if lane.by_stage else "touchpoint"
            yield (
                f"lanes.{at}.cells must be one a {what}, {wanted}, got {len(lane.cells)}; "
                "export the map again"
            )
    for at, curve in enumerate(map_.curves):
        if curve.weights and len(curve.weights) != stages:
            yield f"curves.{at}.weights must be one a stage, {stages}, got {len(curve.weights)}"
        if bad := [column for column, _ in curve.points if not 0 <= column < columns]:
            yield f"curves.{at}.points must lie in columns 0 to {columns - 1}, got {bad[0]}"


def _parameters(doc: str) -> dict[str, str]:
    r"""Return what the parameters section of a docstring says of each.

    Examples
    --------
    >>> _parameters("A cup.\n\nParameters\n----------\nsize, fill\n    In ml.")
    {'size': 'In ml.', 'fill': 'In ml.'}
    """
    section = doc.partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    return {
        name: " ".join(said.split())
        for names, said in re.findall(r"^(\S.*)\n((?:[ ]+.*(?:\n|$))+)", section, re.M)
        for name in names.split(", ")
    }
