"""A shop small enough to reckon by hand: half move on at the basket, 4 of 5 at the payment."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from cjm_lab.estimate import Estimate
from cjm_lab.metrics.chain import MarkovChain
from cjm_lab.planning import Outlook
from cjm_lab.study import Study

RESOURCE_COLUMNS = [
    "resource", "kind", "have", "need", "unit", "cost_once", "cost_month", "owner", "touchpoints",
    "measure", "lift_low", "lift_likely", "lift_high", "lift_source", "effort",
]  # fmt: skip

Resources = Callable[..., pd.DataFrame]


@pytest.fixture(scope="session")
def chain() -> MarkovChain:
    """Everybody begins at the basket; half go on to the payment, of these 80 % order: 0.4."""
    moves = np.array([[0.0, 0.5, 0.0, 0.5], [0.0, 0.0, 0.8, 0.2]])
    return MarkovChain(("basket", "payment"), np.array([1.0, 0.0, 0.0, 0.0]), moves, 10_000, 4_000)


@pytest.fixture(scope="session")
def outlook(chain) -> Outlook:
    """100 journeys a month, 10 an order, ten months, all of it known exactly."""
    return Outlook(chain, exactly(100), exactly(10), 10)


@pytest.fixture(scope="session")
def resources() -> Resources:
    """`resources({"resource": "Card form", "touchpoints": "payment"})`: a row a dict."""

    def make(*rows: dict[str, object]) -> pd.DataFrame:
        usual = {
            "kind": "tool", "have": 0.0, "need": 1.0, "unit": "release", "cost_once": 0.0,
            "cost_month": 0.0, "owner": "Shop", "touchpoints": "payment", "measure": "conversion",
            "lift_low": 0.1, "lift_likely": 0.1, "lift_high": 0.1, "lift_source": "judgement",
            "effort": 2.0,
        }  # fmt: skip
        return pd.DataFrame([usual | row for row in rows], columns=RESOURCE_COLUMNS)

    return make


@pytest.fixture(scope="session")
def study() -> Study:
    """The shop as a study."""
    return Study.model_validate(
        {
            "title": "Shop",
            "stages": [
                {
                    "id": "buy",
                    "name": "Buy",
                    "touchpoints": [
                        {"id": "basket", "name": "Basket", "team": "Shop"},
                        {"id": "payment", "name": "Payment", "ownership": "partner"},
                        {"id": "order", "name": "Order", "team": "Shop"},
                    ],
                }
            ],
            "funnel": {"steps": ["basket", "payment", "order"]},
            "budget": {"amount": 1000, "currency": "EUR", "horizon_months": 10},
        }
    )


def exactly(value: float) -> Estimate:
    """Return a number without any doubt about it."""
    return Estimate(value, value, value, n=1, method="given", se=0.0)
