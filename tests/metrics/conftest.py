"""Small logs written by hand, the real shop's log, and a study with three touchpoints in order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from cjm_lab.study import Study

DAY_ONE = pd.Timestamp("2026-09-01", tz="UTC")

Log = Callable[[str], pd.DataFrame]


@pytest.fixture(scope="session")
def log() -> Log:
    """`log("ann visit 0, ann order 2.5")`: customer, event, hours after September began."""

    def make(text: str) -> pd.DataFrame:
        rows = [row.split() for row in text.split(",") if row.strip()]
        hours = pd.Series([float(row[2]) for row in rows], dtype="float64")
        return pd.DataFrame(
            {
                "customer_id": pd.Series([row[0] for row in rows], dtype="str"),
                "occurred_at": (DAY_ONE + pd.to_timedelta(hours, unit="h")).dt.as_unit("us"),
                "event": pd.Series([row[1] for row in rows], dtype="str"),
            }
        )

    return make


@pytest.fixture(scope="session")
def shop() -> Study:
    """A study: visit, basket (put or take), order; `lost` is no touchpoint."""
    return Study.model_validate(
        {
            "title": "Shop",
            "stages": [
                {"id": "look", "name": "Look", "touchpoints": [{"id": "visit", "name": "Visit"}]},
                {
                    "id": "buy",
                    "name": "Buy",
                    "touchpoints": [
                        {"id": "basket", "name": "Basket", "events": ["put", "take"]},
                        {"id": "order", "name": "Order"},
                    ],
                },
            ],
        }
    )


@pytest.fixture(scope="session")
def simple_shop(shared_data: Path) -> pd.DataFrame:
    """The real log of a small shop."""
    raw = pd.read_csv(shared_data / "events" / "simple_shop" / "simple_shop.csv")
    return pd.DataFrame(
        {
            "customer_id": raw["client_id"].astype("str"),
            "occurred_at": pd.to_datetime(raw["timestamp"], utc=True).dt.as_unit("us"),
            "event": raw["event"].astype("str"),
        }
    )
