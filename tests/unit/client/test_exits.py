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

ExitWatch(leave).install()
"""

ENDINGS = {
    "": "FINISHED",
    "sys.exit()": "FINISHED",
    "sys.exit(0)": "FINISHED",
    "sys.exit(3)": "FAILED",
    "sys.exit('no')": "FAILED",
    "exit()": "FINISHED",
    "quit(2)": "FAILED",
    "raise SystemExit": "FINISHED",
    "raise SystemExit(0)": "FINISHED",
    "raise SystemExit(2)": "FAILED",
    "raise SystemExit('bad')": "FAILED",
    "raise SystemExit((lambda: 0)())": "FINISHED",
    "def abort():\n    raise SystemExit(1)\nabort()": "FAILED",
    "1 / 0": "FAILED",
    "raise KeyboardInterrupt": "KILLED",
    "try:\n    sys.exit(2)\nexcept SystemExit:\n    pass": "FINISHED",
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
        timeout=30,
        check=False,
    )
    assert done.stdout.strip() == f"outcome {ENDINGS[ending]}", done.stderr
