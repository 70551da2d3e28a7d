"""What a process asked of the system, as strace tells it; and faults that strace puts in the system's answers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

# All that changes files and folders, or says which one a number stands for.
FILE_CALLS = (
    "open,openat,creat,close,dup,dup2,dup3,write,pwrite64,writev,pwritev,pwritev2,truncate,ftruncate,fallocate,lseek,"
    "fsync,fdatasync,sync_file_range,copy_file_range,rename,renameat,renameat2,link,linkat,symlink,symlinkat,"
    "unlink,unlinkat,mkdir,mkdirat,rmdir"
)
LONGEST = 1 << 20  # bytes of one write that are noted
_STRACE = ("strace", "-D", "--seccomp-bpf", "-qq")
_TIMES = ("--absolute-timestamps=format:unix,precision:ns", "--syscall-times=ns")
_LINE = re.compile(r"(?P<at>\d+\.\d{9}) (?P<name>\w+)\((?P<args>.*)\) += (?P<result>-?\d+|\?)(?P<rest>.*)")
_TOOK = re.compile(r"<(\d+\.\d{9})>$")
_ARGUMENT = re.compile(r'"(?:\\x[0-9a-f]{2})*"(?:\.\.\.)?|\[[^]]*\]|[^,]+')


class Call(NamedTuple):
    """One call that succeeded. Times are nanoseconds since the epoch."""

    began: int
    ended: int
    name: str
    arguments: list[str]
    result: int

    def text(self, number: int) -> bytes:
        """An argument that is bytes."""
        argument = self.arguments[number]
        assert argument.endswith('"'), f"{self.name}: {argument[-20:]} was cut"
        return bytes.fromhex(argument.strip('"').replace("\\x", ""))

    def number(self, number: int) -> int:
        """An argument that is a number."""
        return int(self.arguments[number], 0)


def require_strace() -> None:
    """Skip where there is no strace, or none that may trace."""
    if shutil.which("strace") is None:
        pytest.skip("no strace: apt-get install strace")
    probe = (*_STRACE, "-f", *_TIMES, "-e", "trace=fsync", *_to(Path(os.devnull)), "true")
    if subprocess.run(probe, check=False, capture_output=True).stderr:
        pytest.skip("no right to trace processes, or an strace before 5.9")


def tracing(output: Path) -> tuple[str, ...]:
    """The command a process runs under to have its file calls written to ``output``.<thread>, and to stay our child."""
    what = ("-e", f"trace={FILE_CALLS}", "-e", "signal=none", "-s", str(LONGEST), "-xx")
    return (*_STRACE, "-ff", *_TIMES, *what, *_to(output))


def failing(output: Path, calls: str, error: str, when: str) -> tuple[str, ...]:
    """The command a process runs under to have some of its calls fail: in each of its threads those that ``when`` says."""
    inject = f"inject={calls}:error={error}:when={when}"
    return (*_STRACE, "-f", "-e", f"trace={calls}", "-e", inject, *_to(output))


def _to(output: Path) -> tuple[str, str]:
    return "-o", str(output)


def calls_in(output: Path, seconds: float = 60.0) -> list[Call]:
    """All calls of a process that has ended, in the order they began."""
    until = time.monotonic() + seconds
    size = -1
    while size != (size := sum(path.stat().st_size for path in _files(output))):  # strace outlives what it traced
        assert time.monotonic() < until
        time.sleep(0.3)
    found = [call for path in _files(output) for call in _read(path)]
    assert found, f"nothing was traced to {output}"
    return sorted(found)


def _files(output: Path) -> list[Path]:
    return list(output.parent.glob(f"{output.name}.*"))


def _read(path: Path) -> Iterator[Call]:
    with path.open(encoding="ascii") as lines:
        for line in lines:
            match = _LINE.fullmatch(line.rstrip("\n"))
            took = match and _TOOK.search(match["rest"])
            if match is None or took is None or match["result"] == "?" or match["result"].startswith("-"):
                continue  # it failed, or its thread was killed in it
            began = _nanoseconds(match["at"])
            arguments = [argument.strip() for argument in _ARGUMENT.findall(match["args"])]
            ended = began + _nanoseconds(took[1])
            yield Call(began, ended, match["name"], arguments, int(match["result"]))


def _nanoseconds(text: str) -> int:
    seconds, _, fraction = text.partition(".")
    return int(seconds) * 1_000_000_000 + int(fraction)
