"""What training code imports: the client, and below it the fluent verbs, the background sender and the journal."""

from modelyard.client.client import MlflowClient

__all__ = ["MlflowClient"]
