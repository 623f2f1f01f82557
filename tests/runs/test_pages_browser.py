"""The pages as a browser shows them: opened from disk, they ask nobody and fit a telephone."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from nbformat import v4
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from cjm_lab.ledger import evidence_frame
from cjm_lab.runs.pages import Link, StepLinks, Tile, front_page, step_html
from cjm_lab.runs.pages.parts import FrontPage, Pain
from cjm_lab.runs.printing import printed_protocol
from cjm_lab.study import Study

WIDE = "<div style='overflow-x:auto'><div style='width:1600px'>a wide map</div></div>"
FRONT = FrontPage(
    "Buying and living with a coffee maker",
    "31 October 2026",
    ("Four of ten people who start to pay give up.",),
    WIDE,
    compared_with="30 September 2026",
    tiles=tuple(Tile("Orders per visitor", "13.8 %", "[13.1, 14.6] n 3,600") for _ in range(5)),
    pains=(Pain("Card asked for twice", "Payment", "All", "38 % [34, 42]", "Log", "Keep it"),),
    steps=tuple(Link(f"{i} Touchpoints", "4.html", "12") for i in range(7)),
    inputs=(("survey.csv", "4f1c" * 16),),
)
HOSTILE = (
    "<img src=https://example.org/pixel.png><script>document.title='owned'</script>"
    "<style>@font-face{font-family:x;src:url(https://example.org/x.woff)}*{font-family:x}</style>"
)
TABLE = "<table class='dataframe'><tr>" + "<td>a long cell of words</td>" * 30 + "</tr></table>"
STEP = step_html(
    v4.new_notebook(
        cells=[
            v4.new_markdown_cell("# 4 Touchpoints\n\n## Reach"),
            v4.new_code_cell(
                "x" * 300,
                outputs=[
                    v4.new_output("display_data", data={"text/html": TABLE + HOSTILE}),
                    v4.new_output("stream", text="y" * 300),
                ],
            ),
        ]
    ),
    title="4 Touchpoints",
    links=StepLinks(Link("Report", "index.html"), next=Link("5 Resources", "5.html")),
)
SHOP = Study.model_validate(
    {"title": "Shop" + HOSTILE, "stages": [{"id": "buy", "name": "Buy", "touchpoints": [
        {"id": "pay", "name": "Payment" + HOSTILE}]}]}
)  # fmt: skip
PAGES = {
    "front": front_page(FRONT),
    "step": STEP,
    "protocol": printed_protocol(SHOP, evidence_frame(), date(2026, 10, 31)),
    "hostile": front_page(FRONT) + HOSTILE,
}


@pytest.mark.parametrize("name", PAGES)
def test_opened_from_disk_a_page_runs_nothing_and_asks_nobody(
    browser: Chrome, tmp_path: Path, name: str
) -> None:
    file = tmp_path / f"{name}.html"
    file.write_text(PAGES[name], encoding="utf-8")
    browser.get("about:blank")
    browser.get_log("performance")
    browser.get(file.as_uri())
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    addresses = {
        method: {
            event["params"][part]["url"]
            for event in events
            if event["method"] == f"Network.{method}"
            and not event["params"][part]["url"].startswith(("data:", "chrome:"))
        }
        for method, part in (("requestWillBeSent", "request"), ("responseReceived", "response"))
    }
    assert addresses["responseReceived"] <= {file.as_uri()}
    if name != "hostile":  # there the browser itself refuses what the page asks for
        assert addresses["requestWillBeSent"] == {file.as_uri()}
    assert browser.title != "owned"


@pytest.mark.parametrize("name", ["front", "step", "protocol"])
@pytest.mark.parametrize("width", [380, 1280])
def test_nothing_sticks_out_at_the_side(
    browser: Chrome, tmp_path: Path, name: str, width: int
) -> None:
    file = tmp_path / f"{name}.html"
    file.write_text(PAGES[name], encoding="utf-8")
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        browser.get(file.as_uri())
        page = browser.find_element(By.TAG_NAME, "html")
        assert page.get_property("scrollWidth") == page.get_property("clientWidth")
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
