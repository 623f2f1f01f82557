"""Who belongs to a segment, tested only where testing means something."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import share
from cjm_lab.personas import profile, segment
from cjm_lab.personas.profiles import two_shares_p
from cjm_lab.study.attributes import categories


def test_sizes_and_shares_are_wilson() -> None:
    people = pd.DataFrame({"device": ["phone"] * 56 + ["desktop"] * 14 + ["phone"] * 80})
    table = profile(people, pd.Series(["young"] * 70 + [""] * 80), ["device"])
    size, desktop, phone = (row for _, row in table.iterrows())
    assert (size["value"], size["low"]) == (70 / 150, share(70, 150).low)
    assert (desktop["value"], desktop["others"]) == (14 / 70, 0)
    assert np.isnan(desktop["index"])
    assert (phone["value"], phone["high"]) == (0.8, share(56, 70).high)
    assert phone["index"] == pytest.approx(0.8)


def test_the_p_value_is_that_of_the_chi_square_test_of_the_table() -> None:
    table = [[56, 14], [48, 32]]
    chi = stats.chi2_contingency(table, correction=False)
    assert two_shares_p([56], 70, [48], 80)[0] == pytest.approx(chi.pvalue)


def test_attributes_that_made_the_segments_are_described_only(
    planted: Callable[..., tuple[pd.DataFrame, np.ndarray]],
) -> None:
    customers, _ = planted(800, 2)
    found = segment(customers, ["device", "plan", "age"], seed=1)
    table = profile(customers, found, ["device", "city"])
    how = table.groupby("attribute")["how"].unique().str[0].to_dict()
    assert how == {"": "size", "city": "tested", "device": "described"}
    assert table.loc[table["attribute"] == "device", "p"].isna().all()
    assert (table.loc[table["attribute"] == "city", "p_adjusted"] > 0.01).all()  # it is noise


def test_fewer_than_five_people_are_suppressed_and_can_not_be_reckoned_back() -> None:
    people = pd.DataFrame({"plan": ["gold"] * 3 + ["silver"] * 7 + ["bronze"] * 40})
    table = profile(people, pd.Series(["all"] * 50), ["plan"])
    assert table["category"].tolist() == ["", "bronze"]  # 50 - 40 - 7 would give the 3 away
    six = pd.DataFrame({"plan": ["gold"] * 3 + ["silver"] * 2 + ["bronze"] * 45})
    assert profile(six, pd.Series(["all"] * 50), ["plan"])["category"].tolist() == ["", "bronze"]


def test_nobody_in_a_segment_gives_an_empty_profile() -> None:
    people = pd.DataFrame({"plan": ["a", "b"]})
    assert profile(people, pd.Series(["", ""])).empty
    assert profile(people.head(0), pd.Series([], dtype="str")).empty


def test_numbers_become_quarters_and_unknown_stays_unknown() -> None:
    ages = pd.DataFrame({"age": [*range(20, 40), np.nan]})
    quarters = categories(ages, ["age"])["age"]
    assert quarters.value_counts().to_dict() == dict.fromkeys(
        ["20 to 24", "25 to 29", "30 to 34", "35 to 39"], 5
    )
    assert quarters.isna().sum() == 1


def test_a_column_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ParameterError, match="column must be one of"):
        profile(pd.DataFrame({"plan": ["a"]}), pd.Series(["x"]), ["plans"])
