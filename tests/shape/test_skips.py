"""Skips are told with their reasons, and where everything is required they fail the session."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shape.house import ROOT

ONE_SKIP = """
import pytest

def test_that_skips():
    pytest.skip({reason!r})

def test_that_passes():
    pass
"""


def _run(folder: Path, reason: str, require_all: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "tests" / "conftest.py", folder)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_one.py").write_text(ONE_SKIP.format(reason=reason))
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(folder)]
    environment = {**os.environ, "MODELYARD_REQUIRE_ALL": require_all}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_skip_passes_and_its_reason_is_shown(tmp_path: Path) -> None:
    done = _run(tmp_path, "a browser is not installed", require_all="")
    assert done.returncode == 0
    assert "1  a browser is not installed" in done.stdout
    assert "1 passed, 1 skipped" in done.stdout


def test_a_skip_fails_where_everything_is_required(tmp_path: Path) -> None:
    done = _run(tmp_path, "a browser is not installed", require_all="1")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "these skips fail the session" in done.stdout


def test_an_allowed_skip_passes_where_everything_is_required(tmp_path: Path) -> None:
    assert _run(tmp_path, "does not apply: a store in memory has no file", require_all="1").returncode == 0


def test_a_module_that_skips_itself_fails_where_everything_is_required(tmp_path: Path) -> None:
    (tmp_path / "test_two.py").write_text("import pytest\npytest.importorskip('no_such_framework')\n")
    assert _run(tmp_path, "does not apply", require_all="1").returncode == pytest.ExitCode.TESTS_FAILED
