"""All tests, as runs of pytest of which two go at a time: ``python tests/in_two.py``, which `make test-all` does.

Most tests wait for a server, a browser or a process of their own half of the time. The parts that take longest begin first.
Files are told of as they end; what a part said follows when it has ended, and one line for all at the end. The options of
pytest are passed on (``--ignore=tests/docs`` leaves a folder out); for some files alone, pytest itself is enough.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import NamedTuple

PARTS = (  # each by its folders, so that no run collects the tests of another
    ("acceptance",),
    ("integration", "faults"),
    ("e2e",),
    ("unit",),
    ("contract",),
    ("parity", "docs", "shape"),
)
NOTHING = 5  # pytest's word for no tests at all
_CLOSING = re.compile(r"\d (passed|failed|errors?|skipped|deselected)\b.* in \d")
_COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed|deselected|warnings?)")
_TOLD = ("failed", "passed", "skipped", "error", "errors")


class Ended(NamedTuple):
    """A part that has ended: its exit code and what it said."""

    folders: list[str]
    code: int
    lines: list[str]
    seconds: float


def main() -> int:
    """Run all parts; answers the exit code of the first that failed."""
    began = time.monotonic()
    counts: Counter[str] = Counter()
    codes: list[int] = []
    with ThreadPoolExecutor(max_workers=2) as places:
        for ended in as_completed([places.submit(_run, folders) for part in PARTS if (folders := _asked(part))]):
            part = ended.result()
            print(f"\n== {' '.join(part.folders)} ({part.seconds:.0f} s)\n", *part.lines, sep="", flush=True)
            counts += _counts(part.lines)
            codes.append(part.code)
    told = ", ".join(f"{counts[word]} {word}" for word in _TOLD if counts[word])
    seconds = time.monotonic() - began
    print(f"== {told} in {seconds:.2f}s ({int(seconds // 60)} min) ==", flush=True)
    if set(codes) <= {0, NOTHING} and 0 in codes:  # a part may have none of what was asked for
        return 0
    return next((code for code in codes if code not in (0, NOTHING)), NOTHING)


def _asked(part: Sequence[str]) -> list[str]:
    """The folders of a part that are not left out: pytest runs what is named, ignored or not."""
    named = [f"tests/{name}" for name in part]
    return [folder for folder in named if f"--ignore={folder}" not in sys.argv]


def _run(folders: list[str]) -> Ended:
    began = time.monotonic()
    command = [sys.executable, "-u", "-m", "pytest", *folders, "--durations=12", *sys.argv[1:]]
    lines: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if line.startswith("tests/"):
                print(f"[{int(time.monotonic() - began):5d} s] {line}", end="", flush=True)
    return Ended(folders, process.returncode, lines, time.monotonic() - began)


def _counts(lines: list[str]) -> Counter[str]:
    """What a run's closing line says."""
    closing = next((line for line in reversed(lines) if _CLOSING.search(line)), "")
    return Counter({word: int(number) for number, word in _COUNT.findall(closing) if word != "deselected"})


if __name__ == "__main__":
    sys.exit(main())
