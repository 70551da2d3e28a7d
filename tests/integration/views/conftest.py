"""Servers for these tests, on a thread of the test's process or as processes."""

from tests.support.databases import *  # noqa: F403
from tests.support.local_server import *  # noqa: F403
