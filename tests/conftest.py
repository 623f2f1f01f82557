"""What several tests share: the real data, studies in workspaces of their own, a browser."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from hypothesis import settings

from cjm_lab.workspace import Workspace

if TYPE_CHECKING:
    from selenium import webdriver

# A busy machine is slow, not wrong: no test fails for its seconds.
settings.register_profile("lab", deadline=None)
settings.load_profile("lab")

REPOSITORY = Path(__file__).resolve().parents[1]


#: What takes longest begins first, so that no worker is left with it alone.
LONGEST = ("published", "tests/runs/test_truths.py", "tests/runs/test_real_studies.py")


def worker_group(nodeid: str) -> str:
    """Return what one worker runs: a file, or all files that read the published reports."""
    file = nodeid.partition("::")[0]
    published = file.startswith("tests/browser/") or file == "tests/runs/test_run.py"
    return "published" if published else file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first."""
    order = {group: place for place, group in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(worker_group(item.nodeid), len(order)))


class ClosedFigures:
    """Every test ends without open figures, a doctest of the package too."""

    def pytest_runtest_teardown(self) -> None:
        if pyplot := sys.modules.get("matplotlib.pyplot"):
            pyplot.close("all")


def pytest_configure(config: pytest.Config) -> None:
    """Hooks of a conftest hear only of the tests below it; those of a plugin hear of all."""
    config.pluginmanager.register(ClosedFigures())


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share the tests among workers by `worker_group`, so that no fixture is made twice."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return worker_group(nodeid)

    return ByGroup(config, log)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder with pyproject.toml."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; it is read in place, never copied."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        _unavailable(f"there is no folder of real data {folder}")
    return folder


@pytest.fixture(scope="session")
def real_study(shared_data: Path) -> Callable[[str, Path], Workspace]:
    """`real_study("airline", folder)`: make folder a workspace with that study of tests/studies."""

    def make(name: str, folder: Path) -> Workspace:
        form = (REPOSITORY / "tests" / "studies" / f"{name}.yaml").read_text("utf-8")
        home = folder / "data" / "raw" / name
        home.mkdir(parents=True)
        filled = form.replace("{shared}", shared_data.as_posix())
        (home / "study.yaml").write_text(filled, "utf-8")
        return Workspace(folder)

    return make


@pytest.fixture(scope="session")
def sample_study() -> Callable[[Path], Workspace]:
    """`sample_study(folder)`: make folder a workspace with a copy of the sample study."""

    def make(folder: Path) -> Workspace:
        home = Path("data") / "raw" / "coffee-maker"
        shutil.copytree(REPOSITORY / home, folder / home)
        return Workspace(folder)

    return make


@pytest.fixture(scope="session")
def published_sample(
    tmp_path_factory: pytest.TempPathFactory, sample_study: Callable[[Path], Workspace]
) -> tuple[Workspace, list[Path]]:
    """A workspace with the sample study's reports of 30 September and 31 October.

    Those that `make report` has just made of these very inputs and this code are taken: the run
    itself tells by its fingerprint whether they are, and makes them anew if not.
    """
    from cjm_lab.errors import PublishedError
    from cjm_lab.runs.publish import write_indexes
    from cjm_lab.runs.run import run_study

    days = ["2026-09-30", "2026-10-31"]

    def published(workspace: Workspace) -> tuple[Workspace, list[Path]]:
        reports = [run_study(workspace, "coffee-maker", as_of=day).report for day in days]
        return workspace, reports

    if Workspace(REPOSITORY).report_names("coffee-maker") == days:
        workspace = sample_study(tmp_path_factory.mktemp("made"))
        for folder in ("reports/coffee-maker", "data/processed/coffee-maker"):
            if (REPOSITORY / folder).is_dir():
                shutil.copytree(REPOSITORY / folder, workspace.root / folder)
        write_indexes(workspace, "coffee-maker")
        try:
            return published(workspace)
        except PublishedError:
            pass  # made of other inputs or by other code
    return published(sample_study(tmp_path_factory.mktemp("published")))


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """Headless Chromium with an empty profile; it logs the console and every request."""
    from selenium import webdriver

    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        _unavailable("there is no Chromium: install Debian's packages chromium and chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (
        "headless=new",
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        "window-size=1280,1600",
        f"user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield chrome
    chrome.quit()


def _unavailable(reason: str) -> NoReturn:
    """Skip where something is not at hand; fail in CI, where it must be."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
