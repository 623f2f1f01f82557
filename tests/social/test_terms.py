from __future__ import annotations

import time
from math import log, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.social.terms import distinctive_terms, most_shared

COLUMNS = ["group", "term", "value", "low", "high", "n", "z", "p_value", "examples"]


def texts_of(**counts: int) -> pd.Series:
    """`texts_of(lid=3)`: three texts that say "lid"."""
    return pd.Series([word for word, n in counts.items() for _ in range(n)], dtype="str")


def groups_of(**sizes: int) -> pd.Series:
    return pd.Series([name for name, n in sizes.items() for _ in range(n)], dtype="str")


def test_log_odds_are_those_of_the_paper_by_hand():
    # group a: lid 12, cup 8; the rest: lid 6, cup 14; prior 4 by pooled shares 18/40 and 22/40
    texts = pd.concat([texts_of(lid=12, cup=8), texts_of(lid=6, cup=14)], ignore_index=True)
    found = distinctive_terms(texts, groups_of(a=20, b=20), prior=4).set_index(["group", "term"])
    y, other, share = 12, 6, 4 * 18 / 40
    delta = log((y + share) / (20 + 4 - y - share)) - log(
        (other + share) / (20 + 4 - other - share)
    )
    se = sqrt(1 / (y + share) + 1 / (other + share))
    row = found.loc[("a", "lid")]
    assert row["value"] == pytest.approx(delta)
    assert row["z"] == pytest.approx(delta / se)
    assert (row["low"], row["high"]) == pytest.approx(
        (delta - 1.959964 * se, delta + 1.959964 * se)
    )
    assert row["n"] == 12
    assert list(found.index) == [("a", "lid"), ("b", "cup")]


@settings(max_examples=20)
@given(st.integers(6, 40), st.integers(6, 40), st.integers(6, 40), st.integers(6, 40))
def test_what_speaks_for_one_of_two_groups_speaks_against_the_other(a, b, c, d):
    texts = pd.concat([texts_of(lid=a, cup=b), texts_of(lid=c, cup=d)], ignore_index=True)
    groups = groups_of(x=a + b, y=c + d)
    found = distinctive_terms(texts, groups).set_index(["group", "term"])["value"]
    swapped = distinctive_terms(texts, groups.map({"x": "y", "y": "x"}))
    swapped = swapped.set_index(["group", "term"])["value"]
    other = {"x": "y", "y": "x"}
    assert {(other[g], t): v for (g, t), v in swapped.items()} == pytest.approx(dict(found))
    # of two words in two groups each speaks for one group at most
    assert len(found) == len({term for _, term in found.index})


def test_twice_the_mentions_keep_the_sign_and_narrow_the_interval():
    texts = pd.concat([texts_of(lid=12, cup=8), texts_of(lid=6, cup=14)], ignore_index=True)
    groups = groups_of(a=20, b=20)
    once = distinctive_terms(texts, groups)
    twice = distinctive_terms(
        pd.concat([texts, texts], ignore_index=True), pd.concat([groups, groups], ignore_index=True)
    )
    assert once["term"].tolist() == twice["term"].tolist()
    assert (twice["value"] > 0).all() and (once["value"] > 0).all()
    assert ((twice["high"] - twice["low"]) < (once["high"] - once["low"])).all()


def test_a_mention_counts_once_however_often_it_says_a_term():
    texts = texts_of(lid=8, cup=8)
    often = texts.where(texts != "lid", "lid, lid. lid! lid")
    groups = groups_of(a=8, b=8)
    columns = ["term", "value", "n"]
    assert distinctive_terms(often, groups)[columns].equals(
        distinctive_terms(texts, groups)[columns]
    )


def test_a_group_may_share_mentions_with_another():
    texts = texts_of(lid=8, cup=8)
    lists = pd.Series([["a", "c"]] * 8 + [[]] * 8)
    found = distinctive_terms(texts, lists)
    assert found[["group", "term"]].to_numpy().tolist() == [["a", "lid"], ["c", "lid"]]


def test_masks_addresses_handles_and_numbers_are_no_terms():
    text = "[handle] wi-fi can't https://a.bc/de 42 @united www.x.org [e-mail] 3rd the of"
    texts = pd.Series([text] * 6 + ["cup"] * 6)
    found = distinctive_terms(texts, groups_of(a=6, b=6))
    assert set(" ".join(found.loc[found["group"] == "a", "term"]).split()) <= {"wi-fi", "can't"}


def test_of_a_phrase_and_its_words_in_the_same_mentions_one_is_shown():
    texts = pd.Series(["the customer service"] * 8 + ["cup"] * 8)
    found = distinctive_terms(texts, groups_of(a=8, b=8))
    assert found["term"].tolist() == ["customer service", "cup"]


def test_a_term_of_four_mentions_or_four_authors_is_not_shown():
    texts = texts_of(lid=6, cup=6)
    groups = groups_of(a=6, b=6)
    few = pd.Series(list("aaabcd") + list("efghij"))
    assert distinctive_terms(texts, groups, authors=few)["term"].tolist() == ["cup"]
    fifth_outside = groups.where(groups.index != 0, "b").where(groups.index != 1, "b")
    assert distinctive_terms(texts, fifth_outside)["term"].tolist() == ["cup"]


def test_examples_are_masked_short_and_of_different_authors():
    lines = [
        "lid leaks since Monday, you had better ask @jo_miller",
        "lid leaks on my desk, every single day of the week",
    ]
    texts = pd.Series([*lines, *["lid leaks " + "and leaks " * 30] * 4, *["cup"] * 6])
    authors = pd.Series(["ann", "ann", *"bcdefghijk"])
    found = distinctive_terms(texts, groups_of(a=6, b=6), authors=authors)
    first, second = found.loc[found["group"] == "a", "examples"].iloc[0]
    assert first == "lid leaks on my desk, every single day of the week"
    assert len(second) <= 140 and second.endswith("…")
    both = distinctive_terms(texts, groups_of(a=6, b=6))["examples"].iloc[0]
    assert "lid leaks since Monday, you had better ask [handle]" in both


@pytest.mark.parametrize(
    ("texts", "groups"),
    [
        ([], []),
        (["lid"] * 4 + ["cup"] * 4, ["a"] * 4 + ["b"] * 4),
        (["lid"] * 9, ["a"] * 9),  # no rest to compare with
        (["lid"] * 9, [None] * 9),
        ([None, "", "[handle]"] * 6, ["a", "b", "a"] * 6),
    ],
)
def test_what_cannot_be_compared_has_no_terms(texts, groups):
    table = distinctive_terms(pd.Series(texts, dtype="str"), pd.Series(groups, dtype="str"))
    assert table.empty and table.columns.tolist() == COLUMNS


def test_wrong_arguments_are_named():
    texts = texts_of(lid=3)
    with pytest.raises(ParameterError, match="index of texts"):
        distinctive_terms(texts, groups_of(a=2))
    with pytest.raises(ParameterError, match="prior"):
        distinctive_terms(texts, groups_of(a=3), prior=0)


def test_groups_made_by_chance_have_hardly_any_distinctive_terms(tweets):
    some = tweets["text"].head(4000)
    chance = pd.Series(np.random.default_rng(3).integers(0, 2, len(some)), index=some.index)
    found = distinctive_terms(some, chance, top=20)
    assert (found["p_value"] < 0.05).sum() <= 2


def test_complaints_are_about_waiting_and_praise_thanks(tweets):
    found = distinctive_terms(tweets["text"], tweets["label"])
    terms = found.groupby("group")["term"].agg(set)
    assert {"hours", "hold", "delayed", "cancelled"} <= terms["negative"]
    assert {"thanks", "great", "love"} <= terms["positive"]


def test_a_long_line_takes_time_in_proportion():
    hostile = pd.Series(
        ["'-" * 500_000, "a b " * 250_000, "\0\u202e=1+1" * 100_000, "@" * 10**6] * 3
    )
    start = time.process_time()
    distinctive_terms(hostile, groups_of(a=6, b=6), fewest=2)
    assert time.process_time() - start < 20  # what is quadratic takes hours


def shared(**columns: list[object]) -> pd.DataFrame:
    n = len(columns["mention_id"])
    base = {"text": "Leaks", "channel": "x", "published_at": pd.Timestamp("2026-10-01", tz="UTC")}
    return pd.DataFrame({**base, "engagement": 0.0, "repost_of": "", **columns}, index=range(n))


def test_reposts_count_for_the_mention_that_they_pass_on():
    said = shared(
        mention_id=["a", "b", "c", "d"],
        text=["Old", "RT New", "RT New", "New"],
        repost_of=["", "d", "d", ""],
        engagement=[3.0, 9.0, 9.0, 9.0],
    )
    found = most_shared(said)
    assert found[["text", "engagement", "reposts"]].to_numpy().tolist() == [
        ["New", 9.0, 2],
        ["Old", 3.0, 0],
    ]


def test_shared_mentions_name_nobody():
    said = shared(mention_id=["a"], text=["Ask @jo_miller"], engagement=[5.0], author_key=["u"])
    found = most_shared(said)
    assert found.columns.tolist() == ["text", "channel", "published_at", "engagement", "reposts"]
    assert found["text"].tolist() == ["Ask [handle]"]


def test_what_nobody_shared_is_left_out():
    assert most_shared(shared(mention_id=["a", "b"], engagement=[0.0, None])).empty
    assert most_shared(shared(mention_id=["a"]).head(0)).empty
