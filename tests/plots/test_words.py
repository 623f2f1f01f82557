from __future__ import annotations

import pandas as pd
import pytest

from cjm_lab.plots import alt_text

JOURNEY = pd.DataFrame(
    {"touchpoint": ["Payment", "Delivery", "First cup"], "value": [-1.3, None, 1.5]}
)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (JOURNEY, "Emotion: 3 touchpoints, lowest Payment −1.3, highest First cup 1.5"),
        (JOURNEY.head(1), "Emotion: 1 touchpoint, Payment −1.3"),
        (JOURNEY.iloc[[1]], "Emotion: 1 touchpoint"),
        (JOURNEY.drop(columns="value"), "Emotion: 3 touchpoints"),
        (JOURNEY.head(0), "Emotion: no evidence yet"),
    ],
)
def test_a_picture_is_said_in_one_sentence(data: pd.DataFrame, said: str) -> None:
    assert alt_text(data, label="touchpoint", what="Emotion") == said


def test_weeks_are_named_by_their_day() -> None:
    weeks = pd.DataFrame({"week": pd.to_datetime(["2026-09-07"], utc=True), "value": [3.0]})
    assert alt_text(weeks, label="week") == "1 week, 2026-09-07 3"


def test_shares_are_said_in_percent() -> None:
    rows = pd.DataFrame({"label": ["a", "b"], "value": [0.384, 0.1]})
    assert alt_text(rows, percent=True) == "2 values, lowest b 10\u00a0%, highest a 38\u00a0%"
