"""Requests of MLflow's REST API: as prepared bytes for the load generator, and as plain calls for set-up and checks."""

from __future__ import annotations

import gzip
import http.client
import json
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

API = "/api/2.0/mlflow/"
# What the `requests` library sends, on which the mlflow client is built.
ACCEPTED = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate", "User-Agent": "benches"}


class RefusedError(Exception):
    """A server answered something other than 200 to a call that has to succeed."""


def post(name: str, message: dict[str, Any]) -> bytes:
    """A whole HTTP request for one endpoint below `/api/2.0/mlflow/`."""
    return post_body(name, json.dumps(message, separators=(",", ":")).encode())


def post_body(name: str, body: bytes) -> bytes:
    """As `post`, for a body that is already JSON."""
    lines = [f"POST {API}{name} HTTP/1.1", "Host: 127.0.0.1", *(f"{key}: {value}" for key, value in ACCEPTED.items())]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


class Api:
    """One keep-alive connection for calls whose speed is not the generator's business."""

    def __init__(self, port: int, *, timeout: float = 600.0) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def __enter__(self) -> Api:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def post(self, name: str, message: dict[str, Any]) -> Any:
        """Call an endpoint below `/api/2.0/mlflow/`."""
        _, body = self.raw("POST", API + name, json.dumps(message).encode(), {"Content-Type": "application/json"})
        return json.loads(body or b"{}")

    def get(self, name: str, **arguments: str | int) -> Any:
        """Read an endpoint below `/api/2.0/mlflow/`."""
        return json.loads(self.raw("GET", f"{API}{name}?{urlencode(arguments)}")[1])

    def raw(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[dict[str, str], bytes]:
        """Any call; answers the headers in lower case and the body."""
        self._connection.request(method, path, body=body, headers=headers or {})
        reply = self._connection.getresponse()
        content = reply.read()
        if reply.headers.get("content-encoding") == "gzip":
            content = gzip.decompress(content)
        if reply.status != 200:
            raise RefusedError(
                f"{method} {path[:80]} answered {reply.status}: {content[:300].decode(errors='replace')}"
            )
        return {name.lower(): value for name, value in reply.getheaders()}, content


def new_experiment(api: Api, name: str) -> str:
    """Create an experiment and answer its id."""
    return str(api.post("experiments/create", {"name": name})["experiment_id"])


def new_run(api: Api, experiment: str, name: str, *, start_time: int) -> str:
    """Create a run and answer its id."""
    made = api.post("runs/create", {"experiment_id": experiment, "run_name": name, "start_time": start_time})
    return str(made["run"]["info"]["run_id"])


def count_points(api: Api, run: str, key: str) -> int:
    """How many points of one metric a server gives back, page by page as the mlflow client asks."""
    total, token = 0, ""
    while True:
        page = {"page_token": token} if token else {}
        reply = api.get("metrics/get-history", run_id=run, metric_key=key, max_results=25_000, **page)
        total += len(reply.get("metrics", ()))
        token = reply.get("next_page_token", "")
        if not token:
            return total
