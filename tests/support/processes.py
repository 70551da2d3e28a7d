"""Python processes beside the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def start_python(code: str, *arguments: object, **pipes: int) -> subprocess.Popen[str]:
    """Start ``code`` in an interpreter of its own that finds modelyard and the tests."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))},
        text=True,
        **pipes,  # type: ignore[call-overload]
    )
