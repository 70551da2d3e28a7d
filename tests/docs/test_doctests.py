"""Examples in docstrings run, each module's in a process and a folder of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.environment import clean_environment
from tests.shape.house import House

WITH_EXAMPLES = [module.name for module in House().modules if ">>> " in module.text]
RUN = """
import doctest, importlib, sys
module = importlib.import_module(sys.argv[1])
sys.exit(doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS).failed)
"""


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_in_docstrings_give_what_they_say(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", RUN, name]
    done = subprocess.run(
        command, cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
