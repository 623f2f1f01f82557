"""Likert bars and promoter bars."""

from __future__ import annotations

import matplotlib as mpl
import pandas as pd
import pytest

from cjm_lab import plots
from cjm_lab.errors import ParameterError
from cjm_lab.plots.answers import _DIVERGING
from cjm_lab.plots.style import INK


def items(**more: object) -> pd.DataFrame:
    """20 % and 10 % disagree, 40 % are neutral, 20 % and 10 % agree."""
    counts = {"label": ["I trust them"], 1: [20], 2: [10], 3: [40], 4: [20], 5: [10]}
    return pd.DataFrame(counts | more)


def widths(ax: mpl.axes.Axes) -> list[float]:
    return [round(float(bar.get_width()), 3) for bar in ax.patches]


def texts(ax: mpl.axes.Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def luminance(color: str) -> float:
    """Relative luminance of WCAG 2."""
    channels = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in mpl.colors.to_rgb(color)
    ]
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]


def test_half_of_the_neutral_answers_lies_on_either_side_of_zero() -> None:
    ax = plots.likert(items())
    assert widths(ax) == [0.2, 0.1, 0.4, 0.2, 0.1]
    assert [round(float(bar.get_x()), 3) for bar in ax.patches] == [-0.5, -0.3, -0.2, 0.2, 0.4]


def test_a_scale_without_a_middle_is_parted_at_zero() -> None:
    ax = plots.likert(items().drop(columns=3))
    assert [round(float(bar.get_x()), 3) for bar in ax.patches][2] == 0.0


def test_counts_and_shares_draw_the_same_bars() -> None:
    counts = items()
    shares = counts.drop(columns="label").div(100).assign(label="I trust them")
    assert widths(plots.likert(shares)) == widths(plots.likert(counts))


def test_what_does_not_apply_stands_apart_as_a_share_of_all_and_is_hatched() -> None:
    ax = plots.likert(items(not_applicable=[25]))
    apart = ax.patches[-1]
    assert apart.get_hatch()
    assert apart.get_width() == pytest.approx(25 / 125)
    assert apart.get_x() > max(bar.get_x() + bar.get_width() for bar in ax.patches[:-1])
    assert "does not apply" in texts(ax)
    assert "does not apply" not in texts(plots.likert(items(not_applicable=[0])))


def test_levels_are_told_by_words_beside_their_fill() -> None:
    ax = plots.likert(items(n=[100]), names={1: "disagree", 5: "agree"})
    key = ax.get_legend()
    assert key is not None
    assert [t.get_text() for t in key.get_texts()] == ["1 disagree", "2", "3", "4", "5 agree"]
    assert "n\u00a0100" in texts(ax)


def test_a_thin_part_holds_no_number() -> None:
    assert texts(plots.likert(items())) == ["20", "10", "40", "20", "10"]
    narrow = pd.DataFrame({"label": ["x"], 1: [5], 2: [95]})
    assert texts(plots.likert(narrow)) == ["95"]


def test_one_level_is_no_scale() -> None:
    with pytest.raises(ParameterError, match="a column for each level"):
        plots.likert(pd.DataFrame({"label": ["x"], 1: [3]}))


def test_ink_is_readable_on_every_fill() -> None:
    for fill in _DIVERGING:
        assert (luminance(fill) + 0.05) / (luminance(INK) + 0.05) >= 4.5


GROUPS = pd.DataFrame(
    {
        "label": ["Aroma", "BrewBest"],
        "promoters": [0.6, 0.1],
        "passives": [0.2, 0.3],
        "detractors": [0.2, 0.6],
        "value": [40.0, -50.0],
        "low": [30.0, -80.0],
        "high": [50.0, -10.0],
        "n": [300, 12],
    }
)


def test_each_group_is_whole_and_its_score_stands_beside_it() -> None:
    ax = plots.nps(GROUPS)
    assert widths(ax) == [0.2, 0.6, 0.2, 0.3, 0.6, 0.1]  # detractors, passives, promoters
    dots = ax.collections[-1].get_offsets()
    zero = next(
        tick
        for tick, text in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
        if text.get_text() == "0"
    )
    assert dots[0][0] > zero > dots[1][0]
    assert min(dots[:, 0]) > 1  # beyond the shares
    assert "40 [30,\u00a050] n\u00a0300" in texts(ax)


def test_a_score_of_few_is_hollow() -> None:
    ax = plots.nps(GROUPS)
    faces = [mpl.colors.to_hex(face) for face in ax.collections[-1].get_facecolors()]
    assert [face == "#ffffff" for face in faces] == [False, True]
    assert "hollow: fewer than 30" in texts(ax)


def test_a_picture_of_groups_is_said_by_its_lowest_and_highest_score() -> None:
    assert plots.alt_text(GROUPS, what="NPS") == (
        "NPS: 2 values, lowest BrewBest \u221250, highest Aroma 40"
    )
