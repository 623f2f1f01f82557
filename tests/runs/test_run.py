"""A run publishes whole or not at all, says the same twice, and leaves raw files alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nbformat
import pandas as pd
import papermill
import pytest

from cjm_lab.errors import PublishedError, StepError
from cjm_lab.ledger import Ledger, evidence_frame
from cjm_lab.runs.context import RunContext
from cjm_lab.runs.recipes import STEPS
from cjm_lab.runs.run import run_study
from cjm_lab.workspace import Workspace, sha256

Published = tuple[Workspace, list[Path]]


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    """A study of two touchpoints and four customers: quick to run."""
    home = tmp_path / "data" / "raw" / "tea"
    home.mkdir(parents=True)
    (home / "study.yaml").write_text(
        "title: Tea\n"
        "stages: [{id: buy, name: Buy, touchpoints: ["
        "{id: basket, name: Basket}, {id: order, name: Order}]}]\n"
        "sources: [{kind: events, file: events.csv}]\n"
        "funnel: {steps: [basket, order]}\n"
    )
    lines = [f"c{i},2026-09-0{i + 1},basket\nc{i},2026-09-1{i},order" for i in range(4)]
    (home / "events.csv").write_text("customer_id,occurred_at,event\n" + "\n".join(lines) + "\n")
    return Workspace(tmp_path)


def test_a_report_holds_what_a_reader_needs(published_sample: Published) -> None:
    for report in published_sample[1]:
        names = {path.name for path in report.iterdir()}
        pages = {f"{step}.{suffix}" for step in STEPS for suffix in ("ipynb", "html")}
        files = {
            "index.html",
            "evidence.csv",
            "forecasts.csv",
            "review.json",
            "run.json",
            "protocol.html",
        }
        assert names == pages | files | {f"map.{kind}" for kind in ("html", "json", "png", "svg")}
        manifest = json.loads((report / "run.json").read_text("utf-8"))
        assert [step["status"] for step in manifest["steps"]] == ["done"] * 7
        assert manifest["evidence_rows"] == len(Ledger.read_csv(report / "evidence.csv"))


def test_a_run_leaves_raw_files_as_they_were(published_sample: Published, repository: Path) -> None:
    raw = Path("data") / "raw" / "coffee-maker"
    assert hashes(published_sample[0].root / raw) == hashes(repository / raw)


def test_nothing_of_this_machine_is_in_a_report(published_sample: Published) -> None:
    workspace, reports = published_sample
    own = [str(workspace.root), str(Path.home()), str(Path(__file__).parents[2])]
    for path in (p for report in reports for p in report.iterdir()):
        text = path.read_bytes().decode("utf-8", "replace")
        for place in own:
            assert place not in text, f"{place} in {path.name}"


def test_personal_data_is_not_in_a_report(published_sample: Published) -> None:
    workspace, reports = published_sample
    raw = workspace.raw("coffee-maker")
    people = pd.read_csv(raw / "customers.csv", dtype=str)["email"].head(200).tolist()
    people += pd.read_csv(raw / "findings.csv")["evaluator"].unique().tolist()
    people += pd.read_csv(raw / "labels.csv")["labeler"].unique().tolist()
    for path in (p for report in reports for p in report.iterdir()):
        text = path.read_bytes().decode("utf-8", "replace")
        found = [name for name in people if name in text]
        assert not found, path.name


def test_the_same_inputs_give_the_same_evidence(
    published_sample: Published, tmp_path: Path
) -> None:
    workspace, reports = published_sample
    other = Workspace(tmp_path)
    shutil.copytree(workspace.raw("coffee-maker"), tmp_path / "data" / "raw" / "coffee-maker")
    shutil.copytree(reports[0], other.reports("coffee-maker") / reports[0].name)
    again = RunContext(other, "coffee-maker", as_of=reports[1].name)
    Ledger(again.table("evidence")).to_csv(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (reports[1] / "evidence.csv").read_bytes()


def test_a_notebook_alone_gives_the_rows_of_the_batch(
    published_sample: Published,
    repository: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace, reports = published_sample
    alone = Workspace(tmp_path)
    shutil.copytree(workspace.raw("coffee-maker"), tmp_path / "data" / "raw" / "coffee-maker")
    shutil.copytree(reports[0], alone.reports("coffee-maker") / reports[0].name)
    monkeypatch.chdir(tmp_path)
    papermill.execute_notebook(
        str(repository / "notebooks" / "4_touchpoints.ipynb"),
        str(tmp_path / "out.ipynb"),
        parameters={"study": "coffee-maker", "as_of": "2026-10-31"},
        progress_bar=False,
        extra_arguments=["--IPKernelApp.log_level=50"],
    )
    folder = alone.processed("coffee-maker", pd.Timestamp("2026-10-31").date())
    own = pd.read_parquet(folder / "ledger_4_touchpoints.parquet")
    batch = Ledger.read_csv(reports[1] / "evidence.csv").frame
    batch = batch[batch["lane"].isin(STEPS["4_touchpoints"])].reset_index(drop=True)
    assert len(own) > 100
    pd.testing.assert_frame_equal(own, batch, rtol=1e-11)


def test_a_published_day_is_refused_unless_nothing_changed_or_revised(small: Workspace) -> None:
    said: list[tuple[str, bool]] = []
    first = run_study(small, "tea", progress=lambda line, done: said.append((line, done)))
    assert first.new and first.report.name == "2026-09-13"
    done = [line.split()[1] for line, done in said if done]
    assert (done[0], sorted(done)) == (next(iter(STEPS)), list(STEPS))  # two at a time after it
    assert any("cell 1 of " in line for line, done in said if not done)
    before = hashes(first.report)
    again = run_study(small, "tea", as_of="2026-09-13")
    assert again.report == first.report and not again.new
    with pytest.raises(PublishedError, match=r"published already \(2026-09-13\) .*--revise"):
        run_study(small, "tea", seed=7)
    second = run_study(small, "tea", seed=7, revise=True)
    assert second.report.name == "2026-09-13_r2"
    assert hashes(first.report) == before
    index = (small.reports("tea") / "index.html").read_text("utf-8")
    assert index.index("2026-09-13_r2/index.html") < index.index("2026-09-13/index.html")


@pytest.mark.parametrize("step", ["1_goals", "4_touchpoints"])  # alone, and beside another
def test_a_failed_run_leaves_the_archive_and_says_where_the_broken_notebook_is(
    small: Workspace, repository: Path, step: str
) -> None:
    earlier = small.reports("tea") / "2026-09-12"
    earlier.mkdir(parents=True)
    Ledger(evidence_frame()).to_csv(earlier / "evidence.csv")
    before = hashes(small.root / "reports")
    shutil.copytree(repository / "notebooks", small.root / "notebooks")
    broken = small.root / "notebooks" / f"{step}.ipynb"
    notebook = nbformat.read(broken, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("raise ValueError('a broken cell')"))
    nbformat.write(notebook, broken)
    with pytest.raises(StepError, match=rf"{step} failed .* a broken cell; .*_failed") as error:
        run_study(small, "tea")
    kept = Path(str(error.value).rpartition("notebook is ")[2])
    assert "a broken cell" in kept.read_text("utf-8")
    assert hashes(small.root / "reports") == before
    processed = small.root / "data" / "processed" / "tea"
    assert [path.name for path in processed.iterdir()] == ["2026-09-13_failed"]


def test_an_interrupt_publishes_nothing(small: Workspace) -> None:
    def interrupt(line: str, done: bool) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study(small, "tea", progress=interrupt)
    left = [path for path in (small.root / "reports").rglob("*") if path.is_file()]
    assert left == []
    assert list((small.root / "data" / "processed" / "tea").iterdir()) == []


def test_a_study_without_any_data_gets_an_honest_map(tmp_path: Path) -> None:
    home = tmp_path / "data" / "raw" / "idea"
    home.mkdir(parents=True)
    (home / "study.yaml").write_text(
        "title: An idea\nstages: [{id: a, name: A, touchpoints: [{id: b, name: B}]}]\n"
    )
    report = run_study(Workspace(tmp_path), "idea", as_of="2026-09-30").report
    assert "No evidence yet" in (report / "index.html").read_text("utf-8")
