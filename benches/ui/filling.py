"""Equal data in each system: over the API that modelyard and mlflow share, and by Aim's own SDK."""

from __future__ import annotations

import subprocess

from benches.data import metric
from benches.fill import chunked, fill_runs
from benches.processes import Server, clean_environment, tail
from benches.systems import AIM, ROOT, System
from benches.ui.data import CURVES, METRIC, TABLE, Curve, curves, table
from benches.wire import Api, new_experiment, new_run

_WRITERS = 2
"""Processes of Aim's SDK that write beside each other, one a core."""


def fill_table(system: System, server: Server, runs: int) -> str:
    """The experiment with many runs; answers its id."""
    if system.name == AIM:
        _by_aim(system, server, TABLE, runs, 1)
        return TABLE
    return fill_runs(system, server, table(runs), name=f"{TABLE} of {runs}")


def fill_curves(system: System, server: Server, runs: int, points: int) -> tuple[str, list[str]]:
    """The experiment with curves to compare; answers its id and the runs'."""
    if system.name == AIM:
        _by_aim(system, server, CURVES, runs, points)
        return CURVES, []
    return _by_api(server, CURVES, curves(runs, points))


def _by_api(server: Server, name: str, runs: list[Curve]) -> tuple[str, list[str]]:
    with Api(server.port) as api:
        experiment = new_experiment(api, name)
        return experiment, [_send(api, experiment, run) for run in runs]


def _send(api: Api, experiment: str, data: Curve) -> str:
    run = new_run(api, experiment, data.name, start_time=data.start_time)
    api.post(
        "runs/log-batch",
        {"run_id": run, "params": [{"key": key, "value": value} for key, value in data.params.items()]},
    )
    for chunk in chunked(data.points, 1000):
        api.post("runs/log-batch", {"run_id": run, "metrics": [metric(METRIC, point) for point in chunk]})
    api.post("runs/update", {"run_id": run, "status": "FINISHED", "end_time": data.points[-1][1]})
    return run


def _by_aim(system: System, server: Server, what: str, runs: int, points: int) -> None:
    command = [str(system.python), "-m", "benches.ui.aim_writer", str(server.folder), what, str(runs), str(points)]
    log = server.folder / "writers.log"
    with log.open("ab") as out:
        writers = [
            subprocess.Popen(
                [*command, str(share), str(_WRITERS)],
                env=clean_environment({"PYTHONPATH": str(ROOT)}),
                stdout=out,
                stderr=out,
            )
            for share in range(_WRITERS)
        ]
        codes = [writer.wait() for writer in writers]
    if any(codes):
        raise RuntimeError(f"Aim's SDK ended with {codes}: {tail(log)}")
