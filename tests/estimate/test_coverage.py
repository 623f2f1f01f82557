"""Every interval's coverage keeps METHOD.md's rule, and COVERAGE.md says what was measured."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def benchmark(repository: Path) -> ModuleType:
    path = repository / "benchmarks" / "coverage.py"
    spec = importlib.util.spec_from_file_location("coverage_benchmark", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_report_holds_the_exact_coverage(benchmark: ModuleType) -> None:
    cells = benchmark.exact_cells()
    assert benchmark.exact_table(cells) in benchmark.REPORT.read_text("utf-8")
    smooth = [cell for cell in cells if cell.smooth]
    assert len(smooth) >= 8
    assert all(0.93 <= cell.coverage <= 0.97 for cell in smooth), smooth


def test_wilson_covers_a_rare_share_among_ten_as_often_as_theory_says(
    benchmark: ModuleType,
) -> None:
    assert benchmark.one_share(10, 0.01) == pytest.approx(0.904, abs=5e-4)


def test_the_report_keeps_the_rule_in_every_smooth_case(benchmark: ModuleType) -> None:
    text = benchmark.REPORT.read_text("utf-8")
    assert "**broken**" not in text
    for method, case, *_ in benchmark.SIMULATED:
        assert f"| {method} | {case} |" in text


QUICK = [
    "t mean",
    "weighted NPS",
    "weighted share",
    "ratio of events",
    "design, mean",
    "design, share",
    "paired difference of NPS",
    "alpha, Feldt",
]


@pytest.mark.parametrize("method", QUICK)
def test_few_samples_of_a_smooth_case_come_out_as_the_report_says(
    benchmark: ModuleType, method: str
) -> None:
    """500 samples: four Monte Carlo errors beside 93 to 97 % at the most."""
    place = next(i for i, m in enumerate(benchmark.SIMULATED) if m[0] == method and m[-1])
    cell = benchmark.simulated(place, 500)
    assert 0.93 - 4 * 0.0097 <= cell.coverage <= 0.97 + 4 * 0.0097
    assert cell.coverage < 1


def test_the_report_holds_every_importance(benchmark: ModuleType) -> None:
    text = benchmark.REPORT.read_text("utf-8")
    judged = [
        (method, f"{case}, {what}", rule)
        for case, make, arguments, _ in benchmark.JOINT
        for method, what, _, rule in make(*arguments)[1]
    ]
    for method, case, rule in judged:
        line = next(row for row in text.splitlines() if row.startswith(f"| {method} | {case} |"))
        verdict = {"smooth": "kept", "exempt": "exempt", "": ""}[rule]
        assert line.split("|")[-2].strip() == verdict, line
    assert {rule for _, _, rule in judged} == {"smooth", "exempt", ""}


def test_the_true_importances_are_those_of_the_covariance(benchmark: ModuleType) -> None:
    """Two drivers that correlate .4, with slopes .5 and .3: by hand."""
    _, truths = benchmark.drivers(200, (0.5, 0.3), (0, 1))
    found = {(method, what.split(", ")[-1]) for method, what, _, _ in truths}
    r2 = 0.5 * 0.62 + 0.3 * 0.5  # slopes times correlations: .5 + .4 x .3 and .3 + .4 x .5
    first = (0.62**2 + r2 - 0.5**2) / 2  # alone, and after the other
    assert ("key drivers, LMG", f"{first:.3f}") in found
    assert ("key drivers, Johnson", f"{first:.3f}") in found
    assert ("key drivers, R2", f"{r2:.3f}") in found


@pytest.mark.parametrize(
    ("make", "arguments", "samples"),
    [
        ("drivers", (200, (0.35, 0.25, 0.15, 0.1, 0.05, 0.0), (0, 2)), 30),
        ("gaps", (200,), 30),
        ("features", (200,), 100),
        ("choices", (200,), 10),
    ],
)
def test_few_samples_hold_the_true_importances_as_the_report_says(
    benchmark: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    make: str,
    arguments: tuple[object, ...],
    samples: int,
) -> None:
    """Four Monte Carlo errors below 93 % at the most, and together near 95 %."""
    monkeypatch.setattr(benchmark, "JOINT", [("", getattr(benchmark, make), arguments, samples)])
    cells = [cell for cell in benchmark.simulated_together(0) if cell.smooth]
    error = (0.95 * 0.05 / samples) ** 0.5
    assert all(cell.coverage >= 0.93 - 4 * error for cell in cells), cells
    assert 0.95 - 3 * error < sum(cell.coverage for cell in cells) / len(cells) < 1
