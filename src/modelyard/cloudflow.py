"""``modelyard.cloudflow``: the spelling of composite models, as far as it is about tracking."""

from modelyard.client.fluent.environment import prepare_env

__all__ = ["prepare_env"]
