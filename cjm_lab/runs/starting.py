"""Beginning a study: from a template, or from a journey that somebody has drawn already."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import yaml

from cjm_lab.errors import ParameterError, StudyError, one_of
from cjm_lab.journey.declared import COLUMNS
from cjm_lab.ledger import defused, restored
from cjm_lab.study import Study, load_study
from cjm_lab.words import counted
from cjm_lab.workspace import Workspace, safe_name, write_atomic, write_text

if TYPE_CHECKING:
    from cjm_lab.study import Persona

#: Folder of the journeys to begin with.
TEMPLATES = Path(__file__).parents[1] / "study" / "templates"


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import did: the file written, the rows taken, and the rows that stay as they are."""

    file: Path
    rows: int
    kept: int = 0


def templates() -> list[str]:
    """Return the names of the journeys to begin with.

    Examples
    --------
    >>> templates()
    ['purchase', 'renewal', 'subscription', 'support_issue']
    """
    return sorted(path.stem for path in TEMPLATES.glob("*.yaml"))


def new_study(workspace: Workspace, study: str, *, template: str, title: str = "") -> Path:
    """Write the study.yaml of a new study: goals and stages to be corrected, and no data yet.

    Parameters
    ----------
    workspace
        Folder that holds data/raw.
    study
        Name of the folder to make.
    template
        One of `templates`.
    title
        What the study is called; by default as in the template.

    Raises
    ------
    ParameterError
        If there is no such template.
    StudyError
        If the study is there already.
    """
    if template not in templates():
        raise ParameterError(one_of("template", templates(), template))
    text = (TEMPLATES / f"{template}.yaml").read_text("utf-8")
    if title:
        old = next(line for line in text.splitlines() if line.startswith("title:"))
        text = text.replace(old, yaml.safe_dump({"title": title}, allow_unicode=True).strip(), 1)
    return write_text(_fresh(workspace, study) / "study.yaml", text)


def begin_from(workspace: Workspace, study: str, file: Path, *, title: str = "") -> Taken:
    """Write a new study from a drawn journey: Mermaid, a table or the lab's own JSON.

    Every item of the drawing is somebody's word until there is evidence: it goes to map.csv.

    Raises
    ------
    StudyError
        If the study is there already.
    SourceError
        If the file holds no journey.
    """
    from cjm_lab.export.sketch import sketch_of, study_yaml

    folder = _fresh(workspace, study)
    sketch = sketch_of(file)
    text = study_yaml(sketch, title or sketch.title)
    # The items first: a folder is a study only when study.yaml is there.
    if len(sketch.assumed):
        _write_map(folder / "map.csv", sketch.assumed)
    return Taken(write_text(folder / "study.yaml", text), len(sketch.assumed))


def bring_in(workspace: Workspace, study: str, file: Path, *, as_of: str = "") -> str:
    """Take a file into a study that is there: a persona, or an edited table of its map.

    Returns
    -------
    str
        What was done, in words.
    """
    from cjm_lab.export.long_table import long_table
    from cjm_lab.personas.carry import carried_over, load_persona
    from cjm_lab.runs.exporting import map_of
    from cjm_lab.sources.tables import read_kind

    declared = load_study(workspace.raw(study) / "study.yaml")
    if file.suffix in (".yaml", ".yml"):
        persona = load_persona(file.read_text("utf-8-sig"))
        path = take_persona(workspace, declared, persona)
        return f"written {path}; {carried_over(persona, read_kind(declared, 'customers'))}"
    taken = take_edits(workspace, declared, long_table(map_of(workspace, study, as_of=as_of)), file)
    said = f"{counted(taken.rows, 'edit')} taken as assumed into {taken.file}"
    if taken.kept:
        said += (
            f"; {counted(taken.kept, 'row')} that the file lacks stay on the map: evidence does "
            "not go away, and what is assumed stands in study.yaml or map.csv"
        )
    return said


def take_edits(workspace: Workspace, study: Study, before: pd.DataFrame, file: Path) -> Taken:
    """Take what a colleague changed in the exported table, or in another one, into map.csv.

    Parameters
    ----------
    workspace
        Folder that holds data/raw.
    study
        The study.
    before
        The table as it was exported.
    file
        The table as it came back.

    Returns
    -------
    Taken
        `kept` counts rows that are missing in the file: evidence does not go away by deleting it.
    """
    from cjm_lab.export.long_table import edits, read_long_table

    changed, missing = edits(before, read_long_table(file))
    path = workspace.raw(study.name) / "map.csv"
    own = None
    if path.is_file():  # whatever else people keep in the file stays there
        own = pd.read_csv(path, dtype="str", keep_default_na=False).apply(restored)
    if own is not None and (lacking := [c for c in COLUMNS if c not in own]):
        raise StudyError(
            f"map.csv must have the columns {', '.join(COLUMNS)}, got none named "
            f"{lacking[0]}; add it"
        )
    whole = changed if own is None else pd.concat([own, changed], ignore_index=True)
    whole = whole.drop_duplicates([*COLUMNS]).reset_index(drop=True)
    rows = len(whole) - (0 if own is None else len(own.drop_duplicates([*COLUMNS])))
    if rows:
        _write_map(path, whole)
    return Taken(path, rows, len(missing))


def take_persona(workspace: Workspace, study: Study, persona: Persona) -> Path:
    """Write a persona of another study into this one's study.yaml, below those that are there.

    Raises
    ------
    StudyError
        If the study has a persona of that id, or its personas stand in brackets on one line.
    """
    path = workspace.raw(study.name) / "study.yaml"
    if persona.id in [one.id for one in study.personas]:
        raise StudyError(
            f"personas must differ, got {persona.id!r} again (study {study.name}); change the id "
            "in the file"
        )
    text = path.read_text("utf-8-sig")
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    found = next((value for key, value in pairs if key.value == "personas"), None)
    given = persona.model_dump(mode="json", exclude_defaults=True)
    if isinstance(found, yaml.SequenceNode) and found.value and not found.flow_style:
        lines = text.splitlines(keepends=True)
        at, indent = found.end_mark.line, " " * found.start_mark.column
        item = yaml.safe_dump([given], allow_unicode=True, sort_keys=False)
        lines[at:at] = [f"{indent}{line}\n" for line in item.splitlines()]
        if at and not lines[at - 1].endswith("\n"):
            lines[at - 1] += "\n"
        new = "".join(lines)
    elif found is None:
        item = yaml.safe_dump({"personas": [given]}, allow_unicode=True, sort_keys=False)
        new = text.rstrip("\n") + "\n" + item
    else:
        raise StudyError(
            "personas must stand one below the other to take one more, got them in brackets "
            f"(line {found.start_mark.line + 1} of study.yaml); write each on a line of its own"
        )
    draft = write_text(path.with_name(".study.draft.yaml"), new)
    try:
        load_study(draft)
    finally:
        draft.unlink()
    return write_text(path, new)


def _fresh(workspace: Workspace, study: str) -> Path:
    """Return the folder of a study that is not there yet."""
    folder = workspace.root / "data" / "raw" / safe_name(study)
    if (folder / "study.yaml").exists():
        raise StudyError(
            f"study must be a new one, got {study!r}, which has a study.yaml; choose another name"
        )
    return folder


def _write_map(path: Path, rows: pd.DataFrame) -> None:
    """Write map.csv; no cell of it starts a formula."""
    table = rows[[*COLUMNS, *(c for c in rows.columns if c not in COLUMNS)]]
    write_atomic(path, lambda draft: table.apply(defused).to_csv(draft, index=False))
