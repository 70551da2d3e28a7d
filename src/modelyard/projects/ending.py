"""The end of a run: what its process said and made is kept, the run is marked, and what it needed is let go."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from modelyard.client.client import MlflowClient
from modelyard.core.errors import ModelyardError
from modelyard.projects import record
from modelyard.projects.backend import State
from modelyard.projects.output import Output

LOG = "logs/output.txt"
"""Where a run's artifacts have what its process said."""


class Ending:
    """Ends one run, once. ``made`` are files that are kept where they are there: path among the artifacts → file."""

    def __init__(self, run_id: str, output: Output, made: Mapping[str, Path], held: ExitStack) -> None:
        self._run_id = run_id
        self._output = output
        self._made = made
        self._held = held

    def __call__(self, state: State, why: str) -> None:
        """Told how the process ended."""
        with self._held:
            try:
                self._keep()
            except (ModelyardError, OSError) as error:
                sys.stderr.write(f"modelyard: the output of the run {self._run_id} could not be kept: {error}\n")
            finally:
                record.end(self._run_id, state, why)
        if state == "FINISHED":
            self._output.tell(f"run {self._run_id} finished")

    def explain(self, why: str) -> str:
        """Why it failed, with what it said last."""
        words = self._output.last_words() if why.startswith("it ended with") else ""
        return f"{why}: {words}" if words else why

    def _keep(self) -> None:
        client = MlflowClient()
        for artifact, path in self._made.items():
            if path.is_file():
                client.log_artifact(self._run_id, os.fspath(path), artifact.rpartition("/")[0])
        text = self._output.kept
        if text:
            client.log_text(self._run_id, text, LOG)
