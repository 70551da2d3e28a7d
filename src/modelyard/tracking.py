"""``modelyard.tracking``: the client and the verbs about addresses, where MLflow has them."""

from modelyard.client.client import MlflowClient
from modelyard.client.fluent.addresses import (
    get_registry_uri,
    get_tracking_uri,
    is_tracking_uri_set,
    set_registry_uri,
    set_tracking_uri,
)
from modelyard.client.lifecycle import ActiveRun

__all__ = [
    "ActiveRun",
    "MlflowClient",
    "get_registry_uri",
    "get_tracking_uri",
    "is_tracking_uri_set",
    "set_registry_uri",
    "set_tracking_uri",
]
