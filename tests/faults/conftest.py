"""Servers as processes that may be killed, and the databases some of them keep their store in."""

from tests.support.databases import *  # noqa: F403
from tests.support.server import *  # noqa: F403
