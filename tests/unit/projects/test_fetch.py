"""Projects of repositories: the version that is asked for, in a checkout that is gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from modelyard.client.git import read_checkout
from modelyard.core.errors import InvalidParameter, NotFound, ProjectFailed
from modelyard.projects.fetch import Fetched, fetch
from modelyard.projects.git import Git
from modelyard.projects.source import source_of
from tests.support.processes import start_python
from tests.support.repositories import Repository

HOLD = """
import sys
from pathlib import Path
from modelyard.projects.fetch import fetch
with fetch(sys.argv[1]) as fetched:
    print(fetched.folder, flush=True)
    sys.stdin.read()
"""


def code(uri: object, version: str | None = None) -> str:
    """What run.py of a version is."""
    with fetch(str(uri), version) as fetched:
        return (fetched.folder / "run.py").read_text()


def mirrors(home: Path) -> list[Path]:
    return [path for path in (home / "git").iterdir() if path.is_dir()]


def test_tags_branches_commits_and_the_default_branch(home: Path, wine: Repository) -> None:
    first, last = wine.git("rev-parse", "1.0.0"), wine.git("rev-parse", "next/big")
    wanted = {
        None: "1.1.0",
        "1.0.0": "1.0.0",
        "1.1.0": "1.1.0",
        "main": "1.1.0",
        "next/big": "next",
        "refs/tags/1.0.0": "1.0.0",
    }
    wanted |= {first: "1.0.0", first[:9]: "1.0.0", last: "next", last[:7]: "next"}
    assert {version: code(wine.bare, version) for version in wanted} == {
        version: f"print('{text}')\n" for version, text in wanted.items()
    }


def test_what_is_known_of_it(home: Path, wine: Repository) -> None:
    with fetch(f"file://{wine.bare}#steps/clean", "next/big") as fetched:
        assert fetched == Fetched(
            folder=fetched.folder,
            uri=f"{wine.bare}#steps/clean",
            name="clean",
            commit=wine.git("rev-parse", "next/big"),
            repository=str(wine.bare),
            branch="next/big",
            version="next/big",
        )
        assert os.listdir(fetched.folder) == ["clean.py"]
        checkout = read_checkout(fetched.folder)
        assert checkout is not None  # runs that its code makes are of the same commit
        assert (checkout.commit, checkout.repository) == (fetched.commit, fetched.repository)
    assert not fetched.folder.exists()


def test_the_checkout_is_named_as_the_repository_and_is_gone_whatever_happens(home: Path, wine: Repository) -> None:
    with pytest.raises(ZeroDivisionError), fetch(str(wine.bare)) as fetched:  # noqa: PT012 - what is raised inside of it
        assert (fetched.name, fetched.folder.name) == ("wine", "wine")
        assert fetched.folder.is_relative_to(home)
        assert fetched.folder.parent.stat().st_mode & 0o777 == 0o700
        _ = 1 / 0
    assert [path.name for path in (home / "git").glob("checkout-*")] == []


def test_a_checkout_goes_below_the_storage_folder(home: Path, wine: Repository, tmp_path: Path) -> None:
    with fetch(str(wine.bare), None, tmp_path / "storage") as fetched:
        assert fetched.folder.is_relative_to(tmp_path / "storage")
    assert os.listdir(tmp_path / "storage") == []


def test_the_checkout_of_a_process_that_was_killed_is_swept(home: Path, wine: Repository) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with start_python(HOLD, wine.bare, **pipes) as killed:
        assert killed.stdout is not None
        left = Path(killed.stdout.readline().strip())
        killed.kill()
    assert left.is_dir()
    with fetch(str(wine.bare)):
        assert not left.exists()


@pytest.mark.parametrize("version", ["1.0.O", "nextbig", "0" * 40, "abcdef1"])
def test_an_unknown_version_is_told_with_those_that_are_near(home: Path, wine: Repository, version: str) -> None:
    with pytest.raises(NotFound) as caught:
        code(wine.bare, version)
    message = caught.value.message
    assert f"has no branch, tag or commit {version!r}" in message
    assert "1.0.0" in message if version == "1.0.O" else "next/big" in message
    assert "\n" not in message


def test_an_unknown_folder_and_an_empty_repository(home: Path, wine: Repository, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"has no folder 'train'\. Folders: steps\."):
        code(f"{wine.bare}#train")
    empty = Repository(tmp_path / "empty")
    with pytest.raises(NotFound, match="has no commit yet"):
        code(empty.bare)
    with pytest.raises(NotFound, match="has no commit yet"):
        code(empty.bare, "main")


def test_a_tag_goes_before_a_branch_of_its_name_and_an_annotated_tag_is_its_commit(
    home: Path, wine: Repository
) -> None:
    wine.git("branch", "1.0.0", "next/big")
    wine.git("tag", "-a", "2.0.0", "-m", "annotated", "1.0.0")
    wine.publish()
    assert code(wine.bare, "1.0.0") == "print('1.0.0')\n"
    assert code(wine.bare, "refs/heads/1.0.0") == "print('next')\n"
    with fetch(str(wine.bare), "2.0.0") as fetched:
        assert fetched.commit == wine.git("rev-parse", "1.0.0^{commit}")


def test_a_branch_that_moved_and_one_whose_name_became_a_folder(home: Path, wine: Repository) -> None:
    assert code(wine.bare, "main") == "print('1.1.0')\n"
    wine.commit({"run.py": "print('moved')\n"})
    assert code(wine.bare, "main") == "print('moved')\n"
    wine.git("branch", "a")
    wine.publish()
    assert code(wine.bare, "a") == "print('moved')\n"
    for command in (["branch", "-m", "a", "a/b"], ["push", "--quiet", str(wine.bare), ":refs/heads/a", "a/b"]):
        wine.git(*command)
    assert code(wine.bare, "a/b") == "print('moved')\n"
    assert code(wine.bare, wine.git("rev-parse", "HEAD")[:8]) == "print('moved')\n"


def test_a_work_tree_with_a_version_is_fetched_and_without_one_is_used_as_it_is(home: Path, wine: Repository) -> None:
    (wine.work / "run.py").write_text("print('not committed')\n")
    assert code(wine.work) == "print('not committed')\n"
    assert not home.exists()
    with fetch(str(wine.work / "steps" / "clean"), "1.0.0") as fetched:
        assert os.listdir(fetched.folder) == ["clean.py"]
        assert fetched.uri == f"{wine.work}#steps/clean"
    with fetch(str(wine.work)) as fetched:
        assert (fetched.folder, fetched.branch, fetched.commit) == (wine.work, "main", wine.git("rev-parse", "main"))


def test_only_one_commit_is_fetched_and_a_known_one_asks_nobody(home: Path, wine: Repository) -> None:
    commit = wine.git("rev-parse", "1.0.0")
    assert code(wine.bare, "1.0.0") == "print('1.0.0')\n"
    listed = subprocess.run(
        ["git", "rev-list", "--all"], cwd=mirrors(home)[0], capture_output=True, text=True, check=True
    )
    assert listed.stdout.split() == [commit]
    source = source_of(str(wine.bare))
    shutil.rmtree(wine.bare / "refs")  # git takes it for no repository any more
    assert code_of_mirror(home, source.address, commit) == "print('1.0.0')\n"
    assert code_of_mirror(home, source.address, commit[:8]) == "print('1.0.0')\n"
    with pytest.raises(NotFound, match="no Git repository at"):
        code_of_mirror(home, source.address, "main")


def code_of_mirror(home: Path, address: str, version: str) -> str:
    """The same without looking at the address first."""
    from modelyard.projects.mirror import Mirror
    from modelyard.projects.source import Source

    target = home / f"taken-{version}"
    Mirror(Source(address, "wine", None, address, "", "file"), home / "git").check_out(version, target)
    return (target / "run.py").read_text()


def test_a_damaged_mirror_is_made_anew(home: Path, wine: Repository) -> None:
    assert code(wine.bare, "1.0.0") == "print('1.0.0')\n"
    mirror = mirrors(home)[0]
    for path in mirror.rglob("objects/??/*"):
        path.chmod(0o600)
        path.write_bytes(b"damaged")
    assert code(wine.bare, "1.0.0") == "print('1.0.0')\n"
    (mirror / "HEAD").unlink()
    assert code(wine.bare, "1.0.0") == "print('1.0.0')\n"


def test_a_mirror_that_nobody_uses_is_removed(home: Path, wine: Repository, tmp_path: Path) -> None:
    other = Repository(tmp_path / "other")
    other.commit({"run.py": ""})
    assert code(other.bare) == ""
    (lock,) = (home / "git").glob("*.lock")
    os.utime(lock, (0, 0))
    code(wine.bare)
    assert len(mirrors(home)) == 1
    assert code(other.bare) == ""
    assert len(mirrors(home)) == 2


def test_several_at_once(home: Path, wine: Repository) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(code(wine.bare, "1.0.0"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["print('1.0.0')\n"] * 4


def test_what_a_repository_says_runs_nothing(
    home: Path, wine: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Links become texts; hooks, filters, monitors and submodules that are configured anywhere do nothing."""
    canary = tmp_path / "pwned"
    config = tmp_path / "gitconfig"
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {canary}\n")
        (hooks / name).chmod(0o755)
    config.write_text(
        f'[core]\n\thooksPath = {hooks}\n\tfsmonitor = "touch {canary}"\n[filter "evil"]\n\tsmudge = touch {canary}\n'
        f"\trequired = true\n[init]\n\ttemplateDir = {tmp_path}\n[submodule]\n\trecurse = true\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    modules = f'[submodule "x"]\n\tpath = x\n\turl = {wine.bare}\n'
    os.symlink("/etc/passwd", wine.work / "link")
    wine.commit({".gitattributes": "* filter=evil\n", ".gitmodules": modules, "run.py": "print('safe')\n"})
    with fetch(str(wine.bare)) as fetched:
        assert (fetched.folder / "run.py").read_text() == "print('safe')\n"
        assert not (fetched.folder / "link").is_symlink()
        assert (fetched.folder / "link").read_text() == "/etc/passwd"
        assert not (fetched.folder / "x").exists()
        assert not list((fetched.folder / ".git").glob("hooks/*"))
    assert not canary.exists()


def test_the_words_and_variables_git_is_given(home: Path, tmp_path: Path) -> None:
    """A recorded git: what goes to another machine may use this user's configuration, and nothing else may."""
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nenv > "$OUT.env"\nprintf "%s\\n" "$@" > "$OUT.words"\n')
    program.chmod(0o755)
    environ = {
        "PATH": f"{program.parent}:/usr/bin:/bin",
        "HOME": "/home/me",
        "OUT": str(tmp_path / "told"),
        "GIT_DIR": "/elsewhere",
        "GIT_SSH_COMMAND": "ssh -i key",
        "SSH_AUTH_SOCK": "/agent",
        "DISPLAY": ":0",
    }
    git = Git(source_of("git@host:me/wine.git"), environ)
    git.reach("ls-remote", "--", "git@host:me/wine.git", folder=tmp_path, seconds=10)
    words = (tmp_path / "told.words").read_text().splitlines()
    told = dict(line.partition("=")[::2] for line in (tmp_path / "told.env").read_text().splitlines())
    settings = dict(word.partition("=")[::2] for word in words[1:-3:2])
    assert words[-3:] == ["ls-remote", "--", "git@host:me/wine.git"]
    assert set(words[0:-3:2]) == {"-c"}
    assert settings["core.hooksPath"] == "/dev/null"
    assert {settings[name] for name in ("core.fsmonitor", "core.symlinks")} == {"false"}
    assert settings["protocol.ext.allow"] == "never"
    assert {name: told.get(name) for name in ("HOME", "GIT_SSH_COMMAND", "SSH_AUTH_SOCK", "DISPLAY", "GIT_DIR")} == {
        "HOME": "/home/me",
        "GIT_SSH_COMMAND": "ssh -i key",
        "SSH_AUTH_SOCK": "/agent",
        "DISPLAY": None,
        "GIT_DIR": None,
    }
    assert (told["GIT_ALLOW_PROTOCOL"], told["GIT_TERMINAL_PROMPT"], told["GIT_CONFIG_NOSYSTEM"]) == (
        "https:ssh",
        "0",
        "1",
    )
    git.own("checkout", folder=tmp_path)
    told = dict(line.partition("=")[::2] for line in (tmp_path / "told.env").read_text().splitlines())
    assert (told["GIT_CONFIG_GLOBAL"], told["HOME"], told["GIT_ALLOW_PROTOCOL"]) == ("/dev/null", str(tmp_path), "file")


def test_without_git_and_with_one_that_hangs(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="git, which is not on PATH"):
        Git(source_of("https://host/wine.git"), {"PATH": str(tmp_path)})
    program = tmp_path / "git"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    git = Git(source_of("https://host/wine.git"), {"PATH": f"{tmp_path}:/usr/bin:/bin"})
    with pytest.raises(ProjectFailed, match=r"git was not done after 0 s"):
        git.own("init", folder=tmp_path, seconds=0.2)
