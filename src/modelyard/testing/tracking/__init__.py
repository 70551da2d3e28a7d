"""The contract suite of tracking stores."""

from modelyard.testing.tracking.contract import TrackingStoreContract

__all__ = ["TrackingStoreContract"]
