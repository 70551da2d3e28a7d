"""The databases these tests run on."""

from tests.support.databases import *  # noqa: F403
