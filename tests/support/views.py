"""Files of a run, and what the pages are told of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from tests.support.local_server import LocalServer
from tests.support.plain_http import Reply

VIEWS = "/api/1.0/modelyard/views"
FILES = "/api/2.0/mlflow-artifacts/artifacts"


class Shown:
    """A run of a server, its files, and how they are shown."""

    def __init__(self, local: LocalServer) -> None:
        self.local = local
        self.run_id = local.new_run()

    def put(self, path: str, body: bytes) -> None:
        """Make a file of the run."""
        reply = self.local.request("PUT", f"{FILES}/0/{self.run_id}/artifacts/{quote(path)}", body)
        assert reply.status == 200, reply

    def get(self, verb: str, headers: dict[str, str] | None = None, **fields: Any) -> Reply:
        """Ask a view; of this run unless the fields name another owner."""
        owner = {} if {"run_id", "model_id", "name"} & fields.keys() else {"run_id": self.run_id}
        return self.local.request("GET", f"{VIEWS}/{verb}?{urlencode({**owner, **fields})}", headers=headers)

    def file(self, path: str, **fields: Any) -> Any:
        """What is shown of a file."""
        reply = self.get("file", path=path, **fields)
        assert reply.status == 200, reply
        return reply.json
