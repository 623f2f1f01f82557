from __future__ import annotations

import pandas as pd
import pytest

from cjm_lab.estimate import share
from cjm_lab.social.link_quality import link_quality, unlinked_terms
from cjm_lab.social.linking import linked_sentences
from cjm_lab.study import Study

STUDY = Study.model_validate(
    {
        "title": "Tea",
        "stages": [
            {
                "id": "use",
                "name": "Use",
                "touchpoints": [
                    {"id": name, "name": name, "keywords": [name]} for name in ("van", "pay", "app")
                ],
            }
        ],
    }
)


def links_of(**touchpoints: str) -> pd.DataFrame:
    """`links_of(pay="ab")`: mentions a and b are linked to pay."""
    rows = [(mention, name) for name, mentions in touchpoints.items() for mention in mentions]
    return pd.DataFrame(rows, columns=["mention_id", "touchpoint"])


def labels_of(**touchpoints: str) -> pd.DataFrame:
    return links_of(**touchpoints).assign(label="negative")


def values(table: pd.DataFrame) -> dict[tuple[str, str], tuple[float, int]]:
    keys = zip(table["touchpoint"], table["measure"], strict=True)
    return dict(zip(keys, zip(table["value"], table["n"], strict=True), strict=True))


def test_precision_and_recall_are_those_counted_by_hand():
    found = values(
        link_quality(links_of(pay="abcx", van="d"), labels_of(pay="abef", van="cd"), STUDY)
    )
    assert found == {
        ("van", "precision"): (1.0, 1),
        ("van", "recall"): (0.5, 2),
        ("pay", "precision"): (pytest.approx(2 / 3), 3),  # nobody said what x is about
        ("pay", "recall"): (0.5, 4),
    }


def test_a_mention_without_a_touchpoint_in_the_record_is_not_wrong():
    labels = pd.concat([labels_of(pay="ab"), labels_of(pay="c").assign(touchpoint="")])
    assert values(link_quality(links_of(pay="abc"), labels, STUDY))["pay", "precision"] == (1.0, 2)


def test_of_a_touchpoint_that_nobody_named_nothing_is_said():
    found = link_quality(links_of(pay="a", app="a"), labels_of(pay="a"), STUDY)
    assert set(found["touchpoint"]) == {"pay"}


def test_a_mention_drawn_with_half_the_chance_stands_for_two():
    labels = labels_of(pay="abc").assign(inclusion_prob=[0.25, 0.5, 0.5], frame_id="all",
                                         stratum=["p", "q", "q"])  # fmt: skip
    row = link_quality(links_of(pay="a"), labels, STUDY).set_index("measure").loc["recall"]
    assert row["value"] == pytest.approx(4 / 8)
    assert row["method"] == "Wilson on effective n"


def test_without_labels_there_is_nothing_to_show():
    none = pd.DataFrame({"mention_id": [], "label": [], "touchpoint": []}, dtype="str")
    assert link_quality(links_of(pay="a"), none, STUDY).empty
    assert link_quality(links_of(pay="a"), labels_of(pay="a").assign(touchpoint=""), STUDY).empty


def test_quality_at_the_baggage_belt_equals_plain_pandas(tweets, airline, shared_data):
    table = pd.read_csv(shared_data / "mentions" / "airline_tweets.csv", dtype={"tweet_id": "str"})
    once = table.drop_duplicates("tweet_id")
    bags = {"Lost Luggage": "baggage", "Damaged Luggage": "baggage", "Late Flight": "gate"}
    labels = pd.DataFrame(
        {
            "mention_id": once["tweet_id"],
            "label": once["label"],
            "touchpoint": once["aspect"].map(bags).fillna(""),
        }
    )
    links = linked_sentences(tweets.drop_duplicates("mention_id"), airline)
    row = link_quality(links, labels, airline).set_index(["touchpoint", "measure"])
    about = once["aspect"].isin(["Lost Luggage", "Damaged Luggage"])
    said = once["text"].str.contains(r"\b(?:bags?|baggage|luggage)\b", case=False)
    expected = share(int((about & said).sum()), int(about.sum()))
    got = row.loc[("baggage", "recall")]
    assert (got["value"], got["low"], got["high"]) == (expected.value, expected.low, expected.high)
    assert got["n"] == about.sum() > 700


def said(*texts: str, authors: list[str] | None = None) -> pd.DataFrame:
    table = pd.DataFrame({"mention_id": [str(i) for i in range(len(texts))], "text": list(texts)})
    return table if authors is None else table.assign(author_key=authors)


def test_terms_of_linked_mentions_are_not_among_the_unlinked():
    mentions = said(*["The lid leaks a lot"] * 6, *["My card failed"] * 9, "Hm")
    links = pd.DataFrame({"mention_id": [str(i) for i in range(6, 15)], "touchpoint": "pay"})
    found = unlinked_terms(mentions, links)
    assert found["term"].tolist() == ["lid leaks", "leaks lot"][:1] or "lid leaks" in set(
        found["term"]
    )
    assert not found["term"].str.contains("card").any()
    assert (found["mentions"] == 6).all() and (found["share"] == 6 / 7).all()


def test_a_term_of_four_mentions_or_four_authors_is_not_shown():
    assert unlinked_terms(said(*["lid"] * 4), pd.DataFrame({"mention_id": []})).empty
    few = said(*["lid"] * 6, authors=["a", "a", "a", "b", "c", "d"])
    assert unlinked_terms(few, pd.DataFrame({"mention_id": []})).empty
    enough = said(*["lid"] * 5, authors=["a", "b", "c", "d", "e"])
    assert unlinked_terms(enough, pd.DataFrame({"mention_id": []}))["term"].tolist() == ["lid"]
