"""What holds for every plot: it returns the Axes it was given and survives data that are absent."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.axes import Axes

from cjm_lab import plots
from cjm_lab.errors import ParameterError

ROW = {"value": 0.3, "low": 0.2, "high": 0.4, "n": 200}
DATA = {
    "scores": pd.DataFrame([{"label": "NPS", **ROW}]),
    "forecast": pd.DataFrame([{"label": "QR code", **ROW}]),
    "frontier": pd.DataFrame([{"budget": 900.0, **ROW}]),
    "pilot": pd.DataFrame([{"label": "Bought", **ROW}]),
    "discovery": pd.DataFrame([{"evaluators": 3, "walked": True, **ROW}]),
    "forecasts_held": pd.DataFrame(
        [
            {
                "what": "Card form",
                **{"forecast": 0.05, "forecast_low": 0.03, "forecast_high": 0.07},
                **{"verdict": "held", **ROW},
            }
        ]
    ),
    "funnel": pd.DataFrame([{"step": "basket", **ROW}]),
    "shares": pd.DataFrame([{"label": "negative", **ROW}]),
    "priorities": pd.DataFrame([{"label": "QR code", **ROW}]),
    "emotion": pd.DataFrame([{"label": "Payment", "persona": "Office buyer", **ROW}]),
    "transitions": pd.DataFrame([{"touchpoint": "basket", "next_touchpoint": "payment", **ROW}]),
    "trend": pd.DataFrame([{"week": pd.Timestamp("2026-09-07", tz="UTC"), **ROW}]),
    "likert": pd.DataFrame([{"label": "I trust them", 1: 5, 2: 10, 3: 20, "n": 35}]),
    "nps": pd.DataFrame(
        [{"label": "Aroma", "promoters": 0.5, "passives": 0.3, "detractors": 0.2, **ROW}]
    ),
    "waves": pd.DataFrame([{"wave": "May", "label": "Aroma", **ROW}]),
    "drivers": pd.DataFrame([{"label": "Payment", "note": "goes with a higher outcome", **ROW}]),
    "importance_performance": pd.DataFrame(
        [
            {
                "item": "Payment",
                **{"importance": 4.2, "importance_low": 4.0, "importance_high": 4.4},
                **{"performance": 2.1, "performance_low": 1.9, "performance_high": 2.3},
                **{"n": 200, "certainty": 1.0, "cross_hair": "mean"},
                **{"importance_line": 3.5, "importance_min": 1, "importance_max": 5},
                **{"performance_line": 3.1, "performance_min": 1, "performance_max": 5},
            }
        ]
    ),
    "calibration": pd.DataFrame([{"predicted": 0.25, **ROW}]),
    "rank_stability": pd.DataFrame([{"label": "QR code", "first": 0.2, **ROW}]),
    "moments_of_truth": pd.DataFrame(
        [
            {
                "item": "Payment",
                **{"importance": 8.5, "importance_low": 8.4, "importance_high": 8.7},
                **{"performance": -1.0, "performance_low": -1.1, "performance_high": -0.8},
                **{"n": 200, "verdict": "moment of truth that hurts", "verdict_certainty": 1.0},
                **{"importance_line": 7.8, "source": "stated importance"},
            }
        ]
    ),
    "value_gap_map": pd.DataFrame([{"label": "Payment", "subject": "BrewBest", **ROW}]),
    "kano": pd.DataFrame(
        [
            {
                **{"feature": "Lid", "category": "must-be", "certainty": 1.0, "n": 200},
                **{"better": 0.3, "better_low": 0.2, "better_high": 0.4},
                **{"worse": -0.8, "worse_low": -0.9, "worse_high": -0.7},
            }
        ]
    ),
    "polarity_trend": pd.DataFrame(
        [
            {
                "start": "2026-09-01",
                "share": 0.3,
                "kind": "labeled",
                "low": 0.2,
                "high": 0.4,
                "n": 200,
            }
        ]
    ),
    "labeled_against_automatic": pd.DataFrame([{"label": "Delta", "automatic": 0.2, **ROW}]),
    "terms": pd.DataFrame([{"term": "late", **ROW}]),
    "step_matrix": pd.DataFrame([{"touchpoint": "basket", "step": 1, **ROW}]),
    "flow": pd.DataFrame([{"touchpoint": "basket", "next_touchpoint": "(end)", "step": 1, **ROW}]),
    "retention": pd.DataFrame(
        [{"cohort": "May", "age": 1, "mature": True, "customers": 200, **ROW}]
    ),
    "retention_curve": pd.DataFrame([{"age": 1, "cohort": pd.NaT, **ROW}]),
    "survival": pd.DataFrame([{"time": 3.0, **ROW}]),
    "time_to_convert": pd.DataFrame([{"days": 3.0, "at_risk": 140, **ROW}]),
    "attribution": pd.DataFrame([{"channel": "mail", "model": "first", **ROW}]),
    "looks": pd.DataFrame([{"look": 1, "always_low": 0.1, "always_high": 0.5, **ROW}]),
    "lifetime_holdout": pd.DataFrame(
        [{"frequency": "0", "expected": 0.35, "value": 0.3, "low": 0.2, "high": 0.4}]
    ),
    "stakeholders": pd.DataFrame([{"name": "Shop", "interest": "high", "influence": "low"}]),
}
#: Plots that begin with a number or a date, not with a name.
OVER_TIME = {
    "discovery",
    "frontier",
    "calibration",
    "trend",
    "polarity_trend",
    "retention_curve",
    "survival",
    "time_to_convert",
    "looks",
}
DRAWS = {name: getattr(plots, name) for name in DATA}


def words(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_every_public_plot_is_held_to_these_rules() -> None:
    assert set(plots.__all__) == {*DATA, "alt_text"}


@pytest.mark.parametrize("name", DATA)
def test_a_plot_is_drawn_on_the_axes_it_is_given(name: str) -> None:
    _, ax = plt.subplots()
    assert DRAWS[name](DATA[name], ax=ax) is ax
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize("name", DATA)
def test_without_axes_each_plot_has_a_figure_of_its_own(name: str) -> None:
    first, second = DRAWS[name](DATA[name]), DRAWS[name](DATA[name])
    assert first.figure is not second.figure


@pytest.mark.parametrize("name", DATA)
def test_nothing_to_draw_is_said(name: str) -> None:
    ax = DRAWS[name](DATA[name].head(0))
    assert words(ax) == ["No evidence yet"]
    ax.figure.canvas.draw()


@pytest.mark.parametrize("name", DATA)
def test_a_missing_column_is_named(name: str) -> None:
    with pytest.raises(ParameterError, match="missing"):
        DRAWS[name](DATA[name].drop(columns=DATA[name].columns[0]))


@pytest.mark.parametrize("name", sorted(DATA.keys() - OVER_TIME))
@pytest.mark.parametrize("name_of_row", ["costs $5 and $", "<b>&amp;", "\\frac{"])
def test_words_from_outside_are_drawn_as_they_are(name: str, name_of_row: str) -> None:
    data = DATA[name].copy()
    data.iloc[:, 0] = name_of_row
    _, ax = plt.subplots()
    DRAWS[name](data, ax=ax)
    ticks = [*ax.get_xticklabels(), *ax.get_yticklabels()]
    assert name_of_row in [text.get_text() for text in [*ticks, *ax.texts]]
    ax.figure.canvas.draw()


@pytest.mark.parametrize("name", DATA)
def test_the_style_stays_inside(name: str) -> None:
    before = dict(mpl.rcParams)
    DRAWS[name](DATA[name])
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("draw", [plots.scores, plots.shares, plots.emotion])
def test_a_base_under_thirty_is_hollow_and_said(draw: Callable[..., Axes]) -> None:
    data = pd.DataFrame([{"label": "A", **ROW}, {"label": "B", **ROW, "n": 29}])
    ax = draw(data)
    faces = (
        [patch.get_facecolor() for patch in ax.patches]
        if ax.patches
        else ax.collections[1].get_facecolors().tolist()
    )
    assert [mpl.colors.to_hex(face) == "#ffffff" for face in faces] == [False, True]
    assert "hollow: fewer than 30" in words(ax)
