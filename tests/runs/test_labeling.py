"""Drawing mentions to label: what is written into labels.csv, and what stays there."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.runs.context import RunContext
from cjm_lab.runs.labeling import grow_labels
from cjm_lab.workspace import Workspace

STUDY = """\
title: Tea
period: month
stages: [{id: buy, name: Buy, touchpoints: [{id: pay, name: Payment, keywords: [card]}]}]
sources: [{kind: mentions, file: posts.csv}]
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    folder = tmp_path / "data" / "raw" / "tea"
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text(STUDY)
    texts = [f"{'a bad' if i % 3 else 'a good'} card, said {i} times" for i in range(120)]
    texts[:3] = ["=HYPERLINK(card)", "ask jo@example.org for the card", "Die Karte ist schlecht"]
    posts = pd.DataFrame(
        {
            "mention_id": [f"m{i}" for i in range(120)],
            "published_at": ["2026-09-10"] * 60 + ["2026-10-10"] * 60,
            "text": texts,
            "lang": ["en", "en", "de"] + ["en"] * 117,
        }
    )
    posts.to_csv(folder / "posts.csv", index=False)
    return Workspace(tmp_path)


def sheet_of(workspace: Workspace) -> pd.DataFrame:
    file = workspace.raw("tea") / "labels.csv"
    return pd.read_csv(file, dtype="str", keep_default_na=False)


def test_a_drawn_mention_waits_for_a_label_beside_its_masked_text(workspace: Workspace) -> None:
    drawn = grow_labels(workspace, "tea", 100, as_of="2026-09-30")
    assert (drawn.frame, drawn.drawn, drawn.new, drawn.to_label) == (59, 59, 59, 59)
    sheet = sheet_of(workspace)
    assert set(sheet["label"]) == {""}
    assert set(sheet["frame_id"]) == {"2026-09"}
    assert set(sheet["inclusion_prob"]) == {"1.0"}
    texts = sheet.set_index("mention_id")["text"]
    assert texts["m0"] == "'=HYPERLINK(card)"  # no spreadsheet runs it
    assert texts["m1"] == "ask [e-mail] for the card"
    assert "m2" not in texts  # German is counted and not labeled


def test_a_sample_grows_and_keeps_what_people_wrote(workspace: Workspace) -> None:
    grow_labels(workspace, "tea", 20, as_of="2026-09-30")
    file = workspace.raw("tea") / "labels.csv"
    sheet = sheet_of(workspace)
    sheet["label"], sheet["remark"] = "negative", "clear"
    sheet.to_csv(file, index=False, sep=";")  # as a spreadsheet in Europe saves it
    grown = grow_labels(workspace, "tea", 40, as_of="2026-09-30")
    assert (grown.drawn, grown.new, grown.to_label) == (40, 20, 20)
    again = sheet_of(workspace)
    first = again[again["label"] == "negative"]
    assert first["mention_id"].tolist() == sheet["mention_id"].tolist()
    assert set(first["remark"]) == {"clear"}
    assert again["inclusion_prob"].astype(float).unique() == pytest.approx([40 / 59])


def test_another_draw_before_the_first_label_replaces_the_first(workspace: Workspace) -> None:
    grow_labels(workspace, "tea", 20, as_of="2026-10-31")
    grow_labels(workspace, "tea", 20, as_of="2026-10-31", seed=5)
    sheet = sheet_of(workspace)
    assert len(sheet) == 20
    fresh = grow_labels(workspace, "tea", 20, as_of="2026-10-31", seed=5)
    assert (fresh.new, fresh.to_label) == (0, 20)


def test_labels_of_one_draw_are_not_mixed_with_another(workspace: Workspace) -> None:
    file = grow_labels(workspace, "tea", 20, as_of="2026-10-31").file
    sheet_of(workspace).assign(label="negative").to_csv(file, index=False)
    before = file.read_bytes()
    with pytest.raises(ParameterError, match="drawn with another seed"):
        grow_labels(workspace, "tea", 20, as_of="2026-10-31", seed=5)
    assert file.read_bytes() == before


def test_another_month_is_another_frame_in_the_same_file(workspace: Workspace) -> None:
    grow_labels(workspace, "tea", 20, as_of="2026-09-30")
    grow_labels(workspace, "tea", 30, as_of="2026-10-31")
    sheet = sheet_of(workspace)
    assert sheet["frame_id"].value_counts().to_dict() == {"2026-10": 30, "2026-09": 20}
    chance = sheet.groupby("frame_id")["inclusion_prob"].first().astype(float)
    assert chance.to_dict() == pytest.approx({"2026-09": 20 / 59, "2026-10": 0.5})


def test_labels_typed_into_the_sheet_replace_the_guess(workspace: Workspace) -> None:
    grow_labels(workspace, "tea", 40, as_of="2026-10-31")
    sheet = sheet_of(workspace)
    truth = sheet["text"].str.startswith("a bad").map({True: "negative", False: "positive"})
    sheet.assign(label=truth).to_csv(workspace.raw("tea") / "labels.csv", index=False)
    rows = RunContext(workspace, "tea", as_of="2026-10-31").table("social_rows")
    row = rows[(rows["measure"] == "negative_share") & (rows["touchpoint"] == "")].iloc[0]
    assert row["n"] == 40
    assert row["value"] == pytest.approx(2 / 3)  # two of three are bad, and the lexicon knows


def test_drawing_twice_changes_no_byte(workspace: Workspace) -> None:
    file = grow_labels(workspace, "tea", 20, as_of="2026-10-31").file
    before = file.read_bytes()
    assert grow_labels(workspace, "tea", 20, as_of="2026-10-31").new == 0
    assert file.read_bytes() == before


def test_labels_that_lie_elsewhere_are_nobodys_to_write(workspace: Workspace) -> None:
    yaml = workspace.raw("tea") / "study.yaml"
    yaml.write_text(STUDY.replace("posts.csv}", "posts.csv, labels: {column: tone}}"))
    with pytest.raises(ParameterError, match=r"must lie in labels\.csv"):
        grow_labels(workspace, "tea", 20, as_of="2026-10-31")


def test_a_month_without_mentions_has_nothing_to_label(workspace: Workspace) -> None:
    with pytest.raises(ParameterError, match=r"got none in August 2026"):
        grow_labels(workspace, "tea", 20, as_of="2026-08-31")
    assert not (workspace.raw("tea") / "labels.csv").exists()
