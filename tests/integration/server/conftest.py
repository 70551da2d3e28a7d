"""Servers for these tests, and the databases some of them keep their store in."""

from tests.support.databases import *  # noqa: F403
from tests.support.local_server import *  # noqa: F403
