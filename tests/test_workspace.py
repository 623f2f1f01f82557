"""Where things live, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from cjm_lab.errors import ParameterError, StudyError
from cjm_lab.workspace import Workspace, draft_folder, parse_day, write_atomic, write_text


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    folder = tmp_path / "data" / "raw" / "tea"
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text("title: Tea\n")
    return Workspace(tmp_path)


@pytest.mark.parametrize("name", ["../x", "/etc", "a/b", "", ".", "..", ".hidden", "a\\b", "x\n"])
def test_a_name_that_leaves_data_raw_is_refused(workspace: Workspace, name: str) -> None:
    with pytest.raises(StudyError, match="plain folder name"):
        workspace.raw(name)
    with pytest.raises(StudyError, match="plain folder name"):
        workspace.reports(name)


def test_a_link_that_leads_elsewhere_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "study.yaml").write_text("title: Other\n")
    (tmp_path / "data" / "raw" / "linked").symlink_to(outside)
    with pytest.raises(StudyError, match="a link to"):
        workspace.raw("linked")


def test_an_unknown_study_is_named_with_the_nearest(workspace: Workspace) -> None:
    with pytest.raises(StudyError, match=r"got 'taa' .*did you mean 'tea'\?"):
        workspace.raw("taa")


def test_the_workspace_is_the_nearest_folder_with_data_raw(workspace: Workspace) -> None:
    deep = workspace.root / "notebooks" / "drafts"
    deep.mkdir(parents=True)
    assert Workspace.find(deep).root == workspace.root.resolve()


def test_no_workspace_is_said(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="has a folder data/raw"):
        Workspace.find(tmp_path)


def test_the_previous_report_is_the_last_revision_of_the_latest_earlier_day(
    workspace: Workspace,
) -> None:
    names = [
        "2026-08-31",
        "2026-08-31_r2",
        "2026-08-31_r10",
        "2026-07-31",
        "2026-09-30",
        ".2026-draft",
    ]
    for name in names:
        (workspace.reports("tea") / name).mkdir(parents=True)
    previous = workspace.previous_report("tea", date(2026, 9, 30))
    assert previous is not None
    assert previous.name == "2026-08-31_r10"
    assert workspace.previous_report("tea", date(2026, 7, 31)) is None


def test_a_write_that_fails_leaves_the_old_file_whole(tmp_path: Path) -> None:
    file = write_text(tmp_path / "a.txt", "old")

    def fail(draft: Path) -> None:
        draft.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomic(file, fail)
    assert file.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_draft_folder_leaves_nothing_behind_unless_renamed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), draft_folder(tmp_path, "r") as draft:
        (draft / "x").write_text("x")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    with draft_folder(tmp_path, "r") as draft:
        draft.rename(tmp_path / "r")
    assert [p.name for p in tmp_path.iterdir()] == ["r"]


def test_a_day_must_be_a_day() -> None:
    assert parse_day("2026-02-28") == date(2026, 2, 28)
    with pytest.raises(
        ParameterError, match=r"as_of must be a day like 2026-09-30, got '2026-02-30'"
    ):
        parse_day("2026-02-30")


def test_a_salt_is_made_once_for_its_owner_alone(workspace: Workspace) -> None:
    file = workspace.root / "data" / "processed" / ".salt"
    pending = workspace.salt(make=False)
    assert not file.exists()  # reading writes nothing
    salt = workspace.salt()
    assert salt == pending == file.read_text() and len(salt) == 64
    assert file.stat().st_mode & 0o777 == 0o600
    assert workspace.salt() == Workspace(workspace.root).salt(make=False) == salt
    assert [path.name for path in file.parent.iterdir()] == [".salt"]


def test_processes_that_start_at_once_share_one_salt(workspace: Workspace) -> None:
    code = (
        "import sys, pathlib; from cjm_lab.workspace import Workspace;"
        "print(Workspace(pathlib.Path(sys.argv[1])).salt())"
    )
    command = [sys.executable, "-c", code, str(workspace.root)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    assert len({one.communicate()[0] for one in running}) == 1
    assert {one.returncode for one in running} == {0}


def test_a_salt_that_was_changed_is_refused(workspace: Workspace) -> None:
    workspace.salt()
    (workspace.root / "data" / "processed" / ".salt").write_text("mine")
    with pytest.raises(StudyError, match="64 hexadecimal digits, got 4 characters; remove it"):
        workspace.salt(make=False)
