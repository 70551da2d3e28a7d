"""The Python in README and docs runs, page by page, as a reader would type it."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.docs.environment import clean_environment
from tests.docs.pages import ROOT, Block, blocks, pages
from tests.support.servers import modelyard_server

EVERYWHERE = "http://127.0.0.1:5000"
PYTHON = {page: found for page in pages() if (found := list(blocks(page, "python")))}


@pytest.mark.parametrize("block", [block for found in PYTHON.values() for block in found], ids=str)
def test_python_in_a_page_is_python(block: Block) -> None:
    compile(block.text, str(block), "exec")


@pytest.mark.parametrize("page", PYTHON, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_python_of_a_page_runs_from_top_to_bottom(page: Path, tmp_path: Path) -> None:
    script = "\n".join(block.text for block in PYTHON[page] if not block.note.startswith("not run"))
    for name in re.findall(r"^(?:import|from) (\w+)", script, re.MULTILINE):
        if find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    with modelyard_server(tmp_path) as address:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", script.replace(EVERYWHERE, address)],
            cwd=tmp_path,
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", [page for page in pages() if "curl" in page.read_text(encoding="utf-8")], ids=str)
def test_the_curl_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    script = "\n".join(block.text for block in blocks(page, "bash") if "curl" in block.text)
    with modelyard_server(tmp_path) as address:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script.replace(EVERYWHERE, address)],
            cwd=tmp_path,
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert "error_code" not in done.stdout
    assert done.stdout.rstrip().endswith("a note")
