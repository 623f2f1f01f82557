from __future__ import annotations

import pandas as pd
import pytest

from cjm_lab.social import exact_duplicates, link_touchpoints
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


def test_a_repeat_is_the_same_text_but_for_case_and_blanks():
    texts = pd.Series(["Thanks!", "thanks! ", "Thanks", "THANKS!"])
    assert exact_duplicates(texts).tolist() == [False, True, False, True]
    within = pd.Series(["May", "May", "May", "June"])
    assert exact_duplicates(texts, within=within).tolist() == [False, True, False, False]
