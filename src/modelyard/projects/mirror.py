"""What was fetched of a repository, kept in this user's folder: a commit is fetched once, and is there without a network.

A mirror is a bare repository, as shallow as the server allows, one for each address, used by one process at a time. One that
turns out to be damaged is made anew.
"""

from __future__ import annotations

import contextlib
import difflib
import fcntl
import hashlib
import logging
import os
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from modelyard.core.errors import InvalidParameter, ModelyardError, NotFound, ProjectFailed, Unavailable
from modelyard.projects.git import LONG, QUICK, Git, GitFailed
from modelyard.projects.source import Source

_logger = logging.getLogger(__name__)

_WHOLE = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHORT = re.compile(r"[0-9a-f]{7,63}")
_HEADS, _TAGS, _OURS = "refs/heads/", "refs/tags/", "refs/modelyard/"
_PAUSE = 0.05
_UNUSED_SECONDS = 90 * 86_400.0
_NEAR = 5


class Found(NamedTuple):
    """The commit a version names, and the branch, where it is one."""

    commit: str
    branch: str = ""


class Mirror:
    """The mirror of one source below a folder, which is made (0700) with the first."""

    def __init__(self, source: Source, place: Path, git: Git | None = None) -> None:
        self._source = source
        self._place = place
        self._git = git or Git(source)
        self._folder = place / hashlib.sha256(source.address.encode()).hexdigest()[:24]

    def check_out(self, version: str | None, target: Path) -> Found:
        """The files of a version (a tag, a branch or a commit; the default branch by itself) in a new folder.

        Raises ``NotFound`` for a version that is not there, naming those that are near.
        """
        with self._locked():
            try:
                return self._checked_out(version, target)
            except GitFailed:
                if not self._is_damaged():
                    raise
            _logger.info("What is kept of %s is damaged; it is fetched anew.", self._source.address)
            shutil.rmtree(target, ignore_errors=True)
            shutil.rmtree(self._folder, ignore_errors=True)
            return self._checked_out(version, target)

    def _checked_out(self, version: str | None, target: Path) -> Found:
        self._prepare()
        found = self._find(version)
        target.mkdir(mode=0o700)
        self._git.own("init", "--quiet", "--template=", "--initial-branch=main", folder=target)
        words = ("fetch", "--quiet", "--depth=1", "--no-tags", "--", os.fspath(self._folder), found.commit)
        self._git.own(*words, folder=target)
        self._git.own("checkout", "--quiet", "--detach", "FETCH_HEAD", folder=target)
        self._git.own("config", "remote.origin.url", self._source.address, folder=target)
        return found

    def _find(self, version: str | None) -> Found:
        kept = self._kept(version) if version else None
        if kept is not None:
            return Found(kept)
        try:
            refs = self._ask(version)
        except ModelyardError as error:
            return self._without_network(version, error)
        for name in _candidates(version, refs):
            return self._fetched(name, refs)
        if version and _WHOLE.fullmatch(version):
            return self._commit(version)
        if version and _SHORT.fullmatch(version):
            return self._abbreviated(version)
        raise self._unknown(version)

    def _kept(self, version: str) -> str | None:
        """The commit a hash names, where it is here already."""
        if _WHOLE.fullmatch(version):
            return version if self._has(version) else None
        return self._of_short(version) if _SHORT.fullmatch(version) else None

    def _without_network(self, version: str | None, error: ModelyardError) -> Found:
        """A tag stays what it is; a branch may have moved, so it is not guessed."""
        commit = self._commit_of(_kept(_TAGS + version)) if version and self._source.protocol != "file" else None
        if commit is None:
            raise error
        _logger.warning("%s Using the tag %s as it was fetched before.", error.message, version)
        return Found(commit)

    def _ask(self, version: str | None) -> dict[str, str]:
        """The refs a version may mean, with their commits; the default branch's name under ``HEAD``."""
        names = ["HEAD"] if version is None else [_HEADS + version, _TAGS + version, f"{_TAGS}{version}^{{}}"]
        if version is not None and version.startswith((_HEADS, _TAGS)):
            names = [version, f"{version}^{{}}"]
        told = self._listed("--symref", "--", self._source.address, *names)
        refs: dict[str, str] = {}
        for line in told.splitlines():
            what, _, name = line.partition("\t")
            if name in names:
                refs.setdefault(name, what.removeprefix("ref: "))
        return refs

    def _fetched(self, name: str, refs: dict[str, str]) -> Found:
        if name == "HEAD" and refs[name].startswith(_HEADS):
            name = refs[name]
        commit = refs.get(f"{name}^{{}}") or refs.get(name, "")
        branch = name.removeprefix(_HEADS) if name.startswith(_HEADS) else ""
        if not (commit and self._commit_of(_kept(name)) == commit):
            self._fetch_one(name)
            commit = self._commit_of(_kept(name)) or ""
        if not commit:
            raise InvalidParameter(f"{name} of {self._source.address} is no commit.")
        return Found(commit, branch)

    def _commit(self, commit: str) -> Found:
        try:
            self._fetch("--depth=1", refs=[f"+{commit}:{_kept(commit)}"])
        except ModelyardError:  # a server that gives no commit by its hash, or has none of that hash
            self._fetch_all()
        if not self._has(commit):
            raise self._unknown(commit)
        return Found(commit)

    def _abbreviated(self, short: str) -> Found:
        self._fetch_all()
        commit = self._of_short(short)
        if commit is None:
            raise self._unknown(short)
        return Found(commit)

    def _of_short(self, short: str) -> str | None:
        listed = self._git.attempt("rev-parse", f"--disambiguate={short}", folder=self._folder).out.split()
        commits = [each for each in listed if self._has(each)]
        if len(commits) > 1:
            raise InvalidParameter(
                f"{short!r} begins the names of several commits of {self._source.address}: {', '.join(commits[:_NEAR])}."
            )
        return commits[0] if commits else None

    def _unknown(self, version: str | None) -> NotFound:
        told = self._listed("--heads", "--tags", "--refs", "--", self._source.address)
        names = [line.partition("\trefs/")[2].partition("/")[2] for line in told.splitlines()]
        address = self._source.address
        if not names:
            return NotFound(f"{address} has no commit yet.")
        if version is None:
            return NotFound(f"{address} has no default branch. Name one with -v: {', '.join(names[:_NEAR])}.")
        near = difflib.get_close_matches(version, names, n=_NEAR, cutoff=0.4) or names[-_NEAR:]
        return NotFound(f"{address} has no branch, tag or commit {version!r}. There are: {', '.join(near)}.")

    def _listed(self, *words: str) -> str:
        """Refs of the source, asked for outside of the mirror: when it fails, the mirror has no part in it."""
        try:
            return self._git.reach("ls-remote", *words, folder=self._place, seconds=QUICK)
        except GitFailed as error:
            raise ProjectFailed(error.message) from None

    def _fetch_one(self, name: str) -> None:
        try:
            self._fetch("--depth=1", refs=[f"+{name}:{_kept(name)}"])
        except GitFailed as error:
            if "shallow" not in error.message:
                raise
            self._fetch(refs=[f"+{name}:{_kept(name)}"])  # a server of plain files has no part of a history

    def _fetch(self, *options: str, refs: Sequence[str]) -> None:
        words = ("fetch", "--quiet", "--no-tags", *options, "--", self._source.address, *refs)
        self._git.reach(*words, folder=self._folder, seconds=LONG)

    def _fetch_all(self) -> None:
        """All branches and tags with their history: a short hash is only known among all."""
        shallow = ["--unshallow"] if (self._folder / "shallow").exists() else []
        every = [f"+{each}*:{_OURS}all/{each.removeprefix('refs/')}*" for each in (_HEADS, _TAGS)]
        self._fetch("--prune", *shallow, refs=every)

    def _has(self, commit: str) -> bool:
        return self._git.attempt("cat-file", "-t", commit, folder=self._folder).out.strip() == "commit"

    def _commit_of(self, ref: str) -> str | None:
        said = self._git.attempt("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", folder=self._folder)
        return said.out.strip() or None

    def _prepare(self) -> None:
        if not (self._folder / "HEAD").is_file():
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(mode=0o700)
            self._git.own("init", "--quiet", "--bare", "--template=", "--initial-branch=main", folder=self._folder)

    def _is_damaged(self) -> bool:
        return bool(self._git.attempt("fsck", "--no-dangling", folder=self._folder, seconds=LONG).code)

    def _sweep(self) -> None:
        """Remove mirrors that nobody has used for a long time."""
        for lock in self._place.glob("*.lock"):
            if lock.with_suffix("").is_dir() and lock.stat().st_mtime < time.time() - _UNUSED_SECONDS:
                descriptor = _opened(lock)
                try:
                    if _taken(descriptor):
                        shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
                finally:
                    os.close(descriptor)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._place.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = _opened(self._folder.with_suffix(".lock"))
        try:
            until = time.monotonic() + LONG
            while not _taken(descriptor):
                if time.monotonic() > until:
                    raise Unavailable(f"Another process has been fetching {self._source.address} for {LONG:.0f} s.")
                time.sleep(_PAUSE)
            os.utime(descriptor)
            self._sweep()
            yield
        finally:
            os.close(descriptor)


def _opened(lock: Path) -> int:
    return os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _kept(ref: str) -> str:
    """Where a ref is kept: by a name without parts, as ``a`` and ``a/b`` may follow each other there and cannot both be refs."""
    return f"{_OURS}{hashlib.sha256(ref.encode()).hexdigest()[:32]}"


def _candidates(version: str | None, refs: dict[str, str]) -> list[str]:
    """The refs to take, the best first: a tag stays, a branch of the same name moves."""
    if version is None:
        return ["HEAD"] if "HEAD" in refs else []
    return [name for name in (version, _TAGS + version, _HEADS + version) if name in refs]


def _taken(descriptor: int) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
