"""What an end of the process says about a run that is still open."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import ROOT

SCRIPT = """
import sys
from modelyard.client.exits import ExitWatch

def leave(watch):
    print("outcome", watch.outcome())

watch = ExitWatch(leave)
watch.install()
look = watch.look
"""

ENDINGS = {
    "": "FINISHED",
    "sys.exit()": "FINISHED",
    "sys.exit(0)": "FINISHED",
    "sys.exit(3)": "FAILED",
    "sys.exit('no')": "FAILED",
    "sys.exit(int('0'))": "FINISHED",
    "sys.exit(int('3'))": "FAILED",
    "exit()": "FINISHED",
    "quit(2)": "FAILED",
    "raise SystemExit": "FINISHED",
    "raise SystemExit(0)": "FINISHED",
    "raise SystemExit(2)": "FAILED",
    "raise SystemExit('bad')": "FAILED",
    "raise SystemExit()": "FINISHED",
    "code = 0\nraise SystemExit(code)": "FINISHED",
    "code = 2\nraise SystemExit(code)": "FAILED",
    "error = SystemExit(0)\nraise error": "FINISHED",
    "error = SystemExit(1)\nraise error": "FAILED",
    "def main():\n    pass\nraise SystemExit(main())": "FINISHED",
    "def main(a, b):\n    return 0\nraise SystemExit(main(1, sys))": "FINISHED",
    "def main():\n    return 1\nraise SystemExit(main())": "FAILED",
    "def main():\n    return 'no'\nraise SystemExit(main())": "FAILED",
    "def main(good):\n    look()\n    if good:\n        return 0\n    return 1\nraise SystemExit(main(True))": "FINISHED",
    "def main(good):\n    look()\n    if good:\n        return 0\n    return 1\nraise SystemExit(main(False))": "FAILED",
    "def main():\n    look()\n    if 'no' in sys.argv:\n        return 1\nraise SystemExit(main())": "FINISHED",
    "def main(code):\n    look()\n    return code\nraise SystemExit(main(0))": "FINISHED",
    "def main(code):\n    look()\n    return code\nraise SystemExit(main(code=2))": "FAILED",
    "def main(code):\n    (lambda: look())()\n    return code\nif 1:\n    raise SystemExit(main(0))": "FINISHED",
    "def main():\n    look()\n    raise SystemExit(main.__name__)\nraise SystemExit(main())": "FAILED",
    "def f():\n    look()\n    return 0\nf()\nraise SystemExit((lambda: int('3'))())": "FAILED",
    # What cannot be known may be an error.
    "raise SystemExit(int('0'))": "FAILED",
    "def main():\n    look()\n    return int('0')\nraise SystemExit(main())": "FAILED",
    "def main(good):\n    look()\n    return 0 if good else 1\nraise SystemExit(main(True))": "FAILED",
    "def main(good):\n    return 1 if good else 0\nraise SystemExit(main(False))": "FAILED",
    "raise SystemExit(1 if 'no' in sys.argv else 0)": "FAILED",
    "def abort():\n    raise SystemExit(0)\nabort()": "FAILED",
    "def abort():\n    raise SystemExit(1)\nabort()": "FAILED",
    "1 / 0": "FAILED",
    "raise KeyboardInterrupt": "KILLED",
    "try:\n    sys.exit(2)\nexcept SystemExit:\n    pass": "FINISHED",
    "try:\n    sys.exit(2)\nexcept SystemExit:\n    raise SystemExit(0)": "FINISHED",
    "try:\n    1 / 0\nexcept ZeroDivisionError:\n    pass": "FINISHED",
    "try:\n    1 / 0\nfinally:\n    sys.exit(0)": "FINISHED",
    "import os, signal, time\nos.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(5)": "KILLED",
}


@pytest.mark.parametrize("how", ["file", "module", "command"])
@pytest.mark.parametrize("ending", ENDINGS, ids=[ending.replace("\n", "; ") or "nothing" for ending in ENDINGS])
def test_outcome(tmp_path: Path, how: str, ending: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT + ending)
    words = {"file": [str(script)], "module": ["-m", "script"], "command": ["-c", SCRIPT + ending]}[how]
    done = subprocess.run(
        [sys.executable, *words],
        env={"PYTHONPATH": f"{ROOT / 'src'}:{tmp_path}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.strip() == f"outcome {ENDINGS[ending]}", done.stderr


@pytest.mark.parametrize(("code", "expected"), [(0, "FINISHED"), (3, "FAILED")])
def test_an_exit_that_was_imported_before_is_seen(code: int, expected: str) -> None:
    script = f"from sys import exit as depart\n{SCRIPT}\ndepart(int('{code}'))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.stdout.strip(), done.returncode) == (f"outcome {expected}", code)


def test_a_code_that_cannot_be_seen_is_said_to_be() -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"{SCRIPT}\nraise SystemExit(int('0'))"],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "a code that cannot be seen" in done.stderr
