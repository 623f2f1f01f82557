from __future__ import annotations

from collections import Counter

from cjm_lab.runs import recipes
from cjm_lab.sources.schemas import TABLES


def test_each_table_has_one_maker() -> None:
    groups = [names for kind, names in vars(recipes).items() if kind.endswith("VIEWS")]
    views = Counter(name for names in groups for name in names)
    assert len(groups) > 10
    assert [name for name, times in views.items() if times > 1 or name in TABLES] == []


def test_every_table_can_be_made() -> None:
    for name in recipes.RECIPES:
        assert callable(recipes.function_of(name))
