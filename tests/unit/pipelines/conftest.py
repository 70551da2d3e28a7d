"""Pipelines in folders."""

from __future__ import annotations

from tests.support.steps import *  # noqa: F403
