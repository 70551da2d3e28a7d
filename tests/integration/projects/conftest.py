"""Launches as ``run`` hands them to a backend."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelyard.projects.backend import Launch
from modelyard.projects.environment import Prepared
from modelyard.projects.spec import read

RUN = "0123456789abcdef0123456789abcdef"
HARD = """a b'c"$HOME;`id`\\ {x} -- \n é"""
"""A value that no shell leaves as it is."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with an image, in a folder whose name has a blank and a comma."""
    folder = tmp_path / "My, Project"
    folder.mkdir()
    (folder / "MLproject").write_text(
        "name: My Project\n"
        "docker_env:\n"
        "  image: example.org/team/base:1\n"
        '  volumes: ["/data:/data:ro"]\n'
        '  environment: [["GREETING", "hello $HOME"], "PASSED_ON"]\n'
        "entry_points:\n"
        "  main: {command: python train.py}\n"
    )
    (folder / "train.py").write_text("print('trained')\n")
    return folder


@pytest.fixture
def launch(project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Launch]:
    """Makes a launch of that project, with a value that no shell leaves as it is."""
    monkeypatch.setenv("PASSED_ON", "from here")
    for name in ("USERNAME", "PASSWORD", "TOKEN"):
        for prefix in ("MLFLOW", "MODELYARD"):
            monkeypatch.delenv(f"{prefix}_TRACKING_{name}", raising=False)

    def made(config: dict[str, Any] | None = None, uri: str = "https://yard.example.org", **changes: Any) -> Launch:
        environ = {
            "MLFLOW_RUN_ID": RUN,
            "MODELYARD_RUN_ID": RUN,
            "MLFLOW_TRACKING_URI": uri,
            "MODELYARD_TRACKING_URI": uri,
            "MODELYARD_PROJECT_ROOT": str(project),
            "PYTHONPATH": f"{project}/src:/usr/lib/x",
            "PATH": "/venv/bin",
            **changes.pop("environ", {}),
        }
        fields: dict[str, Any] = {
            "run_id": RUN,
            "argv": (sys.executable, "train.py", HARD, f"{project}/data.csv"),
            "folder": project,
            "environ": environ,
            "environment": Prepared(python=Path(sys.executable), environ={"PATH": "/venv/bin"}),
            "project": read(project),
            "entry_point": "main",
            "config": config or {},
            "output": said.append,
            "errors": said.append,
        }
        return Launch(**{**fields, **changes})

    said: list[str] = []
    made.said = said  # type: ignore[attr-defined]
    return made
