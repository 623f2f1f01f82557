"""Tables of the mentions that notebooks show: what stands in them, by counts made by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cjm_lab.runs.context import RunContext
from cjm_lab.runs.labeling import grow_labels
from cjm_lab.runs.readable import html_table
from cjm_lab.runs.recipes import SOCIAL_VIEWS
from cjm_lab.workspace import Workspace

HOSTILE = [
    "<script>alert('card')</script> is <b>bad</b>",
    "=cmd|'/c calc'!A1 card",
    "+1+1 card",
    "-2+3 card",
    "@SUM(card)",
    "\u202egnikrow si drac\u202c card",
    "card " + "a" * 1_000_000,
    "card " + "!" * 1_000_000,
    "card " + "." * 500_000 + " " + "(" * 500_000,
    "👩\u200d👩\u200d👧\u200d👦 card 🏳️\u200d🌈",
    "\ufeffcard \u2400 \ufffd",
    "card \u2028\u2029\x85\x0b end",
]

STUDY = """\
title: Tea
period: month
subject: {brand: Chai Co, names: [ChaiCo]}
stages:
  - id: buy
    name: Buy
    touchpoints:
      - {id: pay, name: Payment, keywords: [card]}
      - {id: van, name: Delivery, keywords: [parcel]}
sources: [{kind: mentions, file: posts.csv}]
"""


def context(tmp_path: Path, posts: pd.DataFrame, labels: pd.DataFrame | None = None) -> RunContext:
    folder = tmp_path / "data" / "raw" / "tea"
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text(STUDY)
    posts = posts.assign(mention_id=[f"m{i}" for i in range(len(posts))])
    posts.to_csv(folder / "posts.csv", index=False)
    if labels is not None:
        labels.to_csv(folder / "labels.csv", index=False)
    return RunContext(Workspace(tmp_path), "tea", as_of="2026-09-30")


def posts_of(*texts: str, **columns: object) -> pd.DataFrame:
    frame = pd.DataFrame({"text": texts, "published_at": "2026-09-10", "lang": "en"})
    return frame.assign(**columns)


def labeled(words: list[str], **columns: object) -> pd.DataFrame:
    ids = [f"m{i}" for i in range(len(words))]
    return pd.DataFrame({"mention_id": ids, "label": words, "frame_id": "2026-09"}).assign(
        **columns
    )


def test_the_guess_of_a_channel_stands_beside_the_labels_where_there_are_30(tmp_path: Path) -> None:
    texts = [f"{'bad' if i % 4 == 0 else 'good'} card {i}" for i in range(100)]
    posts = posts_of(*texts, channel=["x"] * 60 + ["reddit"] * 40)
    made = context(tmp_path, posts, labeled(["negative", "positive"] * 35))
    table = made.table("said_by_group").set_index("label")
    assert table["mentions"].to_dict() == {"x": 60, "reddit": 40}
    assert table["automatic"].to_dict() == {"x": 0.25, "reddit": 0.25}
    assert table.loc["x", "n"] == 60
    assert table.loc["x", "value"] == pytest.approx(0.5)  # all of them are labeled
    assert pd.isna(table.loc["reddit", "value"])
    places = made.table("said_by_touchpoint").set_index("label")
    assert places.loc["Payment", "mentions"] == 100
    assert "Delivery" not in places.index  # nobody spoke of it


def test_a_study_without_mentions_has_empty_tables(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "raw" / "tea"
    folder.mkdir(parents=True)
    yaml = STUDY.replace("sources: [{kind: mentions, file: posts.csv}]", "sources: []")
    (folder / "study.yaml").write_text(yaml)
    made = RunContext(Workspace(tmp_path), "tea", as_of="2026-09-30")
    for name in SOCIAL_VIEWS:
        assert made.table(name).empty, name


def test_weeks_are_full_and_months_have_30_labels(tmp_path: Path) -> None:
    days = pd.date_range("2026-08-01", "2026-09-30").strftime("%Y-%m-%d")
    texts = [f"{'bad' if i % 2 else 'good'} card {i}" for i in range(len(days))]
    labels = labeled(["negative", "positive"] * 15 + ["negative"] * 20)
    labels["frame_id"] = ["2026-08"] * 30 + ["2026-09"] * 20
    made = context(tmp_path, posts_of(*texts, published_at=days), labels)
    trend = made.table("mention_trend")
    weeks = trend[trend["kind"] == "automatic"]
    # The first Monday is 3 August; the week of Monday, 28 September is not over.
    assert weeks["start"].dt.strftime("%m-%d").tolist() == [
        "08-03", "08-10", "08-17", "08-24", "08-31", "09-07", "09-14", "09-21",
    ]  # fmt: skip
    assert set(weeks["n"]) == {7}
    assert set(weeks["share"].round(3)) == {0.429, 0.571}
    months = trend[trend["kind"] == "labeled"]
    assert months["start"].dt.strftime("%m-%d").tolist() == ["08-01"]  # September has 20 labels
    # 15 of the 30 are negative, the 31st is one more to a lexicon that is wrong each time.
    assert months["share"].iloc[0] == pytest.approx(16 / 31)


def test_who_writes_counts_repeats_copies_and_languages(tmp_path: Path) -> None:
    said = "my card was refused three times in your shop today"
    posts = posts_of(
        said, said.upper(), f"RT @tea: {said} https://x.example", "Die Karte ist schlecht", "hm",
        author=["ann", "bob", "cy", "ann", "ann"],
    )  # fmt: skip
    posts.loc[3, "lang"] = "de"
    table = context(tmp_path, posts).table("who_writes").set_index("what")["value"]
    assert table["mentions"] == "5"
    assert table["word for word repeats within the month, left out below"] == "1"
    assert table["near copies of another"] == "1"
    assert table["that pass another's mention on"] == "1"
    assert table["in another language, counted and not scored (de 1)"] == "1"
    assert table["authors"] == "2"  # whoever only repeats word for word is left out
    assert table["share of the 10 most active authors"] == "100\u00a0%"


def test_word_lists_are_held_against_what_people_labeled(tmp_path: Path) -> None:
    texts = [f"bad card {i}" for i in range(20)] + [f"great card {i}" for i in range(20)]
    truth = ["negative"] * 30 + ["positive"] * 10  # ten of the great ones are sarcastic
    table = context(tmp_path, posts_of(*texts), labeled(truth)).table("scorers")
    assert set(table["right"]) == {"75\u00a0%"}
    assert set(table["of negative ones"]) == {"67\u00a0%"}
    assert set(table["of positive ones"]) == {"100\u00a0%"}
    assert set(table["of neutral ones"]) == {"unknown"}  # nobody labeled one so


def test_terms_of_complaints_come_with_examples_of_two_people(tmp_path: Path) -> None:
    texts = [f"{n} lid leaks again" for n in range(80)] + [f"{n} tastes great" for n in range(80)]
    posts = posts_of(*texts, author=[f"a{i}" for i in range(160)])
    made = context(tmp_path, posts, labeled(["negative"] * 80 + ["positive"] * 80))
    table = made.table("complaint_words")
    assert "lid leaks" in table["term"].iloc[0]
    assert table["mentions"].iloc[0] == 80
    assert table["for example"].iloc[0].count("lid leaks again") == 2


def test_a_term_that_nobody_used_before_is_new(tmp_path: Path) -> None:
    texts = [f"{n} tastes great" for n in range(160)] + [f"{n} lid leaks again" for n in range(80)]
    days = ["2026-08-10"] * 80 + ["2026-09-10"] * 160
    table = context(tmp_path, posts_of(*texts, published_at=days)).table("new_words")
    assert "lid leaks" in table["term"].iloc[0]
    assert table["mentions"].iloc[0] == 80
    assert not table["term"].str.contains("tastes").any()


def test_terms_without_a_touchpoint_leave_the_brand_out(tmp_path: Path) -> None:
    posts = posts_of(*[f"ChaiCo has a broken app {i}" for i in range(9)], "my card")
    table = context(tmp_path, posts).table("unlinked")
    assert table["term"].tolist() == ["broken app"]
    assert table["share"].tolist() == ["100\u00a0%"]


def test_keywords_are_right_or_complete_by_the_labels_touchpoints(tmp_path: Path) -> None:
    texts = [f"the card {i}" for i in range(8)] + [f"paid late {i}" for i in range(8)]
    labels = labeled(["negative"] * 16, touchpoint=["pay"] * 12 + ["van"] * 4)
    table = context(tmp_path, posts_of(*texts), labels).table("link_marks").set_index("touchpoint")
    assert table.loc["Payment", "right"].startswith("100")
    assert table.loc["Payment", "complete"].startswith("67")
    assert table.loc["Delivery", "right"] == ""  # its keyword finds nothing
    assert table.loc["Delivery", "complete"].startswith("0")


def test_where_a_guess_stands_the_labels_that_are_missing_are_told(tmp_path: Path) -> None:
    posts = posts_of(*[f"my card {i}" for i in range(40)], "a parcel")
    made = context(tmp_path, posts, labeled(["negative"] * 12))
    table = made.table("labels_wanted").set_index("where")
    assert table["labels"].to_dict() == {"everywhere": 12, "Payment": 12, "Delivery": 0}
    few = "fewer than 30 mentions"
    assert table["missing"].to_dict() == {"everywhere": "18", "Payment": "18", "Delivery": few}


def test_open_answers_of_a_persona_are_set_apart(tmp_path: Path) -> None:
    from cjm_lab.runs.social_views import answer_words
    from cjm_lab.study import Study

    study = Study.model_validate(
        {
            "title": "Tea",
            "stages": [{"id": "use", "name": "Use"}],
            "personas": [{"id": "a", "name": "Ann"}, {"id": "b", "name": "Bo"}],
        }
    )
    answers = pd.DataFrame(
        {
            "text": [f"too bitter {i}" for i in range(90)] + [f"too dear {i}" for i in range(90)],
            "persona": ["a"] * 90 + ["b"] * 90,
            "respondent_id": [f"r{i}" for i in range(180)],
        }
    )
    table = answer_words(answers, study)
    assert table[["persona", "term"]].values.tolist() == [["Ann", "bitter"], ["Bo", "dear"]]


def test_what_was_liked_most_comes_first_and_names_nobody(tmp_path: Path) -> None:
    posts = posts_of("so late", "good", "hm", engagement=[7, 30, 0], author=["ann", "bo", "cy"])
    table = context(tmp_path, posts).table("shared_most")
    assert table["text"].tolist() == ["good", "so late"]
    assert "author_key" not in table


def test_hostile_texts_neither_break_nor_run_anywhere(tmp_path: Path) -> None:
    # Each six times, with a number that makes it no copy: terms need five mentions.
    texts = [f"{text} {i}" for text in HOSTILE for i in range(6)]
    posts = posts_of(*texts, author=[f"a{i}" for i in range(len(texts))], channel="x")
    posts["engagement"] = range(len(posts))
    made = context(tmp_path, posts, labeled(["negative", "positive"] * 20))
    for name in SOCIAL_VIEWS:
        page = html_table(made.table(name))
        assert "<script>" not in page, name
        assert "<b>bad" not in page, name
    rows = made.table("social_rows")
    assert rows.loc[(rows["measure"] == "mentions") & (rows["segment"] == ""), "value"].max() == 72
    quotes = rows[rows["lane"] == "quote"]
    assert quotes["label"].str.len().max() <= 120
    (made.study.folder / "labels.csv").unlink()
    sheet = pd.read_csv(grow_labels(Workspace(tmp_path), "tea", 72, as_of="2026-09-30").file)
    assert not sheet["text"].str.startswith(("=", "+", "-", "@")).any()
