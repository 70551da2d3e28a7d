"""Scoring servers as processes."""

from tests.support.moody import *  # noqa: F403
