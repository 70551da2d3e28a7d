"""A training loop in a process of its own, run by each client's interpreter: times every logging call, prints JSON.

`python trainer.py CLIENT STEPS [URI]`. It imports nothing of this package, which the peers' environments do not have.
"""

from __future__ import annotations

import importlib
import json
import math
import sys
import time
from collections.abc import Callable
from typing import Any

Log = Callable[[int, float], None]
_WORK = 4_000


def main(client: str, steps: int, uri: str) -> None:
    """Train, close the run, say what the calls cost."""
    module = importlib.import_module(client)
    began = time.perf_counter()
    calls, run = _CLIENTS[client](module, steps, uri)
    seconds = time.perf_counter() - began
    calls.sort()
    json.dump(
        {
            "run": run,
            "median_us": calls[len(calls) // 2] / 1000,
            "p99_us": calls[int(len(calls) * 0.99)] / 1000,
            "worst_us": calls[-1] / 1000,
            "seconds": seconds,
        },
        sys.stdout,
    )


def _train(log: Log, steps: int) -> list[int]:
    """Some work a step, as training has, then the call whose time counts."""
    calls, weight = [], 1.0
    for step in range(steps):
        for _ in range(_WORK):
            weight = math.sqrt(weight * 1.0001 + 0.5)
        loss = weight + step * 1e-9
        began = time.perf_counter_ns()
        log(step, loss)
        calls.append(time.perf_counter_ns() - began)
    return calls


def _mlflow(module: Any, steps: int, uri: str) -> tuple[list[int], str]:
    module.set_tracking_uri(uri)
    module.set_experiment("loop")
    log_metric = module.log_metric
    with module.start_run() as run:
        calls = _train(lambda step, loss: log_metric("loss", loss, step=step), steps)
    return calls, run.info.run_id


def _trackio(module: Any, steps: int, uri: str) -> tuple[list[int], str]:
    run = module.init(project="loop", name=uri or "run")
    log = module.log
    calls = _train(lambda step, loss: log({"loss": loss}, step=step), steps)
    module.finish()
    return calls, str(run.name)


_CLIENTS = {"modelyard": _mlflow, "mlflow": _mlflow, "trackio": _trackio}

if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "")
