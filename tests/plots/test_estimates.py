from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from cjm_lab import plots
from cjm_lab.plots.style import BLUE, GRAY

NPS = pd.DataFrame(
    {
        "label": ["All", "Office buyer"],
        "value": [34.19, 61.0],
        "low": [29.209, 30.0],
        "high": [38.943, 88.0],
        "n": [895, 25],
    }
)


def dots(ax: Axes) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in ax.collections[1].get_offsets()]


def whiskers(ax: Axes) -> list[tuple[float, float]]:
    return [(float(line[0, 0]), float(line[1, 0])) for line in ax.collections[0].get_segments()]


def colors(ax: Axes) -> list[str]:
    return [to_hex(color) for color in ax.collections[0].get_colors()]


def test_dots_stand_at_the_values_the_first_on_top() -> None:
    ax = plots.scores(NPS)
    assert dots(ax) == [(34.19, 0), (61.0, 1)]
    assert ax.yaxis_inverted()
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["All", "Office buyer"]


def test_whiskers_reach_from_low_to_high() -> None:
    assert whiskers(plots.scores(NPS)) == [(29.209, 38.943), (30.0, 88.0)]


def test_the_numbers_stand_beside_each_dot() -> None:
    texts = [text.get_text() for text in plots.scores(NPS).texts]
    assert texts[:2] == ["34.2 [29.2,\u00a038.9] n\u00a0895", "61 [30,\u00a088] n\u00a025"]


def test_an_automatic_share_has_no_whisker_and_says_why() -> None:
    row = {"label": "Negative", "value": 0.25, "low": None, "high": None, "n": 4000}
    data = pd.DataFrame([{**row, "method": "automatic, bias unknown"}]).astype(
        {"low": float, "high": float}
    )
    ax = plots.scores(data, percent=True)
    assert ax.texts[0].get_text() == "25\u00a0% (automatic, bias unknown) n\u00a04,000"
    assert to_hex(ax.collections[1].get_facecolors()[0]) == "#ffffff"


def test_the_scale_asked_on_is_the_axis() -> None:
    assert tuple(map(float, plots.scores(NPS, limits=(-100, 100)).get_xlim())) == (-100, 100)


def test_a_pilots_difference_that_holds_zero_is_gray() -> None:
    rows = pd.DataFrame(
        {"label": ["a", "b"], "value": [0.2, 0.01], "low": [0.05, -0.02], "high": [0.33, 0.04]}
    )
    ax = plots.pilot(rows, percent=True)
    assert colors(ax) == [BLUE.lower(), GRAY.lower()]
    assert ax.lines[0].get_xdata()[0] == 0


def test_what_the_budget_does_not_reach_is_gray_and_said() -> None:
    rows = pd.DataFrame(
        {
            "label": ["a", "b"],
            "value": [9, 5],
            "low": [4, 1],
            "high": [12, 9],
            "chosen": [True, False],
        }
    )
    ax = plots.forecast(rows)
    assert colors(ax) == [BLUE.lower(), GRAY.lower()]
    assert "gray: not in the set" in [text.get_text() for text in ax.texts]


def test_differences_of_shares_are_in_points_on_the_axis_too() -> None:
    rows = pd.DataFrame({"label": ["Ordered"], "value": [-0.12], "low": [-0.15], "high": [-0.08]})
    ax = plots.pilot(rows, percent=True)
    ax.figure.canvas.draw()
    assert ax.get_xlabel() == "treatment minus control, points"
    ticks = [tick.get_text() for tick in ax.get_xticklabels()]
    assert "−10" in ticks and not any("%" in tick or "-" in tick for tick in ticks)


ANALYZED = pd.DataFrame(
    {
        "outcome": ["sample_ratio", "ordered", "complained"],
        "value": [0.4, 0.05, 0.01],
        "low": [None, 0.03, -0.01],
        "high": [None, 0.07, 0.03],
        "n": 6000,
        "always_low": [None, 0.01, -0.02],
        "always_high": [None, 0.09, 0.04],
        "margin": [None, None, 0.02],
        "verdict": ["as planned", "differs", "not shown"],
        "note": "",
    }
)


def test_the_sample_ratio_is_a_sentence_and_no_outcome() -> None:
    ax = plots.pilot(ANALYZED, label="outcome", percent=True)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["ordered", "complained"]
    assert ax.texts[-1].get_text() == "sample ratio as planned (p .40)"
    assert ax.texts[1].get_text().endswith("\nguardrail: not shown")


def test_the_interval_of_every_look_is_behind_and_the_margin_of_a_guardrail_marked() -> None:
    ax = plots.pilot(ANALYZED, label="outcome", percent=True)
    thick, _, thin, *_, margins = ax.collections
    assert [(line[0][0], line[1][0]) for line in thick.get_segments()] == [
        (0.03, 0.07),
        (-0.01, 0.03),
    ]
    assert [(line[0][0], line[1][0]) for line in thin.get_segments()] == [
        (0.01, 0.09),
        (-0.02, 0.04),
    ]
    assert thin.get_linewidths()[0] < thick.get_linewidths()[0]
    (mark,) = margins.get_segments()
    assert (mark[0][0], mark[:, 1].mean()) == (0.02, 1)
    assert "tall mark: margin of a guardrail" in ax.get_xlabel()


def test_a_pilot_of_the_wrong_sizes_is_gray_and_warned_of() -> None:
    data = ANALYZED.assign(verdict=["not as planned", *["withheld: sample ratio"] * 2])
    data.loc[0, "note"] = "sample ratio p .0086: 44,700 control and 45,489 treated customers"
    ax = plots.pilot(data, label="outcome", percent=True)
    assert colors(ax) == [GRAY.lower(), GRAY.lower()]
    assert ax.texts[-1].get_text().startswith("Not to be trusted: sample ratio p .0086: 44,700")
    assert ax.texts[-1].get_weight() == "bold"
