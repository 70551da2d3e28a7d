"""The state of a git checkout, read from its files: no process is started."""

from __future__ import annotations

import configparser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

_HASHES = (40, 64)


class Checkout(NamedTuple):
    """The commit that is checked out, its branch and where the repository comes from."""

    commit: str
    branch: str = ""
    repository: str = ""


def read_checkout(path: Path) -> Checkout | None:
    """The checkout a file or folder lies in; None where there is none or it has no commit yet."""
    try:
        found = _git_folder(path.resolve())
        if found is None:
            return None
        git, common = found
        head = (git / "HEAD").read_text(encoding="utf-8").strip()
        reference = head.removeprefix("ref: ") if head.startswith("ref: ") else ""
        commit = _resolve(reference, git, common) if reference else head
    except (OSError, UnicodeDecodeError):
        return None
    if len(commit) not in _HASHES:
        return None
    return Checkout(commit, reference.removeprefix("refs/heads/"), _origin(common))


def without_user(url: str) -> str:
    """A repository's address without user name and password in it.

    >>> without_user("https://me:secret@host/repo.git")
    'https://host/repo.git'
    """
    parts = urlsplit(url)
    if not parts.scheme or "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _git_folder(start: Path) -> tuple[Path, Path] | None:
    """The checkout's own folder and the one it shares with other work trees."""
    for folder in (start, *start.parents):
        entry = folder / ".git"
        if entry.is_dir():
            return entry, entry
        if entry.is_file():  # a work tree or a submodule
            git = (folder / entry.read_text(encoding="utf-8").strip().removeprefix("gitdir: ")).resolve()
            common = git / "commondir"
            return git, (git / common.read_text(encoding="utf-8").strip()).resolve() if common.is_file() else git
    return None


def _resolve(reference: str, git: Path, common: Path) -> str:
    for folder in (git, common):
        loose = folder / reference
        if loose.is_file():
            return loose.read_text(encoding="utf-8").strip()
    for line in (common / "packed-refs").read_text(encoding="utf-8").splitlines():
        commit, _, name = line.partition(" ")
        if name == reference:
            return commit
    return ""


def _origin(common: Path) -> str:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    try:
        parser.read(common / "config", encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return ""
    remotes = [name for name in parser.sections() if name.startswith('remote "')]
    preferred = sorted(remotes, key=lambda name: name != 'remote "origin"')
    return without_user(parser[preferred[0]].get("url", "")) if preferred else ""
