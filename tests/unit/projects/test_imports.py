"""`modelyard run` of a project that needs nothing loads little: what it loads is paid by every step of a pipeline."""

from __future__ import annotations

from pathlib import Path

from tests.support.projects import Launcher, write

MOST = 560
NOT_NEEDED = (
    "modelyard.models", "modelyard.server", "modelyard.web", "modelyard.pipelines", "modelyard.projects.fetch",
    "asyncio", "email", "http", "httptools", "importlib.metadata", "numpy", "pandas", "pickle", "ssl",
)  # fmt: skip


def test_a_run_in_this_environment_loads_little(tmp_path: Path) -> None:
    here = Launcher(tmp_path)
    write(tmp_path / "p", {"MLproject": "entry_points: {main: {command: python run.py}}", "run.py": ""})
    code = (
        "import sys; from modelyard.cli.main import main\n"
        "assert main(['run', 'p', '--quiet']) == 0; print('\\n'.join(sorted(sys.modules)))"
    )
    done = here.python(
        "-I", "-c", f"import sys; sys.path.insert(0, {str(Path(__file__).parents[3] / 'src')!r}); {code}"
    )
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.split()
    assert [name for name in NOT_NEEDED if name in loaded] == []
    assert len(loaded) < MOST
