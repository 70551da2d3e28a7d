"""Files of eleven columns scored from CSV to CSV, each client by its own command, each a process from start to end.

mlflow's command writes the predictions alone, as JSON; ours writes the input's columns and the predictions, and so does the
bare script beside it, which reads with Arrow, multiplies with numpy and writes with Arrow.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import csv

from benches.processes import clean_environment
from benches.scenario import Bar, Figure, Readings, Room, Scenario
from benches.scorer import NAMES
from benches.systems import MLFLOW, OURS, System
from benches.throughput import LostError

_HERE = Path(__file__).resolve().parent.parent
_BLOCK = 100_000


class _Took(NamedTuple):
    seconds: float
    rss: float


def _measure(room: Room, system: System) -> Readings:
    readings, folder = Readings(), room.folder
    rows = room.size(1_000_000, 5_000)
    models = _models(system, folder)
    source = _write(folder / "rows.csv", rows)
    for _ in range(room.runs):
        took = _score(system, folder, models["linear"], source, rows)
        readings.add("linear", took.seconds)
        readings.add("rss", took.rss)
        if system.name == OURS:
            bare = _run([sys.executable, str(_HERE / "bare.py"), str(source), str(folder / "bare.csv")], folder, {})
            readings.add("bare", took.seconds / bare.seconds)
        readings.add("forest", _score(system, folder, models["forest"], source, rows).seconds)
    if system.name == OURS:
        many = room.size(10_000_000, 20_000)
        readings.add("rss_many", _score(system, folder, models["linear"], _write(folder / "many.csv", many), many).rss)
    else:
        readings.remark("it writes the predictions alone; the other two write the input's columns too")
    return readings


def _models(system: System, folder: Path) -> dict[str, str]:
    words = [str(system.python), str(_HERE / "scorer.py"), system.name, _store(system, folder)]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, cwd=folder, env=clean_environment(_settings(system, folder))
    )
    if done.returncode:
        raise LostError(f"the models could not be logged: {done.stderr[-600:]}")
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found


def _score(system: System, folder: Path, model: str, source: Path, rows: int) -> _Took:
    target = folder / "scored"
    if system.name == OURS:
        words = ["-m", "modelyard", "batch", "score", model, str(source), str(target), "--output-format", "csv"]
        words += ["--restart", "--no-run", "--tracking-uri", _store(system, folder)]
    else:
        words = ["-m", "mlflow", "models", "predict", "-m", model, "-i", str(source), "-o", str(target)]
        words += ["-t", "csv", "--env-manager", "local"]
    target.unlink(missing_ok=True)
    took = _run([str(system.python), *words], folder, _settings(system, folder))
    found = _predictions(system, target)
    if found != rows:
        raise LostError(f"{rows} rows were to be scored, {found} predictions came")
    return took


def _predictions(system: System, target: Path) -> int:
    if system.name == OURS:
        with target.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b"")) - 1
    return len(json.loads(target.read_text())["predictions"])


def _run(words: Sequence[str], folder: Path, additions: dict[str, str]) -> _Took:
    """The time of a process from its start to its end, and the most memory it held."""
    began = time.perf_counter()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, cwd=folder, env=clean_environment(additions), stdout=log, stderr=log)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise LostError(f"{words[2:5]} failed: {(folder / 'log').read_text(errors='replace')[-600:]}")
    return _Took(time.perf_counter() - began, used.ru_maxrss / 1024)


def _write(path: Path, rows: int) -> Path:
    draw = np.random.default_rng(0)
    schema = pa.schema([(name, pa.float64()) for name in NAMES])
    with csv.CSVWriter(path, schema) as writer:
        for start in range(0, rows, _BLOCK):
            count = min(_BLOCK, rows - start)
            columns = [np.round(draw.random(count) * 10, 4) for _ in NAMES]
            writer.write_batch(pa.record_batch(columns, names=NAMES))
    return path


def _store(system: System, folder: Path) -> str:
    return str(folder / "yard") if system.name == OURS else f"sqlite:///{folder}/mlflow.db"


def _settings(system: System, folder: Path) -> dict[str, str]:
    return {
        **system.environment(),
        "MODELYARD_HOME": str(folder / "home"),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_TRACKING_URI": _store(system, folder),
    }


SCENARIO = Scenario(
    name="batch",
    title="score 1,000,000 rows of 11 columns, CSV to CSV",
    systems=(OURS, MLFLOW),
    figures=(
        Figure(key="linear", label="linear model", unit="s", digits=2),
        Figure(key="bare", label="of the time of a bare script with Arrow and numpy", unit="×", digits=2),
        Figure(key="forest", label="forest of 100 trees", unit="s", digits=2),
        Figure(key="rss", label="most memory, linear model", unit="MiB", digits=0),
        Figure(key="rss_many", label="most memory, 10,000,000 rows", unit="MiB", digits=0),
    ),
    bars=(
        Bar(figure="linear", peer=MLFLOW, factor=5),
        Bar(figure="bare", limit=1.5),
        Bar(figure="forest", peer=MLFLOW, factor=3),
        Bar(figure="rss", limit=300),
        Bar(figure="rss_many", limit=300),
    ),
    measure=_measure,
)
