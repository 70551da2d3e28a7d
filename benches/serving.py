"""A model behind each scoring server: how the server is started, what a request for one row looks like, what its answer says."""

from __future__ import annotations

import json
import math
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benches.load import drive
from benches.peers.trained import NAMES, data
from benches.processes import Launch, Server, clean_environment, reserved_port, running, tail
from benches.scenario import Bar, Figure, Readings, Room, Scenario
from benches.systems import BENTOML, LITSERVE, MLFLOW, MLSERVER, OURS, ROOT, WEB_ECHO, System
from benches.throughput import LostError, measure_rate
from benches.wire import ACCEPTED

CONNECTIONS = 32
RIVALS = (MLFLOW, MLSERVER, BENTOML, LITSERVE)
_TRAINED = ROOT / "benches" / "peers" / "trained.py"


@dataclass(frozen=True, kw_only=True)
class _Way:
    """How one system is started on a folder of `trained.py`, and its language."""

    command: Callable[[System, Path], list[str]]
    health: str
    path: str
    ask: Callable[[list[str], list[float]], Any]
    told: Callable[[Any], float]
    environment: dict[str, str]
    exact: bool = False
    """Its answers have to be the model's own to the last bit; a peer's may be rounded."""


def _split(columns: list[str], row: list[float]) -> Any:
    return {"dataframe_split": {"columns": columns, "data": [row]}}


def _inference(_: list[str], row: list[float]) -> Any:
    return {"inputs": [{"name": "rows", "shape": [1, len(row)], "datatype": "FP64", "data": row}]}


def _script(system: System, name: str) -> str:
    return str(system.python.with_name(name))


_SOURCE = {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
_WAYS: dict[str, _Way] = {
    OURS: _Way(
        command=lambda system, place: [
            *(str(system.python), "-m", "modelyard", "models", "serve"),
            *("-m", str(place / "model"), "-p", "{port}", "--env-manager", "local"),
        ],
        health="/ready",
        path="/invocations",
        ask=_split,
        told=lambda answer: float(answer["predictions"][0]),
        environment=_SOURCE,
        exact=True,
    ),
    MLFLOW: _Way(
        command=lambda system, place: [
            *(_script(system, "mlflow"), "models", "serve"),
            *("-m", str(place / "model"), "-p", "{port}", "--env-manager", "local"),
        ],
        health="/health",
        path="/invocations",
        ask=_split,
        told=lambda answer: float(answer["predictions"][0]),
        environment={"MLFLOW_DISABLE_TELEMETRY": "true"},
    ),
    MLSERVER: _Way(
        command=lambda system, place: [_script(system, "mlserver"), "start", str(place)],
        health="/v2/models/wine/ready",
        path="/v2/models/wine/infer",
        ask=_inference,
        told=lambda answer: float(answer["outputs"][0]["data"][0]),
        environment={
            "MLSERVER_HTTP_PORT": "{port}",
            "MLSERVER_GRPC_PORT": "{second}",
            "MLSERVER_METRICS_PORT": "{third}",
        },
    ),
    BENTOML: _Way(
        command=lambda system, place: [
            *(_script(system, "bentoml"), "serve", "service:Wine"),
            *("--working-dir", str(place), "--host", "127.0.0.1", "--port", "{port}"),
        ],
        health="/readyz",
        path="/predict",
        ask=lambda _, row: {"rows": [row]},
        told=lambda answer: float(answer[0]),
        environment={"BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": "{folder}/bentoml"},
    ),
    LITSERVE: _Way(
        command=lambda system, place: [str(system.python), str(place / "service.py"), "{port}"],
        health="/health",
        path="/predict",
        ask=lambda _, row: {"input": row},
        told=lambda answer: float(answer["output"]),
        environment={},
    ),
    WEB_ECHO: _Way(
        command=lambda system, _: [str(system.python), "-m", "benches.web_echo", "{port}"],
        health="/health",
        path="/invocations",
        ask=_split,
        told=lambda answer: float(answer["predictions"][0]),
        environment=_SOURCE,
    ),
}


def scenario(name: str, title: str, kind: str, *, rate: float, echo: float = 0.0) -> Scenario:
    """The scenario of one kind of model, with the factor its rate has to be above the best peer's."""
    bars = [
        Bar(figure="rate", peers=RIVALS, factor=rate),
        Bar(figure="p99", peers=RIVALS, factor=5),
        Bar(figure="start", peers=RIVALS, factor=2),
        Bar(figure="first", peers=RIVALS, factor=2),
        Bar(figure="memory", peers=RIVALS, factor=2),
    ]
    if echo:
        bars.insert(1, Bar(figure="rate", peer=WEB_ECHO, factor=echo, share=True))
    return Scenario(
        name=name,
        title=title,
        systems=(OURS, *RIVALS, WEB_ECHO),
        figures=(
            Figure(key="rate", label="requests", unit="/s", more_is_better=True, digits=0),
            Figure(key="p50", label="latency p50", unit="ms", digits=2),
            Figure(key="p99", label="latency p99", unit="ms", digits=2),
            Figure(key="start", label="start to the first prediction", unit="s", digits=2),
            Figure(key="first", label="the model's first start here to the first prediction", unit="s", digits=2),
            Figure(key="memory", label="resident memory of all processes", unit="MiB", digits=0),
            Figure(key="cpu", label="processor time of a request", unit="µs", digits=1),
            Figure(key="generator", label="load generator's share of its core", unit="", digits=2),
        ),
        bars=tuple(bars),
        measure=lambda room, system: _measure(room, system, kind),
    )


def _measure(room: Room, system: System, kind: str) -> Readings:
    readings = Readings()
    way = _WAYS[system.name]
    trained = _trained(room, system, kind)
    readings.remark(f"trained on {trained['source']}")
    requests = [_request(way, way.ask(trained["columns"], row)) for row in trained["rows"]]
    with _serving(way, system, room.folder / "first", requests[0], readings, "first"):
        pass
    for number in range(room.runs):
        with _serving(way, system, room.folder / f"run-{number}", requests[0], readings, "start") as server:
            if not room.small:
                server.settle(patience=10.0)
            if system.name != WEB_ECHO:
                _check(way, server, requests, trained["answers"])
            plan = [islice(cycle(requests[at * 31 :] + requests[: at * 31]), 10_000_000) for at in range(CONNECTIONS)]
            used = server.cpu_seconds()
            outcome = measure_rate(room, system, server, plan, readings)
            readings.add("cpu", (server.cpu_seconds() - used) / max(sum(outcome.answered), 1) * 1e6)
            readings.add("memory", server.memory().rss)
    return readings


def _trained(room: Room, system: System, kind: str) -> dict[str, Any]:
    """What `trained.py` wrote, in the system's own environment; an echo, which has no model, is asked for the same rows."""
    if system.name == WEB_ECHO:
        rows, _, source = data()
        return {"columns": NAMES, "rows": rows[:1000], "source": source}
    place = room.folder / "model"
    additions = {**_SOURCE, "MODELYARD_HOME": str(room.folder / "home"), "MLFLOW_DISABLE_TELEMETRY": "true"}
    done = subprocess.run(
        [str(system.python), str(_TRAINED), system.name, kind, str(place), "1" if room.small else "0"],
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(additions if system.name == OURS else {"MLFLOW_DISABLE_TELEMETRY": "true"}),
    )
    if done.returncode:
        raise LostError(f"the model could not be made: {done.stderr[-600:]}")
    found: dict[str, Any] = json.loads((place / "rows.json").read_text())
    return found


def _request(way: _Way, message: Any) -> bytes:
    body = json.dumps(message, separators=(",", ":")).encode()
    lines = [f"POST {way.path} HTTP/1.1", "Host: 127.0.0.1", *(f"{key}: {value}" for key, value in ACCEPTED.items())]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


@contextmanager
def _serving(
    way: _Way, system: System, folder: Path, request: bytes, readings: Readings, figure: str
) -> Iterator[Server]:
    """A server that has answered one prediction; how long that took from its start is noted as the figure."""
    with reserved_port() as second, reserved_port() as third:
        ports = {"{second}": str(second), "{third}": str(third)}
        settings = {name: ports.get(value, value) for name, value in way.environment.items()}
    launch = Launch(
        way.command(system, folder.parent / "model"),
        {
            "PATH": f"{system.python.parent}{os.pathsep}{os.environ.get('PATH', '')}",  # mlflow starts uvicorn by name
            "MODELYARD_HOME": str(folder.parent / "home"),
            **settings,
        },
        health=way.health,
    )
    began = time.monotonic()
    with running(launch, folder, patience=120.0) as server:
        while not sum(drive(server.port, [[request]]).answered):
            if time.monotonic() - began > 150.0:
                raise LostError(f"no prediction was answered: {tail(folder / 'server.log')}")
        readings.add(figure, time.monotonic() - began)
        yield server


def _check(way: _Way, server: Server, requests: list[bytes], answers: list[float]) -> None:
    """Every row that is asked for is answered as the model answers it."""
    outcome = drive(server.port, [requests[:200]], keep=True)
    replies = [way.told(json.loads(reply)) for reply in outcome.replies[0]]
    if len(replies) != len(requests[:200]):
        raise LostError(f"{len(replies)} of {len(requests[:200])} predictions were answered")
    for reply, answer in zip(replies, answers, strict=False):
        if reply != answer if way.exact else not math.isclose(reply, answer, rel_tol=1e-5):
            raise LostError(f"a row was predicted {reply!r}, the model says {answer!r}")
