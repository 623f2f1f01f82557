"""The committed notebooks teach: small cells, prose before each, and nothing that a run left."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
STEPS = [
    "1_goals",
    "2_customers",
    "3_personas",
    "4_touchpoints",
    "5_resources",
    "6_walkthrough",
    "7_optimize",
]


@pytest.fixture(params=STEPS)
def notebook(request: pytest.FixtureRequest) -> NotebookNode:
    return nbformat.read(NOTEBOOKS / f"{request.param}.ipynb", as_version=4)


def code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def headings(notebook: NotebookNode, mark: str) -> list[str]:
    """Return the headings that begin with a mark such as `##`."""
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    lines = [line for source in prose for line in source.splitlines()]
    return [line.removeprefix(mark).strip() for line in lines if line.startswith(f"{mark} ")]


def test_there_are_seven_notebooks() -> None:
    assert sorted(file.stem for file in NOTEBOOKS.glob("*.ipynb")) == STEPS


def test_it_is_a_valid_notebook_for_any_python(notebook: NotebookNode) -> None:
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.kernelspec.language == "python"


def test_it_carries_no_outputs_and_no_execution_counts(notebook: NotebookNode) -> None:
    left = [cell for cell in code(notebook) if cell.outputs or cell.execution_count is not None]
    assert left == []


def test_it_defines_nothing(notebook: NotebookNode) -> None:
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    nodes = [node for cell in code(notebook) for node in ast.walk(ast.parse(cell.source))]
    assert [ast.unparse(node) for node in nodes if isinstance(node, definitions)] == []


def test_its_cells_have_at_most_five_lines_of_code(notebook: NotebookNode) -> None:
    for cell in code(notebook):
        lines = [line.strip() for line in cell.source.splitlines()]
        assert len([line for line in lines if line and not line.startswith("#")]) <= 5, cell.source


def test_it_imports_from_cjm_lab_only(notebook: NotebookNode) -> None:
    nodes = [node for cell in code(notebook) for node in ast.walk(ast.parse(cell.source))]
    modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    modules |= {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    assert modules == {"cjm_lab"}


def test_one_cell_holds_the_parameters(notebook: NotebookNode) -> None:
    tagged = [cell for cell in code(notebook) if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1


def test_it_begins_with_its_only_h1(notebook: NotebookNode) -> None:
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.cells[0].source.startswith("# ")
    assert len(headings(notebook, "#")) == 1


def test_prose_stands_before_each_code_cell(notebook: NotebookNode) -> None:
    pairs = zip(notebook.cells, notebook.cells[1:], strict=False)
    bare = [b.source for a, b in pairs if b.cell_type == "code" and a.cell_type != "markdown"]
    assert bare == []


def test_it_ends_with_what_this_means(notebook: NotebookNode) -> None:
    assert headings(notebook, "##")[-1] == "What this means"
