"""The sources of the pages: their own tests pass, and their wire types are those of the endpoint table."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import Any

import pytest

from tests.support.processes import ROOT

BUILD = ROOT / "ui" / "build.py"


@pytest.fixture(scope="module")
def build() -> Any:
    """The build script, where there is an npm to run."""
    spec = importlib.util.spec_from_file_location("ui_build", BUILD)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if module.npm() is None:
        pytest.skip("no npm: the extra 'ui' is not installed")
    return module


def test_the_pages_own_tests_pass(build: Any) -> None:
    try:
        build.install()
    except build.BuildError as error:
        pytest.skip(f"no package registry: {error}")
    done = subprocess.run([sys.executable, str(BUILD), "--test"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert " passed" in done.stdout


def test_the_wire_types_are_not_stale() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "ui" / "wire.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_file_of_another_digest_is_refused(build: Any, tmp_path: Any) -> None:
    (tmp_path / "a.js").write_text("export {};")
    with pytest.raises(build.BuildError, match=r"a\.js has the digest"):
        build._checked(tmp_path, "a.js", "0" * 64)
