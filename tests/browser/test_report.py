"""Every page of a published report: it asks nobody, fits the screen and can be read by anybody."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from cjm_lab.journey.script import SCRIPT
from cjm_lab.ledger import Ledger
from cjm_lab.runs.context import RunContext
from cjm_lab.runs.manifest import read_manifest
from cjm_lab.runs.publish import write_pages
from cjm_lab.runs.recipes import STEPS
from cjm_lab.workspace import Workspace

STEP_PAGES = [f"{name}.html" for name in STEPS]
PAGES = [
    "index.html",
    *STEP_PAGES,
    "map.html",
    "protocol.html",
    "../index.html",
    "../../index.html",
]

UNFOLD = "document.querySelectorAll('details').forEach(details => { details.open = true })"

# The lowest contrast of every text that can be seen with what may lie behind it (WCAG 2.2, 1.4.3):
# the nearest background of an element, of a gradient its colors, of a picture its rectangles.
LOW_CONTRAST = """
const numbers = text => text.match(/[\\d.]+/g).map(Number);
const over = (front, back, alpha) => back.map((value, i) => front[i] * alpha + value * (1 - alpha));
const light = color => color.slice(0, 3)
  .map(value => value / 255)
  .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
  .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
const white = [255, 255, 255];
function grounds(element) {
  const picture = element.closest('svg');
  const disk = picture?.querySelector('circle');
  if (disk && disk.getBoundingClientRect().width >= picture.getBoundingClientRect().width - 1)
    return [numbers(getComputedStyle(disk).fill)];
  if (picture)
    return [white, ...Array.from(picture.querySelectorAll('rect'), rect => {
      const style = getComputedStyle(rect);
      return over(numbers(style.fill), white, style.opacity * style.fillOpacity);
    })];
  for (; element; element = element.parentElement) {
    const style = getComputedStyle(element);
    const gradient = style.backgroundImage.match(/rgb\\([^)]*\\)/g);
    if (gradient) return gradient.map(numbers);
    const color = numbers(style.backgroundColor);
    if (color[3] !== 0) return [over(color, white, color[3] ?? 1)];
  }
  return [white];
}
const low = [];
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let seen = 0;
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement, words = texts.currentNode.data.trim();
  if (!words || element.closest('style, title, desc') || !element.checkVisibility()) continue;
  const style = getComputedStyle(element);
  const color = numbers(element.closest('svg') ? style.fill : style.color);
  for (const ground of grounds(element)) {
    const lights = [light(over(color, ground, color[3] ?? 1)), light(ground)];
    const contrast = (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
    if (contrast < 4.5) low.push(`${contrast.toFixed(2)} ${words.slice(0, 60)}`);
  }
  seen += 1;
}
return [seen, low];
"""


@pytest.mark.parametrize("name", [*PAGES, "map.svg"])
def test_with_the_network_off_a_page_is_whole_and_asks_nobody(
    browser: Chrome, visit: Callable[[Path], Any], offline: None, report: Path, name: str
) -> None:
    file = (report / name).resolve()
    visited = visit(file)
    assert browser.execute_script("return navigator.onLine") is False
    assert visited.requests == {file.as_uri()}
    assert visited.console == []
    assert browser.execute_script(
        "return Array.from(document.images, image => image.complete && image.naturalWidth > 0)"
    ) == [True] * len(browser.find_elements(By.TAG_NAME, "img"))


@pytest.mark.parametrize("name", STEP_PAGES)
def test_the_page_of_a_step_can_be_sent_by_mail(report: Path, name: str) -> None:
    assert (report / name).stat().st_size < 1_500_000


@pytest.mark.parametrize("name", STEP_PAGES)
def test_every_picture_of_a_step_has_words_of_its_own(
    browser: Chrome, visit: Callable[[Path], Any], report: Path, name: str
) -> None:
    visit(report / name)
    words = [img.get_attribute("alt") or "" for img in browser.find_elements(By.TAG_NAME, "img")]
    assert [alt for alt in words if len(alt) < 20 or alt.startswith("Picture in section")] == []
    assert len(set(words)) == len(words)


def test_the_steps_show_pictures(report: Path) -> None:
    pages = [(report / name).read_text("utf-8") for name in STEP_PAGES]
    assert sum(page.count("<img ") for page in pages) >= 7


@pytest.mark.parametrize("name", PAGES)
def test_headings_are_in_order(
    browser: Chrome, visit: Callable[[Path], Any], report: Path, name: str
) -> None:
    visit(report / name)
    found = browser.find_elements(By.CSS_SELECTOR, ":is(main) :is(h1, h2, h3, h4, h5, h6)")
    levels = [int(heading.tag_name[1]) for heading in found]
    assert levels[0] == 1
    assert levels.count(1) == 1
    deeper = [below - above for above, below in pairwise(levels)]
    assert max(deeper, default=0) <= 1


@pytest.mark.parametrize("name", STEP_PAGES)
def test_code_is_folded(
    browser: Chrome, visit: Callable[[Path], Any], report: Path, name: str
) -> None:
    visit(report / name)
    assert browser.find_elements(By.CSS_SELECTOR, "details.code")
    assert browser.find_elements(By.CSS_SELECTOR, "details[open]") == []
    code = browser.find_elements(By.CSS_SELECTOR, ".code pre, .highlight")
    assert code
    assert [block for block in code if block.is_displayed()] == []


@pytest.mark.parametrize("name", STEP_PAGES)
def test_the_contents_lead_to_their_headings(
    browser: Chrome, visit: Callable[[Path], Any], report: Path, name: str
) -> None:
    visit(report / name)
    links = browser.find_elements(By.CSS_SELECTOR, ".contents a")
    assert len(links) >= 2
    for link in links:
        anchor = (link.get_attribute("href") or "").partition("#")[2]
        headings = browser.find_elements(By.ID, anchor)
        assert [heading.text for heading in headings] == [link.text]
    links[-1].click()
    top = browser.execute_script("return arguments[0].getBoundingClientRect().top", headings[0])
    assert 0 <= top < browser.execute_script("return innerHeight")


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_to_a_file_of_the_archive(
    browser: Chrome, visit: Callable[[Path], Any], report: Path, name: str
) -> None:
    visit(report / name)
    links = browser.find_elements(By.CSS_SELECTOR, "a[href]")
    hrefs = [str(link.get_dom_attribute("href")) for link in links]
    assert [href for href in hrefs if re.match(r"[a-z]+:|/", href)] == []
    folder = (report / name).parent
    files = {folder / href.partition("#")[0] for href in hrefs if not href.startswith("#")}
    assert [file for file in files if not file.is_file()] == []
    anchors = [href[1:] for href in hrefs if href.startswith("#")]
    assert [a for a in anchors if len(browser.find_elements(By.ID, a)) != 1] == []


@pytest.mark.parametrize("width", [380, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_sticks_out_at_the_side(
    browser: Chrome,
    visit: Callable[[Path], Any],
    screen: Callable[[int], AbstractContextManager[None]],
    report: Path,
    name: str,
    width: int,
) -> None:
    with screen(width):
        visit(report / name)
        page = browser.find_element(By.TAG_NAME, "html")
        assert browser.execute_script("return innerWidth") == width
        assert page.get_property("scrollWidth") == page.get_property("clientWidth")
        browser.execute_script(UNFOLD)
        assert page.get_property("scrollWidth") == page.get_property("clientWidth")


@pytest.mark.parametrize("name", STEP_PAGES)
def test_no_table_of_a_step_is_cut_on_a_laptop(
    browser: Chrome,
    visit: Callable[[Path], Any],
    screen: Callable[[int], AbstractContextManager[None]],
    report: Path,
    name: str,
) -> None:
    with screen(1280):
        visit(report / name)
        tables = browser.find_elements(By.CSS_SELECTOR, ".html:has(> table.dataframe)")
        assert tables
        for box in tables:
            assert box.get_property("scrollWidth") == box.get_property("clientWidth"), box.text[:80]


@pytest.mark.parametrize("name", PAGES)
def test_every_text_stands_out_from_what_is_behind_it(
    browser: Chrome, visit: Callable[[Path], Any], report: Path, name: str
) -> None:
    visit(report / name)
    browser.execute_script(UNFOLD)
    seen, low = browser.execute_script(LOW_CONTRAST)
    assert seen > 3
    assert low == []


def test_one_can_go_from_the_front_through_the_steps_and_back(
    browser: Chrome, visit: Callable[[Path], Any], report: Path
) -> None:
    def heading() -> str:
        return browser.find_element(By.TAG_NAME, "h1").text

    visit(report / "index.html")
    front = heading()
    browser.find_element(By.PARTIAL_LINK_TEXT, "4 Touchpoints").click()
    assert "touchpoints" in heading().lower()
    assert browser.current_url == (report / "4_touchpoints.html").as_uri()
    browser.find_element(By.PARTIAL_LINK_TEXT, "5 Resources").click()
    assert "resources" in heading().lower()
    browser.find_element(By.LINK_TEXT, "Report").click()
    assert heading() == front


HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


@pytest.fixture(scope="module")
def hostile_report(
    published_sample: tuple[Workspace, list[Path]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The pages of a report, drawn anew with markup in its verbatims, pains and outputs."""
    workspace, reports = published_sample
    report = tmp_path_factory.mktemp("hostile") / reports[-1].name
    shutil.copytree(reports[-1], report)
    frame = Ledger.read_csv(report / "evidence.csv").frame
    frame.loc[frame["lane"].isin(["quote", "pain", "walkthrough"]), "label"] = HOSTILE
    notebook = nbformat.read(report / "4_touchpoints.ipynb", as_version=4)
    output = nbformat.v4.new_output("display_data", {"text/html": HOSTILE, "text/plain": HOSTILE})
    stream = nbformat.v4.new_output("stream", text=HOSTILE)
    notebook.cells.append(nbformat.v4.new_code_cell(HOSTILE, outputs=[output, stream]))
    nbformat.write(notebook, report / "4_touchpoints.ipynb")
    record = read_manifest(report)
    context = RunContext(workspace, record["study"], as_of=record["as_of"])
    write_pages(report, context, Ledger(frame), record)
    return report


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("index.html", [".lead", ".cjm q", ".cjm-pain", ".cjm table", "tbody th b"]),
        ("map.html", [".cjm q", ".cjm-pain", ".cjm table"]),
        ("4_touchpoints.html", ["pre.out", ".code pre"]),
    ],
)
def test_hostile_verbatims_are_text(
    browser: Chrome,
    visit: Callable[[Path], Any],
    hostile_report: Path,
    name: str,
    places: list[str],
) -> None:
    visited = visit(hostile_report / name)
    browser.execute_script(UNFOLD)
    for place in places:
        texts = [e.text for e in browser.find_elements(By.CSS_SELECTOR, place)]
        assert any(HOSTILE in text for text in texts), place
    assert browser.find_elements(By.CSS_SELECTOR, "[onerror], img[src=x]") == []
    scripts = browser.find_elements(By.CSS_SELECTOR, "script")
    # The page of the map alone has its own little script, which its policy names by hash.
    own = [SCRIPT] if name == "map.html" else []
    assert [one.get_attribute("textContent") for one in scripts] == own
    assert browser.title != "owned"
    assert visited.requests == {(hostile_report / name).as_uri()}
    assert visited.console == []
