"""The dashboard of a published study: for every eye, on every screen, light and dark."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from cjm_lab import Ledger

AXE = """
const done = arguments[arguments.length - 1];
document.querySelectorAll('details').forEach(details => { details.open = true });
axe.run(document, {resultTypes: ['violations']}).then(found => done(
  found.violations.map(one => `${one.id}: ${one.nodes.map(node => node.html).join(' ')}`)));
"""


@pytest.fixture
def dashboard(report: Path) -> Path:
    """The page of the study whose reports were published."""
    return report.parent / "index.html"


@pytest.fixture(params=["light", "dark"])
def theme(browser: Chrome, request: pytest.FixtureRequest) -> Any:
    """What the reader's system asks for."""
    feature = {"name": "prefers-color-scheme", "value": request.param}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    yield request.param
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.fixture(scope="module")
def axe() -> str:
    """The accessibility checker axe-core; the environment variable AXE_CORE names its file."""
    file = os.environ.get("AXE_CORE", "")
    if not file:
        reason = "AXE_CORE names no axe.min.js: npm pack axe-core, unpack it and set AXE_CORE"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    return Path(file).read_text("utf-8")


def test_axe_finds_no_violation(
    browser: Chrome, visit: Callable[[Path], Any], dashboard: Path, theme: str, axe: str
) -> None:
    visit(dashboard)
    browser.execute_script(axe)
    assert browser.execute_async_script(AXE) == []


def test_the_page_follows_the_readers_system(
    browser: Chrome, visit: Callable[[Path], Any], dashboard: Path, theme: str
) -> None:
    visit(dashboard)
    ground = browser.find_element(By.TAG_NAME, "body").value_of_css_property("background-color")
    red = int(ground.partition("(")[2].partition(",")[0])
    assert (red > 200) == (theme == "light")


@pytest.mark.parametrize("width", [375, 768, 1280, 1920])
def test_nothing_sticks_out_and_every_number_of_a_chart_can_be_read(
    browser: Chrome,
    visit: Callable[[Path], Any],
    screen: Callable[[int], AbstractContextManager[None]],
    dashboard: Path,
    width: int,
) -> None:
    with screen(width):
        visit(dashboard)
        page = browser.find_element(By.TAG_NAME, "html")
        assert page.get_property("scrollWidth") == page.get_property("clientWidth")
        heights = browser.execute_script(
            "return Array.from(document.querySelectorAll('svg text'), one => "
            "one.getBoundingClientRect().height)"
        )
        assert min(heights) >= 9


def test_words_of_a_chart_do_not_cover_one_another(
    browser: Chrome, visit: Callable[[Path], Any], dashboard: Path
) -> None:
    visit(dashboard)
    covered = browser.execute_script("""
      return Array.from(document.querySelectorAll('svg'), svg => {
        const boxes = Array.from(svg.querySelectorAll('text'), text => [
          text.textContent, text.getBoundingClientRect()]);
        return boxes.flatMap(([word, a], i) => boxes.slice(i + 1)
          .filter(([_, b]) => a.left < b.right - 1 && b.left < a.right - 1
            && a.top < b.bottom - 3 && b.top < a.bottom - 3)
          .map(([other]) => `${word} / ${other}`));
      }).flat()""")
    assert covered == []


def test_each_key_measure_has_its_chart_and_the_last_figure_of_the_ledger(
    browser: Chrome, visit: Callable[[Path], Any], dashboard: Path, report: Path
) -> None:
    visit(dashboard)
    charts = {
        chart.find_element(By.TAG_NAME, "h3").text: chart
        for chart in browser.find_elements(By.CSS_SELECTOR, ".charts .chart")
    }
    assert len(charts) == 6  # as many as the sample study names
    ledger = Ledger.read_csv(report / "evidence.csv")
    nps = ledger.estimate(measure="nps", subject="us", persona="", segment="")
    shown = charts["Net Promoter Score"].find_element(By.TAG_NAME, "b").text
    assert shown == f"{nps.value:.0f}"
    for chart in charts.values():
        assert len(chart.find_elements(By.CSS_SELECTOR, "circle")) == 2
        assert len(chart.find_elements(By.CSS_SELECTOR, "polyline")) == 1


def test_the_overdue_action_of_the_sample_is_on_both_pages(
    browser: Chrome, visit: Callable[[Path], Any], dashboard: Path, report: Path
) -> None:
    # actions.csv: chat agents, due on 15 October, still being done on the 31st
    for page in (dashboard, report / "index.html"):
        visit(page)
        text = browser.find_element(By.TAG_NAME, "main").text
        assert "Chat agents in the evening" in text
        assert "16 days overdue" in text
