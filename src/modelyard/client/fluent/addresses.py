"""Verbs about where to track."""

from __future__ import annotations

import os

from modelyard.client.active import PROCESS
from modelyard.client.uris import parse_address
from modelyard.core.settings import Settings


def set_tracking_uri(uri: str | os.PathLike[str]) -> None:
    """Track to another store from now on: a folder, or the address of a server. Processes started later inherit it.

    >>> import modelyard as mlflow
    >>> mlflow.set_tracking_uri("./yard")
    >>> mlflow.get_tracking_uri()
    './yard'
    """
    text = os.fspath(uri)
    if not text:
        PROCESS.tracking_uri = None
        os.environ.pop("MODELYARD_TRACKING_URI", None)
        os.environ.pop("MLFLOW_TRACKING_URI", None)
        return
    address = parse_address(text)
    PROCESS.tracking_uri = text
    inherited = text if address.kind == "http" else address.location
    os.environ["MLFLOW_TRACKING_URI"] = inherited
    if "MODELYARD_TRACKING_URI" in os.environ:
        os.environ["MODELYARD_TRACKING_URI"] = inherited


def get_tracking_uri() -> str:
    """The address runs are tracked to: what was set, else the environment's, else the folder ``./yard``."""
    return PROCESS.current_tracking_uri()


def is_tracking_uri_set() -> bool:
    """Whether an address was set, by ``set_tracking_uri`` or the environment."""
    return bool(PROCESS.tracking_uri or Settings.read().tracking_uri)


def set_registry_uri(uri: str) -> None:
    """Register models in another store than the one runs are tracked to."""
    if uri:
        parse_address(uri)
    PROCESS.registry_uri = uri or None


def get_registry_uri() -> str:
    """The address models are registered at; the tracking URI unless another was set."""
    return PROCESS.current_registry_uri()
