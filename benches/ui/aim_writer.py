"""Aim's own SDK writes a share of the runs; run by the interpreter of Aim's environment.

``python -m benches.ui.aim_writer REPOSITORY table|curves RUNS POINTS SHARE SHARES``
"""

from __future__ import annotations

import sys
from typing import Any

# The environment of Aim has it, and no other.
from aim import Repo, Run  # type: ignore[import-not-found]  # it is installed where this is run

from benches.data import many_runs
from benches.ui.data import CURVES, METRIC, TABLE, curves


def main(folder: str, what: str, *numbers: str) -> None:
    """Write one share of the runs, whose numbers leave the same remainder."""
    runs, points, share, shares = map(int, numbers)
    repository = Repo.from_path(folder, init=True)
    write = {TABLE: _table, CURVES: _curves}[what]
    write(repository, runs, points, slice(share, None, shares))


def _new(repository: Any, experiment: str, name: str) -> Any:
    run = Run(
        repo=repository,
        experiment=experiment,
        system_tracking_interval=None,
        capture_terminal_logs=False,
        log_system_params=False,
    )
    run.name = name
    return run


def _table(repository: Any, runs: int, _: int, share: slice) -> None:
    for data in many_runs(runs)[share]:
        run = _new(repository, TABLE, data.name)
        for at, value in enumerate(data.params):
            run[f"p{at}"] = value
        for at, number in enumerate(data.metrics):
            run.track(number, name=f"m{at}", step=0)
        run.close()


def _curves(repository: Any, runs: int, points: int, share: slice) -> None:
    for data in curves(runs, points)[share]:
        run = _new(repository, CURVES, data.name)
        for key, text in data.params.items():
            run[key] = text
        for step, _, value in data.points:
            run.track(value, name=METRIC, step=step)
        run.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
