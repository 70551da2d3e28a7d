"""What autologging, without the model, adds to a fit of about a second: processor time beside the fit's own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from benches.processes import clean_environment
from benches.scenario import Bar, Figure, Readings, Room, Scenario
from benches.systems import MLFLOW, OURS, System
from benches.throughput import LostError

_FITTER = Path(__file__).resolve().parent.parent / "fitter.py"


def _measure(room: Room, system: System) -> Readings:
    readings = Readings()
    store = str(room.folder / "yard") if system.name == OURS else f"sqlite:///{room.folder}/mlflow.db"
    home = {"MODELYARD_HOME": str(room.folder / "home"), "MLFLOW_DISABLE_TELEMETRY": "true"}
    for _ in range(room.runs):
        done = subprocess.run(
            [str(system.python), str(_FITTER), system.name, store, str(room.size(18, 2))],
            capture_output=True,
            text=True,
            check=False,
            cwd=room.folder,
            env=clean_environment({**system.environment(), **home}),
        )
        if done.returncode:
            raise LostError(f"the process that was to fit failed: {done.stderr[-600:]}")
        told = json.loads(done.stdout.splitlines()[-1])
        readings.add("added", told["added"] * 1000)
        readings.add("share", 100 * told["added"] / told["fit"])
        readings.add("fit", told["fit"] * 1000)
    readings.remark("modelyard computes the training metrics on 1,000 of the 20,000 rows, mlflow on all")
    return readings


SCENARIO = Scenario(
    name="autolog",
    title="autologging of a fit of a second, without the model",
    systems=(OURS, MLFLOW),
    figures=(
        Figure(key="share", label="processor time over the fit's own", unit="%"),
        Figure(key="added", label="processor time added", unit="ms"),
        Figure(key="fit", label="the fit itself, processor time", unit="ms", digits=0),
    ),
    bars=(Bar(figure="share", limit=2),),
    measure=_measure,
)
