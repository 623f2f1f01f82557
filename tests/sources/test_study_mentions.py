"""What study.yaml says of mentions: layout, attributes, labels within, and whose keys they have."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cjm_lab.errors import SourceError
from cjm_lab.runs.check import check_study
from cjm_lab.sources import mentions_reading, read_table, read_tables
from cjm_lab.study import load_study
from cjm_lab.workspace import Workspace

STUDY = """\
title: Tea
stages:
  - {id: buy, name: Buy, touchpoints: [{id: shop, name: Shop}, {id: till, name: Till}]}
sources:
  - kind: mentions
    file: m-*.csv
    columns: {published_at: day}
    attributes: [airline]
    labels: {column: tone, touchpoint: about, touchpoints: {Queue: till}}
"""
FILES = {
    "m-1.csv": "mention_id,text,day,author,airline,tone,about\n"
    "1,Slow,2026-09-01,Jo Miller,A,negative,Queue\n2,Nice,2026-09-02,Al,B,,shop\n",
    "m-2.csv": "mention_id;text;day;author;airline;tone;about\n"
    "3;Well;2026-10-01;jo miller;A;undecided;Weather\n",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "raw" / "tea"
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text(STUDY)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def test_labels_in_the_file_say_what_they_are_about(home: Path) -> None:
    labels = read_tables(load_study(home))["labels"]
    assert labels["label"].tolist() == ["negative", "", "undecided"]
    assert labels["touchpoint"].tolist() == ["till", "shop", ""]  # the weather is no touchpoint
    assert labels["inclusion_prob"].tolist() == [1, 1, 1]
    assert set(labels["frame_id"]) == {"all"}


def test_labels_need_not_say_what_they_are_about(home: Path) -> None:
    short = STUDY.replace(", touchpoint: about, touchpoints: {Queue: till}", "")
    (home / "study.yaml").write_text(short)
    labels = read_tables(load_study(home))["labels"]
    assert labels["touchpoint"].tolist() == ["", "", ""]


def test_a_label_that_is_none_is_refused(home: Path) -> None:
    (home / "m-2.csv").write_text(FILES["m-2.csv"].replace("undecided", "meh"))
    with pytest.raises(SourceError, match=r"label must be one of .* got 'meh'"):
        read_tables(load_study(home))


def test_a_column_of_labels_that_is_not_there_is_named(home: Path) -> None:
    (home / "study.yaml").write_text(STUDY.replace("column: tone", "column: tones"))
    with pytest.raises(SourceError, match=r"must have the column 'tones'.*did you mean 'tone'"):
        read_tables(load_study(home))


def test_how_each_file_was_read_is_kept_with_the_table(home: Path, tmp_path: Path) -> None:
    table = read_tables(load_study(home))["mentions"]
    reading = mentions_reading(table)
    assert reading["file"].tolist() == ["m-1.csv", "m-2.csv"]
    assert reading["delimiter"].tolist() == ["comma", "semicolon"]
    assert reading["rows"].tolist() == [2, 1]
    table.to_parquet(tmp_path / "t.parquet")
    stored = mentions_reading(pd.read_parquet(tmp_path / "t.parquet"))
    pd.testing.assert_frame_equal(stored, reading)


def test_a_workspace_keeps_its_keys_and_reading_writes_nothing(home: Path, tmp_path: Path) -> None:
    (home / "findings.csv").write_text(
        "walk_id,evaluator,touchpoint,question,passed\nw,Jo Miller,shop,a,yes\n"
    )
    before = sorted(tmp_path.rglob("*"))
    tables = read_tables(load_study(home))
    assert sorted(tmp_path.rglob("*")) == before
    Workspace(tmp_path).salt()
    again = read_tables(load_study(home))
    keys = again["mentions"]["author_key"]
    assert keys.tolist() == tables["mentions"]["author_key"].tolist()
    assert keys[0] == keys[2] == again["findings"]["evaluator"][0] != keys[1]
    (tmp_path / "data" / "processed" / ".salt").write_text("0" * 64)
    assert not {*read_tables(load_study(home))["mentions"]["author_key"]} & {*keys}


def test_a_layout_that_study_yaml_names_is_the_one(home: Path) -> None:
    (home / "study.yaml").write_text(
        STUDY.replace("attributes:", "layout: brandwatch\n    attributes:")
    )
    with pytest.raises(SourceError, match="must have a column of texts as exports of brandwatch"):
        read_tables(load_study(home))


def test_a_label_may_be_blank_until_somebody_gives_it(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(
        "mention_id,label,labeler,frame_id\n1,,Jo,2026-08\n1,negative,Al,2026-08\n"
    )
    labels = read_table("labels", tmp_path / "labels.csv", salt="s")
    assert labels["label"].tolist() == ["", "negative"]
    assert labels["labeler"].nunique() == 2


def test_the_check_says_how_each_file_of_mentions_was_read(home: Path, tmp_path: Path) -> None:
    lines = [line.detail for line in check_study(Workspace(tmp_path), "tea")]
    assert "m-1.csv: plain table, UTF-8, comma; 2 mentions, 0 left out" in lines
    assert "m-2.csv: plain table, UTF-8, semicolon; 1 mention, 0 left out" in lines
