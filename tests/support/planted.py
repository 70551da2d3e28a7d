"""Payloads in every field that a client can write, and the pages that show them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.support.payloads import HTML, NOTE, PAYLOADS, SVG
from tests.support.plain_http import API, OnLoopback

FILES = {"note.md": NOTE, "page.html": HTML, "drawing.svg": SVG, "text.txt": NOTE, "data.json": "", "table.csv": ""}


@dataclass
class Planted(OnLoopback):
    """A server whose store holds payloads wherever it took them; ``refused`` counts those it did not take, by field."""

    address_: str
    refused: dict[str, int] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """Of models, with payloads in them."""
    experiment: str = ""
    dataset: str = ""

    @property
    def port(self) -> int:  # type: ignore[override]  # it is told by the address
        """Of the server."""
        return int(self.address_.rpartition(":")[2])

    def write(self, what: str, verb: str, body: dict[str, Any], method: str = "POST") -> Any:
        """Send what may be refused, though never with a fault of the server."""
        reply = self.request(method, f"{API}/{verb}", body)
        assert reply.status in (200, 400), (what, reply.status, reply.body)
        if reply.status == 200:
            return reply.json
        self.refused[what] = self.refused.get(what, 0) + 1
        return None

    def put(self, run: str, path: str, text: str) -> None:
        """A file of a run, if it may have that name."""
        address = f"/api/2.0/mlflow-artifacts/artifacts/{self.experiment}/{run}/artifacts/{quote(path)}"
        reply = self.request("PUT", address, text.encode())
        assert reply.status in (200, 400, 404), (path, reply.status, reply.body)
        if reply.status != 200:
            self.refused["file names"] = self.refused.get("file names", 0) + 1


def plant(address: str) -> Planted:
    """Fill a server."""
    planted = Planted(address)
    _experiments(planted)
    for payload in PAYLOADS:
        made = planted.write(
            "run names", "runs/create", {"experiment_id": planted.experiment, "run_name": payload, "start_time": 1}
        )
        if made:
            planted.runs.append(made["run"]["info"]["run_id"])
    _values(planted, planted.runs[0])
    _datasets(planted, planted.runs[0])
    _files(planted, planted.runs[0])
    _models(planted)
    return planted


def _experiments(planted: Planted) -> None:
    made = planted.write("experiment names", "experiments/create", {"name": "payloads"})
    planted.experiment = made["experiment_id"]
    for payload in PAYLOADS:
        planted.write(
            "experiment names", "experiments/create", {"name": payload, "tags": [{"key": "x", "value": payload}]}
        )
        of = {"experiment_id": planted.experiment}
        planted.write("experiment tags", "experiments/set-experiment-tag", {**of, "key": payload, "value": payload})
    planted.write(
        "experiment tags", "experiments/set-experiment-tag", {**of, "key": "mlflow.note.content", "value": NOTE}
    )


def _values(planted: Planted, run: str) -> None:
    for at, payload in enumerate(PAYLOADS):
        planted.write("param values", "runs/log-parameter", {"run_id": run, "key": f"p{at}", "value": payload})
        planted.write("param keys", "runs/log-parameter", {"run_id": run, "key": payload, "value": "1"})
        for step in (0, 1):
            point = {"run_id": run, "key": payload, "value": 0.5, "timestamp": 1, "step": step}
            planted.write("metric keys", "runs/log-metric", point)
        planted.write("tag values", "runs/set-tag", {"run_id": run, "key": f"t{at}", "value": payload})
        planted.write("tag keys", "runs/set-tag", {"run_id": run, "key": payload, "value": "1"})
    for step in (0, 1):
        planted.write(
            "metric keys", "runs/log-metric", {"run_id": run, "key": "loss", "value": 0.5, "timestamp": 1, "step": step}
        )
    for key in ("mlflow.note.content", "mlflow.user", "mlflow.source.name", "mlflow.source.git.commit"):
        planted.write("tag values", "runs/set-tag", {"run_id": run, "key": key, "value": NOTE})
    planted.write("statuses", "runs/update", {"run_id": run, "status": "FINISHED", "end_time": 2})


def _datasets(planted: Planted, run: str) -> None:
    made = [
        {
            "tags": [{"key": "mlflow.data.context", "value": payload}],
            "dataset": {
                "name": payload,
                "digest": f"d{at}",
                "source_type": payload[:60],
                "source": json.dumps({"uri": payload, "url": payload}),
                "schema": json.dumps({"mlflow_colspec": [{"type": payload, "name": payload}]}),
                "profile": json.dumps({payload: payload}),
            },
        }
        for at, payload in enumerate(PAYLOADS)
    ]
    planted.write("datasets", "runs/log-inputs", {"run_id": run, "datasets": made})
    planted.dataset = f"{quote(PAYLOADS[0], safe='')}/d0"


def _files(planted: Planted, run: str) -> None:
    content = {
        **FILES,
        "data.json": json.dumps({payload: [payload, {"__proto__": {"polluted": payload}}] for payload in PAYLOADS}),
        "table.csv": "\n".join('"' + payload.replace('"', '""') + '",1' for payload in ("name", *PAYLOADS)),
    }
    for name, text in content.items():
        planted.put(run, name, text)
    for payload in PAYLOADS:
        planted.put(run, f"named/{payload.replace('/', ' ')}.txt", payload)
    planted.put(run, "model/MLmodel", _mlmodel())


def _mlmodel() -> str:
    """A model's description, with payloads where it has texts."""
    column = json.dumps([{"type": "string", "name": PAYLOADS[0], "required": True}])
    lines = [f"artifact_path: {json.dumps(PAYLOADS[1])}", "flavors:", "  python_function:"]
    lines += [f"    loader_module: {json.dumps(PAYLOADS[2])}", f"    python_version: {json.dumps(PAYLOADS[3])}"]
    lines += [f"model_uuid: {json.dumps(PAYLOADS[4])}", "signature:", f"  inputs: {json.dumps(column)}"]
    return "\n".join([*lines, "utc_time_created: '2026-01-01 00:00:00'", ""])


def _models(planted: Planted) -> None:
    for payload in PAYLOADS:
        name = payload.replace("/", " ").replace(":", " ")
        body = {"name": name, "description": payload, "tags": [{"key": "x", "value": payload}]}
        if planted.write("model names", "registered-models/create", body):
            planted.names.append(name)
    planted.write("model names", "registered-models/create", {"name": "kept", "description": NOTE})
    source = f"runs:/{planted.runs[0]}/model"
    body = {"name": "kept", "source": source, "run_id": planted.runs[0], "description": NOTE, "run_link": PAYLOADS[5]}
    assert planted.write("versions", "model-versions/create", body)
    planted.names.append("kept")
    for at, payload in enumerate(PAYLOADS):
        of = {"name": "kept", "version": "1"}
        planted.write("aliases", "registered-models/alias", {**of, "alias": payload})
        planted.write("version tags", "model-versions/set-tag", {**of, "key": f"t{at}", "value": payload})
        planted.write("model tags", "registered-models/set-tag", {"name": "kept", "key": f"t{at}", "value": payload})
