from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.social.repeats import exact_duplicates, near_duplicates, reposts, writers

WORDS = [f"w{i}" for i in range(40)]


def test_a_repeat_is_the_same_text_but_for_case_and_blanks():
    texts = pd.Series(["Thanks!", "thanks! ", "Thanks", "THANKS!"])
    assert exact_duplicates(texts).tolist() == [False, True, False, True]
    within = pd.Series(["May", "May", "May", "June"])
    assert exact_duplicates(texts, within=within).tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    ("first", "second", "near"),
    [
        ("one two three four five six", "ONE two, three: four five six!", True),
        ("one two three four five six https://a.example/x", "one two three four five six", True),
        ("one two three four five six", "RT [handle]: one two three four five six", True),
        ("@united one two three four five six", "@jo one two three four five six", True),
        (" ".join(WORDS[:9]), " ".join(WORDS[:8]), True),  # 8 of 9 in common
        (" ".join(WORDS[:8]), " ".join(WORDS[1:10]), False),  # 7 of 10
        ("one two three four five", "one two three four five six", False),  # too short to tell
        ("thank you!", "Thank you @united", True),
        ("https://a.example", "https://b.example", False),  # nothing said
        ("😀", "😀😀", False),
    ],
)
def test_a_near_copy_says_the_same_in_nearly_the_same_words(first, second, near):
    assert near_duplicates(pd.Series([first, second])).tolist() == [False, near]


def test_near_copies_count_inside_their_group_only():
    texts = pd.Series(["one two three four five six", "one two three four five six!"] * 2)
    texts.index = pd.Index([4, 3, 2, 1])
    within = pd.Series(["May", "June", "June", None], index=texts.index)
    found = near_duplicates(texts, within=within)
    assert found.index.tolist() == [4, 3, 2, 1]
    assert found.tolist() == [False, False, True, False]


def jaccard(a: str, b: str) -> float:
    first, second = set(a.split()), set(b.split())
    return len(first & second) / len(first | second)


@given(st.lists(st.lists(st.sampled_from(WORDS[:12]), min_size=6, max_size=12, unique=True),
                max_size=12))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_no_text_is_a_near_copy_without_an_earlier_one_that_shares_four_fifths(lists):
    texts = [" ".join(words) for words in lists]
    found = near_duplicates(pd.Series(texts, dtype="str"))
    for place in np.flatnonzero(found):
        assert max(jaccard(texts[place], earlier) for earlier in texts[:place]) >= 0.8


def test_nearly_all_near_copies_are_found():
    rng = np.random.default_rng(5)
    drawn = [rng.choice(5000, 10, replace=False) for _ in range(1000)]
    texts = [" ".join(f"w{i}" for i in one) for one in drawn]
    copies = [" ".join(f"w{i}" for i in one[:9]) + " other" for one in drawn]  # 9 of 11: .818
    found = near_duplicates(pd.Series(texts + copies)).to_numpy()
    assert not found[:1000].any()
    assert found[1000:].mean() > 0.98
    assert found[1000:].sum() == near_duplicates(pd.Series(texts + copies)).sum()


def test_a_campaign_takes_no_time():
    texts = pd.Series([f"win a free trip to rome today with our airline {i}" for i in range(5000)])
    start = time.perf_counter()
    assert near_duplicates(texts).sum() == 4999
    assert time.perf_counter() - start < 30


def test_a_threshold_that_would_miss_copies_is_refused():
    with pytest.raises(ParameterError, match=r"from 0\.8 to 1, got 0\.5"):
        near_duplicates(pd.Series(["a"]), threshold=0.5)


@pytest.mark.parametrize(
    ("text", "passed_on"),
    [
        ("RT @united: so late", True),
        ("rt [handle] so late", True),
        ("\u201cRT @united so late", True),
        ("MT [handle]: so late", True),
        ("so late RT [handle]: nice", False),  # begins with words of its own
        ("RTX cards are late", False),
        ("via [handle]", False),
        (None, False),
    ],
)
def test_a_repost_begins_with_rt_and_a_handle(text, passed_on):
    assert reposts(pd.DataFrame({"text": pd.Series([text], dtype="str")})).tolist() == [passed_on]


def test_a_repost_is_what_the_source_says():
    said = pd.DataFrame({"text": ["a", "b", "c"], "repost_of": ["", "t1", None]})
    assert reposts(said).tolist() == [False, True, False]


def test_who_writes_how_much_is_counted_by_hand():
    # 200 authors: one wrote 60 mentions, one 40, the others one each; 2 mentions have no author.
    authors = ["a"] * 60 + ["b"] * 40 + [f"c{i}" for i in range(198)] + ["", None]
    table = writers(pd.DataFrame({"author_key": pd.Series(authors, dtype="str")}))
    assert set(table["n"]) == {298}
    assert table["value"].tolist() == pytest.approx(
        [200, 298 / 200, 108 / 298, 100 / 298, 298**2 / (60**2 + 40**2 + 198)]
    )


def test_without_authors_only_their_number_is_known():
    table = writers(pd.DataFrame({"author_key": ["", ""]}))
    assert table["value"].iloc[0] == 0
    assert table["value"].iloc[1:].isna().all()


@pytest.mark.parametrize(
    "unit", ["a", "RT ", "@a ", "[handle]", "\ud800 ", "\0", "http://", "a b "]
)
def test_a_megabyte_in_one_text_is_compared_at_once(unit):
    texts = pd.Series([unit * (1_000_000 // len(unit)), "x"], dtype="object")
    start = time.perf_counter()
    near_duplicates(texts)
    reposts(pd.DataFrame({"text": texts}))
    assert time.perf_counter() - start < 10
