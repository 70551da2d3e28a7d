"""One large file through the artifact proxy, up and down, and what the server's memory does meanwhile.

FastTrackML has no such proxy. mlflow answers an upload before its bytes are synced; our answer comes after.
"""

from __future__ import annotations

import hashlib
import http.client
import random
import time

from benches.processes import MIB, PeakWatch, Server
from benches.scenario import Bar, Figure, Readings, Room, Scenario
from benches.systems import MLFLOW, OURS, System
from benches.throughput import LostError
from benches.wire import Api, RefusedError, new_experiment

_BLOCK = 4 * MIB
_TURN = 1 * MIB


class _Content:
    """A block that repeats: incompressible for anything that looks at less than four megabytes."""

    def __init__(self, blocks: int) -> None:
        self.block = random.Random(3).randbytes(_BLOCK)
        self.blocks = blocks
        self.size = blocks * _BLOCK

    def digest(self) -> str:
        whole = hashlib.sha256()
        for _ in range(self.blocks):
            whole.update(self.block)
        return whole.hexdigest()


def _artifact_path(server: Server) -> str:
    with Api(server.port) as api:
        experiment = new_experiment(api, "artifact")
        run = api.post("runs/create", {"experiment_id": experiment, "start_time": 1, "run_name": "big"})["run"]["info"]
    location = run["artifact_uri"]
    if not location.startswith("mlflow-artifacts:/"):
        raise RefusedError(f"the run's artifacts are not behind the proxy: {location}")
    return f"/api/2.0/mlflow-artifacts/artifacts/{location.removeprefix('mlflow-artifacts:').strip('/')}/weights.bin"


def _upload(port: int, path: str, content: _Content) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    began = time.perf_counter()
    connection.putrequest("PUT", path)
    connection.putheader("Content-Type", "application/octet-stream")
    connection.putheader("Content-Length", str(content.size))
    connection.endheaders()
    for _ in range(content.blocks):
        connection.send(content.block)
    reply = connection.getresponse()
    body = reply.read()
    seconds = time.perf_counter() - began
    connection.close()
    if reply.status != 200:
        raise RefusedError(f"the upload was answered {reply.status}: {body[:300]!r}")
    return seconds


def _download(port: int, path: str, content: _Content, *, digest: str = "") -> float:
    """Seconds to receive it; with a digest, what came is compared with it (that time is not for the table)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    buffer = bytearray(_TURN)
    view, size, whole = memoryview(buffer), 0, hashlib.sha256()
    began = time.perf_counter()
    connection.request("GET", path)
    reply = connection.getresponse()
    while count := reply.readinto(view):
        size += count
        if digest:
            whole.update(view[:count])
    seconds = time.perf_counter() - began
    connection.close()
    if reply.status != 200 or size != content.size or (digest and whole.hexdigest() != digest):
        raise LostError(
            f"the download was answered {reply.status} with {size} bytes, other than the {content.size} sent"
        )
    return seconds


def _measure(room: Room, system: System) -> Readings:
    readings = Readings()
    content = _Content(room.size(256, 4))
    with system.serve(room.folder) as server:
        server.settle()
        path = _artifact_path(server)
        warm = _Content(1)
        _upload(server.port, f"{path}.warm", warm)
        _download(server.port, f"{path}.warm", warm)
        for _ in range(room.runs):
            with PeakWatch(server) as up:
                readings.add("up", content.size / MIB / _upload(server.port, path, content))
            with PeakWatch(server) as down:
                readings.add("down", content.size / MIB / _download(server.port, path, content))
            readings.add("growth", max(up.peak - up.before, down.peak - down.before))
        _download(server.port, path, content, digest=content.digest())
    return readings


SCENARIO = Scenario(
    name="artifact",
    title="1 GiB artifact through the proxy",
    systems=(OURS, MLFLOW),
    figures=(
        Figure(key="up", label="up", unit="MiB/s", more_is_better=True, digits=0),
        Figure(key="down", label="down", unit="MiB/s", more_is_better=True, digits=0),
        Figure(key="growth", label="memory above that before", unit="MiB"),
    ),
    bars=(
        Bar(figure="up", peer=MLFLOW, factor=2),
        Bar(figure="down", peer=MLFLOW, factor=5),
        Bar(figure="growth", limit=32),
    ),
    measure=_measure,
)
