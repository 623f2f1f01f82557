from __future__ import annotations

import pandas as pd
import pytest

from cjm_lab import plots

SHOP = pd.DataFrame(  # shares of 3,611 visitors: 1,924 fill a basket, 653 order
    {
        "step": ["visit", "basket", "order"],
        "value": [1.0, 1924 / 3611, 653 / 3611],
        "low": [0.999, 0.517, 0.169],
        "high": [1.0, 0.549, 0.194],
        "n": [3611, 3611, 3611],
    }
)


def test_bars_of_a_funnel_are_the_shares_that_reach_each_step() -> None:
    ax = plots.funnel(SHOP)
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([1, 0.533, 0.181], abs=5e-4)
    assert [bar.get_x() for bar in ax.patches] == [0, 0, 0]


def test_the_interval_is_drawn_over_the_bars_end() -> None:
    segments = plots.funnel(SHOP).collections[0].get_segments()
    assert [(s[0, 0], s[1, 0]) for s in segments] == [(1, 1), (0.517, 0.549), (0.169, 0.194)]


def test_the_first_step_is_certain_and_carries_no_interval_in_words() -> None:
    texts = [text.get_text() for text in plots.funnel(SHOP).texts]
    assert texts[:2] == ["100\u00a0% n\u00a03,611", "53\u00a0% [52,\u00a055] n\u00a03,611"]


def test_shares_are_read_in_percent() -> None:
    ax = plots.shares(SHOP.rename(columns={"step": "label"}))
    assert ax.xaxis.get_major_formatter()(0.25, 0) == "25%"


def test_priorities_show_the_score_and_what_made_it() -> None:
    rows = pd.DataFrame(
        {"label": ["QR code"], "value": [675.0], "note": ["450 x 3 x 1 / 2; guessed"]}
    )
    assert [text.get_text() for text in plots.priorities(rows).texts] == ["675", "450 x 3 x 1 / 2"]
