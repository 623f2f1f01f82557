"""A published report of the sample study, opened from disk as a reader would open it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from selenium.webdriver import Chrome

from cjm_lab.workspace import Workspace


class Visit(NamedTuple):
    """What the browser noted while it opened a page."""

    requests: set[str]  # addresses asked for, what the page itself holds as data left out
    console: list[str]


@pytest.fixture(scope="session")
def report(published_sample: tuple[Workspace, list[Path]]) -> Path:
    """The last report."""
    return published_sample[1][-1]


@pytest.fixture
def visit(browser: Chrome) -> Callable[[Path], Visit]:
    """`visit(file)`: open a file from disk."""

    def open_file(file: Path) -> Visit:
        browser.get("about:blank")
        for log in ("performance", "browser"):
            browser.get_log(log)
        browser.get(file.as_uri())
        messages = [json.loads(e["message"])["message"] for e in browser.get_log("performance")]
        asked = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
        return Visit(
            {p["request"]["url"] for p in asked if not p["request"]["url"].startswith("data:")},
            [entry["message"] for entry in browser.get_log("browser")],
        )

    return open_file


@pytest.fixture
def offline(browser: Chrome) -> Iterator[None]:
    """No network at all."""
    conditions = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", conditions | {"offline": True})
    yield
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", conditions | {"offline": False})


@pytest.fixture
def screen(browser: Chrome) -> Callable[[int], AbstractContextManager[None]]:
    """`with screen(380): ...`: a screen of that width in CSS pixels."""

    @contextmanager
    def of_width(width: int) -> Iterator[None]:
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        try:
            yield
        finally:
            browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    return of_width
