"""The journey map in a browser: nothing overlaps, anybody can read it, it looks as it should."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from cjm_lab.estimate import Estimate, share
from cjm_lab.journey.draw_html import SHEET_COLUMNS, to_html
from cjm_lab.journey.model import BY_STAGE, LANES, Cell, Item, JourneyMap, Lane, PersonaCurve
from cjm_lab.journey.script import CSP_SOURCE
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.study import Stage, Touchpoint
from cjm_lab.words import shown

REFERENCES = Path(__file__).parent / "references"
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
WORDS = {
    "English": ["Social advert", "Search", "Comparison page", "Payment", "First cup"],
    "German": ["Kraftfahrzeughaftpflichtversicherung", "Donaudampfschifffahrtskapitänsmütze"],
    "Arabic": ["إعلان على وسائل التواصل", "صفحة المقارنة", "التوصيل إلى المنزل"],
    "Chinese": ["社交媒体广告", "搜索产品型号并比较价格", "付款页面反复出错"],
    "hostile": [HOSTILE],
}
MAIN = ("expects", "touchpoint", "does", "reach", "ways", "feels", "matters", "hurts", "could")


def made(count: int, language: str = "English", lanes: tuple[str, ...] = MAIN) -> JourneyMap:
    """A made-up map: stages of 2, 3 and 4 touchpoints, values that go up and down."""
    words = WORDS[language]
    places = [
        Touchpoint(id=f"t{i}", name=words[i % len(words)], channel="web") for i in range(count)
    ]
    stages, at = [], 0
    while at < count:
        here = places[at : at + 2 + len(stages) % 3]
        name = words[len(stages) % len(words)]
        stages.append(Stage(id=f"s{len(stages)}", name=name, touchpoints=here))
        at += len(here)
    felt = [
        Estimate(v, v - 0.2, v + 0.2, n=40 + 90 * (i % 4), method="t")
        for i in range(count)
        for v in [(0.4, 0.9, -0.3, -1.4, 1.5, 0.1)[i % 6]]
    ]
    rows = evidence_frame(
        evidence(e, lane="emotion", measure="valence", touchpoint=f"t{i}", source="survey")
        for i, e in enumerate(felt)
    )
    ids = dict(zip(rows["touchpoint"], rows["evidence_id"], strict=True))

    def cell(key: str, i: int) -> Cell:
        share_here = share(900 - 14 * i, 1000)
        text = words[(i + 1) % len(words)]
        if key in ("feels", "matters") and i % 5 == 3:
            return Cell(note="No evidence yet")
        if key == "feels":
            said = shown(felt[i], "valence")
            point = Item(said.value, f"{said.interval} {said.n}", "point", felt[i])
            mark = Item("complaints", "", "mark", share(30 + i % 7, 200), status="reasoned")
            return Cell((point, mark) if i % 3 == 1 else (point,), "observed", (ids[f"t{i}"],))
        if key == "matters":
            level = 5.0 + i % 4
            value = Estimate(level, level - 0.5, level + 0.5, n=150, method="t")
            return Cell((Item(f"{level:.1f}", "[±0.5]", "point", value),), "observed")
        if key == "ways":
            moves = [(i + 1, 500), (i + 3, 70), *([(i - 2, 120)] if i % 2 else [])]
            found = [
                Item(f"to {places[to].name}", "", "move", share(n, 1000), to=f"t{to}")
                for to, n in moves
                if 0 <= to < count
            ]
            return Cell(tuple(found), "observed") if found else Cell()
        if key == "touchpoint":
            return Cell((Item(text, "web · brand", "place"),), "observed", (ids[f"t{i}"],))
        if key == "reach":
            lost = Item("lost 42\u00a0%", "[37,\u00a045]", "loss", strong=i % 3 == 0)
            bar = Item(shown(share_here, "reach").value, "[88,\u00a092]", "bar", share_here)
            return Cell((bar, lost), "observed")
        if key == "hurts":
            pain = Item(text, "38\u00a0% [34,\u00a042]", "pain", rank=1 + i // 4)
            return Cell((pain,), "reasoned", (ids[f"t{i}"],)) if i % 4 == 1 else Cell()
        if key == "could":
            return Cell((Item(text, kind="idea"),), "reasoned") if i % 4 == 1 else Cell()
        sure = Item("Staff say so", status="assumed")
        return Cell((Item(text), sure) if i % 2 else (Item(text),), "observed")

    return JourneyMap(
        title=words[0],
        study="made",
        as_of=date(2026, 10, 31),
        version="draft",
        stages=tuple(stages),
        lanes=tuple(
            Lane(
                key,
                LANES[key],
                tuple(cell(key, i) for i in range(len(stages) if key in BY_STAGE else count)),
                by_stage=key in BY_STAGE,
            )
            for key in lanes
        ),
        curves=tuple(
            PersonaCurve(
                name,
                name,
                tuple((i, Estimate(e.value * f, -2, 2, n=50, method="t"))
                      for i, e in enumerate(felt)),
                tuple(share(30 + 9 * (n % 9), 200) for n in range(len(stages))),
            )
            for name, f in (("First-time buyer", 0.6), ("Upgrader", 1.2))
        ),
        findings=(f"Survey and mentions disagree: {words[0]}.",),
        evidence=rows,
    )  # fmt: skip


@pytest.fixture
def show(browser: Chrome, visit: Callable[[Path], Any], tmp_path: Path) -> Callable[..., Any]:
    """`show(map, ...)`: open a page with these maps."""

    def open_page(*maps: JourneyMap, script: bool = True, head: str = "", theme: str = "") -> Any:
        body = "".join(to_html(map_, script=script) for map_ in maps)
        look = f' data-theme="{theme}"' if theme else ""
        file = tmp_path / "map.html"
        file.write_text(
            f'<!doctype html><html lang="en"{look}><meta charset="utf-8">{head}<title>Map</title>'
            '<link rel="icon" href="data:,">'
            f'<body style="margin:24px"><main><h1>Map</h1>{body}</main>',
            "utf-8",
        )
        return visit(file)

    return open_page


@pytest.fixture
def paper(browser: Chrome) -> Iterator[None]:
    """A sheet of A3 on its side, less its margins."""
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    yield
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


# Texts of cells that stick out of their cell or are cut, and texts of a drawing that lie over one
# another or outside it; all by what the browser measures.
CROWDED = """
const bad = [];
const shows = e => e.checkVisibility({visibilityProperty: true});
for (const cell of document.querySelectorAll('.cjm-cell, .cjm-lane, .cjm-stage')) {
  if (!shows(cell)) continue;
  const box = cell.getBoundingClientRect(), range = document.createRange();
  const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    range.selectNodeContents(walk.currentNode);
    for (const r of range.getClientRects())
      if (r.left < box.left - 1 || r.right > box.right + 1 || r.top < box.top - 2 ||
          r.bottom > box.bottom + 2) bad.push('out of its cell: ' + walk.currentNode.data);
  }
}
for (const svg of document.querySelectorAll('.cjm-whole > svg')) {
  if (!shows(svg)) continue;
  const box = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll('text')].map(t => [t.textContent,
    t.getBoundingClientRect()]);
  texts.forEach(([words, r], i) => {
    if (r.left < box.left - 1 || r.right > box.right + 1 || r.top < box.top - 2 ||
        r.bottom > box.bottom + 2) bad.push('out of its drawing: ' + words);
    for (const [others, o] of texts.slice(i + 1)) {
      const wide = Math.min(r.right, o.right) - Math.max(r.left, o.left);
      const high = Math.min(r.bottom, o.bottom) - Math.max(r.top, o.top);
      if (wide > 2 && high > 4) bad.push(`over one another: ${words} / ${others}`);
    }
  });
}
return [...new Set(bad)];
"""


@pytest.mark.parametrize("width", [1280, 1920])
@pytest.mark.parametrize(
    ("count", "language"),
    [(1, "English"), (12, "English"), (24, "English"), (60, "English"),
     (7, "German"), (7, "Arabic"), (7, "Chinese")],
)  # fmt: skip
def test_nothing_overlaps_and_the_page_stays_as_wide_as_the_screen(
    browser: Chrome,
    show: Callable[..., Any],
    screen: Callable[[int], AbstractContextManager[None]],
    count: int,
    language: str,
    width: int,
) -> None:
    with screen(width):
        show(made(count, language, tuple(LANES) if language != "English" else MAIN))
        page = browser.find_element(By.TAG_NAME, "html")
        assert page.get_property("scrollWidth") == page.get_property("clientWidth")
        assert browser.execute_script(CROWDED) == []


# The smallest type on paper in CSS pixels, with the zoom of the grid and the scale of a drawing.
SMALLEST = """
let least = 99;
for (const e of document.querySelectorAll('.cjm-grid *')) {
  const drawn = e.closest('svg');
  const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
  if (!own || !e.checkVisibility() || e.closest('.cjm-hidden, title, desc')) continue;
  const size = parseFloat(getComputedStyle(e).fontSize);
  const used = drawn ? size * drawn.getBoundingClientRect().width / drawn.viewBox.baseVal.width
    : size * e.currentCSSZoom;
  least = Math.min(least, used);
}
return least;
"""


@pytest.mark.parametrize(("count", "bands"), [(1, 1), (13, 1), (14, 2), (25, 2), (60, 5)])
def test_on_a_sheet_of_a3_type_has_seven_points(
    browser: Chrome,
    show: Callable[..., Any],
    screen: Callable[[int], AbstractContextManager[None]],
    paper: None,
    count: int,
    bands: int,
) -> None:
    with screen(1512):  # 400 mm at 96 pixels an inch
        show(made(count), script=False)
        assert browser.execute_script(SMALLEST) >= 7 * 96 / 72
        heads = browser.find_elements(By.CSS_SELECTOR, ".cjm-lane")
        shown_heads = [e.text for e in heads if e.is_displayed() and e.text == "Stage"]
        assert len(shown_heads) == bands
        right = "document.querySelector('.cjm-grid').getBoundingClientRect().right"
        assert browser.execute_script(f"return {right}") <= 1512
        assert browser.execute_script(CROWDED) == []
    assert SHEET_COLUMNS == 13


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker axe-core; the environment variable AXE_CORE names its file."""
    file = os.environ.get("AXE_CORE", "")
    if not file:
        reason = "AXE_CORE names no axe.min.js: npm pack axe-core, unpack it and set AXE_CORE"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    return Path(file).read_text("utf-8")


RUN_AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations', 'incomplete']}).then(found => done(
  found.violations.map(v => `${v.id}: ${v.nodes[0].html.slice(0, 200)} ${v.nodes.length}`)));
"""


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_violation(
    browser: Chrome, show: Callable[..., Any], axe: str, theme: str, script: bool
) -> None:
    show(made(12, lanes=tuple(LANES)), script=script, theme=theme)
    browser.execute_script("document.querySelectorAll('details').forEach(d => { d.open = true })")
    browser.execute_script(axe)
    assert browser.execute_async_script(RUN_AXE) == []
    if script:
        browser.execute_script("document.querySelector('[aria-haspopup]').click()")
        assert browser.execute_async_script(RUN_AXE) == []


def dialog(browser: Chrome) -> Any:
    return browser.find_element(By.CSS_SELECTOR, "dialog")


def focused(browser: Chrome) -> Any:
    return browser.switch_to.active_element


def test_with_the_keyboard_one_comes_to_the_evidence_behind_a_cell_and_back(
    browser: Chrome, show: Callable[..., Any]
) -> None:
    map_ = made(12)
    show(map_)
    first = browser.find_element(By.CSS_SELECTOR, ".cjm-grid [role=button]")
    browser.execute_script("arguments[0].focus()", first)
    focused(browser).send_keys(Keys.ARROW_DOWN)
    focused(browser).send_keys(Keys.ARROW_RIGHT)
    cell = focused(browser)
    assert cell.text.startswith("Comparison page")  # the second of the touchpoints' lane
    cell.send_keys(Keys.ENTER)
    assert dialog(browser).is_displayed()
    said = dialog(browser).text
    evidence_id = map_.lane("touchpoint").cells[1].evidence_ids[0]
    assert evidence_id in said
    assert "How it is known: observed." in said
    assert "survey" in said
    assert "n 130" in said  # 40 + 90 answered at the second touchpoint
    focused(browser).send_keys(Keys.ESCAPE)
    assert not dialog(browser).is_displayed()
    assert focused(browser) == cell


def test_the_map_takes_one_stop_of_the_tab_key(browser: Chrome, show: Callable[..., Any]) -> None:
    show(made(24))
    stops = browser.find_elements(By.CSS_SELECTOR, ".cjm-grid [role=button][tabindex='0']")
    assert len(stops) == 1


def test_a_point_of_the_curve_tells_its_evidence_too(
    browser: Chrome, show: Callable[..., Any]
) -> None:
    map_ = made(12)
    show(map_)
    browser.find_elements(By.CSS_SELECTOR, "[data-lane=Feels] .cjm-spot")[1].click()
    assert "+0.9 [+0.7, +1.1] n 130" in dialog(browser).text.replace("\u00a0", " ")
    assert map_.lane("feels").cells[1].evidence_ids[0] in dialog(browser).text


def test_a_lane_folds_and_can_be_left_out(browser: Chrome, show: Callable[..., Any]) -> None:
    show(made(12))
    lane = browser.find_element(By.CSS_SELECTOR, "[data-lane=Does]")
    button = lane.find_element(By.TAG_NAME, "button")
    texts = lane.find_elements(By.TAG_NAME, "p")
    button.send_keys(Keys.ENTER)
    assert button.get_attribute("aria-expanded") == "false"
    assert not any(text.is_displayed() for text in texts)
    button.send_keys(Keys.ENTER)
    assert all(text.is_displayed() for text in texts)
    menu = browser.find_element(By.CSS_SELECTOR, ".cjm-tools details")
    menu.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
    (box,) = [e for e in menu.find_elements(By.TAG_NAME, "label") if e.text == "Does"]
    box.find_element(By.TAG_NAME, "input").send_keys(Keys.SPACE)
    assert not button.is_displayed()


def test_what_is_assumed_can_be_hidden_item_by_item(
    browser: Chrome, show: Callable[..., Any]
) -> None:
    show(made(12))
    does = browser.find_element(By.CSS_SELECTOR, "[data-lane=Does]")
    assert does.text.count("Staff say so") == 6  # at every other of twelve touchpoints
    (button,) = [
        e for e in browser.find_elements(By.CSS_SELECTOR, ".cjm-tools button")
        if e.text.endswith("assumed")
    ]  # fmt: skip
    button.send_keys(Keys.ENTER)
    assert button.get_attribute("aria-pressed") == "false"
    assert "Staff say so" not in does.text
    assert "Payment" in does.text


def test_without_the_script_all_is_there_and_no_button(
    browser: Chrome, show: Callable[..., Any]
) -> None:
    map_ = made(12)
    show(map_)
    live = browser.find_element(By.CSS_SELECTOR, ".cjm-grid").text
    show(map_, script=False)
    figure = browser.find_element(By.CSS_SELECTOR, ".cjm")
    assert figure.find_element(By.CSS_SELECTOR, ".cjm-grid").text == live
    assert figure.find_elements(By.CSS_SELECTOR, "button, [role=button], script, dialog") == []


def test_two_maps_on_a_page_each_have_their_own_tools(
    browser: Chrome, show: Callable[..., Any]
) -> None:
    visited = show(made(2), made(3))
    figures = browser.find_elements(By.CSS_SELECTOR, ".cjm")
    assert [len(f.find_elements(By.CSS_SELECTOR, ".cjm-tools")) for f in figures] == [1, 1]
    figures[1].find_element(By.CSS_SELECTOR, ".cjm-tools > button").click()
    assert [f.get_attribute("data-hide") for f in figures] == [None, "observed"]
    ids = browser.execute_script("return Array.from(document.querySelectorAll('[id]'), e => e.id)")
    assert len(set(ids)) == len(ids) > 0
    assert visited.console == []


def test_a_policy_can_allow_this_script_and_no_other(
    browser: Chrome, show: Callable[..., Any]
) -> None:
    rule = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {CSP_SOURCE}"
    visited = show(made(2), head=f'<meta http-equiv="Content-Security-Policy" content="{rule}">')
    assert visited.console == []
    assert len(visited.requests) == 1
    assert browser.find_elements(By.CSS_SELECTOR, ".cjm-tools")


def test_hostile_text_stays_text_in_the_details_too(
    browser: Chrome, show: Callable[..., Any]
) -> None:
    visited = show(made(3, "hostile", tuple(LANES)))
    for cell in browser.find_elements(By.CSS_SELECTOR, ".cjm-cell[role=button]")[:12]:
        browser.execute_script("arguments[0].click()", cell)
        assert HOSTILE in dialog(browser).text
        browser.execute_script("arguments[0].close()", dialog(browser))
    assert browser.find_elements(By.CSS_SELECTOR, "img, [onerror]") == []
    assert browser.title == "Map"
    assert (len(visited.requests), visited.console) == (1, [])


def picture(browser: Chrome) -> Any:
    from base64 import b64decode

    from PIL import Image

    asked = {"format": "png", "captureBeyondViewport": True}
    taken = browser.execute_cdp_cmd("Page.captureScreenshot", asked)
    return Image.open(BytesIO(b64decode(taken["data"]))).convert("RGB")


@contextmanager
def as_shown(browser: Chrome, look: str) -> Iterator[None]:
    media = {"media": "print" if look == "print" else ""}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    yield
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def own_font() -> str:
    """The font that comes with a package, so that every machine breaks lines alike."""
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    faces = "".join(
        f'@font-face{{font-family:"Test";font-weight:{weight};src:url("{file.as_uri()}")}}'
        for weight, file in (
            ("1 500", folder / "DejaVuSans.ttf"), ("501 999", folder / "DejaVuSans-Bold.ttf"),
        )
    )  # fmt: skip
    return f'<style>{faces}.cjm,.cjm *{{font-family:"Test"!important}}</style>'


@pytest.mark.parametrize(
    ("name", "count", "width", "look"),
    [("1280", 12, 1280, "light"), ("1920", 12, 1920, "light"), ("dark", 12, 1280, "dark"),
     ("print", 24, 1512, "print")],
)  # fmt: skip
def test_it_looks_as_it_was_found_good(
    browser: Chrome,
    show: Callable[..., Any],
    screen: Callable[[int], AbstractContextManager[None]],
    name: str,
    count: int,
    width: int,
    look: str,
) -> None:
    """A quarter of the size, where drawing hardly differs; UPDATE_REFERENCES=1 takes new ones."""
    import numpy as np
    from PIL import Image

    with screen(width), as_shown(browser, look):
        show(made(count), head=own_font(), theme="dark" if look == "dark" else "light")
        loaded = "return document.fonts.ready.then(() => document.fonts.check('12px Test'))"
        assert browser.execute_script(loaded)
        now = picture(browser)
    file = REFERENCES / f"map_{name}.png"
    if os.environ.get("UPDATE_REFERENCES"):
        small = now.resize((now.width // 2, now.height // 2), Image.Resampling.LANCZOS)
        small.quantize(256).save(file, optimize=True)
    then = Image.open(file).convert("RGB")
    assert abs(then.height * 2 / now.height - 1) < 0.08
    size = (now.width // 4, now.height // 4)
    pixels = [np.asarray(p.resize(size, Image.Resampling.BOX), dtype=float) for p in (now, then)]
    assert np.abs(pixels[0] - pixels[1]).mean() < 6
