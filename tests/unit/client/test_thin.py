"""The thin client: with nothing installed but msgspec, everything is there that needs nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.ports import reserved_port
from tests.support.processes import ROOT

ALONE = """
import sys
from importlib.abc import MetaPathFinder

class OnlyMsgspec(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in ("modelyard", "msgspec", "__main__"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, OnlyMsgspec())
import modelyard as mlflow
"""


def run(code: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ALONE + code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT / "src"), "HOME": str(tmp_path), "MODELYARD_JOURNAL": str(tmp_path / "journal")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_every_public_name_is_there(tmp_path: Path) -> None:
    done = run("[getattr(mlflow, name) for name in mlflow.__all__]", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_it_logs_to_a_server(tmp_path: Path) -> None:
    with reserved_port() as port:
        done = run(
            f"""
mlflow.set_tracking_uri("http://127.0.0.1:{port}")
with mlflow.start_run():
    mlflow.log_metric("loss", 1)
    mlflow.log_dict({{"a": 1}}, "a.yaml")
    mlflow.log_table({{"q": ["a"]}}, "t.json")
""",
            tmp_path,
        )
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "journal").glob("*.journal"))) == 1


def test_a_verb_whose_extra_is_missing_names_the_command_that_installs_it(tmp_path: Path) -> None:
    for code, extra in (
        ("mlflow.set_tracking_uri('yard'); mlflow.start_run()", "server"),
        ("mlflow.Image('x.png')", "images"),
        ("mlflow.artifacts.load_image('x.png')", "images"),
        ("from modelyard.client.frames import runs_to_arrow; runs_to_arrow([])", "arrow"),
        ("from modelyard.client.frames import runs_to_pandas; runs_to_pandas([])", "pandas"),
        ("from modelyard.client.system_metrics import start_monitor; start_monitor(None, 0, {})", "system"),
    ):
        done = run(code, tmp_path)
        assert f"pip install 'modelyard[{extra}]'" in done.stderr, (code, done.stderr)
