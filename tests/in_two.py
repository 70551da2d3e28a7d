"""All tests, as two runs of pytest beside each other: ``python tests/in_two.py``, which `make test-all` does.

Most tests wait for a server, a browser or a process of their own half of the time. What is seen first is the first run as it
goes; the other one's output follows when both have ended, and then one line for both.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections import Counter

SECOND = "acceptance or docs or parity"
NOTHING = 5  # pytest's word for no tests at all
_CLOSING = re.compile(r"\d (passed|failed|errors?|skipped|deselected)\b.* in \d")
_COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed|deselected|warnings?)")


def main() -> int:
    """Run both; answers the exit code of the first that failed."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        second = subprocess.Popen(_pytest(SECOND), stdout=said, stderr=subprocess.STDOUT)
        lines: list[str] = []
        with subprocess.Popen(_pytest(f"not ({SECOND})"), stdout=subprocess.PIPE, text=True, errors="replace") as first:
            assert first.stdout is not None
            for line in first.stdout:
                print(line, end="", flush=True)
                lines.append(line)
        codes = [first.wait(), second.wait()]
        said.seek(0)
        others = said.readlines()
    print(f"\n== the other half: {SECOND}\n", *others, sep="", flush=True)
    counts = _counts(lines) + _counts(others)
    told = ", ".join(
        f"{counts[word]} {word}" for word in ("failed", "passed", "skipped", "error", "errors") if counts[word]
    )
    seconds = time.monotonic() - began
    print(f"== {told} in {seconds:.2f}s ({int(seconds // 60)} min) ==", flush=True)
    if sorted(codes) == [0, NOTHING]:  # all that was asked for is in one half
        return 0
    return next((code for code in codes if code), 0)


def _pytest(tiers: str) -> list[str]:
    return [sys.executable, "-u", "-m", "pytest", "-m", tiers, *sys.argv[1:]]


def _counts(lines: list[str]) -> Counter[str]:
    """What a run's closing line says."""
    closing = next((line for line in reversed(lines) if _CLOSING.search(line)), "")
    return Counter({word: int(number) for number, word in _COUNT.findall(closing) if word != "deselected"})


if __name__ == "__main__":
    sys.exit(main())
