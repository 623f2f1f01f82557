from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score
from textblob import TextBlob
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from cjm_lab.social import polarity
from cjm_lab.social.vader import vader

#: Names of the airlines in the tweets.
NAMES = ["VirginAmerica", "United", "SouthwestAir", "JetBlue", "USAirways", "AmericanAir", "Delta"]
WORDS = [
    "not",
    "no",
    "so",
    "very",
    "kind",
    "of",
    "but",
    "never",
    "good",
    "bad",
    "LOVE",
    "least",
    "!",
]
HOSTILE = [
    *["a", "!", ":(", "a.b", "not good ", "😀", "\0", "but bad ", "[", "\ud800", "\u202eabc "],
    *["aaab", "=cmd|' /C calc'!A0 ", "\n"],
]
SENTIMENT = SentimentIntensityAnalyzer()


@pytest.fixture(scope="module")
def labeled(shared_data) -> dict[str, pd.DataFrame]:
    """The three files of labeled texts."""
    files = ("airline_tweets", "hutto_tweets", "semeval14_restaurants")
    return {name: pd.read_csv(shared_data / "mentions" / f"{name}.csv") for name in files}


@pytest.fixture(scope="module")
def scores(labeled) -> dict[str, pd.DataFrame]:
    """Scores of all texts of the files."""
    return {
        name: pd.DataFrame(
            {
                "own": polarity(table["text"], prepared=False),
                "prepared": polarity(table["text"], names=NAMES),
                "vader": vader(table["text"], names=NAMES),
            }
        )
        for name, table in labeled.items()
    }


def test_unprepared_polarity_is_textblobs_to_the_last_digit_on_every_labeled_text(labeled, scores):
    for name, table in labeled.items():
        own = {text: TextBlob(text).sentiment.polarity for text in table["text"].unique()}
        assert scores[name]["own"].tolist() == table["text"].map(own).tolist()


def quality(label: pd.Series, score: pd.Series, neutral: float = 0.0) -> tuple[float, float]:
    words = np.select([score < -neutral, score > neutral], ["negative", "positive"], "neutral")
    return accuracy_score(label, words), f1_score(label, words, average="macro")


def test_preparation_makes_no_file_worse_and_the_tweets_better(labeled, scores):
    for name, table in labeled.items():
        own = quality(table["label"], scores[name]["own"])
        prepared = quality(table["label"], scores[name]["prepared"])
        assert prepared[0] > own[0]
        assert prepared[1] > own[1]
        if "tweets" in name:
            assert prepared[0] - own[0] > 0.005


def test_masked_names_make_vader_the_better_reader_of_the_airline_tweets(labeled, scores):
    table = labeled["airline_tweets"]
    masked = quality(table["label"], scores["airline_tweets"]["vader"], neutral=0.05)
    praised = quality(table["label"], vader(table["text"]), neutral=0.05)
    assert masked[0] - praised[0] > 0.05  # "United" is a friendly word
    assert masked[0] > quality(table["label"], scores["airline_tweets"]["prepared"])[0]


def test_vader_is_the_packages_own_but_for_masked_names(labeled):
    own = SentimentIntensityAnalyzer().polarity_scores
    texts = labeled["hutto_tweets"]["text"].iloc[::4]
    assert vader(texts).tolist() == [own(text)["compound"] for text in texts]


@given(st.lists(st.sampled_from(WORDS), max_size=12))
@settings(max_examples=100, deadline=None)
def test_vader_is_the_packages_own_on_any_order_of_words(words):
    text = " ".join(words)
    assert vader([text])[0] == SENTIMENT.polarity_scores(text)["compound"]


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_megabyte_in_one_text_is_scored_at_once(unit):
    text = unit * (1_000_000 // len(unit))
    for score in (polarity, vader):
        start = time.perf_counter()
        assert -1 <= score([text], names=["United", "a b"])[0] <= 1
        assert time.perf_counter() - start < 10


@given(st.text(st.characters(), max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_text_has_scores(text):
    assert -1 <= polarity([text], names=["a", "\u2019"])[0] <= 1
    assert -1 <= vader([text], names=["a"])[0] <= 1


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
    ("text", "same"),
    [
        ("Thank you", "thanks"),
        ("The app SUCKS", "the app is terrible"),
        ("ughhh", "annoying"),
        ("late...awful", "late awful"),
        ("sooo goooood", "good"),
        ("Wendy\u2019s is great", "it is great"),
    ],
)
def test_what_posts_write_scores_as_the_word_it_stands_for(text, same):
    assert polarity([text], names=["Wendy\u2019s"]).tolist() == polarity([same]).tolist() != [0.0]


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
