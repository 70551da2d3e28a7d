"""The git program, with its words and variables pinned: it asks nobody, runs no hook, and speaks only what it may.

A step that talks to another machine has this user's own configuration, because credential helpers, proxies and ssh's
program are named there. All other steps have none: what a repository says can then call no filter, and no program.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from modelyard.core.errors import InvalidParameter, ModelyardError, NotFound, PermissionDenied, ProjectFailed
from modelyard.projects.programs import Said, ask
from modelyard.projects.source import Source, shown

QUICK = 60.0
LONG = 900.0

_PINNED = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.symlinks=false",
    "core.attributesFile=/dev/null",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "gc.autoDetach=false",
    "maintenance.autoDetach=false",
    "advice.detachedHead=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
)
# git's own variables are the caller's repository's (a hook may have started us), but for those that say how to reach others
_KEPT = re.compile(r"GIT_(SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|CONFIG_GLOBAL|PROXY_\w+|SSL_\w+|CURL_\w+|TRACE\w*)")
_DROPPED = ("SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "DISPLAY", "WAYLAND_DISPLAY", "LANGUAGE")


class GitFailed(ProjectFailed):
    """git could not do what it was asked for."""


class Git:
    """git for one source. Raises ``GitFailed``, or the error that says more, with the last line git said."""

    def __init__(self, source: Source, environ: Mapping[str, str] | None = None) -> None:
        self._source = source
        self._environ = os.environ if environ is None else environ
        self._program = _program(self._environ)

    def reach(self, *words: str, folder: Path, seconds: float) -> str:
        """A step that talks to the source's machine; what it printed."""
        allowed = "file" if self._source.protocol == "file" else "https:ssh"
        said = self._run(words, folder, seconds, {**_outward(self._environ), "GIT_ALLOW_PROTOCOL": allowed})
        if said.code:
            raise _refusal(self._source, said)
        return said.out

    def own(self, *words: str, folder: Path, seconds: float = LONG) -> str:
        """A step in a folder of ours; what it printed."""
        said = self.attempt(*words, folder=folder, seconds=seconds)
        if said.code:
            raise GitFailed(f"git {words[0]} failed: {shown(said.reason)}")
        return said.out

    def attempt(self, *words: str, folder: Path, seconds: float = QUICK) -> Said:
        """The same where failing is an answer."""
        closed = {"GIT_ALLOW_PROTOCOL": "file", "GIT_CONFIG_GLOBAL": os.devnull, "HOME": os.fspath(folder)}
        return self._run(words, folder, seconds, {**_outward(self._environ), **closed})

    def _run(self, words: tuple[str, ...], folder: Path, seconds: float, environ: Mapping[str, str]) -> Said:
        pinned = [word for setting in _PINNED for word in ("-c", setting)]
        return ask([self._program, *pinned, *words], seconds=seconds, environ=environ, folder=folder)


def _program(environ: Mapping[str, str]) -> str:
    found = shutil.which("git", path=environ.get("PATH"))
    if found is None:
        raise InvalidParameter(
            "This project is fetched with git, which is not on PATH. Install git, or clone the project yourself and give its"
            " folder."
        )
    return found


def _outward(environ: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in environ.items()
        if name not in _DROPPED and (not name.startswith("GIT_") or _KEPT.fullmatch(name))
    }
    pinned = {
        "GIT_TERMINAL_PROMPT": "0",
        "GCM_INTERACTIVE": "never",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "LC_ALL": "C",
    }
    return {**kept, **pinned}


_ASKED = re.compile(
    r"could not read (Username|Password)|Authentication failed|Permission denied|terminal prompts disabled|error: 40[13]"
)
_SAYS_NOTHING = (
    "fatal: Could not read from remote repository",
    "Please make sure you have",
    "and the repository exists",
)
_ABSENT = re.compile(r"not found|does not appear to be a git repository|does not exist", re.IGNORECASE)


def _refusal(source: Source, said: Said) -> ModelyardError:
    lines = [line.strip() for line in said.err.splitlines() if line.strip() and not line.startswith(_SAYS_NOTHING)]
    reason = shown(
        next((line for line in lines if line.startswith(("fatal:", "ERROR:"))), lines[-1] if lines else said.reason)
    )
    reason = reason.removeprefix("fatal: ").removeprefix("ERROR: ").strip()
    text, uri = said.err, source.address
    if "dubious ownership" in text:
        return PermissionDenied(
            f"{uri!r} belongs to another user, so git does not read it. Clone it yourself and give that folder, or: git config"
            f" --global --add safe.directory {uri}"
        )
    if "Host key verification failed" in text:
        return PermissionDenied(
            f"ssh does not know the host of {uri}. Connect to it once by hand, and compare its key with the published one."
        )
    if source.protocol != "file" and _ASKED.search(text):
        return PermissionDenied(
            f"{uri} wants credentials, and git has none that it takes ({reason}). Nothing is asked for here: configure a"
            " credential helper for https, or a key in ssh's agent, and try 'git ls-remote' by hand."
        )
    if _ABSENT.search(text) and "resolve" not in text:
        return NotFound(f"There is no Git repository at {uri} ({reason}).")
    return GitFailed(f"{uri} could not be fetched from: {reason}")
