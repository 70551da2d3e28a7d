"""What the scenarios with models share: a client's process on a store of its own in a folder, without any server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from benches.processes import clean_environment
from benches.scenario import Figure, Readings
from benches.systems import OURS, System
from benches.throughput import LostError

_MODELER = Path(__file__).resolve().parent / "modeler.py"
FIGURES = (
    Figure(key="first", label="first time in a process", unit="s", digits=2),
    Figure(key="warm", label="again in the same process", unit="s", digits=2),
    Figure(key="first_cpu", label="first time, processor time", unit="s", digits=2),
    Figure(key="warm_cpu", label="again, processor time", unit="s", digits=2),
)


def act(system: System, folder: Path, action: str, *more: str) -> dict[str, Any]:
    """Let a process of the system do something with the store in the folder; answers what it told."""
    store = str(folder / "yard") if system.name == OURS else f"sqlite:///{folder}/mlflow.db"
    additions = {**system.environment(), "MODELYARD_HOME": str(folder / "home"), "MLFLOW_DISABLE_TELEMETRY": "true"}
    done = subprocess.run(
        [str(system.python), str(_MODELER), system.name, action, store, *more],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=clean_environment(additions),
    )
    if done.returncode:
        raise LostError(f"the process that was to {action} a model failed: {done.stderr[-600:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def note(readings: Readings, told: dict[str, Any]) -> None:
    """Keep the figures of one process."""
    for figure in FIGURES:
        readings.add(figure.key, told[figure.key])
