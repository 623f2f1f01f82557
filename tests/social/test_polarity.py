from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textblob import TextBlob

from cjm_lab.social import polarity


def test_unprepared_polarity_is_textblobs_to_the_last_digit(tweets):
    texts = tweets["text"].iloc[::20]
    assert polarity(texts, prepared=False).tolist() == [
        TextBlob(text).sentiment.polarity for text in texts
    ]


@given(st.lists(st.text(max_size=40), max_size=3))
@settings(max_examples=50, deadline=None)
def test_unprepared_polarity_is_textblobs_on_any_text(texts):
    expected = [TextBlob(text).sentiment.polarity for text in texts]
    assert polarity(texts, prepared=False).tolist() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This is great", 0.8),
        ("This is not great", -0.4),  # TextBlob turns a negated word around and halves it
        ("This isn't great", -0.4),
        ("This isn\u2019t great", -0.4),
        ("This isnt great", -0.4),
        ("We WEREN'T happy", -0.4),
    ],
)
def test_a_contraction_negates_like_the_word_not(text, expected):
    assert polarity([text]).tolist() == pytest.approx([expected])


@pytest.mark.parametrize(
    ("emoji", "word"), [("👍", "great"), ("👎", "bad"), ("😡", "angry"), ("👍🏽", "great")]
)
def test_an_emoji_scores_as_its_word(emoji, word):
    assert polarity([f"Delivery {emoji}"]).tolist() == polarity([f"Delivery {word}"]).tolist()
    assert polarity([f"Delivery {emoji}"], prepared=False).tolist() == [0.0]


def test_the_name_of_a_brand_is_no_praise():
    texts = ["Happy Coffee sent a bill", "@happycoffee sent a bill", "I am happy"]
    assert polarity(texts, names=["Happy Coffee", "HappyCoffee"]).tolist() == [0.0, 0.0, 0.8]


def test_repeats_and_missing_texts_keep_their_place():
    texts = pd.Series(["great", None, "bad", "great"], index=[7, 8, 9, 7], dtype="str")
    scores = polarity(texts)
    assert scores.index.tolist() == [7, 8, 9, 7]
    assert scores.iloc[[0, 3]].tolist() == [0.8, 0.8]
    assert pd.isna(scores.iloc[1])


def test_no_texts_have_no_polarity():
    assert polarity(pd.Series([], dtype="str")).empty


def test_the_lexicon_misses_most_of_the_negative_tweets(tweets):
    assert round(float((polarity(tweets["text"], prepared=False) < 0).mean()), 3) == 0.251
    assert round(float((tweets["label"] == "negative").mean()), 3) == 0.627
