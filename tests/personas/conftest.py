"""People made by hand: some in planted groups, some in none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def planted() -> Callable[..., tuple[pd.DataFrame, np.ndarray]]:
    """`planted(n, seed)`: customers of three kinds, and the kind of each."""

    def make(n: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
        rng = np.random.default_rng(seed)
        kind = rng.choice(3, n, p=[0.5, 0.3, 0.2])
        chance = np.array([[0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.05, 0.05, 0.9]])
        table = pd.DataFrame({"customer_id": [f"c{i}" for i in range(n)]})
        for name in ("device", "plan", "age"):
            cumulative = chance.cumsum(axis=1)[kind]
            drawn = (rng.random(n)[:, None] > cumulative).sum(axis=1)
            table[name] = np.array(["low", "middle", "high"])[drawn]
        table["city"] = rng.choice(["Bari", "Rome"], n)
        table.loc[rng.random(n) < 0.1, "plan"] = ""  # not known
        return table, kind

    return make
