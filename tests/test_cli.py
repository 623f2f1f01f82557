"""The command line: what it says of bad input, and how it exits."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from cjm_lab.cli import main
from cjm_lab.workspace import Workspace

Sample = Callable[[Path], Workspace]
Command = Callable[..., "Said"]


class Said(NamedTuple):
    """What a command printed and how it exited."""

    returncode: object
    stdout: str
    stderr: str


@pytest.fixture
def cjm(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """`cjm("run", "tea", cwd=folder)`: the command as if it were typed in that folder."""

    def command(*arguments: str, cwd: Path) -> Said:
        monkeypatch.chdir(cwd)
        monkeypatch.setenv("COLUMNS", "160")
        monkeypatch.setattr(sys, "argv", ["cjm", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return Said(ended.value.code, *capsys.readouterr())

    return command


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def typo(home: Path) -> None:
    edit(home / "study.yaml", "touchpoint: payment, matters", "touchpoint: paymnt, matters")


def missing_column(home: Path) -> None:
    edit(home / "survey.csv", "sat_payment", "sat_paymnt")


def empty_file(home: Path) -> None:
    (home / "mentions.csv").write_text("")


def rating_out_of_range(home: Path) -> None:
    answers = pd.read_csv(home / "survey.csv", dtype=str, keep_default_na=False)
    answers.loc[11, "sat_payment"] = "7"
    answers.to_csv(home / "survey.csv", index=False)


def unreadable_date(home: Path) -> None:
    orders = pd.read_csv(home / "orders.csv", dtype=str, keep_default_na=False)
    orders.loc[3, "order_date"] = "31/12/2026"
    orders.to_csv(home / "orders.csv", index=False)


def unknown_funnel_step(home: Path) -> None:
    edit(home / "study.yaml", "funnel: {steps: [compare", "funnel: {steps: [comparre")


def unknown_touchpoint(home: Path) -> None:
    edit(home / "findings.csv", "Nele Weber,comparison", "Nele Weber,comparsion")


def missing_file(home: Path) -> None:
    (home / "customers.csv").rename(home / "customer.csv")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (typo, ["got 'paymnt' (line", "of study.yaml)", "did you mean 'payment'?"]),
        (missing_column, ["survey.csv", "'sat_payment'", "did you mean 'sat_paymnt'?"]),
        (empty_file, ["mentions.csv is empty", "export it again"]),
        (rating_out_of_range, ["sat_payment", "between 1 and 5, got 7", "survey.csv, data row 12"]),
        (unreadable_date, ["ordered_at", "'31/12/2026'", "orders.csv, data row 4", "dates:"]),
        (
            unknown_funnel_step,
            ["funnel step", "'comparre' (line ", "of study.yaml)", "did you mean 'compare'?"],
        ),
        (unknown_touchpoint, ["'comparsion' (findings.csv, data row 1)", "'comparison'?"]),
        (missing_file, ["no file 'customers.csv'", "did you mean 'customer.csv'?"]),
    ],
)
def test_bad_input_gets_one_clear_message_and_writes_nothing(
    cjm: Command,
    tmp_path: Path,
    sample_study: Sample,
    spoil: Callable[[Path], None],
    said: list[str],
) -> None:
    workspace = sample_study(tmp_path)
    spoil(workspace.raw("coffee-maker"))
    found = cjm("run", "coffee-maker", "--as-of", "2026-10-31", cwd=tmp_path)
    assert found.returncode == 2
    for part in said:
        assert part in found.stderr
    assert found.stderr.count("\n") == 1
    assert "Traceback" not in found.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["raw"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "coffee"], "did you mean 'coffee-maker'?"),
        (["run", "../coffee-maker"], "study must be a plain folder name"),
        (["check", "/etc"], "study must be a plain folder name"),
        (["run", "coffee-maker", "--as-of", "2026-13-01"], "as_of must be a day like 2026-09-30"),
        (["run", "coffee-maker", "--param", "perod=all"], "did you mean 'period'?"),
        (["run", "coffee-maker", "--param", "period=week"], "period must be one of"),
        (["run", "coffee-maker", "--param", "seed=x"], "seed must be a whole number"),
        (["run", "coffee-maker", "--workspace", "nowhere"], "workspace must be a folder with"),
        (["rum", "coffee-maker"], "rum"),
    ],
)
def test_a_bad_argument_exits_2_with_a_remedy(
    cjm: Command, tmp_path: Path, sample_study: Sample, arguments: list[str], said: str
) -> None:
    sample_study(tmp_path)
    found = cjm(*arguments, cwd=tmp_path)
    assert found.returncode == 2
    assert said in found.stderr
    assert "Traceback" not in found.stderr


def test_check_says_what_is_there_and_what_is_missing(
    cjm: Command, tmp_path: Path, sample_study: Sample
) -> None:
    workspace = sample_study(tmp_path)
    (workspace.raw("coffee-maker") / "pilot.csv").unlink()
    found = cjm("check", "coffee-maker", cwd=tmp_path)
    assert found.returncode == 0
    assert "1,200 rows" in found.stdout
    assert "no proof that a change works" in found.stdout
    assert "2026-10-31" in found.stdout
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_dir()) == [
        "coffee-maker",
        "data",
        "raw",
    ]


def test_help_is_quick_because_heavy_libraries_wait() -> None:
    code = (
        "import sys; from cjm_lab import cli\n"
        "heavy = {'pandas', 'numpy', 'polars', 'scipy', 'papermill', 'matplotlib', 'rich.table'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_help_names_the_commands(cjm: Command, tmp_path: Path) -> None:
    found = cjm("--help", cwd=tmp_path)
    assert found.returncode == 0
    assert "run" in found.stdout and "check" in found.stdout


def test_an_interrupt_exits_130(
    cjm: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "data" / "raw").mkdir(parents=True)
    monkeypatch.setattr("cjm_lab.runs.run.run_study", interrupt)
    found = cjm("run", "tea", cwd=tmp_path)
    assert found.returncode == 130
    assert "interrupted" in found.stderr


def test_compare_prints_two_reports_and_writes_the_page(cjm: Command, tmp_path: Path) -> None:
    from cjm_lab.estimate import share
    from cjm_lab.export.document import to_json
    from cjm_lab.journey.build import build_map
    from cjm_lab.ledger import Ledger, evidence, evidence_frame
    from cjm_lab.period import period_up_to
    from cjm_lab.study import load_study
    from cjm_lab.workspace import parse_day

    home = tmp_path / "data" / "raw" / "tea"
    home.mkdir(parents=True)
    (home / "study.yaml").write_text(
        "title: Tea\nstages: [{id: a, name: A}]\n"
        "key_measures: [{measure: conversion, matters: 0.02}]\n"
    )
    assert "must have two reports" in cjm("compare", "tea", "x", "y", cwd=tmp_path).stderr
    for day, bought in (("2026-09-30", 48), ("2026-10-31", 56)):
        report = tmp_path / "reports" / "tea" / day
        report.mkdir(parents=True)
        row = evidence(share(bought, 80), lane="base", measure="conversion",
                       period=period_up_to(parse_day(day)))  # fmt: skip
        ledger = Ledger(evidence_frame([row]))
        ledger.to_csv(report / "evidence.csv")
        (report / "map.json").write_text(to_json(build_map(load_study(home), ledger, as_of=day)))
        run = {"period": {"start": f"{day[:7]}-01", "end": day}, "inputs": {}}
        (report / "run.json").write_text(json.dumps(run))
    found = cjm("compare", "tea", "2026-09-30", "2026-10-31", "--out", "two.html", cwd=tmp_path)
    assert found.returncode == 0
    assert "60\u00a0% → 70\u00a0%" in found.stdout
    assert "study.yaml has changed" in found.stdout
    assert "Conversion" in (tmp_path / "two.html").read_text("utf-8")
    wrong = cjm("compare", "tea", "2026-10-31", "2026-09-30", cwd=tmp_path)
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("cjm: the first report must be the earlier one")
