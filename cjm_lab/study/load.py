"""From the text of study.yaml to a Study, each error with its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ValidationError

from cjm_lab.errors import StudyError, one_of
from cjm_lab.study.models import (
    EventsSource,
    MentionsSource,
    Part,
    Question,
    Study,
    SurveySource,
    TableSource,
)

_KINDS = ["survey", "mentions", "events", *get_args(TableSource.model_fields["kind"].annotation)]


def load_study(path: str | Path) -> Study:
    r"""Read study.yaml.

    Parameters
    ----------
    path
        The file, or the folder it lies in.

    Returns
    -------
    Study
        Ids and codes are text as written: ``007`` stays ``007`` and ``on`` stays ``on``.

    Raises
    ------
    StudyError
        For every mistake, in one message: field, value, line and the nearest valid value.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "study.yaml"
    >>> stages = "[{id: 007, name: Brew, touchpoints: [{id: on, name: Pot}]}]"
    >>> _ = file.write_text(f"title: Tea\nstages: {stages}")
    >>> load_study(file).stage_of
    {'on': '007'}
    """
    file = Path(path)
    if file.is_dir():
        file = file / "study.yaml"
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise StudyError(f"no file {file}; a study is a folder with a file study.yaml") from None
    except UnicodeDecodeError as error:
        raise StudyError(
            f"{file} must be saved as UTF-8: {error.reason} at byte {error.start}"
        ) from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 1} of {file.name})" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise StudyError(
            f"{file} is not valid YAML: {problem}{line}; check indents, colons, quotes"
        ) from None
    if not isinstance(root, yaml.MappingNode):
        raise StudyError(
            f"{file} is empty or not a mapping; it must start with fields such as 'title:'"
        )
    _refuse_twins(root, file.name)
    data = _plain(root)
    data.pop("path", None)
    try:
        study = Study.model_validate(data | {"path": file.resolve()})
    except ValidationError as error:
        messages = [_sentence(e, root, file.name) for e in error.errors()]
        raise StudyError("\n".join(dict.fromkeys(messages))) from None
    problems = [
        f"{message} (line {_line(root, at)} of {file.name}){hint}"
        for at, message, hint in _loose_ends(study)
    ]
    if problems:
        raise StudyError("\n".join(problems))
    return study


def line_of(study: Study, *at: str | int) -> str:
    """Return where a part of a study stands, as messages say it: ``line 12 of study.yaml``."""
    text = study.path.read_text(encoding="utf-8-sig")
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    line = _line(root, at) if root else 1
    return f"line {line} of {study.path.name}"


def _plain(node: yaml.Node) -> Any:
    """Return a node as dicts, lists, None and text: the models, not YAML, decide on types."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    return None if node.tag == "tag:yaml.org,2002:null" else node.value


def _refuse_twins(node: yaml.Node, name: str) -> None:
    """Refuse a key that stands twice: the second would silently replace the first."""
    children = node.value if isinstance(node, yaml.SequenceNode) else []
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            if key.value in seen:
                raise StudyError(
                    f"{key.value!r} must occur once, got it on lines {seen[key.value]} and "
                    f"{key.start_mark.line + 1} of {name}; keep one"
                )
            seen[key.value] = key.start_mark.line + 1
            children.append(value)
    for child in children:
        _refuse_twins(child, name)


def _line(root: yaml.Node, at: tuple[str | int, ...]) -> int:
    """Return the line of the deepest part of a path that the file has."""
    node, line = root, root.start_mark.line
    for part in at:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == part), None)
            if pair is None:
                continue  # the kind of a source is part of pydantic's path, not of the file
            line, node = pair[0].start_mark.line, pair[1]
        elif (
            isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value)
        ):
            node = node.value[part]
            line = node.start_mark.line
    return line + 1


def _sentence(error: Any, root: yaml.Node, name: str) -> str:
    """Return one pydantic error in the grammar of CJM Lab."""
    at = tuple(error["loc"])
    field = ".".join(str(part) for part in at)
    where = f"line {_line(root, at)} of {name}"
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return one_of(f"a field of {_owner(at)}", _known_fields(at), at[-1], where)
    if kind == "missing":
        return f"{field} must be given ({where}); add a line '{at[-1]}: …'"
    if kind == "literal_error":
        options = [o.strip(" '") for o in context["expected"].replace(" or ", ", ").split(",")]
        return one_of(field, options, error["input"], where)
    if kind == "union_tag_invalid":
        return one_of(f"{field}.kind", _KINDS, context["tag"], where)
    if kind == "union_tag_not_found":
        return f"{field}.kind must be given ({where}); it is one of {_KINDS}"
    if kind == "string_pattern_mismatch":
        allowed = "letters, digits, '_', '-' and '.'"
        return f"{field} must be made of {allowed}, got {error['input']!r} ({where})"
    problem = error["msg"][0].lower() + error["msg"][1:]
    return f"{field}: {problem}, got {error['input']!r} ({where})"


def _owner(at: tuple[str | int, ...]) -> str:
    names = [str(part) for part in at[:-1] if not isinstance(part, int)]
    return names[-1] if names else "the study"


def _known_fields(at: tuple[str | int, ...]) -> list[str]:
    """Return the valid field names of the model that a path leads into."""
    model: type[BaseModel] = Study
    parts = list(at[:-1])
    while parts:
        part = parts.pop(0)
        if part in _KINDS and part not in model.model_fields:
            sources: dict[str, type[BaseModel]] = {
                "survey": SurveySource,
                "mentions": MentionsSource,
                "events": EventsSource,
            }
            model = sources.get(str(part), TableSource)
        elif isinstance(part, str) and part in model.model_fields:
            found = [t for t in _inner_types(model.model_fields[part].annotation) if t is not model]
            model = found[0] if found else model
            if model is Question and parts:
                parts.pop(0)  # the question's own column name
    return [info.alias or field for field, info in model.model_fields.items() if field != "path"]


def _inner_types(annotation: Any) -> list[type[Part]]:
    """Return the models named inside an annotation such as list[Stage]."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return [annotation]
    return [t for inner in get_args(annotation) for t in _inner_types(inner)]


def _unpaired(
    source: SurveySource, at: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Yield each Kano feature and MaxDiff set that lacks one of its two questions, or its items."""
    roles = {"kano": "a functional question and a reversed (dysfunctional) one",
             "maxdiff": "a question for the best and a reversed one for the worst"}  # fmt: skip
    pairs: dict[tuple[str, str], list[str]] = {}
    for code, q in source.questions.items():
        if q.measure in roles:
            pairs.setdefault((q.measure, q.as_), []).append(code)
            if q.measure == "maxdiff" and not q.options:
                yield (*at, code), f"{code} must name the items of its set", "; add options: [...]"
    for (measure, name), codes in pairs.items():
        sides = sorted(source.questions[code].reversed for code in codes)
        if not name or sides != [False, True]:
            yield (
                (*at, codes[0]),
                f"{measure} needs {roles[measure]} with the same 'as', got {codes}",
                "; give both the same 'as' and one of them reversed: true",
            )


def _loose_ends(study: Study) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Yield place, message and hint of every name that leads nowhere or stands twice."""
    try:
        ZoneInfo(study.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield (
            ("time_zone",),
            f"time_zone must be an IANA name, got {study.time_zone!r}",
            "; such as 'Europe/Berlin'",
        )
    stages = [stage.id for stage in study.stages]
    touchpoints = [t.id for t in study.touchpoints]
    personas = [persona.id for persona in study.personas]
    subjects = ["us", *study.subject.competitors]
    seen: set[str] = set()
    for s, stage in enumerate(study.stages):
        for t, touchpoint in enumerate(stage.touchpoints):
            if touchpoint.id in seen:
                yield (
                    ("stages", s, "touchpoints", t, "id"),
                    f"touchpoint ids must differ, got {touchpoint.id!r} twice",
                    "; rename one",
                )
            seen.add(touchpoint.id)
    for name, ids in (("stages", stages), ("personas", personas)):
        for i, one in enumerate(ids):
            if one in ids[:i]:
                yield (name, i, "id"), f"{name} ids must differ, got {one!r} twice", "; rename one"
    references: list[tuple[tuple[str | int, ...], str, list[str], str]] = []
    for i, source in enumerate(study.sources):
        if isinstance(source, SurveySource):
            for code, q in source.questions.items():
                at = ("sources", i, "questions", code)
                references.append(((*at, "touchpoint"), "touchpoint", touchpoints, q.touchpoint))
                references.append(((*at, "stage"), "stage", stages, q.stage))
                references.append(((*at, "subject"), "subject", subjects, q.subject))
            named = [*source.questions, *(q.as_ for q in source.questions.values() if q.as_)]
            if source.drivers:
                at = ("sources", i, "drivers", "of")
                references.append((at, "drivers.of", named, source.drivers.of))
            for name in source.margins:
                at = ("sources", i, "margins", name)
                references.append((at, "a margin", list(source.attributes), name))
            yield from _unpaired(source, ("sources", i, "questions"))
        if isinstance(source, MentionsSource) and source.labels:
            for value, about in source.labels.touchpoints.items():
                named_at = ("sources", i, "labels", "touchpoints", value)
                references.append((named_at, "touchpoint", touchpoints, about))
            if source.labels.touchpoints and not source.labels.touchpoint:
                yield (
                    ("sources", i, "labels", "touchpoints"),
                    "labels.touchpoints needs the column that holds its values, got none",
                    "; add touchpoint: <column> to labels",
                )
    for i, key in enumerate(study.key_measures):
        references.append(
            (("key_measures", i, "touchpoint"), "touchpoint", touchpoints, key.touchpoint)
        )
        references.append((("key_measures", i, "persona"), "persona", personas, key.persona))
    if study.goal.objective:
        goal = study.goal.objective
        place = ("goal", "objective")
        references.append(((*place, "touchpoint"), "touchpoint", touchpoints, goal.touchpoint))
        references.append(((*place, "persona"), "persona", personas, goal.persona))
    for where, name, options, got in references:
        if got and got not in options:
            message, _, hint = one_of(name, options, got).partition("; did you mean")
            yield where, message, f"; did you mean{hint}" if hint else ""
