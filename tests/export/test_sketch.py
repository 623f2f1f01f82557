from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import SourceError
from cjm_lab.export.document import to_json
from cjm_lab.export.long_table import long_table, to_csv, to_xlsx
from cjm_lab.export.mermaid import to_mermaid
from cjm_lab.export.sketch import Sketch, sketch_of, study_yaml
from cjm_lab.journey.build import build_map
from cjm_lab.journey.declared import COLUMNS as ASSUMED
from cjm_lab.journey.model import Cell, Item, Lane
from cjm_lab.ledger import evidence_frame
from cjm_lab.study import Persona, Stage, Touchpoint, load_study


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("sketches")


def places(sketch):
    return [(stage.name, [t.name for t in stage.touchpoints]) for stage in sketch.stages]


TEA = [("Buy", ["Payment", "Delivery"]), ("Use", [])]


def said(sketch):
    return sketch.assumed[["touchpoint", "lane", "text"]].values.tolist()


@pytest.mark.parametrize("kind", ["json", "csv", "xlsx", "mmd", "md"])
def test_what_a_file_is_is_told_by_its_content(tea, folder, kind):
    path = folder / f"{kind}.dat"
    if kind == "xlsx":
        to_xlsx(tea, path)
    else:
        text = {"json": to_json, "csv": to_csv}.get(kind, to_mermaid)(tea)
        path.write_bytes((f"# A\n\n```mermaid\n{text}```\n" if kind == "md" else text).encode())
    sketch = sketch_of(path)
    assert places(sketch) == TEA
    assert ["payment", "feels", "Unhappy"] in said(sketch)
    assert sketch.assumed.columns.tolist() == list(ASSUMED)


def test_the_lab_s_own_json_says_nothing_twice(tea, folder):
    path = folder / "map.json"
    path.write_text(to_json(tea), "utf-8")
    sketch = sketch_of(path)
    assert sketch.stages[0] == tea.stages[0]  # with channel, action and what is expected
    assert said(sketch) == [["payment", "reach", "40 %"], ["payment", "feels", "Unhappy"]]


def test_a_table_that_somebody_else_drew(folder):
    path = folder / "our_tea.csv"
    path.write_text(
        "stage,touchpoint,lane,text,persona,detail\nBuy,Till,does,Pays,Kid,in cash\n"
        "Sip,Pot,thinks,Hot!,,\nBuy,Pot,thinks,Which?,Kid,\nBuy,,expects,Tea,,\n"
    )
    sketch = sketch_of(path)
    assert sketch.title == "our tea"
    assert places(sketch) == [("Buy", ["Till", "Pot"]), ("Sip", ["Pot"])]
    assert sketch.assumed.values.tolist() == [
        ["buy", "till", "Kid", "does", "", "Pays: in cash"],
        ["sip", "pot", "", "thinks", "", "Hot!"],
        ["buy", "pot_2", "Kid", "thinks", "", "Which?"],
        ["buy", "", "", "expects", "", "Tea"],
    ]
    assert sketch.personas == (Persona(id="Kid", name="Kid"),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("{}", r"t\.dat: format must be"),
        ("journey\n x: 9\n", r"t\.dat: score must be .*\(line 2\)"),
        ("Dear all,\nhello", r"t\.dat"),
        ("stage,touchpoint,lane,text\n,Till,does,Pays\n", r"stage must be given .*\(row 2\)"),
        ("stage,touchpoint,lane,text\n,,does,Pays\n", "must name a stage"),
        ("stage,touchpoint,lane,text\nA,B,feels,4\n", r"between -2 and \+2, got '4' \(row 2\)"),
    ],
)
def test_what_holds_no_journey_is_refused(folder, text, said):
    path = folder / "t.dat"
    path.write_text(text)
    with pytest.raises(SourceError, match=said):
        sketch_of(path)
    with pytest.raises(SourceError, match="no file"):
        sketch_of(folder / "none.mmd")


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_study_of_a_drawing_loads_with_every_name(maps, data, folder):
    map_ = data.draw(maps)
    path = folder / "drawn.json"
    path.write_bytes(to_json(map_).encode())
    try:
        sketch = sketch_of(path)
    except SourceError as error:  # "1e5" as a feeling
        assert "between -2 and +2" in str(error)
        return
    file = folder / "study.yaml"
    file.write_bytes(study_yaml(sketch).encode())
    study = load_study(file)
    assert study.title == (map_.title or "A journey")
    assert places(study) == places(sketch) == places(map_)
    build_map(study, evidence_frame(), as_of="2026-10-31", assumed=sketch.assumed)


def test_names_of_any_writing_get_ids():
    names = ["Оплата", "日本", "", "A" * 90, "Été à Paris", "null", "007"]
    table = pd.DataFrame(
        {"stage": names, "touchpoint": names, "text": "x", "lane": "does", "value": float("nan")}
    )
    for column in ("stage_id", "touchpoint_id", "persona", "state", "detail", "kind", "status"):
        table[column] = ""
    from cjm_lab.export.sketch import sketch_of_table

    ids = [t.id for s in sketch_of_table(table, "").stages for t in s.touchpoints]
    assert ids == ["touchpoint_1", "touchpoint_2", "a" * 40, "ete_a_paris", "null", "007"]


def test_a_drawing_becomes_a_map_with_its_words_and_no_evidence(tea, folder):
    path = folder / "tea.mmd"
    path.write_text(to_mermaid(replace(tea, persona_name="Office buyer")))
    sketch = sketch_of(path)
    file = folder / "study.yaml"
    file.write_text(study_yaml(sketch, "Our tea"), "utf-8")
    study = load_study(file)
    assert study.title == "Our tea" and study.persona("office_buyer").name == "Office buyer"
    drawn = build_map(
        study, evidence_frame(), as_of="2026-10-31", persona="office_buyer", assumed=sketch.assumed
    )
    cell = drawn.lane("feels").cells[0]
    assert "Unhappy" in cell.text
    assert (cell.status, cell.evidence_ids) == ("assumed", ())
    again = to_mermaid(drawn)
    assert "    Payment (assumed): 2: Office buyer\n" in again
    assert "    Delivery (no evidence yet): 3: Office buyer\n" in again


def test_line_ends_of_every_kind_stay_in_a_name(folder):
    name = "a\x85b\u2028c\nd\re"
    text = study_yaml(Sketch(name, (Stage(id="sip", name=name),), pd.DataFrame()))
    (folder / "study.yaml").write_bytes(text.encode())
    study = load_study(folder / "study.yaml")
    assert study.title == study.stages[0].name == name


def test_a_place_named_with_nothing_to_read_is_named_by_its_id(tea):
    lane = Lane("expects", "Expects", (Cell((Item("Tea"),), "assumed"),), by_stage=True)
    bare = replace(tea, stages=(Stage(id="x", name="\x00\x0b"),), lanes=(lane,))
    assert long_table(bare)["stage"].tolist() == ["x"]


def test_the_study_is_readable():
    stages = (Stage(id="sip", name="Sip", touchpoints=[Touchpoint(id="pot", name="On")]),)
    text = study_yaml(Sketch("", stages, pd.DataFrame(), (Persona(id="kid", name="Kid"),)))
    assert text.splitlines()[2:] == [
        "title: A journey", "personas:", "  - id: kid", "    name: Kid", "stages:", "  - id: sip",
        "    name: Sip", "    touchpoints:", "      - id: pot", "        name: 'On'",
    ]  # fmt: skip
