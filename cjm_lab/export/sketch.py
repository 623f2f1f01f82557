"""A drawn journey as the start of a study: stages, touchpoints and what is assumed about them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from cjm_lab.errors import SourceError
from cjm_lab.journey.declared import COLUMNS as ASSUMED
from cjm_lab.journey.declared import FEELINGS
from cjm_lab.study import Persona, Stage, Touchpoint
from cjm_lab.words import MINUS

_CODE = re.compile(r"[A-Za-z0-9][\w.-]*")
_LONGEST_ID = 40


@dataclass(frozen=True, slots=True)
class Sketch:
    """A journey that somebody drew, without any evidence.

    Parameters
    ----------
    title
        What it is called; may be empty.
    stages
        The stages with their touchpoints.
    assumed
        What the drawing says, in the columns of map.csv (`ASSUMED`).
    personas
        Whom it is about, where it says so.
    """

    title: str
    stages: tuple[Stage, ...]
    assumed: pd.DataFrame = field(compare=False)
    personas: tuple[Persona, ...] = ()


def sketch_of(path: Path) -> Sketch:
    """Read a drawn journey: Mermaid, Markdown with a Mermaid block, CSV, XLSX or JSON.

    What the file is, is told by its content.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Sketch
        Every item is assumed, whatever the file says of it: its evidence is not in the file.

    Raises
    ------
    SourceError
        If the file is none of these, or has a mistake; the message says where.
    """
    from cjm_lab.export.document import from_json
    from cjm_lab.export.long_table import long_table, read_long_table
    from cjm_lab.export.mermaid import from_mermaid, is_mermaid
    from cjm_lab.sources.encoding import to_utf8

    if not path.is_file():
        raise SourceError(f"no file {path}; name a Mermaid, Markdown, CSV, XLSX or JSON file")
    data = path.read_bytes()
    title = " ".join(re.split(r"[\s_]+", path.stem)).strip()
    if data.startswith(b"PK"):
        return sketch_of_table(read_long_table(path), title)
    text = to_utf8(data, path.name)[0].decode().removeprefix("\ufeff")
    try:
        if text.lstrip().startswith("{"):
            map_ = from_json(text)
            table = long_table(map_)
            bare = Sketch(map_.title, (), pd.DataFrame(columns=ASSUMED, dtype="str"))
            drawn = bare if table.empty else sketch_of_table(table, map_.title)
            return _undeclared(drawn, map_.stages)
        if is_mermaid(text):
            return from_mermaid(text)
    except SourceError as error:
        raise SourceError(f"{path.name}: {error}") from None
    if not text.strip():
        raise SourceError(f"{path.name} is empty; export it again")
    return sketch_of_table(read_long_table(path), title)


def study_yaml(sketch: Sketch, title: str = "") -> str:
    """Return a study.yaml for a drawn journey; what the drawing says belongs into map.csv.

    Parameters
    ----------
    sketch
        The drawing.
    title
        What the study is called; by default what the drawing is.

    Examples
    --------
    >>> tea = Sketch("Tea", (Stage(id="sip", name="Sip: hot"),), pd.DataFrame())
    >>> print(study_yaml(tea))
    # Made from a drawing. What it says stands in map.csv and is assumed until there is evidence:
    # add sources here, and goal and scope, to see which of it holds.
    title: Tea
    stages:
      - id: sip
        name: 'Sip: hot'
    <BLANKLINE>
    """
    import yaml

    class Indented(yaml.SafeDumper):
        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, False)

        def ignore_aliases(self, data: object) -> bool:
            return True

    def quoted(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
        # Only double quotes keep these line ends; every other style folds them to a blank.
        style = '"' if re.search("[\x85\u2028\u2029]", text) else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)

    Indented.add_representer(str, quoted)
    content: dict[str, object] = {"title": title or sketch.title or "A journey"}
    for name, parts in (("personas", sketch.personas), ("stages", sketch.stages)):
        if parts:
            content[name] = [part.model_dump(mode="json", exclude_defaults=True) for part in parts]
    dumped = yaml.dump(content, Dumper=Indented, allow_unicode=True, sort_keys=False, width=100)
    return (
        "# Made from a drawing. What it says stands in map.csv and is assumed until there is "
        "evidence:\n# add sources here, and goal and scope, to see which of it holds.\n" + dumped
    )


def sketch_of_table(table: pd.DataFrame, title: str) -> Sketch:
    """Return the sketch that a long table draws.

    Parameters
    ----------
    table
        As `cjm_lab.export.long_table.long_table` makes it or `read_long_table` reads it. Stages and
        touchpoints come in the order in which they first occur.
    title
        What it is called.

    Raises
    ------
    SourceError
        If no row names a stage, or one names a touchpoint without its stage.
    """
    lost = table.index[(table["stage"] == "") & (table["touchpoint"] != "")]
    if len(lost):
        raise SourceError(
            f"stage must be given where there is a touchpoint, got none (row {lost[0] + 2}); "
            "fill it in"
        )
    if not (table["stage"] != "").any():
        raise SourceError("the table must name a stage, got none; fill in the column stage")
    table = table.assign(
        at=_ids(table, ["stage"], "stage_id", "stage"),
        who=_ids(table, ["persona"], "persona", "persona"),
    )
    table["spot"] = _ids(table, ["at", "touchpoint"], "touchpoint_id", "touchpoint")
    gap = table["spot"] == table["at"] + "."
    spots = table[(table["spot"] != "") & ~gap].drop_duplicates("spot")
    drawn = tuple(
        Stage(
            id=key,
            name=name,
            touchpoints=[
                Touchpoint(id=spot, name=place)
                for at, spot, place in zip(
                    spots["at"], spots["spot"], spots["touchpoint"], strict=True
                )
                if at == key
            ],
        )
        for key, name in _names(table, "at", "stage")
    )
    said = table[(table["text"].str.strip() != "") & (table["kind"] != "place")]
    assumed = pd.DataFrame(
        {
            "stage": said["at"],
            "touchpoint": said["spot"].mask(gap, ""),
            "persona": said["who"],
            "lane": said["lane"],
            "state": said["state"],
            "text": _words(said),
        },
        dtype="str",
    )
    refuse_far_feelings(assumed)
    personas = tuple(Persona(id=key, name=name) for key, name in _names(table, "who", "persona"))
    return Sketch(title, drawn, assumed.drop_duplicates(ignore_index=True), personas)


def feeling(valence: float) -> str:
    """Return the words for a place on the emotion scale from -2 to +2.

    Examples
    --------
    >>> feeling(-1.3), feeling(0.2), feeling(2)
    ('Unhappy', 'Neutral', 'Very happy')
    """
    return FEELINGS[score(valence) - 1]


def score(valence: float) -> int:
    """Return the score from 1 to 5 for a valence from -2 to +2.

    Halves go to the even number, so scores lie as evenly about 3 as valences about 0.

    Examples
    --------
    >>> score(-1.3), score(-0.5), score(0.5), score(7)
    (2, 2, 4, 5)
    """
    return round(min(5, max(1, valence + 3)))


def refuse_far_feelings(assumed: pd.DataFrame) -> None:
    """Refuse a number about a feeling that is not on the emotion scale, such as one of 1 to 5.

    Parameters
    ----------
    assumed
        Columns as map.csv; the index counts the rows below the header.

    Raises
    ------
    SourceError
        If there is one; the message names its row.
    """
    texts = assumed.loc[assumed["lane"] == "feels", "text"]
    numbers = pd.to_numeric(texts.str.replace(MINUS, "-"), errors="coerce")
    if len(far := numbers.index[numbers.abs() > 2]):
        raise SourceError(
            "a number in the lane feels must lie between -2 and +2, got "
            f"{texts[far[0]]!r} (row {far[0] + 2}); move it to that scale, or say it in words"
        )


def is_gap(touchpoint_id: str, stage_id: str) -> bool:
    """Return whether a touchpoint only stands for there being none in its stage."""
    return touchpoint_id == f"{stage_id}."


def slugs(names: Sequence[str], kind: str) -> list[str]:
    """Return an id for each name that study.yaml accepts, no two alike.

    Examples
    --------
    >>> slugs(["First cup", "first-cup!", "Оплата"], "touchpoint")
    ['first_cup', 'first_cup_2', 'touchpoint_3']
    """
    taken: set[str] = set()
    found = []
    for at, name in enumerate(names, 1):
        plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
        start = "_".join(re.findall("[a-z0-9]+", plain))[:_LONGEST_ID].strip("_")
        slug = start = start or f"{kind}_{at}"
        number = 2
        while slug in taken:
            slug, number = f"{start}_{number}", number + 1
        taken.add(slug)
        found.append(slug)
    return found


def _ids(table: pd.DataFrame, names: list[str], own: str, kind: str) -> pd.Series:
    """Return an id for each row, "" where it has no name: the table's own, if fit, else new."""
    named = table[names[-1]] != ""
    given = table[own].where(named, "")
    places = table.assign(id=given)[[*names, "id"]][named].drop_duplicates(["id", names[0]])
    if given[named].str.fullmatch(_CODE).all() and not places["id"].duplicated().any():
        return given
    new = table.loc[named, names].drop_duplicates()
    new["id"] = slugs(new[names[-1]].tolist(), kind)
    return table[names].merge(new, how="left").set_axis(table.index)["id"].fillna("")


def _names(table: pd.DataFrame, key: str, name: str) -> list[tuple[str, str]]:
    """Return each id once, in the order of the table, with the first name it has."""
    found = table[table[key] != ""].drop_duplicates(key)
    return list(zip(found[key], found[name], strict=True))


def _words(said: pd.DataFrame) -> pd.Series:
    """Return the items in words: a point of the curve as a feeling, for it has no evidence here.

    The small print of a table that somebody else drew belongs to the words; our own is computed.
    """
    point = (said["kind"] == "point") & (said["lane"] == "feels") & said["value"].notna()
    plain = said["text"].str.strip()
    detail = said["detail"].str.strip()
    plain = plain.where((said["status"] != "") | (detail == ""), plain + ": " + detail)
    felt = said["value"].fillna(0).map(feeling)
    return plain.where(~point, felt)


def _undeclared(sketch: Sketch, stages: Sequence[Stage]) -> Sketch:
    """Return the sketch with the stages as declared, and without saying their words twice."""
    whole = tuple(
        stage.model_copy(
            update={"touchpoints": [t for t in stage.touchpoints if not is_gap(t.id, stage.id)]}
        )
        for stage in stages
    )
    parts: list[Stage | Touchpoint] = [*whole]
    parts += [touchpoint for stage in whole for touchpoint in stage.touchpoints]
    declared = {
        (part.id, word)
        for part in parts
        for value in part.model_dump().values()
        for word in (value if isinstance(value, list) else [value])
        if isinstance(word, str)
    }
    rows = sketch.assumed
    at = rows["touchpoint"].where(rows["touchpoint"] != "", rows["stage"])
    twice = [key in declared for key in zip(at, rows["text"], strict=True)]
    left = rows[~pd.Series(twice, rows.index, dtype="bool")].reset_index(drop=True)
    return Sketch(sketch.title, whole, left, sketch.personas)
