"""`run` of a project that prints one word: in the environment that is there, and in one of its own that was made before."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

from benches.processes import clean_environment
from benches.scenario import Bar, Figure, Readings, Room, Scenario
from benches.systems import MLFLOW, OURS, System

_PROJECT = (
    "name: word\nentry_points:\n  main:\n    parameters:\n      word: string\n    command: python say.py {word}\n"
)
_NEEDS = "python: '{version}'\nbuild_dependencies: []\ndependencies: [six]\n"


class _Projects:
    """The two projects, and one system's command that runs them."""

    def __init__(self, folder: Path, system: System) -> None:
        self._folder = folder
        self._system = system
        version = subprocess.run([str(system.python), "-V"], check=True, capture_output=True, text=True).stdout.split()[
            1
        ]
        for name in ("plain", "needs"):
            project = folder / name
            project.mkdir()
            (project / "MLproject").write_text(_PROJECT + ("python_env: python_env.yaml\n" if name == "needs" else ""))
            (project / "say.py").write_text("import sys\nprint(sys.argv[1])\n")
        (folder / "needs" / "python_env.yaml").write_text(_NEEDS.format(version=version))

    def run(self, project: str, manager: str) -> tuple[float, float]:
        """One run: seconds, and processor seconds of the launcher and all it starts."""
        words = ["-m", self._system.name, "run", project, "-P", "word=hello", "--env-manager", manager]
        before, began = _used(), time.perf_counter()
        done = subprocess.run(
            [str(self._system.python), *words],
            cwd=self._folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        seconds, used = time.perf_counter() - began, _used() - before
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr[-600:]}")
        return seconds, used

    def _environment(self) -> dict[str, str]:
        home = str(self._folder / "home")
        path = os.pathsep.join((str(self._system.python.parent), str(Path(sys.executable).parent), os.environ["PATH"]))
        own = {"MODELYARD_HOME": home, "MLFLOW_ENV_ROOT": home, "PATH": path, "MLFLOW_DISABLE_TELEMETRY": "true"}
        return clean_environment({**self._system.environment(), **own})


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _measure(room: Room, system: System) -> Readings:
    readings = Readings()
    projects = _Projects(room.folder, system)
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    with_uv = shutil.which("uv", path=path) is not None and not room.small  # the environment comes from a package index
    if not with_uv:
        readings.remark("the environment of its own was not measured: it takes uv and a package index")
    for project, manager, seconds_of, used_of in (
        ("plain", "local", "plain", "plain_used"),
        *([("needs", "uv", "cached", "cached_used")] if with_uv else []),
    ):
        projects.run(project, manager)  # makes the store, and the environment
        for _ in range(room.runs):
            for _ in range(room.size(3, 1)):
                seconds, used = projects.run(project, manager)
                readings.add(seconds_of, seconds)
                readings.add(used_of, used)
    return readings


SCENARIO = Scenario(
    name="project-run",
    title="run a project that prints one word",
    systems=(OURS, MLFLOW),
    figures=(
        Figure(key="plain", label="in the environment that is there", unit="s", digits=2),
        Figure(key="plain_used", label="the same, processor time", unit="s", digits=2),
        Figure(key="cached", label="in an environment of its own, made before", unit="s", digits=2),
        Figure(key="cached_used", label="the same, processor time", unit="s", digits=2),
    ),
    bars=(
        Bar(figure="plain", peer=MLFLOW, factor=5),
        Bar(figure="plain_used", peer=MLFLOW, factor=5),
        Bar(figure="cached", peer=MLFLOW, factor=4),
    ),
    measure=_measure,
)
