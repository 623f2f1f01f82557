"""Small surveys made by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from cjm_lab.study import Study

QUESTION = {
    "text": "",
    "measure": "rating",
    "scale_min": 1.0,
    "scale_max": 5.0,
    "reversed": False,
    "touchpoint": "",
    "stage": "",
    "subject": "us",
    "success": [],
    "as_name": "",
}


@pytest.fixture
def codebook() -> Callable[..., pd.DataFrame]:
    """`codebook(q1={"measure": "nps"})`: the codebook of a survey, one keyword a question."""

    def make(**questions: dict[str, Any]) -> pd.DataFrame:
        return pd.DataFrame([QUESTION | {"question": c} | q for c, q in questions.items()])

    return make


@pytest.fixture
def answers() -> Callable[..., pd.DataFrame]:
    """`answers(q1=[9, 3])`: responses with those columns, undated unless told."""

    def make(**columns: Any) -> pd.DataFrame:
        n = len(next(iter(columns.values())))
        frame = {
            "respondent_id": [f"r{i:04d}" for i in range(n)],
            "customer_id": [""] * n,
            "submitted_at": pd.Series([pd.NaT] * n, dtype="datetime64[us, UTC]"),
            "wave": [""] * n,
            "weight": [1.0] * n,
            "persona": [""] * n,
        }
        return pd.DataFrame(frame | columns)

    return make


@pytest.fixture
def study() -> Study:
    """A coffee shop with two touchpoints, two personas and a rival."""
    return Study.model_validate(
        {
            "title": "Coffee to go",
            "goal": {
                "objective": {
                    "measure": "nps",
                    "target": "30",
                    "by": "2026-12-31",
                    "segment": {"city": "Rome"},
                }
            },
            "personas": [{"id": "regular", "name": "Regular"}, {"id": "guest", "name": "Guest"}],
            "subject": {"competitors": ["BrewBest"]},
            "stages": [
                {"id": "order", "name": "Order", "touchpoints": [{"id": "queue", "name": "Queue"}]},
                {"id": "drink", "name": "Drink", "touchpoints": [{"id": "cup", "name": "Cup"}]},
            ],
        }
    )
