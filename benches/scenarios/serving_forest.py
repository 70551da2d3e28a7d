"""A forest of a hundred trees behind HTTP, a row a request; our answers are the model's own to the last bit."""

from __future__ import annotations

from benches.serving import scenario

SCENARIO = scenario(
    "serving-forest", "forest of 100 trees served, one row a request, 32 connections", "forest", rate=20
)
