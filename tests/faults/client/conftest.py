"""Scripts that train in processes of their own, on stores that fail."""

from __future__ import annotations

from tests.faults.client.script import *  # noqa: F403 - its fixtures
from tests.support.server import *  # noqa: F403 - its fixtures
