from __future__ import annotations

import time

import pandas as pd
import pytest

from cjm_lab.social.linking import link_touchpoints, linked_sentences
from cjm_lab.study import Study


def study_of(**keywords: list[str]) -> Study:
    places = [{"id": name, "name": name, "keywords": words} for name, words in keywords.items()]
    return Study.model_validate(
        {"title": "Tea", "stages": [{"id": "use", "name": "Use", "touchpoints": places}]}
    )


@pytest.mark.parametrize(
    ("keyword", "text", "linked"),
    [
        ("card", "My CARD was refused", True),
        ("card", "A cardboard box", False),
        ("card", "discard it", False),
        ("set-up", "The set-up: easy", True),
        ("reschedul*", "They rescheduled twice", True),
        ("reschedul*", "a preschedule", False),
        ("first cup", "My first\n cup", True),
        ("first cup", "first the cup", False),
        ("c++", "no c++ here", True),
        ("app", "AppStore", False),
        ("caf", "ein Café", False),  # letters beyond ASCII belong to a word
        ("Lieferung", "LIEFERUNG kam", True),
        ("can't", "I can\u2019t pay", True),
        ("caf", "cafe\u0301 caf\u0301", False),  # so does an accent of its own
        ("stra\u00dfe", "STRA\u1e9eE", True),
        ("card", "\u2764\ufe0fcard\U0001f4b3", True),
        ("card", "[card] [handle]", False),  # a mask is no word of the writer
        ("card", "e\u0301card", False),
        ("first cup", "first\u00a0cup", True),
        (" ", "anything", False),
    ],
)
def test_a_keyword_is_a_whole_word_or_phrase_in_any_case(keyword, text, linked):
    assert link_touchpoints(pd.Series([text]), study_of(pay=[keyword]))["pay"].tolist() == [linked]


def test_a_mention_may_speak_about_several_touchpoints_or_none():
    links = link_touchpoints(
        pd.Series(["Card refused, parcel late", "Nice", None], dtype="str"),
        study_of(pay=["card"], van=["parcel"], shop=[]),
    )
    assert links.to_numpy().tolist() == [[True, True, False], [False] * 3, [False] * 3]


def test_links_of_the_tweets_equal_plain_pandas(tweets, airline):
    tweets = tweets.iloc[::5]
    links = link_touchpoints(tweets["text"], airline)
    for touchpoint in airline.touchpoints:
        words = "|".join(touchpoint.keywords).replace("*", r"\w*").replace(" ", r"\s+")
        plain = tweets["text"].str.contains(rf"\b(?:{words})\b", case=False)
        assert links[touchpoint.id].sum() == plain.sum() > 0
        assert links[touchpoint.id].equals(plain.astype("bool"))


TWO = {"pay": ["card", "check in"], "van": ["parcel"], "shop": []}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Parcel ok. Card no. Card!", [["pay", "Card no. Card!"], ["van", "Parcel ok."]]),
        ("A card, a parcel? No", [["pay", "A card, a parcel?"], ["van", "A card, a parcel?"]]),
        ("Late\nCard refused\nParcel", [["pay", "Card refused"], ["van", "Parcel"]]),
        ("I had to check.\nin", []),
        ("Just check\nin the shop. Fine", [["pay", "Just check\nin the shop. Fine"]]),
        ("Nothing of the kind", []),
    ],
)  # fmt: skip
def test_of_a_mention_those_sentences_count_that_name_the_touchpoint(text, said):
    mentions = pd.DataFrame({"mention_id": ["7"], "text": [text]}, index=[40])
    links = linked_sentences(mentions, study_of(**TWO))
    assert links[["touchpoint", "text"]].to_numpy().tolist() == said
    assert (links["mention_id"] == "7").all()


def test_links_stand_in_the_order_of_mentions_and_then_of_the_journey():
    mentions = pd.DataFrame(
        {"mention_id": ["b", "a"], "text": ["A parcel. A card. A parcel!", "Card"]}, index=[1, 1]
    )
    assert linked_sentences(mentions, study_of(**TWO)).to_numpy().tolist() == [
        ["b", "pay", "A card."],
        ["b", "van", "A parcel. A parcel!"],
        ["a", "pay", "Card"],
    ]


def test_no_mentions_have_no_links():
    none = pd.DataFrame({"mention_id": [], "text": []}, dtype="str")
    links = linked_sentences(none, study_of(**TWO))
    assert links.columns.tolist() == ["mention_id", "touchpoint", "text"]
    assert links.empty and link_touchpoints(none["text"], study_of(**TWO)).empty


def test_links_of_the_tweets_are_those_of_their_sentences(tweets, airline):
    some = tweets.head(2000)
    links = linked_sentences(some, airline)
    flags = link_touchpoints(some["text"], airline)
    assert len(links) == flags.to_numpy().sum() > 500
    again = link_touchpoints(links["text"], airline)
    named = [again.loc[i, touchpoint] for i, touchpoint in links["touchpoint"].items()]
    assert all(named)


@pytest.mark.parametrize("piece", ["card", "car d", "check ", "check  in", "\0", "\u202e", ". "])
def test_a_long_line_takes_time_in_proportion(piece):
    hostile = pd.DataFrame({"mention_id": ["7"], "text": [piece * (1_000_000 // len(piece))]})
    start = time.process_time()
    linked_sentences(hostile, study_of(pay=["card*", "check in", "*"], van=["c*d"]))
    assert time.process_time() - start < 10  # what is quadratic takes hours
