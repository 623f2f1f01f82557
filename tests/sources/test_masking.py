"""Personal data does not get past the reader."""

from __future__ import annotations

from time import process_time

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cjm_lab.sources.masking import hash_names, hash_personal_ids, mask, mask_column


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("write jo.miller+x@mail.example.org now", "write [e-mail] now"),
        ("card 4111 1111 1111 1111 thanks", "card [card] thanks"),  # Luhn holds
        ("card 5500-0000-0000-0004.", "card [card]."),
        ("call +49 (0)30 1234567!", "call [phone]!"),
        ("call 030/12345678", "call [phone]"),
        ("thanks @jo_miller and @x", "thanks [handle] and @x"),
        ("paid 129.90 on 2026-10-01 at 10:15", "paid 129.90 on 2026-10-01 at 10:15"),
        ("sent 2026-07-25 14:41:00, 25.07.2026 9:05", "sent 2026-07-25 14:41:00, 25.07.2026 9:05"),
        ("at 2026/07/25 14:41 call 030 1234567", "at 2026/07/25 14:41 call [phone]"),
        ("call 2026-07-25 1441", "call [phone]"),
        ("model AM-2000, 1200 W, 5 of 5", "model AM-2000, 1200 W, 5 of 5"),
    ],
)
def test_personal_data_is_replaced_by_its_kind(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert mask_column(pd.Series([text])).tolist() == [masked]


def test_the_brands_own_handle_stays() -> None:
    assert mask("@Aroma you and @jo_m", keep=["aroma"]) == "@Aroma you and [handle]"


@given(st.text(max_size=80))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(st.from_regex(r"[a-z]{1,8}\.[a-z]{1,8}@[a-z]{2,8}\.(org|de|co\.uk)", fullmatch=True))
def test_no_address_gets_through(address: str) -> None:
    assert address not in mask(f"please answer {address}, thanks")


def test_an_address_used_as_an_id_still_joins() -> None:
    ids = hash_personal_ids(pd.Series(["jo@example.org", "JO@example.org", "C7"]))
    assert ids[0] == ids[1]
    assert "example" not in ids[0]
    assert ids[2] == "C7"


def test_authors_are_hashed_and_unknown_ones_stay_unknown() -> None:
    keys = hash_names(pd.Series(["Jo", "jo", "", "Al"]), salt="s")
    assert keys[0] == keys[1] != keys[3]
    assert keys[2] == ""
    assert not keys.str.contains("jo", case=False).any()


def test_a_number_with_any_blank_in_it_is_no_plain_id() -> None:
    ids = hash_personal_ids(pd.Series(["030\xa01234", "030\t1234", "C 17"]))
    assert ids.str.startswith("id-").tolist() == [True, True, False]


@pytest.mark.parametrize(
    "text", ["a@b.co+jo@y.org", "a@b.co.%jo%40y.org", "+jo@y.org", "é.jo@y.org"]
)
def test_an_address_right_behind_another_does_not_get_through(text: str) -> None:
    assert "jo" not in mask(text) and "y.org" not in mask(text)


@pytest.mark.parametrize("unit", ["a", "a.", "+", "@", "a@", "%40", "a@b.c+", "1 ", "1.", "x@a-"])
def test_a_megabyte_is_masked_in_no_long_time(unit: str) -> None:
    text = unit * (1_000_000 // len(unit)) + " @jo_miller"
    begin = process_time()
    assert "jo_miller" not in mask_column(pd.Series([text]))[0]
    assert process_time() - begin < 20
