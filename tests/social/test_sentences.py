from __future__ import annotations

import time

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cjm_lab.social.sentences import sentences

#: Each text with its right split, as a reader sees it: a bar stands where one sentence ends.
SPLIT_BY_HAND = """\
The parcel came on Tuesday.|The box was crushed.
How long does a refund take?|Nobody could tell me.
What a mess!|Never again.
no one called back.|i gave up
Hello!?|Is anybody there?
Hello??!!|My bag is gone.
Dr. Brown booked with Mrs. White.|Both were late.
Seat 12C next to Mr. J. R. Ewing was broken.
Turn to p. 55 of the manual.|It says nothing.
Gate No. 7 was closed.|No. 9 was open.
Can I change it?|No.|I was told to wait.
They sold it to Smith, Brown & Co. at noon.
Write to Smith & Co.|They should know.
We flew over Mt. Etna.|It was great.
I live in the U.S.|How do I order?
The U.S. Government office was closed.
I left at 5 a.m. and waited.|Still nothing.
I left at 5 a.m.|The door was shut.
Bring snacks, water, etc. because there are none.
It costs $3.50 a cup.|That is 0.70 more.
It weighs 3.5 kg.|Version 2.0.1 weighs less.
Mail jo.doe@example.org about it.|She answers.
See https://example.org/a.b?c=d.e for more.|It helps.
Look at example.com.|It is down.
I use e.g. the app, i.e. the new one.
Coffee vs. tea is no question.
The app (see below.) works.
She said "It is late." and left.
She said "It is late."|Then she left.
He asked “Why?”|Nobody knew.
I thought it was fine... but it leaked.
I thought it was fine...|Then it leaked.
Well… no.
Wait . . . what?
“The crew [...] was kind.”|Thanks.
So good!!! 😍😍|Will fly again
Landed early 🎉|Great crew
I ❤️ NY and my 🛫 seat
Thanks! :)|See you soon
[handle] thanks for the quick reply.|[handle] did not care.
1. Plug it in.|2. Push the button.
so tired of this airline never on time"""


@pytest.mark.parametrize("split", SPLIT_BY_HAND.split("\n"))
def test_a_sentence_ends_where_a_reader_sees_its_end(split):
    said = pd.Series([split.replace("|", " ")])
    assert sentences(said)["sentence"].tolist() == split.split("|")


def test_marks_of_chinese_and_japanese_need_no_blank_behind_them():
    said = pd.Series(["とても良い。また買います\uff01「本当\uff1f」はい"])
    assert sentences(said)["sentence"].tolist() == [
        "とても良い。",
        "また買います\uff01",
        "「本当\uff1f」",
        "はい",
    ]


def test_a_line_break_ends_a_sentence():
    said = pd.Series(["Bag lost\r\n\nno reply\u2028 \x1e at all"])
    assert sentences(said)["sentence"].tolist() == ["Bag lost", "no reply", "at all"]


def test_each_sentence_leads_back_to_its_text():
    said = pd.Series(["One. Two.", None, " ", "Three."], index=["a", "b", "c", "a"], dtype="str")
    assert sentences(said).to_numpy().tolist() == [
        ["a", 0, "One."],
        ["a", 1, "Two."],
        ["a", 0, "Three."],
    ]


def test_no_texts_have_no_sentences():
    table = sentences(pd.Series([], dtype="str"))
    assert table.columns.tolist() == ["row", "number", "sentence"]
    assert table.empty and table["sentence"].dtype == "str"


@given(st.text(st.sampled_from(list("aB1 .!?…\"')😍:。\n\0\u202e"))))
def test_splitting_loses_nothing_but_white_space(text):
    split = sentences(pd.Series([text], dtype="str"))["sentence"]
    assert "".join("".join(split).split()) == "".join(text.split())
    assert split.str.strip().equals(split)


@pytest.mark.parametrize(
    "piece", [".", " ", "😍", "😍 ", ". ", "a. ", 'x."', "!)", ".😍 :) ", "。", "a", "!? \0", "1."]
)
def test_a_long_line_takes_time_in_proportion(piece):
    def seconds(length: int) -> float:
        said = pd.Series([piece * (length // len(piece))])
        start = time.process_time()
        sentences(said)
        return time.process_time() - start

    assert seconds(200_000) < 2  # what is quadratic takes minutes
