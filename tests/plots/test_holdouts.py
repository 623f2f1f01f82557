from __future__ import annotations

import pandas as pd

from cjm_lab import plots

WEEKS = pd.DataFrame(
    {
        "week": [1, 2, 3],
        "value": [0.1, 0.2, 0.3],
        "low": [0.05, 0.15, 0.25],
        "high": [0.15, 0.25, 0.35],
        "expected": [0.12, 0.14, 0.36],
        "n": 500,
    }
)


def test_expectations_outside_the_interval_are_marked_in_both_directions() -> None:
    ax = plots.lifetime_holdout(WEEKS)
    assert ax.collections[-1].get_offsets().tolist() == [[2, 0.14], [3, 0.36]]
    assert ax.lines[0].get_ydata().tolist() == [0.1, 0.2, 0.3]
    assert ax.lines[1].get_ydata().tolist() == [0.12, 0.14, 0.36]
    keys = [text.get_text() for text in ax.get_legend().get_texts()]
    assert keys[:2] == ["what customers did", "what the model expected"]


def test_a_model_that_held_has_no_mark() -> None:
    keys = plots.lifetime_holdout(WEEKS.assign(expected=WEEKS["value"])).get_legend().get_texts()
    assert len(keys) == 2


def test_a_model_that_could_not_be_fitted_leaves_what_customers_did() -> None:
    ax = plots.lifetime_holdout(WEEKS.assign(expected=float("nan")))
    ax.figure.canvas.draw()
    assert ax.lines[0].get_ydata().tolist() == [0.1, 0.2, 0.3]


def test_classes_stand_side_by_side_with_their_customers() -> None:
    classes = WEEKS.drop(columns="week").assign(frequency=["0", "1", "7+"], n=[1419, 449, 29])
    ax = plots.lifetime_holdout(classes)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == [
        "0\nn\u00a01,419",
        "1\nn\u00a0449",
        "7+\nn\u00a029",
    ]
    assert ax.get_xlabel().endswith("(hollow: fewer than 30)")
    bars = ax.collections[0].get_segments()
    assert [(bar[0][1], bar[1][1]) for bar in bars] == [(0.05, 0.15), (0.15, 0.25), (0.25, 0.35)]
