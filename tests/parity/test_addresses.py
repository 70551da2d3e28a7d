"""Addresses of artifacts lead our client where they lead mlflow's."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.client.artifacts.locate import locate
from modelyard.client.connection import Connection
from modelyard.client.uris import parse_address, server_at
from modelyard.core.settings import Settings

FILES = "/api/2.0/mlflow-artifacts/artifacts"


@pytest.mark.parametrize("tracking", ["http://here:5000", "https://here/base"])
@pytest.mark.parametrize(
    "uri",
    [
        "mlflow-artifacts:/1/a",
        "mlflow-artifacts:///1/a",
        "mlflow-artifacts://there:81/1/a",
        "mlflow-artifacts://there/1/a",
        f"mlflow-artifacts://there{FILES}/1/a",
    ],
)
def test_every_form_leads_where_mlflow_goes(tracking: str, uri: str) -> None:
    repository: Any = pytest.importorskip(
        "mlflow.store.artifact.mlflow_artifacts_repo", reason="mlflow is not installed: pip install mlflow"
    )
    connection = Connection(parse_address(tracking), Settings())
    place: Any
    place, key = locate(uri, connection)
    theirs, _, path = repository.MlflowArtifactsRepository.resolve_uri(uri, tracking).partition(FILES)
    assert server_at(place._transport.location, tracking) == server_at(theirs, tracking)
    assert key == path.strip("/")
    connection.close(1)
