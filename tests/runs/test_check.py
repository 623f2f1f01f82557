"""What no notebook could use is refused before anything is written, with its place and remedy."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from cjm_lab.cli import main
from cjm_lab.errors import InputError, PublishedError
from cjm_lab.runs.check import check_study
from cjm_lab.runs.context import RunContext
from cjm_lab.runs.execute import _forget_machine
from cjm_lab.runs.manifest import fingerprint, notebook_hashes
from cjm_lab.runs.recipes import STEPS
from cjm_lab.runs.run import run_study
from cjm_lab.runs.step import open_step
from cjm_lab.workspace import Workspace

FILES = {
    "study.yaml": """\
title: Tea
personas: [{id: new, name: New}]
stages: [{id: buy, name: Buy, touchpoints: [{id: shop, name: Shop}, {id: till, name: Till}]}]
sources: [{kind: events, file: 08/events.csv}, {kind: events, file: 09/events.csv}]
funnel:
  steps: [visit, till]
responses:
  - {id: left, when: visit without till within 24h}
  - {id: angry, when: mentions at till and negative}
""",
    "08/events.csv": "customer_id,occurred_at,event\n7,2026-08-03,visit\n",
    "09/events.csv": "customer_id,occurred_at,event\n7,2026-09-30,visit\n",
    "labels.csv": "mention_id,label,touchpoint\nm1,neutral,till\nm2,neutral,\n",
    "notes.csv": "note_id,kind,text,touchpoint,persona\nn1,staff,hm,shop,new\nn2,staff,ho,,\n",
    "findings.csv": "walk_id,evaluator,touchpoint,question,passed\n"
    "w,Al,shop,a,yes\nw,Al,till,a,no\n",
    "resources.csv": "resource,touchpoints,lift_low,lift_likely,lift_high\nA,shop;till,,,\n"
    "B,shop; till,0.1,0.2,0.3\n",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "raw" / "tea"
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def test_a_sound_study_passes_and_nothing_is_stored(home: Path, tmp_path: Path) -> None:
    before = files(tmp_path)
    assert {line.state for line in check_study(Workspace(tmp_path), "tea")} == {"ok", "missing"}
    assert files(tmp_path) == before


def test_a_log_on_disk_is_checked_like_a_table(home: Path, tmp_path: Path) -> None:
    in_memory = check_study(Workspace(tmp_path), "tea")
    study = home / "study.yaml"
    study.write_text(study.read_text() + "engine: duckdb\n")
    before = files(tmp_path)
    assert check_study(Workspace(tmp_path), "tea") == in_memory
    assert files(tmp_path) == before
    study.write_text(study.read_text().replace("steps: [visit, till]", "steps: [visits, till]"))
    with pytest.raises(InputError, match="did you mean 'visit'"):
        check_study(Workspace(tmp_path), "tea")


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("study.yaml", "[visit,", "[vist,", ["funnel step", "got 'vist' (line 6 of study.yaml)",
         "did you mean 'visit'?"]),
        ("study.yaml", "[visit, till]", "[visit, [till, tilll], till]",
         ["funnel step", "got 'tilll' (line 6 of", "did you mean 'till'?"]),
        ("study.yaml", "[visit, till]", "[visit, ['till?', shop], till]",
         ["must be optional or none", "(line 6 of study.yaml); end each"]),
        ("study.yaml", "[visit, till]", "['visit?', till]", ["'visit?' (line 6", "mean 'visit'?"]),
        ("study.yaml", "[visit, till]", "[visit, till]\n  without: [tilll]",
         ["event of the funnel's without", "got 'tilll' (line 7 of", "did you mean 'till'?"]),
        ("study.yaml", "without till", "without tilll", ["got 'tilll' (line 8 of", "'till'?"]),
        ("study.yaml", "within 24h", "in 24h", ["got 'visit without till in 24h' (line 8 of",
         "write for example"]),
        ("study.yaml", "at till", "at tll", ["touchpoint of a response", "'tll' (line 9 of"]),
        ("labels.csv", "neutral,\n", "neutral,tll\n", ["touchpoint of labels",
         "got 'tll' (labels.csv, data row 2); did you mean 'till'?"]),
        ("notes.csv", "hm,shop", "hm,shp", ["'shp' (notes.csv, data row 1)", "'shop'?"]),
        ("notes.csv", "shop,new", "shop,nw", ["persona of notes", "'nw' (notes.csv, data row 1)",
         "did you mean 'new'?"]),
        ("findings.csv", "Al,till", "Al,tll", ["'tll' (findings.csv, data row 2)"]),
        ("resources.csv", "shop; till", "shop; tll", ["'tll' (resources.csv, data row 2)"]),
        ("resources.csv", "0.1,0.2,0.3", "0.1,0.4,0.3",
         ["must rise, got 0.1, 0.4, 0.3 (resources.csv, data row 2)"]),
        ("resources.csv", "0.1,0.2,0.3", "0.4,,0.3", ["must rise, got 0.4, nan, 0.3"]),
        ("study.yaml", "[visit, till]", "[visit, till]\npriorities: {method: formula, formula: "
         "reach * impct}", ["formula", "got 'impct'", "did you mean 'impact'"]),
        ("study.yaml", "[visit, till]", "[visit, till]\nbudget: {amount: 9, must_have: [b]}",
         ["must_have", "got 'b'", "'B'"]),
    ],
)  # fmt: skip
def test_what_leads_nowhere_is_refused_with_its_place(
    home: Path, tmp_path: Path, name: str, old: str, new: str, said: list[str]
) -> None:
    assert FILES[name].count(old) == 1
    (home / name).write_text(FILES[name].replace(old, new))
    before = files(tmp_path)
    for refuse in (lambda w: check_study(w, "tea"), lambda w: run_study(w, "tea")):
        with pytest.raises(InputError) as error:
            refuse(Workspace(tmp_path))
        for part in said:
            assert part in str(error.value)
        assert str(error.value).count("\n") == 0
    assert files(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_every_problem_is_said_at_once(home: Path, tmp_path: Path) -> None:
    (home / "study.yaml").write_text(FILES["study.yaml"].replace("[visit,", "[vist,"))
    (home / "notes.csv").write_text(FILES["notes.csv"].replace("hm,shop", "hm,shp"))
    with pytest.raises(InputError, match=r"(?s)'vist'.*\n.*'shp'"):
        check_study(Workspace(tmp_path), "tea")


def test_a_day_before_the_first_record_is_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"first record, of 2026-08-03, got 2026-08-02; choose"):
        run_study(Workspace(tmp_path), "tea", as_of="2026-08-02")


def test_files_of_one_name_are_both_inputs(home: Path, tmp_path: Path) -> None:
    before = RunContext(Workspace(tmp_path), "tea")
    names = [name for name in before.inputs if name.startswith("events/")]
    assert names == ["events/events.csv", "events/events.csv (2)"]
    assert not any(str(tmp_path) in name for name in before.inputs)
    (home / "08" / "events.csv").write_text(FILES["08/events.csv"] + "8,2026-08-04,visit\n")
    assert RunContext(Workspace(tmp_path), "tea").key != before.key


def test_only_a_step_stores_tables(home: Path, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    context = RunContext(workspace, "tea")
    assert len(context.table("inventory")) == 5
    assert not context.processed.exists()
    open_step("2_customers", study="tea", workspace=tmp_path).table("inventory")
    assert (context.processed / "inventory.parquet").is_file()
    assert (context.processed / "tidy_events.parquet").is_file()


def test_a_refused_run_stores_nothing(home: Path, tmp_path: Path, repository: Path) -> None:
    workspace = Workspace(tmp_path)
    report = workspace.reports("tea") / "2026-09-30"
    report.mkdir(parents=True)
    (report / "run.json").write_text('{"fingerprint": "of other inputs"}')
    before = files(tmp_path)
    with pytest.raises(PublishedError):
        run_study(workspace, "tea")
    assert files(tmp_path) == before
    hashes = notebook_hashes(repository / "notebooks", list(STEPS))
    same = fingerprint(RunContext(workspace, "tea"), hashes)
    (report / "run.json").write_text(f'{{"fingerprint": "{same}"}}')
    assert not run_study(workspace, "tea").new
    assert files(tmp_path) == before


def test_warnings_with_paths_of_the_machine_are_not_published() -> None:
    streams = [
        nbformat.v4.new_output("stream", name=name, text="/home/jo/x.py: a warning")
        for name in ("stderr", "stdout")
    ]
    cells = [nbformat.v4.new_code_cell("1", outputs=streams), nbformat.v4.new_markdown_cell("a")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    _forget_machine(notebook)
    assert [output.name for output in notebook.cells[0].outputs] == ["stdout"]


SURVEY = """\
title: Tea
stages: [{id: buy, name: Buy}]
sources:
  - kind: survey
    file: s.csv
    columns: {submitted_at: at}
"""


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "raw" / "tea"
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text(SURVEY)
    rows = "1;2026-09-01;10\n1;2026-09-01;10\n2;2026-09-02;n/a\n"
    (folder / "s.csv").write_text("respondent_id;at;recommend\n" + rows)
    return folder


def test_a_survey_without_questions_is_refused_with_a_draft(
    asked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = (
        "cjm: questions of s.csv must say what its columns ask, got none (line 4 of study.yaml); "
        "'cjm check tea' prints a draft to correct and paste there\n"
    )
    before = files(tmp_path)
    for command, draft in (("check", "recommend: {measure: nps"), ("run", "")):
        monkeypatch.setattr("sys.argv", ["cjm", command, "tea", "--workspace", str(tmp_path)])
        with pytest.raises(SystemExit) as stopped:
            main()
        printed = capsys.readouterr()
        assert (stopped.value.code, printed.err) == (2, said)
        assert draft in printed.out and bool(draft) == bool(printed.out)
    assert files(tmp_path) == before


def test_how_a_survey_was_read_is_said(asked: Path, tmp_path: Path) -> None:
    more = "    not_applicable: [n/a]\n    questions: {recommend: {measure: nps}}\n"
    (asked / "study.yaml").write_text(SURVEY + more)
    lines = {line.what: line.detail for line in check_study(Workspace(tmp_path), "tea")}
    assert lines["survey file"] == (
        "s.csv: plain table, UTF-8, semicolon; 3 rows: 2 complete, 0 partial, 0 previews and "
        "1 duplicate; 1 answer not applicable"
    )
