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
