"""study.yaml: what is read, and what is refused with its line."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import get_args

import pytest

from cjm_lab.errors import StudyError
from cjm_lab.sources.schemas import TABLES
from cjm_lab.study import MentionsSource, TableSource, load_study
from cjm_lab.study.load import line_of

GOOD = """\
title: Tea
time_zone: Europe/Berlin
personas:
  - {id: "on", name: Always on}
stages:
  - id: 007
    name: Buy
    touchpoints:
      - {id: shop, name: Shop, events: [visit, 1e3]}
      - {id: till, name: Till}
sources:
  - kind: survey
    file: s.csv
    questions:
      q1: {measure: rating, scale: [1, 5], touchpoint: shop}
key_measures:
  - {measure: valence, touchpoint: till, matters: 0.2}
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "study.yaml"
    file.write_text(dedent(text), encoding="utf-8")
    return file


def refusal(folder: Path, old: str, new: str) -> str:
    assert old in GOOD
    with pytest.raises(StudyError) as error:
        load_study(write(folder, GOOD.replace(old, new)))
    return str(error.value)


def test_ids_and_codes_stay_text(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, GOOD))
    assert study.stages[0].id == "007"
    assert study.personas[0].id == "on"
    assert study.touchpoint("shop").events == ["visit", "1e3"]
    assert study.touchpoint_of_event == {
        "shop": "shop",
        "till": "till",
        "visit": "shop",
        "1e3": "shop",
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("title: Tea", "titel: Tea", ["'titel' (line 1 of study.yaml)", "did you mean 'title'?"]),
        ("touchpoint: shop", "touchpoint: shp", ["got 'shp' (line 15", "did you mean 'shop'?"]),
        ("measure: rating", "measure: ratng", ["got 'ratng' (line 15", "did you mean 'rating'?"]),
        ("kind: survey", "kind: survy", ["got 'survy' (line 12", "did you mean 'survey'?"]),
        ("Europe/Berlin", "Europe/Berln", ["time_zone", "'Europe/Berln' (line 2"]),
        ("{id: till,", "{id: shop,", ["touchpoint ids must differ, got 'shop' twice (line 10"]),
        ("matters: 0.2", "matters: much", ["matters", "'much' (line 17"]),
        ("matters: 0.2", "matters: -1", ["matters", "greater than 0", "(line 17"]),
        ("touchpoint: till, m", "touchpoint: tll, m", ["got 'tll' (line 17", "'till'?"]),
        ("name: Buy", "name: Buy\n    name: Use", ["'name' must occur once", "lines 7 and 8"]),
        ("    name: Buy\n", "", ["stages.0.name must be given (line 6"]),
        ("name: Shop,", "name: [Shop,", ["not valid YAML", "line"]),
        (
            "    questions:",
            "    drivers: {of: q2}\n    questions:",
            ["drivers.of must be one of ['q1'], got 'q2' (line 14"],
        ),
        (
            "    questions:",
            "    margins: {age: {young: 1}}\n    questions:",
            ["a margin must be one of", "got 'age' (line 14"],
        ),
        ("measure: rating,", "measure: kano, as: lid,", ["kano needs a functional", "(line 15"]),
        ("measure: rating,", "measure: maxdiff, as: s,", ["q1 must name the items", "(line 15"]),
        ("kind: survey", "kind: cost", ["got 'cost' (line 12", "'calendar'"]),
    ],
)
def test_a_mistake_is_named_with_line_value_and_remedy(
    tmp_path: Path, old: str, new: str, said: list[str]
) -> None:
    message = refusal(tmp_path, old, new)
    for part in said:
        assert part in message


def test_every_mistake_is_said_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("title:", "titel:").replace("measure: rating", "measure: ratng")
    with pytest.raises(StudyError) as error:
        load_study(write(tmp_path, text))
    assert "titel" in str(error.value)
    assert "ratng" in str(error.value)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words\n"])
def test_a_file_that_is_no_study_is_said(tmp_path: Path, text: str) -> None:
    with pytest.raises(StudyError, match="empty or not a mapping"):
        load_study(write(tmp_path, text))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"no file .*study\.yaml"):
        load_study(tmp_path)


def test_a_file_in_another_encoding_is_said(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_bytes("title: Kaffee für alle\n".encode("latin-1"))
    with pytest.raises(StudyError, match="must be saved as UTF-8"):
        load_study(tmp_path)


def test_a_source_may_be_of_every_kind_that_a_table_is_read_from_and_of_no_other() -> None:
    kinds = {*get_args(TableSource.model_fields["kind"].annotation), "mentions", "events"}
    assert kinds == set(TABLES) - {"responses"}  # which a survey gives


def test_a_question_for_drivers_may_be_named(tmp_path: Path) -> None:
    text = GOOD.replace("    questions:", "    drivers: {of: q1}\n    questions:")
    assert load_study(write(tmp_path, text)).sources[0].model_dump()["drivers"] == {"of": "q1"}


def test_a_part_of_a_study_says_its_line(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, GOOD))
    assert line_of(study, "key_measures", 0, "matters") == "line 17 of study.yaml"


def test_yaml_cannot_run_code(tmp_path: Path) -> None:
    message = refusal(tmp_path, "title: Tea", 'title: !!python/object/apply:os.system ["true"]')
    assert "title" in message


MENTIONS = """\
  - kind: mentions
    file: m.csv
    layout: meltwater
    attributes: [airline]
    labels:
      column: tone
      touchpoint: about
      touchpoints: {Queue: till}
"""


def test_labels_within_a_file_may_be_about_touchpoints(tmp_path: Path) -> None:
    source = load_study(write(tmp_path, GOOD.replace("key_m", MENTIONS + "key_m"))).sources[1]
    assert isinstance(source, MentionsSource) and source.labels
    assert (source.layout, source.attributes) == ("meltwater", ["airline"])
    assert source.labels.touchpoints == {"Queue": "till"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Queue: till", "Queue: tll", ["touchpoint", "'tll' (line 23 of", "did you mean 'till'?"]),
        ("layout: meltwater", "layout: meltwatr", ["'meltwatr' (line 18", "'meltwater'?"]),
        ("      touchpoint: about\n", "", ["needs the column that holds its values", "(line 22"]),
        ("column: tone", "colum: tone", ["a field of labels", "'colum' (line 21", "'column'?"]),
    ],
)
def test_a_mistake_in_mentions_is_named(
    tmp_path: Path, old: str, new: str, said: list[str]
) -> None:
    assert MENTIONS.count(old) == 1
    with pytest.raises(StudyError) as error:
        load_study(write(tmp_path, GOOD.replace("key_m", MENTIONS.replace(old, new) + "key_m")))
    for part in said:
        assert part in str(error.value)
