"""What the project promises about itself: pinned packages, a whole wheel, clear first steps."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from cjm_lab.sources import read_tables
from cjm_lab.study import load_study

PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[^ ]+)(?: ; (?P<marker>.+))?")


@pytest.fixture(scope="module")
def project(repository: Path) -> dict[str, Any]:
    return tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def constraints(repository: Path) -> list[str]:
    return (repository / "constraints.txt").read_text("utf-8").splitlines()


def requirements(project: dict[str, Any]) -> list[Requirement]:
    """Return what the package, every extra and the build ask for."""
    extras = project["project"]["optional-dependencies"].values()
    texts = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(text for extra in extras for text in extra),
    ]
    return [Requirement(text) for text in texts]


def test_every_constraint_is_one_exact_version(constraints: list[str]) -> None:
    assert len(constraints) > 100
    assert [line for line in constraints if not PIN.fullmatch(line)] == []


def test_the_lock_holds_the_constraints_and_a_hash_for_each(
    repository: Path, constraints: list[str]
) -> None:
    lock = (repository / "requirements.lock").read_text("utf-8")
    entries = re.split(r"\n(?=\S)", lock.rstrip("\n"))
    assert [entry.split(" \\\n")[0] for entry in entries] == constraints
    assert [e for e in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", e)] == []


@pytest.mark.parametrize("name", ["constraints.txt", "requirements.lock", "pyproject.toml"])
def test_no_host_and_no_path_is_named(repository: Path, name: str) -> None:
    text = (repository / name).read_text("utf-8")
    assert re.findall(r"\S*://\S*|\bfile:|--find-links|--(?:extra-)?index-url| @ ", text) == []


def test_constraints_cover_every_requirement(
    project: dict[str, Any], constraints: list[str]
) -> None:
    pins: dict[str, list[Version]] = {}
    for pin in filter(None, map(PIN.fullmatch, constraints)):
        pins.setdefault(pin["name"], []).append(Version(pin["version"]))
    for asked in requirements(project):
        versions = pins.get(asked.name.lower(), [])
        assert versions, f"{asked.name} is not in constraints.txt; run: make lock"
        assert all(version in asked.specifier for version in versions), asked
    assert "torch" not in pins


def test_every_requirement_has_a_floor_and_a_ceiling(project: dict[str, Any]) -> None:
    for asked in requirements(project):
        operators = {part.operator for part in asked.specifier}
        assert operators in ({">=", "<"}, {"=="}), f"{asked} is unbounded"


def test_the_build_requirement_is_exact(project: dict[str, Any]) -> None:
    assert all("==" in text for text in project["build-system"]["requires"])


def test_the_wheel_carries_the_notebooks_and_every_file_of_the_package(
    repository: Path, tmp_path: Path
) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=repository, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        held = set(wheel.namelist())
    package = {
        file.relative_to(repository).as_posix()
        for file in (repository / "cjm_lab").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    notebooks = {
        f"cjm_lab/_notebooks/{file.name}" for file in (repository / "notebooks").glob("*.ipynb")
    }
    assert len(notebooks) == 7
    assert package | notebooks <= held
    assert not [name for name in held if "tests/" in name or "data/" in name]


def test_every_file_that_the_readme_links_to_is_there(repository: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (repository / "README.md").read_text("utf-8"))
    assert links
    assert [link for link in links if not (repository / link).is_file()] == []


def test_the_study_in_the_readme_is_a_study(repository: Path, tmp_path: Path) -> None:
    text = (repository / "README.md").read_text("utf-8")
    (tmp_path / "study.yaml").write_text(text.split("```yaml\n")[1].split("```")[0])
    (tmp_path / "answers.csv").write_text(
        "respondent_id,submitted_at,recommend,checkout_rating\n1,2026-09-03,9,4\n"
    )
    (tmp_path / "events.csv").write_text("user,time,name\n7,2026-09-03 12:30,order_paid\n")
    tables = read_tables(load_study(tmp_path))
    assert tables["responses"].loc[0, "recommend"] == 9
    assert tables["events"].loc[0, "event"] == "order_paid"


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make")
class TestMakefile:
    """`make report` on a machine whose Python will not do."""

    def make(self, repository: Path, folder: Path, module: str, text: str) -> str:
        """Run `make report` in an empty folder, with a module that changes what Python is."""
        for name in ("Makefile", "pyproject.toml", "constraints.txt"):
            shutil.copy(repository / name, folder)
        (folder / f"{module}.py").write_text(text)
        python = folder / "python"
        python.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}" exec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        run = subprocess.run(
            ["make", "report", f"PYTHON={python}"], cwd=folder, capture_output=True, text=True
        )
        assert run.returncode == 2
        assert not (folder / ".venv").exists()
        return run.stderr

    def test_an_old_python_is_refused(self, repository: Path, tmp_path: Path) -> None:
        old = "import sys\nsys.version_info = (3, 9, 2, 'final', 0)\n"
        told = self.make(repository, tmp_path, "sitecustomize", old)
        assert "needs Python 3.11 or later" in told

    def test_a_python_without_venv_is_told_the_package(
        self, repository: Path, tmp_path: Path
    ) -> None:
        told = self.make(repository, tmp_path, "ensurepip", "raise ModuleNotFoundError\n")
        major, minor = sys.version_info[:2]
        assert f"sudo apt-get install python{major}.{minor}-venv" in told


def test_only_the_sample_study_is_kept_in_git(repository: Path) -> None:
    if not shutil.which("git") or not (repository / ".git").exists():
        pytest.skip("this is no git checkout")
    mine = ["data/raw/mine/study.yaml", "data/processed/mine/x.parquet", "reports/mine/index.html"]
    asked = [*mine, "data/raw/coffee-maker/study.yaml", "cjm_lab/runs/template.css"]
    ignored = subprocess.run(
        ["git", "check-ignore", "--no-index", *asked],
        cwd=repository,
        capture_output=True,
        text=True,
    )
    assert ignored.stdout.split() == mine
