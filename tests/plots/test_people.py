from __future__ import annotations

import pandas as pd

from cjm_lab import plots

PEOPLE = pd.DataFrame(
    {
        "name": ["Shop", "Carrier", "Legal"],
        "interest": ["high", "low", "high"],
        "influence": ["high", "medium", "high"],
    }
)


def test_names_stand_at_interest_across_and_influence_up() -> None:
    places = {t.get_text(): t.get_position() for t in plots.stakeholders(PEOPLE).texts[4:]}
    assert places == {"Shop\nLegal": (2, 2), "Carrier": (0, 1)}


def test_the_corners_say_what_to_do() -> None:
    corners = [text.get_text() for text in plots.stakeholders(PEOPLE).texts[:4]]
    assert corners == ["monitor", "keep informed", "keep satisfied", "manage closely"]
