"""A folder's store, lent once to all steps whose packages speak to servers only: one server at a time may have it."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path

from modelyard.client.active import PROCESS
from modelyard.pipelines.component import Component
from modelyard.pipelines.environment import Environments
from modelyard.projects.lend import lent, names_mlflow

_VARIABLES = ("MLFLOW_TRACKING_URI", "MODELYARD_TRACKING_URI")


class Lending:
    """Lends the store with the first step that needs that, until it is closed. Threads may share it."""

    def __init__(self, environments: Environments) -> None:
        self._environments = environments
        self._lock = threading.Lock()
        self._held = ExitStack()
        self._address = ""

    def variables(self, component: Component) -> dict[str, str]:
        """What tells a step of the server; nothing while no step has needed one. Raises ``ProjectFailed`` like ``lent``."""
        store = PROCESS.connect().address
        if store.kind != "folder" or component.project.docker is not None:
            return {}
        with self._lock:
            if not self._address and self._needs(component):
                self._address = self._held.enter_context(lent(Path(store.location)))
            return dict.fromkeys(_VARIABLES, self._address) if self._address else {}

    def close(self) -> None:
        """Take it back."""
        self._held.close()

    def _needs(self, component: Component) -> bool:
        return self._environments.is_thin(component) or names_mlflow(component.project)
