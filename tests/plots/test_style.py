from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from cjm_lab import plots
from cjm_lab.plots.style import estimate_words


def test_an_estimate_is_said_with_its_interval_and_n() -> None:
    row = pd.Series({"value": -1.3, "low": -1.5, "high": -1.1, "n": 341})
    assert estimate_words(row) == "−1.3 [−1.5,\u00a0−1.1] n\u00a0341"


def test_an_estimate_without_n_says_none() -> None:
    row = pd.Series({"value": 0.38, "low": 0.34, "high": 0.42})
    assert estimate_words(row, percent=True) == "38\u00a0% [34,\u00a042]"


def test_a_difference_of_shares_is_said_in_points() -> None:
    # the sign and the unit that the same row has on the map: +12 points, not 12 %
    row = pd.Series({"value": 0.117, "low": 0.0825, "high": 0.1516, "n": 3000})
    assert estimate_words(row, percent=True, change=True) == (
        "+12\u00a0points [+8,\u00a0+15] n\u00a03,000"
    )


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
