"""The journey map as a Mermaid ``journey``, and such a drawing as a map to start from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from math import isnan

import pandas as pd

from cjm_lab.errors import SourceError
from cjm_lab.export.sketch import Sketch, is_gap, score, slugs
from cjm_lab.journey.declared import COLUMNS as ASSUMED
from cjm_lab.journey.declared import FEELINGS
from cjm_lab.journey.model import Cell, JourneyMap
from cjm_lab.study import Persona, Stage, Touchpoint

#: Who acts where the map is about everybody.
EVERYBODY = "Customers"
#: Marks behind a task whose score is nobody's measurement; neutral where nothing is known at all.
UNKNOWN, ASSUMED_MARK = " (no evidence yet)", " (assumed)"
_NEUTRAL = 3

#: What Mermaid would not read as text, or what HTML and line breaks would change: as entity codes.
#: Two percent signs begin a comment; the two letters at the end are how Mermaid keeps an entity.
_CODED = re.compile(
    r"[#:;<>\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufb02\u00b6]|%(?=%)|(?<=%)%|^[\s%]|\s$"
)
_KEYWORD = re.compile(r"(title|section|journey|acctitle|accdescr)\b", re.IGNORECASE)
_ENTITY = re.compile(r"#(\w+);")
_FENCE = re.compile(r"^\s*(`{3,}|~{3,})\s*mermaid\s*$", re.IGNORECASE)


def to_mermaid(map_: JourneyMap) -> str:
    r"""Return a map as the text of a Mermaid ``journey``: ``task: score: actor``.

    Stages are sections and touchpoints tasks. The score is the valence, -2 to +2, moved to 1 to 5
    and rounded. Mermaid draws no task without a score: where nothing is known of the feeling it is
    3, and the task says "(no evidence yet)"; where it is somebody's word the task says "(assumed)".

    Parameters
    ----------
    map_
        The map. Of its lanes only `feels` goes into the drawing.

    Examples
    --------
    >>> from datetime import date
    >>> pot = Touchpoint(id="pot", name="Title: a pot")
    >>> stages = (Stage(id="brew", name="Brew", touchpoints=[pot]),)
    >>> print(to_mermaid(JourneyMap("Tea", "tea", date(2026, 10, 31), "draft", stages, ())))
    journey
      title Tea
      section Brew
        #84;itle#58; a pot (no evidence yet): 3: Customers
    <BLANKLINE>
    """
    actor = _coded(map_.persona_name or map_.persona or EVERYBODY).replace(",", "#44;")
    lines = ["journey"]
    if map_.title:
        lines.append(f"  title {_coded(map_.title)}")
    feels = dict(enumerate(map_.lane("feels").cells))
    column = 0
    for stage in map_.stages:
        lines.append(f"  section {_coded(stage.name)}")
        for touchpoint in stage.touchpoints:
            number, mark = _felt(feels.get(column, Cell()))
            column += 1
            if not is_gap(touchpoint.id, stage.id):
                lines.append(f"    {_task(touchpoint.name)}{mark}: {number}: {actor}")
    return "\n".join(lines) + "\n"


def from_mermaid(text: str) -> Sketch:
    r"""Return a Mermaid ``journey`` as a map to start from, all of it assumed.

    Parameters
    ----------
    text
        The drawing, or Markdown in which it is a block of ``mermaid``.

    Returns
    -------
    Sketch
        Sections as stages, tasks as touchpoints, each score as a feeling in words and each actor
        but "Customers" as a persona. Tasks before the first section are a stage "Journey".

    Raises
    ------
    SourceError
        If it is no journey, or a line is none of it; the message says which.

    Examples
    --------
    >>> tea = from_mermaid("journey\n  title Tea\n  section Brew\n    Boil water: 2: Me, Cat")
    >>> tea.stages[0].touchpoints[0].id, tea.assumed[["persona", "text"]].values.tolist()
    ('boil_water', [['me', 'Unhappy'], ['cat', 'Unhappy']])
    """
    title, sections, tasks = "", [], []
    for number, line in _statements(text):
        keyword = _KEYWORD.match(line)
        word = keyword[1].lower() if keyword else ""
        rest = line[len(word) :].strip()
        if word == "title" and not rest.startswith(":"):
            title = _decoded(rest)
        elif word == "section" and rest:
            sections.append(_decoded(rest))
        elif word.startswith("acc"):
            continue
        else:
            if not sections:
                sections.append("Journey")
            tasks.append((len(sections) - 1, *_read_task(line, number)))
    if not sections:
        raise SourceError("the journey must have a task, got none; write 'text: score: actor'")
    return _sketch(title, sections, tasks)


def is_mermaid(text: str) -> bool:
    r"""Return whether a text is a Mermaid journey, or Markdown that holds one.

    Examples
    --------
    >>> is_mermaid("%% tea\njourney\n"), is_mermaid("journey,stage")
    (True, False)
    """
    return _start(_block(text)) is not None


def _felt(cell: Cell) -> tuple[int, str]:
    """Return the score of a cell of the curve, and the mark of one that nobody measured."""
    for item in cell.items:
        assumed = (item.status or cell.status) == "assumed"
        estimate = item.estimate if item.kind == "point" else None
        if estimate is not None and not isnan(estimate.value):
            return score(estimate.value), ASSUMED_MARK if assumed else ""
        if item.text in FEELINGS:
            return FEELINGS.index(item.text) + 1, ASSUMED_MARK
    return _NEUTRAL, UNKNOWN


def _coded(text: str) -> str:
    """Return a text that Mermaid reads as text."""
    return _CODED.sub(lambda found: f"#{ord(found[0])};", text)


def _task(name: str) -> str:
    """Return the text of a task: neither a keyword at its start nor one of our marks at its end."""
    coded = _coded(name)
    if _KEYWORD.match(coded):
        coded = f"#{ord(coded[0])};{coded[1:]}"
    if coded.endswith((UNKNOWN.strip(), ASSUMED_MARK.strip())):
        coded = f"{coded[:-1]}#41;"
    return coded


def _decoded(text: str) -> str:
    """Return a text with its entity codes resolved."""

    def character(found: re.Match[str]) -> str:
        code = found[1]
        if not (code.isascii() and code.isdigit()):
            return unescape(f"&{code};")
        return chr(int(code)) if int(code) < 0x110000 else found[0]

    return _ENTITY.sub(character, text)


def _block(text: str) -> list[tuple[int, str]]:
    """Return the numbered lines of a drawing, or of the first journey in a Markdown text."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    numbered = list(enumerate(lines, 1))
    for at, (_, line) in enumerate(numbered):
        fence = _FENCE.match(line)
        if fence:
            rest = numbered[at + 1 :]
            close = (n for n, (_, one) in enumerate(rest) if one.strip().startswith(fence[1]))
            inside = rest[: next(close, len(rest))]
            if _start(inside) is not None:
                return inside
    return numbered


def _start(lines: list[tuple[int, str]]) -> int | None:
    """Return after how many lines the journey begins, None if there is none."""
    head = _after_front_matter(lines)
    for at in range(head, len(lines)):
        line = _uncommented(lines[at][1])
        if line:
            return at + 1 if line.lower() == "journey" else None
    return None


def _after_front_matter(lines: list[tuple[int, str]]) -> int:
    """Return how many lines the settings between two lines of dashes take."""
    texts = [line.strip() for _, line in lines]
    first = next((at for at, text in enumerate(texts) if text), 0)
    if texts[first : first + 1] == ["---"] and "---" in texts[first + 1 :]:
        return texts.index("---", first + 1) + 1
    return 0


def _uncommented(line: str) -> str:
    """Return a line without its comment."""
    bare = line.split("%%")[0].strip().removeprefix("\ufeff")
    return "" if bare.startswith("#") and not _ENTITY.match(bare) else bare


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of each line that says something, below ``journey``."""
    lines = _block(text)
    start = _start(lines)
    if start is None:
        raise SourceError(
            "a Mermaid drawing must be a journey, got no line 'journey'; begin it with one"
        )
    for number, line in lines[: _after_front_matter(lines)]:
        if line.strip().startswith("title:"):
            yield number, "title " + line.partition(":")[2].strip().strip("\"'")
    described = False
    for number, line in lines[start:]:
        bare = _uncommented(line)
        described = described or bool(re.match(r"accDescr\s*\{", bare, re.IGNORECASE))
        if bare and not described:
            yield number, bare
        described = described and "}" not in bare


def _read_task(line: str, number: int) -> tuple[str, int | None, list[str]]:
    """Return the text of a task, its score unless nothing is known, and who acts."""
    parts = [part.strip() for part in line.split(":")]
    where = f"line {number}"
    if not 2 <= len(parts) <= 3 or not parts[0]:
        raise SourceError(
            f"a task must be 'text: score: actor', got {line[:60]!r} ({where}); write a colon "
            "inside the text as #58;"
        )
    try:
        given = float(parts[1])
    except ValueError:
        given = 0.0
    if not 1 <= given <= 5:
        raise SourceError(f"score must be a number from 1 to 5, got {parts[1]!r} ({where})")
    task = parts[0]
    known: int | None = round(given)
    if task.endswith(UNKNOWN):
        known = None
    task = task.removesuffix(UNKNOWN).removesuffix(ASSUMED_MARK)
    actors = [_decoded(one.strip()) for one in "".join(parts[2:]).split(",")]
    return _decoded(task), known, [one for one in actors if one]


def _sketch(
    title: str, sections: list[str], tasks: list[tuple[int, str, int | None, list[str]]]
) -> Sketch:
    """Return what was read as stages, personas and assumed rows."""
    stage_ids = slugs(sections, "stage")
    ids = slugs([name for _, name, _, _ in tasks], "touchpoint")
    people = dict.fromkeys(one for *_, actors in tasks for one in actors if one != EVERYBODY)
    personas = {EVERYBODY: ""} | dict(zip(people, slugs(list(people), "persona"), strict=True))
    stages = tuple(
        Stage(
            id=stage_ids[at],
            name=name,
            touchpoints=[
                Touchpoint(id=key, name=task[1])
                for key, task in zip(ids, tasks, strict=True)
                if task[0] == at
            ],
        )
        for at, name in enumerate(sections)
    )
    rows = [
        (stage_ids[at], key, personas[actor], "feels", "as-is", FEELINGS[known - 1])
        for key, (at, _, known, actors) in zip(ids, tasks, strict=True)
        for actor in dict.fromkeys(actors or [EVERYBODY])
        if known is not None
    ]
    declared = tuple(Persona(id=key, name=name) for name, key in personas.items() if key)
    return Sketch(title, stages, pd.DataFrame(rows, columns=ASSUMED, dtype="str"), declared)
