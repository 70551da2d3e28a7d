"""``modelyard.cloudflow``: composite models by the names that ``cloudflow`` gave them."""

from modelyard.client.flavors.composite import cloudflow_model
from modelyard.client.fluent.environment import prepare_env

__all__ = ["cloudflow_model", "prepare_env"]
