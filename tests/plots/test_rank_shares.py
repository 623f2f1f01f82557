from __future__ import annotations

import pandas as pd

from cjm_lab import plots

SHARES = pd.DataFrame(
    {
        "label": ["Form", "Chat"],
        "value": [0.98, 0.81],
        "low": [0.97, 0.79],
        "high": [0.99, 0.82],
        "first": [0.75, 0.002],
        "n": [4000, 4000],
        "top": [3, 3],
    }
)


def test_the_dark_bar_is_how_often_first_the_light_one_among_the_first() -> None:
    ax = plots.rank_stability(SHARES)
    assert [bar.get_width() for bar in ax.patches] == [0.98, 0.81, 0.75, 0.002]
    assert ax.patches[0].get_facecolor() != ax.patches[2].get_facecolor()
    assert [text.get_text().replace("\u00a0", " ") for text in ax.texts] == [
        "first 75 %, top 3: 98 %",
        "first <1 %, top 3: 81 %",
    ]
    assert [text.xy for text in ax.texts] == [(1, 0), (1, 1)]  # right of the axis, a row each
    assert ax.get_xlim() == (0, 1)


def test_one_bar_suffices_where_only_the_first_counts() -> None:
    ax = plots.rank_stability(SHARES.assign(top=1, value=SHARES["first"]))
    assert [bar.get_width() for bar in ax.patches] == [0.75, 0.002]
    assert "light" not in ax.get_xlabel()
    assert [text.get_text().replace("\u00a0", " ") for text in ax.texts] == [
        "first 75 %", "first <1 %",
    ]  # fmt: skip


def test_the_line_is_the_error_of_the_draws() -> None:
    segments = plots.rank_stability(SHARES).collections[0].get_segments()
    assert [(s[0, 0], s[1, 0]) for s in segments] == [(0.97, 0.99), (0.79, 0.82)]


def test_names_are_shown_as_they_are() -> None:
    ax = plots.rank_stability(SHARES.assign(label=["$Form$", "Chat"]))
    assert ax.get_yticklabels()[0].get_text() == "$Form$"
    assert not ax.get_yticklabels()[0].get_parse_math()
