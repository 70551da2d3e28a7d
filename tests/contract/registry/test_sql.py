"""The SQL registry keeps the contract on every database."""

from __future__ import annotations

import json

import pytest

from modelyard.core.errors import NotFound
from modelyard.core.ids import new_model_id, new_run_id
from modelyard.db.database import Database
from modelyard.db.migrate import upgrade
from modelyard.services.registry.contract import RegistryStore
from modelyard.services.registry.sql.store import SqlRegistryStore
from modelyard.testing.registry import RegistryStoreContract
from tests.support.databases import *  # noqa: F403

BASE = "mlflow-artifacts:/"


class MadeSources:
    """Runs and logged models without a tracking store: all that a registry asks of one."""

    def __init__(self) -> None:
        self.places: dict[str, str] = {}
        self.registrations: dict[str, list[dict[str, object]]] = {}

    def new_run(self) -> tuple[str, str]:
        run_id = new_run_id()
        self.places[run_id] = f"{BASE}0/{run_id}/artifacts"
        return run_id, self.places[run_id]

    def new_model(self) -> tuple[str, str]:
        model_id = new_model_id()
        self.places[model_id] = f"{BASE}0/models/{model_id}/artifacts"
        return model_id, self.places[model_id]

    def model_tags(self, model_id: str) -> dict[str, str]:
        return {"mlflow.modelVersions": json.dumps(self.registrations[model_id])}

    def run_artifact_uri(self, run_id: str) -> str:
        if run_id not in self.places:
            raise NotFound(f"Run with id={run_id} not found")
        return self.places[run_id]

    def model_artifact_uri(self, model_id: str) -> str:
        if model_id not in self.places:
            raise NotFound(f"Logged model with ID '{model_id}' not found.")
        return self.places[model_id]

    def note_registration(self, model_id: str, name: str, version: str) -> None:
        self.registrations.setdefault(model_id, []).append({"name": name, "version": int(version)})


@pytest.fixture
def sources() -> MadeSources:
    return MadeSources()


@pytest.fixture
def registry(database: Database, sources: MadeSources) -> RegistryStore:
    upgrade(database)
    return SqlRegistryStore(database, resolver=sources, artifact_base=BASE)


class TestSqlRegistryStore(RegistryStoreContract):
    pass
