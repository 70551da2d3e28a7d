"""`import modelyard` is paid by every training script: it loads next to nothing."""

from __future__ import annotations

import subprocess
import sys

from tests.shape.house import ROOT

HEAVY = ("numpy", "pandas", "sklearn", "torch", "apsw", "psycopg", "uvicorn", "starlette", "http.client", "asyncio")
LOADED = "import sys; import modelyard; print('\\n'.join(sys.modules))"


def test_importing_the_package_loads_none_of_the_heavy_modules() -> None:
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); {LOADED}"]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert "modelyard" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_the_plug_in_door_names_nothing_that_is_missing() -> None:
    each = "[plugins.load(group, name) for group, members in plugins.BUILT_IN.items() for name in members]"
    code = f"from modelyard.core import plugins; {each}"
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); {code}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
