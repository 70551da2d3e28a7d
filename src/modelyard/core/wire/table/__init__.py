"""The endpoint table: every route of the server, and every call of the remote stores."""

from modelyard.core.wire.table.artifacts import ARTIFACTS
from modelyard.core.wire.table.datasets import DATASETS
from modelyard.core.wire.table.registry import REGISTRY
from modelyard.core.wire.table.server import SERVER
from modelyard.core.wire.table.tracking import TRACKING
from modelyard.core.wire.table.views import VIEWS
from modelyard.core.wire.table.whole import BY_NAME, ENDPOINTS

__all__ = ["ARTIFACTS", "BY_NAME", "DATASETS", "ENDPOINTS", "REGISTRY", "SERVER", "TRACKING", "VIEWS"]
