"""What a run is told about where it came from: user, script, code version."""

from __future__ import annotations

import getpass
import json
import os
import sys
from functools import lru_cache
from pathlib import Path

from modelyard.client.credentials import read_credentials
from modelyard.client.git import read_checkout
from modelyard.core.settings import Settings

USER = "mlflow.user"
SOURCE_NAME = "mlflow.source.name"
SOURCE_TYPE = "mlflow.source.type"
COMMIT = "mlflow.source.git.commit"
BRANCH = "mlflow.source.git.branch"
REPOSITORY = "mlflow.source.git.repoURL"
ENTRY_POINT = "mlflow.project.entryPoint"
PARENT = "mlflow.parentRunId"
RUN_NAME = "mlflow.runName"
NOTE = "mlflow.note.content"

_FROM_LAUNCHER = "MLFLOW_RUN_CONTEXT"
"""Tags as JSON that a launcher hands to the process it starts; MLflow's variable."""


def context_tags(settings: Settings) -> dict[str, str]:
    """The tags of a run that is created now."""
    source = sys.argv[0] if sys.argv and sys.argv[0] else ""
    notebook = _notebook()
    return {
        USER: user_name(settings),
        SOURCE_NAME: notebook or source or "<console>",
        SOURCE_TYPE: "NOTEBOOK" if notebook else "LOCAL",
        **_code_version(os.path.abspath(source) if source and os.path.exists(source) else os.getcwd()),
        **_from_launcher(),
    }


def user_name(settings: Settings) -> str:
    """Who runs this: the name the server knows, else the system's."""
    name = read_credentials(settings).username
    if name:
        return name
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        return "unknown"


@lru_cache(maxsize=16)
def _checkout_tags(path: str) -> tuple[tuple[str, str], ...]:
    checkout = read_checkout(Path(path))
    if checkout is None:
        return ()
    tags = ((COMMIT, checkout.commit), (BRANCH, checkout.branch), (REPOSITORY, checkout.repository))
    return tuple((key, value) for key, value in tags if value)


def _code_version(path: str) -> dict[str, str]:
    return dict(_checkout_tags(path))


def _from_launcher() -> dict[str, str]:
    text = os.environ.get(_FROM_LAUNCHER)
    if not text:
        return {}
    try:
        tags = json.loads(text)
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in tags.items()} if isinstance(tags, dict) else {}


def _notebook() -> str:
    """The name of the notebook, where the environment tells it."""
    if "ipykernel" not in sys.modules:
        return ""
    return os.environ.get("JPY_SESSION_NAME", "")
