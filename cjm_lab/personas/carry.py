"""A persona carried over to another study, and whether it is found there."""

from __future__ import annotations

from dataclasses import asdict
from difflib import get_close_matches
from typing import Any

import pandas as pd
import yaml
from pydantic import ValidationError

from cjm_lab.errors import ParameterError, SourceError, one_of
from cjm_lab.estimate import share
from cjm_lab.personas.saved import SegmentModel, model_from
from cjm_lab.study import Persona, Study
from cjm_lab.study.personas import attribute_text, match_personas
from cjm_lab.surveys.base import FEWEST_PEOPLE
from cjm_lab.words import counted, listed, shown

_KEYS = ("from", "persona", "segments")
_LINE_ENDS = "\r\x85\u2028\u2029"


def persona_file(study: Study, persona: str, model: SegmentModel | None = None) -> str:
    """Return a declared persona as a file that another study can take over.

    What is declared goes along, with the rules that recognize it; what was measured stays, since it
    is true of this study's customers only. A picture is a file name: copy the file too.

    Parameters
    ----------
    study
        Declares the persona.
    persona
        Its id.
    model
        Segments found here, to score the other study's customers with.

    Returns
    -------
    str
        YAML; `load_persona` and `load_persona_segments` read it.

    Raises
    ------
    ParameterError
        If the study has no such persona.

    Examples
    --------
    >>> study = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}],
    ...               personas=[{"id": "office", "name": "Office buyer", "match": {"plan": "007"}}])
    >>> print(persona_file(study, "office"), end="")
    from: Tea
    persona:
      id: office
      name: Office buyer
      match:
        plan: '007'
    """
    ids = [one.id for one in study.personas]
    if persona not in ids:
        raise ParameterError(one_of("persona", ids, persona, "personas of study.yaml"))
    declared = study.persona(persona).model_dump(exclude_defaults=True)
    document: dict[str, Any] = {"from": study.title, "persona": declared}
    if model is not None:
        document["segments"] = _plain(asdict(model))
    return str(yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100))


def load_persona(text: str) -> Persona:
    """Return the persona of a file that `persona_file` wrote.

    Raises
    ------
    SourceError
        If it is no such file.

    Examples
    --------
    >>> load_persona("persona: {id: office, name: Office buyer}").name
    'Office buyer'
    """
    try:
        return Persona.model_validate(_document(text)["persona"])
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in ("persona", *first["loc"]))
        message = str(first["msg"]).lower().removeprefix("value error, ")
        raise SourceError(
            f"a persona file must hold a persona as study.yaml declares it, got {place}: {message}"
        ) from None


def load_persona_segments(text: str) -> SegmentModel | None:
    """Return the segment model of a file that `persona_file` wrote, None where it has none.

    Raises
    ------
    SourceError
        If it is no such file.
    """
    segments = _document(text).get("segments")
    if segments is None:
        return None
    try:
        return model_from(segments)
    except ParameterError as error:
        raise SourceError(f"segments of a persona file must be a model, got {error}") from None


def carried_over(persona: Persona, customers: pd.DataFrame, *, level: float = 0.95) -> str:
    r"""Return in words how many of another study's customers a persona matches, or why none can.

    Parameters
    ----------
    persona
        From `load_persona`.
    customers
        The other study's customers, one row each.
    level
        Confidence level.

    Examples
    --------
    >>> office = Persona(id="office", name="Office buyer", match={"plan": "team"})
    >>> there = pd.DataFrame({"plan": ["team"] * 30 + ["solo"] * 70})
    >>> carried_over(office, there).replace("\xa0", " ")
    'Office buyer matches 30 of 100 customers here, 30 % [22, 40] n 100.'
    >>> print(carried_over(office, pd.DataFrame({"plans": ["team"]})))
    Office buyer can't be told here: the customers have no attribute plan; did you mean plans?
    """
    if not persona.match:
        return (
            f"{persona.name} has no rule that recognizes it: declare match, the attributes and "
            "values by which one is recognized."
        )
    n = len(customers)
    if not n:
        return f"{persona.name} can't be told here: there are no customers."
    columns = [str(column) for column in customers]
    if missing := [name for name in persona.match if name not in columns]:
        near = [hit for name in missing for hit in get_close_matches(name, columns, n=1)]
        hint = f"; did you mean {listed(near)}?" if near else "."
        noun = "attribute" if len(missing) == 1 else "attributes"
        return (
            f"{persona.name} can't be told here: the customers have no {noun} "
            f"{listed(missing)}{hint}"
        )
    count = int((match_personas(customers, [persona]) == persona.id).sum())
    if count >= FEWEST_PEOPLE:
        e = shown(share(count, n, level=level), "share").full
        return f"{persona.name} matches {count:,} of {counted(n, 'customer')} here, {e}."
    if count:
        return (
            f"{persona.name} matches fewer than {FEWEST_PEOPLE} of {counted(n, 'customer')} here: "
            "too few to show anything of them."
        )
    unheard = [
        f"{value} of {name}"
        for name, wanted in persona.match.items()
        for value in ([wanted] if isinstance(wanted, str) else wanted)
        if not (attribute_text(customers[name]) == value).any()
    ]
    why = f": nobody has the value {listed(unheard)}" if unheard else ", all values taken together"
    return f"{persona.name} matches none of {counted(n, 'customer')} here{why}."


class _Dumper(yaml.SafeDumper):
    """Quotes what readers of YAML would take for the end of a line."""


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    odd = any(mark in text for mark in _LINE_ENDS)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if odd else None)


_Dumper.add_representer(str, _quoted)


def _document(text: str) -> dict[str, Any]:
    """Return the parts of a persona file."""
    remedy = "write one with persona_file"
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # a date such as 2026-99-99 is a ValueError
        said = str(error).splitlines()[0]
        raise SourceError(f"a persona file must be YAML, got {said}; {remedy}") from None
    if not isinstance(document, dict) or "persona" not in document:
        raise SourceError(f"a persona file must have the part 'persona', got none; {remedy}")
    for key in document:
        if key not in _KEYS:
            raise SourceError(one_of("part", _KEYS, key, "persona file"))
    return document


def _plain(value: Any) -> Any:
    """Return tuples as lists, which YAML knows."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple | list) else value
