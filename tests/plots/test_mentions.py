from __future__ import annotations

import pandas as pd
from matplotlib.colors import to_hex

from cjm_lab import plots

NONE = float("nan")
MONTHS = pd.DataFrame(
    {
        "start": pd.to_datetime(["2026-08-01", "2026-09-01", "2026-08-01", "2026-09-01"], utc=True),
        "share": [0.25, 0.27, 0.6, 0.62],
        "kind": ["automatic", "automatic", "labeled", "labeled"],
        "low": [NONE, NONE, 0.53, 0.4],
        "high": [NONE, NONE, 0.67, 0.8],
        "n": [900, 950, 200, 20],
    }
)
BRANDS = pd.DataFrame(
    {
        "label": ["United", "Delta", "Virgin"],
        "automatic": [0.24, 0.2, 0.15],
        "value": [0.69, NONE, 0.4],
        "low": [0.62, NONE, 0.2],
        "high": [0.75, NONE, 0.6],
        "n": [200, 0, 20],
    }
)
TERMS = pd.DataFrame(
    {
        "term": ["late", "bag", "seat"],
        "value": [1.1, 2.7, 0.2],
        "low": [0.8, 2.4, -0.1],
        "high": [1.4, 3.0, 0.5],
        "n": [356, 320, 12],
    }
)


def filled(points) -> list[bool]:
    return [to_hex(face) != "#ffffff" for face in points.get_facecolors()]


def test_the_automatic_share_is_a_hollow_line_whose_bias_is_unknown() -> None:
    line = plots.polarity_trend(MONTHS).lines[0]
    assert line.get_ydata().tolist() == [0.25, 0.27]
    assert line.get_markerfacecolor() == "white"
    assert line.get_label() == "automatic, bias unknown"


def test_a_labeled_share_is_a_dot_with_its_interval() -> None:
    whiskers, dots = plots.polarity_trend(MONTHS).collections
    assert [path[:, 1].tolist() for path in whiskers.get_segments()] == [[0.53, 0.67], [0.4, 0.8]]
    assert dots.get_offsets()[:, 1].tolist() == [0.6, 0.62]
    assert filled(dots) == [True, False]  # 20 labels are few


def test_without_labels_only_the_automatic_share_is_drawn() -> None:
    ax = plots.polarity_trend(MONTHS.head(1))
    assert not ax.collections
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["01 Aug 2026"]


def test_shares_that_are_unknown_are_no_evidence() -> None:
    ax = plots.polarity_trend(MONTHS.assign(share=NONE))
    assert [text.get_text() for text in ax.texts] == ["No evidence yet"]


def test_where_nobody_labeled_only_the_hollow_mark_stands() -> None:
    ax = plots.labeled_against_automatic(BRANDS)
    dots, diamonds = ax.collections[-2:]
    assert dots.get_offsets()[:, 0].tolist() == [0.69, 0.4]
    assert filled(dots) == [True, False]
    assert diamonds.get_offsets()[:, 0].tolist() == [0.24, 0.2, 0.15]
    assert filled(diamonds) == [False] * len(filled(diamonds))
    assert ax.texts[1].get_text() == "too few labels"


def test_rows_stay_in_the_order_given() -> None:
    ax = plots.labeled_against_automatic(BRANDS)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["United", "Delta", "Virgin"]
    assert ax.yaxis_inverted()


def test_the_most_distinctive_term_is_on_top() -> None:
    ax = plots.terms(TERMS)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["bag", "late", "seat"]
    assert filled(ax.collections[-1]) == [True, True, False]
    assert ax.texts[-1].get_text() == "hollow: could be as frequent in the rest"


def test_a_name_without_end_leaves_room_for_the_plot() -> None:
    ax = plots.terms(TERMS.assign(term="x" * 500))
    assert all(len(tick.get_text()) <= 36 for tick in ax.get_yticklabels())
    ax.figure.canvas.draw()
