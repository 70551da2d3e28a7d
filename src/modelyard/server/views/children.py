"""Questions about files that a process of their own answers: the server reads no format that anybody might have tampered with."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

import modelyard
from modelyard.core.errors import InvalidParameter, TooLarge, Unavailable, from_wire
from modelyard.core.wire.messages.previews import ModelCard
from modelyard.server.views.tables import Table
from modelyard.services.artifacts.contract import Download

SECONDS = 30.0
MAX_ANSWER = 16_000_000
MAX_COPIED = 256_000_000
"""The largest Parquet file that is copied where the store has no descriptor of it to hand on."""

_BOOT = (
    "import sys; sys.path.append(sys.argv[1]); from modelyard.serving.looking import main; sys.exit(main(sys.argv[2:]))"
)
_HOME = str(Path(modelyard.__file__).parents[1])
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ", "TMPDIR", "MODELYARD_HOME")


class _Said(msgspec.Struct):
    """What a process answers: what it found, or an error."""

    found: msgspec.Raw = msgspec.Raw()
    error_code: str = ""
    message: str = ""


class Children:
    """Starts the processes, one for each question. Any thread may ask, and waits."""

    def model(self, folder: Path, *, whole: bool) -> ModelCard:
        """The card of a model's folder; without ``whole`` only its small files are there."""
        found = self._ask("model", str(folder), "whole" if whole else "some")
        return msgspec.json.decode(found, type=ModelCard)

    def parquet(self, download: Download, *, rows: int) -> Table:
        """The first rows of a Parquet file."""
        descriptor = download.fileno()
        if descriptor is None:
            return self._parquet_copied(download, rows)
        return _table(self._ask("parquet", str(descriptor), str(rows), descriptors=(descriptor,)))

    def _parquet_copied(self, download: Download, rows: int) -> Table:
        if download.size > MAX_COPIED:
            raise TooLarge(f"The file has {download.size:,} bytes; more than {MAX_COPIED:,} are not looked at.")
        with tempfile.TemporaryFile() as copy:
            for chunk in download.chunks():
                copy.write(chunk)
            copy.flush()
            number = copy.fileno()
            return _table(self._ask("parquet", str(number), str(rows), descriptors=(number,)))

    def _ask(self, verb: str, *words: str, descriptors: Sequence[int] = ()) -> msgspec.Raw:
        scratch = tempfile.mkdtemp(prefix="modelyard-look-")
        try:
            answer = _run((verb, scratch, str(os.getpid()), *words), scratch, descriptors)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        try:
            said = msgspec.json.decode(answer, type=_Said)
        except msgspec.MsgspecError:
            raise InvalidParameter("The file cannot be understood: looking into it did not come to its end.") from None
        if not bytes(said.found):
            raise _error(said)
        return said.found


def _table(found: msgspec.Raw) -> Table:
    return msgspec.json.decode(found, type=Table)


def _error(said: _Said) -> Exception:
    if said.error_code in ("INTERNAL_ERROR", ""):  # such as a library that is not installed here
        return Unavailable(said.message, retry_after=30, reason="PREVIEW")
    return from_wire(400, {"error_code": said.error_code, "message": said.message})


def _run(words: Sequence[str], scratch: str, descriptors: Sequence[int]) -> bytes:
    """What a process says, as far as anybody would read it."""
    with (
        tempfile.TemporaryFile(dir=scratch) as answer,
        subprocess.Popen(  # noqa: S603 - words of our own, and no shell
            [sys.executable, "-I", "-c", _BOOT, _HOME, *words],
            cwd=scratch,
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
            stdin=subprocess.DEVNULL,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            pass_fds=tuple(descriptors),
            start_new_session=True,
        ) as process,
    ):
        try:
            process.wait(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise TooLarge(f"Looking into the file takes longer than {SECONDS:g} seconds.") from None
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
        answer.seek(0)
        return answer.read(MAX_ANSWER)
