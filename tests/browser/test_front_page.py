"""The front page says what evidence.csv says: each number is computed here from its rows again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from cjm_lab import Ledger, Study, load_study
from cjm_lab.workspace import Workspace

SEPTEMBER, OCTOBER = 0, 1


@pytest.fixture(scope="module")
def study(published_sample: tuple[Workspace, list[Path]]) -> Study:
    return load_study(published_sample[0].raw("coffee-maker"))


@pytest.fixture(scope="module")
def ledgers(published_sample: tuple[Workspace, list[Path]]) -> list[Ledger]:
    return [Ledger.read_csv(report / "evidence.csv") for report in published_sample[1]]


@pytest.fixture
def front(
    browser: Chrome,
    visit: Callable[[Path], Any],
    published_sample: tuple[Workspace, list[Path]],
) -> Callable[[int], Chrome]:
    """`front(OCTOBER)`: the browser, with that month's front page open."""

    def open_month(month: int) -> Chrome:
        visit(published_sample[1][month] / "index.html")
        return browser

    return open_month


def lead_of(page: Chrome) -> str:
    """Return the lead with plain spaces."""
    return page.find_element(By.CLASS_NAME, "lead").text.replace("\u00a0", " ")


def felt(ledger: Ledger, touchpoint: str = "") -> pd.DataFrame:
    """Return satisfaction by touchpoint, or at one by persona, the lowest first."""
    rows = ledger.select(measure="valence", subject="us")
    rows = rows[(rows["persona"] != "") == bool(touchpoint)]
    if touchpoint:
        rows = rows[rows["touchpoint"] == touchpoint]
    return rows.sort_values("value")


def signed(value: float) -> str:
    """Return a number with one decimal and its sign, as the pages write it; zero has none."""
    return f"{value:+.1f}".replace("-", "−") if round(value, 1) else "0.0"


def as_felt(row: pd.Series) -> str:
    """Return satisfaction as the pages write it."""
    return f"{signed(row['value'])} [{signed(row['low'])}, {signed(row['high'])}] n {row['n']:,.0f}"


def as_share(row: pd.Series) -> str:
    """Return a share as the pages write it."""
    value, low, high = (f"{100 * row[part]:.0f}" for part in ("value", "low", "high"))
    return f"{value} % [{low}, {high}] n {row['n']:,.0f}"


@pytest.mark.parametrize("month", [SEPTEMBER, OCTOBER])
def test_the_lead_names_the_worst_touchpoint(
    front: Callable[[int], Chrome], ledgers: list[Ledger], study: Study, month: int
) -> None:
    worst = felt(ledgers[month]).iloc[0]
    first = lead_of(front(month)).partition(" on a scale ")[0]
    name = study.touchpoint(worst["touchpoint"]).name
    assert first == f"{name} is the worst touchpoint of the journey: satisfaction {as_felt(worst)}"


@pytest.mark.parametrize("month", [SEPTEMBER, OCTOBER])
def test_the_lead_names_the_persona_it_hurts(
    front: Callable[[int], Chrome], ledgers: list[Ledger], study: Study, month: int
) -> None:
    worst = felt(ledgers[month]).iloc[0]["touchpoint"]
    hurt, *others = [row for _, row in felt(ledgers[month], worst).iterrows()]
    assert hurt["high"] < min(other["low"] for other in others)  # so that "most" is true
    name = study.persona(hurt["persona"]).name
    assert f"It hurts the persona {name} most: {as_felt(hurt)}." in lead_of(front(month))


@pytest.mark.parametrize("month", [SEPTEMBER, OCTOBER])
def test_the_lead_says_how_many_are_lost_and_what_could_be_done(
    front: Callable[[int], Chrome], ledgers: list[Ledger], month: int
) -> None:
    ledger, lead = ledgers[month], lead_of(front(month))
    worst = felt(ledger).iloc[0]["touchpoint"]
    lost = ledger.select(measure="drop_off", touchpoint=worst, persona="").iloc[0]
    assert as_share(lost) in lead
    best = ledger.select(measure="rice", touchpoint=worst).nlargest(1, "value").iloc[0]["label"]
    lift = ledger.select(measure="conversion_lift", label=best).iloc[0]
    number = r"([+−][\d.]+)"
    words = f"What could be done there first: {re.escape(best)} "
    told = re.search(rf"{words}\({number} points of conversion \[{number}, {number}\]", lead)
    assert told is not None, lead
    for text, part in zip(told.groups(), ("value", "low", "high"), strict=True):
        digits = len(text.partition(".")[2])
        assert float(text.replace("−", "-")) == round(100 * lift[part], digits)


def test_the_lead_says_what_changed_between_the_two_reports(
    front: Callable[[int], Chrome], ledgers: list[Ledger], study: Study
) -> None:
    changes = ledgers[OCTOBER].select(lane="change", measure="change", note="better")
    better = changes[changes["touchpoint"] != ""]["touchpoint"].unique()
    assert len(better) > 0
    lead = lead_of(front(OCTOBER))
    for touchpoint in better:
        where = {"measure": "valence", "touchpoint": touchpoint, "persona": ""}
        then, now = (signed(ledger.estimate(**where).value) for ledger in ledgers)
        name = study.touchpoint(touchpoint).name
        assert f"{name} got better: satisfaction {then} → {now}" in lead


def test_another_month_has_another_lead(front: Callable[[int], Chrome]) -> None:
    assert lead_of(front(SEPTEMBER)) != lead_of(front(OCTOBER))


def test_the_worst_touchpoint_is_a_key_figure_and_the_first_pain(
    front: Callable[[int], Chrome], ledgers: list[Ledger], study: Study
) -> None:
    worst = felt(ledgers[OCTOBER]).iloc[0]
    name = study.touchpoint(worst["touchpoint"]).name
    page = front(OCTOBER)
    tiles = [tile.text for tile in page.find_elements(By.CSS_SELECTOR, ".tiles li")]
    assert len(tiles) == 5
    assert tiles[-1].startswith(f"Worst touchpoint: {name}\n{signed(worst['value'])}")
    pains = page.find_elements(By.CSS_SELECTOR, "[aria-labelledby=hurts] tbody tr")
    assert name in pains[0].text
    assert as_felt(worst) in pains[0].text.replace("\u00a0", " ")


def test_the_map_has_a_table_for_those_who_do_not_see_it(
    front: Callable[[int], Chrome], ledgers: list[Ledger], study: Study
) -> None:
    page = front(OCTOBER)
    page.execute_script("document.querySelector('.cjm details').open = true")
    table = page.find_element(By.CSS_SELECTOR, ".cjm table")
    assert study.title in table.find_element(By.TAG_NAME, "caption").text
    heads = table.find_elements(By.CSS_SELECTOR, "thead th")
    assert {head.get_attribute("scope") for head in heads} == {"col"}
    column = [head.text for head in heads].index("Feels")
    rows = table.find_elements(By.CSS_SELECTOR, "tbody tr")
    evidence = felt(ledgers[OCTOBER]).set_index("touchpoint")
    assert len(rows) == len(study.touchpoints) == len(evidence)
    for touchpoint, row in zip(study.touchpoints, rows, strict=True):
        (name,) = row.find_elements(By.TAG_NAME, "th")
        assert (name.text, name.get_attribute("scope")) == (touchpoint.name, "row")
        cell = row.find_elements(By.CSS_SELECTOR, "th, td")[column].text.replace("\u00a0", " ")
        felt_there, _, complaints = cell.removesuffix(" [observed]").partition("; ")
        assert felt_there.replace(":", "") == as_felt(evidence.loc[touchpoint.id])
        assert cell.endswith(" [observed]")
        assert complaints == "" or "negative" in complaints
