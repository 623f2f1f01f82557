"""Two reports tell whether other customers came or the same ones did otherwise."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from cjm_lab.estimate import share
from cjm_lab.journey.mixes import conversion_split
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import period_up_to

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)


def month(
    day: date, whole: tuple[int, int], steps: str = "a", **channels: tuple[int, int]
) -> pd.DataFrame:
    rows = [("", whole), *channels.items()]
    return evidence_frame(
        evidence(share(*counts), lane="acquisition" if name else "base",
                 measure="channel_conversion" if name else "conversion",
                 segment=f"channel={name}" if name else "", period=period_up_to(day), basis=[steps])
        for name, counts in rows
    )  # fmt: skip


def parts(table: pd.DataFrame) -> dict[str, float]:
    whole = table[table["segment"] == ""]
    return dict(zip(whole["part"], whole["value"].round(10), strict=True))


def test_mix_and_rates_sum_to_the_change() -> None:
    # ads 100 -> 150 of 200 people at a rate of .1 -> .2; mail at .3 both times.
    # Kitagawa: mix (.25)(.15) + (-.25)(.3) = -.0375, rates .1 x (.5 + .75)/2 = .0625
    before = month(SEPTEMBER, (40, 200), ad=(10, 100), mail=(30, 100))
    after = month(OCTOBER, (45, 200), ad=(30, 150), mail=(15, 50))
    found = parts(conversion_split(before, after))
    assert found == pytest.approx({"change": 0.025, "mix": -0.0375, "rates": 0.0625})


def test_those_without_a_row_of_their_own_are_one_segment() -> None:
    before = month(SEPTEMBER, (44, 210), ad=(10, 100), mail=(30, 100))
    after = month(OCTOBER, (45, 200), ad=(30, 150), mail=(15, 50))
    table = conversion_split(before, after)
    assert set(table["segment"]) == {"", "ad", "mail", "all others"}
    assert parts(table)["change"] == pytest.approx(45 / 200 - 44 / 210)


@pytest.mark.parametrize(
    "before",
    [
        month(SEPTEMBER, (40, 200)),
        month(SEPTEMBER, (40, 200), ad=(40, 200)),
        month(SEPTEMBER, (40, 200), "b", ad=(10, 100), mail=(30, 100)),
        month(OCTOBER, (40, 200), ad=(10, 100), mail=(30, 100)),
    ],
    ids=["no channels", "one channel", "another funnel", "the same month"],
)
def test_what_cannot_be_split_is_not(before: pd.DataFrame) -> None:
    after = month(OCTOBER, (45, 200), ad=(30, 150), mail=(15, 50))
    assert conversion_split(before, after).empty
