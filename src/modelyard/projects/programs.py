"""Programs of others (git, docker, kubectl): words and no shell, in a process group of their own, for a bounded time."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from modelyard.core.errors import ProjectFailed
from modelyard.projects.backend import Told
from modelyard.projects.decoding import Decoding

_GRACE = 10.0
_LAST = 4000


class Said(NamedTuple):
    """How a program ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def reason(self) -> str:
        """The last line it said on standard error, or on standard output."""
        lines = (self.err.strip() or self.out.strip()).splitlines()
        return lines[-1].strip() if lines else f"it ended with code {self.code}"


def ask(
    words: Sequence[str],
    *,
    seconds: float,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
    text: str = "",
) -> Said:
    """Run a program to its end, with ``text`` on its standard input.

    Raises ``ProjectFailed`` when it cannot be started or takes longer; it and all it started are killed then.
    """
    with _start(words, environ, folder, stdin=bool(text), stderr=subprocess.PIPE) as process:
        try:
            out, err = process.communicate(text.encode() or None, timeout=seconds)
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL)
            raise ProjectFailed(f"{_name(words)} was not done after {seconds:.0f} s.") from None
        except BaseException:
            _signal(process, signal.SIGKILL)
            raise
    return Said(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))


class Child:
    """A program that was started, whose output is told as it comes. Any thread may call."""

    def __init__(self, words: Sequence[str], *, output: Told, environ: Mapping[str, str] | None = None) -> None:
        self._process = _start(words, environ, None, stdin=False, stderr=subprocess.STDOUT)
        self._output = output
        self._last = ""
        self._reader = threading.Thread(target=self._read, name=f"output of {_name(words)}", daemon=True)
        self._reader.start()

    def wait(self) -> int:
        """Block until it has ended and all of its output was told; its exit code."""
        code = self._process.wait()
        self._reader.join(_GRACE)  # what it left running may keep the pipe open
        return code

    def code(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self._process.poll()

    @property
    def last(self) -> str:
        """The last line it said."""
        lines = self._last.strip().splitlines()
        return lines[-1].strip() if lines else ""

    def end(self) -> None:
        """End it and all it started: asked first, killed after a moment."""
        if self._process.poll() is not None:
            return
        _signal(self._process, signal.SIGTERM)
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            _signal(self._process, signal.SIGKILL)

    def _read(self) -> None:
        decoding = Decoding(self._tell)
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            while block := os.read(pipe.fileno(), 1 << 16):
                decoding.take(block)
        decoding.end()

    def _tell(self, text: str) -> None:
        self._last = (self._last + text)[-_LAST:]
        self._output(text)


def _start(
    words: Sequence[str], environ: Mapping[str, str] | None, folder: Path | None, *, stdin: bool, stderr: int
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - words, and no shell
            words,
            cwd=folder,
            env=environ,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,  # it has no terminal to ask at, and its group can be ended as one
        )
    except OSError as error:
        raise ProjectFailed(f"{_name(words)} cannot be started: {error.strerror}.") from None


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _name(words: Sequence[str]) -> str:
    return os.path.basename(words[0])
