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
from tests.support.scoring import serving
from tests.support.servers import modelyard_server

EVERYWHERE = "http://127.0.0.1:5000"
SERVED = "http://127.0.0.1:5001"
"""Where pages say that a model of `examples/serve` is served."""
PYTHON = {page: found for page in pages() if (found := list(blocks(page, "python")))}


@pytest.mark.parametrize("block", [block for found in PYTHON.values() for block in found], ids=str)
def test_python_in_a_page_is_python(block: Block) -> None:
    compile(block.text, str(block), "exec")


@pytest.mark.parametrize("page", PYTHON, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_python_of_a_page_runs_from_top_to_bottom(page: Path, tmp_path: Path) -> None:
    script = "\n".join(block.text for block in PYTHON[page] if not block.note.startswith("not run"))
    needs = [name for block in PYTHON[page] for name in re.findall(r"needs (\w+)", block.note)]
    for name in [*re.findall(r"^(?:import|from) (\w+)", script, re.MULTILINE), *needs]:
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


def curls(address: str) -> dict[Path, str]:
    """Page → its blocks that ask this address by curl."""
    found = {
        page: [block.text for block in blocks(page, "bash") if "curl" in block.text and address in block.text]
        for page in pages()
    }
    return {page: "\n".join(texts) for page, texts in found.items() if texts}


@pytest.mark.parametrize(("page", "script"), curls(EVERYWHERE).items(), ids=str)
def test_the_curl_of_a_page_runs(page: Path, script: str, tmp_path: Path) -> None:
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


def test_the_curl_to_a_served_model_runs(tmp_path: Path) -> None:
    for name in ("sklearn", "pandas"):
        pytest.importorskip(name, reason=f"{name} is not installed")
    environment = clean_environment()
    train = [sys.executable, str(ROOT / "examples" / "serve" / "train.py")]
    subprocess.run(train, cwd=tmp_path, env=environment, capture_output=True, timeout=120, check=True)
    asked = curls(SERVED)
    assert {"serve-a-model.md", "README.md"} <= {page.name for page in asked}
    with serving(tmp_path, "-m", "models:/diabetes@champion") as server:
        for page, script in asked.items():
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script.replace(SERVED, server.address)],
                cwd=tmp_path,
                env=environment | {"NO_PROXY": "127.0.0.1"},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            assert re.search(r'"predictions": ?\[196\.', done.stdout), (page, done.stdout)
