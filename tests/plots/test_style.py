from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from cjm_lab import plots
from cjm_lab.plots.style import estimate_words, number


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.384, "0.384"), (-1.312, "−1.31"), (12345.6, "12,346"), (float("nan"), "unknown")],
)
def test_a_number_is_said_in_few_digits(value: float, said: str) -> None:
    assert number(value) == said


def test_an_estimate_is_said_with_its_interval_and_n() -> None:
    row = pd.Series({"value": -1.3, "low": -1.5, "high": -1.1, "n": 341})
    assert estimate_words(row) == "−1.30 [−1.50, −1.10] n=341"


def test_an_estimate_without_n_says_none() -> None:
    row = pd.Series({"value": 0.38, "low": 0.34, "high": 0.42})
    assert estimate_words(row, percent=True) == "38 % [34, 42]"


def test_a_backend_that_a_plot_wakes_keeps_its_automatic_display(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Jupyter's backend turns interactive mode on when the first figure of a session wakes it.
    monkeypatch.setattr(plt, "draw_if_interactive", plt.ion)
    try:
        plots.scores(pd.DataFrame({"label": ["a"], "value": [1], "low": [0], "high": [2]}))
        assert plt.isinteractive()
    finally:
        plt.ioff()
