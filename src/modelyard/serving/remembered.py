"""Starts that are remembered: what a worker told of a model it had loaded on this machine before.

A fast path that was certified once is certified for as long as nothing it depends on is another: the model's files, the
packages, the processor. With it a server answers at once, while its worker loads the model and certifies it again.
"""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import site
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from modelyard.core.settings import user_folder
from modelyard.core.version import __version__
from modelyard.serving import fastpath
from modelyard.serving.environment import Interpreter
from modelyard.serving.worker.frames import Start, Started

log = logging.getLogger(__name__)

LARGEST = 64_000_000  # bytes of one
MOST = 256_000_000  # bytes of all
_DIGEST = hashlib.sha256().digest_size
_ENDING = ".start"
_TELLING = ("model name", "flags", "Features", "CPU part")  # of /proc/cpuinfo: what numpy and BLAS choose their code by


class Memory:
    """What was told of one model, in a file for the user alone. It is data: nothing in it runs.

    ``facts`` are what the model's address says of it now; the file may have been written for another address.
    """

    def __init__(self, folder: Path, key: str, facts: Mapping[str, str]) -> None:
        self._folder = folder
        self._file = folder / f"{key}{_ENDING}"
        self._facts = facts

    @classmethod
    def of_user(cls, start: Start, python: Interpreter) -> Memory:
        """That of the user who runs this process, for workers that are told ``start`` and run with an interpreter."""
        return cls(user_folder() / "starts", key_of(start, python), start.facts)

    def recall(self) -> Started | None:
        """What was told last, or None. What others could have written, and what is not whole, is passed over."""
        content = self._read()
        digest, body = content[:_DIGEST], content[_DIGEST:]
        if hashlib.sha256(body).digest() != digest:
            return None
        try:
            started = msgspec.msgpack.decode(body, type=Started)
        except msgspec.DecodeError:
            return None
        named = {"version": "", **self._facts}
        return msgspec.structs.replace(started, card=msgspec.structs.replace(started.card, **named))

    def _read(self) -> bytes:
        try:
            with self._file.open("rb") as file:
                found = os.fstat(file.fileno())
                if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o022 or found.st_size > LARGEST:
                    return b""
                content = file.read()
        except OSError:
            return b""
        with suppress(OSError):  # it may be kept where nothing can be written
            os.utime(self._file)
        return content

    def keep(self, started: Started) -> None:
        """Remember a fast path; forget what was remembered where there is none. A disk that takes nothing is no error."""
        body = msgspec.msgpack.encode(started) if started.kernel else b""
        try:
            if body and _DIGEST + len(body) <= LARGEST:
                self._write(body)
            else:
                self._file.unlink(missing_ok=True)
        except OSError as error:
            log.info("the model's fast path is not remembered: %s", error.strerror)

    def _write(self, body: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, partial = tempfile.mkstemp(_ENDING, prefix=".", dir=self._folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(hashlib.sha256(body).digest())
                file.write(body)
            os.replace(partial, self._file)
        except BaseException:
            os.unlink(partial)
            raise
        with suppress(FileNotFoundError):  # another server makes room at the same time
            self._make_room()

    def _make_room(self) -> None:
        size = 0
        with os.scandir(self._folder) as entries:
            known = [(entry.stat(), entry.path) for entry in entries if entry.name.endswith(_ENDING)]
        for found, path in sorted(known, key=lambda each: each[0].st_mtime_ns, reverse=True):
            size += found.st_size
            if size > MOST:
                os.unlink(path)


def key_of(start: Start, python: Interpreter) -> str:
    """A digest of all that a fast path and its certificate depend on, so that what is found by it still holds."""
    depends = (
        *(start.trust, start.runtime, start.numpy, start.facts.get("run_id", "")),
        *(__version__, str(python.python), python.key, sys.version, platform.machine()),
        *_stamps(Path(fastpath.__file__).parent, ".py"),
        *(stamp for folder in site.getsitepackages() for stamp in _stamps(Path(folder), ".dist-info")),
        *_processor(),
    )
    return hashlib.sha256(msgspec.msgpack.encode(depends)).hexdigest()


def _stamps(folder: Path, ending: str) -> list[tuple[str, int]]:
    """Name and time of what is in a folder and ends so."""
    with suppress(OSError), os.scandir(folder) as entries:
        return sorted((each.name, each.stat().st_mtime_ns) for each in entries if each.name.endswith(ending))
    return []


def _processor() -> Iterator[str]:
    """The first processor's kind and abilities, and how many this process may use."""
    yield str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
    with suppress(OSError):
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").partition("\n\n")[0]
        yield from (line for line in first.splitlines() if line.startswith(_TELLING))
