"""Servers that a test may stop, kill and start again, and the databases some of them keep their store in."""

from tests.support.databases import *  # noqa: F403
from tests.support.server import *  # noqa: F403
