"""A glance at the bytes misses no text that a closer look would find."""

from __future__ import annotations

import pandas as pd
from hypothesis import example, given
from hypothesis import strategies as st

from cjm_lab.sources.files import as_text
from cjm_lab.sources.glance import is_trimmed, rows_of_size, rows_with

PERSONAL = r"@|%40|\d(?:.{0,3}\d){8}"
ID = r"@|%40|\+\d|\d[ \t\xa0()/]+\d"
TEXTS = st.lists(
    st.text(max_size=8) | st.text(alphabet="0123456789 -é€😀\xa0\u3000@%+(/", max_size=60),
    max_size=6,
)


@given(TEXTS)
@example(["", "1😀😀😀2😀😀😀3😀😀😀4😀😀😀5😀😀😀6😀😀😀7😀😀😀8😀😀😀9", "", "1\xa02"])
def test_every_text_with_personal_data_is_looked_at(texts: list[str]) -> None:
    column = pd.Series(texts, dtype="str")
    for form, marks, digits in ((PERSONAL, b"@%", True), (ID, b"@%+ \t\xc2()/", False)):
        found = column.index[column.str.contains(form, regex=True)]
        assert set(found) <= set(rows_with(column, marks, digits=digits))


@given(TEXTS)
@example(["a\u3000"])
@example(["\x1fa"])
def test_a_column_called_trimmed_has_no_blanks_to_cut(texts: list[str]) -> None:
    column = pd.Series(texts, dtype="str")
    if is_trimmed(column):
        assert column.str.strip().tolist() == texts
    assert as_text(column).tolist() == column.str.strip().tolist()


def test_short_texts_of_a_part_of_a_column() -> None:
    column = pd.Series(["none", "99", "", "Größe", "a@b"]).iloc[1:]
    assert rows_of_size(column, 0, 2).tolist() == [0, 1]
    assert rows_of_size(column, 1, 2).tolist() == [0]
    assert rows_with(column, b"@").tolist() == [3]
    assert rows_with(column.iloc[:0], b"@", digits=True).tolist() == []


def test_few_texts_are_looked_at() -> None:
    assert rows_with(pd.Series(["paid 12.90 at 10:15"] * 9), b"@%", digits=True).tolist() == []
    assert is_trimmed(pd.Series(["so so", "fine"]))
