"""Where a run came from: user, script, code version."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from modelyard.client.context import context_tags
from modelyard.client.git import read_checkout
from modelyard.core.settings import Settings

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def checkout(folder: Path, head: str = "ref: refs/heads/main", *, packed: bool = False) -> Path:
    git = folder / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text(f"{head}\n")
    if packed:
        (git / "packed-refs").write_text(f"# pack-refs with: peeled\n{COMMIT} refs/heads/main\n^{'f' * 40}\n")
    else:
        (git / "refs" / "heads" / "main").write_text(f"{COMMIT}\n")
    (git / "config").write_text(
        '[core]\n\tbare = false\n[remote "fork"]\n\turl = git@host:fork.git\n'
        '[remote "origin"]\n\turl = https://me:secret@host/org/repo.git\n\tfetch = +refs/*\n\tfetch = +refs/tags/*\n'
    )
    return folder


@pytest.mark.parametrize("packed", [False, True])
def test_commit_branch_and_origin_are_read_without_starting_git(tmp_path: Path, packed: bool) -> None:
    script = checkout(tmp_path, packed=packed) / "a" / "train.py"
    script.parent.mkdir()
    script.write_text("")
    assert read_checkout(script) == (COMMIT, "main", "https://host/org/repo.git")


def test_a_detached_head_has_a_commit_and_no_branch(tmp_path: Path) -> None:
    assert read_checkout(checkout(tmp_path, COMMIT)) == (COMMIT, "", "https://host/org/repo.git")


def test_a_work_tree_finds_the_commit_in_its_repository(tmp_path: Path) -> None:
    main = checkout(tmp_path / "main")
    own = main / ".git" / "worktrees" / "other"
    own.mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/main\n")
    (own / "commondir").write_text("../..\n")
    tree = tmp_path / "other"
    tree.mkdir()
    (tree / ".git").write_text(f"gitdir: {own}\n")
    found = read_checkout(tree)
    assert found is not None
    assert found.commit == COMMIT


@pytest.mark.parametrize("head", ["", "ref: refs/heads/unborn", "not a commit"])
def test_a_repository_without_a_commit_gives_nothing(tmp_path: Path, head: str) -> None:
    assert read_checkout(checkout(tmp_path, head)) is None


def test_a_folder_outside_of_any_repository_gives_nothing(tmp_path: Path) -> None:
    assert read_checkout(tmp_path) is None


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_what_is_read_is_what_git_says(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        named = ["-c", "user.name=a", "-c", "user.email=a@b"]
        return subprocess.run(
            ["git", "-C", str(tmp_path), *named, *words], check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "--quiet", "--initial-branch", "topic/one")
    git("commit", "--quiet", "--allow-empty", "--message", "first")
    found = read_checkout(tmp_path)
    assert found is not None
    assert found[:2] == (git("rev-parse", "HEAD"), "topic/one")
    git("pack-refs", "--all")
    assert read_checkout(tmp_path) == found


def test_a_run_is_told_user_script_and_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = checkout(tmp_path) / "train.py"
    script.write_text("")
    monkeypatch.setattr(sys, "argv", [str(script)])
    tags = context_tags(Settings(tracking_username="ada", tracking_password="p"))
    assert tags["mlflow.user"] == "ada"
    assert tags["mlflow.source.name"] == str(script)
    assert tags["mlflow.source.type"] == "LOCAL"
    assert tags["mlflow.source.git.commit"] == COMMIT
    assert tags["mlflow.source.git.branch"] == "main"
    assert tags["mlflow.source.git.repoURL"] == "https://host/org/repo.git"


def test_a_launcher_may_add_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_RUN_CONTEXT", '{"mlflow.project.entryPoint": "main"}')
    assert context_tags(Settings())["mlflow.project.entryPoint"] == "main"
    monkeypatch.setenv("MLFLOW_RUN_CONTEXT", "no json")
    assert "mlflow.project.entryPoint" not in context_tags(Settings())
