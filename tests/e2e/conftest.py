"""The server's pages in a browser."""

from tests.support.pages import *  # noqa: F403
